"""When a plan is due: twelve months on, or the school's day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_plp.plp.due_dates import SOON, Due, Obligation, due

TODAY = date(2026, 10, 15)
YEAR = date(2026, 8, 26)
NO_DAY = Obligation(YEAR)
BY_NOVEMBER = Obligation(YEAR, date(2026, 11, 30))


def moment(text: str) -> datetime | None:
    return datetime.fromisoformat(f"{text}T12:00:00+00:00") if text else None


@pytest.mark.parametrize(
    ("school", "begun", "updated", "state", "on"),
    [
        # Twelve months are the rule.
        (NO_DAY, "", "", "no_plan", None),
        (NO_DAY, "2026-09-01", "", "later", date(2027, 9, 1)),
        (NO_DAY, "2025-11-01", "", "soon", date(2026, 11, 1)),
        (NO_DAY, "2025-10-01", "", "overdue", date(2026, 10, 1)),
        (NO_DAY, "2024-01-01", "2025-10-14", "overdue", date(2026, 10, 14)),
        (NO_DAY, "2024-01-01", "2025-10-15", "soon", date(2026, 10, 15)),
        (NO_DAY, "2024-01-01", "2025-12-14", "soon", date(2026, 12, 14)),
        (NO_DAY, "2024-01-01", "2025-12-15", "later", date(2026, 12, 15)),
        (NO_DAY, "2023-01-01", "2024-02-29", "overdue", date(2025, 2, 28)),
        # The school has set a day.
        (BY_NOVEMBER, "", "", "no_plan", date(2026, 11, 30)),
        (BY_NOVEMBER, "2026-09-01", "", "soon", date(2026, 11, 30)),
        (BY_NOVEMBER, "2024-01-01", "2026-03-01", "soon", date(2026, 11, 30)),
        (BY_NOVEMBER, "2024-01-01", "2025-10-01", "soon", date(2026, 11, 30)),
        # This year's obligation is met.
        (BY_NOVEMBER, "2024-01-01", "2026-08-26", "later", date(2027, 8, 26)),
        (BY_NOVEMBER, "2024-01-01", "2026-10-01", "later", date(2027, 10, 1)),
        # A new year forgives nothing.
        (BY_NOVEMBER, "2024-01-01", "2025-08-25", "overdue", date(2026, 8, 25)),
        (BY_NOVEMBER, "2024-01-01", "", "overdue", date(2025, 1, 1)),
    ],
)
def test_each_case(school: Obligation, begun: str, updated: str, state: str, on: date | None) -> None:
    assert due(moment(begun), moment(updated), school, TODAY) == Due(state, on)


def test_who_comes_after_the_schools_day_has_a_year() -> None:
    in_january = date(2027, 1, 20)
    assert due(moment("2027-01-10"), None, BY_NOVEMBER, in_january) == Due("later", date(2028, 1, 10))
    assert due(moment("2026-11-30"), None, BY_NOVEMBER, in_january).state == "overdue"


@given(
    last=st.dates(date(2020, 1, 1), date(2027, 6, 1)),
    first_day=st.dates(date(2021, 7, 1), date(2026, 9, 1)),
    days=st.integers(0, 300) | st.none(),
    today=st.dates(date(2021, 7, 1), date(2027, 6, 1)),
)
def test_nobody_has_more_than_a_year_and_a_school_year(
    last: date, first_day: date, days: int | None, today: date
) -> None:
    school = Obligation(first_day, None if days is None else first_day + timedelta(days=days))
    updated = datetime(last.year, last.month, last.day, 12, tzinfo=UTC)
    found = due(updated, updated, school, today)
    assert found.on is not None
    assert last < found.on or found.on == school.plans_due_on
    assert found.on <= last + timedelta(days=366 + 300)
    assert (found.state == "overdue") == (found.on < today)
    assert (found.state == "soon") == (timedelta() <= found.on - today <= SOON)
