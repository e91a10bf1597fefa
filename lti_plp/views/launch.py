"""The addresses that platforms speak to, and the pages on the way in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from lti_plp.database import reading
from lti_plp.errors import PlpError
from lti_plp.launch.claims import ACCOUNT_MENU, Launch, MessageType
from lti_plp.launch.login import HardenedLogin, PreparedLogin, storage_key
from lti_plp.launch.opaque import digest
from lti_plp.launch.receive import (
    AskStorage,
    Opened,
    confirm_launch,
    named_hand_in,
    named_template,
    receive_launch,
)
from lti_plp.launch.sessions import SessionFacts
from lti_plp.lms.queue import REFRESH_COURSEWORK, REFRESH_ROSTER, REGISTER_NOTICES
from lti_plp.plp.actor import STAFF, Actor, Role
from lti_plp.views import adults, course, hand_ins, picker, plan, student, teacher
from lti_plp.views.rendering import render_template
from lti_plp.views.security import (
    allow_form_target,
    allow_framing,
    browser_secret,
    login_secret,
    set_browser_cookie,
    set_login_cookie,
)
from lti_plp.views.visit import begin_visit, name_page, toolbox, wake

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
    begin_visit(outcome.session)
    if outcome.has_stale_coursework and not outcome.session.is_in_no_course:
        wake(REFRESH_COURSEWORK, outcome.session.course_id)
    if outcome.offers_notices:
        wake(REGISTER_NOTICES, outcome.session.deployment_id)
    # The launch is written; its page only looks.
    with reading():
        first = _first_page(outcome)
        name_page(first.endpoint, **first.values)
        if first.endpoint.startswith(f"{plan.bp.name}."):
            # What the blueprint does before each of its pages is not done for an answer to a launch.
            plan.desk.note_acting_look()
        return make_response(first.view(**first.values))


@dataclass(frozen=True)
class _Page:
    """A page with its view, which decides again whether somebody may be there."""

    endpoint: str
    view: Callable[..., ResponseReturnValue]
    values: Mapping[str, Any] = field(default_factory=dict)
    """Of what its address names."""


_OWN_PLAN = _Page("plan.home", plan.home.home)
_STUDENTS = _Page("adults.students", adults.students.students)


def _first_page(outcome: Opened) -> _Page:
    """Return where a person begins."""
    facts, launch = outcome.session, outcome.launch
    if facts.is_in_no_course:
        return _outside_courses(launch, facts.actor)
    if not facts.actor.roles:
        return _Page("course.visitor", course.visitor)
    if launch.message_type is MessageType.DEEP_LINKING:
        return _of_dialog(launch, facts.actor)
    if (handed := named_hand_in(launch)) and (facts.actor.is_staff or facts.actor.is_learner):
        return _Page("hand_ins.hand_in", hand_ins.hand_in, {"hand_in_id": handed})
    if launch.card_of and facts.actor.is_adult:
        return _of_card(launch, facts)
    if outcome.page and facts.template_id is None and facts.actor.is_adult:
        return _STUDENTS
    # A link in a course's menu is a resource link as well, but stands for no reflection.
    if facts.template_id is None and not named_template(launch):
        return _of_menu(facts.actor)
    roles = facts.actor.roles
    is_staff = roles & (STAFF | {Role.ADMINISTRATOR}) and Role.MENTOR not in roles
    if is_staff:
        return _Page("teacher.review", teacher.review)
    return _Page("student.reflection", student.reflection)


def _outside_courses(launch: Launch, actor: Actor) -> _Page:
    """Return where somebody begins who came from no course."""
    if launch.placement == ACCOUNT_MENU:
        if actor.roles:
            return _Page("adults.administration", adults.school.administration)
        return _Page("course.no_administrator", course.no_administrator)
    if actor.is_learner:
        return _OWN_PLAN
    return _STUDENTS if actor.is_adult else _Page("course.no_course", course.no_course)


def _of_dialog(launch: Launch, actor: Actor) -> _Page:
    """Return what a platform's dialog is for: a student hands in work, everybody else places something."""
    if launch.is_for_work and actor.is_learner and not actor.is_test:
        return _Page("plan.choose_to_hand_in", plan.hand_in.choose_to_hand_in)
    return _Page("picker.picker", picker.picker)


def _of_menu(actor: Actor) -> _Page:
    """Return where somebody begins who came from a course's own menu."""
    if Role.MENTOR in actor.roles:
        return _Page("course.observer", course.observer)
    owns_plan = actor.is_learner and not actor.is_test
    return _OWN_PLAN if owns_plan else _Page("course.course", course.course)


def _of_card(launch: Launch, facts: SessionFacts) -> _Page:
    """Return the student on whose card a teacher opened this, if they have to do with each other."""
    student_id = adults.plan.student_on_card(launch.issuer, launch.card_of)
    if student_id is None:
        # The student may be new: only the class list says so.
        wake(REFRESH_ROSTER, facts.course_id)
        return _Page("adults.card_of_nobody", adults.plan.card_of_nobody)
    return _Page("adults.student", adults.plan.student, {"student_id": student_id})


@bp.get("/jwks")
def jwks() -> Response:
    """Publish our public keys (RFC 7517); may be kept for a few minutes, less than a rotation's lead."""
    box = toolbox()
    with box.sessions() as session:
        response = jsonify(box.keys.public_jwks(session, box.clock()))
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
