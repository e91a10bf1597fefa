"""Learning outcomes in the REST interface: groups, links, outcomes, results, sums of results, scales."""

import json
import sqlite3
from typing import Any

from flask import request

from lti_plp.sandbox import times
from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.outcomes import outcome_ids, possible, rolled_up, root_group
from lti_plp.sandbox.rest import Caller, RestRefusal, endpoint, forbidden, not_found
from lti_plp.sandbox.rest_ids import course_named, numbers
from lti_plp.sandbox.rest_paging import Listed, asked, part_of
from lti_plp.sandbox.school import Course, Person, students
from lti_plp.sandbox.school_rows import sections_by_person, sections_of
from lti_plp.sandbox.store import setting

ACCOUNT = 1


def _context(caller: Caller, kind: str, name: str) -> int | None:
    """Return the course of an address, or ``None`` for the account; who may not enter it sees nothing."""
    if kind == "courses":
        return course_named(caller, name).id
    if name not in {str(ACCOUNT), "self"}:
        raise not_found()
    if caller.person.kind not in {"administrator", "principal", "teacher"}:
        raise forbidden()
    return None


def _path(course_id: int | None) -> str:
    return f"/api/v1/courses/{course_id}" if course_id else f"/api/v1/accounts/{ACCOUNT}"


def _outcome_rows(ids: list[int]) -> list[sqlite3.Row]:
    marks = ", ".join("?" * len(ids))
    return database().execute(f"SELECT * FROM outcome WHERE id IN ({marks}) ORDER BY id", ids).fetchall()  # noqa: S608


def scale(course_id: int | None) -> list[dict[str, Any]] | None:
    """Return the ratings of a course, or of the account that is over it; ``None`` where nobody set any."""
    for place in (course_id or 0, 0):
        row = database().execute("SELECT ratings FROM proficiency WHERE course_id = ?", (place,)).fetchone()
        if row:
            return list(json.loads(row["ratings"]))
    return None


def _by_account() -> bool:
    return setting(database(), "account_mastery_scales", "off") == "on"


def shown_outcome(row: sqlite3.Row, *, abbreviated: bool = False) -> dict[str, Any]:
    """Return an outcome as the REST interface shows it (example E3 of the reference)."""
    shown: dict[str, Any] = {
        "id": row["id"],
        "context_id": row["course_id"] or ACCOUNT,
        "context_type": "Course" if row["course_id"] else "Account",
        "vendor_guid": row["vendor_guid"],
        "display_name": row["display_name"],
        "title": row["title"],
        "url": f"/api/v1/outcomes/{row['id']}",
        "can_edit": False,
        "has_updateable_rubrics": False,
    }
    if abbreviated:
        return shown
    ratings, mastery, method = json.loads(row["ratings"]), row["mastery_points"], row["calculation_method"]
    top: float = possible(row)
    # With account level mastery scales all this comes from the account, whatever the outcome says.
    common = scale(row["course_id"]) if _by_account() else None
    if common:
        ratings, top = common, max(one["points"] for one in common)
        mastery = next(one["points"] for one in common if one["mastery"])
    used = database().execute("SELECT 1 FROM outcome_result WHERE outcome_id = ? LIMIT 1", (row["id"],))
    return shown | {
        "description": row["description"],
        "friendly_description": None,
        "calculation_method": method,
        "calculation_int": row["calculation_int"],
        "points_possible": top,
        "mastery_points": mastery,
        "ratings": ratings,
        "assessed": used.fetchone() is not None,
    }


@endpoint("/outcomes/<id>")
def one_outcome(caller: Caller, id: str) -> Any:  # noqa: A002
    """Show an outcome."""
    rows = _outcome_rows([int(id)]) if id.isdecimal() else []
    if not rows:
        raise not_found()
    return shown_outcome(rows[0])


def shown_group(row: sqlite3.Row, *, abbreviated: bool = False) -> dict[str, Any]:
    """Return a group of outcomes as the REST interface shows it."""
    url = f"{_path(row['course_id'])}/outcome_groups/{row['id']}"
    shown = {
        "id": row["id"],
        "title": row["title"],
        "vendor_guid": row["vendor_guid"],
        "url": url,
        "subgroups_url": f"{url}/subgroups",
        "outcomes_url": f"{url}/outcomes",
        "can_edit": False,
    }
    if abbreviated:
        return shown
    parent = None
    if row["parent_id"] is not None:
        parent = shown_group(_group_row(row["course_id"], row["parent_id"]), abbreviated=True)
    return shown | {
        "import_url": f"{url}/import",
        "context_id": row["course_id"] or ACCOUNT,
        "context_type": "Course" if row["course_id"] else "Account",
        "description": row["description"],
        "parent_outcome_group": parent,
    }


def _group_row(course_id: int | None, group_id: int | str) -> sqlite3.Row:
    row: sqlite3.Row | None = (
        database()
        .execute("SELECT * FROM outcome_group WHERE course_id IS ? AND id = ?", (course_id, group_id))
        .fetchone()
    )
    if row is None:
        raise not_found()
    return row


def _add_context_endpoints(kind: str, word: str) -> None:
    """Put the addresses of groups, links and scales under courses or under the account."""

    @endpoint(f"/{kind}/<{word}>/root_outcome_group")
    def root(caller: Caller, **named: str) -> Any:
        course_id = _context(caller, kind, named[word])
        return shown_group(_group_row(course_id, root_group(database(), course_id)))

    @endpoint(f"/{kind}/<{word}>/outcome_groups")
    def groups(caller: Caller, **named: str) -> Listed:
        course_id = _context(caller, kind, named[word])
        root_group(database(), course_id)
        rows = database().execute(
            "SELECT * FROM outcome_group WHERE course_id IS ? ORDER BY id", (course_id,)
        )
        return part_of(rows.fetchall(), shown_group)

    @endpoint(f"/{kind}/<{word}>/outcome_groups/<id>")
    def group(caller: Caller, **named: str) -> Any:
        return shown_group(_group_row(_context(caller, kind, named[word]), named["id"]))

    @endpoint(f"/{kind}/<{word}>/outcome_groups/<id>/subgroups")
    def subgroups(caller: Caller, **named: str) -> Listed:
        parent = _group_row(_context(caller, kind, named[word]), named["id"])
        rows = database().execute(
            "SELECT * FROM outcome_group WHERE parent_id = ? ORDER BY id", (parent["id"],)
        )
        return part_of(rows.fetchall(), lambda row: shown_group(row, abbreviated=True))

    @endpoint(f"/{kind}/<{word}>/outcome_groups/<id>/outcomes")
    def outcomes(caller: Caller, **named: str) -> Listed:
        found = _group_row(_context(caller, kind, named[word]), named["id"])
        return part_of(_links("outcome_link.group_id = ?", found["id"]), _shown_link)

    @endpoint(f"/{kind}/<{word}>/outcome_group_links")
    def links(caller: Caller, **named: str) -> Listed:
        course_id = _context(caller, kind, named[word])
        return part_of(_links("outcome_group.course_id IS ?", course_id), _shown_link)

    @endpoint(f"/{kind}/<{word}>/outcome_proficiency")
    def proficiency(caller: Caller, **named: str) -> Any:
        course_id = _context(caller, kind, named[word]) if kind == "courses" else None
        ratings = scale(course_id)
        if ratings is None:
            raise RestRefusal(404, {"message": "The specified resource does not exist."})
        return {"ratings": ratings}


_add_context_endpoints("courses", "course_id")
_add_context_endpoints("accounts", "account_id")


def _links(rule: str, value: int | None) -> list[sqlite3.Row]:
    return (
        database()
        .execute(
            "SELECT outcome_group.*, outcome_id FROM outcome_link"  # noqa: S608
            f" JOIN outcome_group ON outcome_group.id = group_id WHERE {rule} ORDER BY group_id, outcome_id",
            (value,),
        )
        .fetchall()
    )


def _shown_link(row: sqlite3.Row) -> dict[str, Any]:
    outcome = _outcome_rows([row["outcome_id"]])[0]
    brief = request.args.get("outcome_style", "abbrev") != "full"
    brief_group = request.args.get("outcome_group_style", "abbrev") != "full"
    return {
        "url": f"{_path(row['course_id'])}/outcome_groups/{row['id']}/outcomes/{row['outcome_id']}",
        "context_id": row["course_id"] or ACCOUNT,
        "context_type": "Course" if row["course_id"] else "Account",
        "outcome_group": shown_group(row, abbreviated=brief_group),
        "outcome": shown_outcome(outcome, abbreviated=brief),
        "assessed": shown_outcome(outcome)["assessed"],
        "can_unlink": False,
    }


def _wanted_people(caller: Caller, course: Course) -> list[Person]:
    everybody, wanted = students(database(), course.id), numbers("user_ids")
    allowed = caller.may_see(course)
    if allowed is not None and (not wanted or not set(wanted) <= allowed):
        raise forbidden()
    if not set(wanted) <= {person.id for person in everybody}:
        raise RestRefusal(400, {"errors": [{"message": "can only include id's of users in the context"}]})
    return [person for person in everybody if not wanted or person.id in wanted]


def _wanted_outcomes(course: Course) -> list[sqlite3.Row]:
    linked, wanted = outcome_ids(database(), course.id), numbers("outcome_ids")
    if not set(wanted) <= set(linked):
        raise RestRefusal(
            400, {"errors": [{"message": "can only include id's of outcomes in the outcome context"}]}
        )
    return _outcome_rows([one for one in linked if not wanted or one in wanted])


def _result_rows(course: Course, people: list[Person], outcomes: list[sqlite3.Row]) -> list[sqlite3.Row]:
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
    outcomes = {row["id"]: row for row in _wanted_outcomes(course)}
    people = _wanted_people(caller, course)
    rows = _result_rows(course, people, list(outcomes.values()))
    page = part_of(rows, lambda row: _shown_result(row, outcomes[row["outcome_id"]]))
    linked = _linked(caller, course, people, list(outcomes.values()), rows)
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


def _linked(
    caller: Caller, course: Course, people: list[Person], outcomes: list[sqlite3.Row], rows: list[sqlite3.Row]
) -> dict[str, Any]:
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
        links = _links("outcome_group.course_id IS ?", course.id)
        if "outcome_groups" in includes:
            linked["outcome_groups"] = list({row["id"]: shown_group(row) for row in links}.values())
        if "outcome_links" in includes:
            linked["outcome_links"] = [_shown_link(row) for row in links]
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


@endpoint("/courses/<course_id>/outcome_rollups")
def rollups(caller: Caller, course_id: str) -> Any:
    """Sum up results: a row for each section of each student, or one of the whole course (example E5)."""
    course = course_named(caller, course_id)
    aggregate = request.args.get("aggregate")
    if aggregate not in {None, "course"}:
        raise RestRefusal(400, {"errors": [{"message": "invalid aggregate parameter value"}]})
    if request.args.get("aggregate_stat", "mean") not in {"mean", "median"}:
        raise RestRefusal(400, {"errors": [{"message": "invalid aggregate_stat parameter value"}]})
    outcomes, people = _wanted_outcomes(course), _wanted_people(caller, course)
    rows = _result_rows(course, people, outcomes)
    by_student: dict[tuple[int, int], list[sqlite3.Row]] = {}
    for row in sorted(rows, key=lambda one: (one["at"], one["id"])):
        if row["score"] is not None:
            by_student.setdefault((row["person_id"], row["outcome_id"]), []).append(row)
    linked = _linked(caller, course, people, outcomes, rows)
    if aggregate:
        body: dict[str, Any] = {"rollups": [_of_course(course, people, outcomes, by_student)]}
        return body | ({"linked": linked} if linked else {})
    if "missing_user_rollups" in request.args.getlist("exclude[]"):
        there = {person for person, _ in by_student}
        people = [person for person in people if person.id in there]
    window = asked()
    start = int(window.after[0]) if window.after else 0
    shown = [
        rollup
        for person in people[start : start + window.size]
        for rollup in _of_student(course, person, outcomes, by_student)
    ]
    following = [start + window.size] if start + window.size < len(people) else None
    return Listed({"rollups": shown} | ({"linked": linked} if linked else {}), window, following)


def _score(outcome: sqlite3.Row, rows: list[sqlite3.Row]) -> dict[str, Any] | None:
    value = rolled_up(
        outcome["calculation_method"],
        outcome["calculation_int"],
        [row["score"] for row in rows],
        outcome["mastery_points"],
    )
    if value is None:
        return None
    return {
        "score": value,
        "title": rows[-1]["title"],
        "submitted_at": times.rest(rows[-1]["at"]),
        "count": len(rows),
        "hide_points": False,
        "links": {"outcome": str(outcome["id"])},
    }


def _of_student(
    course: Course,
    person: Person,
    outcomes: list[sqlite3.Row],
    by_student: dict[tuple[int, int], list[sqlite3.Row]],
) -> list[dict[str, Any]]:
    found = (
        _score(one, by_student[person.id, one["id"]])
        for one in outcomes
        if (person.id, one["id"]) in by_student
    )
    scores = [one for one in found if one]
    sections = sections_by_person(database(), course.id).get(person.id)
    places = sections or [sections_of(database(), course.id)[0]["id"]]
    return [
        {"scores": scores, "links": {"user": str(person.id), "section": str(place), "status": "active"}}
        for place in places
    ]


def _of_course(
    course: Course,
    people: list[Person],
    outcomes: list[sqlite3.Row],
    by_student: dict[tuple[int, int], list[sqlite3.Row]],
) -> dict[str, Any]:
    shown = []
    for outcome in outcomes:
        found = (
            _score(outcome, by_student[person.id, outcome["id"]])
            for person in people
            if (person.id, outcome["id"]) in by_student
        )
        values = sorted(one["score"] for one in found if one)
        if values:
            middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
            mean = sum(values) / len(values)
            value = middle if request.args.get("aggregate_stat") == "median" else mean
            shown.append(
                {"score": round(value, 2), "count": len(values), "links": {"outcome": str(outcome["id"])}}
            )
    return {"name": course.title, "scores": shown, "links": {"course": course.id}}


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
