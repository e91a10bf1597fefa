"""Outcomes of Canvas become a framework, and a rubric that is about one of them rates by itself."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.fixtures_stack import DEPLOYMENT_ID, Stack
from tests.journeys.steps import Visitor, go_to
from tests.journeys.test_canvas import allow

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

RATINGS = [
    {"description": "Exceeds", "points": 4},
    {"description": "Meets", "points": 3},
    {"description": "Not yet", "points": 1},
]


def connect(stack: Stack) -> None:
    """The API key is entered; the course has an outcome, and work that was rated by it."""
    key = stack.control("POST", "developer_keys", {"redirect_uris": [f"{stack.tool}/canvas/allowed"]})
    stack.cli(
        *("platform", "canvas-key", "1", "--deployment-id", DEPLOYMENT_ID),
        *("--base-url", stack.lms, "--client-id", key["client_id"]),
        typed=key["client_secret"],
    )
    principal = {"key": "osei", "name": "Dr. Osei", "given_name": "Abena", "family_name": "Osei"}
    # Kept in a course of the principal's, and used in others.
    home = stack.control("POST", "courses", {"title": "Advisory", "label": "ADV", "principal": principal})[
        "course"
    ]
    facts = {"title": "Argue with reasons", "course": home, "ratings": RATINGS, "mastery_points": 3}
    outcome = stack.control("POST", "outcomes", facts)["outcome"]
    levels = [{"id": f"r{one['points']}", **one} for one in RATINGS]
    criterion = {
        "id": "_1",
        "description": "Argue with reasons",
        "points": 4.0,
        "ratings": levels,
        "outcome_id": outcome,
    }
    made = stack.control(
        "POST",
        "assignments",
        {"name": "Debate", "points_possible": 4, "rubric": {"title": "Debate", "criteria": [criterion]}},
    )
    work = f"assignments/{made['assignment']}"
    stack.control("POST", f"{work}/submit", {"person": "maya", "body": "<p>Trains</p>"})
    graded = {"person": "maya", "score": 3, "rubric": {"_1": {"rating_id": "r3", "points": 3}}}
    stack.control("POST", f"{work}/grade", graded)


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_from_canvas_to_a_level(fresh_stack: Stack, browser_context_factory: Any, cookies: bool) -> None:
    stack = fresh_stack
    connect(stack)
    visitor = Visitor(
        stack, browser_context_factory(**({} if cookies else {"blocked_cookie_origin": stack.tool}))
    )
    frame = visitor.frame

    # An administrator brings the outcomes in, and sees first what that changes.
    visitor.sign_in("Dr. Osei")
    visitor.open_tool("Advisory")
    expect(frame.locator("body")).to_have_attribute("data-page", "course")
    frame.get_by_role("link", name="Students", exact=True).click()
    expect(frame.locator("body")).to_have_attribute("data-page", "class")
    go_to(frame, "Frameworks")
    frame.get_by_role("link", name="Choose a course").click()
    visitor.see("Outcomes from Canvas")
    allow(visitor)
    frame.get_by_role("button", name="Read its outcomes").click()
    expect(frame.get_by_text("Argue with reasons").first).to_be_visible()
    visitor.check_frame("what it changes")
    frame.get_by_role("button", name="Publish").click()
    expect(frame.locator("body")).to_have_attribute("data-page", "framework")

    # A teacher allows the work of the course to be read: the rubric needs no rule of hers.
    visitor.sign_in("Ms. Rivera")
    visitor.open_tool()
    frame.get_by_role("link", name="Students", exact=True).click()
    expect(frame.locator("body")).to_have_attribute("data-page", "class")
    go_to(frame, "Grades to levels")
    frame.get_by_role("link", name="Work from your LMS").click()
    visitor.see("Work from your LMS")
    allow(visitor)
    expect(frame.get_by_text("1 piece of work is here.")).to_be_visible(timeout=60_000)
    frame.get_by_role("link", name="Say what this work shows").click()
    expect(frame.locator("body")).to_have_attribute("data-page", "mapping")
    expect(frame.get_by_text("mapped by itself").first).to_be_visible()
    visitor.check_frame("a rule by itself")

    # The student sees her level, and where it comes from.
    visitor.sign_in("Maya Torres")
    visitor.open_tool()
    frame.get_by_role("link", name="Proficiencies", exact=True).click()
    frame.get_by_role("link", name="Argue with reasons").first.click()
    expect(frame.get_by_text("Meets").first).to_be_visible()
    expect(frame.get_by_text("Debate").first).to_be_attached()
    visitor.check_frame("her level")
