"""A class or a caseload as a list: of each student a goal, when she was last here, and what needs somebody.

Everything is read in one statement, however many students there are.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session

from lti_plp.lms.calendar import NEXT_YEAR_WITHIN, usual_year
from lti_plp.lms.directory import shown_name
from lti_plp.lms.models import Person, ResourceLink, SchoolYear
from lti_plp.lms.reading_list import is_to_read
from lti_plp.lms.ties import Tie
from lti_plp.plp.calls import is_answered, is_heard
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
SORTS = ("need", "name", "seen", "due")


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
    calls: frozenset[str]
    """Kinds of call that wait for an answer."""
    to_read: int
    """Evidence and reflections that nobody of the school has looked at."""
    marks: frozenset[str]

    @property
    def student_id(self) -> int:
        """The person's id."""
        return self.tie.student_id

    @property
    def seen_on(self) -> str:
        """The day on which the student was last here, as an ISO date; empty for never."""
        return self.seen_at.date().isoformat() if self.seen_at else ""

    @property
    def shown_marks(self) -> list[str]:
        """What may need somebody, the most pressing first."""
        return [one for one in MARKS if one in self.marks]


@dataclass(frozen=True)
class Wish:
    """How the list is to be shown."""

    course: int | None = None
    advisees: bool = False
    mark: str = ""
    sort: str = "need"
    words: str = ""


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


def class_list(
    session: Session, tenant_id: int, ties: Mapping[int, Tie], wish: Wish, now: datetime
) -> ClassList:
    """Return the students of an adult as wished."""
    chosen = {key: tie for key, tie in ties.items() if _is_chosen(tie, wish)}
    lines = _lines(session, tenant_id, chosen, now)
    shown = [one for one in lines if not wish.mark or wish.mark in one.marks]
    if wish.words.strip():
        wanted = plain(wish.words)
        shown = [one for one in shown if wanted in plain(f"{one.name} {one.goal}")]
    return ClassList(
        lines=tuple(sorted(shown, key=_ORDERS[wish.sort])),
        counts={mark: sum(mark in one.marks for one in lines) for mark in MARKS},
        total=len(lines),
        courses=frozenset(course for tie in ties.values() for course in tie.courses),
        has_advisees=any(_is_advisee(tie) for tie in ties.values()),
    )


def _is_chosen(tie: Tie, wish: Wish) -> bool:
    if wish.advisees:
        return _is_advisee(tie)
    return wish.course is None or wish.course in tie.courses


def _is_advisee(tie: Tie) -> bool:
    return bool(tie.standing - {"teacher", "co_teacher", "substitute"})


def _need(line: StudentLine) -> tuple[int, str, str, int]:
    first = min((MARKS.index(one) for one in line.marks), default=len(MARKS))
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
    courses = {course for tie in ties.values() for course in tie.courses}
    rows = session.execute(_students(tenant_id, ties, courses, now.date()))
    return [_line(row, ties[row.id], now) for row in rows]


def _line(row: Any, tie: Tie, now: datetime) -> StudentLine:
    calls = frozenset(kind for kind in CALLS if getattr(row, kind))
    seen_at = max(filter(None, (row.active_at, row.wrote_at)), default=None)
    first_day = row.year_begins or usual_year(now.date()).first_day
    asked = Obligation(first_day, row.plans_due_on)
    standing = due(row.first_developed_at, row.formally_updated_at, asked, now.date())
    to_read = row.evidence_to_read + row.reflections_to_read
    has = {
        "to_read": to_read > 0,
        "overdue": standing.state == "overdue",
        "due": standing.state == "soon",
        "no_plan": standing.state == "no_plan",
        "silent": row.plan_id is not None and (seen_at is None or now - seen_at > SILENT),
        "no_adult": row.plan_id is not None and not row.has_adult,
        "answered": row.has_answered_call,
    }
    return StudentLine(
        tie=tie,
        name=shown_name(row.name, row.given_name, row.family_name),
        family_name=row.family_name,
        plan_id=row.plan_id,
        grade=row.grade,
        goal=_beginning(row.goal or ""),
        seen_at=seen_at,
        due=standing,
        calls=calls,
        to_read=to_read,
        marks=calls | {mark for mark, is_so in has.items() if is_so},
    )


def _beginning(text: str) -> str:
    if len(text) <= GOAL_LENGTH:
        return text
    return text[:GOAL_LENGTH].rpartition(" ")[0].rstrip(" ,;.") + " …"


def _has_call(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a plan's student has called for somebody."""
    return exists().where(is_heard(), *conditions).correlate(Plan)


def _of_year(column: Any, tenant_id: int, today: date) -> Any:
    """Return a column of the school's present year, as :func:`~lti_plp.lms.calendar.year_at` finds it."""
    return (
        select(column)
        .where(
            SchoolYear.tenant_id == tenant_id,
            SchoolYear.last_day >= today,
            SchoolYear.first_day <= today + NEXT_YEAR_WITHIN,
        )
        .order_by(SchoolYear.first_day)
        .limit(1)
        .scalar_subquery()
    )


def _students(tenant_id: int, students: Collection[int], courses: Collection[int], today: date) -> Any:
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
    return (
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
            _unread_reflections(courses).label("reflections_to_read"),
            names_trusted_adult().label("has_adult"),
            _of_year(SchoolYear.first_day, tenant_id, today).label("year_begins"),
            _of_year(SchoolYear.plans_due_on, tenant_id, today).label("plans_due_on"),
            *(_has_call(HelpRequest.kind == kind, ~is_answered()).label(kind) for kind in CALLS),
            _has_call(is_answered()).label("has_answered_call"),
        )
        .outerjoin(Plan, Plan.person_id == Person.id)
        .where(Person.id.in_(students), Person.tenant_id == tenant_id)
    )


def _unread_reflections(courses: Collection[int]) -> ColumnElement[int]:
    """Return a column with how many reflections that these courses asked for were sent and not rated since."""
    return (
        select(func.count())
        .select_from(Reflection)
        .join(ResourceLink, ResourceLink.id == Reflection.resource_link_id)
        .where(
            Reflection.person_id == Person.id,
            ResourceLink.course_id.in_(courses),
            is_to_read(),
        )
        .correlate(Person)
        .scalar_subquery()
    )
