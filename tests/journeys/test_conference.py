"""A yearly conference on a small screen: invited, prepared, held with notes that save themselves, and read by Maya."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from lti_plp.plp.history import verify
from lti_plp.plp.models import Goal, MeetingNote
from tests.fixtures_browser import BrowserContextFactory
from tests.journeys.steps import check_page
from tests.views import conftest as pages
from tests.views.conftest import FAMILY, RIVERA, School
from tests.views.plans import Planner, fill, plan_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

school, address = pages.school, pages.address


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


def saved(page: Page) -> None:
    """Wait until the page says that everything is saved."""
    expect(page.locator("#saved")).to_have_text("Saved just now")


def test_from_the_invitation_to_the_plan(
    maya: Planner, school: School, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    ids = fill(maya)
    school.enter(FAMILY)
    rivera = Planner(school, maya.toolbox, RIVERA, school.enter(RIVERA))
    page = rivera.open(browser_context_factory, address, "students/meetings", width=320, height=640)
    check_page(page)
    page.get_by_role("link", name="Plan a conference").click()
    page.get_by_role("link", name="Maya Torres").click()
    check_page(page)
    page.get_by_label("Where").fill("Room 12")
    # Local time of the browser, which the page asks for again later.
    page.get_by_label("When").fill("2031-05-08T15:30")
    page.get_by_role("button", name="Plan this meeting").click()
    expect(page.get_by_role("heading", name="Yearly conference: Maya Torres")).to_be_visible()
    check_page(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the invitation").click()
    assert download.value.suggested_filename == "conference.ics"
    page.get_by_text("Change the invitation").click()
    expect(page.get_by_label("When")).to_have_value("2031-05-08T15:30")

    page.get_by_role("link", name="Open the pack").click()
    expect(page.get_by_role("heading", name="Pack for the conference: Maya Torres")).to_be_visible()
    expect(page.get_by_text("This is early")).to_be_visible()
    check_page(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Yearly conference")).to_be_hidden()
    expect(page.get_by_text("Explain my robot to thirty people").first).to_be_visible()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Yearly conference").click()

    for name, here in (("Maya Torres", "There: In person"), ("Elena Rivera", "There: In person")):
        page.get_by_label(f"Is {name} there?").select_option(here)
        saved(page)
    goal = page.locator(f"#goal-{ids['goal']}")
    expect(goal.get_by_label("New date")).to_be_hidden()
    goal.get_by_label("What do you decide?").select_option("More time")
    goal.get_by_label("New date").fill("2031-09-01")
    goal.get_by_label("Why?").fill("The fair was moved to the fall")
    goal.get_by_label("It has to do with this:").select_option("Things around me changed")
    goal.get_by_label("Its steps stay").check()
    page.get_by_label("Decisions").fill("We meet again in September")
    page.get_by_label("Notes").focus()
    saved(page)
    page.reload()
    expect(goal.get_by_label("Why?")).to_have_value("The fair was moved to the fall")
    expect(page.get_by_label("Is Maya Torres there?")).to_have_value("attended:in_person")

    page.get_by_role("button", name="Finish, and keep this version").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("family or an advocate")
    expect(alert).to_be_focused()
    check_page(page)
    page.get_by_label("Is Rosa Torres there?").select_option("There: By phone")
    saved(page)
    page.get_by_role("button", name="Finish, and keep this version").click()
    expect(page.get_by_role("status").get_by_text("version 2 of it is kept")).to_be_visible()
    check_page(page)
    with maya.reading() as (session, plan):
        assert verify(session, plan.id) == []
        assert session.get_one(Goal, ids["goal"]).target_on.isoformat() == "2031-09-01"  # type: ignore[union-attr]
        assert len(session.query(MeetingNote).all()) == 1

    own = maya.open(browser_context_factory, address, "plan", width=320, height=640)
    own.get_by_role("link", name="My meetings").click()
    own.get_by_role("link", name="Yearly conference").click()
    expect(own.get_by_text("We meet again in September")).to_be_visible()
    expect(own.get_by_text("Rosa Torres (Family, By phone)")).to_be_visible()
    check_page(own)
    own.get_by_role("link", name="See what was decided, and why").click()
    expect(own.get_by_text("The fair was moved to the fall")).to_be_visible()
    check_page(own)


def test_two_at_the_table_lose_no_word(
    maya: Planner, school: School, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    ids = fill(maya)
    rivera = Planner(school, maya.toolbox, RIVERA, school.enter(RIVERA))
    student = maya.actor().person_id
    made = rivera.visitor.post(
        f"students/{student}/meetings/new", kind="interim", day="2031-05-08T15:30", minutes="30"
    )
    meeting = made.headers["Location"].split("/", 3)[3]
    first = rivera.open(browser_context_factory, address, meeting)
    second = rivera.open(browser_context_factory, address, meeting)
    for page, words in ((first, "She wants a smaller room"), (second, "He is proud of her")):
        goal = page.locator(f"#goal-{ids['goal']}")
        goal.get_by_label("Why?").fill(words)
        page.get_by_label("Notes").focus()
    saved(first)
    expect(second.locator("#saved")).to_contain_text("Both versions are kept")
    box = second.locator(f"#goal-{ids['goal']} .other-version")
    expect(box).to_contain_text("She wants a smaller room")
    box.get_by_role("button", name="Put both together").click()
    saved(second)
    with maya.reading() as (session, _):
        (note,) = session.query(MeetingNote).all()
        assert note.text == "He is proud of her\n\nShe wants a smaller room"
