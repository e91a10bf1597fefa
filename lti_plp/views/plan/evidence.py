"""Evidence: all of it, one piece, and adding one."""

from flask.typing import ResponseReturnValue

from lti_plp.views.plan.desk import bp


@bp.get("/plan/evidence")
def all_evidence() -> ResponseReturnValue:
    """Show it."""
    return ""


@bp.get("/plan/evidence/new")
def new_evidence() -> ResponseReturnValue:
    """Show it."""
    return ""


@bp.get("/plan/evidence/<int:evidence_id>")
def evidence(evidence_id: int) -> ResponseReturnValue:
    """Show it."""
    return ""
