"""Dynamic registration by an invited administrator, and notices that platforms send on their own."""

from flask import Blueprint, Response, jsonify, make_response, request

from lti_plp.canvas.installation import canvas_configuration, developer_key
from lti_plp.launch.dynamic_registration import register
from lti_plp.launch.notices import receive_notices
from lti_plp.views.rendering import render_template
from lti_plp.views.security import allow_framing
from lti_plp.views.visit import toolbox

bp = Blueprint("registration", __name__, url_prefix="/lti")


@bp.get("/register")
def register_platform() -> Response:
    """Register the platform whose administrator opened our invitation link (LTI Dynamic Registration 1.0)."""
    registered = register(toolbox(), request.args, canvas_configuration)
    # Canvas opens this at the school's own address, which nobody has told us; the page holds nothing secret.
    allow_framing(f"{registered.frame_origins} https:")
    return make_response(render_template("launch/registered.html", registered=registered))


@bp.get("/config/canvas.json")
def canvas_json() -> Response:
    """Serve what an administrator of Canvas pastes as a developer key, or names by this address."""
    return jsonify(developer_key(toolbox().settings))


@bp.post("/notices")
def notices() -> tuple[Response, int]:
    """Take in a platform's notices (LTI Platform Notification Service 1.0)."""
    taken = receive_notices(toolbox(), request.get_json(silent=True))
    return jsonify(received=taken), 200
