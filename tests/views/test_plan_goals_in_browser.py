"""Goals in a real browser: ten years ahead and back to now, typed in place, through a gap in the line, by keyboard."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lti_plp.plp.goal_work import say_how_far
from lti_plp.plp.models import ActionStep, Goal, GoalReview
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.journeys.steps import wait_until
from tests.views.conftest import RIVERA, School
from tests.views.plans import Planner, fill, plan_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


def check(page: Page) -> None:
    """Nothing stands out at the side, and axe-core finds nothing serious."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    report = run_axe(page)
    assert not report.serious, str(report)


def goal_of(maya: Planner, **facts: object) -> Goal:
    with maya.reading() as (session, _):
        return session.scalars(select(Goal).filter_by(**facts)).one()


def test_from_ten_years_to_the_first_step_on_a_phone(
    maya: Planner, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    page = maya.open(browser_context_factory, address, "plan/goals/new?horizon=long", width=320, height=640)
    check(page)
    page.get_by_label("What do you want to reach?").fill("Live by the sea")
    page.get_by_role("button", name="Put it into my plan").click()
    check(page)
    page.get_by_role("link", name="What would that mean in 5 years?").click()
    page.get_by_label("What do you want to reach?").fill("Study fish")
    page.get_by_role("button", name="Put it into my plan").click()
    page.get_by_role("link", name="What can you do for it now?").click()
    expect(page.get_by_role("radio", name="Now,")).to_be_checked()
    page.get_by_label("What do you want to reach?").fill("Help at the aquarium on Saturdays")
    page.get_by_role("button", name="Put it into my plan").click()

    page.get_by_label("Why it matters to me").fill("I want to see if I like it")
    page.get_by_label("By when").first.fill("2099-05-01")
    expect(page.get_by_text("Saved just now")).to_be_visible()
    wait_until(page, lambda: goal_of(maya, horizon="short").why == "I want to see if I like it", "the reason")
    assert str(goal_of(maya, horizon="short").target_on) == "2099-05-01"
    page.get_by_text("More about this goal").click()
    page.get_by_label("Ready for what comes after").check()
    wait_until(
        page,
        lambda: goal_of(maya, horizon="short").outcomes == ["postsecondary_readiness"],
        "the outcome",
    )
    check(page)
    page.get_by_label("My first small step").fill("Call them")
    page.get_by_role("button", name="Add this step").click()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Done: Call them")).to_be_visible()
    expect(page.get_by_role("link", name="Show what came of it")).to_be_visible()
    check(page)


def test_words_are_kept_through_a_gap_in_the_line(
    maya: Planner, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    ids = fill(maya)
    page = maya.open(browser_context_factory, address, f"plan/steps/{ids['soon']}")
    expect(page.locator("form.in-place[data-ready]")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_label("If", exact=True).fill("Leo is ill")
    expect(page.get_by_text("you are offline", exact=False).first).to_be_visible()
    browser = page.context
    page.close(run_before_unload=False)
    browser.set_offline(False)
    page = browser.new_page()
    page.goto(address + maya.visitor.address(f"plan/steps/{ids['soon']}"))
    expect(page.get_by_label("If", exact=True)).to_have_value("Leo is ill")

    def is_stored() -> bool:
        with maya.reading() as (session, _):
            return session.get_one(ActionStep, ids["soon"]).obstacle == "Leo is ill"

    wait_until(page, is_stored, "the words on the server")


def test_a_look_at_a_goal_by_keyboard(
    maya: Planner, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    ids = fill(maya)
    page = maya.open(browser_context_factory, address, f"plan/goals/{ids['goal']}/review", width=360)
    new_date = page.get_by_label("New date")
    expect(new_date).to_be_hidden()
    page.get_by_role("radio", name="I met it").focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="I did not reach it")).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("The goal in new words")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(new_date).to_be_visible()
    check(page)
    page.get_by_role("button", name="Keep this look").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#problems")).to_be_focused()
    expect(page.get_by_text("Say why, in a few words.").first).to_be_visible()
    expect(page.get_by_role("radio", name="More time")).to_be_checked()
    check(page)
    page.get_by_label("New date").fill("2099-05-01")
    page.get_by_label("My steps stay as they are").focus()
    page.keyboard.press("Space")
    page.get_by_label("Why? Say it as it is.").focus()
    page.keyboard.type("The fair was moved")
    page.get_by_label("It has to do with this:").focus()
    page.keyboard.type("Things")
    page.get_by_role("button", name="Keep this look").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your look is kept.")).to_be_visible()
    check(page)
    with maya.reading() as (session, _):
        review = session.scalars(select(GoalReview).filter_by(goal_id=ids["goal"])).one()
        assert (review.outcome, review.reason_category) == ("extend", "changed_circumstance")
        assert review.steps_stay
    page.get_by_role("button", name="Keep this version").click()
    wait_until(page, lambda: page.url.endswith("/plan/history"), "the history")


def test_stuck_at_something_private_on_a_phone_by_keyboard(
    maya: Planner, school: School, app: Flask, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    ids = fill(maya)
    with maya.editor() as editor:
        editor.edit("goal", ids["goal"], 1, {"audience": "me"})
    rivera = plan_of(app, school, RIVERA)
    student = f"students/{maya.actor().person_id}"
    path = f"plan/goals/{ids['goal']}"
    page = maya.open(browser_context_factory, address, path, width=320, height=640)
    check(page)
    expect(page.get_by_text("They will not see the goal.")).to_be_visible()
    page.get_by_role("button", name="I’m stuck").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".called")).to_contain_text("They see that you are stuck, not the goal. Tell them")
    check(page)

    theirs = rivera.open(browser_context_factory, address, "students", width=320, height=640)
    expect(theirs.get_by_text("Stuck, about something not shared")).to_be_visible()
    check(theirs)
    theirs.get_by_role("link", name="Maya Torres").click()
    expect(theirs.get_by_text("You see that it is so, not what it is about.")).to_be_visible()
    expect(theirs.get_by_text("Explain my robot")).to_have_count(0)
    check(theirs)

    page.get_by_role("button", name="Let my teachers and advisors see the goal").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("They see that you are stuck, not the goal.")).to_have_count(0)
    theirs.goto(address + rivera.visitor.address(student))
    calls = theirs.locator('section[aria-labelledby="calls"]')
    expect(calls).to_contain_text("Explain my robot to thirty people")


def test_the_level_stands_under_the_students_word_on_a_phone(
    maya: Planner, school: School, app: Flask, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    ids = fill(maya)
    with maya.editor() as editor:
        say_how_far(editor, ids["goal"], {"progress": "on_the_way"})
    rivera = school.enter(RIVERA)
    rivera.post(f"students/{maya.actor().person_id}/evidence/{ids['evidence']}", level="begun")
    page = maya.open(browser_context_factory, address, "plan", width=320, height=640)
    card = page.locator(".goal-card", has_text="Explain my robot")
    expect(card).to_contain_text("You: On the way")
    expect(card).to_contain_text("Elena Rivera: Just begun")
    check(page)
