"""A student tells who she is: by keyboard on a narrow screen, through a gap in the line, and with a picture."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lti_plp.plp.models import BaselineAssessment, Plan, ProfileEntry
from tests.files.samples import HOSTILE, encoded, picture
from tests.fixtures_browser import BrowserContextFactory
from tests.journeys.steps import check_page, tab_to, wait_until
from tests.views import conftest
from tests.views.plans import Planner, fill, plan_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

school, address = conftest.school, conftest.address

OpenPage = Callable[..., Page]


@pytest.fixture
def maya(app: Flask, school: conftest.School) -> Planner:
    return plan_of(app, school)


@pytest.fixture
def open_profile(maya: Planner, address: str, browser_context_factory: BrowserContextFactory) -> OpenPage:
    """Open the profile in a browser; options are those of the browser."""

    def opened(**options: Any) -> Page:
        page = maya.open(browser_context_factory, address, "plan/profile", **options)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        return page

    return opened


def texts(maya: Planner) -> list[str]:
    with maya.toolbox.sessions() as session:
        return list(session.scalars(select(ProfileEntry.text).order_by(ProfileEntry.id)))


def test_the_first_words_by_keyboard_at_320_pixels(maya: Planner, open_profile: OpenPage) -> None:
    page = open_profile(width=320, height=640)
    check_page(page)
    tab_to(page, "textbox", "Strength")
    page.keyboard.type("My sisters count on me")
    tab_to(page, "button", "Add it to my profile")
    page.keyboard.press("Enter")
    expect(page.locator("#entry-1")).to_be_focused()
    assert texts(maya) == ["My sisters count on me"]
    tab_to(page, "textbox", "Strength")
    page.keyboard.press("End")
    page.keyboard.type(" and on my soup")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Saved just now")).to_be_visible()
    assert texts(maya) == ["My sisters count on me and on my soup"]
    page.locator("summary", has_text="Add (What gets in my way)").press("Enter")
    form = page.locator("form", has=page.get_by_label("What gets in my way"))
    expect(form.get_by_text("Nobody else sees this.")).to_be_visible()
    form.get_by_label("Who sees this?").select_option("family")
    expect(form.get_by_text("You, your teachers, your advisors and your family see this.")).to_be_visible()
    check_page(page)
    tab_to(page, "button", "Remove")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Removed. Your plan remembers it.")).to_be_visible()
    page.get_by_role("button", name="Bring it back").press("Enter")
    expect(page.locator("#entry-1")).to_be_visible()


def test_no_word_is_lost_in_a_gap_of_the_line(maya: Planner, open_profile: OpenPage) -> None:
    ids = fill(maya)
    page = open_profile(width=900)
    entry = page.locator(f"#entry-{ids['interest']}")
    new = page.locator("form", has=page.get_by_label("Skill", exact=True))
    page.locator("summary", has_text="Add (Skill)").click()
    page.context.set_offline(True)
    entry.get_by_role("textbox").fill("Bridges")
    expect(page.get_by_text("you are offline", exact=False).first).to_be_visible()
    new.get_by_role("textbox", name="Skill").fill("I cut videos")
    new.get_by_role("button", name="Add it to my profile").click()
    expect(new.get_by_role("alert")).to_contain_text("What you wrote is still here.")
    page.context.set_offline(False)
    wait_until(page, lambda: "Bridges" in texts(maya), "the changed words on the server")
    new.get_by_role("button", name="Add it to my profile").click()
    expect(page.get_by_role("textbox", name="Skill").first).to_have_value("I cut videos")
    assert texts(maya)[-1] == "I cut videos"
    expect(entry.get_by_role("textbox")).to_have_value("Bridges")


def test_a_picture_a_grade_and_a_correction(maya: Planner, open_profile: OpenPage) -> None:
    fill(maya)
    page = open_profile(width=900)
    page.locator("summary", has_text="Add (Skill)").click()
    new = page.locator("form", has=page.get_by_label("Skill", exact=True))
    choose(page, new, "logo.svg", HOSTILE["SVG with script"][1])
    expect(new.get_by_text("This file holds a program or a web page.", exact=False)).to_be_visible()
    page.context.set_offline(True)
    choose(page, new, "robot.jpg", encoded("JPEG", picture(300, 200)))
    expect(new.get_by_text("Waiting for your connection", exact=False)).to_be_visible()
    new.get_by_role("button", name="Add it to my profile").click()
    expect(new.get_by_text("The file is still on its way.", exact=False)).to_be_visible()
    page.context.set_offline(False)
    expect(new.get_by_text("Added.", exact=True)).to_be_visible()
    new.get_by_label("What does it show or say?").fill("A robot that I built")
    new.get_by_role("button", name="Add it to my profile").click()
    expect(page.get_by_role("img", name="A robot that I built")).to_have_js_property("naturalWidth", 300)

    page.get_by_label("Grade", exact=True).select_option("3")
    page.get_by_role("link", name="Show the questions for this grade").click()
    expect(page.get_by_role("heading", name="All about me")).to_be_visible()
    page.get_by_text("Correct it").click()
    point = page.locator(".starting-point form")
    point.get_by_label("What came out?").fill("Proficient")
    point.get_by_role("button", name="Put this in its place").click()
    expect(page.locator(".starting-point > .own-words")).to_have_text("Proficient")
    expect(page.get_by_text("1 earlier version")).to_be_visible()
    check_page(page)
    with maya.toolbox.sessions() as session:
        assert session.scalars(select(Plan.grade)).one() == 3
        results = session.scalars(select(BaselineAssessment.result).order_by(BaselineAssessment.id)).all()
    assert results == ["Developing", "Proficient"]


def choose(page: Page, form: Any, name: str, content: bytes) -> None:
    """Choose a file, whose name and type may say what they like."""
    with page.expect_file_chooser() as chooser:
        form.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})
