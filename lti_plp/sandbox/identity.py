"""Who is who: login answers, tokens for services, key set, dynamic registration."""

import json
import secrets
import uuid
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, render_template, request, session
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import times
from lti_plp.sandbox.canvas_oauth import exchange
from lti_plp.sandbox.claims import launch_claims
from lti_plp.sandbox.faults import service
from lti_plp.sandbox.keys import MAX_AGE_SECONDS
from lti_plp.sandbox.launching import STORAGE_TARGET, storage_is_on, stored_subject, usable
from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.scopes import ALL_SCOPES, CANVAS_SCOPES
from lti_plp.sandbox.store import writing
from lti_plp.sandbox.tools import (
    RefusedToken,
    Tool,
    add_tool,
    audience_of,
    is_web_address,
    time_problems,
    tool_by_client_id,
    tool_by_id,
    use_once,
    verified_claims,
)

bp = Blueprint("identity", __name__)

TOKEN_SECONDS = 3600
BAD_REQUEST = "invalid_request_object"
NOT_VALID = ("launch_no_longer_valid", "The launch has either expired or already been consumed")
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"


@bp.route("/api/lti/authorize", methods=["GET", "POST"])
def authorize() -> ResponseReturnValue:
    """Answer an authentication request (Security Framework 1.0, section 5.1.1.2)."""
    params = request.values
    tool = tool_by_client_id(database(), params.get("client_id", ""))
    if tool is None or params.get("redirect_uri") not in tool.redirect_uris:
        # Nothing is sent to an address that is not registered.
        return _refusal("The client id or the redirect URI is not registered here."), 400
    problem = _request_problem(tool)
    if problem:
        return _back(tool, {"error": problem[0], "error_description": problem[1]})
    row, refusal = _used_launch(tool)
    if refusal:
        return _back(tool, {"error": refusal[0], "error_description": refusal[1]})
    try:
        subject = stored_subject(database(), row)
    except LookupError:
        return _back(tool, {"error": NOT_VALID[0], "error_description": NOT_VALID[1]})
    claims = launch_claims(database(), lms(), subject, params["nonce"])
    claims = _overridden(claims, json.loads(row["overrides"]))
    fields = {"id_token": lms().keys.sign(database(), claims)}
    if storage_is_on(database()):
        fields["lti_storage_target"] = STORAGE_TARGET
    return _back(tool, fields)


def _request_problem(tool: Tool) -> tuple[str, str] | None:
    fixed = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
    }
    named = (*fixed, "client_id", "redirect_uri", "nonce", "login_hint", "lti_message_hint")
    missing = [name for name in named if not request.values.get(name)]
    if missing:
        return BAD_REQUEST, f"The following parameters are missing: {','.join(missing)}"
    for name, value in fixed.items():
        if request.values.get(name) != value:
            return BAD_REQUEST, f"The '{name}' must be '{value}'"
    return None if usable(tool) else ("unauthorized_client", "Client not authorized in requested context")


def _used_launch(tool: Tool) -> tuple[Any, tuple[str, str] | None]:
    """Use up the launch of these hints, if this browser began it: a hint works once, so reloading never works.

    The hint of the message says which launch it is; that of the login must be of whoever is signed in here.
    """
    db = database()
    with writing(db):
        row = db.execute(
            "SELECT * FROM launch WHERE message_hint = ? AND tool_id = ? AND NOT used AND expires_at > ?",
            (request.values["lti_message_hint"], tool.id, times.stored(times.now())),
        ).fetchone()
        if row is None:
            return None, NOT_VALID
        is_another = row["session_id"] is not None and row["session_id"] != session.get("id")
        if is_another or request.values["login_hint"] != row["login_hint"]:
            return None, ("login_required", "Must have an active user session")
        db.execute("UPDATE launch SET used = 1 WHERE message_hint = ?", (row["message_hint"],))
    return row, None


def _overridden(claims: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def _back(tool: Tool, fields: dict[str, str]) -> str:
    redirect_uri = request.values["redirect_uri"]
    if "state" in request.values:
        fields["state"] = request.values["state"]
    return render_template("form_post.html", action=redirect_uri, fields=fields, tool=tool)


def _refusal(text: str) -> str:
    return render_template("refusal.html", title="This request is refused", reasons=[text])


@bp.get("/api/lti/security/jwks")
@service("jwks")
def jwks() -> ResponseReturnValue:
    """Publish the LMS's keys."""
    answer = jsonify(lms().keys.key_set(database()))
    answer.headers["Cache-Control"] = f"max-age={MAX_AGE_SECONDS}"
    return answer


@bp.post("/login/oauth2/token")
@service("token")
def token() -> ResponseReturnValue:
    """Give a tool a token for services (Security Framework 1.0, section 4.1.1), or a developer key one of a person."""
    form = request.form
    if form.get("grant_type") in {"authorization_code", "refresh_token"}:
        return exchange()
    if form.get("grant_type") != "client_credentials":
        return _token_error("unsupported_grant_type", "grant_type must be client_credentials.")
    if form.get("client_assertion_type") != JWT_BEARER:
        return _token_error("invalid_request", "client_assertion_type is not the one for JWTs.")
    try:
        tool = _asserted_tool(form.get("client_assertion", ""))
    except RefusedToken as problem:
        return _token_error("invalid_client", str(problem))
    granted = [scope for scope in form.get("scope", "").split() if scope in tool.scopes]
    if not granted:
        return _token_error("invalid_scope", "None of these scopes is allowed to this tool.")
    value = secrets.token_urlsafe(32)
    database().execute(
        "INSERT INTO access_token (token, tool_id, scopes, expires_at) VALUES (?, ?, ?, ?)",
        (value, tool.id, " ".join(granted), times.stored_later(seconds=TOKEN_SECONDS)),
    )
    answer = jsonify(
        {
            "access_token": value,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": " ".join(granted),
        }
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _token_error(error: str, text: str) -> tuple[Response, int]:
    return jsonify(error=error, error_description=text), 400


def _asserted_tool(assertion: str) -> Tool:
    """Return the tool that signed a client assertion.

    :raise RefusedToken: naming every fault.
    """
    tool = tool_by_client_id(database(), _claimed_issuer(assertion))
    if tool is None or not usable(tool):
        raise RefusedToken("The tool is not known or switched off.")
    claims = verified_claims(tool, assertion)
    problems = time_problems(claims)
    if claims.get("iss") != tool.client_id or claims.get("sub") != tool.client_id:
        problems.append("iss and sub must both be the client id.")
    if lms().token_url not in audience_of(claims):
        problems.append("aud must be the token endpoint.")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        problems.append("jti is missing.")
    elif not problems and not use_once(database(), tool, "jti", jti):
        problems.append("This jti was used before.")
    if problems:
        raise RefusedToken(" ".join(problems))
    return tool


def _claimed_issuer(assertion: str) -> str:
    import jwt

    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError) as problem:
        raise RefusedToken("The client assertion is no JWT.") from problem
    return str(claims.get("iss", ""))


def token_for(scope: str) -> Tool:
    """Return the tool whose token this request carries; see :class:`ServiceRefusal` for the rest.

    :raise ServiceRefusal: 401 without a good token, 403 when it lacks the scope.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    row = database().execute("SELECT * FROM access_token WHERE token = ?", (value,)).fetchone()
    if scheme.lower() != "bearer" or row is None or row["revoked"]:
        raise ServiceRefusal(401, "A valid access token is needed.")
    if row["expires_at"] <= times.stored(times.now()):
        raise ServiceRefusal(401, "The access token has expired.")
    if scope not in row["scopes"].split():
        raise ServiceRefusal(403, "The access token lacks the scope.")
    tool = tool_by_id(database(), row["tool_id"])
    if tool is None or not usable(tool):
        raise ServiceRefusal(401, "The tool is switched off.")
    return tool


class ServiceRefusal(Exception):
    """A service says no; the status and the reason go to the tool as JSON."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status

    def answer(self) -> Response:
        """Return the answer that says so."""
        # The type is the status in words, as the framework behind Canvas calls it.
        kind = HTTPStatus(self.status).name.lower()
        body = jsonify(errors={"type": kind, "message": str(self)})
        body.status_code = self.status
        if self.status == 401:
            body.headers["WWW-Authenticate"] = 'Bearer realm="sandbox"'
        return body


@bp.get("/.well-known/openid-configuration")
def openid_configuration() -> ResponseReturnValue:
    """Describe the LMS to a tool that registers itself (LTI Dynamic Registration 1.0); needs the one-time token."""
    if _registration() is None:
        return jsonify(error="The registration token is missing, used or too old."), 401
    base = lms().base_url
    return jsonify(
        {
            "issuer": lms().issuer,
            "authorization_endpoint": f"{base}/api/lti/authorize",
            "token_endpoint": lms().token_url,
            "jwks_uri": f"{base}/api/lti/security/jwks",
            "registration_endpoint": f"{base}/api/lti/registrations",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", *ALL_SCOPES, *CANVAS_SCOPES],
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "name", "given_name", "family_name", "email", "picture", "locale"],
            PLATFORM: {
                "product_family_code": "canvas",
                "version": "cloud",
                "messages_supported": [
                    {"type": "LtiResourceLinkRequest", "placements": ["course_navigation"]},
                    {"type": "LtiDeepLinkingRequest", "placements": ["assignment_selection"]},
                ],
                "variables": [],
                "https://canvas.instructure.com/lti/account_name": "Maple Hollow School",
            },
        }
    )


def _registration() -> Any:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer":
        return None
    return (
        database()
        .execute(
            "SELECT * FROM registration_token WHERE token = ? AND NOT used AND expires_at > ?",
            (value, times.stored(times.now())),
        )
        .fetchone()
    )


@bp.post("/api/lti/registrations")
def register() -> ResponseReturnValue:
    """Store a tool that registers itself; it stays off until an administrator switches it on."""
    row = _registration()
    if row is None:
        return jsonify(error="The registration token is missing, used or too old."), 401
    body: Any = request.get_json(silent=True)
    problems = registration_problems(body)
    if problems:
        return jsonify(errors=problems), 422
    client_id = str(uuid.uuid4().int)[:17]
    settings = body[TOOL]
    tool_id = add_tool(
        database(),
        {
            "client_id": client_id,
            "deployment_id": None,
            "name": str(body["client_name"]),
            "login_url": body["initiate_login_uri"],
            "redirect_uris": body["redirect_uris"],
            "target_link_uri": settings["target_link_uri"],
            "jwks_url": body["jwks_uri"],
            "domain": settings["domain"],
            "scopes": [
                scope for scope in body.get("scope", "").split() if scope in (*ALL_SCOPES, *CANVAS_SCOPES)
            ],
            "privacy": settings.get("https://canvas.instructure.com/lti/privacy_level", "anonymous"),
            "custom": settings.get("custom_parameters", {}),
            "placements": [
                place for message in settings["messages"] for place in message.get("placements", [])
            ],
            "active": False,
        },
    )
    database().execute(
        "UPDATE registration_token SET used = 1, tool_id = ? WHERE token = ?", (tool_id, row["token"])
    )
    return jsonify({**body, "client_id": client_id}), 201


def registration_problems(body: Any) -> list[str]:
    """Return everything that Canvas or Moodle would refuse in a registration."""
    if not isinstance(body, dict) or not isinstance(body.get(TOOL), dict):
        return ["The body must be a JSON object with the LTI tool configuration."]
    settings = body[TOOL]
    problems = [
        f"{name} must be an address."
        for name in ("initiate_login_uri", "jwks_uri")
        if not is_web_address(body.get(name))
    ]
    if body.get("application_type") != "web":
        problems.append("application_type must be web.")
    if "id_token" not in (body.get("response_types") or []):
        problems.append("response_types must contain id_token.")
    if body.get("token_endpoint_auth_method") != "private_key_jwt":
        problems.append("token_endpoint_auth_method must be private_key_jwt.")
    uris = body.get("redirect_uris")
    if not isinstance(uris, list) or not uris or not all(is_web_address(uri) for uri in uris):
        problems.append("redirect_uris must be a list of addresses.")
    if not body.get("client_name"):
        problems.append("client_name is missing.")
    target = settings.get("target_link_uri")
    if not is_web_address(target) or urlsplit(str(target)).netloc != settings.get("domain"):
        problems.append("domain must be the host and port of target_link_uri.")
    for name in ("messages", "claims"):
        if not isinstance(settings.get(name), list):
            problems.append(f"{name} must be a list.")
    return problems
