"""Looking at goals one by one, and keeping a version of the plan."""

from flask.typing import ResponseReturnValue

from lti_plp.views.plan.desk import bp


@bp.get("/plan/goals/<int:goal_id>/review")
def review(goal_id: int) -> ResponseReturnValue:
    """Show it."""
    return ""


@bp.get("/plan/revision")
def revision() -> ResponseReturnValue:
    """Show it."""
    return ""
