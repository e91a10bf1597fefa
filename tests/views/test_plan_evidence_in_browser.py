"""Adding evidence in a real browser: by file, by link and by voice, and everything that gets in the way."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect
from sqlalchemy import delete, select

from lti_plp.files.models import StoredFile
from lti_plp.launch.models import WebSession
from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.models import Evidence
from tests.files.samples import HOSTILE, encoded, picture
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.views.conftest import School
from tests.views.plans import Planner, plan_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

FAKE_DEVICES = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
NEW = "plan/evidence/new"
WHY = "I tried three ways until it worked"

Opened = Callable[..., Page]


@pytest.fixture
def planner(app: Flask, school: School) -> Planner:
    found = plan_of(app, school)
    with found.editor() as editor:
        editor.add("goal", {"statement": "Explain my robot", "state": "active"})
    return found


@pytest.fixture
def form(planner: Planner, address: str, browser_context_factory: BrowserContextFactory) -> Opened:
    """Open the form; taps are counted from then on."""

    def opened(**options: object) -> Page:
        page = planner.open(browser_context_factory, address, NEW, **options)
        expect(page.locator("form.evidence-form[data-ready]")).to_be_visible()
        page.evaluate("window.taps = 0; addEventListener('pointerdown', () => { window.taps += 1; }, true)")
        return page

    return opened


def choose(page: Page, name: str, content: bytes) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})


def save(page: Page) -> None:
    page.get_by_role("button", name="Save it").click()


def saved(page: Page) -> None:
    """Wait for the page of the piece."""
    expect(page.get_by_text("It is in your plan.")).to_be_visible()
    expect(page.locator("body")).to_have_attribute("data-page", "evidence")


def pieces(toolbox: Toolbox) -> list[Evidence]:
    with toolbox.sessions() as session:
        return list(session.scalars(select(Evidence).order_by(Evidence.id)))


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    report = run_axe(page)
    assert not report.serious, str(report)


def test_by_file_on_a_small_phone(form: Opened, toolbox: Toolbox) -> None:
    page = form(width=320, height=640, has_touch=True)
    assert_fits(page)
    choose(page, "robot.jpg", encoded("JPEG", picture(800, 600)))
    expect(page.get_by_text("Added.")).to_be_visible()
    expect(page.get_by_label("What can be seen or heard?")).to_be_visible()
    page.get_by_label("Why does this show it?").fill(WHY)
    save(page)
    saved(page)
    assert page.evaluate("window.taps") <= 3
    expect(page.locator("img.shown-file")).to_have_js_property("naturalWidth", 800)
    assert_fits(page)
    (made,) = pieces(toolbox)
    assert (made.medium, made.reason) == ("file", WHY)
    page.get_by_role("navigation", name="My plan").get_by_role("link", name="Evidence").click()
    expect(page.get_by_role("heading", name="My evidence")).to_be_visible()
    expect(page.locator(".evidence-card img")).to_have_js_property("naturalWidth", 480)
    assert_fits(page)


def test_by_link_with_the_keyboard_alone(form: Opened, toolbox: Toolbox) -> None:
    page = form()

    def tab_to(css: str) -> None:
        for _ in range(60):
            if page.evaluate("css => document.activeElement.matches(css)", css):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{css} is not reached")

    tab_to("#url")
    page.keyboard.type("example.org/robot")
    tab_to("#reason")
    page.keyboard.type(WHY)
    tab_to("form.evidence-form > .steps button")
    page.keyboard.press("Enter")
    saved(page)
    assert page.evaluate("window.taps") == 0
    expect(page.get_by_role("link", name="example.org")).to_have_attribute("target", "_blank")
    tab_to("#reason")
    page.keyboard.press("End")
    page.keyboard.type(", and the third was mine")
    expect(page.get_by_text("Saved just now")).to_be_visible()
    (made,) = pieces(toolbox)
    assert (made.url, made.reason) == ("https://example.org/robot", f"{WHY}, and the third was mine")


def test_by_voice(form: Opened, toolbox: Toolbox) -> None:
    page = form(width=360, height=740, arguments=FAKE_DEVICES)
    page.get_by_role("button", name="Record my voice").click()
    expect(page.locator(".recorder-time")).to_contain_text("0:01")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Use this recording")).to_be_visible()
    save(page)
    saved(page)
    assert page.evaluate("window.taps") <= 3
    expect(page.locator("audio.shown-file")).to_have_js_property("error", None)
    (made,) = pieces(toolbox)
    with toolbox.sessions() as session:
        file = session.get_one(StoredFile, made.file_id)
        assert file.content_type == "audio/webm"


def test_saved_while_the_file_is_still_on_its_way(form: Opened, toolbox: Toolbox) -> None:
    page = form()
    held: list[Route] = []
    page.route("**/files/*", lambda route: held.append(route) if not held else route.continue_())
    choose(page, "robot.jpg", encoded("JPEG", picture(80, 60)))
    expect(page.get_by_text("Sending…")).to_be_visible()
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("still on its way")
    assert pieces(toolbox) == []
    held[0].continue_()
    saved(page)
    (made,) = pieces(toolbox)
    assert made.medium == "file"


def test_a_file_that_is_refused_costs_no_word(form: Opened, app: Flask, toolbox: Toolbox) -> None:
    page = form()
    page.get_by_label("A few words").fill("I built a robot")
    page.get_by_label("Why does this show it?").fill(WHY)
    status = page.locator(".upload-status")
    for what, words in (
        ("SVG with script", "This file holds a program or a web page."),
        ("GIF with a ZIP behind", "Something is hidden in this file."),
        ("zip bomb", "This file is packed in an unusual way."),
        ("nothing in it", "This file is empty."),
    ):
        choose(page, "robot.jpg", HOSTILE[what][1])
        expect(status).to_contain_text(words)
    cabinet = app.extensions["lti_plp_files"]
    app.extensions["lti_plp_files"] = replace(cabinet, quota=10)
    choose(page, "robot.jpg", encoded("JPEG", picture(80, 60)))
    expect(status).to_contain_text("There is no room left for this file")
    expect(page.get_by_label("A few words")).to_have_value("I built a robot")
    save(page)
    saved(page)
    (made,) = pieces(toolbox)
    assert (made.medium, made.file_id, made.text, made.reason) == ("text", None, "I built a robot", WHY)


def test_a_problem_is_shown_where_it_is_and_the_file_stays(form: Opened, toolbox: Toolbox) -> None:
    page = form()
    choose(page, "robot.jpg", encoded("JPEG", picture(80, 60)))
    expect(page.get_by_text("Added.")).to_be_visible()
    page.get_by_label("Explain my robot").uncheck()
    page.get_by_label("Why does this show it?").fill(WHY)
    page.get_by_text("Title, date, who sees it").click()
    page.get_by_label("Who sees this?").select_option("me")
    expect(page.get_by_text("Nobody else sees this.")).to_have_count(2)
    save(page)
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Choose what it is about.")
    expect(page.get_by_text("robot.jpg")).to_be_visible()
    assert_fits(page)
    page.get_by_label("Explain my robot").check()
    save(page)
    saved(page)
    (made,) = pieces(toolbox)
    assert (made.medium, made.reason, made.audience) == ("file", WHY, "me")


def test_a_session_that_ends_while_somebody_types(
    form: Opened, planner: Planner, school: School, address: str, toolbox: Toolbox
) -> None:
    page = form()
    with toolbox.sessions.begin() as session:
        session.execute(delete(WebSession))
    page.get_by_label("A few words").fill("I built a robot")
    save(page)
    expect(page.get_by_role("dialog")).to_contain_text("Open this again from your course")
    page.get_by_role("button", name="Back to my words").click()
    expect(page.get_by_label("A few words")).to_have_value("I built a robot")
    assert pieces(toolbox) == []

    # Opened again from the course, in another tab of the same browser.
    again = school.enter(planner.human)
    again.move_to(page.context, address)
    second = page.context.new_page()
    second.goto(address + again.address(NEW))
    expect(second.get_by_label("A few words")).to_have_value("I built a robot")
    expect(second.get_by_text("We found words that were not saved yet")).to_be_visible()
    save(second)
    saved(second)
    second.goto(address + again.address(NEW))
    expect(second.locator("form.evidence-form[data-ready]")).to_be_visible()
    expect(second.get_by_label("A few words")).to_have_value("")


def test_a_gap_in_the_line_and_an_impatient_finger(form: Opened, toolbox: Toolbox) -> None:
    page = form()
    page.get_by_label("A few words").fill("I built a robot")
    page.context.set_offline(True)
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("What you wrote is still here.")
    expect(page.get_by_label("A few words")).to_have_value("I built a robot")
    page.context.set_offline(False)
    page.get_by_role("button", name="Save it").dblclick()
    saved(page)
    assert len(pieces(toolbox)) == 1
