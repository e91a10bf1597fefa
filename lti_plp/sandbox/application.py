"""create_app(): the LMS as a web application."""

import secrets
from pathlib import Path

from flask import Flask, Response, g

from lti_plp.sandbox import (
    canvas_oauth,
    control,
    control_coursework,
    control_outcomes,
    control_rest,
    grades,
    identity,
    members,
    notices,
    pages,
    path_faults,
    placement_pages,
    pulled_files,
    rest,
    rest_assignments,
    rest_courses,
    rest_files,
    rest_outcome_results,
    rest_outcome_rollups,
    rest_outcomes,
    rest_people,
    rest_submissions,
    scores,
    throttle,
    times,
)
from lti_plp.sandbox.canvas_oauth import OauthRefusal
from lti_plp.sandbox.identity import ServiceRefusal
from lti_plp.sandbox.lms import Lms
from lti_plp.sandbox.rest_paging import BadBookmark
from lti_plp.sandbox.school import FEWEST_STUDENTS, seed
from lti_plp.sandbox.store import Store, set_setting, setting, writing
from lti_plp.sandbox.tools import install_known_tool

REST = (
    rest_assignments,
    rest_courses,
    rest_files,
    rest_outcome_results,
    rest_outcome_rollups,
    rest_outcomes,
    rest_people,
    rest_submissions,
)
"""What puts addresses under ``/api/v1``, by being imported."""


def create_app(
    base_url: str,
    folder: Path,
    *,
    reset: bool = False,
    tool: tuple[str, str, str] | None = None,
    students: int = FEWEST_STUDENTS,
    issuer: str = "",
) -> Flask:
    """Return the application; ``tool`` is (address, client id, deployment id) of one that is installed already."""
    store = Store(folder)
    store.create(reset=reset)
    lms = Lms(base_url, store, issuer=issuer)
    db = store.connect()
    with writing(db):
        seed(db, students)
        if tool:
            install_known_tool(db, *tool)
    lms.keys.ensure(db)
    if not setting(db, "secret"):
        set_setting(db, "secret", secrets.token_urlsafe(32))
    app = Flask(__name__)
    app.secret_key = setting(db, "secret")
    times.set_wrong_by(float(setting(db, "clock_wrong_by", "0")))
    db.close()
    # SameSite=None as in Canvas: the tool's frame leads back to the LMS, and Lax would leave the cookie out there.
    app.config.update(
        SESSION_COOKIE_NAME="sandbox_lms", SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True
    )
    app.config.update(SESSION_COOKIE_HTTPONLY=True, MAX_CONTENT_LENGTH=2 * 1024 * 1024)
    app.extensions["sandbox"] = lms
    throttle.init_app(app)
    path_faults.init_app(app)
    parts = (
        pages,
        placement_pages,
        identity,
        notices,
        canvas_oauth,
        members,
        grades,
        scores,
        pulled_files,
        rest,
        rest_files,
    )
    for part in (*parts, control, control_coursework, control_outcomes, control_rest):
        app.register_blueprint(part.bp)
    # A refusal says itself how it is answered: one kind of them has another shape.
    app.register_error_handler(ServiceRefusal, lambda refusal: refusal.answer())
    app.register_error_handler(OauthRefusal, OauthRefusal.answer)
    app.register_error_handler(rest.RestRefusal, rest.RestRefusal.answer)
    app.register_error_handler(BadBookmark, rest.bad_bookmark)
    app.teardown_appcontext(_close)
    app.after_request(_headers)
    return app


def _close(_problem: BaseException | None) -> None:
    if (db := g.pop("db", None)) is not None:
        db.close()


def _headers(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
