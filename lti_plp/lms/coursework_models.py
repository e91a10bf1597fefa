"""Tables of what a course gives students to do, what came of it, and the rules that make levels and progress of it.

Adapters of an LMS write the first two, always a whole answer at once; nobody edits them by hand. What changes in the
LMS is a new row, so that everything that was made of a value can still show it.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime

GRADINGS = ("points", "percent", "letter", "complete", "levels", "none")
COPY_STATES = ("waiting", "kept", "failed")
RESULT_STATES = ("missing", "submitted", "graded", "excused")


class Coursework(Base):
    """Something that a course gives students to do, as its LMS describes it."""

    __tablename__ = "coursework"
    __table_args__ = (
        UniqueConstraint("course_id", "source", "source_id"),
        CheckConstraint(f"grading IN ({', '.join(repr(one) for one in GRADINGS)})", name="grading"),
        CheckConstraint("points IS NULL OR points >= 0", name="points"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course_id: Mapped[int] = mapped_column(BigId, ForeignKey("course.id"))
    source: Mapped[str] = mapped_column(String(20))
    """The adapter that reads it: ``canvas``, ``schoology``, ``classroom``, ``ags``."""
    source_id: Mapped[str] = mapped_column(String(255))
    """What the LMS calls it; stays the same."""
    title: Mapped[str] = mapped_column(Text)
    grading: Mapped[str] = mapped_column(String(10))
    points: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    """The most that it gives."""
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    url: Mapped[str] = mapped_column(Text, default="")
    parts: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """Rubric criteria and outcomes, ``{"id", "title", "guid", "points", "levels"}`` each, and ``"outcome"`` where the
    LMS says which outcome it is; levels: ``{"id", "title", "points"}`` each."""
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when the LMS no longer has it; what came of it stays."""


class CourseworkResult(Base):
    """What a student got for a piece of coursework, or for a part of it, at a time. Append-only."""

    __tablename__ = "coursework_result"
    __table_args__ = (
        UniqueConstraint("coursework_id", "person_id", "part", "number"),
        CheckConstraint(f"state IN ({', '.join(repr(one) for one in RESULT_STATES)})", name="state"),
        Index("ix_coursework_result_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    coursework_id: Mapped[int] = mapped_column(BigId, ForeignKey("coursework.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    part: Mapped[str] = mapped_column(String(255), default="")
    """Id of a rubric criterion or an outcome; empty for the whole."""
    number: Mapped[int]
    """1, 2, … without gaps; the last is what the LMS says now."""
    state: Mapped[str] = mapped_column(String(10))
    score: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    grade: Mapped[str] = mapped_column(String(60), default="")
    """As the LMS shows it: a letter, ``complete``."""
    level: Mapped[str] = mapped_column(String(255), default="")
    """Id of a level of the part."""
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    graded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_late: Mapped[bool] = mapped_column(default=False)
    handed_in: Mapped[str] = mapped_column(Text, default="")
    """What the newest attempt consists of, as :mod:`lti_plp.lms.sent` writes it; empty where the LMS does not tell."""
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CourseworkReading(Base):
    """How reading a course's work from its LMS went, and how far one that is under way has come."""

    __tablename__ = "coursework_reading"

    course_id: Mapped[int] = mapped_column(BigId, ForeignKey("course.id"), primary_key=True)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when one is under way; null when none is."""
    pages_read: Mapped[int] = mapped_column(default=0)
    pages_expected: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the last one began that has ended, well or not."""
    problem: Mapped[str] = mapped_column(String(40), default="")
    """Why it failed: a stable name; empty when it went well."""
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the last one began that was complete."""
    whole_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The same, of those that read everything and not only what had changed."""
    changes_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """From when on, by the LMS's own clock, the next one asks for changes."""
    works: Mapped[int] = mapped_column(default=0)
    """How many pieces of coursework the last complete one found."""
    unknown: Mapped[int] = mapped_column(default=0)
    """How many of its results belonged to nobody who is known here."""
    tells_outcomes: Mapped[bool] = mapped_column(default=True)
    """Whether the last complete one could read results of outcomes, where the LMS has any."""
    notes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What the LMS's adapter wants to know again when it reads the next time; nobody else reads it."""


class MappingRule(Base):
    """What an LMS gives becomes a rating of a proficiency; ``coursework_id`` and ``part`` say which of it."""

    __tablename__ = "mapping_rule"
    __table_args__ = (
        Index(
            "uq_mapping_rule_open",
            "coursework_id",
            "part",
            "proficiency_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    coursework_id: Mapped[int] = mapped_column(BigId, ForeignKey("coursework.id"))
    part: Mapped[str] = mapped_column(String(255), default="")
    proficiency_id: Mapped[int] = mapped_column(BigId, ForeignKey("proficiency.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As :mod:`lti_plp.plp.growth.mapping` writes it."""
    outcome: Mapped[str] = mapped_column(String(300), default="")
    """The outcome that the LMS says it is, where the rule applies by that alone; empty from the moment on at which a
    person made, changed or ended it."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MappingRuleVersion(Base):
    """How a rule was at a time. Append-only."""

    __tablename__ = "mapping_rule_version"

    rule_id: Mapped[int] = mapped_column(BigId, ForeignKey("mapping_rule.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    """Null where nobody did: the LMS says which outcome it is."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MappingRuleOrigin(Base):
    """A version of a rule is that of an earlier course, which this one was copied from. Append-only."""

    __tablename__ = "mapping_rule_origin"
    __table_args__ = (
        ForeignKeyConstraint(
            ["rule_id", "number"], ["mapping_rule_version.rule_id", "mapping_rule_version.number"]
        ),
    )

    rule_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_rule_id: Mapped[int] = mapped_column(BigId, ForeignKey("mapping_rule.id"), index=True)
    from_number: Mapped[int]
    """Its version at that time."""


class LeftRule(Base):
    """A rule of an earlier course that a teacher does not want in this one: it is offered no more."""

    __tablename__ = "left_rule"

    course_id: Mapped[int] = mapped_column(BigId, ForeignKey("course.id"), primary_key=True)
    rule_id: Mapped[int] = mapped_column(BigId, ForeignKey("mapping_rule.id"), primary_key=True)
    left_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    left_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StepWork(Base):
    """An action step is done by a piece of coursework, under a condition. A changed condition is a new row."""

    __tablename__ = "step_work"
    __table_args__ = (
        Index(
            "uq_step_work_open",
            "step_id",
            "coursework_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    step_id: Mapped[int] = mapped_column(BigId, ForeignKey("action_step.id"))
    coursework_id: Mapped[int] = mapped_column(BigId, ForeignKey("coursework.id"), index=True)
    condition: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As :mod:`lti_plp.plp.growth.mapping` writes it."""
    made_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AchievementSource(Base):
    """What an achievement that came from an LMS was made of. Append-only."""

    __tablename__ = "achievement_source"

    achievement_id: Mapped[int] = mapped_column(BigId, ForeignKey("achievement.id"), primary_key=True)
    result_id: Mapped[int] = mapped_column(BigId, ForeignKey("coursework_result.id"), index=True)
    step_work_id: Mapped[int] = mapped_column(BigId, ForeignKey("step_work.id"))


class EvidenceSource(Base):
    """What a piece of evidence that came from an LMS is a picture of. Append-only."""

    __tablename__ = "evidence_source"

    evidence_id: Mapped[int] = mapped_column(BigId, ForeignKey("evidence.id"), primary_key=True)
    result_id: Mapped[int] = mapped_column(BigId, ForeignKey("coursework_result.id"), index=True)


class HandedInCopy(Base):
    """What a student handed in, kept with a piece of evidence, if the student wishes: asked for, then copied."""

    __tablename__ = "handed_in_copy"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(one) for one in COPY_STATES)})", name="state"),
        Index("ix_handed_in_copy_state", "state"),
    )

    evidence_id: Mapped[int] = mapped_column(BigId, ForeignKey("evidence.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    """The student, in whose name it is read."""
    coursework_id: Mapped[int] = mapped_column(BigId, ForeignKey("coursework.id"))
    with_work: Mapped[bool]
    """Words, link and files are wished for."""
    with_comments: Mapped[bool]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    problem: Mapped[str] = mapped_column(String(40), default="")
    """Why the last try failed: a stable name."""
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it is tried next; while somebody is at it, when another may take it over."""
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempt: Mapped[int | None]
    words: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(Text, default="")
    comments: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """``{"person_id": who said it or null, "text", "at": ISO or null}`` each."""


class HandedInFileCopy(Base):
    """One file of what a student handed in: our copy of it, or why there is none."""

    __tablename__ = "handed_in_file_copy"
    __table_args__ = (UniqueConstraint("evidence_id", "lms_file_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    evidence_id: Mapped[int] = mapped_column(BigId, ForeignKey("handed_in_copy.evidence_id"))
    lms_file_id: Mapped[str] = mapped_column(String(64))
    """What the LMS calls it; its addresses do not last."""
    name: Mapped[str] = mapped_column(String(150))
    file_id: Mapped[str | None] = mapped_column(String(36), ForeignKey("stored_file.id"), index=True)
    problem: Mapped[str] = mapped_column(String(40), default="")
