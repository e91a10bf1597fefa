"""Evidence that nobody of the school has looked at: neither confirmed, nor spoken about, nor given a level."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from lti_plp.plp.models import Achievement, Comment, Evidence, Plan
from lti_plp.plp.policy import TEAM_SEES


def is_unread() -> ColumnElement[bool]:
    """Return the condition on evidence of a plan; ``Evidence`` and ``Plan`` stand in the statement around it."""
    said = exists().where(
        Comment.plan_id == Plan.id,
        Comment.item_kind == "evidence",
        Comment.item_id == Evidence.id,
        Comment.author_id != Plan.person_id,
    )
    levelled = exists().where(
        Achievement.plan_id == Plan.id,
        Achievement.evidence_id == Evidence.id,
        Achievement.recorded_by != Plan.person_id,
    )
    return and_(
        Evidence.plan_id == Plan.id,
        Evidence.removed_at.is_(None),
        Evidence.audience.in_(TEAM_SEES),
        Evidence.validated_at.is_(None),
        ~said.correlate(Evidence, Plan),
        ~levelled.correlate(Evidence, Plan),
    )


def count_unread() -> ColumnElement[int]:
    """Return a column with how much of a plan's evidence is unread; ``Plan`` stands in the statement around it."""
    return select(func.count()).select_from(Evidence).where(is_unread()).correlate(Plan).scalar_subquery()


@dataclass(frozen=True)
class Waiting:
    """A piece of evidence in the queue."""

    evidence_id: int
    plan_id: int
    student_id: int
    created_at: datetime


def waiting_evidence(session: Session, tenant_id: int, student_ids: Collection[int]) -> list[Waiting]:
    """Return what waits among some students, the longest waiting first; one statement."""
    rows = session.execute(
        select(Evidence.id, Plan.id, Plan.person_id, Evidence.created_at)
        .join(Plan, Plan.id == Evidence.plan_id)
        .where(Plan.tenant_id == tenant_id, Plan.person_id.in_(student_ids), is_unread())
        .order_by(Evidence.created_at, Evidence.id)
    )
    return [Waiting(*row) for row in rows]
