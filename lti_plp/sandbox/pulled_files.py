"""Files that a tool names in a score: the LMS fetches them after it has answered, and tells how far it is.

``GET /api/lti/courses/<id>/progress/<number>`` needs a scope of its own.
"""

import sqlite3
import threading
from contextlib import closing
from typing import Any

import requests
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import coursework
from lti_plp.sandbox.faults import service
from lti_plp.sandbox.identity import ServiceRefusal, token_for
from lti_plp.sandbox.lms import Lms, database, lms
from lti_plp.sandbox.scopes import PROGRESS_READ
from lti_plp.sandbox.store import writing

bp = Blueprint("pulled_files", __name__)

LARGEST = 20_000_000


def pulled(
    lms_: Lms, item: dict[str, Any], person_id: int, line_item: sqlite3.Row, course_id: int
) -> dict[str, Any]:
    """Begin to fetch a file, and return what the answer to the score says of it."""
    db = database()
    cursor = db.execute("INSERT INTO progress (state, course_id) VALUES ('queued', ?)", (course_id,))
    number = int(cursor.lastrowid or 0)
    place = (lms_, item, person_id, line_item["assignment_id"], course_id, number)
    threading.Thread(target=_fetch, args=place, daemon=True).start()
    return {
        "type": "file",
        "url": item.get("url"),
        "title": item.get("title"),
        "progress": lms_.course_url(course_id, f"progress/{number}"),
    }


def _fetch(
    lms_: Lms, item: dict[str, Any], person_id: int, assignment_id: int, course_id: int, number: int
) -> None:
    state, content = "failed", b""
    try:
        with requests.Session() as http:
            http.trust_env = False
            answer = http.get(str(item.get("url")), timeout=10)
        if answer.ok and len(answer.content) <= LARGEST:
            state, content = "completed", answer.content
    except requests.RequestException:
        state = "failed"
    with closing(lms_.store.connect()) as db, writing(db):
        if state == "completed":
            kind = item.get("media_type") or "application/octet-stream"
            file_id = coursework.add_file(
                db, person_id, course_id, str(item.get("title", "file")), content, kind
            )
            coursework.attach(db, assignment_id, person_id, file_id)
        db.execute("UPDATE progress SET state = ? WHERE id = ?", (state, number))


@bp.get("/api/lti/courses/<int:course_id>/progress/<int:number>")
@service("ags")
def progress(course_id: int, number: int) -> ResponseReturnValue:
    """Tell how far the LMS is with a file."""
    token_for(PROGRESS_READ)
    row = (
        database()
        .execute("SELECT * FROM progress WHERE id = ? AND course_id = ?", (number, course_id))
        .fetchone()
    )
    if row is None:
        raise ServiceRefusal(404, "There is no such progress.")
    done = 100 if row["state"] == "completed" else 0
    return jsonify(
        id=number,
        url=lms().course_url(course_id, f"progress/{number}"),
        workflow_state=row["state"],
        completion=done,
    )
