"""In which courses placed links stand, and what courses are called."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.lms.models import Course, ResourceLink
from lti_plp.plp.models import HandIn


@dataclass(frozen=True)
class LinkCourse:
    """The course of a link."""

    course_id: int
    title: str


def courses_of_links(session: Session, tenant_id: int, link_ids: Collection[int]) -> dict[int, LinkCourse]:
    """Return link id -> its course, for those of the given links that the tenant has."""
    if not link_ids:
        return {}
    rows = session.execute(
        select(ResourceLink.id, Course.id.label("course_id"), Course.title)
        .join(Course, Course.id == ResourceLink.course_id)
        .where(ResourceLink.id.in_(link_ids), ResourceLink.tenant_id == tenant_id)
    )
    return {row.id: LinkCourse(row.course_id, row.title) for row in rows}


def course_title(session: Session, tenant_id: int, course_id: int) -> str:
    """Return what a course of the tenant is called; empty when there is none, or no platform has said."""
    title = session.scalar(select(Course.title).where(Course.id == course_id, Course.tenant_id == tenant_id))
    return title or ""


def courses_shown(session: Session, person_id: int, kind: str, item_id: int) -> list[str]:
    """Return the titles of the courses to which a student has handed in something of her plan; one statement."""
    titles = session.scalars(
        select(Course.title)
        .join(HandIn, HandIn.course_id == Course.id)
        .where(HandIn.person_id == person_id, HandIn.kind == kind, HandIn.item_id == item_id)
        .order_by(HandIn.made_at)
    )
    return list(titles)
