"""What others say about the plan, and the student's calls for help."""

from flask.typing import ResponseReturnValue

from lti_plp.views.plan.desk import bp


@bp.get("/plan/talk")
def talk() -> ResponseReturnValue:
    """Show it."""
    return ""


@bp.post("/plan/calls/<kind>/<item_kind>/<int:item_id>")
def call(kind: str, item_kind: str, item_id: int) -> ResponseReturnValue:
    """Show it."""
    return ""
