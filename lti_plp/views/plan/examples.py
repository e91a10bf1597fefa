"""Example plans in several formats, to compare."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.plp.examples import FORMATS, load_examples
from lti_plp.plp.history import acting_role
from lti_plp.plp.plan_templates import say
from lti_plp.views.plan.desk import bp, page, plan_form
from lti_plp.views.visit import toolbox, visit


def shown_examples() -> dict[str, Any]:
    """Return the example and the format that an address asks for, else the first ones."""
    found = load_examples(toolbox().settings.config_folder)
    asked = request.args.get("example", "")
    chosen = next((one for one in found if one.id == asked), found[0])
    form = request.args.get("as", "")
    return {
        "all_examples": found,
        "example": chosen,
        "formats": FORMATS,
        "shown_as": form if form in FORMATS else FORMATS[0],
    }


@bp.get("/plan/examples")
def examples() -> ResponseReturnValue:
    """Show short plans of invented students, to compare."""
    return page("examples", section="plan", **shown_examples())


@bp.post("/plan/examples")
def choose_example() -> ResponseReturnValue:
    """Tell the school which format would work, and why."""
    here, why = visit(), request.form.get("why", "")
    shown_as = request.form.get("shown_as", "")
    if why.strip() and shown_as in FORMATS:
        why = f"[{shown_as}] {why}"
    person_id, role, now = here.actor.person_id, acting_role(here.actor), toolbox().clock()
    try:
        say(here.db, here.tenant_id, plan_form().version_id, person_id, role, why, now)
    except PlpError as problem:
        if problem.status != 400:
            raise
        here.db.rollback()
        typed = request.form.to_dict()
        shown = shown_examples() | {"problem": problem.code, "typed": typed}
        return page("examples", section="plan", **shown), problem.status
    here.db.commit()
    return redirect(url_for("plan.examples", done="told"), 303)
