"""The menu of the school's adults: four ways always, the others in a fold, by finger or keyboard, without a script."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.views.conftest import RIVERA, Human, School
from tests.views.plans import Planner, plan_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

HEAD = Human("administrator-1", "Ada", "Osei", ("Administrator",))
ALWAYS = ["Reflections", "Students", "To read", "Conferences"]
OF_STAFF = ["Pathways", "Grades to levels", "Due", "Time", "Who stands in"]
OF_LEADERS = ["Pathways", "Due", "Time", "Who advises whom", "Frameworks", "School", "Calendar"]


def opened(
    factory: BrowserContextFactory, address: str, planner: Planner, path: str, **options: object
) -> Page:
    return planner.open(factory, address, path, **options)


def check(page: Page) -> None:
    """Nothing stands out at the side, and axe-core finds nothing serious."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    report = run_axe(page)
    assert not report.serious, str(report)


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize(
    ("human", "others"), [(RIVERA, OF_STAFF), (HEAD, OF_LEADERS)], ids=["teacher", "head"]
)
@pytest.mark.parametrize("locale", ["en", "es"])
def test_the_same_order_everywhere(
    app: Flask,
    school: School,
    address: str,
    browser_context_factory: BrowserContextFactory,
    human: Human,
    others: list[str],
    width: int,
    locale: str,
) -> None:
    planner = plan_of(app, school, human, locale)
    page = opened(browser_context_factory, address, planner, "students", width=width, height=640)
    menu = page.get_by_role("navigation").first
    if locale == "en":
        assert menu.get_by_role("link").all_inner_texts() == ALWAYS
    menu.locator("summary").click()
    if locale == "en":
        assert menu.get_by_role("link").all_inner_texts() == ALWAYS + others
    check(page)
    menu.get_by_role("link").last.click()
    expect(menu.locator("summary strong")).to_be_visible()
    expect(menu.get_by_role("link")).to_have_count(4)
    check(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_by_keyboard(
    app: Flask, school: School, address: str, browser_context_factory: BrowserContextFactory, scripts: bool
) -> None:
    rivera = plan_of(app, school, RIVERA)
    page = opened(
        browser_context_factory,
        address,
        rivera,
        "students",
        width=320,
        height=640,
        java_script_enabled=scripts,
    )
    menu = page.get_by_role("navigation", name="My students")
    menu.get_by_role("link", name="Conferences").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(menu.get_by_role("link", name="Pathways")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="When plans are due")).to_be_visible()
    expect(menu.get_by_text("More: Due")).to_be_visible()
    assert menu.locator("details").get_attribute("open") is None
