"""What the list of 150 students costs beside the least that shows the same: raw rows and joined strings."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from html import escape
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lti_plp.clock import utc_now
from lti_plp.database import table
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.directory import role_text
from lti_plp.lms.models import Course, Enrolment, Person
from lti_plp.plp.actor import Role
from lti_plp.plp.models import (
    ActionStep,
    Evidence,
    EvidenceLink,
    Goal,
    GoalStep,
    HelpRequest,
    Plan,
    ProfileEntry,
)
from tests.benchmarks.databases import fresh_databases
from tests.benchmarks.plan_page import Visit, _rows, _times, _visit
from tests.factories import counted

STUDENTS = 150
PATH = "students"


def class_page(rounds: int) -> dict[str, dict[str, float]]:
    """Database -> figures."""
    return beside_floor(rounds, PATH, _fill, raw_page, _compare)


def beside_floor(
    rounds: int,
    path: str,
    fill: Callable[[Toolbox, int], int],
    raw: Callable[[Visit], str],
    compare: Callable[[str, str], None],
) -> dict[str, dict[str, float]]:
    """Measure a teacher's page in turns with its floor; database -> figures.

    :param fill: makes what the page shows, and returns the teacher's id.
    :param compare: fails when the rows of both do not show the same.
    """
    found: dict[str, dict[str, float]] = {}
    with fresh_databases() as databases:
        for name, (url,) in databases.items():
            with _visit(url, 1, "teacher", fill) as visit:
                page = visit.request(path)
                compare(page().decode().partition("<tbody>")[2].partition("</tbody>")[0], raw(visit))
                ours, floor = _times(rounds, page, partial(raw, visit))
                with counted(visit.engine) as statements:
                    page()
                found[name] = {
                    "ms": ours * 1000,
                    "floor_ms": floor * 1000,
                    "ratio": ours / floor,
                    "kilobytes": len(page()) / 1000,
                    "statements": len(statements),
                }
    return found


def _compare(ours: str, floor: str) -> None:
    """A floor that shows less would be none."""
    for sign in ('<th scope="row">', "<time ", '<span class="tag'):
        assert ours.count(sign) == floor.count(sign), (sign, ours.count(sign), floor.count(sign))


def raw_page(visit: Visit) -> str:
    """The least that shows the same: who learns there, a goal of each, when last here, and every mark."""
    connection = visit.engine.raw_connection()
    try:
        cursor = connection.cursor()
        facts = {name: dict(_rows(cursor, sql)) for name, sql in _BY_PLAN.items()}
        calls = set(_rows(cursor, "SELECT plan_id, kind FROM help_request WHERE closed_at IS NULL"))
        wrote = dict(
            _rows(
                cursor, "SELECT person_id, max(coalesce(submitted_at, saved_at)) FROM reflection GROUP BY 1"
            )
        )
        people = _rows(
            cursor,
            "SELECT person.id, person.name, plan.id, plan.active_at,"
            " coalesce(plan.formally_updated_at, plan.first_developed_at)"
            " FROM enrolment learning JOIN enrolment teaching ON teaching.course_id = learning.course_id"
            " JOIN person ON person.id = learning.person_id LEFT JOIN plan ON plan.person_id = person.id"
            f" WHERE teaching.person_id = {visit.person_id} AND learning.roles = 'learner'"
            " AND learning.status = 'active' AND teaching.status = 'active' ORDER BY person.family_name",
        )
        cursor.close()
        now = utc_now()
        rows = "".join(_row(one, _marks(one, facts, calls, wrote, now), facts) for one in people)
        return f"<!doctype html><title>My students</title><table>{rows}</table>"
    finally:
        connection.commit()
        connection.close()


_SEEN = "audience IN ('team', 'family', 'class', 'public') AND removed_at IS NULL"
_HAS_ADULT = 'CAST({0} AS TEXT) LIKE \'%"role": "teacher"%\' OR CAST({0} AS TEXT) LIKE \'%"role": "family"%\''
_BY_PLAN = {
    "goal": f"SELECT plan_id, min(statement) FROM goal WHERE {_SEEN} AND state = 'active' AND horizon = 'short'"
    " GROUP BY plan_id",
    "unread": f"SELECT plan_id, count(*) FROM evidence WHERE {_SEEN} AND validated_at IS NULL"
    " AND id NOT IN (SELECT item_id FROM comment WHERE item_kind = 'evidence')"
    " AND NOT EXISTS (SELECT 1 FROM achievement WHERE evidence_id = evidence.id) GROUP BY plan_id",
    "adults": f"SELECT plan_id, 1 FROM goal WHERE {_SEEN} AND ({_HAS_ADULT.format('supporters')})"
    f" UNION SELECT plan_id, 1 FROM action_step WHERE {_SEEN} AND ({_HAS_ADULT.format('supports')})",
}


def _marks(
    one: Any, facts: Any, calls: set[tuple[int, str]], wrote: dict[int, Any], now: datetime
) -> list[str]:
    key, _name, plan, active_at, updated_at = one
    marks = [kind for kind in ("stuck", "ready", "meeting") if (plan, kind) in calls]
    if plan in facts["unread"]:
        marks.append("to_read")
    due = _moment(updated_at).date() + timedelta(days=365) - now.date()
    if due < timedelta(days=60):
        marks.append("overdue" if due < timedelta() else "due")
    if now - _moment(max(filter(None, (active_at, wrote.get(key))))) > timedelta(days=21):
        marks.append("silent")
    if plan not in facts["adults"]:
        marks.append("no_adult")
    return marks


def _moment(read: Any) -> datetime:
    """SQLite gives a text."""
    return datetime.fromisoformat(read).replace(tzinfo=UTC) if isinstance(read, str) else read


def _row(one: Any, marks: list[str], facts: Any) -> str:
    key, name, plan, seen, _updated = one
    tags = "".join(f'<span class="tag attention">{mark}</span> ' for mark in marks)
    day = _moment(seen).date()
    return (
        f'<tr><td class="choose"><input type="checkbox" name="student" value="{key}" aria-label="{escape(name)}"></td>'
        f'<th scope="row"><a href="/s/handle/students/{key}">{escape(name)}</a></th>'
        f'<td class="goal">{escape(facts["goal"].get(plan, ""))}</td>'
        f'<td class="seen"><time datetime="{day}" data-when="day">{day}</time></td><td class="needs">{tags}</td></tr>'
    )


def _fill(box: Toolbox, _items: int) -> int:
    """A class of students, each with a plan of four entries, three goals, six steps, ten pieces of evidence."""
    now = utc_now()
    with box.sessions() as session, session.begin():
        teacher = session.scalars(select(Person).order_by(Person.id.desc()).limit(1)).one()
        course = session.scalars(select(Course).order_by(Course.id.desc()).limit(1)).one()
        for number in range(STUDENTS):
            _add_student(session, teacher.tenant_id, course.id, number, now)
        return teacher.id


def add_learner(session: Session, tenant_id: int, course_id: int, number: int, now: datetime) -> Person:
    """Add somebody who learns in a course."""
    person = Person(
        tenant_id=tenant_id,
        name=f"Student Number{number}",
        given_name="Student",
        family_name=f"Number{number}",
        created_at=now,
    )
    session.add(person)
    session.flush()
    learner = role_text(frozenset({Role.LEARNER}))
    session.add(
        Enrolment(course_id=course_id, person_id=person.id, roles=learner, mentor_of=[], status="active")
    )
    return person


def _add_student(session: Session, tenant_id: int, course_id: int, number: int, now: Any) -> None:
    person = add_learner(session, tenant_id, course_id, number, now)
    plan = Plan(
        tenant_id=tenant_id,
        person_id=person.id,
        first_developed_at=now - timedelta(days=400),
        active_at=now - timedelta(days=number),
    )
    session.add(plan)
    session.flush()
    item = {"plan_id": plan.id, "version": 1, "audience": "team", "created_at": now, "changed_at": now}
    session.add_all(ProfileEntry(**item, kind="interest", text=f"Interest {one}") for one in range(4))
    goals = [
        Goal(**item, statement=f"Read a book a month, because I like it, {one}", state="active")
        for one in range(3)
    ]
    steps = [ActionStep(**item, text=f"Step {one}") for one in range(6)]
    pieces = [
        Evidence(**item, medium="text", text="What I did", title=f"Piece {one}", captured_on=now.date())
        for one in range(10)
    ]
    session.add_all([*goals, *steps, *pieces])
    session.flush()
    session.execute(
        insert(table(GoalStep)),
        [{"goal_id": goals[n % 3].id, "step_id": one.id} for n, one in enumerate(steps)],
    )
    session.execute(
        insert(table(EvidenceLink)), [{"evidence_id": one.id, "goal_id": goals[0].id} for one in pieces]
    )
    if number % 5 == 0:
        session.add(
            HelpRequest(plan_id=plan.id, kind="stuck", item_kind="goal", item_id=goals[0].id, opened_at=now)
        )


def lines(figures: dict[str, dict[str, float]]) -> list[str]:
    """The figures as Markdown."""
    text = [
        "",
        f"| list of {STUDENTS} students | ms | floor, ms | x floor | target | kB | statements (target 5) |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for database, one in figures.items():
        text.append(
            f"| {database} | {one['ms']:.2f} | {one['floor_ms']:.2f} | {one['ratio']:.1f} | <= 5"
            f" | {one['kilobytes']:.0f} | {one['statements']:.0f} |"
        )
    return text


if __name__ == "__main__":
    print("\n".join(lines(class_page(20))))
