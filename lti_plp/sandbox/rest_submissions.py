"""Submissions in the REST interface: a row for each student of each assignment, handed in or not."""

import sqlite3
from typing import Any

from flask import request

from lti_plp.sandbox.lms import database
from lti_plp.sandbox.rest import Caller, endpoint, forbidden, not_found
from lti_plp.sandbox.rest_assignments import row_of
from lti_plp.sandbox.rest_ids import course_named, person_named
from lti_plp.sandbox.rest_paging import Listed, Window, asked, listed, part_of
from lti_plp.sandbox.rest_people import with_numbers
from lti_plp.sandbox.rest_submission_json import Shower
from lti_plp.sandbox.rest_submission_rows import filters, rows_of_page, wanted_students
from lti_plp.sandbox.school import Course, students


@endpoint("/courses/<course_id>/students/submissions")
def course_submissions(caller: Caller, course_id: str) -> Listed:
    """List submissions of a course, of whom the caller may see."""
    course = course_named(caller, course_id)
    who = wanted_students(caller, course)
    rules, values = filters(course, who)
    if request.args.get("grouped") in {"1", "true"}:
        return _grouped(caller, course, who, rules, values)
    window = asked()
    rows = rows_of_page(rules, values, window)
    shower = Shower(caller, course, rows[: window.size])
    order = request.args.get("order", "id")
    page = listed(
        rows,
        window,
        lambda row: [row["graded_at"] or "", row["id"]] if order == "graded_at" else [row["id"]],
        shower.show,
    )
    # What somebody must not see is left out after the page was cut: a page may be short, or empty, with more to follow.
    visible = [one for one, row in zip(page.body, rows, strict=False) if shower.is_visible(row)]
    return Listed(visible, page.window, page.following)


def _grouped(
    caller: Caller, course: Course, who: list[int] | None, rules: list[str], values: list[Any]
) -> Listed:
    everybody = [one for one in students(database(), course.id) if who is None or one.id in who]

    def shown(person: Any) -> dict[str, Any]:
        rows = rows_of_page([*rules, "work.person_id = ?"], [*values, person.id], Window([], 10_000, 0))
        shower = Shower(caller, course, rows)
        group: dict[str, Any] = {
            "user_id": person.id,
            "section_id": _section_of(course, person.id),
            "submissions": [shower.show(row) for row in rows if shower.is_visible(row)],
        }
        if caller.sees_numbers(course):
            group |= {
                "integration_id": None,
                "sis_user_id": with_numbers(caller, person, course)["sis_user_id"],
            }
        if "total_scores" in caller.includes():
            group |= _totals(group["submissions"], rows)
        return group

    return part_of(everybody, shown)


def _section_of(course: Course, person_id: int) -> int:
    row = database().execute(
        "SELECT coalesce((SELECT min(section_id) FROM section_member JOIN section ON section.id = section_id"
        " WHERE course_id = ? AND person_id = ?), (SELECT min(id) FROM section WHERE course_id = ?)) AS id",
        (course.id, person_id, course.id),
    )
    return int(row.fetchone()["id"])


def _totals(shown: list[dict[str, Any]], rows: list[sqlite3.Row]) -> dict[str, Any]:
    points = {
        row["id"]: row["points"]
        for row in database().execute(
            "SELECT assignment.id, coalesce((SELECT score_maximum FROM line_item WHERE assignment_id = assignment.id"
            " ORDER BY id LIMIT 1), points_possible) AS points FROM assignment WHERE course_id = ?",
            (rows[0]["course_id"] if rows else 0,),
        )
    }
    counted = [one for one in shown if one["score"] is not None]
    possible = sum(points[one["assignment_id"]] or 0 for one in counted)
    everything = sum(points[one["assignment_id"]] or 0 for one in shown if not one["excused"])
    got = sum(one["score"] for one in counted)
    return {
        "computed_current_score": round(100 * got / possible, 2) if possible else None,
        "computed_final_score": round(100 * got / everything, 2) if everything else None,
    }


@endpoint("/courses/<course_id>/assignments/<assignment_id>/submissions")
def assignment_submissions(caller: Caller, course_id: str, assignment_id: str) -> Listed:
    """List everybody's submissions to one assignment; only staff may."""
    course = course_named(caller, course_id)
    if not caller.reads_all(course):
        raise forbidden()
    row = row_of(caller, course, assignment_id)
    rules, values = filters(course, None)
    window = asked()
    rows = rows_of_page([*rules, "assignment_id = ?"], [*values, row["id"]], window)
    shower = Shower(caller, course, rows[: window.size])
    return listed(rows, window, lambda one: [one["id"]], shower.show)


@endpoint("/courses/<course_id>/assignments/<assignment_id>/submissions/<user_id>")
def one_submission(caller: Caller, course_id: str, assignment_id: str, user_id: str) -> Any:
    """Show somebody's submission; the number at the end is the person's."""
    course = course_named(caller, course_id)
    assignment = row_of(caller, course, assignment_id)
    person = person_named(caller, user_id)
    allowed = caller.may_see(course)
    if allowed is not None and person.id not in allowed:
        raise forbidden()
    row = (
        database()
        .execute(
            "SELECT * FROM work WHERE assignment_id = ? AND person_id = ?",
            (assignment["id"], person.id),
        )
        .fetchone()
    )
    if row is None:
        raise not_found()
    return Shower(caller, course, [row]).show(row)


def own_submissions(caller: Caller, course: Course, assignment: sqlite3.Row) -> Any:
    """Return what ``include[]=submission`` adds to an assignment: one's own, or the list of those whom one observes."""
    ids = [caller.person.id]
    many = caller.role(course) == "observer" and "observed_users" in caller.includes()
    if many:
        ids = sorted(caller.may_see(course) or ())
    rows = (
        database()
        .execute(
            f"SELECT * FROM work WHERE assignment_id = ? AND person_id IN ({', '.join('?' * len(ids))})",  # noqa: S608
            (assignment["id"], *ids),
        )
        .fetchall()
    )
    shower = Shower(Caller(caller.person, caller.key, caller.token), course, rows, plain=True)
    shown = [shower.show(row) for row in rows]
    return shown if many else (shown[0] if shown else None)
