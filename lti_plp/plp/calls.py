"""A student's calls for help, for those who may answer: what they see of it, and for whom it waits.

A student may call about a goal or a step that is hers alone. Then they see that she calls, never what about, and what
they answer stands with the plan as a whole.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from lti_plp.plp.models import ActionStep, Comment, Goal, HelpRequest, Plan
from lti_plp.plp.policy import TEAM_SEES


def is_open() -> ColumnElement[bool]:
    """Return the condition on a call of a plan that is open.

    ``HelpRequest`` and ``Plan`` stand in the statement around it, here and in what follows.
    """
    return and_(HelpRequest.plan_id == Plan.id, HelpRequest.closed_at.is_(None))


def is_about_shared() -> ColumnElement[bool]:
    """Whether a call is about the plan itself, or about a goal or a step that the team sees."""
    return or_(
        HelpRequest.item_kind == "plan",
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
    about_it = and_(Comment.item_kind == HelpRequest.item_kind, Comment.item_id == HelpRequest.item_id)
    author = (
        select(Comment.author_id)
        .where(
            Comment.plan_id == Plan.id,
            Comment.said_at >= HelpRequest.opened_at,
            or_(about_it, and_(Comment.item_kind == "plan", ~is_about_shared())),
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
            is_open(),
            ~is_answered(),
        )
        # Who is stuck cannot go on; who is ready can.
        .order_by(HelpRequest.kind.desc(), HelpRequest.opened_at, HelpRequest.id)
    )
    return [WaitingCall(*row) for row in rows]
