"""With which students an adult has to do today, and as what.

A teacher has to do with those who learn in a course that she teaches, for as long as both are in it and some days more.
An administrator names advisors and counselors; either of these may let a colleague stand in, never for more than they
have themselves. Nobody else has to do with anybody.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from lti_plp.lms.models import Enrolment, Identity, Person, Relationship, StandIn
from lti_plp.plp.actor import learns, teaches
from lti_plp.plp.models import Plan
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing

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

    def work(self, tenant_id: int, audience: str = "team") -> PlanWork:
        """Return an item of the student's plan as the policy sees it."""
        return PlanWork(tenant_id, self.student_id, audience, self.standing)


@dataclass
class _Found:
    """What is being put together for one student."""

    standing: set[Standing] = field(default_factory=set)
    courses: set[int] = field(default_factory=set)
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
) -> dict[int, Tie]:
    """Return student's person id -> tie, for all students or only for some; five statements at the most."""
    after = now - timedelta(days=grace_days)
    own = session.execute(
        select(
            Enrolment.course_id, Enrolment.roles, Enrolment.mentor_of, Enrolment.status, Enrolment.ended_at
        )
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.person_id == adult_id, Person.tenant_id == tenant_id)
    ).all()
    stand_ins = _stand_ins(session, tenant_id, adult_id, now)
    courses = {
        one.course_id: (Standing.TEACHER, one.status == "active")
        for one in own
        if teaches(one.roles.split()) and _counts(one, after)
    }
    for one in stand_ins:
        if (
            one.course_id not in (None, *courses)
            and teaches((one.roles or "").split())
            and _counts(one, after)
        ):
            courses[one.course_id] = (_STANDS_IN[one.kind], one.status == "active")
    found: dict[int, _Found] = {}
    _add_learners(session, tenant_id, courses, after, students, found)
    colleagues = {one.for_id: _STANDS_IN[one.kind] for one in stand_ins if one.course_id is None}
    _add_related(session, tenant_id, adult_id, colleagues, now, students, found)
    followed = {subject for one in own if _counts(one, after) for subject in one.mentor_of}
    _add_followed(session, tenant_id, adult_id, followed, students, found)
    return {
        student_id: Tie(
            student_id, frozenset(one.standing), frozenset(one.courses), is_ending=not one.is_lasting
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


def _counts(enrolment: Any, after: datetime) -> bool:
    """Whether an enrolment still gives something: it is active, or ended less than the days of grace ago."""
    return enrolment.status == "active" or (enrolment.ended_at is not None and enrolment.ended_at > after)


def _stand_ins(session: Session, tenant_id: int, adult_id: int, now: datetime) -> list[Any]:
    """Return for whom somebody stands in today, with the colleague's own enrolment in the course."""
    today = now.date()
    return list(
        session.execute(
            select(
                StandIn.kind,
                StandIn.for_id,
                StandIn.course_id,
                Enrolment.roles,
                Enrolment.status,
                Enrolment.ended_at,
            )
            .outerjoin(
                Enrolment,
                and_(Enrolment.course_id == StandIn.course_id, Enrolment.person_id == StandIn.for_id),
            )
            .where(
                StandIn.tenant_id == tenant_id,
                StandIn.person_id == adult_id,
                StandIn.ended_at.is_(None),
                StandIn.valid_from <= today,
                StandIn.valid_to >= today,
            )
            # A colleague's own word first: a co-teacher may do more than a substitute.
            .order_by(StandIn.kind, StandIn.id)
        )
    )


def _add_learners(
    session: Session,
    tenant_id: int,
    courses: dict[int, tuple[Standing, bool]],
    after: datetime,
    students: Collection[int] | None,
    found: dict[int, _Found],
) -> None:
    if not courses:
        return
    wanted = (
        select(
            Enrolment.person_id, Enrolment.course_id, Enrolment.roles, Enrolment.status, Enrolment.ended_at
        )
        .join(Person, Person.id == Enrolment.person_id)
        .where(
            Enrolment.course_id.in_(courses),
            Person.tenant_id == tenant_id,
            Person.is_test.is_(False),
            or_(Enrolment.status == "active", Enrolment.ended_at > after),
        )
    )
    if students is not None:
        wanted = wanted.where(Enrolment.person_id.in_(students))
    for one in session.execute(wanted):
        if learns(one.roles.split()):
            standing, is_active = courses[one.course_id]
            is_lasting = is_active and one.status == "active"
            found.setdefault(one.person_id, _Found()).add(standing, one.course_id, is_lasting=is_lasting)


def _add_related(
    session: Session,
    tenant_id: int,
    adult_id: int,
    colleagues: dict[int, Standing],
    now: datetime,
    students: Collection[int] | None,
    found: dict[int, _Found],
) -> None:
    today = now.date()
    wanted = select(Relationship.adult_id, Relationship.student_id, Relationship.kind).where(
        Relationship.tenant_id == tenant_id,
        Relationship.adult_id.in_([adult_id, *colleagues]),
        Relationship.ended_at.is_(None),
        Relationship.valid_from <= today,
        or_(Relationship.valid_to.is_(None), Relationship.valid_to >= today),
    )
    if students is not None:
        wanted = wanted.where(Relationship.student_id.in_(students))
    for one in session.execute(wanted):
        if one.adult_id == adult_id:
            found.setdefault(one.student_id, _Found()).add(Standing(one.kind))
        elif one.kind == "advisor":
            found.setdefault(one.student_id, _Found()).add(colleagues[one.adult_id])


def _add_followed(
    session: Session,
    tenant_id: int,
    adult_id: int,
    subjects: set[str],
    students: Collection[int] | None,
    found: dict[int, _Found],
) -> None:
    """Add those whom a platform lets the adult follow; it names them as it names the adult."""
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
