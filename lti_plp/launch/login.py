"""The platform says that somebody is coming; we ask it to prove who.

LTI Core 1.3, section 4.1; 1EdTech Security Framework 1.0, section 5.1.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pylti1p3.cookie import CookieService
from pylti1p3.oidc_login import OIDCLogin
from pylti1p3.request import Request
from pylti1p3.session import SessionService
from pylti1p3.tool_config.abstract import ToolConfAbstract
from sqlalchemy import insert

from lti_plp.database import table
from lti_plp.errors import BadInput, PlpError
from lti_plp.launch.models import LoginState
from lti_plp.launch.opaque import digest, new_secret
from lti_plp.launch.platforms import Platform
from lti_plp.launch.sessions import frame_origins
from lti_plp.launch.toolbox import Toolbox
from lti_plp.prepared import Prepared

LAUNCH_PATH = "/lti/launch"

_KEEP_LOGIN = Prepared(insert(table(LoginState)))

MAX_PARAMETER = 4000
"""Longest login parameter that is passed back to a platform, characters."""

_PASSED_ON = (
    "iss",
    "login_hint",
    "target_link_uri",
    "lti_message_hint",
    "lti_deployment_id",
    "client_id",
)


@dataclass(frozen=True)
class PreparedLogin:
    """A login whose state is stored: where to send the browser, and how to know it again."""

    auth_url: str
    """Without query; what stood there is among ``auth_params``."""
    auth_params: dict[str, str]
    browser_secret: str
    """What the browser is to keep: in our cookie, else in the platform's storage."""
    storage_target: str
    """Frame that keeps data for us (``lti_storage_target``); empty when the platform offers none."""
    storage_key: str
    platform_origin: str
    frame_origins: str
    """Who may frame the page that goes on with the login."""
    login_params: dict[str, str]
    """The platform's request, for doing it again in a new window."""

    @property
    def redirect_url(self) -> str:
        """Address of the authentication request."""
        return f"{self.auth_url}?{urlencode(self.auth_params)}"


class HardenedLogin(OIDCLogin[Request, ToolConfAbstract[Request], SessionService, CookieService, Any]):
    """The library's login, with registrations, state, nonce and target of our own keeping.

    Everything in the request is unsigned: it chooses among things we know, and is passed back, and that is all.
    """

    def __init__(self, toolbox: Toolbox, params: Mapping[str, str], now: datetime) -> None:
        nothing = cast(Any, object())
        super().__init__(nothing, nothing, nothing, nothing)
        self._toolbox = toolbox
        self._params = params
        self._now = now

    def _get_request_param(self, key: str) -> str:
        value = self._params.get(key, "")
        if len(value) > MAX_PARAMETER:
            raise BadInput("A login parameter is too long.", code="login_parameters")
        if not value.isprintable():
            raise BadInput("A login parameter holds what is no text.", code="login_parameters")
        return value

    def get_redirect(self, url: str) -> Any:
        """Leave the answer to the page that asked; see :meth:`prepare`."""
        return url

    def validate_oidc_login(self) -> Any:
        """Find the one registration this login is for [gaps 1, 2, 10]; as a value of ours, not the library's object.

        :raise PlpError: 400 when a parameter is missing, the issuer is unknown or the client id does not decide.
        """
        for name in ("iss", "login_hint", "target_link_uri"):
            if not self._get_request_param(name):
                raise BadInput(f"The login has no {name}.", code="login_parameters")
        found = self._toolbox.platforms.find(
            self._get_request_param("iss"), self._get_request_param("client_id")
        )
        if not found:
            raise BadInput("No platform of this name is registered here.", code="registration_unknown")
        if len(found) > 1:
            raise BadInput("The login must say which client id it is for.", code="login_ambiguous")
        return found[0]

    def prepare(self, browser_secret: str | None) -> PreparedLogin:
        """Store state, nonce and the browser's secret, and return what the browser needs.

        :raise PlpError: 400 as :meth:`validate_oidc_login`, or when the target is not one of ours [gap 8].
        """
        platform: Platform = self.validate_oidc_login()
        target = self._get_request_param("target_link_uri")
        check_target(self._toolbox, target)
        state, nonce = new_secret(), new_secret()
        secret = browser_secret or new_secret()
        row = {
            "state_hash": digest(state),
            "registration_id": platform.id,
            "nonce_hash": digest(nonce),
            "browser_hash": digest(secret),
            "target_link_uri": target,
            "expires_at": self._now + timedelta(minutes=self._toolbox.settings.login_minutes),
        }
        with self._toolbox.engine.begin() as connection:
            _KEEP_LOGIN.run(connection, row)
        parts = urlsplit(platform.auth_url)
        return PreparedLogin(
            auth_url=urlunsplit(parts._replace(query="", fragment="")),
            auth_params=dict(parse_qsl(parts.query)) | self._auth_params(platform, state, nonce),
            browser_secret=secret,
            storage_target=self._get_request_param("lti_storage_target")[:255],
            storage_key=storage_key(digest(state)),
            platform_origin=f"{parts.scheme}://{parts.netloc}",
            frame_origins=_frame_origins(platform),
            login_params={name: self._params[name] for name in _PASSED_ON if self._get_request_param(name)},
        )

    def _auth_params(self, platform: Platform, state: str, nonce: str) -> dict[str, str]:
        params = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": platform.client_id,
            # Always our one address, exactly as registered, never one from the request [gap 8].
            "redirect_uri": self._toolbox.settings.public_origin + LAUNCH_PATH,
            "login_hint": self._get_request_param("login_hint"),
            "state": state,
            "nonce": nonce,
        }
        if hint := self._get_request_param("lti_message_hint"):
            params["lti_message_hint"] = hint
        return params


def storage_key(state_hash: str) -> str:
    """Return the name under which a browser keeps the secret of the login whose state has this digest."""
    return f"lti_plp_{state_hash[:16]}"


def _frame_origins(platform: Platform) -> str:
    # A school's Canvas may have an address of its own, which only the signed launch tells; the login page holds
    # nothing but what its own request brought, and every later page is limited to the launch's platform.
    own_address = " https:" if platform.kind == "canvas" else ""
    return frame_origins(platform) + own_address


def check_target(toolbox: Toolbox, target: str) -> None:
    """Accept only our own launch address, with any query.

    :raise BadInput: for every other address (open-redirect defense).
    """
    try:
        parts = urlsplit(target)
        origin = f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        origin = ""
    # Some platforms send the tool's bare address when a link has none of its own.
    if origin != toolbox.settings.public_origin or parts.path not in {LAUNCH_PATH, "", "/"} or parts.fragment:
        raise PlpError("target_not_ours", 400, "The login is for an address that is not registered here.")
