"""Lists of meetings: what comes, what waits for its notes, what was, and what students ask for."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lti_plp.plp.calls import is_about_shared
from lti_plp.plp.models import HelpRequest, Meeting, MeetingParticipant, Plan, PlanRevision

MOST_PAST = 50
"""Meetings that were held, newest first, in a list over many students."""


@dataclass(frozen=True)
class Participant:
    """Somebody who is to come, or came."""

    id: int
    person_id: int | None
    name: str
    """Of somebody whom no platform knows."""
    role: str
    email: str
    proposed_by: str
    state: str
    way: str


@dataclass(frozen=True)
class MeetingLine:
    """One meeting in a list."""

    id: int
    student_id: int
    kind: str
    state: str
    starts_at: datetime
    minutes: int
    place: str
    url: str
    agenda: str
    notes: str
    decisions: str
    held_at: datetime | None
    revision: int | None
    """Number of the version that it became."""
    exception_reason: str
    version: int
    people: tuple[Participant, ...]

    @property
    def ends_at(self) -> datetime:
        """When it is to end."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def at(self) -> datetime:
        """When it was held, or is to begin."""
        return self.held_at or self.starts_at

    def who(self, *states: str) -> list[Participant]:
        """Return those of whom one of these is noted."""
        return [one for one in self.people if one.state in states]


@dataclass(frozen=True)
class Wish:
    """A student asks for a meeting."""

    id: int
    student_id: int
    item_kind: str
    item_id: int
    message: str
    """Empty when it is about something that the team does not see."""
    asked_of: tuple[str, ...]
    opened_at: datetime
    is_shared: bool
    """Whether the team sees what it is about."""


@dataclass(frozen=True)
class Agenda:
    """The meetings of some students."""

    wishes: tuple[Wish, ...]
    """The oldest first: it has waited longest."""
    unfinished: tuple[MeetingLine, ...]
    """Begun, or over by the clock, and not finished."""
    coming: tuple[MeetingLine, ...]
    """The next one first."""
    held: tuple[MeetingLine, ...]
    """The newest first."""

    def people(self) -> set[int]:
        """Return the ids of those who are named."""
        lines = (*self.unfinished, *self.coming, *self.held)
        students = {one.student_id for one in lines} | {one.student_id for one in self.wishes}
        return students | set(people_named(lines))


def read_agenda(session: Session, tenant_id: int, students: Collection[int], now: datetime) -> Agenda:
    """Return the meetings of these students; four statements, whatever their number."""
    of_them = _lines().where(Plan.person_id.in_(students), Plan.tenant_id == tenant_id)
    planned = _read(
        session, of_them.where(Meeting.state == "planned").order_by(Meeting.starts_at, Meeting.id)
    )
    held = of_them.where(Meeting.state == "held").order_by(Meeting.held_at.desc(), Meeting.id.desc())
    return Agenda(
        wishes=_wishes(session, tenant_id, students),
        unfinished=tuple(one for one in planned if one.starts_at <= now),
        coming=tuple(one for one in planned if one.starts_at > now),
        held=_read(session, held.limit(MOST_PAST)),
    )


def held_meetings(
    session: Session, plan_id: int, since: datetime | None = None, until: datetime | None = None
) -> tuple[MeetingLine, ...]:
    """Return the meetings about a plan that were held, the newest first, after and up to a moment; two statements."""
    found = _lines().where(Meeting.plan_id == plan_id, Meeting.state == "held")
    if since is not None:
        found = found.where(Meeting.held_at > since)
    if until is not None:
        found = found.where(Meeting.held_at <= until)
    return _read(session, found.order_by(Meeting.held_at.desc(), Meeting.id.desc()))


def one_meeting(session: Session, plan_id: int, meeting_id: int) -> MeetingLine | None:
    """Return a meeting about a plan with its people."""
    found = _read(session, _lines().where(Meeting.id == meeting_id, Meeting.plan_id == plan_id))
    return found[0] if found else None


_COLUMNS = (
    Meeting.id,
    Plan.person_id.label("student_id"),
    Meeting.kind,
    Meeting.state,
    Meeting.starts_at,
    Meeting.minutes,
    Meeting.place,
    Meeting.url,
    Meeting.agenda,
    Meeting.notes,
    Meeting.decisions,
    Meeting.held_at,
    PlanRevision.number.label("revision"),
    Meeting.exception_reason,
    Meeting.version,
)


def _lines() -> Select[*tuple[object, ...]]:
    return (
        select(*_COLUMNS)
        .join(Plan, Plan.id == Meeting.plan_id)
        .outerjoin(PlanRevision, PlanRevision.id == Meeting.revision_id)
    )


def _read(session: Session, statement: Select[*tuple[object, ...]]) -> tuple[MeetingLine, ...]:
    rows = session.execute(statement).mappings().all()
    people = _people(session, [row["id"] for row in rows])
    return tuple(MeetingLine(**row, people=tuple(people.get(row["id"], ()))) for row in rows)


def _people(session: Session, meetings: Collection[int]) -> dict[int, list[Participant]]:
    found: dict[int, list[Participant]] = {}
    if not meetings:
        return found
    rows: Iterable[MeetingParticipant] = session.scalars(
        select(MeetingParticipant)
        .where(MeetingParticipant.meeting_id.in_(meetings))
        .order_by(MeetingParticipant.id)
        .execution_options(populate_existing=True)
    )
    for one in rows:
        found.setdefault(one.meeting_id, []).append(
            Participant(
                one.id, one.person_id, one.name, one.role, one.email, one.proposed_by, one.state, one.way
            )
        )
    return found


def _wishes(session: Session, tenant_id: int, students: Collection[int]) -> tuple[Wish, ...]:
    rows = session.execute(
        select(HelpRequest, Plan.person_id, is_about_shared())
        .join(Plan, Plan.id == HelpRequest.plan_id)
        .where(
            Plan.person_id.in_(students),
            Plan.tenant_id == tenant_id,
            HelpRequest.kind == "meeting",
            HelpRequest.closed_at.is_(None),
        )
        .order_by(HelpRequest.opened_at, HelpRequest.id)
    )
    return tuple(
        Wish(
            one.id,
            student,
            one.item_kind,
            one.item_id,
            one.message if is_shared else "",
            tuple(one.asked_of),
            one.opened_at,
            bool(is_shared),
        )
        for one, student, is_shared in rows
    )


def people_named(lines: Iterable[MeetingLine]) -> Iterator[int]:
    """Yield the ids of those people of these meetings whom a platform knows."""
    yield from (one.person_id for line in lines for one in line.people if one.person_id)


def meeting_of_revision(session: Session, plan_id: int, number: int) -> MeetingLine | None:
    """Return the meeting in which a version of a plan was made, if it was made in one."""
    found = _read(session, _lines().where(Meeting.plan_id == plan_id, PlanRevision.number == number))
    return found[0] if found else None
