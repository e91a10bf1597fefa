"""Fields of a plan save themselves in a real browser: lines drop, windows meet, sessions end, and no word is lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect
from sqlalchemy import delete

from lti_plp.launch.models import WebSession
from lti_plp.plp.items import GOAL
from lti_plp.plp.models import Goal, ProfileEntry
from lti_plp.views.plan.desk import own_plan, page
from lti_plp.views.visit import page_blueprint, visit
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.views import conftest as pages
from tests.views.conftest import MAYA, School
from tests.views.plans import Planner, plan_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

expect.set_options(timeout=45_000)
school, address = pages.school, pages.address

WORDS = "Explain my robot to thirty people"


@pytest.fixture(autouse=True)
def trial(app: Flask) -> None:
    """A page with every kind of field, before the application has answered anything."""
    blueprint = page_blueprint("trial", __name__)
    blueprint.template_folder = str(Path(pages.__file__).parent / "templates")

    @blueprint.get("/trial/<int:goal_id>")
    def show(goal_id: int) -> str:
        session, plan = visit().db, own_plan()
        goal = session.get_one(Goal, goal_id)
        entries = session.query(ProfileEntry.id, ProfileEntry.text).filter_by(plan_id=plan.id)
        chosen = GOAL.read(session, goal)["entry_ids"]
        return page("trial_goal", goal=goal, entries=[tuple(one) for one in entries], chosen=chosen)

    app.register_blueprint(blueprint)


@pytest.fixture
def maya(trial: None, app: Flask, school: School) -> Planner:
    return plan_of(app, school)


@pytest.fixture
def goal_id(maya: Planner) -> int:
    with maya.editor() as editor:
        editor.add("entry", {"kind": "interest", "text": "Robots"})
        editor.add("entry", {"kind": "strength", "text": "Staying calm"})
        return int(editor.add("goal", {"statement": WORDS, "target_on": "2027-05-01"}).id)


Stored = Callable[[], dict[str, Any]]


@pytest.fixture
def stored(maya: Planner, goal_id: int) -> Stored:
    """The goal as the database has it."""

    def look() -> dict[str, Any]:
        with maya.reading() as (session, _):
            return GOAL.read(session, session.get_one(Goal, goal_id))

    return look


class Desk:
    """One browser in front of the goal, with as many tabs as are wanted."""

    def __init__(self, maya: Planner, goal_id: int, address: str, context: BrowserContext) -> None:
        self.maya, self.goal_id, self.address, self.context = maya, goal_id, address, context

    def tab(self) -> Page:
        """Open the goal in one more tab; its scripts are ready."""
        self.maya.visitor.move_to(self.context, self.address)
        tab = self.context.new_page()
        tab.goto(self.address + self.maya.visitor.address(f"trial/{self.goal_id}"))
        if self.is_scripted:
            expect(tab.locator("form.in-place[data-ready]")).to_have_count(2)
        return tab

    is_scripted = True


OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk(
    maya: Planner, goal_id: int, address: str, browser_context_factory: BrowserContextFactory
) -> OpenDesk:
    def opened(**options: Any) -> Desk:
        desk = Desk(maya, goal_id, address, browser_context_factory(**options))
        desk.is_scripted = options.get("java_script_enabled", True)
        return desk

    return opened


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()


def saved(tab: Page) -> None:
    expect(tab.locator("#saved")).to_have_text("Saved just now")


def drawers(tab: Page) -> list[str]:
    """What the browser keeps of words that the server does not have."""
    found: list[str] = tab.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('lti_plp:'))")
    return found


def version_field(tab: Page) -> Locator:
    """The version over which the first form's next words are typed."""
    return tab.locator('form.in-place input[name="version"]').first


def test_every_kind_of_field(desk: Desk, stored: Stored, maya: Planner) -> None:
    tab = desk.tab()
    tab.get_by_label("Why").press_sequentially("I want to speak without shaking")
    saved(tab)
    expect(version_field(tab)).to_have_value("2")
    tab.get_by_label("Area").select_option("personal")
    tab.get_by_label("Robots").check()
    tab.locator('input[name="outcomes"]').first.check()
    tab.get_by_label("Name").fill("Elena Rivera")
    tab.get_by_label("Who is that?").select_option("teacher")
    tab.get_by_role("button", name="Add one more person").click()
    expect(tab.get_by_label("Name").nth(1)).to_be_focused()
    tab.keyboard.type("Leo")
    tab.get_by_label("How do they help?").nth(1).fill("listens")
    tab.get_by_label("Who sees this?").select_option("family")
    tab.get_by_label("By when").fill("2027-06-01")
    tab.get_by_label("What is hard").fill("The loud room")
    tab.get_by_label("Goal", exact=True).focus()
    saved(tab)
    there = stored()
    assert there["why"] == "I want to speak without shaking"
    assert (there["area"], there["audience"], there["target_on"]) == ("personal", "family", "2027-06-01")
    assert there["challenge"] == "The loud room"
    assert len(there["entry_ids"]) == len(there["outcomes"]) == 1
    assert [one["name"] for one in there["supporters"]] == ["Elena Rivera", "Leo"]
    assert there["supporters"][0]["role"] == "teacher"
    tab.get_by_label("Robots").uncheck()
    saved(tab)
    assert stored()["entry_ids"] == []
    assert drawers(tab) == []
    report = run_axe(tab)
    assert not report.serious, str(report)


def test_two_tabs_with_different_fields(desk: Desk, stored: Stored) -> None:
    one, other = desk.tab(), desk.tab()
    one.get_by_label("Why").fill("From the one tab")
    saved(one)
    other.get_by_label("Measure").fill("From the other tab")
    saved(other)
    assert (stored()["why"], stored()["measure"]) == ("From the one tab", "From the other tab")
    expect(other.locator(".other-version")).to_have_count(0)


@pytest.mark.parametrize(
    ("button", "text"),
    [
        ("Keep the words above", "Second"),
        ("Take these words", "First"),
        ("Put both together", "Second\n\nFirst"),
    ],
)
def test_two_tabs_with_the_same_field(desk: Desk, stored: Stored, button: str, text: str) -> None:
    one, other = desk.tab(), desk.tab()
    one.get_by_label("Why").fill("First")
    saved(one)
    other.get_by_label("Measure").fill("Beside it")
    saved(other)
    other.get_by_label("Why").fill("Second")
    expect(other.locator("#saved")).to_contain_text("also changed in another window")
    expect(other.locator(".other-version .words")).to_have_text("First")
    expect(other.get_by_label("Why")).to_have_value("Second")
    assert stored()["measure"] == "Beside it"
    report = run_axe(other)
    assert not report.serious, str(report)
    other.get_by_role("button", name=button).click()
    saved(other)
    expect(other.get_by_label("Why")).to_be_focused()
    expect(other.get_by_label("Why")).to_have_value(text)
    assert stored()["why"] == text
    assert drawers(other) == []


def test_fields_sent_together_of_which_one_was_changed_elsewhere(desk: Desk, stored: Stored) -> None:
    one, other = desk.tab(), desk.tab()
    one.get_by_label("Why").fill("First")
    saved(one)
    desk.context.set_offline(True)
    other.get_by_label("Measure").fill("Beside it")
    other.get_by_label("Why").fill("Second")
    expect(other.locator("#saved")).to_contain_text("you are offline")
    desk.context.set_offline(False)
    expect(other.locator(".other-version .words")).to_have_text("First")
    assert stored()["measure"] == "Beside it"
    other.get_by_label("Measure").fill("Something else altogether")
    other.get_by_role("button", name="Keep the words above").click()
    saved(other)
    assert (stored()["why"], stored()["measure"]) == ("Second", "Something else altogether")
    expect(other.locator(".other-version")).to_have_count(0)


def test_two_tabs_with_a_choice_and_a_date(desk: Desk, stored: Stored) -> None:
    one, other = desk.tab(), desk.tab()
    one.get_by_label("Area").select_option("personal")
    one.get_by_label("By when").fill("")
    one.get_by_label("Goal", exact=True).focus()
    saved(one)
    other.get_by_label("Area").select_option("academic")
    expect(other.locator(".other-version .words")).to_have_text("Personal")
    expect(other.get_by_role("button", name="Put both together")).to_have_count(0)
    other.get_by_role("button", name="Take these words").click()
    saved(other)
    other.get_by_label("By when").fill("2027-07-01")
    expect(other.locator(".other-version .words")).to_have_text("Nothing stands there now.")
    other.get_by_role("button", name="Keep the words above").click()
    saved(other)
    assert (stored()["area"], stored()["target_on"]) == ("personal", "2027-07-01")


def test_removed_in_another_window(desk: Desk, maya: Planner) -> None:
    tab = desk.tab()
    with maya.editor() as editor:
        editor.remove("goal", desk.goal_id)
    tab.get_by_label("Why").fill("Too late")
    expect(tab.locator("#saved")).to_contain_text("removed in another window")
    expect(tab.get_by_label("Why")).to_have_value("Too late")
    with maya.editor() as editor:
        editor.restore("goal", desk.goal_id)
    again = desk.tab()
    expect(again.get_by_label("Why")).to_have_value("Too late")


def test_words_without_a_line(desk: Desk, stored: Stored) -> None:
    tab = desk.tab()
    desk.context.set_offline(True)
    tab.get_by_label("Why").fill("Typed in the bus")
    expect(tab.locator("#saved")).to_contain_text("you are offline")
    assert len(drawers(tab)) == 1
    assert not any("goal" in name or "Maya" in name for name in drawers(tab))
    tab.get_by_label("What is hard").fill("The second form of the same goal")
    expect(tab.locator("#saved")).to_contain_text("you are offline")
    assert len(drawers(tab)) == 2
    desk.context.set_offline(False)
    saved(tab)
    assert (stored()["why"], stored()["challenge"]) == (
        "Typed in the bus",
        "The second form of the same goal",
    )
    assert drawers(tab) == []


def test_page_closed_without_a_line(desk: Desk, stored: Stored) -> None:
    tab = desk.tab()
    desk.context.set_offline(True)
    tab.get_by_label("Why").fill("Typed, and the lid closed")
    tab.get_by_label("Name").fill("Rosa")
    tab.get_by_role("button", name="Add one more person").click()
    tab.keyboard.type("Leo")
    tab.get_by_label("What is hard").fill("No power")
    expect(tab.locator("#saved")).to_contain_text("you are offline")
    # A page that closes still sends what it has; the line is back only after that was lost, too.
    tab.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no line')); }")
    tab.close(run_before_unload=False)
    desk.context.set_offline(False)
    assert stored()["why"] == ""
    again = desk.tab()
    expect(again.get_by_label("Why")).to_have_value("Typed, and the lid closed")
    expect(again.get_by_label("What is hard")).to_have_value("No power")
    expect(again.get_by_label("Name")).to_have_count(2)
    saved(again)
    there = stored()
    assert (there["why"], there["challenge"]) == ("Typed, and the lid closed", "No power")
    assert [one["name"] for one in there["supporters"]] == ["Rosa", "Leo"]
    assert drawers(again) == []


def test_page_closed_at_once(desk: Desk, stored: Stored) -> None:
    tab = desk.tab()
    tab.get_by_label("Why").press_sequentially("Gone at once")
    tab.close(run_before_unload=False)
    again = desk.tab()
    expect(again.get_by_label("Why")).to_have_value("Gone at once")
    again.get_by_label("Measure").fill("And on")
    saved(again)
    assert (stored()["why"], stored()["measure"]) == ("Gone at once", "And on")


def test_session_that_has_ended(desk: Desk, stored: Stored, maya: Planner, school: School) -> None:
    tab = desk.tab()
    with maya.toolbox.sessions.begin() as session:
        session.execute(delete(WebSession))
    tab.get_by_label("Why").fill("Not to be lost")
    expect(tab.get_by_role("dialog")).to_contain_text("Your words are safe here")
    tab.get_by_role("button", name="Back to my words").click()
    expect(tab.get_by_label("Why")).to_have_value("Not to be lost")
    tab.close(run_before_unload=False)
    maya.visitor = school.enter(MAYA)
    again = desk.tab()
    expect(again.get_by_label("Why")).to_have_value("Not to be lost")
    saved(again)
    assert stored()["why"] == "Not to be lost"


def test_too_long_text_keeps_nothing_else_back(desk: Desk, stored: Stored) -> None:
    tab = desk.tab()
    tab.get_by_label("Why").evaluate("(field) => field.removeAttribute('maxlength')")
    tab.get_by_label("Why").fill("x" * 5001)
    expect(tab.locator("#saved")).to_contain_text("too long")
    tab.get_by_label("Measure").fill("Three people ask something")
    expect(version_field(tab)).to_have_value("2")
    expect(tab.locator("#saved")).to_contain_text("too long")
    assert (stored()["why"], stored()["measure"]) == ("", "Three people ask something")
    assert len(drawers(tab)) == 1
    tab.get_by_label("Why").fill("Short")
    saved(tab)
    assert stored()["why"] == "Short"
    assert drawers(tab) == []


def test_date_that_is_refused_and_mended(desk: Desk, stored: Stored) -> None:
    tab = desk.tab()
    tab.get_by_label("By when").fill("0002-05-01")
    expect(tab.locator("#saved")).to_contain_text("This is not a date yet")
    tab.get_by_label("Why").fill("Goes on meanwhile")
    expect(version_field(tab)).to_have_value("2")
    expect(tab.locator("#saved")).to_contain_text("This is not a date yet")
    assert (stored()["why"], stored()["target_on"]) == ("Goes on meanwhile", "2027-05-01")
    tab.get_by_label("By when").fill("2027-05-02")
    saved(tab)
    assert stored()["target_on"] == "2027-05-02"


def test_half_a_date_takes_nothing_away(desk: Desk, stored: Stored) -> None:
    tab = desk.tab()
    tab.get_by_label("By when").focus()
    tab.keyboard.press("Delete")
    tab.get_by_label("Why").fill("Meanwhile")
    saved(tab)
    assert (stored()["why"], stored()["target_on"]) == ("Meanwhile", "2027-05-01")


def test_server_in_trouble(desk: Desk, stored: Stored) -> None:
    tab = desk.tab()
    answers = [500, 503]

    def refuse_at_first(route: Route) -> None:
        if route.request.method == "PUT" and answers:
            route.fulfill(status=answers.pop(), content_type="application/json", body="{}")
        else:
            route.continue_()

    tab.route("**/plan/items/goal/*", refuse_at_first)
    tab.get_by_label("Why").fill("Again and again")
    expect(tab.locator("#saved")).to_contain_text("We keep trying")
    saved(tab)
    assert answers == []
    assert stored()["why"] == "Again and again"


def test_without_a_script(open_desk: OpenDesk, stored: Stored, maya: Planner) -> None:
    desk = open_desk(java_script_enabled=False)
    tab, late = desk.tab(), desk.tab()
    tab.get_by_label("Why").fill("By a plain form")
    tab.get_by_label("Robots").check()
    tab.get_by_role("button", name="Save").first.click()
    assert tab.url.endswith(f"/plan/goals/{desk.goal_id}")
    assert stored()["why"] == "By a plain form"
    assert len(stored()["entry_ids"]) == 1
    late.get_by_label("Why").fill("In a late tab")
    late.get_by_label("Measure").fill("Beside it")
    late.get_by_role("button", name="Save").first.click()
    expect(late.get_by_role("heading", level=1)).to_have_text("You also changed this in another window")
    expect(late.get_by_label("Why")).to_have_value("In a late tab")
    expect(late.get_by_text("By a plain form")).to_be_visible()
    assert stored()["why"] == "By a plain form"
    assert stored()["measure"] == "Beside it"
    late.get_by_role("button", name="Keep the words above").click()
    assert stored()["why"] == "In a late tab"
