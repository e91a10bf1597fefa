"""With which students an adult has to do today, and as what.

A teacher has to do with those who learn in a course that she teaches, for as long as both are in it and some days more.
An administrator names advisors and counselors; either of these may let a colleague stand in, never for more than they
have themselves. Nobody else has to do with anybody.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, bindparam, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from lti_plp.database import BigId, UtcDateTime
from lti_plp.lms.models import Enrolment, Identity, Person, Relationship, StandIn
from lti_plp.plp.actor import Role, learns, teaches
from lti_plp.plp.models import Plan
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing
from lti_plp.prepared import Prepared, Question, ask, one_of

_TENANT, _ADULT, _TODAY = (
    bindparam("tenant", type_=BigId),
    bindparam("adult", type_=BigId),
    bindparam("today", type_=Date),
)
_AFTER = bindparam("after", type_=UtcDateTime)
_STANDS_IN = {
    "substitute": Standing.SUBSTITUTE,
    "co_teacher": Standing.CO_TEACHER,
    "co_advisor": Standing.CO_ADVISOR,
}


@dataclass(frozen=True)
class Tie:
    """What an adult has to do with one student."""

    student_id: int
    standing: frozenset[Standing]
    courses: frozenset[int] = frozenset()
    """In which the adult teaches the student, or stands in."""
    is_ending: bool = False
    """Nothing holds it but the days of grace."""
    sections: frozenset[tuple[int, str]] = frozenset()
    """Of those courses, in which the student is: (course, name)."""

    def work(self, tenant_id: int, audience: str = "team") -> PlanWork:
        """Return an item of the student's plan as the policy sees it."""
        return PlanWork(tenant_id, self.student_id, audience, self.standing)


@dataclass
class _Found:
    """What is being put together for one student."""

    standing: set[Standing] = field(default_factory=set)
    courses: set[int] = field(default_factory=set)
    sections: set[tuple[int, str]] = field(default_factory=set)
    is_lasting: bool = False

    def add(self, standing: Standing, course_id: int | None = None, *, is_lasting: bool = True) -> None:
        self.standing.add(standing)
        self.is_lasting = self.is_lasting or is_lasting
        if course_id is not None:
            self.courses.add(course_id)


def ties_of(
    session: Session,
    tenant_id: int,
    adult_id: int,
    now: datetime,
    grace_days: int,
    students: Collection[int] | None = None,
    *,
    follows: bool = True,
) -> dict[int, Tie]:
    """Return student's person id -> tie, for all students or only for some; three statements, or four for family.

    Without ``follows`` nobody is asked whom a platform lets the adult follow: the school's own adults follow nobody.
    """
    after = now - timedelta(days=grace_days)
    found: dict[int, _Found] = {}
    values = {"tenant": tenant_id, "adult": adult_id, "today": now.date(), "after": after}
    learners, related = _OF_ALL if students is None else _OF_SOME
    if students is not None:
        values["students"] = students
    ask(session, Question([(learners, values), (related, values)], partial(_add, found, adult_id)))
    if follows:
        _add_followed(session, tenant_id, adult_id, after, students, found)
    return {
        student_id: Tie(
            student_id,
            frozenset(one.standing),
            frozenset(one.courses),
            is_ending=not one.is_lasting,
            sections=frozenset(one.sections),
        )
        for student_id, one in found.items()
        if student_id != adult_id
    }


def tie_with(
    session: Session, tenant_id: int, adult_id: int, student_id: int, now: datetime, grace_days: int
) -> Tie:
    """Return what an adult has to do with one student; with an empty standing, nothing."""
    ties = ties_of(session, tenant_id, adult_id, now, grace_days, [student_id])
    return ties.get(student_id, Tie(student_id, frozenset()))


def work_on(
    session: Session, plan: Plan, adult_id: int, now: datetime, grace_days: int, audience: str = "team"
) -> PlanWork:
    """Return an item of a plan as the policy sees it for an adult."""
    tie = tie_with(session, plan.tenant_id, adult_id, plan.person_id, now, grace_days)
    return tie.work(plan.tenant_id, audience)


def _counts(enrolment: Any, after: Any) -> ColumnElement[bool]:
    """Whether an enrolment still gives something: it is active, or ended less than the days of grace ago."""
    return or_(enrolment.status == "active", enrolment.ended_at > after)


def _stands_in() -> ColumnElement[bool]:
    """Whether the adult stands in for somebody today."""
    return and_(
        StandIn.tenant_id == _TENANT,
        StandIn.person_id == _ADULT,
        StandIn.ended_at.is_(None),
        StandIn.valid_from <= _TODAY,
        StandIn.valid_to >= _TODAY,
    )


def _learners(*more: Callable[[Any], ColumnElement[bool]]) -> Prepared:
    """Make the statement for those who learn where the adult, or a colleague for whom the adult stands in, teaches."""
    teaching, learning = aliased(Enrolment), aliased(Enrolment)
    both = (
        select(
            learning.person_id,
            learning.course_id,
            learning.roles,
            learning.status,
            learning.sections,
            teaching.roles.label("teaching_roles"),
            teaching.status.label("teaching_status"),
        )
        .join(teaching, teaching.course_id == learning.course_id)
        .join(Person, Person.id == learning.person_id)
        .where(
            Person.tenant_id == _TENANT,
            Person.is_test.is_(False),
            learning.roles.contains(Role.LEARNER.value),
            _counts(learning, _AFTER),
            _counts(teaching, _AFTER),
            *(condition(learning.person_id) for condition in more),
        )
    )
    own = both.add_columns(literal("").label("kind")).where(teaching.person_id == _ADULT)
    others = (
        both.add_columns(StandIn.kind)
        .join(StandIn, and_(StandIn.course_id == teaching.course_id, StandIn.for_id == teaching.person_id))
        .where(_stands_in())
    )
    return Prepared(union_all(own, others))


def _related(*more: Callable[[Any], ColumnElement[bool]]) -> Prepared:
    """Make the statement for those whom the school gave to the adult, or to a colleague who is stood in for."""
    of_colleague = and_(
        StandIn.for_id == Relationship.adult_id,
        StandIn.course_id.is_(None),
        Relationship.kind == "advisor",
        _stands_in(),
    )
    return Prepared(
        select(
            Relationship.adult_id, Relationship.student_id, Relationship.kind, StandIn.kind.label("as_what")
        )
        .outerjoin(StandIn, of_colleague)
        .where(
            Relationship.tenant_id == _TENANT,
            or_(Relationship.adult_id == _ADULT, StandIn.id.is_not(None)),
            Relationship.ended_at.is_(None),
            Relationship.valid_from <= _TODAY,
            or_(Relationship.valid_to.is_(None), Relationship.valid_to >= _TODAY),
            *(condition(Relationship.student_id) for condition in more),
        )
    )


def _is_named(column: Any) -> ColumnElement[bool]:
    return one_of(column, "students")


_OF_ALL = _learners(), _related()
_OF_SOME = _learners(_is_named), _related(_is_named)


def _add(found: dict[int, _Found], adult_id: int, learners: Sequence[Any], related: Sequence[Any]) -> None:
    for one in learners:
        if learns(one.roles.split()) and teaches(one.teaching_roles.split()):
            is_lasting = one.status == one.teaching_status == "active"
            standing = _STANDS_IN.get(one.kind, Standing.TEACHER)
            mine = found.setdefault(one.person_id, _Found())
            mine.add(standing, one.course_id, is_lasting=is_lasting)
            mine.sections.update((one.course_id, name) for name in one.sections.splitlines())
    for one in related:
        standing = Standing(one.kind) if one.adult_id == adult_id else _STANDS_IN[one.as_what]
        found.setdefault(one.student_id, _Found()).add(standing)


def _add_followed(
    session: Session,
    tenant_id: int,
    adult_id: int,
    after: datetime,
    students: Collection[int] | None,
    found: dict[int, _Found],
) -> None:
    """Add those whom a platform lets the adult follow; it names them as it names the adult."""
    lists = session.scalars(
        select(Enrolment.mentor_of)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.person_id == adult_id, Person.tenant_id == tenant_id, _counts(Enrolment, after))
    )
    subjects = {subject for one in lists for subject in one}
    if not subjects:
        return
    own = aliased(Identity)
    wanted = (
        select(Identity.person_id)
        .join(own, and_(own.issuer == Identity.issuer, own.tenant_id == Identity.tenant_id))
        .where(Identity.tenant_id == tenant_id, Identity.subject.in_(subjects), own.person_id == adult_id)
    )
    if students is not None:
        wanted = wanted.where(Identity.person_id.in_(students))
    for student_id in session.scalars(wanted):
        found.setdefault(student_id, _Found()).add(Standing.FAMILY)
