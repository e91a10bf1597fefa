"""Assignment and Grade Services 2.0, as Canvas serves them."""

import json
import sqlite3
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import times
from lti_plp.sandbox.faults import service
from lti_plp.sandbox.identity import ServiceRefusal, token_for
from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.placing import NewAssignment, NewLineItem, add_assignment, add_line_item
from lti_plp.sandbox.school import assignment_by_link, course_by_id, person_by, role_in
from lti_plp.sandbox.scopes import LINE_ITEM, LINE_ITEM_READ, RESULT_READ, SCORE
from lti_plp.sandbox.store import writing
from lti_plp.sandbox.tools import Tool

bp = Blueprint("grades", __name__, url_prefix="/api/lti/courses/<int:course_id>/line_items")

ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
SUBMISSION = "https://canvas.instructure.com/lti/submission"
ACTIVITY = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
GRADING = {"NotReady", "Failed", "Pending", "PendingManual", "FullyGraded"}
PAGE = 10


def _tool(course_id: int, *scopes: str) -> Tool:
    """Return the tool of this request's token, if one of ``scopes`` is in it."""
    refusal: ServiceRefusal | None = None
    for scope in scopes:
        try:
            tool = token_for(scope)
            break
        except ServiceRefusal as problem:
            refusal = problem
    else:
        raise refusal or ServiceRefusal(403, "The access token lacks the scope.")
    if course_by_id(database(), course_id) is None:
        raise ServiceRefusal(404, "There is no such course.")
    return tool


def _item(course_id: int, item_id: int, tool: Tool) -> sqlite3.Row:
    row: sqlite3.Row | None = (
        database()
        .execute(
            "SELECT line_item.*, assignment.resource_link_id FROM line_item"
            " JOIN assignment ON assignment.id = line_item.assignment_id"
            " WHERE line_item.id = ? AND line_item.course_id = ? AND line_item.tool_id = ?",
            (item_id, course_id, tool.id),
        )
        .fetchone()
    )
    if row is None:
        raise ServiceRefusal(404, "There is no such line item.")
    return row


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    item = {
        "id": lms().course_url(row["course_id"], f"line_items/{row['id']}"),
        "scoreMaximum": row["score_maximum"],
        "label": row["label"],
        "resourceLinkId": row["resource_link_id"],
        "resourceId": row["resource_id"],
        "tag": row["tag"],
        "startDateTime": times.shown(row["start_at"]) or None,
        "endDateTime": times.shown(row["end_at"]) or None,
        "gradesReleased": None if row["grades_released"] is None else bool(row["grades_released"]),
    }
    return {name: value for name, value in item.items() if value is not None}


def _as(body: Any, media_type: str, status: int = 200) -> Response:
    answer = jsonify(body)
    answer.mimetype = media_type
    answer.status_code = status
    return answer


@bp.get("")
@service("ags")
def list_items(course_id: int) -> ResponseReturnValue:
    """List the tool's line items, filtered and in pages."""
    tool = _tool(course_id, LINE_ITEM, LINE_ITEM_READ)
    rows = (
        database()
        .execute(
            "SELECT line_item.*, assignment.resource_link_id FROM line_item"
            " JOIN assignment ON assignment.id = line_item.assignment_id"
            " WHERE line_item.course_id = ? AND line_item.tool_id = ? ORDER BY line_item.id",
            (course_id, tool.id),
        )
        .fetchall()
    )
    filters = {"resource_link_id": "resource_link_id", "resource_id": "resource_id", "tag": "tag"}
    for name, column in filters.items():
        if name in request.args:
            rows = [row for row in rows if row[column] == request.args[name]]
    return _page([_shown(row) for row in rows], f"courses/{course_id}/line_items", ITEMS_TYPE)


def _page(items: list[dict[str, Any]], path: str, media_type: str) -> Response:
    limit, page = request.args.get("limit", str(PAGE)), request.args.get("page", "1")
    if not (limit.isdecimal() and page.isdecimal() and int(limit) > 0 and int(page) > 0):
        raise ServiceRefusal(400, "limit and page must be positive numbers.")
    start = (int(page) - 1) * int(limit)
    answer = _as(items[start : start + int(limit)], media_type)
    if start + int(limit) < len(items):
        query = {**request.args.to_dict(), "page": int(page) + 1}
        answer.headers["Link"] = f'<{lms().base_url}/api/lti/{path}?{urlencode(query)}>; rel="next"'
    return answer


def _body(media_type: str) -> dict[str, Any]:
    if request.mimetype != media_type:
        raise ServiceRefusal(415, f"The body must be {media_type}.")
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise ServiceRefusal(400, "The body must be a JSON object.")
    return body


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _checked_item(body: dict[str, Any]) -> NewLineItem:
    maximum, label = body.get("scoreMaximum"), body.get("label")
    if not _is_number(maximum) or not maximum or maximum <= 0:
        raise ServiceRefusal(422, "scoreMaximum must be a number above 0.")
    if not isinstance(label, str) or not label.strip():
        raise ServiceRefusal(422, "label must not be blank.")
    return NewLineItem(
        label=label,
        score_maximum=float(maximum),
        resource_id=body.get("resourceId"),
        tag=body.get("tag"),
        start_at=_moment(body, "startDateTime"),
        end_at=_moment(body, "endDateTime"),
        grades_released=body.get("gradesReleased"),
        coupled=False,
    )


def _moment(body: dict[str, Any], name: str) -> str | None:
    if body.get(name) is None:
        return None
    moment = times.parse(body[name])
    if moment is None:
        raise ServiceRefusal(400, f"{name} must be ISO 8601 with a time zone.")
    return times.stored(moment)


@bp.post("")
@service("ags")
def create_item(course_id: int) -> ResponseReturnValue:
    """Make a line item, for a link of the tool or on its own."""
    tool = _tool(course_id, LINE_ITEM)
    body = _body(ITEM_TYPE)
    new = _checked_item(body)
    link_id = body.get("resourceLinkId")
    with writing(database()):
        if link_id is None:
            assignment_id = add_assignment(database(), course_id, tool.id, NewAssignment(title=new.label))
        else:
            link = assignment_by_link(database(), course_id, str(link_id))
            if link is None or link.tool_id != tool.id:
                raise ServiceRefusal(404, "The resource link is not one of this tool in this course.")
            assignment_id = link.id
        item_id = add_line_item(database(), course_id, tool.id, assignment_id, new)
    return _as(_shown(_item(course_id, item_id, tool)), ITEM_TYPE, 201)


@bp.get("/<int:item_id>")
@service("ags")
def read_item(course_id: int, item_id: int) -> ResponseReturnValue:
    """Show one line item."""
    tool = _tool(course_id, LINE_ITEM, LINE_ITEM_READ)
    return _as(_shown(_item(course_id, item_id, tool)), ITEM_TYPE)


@bp.put("/<int:item_id>")
@service("ags")
def replace_item(course_id: int, item_id: int) -> ResponseReturnValue:
    """Replace a line item: what is not sent is gone (AGS 2.0, section 3.2.6)."""
    tool = _tool(course_id, LINE_ITEM)
    row = _item(course_id, item_id, tool)
    body = _body(ITEM_TYPE)
    new = _checked_item(body)
    if body.get("resourceLinkId", row["resource_link_id"]) != row["resource_link_id"]:
        raise ServiceRefusal(400, "resourceLinkId must not change.")
    database().execute(
        "UPDATE line_item SET label = ?, score_maximum = ?, resource_id = ?, tag = ?, start_at = ?, end_at = ?,"
        " grades_released = ? WHERE id = ?",
        (
            new.label,
            new.score_maximum,
            new.resource_id,
            new.tag,
            new.start_at,
            new.end_at,
            new.grades_released,
            item_id,
        ),
    )
    return _as(_shown(_item(course_id, item_id, tool)), ITEM_TYPE)


@bp.delete("/<int:item_id>")
@service("ags")
def remove_item(course_id: int, item_id: int) -> ResponseReturnValue:
    """Remove a line item that the tool made itself; Canvas keeps those of its own assignments."""
    tool = _tool(course_id, LINE_ITEM)
    row = _item(course_id, item_id, tool)
    if row["coupled"]:
        raise ServiceRefusal(401, "This line item belongs to an assignment of the LMS.")
    with writing(database()):
        database().execute("DELETE FROM result WHERE line_item_id = ?", (item_id,))
        database().execute("DELETE FROM line_item WHERE id = ?", (item_id,))
    return "", 204


@bp.get("/<int:item_id>/results")
@service("ags")
def results(course_id: int, item_id: int) -> ResponseReturnValue:
    """List the results of a line item."""
    tool = _tool(course_id, RESULT_READ)
    row = _item(course_id, item_id, tool)
    found = database().execute(
        "SELECT result.*, person.sub FROM result JOIN person ON person.id = person_id WHERE line_item_id = ?"
        " ORDER BY result.id",
        (item_id,),
    )
    address = lms().course_url(course_id, f"line_items/{item_id}")
    shown = [
        {
            "id": f"{address}/results/{one['id']}",
            "scoreOf": address,
            "userId": one["sub"],
            "resultScore": one["score"],
            "resultMaximum": row["score_maximum"],
            **({"comment": one["comment"]} if one["comment"] else {}),
        }
        for one in found
        if request.args.get("user_id") in (None, one["sub"])
    ]
    return _page(shown, f"courses/{course_id}/line_items/{item_id}/results", RESULTS_TYPE)


@bp.post("/<int:item_id>/scores")
@service("ags")
def score(course_id: int, item_id: int) -> ResponseReturnValue:
    """Take in a score (AGS 2.0, section 3.4; Canvas, ``scores_controller``)."""
    tool = _tool(course_id, SCORE)
    row = _item(course_id, item_id, tool)
    body = _body(SCORE_TYPE)
    moment = _checked_score(body)
    person = person_by(database(), "sub", str(body["userId"]))
    if person is None or role_in(database(), person, course_id) != "student":
        raise ServiceRefusal(422, "The user is unknown or is no student of this course.")
    with writing(database()):
        result_id = _apply(row, person.id, body, moment)
        _hand_in(row, person.id, body, moment)
        database().execute(
            "INSERT INTO accepted_score (line_item_id, course_id, body, received_at) VALUES (?, ?, ?, ?)",
            (item_id, course_id, json.dumps(body), times.stored(times.now())),
        )
    url = lms().course_url(course_id, f"line_items/{item_id}/results/{result_id}")
    return jsonify(resultUrl=url), 200


def _checked_score(body: dict[str, Any]) -> str:
    """Return the score's time as it is kept."""
    if not isinstance(body.get("userId"), str) or not body["userId"]:
        raise ServiceRefusal(400, "userId is missing.")
    if body.get("activityProgress") not in ACTIVITY or body.get("gradingProgress") not in GRADING:
        raise ServiceRefusal(400, "activityProgress or gradingProgress is none of the known values.")
    stamp = times.parse(body.get("timestamp"))
    if stamp is None or "." not in str(body["timestamp"]):
        raise ServiceRefusal(400, "timestamp must be ISO 8601 with fractions of a second and a time zone.")
    given, maximum = body.get("scoreGiven"), body.get("scoreMaximum")
    if given is not None and (not _is_number(given) or given < 0):
        raise ServiceRefusal(400, "scoreGiven must be a number from 0 on.")
    if given is not None and (not _is_number(maximum) or maximum is None or maximum <= 0):
        raise ServiceRefusal(422, "scoreGiven needs a scoreMaximum above 0.")
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


def _apply(item: sqlite3.Row, person_id: int, body: dict[str, Any], moment: str) -> int:
    db = database()
    known = db.execute(
        "SELECT * FROM result WHERE line_item_id = ? AND person_id = ?", (item["id"], person_id)
    ).fetchone()
    if known and moment <= known["timestamp"]:
        raise ServiceRefusal(400, "The provided timestamp is before the last updated timestamp.")
    # A message without points, or not about a grade, wipes the grade that stands, unless it asks to preserve it.
    points = known["score"] if known else None
    if not body.get(SUBMISSION, {}).get("preserve_score", False):
        counts = body["gradingProgress"] in {"FullyGraded", "PendingManual"}
        given = body.get("scoreGiven") if counts else None
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
        return int(known["id"])
    cursor = db.execute(
        "INSERT INTO result (score, comment, activity_progress, grading_progress, timestamp, scoring_user,"
        " line_item_id, person_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, item["id"], person_id),
    )
    return int(cursor.lastrowid or 0)


def _hand_in(item: sqlite3.Row, person_id: int, body: dict[str, Any], moment: str) -> None:
    """Make an attempt, unless the score says that it is none: Canvas counts each score as one by default."""
    extension = body.get(SUBMISSION, {})
    if extension.get("new_submission", True) is False:
        return
    said = times.parse(extension.get("submitted_at") or body.get("submission", {}).get("submittedAt"))
    attempts = (
        database()
        .execute(
            "SELECT count(*) FROM submission WHERE assignment_id = ? AND person_id = ?",
            (item["assignment_id"], person_id),
        )
        .fetchone()[0]
    )
    database().execute(
        "INSERT INTO submission (assignment_id, person_id, attempt, type, data, submitted_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            item["assignment_id"],
            person_id,
            attempts + 1,
            extension.get("submission_type", "external_tool"),
            extension.get("submission_data"),
            times.stored(said) if said else moment,
        ),
    )
