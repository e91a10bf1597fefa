"""Which submissions a question of the REST interface is about: whose, of which assignments, in which order."""

import sqlite3
from typing import Any

from flask import request

from lti_plp.sandbox import times
from lti_plp.sandbox.lms import database
from lti_plp.sandbox.rest import Caller, RestRefusal, forbidden
from lti_plp.sandbox.rest_ids import numbers, person_named
from lti_plp.sandbox.rest_paging import Window
from lti_plp.sandbox.school import Course, students
from lti_plp.sandbox.store import setting

MOST_STUDENTS = 100
STATES = frozenset({"submitted", "unsubmitted", "graded", "pending_review"})


def wanted_students(caller: Caller, course: Course) -> list[int] | None:
    """Return the students who are asked for; ``None`` is every one.

    :raise RestRefusal: if the caller may not see one of them, or they are too many
    """
    names = request.args.getlist("student_ids[]")
    if not names:
        return [caller.person.id]
    if "all" in names:
        if not caller.reads_all(course):
            raise forbidden()
        return _section_mates(caller, course)
    if len(names) > MOST_STUDENTS:
        raise RestRefusal(400, {"error": "too many students"})
    found = [person_named(caller, name).id for name in names]
    allowed = caller.may_see(course)
    if allowed is None:
        allowed = frozenset(person.id for person in students(database(), course.id))
    if not set(found) <= allowed:
        raise forbidden()
    return found


def _section_mates(caller: Caller, course: Course) -> list[int] | None:
    """Return whom a teacher sees whom the school limits to a section; ``None`` is everybody."""
    if caller.person.key not in setting(database(), "limited_to_section").split():
        return None
    rows = database().execute(
        "SELECT person_id FROM section_member WHERE section_id IN (SELECT section_id FROM section_member"
        " JOIN section ON section.id = section_id WHERE course_id = ? AND person_id = ?)",
        (course.id, caller.person.id),
    )
    return [row["person_id"] for row in rows]


def filters(course: Course, who: list[int] | None) -> tuple[list[str], list[Any]]:
    """Return the rules of SQL that a question comes to, and their values.

    :raise RestRefusal: if it asks for what is not there, or cannot be understood
    """
    rules = [
        "work.course_id = ?",
        "assignment_id IN (SELECT id FROM assignment WHERE course_id = ? AND published AND NOT deleted)",
    ]
    values: list[Any] = [course.id, course.id]
    status = "Completed" if request.args.get("enrollment_state") == "concluded" else "Active"
    rules.append(
        "EXISTS (SELECT 1 FROM enrollment WHERE enrollment.course_id = work.course_id AND enrollment.person_id ="
        " work.person_id AND role = 'student' AND status = ?)"
    )
    values.append(status)
    if who is not None:
        rules.append(f"work.person_id IN ({', '.join('?' * len(who))})")
        values += who
    wanted = numbers("assignment_ids")
    if wanted:
        _require_assignments(course, wanted)
        rules.append(f"assignment_id IN ({', '.join('?' * len(wanted))})")
        values += wanted
    for name, column in (("submitted_since", "submitted_at"), ("graded_since", "graded_at")):
        if name in request.args:
            rules.append(f"{column} > ?")
            values.append(_since(name))
    state = request.args.get("workflow_state")
    if state is not None:
        if state not in STATES:
            raise RestRefusal(400, {"errors": [{"message": "invalid workflow_state"}]})
        rules.append("workflow_state = ?")
        values.append(state)
    return rules, values


def _require_assignments(course: Course, wanted: list[int]) -> None:
    marks = ", ".join("?" * len(wanted))
    known = database().execute(
        f"SELECT count(*) FROM assignment WHERE course_id = ? AND published AND NOT deleted AND id IN ({marks})",  # noqa: S608
        (course.id, *wanted),
    )
    if known.fetchone()[0] != len(set(wanted)):
        raise RestRefusal(403, {"error": "invalid assignment ids requested"})


def _since(name: str) -> str:
    moment = times.parse(request.args[name])
    if moment is None:
        raise RestRefusal(400, {"errors": {name: f"Invalid datetime for {name}"}})
    return times.stored(moment)


def rows_of_page(rules: list[str], values: list[Any], window: Window) -> list[sqlite3.Row]:
    """Return the rows of a page in the order that is asked for, and one more where another page follows.

    :raise RestRefusal: if there is no such order
    """
    order, down = request.args.get("order", "id"), request.args.get("order_direction") == "descending"
    if order not in {"id", "graded_at"}:
        raise RestRefusal(400, {"errors": [{"message": "invalid order"}]})
    # The plus keeps SQLite from walking through the whole course in order of ids when dates choose a few rows.
    number = (
        "+work.id" if any(rule.startswith(("graded_at", "submitted_at")) for rule in rules) else "work.id"
    )
    key = [number] if order == "id" else ["coalesce(graded_at, '')", number]
    if window.after:
        rules = [*rules, f"({', '.join(key)}) {'<' if down else '>'} ({', '.join('?' * len(key))})"]
        values = [*values, *window.after]
    direction = " DESC" if down else ""
    # Everything that is put into the text is ours.
    statement = (
        f"SELECT work.* FROM work WHERE {' AND '.join(rules)}"  # noqa: S608
        f" ORDER BY {', '.join(one + direction for one in key)} LIMIT ?"
    )
    return database().execute(statement, (*values, window.size + 1)).fetchall()
