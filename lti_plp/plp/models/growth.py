"""Tables of proficiencies: scales, frameworks and their versions, ratings, and the levels kept ready to be shown.

Scales, versions and ratings never change (database triggers hold it): what is corrected is a new row. A proficiency is
the same one through all versions of its framework; what it says in one of them is a ``ProficiencyVersion``, which a
later version shares for as long as nothing of it changed.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime

Score = Numeric(8, 4)
"""A number on a scale."""

RATERS = ("self", "peer", "teacher", "mentor", "lms")
_RATER = f"role IN ({', '.join(repr(one) for one in RATERS)})"


class Scale(Base):
    """Levels in order, from the lowest on."""

    __tablename__ = "scale"
    __table_args__ = (UniqueConstraint("tenant_id", "digest"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    title: Mapped[str] = mapped_column(String(255))
    levels: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """As :mod:`lti_plp.plp.growth.scales` writes them."""
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of title and levels: the same scale is one row."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Framework(Base):
    """A document of proficiencies, and how a school calculates with it."""

    __tablename__ = "framework"
    __table_args__ = (UniqueConstraint("tenant_id", "guid"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    guid: Mapped[str] = mapped_column(String(255))
    """CASE's identifier of the document."""
    title: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=0)
    """The published one that counts now; 0 before the first."""
    method: Mapped[str] = mapped_column(String(30))
    """Of :data:`lti_plp.plp.growth.methods.METHODS`."""
    parameter: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    minimum_ratings: Mapped[int] = mapped_column(default=1)
    """With fewer, a level is only said together with how few they are."""
    is_sample: Mapped[bool] = mapped_column(default=False)
    """Its wording was not checked; pages say so."""
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when nobody is offered it; what was rated stays."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FrameworkVersion(Base):
    """What was published of a framework at a time."""

    __tablename__ = "framework_version"

    framework_id: Mapped[int] = mapped_column(BigId, ForeignKey("framework.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, … without gaps."""
    source: Mapped[str] = mapped_column(String(10))
    """``csv``, ``case``, ``lms`` or ``shipped``."""
    origin: Mapped[str] = mapped_column(Text, default="")
    """Name of the file, or address of the server."""
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What CASE says of the document, of definitions, and of ties that are no hierarchy; kept for the way out."""
    published_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    """Null for a command of whoever runs the tool."""
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FrameworkUpload(Base):
    """A file that somebody brought, between the preview of what it changes and its publication."""

    __tablename__ = "framework_upload"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    made_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    """Of a file that tells none itself."""
    scale: Mapped[str] = mapped_column(Text)
    """Title of the scale for what names none."""
    source: Mapped[str] = mapped_column(String(10), default="file")
    """``file``; or ``lms``, where ``data`` is a draft that was made of what an LMS said."""
    data: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Proficiency(Base):
    """One thing to be able to do, the same through all versions of its framework."""

    __tablename__ = "proficiency"
    __table_args__ = (UniqueConstraint("framework_id", "guid"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    framework_id: Mapped[int] = mapped_column(BigId, ForeignKey("framework.id"))
    guid: Mapped[str] = mapped_column(String(255))
    """CASE's identifier of the item."""
    replaced_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("proficiency.id"))
    """What stands in its place since a later version; its history stays readable."""


class ProficiencyVersion(Base):
    """What a proficiency says."""

    __tablename__ = "proficiency_version"
    __table_args__ = (UniqueConstraint("proficiency_id", "digest"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    proficiency_id: Mapped[int] = mapped_column(BigId, ForeignKey("proficiency.id"))
    digest: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(255), default="")
    kind: Mapped[str] = mapped_column(String(40))
    """Of :data:`lti_plp.plp.growth.frameworks.KINDS`."""
    statement: Mapped[str] = mapped_column(Text)
    student_text: Mapped[str] = mapped_column(Text, default="")
    """The same in a student's words; empty where nobody wrote it."""
    scale_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("scale.id"))
    """On which it is rated; null for a heading."""
    guide: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """Criteria of its scoring guide: ``{"title", "levels": {code: words}}`` each."""
    extra: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What else CASE says of the item; kept for the way out."""


class FrameworkEntry(Base):
    """A proficiency stands in a version of its framework, at a place."""

    __tablename__ = "framework_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["framework_id", "number"], ["framework_version.framework_id", "framework_version.number"]
        ),
    )

    framework_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    proficiency_id: Mapped[int] = mapped_column(BigId, ForeignKey("proficiency.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(BigId, ForeignKey("proficiency_version.id"))
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("proficiency.id"))
    position: Mapped[int]
    """Of the whole version, 0, 1, … from top to bottom: parents before their children."""


class GraduationRequirement(Base):
    """So many proficiencies of a part of a framework are to be met for graduation."""

    __tablename__ = "graduation_requirement"
    __table_args__ = (UniqueConstraint("framework_id", "proficiency_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    framework_id: Mapped[int] = mapped_column(BigId, ForeignKey("framework.id"))
    proficiency_id: Mapped[int] = mapped_column(BigId, ForeignKey("proficiency.id"))
    """The heading, or a single proficiency."""
    at_least: Mapped[int | None]
    """How many below it; null for all."""
    position: Mapped[int] = mapped_column(default=0)


class GoalProficiency(Base):
    """A goal is about a proficiency."""

    __tablename__ = "goal_proficiency"

    goal_id: Mapped[int] = mapped_column(BigId, ForeignKey("goal.id"), primary_key=True)
    proficiency_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("proficiency.id"), primary_key=True, index=True
    )


class EvidenceProficiency(Base):
    """A piece of evidence shows a proficiency."""

    __tablename__ = "evidence_proficiency"

    evidence_id: Mapped[int] = mapped_column(BigId, ForeignKey("evidence.id"), primary_key=True)
    proficiency_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("proficiency.id"), primary_key=True, index=True
    )


class Rating(Base):
    """What somebody, or an LMS, says of how well a student can do something."""

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint(_RATER, name="role"),
        CheckConstraint("(role = 'lms') = (rater_id IS NULL)", name="rater"),
        CheckConstraint("(source_key = '') = (role <> 'lms')", name="source"),
        Index("ix_rating_person_id_proficiency_id", "person_id", "proficiency_id", "occurred_at"),
        # Of one source there is one rating that replaces none; what comes later replaces it.
        Index(
            "uq_rating_source_key",
            "person_id",
            "proficiency_id",
            "source_key",
            unique=True,
            sqlite_where=text("replaces_id IS NULL AND source_key <> ''"),
            postgresql_where=text("replaces_id IS NULL AND source_key <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    """Whose proficiency it is."""
    proficiency_id: Mapped[int] = mapped_column(BigId, ForeignKey("proficiency.id"), index=True)
    version_id: Mapped[int] = mapped_column(BigId, ForeignKey("proficiency_version.id"))
    """What it said when it was rated."""
    value: Mapped[Decimal | None] = mapped_column(Score)
    """On the scale of that version; null for "not enough evidence", which is never 0."""
    role: Mapped[str] = mapped_column(String(10))
    rater_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    is_baseline: Mapped[bool] = mapped_column(default=False)
    """The zero point from which growth is measured; no method counts it."""
    note: Mapped[str] = mapped_column(Text, default="")
    guide: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """Criterion of the scoring guide -> code of the level, where it was used."""
    evidence_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("evidence.id"), index=True)
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the student did it."""
    due_on: Mapped[date | None]
    """By when the work was due, where that is known."""
    source_key: Mapped[str] = mapped_column(String(255), default="")
    """What it came from in an LMS, the same for every change of the same result."""
    provenance: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Of an LMS's: what was there, where, when, and which version of which rule made a level of it."""
    replaces_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("rating.id"), unique=True)
    """The one that this corrects."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Judgement(Base):
    """What a person of the school says the level is, whatever the ratings suggest. The newest counts."""

    __tablename__ = "judgement"
    __table_args__ = (Index("ix_judgement_person_id_proficiency_id", "person_id", "proficiency_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    proficiency_id: Mapped[int] = mapped_column(BigId, ForeignKey("proficiency.id"))
    value: Mapped[Decimal | None] = mapped_column(Score)
    """Null takes the last one back: the suggestion counts again."""
    reason: Mapped[str] = mapped_column(Text, default="")
    judged_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    judged_at: Mapped[datetime] = mapped_column(UtcDateTime)


class KeptLevel(Base):
    """Where a student stands with a proficiency: made anew with every rating, so that a class is read at once."""

    __tablename__ = "kept_level"
    __table_args__ = (Index("ix_kept_level_proficiency_id", "proficiency_id"),)

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), primary_key=True)
    proficiency_id: Mapped[int] = mapped_column(BigId, ForeignKey("proficiency.id"), primary_key=True)
    suggested: Mapped[Decimal | None] = mapped_column(Score)
    judged: Mapped[Decimal | None] = mapped_column(Score)
    ratings: Mapped[int] = mapped_column(default=0)
    """How many say something."""
    first_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the student did the newest of what was rated."""
