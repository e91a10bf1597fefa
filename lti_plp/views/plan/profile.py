"""The profile: what a student says about herself, and where growth is measured from."""

from flask.typing import ResponseReturnValue

from lti_plp.views.plan.desk import bp


@bp.get("/plan/profile")
def profile() -> ResponseReturnValue:
    """Show it."""
    return ""
