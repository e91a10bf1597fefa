"""What is done in a plan because a placed link asks for it: from when on it counts."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.lms.models import ResourceLink
from lti_plp.plp.activities import Activity
from lti_plp.plp.activity_work import ActivityWork, work_since
from lti_plp.plp.models import Reflection, ReflectionTemplate
from lti_plp.plp.reflections import LinkFacts


def asked_work(session: Session, link: LinkFacts, person_id: int, activity: Activity) -> ActivityWork:
    """Return what a student has done for a link that asks for an activity."""
    return work_since(session, person_id, activity, counts_from(session, link, person_id))


def counts_from(session: Session, link: LinkFacts, person_id: int) -> datetime:
    """Return the moment from which on something counts for a link: since it was placed.

    A year's links are placed at once. What was handed in with another link of the same kind does not count again.
    """
    row = session.execute(
        select(ResourceLink.created_at, ReflectionTemplate.created_at, ReflectionTemplate.activity)
        .join(ReflectionTemplate, ReflectionTemplate.id == ResourceLink.template_id)
        .where(ResourceLink.id == link.resource_link_id)
    ).one()
    first_seen, made, activity = row
    first = select(func.min(ResourceLink.id)).where(ResourceLink.template_id == link.template_id)
    # A copied course brings the template of an earlier year: there it was placed when somebody opened it first.
    placed = made if session.scalar(first) == link.resource_link_id else first_seen
    handed_in = _handed_in(session, link, person_id, activity)
    return max(placed, handed_in) if handed_in else placed


def _handed_in(session: Session, link: LinkFacts, person_id: int, activity: str) -> datetime | None:
    """Return when the student last sent another link of that kind, before she sent this one."""
    own = session.scalar(
        select(Reflection.submitted_at).where(
            Reflection.person_id == person_id, Reflection.resource_link_id == link.resource_link_id
        )
    )
    wanted = (
        select(func.max(Reflection.submitted_at))
        .join(ReflectionTemplate, ReflectionTemplate.id == Reflection.template_id)
        .where(
            Reflection.person_id == person_id,
            Reflection.resource_link_id.is_not(None),
            Reflection.resource_link_id != link.resource_link_id,
            ReflectionTemplate.activity == activity,
        )
    )
    if own is not None:
        wanted = wanted.where(Reflection.submitted_at < own)
    return session.scalar(wanted)
