"""A class of two pages stands in the list by itself; half a list takes nobody away."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lti_plp.clock import utc_now
from lti_plp.lms.models import Course
from tests.fixtures_stack import Stack
from tests.journeys.steps import PROJECT, Visitor, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

SECOND_PAGE = "/api/lti/courses/1/names_and_roles?*page=*"
HOUR = timedelta(hours=1)


def pass_an_hour(stack: Stack) -> None:
    """Let the list be old."""
    with stack.database() as session:
        course = session.scalars(select(Course).where(Course.title == "English 9")).one()
        course.roster_tried_at = utc_now() - HOUR
        session.commit()


def was_tried(stack: Stack) -> bool:
    """Say whether the list was asked for since."""
    with stack.database() as session:
        course = session.scalars(select(Course).where(Course.title == "English 9")).one()
        return course.roster_tried_at is not None and utc_now() - course.roster_tried_at < HOUR / 2


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_a_class_of_two_pages(fresh_stack: Stack, browser_context_factory: Any, cookies: bool) -> None:
    stack = fresh_stack
    more = stack.control("POST", "courses/1/students", {"count": 60})
    people = stack.control("GET", "courses/1/people")["people"]
    everybody = sum(one["kind"] == "student" for one in people)
    assert everybody > len(more)
    how = {} if cookies else {"blocked_cookie_origin": stack.tool}
    rivera = Visitor(stack, browser_context_factory(**how))
    rivera.sign_in("Ms. Rivera")
    rivera.place()
    rivera.open_assignment(PROJECT)
    # Nobody has opened anything yet. The list comes by itself, page after page.
    rows = rivera.frame.locator("#class-list tbody tr")
    expect(rows).to_have_count(everybody, timeout=60_000)
    rivera.check_frame("a class of two pages")

    # Somebody leaves, and the second page does not come: whoever stands on it is still in the class.
    stack.control("POST", "courses/1/status", {"person": more[-1], "status": "inactive"})
    fault = {"kind": "status", "pattern": SECOND_PAGE, "status": 500, "times": None}
    stack.control("POST", "path_faults", fault)
    pass_an_hour(stack)
    rivera.open_assignment(PROJECT)
    wait_until(rivera.page, lambda: was_tried(stack), "the list was asked for", 60)
    rivera.open_assignment(PROJECT)
    expect(rows).to_have_count(everybody)

    # Then all of it comes, and only who left is gone.
    stack.control("POST", "path_faults/clear")
    pass_an_hour(stack)
    rivera.open_assignment(PROJECT)
    expect(rows).to_have_count(everybody - 1, timeout=60_000)
