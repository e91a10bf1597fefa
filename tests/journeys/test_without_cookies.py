"""Inside the tool without any cookie: every page comes by script, and must behave as a page all the same."""

from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.fixtures_stack import Stack
from tests.journeys.steps import ANSWERS, PROJECT, Visitor

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


def test_back_and_a_dropped_line(stack: Stack, browser_context_factory: Any) -> None:
    visitor = Visitor(stack, browser_context_factory(blocked_cookie_origin=stack.tool))
    visitor.sign_in("Ms. Rivera")
    visitor.place()
    visitor.sign_in("Maya Torres")
    visitor.open_assignment(PROJECT)
    visitor.see(PROJECT)
    visitor.write()
    visitor.send()

    visitor.sign_in("Ms. Rivera")
    visitor.open_assignment(PROJECT)
    body = visitor.frame.locator("body")
    expect(body).to_have_attribute("data-page", "class")
    visitor.frame.get_by_role("link", name="Read the next one").click()
    visitor.see("Maya Torres")
    expect(body).to_have_attribute("data-page", "review")
    # As on a page of its own, reading goes on at the top, and the browser's way back leads back.
    expect(visitor.frame.locator("#main")).to_be_focused()
    visitor.page.frames[-1].evaluate("history.back()")
    visitor.see(PROJECT)
    expect(body).to_have_attribute("data-page", "class")

    visitor.frame.get_by_role("link", name="Read the next one").click()
    expect(visitor.frame.get_by_text(ANSWERS[0])).to_be_visible()
    visitor.frame.get_by_label("Points, of 10").fill("9")
    visitor.frame.get_by_label("Your comment").fill("Typed before the line dropped.")
    visitor.context.set_offline(True)
    visitor.frame.get_by_role("button", name="Send").click()
    expect(visitor.frame.get_by_role("alert")).to_contain_text("What you wrote is still here.")
    expect(visitor.frame.get_by_label("Your comment")).to_have_value("Typed before the line dropped.")
    visitor.context.set_offline(False)
    visitor.frame.get_by_role("button", name="Send").click()
    expect(visitor.frame.get_by_text("9 of 10 points")).to_be_visible()


READY = """
() => new Promise((resolve) => {
  document.addEventListener('htmx:afterSwap', () => {
    const next = new MessageChannel();
    next.port1.onmessage = () => resolve(document.activeElement?.id);
    next.port2.postMessage(null);
  }, { once: true });
  document.querySelector('main a[href]').click();
})
"""
"""Follows the page's first link and tells what has the focus in the first task after the next page was put in."""


def test_a_press_before_the_scripts_are_there_does_not_leave_the_session(
    stack: Stack, browser_context_factory: Any
) -> None:
    visitor = Visitor(stack, browser_context_factory(blocked_cookie_origin=stack.tool))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visitor.page.route("**/htmx.min*.js", hold)
    visitor.sign_in("Maya Torres")
    visitor.open_tool()
    heading = "Your plan starts with you"
    visitor.see(heading)
    link = visitor.frame.get_by_role("navigation").get_by_text("History", exact=True)
    link.click(force=True)
    visitor.see(heading)
    held.pop().continue_()
    link.click()
    expect(visitor.frame.locator("body")).to_have_attribute("data-page", "history")


def test_a_page_is_whole_before_anybody_can_press_anything(
    stack: Stack, browser_context_factory: Any
) -> None:
    """A press right after the swap must neither be lost nor undone by what the scripts still have to do."""
    visitor = Visitor(stack, browser_context_factory(blocked_cookie_origin=stack.tool))
    visitor.sign_in("Maya Torres")
    visitor.open_tool()
    visitor.see("Your plan starts with you")
    expect(visitor.frame.locator("body")).not_to_have_attribute("inert", "")
    assert visitor.page.frames[-1].evaluate(READY) == "main"
