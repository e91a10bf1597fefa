"""Moments in time: kept as text of one width in UTC, so that they sort as they follow each other."""

import re
from datetime import UTC, datetime, timedelta

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII)


class _Clock:
    """The LMS's clock, which test control may set wrong; one process is one LMS."""

    wrong_by = timedelta()


def set_wrong_by(seconds: float) -> None:
    """Let the clock go so much ahead (or behind) from now on."""
    _Clock.wrong_by = timedelta(seconds=seconds)


def now() -> datetime:
    """Return the present moment by the LMS's clock, aware, in UTC."""
    return datetime.now(UTC) + _Clock.wrong_by


def stored(moment: datetime) -> str:
    """Return a moment as it is kept."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def span(seconds: float) -> timedelta:
    """Return a length of time."""
    return timedelta(seconds=seconds)


def stored_later(**duration: float) -> str:
    """Return the moment that is so much later than now, as it is kept."""
    return stored(now() + timedelta(**duration))


def shown(moment: str | None) -> str:
    """Return a kept moment as services show it (milliseconds, Z); empty for none."""
    return moment[:23] + "Z" if moment else ""


def rest(moment: str | None) -> str | None:
    """Return a kept moment as the REST interface shows it: whole seconds, Z; ``None`` for none."""
    return moment[:19] + "Z" if moment else None


def for_people(moment: str | None) -> str:
    """Return a kept moment as pages show it."""
    if not moment:
        return ""
    at = datetime.fromisoformat(moment)
    return f"{at:%A}, {at:%B} {at.day}, {at:%H:%M} UTC"


def parse(value: object) -> datetime | None:
    """Return the moment that ISO 8601 text with a time zone names; ``None`` when it does not name one."""
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
