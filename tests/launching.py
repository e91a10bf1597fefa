"""Launching as a platform and a browser do it, step by step, so that each step can be spoiled."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_plp.launch.toolbox import Toolbox
from lti_plp.views.security import BROWSER_COOKIE
from tests.platform_server import PlatformServer


@dataclass(frozen=True)
class Login:
    """What the tool asked the platform in its authentication request."""

    state: str
    nonce: str
    target_link_uri: str
    """The address that the login was for; the launch must be for the same."""
    params: dict[str, str]


@dataclass
class Browser:
    """One browser in front of one tool; ``keeps_cookies`` says whether the tool's cookie survives in the frame."""

    app: Flask
    platform: PlatformServer
    keeps_cookies: bool = True
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client(use_cookies=self.keeps_cookies)
        if self.keeps_cookies:
            # A browser that was here before: the login answers with a plain redirect.
            self.client.set_cookie(BROWSER_COOKIE, secrets.token_urlsafe(24), secure=True, path="/")

    @property
    def tool(self) -> str:
        """The tool's origin."""
        return str(self.app.extensions["lti_plp"].settings.public_origin)

    def login_params(self, **changes: Any) -> dict[str, str]:
        """A login initiation as the platform sends it; a change to ``None`` leaves a parameter out."""
        params = {
            "iss": self.platform.issuer,
            "login_hint": "hint",
            "target_link_uri": f"{self.tool}/lti/launch",
            "lti_message_hint": "message",
            "client_id": self.platform.client_id,
            "lti_deployment_id": self.platform.deployment_id,
            **changes,
        }
        return {name: value for name, value in params.items() if value is not None}

    def login(self, **changes: Any) -> Login:
        """Begin a login and read what the tool asks for."""
        answer = self.client.get("/lti/login", query_string=self.login_params(**changes))
        assert answer.status_code == 302, answer.get_data(as_text=True)
        query = parse_qs(urlsplit(answer.location).query)
        params = {name: values[0] for name, values in query.items()}
        target = self.login_params(**changes)["target_link_uri"]
        return Login(params["state"], params["nonce"], target, params)

    def post(self, login: Login | None, token: str, **changes: Any) -> TestResponse:
        """Post a launch; a change to ``None`` leaves a field out."""
        fields = {"id_token": token, "state": login.state if login else None, **changes}
        return self.client.post(
            "/lti/launch", data={name: value for name, value in fields.items() if value is not None}
        )

    def launch(self, *, without: Any = (), **claims: Any) -> TestResponse:
        """Log in and launch with claims changed or left out; the answer to the launch."""
        login = self.login()
        return self.post(login, self.platform.sign(self.claims(login, without=without, **claims)))

    def claims(self, login: Login, *, without: tuple[str, ...] = (), **claims: Any) -> dict[str, Any]:
        """The claims of a good launch that answers ``login``, with changes."""
        body = self.platform.launch_claims(nonce=login.nonce)
        body |= {TARGET_LINK_URI: login.target_link_uri, **claims}
        return {name: value for name, value in body.items() if name not in without}


def page_of(answer: TestResponse) -> str:
    """Address of the page that a launch opened; the test fails when the launch opened none."""
    assert "Content-Location" in answer.headers, answer.get_data(as_text=True)
    page = answer.headers["Content-Location"]
    assert page.startswith("/s/")
    return page


CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
TARGET_LINK_URI = CLAIM + "target_link_uri"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"


def at(seconds: float) -> int:
    """A moment so many seconds from now, as tokens tell it."""
    return int(time.time() + seconds)


def count(toolbox: Toolbox, table: Any) -> int:
    """How many rows a table has."""
    with toolbox.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0
