"""A student begins a reflection of her own, from a course's page to the list; on a phone, offline, by keyboard."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from lti_plp.lms.models import Person
from lti_plp.plp.actor import Actor
from tests.fixtures_stack import Stack
from tests.journeys.steps import PROJECT, Visitor, wait_until
from tests.journeys.test_writing import holds, place_without_browser, tab_to
from tests.plp.plans import PlanRows

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

WORDS = "I asked for help early today, and it worked."


@pytest.fixture(autouse=True)
def _placed(stack: Stack) -> None:
    if not stack.has_reflection:
        place_without_browser(stack)
        stack.has_reflection = True


def open_list(visitor: Visitor) -> None:
    """From the course's page to the student's own reflections; the assignment opens its own page first."""
    visitor.open_assignment(PROJECT)
    expect(visitor.frame.locator("form.reflection[data-ready]")).to_be_visible()
    address = visitor.frame.locator("body").evaluate("() => location.pathname")
    visitor.frame.locator("body").evaluate(
        "(_, path) => location.assign(path)", address.rsplit("/", 1)[0] + "/plan/reflections"
    )
    visitor.see("My reflections")


def give_a_goal(stack: Stack, given: str) -> None:
    """Put a plan with one goal into the database."""
    with stack.database() as session:
        person = session.query(Person).where(Person.given_name == given).one()
        PlanRows(session, Actor(person.id, person.tenant_id, None, frozenset())).goal("Speak up in class")
        session.commit()


def test_a_few_words_on_a_phone_and_through_a_gap_in_the_line(
    stack: Stack, browser_context_factory: Any
) -> None:
    visitor = Visitor(stack, browser_context_factory(width=360, height=740))
    visitor.sign_in("Maya Torres")
    open_list(visitor)
    give_a_goal(stack, "Maya")
    visitor.page.set_viewport_size({"width": 320, "height": 640})
    expect(visitor.frame.get_by_text("For example:", exact=False)).to_be_visible()
    visitor.check_accessibility("empty list")
    visitor.frame.get_by_role("link", name="Write your first one").click()
    visitor.see("New reflection")
    visitor.check_accessibility("new")
    assert_fits(visitor, 640)
    visitor.frame.get_by_role("button", name="A few words").click()
    visitor.see("A few words")
    expect(visitor.frame.locator("form.reflection[data-ready]")).to_be_visible()
    visitor.check_accessibility("writing")

    field = visitor.frame.get_by_role("textbox").first
    field.fill("I asked")
    expect(visitor.frame.get_by_text("Saved just now")).to_be_visible()
    visitor.context.set_offline(True)
    field.fill(WORDS)
    expect(visitor.frame.get_by_text("you are offline", exact=False).first).to_be_visible()
    visitor.context.set_offline(False)
    expect(visitor.frame.get_by_text("Saved just now")).to_be_visible()
    wait_until(visitor.page, lambda: holds(stack, WORDS), "all words on the server")

    visitor.frame.get_by_label("Who sees it").select_option("team")
    expect(
        visitor.frame.get_by_text("Your teachers and advisors can read it after you finish.")
    ).to_be_visible()
    visitor.frame.get_by_role("button", name="Finish").click()
    expect(visitor.frame.get_by_text("Finished.", exact=True)).to_be_visible()
    expect(visitor.frame.get_by_text("Your teachers and advisors can read it.")).to_be_visible()
    visitor.check_accessibility("finished")

    visitor.frame.get_by_text("Connect it to your plan").click()
    visitor.frame.get_by_label("Speak up in class").check()
    visitor.frame.get_by_role("button", name="Keep this").click()
    expect(visitor.frame.get_by_role("listitem").filter(has_text="Speak up in class")).to_be_visible()
    visitor.frame.get_by_role("link", name="My reflections").click()
    visitor.see("My reflections")
    expect(visitor.frame.get_by_text(WORDS)).to_be_visible()
    expect(visitor.frame.get_by_text("Speak up in class")).to_be_visible()
    visitor.check_accessibility("list")
    assert_fits(visitor)


def assert_fits(visitor: Visitor, height: int | None = None) -> None:
    """Nothing stands out at the side; with ``height``, everything is on one screen."""
    wide, tall = visitor.frame.locator("html").evaluate(
        "page => [page.scrollWidth - page.clientWidth, page.offsetHeight]"
    )
    assert wide <= 0
    assert height is None or tall <= height, tall


def test_words_typed_into_a_closed_tab_are_there_again(stack: Stack, browser_context_factory: Any) -> None:
    visitor = Visitor(stack, browser_context_factory())
    visitor.sign_in("Leo Bouchard")
    open_list(visitor)
    visitor.frame.get_by_role("link", name="Write your first one").click()
    visitor.frame.get_by_role("button", name="A few words").click()
    expect(visitor.frame.locator("form.reflection[data-ready]")).to_be_visible()
    visitor.context.set_offline(True)
    visitor.frame.get_by_role("textbox").first.fill("Typed without a line.")
    expect(visitor.frame.get_by_text("you are offline", exact=False).first).to_be_visible()
    visitor.page.close(run_before_unload=False)
    visitor.context.set_offline(False)
    visitor.page = visitor.context.new_page()
    open_list(visitor)
    visitor.frame.get_by_role("link", name="A few words").click()
    expect(visitor.frame.locator("#answer-q1")).to_have_value("Typed without a line.")
    wait_until(visitor.page, lambda: holds(stack, "Typed without a line."), "the words on the server")


def test_an_interview_with_a_ready_set_by_keyboard(stack: Stack, browser_context_factory: Any) -> None:
    visitor = Visitor(stack, browser_context_factory())
    visitor.sign_in("Sam Nguyen")
    open_list(visitor)
    tab_to(visitor, "link", "Write your first one", in_frame=True)
    visitor.page.keyboard.press("Enter")
    visitor.see("New reflection")
    visitor.frame.get_by_text("Who speaks, who sees it").focus()
    visitor.page.keyboard.press("Enter")
    visitor.frame.get_by_label("Whose thoughts are these?").select_option("family")
    visitor.frame.get_by_label("Who is it, when it is not you?").fill("my grandmother")
    visitor.frame.get_by_label("What form does it have?").select_option("interview")
    visitor.frame.get_by_label("Or answer some questions").select_option("project")
    visitor.check_accessibility("new, opened")
    visitor.frame.get_by_role("button", name="Begin", exact=True).focus()
    visitor.page.keyboard.press("Enter")
    visitor.see("End of a project")
    expect(visitor.frame.get_by_text("In the words of my grandmother · Interview")).to_be_visible()
    for number in range(4):
        expect(visitor.frame.get_by_text(f"{number + 1} of 4")).to_be_visible()
        tab_to(visitor, "textbox", "", in_frame=True)
        visitor.page.keyboard.type(f"She said {number}")
        tab_to(visitor, "button", "Next", in_frame=True)
        visitor.page.keyboard.press("Enter")
    expect(visitor.frame.get_by_role("heading", name="Look it over")).to_be_visible()
    visitor.check_accessibility("look it over")
    tab_to(visitor, "button", "Finish", in_frame=True)
    visitor.page.keyboard.press("Enter")
    expect(visitor.frame.get_by_text("Finished.", exact=True)).to_be_visible()
    expect(visitor.frame.get_by_text(re.compile("^She said 3"))).to_be_visible()
