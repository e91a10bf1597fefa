"""The plan told: then and now, as a story for a conference, and on paper."""

from flask.typing import ResponseReturnValue

from lti_plp.views.plan.desk import bp


@bp.get("/plan/then-and-now")
def then_and_now() -> ResponseReturnValue:
    """Show it."""
    return ""


@bp.get("/plan/story")
def story() -> ResponseReturnValue:
    """Show it."""
    return ""


@bp.get("/plan/print")
def print_plan() -> ResponseReturnValue:
    """Show it."""
    return ""
