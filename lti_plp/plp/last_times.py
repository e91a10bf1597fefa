"""What is planned for plans, and what happened last, for many students at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.plp.invitees import silent_sides
from lti_plp.plp.models import Meeting, MeetingParticipant, Reflection, ReflectionRating

YEARLY = ("annual", "initial")
"""Kinds of meetings in which a plan is formally updated."""

_COMES = ("invited", "attended")


@dataclass(frozen=True)
class PlannedMeeting:
    """The yearly meeting of one plan that is still to be held."""

    id: int
    starts_at: datetime
    missing: tuple[str, ...]
    """Of :data:`~lti_plp.plp.invitees.SIDES`: for whom nobody is expected."""


def planned_meetings(session: Session, plans: Collection[int], today: date) -> dict[int, PlannedMeeting]:
    """Return plan's id -> the next yearly meeting, else one that should have been held; two statements."""
    rows = session.execute(
        select(Meeting.id, Meeting.plan_id, Meeting.starts_at)
        .where(Meeting.plan_id.in_(plans), Meeting.state == "planned", Meeting.kind.in_(YEARLY))
        .order_by(Meeting.starts_at.desc(), Meeting.id)
    ).all()
    midnight = datetime.combine(today, time(), UTC)
    chosen: dict[int, tuple[int, datetime]] = {}
    for row in rows:
        # From the last backwards: what is still to come and comes first stays.
        if row.plan_id not in chosen or row.starts_at >= midnight:
            chosen[row.plan_id] = (row.id, row.starts_at)
    roles: dict[int, set[str]] = {}
    for meeting_id, role in session.execute(
        select(MeetingParticipant.meeting_id, MeetingParticipant.role).where(
            MeetingParticipant.meeting_id.in_([one for one, _ in chosen.values()]),
            MeetingParticipant.state.in_(_COMES),
        )
    ):
        roles.setdefault(meeting_id, set()).add(role)
    return {
        plan_id: PlannedMeeting(meeting_id, starts_at, silent_sides(roles.get(meeting_id, set())))
        for plan_id, (meeting_id, starts_at) in chosen.items()
    }


def feedback_of(session: Session, people: Collection[int]) -> dict[int, datetime]:
    """Return student's person id -> when somebody last answered a reflection of theirs; one statement."""
    rows = session.execute(
        select(Reflection.person_id, func.max(ReflectionRating.rated_at))
        .join(ReflectionRating, ReflectionRating.reflection_id == Reflection.id)
        .where(Reflection.person_id.in_(people))
        .group_by(Reflection.person_id)
    )
    return {row[0]: row[1] for row in rows}
