"""Groups of students, as statements: who learns somewhere in a district, narrowed as a page asks for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from lti_plp.lms.models import Course, Deployment, Enrolment, Person, Relationship
from lti_plp.plp.actor import STAFF, Role


@dataclass(frozen=True)
class Learners:
    """Students of a tenant: all who learn in some course now, or some of these."""

    tenant_id: int
    people: Collection[int] | None = None
    """Only these; ``None`` for everybody."""
    course_id: int | None = None
    advisor_id: int | None = None
    school: str | None = None
    """What the platform of one of their courses calls itself."""

    def ids(self, today: date) -> Select[int]:
        """Return the statement that finds their person ids."""
        enrolled = exists().where(Enrolment.person_id == Person.id, LEARNS)
        if self.course_id is not None:
            enrolled = enrolled.where(Enrolment.course_id == self.course_id)
        if self.school is not None:
            enrolled = enrolled.where(
                Enrolment.course_id == Course.id,
                Course.deployment_id == Deployment.id,
                Deployment.platform_name == self.school,
            )
        found = select(Person.id).where(
            Person.tenant_id == self.tenant_id, Person.is_test.is_(False), enrolled
        )
        if self.people is not None:
            found = found.where(Person.id.in_(self.people))
        if self.advisor_id is not None:
            found = found.where(
                exists().where(
                    Relationship.student_id == Person.id,
                    Relationship.adult_id == self.advisor_id,
                    advises(today),
                )
            )
        return found


def advises(today: date) -> ColumnElement[bool]:
    """Return the condition that somebody is a student's advisor today."""
    return and_(
        Relationship.kind == "advisor",
        Relationship.ended_at.is_(None),
        Relationship.valid_from <= today,
        or_(Relationship.valid_to.is_(None), Relationship.valid_to >= today),
    )


_NOT_A_STUDENT = (Role.MENTOR, *sorted(STAFF))
LEARNS: ColumnElement[bool] = and_(
    Enrolment.status == "active",
    Enrolment.roles.contains(Role.LEARNER.value),
    *(Enrolment.roles.not_like(f"%{role.value}%") for role in _NOT_A_STUDENT),
)
"""Condition on an enrolment, as :func:`lti_plp.plp.actor.learns` says it of roles."""
