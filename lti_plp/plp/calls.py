"""A student's calls for help, for those who may answer: what they see of it, and for whom it waits.

A student may call about a goal or a step that is hers alone. Then they see that she calls, never what about, and what
they answer stands with the plan as a whole. She may also be ready to show a proficiency, which is nobody's secret: a
rating of it answers, as a level or a confirmation of evidence answers a call about the goal or the step.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from lti_plp.plp.models import (
    Achievement,
    ActionStep,
    Comment,
    Evidence,
    EvidenceLink,
    Goal,
    HelpRequest,
    Judgement,
    Plan,
    Rating,
)
from lti_plp.plp.policy import TEAM_SEES


def is_open() -> ColumnElement[bool]:
    """Return the condition on a call of a plan that is open.

    ``HelpRequest`` and ``Plan`` stand in the statement around it, here and in what follows.
    """
    return and_(HelpRequest.plan_id == Plan.id, HelpRequest.closed_at.is_(None))


def is_about_shared() -> ColumnElement[bool]:
    """Whether a call is about the plan itself, a proficiency, or a goal or a step that the team sees."""
    return or_(
        HelpRequest.item_kind.in_(("plan", "proficiency")),
        and_(HelpRequest.item_kind == "goal", _is_shared(Goal)),
        and_(HelpRequest.item_kind == "step", _is_shared(ActionStep)),
    )


def _is_shared(model: type[Any]) -> ColumnElement[bool]:
    return (
        exists()
        .where(
            model.id == HelpRequest.item_id,
            model.audience.in_(TEAM_SEES),
            model.removed_at.is_(None),
        )
        .correlate(HelpRequest)
    )


def is_answered() -> ColumnElement[bool]:
    """Return the condition on a call that somebody has answered since, with no word of the student's after it.

    A wish for a meeting is answered by a meeting only.
    """
    author = (
        select(Comment.author_id)
        .where(_is_said_of_it())
        .order_by(Comment.id.desc())
        .limit(1)
        .correlate(HelpRequest, Plan)
        .scalar_subquery()
    )
    answered = func.coalesce(author, Plan.person_id) != Plan.person_id
    return and_(HelpRequest.kind != "meeting", or_(answered, _is_rated(), _is_seen()))


def _is_said_of_it() -> ColumnElement[bool]:
    about_it = and_(Comment.item_kind == HelpRequest.item_kind, Comment.item_id == HelpRequest.item_id)
    # What cannot be spoken about by itself is answered where the plan as a whole is spoken of.
    with_the_plan = or_(~is_about_shared(), HelpRequest.item_kind == "proficiency")
    return and_(
        Comment.plan_id == Plan.id,
        Comment.said_at >= HelpRequest.opened_at,
        or_(about_it, and_(Comment.item_kind == "plan", with_the_plan)),
    )


def _since() -> ColumnElement[datetime]:
    """Return when the student called, or said something more about it."""
    newest = (
        select(func.max(Comment.said_at))
        .where(_is_said_of_it(), Comment.author_id == Plan.person_id)
        .correlate(HelpRequest, Plan)
        .scalar_subquery()
    )
    return func.coalesce(newest, HelpRequest.opened_at)


def _is_rated() -> ColumnElement[bool]:
    """Whether somebody else said since how well she can do what the call is about."""
    rated = exists().where(
        Rating.person_id == Plan.person_id,
        Rating.proficiency_id == HelpRequest.item_id,
        Rating.rater_id != Plan.person_id,
        Rating.created_at >= _since(),
    )
    judged = exists().where(
        Judgement.person_id == Plan.person_id,
        Judgement.proficiency_id == HelpRequest.item_id,
        Judgement.judged_at >= _since(),
    )
    return and_(
        HelpRequest.item_kind == "proficiency",
        or_(rated.correlate(HelpRequest, Plan), judged.correlate(HelpRequest, Plan)),
    )


def _is_seen() -> ColumnElement[bool]:
    """Whether somebody else has since confirmed evidence of what the call is about, or said how far it shows it."""
    about_it = or_(
        and_(HelpRequest.item_kind == "goal", EvidenceLink.goal_id == HelpRequest.item_id),
        and_(HelpRequest.item_kind == "step", EvidenceLink.step_id == HelpRequest.item_id),
    )
    confirmed = exists().where(
        EvidenceLink.evidence_id == Evidence.id,
        Evidence.plan_id == Plan.id,
        about_it,
        Evidence.validated_at >= _since(),
    )
    levelled = exists().where(
        EvidenceLink.evidence_id == Achievement.evidence_id,
        Achievement.plan_id == Plan.id,
        about_it,
        Achievement.recorded_by != Plan.person_id,
        Achievement.created_at >= _since(),
    )
    return or_(confirmed.correlate(HelpRequest, Plan), levelled.correlate(HelpRequest, Plan))


@dataclass(frozen=True)
class WaitingCall:
    """A call that nobody has answered yet."""

    call_id: int
    student_id: int
    kind: str


def waiting_calls(session: Session, tenant_id: int, student_ids: Collection[int]) -> list[WaitingCall]:
    """Return who of some students is stuck or ready and waits for an answer, the longest first; one statement."""
    rows = session.execute(
        select(HelpRequest.id, Plan.person_id, HelpRequest.kind)
        .join(Plan, Plan.id == HelpRequest.plan_id)
        .where(
            Plan.tenant_id == tenant_id,
            Plan.person_id.in_(student_ids),
            HelpRequest.kind != "meeting",
            is_open(),
            ~is_answered(),
        )
        # Who is stuck cannot go on; who is ready can.
        .order_by(HelpRequest.kind.desc(), HelpRequest.opened_at, HelpRequest.id)
    )
    return [WaitingCall(*row) for row in rows]
