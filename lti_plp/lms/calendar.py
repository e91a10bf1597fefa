"""A district's school year: what an administrator wrote down, else what is usual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound, PlpError
from lti_plp.lms.models import SchoolYear

FIRST_MONTH, LAST_MONTH, LAST_DAY = 8, 6, 15
"""Where nobody wrote a calendar, a year runs from the end of August to the middle of June."""
QUARTERS = 4
NEXT_YEAR_WITHIN = timedelta(days=120)
"""A year that begins later than that says nothing of the present one."""
LONGEST = timedelta(days=400)
"""A year of more days is a slip of the finger."""
MOST_PERIODS = 12
LONGEST_NAME = 60
DAYS = (date(2000, 1, 1), date(2099, 12, 31))
"""Between these a year may lie."""


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
    return _written(found)


def _written(row: SchoolYear) -> Year:
    periods = tuple(Period(one["name"], date.fromisoformat(one["ends_on"])) for one in row.periods)
    return Year(row.first_day, row.last_day, periods, row.plans_due_on, is_usual=False)


def usual_year(day: date) -> Year:
    """Return the usual year in which a day lies, in four quarters of the same length."""
    begins_in = day.year if (day.month, day.day) > (LAST_MONTH, LAST_DAY) else day.year - 1
    first, last = date(begins_in, FIRST_MONTH, 26), date(begins_in + 1, LAST_MONTH, LAST_DAY)
    quarter = (last - first) / QUARTERS
    ends = [*(first + quarter * number for number in range(1, QUARTERS)), last]
    periods = tuple(Period("", one) for one in ends)
    return Year(first, last, periods, None, is_usual=True)


def years_of(session: Session, tenant_id: int) -> dict[int, Year]:
    """Return id -> year of all that are written down, newest first."""
    rows = session.scalars(
        select(SchoolYear).where(SchoolYear.tenant_id == tenant_id).order_by(SchoolYear.first_day.desc())
    )
    return {row.id: _written(row) for row in rows}


class YearProblems(PlpError):
    """A year that cannot be kept like this."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Take what is wrong: name of a field, or of the number of a period, and a stable word for it."""
        super().__init__("calendar_problems", 400, "The school year cannot be kept like this.", problems)
        self.problems = dict(problems)


@dataclass(frozen=True)
class YearDraft:
    """A year as somebody wrote it down; a day that is missing or no date is ``None``."""

    first_day: date | None
    last_day: date | None
    periods: Sequence[tuple[str, date | None]] = ()
    """Name and last day of each marking period, in order."""
    plans_due_on: date | None = None


def problems_of(draft: YearDraft, others: Sequence[Year]) -> dict[str, str]:
    """Return what is wrong with a year beside the others of the district: field -> stable word."""
    found: dict[str, str] = {}
    first, last = draft.first_day, draft.last_day
    for name, day in (("first_day", first), ("last_day", last)):
        if day is None or not DAYS[0] <= day <= DAYS[1]:
            found[name] = "no_date"
    if found or first is None or last is None:
        return found
    if last <= first:
        return {"last_day": "before_first"}
    if last - first > LONGEST:
        return {"last_day": "too_long"}
    if any(first <= other.last_day and other.first_day <= last for other in others):
        return {"first_day": "overlaps"}
    if draft.plans_due_on is not None and not first <= draft.plans_due_on <= last:
        found["plans_due_on"] = "outside"
    return found | _problems_of_periods(draft.periods, first, last)


def _problems_of_periods(
    periods: Sequence[tuple[str, date | None]], first: date, last: date
) -> dict[str, str]:
    if len(periods) > MOST_PERIODS:
        return {"periods": "too_many"}
    found: dict[str, str] = {}
    before = first
    for number, (name, ends_on) in enumerate(periods):
        if not name or len(name) > LONGEST_NAME:
            found[f"period_{number}"] = "no_name"
        elif ends_on is None:
            found[f"period_{number}"] = "no_date"
        elif not first < ends_on <= last:
            found[f"period_{number}"] = "outside"
        elif ends_on <= before:
            found[f"period_{number}"] = "not_after"
        else:
            before = ends_on
    return found


def keep_year(session: Session, tenant_id: int, draft: YearDraft, year_id: int | None = None) -> SchoolYear:
    """Write a year down, or change the one of this id.

    :raise NotFound: ``year_unknown`` when the district has no year of this id.
    :raise YearProblems: when something does not fit; nothing is changed then.
    """
    years = years_of(session, tenant_id)
    if year_id is not None and year_id not in years:
        raise NotFound("There is no such school year.", code="year_unknown")
    problems = problems_of(draft, [one for key, one in years.items() if key != year_id])
    if problems or draft.first_day is None or draft.last_day is None:
        raise YearProblems(problems)
    row = session.get_one(SchoolYear, year_id) if year_id else SchoolYear(tenant_id=tenant_id)
    row.first_day, row.last_day, row.plans_due_on = draft.first_day, draft.last_day, draft.plans_due_on
    row.periods = [
        {"name": name, "ends_on": ends_on.isoformat()} for name, ends_on in draft.periods if ends_on
    ]
    session.add(row)
    try:
        session.flush()
    except IntegrityError as problem:
        # Somebody else wrote the same year down at the same moment.
        raise YearProblems({"first_day": "overlaps"}) from problem
    return row
