"""The school year: as written down, or as usual."""

from dataclasses import replace
from datetime import date
from typing import Any
from unittest import mock

import pytest
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.errors import NotFound
from lti_plp.lms.calendar import (
    Period,
    Year,
    YearDraft,
    YearProblems,
    keep_year,
    problems_of,
    usual_year,
    year_at,
    years_of,
)
from lti_plp.lms.models import SchoolYear
from tests.factories import make_school


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 9, 14), date(2026, 8, 26), date(2027, 6, 15)),
        (date(2027, 6, 15), date(2026, 8, 26), date(2027, 6, 15)),
        (date(2027, 6, 16), date(2027, 8, 26), date(2028, 6, 15)),
        (date(2027, 1, 1), date(2026, 8, 26), date(2027, 6, 15)),
    ],
)
def test_a_usual_year(day: date, first: date, last: date) -> None:
    year = usual_year(day)
    assert (year.first_day, year.last_day, year.is_usual) == (first, last, True)
    ends = [one.ends_on for one in year.periods]
    assert len(ends) == 4
    assert ends == sorted(ends)
    assert first < ends[0]
    assert ends[-1] == last


def test_what_is_written_down_counts(session: Session) -> None:
    school = make_school(session)
    session.add(
        SchoolYear(
            tenant_id=school.tenant_id,
            first_day=date(2026, 9, 2),
            last_day=date(2027, 6, 20),
            periods=[{"name": "Fall", "ends_on": "2027-01-20"}, {"name": "Spring", "ends_on": "2027-06-20"}],
            plans_due_on=date(2026, 11, 30),
        )
    )
    session.flush()
    year = year_at(session, school.tenant_id, date(2026, 10, 1))
    assert (year.first_day, year.plans_due_on, year.is_usual) == (date(2026, 9, 2), date(2026, 11, 30), False)
    assert year.periods[0] == Period("Fall", date(2027, 1, 20))
    # In the summer before it, it is the one that comes; a year earlier it is not.
    assert year_at(session, school.tenant_id, date(2026, 7, 1)) == year
    assert year_at(session, school.tenant_id, date(2025, 10, 1)).is_usual
    assert year_at(session, school.tenant_id + 1, date(2026, 10, 1)).is_usual
    assert year_at(session, school.tenant_id, date(2027, 6, 21)).is_usual


def draft(**changes: Any) -> YearDraft:
    return replace(YearDraft(date(2026, 9, 2), date(2027, 6, 20)), **changes)


FALL, SPRING = ("Fall", date(2027, 1, 20)), ("Spring", date(2027, 6, 20))


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({}, {}),
        ({"periods": (FALL, SPRING), "plans_due_on": date(2026, 9, 2)}, {}),
        ({"first_day": None}, {"first_day": "no_date"}),
        ({"last_day": date(2127, 6, 20)}, {"last_day": "no_date"}),
        ({"last_day": date(2026, 9, 2)}, {"last_day": "before_first"}),
        ({"last_day": date(2027, 10, 8)}, {"last_day": "too_long"}),
        ({"plans_due_on": date(2026, 9, 1)}, {"plans_due_on": "outside"}),
        ({"plans_due_on": date(2027, 6, 21)}, {"plans_due_on": "outside"}),
        ({"periods": (SPRING, FALL)}, {"period_1": "not_after"}),
        ({"periods": (FALL, ("", date(2027, 2, 1)))}, {"period_1": "no_name"}),
        ({"periods": (("F" * 61, date(2027, 2, 1)),)}, {"period_0": "no_name"}),
        ({"periods": (("Fall", None), SPRING)}, {"period_0": "no_date"}),
        ({"periods": (FALL, ("Spring", date(2027, 6, 21)))}, {"period_1": "outside"}),
        ({"periods": (("First day", date(2026, 9, 2)),)}, {"period_0": "outside"}),
        ({"periods": [FALL] * 13}, {"periods": "too_many"}),
        ({"first_day": date(2026, 6, 15)}, {"first_day": "overlaps"}),
    ],
)
def test_what_a_year_may_be(changes: dict[str, Any], problems: dict[str, str]) -> None:
    before = Year(date(2025, 8, 26), date(2026, 6, 15), (), None, is_usual=False)
    assert problems_of(draft(**changes), [before]) == problems


def test_a_year_is_written_down_and_changed(session: Session) -> None:
    school = make_school(session)
    kept = keep_year(session, school.tenant_id, draft(periods=(FALL, SPRING)))
    changed = draft(first_day=date(2026, 9, 1), plans_due_on=date(2026, 11, 30))
    assert keep_year(session, school.tenant_id, changed, kept.id).id == kept.id
    keep_year(session, school.tenant_id, draft(first_day=date(2027, 8, 30), last_day=date(2028, 6, 10)))
    newest, first = years_of(session, school.tenant_id).values()
    assert newest.first_day == date(2027, 8, 30)
    assert first == Year(date(2026, 9, 1), date(2027, 6, 20), (), date(2026, 11, 30), is_usual=False)
    assert year_at(session, school.tenant_id, date(2026, 12, 1)) == first


def test_nothing_is_changed_by_what_does_not_fit(session: Session) -> None:
    school = make_school(session)
    kept = keep_year(session, school.tenant_id, draft())
    with pytest.raises(YearProblems) as found:
        keep_year(session, school.tenant_id, draft(first_day=date(2027, 1, 1), last_day=date(2027, 9, 1)))
    assert (found.value.status, found.value.problems) == (400, {"first_day": "overlaps"})
    with pytest.raises(YearProblems):
        keep_year(session, school.tenant_id, draft(last_day=None), kept.id)
    assert len(years_of(session, school.tenant_id)) == 1
    assert years_of(session, school.tenant_id)[kept.id].last_day == date(2027, 6, 20)


def test_another_district_has_no_part_in_it(session: Session) -> None:
    school = make_school(session)
    other = make_school(session, "Birch Falls", "https://lms.birchfalls.example")
    kept = keep_year(session, school.tenant_id, draft())
    assert keep_year(session, other.tenant_id, draft()).id != kept.id
    with pytest.raises(NotFound):
        keep_year(session, other.tenant_id, draft(), kept.id)


def test_two_at_the_same_moment(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        tenant_id = make_school(session).tenant_id
    with sessions() as one:
        assert years_of(one, tenant_id) == {}
        one.rollback()
        with sessions.begin() as other:
            keep_year(other, tenant_id, draft())
        # What the first saw before the second had written.
        before = mock.patch("lti_plp.lms.calendar.years_of", return_value={})
        with before, pytest.raises(YearProblems):
            keep_year(one, tenant_id, draft())
