"""A student's calls for help, for those who may answer: which of them wait for an adult, and which for the student."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from lti_plp.plp.models import ActionStep, Comment, Goal, HelpRequest, Plan
from lti_plp.plp.policy import TEAM_SEES


def is_heard() -> ColumnElement[bool]:
    """Return the condition on a call that is open and about something that the team sees.

    ``HelpRequest`` and ``Plan`` stand in the statement around it, here and in what follows.
    """
    about_goal, about_step = _is_seen(Goal), _is_seen(ActionStep)
    return and_(
        HelpRequest.plan_id == Plan.id,
        HelpRequest.closed_at.is_(None),
        or_(
            HelpRequest.item_kind == "plan",
            and_(HelpRequest.item_kind == "goal", about_goal),
            and_(HelpRequest.item_kind == "step", about_step),
        ),
    )


def _is_seen(model: Any) -> ColumnElement[bool]:
    return (
        exists()
        .where(
            model.id == HelpRequest.item_id,
            model.plan_id == Plan.id,
            model.removed_at.is_(None),
            model.audience.in_(TEAM_SEES),
        )
        .correlate(HelpRequest, Plan)
    )


def is_answered() -> ColumnElement[bool]:
    """Return the condition on a call that somebody has answered since, with no word of the student's after it.

    A wish for a meeting is answered by a meeting only.
    """
    author = (
        select(Comment.author_id)
        .where(
            Comment.plan_id == Plan.id,
            Comment.item_kind == HelpRequest.item_kind,
            Comment.item_id == HelpRequest.item_id,
            Comment.said_at >= HelpRequest.opened_at,
        )
        .order_by(Comment.id.desc())
        .limit(1)
        .correlate(HelpRequest, Plan)
        .scalar_subquery()
    )
    return and_(HelpRequest.kind != "meeting", func.coalesce(author, Plan.person_id) != Plan.person_id)


@dataclass(frozen=True)
class WaitingCall:
    """A call that nobody has answered yet."""

    call_id: int
    student_id: int


def waiting_calls(session: Session, tenant_id: int, student_ids: Collection[int]) -> list[WaitingCall]:
    """Return who of some students is stuck or ready and waits for an answer, the longest first; one statement."""
    rows = session.execute(
        select(HelpRequest.id, Plan.person_id)
        .join(Plan, Plan.id == HelpRequest.plan_id)
        .where(
            Plan.tenant_id == tenant_id,
            Plan.person_id.in_(student_ids),
            HelpRequest.kind != "meeting",
            is_heard(),
            ~is_answered(),
        )
        # Who is stuck cannot go on; who is ready can.
        .order_by(HelpRequest.kind.desc(), HelpRequest.opened_at, HelpRequest.id)
    )
    return [WaitingCall(*row) for row in rows]
