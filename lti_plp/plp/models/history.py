"""Tables of how a plan became what it is. All append-only; database triggers hold it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime


class PlanChange(Base):
    """One change of a plan: who, when, what it was and what it became. Rows form a chain of hashes."""

    __tablename__ = "plan_change"
    __table_args__ = (
        CheckConstraint("action IN ('add', 'edit', 'remove', 'restore', 'kept')", name="action"),
        Index("ix_plan_change_plan_id_item", "plan_id", "item_kind", "item_id"),
    )

    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, … without gaps within a plan."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    acting_role: Mapped[str] = mapped_column(String(20))
    item_kind: Mapped[str] = mapped_column(String(20))
    item_id: Mapped[int] = mapped_column(BigId)
    item_version: Mapped[int]
    """Of the item after this change."""
    action: Mapped[str] = mapped_column(String(10))
    """``kept``: a text that came second, while somebody else's stands; it changes nothing and is not lost."""
    fields: Mapped[dict[str, list[Any]]] = mapped_column(JSON)
    """Field -> [before, after]."""
    reason_category: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    cause: Mapped[str] = mapped_column(String(80), default="")
    """What brought it about, such as ``suggestion:12``; empty when somebody just did it."""
    revision_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("plan_revision.id"), index=True)
    """The formal revision during which it happened."""
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class PlanRevision(Base):
    """A formal revision of a plan. Once finished it never changes (a database trigger holds it)."""

    __tablename__ = "plan_revision"
    __table_args__ = (
        UniqueConstraint("plan_id", "number"),
        CheckConstraint("kind IN ('initial', 'interim', 'annual', 'transition')", name="kind"),
        CheckConstraint(
            "(finished_at IS NULL) = (snapshot IS NULL) AND (finished_at IS NULL) = (hash IS NULL)",
            name="finished_is_complete",
        ),
        Index(
            "uq_plan_revision_open",
            "plan_id",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan.id"))
    number: Mapped[int]
    """1, 2, … without gaps within a plan."""
    kind: Mapped[str] = mapped_column(String(12))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    """What the student says about this version as a whole."""
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    last_change: Mapped[int | None]
    """Number of the newest change that the snapshot holds."""
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """``items``: the whole plan as it was, item kind -> id -> fields; ``reflections``: ids of those that led to it."""
    previous_hash: Mapped[str | None] = mapped_column(String(64))
    hash: Mapped[str | None] = mapped_column(String(64))


class GoalReview(Base):
    """One look at one goal: what it came to, why, and what becomes of its steps. Append-only."""

    __tablename__ = "goal_review"
    __table_args__ = (
        CheckConstraint("outcome IN ('met', 'continue', 'extend', 'revise', 'remove')", name="outcome"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan.id"), index=True)
    goal_id: Mapped[int] = mapped_column(BigId, ForeignKey("goal.id"), index=True)
    goal_version: Mapped[int]
    revision_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan_revision.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(10))
    reason_category: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    next_step: Mapped[str] = mapped_column(Text, default="")
    """What now, in the student's words."""
    steps_stay: Mapped[bool] = mapped_column(default=False)
    """Said when a goal changes and its steps need no change."""
    recorded_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RevisionReflection(Base):
    """A reflection that led to a revision; seen from both sides."""

    __tablename__ = "revision_reflection"

    revision_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan_revision.id"), primary_key=True)
    reflection_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("reflection.id"), primary_key=True, index=True
    )
