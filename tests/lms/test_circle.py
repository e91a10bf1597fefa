"""The people around a student whom platforms and the school know, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.lms.circle import people_around
from lti_plp.lms.models import Enrolment, Identity, Relationship
from lti_plp.plp.actor import Actor, Role
from tests.factories import NOON, School, make_school


@pytest.fixture
def school(session: Session) -> School:
    return make_school(session)


def around(school: School, student: Actor) -> list[tuple[int | None, str, str]]:
    found = people_around(school.session, school.tenant_id, student.person_id, NOON)
    return [(one.person_id, one.role, one.why) for one in found]


def enrolment(school: School, actor: Actor) -> Enrolment:
    return school.session.scalars(select(Enrolment).where(Enrolment.person_id == actor.person_id)).one()


def follows(school: School, mentor: Actor, student: Actor) -> None:
    identity = select(Identity.subject).where(Identity.person_id == student.person_id)
    enrolment(school, mentor).mentor_of = [str(school.session.scalar(identity))]
    school.session.flush()


def test_family_the_school_and_teachers(school: School) -> None:
    maya, leo = school.student(), school.student()
    teacher, assistant = school.teacher(), school.person(Role.TEACHING_ASSISTANT)
    rosa, other = school.person(Role.MENTOR, given="Rosa"), school.person(Role.MENTOR, given="Ines")
    follows(school, rosa, maya)
    follows(school, other, leo)
    school.teacher(status="inactive")
    school.teacher(is_test=True)
    day = NOON.date()
    for kind, first, last, ended in (
        ("counselor", day, None, None),
        ("advisor", day + timedelta(days=1), None, None),
        ("case_manager", day - timedelta(days=9), day - timedelta(days=1), None),
        ("mentor", day, None, NOON),
    ):
        school.session.add(
            Relationship(
                tenant_id=school.tenant_id,
                adult_id=assistant.person_id,
                student_id=maya.person_id,
                kind=kind,
                valid_from=first,
                valid_to=last,
                made_at=NOON,
                ended_at=ended,
            )
        )
    school.session.flush()
    assert around(school, maya) == [
        (rosa.person_id, "family", "family"),
        (assistant.person_id, "counselor", "advisor"),
        (teacher.person_id, "teacher", "course"),
    ]


def test_who_learns_nowhere_has_no_teachers(school: School) -> None:
    maya = school.student(status="inactive")
    school.teacher()
    assert around(school, maya) == []


def test_nobody_of_another_tenant(school: School) -> None:
    maya = school.student()
    school.teacher()
    assert people_around(school.session, school.tenant_id + 1, maya.person_id, NOON) == ()
