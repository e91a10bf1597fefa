"""What teachers share with each other: templates of what they place, in versions, with what colleagues say of them.

A district's own people find what is for the school; what is for everyone is found by every district that this
installation serves; whose name may be shown there, the directory knows. What was placed from a version stays as it was.
"""

import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed, NotFound
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import SharedTemplate, SharedTemplateFeedback, SharedTemplateVersion
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.plp.texts import one_line, storable

SCOPES = ("school", "everyone")
MAX_NAME, MAX_ABOUT, MAX_FEEDBACK, MAX_ITEMS = 255, 2000, 2000, 20
MAX_SIZE = 300_000
"""Characters of all items together: more than any twenty assignments of people."""
MOST_LISTED = 30
MOST_FEEDBACK = 50


@dataclass(frozen=True)
class SharedDraft:
    """What is to be shared; ``items`` is what it places, each as the picker's form has it."""

    name: str
    about: str
    items: Sequence[Mapping[str, Any]]
    scope: str = "school"

    def problems(self) -> dict[str, str]:
        """Return what is wrong, as field -> stable name of the problem; empty when all is well."""
        return dict(self._problems())

    def _problems(self) -> Iterator[tuple[str, str]]:
        if not one_line(self.name):
            yield "name", "missing"
        elif len(self.name) > MAX_NAME:
            yield "name", "too_long"
        if len(self.about) > MAX_ABOUT:
            yield "about", "too_long"
        if self.scope not in SCOPES:
            yield "scope", "unknown"
        if not 1 <= len(self.items) <= MAX_ITEMS:
            yield "items", "missing" if not self.items else "too_many"
        elif len(json.dumps([dict(one) for one in self.items])) > MAX_SIZE:
            yield "items", "too_long"


@dataclass(frozen=True)
class SharedCard:
    """One shared template in a list, in its newest version."""

    id: str
    version_id: int
    number: int
    name: str
    about: str
    scope: str
    author_id: int
    """Perhaps of another district, whose people are never named."""
    is_own: bool
    feedback: int
    """How often colleagues have said something, of any version."""


@dataclass(frozen=True)
class Feedback:
    """What a colleague said."""

    text: str
    author_id: int
    number: int
    """Of the version that it was said of."""
    said_at: datetime


@dataclass(frozen=True)
class Shared:
    """A shared template, all that its pages show."""

    card: SharedCard
    items: tuple[Mapping[str, Any], ...]
    feedback: tuple[Feedback, ...]
    """Newest first."""


def share(
    session: Session, actor: Actor, draft: SharedDraft, now: datetime, *, made_from: str = ""
) -> SharedTemplate:
    """Share something with colleagues; ``made_from`` names what it was made from, if that can be seen.

    :raise NotAllowed: when the actor may not share.
    :raise BadInput: with every problem by field in its details.
    """
    _require(actor)
    _check(draft)
    origin = session.scalar(_visible(actor, SharedTemplate.id).where(SharedTemplate.id == made_from))
    row = SharedTemplate(
        id=str(uuid.uuid4()),
        tenant_id=actor.tenant_id,
        author_id=actor.person_id,
        scope=draft.scope,
        origin_id=origin,
        created_at=now,
    )
    session.add(row)
    session.flush()
    _add_version(session, row, 1, actor, draft, now)
    return row


def improve(session: Session, actor: Actor, template_id: str, draft: SharedDraft, now: datetime) -> int:
    """Add a version of one's own template and return its number; who finds it stays as it is.

    :raise NotFound: when there is none that the actor can see.
    :raise NotAllowed: when somebody else made it: one makes one's own from it.
    :raise BadInput: with every problem by field in its details.
    """
    row = _own(session, actor, template_id)
    _check(draft)
    newest = select(func.max(SharedTemplateVersion.number)).where(SharedTemplateVersion.template_id == row.id)
    number = (session.scalar(newest) or 0) + 1
    _add_version(session, row, number, actor, draft, now)
    return number


def withdraw(session: Session, actor: Actor, template_id: str, now: datetime) -> None:
    """Let nobody find one's own template any more; what was placed from it stays.

    :raise NotFound: when there is none that the actor can see.
    :raise NotAllowed: when somebody else made it.
    """
    _own(session, actor, template_id).withdrawn_at = now
    session.flush()


def say(session: Session, actor: Actor, template_id: str, text: str, now: datetime) -> None:
    """Keep what a colleague says of a template's newest version.

    :raise NotFound: when there is none that the actor can see.
    :raise BadInput: ``feedback_empty`` or ``feedback_too_long``.
    """
    card = read_shared(session, actor, template_id).card
    words = storable(text).strip()
    if not words:
        raise BadInput("Nothing is written yet.", code="feedback_empty")
    if len(words) > MAX_FEEDBACK:
        raise BadInput("This is too long.", code="feedback_too_long", details={"longest": MAX_FEEDBACK})
    session.add(
        SharedTemplateFeedback(version_id=card.version_id, author_id=actor.person_id, text=words, said_at=now)
    )
    session.flush()


def list_shared(session: Session, actor: Actor, words: str = "") -> tuple[SharedCard, ...]:
    """Return what the actor can see, newest first; only what holds all the words, when there are any.

    :raise NotAllowed: when the actor may not share.
    """
    _require(actor)
    wanted = _cards(actor).order_by(SharedTemplateVersion.made_at.desc(), SharedTemplateVersion.id.desc())
    text = func.lower(SharedTemplateVersion.name + " " + SharedTemplateVersion.about)
    for word in storable(words).lower().split()[:10]:
        wanted = wanted.where(text.contains(word, autoescape=True))
    return tuple(_card(actor, row) for row in session.execute(wanted.limit(MOST_LISTED)))


def read_shared(session: Session, actor: Actor, template_id: str) -> Shared:
    """Return one with what it places and what was said of it.

    :raise NotAllowed: when the actor may not share.
    :raise NotFound: ``shared_unknown`` when there is none that the actor can see.
    """
    _require(actor)
    row = session.execute(_cards(actor).where(SharedTemplate.id == template_id)).one_or_none()
    if row is None:
        raise _unknown()
    said = session.execute(
        select(SharedTemplateFeedback, SharedTemplateVersion.number)
        .join(SharedTemplateVersion, SharedTemplateVersion.id == SharedTemplateFeedback.version_id)
        .where(SharedTemplateVersion.template_id == template_id)
        .order_by(SharedTemplateFeedback.id.desc())
        .limit(MOST_FEEDBACK)
    )
    feedback = tuple(Feedback(one.text, one.author_id, number, one.said_at) for one, number in said)
    return Shared(_card(actor, row), tuple(row.placed), feedback)


def versions_here(session: Session, actor: Actor, version_ids: Collection[int]) -> frozenset[int]:
    """Return those of some versions that the actor could have placed from; withdrawn ones too."""
    if not version_ids:
        return frozenset()
    wanted = (
        select(SharedTemplateVersion.id)
        .join(SharedTemplate, SharedTemplate.id == SharedTemplateVersion.template_id)
        .where(SharedTemplateVersion.id.in_(version_ids), _is_for(actor))
    )
    return frozenset(session.scalars(wanted))


def _require(actor: Actor) -> None:
    require(actor, Action.SHARE_TEMPLATE, SchoolWide(actor.tenant_id))


def _check(draft: SharedDraft) -> None:
    if problems := draft.problems():
        raise BadInput("This cannot be shared like this.", code="shared_problems", details=problems)


def _unknown() -> NotFound:
    return NotFound("There is no such shared template.", code="shared_unknown")


def _is_for(actor: Actor) -> ColumnElement[bool]:
    return or_(SharedTemplate.tenant_id == actor.tenant_id, SharedTemplate.scope == "everyone")


def _visible(actor: Actor, *columns: Any) -> Select[Any]:
    return select(*columns).where(SharedTemplate.withdrawn_at.is_(None), _is_for(actor))


def _cards(actor: Actor) -> Select[Any]:
    """Return the statement for templates that the actor sees, each in its newest version."""
    newest = (
        select(func.max(SharedTemplateVersion.number))
        .where(SharedTemplateVersion.template_id == SharedTemplate.id)
        .correlate(SharedTemplate)
        .scalar_subquery()
    )
    of_any = SharedTemplateVersion.__table__.alias("of_any")
    said = (
        select(func.count(SharedTemplateFeedback.id))
        .join(of_any, of_any.c.id == SharedTemplateFeedback.version_id)
        .where(of_any.c.template_id == SharedTemplate.id)
        .correlate(SharedTemplate)
        .scalar_subquery()
    )
    return _visible(
        actor,
        SharedTemplate.id,
        SharedTemplate.scope,
        SharedTemplate.author_id,
        SharedTemplateVersion.id.label("version_id"),
        SharedTemplateVersion.number,
        SharedTemplateVersion.name,
        SharedTemplateVersion.about,
        SharedTemplateVersion.items.label("placed"),
        said.label("feedback"),
    ).join(
        SharedTemplateVersion,
        and_(SharedTemplateVersion.template_id == SharedTemplate.id, SharedTemplateVersion.number == newest),
    )


def _card(actor: Actor, row: Any) -> SharedCard:
    return SharedCard(
        id=row.id,
        version_id=row.version_id,
        number=row.number,
        name=row.name,
        about=row.about,
        scope=row.scope,
        author_id=row.author_id,
        is_own=row.author_id == actor.person_id,
        feedback=row.feedback,
    )


def _own(session: Session, actor: Actor, template_id: str) -> SharedTemplate:
    """Return one's own template, locked where the database locks rows: its versions come one after the other."""
    _require(actor)
    row: SharedTemplate | None = session.scalars(
        _visible(actor, SharedTemplate).where(SharedTemplate.id == template_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise _unknown()
    if row.author_id != actor.person_id:
        raise NotAllowed("Only its author changes it.", code="shared_not_own")
    return row


def _add_version(
    session: Session, row: SharedTemplate, number: int, actor: Actor, draft: SharedDraft, now: datetime
) -> None:
    session.add(
        SharedTemplateVersion(
            template_id=row.id,
            number=number,
            name=one_line(draft.name),
            about=storable(draft.about).strip(),
            items=[dict(one) for one in draft.items],
            made_by=actor.person_id,
            made_at=now,
        )
    )
    session.flush()
