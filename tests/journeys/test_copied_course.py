"""A course is copied for the next year: its teacher is told, changes a question, and last year stays as it was."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lti_plp.launch.models import NoticeHandler
from lti_plp.lms.models import ContextOrigin, Course, PlacedTemplate
from tests.fixtures_stack import START_SECONDS, Stack
from tests.journeys.steps import ANSWERS, PROJECT, Visitor

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

NEW = "What do you see in it today?"


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_the_year_after(fresh_stack: Stack, browser_context_factory: Any, cookies: bool) -> None:
    stack = fresh_stack
    blocked = {} if cookies else {"blocked_cookie_origin": stack.tool}
    visitor = Visitor(stack, browser_context_factory(**blocked))
    visitor.sign_in("Ms. Rivera")
    visitor.place()
    visitor.sign_in("Maya Torres")
    visitor.open_assignment(PROJECT)
    visitor.see(PROJECT)
    old_question = visitor.frame.locator(".question label, .question h2").first.inner_text()
    visitor.write()
    visitor.send()

    # The first launch told the worker where the platform wants to hear what this tool takes notices of.
    until(stack, lambda db: any(one.registered_at for one in db.scalars(select(NoticeHandler))))
    visitor.sign_in("Ms. Rivera")
    visitor.open_course("English 9")
    visitor.page.get_by_role("button", name="Copy this course").click()
    title = stack.control("GET", "courses")[-1]["title"]
    until(stack, lambda db: db.scalars(select(ContextOrigin)).all())
    assert [one["status"] for one in stack.control("GET", "notices")] == [200]

    visitor.open_assignment(PROJECT, title)
    visitor.see(PROJECT)
    expect(visitor.frame.get_by_text("Copied from English 9 (")).to_be_visible()
    for width in (320, 1280):
        visitor.page.set_viewport_size({"width": width, "height": 800})
        visitor.check_frame(f"banner at {width}")
    visitor.frame.get_by_role("link", name="Change the questions").click()
    visitor.see("Change the questions")
    for width in (320, 1280):
        visitor.page.set_viewport_size({"width": width, "height": 800})
        visitor.check_frame(f"questions at {width}")
    expect(visitor.frame.get_by_role("textbox", name="Question 1")).to_have_value(old_question)
    visitor.frame.get_by_role("textbox", name="Question 1").fill(NEW)
    visitor.frame.get_by_role("button", name="Save the questions").click()
    visitor.see(PROJECT)
    expect(visitor.frame.get_by_text("Copied from")).to_have_count(0)
    expect(visitor.frame.get_by_text("0 need you")).to_be_visible()

    visitor.sign_in("Maya Torres")
    visitor.open_assignment(PROJECT, title)
    visitor.see(PROJECT)
    expect(visitor.frame.get_by_text(NEW)).to_be_visible()
    expect(visitor.frame.get_by_role("textbox").first).to_have_value("")
    again = ("That I would build it lighter.", *ANSWERS[1:])
    visitor.write(again)
    visitor.send()
    # What she wrote last year, and what was asked then.
    visitor.open_assignment(PROJECT)
    expect(visitor.frame.get_by_text(ANSWERS[0])).to_be_visible()
    expect(visitor.frame.get_by_text(old_question)).to_be_visible()
    expect(visitor.frame.get_by_text(again[0])).to_have_count(0)

    visitor.sign_in("Ms. Rivera")
    visitor.open_assignment(PROJECT, title)
    visitor.rate("8", "A second year, a second look.")
    visitor.await_grade("maya", "8", title)
    assert not [row for row in stack.control("GET", "gradebook?course=1") if row["score"] == 8]
    with stack.database() as db:
        places = db.scalars(select(PlacedTemplate)).all()
        first = db.scalars(select(Course).where(Course.title == "English 9")).one()
        (copy,) = [one for one in places if one.copied_from]
        assert copy.copied_from_course_id == first.id
        assert len(places) == 2


def until(stack: Stack, is_so: Callable[[Any], Any]) -> None:
    """Wait for something that another process writes down."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        with stack.database() as db:
            if is_so(db):
                return
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
