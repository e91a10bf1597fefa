"""With which students an adult has to do: taught, named by the school, for a colleague, or not at all."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_plp.lms.models import Course, Enrolment, Identity, Relationship, StandIn
from lti_plp.lms.ties import tie_with, ties_of
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.standing import Standing
from tests.factories import NOON, School, counted, make_school, minutes

GRACE = 14
TODAY = NOON.date()


@pytest.fixture
def school(session: Session) -> School:
    return make_school(session)


def found(school: School, adult: Actor, **options: Any) -> dict[int, frozenset[Standing]]:
    now = options.get("now", NOON)
    ties = ties_of(school.session, school.tenant_id, adult.person_id, now, GRACE, options.get("students"))
    return {student_id: tie.standing for student_id, tie in ties.items()}


def enrolment(school: School, actor: Actor) -> Enrolment:
    return school.session.scalars(
        select(Enrolment).where(
            Enrolment.person_id == actor.person_id, Enrolment.course_id == school.course_id
        )
    ).one()


def leave(school: School, actor: Actor, days_ago: float) -> None:
    row = enrolment(school, actor)
    row.status, row.ended_at = "inactive", NOON - timedelta(days=days_ago)
    school.session.flush()


def relate(school: School, adult: Actor, student: Actor, kind: str = "advisor", **facts: Any) -> Relationship:
    row = Relationship(
        tenant_id=school.tenant_id,
        adult_id=adult.person_id,
        student_id=student.person_id,
        kind=kind,
        made_at=NOON,
        **{"valid_from": TODAY, "valid_to": None} | facts,
    )
    school.session.add(row)
    school.session.flush()
    return row


def stand_in(school: School, person: Actor, colleague: Actor, **facts: Any) -> StandIn:
    row = StandIn(
        tenant_id=school.tenant_id,
        person_id=person.person_id,
        for_id=colleague.person_id,
        made_by=colleague.person_id,
        made_at=NOON,
        **{
            "course_id": school.course_id,
            "kind": "substitute",
            "valid_from": TODAY,
            "valid_to": TODAY,
        }
        | facts,
    )
    school.session.add(row)
    school.session.flush()
    return row


def test_a_teacher_and_those_who_learn_in_her_course(school: School) -> None:
    teacher, maya, leo = school.teacher(), school.student(), school.student()
    school.person(Role.LEARNER, is_test=True)
    school.person(Role.MENTOR, Role.LEARNER)
    school.person(Role.TEACHING_ASSISTANT, Role.LEARNER)
    assert found(school, teacher) == dict.fromkeys(
        (maya.person_id, leo.person_id), frozenset({Standing.TEACHER})
    )
    assert found(school, maya) == {}
    assert found(school, teacher, students=[leo.person_id]) == {leo.person_id: frozenset({Standing.TEACHER})}


def test_another_course_and_another_tenant_are_nobodys(school: School, session: Session) -> None:
    teacher = school.teacher()
    other = make_school(session, "Birch Falls", "https://lms.birchfalls.example")
    stranger = other.student()
    assert found(school, teacher) == {}
    assert (
        tie_with(session, school.tenant_id, teacher.person_id, stranger.person_id, NOON, GRACE).standing
        == set()
    )
    # An adult is looked for in her own tenant only.
    school.student()
    assert ties_of(session, other.tenant_id, teacher.person_id, NOON, GRACE) == {}


@pytest.mark.parametrize(("days_ago", "is_seen"), [(13, True), (15, False)])
@pytest.mark.parametrize("who", ["student", "teacher"])
def test_some_days_of_grace(school: School, who: str, days_ago: int, is_seen: bool) -> None:
    teacher, maya = school.teacher(), school.student()
    leave(school, maya if who == "student" else teacher, days_ago)
    ties = ties_of(school.session, school.tenant_id, teacher.person_id, NOON, GRACE)
    assert (maya.person_id in ties) is is_seen
    assert all(tie.is_ending for tie in ties.values())


def test_who_left_at_an_unknown_time_is_gone(school: School) -> None:
    teacher, maya = school.teacher(), school.student()
    enrolment(school, maya).status = "inactive"
    school.session.flush()
    assert found(school, teacher) == {}


@pytest.mark.parametrize(
    ("facts", "is_seen"),
    [
        ({}, True),
        ({"valid_from": TODAY + timedelta(days=1)}, False),
        ({"valid_from": date(2026, 1, 1), "valid_to": TODAY}, True),
        ({"valid_from": date(2026, 1, 1), "valid_to": TODAY - timedelta(days=1)}, False),
        ({"ended_at": minutes(-1)}, False),
    ],
)
def test_an_advisor_on_her_days(school: School, facts: dict[str, Any], is_seen: bool) -> None:
    advisor, maya = school.person(), school.student()
    relate(school, advisor, maya, **facts)
    expected = {maya.person_id: frozenset({Standing.ADVISOR})} if is_seen else {}
    assert found(school, advisor) == expected


def test_several_ties_add_up(school: School) -> None:
    teacher, maya = school.teacher(), school.student()
    relate(school, teacher, maya, "counselor")
    tie = tie_with(school.session, school.tenant_id, teacher.person_id, maya.person_id, NOON, GRACE)
    assert set(tie.standing) == {Standing.TEACHER, Standing.COUNSELOR}
    assert set(tie.courses) == {school.course_id}


def test_a_substitute_until_the_evening_of_the_last_day(school: School) -> None:
    teacher, helper, maya = school.teacher(), school.person(), school.student()
    stand_in(school, helper, teacher, valid_to=TODAY + timedelta(days=2))
    as_substitute = {maya.person_id: frozenset({Standing.SUBSTITUTE})}
    assert found(school, helper) == as_substitute
    assert found(school, helper, now=NOON + timedelta(days=2)) == as_substitute
    assert found(school, helper, now=NOON + timedelta(days=3)) == {}


def test_nobody_stands_in_for_more_than_the_colleague_has(school: School) -> None:
    teacher, helper, _ = school.teacher(), school.person(), school.student()
    row = stand_in(school, helper, teacher)
    leave(school, teacher, 20)
    assert found(school, helper) == {}
    enrolment(school, teacher).status = "active"
    assert len(found(school, helper)) == 1
    row.ended_at = NOON
    school.session.flush()
    assert found(school, helper) == {}


def test_standing_in_for_an_advisor_covers_advisees_only(school: School) -> None:
    advisor, helper = school.person(), school.person()
    maya, leo = school.student(), school.student()
    relate(school, advisor, maya)
    relate(school, advisor, leo, "counselor")
    stand_in(school, helper, advisor, course_id=None, kind="co_advisor")
    assert found(school, helper) == {maya.person_id: frozenset({Standing.CO_ADVISOR})}


def test_family_follows_whom_its_platform_names(school: School, session: Session) -> None:
    mother, maya = school.person(Role.MENTOR), school.student(subject="maya")
    enrolment(school, mother).mentor_of = ["maya", "nobody"]
    # The same name at another platform is somebody else.
    other = make_school(session, "Birch Falls", "https://lms.birchfalls.example")
    twin = other.student(subject="maya")
    session.scalars(
        select(Identity).where(Identity.person_id == twin.person_id)
    ).one().tenant_id = school.tenant_id
    session.flush()
    assert found(school, mother) == {maya.person_id: frozenset({Standing.FAMILY})}


def test_a_school_of_many_costs_no_more_statements(school: School, engine: Engine) -> None:
    teacher = school.teacher()
    for _ in range(3):
        relate(school, teacher, school.student())
    colleague = school.teacher(given="Noor", family="Okafor")
    course = Course(
        tenant_id=school.tenant_id,
        deployment_id=school.deployment_id,
        lti_context_id="other",
        created_at=NOON,
    )
    school.session.add(course)
    school.session.flush()
    stand_in(school, teacher, colleague)
    with counted(engine) as statements:
        assert len(found(school, teacher)) == 3
    few = len(statements)
    for _ in range(40):
        relate(school, teacher, school.student())
    with counted(engine) as statements:
        assert len(found(school, teacher)) == 43
    assert len(statements) == few <= 5
