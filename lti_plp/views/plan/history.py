"""How the plan became what it is."""

from flask.typing import ResponseReturnValue

from lti_plp.views.plan.desk import bp


@bp.get("/plan/history")
def history() -> ResponseReturnValue:
    """Show it."""
    return ""
