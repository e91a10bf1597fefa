"""Lists of a student's reflections over all courses and years, placed and her own, for the student herself."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp.about import About, about_of
from lti_plp.plp.actor import Actor
from lti_plp.plp.manner import Manner
from lti_plp.plp.models import (
    Plan,
    PlanRevision,
    Reflection,
    ReflectionAbout,
    ReflectionAnswer,
    ReflectionRating,
    ReflectionSubmission,
    ReflectionTemplate,
    RevisionReflection,
)
from lti_plp.plp.policy import Action, OwnWork, require

PAGE_SIZE = 20
BEGINNING = 160
"""How many characters of the words a list shows."""


@dataclass(frozen=True)
class ReflectionLine:
    """One reflection in a list."""

    reflection_id: int
    template_id: str
    resource_link_id: int | None
    """Of the placed link; ``None`` for one that the student began herself."""
    title: str
    locale: str
    """Of the title."""
    state: str
    """``new`` (nothing written yet), ``writing``, ``sent`` (finished, when it is her own) or ``rated``."""
    manner: Manner
    started_at: datetime
    submitted_at: datetime | None
    beginning: str
    """The first words; empty when nothing is written yet."""
    about: About

    @property
    def is_own(self) -> bool:
        """Whether the student began it herself."""
        return self.resource_link_id is None


@dataclass(frozen=True)
class ReflectionPage:
    """One page of a list, newest first."""

    lines: tuple[ReflectionLine, ...]
    next_before: int | None
    """For the following page; ``None`` on the last one."""


@dataclass(frozen=True)
class RevisionLine:
    """A revision that a reflection led to."""

    revision_id: int
    number: int
    kind: str
    finished_at: datetime | None
    """``None`` while the revision is under way."""


def list_own(session: Session, actor: Actor, before: int | None = None) -> ReflectionPage:
    """Return the actor's reflections, newest first, 20 at a time; ``before`` is the last page's ``next_before``.

    :raise NotAllowed: when the actor is no student.
    """
    mine = _of(session, actor, actor.person_id)
    return _page(session, mine if before is None else mine.where(Reflection.id < before))


def reflections_of_goal(session: Session, actor: Actor, plan_id: int, goal_id: int) -> ReflectionPage:
    """Return the newest 20 reflections about a goal of the actor's own plan.

    :raise NotFound: when there is no such plan.
    :raise NotAllowed: when it is not the actor's.
    """
    return _about(session, actor, plan_id, ReflectionAbout.goal_id == goal_id)


def reflections_of_step(session: Session, actor: Actor, plan_id: int, step_id: int) -> ReflectionPage:
    """Return the newest 20 reflections about a step of the actor's own plan.

    :raise NotFound: when there is no such plan.
    :raise NotAllowed: when it is not the actor's.
    """
    return _about(session, actor, plan_id, ReflectionAbout.step_id == step_id)


def reflections_of_evidence(session: Session, actor: Actor, plan_id: int, evidence_id: int) -> ReflectionPage:
    """Return the newest 20 reflections about a piece of evidence of the actor's own plan.

    :raise NotFound: when there is no such plan.
    :raise NotAllowed: when it is not the actor's.
    """
    return _about(session, actor, plan_id, ReflectionAbout.evidence_id == evidence_id)


def reflections_of_revision(session: Session, actor: Actor, plan_id: int, revision_id: int) -> ReflectionPage:
    """Return the newest 20 reflections that led to a revision of the actor's own plan.

    :raise NotFound: when there is no such plan.
    :raise NotAllowed: when it is not the actor's.
    """
    led = (
        select(RevisionReflection.reflection_id)
        .join(PlanRevision, PlanRevision.id == RevisionReflection.revision_id)
        .where(RevisionReflection.revision_id == revision_id, PlanRevision.plan_id == plan_id)
    )
    mine = _of(session, actor, _owner(session, actor, plan_id))
    return _page(session, mine.where(Reflection.id.in_(led)))


def revisions_of(session: Session, actor: Actor, reflection_id: int) -> tuple[RevisionLine, ...]:
    """Return the revisions of the plan that one of the actor's reflections led to, newest first.

    :raise NotAllowed: when the actor is no student.
    """
    require(actor, Action.SEE_OWN_REFLECTIONS, OwnWork(actor.tenant_id, actor.person_id))
    rows = session.execute(
        select(PlanRevision.id, PlanRevision.number, PlanRevision.kind, PlanRevision.finished_at)
        .join(RevisionReflection, RevisionReflection.revision_id == PlanRevision.id)
        .join(Reflection, Reflection.id == RevisionReflection.reflection_id)
        .where(
            Reflection.id == reflection_id,
            Reflection.person_id == actor.person_id,
            Reflection.tenant_id == actor.tenant_id,
        )
        .order_by(PlanRevision.number.desc())
    )
    return tuple(RevisionLine(*row) for row in rows)


def _owner(session: Session, actor: Actor, plan_id: int) -> int:
    """Return whose plan it is.

    :raise NotFound: when the actor's tenant has no such plan.
    """
    owner = session.scalar(
        select(Plan.person_id).where(Plan.id == plan_id, Plan.tenant_id == actor.tenant_id)
    )
    if owner is None:
        raise NotFound("There is no such plan.")
    return owner


def _about(session: Session, actor: Actor, plan_id: int, condition: ColumnElement[bool]) -> ReflectionPage:
    mine = _of(session, actor, _owner(session, actor, plan_id))
    found = select(ReflectionAbout.reflection_id).where(condition)
    return _page(session, mine.where(Reflection.id.in_(found)))


_MANNER = tuple(getattr(Reflection, one.name) for one in fields(Manner))


def _of(session: Session, actor: Actor, person_id: int) -> Select[*tuple[Any, ...]]:
    require(actor, Action.SEE_OWN_REFLECTIONS, OwnWork(actor.tenant_id, person_id))
    newest_is_rated = exists().where(
        ReflectionRating.submission_id == ReflectionSubmission.id,
        ReflectionSubmission.reflection_id == Reflection.id,
        ReflectionSubmission.number == Reflection.submissions,
    )
    return (
        select(
            Reflection.id.label("reflection_id"),
            Reflection.template_id,
            Reflection.resource_link_id,
            ReflectionTemplate.title,
            ReflectionTemplate.locale,
            ReflectionTemplate.questions,
            Reflection.state,
            newest_is_rated.label("is_rated"),
            Reflection.started_at,
            Reflection.submitted_at,
            *_MANNER,
        )
        .join(ReflectionTemplate, ReflectionTemplate.id == Reflection.template_id)
        .where(Reflection.person_id == person_id, Reflection.tenant_id == actor.tenant_id)
        .order_by(Reflection.id.desc())
        .limit(PAGE_SIZE + 1)
    )


def _page(session: Session, statement: Select[*tuple[Any, ...]]) -> ReflectionPage:
    rows = list(session.execute(statement).mappings())
    shown = rows[:PAGE_SIZE]
    ids = [row["reflection_id"] for row in shown]
    words, abouts = _beginnings(session, ids), about_of(session, ids)
    lines = tuple(_line(row, words.get(row["reflection_id"], {}), abouts) for row in shown)
    return ReflectionPage(lines, ids[-1] if len(rows) > PAGE_SIZE else None)


def _beginnings(session: Session, ids: list[int]) -> dict[int, dict[str, str]]:
    """Return reflection id -> question key -> first words of the answer, where there are some."""
    found: dict[int, dict[str, str]] = {}
    rows = session.execute(
        select(
            ReflectionAnswer.reflection_id,
            ReflectionAnswer.question_key,
            # Some more, because blanks at the beginning are not shown.
            func.substr(ReflectionAnswer.text, 1, 2 * BEGINNING),
        ).where(ReflectionAnswer.reflection_id.in_(ids))
    )
    for reflection_id, key, text in rows if ids else ():
        if text.strip():
            found.setdefault(reflection_id, {})[key] = text
    return found


def _line(row: Mapping[Any, Any], words: dict[str, str], abouts: dict[int, About]) -> ReflectionLine:
    first = next((words[one["key"]] for one in row["questions"] if one["key"] in words), "")
    state = "new"
    if row["state"] == "submitted":
        state = "rated" if row["is_rated"] else "sent"
    elif words or row["submitted_at"]:
        state = "writing"
    return ReflectionLine(
        reflection_id=row["reflection_id"],
        template_id=row["template_id"],
        resource_link_id=row["resource_link_id"],
        title=row["title"],
        locale=row["locale"],
        state=state,
        manner=Manner(**{one.name: row[one.name] for one in fields(Manner)}),
        started_at=row["started_at"],
        submitted_at=row["submitted_at"],
        beginning=_shortened(first),
        about=abouts[row["reflection_id"]],
    )


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= BEGINNING else line[: BEGINNING - 1].rstrip() + "…"
