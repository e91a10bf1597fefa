"""Tables of ways that lead out of the classroom: flexible pathways, and transitions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime
from lti_plp.plp.models.items import AUDIENCES, PlanItem

_AUDIENCE = f"audience IN ({', '.join(repr(one) for one in AUDIENCES)})"


class Pathway(Base):
    """One entry of a district's catalogue, the same for every student."""

    __tablename__ = "pathway"
    __table_args__ = (
        UniqueConstraint("tenant_id", "title"),
        CheckConstraint("first_grade <= last_grade", name="grades"),
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="dates"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    kind: Mapped[str] = mapped_column(String(40))
    """Of ``pathway_type`` in ``config/plan/kinds.toml``."""
    title: Mapped[str] = mapped_column(String(255))
    provider: Mapped[str] = mapped_column(String(255), default="")
    about: Mapped[str] = mapped_column(Text, default="")
    aptitudes: Mapped[str] = mapped_column(Text, default="")
    """What one should like or be good at."""
    coursework: Mapped[str] = mapped_column(Text, default="")
    readiness: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(Text, default="")
    first_grade: Mapped[int] = mapped_column(default=7)
    last_grade: Mapped[int] = mapped_column(default=12)
    deadline_on: Mapped[date | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    prerequisites: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """``{"text", "kind"}`` of each, which drops into a plan as an action step; ``kind`` of ``step_kind``."""
    proficiencies: Mapped[list[str]] = mapped_column(JSON, default=list)
    """What it can show, in words."""
    version: Mapped[int] = mapped_column(default=1)
    made_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    """Null for a command of whoever runs the tool."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PathwayVersion(Base):
    """How an entry of the catalogue was described at a time. Append-only."""

    __tablename__ = "pathway_version"

    pathway_id: Mapped[int] = mapped_column(BigId, ForeignKey("pathway.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PathwayParticipation(PlanItem, Base):
    """A student's way along a pathway, out of the catalogue or of her own design. It belongs to a plan, always."""

    __tablename__ = "pathway_participation"
    __table_args__ = (
        CheckConstraint(_AUDIENCE, name="audience"),
        CheckConstraint(
            "state IN ('idea', 'proposed', 'declined', 'approved', 'under_way', 'completed', 'validated', 'withdrawn')",
            name="state",
        ),
        CheckConstraint("starts_on IS NULL OR ends_on IS NULL OR starts_on <= ends_on", name="dates"),
        CheckConstraint(
            "(state IN ('approved', 'under_way', 'completed', 'validated')) <= (decided_by IS NOT NULL)",
            name="decided",
        ),
    )

    pathway_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("pathway.id"), index=True)
    """Null for one of the student's own design."""
    pathway_version: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(40), default="")
    title: Mapped[str] = mapped_column(String(255), default="")
    learn: Mapped[str] = mapped_column(Text, default="")
    """What I want to learn."""
    expectation: Mapped[str] = mapped_column(Text, default="")
    """What of the school's expectations it meets, and how."""
    show: Mapped[str] = mapped_column(Text, default="")
    """How I will show it."""
    why: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(Text, default="")
    partners: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """``{"name", "role", "how"}`` of mentors and community partners."""
    goal_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("goal.id"), index=True)
    """The goal for after school that it serves."""
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(12), default="idea")
    answer: Mapped[str] = mapped_column(Text, default="")
    """What the school said when it decided last."""
    decided_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    credit: Mapped[str] = mapped_column(Text, default="")
    """What it counted for, said when it was validated."""


class TransitionPlan(PlanItem, Base):
    """A student's change to another school or to what comes after school."""

    __tablename__ = "transition_plan"
    __table_args__ = (
        CheckConstraint(_AUDIENCE, name="audience"),
        CheckConstraint("state IN ('draft', 'agreed', 'handed_over')", name="state"),
    )

    kind: Mapped[str] = mapped_column(String(40), default="")
    """Of ``transition_kind`` in ``config/plan/kinds.toml``."""
    leaving: Mapped[str] = mapped_column(String(255), default="")
    """Where from."""
    going_to: Mapped[str] = mapped_column(String(255), default="")
    happens_on: Mapped[date | None]
    needs: Mapped[str] = mapped_column(Text, default="")
    """What the new adults should know to help me."""
    helps: Mapped[str] = mapped_column(Text, default="")
    """What has helped me so far."""
    contacts: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """``{"name", "role", "how"}`` of people here and there."""
    checklist: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """``{"text", "done"}``."""
    supports: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """``{"kind", "where"}``: where another document (IEP, 504, EST) is kept and whom to ask; never what it says."""
    file_id: Mapped[str | None] = mapped_column(ForeignKey("stored_file.id"))
    """The school's own form, filled in."""
    url: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(12), default="draft")


class TransitionAgreement(Base):
    """Somebody agreed that the receiving adult gets the package, as it was then. Append-only."""

    __tablename__ = "transition_agreement"
    __table_args__ = (Index("ix_transition_agreement_transition_id", "transition_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    transition_id: Mapped[int] = mapped_column(BigId, ForeignKey("transition_plan.id"))
    transition_version: Mapped[int]
    name: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(20))
    """Student, family, advisor, …"""
    parts: Mapped[list[str]] = mapped_column(JSON)
    """Which parts of the plan go along."""
    receiver: Mapped[str] = mapped_column(String(255), default="")
    is_withdrawn: Mapped[bool] = mapped_column(default=False)
    recorded_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
