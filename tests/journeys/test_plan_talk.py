"""A student answers ideas and comments, and asks for help: on a small phone, and by keyboard alone."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from lti_plp.plp.models import Comment, Goal, Suggestion
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.views import conftest as pages
from tests.views.conftest import School
from tests.views.plans import Planner, fill, plan_of
from tests.views.test_plan_talk import said_by_teacher

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

school, address = pages.school, pages.address


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


@pytest.fixture
def ids(maya: Planner) -> dict[str, int]:
    return fill(maya)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    focused = page.locator(":focus")
    for _ in range(80):
        page.keyboard.press("Tab")
        if focused.count() and focused.inner_text().strip() == name:
            return
    raise AssertionError(f"Tab never reaches {name!r}")


def test_answers_on_a_small_phone(
    maya: Planner, ids: dict[str, int], address: str, browser_context_factory: BrowserContextFactory
) -> None:
    said = said_by_teacher(maya, ("goal", ids["goal"]), "What would make this easier for you?")
    page = maya.open(browser_context_factory, address, "plan", width=320, height=640)
    page.get_by_role("link", name="See the idea").click()
    expect(page.get_by_role("heading", name="What others say")).to_be_visible()
    assert fits(page)
    report = run_axe(page)
    assert not report.serious, str(report)
    idea = page.locator(f"#idea-{ids['idea']}")
    idea.get_by_label("Your answer").fill("I breathe already, but yes.")
    idea.get_by_role("button", name="Use this idea").click()
    expect(page.get_by_text("The idea stands in your plan now.")).to_be_visible()
    thread = page.locator(f"#about-goal-{ids['goal']}")
    thread.get_by_text("Answer", exact=True).click()
    thread.get_by_label("Your words").fill("A smaller room.")
    thread.get_by_role("button", name="Say it").click()
    expect(thread.get_by_text("A smaller room.")).to_be_visible()
    thread.get_by_role("button", name="Done with it").click()
    expect(page.get_by_text("1 talk that is done")).to_be_visible()
    assert fits(page)
    with maya.reading() as (session, _):
        assert session.get_one(Goal, ids["goal"]).measure.endswith("I breathe before I begin")
        assert session.get_one(Suggestion, ids["idea"]).answer == "I breathe already, but yes."
        assert session.get_one(Comment, said).settled_at is not None


def test_meeting_by_keyboard(
    maya: Planner, ids: dict[str, int], address: str, browser_context_factory: BrowserContextFactory
) -> None:
    page = maya.open(browser_context_factory, address, "plan/talk")
    tab_to(page, "Ask for a meeting")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("My spring courses")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ask for a meeting")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").get_by_text("You asked for a meeting.")).to_be_visible()
    expect(page.get_by_text("Tell them yourself, too: Elena Rivera.")).to_be_visible()
    report = run_axe(page)
    assert not report.serious, str(report)
    page.get_by_role("link", name="See what I asked for").click()
    expect(page.get_by_text("My spring courses")).to_be_visible()
    page.get_by_role("button", name="That is done").click()
    expect(page.get_by_text("Good that it is solved.")).to_be_visible()
    expect(page.get_by_text("My spring courses")).to_have_count(0)
