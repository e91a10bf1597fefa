"""A district's school year: what an administrator wrote down, else what is usual."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.lms.models import SchoolYear

FIRST_MONTH, LAST_MONTH, LAST_DAY = 8, 6, 15
"""Where nobody wrote a calendar, a year runs from the end of August to the middle of June."""
QUARTERS = 4
NEXT_YEAR_WITHIN = timedelta(days=120)
"""A year that begins later than that says nothing of the present one."""


@dataclass(frozen=True)
class Period:
    """A marking period."""

    name: str
    """Empty for one of a usual year, which is known by its number."""
    ends_on: date


@dataclass(frozen=True)
class Year:
    """A school year with its marking periods in order."""

    first_day: date
    last_day: date
    periods: tuple[Period, ...]
    plans_due_on: date | None
    """By when every plan is to be formally updated; ``None`` where twelve months after the last time is the rule."""
    is_usual: bool
    """Nobody wrote it down."""


def year_at(session: Session, tenant_id: int, day: date) -> Year:
    """Return the year in which a day lies; between two years, the one that comes."""
    found = session.scalars(
        select(SchoolYear)
        .where(SchoolYear.tenant_id == tenant_id, SchoolYear.last_day >= day)
        .order_by(SchoolYear.first_day)
        .limit(1)
    ).one_or_none()
    if found is None or found.first_day > day + NEXT_YEAR_WITHIN:
        return usual_year(day)
    periods = tuple(Period(one["name"], date.fromisoformat(one["ends_on"])) for one in found.periods)
    return Year(found.first_day, found.last_day, periods, found.plans_due_on, is_usual=False)


def usual_year(day: date) -> Year:
    """Return the usual year in which a day lies, in four quarters of the same length."""
    begins_in = day.year if (day.month, day.day) > (LAST_MONTH, LAST_DAY) else day.year - 1
    first, last = date(begins_in, FIRST_MONTH, 26), date(begins_in + 1, LAST_MONTH, LAST_DAY)
    quarter = (last - first) / QUARTERS
    ends = [*(first + quarter * number for number in range(1, QUARTERS)), last]
    periods = tuple(Period("", one) for one in ends)
    return Year(first, last, periods, None, is_usual=True)
