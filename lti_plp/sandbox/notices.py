"""Platform notifications: what the LMS tells a tool's server of its own accord, once and never again.

A tool says with ``PUT /api/lti/notice-handlers/<id>`` where a kind of notice is to go. What is not taken in is lost.
"""

import sqlite3
import threading
import uuid
from contextlib import closing
from typing import Any

import requests
from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import times
from lti_plp.sandbox.claims import LTI, NOTICE_TYPES
from lti_plp.sandbox.faults import service
from lti_plp.sandbox.identity import ServiceRefusal, token_for
from lti_plp.sandbox.lms import Lms, database
from lti_plp.sandbox.school import course_by_id
from lti_plp.sandbox.scopes import NOTICE_HANDLERS
from lti_plp.sandbox.tools import Tool, is_web_address, on_domain, tool_by_id

bp = Blueprint("notices", __name__, url_prefix="/api/lti/notice-handlers")


def _tool(tool_id: int) -> Tool:
    tool = token_for(NOTICE_HANDLERS)
    if tool.id != tool_id:
        raise ServiceRefusal(401, "Access Token not linked to a Tool associated with this Context")
    return tool


@bp.get("/<int:tool_id>")
@service("notices")
def handlers(tool_id: int) -> ResponseReturnValue:
    """List where a tool wants its notices; an empty address is nowhere."""
    tool = _tool(tool_id)
    rows = database().execute("SELECT notice_type, url FROM notice_handler WHERE tool_id = ?", (tool.id,))
    known = {row["notice_type"]: row["url"] for row in rows}
    return jsonify(
        client_id=tool.client_id,
        deployment_id=tool.deployment_id,
        notice_handlers=[{"notice_type": kind, "handler": known.get(kind, "")} for kind in NOTICE_TYPES],
    )


@bp.put("/<int:tool_id>")
@service("notices")
def set_handler(tool_id: int) -> ResponseReturnValue:
    """Note where a kind of notice is to go; an empty address takes it away."""
    tool, body = _tool(tool_id), request.get_json(silent=True)
    if not isinstance(body, dict) or body.get("notice_type") not in NOTICE_TYPES:
        raise ServiceRefusal(400, "notice_type is none of the supported ones.")
    url = body.get("handler")
    if url != "" and not (is_web_address(url) and on_domain(str(url), tool.domain)):
        raise ServiceRefusal(400, "handler must be a valid URL or an empty string")
    database().execute(
        "DELETE FROM notice_handler WHERE tool_id = ? AND notice_type = ?", (tool.id, body["notice_type"])
    )
    if url:
        database().execute(
            "INSERT INTO notice_handler (tool_id, notice_type, url) VALUES (?, ?, ?)",
            (tool.id, body["notice_type"], url),
        )
    return jsonify(notice_type=body["notice_type"], handler=url)


def tell_of_copy(db: sqlite3.Connection, lms_: Lms, origin_id: int, copied_id: int) -> None:
    """Tell every tool that wants to know that a course was copied."""
    origin, copied = course_by_id(db, origin_id), course_by_id(db, copied_id)
    if origin is None or copied is None:
        return
    context = {
        "id": copied.context_id,
        "label": copied.label,
        "title": copied.title,
        "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
    }
    tell(
        db,
        lms_,
        "LtiContextCopyNotice",
        {LTI + "context": context, LTI + "origin_contexts": [origin.context_id]},
    )


def tell(db: sqlite3.Connection, lms_: Lms, kind: str, more: dict[str, Any]) -> int:
    """Send a notice to every tool that wants it; return to how many."""
    rows = db.execute("SELECT tool_id, url FROM notice_handler WHERE notice_type = ?", (kind,)).fetchall()
    for row in rows:
        tool = tool_by_id(db, row["tool_id"])
        if tool is None or not tool.active:
            continue
        number = str(uuid.uuid4())
        token = lms_.keys.sign(db, _claims(lms_, tool, kind, number) | more)
        db.execute(
            "INSERT INTO notice (id, tool_id, notice_type, url) VALUES (?, ?, ?, ?)",
            (number, tool.id, kind, row["url"]),
        )
        threading.Thread(target=_send, args=(lms_, number, row["url"], token), daemon=True).start()
    return len(rows)


def _claims(lms_: Lms, tool: Tool, kind: str, number: str) -> dict[str, Any]:
    issued = int(times.now().timestamp())
    return {
        "iss": lms_.issuer,
        "aud": tool.client_id,
        "azp": tool.client_id,
        "iat": issued,
        "exp": issued + 3600,
        "nonce": str(uuid.uuid4()),
        LTI + "version": "1.3.0",
        LTI + "deployment_id": tool.deployment_id,
        LTI + "notice": {"id": number, "timestamp": times.shown(times.stored(times.now())), "type": kind},
    }


def _send(lms_: Lms, number: str, url: str, token: str) -> None:
    """Send a notice once; the status is kept for test control, 0 when nobody answered."""
    status = 0
    try:
        with requests.Session() as http:
            http.trust_env = False
            status = http.post(url, json={"notices": [{"jwt": token}]}, timeout=5).status_code
    except requests.RequestException:
        status = 0
    with closing(lms_.store.connect()) as db:
        db.execute("UPDATE notice SET status = ? WHERE id = ?", (status, number))
