"""What a teacher is told of a copied reflection, and what may still be changed of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from lti_plp.errors import NotFound, PlpError
from lti_plp.lms.models import Course, PlacedTemplate
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import Reflection, ReflectionTemplate
from lti_plp.plp.policy import Action, require
from lti_plp.plp.reflections import LinkFacts
from lti_plp.plp.templates import AskedQuestion, change_words


@dataclass(frozen=True)
class Copied:
    """Where a reflection was copied from."""

    course_title: str
    """Empty when nobody knows."""
    year: int
    """In which what it is a copy of was made."""
    is_looked_over: bool
    """Whether a teacher has said that it is well so, or has changed it."""
    is_begun: bool
    """Whether a student has begun to answer: then its questions stay."""


def copied(session: Session, link: LinkFacts) -> Copied | None:
    """Return where a link's reflection was copied from; ``None`` when it was placed in this course."""
    origin = aliased(ReflectionTemplate)
    row = session.execute(
        select(
            Course.title,
            origin.created_at,
            PlacedTemplate.looked_over_at,
            exists().where(Reflection.template_id == link.template_id).label("is_begun"),
        )
        .select_from(PlacedTemplate)
        .join(origin, origin.id == PlacedTemplate.copied_from)
        .outerjoin(Course, Course.id == PlacedTemplate.copied_from_course_id)
        .where(PlacedTemplate.course_id == link.course_id, PlacedTemplate.template_id == link.template_id)
    ).first()
    if row is None:
        return None
    return Copied(row.title or "", row.created_at.year, row.looked_over_at is not None, row.is_begun)


def keep_copy(session: Session, actor: Actor, link: LinkFacts, now: datetime) -> None:
    """Note that a copied reflection is well as it is.

    :raise NotAllowed: when the actor may not place reflections there.
    :raise NotFound: when it is no copy.
    """
    _copied(session, actor, link)
    _note_looked_over(session, actor, link, now)


def change_copy(
    session: Session,
    actor: Actor,
    link: LinkFacts,
    instructions: str,
    questions: Sequence[AskedQuestion],
    now: datetime,
) -> None:
    """Change the words of a copied reflection; those that it was copied from stay as they are.

    :raise NotAllowed: when the actor may not place reflections there.
    :raise NotFound: when it is no copy.
    :raise PlpError: ``copy_begun`` (409) when a student has begun to answer.
    :raise BadInput: with every problem by field in its details; nothing was changed then.
    """
    _copied(session, actor, link)
    template = session.scalars(
        select(ReflectionTemplate)
        .where(ReflectionTemplate.id == link.template_id)
        # Whoever begins to answer waits, and sees the new questions; or has begun, and they stay.
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if session.scalar(select(exists().where(Reflection.template_id == template.id))):
        raise PlpError("copy_begun", 409, "Somebody has begun to answer, so the questions stay.")
    change_words(template, instructions, questions)
    _note_looked_over(session, actor, link, now)
    session.flush()


def _copied(session: Session, actor: Actor, link: LinkFacts) -> Copied:
    require(actor, Action.PLACE_REFLECTION, link.place)
    found = copied(session, link)
    if found is None:
        raise NotFound("This reflection is no copy.", code="no_copy")
    return found


def _note_looked_over(session: Session, actor: Actor, link: LinkFacts, now: datetime) -> None:
    session.execute(
        update(PlacedTemplate)
        .where(
            PlacedTemplate.course_id == link.course_id,
            PlacedTemplate.template_id == link.template_id,
            PlacedTemplate.looked_over_at.is_(None),
        )
        .values(looked_over_at=now, looked_over_by=actor.person_id)
    )
