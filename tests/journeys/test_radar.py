"""An administrator finds the forgotten plans on a small phone, and by keyboard; a calendar with a slip in it."""

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures_browser import BrowserContextFactory
from tests.fixtures_stack import Stack
from tests.journeys.steps import Visitor as Person
from tests.journeys.steps import check_page, go_to, tab_to
from tests.views import conftest as pages
from tests.views import test_adults_radar as radar
from tests.views.conftest import School, Visitor

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

school, address, people, plans = pages.school, pages.address, radar.people, radar.plans


@pytest.fixture
def head(school: School, plans: dict[str, int]) -> Visitor:
    return school.enter(radar.HEAD)


@pytest.fixture
def page(head: Visitor, address: str, browser_context_factory: BrowserContextFactory) -> Page:
    """The list of due plans on a small phone."""
    context = browser_context_factory(width=320, height=640)
    head.move_to(context, address)
    page = context.new_page()
    page.goto(address + head.address("students/due"))
    return page


def test_who_is_overdue(page: Page) -> None:
    check_page(page)
    tab_to(page, "link", "Overdue 1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Maya Torres")).to_be_visible()
    expect(page.get_by_text("Leo Abara")).to_have_count(0)
    tab_to(page, "link", "Everybody 3")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Leo Abara")).to_be_visible()
    page.get_by_text("Narrow or group the list").click()
    page.get_by_label("In groups by").select_option("Grade")
    page.get_by_role("button", name="Show it like this").click()
    expect(page.get_by_role("link", name="Grade 9")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="Grade 9").click()
    expect(page.get_by_text("Maya Torres")).to_be_visible()
    expect(page.get_by_text("Leo Abara")).to_have_count(0)
    with page.expect_download() as file:
        page.get_by_role("link", name="Download the list (CSV)").click()
    assert file.value.suggested_filename == "plans-due.csv"


def test_a_calendar_with_a_slip(page: Page) -> None:
    go_to(page, "Calendar")
    page.get_by_label("Plans due by").fill("2099-01-01")
    page.get_by_role("button", name="Add this year").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Plans due by")).to_have_value("2099-01-01")
    check_page(page)
    first = page.get_by_label("First day").input_value()
    page.get_by_label("Plans due by").fill(f"{first[:4]}-11-30")
    page.get_by_role("button", name="Add this year").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    check_page(page)
    go_to(page, "Due")
    expect(page.get_by_text("This school year every plan is due by")).to_be_visible()
    for name in ("School", "Time"):
        go_to(page, name)
        check_page(page)


def test_a_file_without_cookies(stack: Stack, browser_context_factory: BrowserContextFactory) -> None:
    visitor = Person(stack, browser_context_factory(blocked_cookie_origin=stack.tool))
    for name in ("Maya Torres", "Ms. Rivera"):
        visitor.sign_in(name)
        visitor.open_course("English 9")
        visitor.page.get_by_role("link", name="Learning Plan", exact=True).click()
        expect(visitor.frame.locator("meta[name=csrf-token]")).to_have_count(1)
    go_to(visitor.frame, "Due")
    visitor.see("When plans are due")
    with visitor.page.expect_download() as file:
        visitor.frame.get_by_role("link", name="Download the list (CSV)").click()
    assert file.value.suggested_filename == "plans-due.csv"
    assert "Maya Torres" in file.value.path().read_text(encoding="utf-8-sig")
    visitor.see("When plans are due")
