"""A school in front of the tool: its people come by real launches, and every page is asked for over HTTP."""

import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext, Page
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from lti_plp.launch.models import Registration
from lti_plp.views.security import BROWSER_COOKIE
from tests.fixtures_browser import BrowserContextFactory
from tests.launching import CLAIM, MEMBERSHIP, TARGET_LINK_URI, Browser, page_of
from tests.platform_server import PlatformServer

CONTENT_ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"


@dataclass(frozen=True)
class Human:
    """Somebody whom the platform knows; all names are invented."""

    subject: str
    given: str
    family: str
    roles: tuple[str, ...] = ("Learner",)
    extra: tuple[tuple[str, Any], ...] = ()

    @property
    def claims(self) -> dict[str, Any]:
        """What a launch says about this person."""
        return {
            "sub": self.subject,
            "name": f"{self.given} {self.family}",
            "given_name": self.given,
            "family_name": self.family,
            CLAIM + "roles": [
                role if role.startswith("http") else f"{MEMBERSHIP}#{role}" for role in self.roles
            ],
            **{CLAIM + name: value for name, value in self.extra},
        }

    @property
    def member(self) -> dict[str, Any]:
        """The same person in the platform's roster."""
        return {
            "user_id": self.subject,
            "status": "Active",
            "name": f"{self.given} {self.family}",
            "given_name": self.given,
            "family_name": self.family,
            "roles": list(self.roles),
        }


MAYA = Human("student-1", "Maya", "Torres")
LEO = Human("student-2", "Leo", "Abara")
SAM = Human("student-3", "Sam", "Whitfield")
RIVERA = Human("teacher-1", "Elena", "Rivera", ("Instructor",))
FAMILY = Human("mentor-1", "Rosa", "Torres", ("Mentor",), (("role_scope_mentor", ("student-1",)),))
STRANGER = Human("stranger-1", "Kit", "Vale", ("http://purl.imsglobal.org/vocab/lis/v2/membership#Visitor",))
TEST_STUDENT = Human(
    "test-1", "Test", "Student", ("Learner", "http://purl.imsglobal.org/vocab/lti/system/person#TestUser")
)


@dataclass
class Visitor:
    """One person's browser after a launch, with the address it was led to."""

    client: FlaskClient
    page: str
    locale: str

    @property
    def handle(self) -> str:
        """Names the web session."""
        return self.page.split("/")[2]

    @property
    def secret(self) -> str:
        """The browser's cookie."""
        cookie = self.client.get_cookie(BROWSER_COOKIE)
        assert cookie
        return str(cookie.value)

    def move_to(self, context: BrowserContext, tool: str) -> None:
        """Give a real browser the cookie of the launch.

        Not by way of a page's script: what ``document.cookie`` sets may come later than the next page is asked for.
        """
        # Chromium keeps such a cookie for loopback without TLS too, but wants to be told so.
        context.add_cookies(
            [
                {
                    "name": BROWSER_COOKIE,
                    "value": self.secret,
                    "url": tool.replace("http:", "https:", 1),
                    "httpOnly": True,
                    "secure": True,
                    "sameSite": "None",
                }
            ]
        )

    def address(self, path: str) -> str:
        """The address of a page of this session."""
        return f"/s/{self.handle}/{path}"

    def get(self, path: str, **options: Any) -> TestResponse:
        """Ask for a page of this session."""
        return self.client.get(self.address(path), **options)

    def token(self) -> str:
        """The form token that the pages of this session carry."""
        page = self.client.get(self.page).get_data(as_text=True)
        found = re.search(r'<meta name="csrf-token" content="([^"]+)"', page)
        assert found, page
        return found.group(1)

    def post(self, path: str, *fields: tuple[str, str], **form: str) -> TestResponse:
        """Send a form of this session; a field may come more than once."""
        data: dict[str, list[str]] = {"csrf_token": [self.token()]}
        for name, value in [*fields, *form.items()]:
            data.setdefault(name, []).append(value)
        return self.client.post(self.address(path), data=data)

    def save(self, key: str, text: Any, base: Any = 0, **headers: str) -> TestResponse:
        """Save an answer as the page does while it is typed."""
        return self.client.put(
            self.address(f"reflection/answers/{key}"),
            json={"text": text, "base_revision": base},
            headers={"X-CSRF-Token": self.token(), "Accept": "application/json", **headers},
        )


@dataclass
class School:
    """The platform and the tool, and who comes from the one to the other."""

    app: Flask
    platform: PlatformServer

    def enter(
        self,
        human: Human,
        template: str | None = None,
        locale: str = "en",
        link: str = "link-1",
        **claims: Any,
    ) -> Visitor:
        """Launch a link as somebody; the link points to ``template``."""
        browser = Browser(self.app, self.platform)
        custom = {CLAIM + "custom": {"plp_template": template}} if template else {}
        place = {CLAIM + "resource_link": {"id": link, "title": "Reflection"}}
        said = {**human.claims, **place, **custom, **_language(locale), **claims}
        without = tuple(name for name, value in said.items() if value is None)
        answer = browser.launch(without=without, **said)
        return Visitor(browser.client, page_of(answer), locale)

    def pick(
        self,
        human: Human = RIVERA,
        locale: str = "en",
        custom_of: dict[str, str] | None = None,
        **settings: Any,
    ) -> Visitor:
        """Open the picker from the platform's dialog; ``custom_of`` are parameters of the tool."""
        browser = Browser(self.app, self.platform)
        login = browser.login()
        claims = self.platform.deep_linking_claims(login.nonce, **settings)
        claims |= {**human.claims, **_language(locale), TARGET_LINK_URI: login.target_link_uri}
        if custom_of:
            claims[CLAIM + "custom"] = custom_of
        answer = browser.post(login, self.platform.sign(claims))
        return Visitor(browser.client, page_of(answer), locale)

    def place(self, *fields: tuple[str, str], locale: str = "en", **form: str) -> str:
        """Place a reflection as a teacher does; the UUID of its template."""
        answer = self.pick(locale=locale).post("picker/place", *(fields or questions(2)), **picked(**form))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        (item,) = content_items(answer)
        return str(item["custom"]["plp_template"])


def _language(locale: str) -> dict[str, Any]:
    return {CLAIM + "launch_presentation": {"locale": locale}}


def picked(**changes: str) -> dict[str, str]:
    """A picker's form that is filled in."""
    filled = {
        "set_id": "check-in",
        "locale": "en",
        "title": "Quick check-in",
        "instructions": "Take five minutes.",
        "grading": "points",
        "points": "10",
        "layout": "one",
        "allow_resubmit": "1",
        "due": "",
        "time_zone": "America/New_York",
    }
    return {**filled, **changes}


def questions(count: int) -> tuple[tuple[str, str], ...]:
    """That many questions of the teacher's own."""
    texts = ("What went well, and how do you know?", "What will you try next?", "Who can help?")
    fields = [(("question", texts[number % 3]), ("source", "")) for number in range(count)]
    return tuple(field for pair in fields for field in pair)


def field_of(page: TestResponse, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.get_data(as_text=True))
    assert found, f"no field {name}"
    return unescape(found.group(1))


def content_items(page: TestResponse) -> list[dict[str, Any]]:
    """What a page that returns to the platform carries there."""
    token = field_of(page, "JWT")
    items: list[dict[str, Any]] = jwt.decode(token, options={"verify_signature": False})[CONTENT_ITEMS]
    return json.loads(json.dumps(items))


@pytest.fixture
def school(app: Flask, platform: PlatformServer, registration: Registration) -> School:
    """A tool that knows the platform, and the platform's people."""
    platform.members = [human.member for human in (MAYA, LEO, SAM, RIVERA)]
    return School(app, platform)


@pytest.fixture
def secret() -> str:
    """Some browser's secret."""
    return secrets.token_urlsafe(24)


class QuietHandler(WSGIRequestHandler):
    """Writes no line per request."""

    def log_request(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application serves on loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    # It looks twenty times a second whether it shall end, and not twice.
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


Open = Callable[[Visitor], Page]


@pytest.fixture
def open_page(address: str, browser_context_factory: BrowserContextFactory) -> Open:
    """Open a visitor's page in a browser that has the cookie of the visitor's launch."""
    contexts: list[BrowserContext] = []

    def opened(visitor: Visitor) -> Page:
        if not contexts:
            contexts.append(browser_context_factory())
        visitor.move_to(contexts[0], address)
        page = contexts[0].new_page()
        page.goto(address + visitor.page)
        return page

    return opened
