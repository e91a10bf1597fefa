"""What people get when something goes wrong: one kind of page, or the same in JSON; its words are in error_words."""

import logging
from typing import Any

from flask import Flask, Response, g, jsonify, request
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException

from lti_plp.errors import PlpError
from lti_plp.lms.joining import names_given_up, was_given_up
from lti_plp.views.database import db
from lti_plp.views.error_words import words_for
from lti_plp.views.rendering import render_template
from lti_plp.views.security import allow_framing

log = logging.getLogger(__name__)


def _answer(code: str, status: int, message: str, details: dict[str, Any]) -> tuple[Response | str, int]:
    words = words_for(code, status)
    request_id = g.get("request_id", "")
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    if best == "application/json" or request.is_json:
        body = {
            "code": code,
            "status": status,
            "message": message,
            "title": words.title,
            "mend": words.mend,
            "details": details,
            "request_id": request_id,
        }
        return jsonify(body), status
    if "frame_origins" not in g:
        # Nobody knows yet which platform this is in. The page holds neither data nor anything to press, and people
        # must be able to read it where they are.
        allow_framing("*")
    return render_template("error.html", words=words, code=code, status=status, request_id=request_id), status


def _foreseen(problem: PlpError) -> tuple[Response | str, int]:
    log.info("%s refused: %s (%s)", g.get("request_id"), problem.code, problem.status)
    return _answer(problem.code, problem.status, problem.message, problem.details)


def _of_http(problem: HTTPException) -> tuple[Response | str, int]:
    status = problem.code or 500
    # Where a file is brought, the page has words for one that is too large.
    code = g.get("too_large", "") if status == 413 else ""
    return _answer(code or f"http_{status}", status, problem.name, {})


def _refused_by_database(problem: IntegrityError) -> tuple[Response | str, int]:
    if not names_given_up(problem):
        return _unforeseen(problem)
    # Pages that get no session keep what was typed, until somebody comes anew.
    db.session.rollback()
    if "visit" in g and was_given_up(db.session(), g.visit.actor.person_id):
        return _foreseen(PlpError("session_unknown", 401, "This page belongs to somebody who was joined."))
    return _foreseen(PlpError("joined_meanwhile", 409, "This student was joined to another one meanwhile."))


def _unforeseen(problem: Exception) -> tuple[Response | str, int]:
    # The trace goes to the log without the values it was about; the page gets neither.
    log.error("%s failed: %s", g.get("request_id"), type(problem).__name__, exc_info=problem)
    return _answer("failed", 500, "Something went wrong.", {})


def register_error_handlers(app: Flask) -> None:
    """Let every error of ``app`` end on one kind of page."""
    app.register_error_handler(PlpError, _foreseen)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(IntegrityError, _refused_by_database)
    app.register_error_handler(Exception, _unforeseen)
