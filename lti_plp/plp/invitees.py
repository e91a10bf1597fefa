"""Who is to come to a meeting: proposed from everyone who had to do with the plan, invited, and noted as there or not.

Whom the platforms and the school know is told by the room above: teachers, advisors, family.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound, PlpError
from lti_plp.plp.fields import Choice, Line, refuse
from lti_plp.plp.meetings import Convener
from lti_plp.plp.models import ActionStep, Goal, Meeting, MeetingParticipant, Plan
from lti_plp.plp.policy import TEAM_SEES

STATES = ("invited", "attended", "absent", "excused")
MOST = 60
"""People of one meeting."""

SIDES = {
    "student": frozenset({"student"}),
    "school": frozenset({"advisor", "teacher", "counselor", "case_manager", "administrator"}),
    "family": frozenset({"family", "advocate"}),
}
"""Side of a yearly revision -> roles that speak for it."""

_NAME, _EMAIL = Line("name"), Line("email")
_ROLE = Choice("role", group="participant_role")
_STATE = Choice("state", among=STATES)
_WAY = Choice("way", group="meeting_way", optional=True)

NamesOf = Callable[[Collection[int]], Mapping[int, str]]
"""People's ids -> their names, as a platform tells them."""


@dataclass(frozen=True)
class Invitee:
    """Somebody who may be invited."""

    role: str
    name: str = ""
    person_id: int | None = None
    """``None`` for somebody whom no platform knows."""
    why: str = ""
    """``student``, ``family``, ``course``, ``advisor``, ``supporter`` or ``before``; empty when added by hand."""
    email: str = ""

    @property
    def key(self) -> str:
        """Names somebody in a form."""
        return f"person:{self.person_id}" if self.person_id else f"name:{self.name.casefold()}"


def proposals(
    session: Session, plan: Plan, around: Iterable[Invitee], names_of: NamesOf
) -> tuple[Invitee, ...]:
    """Return everyone who had to do with the plan, each once, with the first reason why.

    ``around`` are those whom platforms and school know. Who is named where only the student looks is left out.
    """
    student = Invitee("student", person_id=plan.person_id, why="student")
    found = [student, *around, *_supporters(session, plan.id), *_came_before(session, plan.id)]
    names = names_of({one.person_id for one in found if one.person_id})
    named = [replace(one, name=names.get(one.person_id or 0, one.name)) for one in found]
    # Somebody whom the student names may be one whom a platform knows.
    known = {one.name.casefold() for one in named if one.person_id and one.name}
    unique: dict[str, Invitee] = {}
    for one in named:
        if one.person_id or one.name.casefold() not in known:
            unique.setdefault(one.key, one)
    return tuple(unique.values())


def _supporters(session: Session, plan_id: int) -> Iterator[Invitee]:
    """Yield those who are named as helpers with goals and steps that are still there (E6)."""
    for model, people in ((Goal, Goal.supporters), (ActionStep, ActionStep.supports)):
        lists = session.scalars(
            select(people)
            .where(model.plan_id == plan_id, model.removed_at.is_(None), model.audience.in_(TEAM_SEES))
            .order_by(model.id)
        )
        for person in (one for some in lists for one in some):
            yield Invitee(person["role"] or "other", person["name"], why="supporter")


def _came_before(session: Session, plan_id: int) -> Iterator[Invitee]:
    """Yield those who were invited to earlier meetings, the newest ones first (J7)."""
    rows = session.scalars(
        select(MeetingParticipant)
        .join(Meeting, Meeting.id == MeetingParticipant.meeting_id)
        .where(Meeting.plan_id == plan_id, Meeting.state == "held")
        .order_by(Meeting.starts_at.desc(), MeetingParticipant.id)
    )
    for one in rows:
        yield Invitee(one.role, one.name, one.person_id, "before", one.email)


def participants(session: Session, meeting_id: int) -> list[MeetingParticipant]:
    """Return who is to come to a meeting, in the order in which they were invited."""
    found = (
        select(MeetingParticipant)
        .where(MeetingParticipant.meeting_id == meeting_id)
        .order_by(MeetingParticipant.id)
    )
    return list(session.scalars(found.execution_options(populate_existing=True)))


def invite(convener: Convener, meeting_id: int, people: Iterable[Invitee]) -> int:
    """Invite people; who is invited already stays as they are. Return how many came in addition.

    :raise NotFound: when there is no such meeting.
    :raise BadInput: when a name is missing, a role unknown or an address none, or for too many people.
    :raise PlpError: 409 ``meeting_over``.
    """
    meeting = convener.planned(meeting_id)
    there = participants(convener.session, meeting.id)
    invited = {Invitee(one.role, one.name, one.person_id).key for one in there}
    new = {one.key: one for one in (_checked(convener, one) for one in people) if one.key not in invited}
    if len(there) + len(new) > MOST:
        raise refuse("name", "too_many", most=MOST)
    convener.session.add_all(
        MeetingParticipant(
            meeting_id=meeting.id,
            person_id=one.person_id,
            name="" if one.person_id else one.name,
            role=one.role,
            email=one.email,
            proposed_by=one.why,
            state="invited",
            way="",
        )
        for one in new.values()
    )
    convener.session.flush()
    return len(new)


def _checked(convener: Convener, one: Invitee) -> Invitee:
    name, email = _NAME.clean(one.name, convener.vocabulary), _EMAIL.clean(one.email, convener.vocabulary)
    if not (name or one.person_id):
        raise refuse("name", "missing")
    # Whether it is anybody's is for whoever writes to it; what would break a list of addresses is refused.
    if email and (email.count("@") != 1 or email[0] == "@" or email[-1] == "@" or set(email) & set(' ,;<>"')):
        raise refuse("email", "no_email")
    return replace(one, name=name, email=email, role=_ROLE.clean(one.role, convener.vocabulary))


def take_off(convener: Convener, meeting_id: int, participant_id: int) -> None:
    """Take somebody off the list, as long as nothing is noted of them.

    :raise NotFound: when there is no such meeting, or nobody of that number is invited to it.
    :raise PlpError: 409 ``meeting_over``, or ``attendance_noted``.
    """
    one = _participant(convener, meeting_id, participant_id)
    if one.state != "invited":
        raise PlpError("attendance_noted", 409, "It is noted already whether this person came.")
    convener.session.delete(one)
    convener.session.flush()


def note_attendance(
    convener: Convener, meeting_id: int, participant_id: int, state: str, way: str = ""
) -> None:
    """Note whether somebody came, and how they took part.

    :raise NotFound: when there is no such meeting, or nobody of that number is invited to it.
    :raise BadInput: for a state or a way that there is not.
    :raise PlpError: 409 ``meeting_over``.
    """
    one = _participant(convener, meeting_id, participant_id)
    one.state = _STATE.clean(state, convener.vocabulary)
    one.way = _WAY.clean(way, convener.vocabulary) if one.state == "attended" else ""
    convener.session.flush()


def _participant(convener: Convener, meeting_id: int, participant_id: int) -> MeetingParticipant:
    meeting = convener.planned(meeting_id)
    one = convener.session.get(MeetingParticipant, participant_id, populate_existing=True)
    if one is None or one.meeting_id != meeting.id:
        raise NotFound("Nobody of that number is invited.", code="meeting_unknown")
    return one


def missing_sides(people: Iterable[MeetingParticipant]) -> tuple[str, ...]:
    """Return which sides of a yearly revision nobody of those who came speaks for: student, school, family."""
    return silent_sides({one.role for one in people if one.state == "attended"})


def silent_sides(roles: Set[str]) -> tuple[str, ...]:
    """Return for which sides none of these roles speaks."""
    return tuple(side for side, speakers in SIDES.items() if not roles & speakers)
