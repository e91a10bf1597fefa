"""A year's pack placed with few clicks; a student does one of its assignments in the plan, and sends it."""

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.fixtures_stack import Stack
from tests.journeys.steps import Visitor, check_page, tab_to
from tests.views import conftest

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

school, address, open_page = conftest.school, conftest.address, conftest.open_page

MOST_CLICKS = 4
"""From the picker's first page to the placed pack."""


class Clicks:
    """Counts what a teacher presses."""

    def __init__(self) -> None:
        self.count = 0

    def click(self, target: Locator) -> None:
        """Press something."""
        target.click()
        self.count += 1


def test_a_year_is_placed_and_one_of_its_assignments_done(stack: Stack, browser_context_factory: Any) -> None:
    visitor, clicks = Visitor(stack, browser_context_factory()), Clicks()
    visitor.sign_in("Ms. Rivera")
    visitor.open_course("English 9")
    visitor.page.get_by_role("link", name="Add assignment from").click()
    visitor.see("What do you want to place?")
    clicks.click(visitor.frame.get_by_role("button", name="A whole year, grades 7 and 8"))
    expect(visitor.frame.get_by_role("heading", name="8 are ready")).to_be_visible()
    visitor.check_accessibility("pack")
    clicks.click(visitor.frame.get_by_role("button", name="Put all 8 into English 9"))
    clicks.click(visitor.frame.get_by_role("button", name="Add to the course"))
    expect(visitor.page.get_by_role("link", name="Check my progress")).to_be_visible()
    assert clicks.count <= MOST_CLICKS
    placed = stack.control("GET", "courses")[0]["assignments"]
    assert len(placed) == 8
    assert all("plp_template" in one["custom"] for one in placed)

    visitor.sign_in("Maya Torres")
    visitor.open_assignment("Set a goal in my plan")
    visitor.see("Set a goal in my plan")
    expect(visitor.frame.get_by_text("Nothing of this yet.")).to_be_visible()
    visitor.check_accessibility("asked")
    visitor.frame.get_by_role("button", name="Send to").click()
    expect(visitor.frame.get_by_text("There is nothing to send yet.").first).to_be_visible()
    visitor.frame.get_by_role("link", name="Do it in my plan").click()
    visitor.see("A new goal")
    visitor.frame.get_by_label("What do you want to reach?").fill("Speak up at the spring fair")
    visitor.frame.get_by_role("button", name="Put it into my plan").click()
    visitor.see("How far am I?", level=2)
    visitor.frame.get_by_role("link", name="Back to the assignment").click()
    expect(visitor.frame.locator("#asked").get_by_text("Speak up at the spring fair")).to_be_visible()
    visitor.send()
    expect(visitor.frame.get_by_text("My new goal: Speak up at the spring fair")).to_be_visible()

    visitor.sign_in("Ms. Rivera")
    visitor.open_assignment("Set a goal in my plan")
    visitor.frame.get_by_role("link", name="Read the next one").click()
    expect(visitor.frame.get_by_text("My new goal: Speak up at the spring fair")).to_be_visible()
    visitor.frame.get_by_role("radio", name="Complete").check()
    visitor.frame.get_by_role("button", name="Send").click()
    visitor.await_grade("maya", "1")

    # Next year's course is a copy: its assignments work at once.
    visitor.open_course("English 9")
    visitor.page.get_by_role("button", name="Copy this course").click()
    copied = stack.control("GET", "courses")[-1]
    visitor.sign_in("Maya Torres")
    visitor.open_assignment("Set a goal in my plan", copied["title"])
    visitor.see("Set a goal in my plan")
    expect(visitor.frame.get_by_text("Nothing of this yet.")).to_be_visible()


def test_packs_and_sharing_by_keyboard_at_320_pixels(
    school: conftest.School, open_page: conftest.Open
) -> None:
    page = open_page(school.pick())
    page.set_viewport_size({"width": 320, "height": 640})
    check_page(page)
    # Groups open and close by keyboard.
    page.locator("#kinds-doing > summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Plan action steps")).to_be_visible()
    page.locator("button[value='pack-start-small']").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="2 are ready")).to_be_visible()
    check_page(page)
    title = page.get_by_label("Title of number 1")
    title.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("Who I am this year")
    # Enter in a line of text places nothing.
    page.keyboard.press("Enter")
    expect(title).to_have_value("Who I am this year")
    page.get_by_role("button", name="Leave out Set a goal in my plan").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 is ready")).to_be_visible()
    expect(title).to_have_value("Who I am this year")
    page.locator("details.share > summary").focus()
    page.keyboard.press("Enter")
    tab_to(page, "textbox", "Name for colleagues")
    page.keyboard.press("Control+a")
    page.keyboard.type("First weeks")
    tab_to(page, "button", "Share it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Shared: First weeks")).to_be_visible()
    check_page(page)
    page.get_by_label("Find by name or purpose").focus()
    page.keyboard.type("winter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    check_page(page)


def test_on_a_phone_kinds_are_titles_and_the_chosen_one_says_what_it_is(
    school: conftest.School, open_page: conftest.Open
) -> None:
    page = open_page(school.pick())
    page.set_viewport_size({"width": 1280, "height": 640})
    wide = page.locator("#kinds").bounding_box()
    page.set_viewport_size({"width": 360, "height": 640})
    narrow = page.locator("#kinds").bounding_box()
    # Titles alone take little room, and two stand side by side.
    assert wide
    assert narrow
    assert narrow["height"] < 0.7 * wide["height"]
    # Who cannot see the page hears what each is about.
    page.get_by_role("button", name="After a pathway What you found out").click()
    chosen = page.locator("#kinds [aria-current] span")
    expect(chosen).to_have_text("What you found out about yourself, and where it leads.")
    seen = chosen.bounding_box()
    assert seen
    assert seen["width"] > 200
    check_page(page)


def test_the_preview_follows_something_to_do(school: conftest.School, open_page: conftest.Open) -> None:
    page = open_page(school.pick())
    page.locator("#kinds-doing > summary").click()
    page.get_by_role("button", name="Gather evidence").click()
    preview = page.locator("#preview")
    expect(preview.get_by_text("Do this in your plan")).to_be_visible()
    page.get_by_label("Title", exact=True).fill("Show what you can do")
    expect(preview.get_by_text("Show what you can do")).to_be_visible()
