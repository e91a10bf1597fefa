"""What tests ask of the LMS, as JSON under ``/_sandbox/``: POST, unless said otherwise.

People are named by their keys (``maya``). This module has what belongs to launches and their services:

* ``keys/rotate {"overlap": true}``: sign with a new key.
* ``faults {"service": "jwks|token|nrps|ags|rest", "times": 1, "status": 503, "delay_ms": 0, "body": "",
  "retry_after": "5", "after_work": false}``: misbehave; without ``status`` only slowly; with ``after_work`` it does
  the work and then fails.
* ``tokens/revoke``: no access token of a tool is good any more.
* ``courses {"title": "History 9", "label": "HIS-9", "teacher": {"key": "hale", "name": "Mr. Hale", "given_name":
  "Owen", "family_name": "Hale"}, "students": ["maya"]}`` -> ``{"course": 2}``: a course with a teacher of its own;
  ``"principal": {"key": "osei", …}`` enrolls an administrator who is new, too.
* ``courses/<id>/copy`` -> ``{"course": 2}``; ``courses/<id>/students {"count": 20}``.
* ``courses/<id>/status {"person": "maya", "status": "Inactive"}``.
* ``courses/<id>/delete``: its pages and services say that there is no such course; ``{"undo": true}``: it is back.
* ``GET gradebook?course=1``, ``GET scores``, ``GET requests``, ``GET courses``: what is there.
* ``GET courses/<id>/people`` -> ``{"context_id", "title", "label", "people": [...]}``: who is in a course, with the
  names and numbers that tools are told, and the subjects of those whom somebody ``observes``.
* ``storage {"on": false}``: platform storage off.
* ``launch {"person": "maya", "course": 1, "assignment": 1, "placement": "course_navigation"}`` (``deep_linking: {}``
  for the picker of a placement, ``overrides`` for claims, ``"course": null`` for the account, ``student: "leo"`` for a
  student's card, ``nobody: true`` for a visitor without an account) -> ``{"url": …, "parameters": {…}}``: the login
  initiation, good without the LMS's cookie.
* ``tools/<client_id> {"privacy": "name_only", "placements", "custom", "active", "only_courses": [1], "scopes",
  "deployment_id"}``: how a tool is installed.
* ``line_items/belong_to_another {"line_item": 7}``: it is another key's from now on.
* ``notices {"type": "LtiHelloWorldNotice"}``: tell every tool that wants to know; ``GET notices``: what was sent, and
  with which answer. A copied course is told of by itself.

:mod:`lti_plp.sandbox.control_rest` has keys, tokens and misbehaviour of the REST interface:

* ``developer_keys {"redirect_uris": [...], "scopes": [...], "enforces_scopes": false, "allows_includes": false}``
  (also ``client_id``, ``secret``, ``name``) -> ``{"client_id", "client_secret"}``; ``developer_keys/<client_id>
  {"scopes": [...], "active": false}``: fewer scopes end all of its tokens.
* ``user_tokens {"client_id", "person", "scopes"}`` -> ``{"access_token", "refresh_token"}``: as if they had
  consented.
* ``user_tokens/age {"seconds": 3600, "person"}``, ``user_tokens/revoke {"person"}``: of all, when nobody is named.
* ``throttle {"high_water": 600, "largest": 800, "leaks": 10, "in_advance": 50, "status": 403|429, "cost": null}``:
  how much a token may ask for, and what a request costs; ``throttle`` alone is Canvas's own. ``throttle/fill
  {"level": 600}``; ``GET throttle``: how full the buckets are.
* ``path_faults {"pattern": "/api/v1/courses/*", "kind": "drop|status|html|latency", "times": 1, "status": 500,
  "body", "delay_ms": 50, "after_bytes"}``: see :mod:`lti_plp.sandbox.path_faults`; ``path_faults/clear``.
* ``clock {"seconds": 300}``: the LMS's clock goes ahead; 0 sets it right.
* ``settings {"link_base": "http://127.0.0.1:PORT", "empty_page_every": 2, "forbidden_status": 401|403,
  "teachers_see_sis": "off", "file_address_seconds": 60, "concluded_status": 422|404, "deep_linking_line_items":
  "off", "publish_picked": "off", "limited_to_section": "hale rivera"}``: the last, teachers who hear in lists of
  submissions of their sections' members alone.

:mod:`lti_plp.sandbox.control_coursework` has work and people:

* ``assignments {"course": 1, "name": "Lab report", …}`` -> ``{"assignment", "lti_context_id"}``, with any field of
  the REST interface (``points_possible``, ``due_at``, ``published``, ``grading_type``, ``group_category_id`` …),
  ``rubric: {"title", "criteria": [{"id", "points", "description", "outcome_id", "ratings"}]}``, ``post_manually``
  and ``visible_to: ["maya"]``; ``assignments/<id> {…}`` changes it; ``assignments/<id>/delete {"undo": false}``.
* ``assignments/<id>/submit {"person", "body" | "url" | "files": [{"name", "content" | "content_base64",
  "content_type"}], "type", "at"}`` -> ``{"attempt", "files": [ids]}``; in group work for the whole group.
* ``assignments/<id>/grade {"person", "score", "grader": "rivera", "grade", "rubric": {"_1": {"points": 3}},
  "comment", "at"}``; ``"score": null`` takes the grade away.
* ``assignments/<id>/excuse {"person", "undo"}``, ``…/post {"people"}``, ``…/hide {"people"}``, ``…/comment
  {"person", "author", "text"}``, ``…/overrides {"people", "due_at"}``, ``…/state {"person", "late_policy_status",
  "points_deducted", "redo_request", "extra_attempts", "workflow_state"}``.
* ``groups {"course": 1, "groups": {"Otters": ["maya", "leo"]}}`` -> ``{"category", "groups"}``.
* ``people {"key", "kind", "name", "given_name", "family_name", "course", "role"}`` -> ``{"id", "sub"}``;
  ``people/<key> {"sis_id": "", "course": 2, "role": "teacher"}``; ``observing {"observer": "ana", "students":
  []}``; ``people/<key>/merge {"into": "maya"}`` -> ``{"id", "sub"}``: the account goes, and all it had is the other
  one's, under the old ``sub`` in the courses that it was in.
* ``courses/<id> {"sis_id", "state": "available|unpublished|completed", "time_zone"}``; ``courses/<id>/sections
  {"name", "people", "sis_id"}``.
* ``many {"students": 30, "assignments": 40}`` -> ``{"course", "context_id", "assignments", "students"}``: a course
  with everybody's work, in one go.

:mod:`lti_plp.sandbox.control_outcomes` has outcomes:

* ``outcome_groups {"title", "course", "parent"}``, ``outcomes {"title", "group" | "course", "linked_in": [1],
  "ratings", "mastery_points", "calculation_method", "calculation_int", "vendor_guid"}``; without a course they are
  the account's.
* ``outcome_results {"outcome", "assignment", "person", "score", "at", "hidden"}``; rubrics with outcomes make them
  too. With ``"alignment": {"id": "quiz_12", "name"}`` it is told as one of something that is no assignment.
* ``proficiency {"course", "ratings", "for_all_outcomes": true}``, ``proficiency/clear``.
"""

import json
from typing import Any

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from lti_plp.sandbox.claims import LaunchSubject
from lti_plp.sandbox.launching import begin_launch
from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.notices import tell, tell_of_copy
from lti_plp.sandbox.placements import ASSIGNMENTS_MENU, COURSE_NAVIGATION, deep_linking_settings
from lti_plp.sandbox.placing import copy_course
from lti_plp.sandbox.school import (
    add_course,
    add_person,
    add_students,
    assignment_by_id,
    assignments,
    called_in,
    course_by_id,
    enroll,
    number_of,
    observed,
    people,
    person_by,
    role_in,
)
from lti_plp.sandbox.store import set_setting, writing
from lti_plp.sandbox.tools import all_tools

bp = Blueprint("control", __name__, url_prefix="/_sandbox")


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


@bp.post("/keys/rotate")
def rotate() -> ResponseReturnValue:
    """Rotate the signing key."""
    return jsonify(kid=lms().keys.rotate(database(), overlap=bool(_body().get("overlap"))))


@bp.post("/faults")
def faults() -> ResponseReturnValue:
    """Let a service misbehave."""
    body = _body()
    database().execute(
        "INSERT INTO fault (service, times, status, delay_ms, body, retry_after, after_work)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            body["service"],
            body.get("times", 1),
            body.get("status"),
            body.get("delay_ms", 0),
            body.get("body"),
            body.get("retry_after"),
            bool(body.get("after_work")),
        ),
    )
    return jsonify(ok=True)


@bp.post("/faults/clear")
def clear_faults() -> ResponseReturnValue:
    """Let every service behave again."""
    database().execute("DELETE FROM fault")
    return jsonify(ok=True)


@bp.post("/tokens/revoke")
def revoke() -> ResponseReturnValue:
    """Revoke every access token."""
    database().execute("UPDATE access_token SET revoked = 1")
    return jsonify(ok=True)


@bp.post("/courses")
def more_courses() -> ResponseReturnValue:
    """Add a course with a teacher who is new at the school."""
    body, db = _body(), database()
    learners = [person_by(db, "key", key) or abort(404) for key in body.get("students", ())]
    with writing(db):
        course_id = add_course(db, body["title"], body["label"], None)
        for role in ("teacher", "principal"):
            if role in body:
                enroll(db, course_id, add_person(db, kind=role, **body[role]), role)
        for person in learners:
            enroll(db, course_id, person.id, "student")
    return jsonify(course=course_id)


@bp.post("/courses/<int:course_id>/copy")
def copy(course_id: int) -> ResponseReturnValue:
    """Copy a course."""
    course = course_by_id(database(), course_id) or abort(404)
    with writing(database()):
        copied = copy_course(database(), course)
    tell_of_copy(database(), lms(), course.id, copied)
    return jsonify(course=copied)


@bp.post("/courses/<int:course_id>/delete")
def delete(course_id: int) -> ResponseReturnValue:
    """Delete a course: its pages and services say that there is none; ``{"undo": true}`` brings it back."""
    is_gone = not _body().get("undo")
    database().execute("UPDATE course SET deleted = ? WHERE id = ?", (is_gone, course_id))
    return jsonify(ok=True)


@bp.post("/courses/<int:course_id>/students")
def more_students(course_id: int) -> ResponseReturnValue:
    """Enroll more invented students."""
    with writing(database()):
        added = add_students(database(), course_id, int(_body().get("count", 1)))
    return jsonify([person.key for person in added])


@bp.post("/courses/<int:course_id>/status")
def status(course_id: int) -> ResponseReturnValue:
    """Make somebody active or inactive in a course."""
    person = person_by(database(), "key", _body().get("person", "")) or abort(404)
    database().execute(
        "UPDATE enrollment SET status = ? WHERE course_id = ? AND person_id = ?",
        (_body()["status"], course_id, person.id),
    )
    return jsonify(ok=True)


@bp.post("/storage")
def storage() -> ResponseReturnValue:
    """Switch platform storage on or off."""
    set_setting(database(), "platform_storage", "on" if _body().get("on") else "off")
    return jsonify(ok=True)


@bp.get("/gradebook")
def gradebook() -> ResponseReturnValue:
    """Return every result of a course, with the number of attempts."""
    rows = database().execute(
        "SELECT assignment.title AS assignment, assignment.id AS assignment_id, person.key AS person, result.score,"
        " line_item.score_maximum AS maximum, result.comment, activity_progress, grading_progress, timestamp,"
        " (SELECT count(*) FROM submission WHERE submission.assignment_id = assignment.id"
        "  AND submission.person_id = person.id) AS attempts"
        " FROM result JOIN line_item ON line_item.id = line_item_id"
        " JOIN assignment ON assignment.id = line_item.assignment_id JOIN person ON person.id = result.person_id"
        " WHERE line_item.course_id = ? ORDER BY assignment.id, person.id",
        (request.args.get("course", "1"),),
    )
    return jsonify([dict(row) for row in rows])


@bp.get("/scores")
def scores() -> ResponseReturnValue:
    """Return every score that was accepted, in order."""
    rows = database().execute("SELECT * FROM accepted_score ORDER BY id")
    return jsonify([{**dict(row), "body": json.loads(row["body"])} for row in rows])


@bp.get("/requests")
def requests_() -> ResponseReturnValue:
    """Return the log of service requests."""
    rows = database().execute("SELECT * FROM request_log ORDER BY id")
    return jsonify([{**dict(row), "headers": json.loads(row["headers"])} for row in rows])


@bp.get("/courses")
def courses() -> ResponseReturnValue:
    """Return courses with their assignments."""
    rows = database().execute("SELECT id, title FROM course ORDER BY id").fetchall()
    return jsonify(
        [
            {
                "id": row["id"],
                "title": row["title"],
                "assignments": [
                    {
                        "id": one.id,
                        "title": one.title,
                        "resource_link_id": one.resource_link_id,
                        "url": one.url,
                        "custom": one.custom,
                    }
                    for one in assignments(database(), row["id"])
                ],
            }
            for row in rows
        ]
    )


@bp.get("/courses/<int:course_id>/people")
def people_of(course_id: int) -> ResponseReturnValue:
    """Return a course with its people."""
    db = database()
    course = course_by_id(db, course_id) or abort(404)
    return jsonify(
        context_id=course.context_id,
        title=course.title,
        label=course.label,
        people=[
            {
                "key": person.key,
                "sub": called_in(db, person, course.id).sub,
                "kind": person.kind,
                "name": person.name,
                "given_name": person.given_name,
                "family_name": person.family_name,
                "number": number_of(person) or "",
                "observes": [student.sub for student in observed(db, person, course.id)],
            }
            for person in people(db)
            if role_in(db, person, course.id)
        ],
    )


@bp.post("/notices")
def notice() -> ResponseReturnValue:
    """Send a notice to every tool that wants it."""
    return jsonify(sent=tell(database(), lms(), _body().get("type", "LtiHelloWorldNotice"), {}))


@bp.get("/notices")
def notices() -> ResponseReturnValue:
    """Return every notice that was sent, and what its address answered; 0 is nothing."""
    return jsonify([dict(row) for row in database().execute("SELECT * FROM notice ORDER BY rowid")])


@bp.post("/tools/<client_id>")
def tool(client_id: str) -> ResponseReturnValue:
    """Change how a tool is installed."""
    for name, value in _body().items():
        if name not in {
            "privacy",
            "placements",
            "custom",
            "active",
            "only_courses",
            "scopes",
            "deployment_id",
        }:
            abort(400)
        kept = json.dumps(value) if isinstance(value, list | dict) else value
        # The name is one of ours.
        database().execute(f"UPDATE tool SET {name} = ? WHERE client_id = ?", (kept, client_id))  # noqa: S608
    return jsonify(ok=True)


@bp.post("/line_items/belong_to_another")
def give_away() -> ResponseReturnValue:
    """Let a line item be that of another key, which comes to be for it."""
    db = database()
    with writing(db):
        db.execute(
            "INSERT OR IGNORE INTO tool (client_id, name, login_url, redirect_uris, target_link_uri, jwks_url, domain,"
            " scopes, privacy, custom, placements, active) VALUES ('another', 'Another tool', '', '[]', '', '', '',"
            " '[]', 'anonymous', '{}', '[]', 0)"
        )
        db.execute(
            "UPDATE line_item SET tool_id = (SELECT id FROM tool WHERE client_id = 'another') WHERE id = ?",
            (_body()["line_item"],),
        )
    return jsonify(ok=True)


@bp.post("/launch")
def launch() -> ResponseReturnValue:
    """Begin a launch without a browser's session."""
    body, db = _body(), database()
    person = person_by(db, "key", body.get("person", "")) or abort(404)
    place = body.get("course", 1)
    course = None if place is None else course_by_id(db, int(place)) or abort(404)
    assignment = assignment_by_id(db, int(body["assignment"])) if body.get("assignment") else None
    wanted = assignment.tool_id if assignment else None
    tool = next(tool for tool in all_tools(db) if wanted in (None, tool.id))
    student = person_by(db, "key", body["student"]) or abort(404) if "student" in body else None
    settings = None
    placement = body.get("placement", "assignment_view" if assignment else COURSE_NAVIGATION)
    if body.get("deep_linking") is not None:
        placement = body.get("placement", ASSIGNMENTS_MENU)
        settings = deep_linking_settings(placement, body["deep_linking"])
    is_nobody = bool(body.get("nobody"))
    subject = LaunchSubject(tool, person, course, assignment, placement, settings, student, is_nobody)
    login = begin_launch(db, lms(), subject, None, body.get("overrides"))
    return jsonify(url=login.url, parameters=login.parameters)
