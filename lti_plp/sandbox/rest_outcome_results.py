"""Results of learning outcomes in the REST interface, and which assignments are about which outcome."""

import json
import sqlite3
from typing import Any

from flask import request

from lti_plp.sandbox import times
from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.outcomes import outcome_ids
from lti_plp.sandbox.rest import Caller, RestRefusal, endpoint, forbidden
from lti_plp.sandbox.rest_ids import course_named, numbers
from lti_plp.sandbox.rest_outcomes import link_rows, outcome_rows, shown_group, shown_link, shown_outcome
from lti_plp.sandbox.rest_paging import Listed, part_of
from lti_plp.sandbox.school import Course, Person, students


def wanted_people(caller: Caller, course: Course) -> list[Person]:
    """Return the students who are asked for.

    :raise RestRefusal: if the caller may not see one of them, or one is no student of the course
    """
    everybody, wanted = students(database(), course.id), numbers("user_ids")
    allowed = caller.may_see(course)
    if allowed is not None and (not wanted or not set(wanted) <= allowed):
        raise forbidden()
    if not set(wanted) <= {person.id for person in everybody}:
        raise RestRefusal(400, {"errors": [{"message": "can only include id's of users in the context"}]})
    return [person for person in everybody if not wanted or person.id in wanted]


def wanted_outcomes(course: Course) -> list[sqlite3.Row]:
    """Return the outcomes that are asked for.

    :raise RestRefusal: if one is not linked in the course
    """
    linked, wanted = outcome_ids(database(), course.id), numbers("outcome_ids")
    if not set(wanted) <= set(linked):
        raise RestRefusal(
            400, {"errors": [{"message": "can only include id's of outcomes in the outcome context"}]}
        )
    return outcome_rows([one for one in linked if not wanted or one in wanted])


def result_rows(course: Course, people: list[Person], outcomes: list[sqlite3.Row]) -> list[sqlite3.Row]:
    """Return results of these people and outcomes, hidden ones only where they are asked for."""
    rows = database().execute(
        "SELECT outcome_result.*, coalesce(outcome_alignment.title, assignment.title) AS title, asset"
        " FROM outcome_result JOIN assignment ON assignment.id = assignment_id"
        " LEFT JOIN outcome_alignment ON result_id = outcome_result.id"
        " WHERE outcome_result.course_id = ? AND NOT assignment.deleted AND (NOT hidden OR ?)"
        " ORDER BY outcome_result.id",
        (course.id, request.args.get("include_hidden") in {"1", "true"}),
    )
    known, wanted = {one["id"] for one in outcomes}, {person.id for person in people}
    return [row for row in rows if row["outcome_id"] in known and row["person_id"] in wanted]


@endpoint("/courses/<course_id>/outcome_results")
def results(caller: Caller, course_id: str) -> Listed:
    """List how students did on outcomes, one row for each assignment (example E4 of the reference)."""
    course = course_named(caller, course_id)
    outcomes = {row["id"]: row for row in wanted_outcomes(course)}
    people = wanted_people(caller, course)
    rows = result_rows(course, people, list(outcomes.values()))
    page = part_of(rows, lambda row: _shown_result(row, outcomes[row["outcome_id"]]))
    linked = side_loaded(caller, course, people, list(outcomes.values()), rows)
    body = {"outcome_results": page.body} | ({"linked": linked} if linked else {})
    return Listed(body, page.window, page.following)


def _shown_result(row: sqlite3.Row, outcome: sqlite3.Row) -> dict[str, Any]:
    score = row["score"]
    return {
        "id": row["id"],
        "mastery": None if score is None else score >= outcome["mastery_points"],
        "score": score,
        "possible": row["possible"],
        "percent": None if score is None or not row["possible"] else round(score / row["possible"], 4),
        "hide_points": False,
        "hidden": bool(row["hidden"]),
        "submitted_or_assessed_at": times.rest(row["at"]),
        # Here ids are text, and the alignment is the name of a kind with one.
        "links": {
            "user": str(row["person_id"]),
            "learning_outcome": str(row["outcome_id"]),
            "alignment": _asset(row),
            "assignment": None if row["asset"] else _asset(row),
        },
    }


def _asset(row: sqlite3.Row) -> str:
    return row["asset"] or f"assignment_{row['assignment_id']}"


def side_loaded(
    caller: Caller, course: Course, people: list[Person], outcomes: list[sqlite3.Row], rows: list[sqlite3.Row]
) -> dict[str, Any]:
    """Return what ``include[]`` asks for beside results or sums of them."""
    includes, linked = caller.includes(), dict[str, Any]()
    if includes & {"outcomes", "outcomes.alignments"}:
        linked["outcomes"] = _linked_outcomes(
            outcomes, rows, with_alignments="outcomes.alignments" in includes
        )
    if "alignments" in includes:
        aligned = {_asset(row): row for row in sorted(rows, key=lambda row: row["assignment_id"])}
        page = f"{lms().base_url}/courses/{course.id}"
        linked["alignments"] = [
            {
                "id": asset,
                "name": row["title"],
                "html_url": page if row["asset"] else f"{page}/assignments/{row['assignment_id']}",
            }
            for asset, row in aligned.items()
        ]
    if "users" in includes:
        linked["users"] = [_linked_user(person) for person in people]
    if "courses" in includes:
        linked["courses"] = [{"id": str(course.id), "name": course.title}]
    if includes & {"outcome_groups", "outcome_links"}:
        links = link_rows("outcome_group.course_id IS ?", course.id)
        if "outcome_groups" in includes:
            linked["outcome_groups"] = list({row["id"]: shown_group(row) for row in links}.values())
        if "outcome_links" in includes:
            linked["outcome_links"] = [shown_link(row) for row in links]
    return linked


def _linked_outcomes(
    outcomes: list[sqlite3.Row], rows: list[sqlite3.Row], *, with_alignments: bool
) -> list[dict[str, Any]]:
    used: dict[int, set[str]] = {}
    for row in rows:
        used.setdefault(row["outcome_id"], set()).add(_asset(row))
    found = []
    for row in outcomes:
        shown = shown_outcome(row)
        if with_alignments:
            shown["alignments"] = sorted(used.get(row["id"], ()))
        found.append(shown)
    return found


def _linked_user(person: Person) -> dict[str, Any]:
    return {
        "id": str(person.id),
        "name": person.name,
        "display_name": person.name,
        "sortable_name": f"{person.family_name}, {person.given_name}",
        "avatar_url": f"{lms().base_url}/static/avatar.svg",
    }


@endpoint("/courses/<course_id>/outcome_alignments")
def alignments(caller: Caller, course_id: str) -> Any:
    """List which assignments are about which outcomes, of one student or of the course."""
    course = course_named(caller, course_id)
    student, allowed = request.args.get("student_id"), caller.may_see(course)
    if allowed is not None and (student is None or not student.isdecimal() or int(student) not in allowed):
        raise forbidden()
    rows = database().execute(
        "SELECT assignment.id, assignment.title, submission_types, criteria FROM assignment"
        " JOIN rubric ON rubric.id = rubric_id"
        " WHERE assignment.course_id = ? AND NOT deleted AND published ORDER BY assignment.id",
        (course.id,),
    )
    found: list[dict[str, Any]] = []
    for row in rows:
        for criterion in json.loads(row["criteria"]):
            if criterion.get("outcome_id"):
                found.append(
                    {
                        "id": len(found) + 1,
                        "assignment_id": row["id"],
                        "learning_outcome_id": criterion["outcome_id"],
                        "submission_types": ",".join(
                            json.loads(row["submission_types"] or '["external_tool"]')
                        ),
                        "title": row["title"],
                        "url": f"{lms().base_url}/courses/{course.id}/assignments/{row['id']}",
                    }
                )
    return found
