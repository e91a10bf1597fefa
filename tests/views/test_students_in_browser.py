"""The list of students in a real browser: something for many at once, by keyboard, on a phone."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.models import Comment
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.views.conftest import LEO, RIVERA, SAM, School
from tests.views.plans import fill, plan_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

WORDS = "Which step will you try this week?"


def check(page: Page) -> None:
    """Nothing stands out at the side, and axe-core finds nothing serious."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    report = run_axe(page)
    assert not report.serious, str(report)


def test_a_word_to_everybody_shown_by_keyboard_on_a_phone(
    app: Flask,
    school: School,
    toolbox: Toolbox,
    address: str,
    browser_context_factory: BrowserContextFactory,
) -> None:
    fill(plan_of(app, school))
    fill(plan_of(app, school, LEO))
    school.enter(SAM)
    rivera = plan_of(app, school, RIVERA)
    page = rivera.open(browser_context_factory, address, "students", width=320, height=640)
    check(page)
    everybody = page.get_by_role("checkbox", name="Choose everybody shown")
    everybody.focus()
    page.keyboard.press("Space")
    boxes = page.locator('input[name="student"]')
    expect(boxes).to_have_count(3)
    for number in range(3):
        expect(boxes.nth(number)).to_be_checked()
    boxes.last.focus()
    page.keyboard.press("Space")
    expect(everybody).not_to_be_checked()
    page.keyboard.press("Space")
    expect(everybody).to_be_checked()
    page.get_by_role("button", name="Say something to those chosen").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("It goes to 2 students:")).to_be_visible()
    expect(page.get_by_text(re.compile("1 has no plan yet.*Sam Whitfield"))).to_be_visible()
    check(page)
    page.get_by_label("Your words").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(WORDS)
    page.get_by_role("button", name="Say it to 2 students").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Said to 2 students.")
    check(page)
    with toolbox.sessions() as session:
        assert list(session.scalars(select(Comment.text))) == [WORDS, WORDS]


@pytest.mark.parametrize("path", ["students/cards", "students/people"])
def test_the_other_pages_on_a_phone(
    app: Flask, school: School, address: str, browser_context_factory: BrowserContextFactory, path: str
) -> None:
    fill(plan_of(app, school))
    page = plan_of(app, school, RIVERA).open(browser_context_factory, address, path, width=320, height=640)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    check(page)
