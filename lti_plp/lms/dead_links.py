"""Placed links that point to nothing here, for whoever mends them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.lms.models import TEACHES, Course, Enrolment, Person, ResourceLink
from lti_plp.plp.models import ReflectionTemplate


@dataclass(frozen=True)
class DeadLink:
    """A link that somebody opened and that showed nothing."""

    title: str
    course_title: str
    teachers: tuple[str, ...]
    """Of the course, as far as they have come or a roster named them."""
    first_opened_at: datetime
    state: str
    """``elsewhere``: what it names belongs to another district; ``unknown``: nothing of that name is here, or is no
    longer; ``course_gone``: the LMS has its course no longer."""


def dead_links(session: Session, tenant_id: int) -> list[DeadLink]:
    """Return a tenant's links that name a template and stand for none, by course and title."""
    rows = session.execute(
        select(
            ResourceLink.title.label("link_title"),
            ResourceLink.named_template,
            ResourceLink.created_at,
            ResourceLink.course_id,
            Course.title,
            Course.gone_at,
        )
        .join(Course, Course.id == ResourceLink.course_id)
        .where(
            ResourceLink.tenant_id == tenant_id,
            ResourceLink.template_id.is_(None),
            ResourceLink.named_template != "",
        )
        .order_by(Course.title, ResourceLink.title, ResourceLink.id)
    ).all()
    elsewhere = _elsewhere(session, tenant_id, {row.named_template for row in rows})
    teachers = _teachers(session, {row.course_id for row in rows})
    return [
        DeadLink(
            title=row.link_title,
            course_title=row.title,
            teachers=tuple(teachers[row.course_id]),
            first_opened_at=row.created_at,
            state="course_gone"
            if row.gone_at
            else "elsewhere"
            if row.named_template in elsewhere
            else "unknown",
        )
        for row in rows
    ]


def names_anothers(session: Session, tenant_id: int, link_id: int | None) -> bool:
    """Say whether a link names a template of another tenant."""
    named = session.scalar(select(ResourceLink.named_template).where(ResourceLink.id == link_id))
    return bool(named) and bool(_elsewhere(session, tenant_id, {named or ""}))


def _elsewhere(session: Session, tenant_id: int, named: Collection[str]) -> set[str]:
    found = session.scalars(
        select(ReflectionTemplate.id).where(
            ReflectionTemplate.id.in_(named), ReflectionTemplate.tenant_id != tenant_id
        )
    )
    return set(found)


def _teachers(session: Session, course_ids: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = session.execute(
        select(Enrolment.course_id, Person.name)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.course_id.in_(course_ids), TEACHES, Person.name != "")
        .order_by(Person.name)
    )
    for course_id, name in rows:
        found[course_id].append(name)
    return found
