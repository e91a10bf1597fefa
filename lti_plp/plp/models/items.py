"""Tables of what a plan holds: profile, baseline, goals, action steps, achievement, evidence.

What people may edit has a ``version`` that counts up with every change, an ``audience`` (who sees it), and is never
deleted: ``removed_at`` takes it out of sight. Every change stands in ``plan_change`` as well.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime

AUDIENCES = ("me", "team", "family", "class", "public")
"""Who sees an item, each including the ones before it: the student; teachers and advisors; the family too; classmates
too; everybody with a link."""
_AUDIENCE = f"audience IN ({', '.join(repr(one) for one in AUDIENCES)})"


class PlanItem:
    """Columns of everything in a plan that its student edits."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    audience: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @declared_attr
    def plan_id(self) -> Mapped[int]:
        """The plan it belongs to."""
        return mapped_column(BigId, ForeignKey("plan.id"), index=True)


class ProfileEntry(PlanItem, Base):
    """Something a student says about herself: a strength, a value, an interest, a barrier."""

    __tablename__ = "profile_entry"
    __table_args__ = (CheckConstraint(_AUDIENCE, name="audience"),)

    kind: Mapped[str] = mapped_column(String(60))
    """Of ``config/plan/kinds.toml``, or ``own:…``: an element that a school added to its template."""
    text: Mapped[str] = mapped_column(Text, default="")
    why: Mapped[str] = mapped_column(Text, default="")
    file_id: Mapped[str | None] = mapped_column(ForeignKey("stored_file.id"))
    """A drawing, photo or recording that says it instead, or as well."""
    alternative: Mapped[str] = mapped_column(Text, default="")
    """What the file shows or says, in words."""


class BaselineAssessment(Base):
    """The zero point from which growth is measured. Append-only: a correction is a new row that replaces one."""

    __tablename__ = "baseline_assessment"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    """Academic, career, interests, learning preferences, personality: of ``config/plan/kinds.toml``."""
    instrument: Mapped[str] = mapped_column(String(255))
    taken_on: Mapped[date]
    result: Mapped[str] = mapped_column(Text)
    scale: Mapped[str] = mapped_column(String(255), default="")
    url: Mapped[str] = mapped_column(Text, default="")
    file_id: Mapped[str | None] = mapped_column(ForeignKey("stored_file.id"))
    audience: Mapped[str] = mapped_column(String(10))
    replaces_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("baseline_assessment.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Goal(PlanItem, Base):
    """What a student wants to reach."""

    __tablename__ = "goal"
    __table_args__ = (
        CheckConstraint(_AUDIENCE, name="audience"),
        CheckConstraint("kind IN ('secondary', 'postsecondary', 'primary')", name="kind"),
        CheckConstraint("horizon IN ('short', 'long')", name="horizon"),
        CheckConstraint("state IN ('draft', 'active', 'met', 'not_met', 'removed')", name="state"),
        # What is removed is out of sight, and the other way round.
        CheckConstraint("(state = 'removed') = (removed_at IS NOT NULL)", name="removed"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("years_ahead IS NULL OR years_ahead BETWEEN 1 AND 20", name="years_ahead"),
        CheckConstraint("years_ahead IS NULL OR horizon = 'long'", name="years_of_a_long_one"),
    )

    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("goal.id"), index=True)
    """The long-term goal to which this one contributes."""
    kind: Mapped[str] = mapped_column(String(20), default="secondary")
    area: Mapped[str] = mapped_column(String(40), default="")
    """Personal, academic, college, career, …: of ``config/plan/kinds.toml``."""
    horizon: Mapped[str] = mapped_column(String(5), default="short")
    years_ahead: Mapped[int | None]
    """How far ahead a long-term goal looks, such as 10 or 5."""
    statement: Mapped[str] = mapped_column(Text, default="")
    why: Mapped[str] = mapped_column(Text, default="")
    measure: Mapped[str] = mapped_column(Text, default="")
    """How I will know."""
    target_on: Mapped[date | None]
    challenge: Mapped[str] = mapped_column(Text, default="")
    """How it stretches me."""
    commitment: Mapped[str] = mapped_column(Text, default="")
    expectation: Mapped[str] = mapped_column(Text, default="")
    """What the school expects of everyone that this goal serves."""
    pathway: Mapped[str] = mapped_column(Text, default="")
    """The way to it that the student proposes."""
    post_option: Mapped[str] = mapped_column(String(40), default="")
    """What a post-secondary goal aims at: of ``config/plan/kinds.toml``."""
    preparation: Mapped[str] = mapped_column(Text, default="")
    """What a post-secondary goal needs beforehand."""
    outcomes: Mapped[list[str]] = mapped_column(JSON, default=list)
    """What it leads to: of ``config/plan/kinds.toml``."""
    supporters: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """``{"name", "role", "how"}`` of each person who helps."""
    support_level: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[str] = mapped_column(String(10), default="draft")
    position: Mapped[int] = mapped_column(default=0)


class GoalProfileLink(Base):
    """A goal builds on something in the profile."""

    __tablename__ = "goal_profile_link"

    goal_id: Mapped[int] = mapped_column(BigId, ForeignKey("goal.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigId, ForeignKey("profile_entry.id"), primary_key=True, index=True)


class ActionStep(PlanItem, Base):
    """Something to do on the way to one goal or several."""

    __tablename__ = "action_step"
    __table_args__ = (
        CheckConstraint(_AUDIENCE, name="audience"),
        CheckConstraint("state IN ('planned', 'in_progress', 'done', 'changed', 'dropped')", name="state"),
        CheckConstraint("starts_on IS NULL OR due_on IS NULL OR starts_on <= due_on", name="dates"),
    )

    kind: Mapped[str] = mapped_column(String(40), default="activity")
    """Course choice, assignment, activity, …: of ``config/plan/kinds.toml``."""
    text: Mapped[str] = mapped_column(Text, default="")
    starts_on: Mapped[date | None]
    due_on: Mapped[date | None]
    planned_evidence: Mapped[str] = mapped_column(Text, default="")
    """What will show progress, said before it exists."""
    supports: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """``{"name", "role", "how"}`` of each person or thing that helps."""
    obstacle: Mapped[str] = mapped_column(Text, default="")
    """If this happens …"""
    then_plan: Mapped[str] = mapped_column(Text, default="")
    """… then I do that."""
    url: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(12), default="planned")
    position: Mapped[int] = mapped_column(default=0)


class GoalStep(Base):
    """A step serves a goal; every step serves at least one."""

    __tablename__ = "goal_step"

    goal_id: Mapped[int] = mapped_column(BigId, ForeignKey("goal.id"), primary_key=True)
    step_id: Mapped[int] = mapped_column(BigId, ForeignKey("action_step.id"), primary_key=True, index=True)


class Achievement(Base):
    """How far a goal or a step is, as somebody or something said at a time. Append-only."""

    __tablename__ = "achievement"
    __table_args__ = (
        CheckConstraint("(goal_id IS NULL) <> (step_id IS NULL)", name="about_one_thing"),
        CheckConstraint("source IN ('manual', 'lms', 'import')", name="source"),
        CheckConstraint("raw_maximum IS NULL OR raw_maximum > 0", name="maximum"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan.id"), index=True)
    goal_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("goal.id"), index=True)
    step_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("action_step.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    """Self-assessment, formative, benchmark, …: of ``config/plan/kinds.toml``."""
    source: Mapped[str] = mapped_column(String(10))
    progress: Mapped[str] = mapped_column(String(20), default="")
    """How far, in words of ``config/plan/kinds.toml``; empty when only a score is known."""
    claim: Mapped[str] = mapped_column(Text, default="")
    evidence_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("evidence.id"))
    raw_score: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    raw_maximum: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Evidence(PlanItem, Base):
    """Something that shows progress, in any medium, with one sentence why."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint(_AUDIENCE, name="audience"),
        CheckConstraint("medium IN ('file', 'link', 'text', 'lms')", name="medium"),
        CheckConstraint("medium <> 'file' OR file_id IS NOT NULL", name="file_has_file"),
        CheckConstraint("medium <> 'link' OR url <> ''", name="link_has_address"),
        CheckConstraint("origin IN ('in_school', 'out_of_school')", name="origin"),
        CheckConstraint("(validated_by IS NULL) = (validated_at IS NULL)", name="validated"),
        Index("ix_evidence_plan_id_captured_on", "plan_id", "captured_on"),
    )

    medium: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(255), default="")
    file_id: Mapped[str | None] = mapped_column(ForeignKey("stored_file.id"), index=True)
    url: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why this shows it."""
    alternative: Mapped[str] = mapped_column(Text, default="")
    """What is seen or said, in words, for those who cannot see or hear it."""
    kind: Mapped[str] = mapped_column(String(40), default="")
    """Project, performance, portfolio, …: of ``config/plan/kinds.toml``."""
    captured_on: Mapped[date]
    origin: Mapped[str] = mapped_column(String(15), default="in_school")
    course_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("course.id"))
    validated_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    validated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EvidenceLink(Base):
    """What a piece of evidence is about; each is about something."""

    __tablename__ = "evidence_link"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN goal_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN step_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN entry_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN reflection_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="about_one_thing",
        ),
        UniqueConstraint("evidence_id", "goal_id"),
        UniqueConstraint("evidence_id", "step_id"),
        UniqueConstraint("evidence_id", "entry_id"),
        UniqueConstraint("evidence_id", "reflection_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    evidence_id: Mapped[int] = mapped_column(BigId, ForeignKey("evidence.id"))
    goal_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("goal.id"), index=True)
    step_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("action_step.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("profile_entry.id"), index=True)
    reflection_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("reflection.id"), index=True)


ItemFields = dict[str, Any]
"""Field name -> value, as JSON has it: texts, numbers, ISO dates, lists."""
