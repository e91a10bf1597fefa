"""Tables of what people say to each other about a plan."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime


class Suggestion(Base):
    """A change that somebody else proposes. The student accepts or declines it."""

    __tablename__ = "suggestion"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'accepted', 'declined')", name="state"),
        CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="answered"),
        Index("ix_suggestion_plan_id_state", "plan_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan.id"))
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    author_role: Mapped[str] = mapped_column(String(20))
    item_kind: Mapped[str] = mapped_column(String(20))
    item_id: Mapped[int | None] = mapped_column(BigId)
    """Null when something new is proposed."""
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Field -> proposed value."""
    message: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10), default="open")
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Comment(Base):
    """Something said about an item of a plan. The student marks it as dealt with."""

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_plan_id_item", "plan_id", "item_kind", "item_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan.id"))
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    author_role: Mapped[str] = mapped_column(String(20))
    item_kind: Mapped[str] = mapped_column(String(20))
    item_id: Mapped[int] = mapped_column(BigId)
    text: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HelpRequest(Base):
    """The student is stuck, is ready to show something, or asks for a meeting. One of each kind per thing is open."""

    __tablename__ = "help_request"
    __table_args__ = (
        CheckConstraint("kind IN ('stuck', 'ready', 'meeting')", name="kind"),
        Index(
            "uq_help_request_open",
            "plan_id",
            "kind",
            "item_kind",
            "item_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan.id"))
    kind: Mapped[str] = mapped_column(String(10))
    item_kind: Mapped[str] = mapped_column(String(20))
    """``goal``, ``step``, ``proficiency``, or ``plan`` with the plan's own id."""
    item_id: Mapped[int] = mapped_column(BigId)
    message: Mapped[str] = mapped_column(Text, default="")
    asked_of: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Names of the supporters who are to know."""
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
