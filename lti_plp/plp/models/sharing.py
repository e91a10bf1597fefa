"""Tables of what teachers share with each other: templates of what they place, and beginnings of comments."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime


class SharedTemplate(Base):
    """Something to be placed that a teacher shares with colleagues."""

    __tablename__ = "shared_template"
    __table_args__ = (CheckConstraint("scope IN ('school', 'everyone')", name="scope"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """UUID."""
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"), index=True)
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    scope: Mapped[str] = mapped_column(String(10), default="school")
    """Who finds it: the district's own people, or those of every district that this installation serves."""
    origin_id: Mapped[str | None] = mapped_column(ForeignKey("shared_template.id"))
    """The one it was made from, of whatever district."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SharedTemplateVersion(Base):
    """One version of it. Append-only: what was placed from an older one stays as it was."""

    __tablename__ = "shared_template_version"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    template_id: Mapped[str] = mapped_column(ForeignKey("shared_template.id"))
    number: Mapped[int]
    """1, 2, … without gaps within a template."""
    name: Mapped[str] = mapped_column(String(255))
    about: Mapped[str] = mapped_column(Text, default="")
    """For whom and for what."""
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """What it places: one thing or a pack of several, each as the picker's form has it."""
    made_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SharedTemplateFeedback(Base):
    """What a colleague says of it. Append-only."""

    __tablename__ = "shared_template_feedback"
    __table_args__ = (Index("ix_shared_template_feedback_version_id", "version_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    version_id: Mapped[int] = mapped_column(BigId, ForeignKey("shared_template_version.id"))
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StarterComment(Base):
    """The beginning of a comment that somebody writes often; it is edited before it goes."""

    __tablename__ = "starter_comment"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(default=0)
