"""A course is copied for the next year, and its teacher uses last year's rules with one click."""

from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lti_plp.lms.coursework_models import MappingRule, MappingRuleOrigin
from lti_plp.plp.models import Rating
from tests.fixtures_stack import Stack
from tests.journeys.steps import PROJECT, Visitor, go_to
from tests.journeys.test_canvas import allow, connect, map_the_rubric

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


def open_rules(visitor: Visitor, course: str) -> None:
    """From the course's menu to the page on which grades become levels."""
    visitor.open_tool(course)
    page = visitor.frame.locator("body")
    visitor.frame.get_by_role("link", name="Students", exact=True).click()
    expect(page).to_have_attribute("data-page", "class")
    go_to(visitor.frame, "Grades to levels")
    expect(page).to_have_attribute("data-page", "mapping")


def map_the_reflection(visitor: Visitor) -> None:
    """What was placed shows the same; nothing in its title says so."""
    row = visitor.frame.locator(".mapping-list li").filter(has_text=PROJECT)
    row.get_by_role("link", name="Say what it shows").click()
    expect(visitor.frame.get_by_role("heading", name="What does it show?")).to_be_visible()
    visitor.frame.get_by_role("link", name="Communicates clearly", exact=True).click()
    visitor.frame.get_by_role("button", name="Save this rule").click()
    expect(visitor.frame.get_by_text("Saved. The levels of your students follow it now.")).to_be_visible()


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_the_year_after(fresh_stack: Stack, browser_context_factory: Any, cookies: bool) -> None:
    stack = fresh_stack
    connect(stack)
    blocked = {} if cookies else {"blocked_cookie_origin": stack.tool}
    visitor = Visitor(stack, browser_context_factory(**blocked))
    frame, page = visitor.frame, visitor.frame.locator("body")
    visitor.sign_in("Ms. Rivera")
    visitor.place()
    open_rules(visitor, "English 9")
    frame.get_by_role("link", name="Work from your LMS").click()
    visitor.see("Work from your LMS")
    allow(visitor)
    expect(frame.get_by_text("2 pieces of work are here.")).to_be_visible(timeout=60_000)
    frame.get_by_role("link", name="Say what this work shows").click()
    expect(page).to_have_attribute("data-page", "mapping")
    map_the_rubric(visitor)
    map_the_reflection(visitor)

    visitor.open_course("English 9")
    visitor.page.get_by_role("button", name="Copy this course").click()
    copied = stack.control("GET", "courses")[-1]
    talk = next(one for one in copied["assignments"] if one["title"] == "Book talk")
    work = f"assignments/{talk['id']}"
    stack.control("POST", f"{work}/submit", {"person": "maya", "body": "<p>Trains</p>"})
    graded = {"score": 20, "rubric": {"_1": {"rating_id": "a"}}}
    stack.control("POST", f"{work}/grade", {"person": "maya", **graded})
    # Before anything of the copy is read, its rules wait for their work.
    open_rules(visitor, copied["title"])
    expect(frame.get_by_text("2 rules of the earlier course fit nothing here")).to_be_visible()
    # The teacher's permission is for all of her courses, and the reflection comes with its first opening.
    frame.get_by_role("link", name="Work from your LMS").click()
    frame.get_by_role("button", name="Read everything now").click()
    expect(frame.get_by_text("2 pieces of work are here.")).to_be_visible(timeout=60_000)
    visitor.open_assignment(PROJECT, copied["title"])
    visitor.see(PROJECT)
    open_rules(visitor, copied["title"])
    expect(frame.get_by_role("heading", name="2 rules of English 9 (")).to_be_visible()
    expect(frame.get_by_text("1 is about the very same work")).to_be_visible()
    expect(frame.get_by_text("1 is about work with the same title and points")).to_be_visible()
    for width in (320, 1280):
        visitor.page.set_viewport_size({"width": width, "height": 800})
        visitor.check_frame(f"last year's rules at {width}")
    frame.get_by_role("button", name="Use these rules").click()
    expect(frame.get_by_text("Used. The levels of your students follow these rules now.")).to_be_visible()
    expect(frame.get_by_text("from English 9 (").first).to_be_visible()
    visitor.check_frame("used")
    with stack.database() as db:
        assert len(db.scalars(select(MappingRule)).all()) == 4
        assert len(db.scalars(select(MappingRuleOrigin)).all()) == 2
        # Meets last year, exceeds this year: each year's is made by its own rule.
        assert len(set(db.scalars(select(Rating.value)))) == 2

    # Maya sees what both years say, and where it comes from.
    visitor.sign_in("Maya Torres")
    visitor.open_tool(copied["title"])
    frame.get_by_role("link", name="Proficiencies", exact=True).click()
    frame.get_by_role("link", name="Communicates clearly").first.click()
    expect(frame.get_by_text("Book talk").nth(1)).to_be_attached()
    visitor.check_frame("levels of two years")
