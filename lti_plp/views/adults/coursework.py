"""A teacher's page: whether the LMS's work comes into plans, who allowed it, and how reading it went."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.lms.coursework_reading import reading_state
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
    marks = [number_in(one) for one in request.args.getlist("marks")]
    reads = state.is_running or bool(marks and not state.began_after(marks))
    waits = reads or consent in {Consent.MISSING, Consent.ENDED}
    return {
        "lms": way.capabilities.kind,
        "consent": consent,
        "state": state,
        "asked": asked + 1,
        "is_asking": waits and asked < QUESTIONS,
        "is_late": reads and asked >= QUESTIONS,
        "marks": marks,
    }


def _ask_for_reading(*, whole: bool) -> list[int]:
    """Have the course's work read; return the marks to wait with, none when nothing would be new."""
    here, now = visit(), toolbox().clock()
    state = reading_state(here.db, here.course.id, now)
    if state.is_fresh(now, whole=whole):
        return []
    wake(REFRESH_COURSEWORK, here.course.id, int(whole), *state.marks)
    return [*state.marks]


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
    shown = _state(number_in(request.args.get("asked", "")))
    if shown["consent"] is Consent.GIVEN and request.args.get("waits") == "consent":
        if marks := _ask_for_reading(whole=False):
            shown |= {"marks": marks, "asked": 1, "is_asking": True}
    elif shown["consent"] in {Consent.MISSING, Consent.ENDED}:
        # The page has the address already; another one would make that one's answer no better.
        shown["address"] = ""
    return render_template("adults/_coursework_state.html", **shown)


@bp.post("/students/coursework/read")
def read_coursework() -> ResponseReturnValue:
    """Have all of the course's work read now."""
    _require()
    return redirect(url_for("adults.coursework", marks=_ask_for_reading(whole=True) or None), 303)


@bp.post("/students/coursework/stop")
def stop_coursework() -> ResponseReturnValue:
    """Take the visitor's permission back; what was read stays."""
    _require()
    here, way = visit(), gateway()
    # The LMS is told as well, and no transaction of this page is open meanwhile.
    here.db.commit()
    way.take_consent_back(here.actor.person_id)
    return redirect(url_for("adults.coursework"), 303)
