"""Scores of Assignment and Grade Services 2.0, section 3.4, as Canvas takes them (``scores_controller``).

What surprises tools is here on purpose: a score without points wipes the grade that stands, each score is one more
attempt that is late or uses attempts up, and a comment is added each time.
"""

import json
import sqlite3
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import coursework, times
from lti_plp.sandbox.faults import service
from lti_plp.sandbox.grades import is_number, item_of, json_body, served_tool
from lti_plp.sandbox.identity import ServiceRefusal
from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.pulled_files import pulled
from lti_plp.sandbox.school import Person, course_by_id, person_by, person_called, role_in
from lti_plp.sandbox.scopes import SCORE
from lti_plp.sandbox.store import writing

bp = Blueprint("scores", __name__, url_prefix="/api/lti/courses/<int:course_id>/line_items")

SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
SUBMISSION = "https://canvas.instructure.com/lti/submission"
ACTIVITY = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
GRADING = {"NotReady", "Failed", "Pending", "PendingManual", "FullyGraded"}
COUNTED = {"FullyGraded", "PendingManual"}
KINDS = frozenset(
    {"none", "basic_lti_launch", "online_text_entry", "external_tool", "online_upload", "online_url"}
)
_NO_STUDENT = "User not found in course or is not a student"


@bp.post("/<int:item_id>/scores")
@service("ags")
def score(course_id: int, item_id: int) -> ResponseReturnValue:
    """Take in a score."""
    tool = served_tool(course_id, SCORE)
    row = item_of(course_id, item_id, tool)
    body = json_body(SCORE_TYPE)
    moment = _checked_score(row, body)
    person = _student(course_id, body["userId"])
    with writing(database()):
        result_id, is_graded, points = _apply(row, person.id, body, moment)
        # Only the first line item of an assignment is in the gradebook; what goes to another one is kept unseen.
        if row["is_first"]:
            _hand_in(row, person.id, body)
            if is_graded:
                grader = -tool.id
                coursework.grade(database(), row["assignment_id"], person.id, points, grader_id=grader)
            if body.get("comment"):
                coursework.comment(database(), row["assignment_id"], person.id, None, body["comment"])
        database().execute(
            "INSERT INTO accepted_score (line_item_id, course_id, body, received_at) VALUES (?, ?, ?, ?)",
            (item_id, course_id, json.dumps(body), times.stored(times.now())),
        )
    items = body.get(SUBMISSION, {}).get("content_items", [])
    url = lms().course_url(course_id, f"line_items/{item_id}/results/{result_id}")
    said = [pulled(lms(), item, person.id, row, course_id) for item in items]
    answer = jsonify({"resultUrl": url, SUBMISSION: {"content_items": said}})
    answer.mimetype = SCORE_TYPE
    return answer


def _student(course_id: int, user_id: str) -> Person:
    """Return the student whom a score is for; tools may know them by their number as well (Canvas)."""
    db, course = database(), course_by_id(database(), course_id)
    person = person_by(db, "id", user_id) if user_id.isdecimal() else person_called(db, user_id, course_id)
    if person is None or course is None or role_in(database(), person, course_id) != "student":
        raise ServiceRefusal(422, _NO_STUDENT)
    if course.state == "unpublished":
        # Nobody is active in a course that is not published yet.
        raise ServiceRefusal(422, _NO_STUDENT)
    return person


def _checked_score(row: sqlite3.Row, body: dict[str, Any]) -> str:
    """Return the score's time as it is kept."""
    if not isinstance(body.get("userId"), str) or not body["userId"]:
        raise ServiceRefusal(400, "userId is missing.")
    if body.get("activityProgress") not in ACTIVITY or body.get("gradingProgress") not in GRADING:
        raise ServiceRefusal(400, "activityProgress or gradingProgress is none of the known values.")
    stamp = times.parse(body.get("timestamp"))
    if stamp is None or "." not in str(body["timestamp"]):
        raise ServiceRefusal(400, "timestamp must be ISO 8601 with fractions of a second and a time zone.")
    given, maximum = body.get("scoreGiven"), body.get("scoreMaximum")
    if given is not None and (not is_number(given) or given < 0):
        raise ServiceRefusal(400, "scoreGiven must be a number from 0 on.")
    if given is not None and maximum is None:
        raise ServiceRefusal(422, "ScoreMaximum not supplied when ScoreGiven present.")
    if given is not None and (not is_number(maximum) or not maximum or maximum <= 0):
        raise ServiceRefusal(422, "ScoreMaximum must be greater than or equal to 0")
    if "comment" in body and not isinstance(body["comment"], str):
        raise ServiceRefusal(400, "comment must be text.")
    _checked_submission(body)
    return times.stored(stamp)


def _checked_submission(body: dict[str, Any]) -> None:
    submission = body.get("submission", {})
    extension = body.get(SUBMISSION, {})
    if not isinstance(submission, dict) or not isinstance(extension, dict):
        raise ServiceRefusal(400, "submission must be an object.")
    began = times.parse(submission["startedAt"]) if "startedAt" in submission else None
    ended = times.parse(submission["submittedAt"]) if "submittedAt" in submission else None
    if ("startedAt" in submission and began is None) or ("submittedAt" in submission and ended is None):
        raise ServiceRefusal(400, "The times of a submission must be ISO 8601 with a time zone.")
    if began and ended and ended < began:
        raise ServiceRefusal(400, "submittedAt is earlier than startedAt.")
    at = extension.get("submitted_at")
    if at is not None and times.parse(at) is None:
        raise ServiceRefusal(400, "submitted_at must be ISO 8601 with a time zone.")
    said = _submitted_at(body)
    if said is not None and said > times.now() + timedelta(minutes=1):
        raise ServiceRefusal(400, "Provided submitted_at timestamp is in the future.")
    if extension.get("submission_type", "external_tool") not in KINDS:
        raise ServiceRefusal(400, "submission_type is none of the known ones.")
    if extension.get("submission_type") == "online_upload" and not extension.get("content_items"):
        raise ServiceRefusal(422, "content_items are required for an online_upload submission.")


def _submitted_at(body: dict[str, Any]) -> datetime | None:
    extension, submission = body.get(SUBMISSION, {}), body.get("submission", {})
    return times.parse(extension.get("submitted_at") or submission.get("submittedAt"))


def _apply(
    item: sqlite3.Row, person_id: int, body: dict[str, Any], moment: str
) -> tuple[int, bool, float | None]:
    """Keep the result; return its id, whether it touches the grade, and the points that stand then."""
    db = database()
    known = db.execute(
        "SELECT * FROM result WHERE line_item_id = ? AND person_id = ?", (item["id"], person_id)
    ).fetchone()
    if known and moment <= known["timestamp"]:
        raise ServiceRefusal(
            400,
            f"Provided timestamp of {body['timestamp']} before last updated timestamp of"
            f" {times.shown(known['timestamp'])}",
        )
    is_graded = _touches_grade(item, person_id, body)
    # A message without points, or not about a grade, wipes the grade that stands, unless it asks to preserve it.
    points = known["score"] if known else None
    if is_graded:
        given = body.get("scoreGiven") if body["gradingProgress"] in COUNTED else None
        points = None if given is None else given * item["score_maximum"] / body["scoreMaximum"]
    # Comments are added to those before, without a look at whether one stands there already.
    comments = [known["comment"] if known else None, body.get("comment")]
    values = (
        points,
        "\n".join(comment for comment in comments if comment) or None,
        body["activityProgress"],
        body["gradingProgress"],
        moment,
        body.get("scoringUserId"),
    )
    if known:
        db.execute(
            "UPDATE result SET score = ?, comment = ?, activity_progress = ?, grading_progress = ?, timestamp = ?,"
            " scoring_user = ? WHERE id = ?",
            (*values, known["id"]),
        )
        return int(known["id"]), is_graded, points
    cursor = db.execute(
        "INSERT INTO result (score, comment, activity_progress, grading_progress, timestamp, scoring_user,"
        " line_item_id, person_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, item["id"], person_id),
    )
    return int(cursor.lastrowid or 0), is_graded, points


def _touches_grade(item: sqlite3.Row, person_id: int, body: dict[str, Any]) -> bool:
    extension = body.get(SUBMISSION, {})
    if extension.get("preserve_score", False):
        # Also when points come along and count.
        return False
    if not extension.get("prioritize_non_tool_grade", False):
        return True
    # Any score that stands comes first, also one that this very tool gave.
    standing = (
        database()
        .execute(
            "SELECT score FROM work WHERE assignment_id = ? AND person_id = ?",
            (item["assignment_id"], person_id),
        )
        .fetchone()
    )
    return standing is None or standing["score"] is None


def _hand_in(item: sqlite3.Row, person_id: int, body: dict[str, Any]) -> None:
    """Make an attempt, unless the score says that it is none: Canvas counts each score as one by default."""
    extension = body.get(SUBMISSION, {})
    kind = extension.get("submission_type", "external_tool")
    if extension.get("new_submission", kind != "none") is False or kind == "none":
        return
    db = database()
    work = db.execute(
        "SELECT allowed_attempts, attempt, extra_attempts FROM work JOIN assignment ON assignment.id = assignment_id"
        " WHERE assignment_id = ? AND person_id = ?",
        (item["assignment_id"], person_id),
    ).fetchone()
    allowed = work["allowed_attempts"] + (work["extra_attempts"] or 0)
    if work["allowed_attempts"] >= 0 and (work["attempt"] or 0) >= allowed:
        text = "The maximum number of allowed attempts has been reached for this submission"
        raise ServiceRefusal(422, text)
    said = _submitted_at(body)
    coursework.hand_in(
        db,
        item["assignment_id"],
        person_id,
        kind,
        data=extension.get("submission_data"),
        at=times.stored(said) if said else None,
    )
