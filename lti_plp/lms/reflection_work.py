"""Placed reflections are coursework like any other: what was sent, and how it was rated, is taken likewise.

They are coursework from the moment in which they are placed, so that a teacher can say at once what they show. Which
link a placed template became, the platform tells only when somebody opens it: until then the work goes by the template.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.orm import Session

from lti_plp.database import table
from lti_plp.lms.coursework import Taken, lock_coursework, take
from lti_plp.lms.coursework_models import Coursework
from lti_plp.lms.models import Course, PlacedTemplate, ResourceLink
from lti_plp.lms.work import Work, WorkResult
from lti_plp.plp.models import Reflection, ReflectionRating, ReflectionTemplate

SOURCE = "reflection"


def _by_template(template_id: str) -> str:
    """Return what the work of a template is called before its link is known."""
    return f"template:{template_id}"


def templates_of(session: Session, course_ids: Collection[int]) -> dict[int, str]:
    """Return work of courses -> the template that it asks for, by the name that all copies of it share."""
    named = {
        (row.course_id, row.template_id): row.named_id
        for row in session.scalars(select(PlacedTemplate).where(PlacedTemplate.course_id.in_(course_ids)))
    }
    links = session.execute(
        select(ResourceLink.id, ResourceLink.course_id, ResourceLink.template_id).where(
            ResourceLink.course_id.in_(course_ids), ResourceLink.template_id.is_not(None)
        )
    )
    names = {
        (row.course_id, str(row.id)): named.get((row.course_id, row.template_id), row.template_id)
        for row in links
    }
    names |= {(course_id, _by_template(one)): name for (course_id, one), name in named.items()}
    works = session.execute(
        select(Coursework.id, Coursework.course_id, Coursework.source_id).where(
            Coursework.course_id.in_(course_ids), Coursework.source == SOURCE, Coursework.gone_at.is_(None)
        )
    )
    return {
        row.id: names[row.course_id, row.source_id]
        for row in works
        if (row.course_id, row.source_id) in names
    }


def note_placed(session: Session, course_id: int, template: ReflectionTemplate, now: datetime) -> None:
    """Let a reflection that was placed into a course be coursework; one that is not graded is none."""
    if template.grading == "none":
        return
    facts = _facts_of(template, "", now)
    row = Coursework(course_id=course_id, source=SOURCE, source_id=_by_template(template.id), **facts)
    session.add(row)
    session.flush()


def note_link(
    connection: Connection, course_id: int, link_id: int, title: str, template_id: str, now: datetime
) -> None:
    """Let a link that came to stand for a template be its coursework, whether it was placed here or copied."""
    template = connection.execute(
        select(table(ReflectionTemplate)).where(ReflectionTemplate.id == template_id)
    ).one()
    works, own = table(Coursework), str(link_id)
    here = (works.c.course_id == course_id) & (works.c.source == SOURCE)
    if template.grading == "none":
        connection.execute(update(works).where(here, works.c.source_id == own).values(gone_at=now))
        return
    facts = _facts_of(template, title, now) | {"source_id": own, "gone_at": None}
    placed = here & (works.c.source_id == _by_template(template_id))
    if connection.execute(update(works).where(here, works.c.source_id == own).values(facts)).rowcount:
        # It stood for another template before: what was placed for this one is the link's work now.
        connection.execute(update(works).where(placed).values(gone_at=now))
    elif not connection.execute(update(works).where(placed).values(facts)).rowcount:
        # A copy, or another link of the same template: the first one took what was placed.
        connection.execute(
            insert(works).values(course_id=course_id, source=SOURCE, url="", parts=[], **facts)
        )


def _facts_of(template: Any, title: str, now: datetime) -> dict[str, Any]:
    return {
        "title": title or template.title,
        "grading": template.grading,
        "points": template.max_points,
        "due_at": template.due_at,
        "read_at": now,
    }


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
