"""A student hands in evidence from an assignment's dialog; her teacher opens from Canvas exactly that."""

from typing import Any

import pytest
from playwright.sync_api import expect

from lti_plp.lms.models import Person
from lti_plp.plp.actor import Actor
from tests.fixtures_stack import Stack
from tests.journeys.steps import Visitor
from tests.journeys.test_placements import Walk
from tests.plp.plans import PlanRows

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

SHOWN, KEPT = "Notes for my talk", "A poem for nobody else"


@pytest.fixture
def with_evidence(stack: Stack) -> Stack:
    """Maya has two pieces of evidence."""
    if not stack.has_reflection:
        Walk(stack, "maya").open("/courses/1/external_tools/1")
        with stack.database() as session:
            person = session.query(Person).where(Person.given_name == "Maya").one()
            plan = PlanRows(session, Actor(person.id, person.tenant_id, None, frozenset()))
            plan.evidence(SHOWN)
            plan.evidence(KEPT)
            session.commit()
        stack.has_reflection = True
    return stack


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_the_teacher_sees_what_was_handed_in(
    with_evidence: Stack, browser_context_factory: Any, cookies: bool
) -> None:
    stack = with_evidence
    name = f"Show your plan {'with' if cookies else 'without'} cookies"
    stack.control("POST", "assignments", {"name": name, "points_possible": 10})
    blocked = {} if cookies else {"blocked_cookie_origin": stack.tool}
    visitor = Visitor(stack, browser_context_factory(**blocked))
    page, frame = visitor.page, visitor.frame
    visitor.sign_in("Maya Torres")
    visitor.open_assignment(name)
    page.get_by_role("link", name="Hand in with Learning Plan").click()
    visitor.see("Hand in something from my plan")
    visitor.check_frame("dialog")
    frame.get_by_label(SHOWN).check()
    frame.get_by_role("button", name="Hand this in").click()
    frame.get_by_role("button", name="Add to the course").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()

    visitor.sign_in("Ms. Rivera")
    visitor.open_course("English 9")
    page.get_by_role("link", name="Grades").click()
    page.get_by_role("link", name=f"SpeedGrader Maya Torres, {name}").click()
    page.get_by_role("link", name="Open what was handed in").click()
    visitor.see(SHOWN)
    expect(frame.get_by_text("Maya Torres handed this in from the plan.")).to_be_visible()
    expect(frame.get_by_text(KEPT)).to_have_count(0)
    visitor.check_frame("handed in")
