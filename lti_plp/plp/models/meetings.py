"""Tables of meetings about a plan: who is to come, who came, what was said, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime


class Meeting(Base):
    """A meeting about one plan."""

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('initial', 'annual', 'interim', 'student_requested', 'transition', 'student_led')",
            name="kind",
        ),
        CheckConstraint("state IN ('planned', 'held', 'cancelled')", name="state"),
        CheckConstraint("(state = 'held') = (held_at IS NOT NULL)", name="held_has_time"),
        CheckConstraint("minutes > 0", name="minutes"),
        Index("ix_meeting_plan_id_starts_at", "plan_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigId, ForeignKey("plan.id"))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default="planned")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    minutes: Mapped[int]
    place: Mapped[str] = mapped_column(String(255), default="")
    url: Mapped[str] = mapped_column(Text, default="")
    """Of a video meeting."""
    agenda: Mapped[str] = mapped_column(Text, default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    decisions: Mapped[str] = mapped_column(Text, default="")
    help_request_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("help_request.id"))
    """The student's wish that it answers."""
    revision_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("plan_revision.id"), unique=True)
    """The revision that it became."""
    exception_attempts: Mapped[str] = mapped_column(Text, default="")
    """How often and how those were asked who did not come."""
    exception_reason: Mapped[str] = mapped_column(Text, default="")
    """Why an annual revision is finished without everybody who belongs to it; empty when all were there."""
    made_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class MeetingParticipant(Base):
    """Somebody who is to come to a meeting, or came."""

    __tablename__ = "meeting_participant"
    __table_args__ = (
        CheckConstraint("state IN ('invited', 'attended', 'absent', 'excused')", name="state"),
        UniqueConstraint("meeting_id", "person_id"),
        Index("ix_meeting_participant_meeting_id", "meeting_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    meeting_id: Mapped[int] = mapped_column(BigId, ForeignKey("meeting.id"))
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    """Null for somebody whom no platform knows."""
    name: Mapped[str] = mapped_column(String(255), default="")
    """Of somebody whom no platform knows; empty for everybody else."""
    role: Mapped[str] = mapped_column(String(20))
    """Student, family, advocate, advisor, teacher, …: of ``config/plan/kinds.toml``."""
    email: Mapped[str] = mapped_column(String(255), default="")
    proposed_by: Mapped[str] = mapped_column(String(20), default="")
    """Why the tool proposed them: ``student``, ``course``, ``supporter``, ``before``, ``advisor``; empty when somebody
    added them by hand."""
    state: Mapped[str] = mapped_column(String(10), default="invited")
    way: Mapped[str] = mapped_column(String(20), default="")
    """In person, by video, by phone, in writing: of ``config/plan/kinds.toml``."""


class MeetingNote(Base):
    """What the meeting came to about one goal, or in general; it becomes the reason in the revision."""

    __tablename__ = "meeting_note"
    __table_args__ = (UniqueConstraint("meeting_id", "goal_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    meeting_id: Mapped[int] = mapped_column(BigId, ForeignKey("meeting.id"))
    goal_id: Mapped[int] = mapped_column(BigId, ForeignKey("goal.id"), index=True)
    goal_version: Mapped[int]
    """Of the goal over which it was talked."""
    outcome: Mapped[str] = mapped_column(String(10), default="")
    """As of a goal's review; empty while nothing is decided."""
    reason_category: Mapped[str] = mapped_column(String(40), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    next_step: Mapped[str] = mapped_column(Text, default="")
    steps_stay: Mapped[bool] = mapped_column(default=False)
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Fields of the goal that change with it."""
    written_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
