"""A class or a caseload as a list: of each student a goal, when she was last here, and what needs somebody.

Everything is read in one statement, however many students there are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Date, bindparam, case, exists, func, select
from sqlalchemy.orm import Session

from lti_plp.database import BigId
from lti_plp.lms.calendar import NEXT_YEAR_WITHIN, usual_year
from lti_plp.lms.directory import shown_name
from lti_plp.lms.models import Person, ResourceLink, SchoolYear
from lti_plp.lms.reading_list import is_to_read
from lti_plp.lms.sections import courses_of, in_section, only_one
from lti_plp.lms.ties import Tie
from lti_plp.plp.calls import is_about_shared, is_answered, is_open
from lti_plp.plp.due_dates import Due, Obligation, due
from lti_plp.plp.models import (
    Goal,
    HelpRequest,
    Plan,
    Reflection,
)
from lti_plp.plp.policy import TEAM_SEES
from lti_plp.plp.trusted import is_worked_on, names_trusted_adult
from lti_plp.plp.unread import count_unread
from lti_plp.plp.words import plain
from lti_plp.prepared import Prepared, Question, ask, one_of

SILENT = timedelta(days=21)
"""Whoever did nothing for so long is silent; holidays count, because nobody tells us of them."""
MARKS = (
    "stuck",
    "ready",
    "meeting",
    "to_read",
    "overdue",
    "due",
    "no_plan",
    "silent",
    "no_adult",
    "answered",
)
"""What may need somebody, the most pressing first."""
GOAL_LENGTH = 90
CALLS = ("stuck", "ready", "meeting")
ABOUT_PRIVATE, ABOUT_SHARED = 1, 2
SORTS = ("need", "name", "seen", "due")
_TENANT = bindparam("tenant", type_=BigId)


@dataclass(frozen=True)
class StudentLine:
    """One student of the list."""

    tie: Tie
    name: str
    family_name: str
    plan_id: int | None
    grade: int | None
    goal: str
    """One that is being worked on, in the student's words; empty when there is none that the team may see."""
    seen_at: datetime | None
    """When the student last did anything here."""
    due: Due
    unshared: frozenset[str]
    """Kinds of calls that are only about what the team does not see."""
    to_read: int
    """Evidence and reflections that nobody of the school has looked at."""
    marks: tuple[str, ...]
    """What may need somebody, the most pressing first."""

    @property
    def student_id(self) -> int:
        """The person's id."""
        return self.tie.student_id

    @property
    def seen_on(self) -> str:
        """The day on which the student was last here, as an ISO date; empty for never."""
        return self.seen_at.date().isoformat() if self.seen_at else ""


@dataclass(frozen=True)
class Wish:
    """How the list is to be shown."""

    course: int | None = None
    advisees: bool = False
    mark: str = ""
    sort: str = "need"
    words: str = ""
    section: str = ""
    """Of the chosen course, or of the only one; empty for all."""


@dataclass(frozen=True)
class ClassList:
    """The list with what is counted of it."""

    lines: tuple[StudentLine, ...]
    counts: Mapping[str, int]
    """Mark -> students of the chosen course who have it."""
    total: int
    """Students of the chosen course."""
    courses: frozenset[int]
    """Those in which the visitor teaches any of the students."""
    has_advisees: bool
    sections: tuple[str, ...] = ()
    """Of the chosen course, or of the only one, where there are several."""


def class_list(
    session: Session, tenant_id: int, ties: Mapping[int, Tie], wish: Wish, now: datetime
) -> ClassList:
    """Return the students of an adult as wished."""
    in_course = {key: tie for key, tie in ties.items() if _is_chosen(tie, wish)}
    courses = courses_of(ties)
    sections, chosen = in_section(in_course, wish.course or only_one(courses), wish.section)
    lines = _lines(session, tenant_id, chosen, now)
    shown = [one for one in lines if not wish.mark or wish.mark in one.marks]
    if wish.words.strip():
        wanted = plain(wish.words)
        shown = [one for one in shown if wanted in plain(f"{one.name} {one.goal}")]
    return ClassList(
        lines=tuple(sorted(shown, key=_ORDERS[wish.sort])),
        counts={mark: sum(mark in one.marks for one in lines) for mark in MARKS},
        total=len(lines),
        courses=courses,
        has_advisees=any(_is_advisee(tie) for tie in ties.values()),
        sections=sections,
    )


def _is_chosen(tie: Tie, wish: Wish) -> bool:
    if wish.advisees:
        return _is_advisee(tie)
    return wish.course is None or wish.course in tie.courses


def _is_advisee(tie: Tie) -> bool:
    return bool(tie.standing - {"teacher", "co_teacher", "substitute"})


def _need(line: StudentLine) -> tuple[int, str, str, int]:
    first = MARKS.index(line.marks[0]) if line.marks else len(MARKS)
    return (first, *_by_name(line))


def _by_name(line: StudentLine) -> tuple[str, str, int]:
    return (plain(line.family_name or line.name), plain(line.name), line.student_id)


_ORDERS: Mapping[str, Callable[[StudentLine], Any]] = {
    "need": _need,
    "name": _by_name,
    # Those who were not seen for longest, or never, come first.
    "seen": lambda line: (line.seen_at.timestamp() if line.seen_at else 0.0, *_by_name(line)),
    "due": lambda line: (line.due.on or date.max, *_by_name(line)),
}


def _lines(session: Session, tenant_id: int, ties: Mapping[int, Tie], now: datetime) -> list[StudentLine]:
    if not ties:
        return []
    today = now.date()
    values = {
        "tenant": tenant_id,
        "students": ties.keys(),
        "courses": {course for tie in ties.values() for course in tie.courses},
        "today": today,
        "soon": today + NEXT_YEAR_WITHIN,
    }
    return ask(session, Question([(_STUDENTS, values)], partial(_answer, ties, now)))


def _answer(ties: Mapping[int, Tie], now: datetime, rows: Sequence[Any]) -> list[StudentLine]:
    if not rows:
        return []
    first_day = rows[0].year_begins or usual_year(now.date()).first_day
    asked = Obligation(first_day, rows[0].plans_due_on)
    return [_line(row, ties[row.id], asked, now) for row in rows]


def _line(row: Any, tie: Tie, asked: Obligation, now: datetime) -> StudentLine:
    active_at, wrote_at = row.active_at, row.wrote_at
    seen_at = max(active_at, wrote_at) if active_at and wrote_at else active_at or wrote_at
    standing = due(row.first_developed_at, row.formally_updated_at, asked, now.date())
    to_read = row.evidence_to_read + row.reflections_to_read
    has_plan = row.plan_id is not None
    marks = (
        ("stuck", row.stuck),
        ("ready", row.ready),
        ("meeting", row.meeting),
        ("to_read", to_read > 0),
        ("overdue", standing.state == "overdue"),
        ("due", standing.state == "soon"),
        ("no_plan", standing.state == "no_plan"),
        ("silent", has_plan and (seen_at is None or now - seen_at > SILENT)),
        ("no_adult", has_plan and not row.has_adult),
        ("answered", row.has_answered_call),
    )
    return StudentLine(
        tie=tie,
        name=shown_name(row.name, row.given_name, row.family_name),
        family_name=row.family_name,
        plan_id=row.plan_id,
        grade=row.grade,
        goal=_beginning(row.goal or ""),
        seen_at=seen_at,
        due=standing,
        unshared=frozenset(kind for kind in CALLS if getattr(row, kind) == ABOUT_PRIVATE),
        to_read=to_read,
        marks=tuple(mark for mark, is_so in marks if is_so),
    )


def _beginning(text: str) -> str:
    if len(text) <= GOAL_LENGTH:
        return text
    return text[:GOAL_LENGTH].rpartition(" ")[0].rstrip(" ,;.") + " …"


def _call(kind: str) -> ColumnElement[int]:
    """Return a column with whether a plan's student waits for an answer: null, or about what at the most."""
    return (
        select(func.max(case((is_about_shared(), ABOUT_SHARED), else_=ABOUT_PRIVATE)))
        .where(is_open(), HelpRequest.kind == kind, ~is_answered())
        .correlate(Plan)
        .scalar_subquery()
    )


def _has_answered_call() -> ColumnElement[bool]:
    return exists().where(is_open(), is_answered()).correlate(Plan)


def _of_year(column: Any) -> Any:
    """Return a column of the school's present year, as :func:`~lti_plp.lms.calendar.year_at` finds it."""
    return (
        select(column)
        .where(
            SchoolYear.tenant_id == _TENANT,
            SchoolYear.last_day >= bindparam("today", type_=Date),
            SchoolYear.first_day <= bindparam("soon", type_=Date),
        )
        .order_by(SchoolYear.first_day)
        .limit(1)
        .scalar_subquery()
    )


def _students() -> Prepared:
    """Make the statement for the students of a list, named by ``students`` and, for what is to read, ``courses``."""
    goal = (
        select(Goal.statement)
        .where(is_worked_on(), Goal.horizon == "short", Goal.audience.in_(TEAM_SEES), Goal.statement != "")
        .order_by(case((Goal.state == "active", 0), else_=1), Goal.position, Goal.id)
        .limit(1)
        .correlate(Plan)
        .scalar_subquery()
    )
    last = case(
        (Reflection.submitted_at > Reflection.saved_at, Reflection.submitted_at), else_=Reflection.saved_at
    )
    wrote = select(func.max(last)).where(Reflection.person_id == Person.id)
    return Prepared(
        select(
            Person.id,
            Person.name,
            Person.given_name,
            Person.family_name,
            Plan.id.label("plan_id"),
            Plan.grade,
            Plan.active_at,
            Plan.first_developed_at,
            Plan.formally_updated_at,
            goal.label("goal"),
            wrote.correlate(Person).scalar_subquery().label("wrote_at"),
            count_unread().label("evidence_to_read"),
            _unread_reflections().label("reflections_to_read"),
            names_trusted_adult().label("has_adult"),
            _of_year(SchoolYear.first_day).label("year_begins"),
            _of_year(SchoolYear.plans_due_on).label("plans_due_on"),
            *(_call(kind).label(kind) for kind in CALLS),
            _has_answered_call().label("has_answered_call"),
        )
        .outerjoin(Plan, Plan.person_id == Person.id)
        .where(one_of(Person.id, "students"), Person.tenant_id == _TENANT)
    )


def _unread_reflections() -> ColumnElement[int]:
    """Return a column with how many reflections that the courses asked for were sent and not rated since."""
    return (
        select(func.count())
        .select_from(Reflection)
        .join(ResourceLink, ResourceLink.id == Reflection.resource_link_id)
        .where(
            Reflection.person_id == Person.id,
            one_of(ResourceLink.course_id, "courses"),
            is_to_read(),
        )
        .correlate(Person)
        .scalar_subquery()
    )


_STUDENTS = _students()
