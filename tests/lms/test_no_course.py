"""What somebody is who came from no course, and whom a platform's own services mean, on both databases."""

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lti_plp.lms.lms_ids import acting_person, people_called
from lti_plp.lms.models import Enrolment, Identity, Person
from lti_plp.lms.no_course import roles_in_no_course
from lti_plp.plp.actor import Actor, Role
from tests.factories import NOON, School, make_school
from tests.lms.test_ties import relate

GRACE = 14


@pytest.fixture
def school(session: Session) -> School:
    return make_school(session)


def roles(school: School, actor: Actor) -> frozenset[Role]:
    connection = school.session.connection()
    return roles_in_no_course(connection, school.tenant_id, actor.person_id, NOON, GRACE)


def test_who_is_what(school: School) -> None:
    maya, teacher = school.student(), school.teacher()
    assistant = school.person(Role.TEACHING_ASSISTANT, Role.INSTRUCTOR)
    family = school.person(Role.MENTOR, Role.LEARNER)
    designer = school.person(Role.CONTENT_DEVELOPER)
    principal = school.person(Role.ADMINISTRATOR)
    nobody = school.person()
    preview = school.person(Role.LEARNER, is_test=True)
    assert roles(school, maya) == {Role.LEARNER}
    assert roles(school, teacher) == {Role.INSTRUCTOR}
    assert roles(school, assistant) == {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT}
    for one in (family, designer, principal, nobody, preview):
        assert roles(school, one) == frozenset()
    relate(school, principal, maya)
    assert roles(school, principal) == {Role.CONTENT_DEVELOPER}
    # A transaction that is under way stays so.
    assert school.session.connection().in_transaction()
    assert school.session.scalar(select(func.count()).select_from(Person)) == 8


def test_who_left_is_nobody(school: School) -> None:
    maya, teacher = school.student(), school.teacher()
    school.session.execute(
        update(Enrolment).where(Enrolment.person_id == maya.person_id).values(status="inactive")
    )
    assert roles(school, maya) == frozenset()
    # There is nobody left whom she teaches.
    assert roles(school, teacher) == frozenset()


def test_whom_services_mean(school: School) -> None:
    maya, leo = school.student(), school.student()
    for actor in (maya, leo):
        school.session.execute(
            update(Identity).where(Identity.person_id == actor.person_id).values(lms_id="31")
        )
    connection = school.session.connection()

    def called(tenant: int, issuer: str, lms_id: str) -> list[int]:
        return people_called(connection, tenant, issuer, lms_id, school.deployment_id)

    assert called(school.tenant_id, school.issuer, "31") == [maya.person_id, leo.person_id]
    assert called(school.tenant_id, "https://other.example", "31") == []
    assert called(school.tenant_id + 1, school.issuer, "31") == []
    assert called(school.tenant_id, school.issuer, "") == []
    # It could be either, so that neither is said to have looked.
    one = (connection, school.tenant_id, school.issuer, "31", school.deployment_id, NOON)
    stranger = acting_person(*one)
    assert stranger not in {maya.person_id, leo.person_id}
    assert acting_person(*one) == stranger
    assert called(school.tenant_id, school.issuer, "31") == [maya.person_id, leo.person_id]
