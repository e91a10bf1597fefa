"""Assignments in the REST interface, with their rubrics, dates and the caller's own submission."""

import json
import sqlite3
from typing import Any, cast

from flask import request

from lti_plp.sandbox import times
from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.rest import Caller, RestRefusal, endpoint, forbidden, not_found
from lti_plp.sandbox.rest_ids import course_named, numbers, person_named
from lti_plp.sandbox.rest_paging import Listed, part_of
from lti_plp.sandbox.school import Course, Person

_ROWS = (
    "SELECT assignment.*, coalesce(line_item.score_maximum, points_possible) AS points, line_item.submission_type"
    " AS line_item_type, EXISTS (SELECT 1 FROM work WHERE work.assignment_id = assignment.id AND graded_at IS NOT NULL)"
    " AS has_grades, EXISTS (SELECT 1 FROM work WHERE work.assignment_id = assignment.id AND submitted_at IS NOT NULL)"
    " AS has_submissions, EXISTS (SELECT 1 FROM work WHERE work.assignment_id = assignment.id AND posted_at IS NULL)"
    " AS muted FROM assignment LEFT JOIN line_item ON line_item.id ="
    " (SELECT min(id) FROM line_item WHERE line_item.assignment_id = assignment.id)"
)
BUCKETS = frozenset({"past", "overdue", "undated", "ungraded", "unsubmitted", "upcoming", "future"})
ORDERS = {"position": "id", "name": "title", "due_at": "due_at"}


def rows_of(caller: Caller, course: Course, person: Person | None = None) -> list[sqlite3.Row]:
    """Return the assignments of a course that the caller (or ``person``) may see: students only published ones."""
    rows = database().execute(
        f"{_ROWS} WHERE assignment.course_id = ? AND NOT assignment.deleted ORDER BY assignment.id",
        (course.id,),
    )
    if person is None and caller.reads_all(course):
        return rows.fetchall()
    hidden = hidden_from(frozenset({person.id}) if person else caller.may_see(course) or frozenset(), course)
    return [row for row in rows if row["published"] and row["id"] not in hidden]


def hidden_from(students: frozenset[int], course: Course) -> frozenset[int]:
    """Return the assignments that are only for some students, none of whom is one of these."""
    rows = database().execute(
        "SELECT assignment.id, group_concat(person_id) AS people FROM assignment"
        " LEFT JOIN visible_to ON assignment_id = assignment.id WHERE course_id = ? AND only_some"
        " GROUP BY assignment.id",
        (course.id,),
    )
    return frozenset(
        row["id"]
        for row in rows
        if not students & {int(one) for one in (row["people"] or "").split(",") if one}
    )


def row_of(caller: Caller, course: Course, assignment_id: str | int) -> sqlite3.Row:
    """Return an assignment of a course that the caller may see.

    :raise RestRefusal: 404 when there is none.
    """
    found = [row for row in _one(course, str(assignment_id)) if _is_visible(caller, course, row)]
    if not found:
        raise not_found()
    return found[0]


def _one(course: Course, name: str) -> list[sqlite3.Row]:
    kind, _, value = name.rpartition(":")
    column = {"": "id", "lti_context_id": "resource_link_id"}.get(kind)
    if column is None or (column == "id" and not value.isdecimal()):
        return []
    # The column is one of two names of our own.
    statement = (
        f"{_ROWS} WHERE assignment.course_id = ? AND assignment.{column} = ? AND NOT assignment.deleted"
    )
    return database().execute(statement, (course.id, value)).fetchall()


def _is_visible(caller: Caller, course: Course, row: sqlite3.Row) -> bool:
    if caller.reads_all(course):
        return True
    return row["published"] and row["id"] not in hidden_from(caller.may_see(course) or frozenset(), course)


@endpoint("/courses/<course_id>/assignments")
def assignments(caller: Caller, course_id: str) -> Listed:
    """List a course's assignments."""
    course = course_named(caller, course_id)
    return _list(caller, course, rows_of(caller, course))


@endpoint("/users/<user_id>/courses/<course_id>/assignments")
def assignments_of(caller: Caller, user_id: str, course_id: str) -> Listed:
    """List the assignments that somebody else sees."""
    course, person = course_named(caller, course_id), person_named(caller, user_id)
    allowed = caller.may_see(course)
    if allowed is not None and person.id not in allowed:
        raise forbidden()
    return _list(caller, course, rows_of(caller, course, person))


@endpoint("/courses/<course_id>/assignment_groups/<assignment_group_id>/assignments")
def assignments_of_group(caller: Caller, course_id: str, assignment_group_id: str) -> Listed:
    """List the assignments of one group."""
    course = course_named(caller, course_id)
    rows = [row for row in rows_of(caller, course) if str(row["group_id"]) == assignment_group_id]
    return _list(caller, course, rows)


def _list(caller: Caller, course: Course, rows: list[sqlite3.Row]) -> Listed:
    wanted = numbers("assignment_ids")
    if wanted:
        known = {row["id"] for row in rows}
        if not set(wanted) <= known:
            raise RestRefusal(400, {"errors": [{"message": "invalid assignment_ids requested"}]})
        rows = [row for row in rows if row["id"] in wanted]
    term = request.args.get("search_term", "").lower()
    rows = [row for row in rows if term in row["title"].lower()]
    rows = _in_bucket(caller, rows)
    order = ORDERS.get(request.args.get("order_by", "position"))
    if order is None:
        raise RestRefusal(400, {"errors": [{"message": "invalid order_by"}]})
    # What has no date comes last.
    rows = sorted(rows, key=lambda row: (row[order] is None, row[order] or "", row["id"]))
    return part_of(rows, lambda row: shown_assignment(caller, course, row))


def _in_bucket(caller: Caller, rows: list[sqlite3.Row]) -> list[sqlite3.Row]:
    bucket = request.args.get("bucket")
    if bucket is None:
        return rows
    if bucket not in BUCKETS:
        raise RestRefusal(400, {"errors": [{"message": "Invalid bucket"}]})
    now = times.stored(times.now())
    if bucket == "undated":
        return [row for row in rows if row["due_at"] is None]
    if bucket in {"past", "upcoming", "future"}:
        return [row for row in rows if row["due_at"] and (row["due_at"] < now) == (bucket == "past")]
    mine = {
        one["assignment_id"]: one
        for one in database().execute(
            "SELECT assignment_id, submitted_at, graded_at FROM work WHERE person_id = ?", (caller.person.id,)
        )
    }
    if bucket == "ungraded":
        return [row for row in rows if row["has_submissions"] and not (_of(mine, row, "graded_at"))]
    open_ = [row for row in rows if not _of(mine, row, "submitted_at")]
    return (
        open_ if bucket == "unsubmitted" else [row for row in open_ if row["due_at"] and row["due_at"] < now]
    )


def _of(mine: dict[int, sqlite3.Row], row: sqlite3.Row, name: str) -> Any:
    return mine[row["id"]][name] if row["id"] in mine else None


@endpoint("/courses/<course_id>/assignments/<id>")
def one_assignment(caller: Caller, course_id: str, id: str) -> Any:  # noqa: A002
    """Show an assignment."""
    course = course_named(caller, course_id)
    return shown_assignment(caller, course, row_of(caller, course, id))


def submission_types(row: sqlite3.Row) -> list[str]:
    """Return what an assignment takes in; one of a tool its launch, or nothing."""
    if row["submission_types"]:
        return list(json.loads(row["submission_types"]))
    if row["line_item_type"]:
        return [json.loads(row["line_item_type"]).get("type", "none")]
    return ["external_tool"]


def shown_assignment(caller: Caller, course: Course, row: sqlite3.Row) -> dict[str, Any]:
    """Return an assignment as the REST interface shows it (example E1 of the reference)."""
    reads_all = caller.reads_all(course)
    now = times.stored(times.now())
    due_at = row["due_at"] if reads_all else _own_due(caller, course, row)
    locked = not reads_all and (
        bool(row["unlock_at"] and row["unlock_at"] > now) or bool(row["lock_at"] and row["lock_at"] < now)
    )
    shown: dict[str, Any] = {
        "id": row["id"],
        "description": None if locked and (row["unlock_at"] or "") > now else row["text"] or None,
        "due_at": times.rest(due_at),
        "unlock_at": times.rest(row["unlock_at"]),
        "lock_at": times.rest(row["lock_at"]),
        "points_possible": row["points"],
        "grading_type": row["grading_type"],
        "assignment_group_id": row["group_id"],
        "grading_standard_id": None,
        "created_at": times.rest(row["created_at"]),
        "updated_at": times.rest(row["updated_at"]),
        "peer_reviews": False,
        "automatic_peer_reviews": False,
        "position": row["id"],
        "grade_group_students_individually": bool(row["graded_one_by_one"]),
        "anonymous_peer_reviews": False,
        "group_category_id": row["category_id"],
        "post_to_sis": False,
        "moderated_grading": False,
        "omit_from_final_grade": bool(row["omitted"]),
        "hide_in_gradebook": False,
        "intra_group_peer_reviews": False,
        "anonymous_instructor_annotations": False,
        "anonymous_grading": False,
        "allowed_attempts": row["allowed_attempts"],
        "annotatable_attachment_id": None,
        "secure_params": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.sandbox",
        "lti_context_id": row["resource_link_id"],
        "course_id": course.id,
        "name": row["title"],
        "submission_types": submission_types(row),
        "has_submitted_submissions": bool(row["has_submissions"]),
        "due_date_required": False,
        "max_name_length": 255,
        "in_closed_grading_period": False,
        "graded_submissions_exist": bool(row["has_grades"]),
        "is_quiz_assignment": False,
        "can_duplicate": row["tool_id"] is None,
        "original_course_id": None,
        "original_assignment_id": row["copied_from"],
        "original_lti_resource_link_id": None,
        "original_assignment_name": None,
        "original_quiz_id": None,
        "workflow_state": "published" if row["published"] else "unpublished",
        "important_dates": False,
        "muted": bool(row["muted"]),
        "html_url": f"{lms().base_url}/courses/{course.id}/assignments/{row['id']}",
        "published": bool(row["published"]),
        "only_visible_to_overrides": bool(row["only_some"]),
        "locked_for_user": locked,
        "post_manually": bool(row["posted_by_hand"]),
        "anonymize_students": False,
        "require_lockdown_browser": False,
        "restrict_quantitative_data": False,
    }
    if locked:
        shown["lock_explanation"] = "This assignment is locked."
        shown["lock_info"] = {
            "asset_string": f"assignment_{row['id']}",
            "unlock_at": times.rest(row["unlock_at"]),
        }
    if reads_all:
        shown |= _for_staff(row)
    if row["tool_id"] is not None:
        shown |= _of_tool(row, course)
    shown |= _rubric(row) | json.loads(row["more"])
    return shown | _asked_for(caller, course, row)


def _own_due(caller: Caller, course: Course, row: sqlite3.Row) -> str | None:
    """Return the date that is the one student's whom the caller speaks for, when it is another than the class's."""
    students, of_class = caller.may_see(course) or frozenset(), cast(str | None, row["due_at"])
    if len(students) != 1:
        return of_class
    own = database().execute(
        "SELECT due_at FROM work WHERE assignment_id = ? AND person_id = ?", (row["id"], *students)
    )
    found = own.fetchone()
    return found["due_at"] or of_class if found else of_class


def _for_staff(row: sqlite3.Row) -> dict[str, Any]:
    waiting = database().execute(
        "SELECT count(*) FROM work WHERE assignment_id = ? AND submitted_at IS NOT NULL AND"
        " (graded_at IS NULL OR graded_attempt < attempt)",
        (row["id"],),
    )
    return {
        "needs_grading_count": waiting.fetchone()[0],
        "has_overrides": bool(_overrides(row)),
        "unpublishable": not row["has_submissions"],
        "sis_assignment_id": None,
        "integration_id": None,
        "integration_data": {},
    }


def _of_tool(row: sqlite3.Row, course: Course) -> dict[str, Any]:
    tool = database().execute("SELECT * FROM tool WHERE id = ?", (row["tool_id"],)).fetchone()
    launch = f"/api/v1/courses/{course.id}/external_tools/sessionless_launch"
    return {
        "url": f"{lms().base_url}{launch}?assignment_id={row['id']}&launch_type=assessment",
        "external_tool_tag_attributes": {
            "url": row["url"] or tool["target_link_uri"],
            "new_tab": bool(row["new_tab"]),
            # The older opaque id, never the one of LTI 1.3.
            "resource_link_id": row["resource_link_id"].replace("-", "").ljust(40, "0"),
            "external_data": "",
            "content_type": "ContextExternalTool",
            "content_id": tool["id"],
            "custom_params": json.loads(row["custom"]),
        },
    }


def _rubric(row: sqlite3.Row) -> dict[str, Any]:
    if row["rubric_id"] is None:
        return {}
    rubric = database().execute("SELECT * FROM rubric WHERE id = ?", (row["rubric_id"],)).fetchone()
    criteria = json.loads(rubric["criteria"])
    return {
        "use_rubric_for_grading": True,
        "free_form_criterion_comments": False,
        "rubric": criteria,
        "rubric_settings": {
            "id": rubric["id"],
            "title": rubric["title"],
            "points_possible": sum(one["points"] for one in criteria if not one.get("ignore_for_scoring")),
            "free_form_criterion_comments": False,
            "hide_score_total": False,
            "hide_points": False,
        },
    }


def _overrides(row: sqlite3.Row) -> list[dict[str, Any]]:
    rows = database().execute("SELECT * FROM date_override WHERE assignment_id = ? ORDER BY id", (row["id"],))
    return [
        {
            "id": one["id"],
            "assignment_id": row["id"],
            "title": one["title"],
            "due_at": times.rest(one["due_at"]),
            "all_day": False,
            "all_day_date": None,
            "unlock_at": times.rest(one["unlock_at"]),
            "lock_at": times.rest(one["lock_at"]),
            "student_ids": json.loads(one["student_ids"]),
        }
        for one in rows
    ]


def _asked_for(caller: Caller, course: Course, row: sqlite3.Row) -> dict[str, Any]:
    from lti_plp.sandbox.rest_submissions import own_submissions

    includes, shown = caller.includes(), dict[str, Any]()
    if "overrides" in includes and caller.reads_all(course):
        shown["overrides"] = _overrides(row)
    if "all_dates" in includes:
        base = {
            "due_at": times.rest(row["due_at"]),
            "unlock_at": times.rest(row["unlock_at"]),
            "lock_at": times.rest(row["lock_at"]),
            "base": True,
        }
        others = [
            {name: one[name] for name in ("id", "title", "due_at", "unlock_at", "lock_at")}
            for one in _overrides(row)
        ]
        shown["all_dates"] = [base, *others] if caller.reads_all(course) else [base]
    if "submission" in includes:
        shown["submission"] = own_submissions(caller, course, row)
    if "score_statistics" in includes and row["has_grades"]:
        shown["score_statistics"] = _statistics(row)
    return shown


def _statistics(row: sqlite3.Row) -> dict[str, float]:
    scores = sorted(
        one["score"]
        for one in database().execute(
            "SELECT score FROM work WHERE assignment_id = ? AND score IS NOT NULL AND posted_at IS NOT NULL",
            (row["id"],),
        )
    )
    # With fewer than five grades Canvas says nothing, so that nobody's can be guessed.
    if len(scores) < 5:
        return {}
    middle = scores[len(scores) // 2]
    return {"min": scores[0], "max": scores[-1], "mean": sum(scores) / len(scores), "median": middle}
