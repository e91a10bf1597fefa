"""One student who is here twice: an administrator says that two people are one, and what they have comes together."""

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, delete, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from lti_plp.database import Base
from lti_plp.errors import BadInput
from lti_plp.lms.coursework_models import CourseworkReading
from lti_plp.lms.directory import role_text, roles_from_text
from lti_plp.lms.joining_columns import EMPTY, ENDED, FATES, Moved
from lti_plp.lms.joining_offers import offered
from lti_plp.lms.models import (
    Course,
    Enrolment,
    Person,
    PersonJudgement,
    Relationship,
    StandIn,
)
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import Plan, Reflection
from lti_plp.plp.policy import Action, SchoolWide, require

log = logging.getLogger(__name__)

_REFUSED = "this person was joined to another"
"""What the database says when something is to be written of somebody given up (migration ``merged_accounts``)."""


def say_two(session: Session, actor: Actor, first_id: int, second_id: int, now: datetime) -> None:
    """Remember that these are two people.

    :raise NotAllowed: when the actor is no administrator.
    :raise BadInput: ``joining_over`` when they are not offered, or no longer.
    """
    first, second = _locked_pair(session, actor, first_id, second_id)
    _remember(session, actor, (first.id, second.id), None, now)


def join(session: Session, actor: Actor, first_id: int, second_id: int, now: datetime) -> int:
    """Make one person of two; return who is kept: the one with a plan, else the older.

    :raise NotAllowed: when the actor is no administrator.
    :raise BadInput: ``joining_over`` when they are not offered, or no longer; ``joining_both_plans``,
        ``joining_both_reflections``, ``joining_rated`` for what would be lost.
    """
    first, second = _locked_pair(session, actor, first_id, second_id)
    kept, other = _kept_first(session, first, second)
    _require_nothing_lost(session, kept.id, other.id)
    _read_whole(session, other.id)
    _merge_enrolments(session, kept.id, other.id)
    _move_relationships(session, kept.id, other.id, now)
    _move_stand_ins(session, kept.id, other.id)
    _move_columns(session, kept.id, other.id)
    _remember(session, actor, (first.id, second.id), kept.id, now)
    session.expire_all()
    log.info("person %s was joined to person %s", other.id, kept.id)
    return kept.id


def names_given_up(problem: IntegrityError) -> bool:
    """Say whether the database refused a row because it names somebody who was joined to somebody else meanwhile.

    Who began before may still want to write when the two are one: nobody would ever see that.
    """
    return _REFUSED in str(problem.orig)


def was_given_up(session: Session, person_id: int) -> bool:
    """Say whether a person was joined to another one, who is kept."""
    named = or_(PersonJudgement.first_id == person_id, PersonJudgement.second_id == person_id)
    return bool(session.scalar(select(exists().where(named, PersonJudgement.kept_id != person_id))))


def _locked_pair(session: Session, actor: Actor, first_id: int, second_id: int) -> tuple[Person, Person]:
    """Return two people who are offered, so that nobody else writes anything of them meanwhile."""
    require(actor, Action.MANAGE_SCHOOL, SchoolWide(actor.tenant_id))
    pair = (min(first_id, second_id), max(first_id, second_id))
    # Courses before people, each by their ids, as whoever takes a course's results does.
    courses = select(Enrolment.course_id).where(Enrolment.person_id.in_(pair))
    session.execute(
        select(Course.id)
        .where(Course.id.in_(courses), Course.tenant_id == actor.tenant_id)
        .order_by(Course.id)
        .with_for_update(key_share=True)
    )
    # Not with a key share: a row that is to name one of them waits until they are joined.
    people = session.scalars(
        select(Person)
        .where(Person.id.in_(pair), Person.tenant_id == actor.tenant_id)
        .order_by(Person.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(people) < len(pair) or pair not in offered(session, actor.tenant_id):
        raise BadInput("These two are not offered for joining.", code="joining_over", status=409)
    return people[0], people[1]


def _remember(
    session: Session, actor: Actor, pair: tuple[int, int], kept_id: int | None, now: datetime
) -> None:
    session.add(
        PersonJudgement(
            tenant_id=actor.tenant_id,
            first_id=pair[0],
            second_id=pair[1],
            kept_id=kept_id,
            judged_by=actor.person_id,
            judged_at=now,
        )
    )
    session.flush()


def _kept_first(session: Session, first: Person, second: Person) -> tuple[Person, Person]:
    with_plan = set(session.scalars(select(Plan.person_id).where(Plan.person_id.in_((first.id, second.id)))))
    order = sorted((first, second), key=lambda one: (one.id not in with_plan, one.created_at, one.id))
    return order[0], order[1]


def _column(name: str) -> tuple[Table, Column[Any]]:
    table, column = name.split(".")
    found = Base.metadata.tables[table]
    return found, found.c[column]


_PROBLEMS = {
    "plan.person_id": "joining_both_plans",
    "handed_in_copy.person_id": "joining_both_plans",
    "judgement.person_id": "joining_rated",
    "rating.person_id": "joining_rated",
}
"""Column that must be empty -> why the two are not joined."""


def _require_nothing_lost(session: Session, kept_id: int, other_id: int) -> None:
    """Refuse to join what cannot be laid together: nothing of it is lost as long as they are two."""
    for name, fate in FATES.items():
        if fate != EMPTY:
            continue
        table, column = _column(name)
        wanted = column == other_id
        if name == "rating.person_id":
            # What came from an LMS comes again, for the kept person.
            wanted = and_(wanted, table.c.source_key == "")
        if session.scalar(select(exists().where(wanted))):
            raise BadInput("Both have something of which there can be one.", code=_PROBLEMS[name], status=409)
    mine, theirs = aliased(Reflection), aliased(Reflection)
    both = exists().where(
        mine.person_id == kept_id,
        theirs.person_id == other_id,
        mine.resource_link_id == theirs.resource_link_id,
    )
    if session.scalar(select(both)):
        raise BadInput("Both answered the same link.", code="joining_both_reflections", status=409)


def _read_whole(session: Session, other_id: int) -> None:
    """Have all work of the other's courses read, and not only what changes: its results are the kept person's."""
    session.execute(
        update(CourseworkReading)
        .where(
            CourseworkReading.course_id.in_(
                select(Enrolment.course_id).where(Enrolment.person_id == other_id)
            )
        )
        .values(whole_at=None, changes_since=None)
        .execution_options(synchronize_session=False)
    )


def _merge_enrolments(session: Session, kept_id: int, other_id: int) -> None:
    there = {
        one.course_id: one for one in session.scalars(select(Enrolment).where(Enrolment.person_id == kept_id))
    }
    for one in session.scalars(select(Enrolment).where(Enrolment.person_id == other_id)).all():
        twin = there.get(one.course_id)
        if twin is None:
            one.person_id = kept_id
            continue
        twin.roles = role_text(roles_from_text(twin.roles) | roles_from_text(one.roles))
        twin.mentor_of = sorted({*twin.mentor_of, *one.mentor_of})
        twin.sections = "\n".join(sorted({*twin.sections.splitlines(), *one.sections.splitlines()}))
        if one.status == "active" and twin.status != "active":
            # Of merged accounts, the one whose part in the course goes on is its name there.
            twin.subject, twin.status, twin.ended_at = one.subject, "active", None
        session.delete(one)
    session.flush()


def _move_relationships(session: Session, kept_id: int, other_id: int, now: datetime) -> None:
    """Move who advises whom; what is said of the kept person already, or of the two themselves, ends."""
    rows = session.scalars(
        select(Relationship).where(
            or_(
                Relationship.adult_id.in_((kept_id, other_id)),
                Relationship.student_id.in_((kept_id, other_id)),
            )
        )
    ).all()
    said = {(one.adult_id, one.student_id, one.kind) for one in rows if one.ended_at is None}
    for one in rows:
        adult = kept_id if one.adult_id == other_id else one.adult_id
        student = kept_id if one.student_id == other_id else one.student_id
        if (adult, student) == (one.adult_id, one.student_id):
            continue
        if adult == student or (one.ended_at is None and (adult, student, one.kind) in said):
            one.ended_at = one.ended_at or now
            continue
        one.adult_id, one.student_id = adult, student
        if one.ended_at is None:
            said.add((adult, student, one.kind))
    session.flush()


def _move_stand_ins(session: Session, kept_id: int, other_id: int) -> None:
    rows = session.scalars(
        select(StandIn).where(or_(StandIn.person_id == other_id, StandIn.for_id == other_id))
    )
    for one in rows.all():
        person = kept_id if one.person_id == other_id else one.person_id
        colleague = kept_id if one.for_id == other_id else one.for_id
        if person != colleague:
            one.person_id, one.for_id = person, colleague
    session.flush()


def _move_columns(session: Session, kept_id: int, other_id: int) -> None:
    for name, fate in FATES.items():
        table, column = _column(name)
        if fate == ENDED:
            session.execute(delete(table).where(column == other_id))
        elif isinstance(fate, Moved):
            session.execute(
                update(table)
                .where(column == other_id, *_no_twin(table, column.name, fate, kept_id))
                .values({column.name: kept_id})
            )


def _no_twin(table: Table, column: str, fate: Moved, kept_id: int) -> list[ColumnElement[bool]]:
    if not fate.unless:
        return []
    twin = table.alias()
    same = (twin.c[one] == table.c[one] for one in fate.unless)
    return [~exists().where(twin.c[column] == kept_id, *same)]
