"""Services that misbehave on request, and the log of what they were asked."""

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import times
from lti_plp.sandbox.lms import database

_LOGGED = ("Accept", "Content-Type", "User-Agent")


def service(name: str) -> Callable[[Callable[..., ResponseReturnValue]], Callable[..., Response]]:
    """Make a view part of a service: it is logged, and fails when a test said so."""

    def wrap(view: Callable[..., ResponseReturnValue]) -> Callable[..., Response]:
        @wraps(view)
        def serve(*arguments: object, **values: object) -> Response:
            fault = _next_fault(name) or {"delay_ms": 0, "status": None, "after_work": True}
            time.sleep(fault["delay_ms"] / 1000)
            worked = fault["after_work"] or fault["status"] is None
            answer = make_response(view(*arguments, **values)) if worked else Response()
            if fault["status"] is not None:
                answer = Response(fault["body"] or "", fault["status"], content_type="application/json")
                if fault["retry_after"]:
                    answer.headers["Retry-After"] = fault["retry_after"]
            _log(name, answer.status_code)
            return answer

        return serve

    return wrap


def _next_fault(name: str) -> dict[str, Any] | None:
    db = database()
    row = db.execute("SELECT * FROM fault WHERE service = ? AND times > 0 ORDER BY id", (name,)).fetchone()
    if row is None:
        return None
    db.execute("UPDATE fault SET times = times - 1 WHERE id = ?", (row["id"],))
    return dict(row)


def _log(name: str, status: int) -> None:
    headers = {header: request.headers[header] for header in _LOGGED if header in request.headers}
    # Tokens are not kept, only whether one was there.
    headers["Authorization"] = request.headers.get("Authorization", "").partition(" ")[0]
    body = "" if name == "token" else request.get_data(as_text=True)[:20000]
    database().execute(
        "INSERT INTO request_log (at, service, method, path, query, status, headers, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            times.stored(times.now()),
            name,
            request.method,
            request.path,
            request.query_string.decode(),
            status,
            json.dumps(headers),
            body,
        ),
    )
