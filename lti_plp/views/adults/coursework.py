"""A teacher's page: whether the LMS's work comes into plans, who allowed it, and how reading it went."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.lms.coursework_reading import FRESH, reading_state
from lti_plp.lms.gateway import Consent
from lti_plp.lms.queue import REFRESH_COURSEWORK
from lti_plp.plp.policy import Action, Place, require
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.links import number_in
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import gateway, toolbox, visit, wake

QUESTIONS = 150
"""How often a page asks whether something has happened, every two seconds."""


def _require() -> None:
    here = visit()
    require(here.actor, Action.MAP_COURSEWORK, Place(here.tenant_id, here.course.id))


def _state(asked: int) -> dict[str, Any]:
    here = visit()
    way = gateway()
    consent = way.consent_of(here.actor.person_id)
    state = reading_state(here.db, here.course.id, toolbox().clock())
    begun = number_in(request.args.get("begun", ""))
    # What was read completely a moment before is not read again, so that nothing more is to be waited for.
    earliest = begun if state.problem else begun - FRESH.total_seconds()
    is_over = state.tried_at is not None and state.tried_at.timestamp() >= earliest
    waits = consent in {Consent.MISSING, Consent.ENDED} or state.is_running or bool(begun and not is_over)
    return {
        "lms": way.capabilities.kind,
        "consent": consent,
        "state": state,
        "asked": asked + 1,
        "is_asking": waits and asked < QUESTIONS,
        "begun": begun,
    }


@bp.get("/students/coursework")
def coursework() -> ResponseReturnValue:
    """Show how the work of the course comes here, and let a teacher allow it."""
    _require()
    shown = _state(0)
    if shown["consent"] in {Consent.MISSING, Consent.ENDED}:
        # Whoever acts as a teacher cannot allow anything in the teacher's name.
        shown["address"] = "" if visit().is_acted else gateway().ask_consent(visit().actor.person_id)
    return page("coursework", section="mapping", **shown)


@bp.get("/students/coursework/state")
def coursework_state() -> ResponseReturnValue:
    """Show how it stands by now, for a page that waits: permission given begins the first reading."""
    _require()
    here, asked = visit(), number_in(request.args.get("asked", ""))
    shown = _state(asked)
    if shown["consent"] is Consent.GIVEN and request.args.get("waits") == "consent":
        wake(REFRESH_COURSEWORK, here.course.id)
        shown |= {"begun": _now(), "is_asking": True}
    elif shown["consent"] in {Consent.MISSING, Consent.ENDED}:
        # The page has the address already; another one would make that one's answer no better.
        shown["address"] = ""
    return render_template("adults/_coursework_state.html", **shown)


@bp.post("/students/coursework/read")
def read_coursework() -> ResponseReturnValue:
    """Have all of the course's work read now."""
    _require()
    wake(REFRESH_COURSEWORK, visit().course.id, 1)
    return redirect(url_for("adults.coursework", begun=_now()), 303)


def _now() -> int:
    return int(toolbox().clock().timestamp())


@bp.post("/students/coursework/stop")
def stop_coursework() -> ResponseReturnValue:
    """Take the visitor's permission back; what was read stays."""
    _require()
    here, way = visit(), gateway()
    # The LMS is told as well, and no transaction of this page is open meanwhile.
    here.db.commit()
    way.take_consent_back(here.actor.person_id)
    return redirect(url_for("adults.coursework"), 303)
