"""A school in numbers, none of which speaks of somebody."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_plp.lms.calendar import Year
from lti_plp.lms.models import Deployment
from lti_plp.lms.overview import FEWEST, LEFT_OUT, Overview, hide_small, overview
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import Goal, Meeting, PathwayParticipation, Plan
from tests.factories import NOON, School, counted, make_school

YEAR = Year(date(2026, 8, 26), date(2027, 6, 15), (), None, is_usual=False)


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ([], []),
        ([10, 20], [10, 20]),
        ([9, 20], [None, LEFT_OUT]),
        ([9, 20, 15], [None, 20, LEFT_OUT]),
        ([9, 1, 15], [None, None, 15]),
        ([0, 0, 15, 30], [None, None, LEFT_OUT, 30]),
        ([3, 4], [None, None]),
    ],
)
def test_no_small_number_can_be_worked_out(numbers: list[int], shown: list[Any]) -> None:
    assert hide_small(numbers) == shown


@given(st.lists(st.integers(0, 40), max_size=8))
def test_what_is_hidden_is_ten_or_more_together(numbers: list[int]) -> None:
    shown = hide_small(numbers)
    hidden = [one for one, seen in zip(numbers, shown, strict=True) if not isinstance(seen, int)]
    assert all(one == seen for one, seen in zip(numbers, shown, strict=True) if isinstance(seen, int))
    assert all(seen >= FEWEST for seen in shown if isinstance(seen, int))
    assert not hidden or sum(hidden) >= FEWEST or len(hidden) == len(numbers)


def plan(school: School, student: Actor, updated: int | None = None, grade: int = 9) -> int:
    row = Plan(
        tenant_id=school.tenant_id,
        person_id=student.person_id,
        first_developed_at=NOON - timedelta(days=700),
        formally_updated_at=None if updated is None else NOON - timedelta(days=updated),
        grade=grade,
    )
    school.session.add(row)
    school.session.flush()
    return row.id


def goal(school: School, plan_id: int, role: str, audience: str = "team", **facts: Any) -> None:
    item = {"plan_id": plan_id, "audience": audience, "created_at": NOON, "changed_at": NOON}
    supporters = [{"name": "Kofi Dube", "role": role, "how": ""}]
    school.session.add(Goal(**item, state="active", supporters=supporters, **facts))


@pytest.fixture
def school(session: Session) -> School:
    return make_school(session)


@pytest.fixture
def filled(school: School) -> School:
    """Twelve students of grade 9 with everything, eleven of grade 10 with a plan only, and three without one."""
    adult = school.teacher()
    for number in range(12):
        plan_id = plan(school, school.student(), updated=100)
        goal(school, plan_id, "teacher")
        item = {"plan_id": plan_id, "audience": "team", "created_at": NOON, "changed_at": NOON}
        decided = {"state": "under_way", "decided_by": adult.person_id}
        school.session.add(PathwayParticipation(**item, title="Welding", **decided))
        made = {"minutes": 20, "made_by": adult.person_id, "made_at": NOON, "kind": "annual"}
        held = number % 6 != 0
        school.session.add(
            Meeting(
                plan_id=plan_id,
                state="held" if held else "planned",
                starts_at=NOON,
                held_at=NOON if held else None,
                **made,
            )
        )
    for _ in range(11):
        plan_id = plan(school, school.student(), updated=400, grade=10)
        goal(school, plan_id, "friend")
        goal(school, plan_id, "teacher", audience="me")
    for _ in range(3):
        school.student()
    school.session.flush()
    return school


def found(school: School, by: str = "grade") -> Overview:
    return overview(school.session, school.tenant_id, YEAR, NOON, by)


def test_in_all(filled: School) -> None:
    assert found(filled).total.counts == {
        "students": 26,
        "with_plan": 23,
        "updated": 12,
        "with_adult": 12,
        "with_feedback": None,
        "meeting_planned": None,
        "meeting_held": 10,
        "pathway": 12,
    }


def test_by_grade(filled: School) -> None:
    nine, ten, none = found(filled).rows
    assert [nine.name, ten.name, none.name] == ["9", "10", ""]
    assert (nine.counts["students"], ten.counts["students"], none.counts["students"]) == (12, LEFT_OUT, None)
    # Eleven in grade 10 stand beside nobody without a grade: neither is shown.
    assert (nine.counts["with_plan"], ten.counts["with_plan"], none.counts["with_plan"]) == (
        12,
        LEFT_OUT,
        None,
    )


def test_by_school(filled: School) -> None:
    filled.session.get_one(Deployment, filled.deployment_id).platform_name = "Elm Street School"
    filled.session.flush()
    (only,) = found(filled, "school").rows
    assert (only.name, only.counts["students"]) == ("Elm Street School", 26)


def test_others_do_not_count(filled: School, session: Session) -> None:
    other = make_school(session, "Birch Falls", "https://lms.birchfalls.example")
    for _ in range(10):
        plan(other, other.student())
    for _ in range(10):
        plan(filled, filled.student(status="inactive"))
    assert found(filled).total.counts["with_plan"] == 23
    assert found(other).total.counts["students"] == 10


def test_a_year_ago_is_a_year_ago(school: School) -> None:
    for days in (*[365] * 10, 366, None):
        plan(school, school.student(), updated=days)
    assert found(school).total.counts["updated"] == 10


def test_a_removed_goal_names_nobody(school: School) -> None:
    for _ in range(12):
        plan_id = plan(school, school.student())
        item = {"plan_id": plan_id, "audience": "team", "created_at": NOON, "changed_at": NOON}
        named = [{"name": "Kofi Dube", "role": "teacher", "how": ""}]
        school.session.add(Goal(**item, state="removed", removed_at=NOON, supporters=named))
    school.session.flush()
    assert found(school).total.counts["with_adult"] is None


def test_many_cost_no_more_statements(filled: School, engine: Engine) -> None:
    with counted(engine) as few:
        found(filled)
    for _ in range(40):
        plan(filled, filled.student())
    with counted(engine) as many:
        found(filled)
    assert len(few) == len(many) <= 9
