"""Test control of coursework: assignments, submissions, grades, groups, people; see :mod:`lti_plp.sandbox.control`."""

import base64
import json
from typing import Any

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import coursework, times
from lti_plp.sandbox.lms import database
from lti_plp.sandbox.many import make_many
from lti_plp.sandbox.merging import merge_people
from lti_plp.sandbox.outcomes import results_of_rubric
from lti_plp.sandbox.school import Person, add_person, enroll, person_by
from lti_plp.sandbox.store import writing

bp = Blueprint("control_coursework", __name__, url_prefix="/_sandbox")


def body() -> dict[str, Any]:
    """Return the request's JSON object; nothing is an empty one."""
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}


def person(key: str | None) -> Person:
    """Return the person of a key."""
    return person_by(database(), "key", key or "") or abort(404, f"There is nobody called {key}.")


@bp.post("/assignments")
def make_assignment() -> ResponseReturnValue:
    """Make an assignment without a tool."""
    values, db = body(), database()
    with writing(db):
        course_id = int(values.pop("course", 1))
        made = coursework.make_assignment(db, course_id, values.pop("name"), **_ready(values, course_id))
    row = db.execute("SELECT resource_link_id FROM assignment WHERE id = ?", (made,)).fetchone()
    return jsonify(assignment=made, lti_context_id=row["resource_link_id"])


def _ready(values: dict[str, Any], course_id: int) -> dict[str, Any]:
    if "visible_to" in values:
        values["visible_to"] = [person(key).id for key in values["visible_to"]]
    if "rubric" in values:
        rubric = values.pop("rubric")
        cursor = database().execute(
            "INSERT INTO rubric (course_id, title, criteria) VALUES (?, ?, ?)",
            (
                course_id,
                rubric.get("title", "Rubric"),
                json.dumps([_criterion(one) for one in rubric["criteria"]]),
            ),
        )
        values["rubric_id"] = cursor.lastrowid
    return values


def _criterion(given: dict[str, Any]) -> dict[str, Any]:
    whole = {
        "id": "_1",
        "points": 4.0,
        "description": "Criterion",
        "long_description": "",
        "ignore_for_scoring": False,
        "criterion_use_range": False,
        "ratings": [],
        **given,
    }
    whole["ratings"] = [
        {"long_description": "", "criterion_id": whole["id"], **one} for one in whole["ratings"]
    ]
    return whole


@bp.post("/assignments/<int:assignment_id>")
def change_assignment(assignment_id: int) -> ResponseReturnValue:
    """Change an assignment."""
    with writing(database()):
        coursework.change_assignment(database(), assignment_id, **_ready(body(), _course_of(assignment_id)))
    return jsonify(ok=True)


def _course_of(assignment_id: int) -> int:
    row = database().execute("SELECT course_id FROM assignment WHERE id = ?", (assignment_id,)).fetchone()
    return int(row["course_id"]) if row else abort(404)


@bp.post("/assignments/<int:assignment_id>/delete")
def delete_assignment(assignment_id: int) -> ResponseReturnValue:
    """Delete an assignment, or bring it back."""
    coursework.delete_assignment(database(), assignment_id, undo=bool(body().get("undo")))
    return jsonify(ok=True)


@bp.post("/assignments/<int:assignment_id>/overrides")
def override(assignment_id: int) -> ResponseReturnValue:
    """Give some students dates of their own."""
    values = body()
    students = [person(key).id for key in values["people"]]
    dates = {name: coursework.kept(values.get(name)) for name in ("due_at", "unlock_at", "lock_at")}
    with writing(database()):
        made = coursework.override_dates(database(), assignment_id, students, dates.pop("due_at"), **dates)
    return jsonify(override=made)


@bp.post("/assignments/<int:assignment_id>/submit")
def submit(assignment_id: int) -> ResponseReturnValue:
    """Hand something in for somebody."""
    values, db = body(), database()
    student, course_id = person(values["person"]), _course_of(assignment_id)
    with writing(db):
        files = [
            coursework.add_file(
                db,
                student.id,
                course_id,
                one["name"],
                base64.b64decode(one["content_base64"])
                if "content_base64" in one
                else one["content"].encode(),
                one.get("content_type", "application/octet-stream"),
            )
            for one in values.get("files", ())
        ]
        kind = values.get("type", "online_upload" if files else "online_text_entry")
        attempt = coursework.hand_in(
            db,
            assignment_id,
            student.id,
            kind,
            data=values.get("body", values.get("url")),
            files=files or None,
            at=coursework.kept(values.get("at")),
        )
    return jsonify(attempt=attempt, files=files)


@bp.post("/assignments/<int:assignment_id>/grade")
def grade(assignment_id: int) -> ResponseReturnValue:
    """Grade, grade again, or take a grade away (``"score": null``)."""
    values, db = body(), database()
    student, grader = person(values["person"]), person(values.get("grader", "rivera"))
    at = coursework.kept(values.get("at")) or times.stored(times.now())
    with writing(db):
        if "score" in values:
            coursework.grade(
                db,
                assignment_id,
                student.id,
                values["score"],
                grader_id=grader.id,
                at=at,
                shown=values.get("grade"),
            )
            _tell_results(assignment_id, student.id, values["score"])
        if "rubric" in values:
            coursework.assess(db, assignment_id, student.id, values["rubric"])
            results_of_rubric(db, assignment_id, student.id, values["rubric"], at)
        if "comment" in values:
            coursework.comment(db, assignment_id, student.id, grader.id, values["comment"])
    return jsonify(ok=True)


def _tell_results(assignment_id: int, person_id: int, score: float | None) -> None:
    """A teacher's grade stands in a tool's results too, where the tool made one before; it makes none itself."""
    database().execute(
        "UPDATE result SET score = ? WHERE person_id = ? AND line_item_id ="
        " (SELECT min(id) FROM line_item WHERE assignment_id = ?)",
        (score, person_id, assignment_id),
    )


@bp.post("/assignments/<int:assignment_id>/excuse")
def excuse(assignment_id: int) -> ResponseReturnValue:
    """Excuse somebody."""
    values = body()
    student, grader = person(values["person"]), person(values.get("grader", "rivera"))
    undo = bool(values.get("undo"))
    coursework.excuse(database(), assignment_id, student.id, grader_id=grader.id, undo=undo)
    return jsonify(ok=True)


@bp.post("/assignments/<int:assignment_id>/<any(post, hide):what>")
def post_or_hide(assignment_id: int, what: str) -> ResponseReturnValue:
    """Post grades, or hide them."""
    keys = body().get("people")
    students = None if keys is None else [person(key).id for key in keys]
    coursework.post_grades(database(), assignment_id, students, hide=what == "hide")
    return jsonify(ok=True)


_SAID = ("late_policy_status", "points_deducted", "redo_request", "extra_attempts", "workflow_state")


@bp.post("/assignments/<int:assignment_id>/state")
def state(assignment_id: int) -> ResponseReturnValue:
    """Say of somebody's work that it is late, missing, to be done again, or anything else of its columns."""
    values = body()
    student = person(values["person"])
    for name in _SAID:
        if name in values:
            # The name is one of ours.
            database().execute(
                f"UPDATE work SET {name} = ? WHERE assignment_id = ? AND person_id = ?",  # noqa: S608
                (values[name], assignment_id, student.id),
            )
    return jsonify(ok=True)


@bp.post("/assignments/<int:assignment_id>/comment")
def comment(assignment_id: int) -> ResponseReturnValue:
    """Say something about somebody's work."""
    values = body()
    author = person(values["author"]).id if values.get("author") else None
    coursework.comment(database(), assignment_id, person(values["person"]).id, author, values["text"])
    return jsonify(ok=True)


@bp.post("/groups")
def groups() -> ResponseReturnValue:
    """Make groups of students for group work."""
    values, db = body(), database()
    course_id = int(values.get("course", 1))
    with writing(db):
        category = db.execute("SELECT coalesce(max(category_id), 0) + 1 FROM work_group").fetchone()[0]
        made = {}
        for name, keys in values["groups"].items():
            cursor = db.execute(
                "INSERT INTO work_group (category_id, course_id, name) VALUES (?, ?, ?)",
                (category, course_id, name),
            )
            made[name] = cursor.lastrowid
            members = [(made[name], person(key).id) for key in keys]
            db.executemany("INSERT INTO work_group_member (group_id, person_id) VALUES (?, ?)", members)
    return jsonify(category=category, groups=made)


@bp.post("/people")
def people() -> ResponseReturnValue:
    """Add somebody to the school, and to a course if one is named."""
    values = body()
    with writing(database()):
        made = add_person(
            database(),
            values["key"],
            values["kind"],
            values.get("name", values["key"].title()),
            values.get("given_name", values["key"].title()),
            values.get("family_name", "Example"),
        )
        if "course" in values:
            enroll(database(), int(values["course"]), made, values.get("role", values["kind"]))
    added = person_by(database(), "id", made)
    return jsonify(id=made, sub=added.sub if added else "")


@bp.post("/people/<key>")
def change_person(key: str) -> ResponseReturnValue:
    """Give somebody another number of the school's records (empty for none), or a role in one more course."""
    values, found = body(), person(key)
    if "sis_id" in values:
        database().execute("UPDATE person SET sis_id = ? WHERE id = ?", (values["sis_id"], found.id))
    if "course" in values:
        with writing(database()):
            enroll(database(), int(values["course"]), found.id, values.get("role", found.kind))
    return jsonify(id=found.id, sub=found.sub)


@bp.post("/people/<key>/merge")
def merge(key: str) -> ResponseReturnValue:
    """Merge somebody's account into another one."""
    old, kept = person(key), person(body()["into"])
    if old.id == kept.id:
        abort(400, "An account cannot be merged into itself.")
    with writing(database()):
        merge_people(database(), old, kept)
    return jsonify(id=kept.id, sub=kept.sub)


@bp.post("/observing")
def observing() -> ResponseReturnValue:
    """Let somebody observe these students and nobody else; none is an observer without a student."""
    values, db = body(), database()
    observer = person(values["observer"])
    rows = [(observer.id, person(key).id) for key in values.get("students", ())]
    with writing(db):
        db.execute("DELETE FROM observing WHERE observer_id = ?", (observer.id,))
        db.executemany("INSERT INTO observing (observer_id, student_id) VALUES (?, ?)", rows)
    return jsonify(ok=True)


@bp.post("/courses/<int:course_id>")
def change_course(course_id: int) -> ResponseReturnValue:
    """Change a course's number in the school's records, its state or its time zone."""
    values = body()
    for name in ("sis_id", "state", "time_zone"):
        if name in values:
            # The name is one of three of ours.
            database().execute(f"UPDATE course SET {name} = ? WHERE id = ?", (values[name], course_id))  # noqa: S608
    return jsonify(ok=True)


@bp.post("/courses/<int:course_id>/sections")
def section(course_id: int) -> ResponseReturnValue:
    """Make a section and put people into it; who was in none by name leaves the course's first one."""
    values, db = body(), database()
    with writing(db):
        cursor = db.execute(
            "INSERT INTO section (course_id, name, sis_id) VALUES (?, ?, ?)",
            (course_id, values["name"], values.get("sis_id")),
        )
        members = [(cursor.lastrowid, person(key).id) for key in values.get("people", ())]
        db.executemany("INSERT INTO section_member (section_id, person_id) VALUES (?, ?)", members)
    return jsonify(section=cursor.lastrowid)


@bp.post("/many")
def many() -> ResponseReturnValue:
    """Make a course of many assignments and students with everybody's work, in one go."""
    values = body()
    with writing(database()):
        made = make_many(
            database(),
            students=int(values.get("students", 30)),
            assignments=int(values.get("assignments", 40)),
            title=values.get("title", "Large course"),
            teacher=values.get("teacher", "rivera"),
        )
    return jsonify(made)
