"""A pathway from idea to validated, in real browsers: a student on a small phone, and her teacher."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lti_plp.plp.models import PathwayParticipation
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.views import conftest as pages
from tests.views.conftest import RIVERA, School
from tests.views.plans import fill, plan_of
from tests.views.test_pathways import entry_in

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

school, address = pages.school, pages.address


def check(page: Page) -> None:
    """Nothing wider than the screen, nothing that axe finds serious."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    report = run_axe(page)
    assert not report.serious, str(report)


def test_from_idea_to_validated(
    app: Flask, school: School, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    maya = plan_of(app, school)
    fill(maya)
    entry_in(maya)
    phone = maya.open(browser_context_factory, address, "plan/pathways", width=320, height=640)
    check(phone)
    phone.get_by_role("link", name="College writing at Alder Valley College").click()
    expect(phone.get_by_role("heading", name="Take it into my plan")).to_be_visible()
    check(phone)
    phone.get_by_label("Which goal does it serve?").select_option("Study engineering")
    phone.get_by_role("button", name="Take it into my plan").click()
    expect(phone.get_by_text("You are thinking about it.")).to_be_visible()
    phone.get_by_label("How it meets what my school expects").fill(
        "Clear communication: I write for strangers."
    )
    phone.get_by_label("What I want to learn").fill("To write for people whom I do not know")
    phone.get_by_label("How I will show it").click()
    expect(phone.locator("#saved")).to_contain_text("Saved")
    check(phone)
    phone.get_by_role("button", name="Ask my school").click()
    expect(phone.get_by_text("Your school has been asked and will answer.")).to_be_visible()

    rivera = plan_of(app, school, RIVERA)
    desk = rivera.open(browser_context_factory, address, "students/pathways", width=1280, height=800)
    check(desk)
    desk.get_by_role("link", name="Maya Torres: College writing at Alder Valley College").click()
    expect(desk.get_by_text("Clear communication: I write for strangers.")).to_be_visible()
    desk.get_by_label("Words to the student").fill("Yes. Mr. Lund drives on Tuesdays.")
    check(desk)
    desk.get_by_role("button", name="Agree to it").click()
    expect(desk.get_by_text("The next step is the student’s.")).to_be_visible()

    phone.reload()
    expect(phone.get_by_text("Mr. Lund drives on Tuesdays.")).to_be_visible()
    phone.get_by_role("button", name="I have begun").click()
    phone.get_by_role("button", name="I have done it").click()
    expect(phone.get_by_role("link", name="Look back on it")).to_be_visible()
    check(phone)

    desk.reload()
    desk.get_by_role("button", name="Confirm it").click()
    expect(desk.get_by_role("alert")).to_contain_text("Please say this first.")
    check(desk)
    desk.get_by_label("What does it count for?").fill("Half a credit in English")
    desk.get_by_role("button", name="Confirm it").click()
    expect(desk.get_by_text("Half a credit in English")).to_be_visible()
    phone.reload()
    expect(phone.get_by_text("What it counts for: Half a credit in English")).to_be_visible()
    with maya.reading() as (session, plan):
        found = session.scalars(
            select(PathwayParticipation).where(PathwayParticipation.plan_id == plan.id)
        ).one()
        assert (found.state, found.expectation) == (
            "validated",
            "Clear communication: I write for strangers.",
        )
