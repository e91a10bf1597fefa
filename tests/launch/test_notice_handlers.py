"""A platform is told where its notices shall go: by the worker, once for a deployment, on both databases."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, select

from lti_plp.clock import utc_now
from lti_plp.launch.models import NoticeHandler, Registration
from lti_plp.launch.notice_handlers import TRY_AGAIN, deployments_to_tell, register_handler
from lti_plp.launch.toolbox import Toolbox, make_toolbox
from lti_plp.lms.gateway import GatewayProblem, Refused
from lti_plp.lms.models import Deployment
from lti_plp.lms.queue import REGISTER_NOTICES, make_queue
from lti_plp.settings import Settings
from tests.fixtures_database import SECRET
from tests.fixtures_tool import MovableClock, registration_of, tenant_id
from tests.launching import CLAIM, Browser
from tests.platform_server import PlatformServer, Reply, Request, in_json

SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
OURS = "http://127.0.0.1:8000/lti/notices"
CLAIM_OF_SERVICE = CLAIM + "platformnotificationservice"


class TellingPlatform(PlatformServer):
    """A platform with a notification service."""

    def __init__(self) -> None:
        super().__init__()
        self.granted = self.granted | {SCOPE}
        self.handlers: list[dict[str, Any]] = []

    def answer(self, request: Request) -> Reply:
        if request.path != "/notice-handlers/7":
            return super().answer(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if SCOPE not in self.tokens.get(token, ()):
            return Reply(401)
        if request.method != "PUT":
            return Reply(405)
        self.handlers.append(json.loads(request.body))
        return in_json(self.handlers[-1])

    @property
    def service(self) -> dict[str, Any]:
        return {
            "service_versions": ["1.0"],
            "platform_notification_service_url": f"{self.url}/notice-handlers/7",
            "scope": [SCOPE],
            "notice_types_supported": ["LtiHelloWorldNotice", "LtiContextCopyNotice"],
        }


@pytest.fixture
def platform() -> Iterator[TellingPlatform]:
    with TellingPlatform() as server:
        yield server


@pytest.fixture
def box(engine: Engine, database_url: str, clock: MovableClock) -> Toolbox:
    settings = Settings(secret_key=SECRET, database_url=database_url)
    return make_toolbox(settings, engine, clock)


@pytest.fixture
def deployment(box: Toolbox, platform: TellingPlatform) -> int:
    """A deployment whose launch named the service."""
    with box.sessions.begin() as session:
        registration = registration_of(platform)
        session.add(registration)
        session.flush()
        row = Deployment(
            registration_id=registration.id,
            tenant_id=tenant_id(session, "Maple Hollow"),
            lti_deployment_id=platform.deployment_id,
            status="active",
            notices_url=platform.service["platform_notification_service_url"],
            first_seen_at=utc_now(),
        )
        session.add(row)
        session.flush()
        return row.id


def due(box: Toolbox) -> list[int]:
    with box.sessions() as session:
        return deployments_to_tell(session, box.settings, box.clock())


def handler(box: Toolbox) -> NoticeHandler:
    with box.sessions() as session:
        return session.scalars(select(NoticeHandler)).one()


def test_it_is_told_once(
    box: Toolbox, platform: TellingPlatform, deployment: int, clock: MovableClock
) -> None:
    assert due(box) == [deployment]
    assert register_handler(box, deployment)
    assert platform.handlers == [{"notice_type": "LtiContextCopyNotice", "handler": OURS}]
    assert handler(box).registered_at is not None
    clock.forward(days=400)
    assert due(box) == []
    assert not register_handler(box, deployment)
    assert len(platform.handlers) == 1


def test_of_several_workers_one_tells_it(box: Toolbox, platform: TellingPlatform, deployment: int) -> None:
    together = Barrier(4)

    def work(_: int) -> bool:
        together.wait()
        return register_handler(box, deployment)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [False, False, False, True]
    assert len(platform.handlers) == 1


def test_a_platform_that_does_not_agree_is_asked_again_later(
    box: Toolbox, platform: TellingPlatform, deployment: int, clock: MovableClock
) -> None:
    granted, platform.granted = platform.granted, platform.granted - {SCOPE}
    with pytest.raises(GatewayProblem):
        register_handler(box, deployment)
    row = handler(box)
    assert row.registered_at is None
    assert row.problem
    assert due(box) == []
    assert not register_handler(box, deployment)
    clock.ahead += TRY_AGAIN
    platform.granted = granted
    assert due(box) == [deployment]
    assert register_handler(box, deployment)
    assert handler(box).problem == ""


def test_when_an_address_changes_it_is_told_anew(
    box: Toolbox, platform: TellingPlatform, deployment: int
) -> None:
    register_handler(box, deployment)
    with box.sessions.begin() as session:
        session.get_one(Deployment, deployment).notices_url = f"{platform.url}/notice-handlers/8"
    assert due(box) == [deployment]
    with pytest.raises(Refused):
        register_handler(box, deployment)
    with box.sessions.begin() as session:
        session.get_one(Deployment, deployment).notices_url = f"{platform.url}/notice-handlers/7"
    assert register_handler(box, deployment)
    with box.sessions.begin() as session:
        session.get_one(NoticeHandler, deployment).handler = "https://before.example/lti/notices"
    assert due(box) == [deployment]
    assert register_handler(box, deployment)
    assert len(platform.handlers) == 3


@pytest.mark.parametrize("what", ["deployment", "registration", "url"])
def test_what_is_shut_is_left_alone(
    box: Toolbox, platform: TellingPlatform, deployment: int, what: str
) -> None:
    with box.sessions.begin() as session:
        row = session.get_one(Deployment, deployment)
        if what == "deployment":
            row.status = "disabled"
        elif what == "registration":
            session.get_one(Registration, row.registration_id).status = "disabled"
        else:
            row.notices_url = ""
    assert due(box) == []
    assert not register_handler(box, deployment)
    assert not register_handler(box, 10**9)
    assert platform.handlers == []


class TestLaunch:
    """What a launch says of the service."""

    def woken(self, toolbox: Toolbox) -> list[Any]:
        queue = make_queue("", toolbox.settings.database_url)
        return [task.args for task in queue.huey.pending() if task.args[0] == REGISTER_NOTICES]

    def url(self, toolbox: Toolbox) -> str:
        with toolbox.sessions() as session:
            return session.scalars(select(Deployment.notices_url)).one()

    def test_the_first_launch_wakes_the_worker_and_no_other(
        self, browser: Browser, platform: TellingPlatform, toolbox: Toolbox
    ) -> None:
        assert browser.launch().status_code == 200
        assert self.woken(toolbox) == []
        for _ in range(2):
            assert browser.launch(**{CLAIM_OF_SERVICE: platform.service}).status_code == 200
        assert browser.launch().status_code == 200
        assert len(self.woken(toolbox)) == 1
        assert self.url(toolbox) == f"{platform.url}/notice-handlers/7"
        # Nothing was asked in a launch itself.
        assert platform.handlers == []
        assert platform.token_requests == 0

    @pytest.mark.parametrize(
        "changes",
        [
            {"notice_types_supported": ["LtiHelloWorldNotice"]},
            {"platform_notification_service_url": None},
            {"platform_notification_service_url": 7},
            {"platform_notification_service_url": "javascript:alert(1)"},
        ],
    )
    def test_what_is_of_no_use_is_left_out(
        self, browser: Browser, platform: TellingPlatform, toolbox: Toolbox, changes: dict[str, Any]
    ) -> None:
        for service in (platform.service | changes, "no service", ["x"]):
            assert browser.launch(**{CLAIM_OF_SERVICE: service}).status_code == 200
        assert self.url(toolbox) == ""
        assert self.woken(toolbox) == []
