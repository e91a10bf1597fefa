"""By when a plan is to be formally updated: once in twelve months, or by the school's date (requirement N1)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

SOON = timedelta(days=60)
"""Due within this time is due soon."""


@dataclass(frozen=True)
class Due:
    """When something is due, seen from a day."""

    on: date | None
    """``None`` where there is no plan and no date of the school's."""
    state: str
    """``no_plan``, ``overdue``, ``soon`` or ``later``."""


def due_date(
    begun_at: datetime | None, updated_at: datetime | None, plans_due_on: date | None, today: date
) -> Due:
    """Return when a plan is due: a year after it was last updated, or begun, or by the school's earlier date.

    A plan that was updated since the school's last date has met it: then only the twelve months count. ``plans_due_on``
    is this school year's date, ``None`` where the school has set none.
    """
    if begun_at is None:
        return Due(plans_due_on, "no_plan")
    last = updated_at or begun_at
    on = _a_year_after(last.date())
    if plans_due_on is not None and not _meets(updated_at, plans_due_on):
        on = min(on, plans_due_on)
    return Due(on, "overdue" if on < today else "soon" if on <= today + SOON else "later")


def _meets(updated_at: datetime | None, plans_due_on: date) -> bool:
    """Whether an update belongs to the year whose plans were due on that date."""
    return updated_at is not None and updated_at.date() > _a_year_before(plans_due_on)


def _a_year_after(day: date) -> date:
    # Of a leap day the year after has none; the day before keeps the twelve months.
    return _with_year(day, day.year + 1)


def _a_year_before(day: date) -> date:
    return _with_year(day, day.year - 1)


def _with_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
