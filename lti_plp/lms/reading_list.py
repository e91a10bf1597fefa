"""Reflections of a course that were sent and not rated since."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from lti_plp.lms.models import ResourceLink
from lti_plp.plp.models import Reflection, ReflectionRating, ReflectionSubmission, ReflectionTemplate


@dataclass(frozen=True)
class WaitingReflection:
    """One placed reflection with something to read."""

    link_id: int
    title: str
    count: int


def is_to_read() -> ColumnElement[bool]:
    """Return the condition on a reflection that was sent and not rated since; ``Reflection`` stands around it."""
    newest = (
        select(func.max(ReflectionSubmission.id))
        .where(ReflectionSubmission.reflection_id == Reflection.id)
        .correlate(Reflection)
        .scalar_subquery()
    )
    is_rated = exists().where(ReflectionRating.submission_id == newest).correlate(Reflection)
    return and_(Reflection.state == "submitted", ~is_rated)


def waiting_reflections(
    session: Session, course_id: int, student_ids: Collection[int]
) -> list[WaitingReflection]:
    """Return what waits in a course, the newest placed first; one statement."""
    rows = session.execute(
        select(ResourceLink.id, ReflectionTemplate.title, func.count(Reflection.id))
        .join(Reflection, Reflection.resource_link_id == ResourceLink.id)
        .join(ReflectionTemplate, ReflectionTemplate.id == ResourceLink.template_id)
        .where(
            ResourceLink.course_id == course_id,
            Reflection.person_id.in_(student_ids),
            is_to_read(),
        )
        .group_by(ResourceLink.id, ReflectionTemplate.title)
        .order_by(ResourceLink.id.desc())
    )
    return [WaitingReflection(*row) for row in rows]
