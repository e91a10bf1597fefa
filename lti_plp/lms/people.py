"""Who advises whom, and who stands in for whom. Every word is a row of its own; what ends is never taken away."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from lti_plp.errors import BadInput, NotFound
from lti_plp.lms.directory import shown_name
from lti_plp.lms.models import Course, Enrolment, Person, Relationship, StandIn
from lti_plp.lms.ties import ties_of
from lti_plp.plp.actor import Actor, teaches
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.plp.standing import Standing
from lti_plp.plp.words import plain

RELATIONS = ("advisor", "counselor", "case_manager")
LONGEST = timedelta(days=120)
"""A stand-in ends by itself after so long at the latest."""


@dataclass(frozen=True)
class Colleague:
    """Somebody of the staff."""

    id: int
    name: str


@dataclass(frozen=True)
class StandInLine:
    """Who stands in for whom."""

    id: int
    kind: str
    person: str
    colleague: str
    course: str
    """Empty for the advisees."""
    valid_from: date
    valid_to: date
    is_ended: bool


@dataclass(frozen=True)
class RelationLine:
    """Who has to do with which student."""

    id: int
    kind: str
    adult: str
    student: str
    valid_from: date
    valid_to: date | None


def staff_of(session: Session, tenant_id: int) -> list[Colleague]:
    """Return those who teach in any course of the district, by name; who is not named by a platform is left out."""
    rows = session.execute(
        select(Person.id, Person.name, Person.given_name, Person.family_name, Enrolment.roles)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .where(Person.tenant_id == tenant_id, Person.is_test.is_(False), Enrolment.status == "active")
    )
    found = {
        row.id: shown_name(row.name, row.given_name, row.family_name)
        for row in rows
        if teaches(row.roles.split())
    }
    return sorted((Colleague(*one) for one in found.items() if one[1]), key=lambda one: plain(one.name))


def name_stand_in(
    session: Session,
    actor: Actor,
    person_id: int,
    kind: str,
    course_id: int | None,
    first: date,
    last: date,
    now: datetime,
) -> StandIn:
    """Let a colleague stand in for the actor, in a course that she teaches or, without one, for her advisees.

    :raise NotAllowed: when the actor is none of the staff.
    :raise BadInput: ``stand_in_who``, ``stand_in_course``, ``stand_in_dates``, each for what is wrong.
    """
    require(actor, Action.NAME_STAND_IN, SchoolWide(actor.tenant_id))
    if person_id == actor.person_id or all(one.id != person_id for one in staff_of(session, actor.tenant_id)):
        raise BadInput("This is none of the staff.", code="stand_in_who")
    if kind not in ({"co_advisor", "substitute"} if course_id is None else {"co_teacher", "substitute"}):
        raise BadInput("There is no such way to stand in.", code="stand_in_who")
    if not _has(session, actor, course_id, now):
        raise BadInput("Nobody can give what they have not.", code="stand_in_course")
    if not now.date() <= first <= last <= first + LONGEST:
        raise BadInput("The days are not in order, past, or too many.", code="stand_in_dates")
    made = StandIn(
        tenant_id=actor.tenant_id,
        person_id=person_id,
        for_id=actor.person_id,
        course_id=course_id,
        kind=kind,
        valid_from=first,
        valid_to=last,
        made_by=actor.person_id,
        made_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _has(session: Session, actor: Actor, course_id: int | None, now: datetime) -> bool:
    """Whether the actor teaches the course, or advises anybody."""
    ties = ties_of(session, actor.tenant_id, actor.person_id, now, 0, follows=False).values()
    if course_id is None:
        return any(Standing.ADVISOR in one.standing for one in ties)
    # Who stands in herself cannot pass it on.
    return any(course_id in one.courses and Standing.TEACHER in one.standing for one in ties)


def end_stand_in(session: Session, actor: Actor, stand_in_id: int, now: datetime) -> StandIn:
    """End a stand-in before its last day: whoever is stood in for may do so, and an administrator.

    :raise NotFound: when there is no such one for the actor.
    """
    found = session.get(StandIn, stand_in_id)
    is_own = found is not None and found.for_id == actor.person_id
    if found is None or found.tenant_id != actor.tenant_id:
        raise NotFound("There is no such stand-in.", code="stand_in_unknown")
    require(actor, Action.NAME_STAND_IN if is_own else Action.MANAGE_SCHOOL, SchoolWide(actor.tenant_id))
    if found.ended_at is None:
        found.ended_at = now
        session.flush()
    return found


def stand_ins(session: Session, tenant_id: int, today: date, of: int | None = None) -> list[StandInLine]:
    """Return those that hold today or later, of the whole district or of one person, on either side."""
    person, colleague = aliased(Person), aliased(Person)
    wanted = (
        select(StandIn, person, colleague, Course.title)
        .join(person, person.id == StandIn.person_id)
        .join(colleague, colleague.id == StandIn.for_id)
        .outerjoin(Course, Course.id == StandIn.course_id)
        .where(StandIn.tenant_id == tenant_id, StandIn.valid_to >= today)
        .order_by(StandIn.valid_from, StandIn.id)
    )
    if of is not None:
        wanted = wanted.where(or_(StandIn.person_id == of, StandIn.for_id == of))
    return [
        StandInLine(
            one.id,
            one.kind,
            _name(who),
            _name(for_whom),
            title or "",
            one.valid_from,
            one.valid_to,
            one.ended_at is not None,
        )
        for one, who, for_whom, title in session.execute(wanted)
    ]


def _name(person: Person) -> str:
    return shown_name(person.name, person.given_name, person.family_name)


def relate(
    session: Session,
    actor: Actor,
    adult_id: int,
    student_ids: Collection[int],
    kind: str,
    first: date,
    last: date | None,
    now: datetime,
) -> int:
    """Say that an adult has to do with students; return of how many this was new.

    :raise NotAllowed: when the actor is no administrator.
    :raise BadInput: ``relation_who`` when somebody is unknown, ``relation_dates``.
    """
    require(actor, Action.MANAGE_SCHOOL, SchoolWide(actor.tenant_id))
    people = set(
        session.scalars(
            select(Person.id).where(
                Person.id.in_({adult_id, *student_ids}),
                Person.tenant_id == actor.tenant_id,
                Person.is_test.is_(False),
            )
        )
    )
    if kind not in RELATIONS or not student_ids or not {adult_id, *student_ids} <= people:
        raise BadInput("Somebody of these is unknown.", code="relation_who")
    if adult_id in student_ids:
        raise BadInput("Nobody advises themselves.", code="relation_who")
    if last is not None and last < first:
        raise BadInput("The days are not in order.", code="relation_dates")
    there = set(
        session.scalars(
            select(Relationship.student_id).where(
                Relationship.adult_id == adult_id,
                Relationship.kind == kind,
                Relationship.ended_at.is_(None),
                Relationship.student_id.in_(student_ids),
            )
        )
    )
    new = sorted(set(student_ids) - there)
    rows = [
        Relationship(
            tenant_id=actor.tenant_id,
            adult_id=adult_id,
            student_id=one,
            kind=kind,
            valid_from=first,
            valid_to=last,
            made_by=actor.person_id,
            made_at=now,
        )
        for one in new
    ]
    try:
        with session.begin_nested():
            session.add_all(rows)
    except IntegrityError as problem:
        # Another administrator said the same at the same moment.
        raise BadInput("This was said at the same moment.", code="relation_twice") from problem
    return len(new)


def end_relation(session: Session, actor: Actor, relation_id: int, now: datetime) -> Relationship:
    """End what was said of an adult and a student.

    :raise NotAllowed: when the actor is no administrator.
    :raise NotFound: when there is no such thing.
    """
    require(actor, Action.MANAGE_SCHOOL, SchoolWide(actor.tenant_id))
    found = session.get(Relationship, relation_id)
    if found is None or found.tenant_id != actor.tenant_id:
        raise NotFound("There is no such thing.", code="relation_unknown")
    if found.ended_at is None:
        found.ended_at = now
        session.flush()
    return found


def relations(session: Session, tenant_id: int, today: date) -> list[RelationLine]:
    """Return what holds today or later, by adult and student."""
    adult, student = aliased(Person), aliased(Person)
    rows = session.execute(
        select(Relationship, adult, student)
        .join(adult, adult.id == Relationship.adult_id)
        .join(student, student.id == Relationship.student_id)
        .where(
            Relationship.tenant_id == tenant_id,
            Relationship.ended_at.is_(None),
            or_(Relationship.valid_to.is_(None), Relationship.valid_to >= today),
        )
    )
    found = [
        RelationLine(one.id, one.kind, _name(who), _name(whom), one.valid_from, one.valid_to)
        for one, who, whom in rows
    ]
    return sorted(found, key=lambda one: (plain(one.adult), one.kind, plain(one.student), one.id))


def courses_of(session: Session, tenant_id: int) -> dict[int, str]:
    """Return id -> title of all courses of a district that a platform names."""
    rows = session.execute(
        select(Course.id, Course.title).where(Course.tenant_id == tenant_id, Course.title != "")
    )
    return {row.id: row.title for row in rows}
