"""A student looks back on her plan, brings something back, tells it slide by slide, and prints it."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect

from lti_plp.plp.models import Goal
from tests.fixtures_browser import BrowserContextFactory
from tests.journeys.steps import check_page, tab_to, wait_until
from tests.views import conftest
from tests.views.plans import Planner, fill, plan_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

school, address = conftest.school, conftest.address


@pytest.fixture
def maya(app: Flask, school: conftest.School) -> Planner:
    return plan_of(app, school)


def test_a_removed_goal_comes_back_by_keyboard(
    maya: Planner, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    ids = fill(maya)
    with maya.editor() as editor:
        editor.remove("goal", ids["goal"])
    page = maya.open(browser_context_factory, address, "plan/history", width=320, height=640)
    expect(page.get_by_role("heading", name="You removed a goal")).to_be_visible()
    check_page(page)
    tab_to(page, "button", "Bring it back")
    page.keyboard.press("Enter")

    def is_back() -> bool:
        with maya.toolbox.sessions() as session:
            return session.get_one(Goal, ids["goal"]).removed_at is None

    wait_until(page, is_back, "the goal in the plan")
    page.goto(address + maya.visitor.address("plan/history"))
    expect(page.get_by_role("heading", name="You brought back a goal")).to_be_visible()
    page.get_by_role("button", name="Check this record").click()
    expect(page.get_by_text("This record is complete")).to_be_visible()
    page.get_by_role("link", name="Version 1 of your plan was kept").click()
    expect(page.get_by_role("heading", name="Version 1 of my plan", level=1)).to_be_visible()
    check_page(page)


@pytest.mark.parametrize(("zone", "days"), [("UTC", 2), ("America/New_York", 1), ("Asia/Tokyo", 1)])
def test_days_are_the_reader_s(
    maya: Planner, address: str, browser_context_factory: BrowserContextFactory, zone: str, days: int
) -> None:
    today: datetime = maya.toolbox.clock()
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=30)
    with maya.editor(midnight - timedelta(minutes=20)) as editor:
        editor.add("goal", {"statement": "Before midnight"})
    with maya.editor(midnight + timedelta(minutes=20)) as editor:
        editor.add("goal", {"statement": "After midnight"})
    page = maya.open(browser_context_factory, address, "plan/history", timezone_id=zone)
    expect(page.locator("[data-days] section")).to_have_count(days)
    expect(page.locator("[data-at]")).to_have_count(3)
    assert page.locator("[data-at]").first.inner_text().find("After midnight") > 0


def test_a_story_is_told_with_the_arrow_keys(
    maya: Planner, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    fill(maya)
    page = maya.open(browser_context_factory, address, "plan/story", width=320, height=640)
    place = page.locator("[data-place]")
    expect(place).to_have_text("1 of 6")
    expect(page.get_by_role("heading", name="The story of Maya")).to_be_visible()
    check_page(page)
    seen = [page.locator(".slide:visible").inner_text()]
    for number in range(2, 7):
        page.keyboard.press("ArrowRight")
        expect(place).to_have_text(f"{number} of 6")
        expect(page.locator(".slide:visible")).to_have_count(1)
        seen.append(page.locator(".slide:visible").inner_text())
        check_page(page)
    assert len(set(seen)) == 6
    # There is nothing after the last one, and reading goes on at the heading.
    page.keyboard.press("ArrowRight")
    expect(place).to_have_text("6 of 6")
    expect(page.get_by_role("heading", name="What is next")).to_be_focused()
    page.get_by_role("button", name="Back").click()
    expect(place).to_have_text("5 of 6")
    page.keyboard.press("Home")
    expect(place).to_have_text("1 of 6")

    # Arrow keys of the form are the form's.
    page.get_by_text("Choose what is in my story").click()
    check_page(page)
    page.get_by_role("checkbox", name="Show this part").first.focus()
    page.keyboard.press("ArrowRight")
    expect(place).to_have_text("1 of 6")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Show my story").click()
    expect(place).to_have_text("1 of 5")
    expect(page.get_by_role("heading", name="Who I am")).to_have_count(0)


def test_without_a_script_everything_is_on_one_page(
    maya: Planner, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    fill(maya)
    context = browser_context_factory(java_script_enabled=False)
    # Such a cookie belongs to a secure address; browsers send it to loopback as well.
    secure = address.replace("http:", "https:")
    context.add_cookies(
        [{"name": "__Host-lti_plp", "value": maya.visitor.secret, "url": secure, "secure": True}]
    )
    page = context.new_page()
    page.goto(address + maya.visitor.address("plan/story"))
    expect(page.locator(".slide:visible")).to_have_count(6)
    expect(page.get_by_role("button", name="Next")).to_have_count(0)
    page.goto(address + maya.visitor.address("plan/print"))
    expect(page.get_by_role("button", name="Print", exact=True)).to_have_count(0)
    expect(page.get_by_text("The print command of your browser does the same.")).to_be_visible()


def test_on_paper(maya: Planner, address: str, browser_context_factory: BrowserContextFactory) -> None:
    fill(maya)
    page = maya.open(browser_context_factory, address, "plan/print", width=320, height=640)
    page.evaluate("window.print = () => { document.body.dataset.printed = 'yes'; }")
    page.get_by_role("button", name="Print", exact=True).click()
    expect(page.locator("body")).to_have_attribute("data-printed", "yes")
    check_page(page)
    page.get_by_role("radio", name="My family").check()
    page.get_by_role("button", name="Show it like this").click()
    expect(page.get_by_text("What the family sees")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".print-form")).to_be_hidden()
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("heading", name="Plan of Maya Torres")).to_be_visible()
    assert page.pdf(format="Letter").startswith(b"%PDF")


def test_then_and_now_on_a_narrow_screen(
    maya: Planner, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    fill(maya)
    page = maya.open(browser_context_factory, address, "plan/then-and-now", width=320, height=640)
    expect(page.get_by_text("You met 1 goal.")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="The beginning").click()
    expect(page.get_by_role("link", name="The beginning")).to_have_attribute("aria-current", "true")
