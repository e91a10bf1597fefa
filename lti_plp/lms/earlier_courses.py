"""The courses that a course was copied from, as far as they are here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from lti_plp.lms.copies import ancestors_of
from lti_plp.lms.models import Course, Deployment, PlacedTemplate

MOST_COURSES = 20
"""So many are looked at, the nearest first."""


@dataclass(frozen=True)
class EarlierCourse:
    """A course that another one was copied from."""

    id: int
    title: str
    year: int
    """In which it was opened here first."""
    is_told: bool
    """The platform says that the course was copied; else single links came from it, and nothing is known of more."""


def earlier_courses(session: Session, tenant_id: int, course_id: int) -> list[EarlierCourse]:
    """Return them, the nearest first; those come last from which single links were copied.

    What the platform tells of a copy is believed where a teacher cannot have written it. Courses of other districts do
    not exist, and a context's id says something on one platform only.
    """
    course = session.get_one(Course, course_id)
    history = course.copied_from.splitlines()
    contexts = list(ancestors_of(session.connection(), course.deployment_id, course.lti_context_id, history))
    places = {context_id: number for number, context_id in enumerate(contexts)}
    told = []
    if contexts:
        own, doors = aliased(Deployment), Deployment
        same_platform = (
            select(doors.id)
            .join(own, own.registration_id == doors.registration_id)
            .where(own.id == course.deployment_id)
        )
        told = _courses(
            session,
            tenant_id,
            Course.lti_context_id.in_(contexts) & Course.deployment_id.in_(same_platform),
        )
        told.sort(key=lambda row: (places[row.lti_context_id], row.id))
    linked = _courses(
        session,
        tenant_id,
        Course.id.in_(
            select(PlacedTemplate.copied_from_course_id).where(PlacedTemplate.course_id == course_id)
        ),
    )
    known = {course_id, *(row.id for row in told)}
    others = [row for row in linked if row.id not in known]
    found = [(row, True) for row in told if row.id != course_id] + [(row, False) for row in others]
    return [_course(row, is_told=is_told) for row, is_told in found[:MOST_COURSES]]


def _courses(session: Session, tenant_id: int, which: ColumnElement[bool]) -> list[Any]:
    rows: Sequence[Any] = session.execute(
        select(Course.id, Course.title, Course.lti_context_id, Course.created_at)
        .where(Course.tenant_id == tenant_id, which)
        .order_by(Course.id.desc())
    ).all()
    return list(rows)


def _course(row: Any, *, is_told: bool) -> EarlierCourse:
    return EarlierCourse(row.id, row.title, row.created_at.year, is_told)
