"""Tables of reflections: what is asked, what is answered, and what is said to it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime


class ReflectionTemplate(Base):
    """What a teacher placed: a title, questions, and how it counts. Never changed after it was placed.

    The one exception is a copy that came with a copied course: its words may be changed until a student begins.

    ``questions`` is a list of ``{"key", "text", "source"}``: ``key`` is unique in the template and is what answers
    refer to, ``source`` is the id in the question bank, or null for a question of the teacher's own.
    """

    __tablename__ = "reflection_template"
    __table_args__ = (
        CheckConstraint("grading IN ('points', 'complete', 'none')", name="grading"),
        CheckConstraint("layout IN ('one', 'all')", name="layout"),
        CheckConstraint("(grading = 'none') = (max_points IS NULL)", name="points_when_graded"),
        CheckConstraint("max_points IS NULL OR max_points > 0", name="points_positive"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """UUID; travels in ``custom`` and in the URL of every placed link and of its copies."""
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"), index=True)
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    """Step of the cycle that the questions come from (``profile`` … ``revise``), or ``own``."""
    activity: Mapped[str] = mapped_column(String(20), default="reflection", server_default="reflection")
    """What students do with it: only answer, or something in their plan besides (``lti_plp.plp.activities``)."""
    shared_version_id: Mapped[int | None] = mapped_column(BigId)
    """The version of a shared template that it was placed from. No foreign key: SQLite would make the table anew."""
    locale: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(255))
    instructions: Mapped[str] = mapped_column(Text, default="")
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    grading: Mapped[str] = mapped_column(String(10))
    max_points: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    """Points to be had; 1 for complete/incomplete; null when not graded."""
    layout: Mapped[str] = mapped_column(String(5))
    """``one`` question at a time, or ``all`` on one page."""
    allow_resubmit: Mapped[bool] = mapped_column(default=True)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Reflection(Base):
    """One reflection on one student's learning. An answer to a placed template begins with the first saved word."""

    __tablename__ = "reflection"
    __table_args__ = (
        UniqueConstraint("person_id", "resource_link_id"),
        CheckConstraint("state IN ('draft', 'submitted')", name="state"),
        CheckConstraint("(state = 'draft') OR (submitted_at IS NOT NULL)", name="submitted_has_time"),
        CheckConstraint("voice IN ('student', 'family', 'teacher', 'peer', 'community')", name="voice"),
        CheckConstraint("purpose IN ('formative', 'summative')", name="purpose"),
        CheckConstraint("audience IN ('me', 'team', 'family', 'class', 'public')", name="audience"),
        # One that a student begins herself has a template of its own.
        Index(
            "uq_reflection_own",
            "person_id",
            "template_id",
            unique=True,
            sqlite_where=text("resource_link_id IS NULL"),
            postgresql_where=text("resource_link_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"), index=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    """The student whom it is about."""
    author_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    """Who writes it when that is not the student."""
    template_id: Mapped[str] = mapped_column(ForeignKey("reflection_template.id"), index=True)
    resource_link_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("resource_link.id"), index=True)
    """Null when nobody placed it: the student began it herself."""
    voice: Mapped[str] = mapped_column(String(10), default="student", server_default="student")
    """Whose thoughts these are; the student may write down what somebody else said."""
    voice_name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    """Of somebody else whose words the student wrote down, such as “my grandmother”."""
    form: Mapped[str] = mapped_column(String(20), default="journal", server_default="journal")
    """Journal, dialogue, presentation, audio, video, interview: of ``config/plan/kinds.toml``."""
    mode: Mapped[str] = mapped_column(String(20), default="written", server_default="written")
    """Written, one to one, small group, interview: of ``config/plan/kinds.toml``."""
    purpose: Mapped[str] = mapped_column(String(10), default="formative", server_default="formative")
    audience: Mapped[str] = mapped_column(String(10), default="team", server_default="team")
    """Who sees it once it is sent."""
    state: Mapped[str] = mapped_column(String(12), default="draft")
    """``draft`` while being written (also when taken up again after sending), ``submitted`` after sending."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Of the latest submission."""
    submissions: Mapped[int] = mapped_column(default=0)


class ReflectionAbout(Base):
    """What a reflection is about."""

    __tablename__ = "reflection_about"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN goal_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN step_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN evidence_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="about_one_thing",
        ),
        UniqueConstraint("reflection_id", "goal_id"),
        UniqueConstraint("reflection_id", "step_id"),
        UniqueConstraint("reflection_id", "evidence_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reflection_id: Mapped[int] = mapped_column(BigId, ForeignKey("reflection.id"))
    goal_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("goal.id"), index=True)
    step_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("action_step.id"), index=True)
    evidence_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("evidence.id"), index=True)


class ReflectionAnswer(Base):
    """The present text of one answer."""

    __tablename__ = "reflection_answer"

    reflection_id: Mapped[int] = mapped_column(BigId, ForeignKey("reflection.id"), primary_key=True)
    question_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    """Counts up with every save; a save that was based on an older one does not replace the text."""
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class KeptAnswer(Base):
    """A text that was replaced or that came second: nothing a student wrote is ever lost. Append-only."""

    __tablename__ = "kept_answer"
    __table_args__ = (CheckConstraint("reason IN ('conflict', 'replaced')", name="reason"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reflection_id: Mapped[int] = mapped_column(BigId, ForeignKey("reflection.id"), index=True)
    question_key: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(10))
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReflectionSubmission(Base):
    """What the student sent, as it was at that moment. Append-only."""

    __tablename__ = "reflection_submission"
    __table_args__ = (UniqueConstraint("reflection_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reflection_id: Mapped[int] = mapped_column(BigId, ForeignKey("reflection.id"))
    number: Mapped[int]
    """1, 2, … without gaps within a reflection."""
    answers: Mapped[dict[str, str]] = mapped_column(JSON)
    """Question key -> text."""
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReflectionRating(Base):
    """A teacher's rating and comment on one submission. Append-only; the newest of a reflection counts."""

    __tablename__ = "reflection_rating"
    __table_args__ = (
        CheckConstraint("points IS NULL OR points >= 0", name="points_not_negative"),
        Index("ix_reflection_rating_reflection_id_id", "reflection_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reflection_id: Mapped[int] = mapped_column(BigId, ForeignKey("reflection.id"))
    submission_id: Mapped[int] = mapped_column(BigId, ForeignKey("reflection_submission.id"), index=True)
    rater_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    points: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    """Points given; 1 or 0 for complete/incomplete; null for a comment without a rating."""
    comment: Mapped[str] = mapped_column(Text, default="")
    rated_at: Mapped[datetime] = mapped_column(UtcDateTime)
