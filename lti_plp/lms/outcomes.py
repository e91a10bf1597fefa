"""Courses whose outcomes an administrator can bring in as a framework."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.lms.coursework_reading import address_of
from lti_plp.lms.gateway import CourseAddress
from lti_plp.lms.models import Course, Enrolment


@dataclass(frozen=True)
class OwnCourse:
    """A course that somebody has come from."""

    id: int
    title: str
    """Empty when its platform has not said."""
    address: CourseAddress


def own_courses(session: Session, person_id: int, deployment_id: int) -> list[OwnCourse]:
    """Return the courses of a platform that a person has come from, and that its services can find, by title."""
    rows = session.scalars(
        select(Course)
        .join(Enrolment, Enrolment.course_id == Course.id)
        .where(
            Course.deployment_id == deployment_id,
            Course.gone_at.is_(None),
            or_(Course.memberships_url != "", Course.line_items_url != ""),
            Enrolment.person_id == person_id,
            Enrolment.status == "active",
        )
    )
    found = [OwnCourse(one.id, one.title, address_of(one)) for one in rows]
    return sorted(found, key=lambda one: (one.title.casefold(), one.id))


def own_course(session: Session, person_id: int, deployment_id: int, course_id: int) -> OwnCourse:
    """Return one of them.

    :raise NotFound: ``course_unknown``.
    """
    for one in own_courses(session, person_id, deployment_id):
        if one.id == course_id:
            return one
    raise NotFound("There is no such course.", code="course_unknown")
