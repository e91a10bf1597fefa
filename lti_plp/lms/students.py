"""What launches and rosters already tell of a student, so that nobody types it: name, number, school, courses, dues."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from lti_plp.errors import NotFound
from lti_plp.lms.directory import shown_name
from lti_plp.lms.models import TEACHES, Course, Deployment, Enrolment, Person, ResourceLink, Tenant
from lti_plp.plp.actor import Role, learns, teaches
from lti_plp.plp.models import Reflection, ReflectionTemplate
from lti_plp.prepared import Prepared, Question, ask


@dataclass(frozen=True)
class CourseFacts:
    """A course in which the student learns now."""

    id: int
    title: str
    """Empty when the platform tells none; a link outside any course has none."""
    teachers: tuple[str, ...]


@dataclass(frozen=True)
class DueWork:
    """A reflection that was placed in one of the courses."""

    link_id: int
    course_id: int
    title: str
    due_at: datetime | None
    state: str
    """``new``, ``writing`` (also when taken up again after sending), ``sent``."""


@dataclass(frozen=True)
class StudentFacts:
    """All that the head of a plan says of its student; what no platform has told is empty."""

    name: str
    given_name: str
    student_number: str
    school: str
    """What the platform of the newest course calls itself; the tenant's name when none does."""
    courses: tuple[CourseFacts, ...]
    """By title."""
    due: tuple[DueWork, ...]
    """By due date; what has none comes last."""


def student_facts(session: Session, tenant_id: int, person_id: int) -> StudentFacts:
    """Return what is known of a student over all courses; three statements, whatever the number of courses.

    :raise NotFound: when the person is nobody of this tenant.
    """
    rows = _enrolments(session, tenant_id, person_id)
    if not rows:
        raise NotFound("There is no such student.")
    person, places = rows[0], _learning(rows)
    course_ids = [place.course_id for place in places]
    teachers = _teachers(session, course_ids)
    courses = (
        CourseFacts(place.course_id, place.title, _names(teachers, {place.course_id})) for place in places
    )
    schools = [place.platform_name for place in places if place.platform_name]
    return StudentFacts(
        name=shown_name(person.name, person.given_name, person.family_name),
        given_name=person.given_name,
        student_number=person.student_number,
        school=schools[-1] if schools else person.tenant_name,
        courses=tuple(sorted(courses, key=lambda course: (course.title.casefold(), course.id))),
        due=tuple(work for work in due_work(session, person_id) if work.course_id in course_ids),
    )


def supporters(session: Session, tenant_id: int, person_id: int) -> tuple[str, ...]:
    """Return the names of a student's teachers, to be offered when the student names who helps; two statements."""
    places = _learning(_enrolments(session, tenant_id, person_id))
    course_ids = [place.course_id for place in places]
    return _names(_teachers(session, course_ids), set(course_ids))


def due_work(session: Session, person_id: int) -> tuple[DueWork, ...]:
    """Return what a student's courses wait for, by due date; one statement."""
    return ask(session, due_of(person_id))


def due_of(person_id: int) -> Question[tuple[DueWork, ...]]:
    """Ask for what a student's courses wait for, by due date; one statement."""
    return Question([(_DUE, {"person": person_id})], _due)


def _due(rows: Sequence[Any]) -> tuple[DueWork, ...]:
    works = (DueWork(row.id, row.course_id, row.title, row.due_at, _STATES[row.state]) for row in rows)
    return tuple(sorted(works, key=_urgency))


def _enrolments(session: Session, tenant_id: int, person_id: int) -> Sequence[Any]:
    """Return the person with each active enrolment, oldest first; one row with nulls for somebody without any."""
    return session.execute(
        select(
            Person.name,
            Person.given_name,
            Person.family_name,
            Person.student_number,
            Tenant.name.label("tenant_name"),
            Enrolment.roles,
            Course.id.label("course_id"),
            Course.title,
            Deployment.platform_name,
        )
        .join(Tenant, Tenant.id == Person.tenant_id)
        .outerjoin(Enrolment, and_(Enrolment.person_id == Person.id, Enrolment.status == "active"))
        .outerjoin(Course, Course.id == Enrolment.course_id)
        .outerjoin(Deployment, Deployment.id == Course.deployment_id)
        .where(Person.id == person_id, Person.tenant_id == tenant_id)
        .order_by(Enrolment.id)
    ).all()


def _learning(rows: Sequence[Any]) -> list[Any]:
    return [row for row in rows if row.course_id is not None and learns(row.roles.split())]


def _teachers(session: Session, course_ids: Collection[int]) -> Sequence[Any]:
    if not course_ids:
        return ()
    rows = session.execute(
        select(Enrolment.course_id, Enrolment.roles, Person.name, Person.given_name, Person.family_name)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.course_id.in_(course_ids), Enrolment.status == "active", TEACHES)
    )
    return [row for row in rows if teaches(row.roles.split())]


def _names(teachers: Sequence[Any], course_ids: Collection[int]) -> tuple[str, ...]:
    """Return the teachers of some courses, each once; somebody whom the platform does not name cannot be shown."""
    found = {
        shown_name(row.name, row.given_name, row.family_name)
        for row in teachers
        if row.course_id in course_ids
    }
    return tuple(sorted(found - {""}, key=str.casefold))


_ANYBODYS = aliased(Reflection)
_DUE = Prepared(
    select(
        ResourceLink.id,
        ResourceLink.course_id,
        ReflectionTemplate.title,
        ReflectionTemplate.due_at,
        Reflection.state,
    )
    .join(ReflectionTemplate, ReflectionTemplate.id == ResourceLink.template_id)
    .outerjoin(
        Reflection,
        and_(Reflection.resource_link_id == ResourceLink.id, Reflection.person_id == bindparam("person")),
    )
    .where(
        ResourceLink.course_id.in_(
            select(Enrolment.course_id).where(
                Enrolment.person_id == bindparam("person"),
                Enrolment.status == "active",
                Enrolment.roles.contains(Role.LEARNER.value),
                Enrolment.roles.not_like(f"%{Role.MENTOR.value}%"),
            )
        ),
        # What no student has begun may not be published yet: then only the platform knows the way to it.
        exists().where(_ANYBODYS.resource_link_id == ResourceLink.id),
    )
)
_STATES = {None: "new", "draft": "writing", "submitted": "sent"}


def _urgency(work: DueWork) -> tuple[bool, float, int]:
    # Databases do not agree on where nulls stand in an order.
    return (work.due_at is None, work.due_at.timestamp() if work.due_at else 0.0, work.link_id)
