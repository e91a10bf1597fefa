"""The people around a student whom platforms and the school know: teachers, advisors, family."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lti_plp.lms.models import TEACHES, Course, Enrolment, Identity, Person, Relationship
from lti_plp.plp.actor import Role, learns, teaches
from lti_plp.plp.invitees import Invitee


def people_around(session: Session, tenant_id: int, student_id: int, now: datetime) -> tuple[Invitee, ...]:
    """Return family first, then whom the school named, then teachers; somebody who is two of these comes twice.

    Names are left to the page. Three statements, whatever the number of courses.
    """
    subjects = set(
        session.scalars(
            select(Identity.subject).where(Identity.person_id == student_id, Identity.tenant_id == tenant_id)
        )
    )
    taught = list(_of_courses(session, tenant_id, student_id, subjects))
    family = [one for one in taught if one.role == "family"]
    return (
        *family,
        *_related(session, tenant_id, student_id, now),
        *(one for one in taught if one not in family),
    )


def _of_courses(session: Session, tenant_id: int, student_id: int, subjects: set[str]) -> Iterator[Invitee]:
    """Yield teachers of the courses in which the student learns, and those who may follow the student there."""
    own = select(Enrolment.course_id, Enrolment.roles).where(
        Enrolment.person_id == student_id, Enrolment.status == "active"
    )
    courses = [row.course_id for row in session.execute(own) if learns(row.roles.split())]
    if not courses:
        return
    rows = session.execute(
        select(Enrolment.person_id, Enrolment.roles, Enrolment.mentor_of)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Person, Person.id == Enrolment.person_id)
        .where(
            Enrolment.course_id.in_(courses),
            Course.tenant_id == tenant_id,
            Enrolment.status == "active",
            Person.is_test.is_(False),
            or_(TEACHES, Enrolment.roles.contains(Role.MENTOR.value)),
        )
        .order_by(Enrolment.id)
    )
    for row in rows:
        if subjects & set(row.mentor_of):
            yield Invitee("family", person_id=row.person_id, why="family")
        elif teaches(row.roles.split()):
            yield Invitee("teacher", person_id=row.person_id, why="course")


def _related(session: Session, tenant_id: int, student_id: int, now: datetime) -> Iterator[Invitee]:
    """Yield those of whom an administrator said that they have to do with the student today."""
    today = now.date()
    rows = session.execute(
        select(Relationship.adult_id, Relationship.kind)
        .where(
            Relationship.tenant_id == tenant_id,
            Relationship.student_id == student_id,
            Relationship.ended_at.is_(None),
            Relationship.valid_from <= today,
            or_(Relationship.valid_to.is_(None), Relationship.valid_to >= today),
        )
        .order_by(Relationship.id)
    )
    for row in rows:
        yield Invitee(row.kind, person_id=row.adult_id, why="advisor")
