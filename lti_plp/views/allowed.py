"""Where Canvas sends people back to after it asked them for permission: a small page in a window of its own."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from lti_plp.canvas.permissions import receive_permission
from lti_plp.errors import PlpError
from lti_plp.lms.gateway import GatewayProblem
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import toolbox

bp = Blueprint("canvas", __name__, url_prefix="/canvas")


@bp.get("/allowed")
def allowed() -> ResponseReturnValue:
    """Take in a person's answer. The page that asked goes on by itself, in the other window.

    :raise PlpError: ``consent_unknown``, ``consent_refused``, ``consent_of_other``, ``consent_failed``.
    """
    try:
        receive_permission(toolbox(), request.args.to_dict())
    except GatewayProblem as problem:
        raise PlpError("consent_failed", 502, "Canvas did not hand over what it promised.") from problem
    return render_template("launch/allowed.html")
