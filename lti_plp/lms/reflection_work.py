"""Placed reflections are coursework like any other: what was sent, and how it was rated, is taken likewise."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.lms.coursework import Taken, lock_coursework, take
from lti_plp.lms.coursework_models import Coursework
from lti_plp.lms.models import Course, ResourceLink
from lti_plp.lms.work import Work, WorkResult
from lti_plp.plp.models import Reflection, ReflectionRating, ReflectionTemplate

SOURCE = "reflection"


def take_reflection(session: Session, link_id: int, now: datetime) -> Taken:
    """Take what was sent and rated at a placed link, as it stands now; of one that is not graded, nothing."""
    link = session.get_one(ResourceLink, link_id)
    template = session.get(ReflectionTemplate, link.template_id) if link.template_id else None
    if template is None or template.grading == "none":
        return Taken()
    course = session.get_one(Course, link.course_id)
    # Read under the lock, so that of two that write at once the second sees the first one's; and so never old news.
    lock_coursework(session, course.id)
    before = session.scalar(
        select(Coursework.read_at).where(
            Coursework.course_id == course.id,
            Coursework.source == SOURCE,
            Coursework.source_id == str(link_id),
        )
    )
    work = Work(
        source_id=str(link_id),
        title=link.title or template.title,
        grading=template.grading,
        points=template.max_points,
        due_at=template.due_at,
    )
    results = _results(session, link_id, is_points=template.grading == "points")
    return take(session, course, [work], results, SOURCE, max(now, before or now), only={work.source_id})


def _results(session: Session, link_id: int, *, is_points: bool) -> list[WorkResult]:
    rated = select(ReflectionRating.reflection_id, ReflectionRating.points, ReflectionRating.rated_at).where(
        ReflectionRating.points.is_not(None), ReflectionRating.reflection_id.in_(_ids(link_id))
    )
    ratings: dict[int, Any] = {}
    for row in session.execute(rated.order_by(ReflectionRating.id)):
        # The newest counts; a comment that repeats the points that stand is no new grade.
        if row.reflection_id not in ratings or ratings[row.reflection_id].points != row.points:
            ratings[row.reflection_id] = row
    reflections = session.scalars(
        select(Reflection).where(Reflection.resource_link_id == link_id, Reflection.submitted_at.is_not(None))
    )
    return [_result(one, ratings.get(one.id), is_points=is_points) for one in reflections]


def _ids(link_id: int) -> Any:
    return select(Reflection.id).where(Reflection.resource_link_id == link_id)


def _result(reflection: Reflection, rating: Any, *, is_points: bool) -> WorkResult:
    if rating is None:
        state, grade = "submitted", ""
    else:
        state = "graded"
        grade = "" if is_points else ("complete" if rating.points else "incomplete")
    return WorkResult(
        work=str(reflection.resource_link_id),
        person_id=reflection.person_id,
        state=state,
        score=rating.points if rating is not None else None,
        grade=grade,
        submitted_at=reflection.submitted_at,
        graded_at=rating.rated_at if rating is not None else None,
    )
