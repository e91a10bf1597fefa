"""Moments as forms send them, by the reader's own clock and with the name of the time zone; months in words."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_skeleton


def moment_of(text: str, time_zone: str) -> datetime | None:
    """Return what a browser's field, such as ``2026-12-01T15:30``, means there; ``None`` when that is no moment."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def month_of(moment: datetime, locale: str) -> str:
    """Return month and year of a moment (UTC) in a language, as in ``March 2026``."""
    return _month(moment.year, moment.month, locale)


@lru_cache(maxsize=1000)
def _month(year: int, month: int, locale: str) -> str:
    return str(format_skeleton("yMMMM", datetime(year, month, 1, tzinfo=UTC), locale=locale))
