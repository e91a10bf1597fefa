"""An administrator's page: the connection of the district's Canvas, step by step, and what is missing of it."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_plp.canvas import scopes
from lti_plp.canvas.api_keys import keep_api_key
from lti_plp.canvas.check import check_canvas
from lti_plp.canvas.models import CanvasApi
from lti_plp.canvas.permissions import redirect_uri
from lti_plp.errors import BadInput, NotFound
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.visit import gateway, toolbox, visit


def _require() -> None:
    """Let administrators of a district that came from Canvas in.

    :raise NotFound: ``page_not_found`` elsewhere.
    """
    here = visit()
    require(here.actor, Action.MANAGE_SCHOOL, SchoolWide(here.tenant_id))
    if gateway().capabilities.kind != "canvas":
        raise NotFound("There is no such page.", code="page_not_found")


@bp.get("/students/canvas")
def canvas_key() -> ResponseReturnValue:
    """Show what is set up and what is missing."""
    _require()
    return _page()


def _page(**values: Any) -> str:
    here, box = visit(), toolbox()
    there = here.db.get(CanvasApi, here.facts.deployment_id)
    given = {"base_url": there.base_url if there else "", "client_id": there.client_id if there else ""}
    # Canvas is asked next, and may be slow: nothing of the database is held up by it.
    is_there = there is not None
    here.db.commit()
    return page(
        "canvas_key",
        section="school",
        findings=check_canvas(box, here.facts.deployment_id),
        is_there=is_there,
        redirect_uri=redirect_uri(box),
        scopes=reasons(),
        **({"given": given, "problem": "", "done": request.args.get("done", "")} | values),
    )


def reasons() -> dict[str, str]:
    """Return scope -> why this tool asks for it, in the reader's language."""
    return {
        scopes.ASSIGNMENTS: _("what a course gives students to do, with its rubrics"),
        scopes.SUBMISSIONS: _("what was handed in, and how it was graded"),
        scopes.OUTCOME_RESULTS: _("how students did on outcomes in quizzes and other work without a rubric"),
        scopes.COURSE: _("what a course is called, and to which account of your school it belongs"),
        scopes.COURSE_GROUPS: _("the groups of a course’s outcomes, which become headings"),
        scopes.COURSE_OUTCOMES: _("a course’s outcomes, with their ratings and how they are calculated"),
        scopes.COURSE_SCALE: _("a course’s mastery scale, for outcomes without ratings of their own"),
        scopes.ACCOUNT_GROUPS: _("the groups of your school’s outcomes, which become headings"),
        scopes.ACCOUNT_OUTCOMES: _("your school’s outcomes, with their ratings and how they are calculated"),
        scopes.ACCOUNT_SCALE: _("your school’s mastery scale, for outcomes without ratings of their own"),
        scopes.OWN_SUBMISSION: _("a student’s own words and comments, to be kept in the plan"),
        scopes.FILE: _("a student’s own files, to be kept in the plan"),
    }


@bp.post("/students/canvas")
def save_canvas_key() -> ResponseReturnValue:
    """Keep the district's API key."""
    _require()
    here, box, form = visit(), toolbox(), request.form
    try:
        keep_api_key(
            here.db,
            box.secrets,
            here.facts.deployment_id,
            form.get("base_url", ""),
            form.get("client_id", ""),
            form.get("client_secret", ""),
            box.clock(),
        )
    except BadInput as problem:
        here.db.rollback()
        given = {name: form.get(name, "")[:255] for name in ("base_url", "client_id")}
        return _page(given=given, problem=problem.code), 400
    here.db.commit()
    return redirect(url_for("adults.canvas_key", done="saved"), 303)
