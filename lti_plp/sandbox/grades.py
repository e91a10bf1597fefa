"""Line items and results of Assignment and Grade Services 2.0, as Canvas serves them; scores are in :mod:`scores`."""

import json
import sqlite3
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import times
from lti_plp.sandbox.coursework import delete_assignment
from lti_plp.sandbox.faults import service
from lti_plp.sandbox.identity import ServiceRefusal, token_for
from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.placing import NewAssignment, NewLineItem, add_assignment, add_line_item
from lti_plp.sandbox.school import course_by_id
from lti_plp.sandbox.scopes import LINE_ITEM, LINE_ITEM_READ, RESULT_READ
from lti_plp.sandbox.store import setting, writing
from lti_plp.sandbox.tools import Tool

bp = Blueprint("grades", __name__, url_prefix="/api/lti/courses/<int:course_id>/line_items")

ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
SUBMISSION_TYPE = "https://canvas.instructure.com/lti/submission_type"
LAUNCH_URL = "https://canvas.instructure.com/lti/launch_url"
PAGE = 10
CONCLUDED = "This course has concluded. AGS requests will no longer be accepted for this course."


def served_tool(course_id: int, *scopes: str) -> Tool:
    """Return the tool of this request's token, if one of ``scopes`` is in it and the course is open to it.

    :raise ServiceRefusal: when it is not.
    """
    refusal: ServiceRefusal | None = None
    for scope in scopes:
        try:
            tool = token_for(scope)
            break
        except ServiceRefusal as problem:
            refusal = problem
    else:
        raise refusal or ServiceRefusal(403, "The access token lacks the scope.")
    course = course_by_id(database(), course_id)
    if course is None:
        raise ServiceRefusal(404, "Context not found")
    if tool.only_courses is not None and course_id not in tool.only_courses:
        raise ServiceRefusal(401, "Access Token not linked to a Tool associated with this Context")
    if course.state == "completed":
        # With a flag of its own Canvas says so; without it, that there is no such course.
        status = int(setting(database(), "concluded_status", "422"))
        raise ServiceRefusal(status, CONCLUDED if status == 422 else "Context not found")
    return tool


_ITEMS = (
    "SELECT line_item.*, assignment.resource_link_id, assignment.url, line_item.id ="
    " (SELECT min(id) FROM line_item AS other WHERE other.assignment_id = assignment.id) AS is_first"
    " FROM line_item JOIN assignment ON assignment.id = line_item.assignment_id AND NOT assignment.deleted"
)


def item_of(course_id: int, item_id: int, tool: Tool) -> sqlite3.Row:
    """Return a line item of a tool.

    :raise ServiceRefusal: 404 when there is none, 412 when it is another tool's.
    """
    row: sqlite3.Row | None = (
        database()
        .execute(f"{_ITEMS} WHERE line_item.id = ? AND line_item.course_id = ?", (item_id, course_id))
        .fetchone()
    )
    if row is None:
        raise ServiceRefusal(404, "There is no such line item.")
    if row["tool_id"] != tool.id:
        raise ServiceRefusal(412, "Tool does not have permission to view line_item")
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
        SUBMISSION_TYPE: json.loads(row["submission_type"]) if row["submission_type"] else None,
    }
    if "launch_url" in request.args.getlist("include[]"):
        item[LAUNCH_URL] = row["url"]
    return {name: value for name, value in item.items() if value is not None}


def as_media(body: Any, media_type: str, status: int = 200) -> Response:
    """Return JSON under a media type."""
    answer = jsonify(body)
    answer.mimetype = media_type
    answer.status_code = status
    return answer


@bp.get("")
@service("ags")
def list_items(course_id: int) -> ResponseReturnValue:
    """List the tool's line items, filtered and in pages."""
    tool = served_tool(course_id, LINE_ITEM, LINE_ITEM_READ)
    rows = (
        database()
        .execute(
            f"{_ITEMS} WHERE line_item.course_id = ? AND line_item.tool_id = ? ORDER BY line_item.id",
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
    answer = as_media(items[start : start + int(limit)], media_type)
    if start + int(limit) < len(items):
        query = {**request.args.to_dict(), "page": int(page) + 1}
        answer.headers["Link"] = f'<{lms().base_url}/api/lti/{path}?{urlencode(query)}>; rel="next"'
    return answer


def json_body(media_type: str) -> dict[str, Any]:
    """Return the request's JSON object.

    :raise ServiceRefusal: 415 when it comes under another media type, 400 when it is none.
    """
    if request.mimetype != media_type:
        raise ServiceRefusal(415, f"The body must be {media_type}.")
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise ServiceRefusal(400, "The body must be a JSON object.")
    return body


def is_number(value: object) -> bool:
    """Tell whether this is a number, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _checked_item(body: dict[str, Any]) -> NewLineItem:
    maximum, label = body.get("scoreMaximum"), body.get("label")
    if not is_number(maximum) or not maximum or maximum <= 0:
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
        submission_type=_submission_type(body),
        coupled=False,
    )


def _submission_type(body: dict[str, Any]) -> dict[str, Any] | None:
    asked = body.get(SUBMISSION_TYPE)
    if asked is None:
        return None
    kind = asked.get("type") if isinstance(asked, dict) else asked
    if kind not in {"none", "external_tool"}:
        raise PlainRefusal(400, f"Invalid submission_type for new assignment: {kind}")
    return dict(asked)


class PlainRefusal(ServiceRefusal):
    """A refusal in the one place where Canvas has another shape for it."""

    def answer(self) -> Response:
        """Return the answer that says so."""
        body = jsonify(error=str(self))
        body.status_code = self.status
        return body


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
    tool = served_tool(course_id, LINE_ITEM)
    body = json_body(ITEM_TYPE)
    new = _checked_item(body)
    link_id = body.get("resourceLinkId")
    with writing(database()):
        if link_id is None:
            assignment_id = _new_assignment(course_id, tool, new)
        else:
            assignment_id = _own_link(course_id, str(link_id), tool)
        item_id = add_line_item(database(), course_id, tool.id, assignment_id, new)
    return as_media(_shown(item_of(course_id, item_id, tool)), ITEM_TYPE, 201)


def _new_assignment(course_id: int, tool: Tool, new: NewLineItem) -> int:
    """Make the assignment of a line item without a link: a column, unless it is said that it launches the tool."""
    asked = new.submission_type or {"type": "none"}
    # The end of a line item is when the work is due; that of a deep link's `available` is when it closes.
    made = NewAssignment(
        title=new.label, url=asked.get("external_tool_url"), unlock_at=new.start_at, due_at=new.end_at
    )
    assignment_id = add_assignment(database(), course_id, tool.id, made)
    database().execute(
        "UPDATE assignment SET submission_types = ? WHERE id = ?",
        (json.dumps([asked["type"]]), assignment_id),
    )
    return assignment_id


def _own_link(course_id: int, link_id: str, tool: Tool) -> int:
    row = (
        database()
        .execute(
            "SELECT * FROM assignment WHERE course_id = ? AND resource_link_id = ?", (course_id, link_id)
        )
        .fetchone()
    )
    if row is None:
        raise ServiceRefusal(404, "The resource link is not one of this course.")
    if row["deleted"]:
        raise ServiceRefusal(412, "The specified LTI link ID is not associated with the line item.")
    if row["tool_id"] != tool.id:
        raise ServiceRefusal(422, "The resource link is not one of this tool.")
    return int(row["id"])


@bp.get("/<int:item_id>")
@service("ags")
def read_item(course_id: int, item_id: int) -> ResponseReturnValue:
    """Show one line item."""
    tool = served_tool(course_id, LINE_ITEM, LINE_ITEM_READ)
    return as_media(_shown(item_of(course_id, item_id, tool)), ITEM_TYPE)


@bp.put("/<int:item_id>")
@service("ags")
def replace_item(course_id: int, item_id: int) -> ResponseReturnValue:
    """Replace a line item: what is not sent is gone (AGS 2.0, section 3.2.6)."""
    tool = served_tool(course_id, LINE_ITEM)
    row = item_of(course_id, item_id, tool)
    body = json_body(ITEM_TYPE)
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
    if row["is_first"]:
        database().execute(
            "UPDATE assignment SET title = ?, unlock_at = ?, due_at = ? WHERE id = ?",
            (new.label, new.start_at, new.end_at, row["assignment_id"]),
        )
    return as_media(_shown(item_of(course_id, item_id, tool)), ITEM_TYPE)


@bp.delete("/<int:item_id>")
@service("ags")
def remove_item(course_id: int, item_id: int) -> ResponseReturnValue:
    """Remove a line item that the tool made itself; Canvas keeps those of its own assignments."""
    tool = served_tool(course_id, LINE_ITEM)
    row = item_of(course_id, item_id, tool)
    if row["coupled"]:
        # Canvas says 401 here, with nothing in it: another token would not help.
        return "", 401
    with writing(database()):
        if row["is_first"]:
            delete_assignment(database(), row["assignment_id"])
        else:
            database().execute("DELETE FROM result WHERE line_item_id = ?", (item_id,))
            database().execute("DELETE FROM line_item WHERE id = ?", (item_id,))
    return "", 204


@bp.get("/<int:item_id>/results")
@service("ags")
def results(course_id: int, item_id: int) -> ResponseReturnValue:
    """List the results of a line item."""
    tool = served_tool(course_id, RESULT_READ)
    row = item_of(course_id, item_id, tool)
    found = database().execute(
        "SELECT result.*, coalesce(past_sub.sub, person.sub) AS sub FROM result"
        " JOIN person ON person.id = result.person_id"
        " LEFT JOIN past_sub ON past_sub.person_id = person.id AND past_sub.course_id = ?"
        " WHERE line_item_id = ? ORDER BY result.id",
        (course_id, item_id),
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
