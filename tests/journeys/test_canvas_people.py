"""Who else comes from Canvas: observers, Student View, an assistant, one's own account, and who acts as a student."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.fixtures_stack import CLIENT_ID, Stack
from tests.journeys.steps import Visitor
from tests.journeys.test_placements import Walk

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

GOAL = "Speak at the spring fair"
TOOL = "external_tools/1"


@pytest.fixture
def school(stack: Stack) -> Stack:
    """Maya has a goal, and an assistant helps in her course."""
    if not stack.has_reflection:
        maya = Walk(stack, "maya")
        maya.open(f"/courses/1/{TOOL}")
        assert maya.send("plan/goals/new", statement=GOAL).status_code == 303
        noor = {"key": "noor", "kind": "assistant", "name": "Noor Haddad", "course": 1}
        stack.control("POST", "people", noor)
        stack.has_reflection = True
    stack.control("POST", "observing", {"observer": "ana", "students": ["maya"]})
    return stack


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_each_finds_what_is_theirs(school: Stack, browser_context_factory: Any, cookies: bool) -> None:
    stack = school
    blocked = {} if cookies else {"blocked_cookie_origin": stack.tool}
    visitor = Visitor(stack, browser_context_factory(**blocked))
    page, frame = visitor.page, visitor.frame
    visitor.sign_in("Ana Torres")
    visitor.open_tool()
    visitor.see("Whom you follow")
    expect(frame.get_by_role("listitem")).to_have_text(["Maya Torres"])
    expect(frame.get_by_text(GOAL)).to_have_count(0)
    visitor.check_frame("observer")
    stack.control("POST", "observing", {"observer": "ana", "students": []})
    visitor.open_tool()
    expect(frame.get_by_text("names no student whom you follow")).to_be_visible()

    visitor.sign_in("Ms. Rivera")
    visitor.open_course("English 9")
    page.get_by_role("button", name="Student View", exact=True).click()
    visitor.open_tool()
    visitor.see("Reflections")
    expect(frame.get_by_text(GOAL)).to_have_count(0)
    visitor.check_frame("test student")

    visitor.sign_in("Noor Haddad")
    visitor.open_tool()
    frame.get_by_role("link", name="Students", exact=True).click()
    frame.get_by_role("link", name="Maya Torres").first.click()
    expect(frame.get_by_text(GOAL).first).to_be_visible()
    visitor.check_frame("assistant")

    visitor.sign_in("Maya Torres")
    page.goto(f"{stack.lms}/profile")
    page.get_by_role("link", name="Learning Plan", exact=True).click()
    expect(frame.get_by_text(GOAL).first).to_be_visible()
    visitor.check_frame("own account")


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_who_acts_as_a_student_changes_nothing(
    school: Stack, browser_context_factory: Any, cookies: bool
) -> None:
    stack = school
    number = str(stack.control("POST", "people/alex", {})["id"])
    acting = {"lms_user_id": "$Canvas.user.id", "masquerading": number}
    stack.control("POST", f"tools/{CLIENT_ID}", {"custom": acting})
    try:
        blocked = {} if cookies else {"blocked_cookie_origin": stack.tool}
        visitor = Visitor(stack, browser_context_factory(**blocked))
        frame = visitor.frame
        visitor.sign_in("Maya Torres")
        visitor.open_tool()
        expect(frame.get_by_text("You look at this as Maya Torres; nothing can be changed.")).to_be_visible()
        frame.get_by_role("link", name="New goal").click()
        visitor.see("A new goal")
        frame.get_by_label("What do you want to reach?").fill("Not hers")
        frame.get_by_role("button", name="Put it into my plan").click()
        visitor.see("Nothing can be changed here")
        visitor.check_frame("refused")
    finally:
        stack.control(
            "POST",
            f"tools/{CLIENT_ID}",
            {"custom": {**acting, "masquerading": "$Canvas.masqueradingUser.id"}},
        )
    visitor.open_tool()
    expect(frame.get_by_text(GOAL).first).to_be_visible()
    expect(frame.get_by_text("Not hers")).to_have_count(0)
    expect(frame.get_by_text("nothing can be changed")).to_have_count(0)
