"""LTI Dynamic Registration 1.0: a platform's administrator opens our invitation link, and both sides are set up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, PlpError
from lti_plp.launch.claims import HISTORY_KEY, SCOPE_LINE_ITEM, SCOPE_MEMBERSHIP, SCOPE_RESULT, SCOPE_SCORE
from lti_plp.launch.models import Registration, RegistrationInvitation
from lti_plp.launch.opaque import digest
from lti_plp.launch.public_http import public_request
from lti_plp.launch.registrations import (
    NewRegistration,
    activate_deployment,
    add_registration,
    tool_urls,
)
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Tenant
from lti_plp.settings import Settings

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
SCOPES = (SCOPE_LINE_ITEM, SCOPE_SCORE, SCOPE_RESULT, SCOPE_MEMBERSHIP)
CANVAS = "https://canvas.instructure.com/lti/"
CANVAS_HOSTS = (".instructure.com", ".canvaslms.com")
"""Canvas serves its configuration from other hosts than its issuer's (Canvas documentation, registration.md)."""

_KINDS = {"canvas": "canvas", "moodle": "moodle", "schoology": "schoology"}


@dataclass(frozen=True)
class Registered:
    """What came of it, for the page that ends the dialog."""

    platform_name: str
    client_id: str
    is_open: bool
    """Whether a deployment is open already; else the first launch makes it known and an administrator opens it."""
    frame_origins: str


@dataclass(frozen=True)
class _PlatformConfiguration:
    kind: str
    name: str
    issuer: str
    auth_url: str
    token_url: str
    token_audience: str
    jwks_url: str
    registration_url: str


Configure = Callable[[Settings, str], dict[str, Any]]
"""What a platform of a kind is told about this tool."""


def register(toolbox: Toolbox, params: Mapping[str, str], configure: Configure) -> Registered:
    """Register the platform that ``params`` name, for the tenant of the invitation.

    The invitation is taken before the platform is asked, so that two clicks register once; when the platform fails, it
    is given back.

    :raise PlpError: 403 without a good invitation, 400 when the platform's side cannot be used.
    """
    now = toolbox.clock()
    invitation, tenant_id = _take_invitation(toolbox, params.get("invitation", ""), now)
    try:
        token = params.get("registration_token", "")
        platform = _read_platform(toolbox.settings, params.get("openid_configuration", ""), token)
        answer = public_request(
            "POST",
            platform.registration_url,
            allow_this_machine=toolbox.settings.allow_private_networks,
            bearer=token,
            body=configure(toolbox.settings, platform.kind),
        )
        client_id, deployment_id = _answer(answer)
        with toolbox.sessions.begin() as session:
            row = _store(session, platform, client_id, deployment_id, tenant_id, now)
            invitation_row = session.get_one(RegistrationInvitation, invitation)
            invitation_row.registration_id = row.id
    except BaseException:
        _give_back(toolbox, invitation)
        raise
    parts = [urlsplit(url) for url in (platform.issuer, platform.auth_url, platform.registration_url)]
    origins = sorted({f"{part.scheme}://{part.netloc}" for part in parts})
    return Registered(platform.name, client_id, deployment_id is not None, " ".join(origins))


def _take_invitation(toolbox: Toolbox, secret: str, now: datetime) -> tuple[str, int]:
    with toolbox.sessions.begin() as session:
        taken = session.execute(
            update(RegistrationInvitation)
            .where(
                RegistrationInvitation.token_hash == digest(secret),
                RegistrationInvitation.used_at.is_(None),
                RegistrationInvitation.expires_at > now,
            )
            .values(used_at=now)
        )
        if getattr(taken, "rowcount", 0) != 1:
            raise PlpError(
                "invitation", 403, "This link was used already, is too old, or was never given out."
            )
        row = session.get_one(RegistrationInvitation, digest(secret))
        return row.token_hash, row.tenant_id


def _give_back(toolbox: Toolbox, invitation: str) -> None:
    with toolbox.sessions.begin() as session:
        session.execute(
            update(RegistrationInvitation)
            .where(
                RegistrationInvitation.token_hash == invitation,
                RegistrationInvitation.registration_id.is_(None),
            )
            .values(used_at=None)
        )


def _read_platform(settings: Settings, url: str, token: str) -> _PlatformConfiguration:
    """Read the platform's configuration and make sure that it speaks for nobody else.

    :raise BadInput: when it cannot be read, is not complete, or names another host than the one that served it.
    """
    body = public_request("GET", url, allow_this_machine=settings.allow_private_networks, bearer=token)
    wrong = BadInput("The platform's configuration cannot be used.", code="platform_configuration")
    if not isinstance(body, dict) or not isinstance(body.get(PLATFORM), dict):
        raise wrong
    about = body[PLATFORM]
    names = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")
    values = [body.get(name) for name in names]
    if not all(isinstance(value, str) and 0 < len(value) <= 500 for value in values):
        raise wrong
    issuer, auth_url, token_url, jwks_url, registration_url = (str(value) for value in values)
    for named in (issuer, auth_url, token_url, jwks_url, registration_url):
        if not _belong_together(url, named):
            raise BadInput("The platform's configuration names foreign hosts.", code="platform_foreign")
    family = str(about.get("product_family_code", "")).lower()
    name = about.get(CANVAS + "account_name") or urlsplit(issuer).hostname or "Platform"
    return _PlatformConfiguration(
        kind=_KINDS.get(family, "other"),
        name=str(name)[:255],
        issuer=issuer,
        auth_url=auth_url,
        token_url=token_url,
        token_audience=_audience(url, body.get("authorization_server")),
        jwks_url=jwks_url,
        registration_url=registration_url,
    )


def _audience(served_by: str, named: Any) -> str:
    """Return whom our assertions are for, when it is not the token endpoint.

    It must be the platform itself: an assertion for somebody else's server, sent to a platform of ill will, would let
    that platform ask the other one in our name. What is no address is left out (Canvas names a bare host there).
    """
    if not isinstance(named, str) or len(named) > 500:
        return ""
    return named if urlsplit(named).scheme in {"https", "http"} and _belong_together(served_by, named) else ""


def _belong_together(served_by: str, named: str) -> bool:
    first, second = urlsplit(served_by), urlsplit(named)
    if first.scheme == second.scheme and first.netloc == second.netloc:
        return True
    hosts = [first.hostname or "", second.hostname or ""]
    return second.scheme == "https" and all(host.endswith(CANVAS_HOSTS) for host in hosts)


def tool_configuration(settings: Settings) -> dict[str, Any]:
    """Return what we ask a platform to store about us (LTI Dynamic Registration 1.0), whatever its kind."""
    urls = tool_urls(settings)
    origin = settings.public_origin
    tool: dict[str, Any] = {
        # Moodle and Canvas compare this with the target's host and port.
        "domain": urlsplit(origin).netloc,
        "target_link_uri": urls["launch_url"],
        "description": "Personalized Learning Plans inside your courses.",
        "claims": ["iss", "sub", "name", "given_name", "family_name"],
        # What a platform does not know it sends as it is written, which counts as nothing.
        "custom_parameters": {HISTORY_KEY: "$Context.id.history"},
        "messages": [
            {
                "type": "LtiDeepLinkingRequest",
                "target_link_uri": urls["deep_linking_url"],
                "label": "Add a learning plan activity",
                "placements": ["ContentArea"],
            },
            {
                "type": "LtiResourceLinkRequest",
                "target_link_uri": urls["launch_url"],
                "label": "Learning plan",
            },
        ],
    }
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": urls["login_url"],
        "redirect_uris": [urls["redirect_url"]],
        "client_name": "Learning plan",
        "jwks_uri": urls["jwks_url"],
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(SCOPES),
        TOOL: tool,
    }


def _answer(answer: Any) -> tuple[str, str | None]:
    """Return (client id, deployment id if the platform gave one)."""
    client_id = answer.get("client_id") if isinstance(answer, dict) else None
    if not isinstance(client_id, str | int) or not 0 < len(str(client_id)) <= 255:
        raise BadInput("The platform gave no client id.", code="platform_answer")
    tool = answer.get(TOOL)
    deployment_id = tool.get("deployment_id") if isinstance(tool, dict) else None
    known = isinstance(deployment_id, str | int) and 0 < len(str(deployment_id)) <= 255
    return str(client_id), str(deployment_id) if known else None


def _store(
    session: Session,
    platform: _PlatformConfiguration,
    client_id: str,
    deployment_id: str | None,
    tenant_id: int,
    now: datetime,
) -> Registration:
    new = NewRegistration(
        kind=platform.kind,
        name=platform.name,
        issuer=platform.issuer,
        client_id=client_id,
        auth_url=platform.auth_url,
        token_url=platform.token_url,
        token_audience=platform.token_audience,
        jwks_url=platform.jwks_url,
    )
    row = add_registration(session, new, now)
    if deployment_id:
        tenant = session.scalars(select(Tenant).where(Tenant.id == tenant_id)).one()
        activate_deployment(session, row, deployment_id, tenant, now)
    return row
