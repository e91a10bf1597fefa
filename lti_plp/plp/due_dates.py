"""When a plan is to be formally updated next: at least once a year, or by the day that a school sets."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

SOON = timedelta(days=60)
"""What is due within this time is to be prepared now."""

STATES = ("overdue", "soon", "later", "no_plan")
"""In the order in which somebody has to see to them, but for what waits for a first plan."""


@dataclass(frozen=True)
class Due:
    """Where one plan stands."""

    state: str
    """Of :data:`STATES`; without a plan always ``no_plan``."""
    on: date | None
    """``None`` where there is neither a plan nor a day of the school's."""


@dataclass(frozen=True)
class Obligation:
    """What a school asks of every plan in one year."""

    first_day: date
    plans_due_on: date | None = None
    """By when; ``None`` where twelve months after the last time is the rule."""


def due(
    first_developed_at: datetime | None, formally_updated_at: datetime | None, school: Obligation, today: date
) -> Due:
    """Return when a plan is to be formally updated next; without a beginning there is no plan."""
    if first_developed_at is None:
        return Due("no_plan", school.plans_due_on)
    on = _due_on((formally_updated_at or first_developed_at).date(), formally_updated_at is not None, school)
    if on < today:
        return Due("overdue", on)
    return Due("soon" if on - today <= SOON else "later", on)


def _due_on(last: date, is_updated: bool, school: Obligation) -> date:
    """Return the day for a plan that was last updated, or else begun, on ``last``.

    The school's day takes the place of the twelve months, with two exceptions. What was due before the year began stays
    due since then: a new year forgives nothing. And who has met the year's obligation, or has begun a plan after the
    school's day, has twelve months again.
    """
    in_a_year = _a_year_after(last)
    if school.plans_due_on is None or in_a_year < school.first_day:
        return in_a_year
    is_met = last >= school.first_day if is_updated else last > school.plans_due_on
    return in_a_year if is_met else school.plans_due_on


def _a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        # The year after a leap day has none.
        return date(day.year + 1, 2, 28)
