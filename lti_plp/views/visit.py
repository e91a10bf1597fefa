"""Who is at the page: recognised before each request of the blueprints under ``/s/<handle>/``."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request, url_for
from sqlalchemy.orm import Session

from lti_plp.errors import PlpError
from lti_plp.launch.claims import DeepLinkingSettings
from lti_plp.launch.sessions import (
    TOUCH,
    SessionFacts,
    form_token,
    is_form_token,
    recognise,
    session_vouched_for,
    touch,
)
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import Gateway, GatewayFor
from lti_plp.lms.queue import WakeUpQueue
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.policy import Action, SchoolWide, may
from lti_plp.plp.reflections import LinkFacts
from lti_plp.views.database import SAFE_METHODS, db
from lti_plp.views.security import allow_framing, browser_secret

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CourseFacts:
    """The course of a visit."""

    id: int
    title: str


@dataclass(frozen=True)
class Visit:
    """A recognised person on one of our pages."""

    facts: SessionFacts
    db: Session
    csrf_token: str

    @property
    def handle(self) -> str:
        """Names the web session in addresses."""
        return self.facts.handle

    @property
    def actor(self) -> Actor:
        """The person, as the policy sees them."""
        return self.facts.actor

    @property
    def tenant_id(self) -> int:
        """The person's district."""
        return self.facts.actor.tenant_id

    @property
    def is_in_no_course(self) -> bool:
        """Whether the launch came from a place that belongs to no course."""
        return self.facts.is_in_no_course

    @property
    def is_acted(self) -> bool:
        """Whether somebody else acts as the person, and may only look."""
        return self.facts.is_acted

    @property
    def looker(self) -> Actor:
        """Who really looks: the person, or whoever acts as them, which platforms allow administrators."""
        if self.facts.acted_by is None:
            return self.actor
        return Actor(self.facts.acted_by, self.tenant_id, None, frozenset({Role.ADMINISTRATOR}))

    @property
    def leads(self) -> bool:
        """Whether the person sees how the district as a whole is doing."""
        return may(self.actor, Action.SEE_SCHOOL, SchoolWide(self.tenant_id))

    @property
    def person_name(self) -> str:
        """As the platform shows it; may be empty."""
        return self.facts.person_name

    @property
    def course(self) -> CourseFacts:
        """The course that the launch came from."""
        return CourseFacts(self.facts.course_id, self.facts.course_title)

    @property
    def link(self) -> LinkFacts | None:
        """The placed link that was launched, when it points to a template."""
        if self.facts.resource_link_id is None or self.facts.template_id is None:
            return None
        return LinkFacts(
            tenant_id=self.tenant_id,
            course_id=self.facts.course_id,
            resource_link_id=self.facts.resource_link_id,
            template_id=self.facts.template_id,
        )

    @property
    def locale(self) -> str:
        """The platform's wish, such as ``es-MX``; may be empty."""
        return self.facts.locale

    @property
    def deep_linking(self) -> DeepLinkingSettings | None:
        """What the platform accepts from the picker; ``None`` outside deep linking."""
        return self.facts.deep_linking

    @property
    def return_url(self) -> str:
        """Where the platform wants people to go back to; may be empty."""
        return self.facts.return_url

    @property
    def is_cookieless(self) -> bool:
        """Whether the page itself must bring the session's token with each request."""
        return self.facts.is_cookieless

    @property
    def bearer(self) -> str | None:
        """The token that this very answer hands to the page; only right after a cookieless launch."""
        return self.facts.bearer


def toolbox() -> Toolbox:
    """Return what this process works with."""
    box: Toolbox = current_app.extensions["lti_plp"]
    return box


def gateway() -> Gateway:
    """Return the way to the LMS that this visit came from."""
    gateway_for: GatewayFor = current_app.extensions["lti_plp_gateways"]
    return gateway_for(visit().db, visit().facts.deployment_id)


def wake(job: str, *arguments: int) -> None:
    """Tell the worker that there is something to do; call it after the commit.

    A queue that is down does not spoil a page: the worker looks through the database by the clock as well.
    """
    queue: WakeUpQueue = current_app.extensions["lti_plp_queue"]
    try:
        queue.wake(job, *arguments)
    except Exception:
        log.exception("the queue did not take %s", job)


def visit() -> Visit:
    """Return the visit of this request."""
    found: Visit = g.visit
    return found


def load_visit() -> None:
    """Recognise the visitor, and check that our own page sent what changes something.

    :raise PlpError: ``session_unknown`` (401); ``form_token``, and ``looking_as`` for whoever acts as somebody else
        (403).
    """
    box = toolbox()
    handle = g.pop("handle", "")
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    facts = _recognise(box, handle, bearer if scheme == "Bearer" else None)
    _begin(facts)
    if request.method not in SAFE_METHODS:
        sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
        if not is_form_token(box, handle, sent):
            raise PlpError("form_token", 403, "The form was not made by our page.")
        if facts.is_acted:
            raise PlpError("looking_as", 403, "Whoever acts as somebody else changes nothing.")


def load_vouched_visit() -> None:
    """Take the visitor from the address alone, for a request that only looks and whose signature was checked.

    :raise PlpError: ``session_unknown`` (401) once the session has ended.
    """
    box = toolbox()
    _begin(session_vouched_for(db.session.connection(), box, g.pop("handle", ""), box.clock()))


def _begin(facts: SessionFacts) -> None:
    allow_framing(facts.frame_origins)
    g.visit = Visit(facts, db.session(), form_token(toolbox(), facts.handle))


def begin_visit(facts: SessionFacts) -> None:
    """Begin a visit in the very answer to the launch that opened its session."""
    g.handle_for_urls = facts.handle
    _begin(facts)


def name_page(endpoint: str, **values: Any) -> None:
    """Say which page the answer to a launch holds.

    The page's own address goes with the answer, and the page's script puts it in place.
    """
    g.page_address = url_for(endpoint, **values)


def only_looks() -> bool:
    """Whether this request asks for a page and sends nothing; the answer to a launch is such a page as well."""
    return request.method in SAFE_METHODS or "page_address" in g


def _tell_address(response: Response) -> Response:
    if "page_address" in g:
        response.headers["Content-Location"] = g.page_address
    return response


def _recognise(box: Toolbox, handle: str, bearer: str | None) -> SessionFacts:
    now = box.clock()
    # In the transaction of the page itself, which is a reader's when the page only looks.
    facts = recognise(
        db.session.connection(), box, handle, browser_secret=browser_secret(request), bearer=bearer, now=now
    )
    if now - facts.used_at > TOUCH:
        db.session.rollback()
        with box.engine.begin() as connection:
            touch(connection, handle, now)
        facts = replace(facts, used_at=now)
    return facts


def _take_handle(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.handle = (values or {}).pop("handle", "")
    g.handle_for_urls = g.handle


def _add_handle(_endpoint: str, values: dict[str, Any]) -> None:
    if "handle_for_urls" in g:
        values.setdefault("handle", g.handle_for_urls)


def page_blueprint(name: str, import_name: str, load: Callable[[], None] = load_visit) -> Blueprint:
    """Return a blueprint under ``/s/<handle>/`` that recognises the visitor before each of its pages."""
    blueprint = Blueprint(name, import_name, url_prefix="/s/<handle>")
    blueprint.url_value_preprocessor(_take_handle)
    blueprint.url_defaults(_add_handle)
    blueprint.before_request(load)
    return blueprint


def init_app(app: Flask) -> None:
    """Let answers to launches say where they are."""
    app.after_request(_tell_address)
