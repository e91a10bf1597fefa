"""Whose plan is to be formally updated when: for the students of one adult, or for a whole district of thousands.

Names and dates only, never what a student wrote. The number of statements does not depend on the number of students.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.lms.calendar import Year
from lti_plp.lms.directory import shown_name
from lti_plp.lms.learners import LEARNS, Learners, advises
from lti_plp.lms.models import Course, Deployment, Enrolment, Person, Relationship
from lti_plp.plp.due_dates import STATES, Due, Obligation, due
from lti_plp.plp.last_times import PlannedMeeting, feedback_of, planned_meetings
from lti_plp.plp.models import Plan
from lti_plp.plp.words import plain

PAGE = 50
"""Students of one page."""
GROUPINGS = ("course", "advisor", "grade", "school")
NO_GRADE = -1
"""Stands for a grade that nobody has told."""
_ORDER = {state: place for place, state in enumerate(("overdue", "soon", "no_plan", "later"))}


@dataclass(frozen=True)
class Blip:
    """One student on the radar."""

    person_id: int
    name: str
    """Empty when no platform tells it."""
    student_number: str
    due: Due
    last: date | None
    """When the plan was last formally updated."""
    grade: int | None
    plan_id: int | None


@dataclass(frozen=True)
class Around:
    """What a page shows besides of each of its students: student's person id -> it."""

    courses: Mapping[int, tuple[str, ...]]
    advisors: Mapping[int, tuple[str, ...]]
    meetings: Mapping[int, PlannedMeeting]
    feedback: Mapping[int, datetime]
    """When somebody last answered a reflection of theirs."""


@dataclass(frozen=True)
class Radar:
    """All students that were asked for, what is most urgent first."""

    blips: tuple[Blip, ...]
    counts: Mapping[str, int]
    """State -> students, before the list is narrowed to one state."""
    grades: tuple[int, ...]
    """That occur, whichever of them is chosen."""

    def page(self, number: int) -> tuple[Blip, ...]:
        """Return the students of a page; the first is 1."""
        return self.blips[(number - 1) * PAGE : number * PAGE]

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-len(self.blips) // PAGE))


@dataclass(frozen=True)
class Group:
    """Students who have something in common, such as a course."""

    key: int | str
    name: str
    counts: Mapping[str, int]

    @property
    def size(self) -> int:
        """How many they are."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Choices:
    """By what a list can be narrowed: (key, name) by name."""

    courses: tuple[tuple[int, str], ...]
    advisors: tuple[tuple[int, str], ...]
    schools: tuple[str, ...]


def obligation_of(year: Year) -> Obligation:
    """Return what a school's calendar asks of its plans."""
    return Obligation(year.first_day, year.plans_due_on)


def radar(
    session: Session,
    learners: Learners,
    year: Year,
    today: date,
    state: str | None = None,
    grade: int | None = None,
) -> Radar:
    """Return where the plans of these students stand; one statement."""
    asked = obligation_of(year)
    rows = session.execute(
        select(
            Person.id,
            Person.name,
            Person.given_name,
            Person.family_name,
            Person.student_number,
            Plan.id.label("plan_id"),
            Plan.first_developed_at,
            Plan.formally_updated_at,
            Plan.grade,
        )
        .outerjoin(Plan, Plan.person_id == Person.id)
        .where(Person.id.in_(learners.ids(today)))
    ).all()
    grades = {row.grade for row in rows}
    blips = [
        (_blip(row, asked, today), plain(row.family_name or row.name))
        for row in rows
        if grade is None or (NO_GRADE if row.grade is None else row.grade) == grade
    ]
    blips.sort(key=_urgency)
    counts = Counter(blip.due.state for blip, _ in blips)
    return Radar(
        tuple(blip for blip, _ in blips if state is None or blip.due.state == state),
        {one: counts[one] for one in STATES},
        tuple(sorted(NO_GRADE if one is None else one for one in grades)),
    )


def _blip(row: Any, asked: Obligation, today: date) -> Blip:
    updated = row.formally_updated_at
    return Blip(
        row.id,
        shown_name(row.name, row.given_name, row.family_name),
        row.student_number,
        due(row.first_developed_at, updated, asked, today),
        updated.date() if updated else None,
        row.grade,
        row.plan_id,
    )


def _urgency(blip_and_name: tuple[Blip, str]) -> tuple[int, date, str, int]:
    blip, name = blip_and_name
    return _ORDER[blip.due.state], blip.due.on or date.max, name, blip.person_id


def around(session: Session, tenant_id: int, blips: Sequence[Blip], today: date) -> Around:
    """Return what else is shown of the students of a page; five statements."""
    ids = [blip.person_id for blip in blips]
    plans = {blip.plan_id: blip.person_id for blip in blips if blip.plan_id is not None}
    meetings = planned_meetings(session, plans, today)
    return Around(
        courses=_gathered((one, title) for one, _, title in _in_courses(session, ids) if title),
        advisors=_gathered((one, name) for one, _, name in _with_advisors(session, tenant_id, ids, today)),
        meetings={plans[plan_id]: one for plan_id, one in meetings.items()},
        feedback=feedback_of(session, ids),
    )


def courses_of(session: Session, learners: Learners, today: date) -> Mapping[int, tuple[str, ...]]:
    """Return student's person id -> titles of courses, for any number of students; one statement."""
    members = _in_courses(session, learners.ids(today))
    return _gathered((one, title) for one, _, title in members if title)


def choices(session: Session, learners: Learners, today: date) -> Choices:
    """Return by what the list of these students can be narrowed; three statements."""
    people = learners.ids(today)
    courses = session.execute(
        select(Course.id, Course.title).where(
            Course.tenant_id == learners.tenant_id,
            Course.title != "",
            Course.id.in_(select(Enrolment.course_id).where(Enrolment.person_id.in_(people), LEARNS)),
        )
    )
    advisors = session.execute(
        select(Person.id, Person.name, Person.given_name, Person.family_name).where(
            Person.tenant_id == learners.tenant_id,
            Person.id.in_(
                select(Relationship.adult_id).where(advises(today), Relationship.student_id.in_(people))
            ),
        )
    )
    schools = session.scalars(
        select(Deployment.platform_name)
        .where(Deployment.tenant_id == learners.tenant_id, Deployment.platform_name != "")
        .distinct()
    )
    return Choices(
        _by_name((row.id, row.title) for row in courses),
        _by_name((row.id, shown_name(row.name, row.given_name, row.family_name)) for row in advisors),
        tuple(sorted(schools, key=plain)),
    )


def groups(session: Session, learners: Learners, found: Radar, by: str, today: date) -> tuple[Group, ...]:
    """Return the students of a list in groups, by name; whoever is in several courses counts in each.

    ``by`` is one of :data:`GROUPINGS`. One statement, or none.
    """
    states = {blip.person_id: blip.due.state for blip in found.blips}
    counted: dict[int | str, Counter[str]] = {}
    names: dict[int | str, str] = {}
    for person_id, key, name in _members(session, learners, found, by, today):
        if person_id in states:
            counted.setdefault(key, Counter())[states[person_id]] += 1
            names[key] = name
    made = (Group(key, names[key], counts) for key, counts in counted.items())
    return tuple(sorted(made, key=_place_of_group))


def _place_of_group(group: Group) -> tuple[bool, int, str]:
    return (
        group.name == "",
        group.key if isinstance(group.key, int) and not group.name else 0,
        plain(group.name),
    )


_Members = Iterable[tuple[int, int | str, str]]
"""(student, key of the group, its name)."""


def _members(session: Session, learners: Learners, found: Radar, by: str, today: date) -> _Members:
    people = learners.ids(today)
    if by == "course":
        return _in_courses(session, people)
    if by == "advisor":
        return _with_advisors(session, learners.tenant_id, people, today)
    if by == "school":
        return _in_schools(session, people)
    return ((one.person_id, NO_GRADE if one.grade is None else one.grade, "") for one in found.blips)


def _in_courses(session: Session, people: Any) -> _Members:
    rows = session.execute(
        select(Enrolment.person_id, Course.id, Course.title)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Enrolment.person_id.in_(people), LEARNS)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _with_advisors(session: Session, tenant_id: int, people: Any, today: date) -> _Members:
    rows = session.execute(
        select(
            Relationship.student_id,
            Relationship.adult_id,
            Person.name,
            Person.given_name,
            Person.family_name,
        )
        .join(Person, Person.id == Relationship.adult_id)
        .where(Relationship.tenant_id == tenant_id, Relationship.student_id.in_(people), advises(today))
    )
    return [(row[0], row[1], shown_name(row[2], row[3], row[4])) for row in rows]


def _in_schools(session: Session, people: Any) -> _Members:
    rows = session.execute(
        select(Enrolment.person_id, Deployment.platform_name)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Enrolment.person_id.in_(people), LEARNS)
        .distinct()
    )
    return [(row[0], row[1], row[1]) for row in rows]


def _gathered(pairs: Iterable[tuple[int, str]]) -> dict[int, tuple[str, ...]]:
    found: dict[int, set[str]] = {}
    for key, name in pairs:
        found.setdefault(key, set()).add(name)
    return {key: tuple(sorted(names, key=plain)) for key, names in found.items()}


def _by_name(pairs: Iterable[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    return tuple(sorted(pairs, key=lambda pair: (plain(pair[1]), pair[0])))
