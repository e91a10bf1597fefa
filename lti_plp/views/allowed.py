"""Where Canvas sends people back to after it asked them for permission: a small page in a window of its own."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from lti_plp.canvas.permissions import receive_permission
from lti_plp.errors import PlpError
from lti_plp.lms.gateway import GatewayProblem
from lti_plp.lms.queue import KEEP_COPIES
from lti_plp.lms.submission_copies import go_on_after_consent
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import toolbox, wake

bp = Blueprint("canvas", __name__, url_prefix="/canvas")


@bp.get("/allowed")
def allowed() -> ResponseReturnValue:
    """Take in a person's answer. The page that asked goes on by itself, in the other window.

    :raise PlpError: ``consent_unknown``, ``consent_refused``, ``consent_of_other``, ``consent_failed``.
    """
    try:
        permission = receive_permission(toolbox(), request.args.to_dict())
    except GatewayProblem as problem:
        raise PlpError("consent_failed", 502, "Canvas did not hand over what it promised.") from problem
    box = toolbox()
    with box.sessions.begin() as session:
        waits = go_on_after_consent(session, permission.person_id, box.clock())
    if waits:
        wake(KEEP_COPIES, permission.person_id)
    return render_template("launch/allowed.html")
