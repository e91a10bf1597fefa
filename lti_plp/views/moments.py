"""Moments as forms send them: the day and time of the reader's own clock, with the name of the time zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


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
