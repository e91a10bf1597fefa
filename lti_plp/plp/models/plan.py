"""Tables of the plan itself, and of the templates that say which elements it has."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime


class PlanTemplate(Base):
    """A district's own form of the plan, for a band of grades."""

    __tablename__ = "plan_template"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        CheckConstraint("first_grade <= last_grade", name="grades"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    name: Mapped[str] = mapped_column(String(80))
    first_grade: Mapped[int]
    """0 is kindergarten."""
    last_grade: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlanTemplateVersion(Base):
    """One version of a template; immutable once published (a database trigger holds it)."""

    __tablename__ = "plan_template_version"
    __table_args__ = (
        UniqueConstraint("template_id", "number"),
        # One draft at a time.
        Index(
            "uq_plan_template_version_draft",
            "template_id",
            unique=True,
            sqlite_where=text("published_at IS NULL"),
            postgresql_where=text("published_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    template_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan_template.id"))
    number: Mapped[int]
    """1, 2, … without gaps within a template."""
    elements: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """In order: ``{"id", "title": {"en", "es"}, "about": {"en", "es"}, "profile_kinds": [ids], "goal_kinds": [ids]}``;
    what is off is not there, and of these only ``id`` and ``title`` always are. An ``id`` that begins with ``own:`` is
    an element of the school's own, which holds profile entries."""
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PlanTemplateFeedback(Base):
    """What a student or an adult thinks of the form. Append-only."""

    __tablename__ = "plan_template_feedback"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"), index=True)
    template_version_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("plan_template_version.id"))
    """Null for the form that comes with the product."""
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    author_role: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Plan(Base):
    """A student's one plan over all courses, years and platforms."""

    __tablename__ = "plan"
    __table_args__ = (CheckConstraint("grade IS NULL OR grade BETWEEN 0 AND 12", name="grade"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"), index=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), unique=True)
    first_developed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the plan was begun; never changed (a database trigger holds it)."""
    formally_updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the newest revision was finished."""
    revision: Mapped[int] = mapped_column(default=0)
    """Number of that revision; 0 before the first."""
    grade: Mapped[int | None]
    template_version_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("plan_template_version.id"))
    """The form in use; null for the one that comes with the product and fits the grade."""
    version: Mapped[int] = mapped_column(default=1)
    """Counts up with every change of the plan's own fields."""
    changes: Mapped[int] = mapped_column(default=0)
    """How many rows its history has."""
    active_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its student last changed anything in it."""
    last_hash: Mapped[str] = mapped_column(String(64), default="")
    """Of the newest row of its history."""


class PlanLook(Base):
    """Somebody else than the student looked at a plan: the access log, and what tells her so. Append-only."""

    __tablename__ = "plan_look"
    __table_args__ = (Index("ix_plan_look_plan_id_person_id_at", "plan_id", "person_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    acting_role: Mapped[str] = mapped_column(String(20))
    section: Mapped[str] = mapped_column(String(40))
    """What was looked at, such as ``plan``, ``evidence``, ``conference``."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ElementMark(Base):
    """What an adult says of one critical element of a plan, over what is computed. Append-only; the newest counts."""

    __tablename__ = "element_mark"
    __table_args__ = (
        CheckConstraint("mark IN ('present', 'partial', 'missing', 'computed')", name="mark"),
        Index("ix_element_mark_plan_id_element", "plan_id", "element"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan.id"))
    element: Mapped[str] = mapped_column(String(20))
    mark: Mapped[str] = mapped_column(String(10))
    """``computed`` takes an earlier word back."""
    note: Mapped[str] = mapped_column(Text, default="")
    marked_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    acting_role: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
