"""Goals and their steps."""

from flask.typing import ResponseReturnValue

from lti_plp.views.plan.desk import bp


@bp.get("/plan/goals/new")
def new_goal() -> ResponseReturnValue:
    """Show it."""
    return ""


@bp.get("/plan/goals/<int:goal_id>")
def goal(goal_id: int) -> ResponseReturnValue:
    """Show it."""
    return ""


@bp.get("/plan/steps/<int:step_id>")
def step(step_id: int) -> ResponseReturnValue:
    """Show it."""
    return ""
