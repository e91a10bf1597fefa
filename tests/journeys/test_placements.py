"""Every place in the LMS from which this tool is opened: what a person expects there comes, and goes back."""

import json
import re
import secrets
import time
from base64 import urlsafe_b64decode
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import expect

from lti_plp.sandbox.placements import PICKING
from lti_plp.views.security import BROWSER_COOKIE
from tests.fixtures_stack import CLIENT_ID, START_SECONDS, Stack
from tests.journeys.steps import Visitor
from tests.sandbox.canvas import Browser
from tests.views import conftest as pages
from tests.views.conftest import picked, questions

pytestmark = [pytest.mark.timeout(300)]

school, address, open_page = pages.school, pages.address, pages.open_page

KEY = Path(__file__).parents[2] / "config" / "canvas" / "developer-key.json"
TOOL = "external_tools/1"
PLACES = [name for name in PICKING if name != "homework_submission"]


class Walk:
    """Somebody in front of the LMS and of the tool, without a screen."""

    def __init__(self, stack: Stack, person: str) -> None:
        self.stack = stack
        self.lms, self.tool = Browser(stack.lms), Browser(stack.tool)
        self.tool._cookies[BROWSER_COOKIE] = secrets.token_urlsafe(24)
        self.lms.sign_in(person)
        self.page = ""
        """Path of the tool's page."""

    def open(self, path: str) -> str:
        """Open a page of the LMS with the tool in it; the tool's page."""
        around = self.lms.ask("GET", path)
        assert around.status_code == 200, around.text
        frame = re.search(r'<iframe id="tool"[^>]* src="([^"]*)"', around.text)
        assert frame, around.text
        asked = self.tool.ask("GET", unescape(frame[1]))
        assert asked.status_code == 302, asked.text
        answer = self.lms.ask("GET", asked.headers["Location"])
        sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', answer.text))
        opened = self.tool.ask(
            "POST", "/lti/launch", data={name: unescape(text) for name, text in sent.items()}
        )
        assert opened.status_code == 200, opened.text
        self.page = opened.headers["Content-Location"]
        return opened.text

    @property
    def where(self) -> str:
        """The tool's page, after the session's beginning."""
        return self.page.split("/", 3)[3]

    def get(self, path: str) -> requests.Response:
        """Ask for another page of the session."""
        return self.tool.ask("GET", f"/{'/'.join(self.page.split('/')[1:3])}/{path}")

    def send(self, path: str, *fields: tuple[str, str], **form: str) -> requests.Response:
        """Send a form of the session."""
        token = re.search(r'<meta name="csrf-token" content="([^"]+)"', self.get(self.where).text)
        assert token
        data = [("csrf_token", token[1]), *fields, *form.items()]
        return self.tool.ask("POST", f"/{'/'.join(self.page.split('/')[1:3])}/{path}", data=data)

    def hand_over(self, answer: requests.Response) -> list[dict[str, Any]]:
        """Post what goes back to the LMS, and let the LMS make of it what its place is for; the items."""
        assert answer.status_code == 200, answer.text
        action = re.search(r'action="([^"]+deep_linking_response[^"]+)"', answer.text)
        token = re.search(r'name="JWT" value="([^"]+)"', answer.text)
        assert action
        assert token
        taken = self.lms.ask("POST", unescape(action[1]), data={"JWT": token[1]})
        assert taken.status_code == 200, taken.text
        handle = re.search(r'data-handle="([^"]+)"', taken.text)
        assert handle, taken.text
        course = urlsplit(unescape(action[1])).path.split("/")[2]
        added = self.lms.ask("POST", f"/courses/{course}/add_picked", data={"handle": handle[1]})
        assert added.status_code == 303, added.text
        payload = token[1].split(".")[1]
        claims = json.loads(_decoded(payload))
        items: list[dict[str, Any]] = claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"]
        return items


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.fixture
def installed(stack: Stack) -> Stack:
    """The tool is installed as its own developer key says."""
    key = json.loads(KEY.read_text())
    placements = [one["placement"] for one in key["extensions"][0]["settings"]["placements"]]
    stack.control(
        "POST", f"tools/{CLIENT_ID}", {"custom": key["custom_fields"], "placements": [*placements, *PLACES]}
    )
    return stack


def titles(stack: Stack) -> list[str]:
    return [one["title"] for one in stack.control("GET", "courses")[0]["assignments"]]


def await_attempt(stack: Stack, assignment: int) -> None:
    """Wait until the gradebook shows that something was handed in."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        rows = stack.control("GET", "gradebook?course=1")
        if any(one["assignment_id"] == assignment and one["attempts"] for one in rows):
            return
        time.sleep(0.1)
    raise AssertionError("nothing arrived")


@pytest.mark.parametrize("placement", PLACES)
def test_the_picker_places_one(installed: Stack, placement: str) -> None:
    rivera = Walk(installed, "rivera")
    page = rivera.open(f"/courses/1/pick/{placement}/1")
    assert rivera.where == "picker"
    takes_grades = PICKING[placement].takes_line_items
    counts = takes_grades or placement == "submission_type_selection"
    assert ('name="points"' in page) is counts
    assert ("Add another one" in page) is PICKING[placement].several
    title = f"From {placement}"
    form = picked(title=title, **({} if counts else {"grading": "none"}))
    (item,) = rivera.hand_over(rivera.send("picker/place", *questions(2), **form))
    assert ("lineItem" in item) is takes_grades
    if placement == "editor_button":
        assert title in rivera.lms.ask("GET", "/courses/1/pages").text
        return
    assert title in titles(installed)
    maya = Walk(installed, "maya")
    (number,) = [
        one["id"] for one in installed.control("GET", "courses")[0]["assignments"] if one["title"] == title
    ]
    assert title in maya.open(f"/courses/1/assignments/{number}")
    assert maya.where == "reflection"
    sent = maya.send("reflection/submit", answer_q1="It went well", revision_q1="0")
    assert sent.status_code == 303
    if counts:
        await_attempt(installed, number)


@pytest.mark.parametrize("placement", PLACES)
def test_a_pack_goes_where_several_are_taken(installed: Stack, placement: str) -> None:
    rivera = Walk(installed, "rivera")
    rivera.open(f"/courses/1/pick/{placement}/1")
    chosen = rivera.send("picker/choose", *questions(1), chosen="pack-quarterly", **picked())
    basket = re.search(r'name="basket" value="([^"]*)"', chosen.text)
    assert basket
    held = json.loads(unescape(basket[1]))
    if not PICKING[placement].several:
        assert held == []
        return
    answer = rivera.send("picker/place", basket=unescape(basket[1]), editing="0", time_zone="UTC")
    items = rivera.hand_over(answer)
    assert len(items) == len(held) > 1
    assert all(("lineItem" in one) <= PICKING[placement].takes_line_items for one in items)


def test_ones_own_account(installed: Stack) -> None:
    for person, where in (("maya", "plan"), ("rivera", "students")):
        walk = Walk(installed, person)
        walk.open(f"/courses/1/{TOOL}")
        walk.open(f"/users/self/{TOOL}")
        assert walk.where == where
    stranger = Walk(installed, "alex")
    stranger.open(f"/users/self/{TOOL}")
    assert stranger.where == "visitor/no-course"


def test_the_schools_account(installed: Stack) -> None:
    alex = Walk(installed, "alex")
    alex.open(f"/accounts/1/{TOOL}")
    assert alex.where == "students/administration"
    assert alex.get("students/canvas").status_code == 200
    # In a course an administrator who is not enrolled has no part.
    alex.open(f"/courses/1/{TOOL}")
    assert alex.where == "visitor"


def test_a_students_card(installed: Stack) -> None:
    Walk(installed, "maya").open(f"/courses/1/{TOOL}")
    maya = installed.control("POST", "people/maya", {})["id"]
    sam = installed.control("POST", "people/sam", {})["id"]
    rivera = Walk(installed, "rivera")
    rivera.open(f"/courses/1/users/{maya}/{TOOL}")
    assert re.fullmatch(r"students/\d+", rivera.where)
    # Sam has never been here: the class list is read when his card is opened, and then he is known.
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        rivera.open(f"/courses/1/users/{sam}/{TOOL}")
        if rivera.where != "students/card":
            break
        time.sleep(0.1)
    assert "Sam" in rivera.get(rivera.where).text
    assert re.fullmatch(r"students/\d+", rivera.where)


@pytest.mark.parametrize("privacy", ["public", "name_only"])
def test_an_observer(installed: Stack, privacy: str) -> None:
    Walk(installed, "maya").open(f"/courses/1/{TOOL}")
    installed.control("POST", "observing", {"observer": "ana", "students": ["maya"]})
    installed.control("POST", f"tools/{CLIENT_ID}", {"privacy": privacy})
    try:
        ana = Walk(installed, "ana")
        assert "Maya Torres" in ana.open(f"/courses/1/{TOOL}")
        assert ana.where == "observer"
        installed.control("POST", "observing", {"observer": "ana", "students": []})
        assert "names no student" in ana.open(f"/courses/1/{TOOL}")
    finally:
        installed.control("POST", f"tools/{CLIENT_ID}", {"privacy": "public"})


def test_handing_in(installed: Stack) -> None:
    assignment = installed.control("POST", "assignments", {"course": 1, "name": "Show your plan"})[
        "assignment"
    ]
    maya = Walk(installed, "maya")
    maya.open(f"/courses/1/{TOOL}")
    assert maya.send("plan/goals/new", statement="Speak at the spring fair").status_code == 303
    page = maya.open(f"/courses/1/pick/homework_submission/1?assignment={assignment}")
    assert maya.where == "plan/hand-in"
    chosen = re.search(r'value="(goal-\d+)"', page)
    assert chosen
    (item,) = maya.hand_over(maya.send("plan/hand-in", chosen=chosen[1]))
    assert item["title"] == "Speak at the spring fair"
    assert item["url"].startswith(f"{installed.tool}/lti/launch?plp_hand_in=")


@pytest.mark.journey
@pytest.mark.parametrize("keeps_cookies", [True, False])
def test_handing_in_with_ones_own_hands(
    installed: Stack, browser_context_factory: Any, keeps_cookies: bool
) -> None:
    name = f"Show your plan {'with' if keeps_cookies else 'without'} cookies"
    facts = {"course": 1, "name": name}
    assignment = installed.control("POST", "assignments", facts)["assignment"]
    walk = Walk(installed, "leo")
    walk.open(f"/courses/1/{TOOL}")
    walk.send("plan/goals/new", statement=f"Swim a mile {name}")
    blocked = {} if keeps_cookies else {"blocked_cookie_origin": installed.tool}
    leo = Visitor(installed, browser_context_factory(**blocked))
    leo.sign_in("Leo Bouchard")
    leo.page.goto(f"{installed.lms}/courses/1/pick/homework_submission/1?assignment={assignment}")
    leo.see("Hand in something from my plan")
    leo.check_accessibility("hand-in")
    leo.frame.get_by_role("button", name="Hand this in").click()
    expect(leo.frame.get_by_role("alert")).to_contain_text("Nothing is chosen yet")
    leo.frame.get_by_label(f"Swim a mile {name}").check()
    leo.frame.get_by_role("button", name="Hand this in").click()
    expect(leo.frame.get_by_role("heading", name="These will be added")).to_be_visible()
    leo.frame.get_by_role("button", name="Add to the course").click()
    expect(leo.page.get_by_role("heading", name=name)).to_be_visible()


@pytest.mark.journey
def test_looking_without_cookies_as_somebody(installed: Stack, browser_context_factory: Any) -> None:
    key = json.loads(KEY.read_text())["custom_fields"]
    installed.control("POST", f"tools/{CLIENT_ID}", {"custom": {**key, "masquerading": "31"}})
    try:
        leo = Visitor(installed, browser_context_factory(blocked_cookie_origin=installed.tool))
        leo.sign_in("Leo Bouchard")
        leo.page.goto(f"{installed.lms}/courses/1/{TOOL}")
        banner = leo.frame.get_by_text("You look at this as Leo Bouchard; nothing can be changed.")
        expect(banner).to_be_visible()
        leo.frame.get_by_role("link", name="About me", exact=True).click()
        expect(leo.frame.locator("body")).to_have_attribute("data-page", "profile")
        expect(banner).to_be_visible()
    finally:
        installed.control("POST", f"tools/{CLIENT_ID}", {"custom": key})
