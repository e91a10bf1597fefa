"""An assignment shows a proficiency: a teacher says so, a grade comes and changes, and a student's plan follows."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lti_plp.plp.models import KeptLevel
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.views import conftest as pages
from tests.views.conftest import RIVERA, School
from tests.views.coursework import TITLE, Gradebook
from tests.views.plans import Planner, fill, plan_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

school, address = pages.school, pages.address


def check(page: Page) -> None:
    """Nothing wider than the screen, nothing that axe finds serious."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    report = run_axe(page)
    assert not report.serious, str(report)


def level(maya: Planner) -> object:
    with maya.reading() as (session, plan):
        return session.scalars(
            select(KeptLevel.suggested).where(KeptLevel.person_id == plan.person_id)
        ).one_or_none()


def test_a_grade_moves_a_level_and_a_step(
    app: Flask, school: School, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    maya = plan_of(app, school)
    ids = fill(maya)
    rivera = plan_of(app, school, RIVERA)
    gradebook = Gradebook(maya)
    gradebook.tell("10")

    # The teacher says what the essay shows, and sees what becomes of the grades before anything is kept.
    desk = rivera.open(browser_context_factory, address, "students/mapping", width=1280, height=800)
    check(desk)
    desk.get_by_role("link", name="It shows: Communicates clearly").click()
    table = desk.get_by_role("region", name="What it makes of the grades now")
    expect(table.get_by_role("row", name="Maya Torres")).to_contain_text("10 of 20")
    expect(table.get_by_role("row", name="Maya Torres")).to_contain_text("Developing")
    desk.get_by_label("Proficient").fill("50")
    desk.get_by_role("button", name="Try it on the real grades").click()
    expect(table.get_by_role("row", name="Maya Torres")).to_contain_text("Proficient")
    assert level(maya) is None
    desk.get_by_label("Expanding").fill("40")
    desk.get_by_role("button", name="Save this rule").click()
    expect(desk.get_by_role("alert")).to_contain_text("Each level begins higher than the one before it.")
    check(desk)
    desk.get_by_label("Expanding").fill("90")
    desk.get_by_role("button", name="Save this rule").click()
    expect(desk.get_by_text("Saved. The levels of your students follow it now.")).to_be_visible()
    check(desk)
    assert level(maya) == 3

    # The student says that a step is the essay; it follows at once.
    phone = maya.open(browser_context_factory, address, f"plan/steps/{ids['soon']}", width=320, height=640)
    work = phone.get_by_role("region", name="In my courses")
    work.get_by_text(f"Is this “{TITLE}”?").click()
    check(phone)
    work.get_by_label("when I get at least this much of the points").check()
    work.get_by_role("button", name="It is this work").click()
    expect(work.get_by_text("10 of 20").first).to_be_visible()
    expect(work.get_by_text("On the way")).to_be_visible()
    gradebook.tell("16")
    phone.reload()
    expect(work.get_by_text("16 of 20").first).to_be_visible()
    expect(work.get_by_text("Reached")).to_be_visible()
    expect(phone.get_by_label("Where it stands")).to_have_value("done")

    # Where it comes from opens under the keyboard's focus, and Escape closes it.
    fold = work.locator("details[data-from-where]")
    phone.locator("#work-title").focus()
    phone.keyboard.press("Tab")
    expect(fold).to_have_attribute("open", "")
    expect(fold).to_contain_text("by your teacher’s rule, version 1")
    check(phone)
    phone.keyboard.press("Escape")
    expect(fold).not_to_have_attribute("open", "")
    phone.locator("h2#work-title").click()
    work.get_by_text("Where this comes from").click()
    expect(fold).to_have_attribute("open", "")

    # The grade changes, and all of it follows.
    gradebook.tell("4")
    assert level(maya) == 1
    phone.reload()
    expect(work.get_by_text("4 of 20").first).to_be_visible()
    expect(phone.get_by_label("Where it stands")).to_have_value("in_progress")
    work.get_by_text("Keep it as evidence").click()
    work.get_by_label("What does it show?").fill("Where I began")
    work.get_by_role("button", name="Keep it").click()
    expect(phone.get_by_role("link", name=TITLE).first).to_be_visible()
    check(phone)
