"""Who is in a course, as the LMS says: read all pages, then applied as a whole, or not at all."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.clock import Clock
from lti_plp.database import reading, table
from lti_plp.lms.directory import role_text, shown_name
from lti_plp.lms.gateway import GatewayFor, Member, Refused
from lti_plp.lms.gone_courses import note_missing
from lti_plp.lms.models import Course, Enrolment, Identity, Person
from lti_plp.plp.actor import learns
from lti_plp.plp.words import plain
from lti_plp.prepared import Prepared

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=20)
"""A roster that was asked for within this time is not asked for again."""

_person, _identity, _enrolment = table(Person), table(Identity), table(Enrolment)

_TOLD = ("name", "given_name", "family_name", "student_number")
"""Columns of a person that a roster tells; a member has fields of the same names."""
_TOLD_COLUMNS = tuple(_person.c[name] for name in _TOLD)

# Of thousands of rows at once.
_NAME, _ENROL = Prepared(insert(_identity).inline()), Prepared(insert(_enrolment).inline())


@dataclass(frozen=True)
class RosterChange:
    """What a roster changed."""

    people_made: int = 0
    enrolments_made: int = 0
    enrolments_changed: int = 0
    deactivated: int = 0


def refresh_roster(
    sessions: sessionmaker[Session], gateway_for: GatewayFor, course_id: int, clock: Clock
) -> RosterChange:
    """Read a course's roster and apply it, unless that was tried a moment ago: several pages may have asked at once.

    No database transaction is open while the LMS is asked. A roster that breaks off half way changes nothing.

    :raise GatewayProblem: when it could not be read completely.
    """
    with reading(), sessions() as session:
        course = session.get(Course, course_id)
        if course is None or not course.memberships_url:
            return RosterChange()
        if course.roster_tried_at and clock() - course.roster_tried_at < FRESH:
            return RosterChange()
        gateway = gateway_for(session, course.deployment_id)
    try:
        members = gateway.read_roster(course.memberships_url, course.lti_context_id)
    except Refused as problem:
        if problem.code == "gone":
            note_missing(sessions, course_id, clock())
        raise
    finally:
        # Pages that wait for the roster learn so that this attempt is over, however it ended.
        with sessions.begin() as session:
            session.execute(update(Course).where(Course.id == course_id).values(roster_tried_at=clock()))
    try:
        change = _apply(sessions, course, gateway.issuer, members, clock())
    except IntegrityError:
        # Somebody of the roster came by a launch, or another worker read it, at the same moment: they are known now.
        change = _apply(sessions, course, gateway.issuer, members, clock())
    log.info("roster of course %s: %s members, %s", course_id, len(members), change)
    return change


def _apply(
    sessions: sessionmaker[Session], course: Course, issuer: str, members: Sequence[Member], now: datetime
) -> RosterChange:
    with sessions.begin() as session:
        change = apply_roster(session.connection(), course, issuer, members, now)
        there = {"roster_read_at": now, "missing_since": None, "gone_at": None}
        session.execute(update(Course).where(Course.id == course.id).values(there))
    return change


def apply_roster(
    connection: Connection, course: Course, issuer: str, members: Sequence[Member], now: datetime
) -> RosterChange:
    """Make people and enrolments of a complete roster, in a handful of statements whatever its size.

    Who is absent or inactive is no longer active here. A roster without anybody deactivates nobody: an empty class is
    far less likely than a platform's fault.
    """
    by_subject = {member.subject: member for member in members if not member.is_test}
    if not by_subject:
        return RosterChange()
    known = _known(connection, course, issuer, by_subject)
    made = _make_people(
        connection, course, issuer, [by_subject[s] for s in by_subject if s not in known], now
    )
    _take_ids(connection, known, by_subject)
    people = _one_each({subject: row.person_id for subject, row in known.items()} | made, by_subject)
    _take_over(connection, known, {member.subject: member for member in people.values()})
    return _enrol(connection, course, people, len(made), now)


def _one_each(people: dict[str, int], members: dict[str, Member]) -> dict[int, Member]:
    """Return person -> member; of two accounts that are one person here, one that is active counts."""
    order = sorted(members.values(), key=lambda one: (one.active, one.subject))
    return {people[member.subject]: member for member in order}


def _known(connection: Connection, course: Course, issuer: str, subjects: Iterable[str]) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    wanted = list(subjects)
    # Databases limit the parameters of one statement; 500 at a time is far below.
    for start in range(0, len(wanted), 500):
        found = connection.execute(
            select(
                _identity.c.id, _identity.c.subject, _identity.c.lms_id, _identity.c.person_id, *_TOLD_COLUMNS
            )
            .join(_person, _person.c.id == _identity.c.person_id)
            .where(
                _identity.c.tenant_id == course.tenant_id,
                _identity.c.issuer == issuer,
                _identity.c.subject.in_(wanted[start : start + 500]),
            )
        )
        rows |= {row.subject: row for row in found}
    return rows


def _make_people(
    connection: Connection, course: Course, issuer: str, members: list[Member], now: datetime
) -> dict[str, int]:
    if not members:
        return {}
    # Asking for the keys in the order of the rows would make SQLite insert one by one. People who are called the same
    # are the same to us until they have their identities, so names and numbers tell which key is whose.
    result = connection.execute(
        insert(_person).returning(_person.c.id, *_TOLD_COLUMNS),
        [
            {
                "tenant_id": course.tenant_id,
                **_told(member),
                "is_test": False,
                "created_at": now,
            }
            for member in members
        ],
    )
    keys = defaultdict(list)
    for row in result:
        keys[tuple(_told(row).values())].append(int(row.id))
    made = {member.subject: keys[tuple(_told(member).values())].pop() for member in members}
    lms_ids = {member.subject: member.lms_id for member in members}
    _NAME.run_many(
        connection,
        ("person_id", "subject", "lms_id"),
        [(person_id, subject, lms_ids[subject]) for subject, person_id in made.items()],
        {"tenant_id": course.tenant_id, "issuer": issuer, "created_at": now},
    )
    return made


def _take_over(connection: Connection, known: dict[str, Any], members: dict[str, Member]) -> None:
    """Take over names and numbers that changed; a roster that keeps them to itself takes none away."""
    changed = [
        {"key": row.person_id, **{f"new_{column}": value for column, value in facts.items()}}
        for subject, row in known.items()
        if subject in members and (facts := _newest(row, members[subject])) != _told(row)
    ]
    if changed:
        connection.execute(
            update(_person)
            .where(_person.c.id == bindparam("key"))
            .values({column: bindparam(f"new_{column}") for column in _TOLD}),
            changed,
        )


def _take_ids(connection: Connection, known: dict[str, Any], members: dict[str, Member]) -> None:
    """Take over what the platform's own services call people; a roster that does not say takes nothing away."""
    changed = [
        {"key": row.id, "new_lms_id": members[subject].lms_id}
        for subject, row in known.items()
        if members[subject].lms_id not in ("", row.lms_id)
    ]
    if changed:
        connection.execute(
            update(_identity)
            .where(_identity.c.id == bindparam("key"))
            .values(lms_id=bindparam("new_lms_id")),
            changed,
        )


def _newest(known: Any, member: Member) -> dict[str, str]:
    # The parts of a name belong together.
    facts = _told(member if member.name else known)
    return facts | {"student_number": member.student_number or known.student_number}


def _told(one: Any) -> dict[str, str]:
    """Return what a roster tells of a person, of a member or of a row."""
    return {column: getattr(one, column) for column in _TOLD}


def _enrol(
    connection: Connection, course: Course, members: dict[int, Member], people_made: int, now: datetime
) -> RosterChange:
    present = {
        row.person_id: row
        for row in connection.execute(
            select(
                _enrolment.c.id,
                _enrolment.c.person_id,
                _enrolment.c.subject,
                _enrolment.c.roles,
                _enrolment.c.status,
                _enrolment.c.ended_at,
                _enrolment.c.sections,
            )
            .join(_person, _person.c.id == _enrolment.c.person_id)
            .where(_enrolment.c.course_id == course.id, _person.c.is_test.is_(False))
        )
    }
    new = [
        (
            person_id,
            *_facts(member).values(),
            "\n".join(member.sections or ()),
            None if member.active else now,
        )
        for person_id, member in members.items()
        if person_id not in present
    ]
    changed = [
        {
            "key": row.id,
            "n": facts["subject"],
            "r": facts["roles"],
            "s": facts["status"],
            "e": _ended(row, member.active, now),
            "x": sections,
        }
        for person_id, member in members.items()
        if (row := present.get(person_id)) is not None
        and ((facts := _facts(member)), (sections := _sections(row, member)))
        != ({"subject": row.subject, "roles": row.roles, "status": row.status}, row.sections)
    ]
    gone = [
        {"key": row.id, "n": row.subject, "r": row.roles, "s": "inactive", "e": now, "x": row.sections}
        for person_id, row in present.items()
        if person_id not in members and row.status == "active"
    ]
    columns = ("person_id", "subject", "roles", "status", "sections", "ended_at")
    _ENROL.run_many(connection, columns, new, {"course_id": course.id, "mentor_of": []})
    if changed or gone:
        connection.execute(
            update(_enrolment)
            .where(_enrolment.c.id == bindparam("key"))
            .values(
                subject=bindparam("n"),
                roles=bindparam("r"),
                status=bindparam("s"),
                ended_at=bindparam("e"),
                sections=bindparam("x"),
            ),
            changed + gone,
        )
    return RosterChange(people_made, len(new), len(changed), len(gone))


def _ended(row: Any, is_active: bool, now: datetime) -> datetime | None:
    return None if is_active else row.ended_at or now


def _sections(row: Any, member: Member) -> str:
    """Return a member's sections; a roster that does not tell them takes none away."""
    return row.sections if member.sections is None else "\n".join(member.sections)


def _facts(member: Member) -> dict[str, str]:
    return {
        "subject": member.subject,
        "roles": role_text(member.roles),
        "status": "active" if member.active else "inactive",
    }


@dataclass(frozen=True)
class Classmate:
    """A student of a course."""

    person_id: int
    name: str
    given_name: str
    family_name: str


def students_of(session: Session, course_id: int) -> list[Classmate]:
    """Return the active students of a course by family name; one statement."""
    rows = session.execute(
        select(Person.id, Person.name, Person.given_name, Person.family_name, Enrolment.roles)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .where(Enrolment.course_id == course_id, Enrolment.status == "active", Person.is_test.is_(False))
    )
    students = [
        Classmate(
            row.id,
            shown_name(row.name, row.given_name, row.family_name),
            row.given_name,
            row.family_name,
        )
        for row in rows
        if learns(row.roles.split())
    ]
    # A platform that tells no family names is sorted by whole names.
    return sorted(
        students,
        key=lambda one: (plain(one.family_name or one.name), plain(one.name), one.person_id),
    )
