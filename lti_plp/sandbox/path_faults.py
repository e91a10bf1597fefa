"""Faults of the net and of the server for addresses of one's choice, as test control asked for them.

A pattern is matched as a shell does it against the path (``/api/v1/courses/*/students/submissions``), and against the
path with its query (``*/submissions?*graded_since*``). Kinds:

* ``drop``: the connection breaks in the middle of the answer, after ``after_bytes`` or half of it;
* ``status``: the server answers with a status and a body (500 and Canvas's page for it, unless said otherwise);
* ``html``: a page of HTML with status 200 where JSON was asked for;
* ``latency``: everything takes ``delay_ms`` longer.
"""

import socket
import time
from collections.abc import Iterator

from flask import Flask, Response, g, request

from lti_plp.sandbox.lms import database

KINDS = frozenset({"drop", "status", "html", "latency"})
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def init_app(app: Flask) -> None:
    """Misbehave from now on where it is asked for."""
    app.before_request(_before)
    app.after_request(_after)


def _before() -> Response | None:
    if request.path.startswith(("/_sandbox", "/static")):
        return None
    db, answer = database(), None
    rows = db.execute(
        "SELECT * FROM path_fault WHERE (? GLOB pattern OR ? GLOB pattern) AND (times IS NULL OR times > 0)"
        " ORDER BY id",
        (request.path, f"{request.path}?{request.query_string.decode(errors='replace')}"),
    ).fetchall()
    for row in rows:
        if answer is not None:
            break
        if row["times"] is not None:
            db.execute("UPDATE path_fault SET times = times - 1 WHERE id = ?", (row["id"],))
        if row["delay_ms"]:
            time.sleep(row["delay_ms"] / 1000)
        if row["kind"] == "drop":
            g.drop_after = row["after_bytes"] or 0
        elif row["kind"] == "html":
            answer = Response(
                row["body"] or _PAGE.format("Log In"), 200, content_type="text/html; charset=utf-8"
            )
        elif row["kind"] == "status":
            text = row["body"] or _PAGE.format("Page Error")
            kind = "application/json" if text.startswith(("{", "[")) else "text/html; charset=utf-8"
            answer = Response(text, row["status"] or 500, content_type=kind)
    return answer


def _after(answer: Response) -> Response:
    after = g.pop("drop_after", None)
    connection = request.environ.get("werkzeug.socket")
    if after is None or connection is None:
        return answer
    whole = answer.get_data()
    answer.response = _broken(whole[: after or len(whole) // 2], connection)
    answer.headers["Content-Length"] = str(len(whole))
    return answer


def _broken(part: bytes, connection: socket.socket) -> Iterator[bytes]:
    yield part
    connection.shutdown(socket.SHUT_RDWR)
