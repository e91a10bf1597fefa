"""An administrator's page: outcomes of the LMS become a framework, after a look at what that changes."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import NotFound
from lti_plp.lms.gateway import Consent, GatewayProblem, TryLater
from lti_plp.lms.outcomes import own_course, own_courses
from lti_plp.plp.growth.drafts import DraftProblems
from lti_plp.plp.growth.uploads import keep_drafts, waiting_drafts
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.adults.frameworks import lms_of_outcomes
from lti_plp.views.links import number_in
from lti_plp.views.visit import gateway, toolbox, visit


def _require() -> None:
    """Let administrators of a district in whose LMS keeps outcomes.

    :raise NotFound: ``page_not_found`` elsewhere.
    """
    here = visit()
    require(here.actor, Action.MANAGE_SCHOOL, SchoolWide(here.tenant_id))
    if not lms_of_outcomes():
        raise NotFound("There is no such page.", code="page_not_found")


@bp.get("/students/frameworks/lms")
def lms_outcomes() -> ResponseReturnValue:
    """Show the courses to choose from, and what was read and is not published yet."""
    _require()
    here, way = visit(), gateway()
    person_id = here.actor.person_id
    # Whoever acts as somebody cannot allow anything in that one's name.
    asks = not here.is_acted and way.consent_of(person_id) in {Consent.MISSING, Consent.ENDED}
    return _page(allow=way.ask_consent(person_id) if asks else "")


def _page(**values: Any) -> str:
    here = visit()
    return page(
        "lms_outcomes",
        section="frameworks",
        consent=gateway().consent_of(here.actor.person_id),
        courses=own_courses(here.db, here.actor.person_id, here.facts.deployment_id),
        here_id=number_in(request.form.get("course", "")) or here.course.id,
        waiting=waiting_drafts(here.db, here.actor),
        done=request.args.get("done", ""),
        **({"problem": None, "refused": "", "allow": ""} | values),
    )


@bp.post("/students/frameworks/lms")
def read_lms_outcomes() -> ResponseReturnValue:
    """Have a course's outcomes read, and show what they would change; what cannot be read changes nothing."""
    _require()
    here, way = visit(), gateway()
    actor = here.actor
    course = own_course(
        here.db, actor.person_id, here.facts.deployment_id, number_in(request.form.get("course", ""))
    )
    # The LMS is asked, and no transaction of this page is open meanwhile.
    here.db.commit()
    try:
        answer = way.read_outcomes(course.address, actor.person_id)
    except DraftProblems as problem:
        return _page(problem=problem), problem.status
    except GatewayProblem as problem:
        return _page(refused=problem.code), 502 if isinstance(problem, TryLater) else 409
    uploads = keep_drafts(here.db, actor, answer.drafts, toolbox().clock())
    here.db.commit()
    if len(uploads) == 1 and not answer.school_is_closed:
        return redirect(url_for("adults.preview_framework", upload_id=uploads[0].id), 303)
    done = ("closed" if answer.school_is_closed else "read") if uploads else "nothing"
    return redirect(url_for("adults.lms_outcomes", done=done), 303)


@bp.post("/students/frameworks/lms/stop")
def stop_lms_outcomes() -> ResponseReturnValue:
    """Take the visitor's permission back; what was read stays."""
    _require()
    here, way = visit(), gateway()
    person_id = here.actor.person_id
    # The LMS is told as well, and no transaction of this page is open meanwhile.
    here.db.commit()
    way.take_consent_back(person_id)
    return redirect(url_for("adults.lms_outcomes"), 303)
