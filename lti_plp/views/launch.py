"""The addresses that platforms speak to, and the pages on the way in."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from lti_plp.database import reading
from lti_plp.errors import PlpError
from lti_plp.launch.claims import MessageType
from lti_plp.launch.login import HardenedLogin, PreparedLogin, storage_key
from lti_plp.launch.opaque import digest
from lti_plp.launch.receive import AskStorage, Opened, confirm_launch, named_template, receive_launch
from lti_plp.lms.queue import REFRESH_COURSEWORK, REGISTER_NOTICES
from lti_plp.plp.actor import STAFF, Role
from lti_plp.views import adults, course, picker, plan, student, teacher
from lti_plp.views.rendering import render_template
from lti_plp.views.security import (
    allow_form_target,
    allow_framing,
    browser_secret,
    login_secret,
    set_browser_cookie,
    set_login_cookie,
)
from lti_plp.views.visit import begin_visit, toolbox, wake

bp = Blueprint("launch", __name__, url_prefix="/lti")


@bp.route("/login", methods=["GET", "POST"])
def login() -> BaseResponse:
    """Begin a login (LTI Core 1.3, section 4.1): by GET or POST, parameters in the form, else in the query."""
    box = toolbox()
    params = request.args.to_dict() | request.form.to_dict()
    known = browser_secret(request)
    prepared = HardenedLogin(box, params, box.clock()).prepare(known)
    if known:
        # The browser brought our cookie, so it keeps cookies here, and nothing need be tried out.
        return Response(status=302, headers={"Location": prepared.redirect_url})
    return _continue_page(prepared)


def _continue_page(prepared: PreparedLogin) -> Response:
    # A form's policy holds for redirects as well, and hosted platforms send people on to their school's own host. The
    # page's script goes there without a form; this is for the new window.
    allow_form_target(f"{prepared.platform_origin} https:")
    allow_framing(prepared.frame_origins)
    response = make_response(
        render_template(
            "launch/continue.html",
            redirect_url=prepared.redirect_url,
            auth_url=prepared.auth_url,
            auth_params=prepared.auth_params,
            storage_target=prepared.storage_target,
            storage_key=prepared.storage_key,
            storage_value=prepared.browser_secret,
            platform_origin=prepared.platform_origin,
            login_params=prepared.login_params,
        )
    )
    set_browser_cookie(response, prepared.browser_secret)
    seconds = 60 * toolbox().settings.login_minutes
    set_login_cookie(response, prepared.storage_key, prepared.browser_secret, seconds)
    return response


@bp.post("/launch")
def launch() -> BaseResponse:
    """Receive a launch; the answer to a good one is the first page itself."""
    box = toolbox()
    of_login = login_secret(request, storage_key(digest(request.form.get("state", ""))))
    outcome = receive_launch(box, request.form, browser_secret(request), box.clock(), of_login)
    if isinstance(outcome, AskStorage):
        return _storage_page(outcome)
    return _go_on(outcome)


@bp.post("/confirm")
def confirm() -> BaseResponse:
    """Finish a launch whose browser was named by the platform's storage.

    :raise PlpError: 401 when another site made the request: what it brings could be of a launch of its own, into which
        it wants to draw somebody.
    """
    box = toolbox()
    # Pages send no referrer, which makes ``Origin`` null; this header no page can set.
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise PlpError("browser_unknown", 401, "The request was made by another site.")
    pending, value = request.form.get("pending", ""), request.form.get("value", "")
    return _go_on(confirm_launch(box, pending, value, box.clock()))


def _storage_page(outcome: AskStorage) -> Response:
    allow_framing(outcome.frame_origins)
    return make_response(
        render_template(
            "launch/storage.html",
            pending=outcome.pending,
            storage_target=outcome.storage_target,
            storage_key=outcome.storage_key,
            platform_origin=outcome.platform_origin,
        )
    )


def _go_on(outcome: Opened) -> Response:
    """Answer with the first page; a script there puts the page's own address in place, so that a reload asks for it.

    A redirect instead would cost a third of what a launch costs, and where cookies are blocked would need a secret in
    an address.
    """
    endpoint, page = _first_page(outcome)
    begin_visit(outcome.session, endpoint)
    if outcome.has_stale_coursework:
        wake(REFRESH_COURSEWORK, outcome.session.course_id)
    if outcome.offers_notices:
        wake(REGISTER_NOTICES, outcome.session.deployment_id)
    # The launch is written; its page only looks.
    with reading():
        return make_response(page())


def _first_page(outcome: Opened) -> tuple[str, Callable[[], ResponseReturnValue]]:
    """Return where a person begins: endpoint and view; the view decides again whether they may be there."""
    facts = outcome.session
    if not facts.actor.roles:
        return "course.visitor", course.visitor
    if outcome.launch.message_type is MessageType.DEEP_LINKING:
        return "picker.picker", picker.picker
    if outcome.page and facts.template_id is None and facts.actor.is_adult:
        return "adults.students", adults.students.students
    # A link in a course's menu is a resource link as well, but stands for no reflection.
    if facts.template_id is None and not named_template(outcome.launch):
        owns_plan = facts.actor.is_learner and not facts.actor.is_test
        return ("plan.home", plan.home.home) if owns_plan else ("course.course", course.course)
    roles = facts.actor.roles
    is_staff = roles & (STAFF | {Role.ADMINISTRATOR}) and Role.MENTOR not in roles
    return ("teacher.review", teacher.review) if is_staff else ("student.reflection", student.reflection)


@bp.get("/jwks")
def jwks() -> Response:
    """Publish our public keys (RFC 7517); may be kept for a few minutes, less than a rotation's lead."""
    box = toolbox()
    with box.sessions() as session:
        response = jsonify(box.keys.public_jwks(session, box.clock()))
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
