"""Cases 69 and 70 of the conformance list: platform notices, dynamic registration."""

import json
import socket
import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from lti_plp.errors import BadInput
from lti_plp.launch.dynamic_registration import TOOL
from lti_plp.launch.models import Registration, RegistrationInvitation, SeenNotice
from lti_plp.launch.public_http import public_request
from lti_plp.launch.registrations import invite, tenant_named
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import ContextOrigin, Deployment
from tests.fixtures_tool import MovableClock
from tests.launching import CLAIM, Browser
from tests.platform_server import PlatformServer, Reply, Request, in_json

COPIED = "LtiContextCopyNotice"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"


def count(toolbox: Toolbox, table: Any) -> int:
    with toolbox.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.usefixtures("registration")
class TestNotices:
    def notice(self, browser: Browser, **changes: Any) -> str:
        platform, now = browser.platform, int(time.time())
        claims = {
            "iss": platform.issuer,
            "aud": platform.client_id,
            "iat": now,
            "exp": now + 300,
            "nonce": "n",
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": platform.deployment_id,
            CLAIM + "notice": {
                "id": "notice-1",
                "timestamp": "2026-11-24T10:00:00Z",
                "type": "LtiHelloWorldNotice",
            },
            **changes,
        }
        return platform.sign(claims)

    def post(self, browser: Browser, *tokens: object) -> Any:
        return browser.client.post("/lti/notices", json={"notices": [{"jwt": token} for token in tokens]})

    def test_69_notice_without_state(self, browser: Browser, toolbox: Toolbox) -> None:
        answer = self.post(browser, self.notice(browser))
        assert (answer.status_code, answer.get_json()) == (200, {"received": 1})
        assert count(toolbox, SeenNotice) == 1

    def test_69_same_notice_twice(self, browser: Browser, toolbox: Toolbox) -> None:
        self.post(browser, self.notice(browser))
        assert self.post(browser, self.notice(browser, nonce="m")).get_json() == {"received": 0}
        assert count(toolbox, SeenNotice) == 1

    @pytest.mark.parametrize(
        "changes",
        [
            {"aud": "somebody-else"},
            {"iss": "https://elsewhere.example"},
            {"exp": 1000},
            {"exp": None},
            {"iat": None},
            {CLAIM + "version": "1.1"},
            {CLAIM + "notice": None},
            {CLAIM + "notice": {"type": "LtiHelloWorldNotice"}},
        ],
    )
    def test_69_notice_that_is_none(
        self, browser: Browser, toolbox: Toolbox, changes: dict[str, Any]
    ) -> None:
        assert self.post(browser, self.notice(browser, **changes)).status_code in {400, 401}
        assert count(toolbox, SeenNotice) == 0

    def test_69_forged_notice(self, browser: Browser, toolbox: Toolbox) -> None:
        with PlatformServer() as stranger:
            kid = browser.platform.jwks()["keys"][0]["kid"]
            claims = {"iss": browser.platform.issuer, "aud": browser.platform.client_id}
            assert self.post(browser, stranger.sign(claims, kid=kid)).status_code == 401
        assert count(toolbox, SeenNotice) == 0

    @pytest.mark.parametrize("body", [None, [], {}, {"notices": []}, {"notices": "x"}, {"notices": [5]}])
    def test_69_body_that_is_none(self, browser: Browser, body: object) -> None:
        assert browser.client.post("/lti/notices", json=body).status_code == 400

    def test_69_too_many_at_once(self, browser: Browser) -> None:
        assert self.post(browser, *(["x"] * 51)).status_code == 400

    def copied(self, browser: Browser, **changes: Any) -> str:
        told = {
            CLAIM + "notice": {"id": "notice-2", "timestamp": "2026-11-24T10:00:00Z", "type": COPIED},
            CLAIM + "context": {"id": "course-2", "title": "English 9"},
            CLAIM + "origin_contexts": ["course-1", "course-0", "course-2"],
        }
        return self.notice(browser, **(told | changes))

    def test_69_a_copied_context_is_written_down_once(self, browser: Browser, toolbox: Toolbox) -> None:
        for number in (1, 0):
            assert self.post(browser, self.copied(browser)).get_json() == {"received": number}
        with toolbox.sessions() as session:
            told = session.execute(select(ContextOrigin.context_id, ContextOrigin.origin_context_id)).all()
        assert sorted(map(tuple, told)) == [("course-2", "course-0"), ("course-2", "course-1")]

    @pytest.mark.parametrize(
        "changes",
        [
            {CLAIM + "context": None},
            {CLAIM + "context": {"title": "English 9"}},
            {CLAIM + "origin_contexts": None},
            {CLAIM + "origin_contexts": "course-1"},
            {CLAIM + "origin_contexts": [1]},
            {CLAIM + "origin_contexts": ["x" * 256]},
            {CLAIM + "deployment_id": None},
        ],
    )
    def test_69_a_copy_of_nothing(self, browser: Browser, toolbox: Toolbox, changes: dict[str, Any]) -> None:
        assert self.post(browser, self.copied(browser, **changes)).status_code == 400
        assert count(toolbox, SeenNotice) == count(toolbox, ContextOrigin) == 0

    @pytest.mark.parametrize("is_known", [False, True])
    def test_69_of_a_deployment_that_is_shut_nothing_is_kept(
        self, browser: Browser, toolbox: Toolbox, is_known: bool
    ) -> None:
        with toolbox.sessions.begin() as session:
            session.execute(update(Deployment).values(status="disabled"))
        changes = {} if is_known else {CLAIM + "deployment_id": "unheard-of"}
        assert self.post(browser, self.copied(browser, **changes)).status_code == 200
        assert count(toolbox, SeenNotice) == 1
        assert count(toolbox, ContextOrigin) == 0


class RegisteringPlatform(PlatformServer):
    """A platform that offers dynamic registration; ``configuration`` is changed by tests."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: dict[str, Any] = {}
        self.registered: list[dict[str, Any]] = []
        self.deployment_in_answer: str | None = "deployment-7"

    def answer(self, request: Request) -> Reply:
        if request.path == "/configuration":
            self.requests.append(request)
            return in_json(self.configuration())
        if request.path == "/registrations":
            self.requests.append(request)
            if request.headers.get("authorization") != "Bearer once":
                return Reply(401)
            body = json.loads(request.body)
            self.registered.append(body)
            tool = dict(body[TOOL])
            if self.deployment_in_answer:
                tool["deployment_id"] = self.deployment_in_answer
            return in_json({**body, "client_id": "given-client", TOOL: tool}, 201)
        return super().answer(request)

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "registration_endpoint": f"{self.url}/registrations",
            PLATFORM: {"product_family_code": "moodle", "version": "4.5", "messages_supported": []},
            **self.changes,
        }


@pytest.fixture
def moodle() -> Any:
    with RegisteringPlatform() as platform:
        yield platform


@pytest.fixture
def invitation(toolbox: Toolbox) -> str:
    with toolbox.sessions.begin() as session:
        return invite(session, tenant_named(session, "Maple Hollow", toolbox.clock()), toolbox.clock())


def register(app: Flask, platform: RegisteringPlatform, invitation: str | None, **changes: Any) -> Any:
    params = {
        "openid_configuration": f"{platform.url}/configuration",
        "registration_token": "once",
        "invitation": invitation,
        **changes,
    }
    query = {name: value for name, value in params.items() if value is not None}
    return app.test_client().get("/lti/register", query_string=query)


class TestDynamicRegistration:
    def test_70_good_one(
        self, app: Flask, toolbox: Toolbox, moodle: RegisteringPlatform, invitation: str
    ) -> None:
        answer = register(app, moodle, invitation)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert 'id="close"' in answer.get_data(as_text=True)
        assert f"frame-ancestors {moodle.url}" in answer.headers["Content-Security-Policy"]
        with toolbox.sessions() as session:
            row = session.scalars(select(Registration)).one()
            door = session.scalars(select(Deployment)).one()
        assert (row.kind, row.issuer, row.client_id) == ("moodle", moodle.url, "given-client")
        assert (door.lti_deployment_id, door.status) == ("deployment-7", "active")
        (sent,) = moodle.registered
        assert sent[TOOL]["domain"] == "127.0.0.1:8000"
        assert sent["token_endpoint_auth_method"] == "private_key_jwt"
        assert sent["application_type"] == "web"
        assert "lti-ags/scope/score" in sent["scope"]
        assert [request.headers["authorization"] for request in moodle.requests] == ["Bearer once"] * 2

    @pytest.mark.parametrize(
        "named", ["https://sso.canvaslms.com/login/oauth2/token", "canvas.instructure.com", 5]
    )
    def test_70_assertions_are_for_nobody_else(
        self, app: Flask, toolbox: Toolbox, moodle: RegisteringPlatform, invitation: str, named: object
    ) -> None:
        """A platform of ill will could pass on an assertion that is meant for another one."""
        moodle.changes = {"authorization_server": named}
        assert register(app, moodle, invitation).status_code == 200
        with toolbox.sessions() as session:
            assert session.scalars(select(Registration)).one().token_audience == ""

    def test_70_the_platforms_own_authorization_server(
        self, app: Flask, toolbox: Toolbox, moodle: RegisteringPlatform, invitation: str
    ) -> None:
        moodle.changes = {"authorization_server": f"{moodle.url}/authorization"}
        assert register(app, moodle, invitation).status_code == 200
        with toolbox.sessions() as session:
            assert session.scalars(select(Registration)).one().token_audience == f"{moodle.url}/authorization"

    def test_70_then_launches_work(self, app: Flask, moodle: RegisteringPlatform, invitation: str) -> None:
        register(app, moodle, invitation)
        moodle.client_id, moodle.deployment_id = "given-client", "deployment-7"
        assert Browser(app, moodle).launch().status_code == 200

    def test_70_without_deployment_the_first_launch_waits(
        self, app: Flask, toolbox: Toolbox, moodle: RegisteringPlatform, invitation: str
    ) -> None:
        moodle.deployment_in_answer = None
        register(app, moodle, invitation)
        moodle.client_id = "given-client"
        assert Browser(app, moodle).launch().status_code == 403
        with toolbox.sessions() as session:
            assert session.scalars(select(Deployment.status)).one() == "pending"

    @pytest.mark.parametrize("given", [None, "", "guessed"])
    def test_70_stranger_without_invitation(
        self, app: Flask, toolbox: Toolbox, moodle: RegisteringPlatform, invitation: str, given: str | None
    ) -> None:
        assert register(app, moodle, given).status_code == 403
        assert moodle.requests == []
        assert count(toolbox, Registration) == 0

    def test_70_old_invitation(
        self, app: Flask, clock: MovableClock, moodle: RegisteringPlatform, invitation: str
    ) -> None:
        clock.forward(days=4)
        assert register(app, moodle, invitation).status_code == 403

    def test_70_double_submit(
        self, app: Flask, toolbox: Toolbox, moodle: RegisteringPlatform, invitation: str
    ) -> None:
        assert register(app, moodle, invitation).status_code == 200
        assert register(app, moodle, invitation).status_code == 403
        assert count(toolbox, Registration) == 1
        assert len(moodle.registered) == 1

    def test_70_token_missing(
        self, app: Flask, toolbox: Toolbox, moodle: RegisteringPlatform, invitation: str
    ) -> None:
        assert register(app, moodle, invitation, registration_token=None).status_code == 400
        assert count(toolbox, Registration) == 0
        # The invitation is still good for a second try.
        assert register(app, moodle, invitation).status_code == 200

    @pytest.mark.parametrize(
        "name",
        ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"],
    )
    def test_70_foreign_hosts(
        self, app: Flask, toolbox: Toolbox, moodle: RegisteringPlatform, invitation: str, name: str
    ) -> None:
        moodle.changes = {name: "https://canvas.instructure.com/x"}
        assert register(app, moodle, invitation).status_code == 400
        assert count(toolbox, Registration) == 0
        assert moodle.registered == []

    @pytest.mark.parametrize(
        "name", ["issuer", "authorization_endpoint", "jwks_uri", "registration_endpoint", PLATFORM]
    )
    @pytest.mark.parametrize("value", [None, 5, "", "x" * 501])
    def test_70_configuration_that_is_none(
        self,
        app: Flask,
        toolbox: Toolbox,
        moodle: RegisteringPlatform,
        invitation: str,
        name: str,
        value: Any,
    ) -> None:
        moodle.changes = {name: value}
        assert register(app, moodle, invitation).status_code == 400
        assert count(toolbox, Registration) == 0

    @pytest.mark.parametrize(
        "url",
        [
            "http://lms.example/configuration",
            "https://10.0.0.7/configuration",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00::1]/",
            "https://0.0.0.0/",
            "https://user:word@lms.example/",
            "https://127.0.0.1/",
            "http://127.0.0.1:1/",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
            "",
            "https://",
            "https://[bad",
        ],
    )
    def test_70_address_inside_the_network(self, url: str) -> None:
        with pytest.raises(BadInput, match="public"):
            public_request("GET", url, allow_this_machine=False)

    @pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::1", "100.64.0.1", "224.0.0.1"])
    def test_70_public_name_of_a_private_address(self, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
        """The outermost edge, name resolution, is replaced: a name may lead anywhere."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        good = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))
        bad = (family, socket.SOCK_STREAM, 6, "", (address, 443))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [good, bad])
        with pytest.raises(BadInput, match="public"):
            public_request("GET", "https://lms.example/configuration", allow_this_machine=False)

    def test_70_platform_that_fails_gives_the_invitation_back(
        self, app: Flask, toolbox: Toolbox, moodle: RegisteringPlatform, invitation: str
    ) -> None:
        moodle.changes = {"registration_endpoint": f"{moodle.url}/nowhere"}
        assert register(app, moodle, invitation).status_code == 400
        with toolbox.sessions() as session:
            assert session.scalars(select(RegistrationInvitation.used_at)).one() is None
