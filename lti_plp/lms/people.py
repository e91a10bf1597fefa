"""Who advises whom, and who stands in for whom. Every word is a row of its own; what ends is never taken away."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from lti_plp.errors import BadInput, NotFound
from lti_plp.lms.directory import shown_name
from lti_plp.lms.joining import names_given_up
from lti_plp.lms.models import Course, Enrolment, Person, Relationship, StandIn
from lti_plp.lms.ties import ties_of
from lti_plp.plp.actor import ADULTS, Actor, Role
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
    for_id: int
    """The colleague who is stood in for."""
    course: str
    """Empty for the advisees."""
    valid_from: date
    valid_to: date
    ended_at: datetime | None
    """When it was ended before its last day."""

    @property
    def is_ended(self) -> bool:
        """Whether it was ended early."""
        return self.ended_at is not None

    @property
    def last_day(self) -> date:
        """The last day on which it held, or will hold."""
        return min(self.valid_to, self.ended_at.date()) if self.ended_at else self.valid_to

    def is_over(self, today: date) -> bool:
        """Whether it holds no more."""
        return self.is_ended or self.valid_to < today


@dataclass(frozen=True)
class RelationLine:
    """Who has to do with which student."""

    id: int
    kind: str
    adult: str
    student: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class Caseload:
    """An adult whom the school named, and of how many students."""

    adult_id: int
    name: str
    students: int


_IS_STAFF = and_(
    or_(*(Enrolment.roles.contains(role.value) for role in sorted(ADULTS))),
    Enrolment.roles.not_like(f"%{Role.MENTOR.value}%"),
)


def staff_of(session: Session, tenant_id: int) -> list[Colleague]:
    """Return everybody whom a platform ever called one of the school's adults, by name.

    Whom no platform names cannot be chosen. A colleague whose course is over is still a colleague.
    """
    rows = session.execute(
        select(Person.id, Person.name, Person.given_name, Person.family_name).where(
            Person.tenant_id == tenant_id,
            Person.is_test.is_(False),
            Person.id.in_(select(Enrolment.person_id).where(_IS_STAFF)),
        )
    )
    found = (Colleague(row.id, shown_name(row.name, row.given_name, row.family_name)) for row in rows)
    return sorted((one for one in found if one.name), key=lambda one: (plain(one.name), one.id))


def name_stand_in(
    session: Session,
    actor: Actor,
    person_id: int,
    kind: str,
    course_id: int | None,
    first: date,
    last: date,
    now: datetime,
    for_id: int | None = None,
) -> StandIn:
    """Let a colleague stand in, in a course that somebody teaches or, without one, for those whom they advise.

    Everybody speaks for themselves; an administrator may name ``for_id`` as well, for who is ill cannot do so.

    :raise NotAllowed: when the actor is none of the staff, or speaks for somebody else.
    :raise BadInput: ``stand_in_who``, ``stand_in_course``, ``stand_in_dates``, each for what is wrong;
        ``stand_in_twice`` when the colleague stands in there already on some of these days.
    """
    school = SchoolWide(actor.tenant_id)
    away = actor.person_id if for_id is None else for_id
    require(actor, Action.NAME_STAND_IN if away == actor.person_id else Action.MANAGE_SCHOOL, school)
    if person_id == away or all(one.id != person_id for one in staff_of(session, actor.tenant_id)):
        raise BadInput("This is none of the staff.", code="stand_in_who")
    if kind not in ({"co_advisor", "substitute"} if course_id is None else {"co_teacher", "substitute"}):
        raise BadInput("There is no such way to stand in.", code="stand_in_who")
    if not _has(session, actor.tenant_id, away, course_id, now):
        raise BadInput("Nobody can give what they have not.", code="stand_in_course")
    if not now.date() <= first <= last <= first + LONGEST:
        raise BadInput("The days are not in order, past, or too many.", code="stand_in_dates")
    made = StandIn(
        tenant_id=actor.tenant_id,
        person_id=person_id,
        for_id=away,
        course_id=course_id,
        kind=kind,
        valid_from=first,
        valid_to=last,
        made_by=actor.person_id,
        made_at=now,
    )
    if _stands_in_already(session, made):
        raise BadInput("This colleague stands in there already.", code="stand_in_twice")
    session.add(made)
    session.flush()
    return made


def _stands_in_already(session: Session, made: StandIn) -> bool:
    """Whether the same colleague stands in at the same place on some of the same days."""
    there = select(StandIn.id).where(
        StandIn.person_id == made.person_id,
        StandIn.for_id == made.for_id,
        StandIn.course_id == made.course_id if made.course_id is not None else StandIn.course_id.is_(None),
        StandIn.ended_at.is_(None),
        StandIn.valid_from <= made.valid_to,
        StandIn.valid_to >= made.valid_from,
    )
    return session.scalar(there.limit(1)) is not None


def _has(session: Session, tenant_id: int, person_id: int, course_id: int | None, now: datetime) -> bool:
    """Whether somebody teaches in the course, or advises anybody."""
    ties = ties_of(session, tenant_id, person_id, now, 0, follows=False).values()
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
            one.for_id,
            title or "",
            one.valid_from,
            one.valid_to,
            one.ended_at,
        )
        for one, who, for_whom, title in session.execute(wanted)
    ]


def standing_in(
    session: Session, tenant_id: int, person_id: int, today: date, days: int
) -> list[StandInLine]:
    """Return where somebody stands in or will, and where they did until at most so many days ago.

    For each place only what comes last is told as over, and nothing of what was ended before it began.
    """
    since = today - timedelta(days=days)
    lines = [
        one
        for one in stand_ins(session, tenant_id, since, person_id)
        if one.for_id != person_id and max(one.valid_from, since) <= one.last_day
    ]
    last = {(one.for_id, one.course): one.id for one in sorted(lines, key=lambda one: one.last_day)}
    return [one for one in lines if not one.is_over(today) or last[one.for_id, one.course] == one.id]


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
    rows = [
        Relationship(
            tenant_id=actor.tenant_id,
            adult_id=adult_id,
            student_id=one,
            kind=kind,
            valid_from=begins,
            valid_to=last,
            made_by=actor.person_id,
            made_at=now,
        )
        for one, begins in _unsaid(session, adult_id, student_ids, kind, first, last, now).items()
    ]
    try:
        with session.begin_nested():
            session.add_all(rows)
    except IntegrityError as problem:
        if names_given_up(problem):
            raise
        # Another administrator said the same at the same moment.
        raise BadInput("This was said at the same moment.", code="relation_twice") from problem
    return len(rows)


def _unsaid(
    session: Session,
    adult_id: int,
    student_ids: Collection[int],
    kind: str,
    first: date,
    last: date | None,
    now: datetime,
) -> dict[int, date]:
    """Return student -> first day, where it does not hold yet for so long; what is over or ends sooner gives way."""
    new = dict.fromkeys(sorted(set(student_ids)), first)
    there = session.scalars(
        select(Relationship).where(
            Relationship.adult_id == adult_id,
            Relationship.kind == kind,
            Relationship.ended_at.is_(None),
            Relationship.student_id.in_(student_ids),
        )
    ).all()
    for one in there:
        if one.valid_to is None or (last is not None and last <= one.valid_to):
            del new[one.student_id]
            continue
        one.ended_at = now
        if one.valid_to >= first:
            # It goes on without a gap.
            new[one.student_id] = min(first, one.valid_from)
    session.flush()
    return new


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


def _holds(tenant_id: int, today: date) -> tuple[ColumnElement[bool], ...]:
    """Conditions on what was said of adults and students: it holds today or later."""
    return (
        Relationship.tenant_id == tenant_id,
        Relationship.ended_at.is_(None),
        or_(Relationship.valid_to.is_(None), Relationship.valid_to >= today),
    )


def caseloads(session: Session, tenant_id: int, today: date) -> list[Caseload]:
    """Return every adult whom the school named for today or later, by name."""
    counted = (
        select(Relationship.adult_id, func.count(Relationship.student_id.distinct()).label("students"))
        .where(*_holds(tenant_id, today))
        .group_by(Relationship.adult_id)
        .subquery()
    )
    rows = session.execute(select(Person, counted.c.students).join(counted, counted.c.adult_id == Person.id))
    found = [Caseload(adult.id, _name(adult), students) for adult, students in rows]
    return sorted(found, key=lambda one: (plain(one.name), one.adult_id))


def relations(session: Session, tenant_id: int, today: date, adult_id: int) -> list[RelationLine]:
    """Return what holds of an adult today or later, by student."""
    adult, student = aliased(Person), aliased(Person)
    rows = session.execute(
        select(Relationship, adult, student)
        .join(adult, adult.id == Relationship.adult_id)
        .join(student, student.id == Relationship.student_id)
        .where(*_holds(tenant_id, today), Relationship.adult_id == adult_id)
    )
    found = [
        RelationLine(one.id, one.kind, _name(who), _name(whom), one.valid_from, one.valid_to)
        for one, who, whom in rows
    ]
    return sorted(found, key=lambda one: (one.kind, plain(one.student), one.id))


def courses_of(session: Session, tenant_id: int) -> dict[int, str]:
    """Return id -> title of all courses of a district that a platform names."""
    rows = session.execute(
        select(Course.id, Course.title).where(Course.tenant_id == tenant_id, Course.title != "")
    )
    return {row.id: row.title for row in rows}
