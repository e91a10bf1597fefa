"""A step of a plan is an assignment in Canvas: grades come, change and go, Canvas fails; the plan is never wrong."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, expect
from sqlalchemy import select

from lti_plp.clock import utc_now
from lti_plp.lms.coursework_models import CourseworkReading
from lti_plp.lms.models import Person
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.models import ActionStep
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.settings import Settings
from tests.fixtures_stack import Stack
from tests.journeys.steps import Visitor, wait_until
from tests.journeys.test_canvas import allow, connect

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

TITLE = "Book talk"
SUBMISSIONS = "/api/v1/courses/1/students/submissions"


def begin_plan(stack: Stack) -> int:
    """Maya, who has come, has a goal with a step; the step's id."""
    with stack.database() as session:
        maya = session.scalars(select(Person).where(Person.given_name == "Maya")).one()
        actor = Actor(maya.id, maya.tenant_id, None, frozenset({Role.LEARNER}))
        plan = open_plan(session, actor, utc_now())
        kinds = load_kinds(Settings(secret_key="x" * 40).config_folder).of
        editor = PlanEditor(session, plan, actor, kinds, utc_now())
        goal = editor.add("goal", {"statement": "Speak so that people listen", "state": "active"})
        step = editor.add(
            "step", {"text": "Give my book talk", "goal_ids": [goal.id], "state": "in_progress"}
        )
        session.commit()
        return int(step.id)


def grade(stack: Stack, score: float) -> None:
    stack.control("POST", "assignments/1/grade", {"person": "maya", "score": score})


def step_of(stack: Stack, step_id: int) -> str:
    with stack.database() as session:
        return session.get_one(ActionStep, step_id).state


def arrived(frame: FrameLocator, page: str) -> None:
    """Wait for a page. Where cookies are blocked it takes the last one's place."""
    expect(frame.locator("body")).to_have_attribute("data-page", page)


class Desk:
    """A teacher at the page that tells how coursework comes here."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        visitor.sign_in("Ms. Rivera")
        visitor.open_tool()
        self.frame = visitor.frame
        self.go("Students", "class")
        self.frame.get_by_text("More", exact=True).click()
        self.go("Grades to levels", "mapping")
        self.frame.get_by_role("link", name="Work from your LMS").click()
        visitor.see("Work from your LMS")

    def go(self, name: str, page: str) -> None:
        self.frame.get_by_role("link", name=name, exact=True).click()
        arrived(self.frame, page)

    def read(self) -> None:
        """Have everything read now, some time after the last reading."""
        # Until its own question is answered the page goes on asking, and a press meanwhile may be lost.
        expect(self.frame.locator("#coursework-state[hx-get]")).to_have_count(0, timeout=60_000)
        with self.visitor.stack.database() as session:
            row = session.scalars(select(CourseworkReading)).one()
            row.tried_at = (row.tried_at or utc_now()) - timedelta(minutes=2)
            session.commit()
        self.frame.get_by_role("button", name="Read everything now").click()


def open_step(visitor: Visitor) -> Any:
    """The part of Maya's step that is about coursework."""
    visitor.open_tool()
    visitor.frame.get_by_role("link", name="Speak so that people listen").first.click()
    arrived(visitor.frame, "goal")
    visitor.frame.get_by_role("link", name="Give my book talk").first.click()
    arrived(visitor.frame, "step")
    return visitor.frame.get_by_role("region", name="In my courses")


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_a_step_follows_the_grade(fresh_stack: Stack, browser_context_factory: Any, cookies: bool) -> None:
    stack = fresh_stack
    connect(stack)
    grade(stack, 8)
    how = {} if cookies else {"blocked_cookie_origin": stack.tool}
    maya = Visitor(stack, browser_context_factory(width=360, height=740, **how))
    maya.sign_in("Maya Torres")
    maya.open_tool()
    maya.see("Your plan starts with you")
    step_id = begin_plan(stack)
    rivera = Visitor(stack, browser_context_factory(**how))
    desk = Desk(rivera)
    allow(rivera)
    expect(desk.frame.get_by_text("2 pieces of work are here.")).to_be_visible(timeout=60_000)

    # She says that the step is the assignment, and what is to come of it.
    work = open_step(maya)
    work.get_by_text(f"Is this “{TITLE}”?").click()
    work.get_by_label("when I get at least this much of the points").check()
    work.get_by_role("button", name="It is this work").click()
    expect(work.get_by_text("8 of 20").first).to_be_visible()
    expect(work.get_by_text("Canvas").first).to_be_attached()
    maya.check_frame("a step that is an assignment")
    assert step_of(stack, step_id) == "in_progress"

    # A better grade comes: the step is done, and says why.
    grade(stack, 17)
    desk.read()
    wait_until(rivera.page, lambda: step_of(stack, step_id) == "done", "the step is done by the grade", 60)
    work = open_step(maya)
    expect(work.get_by_text("17 of 20").first).to_be_visible()
    expect(work.get_by_text("Reached")).to_be_visible()

    # Canvas fails: nothing changes, and the teacher reads what happened and since when it is known.
    grade(stack, 9)
    stack.control(
        "POST", "path_faults", {"kind": "status", "pattern": SUBMISSIONS, "status": 500, "times": None}
    )
    desk.read()
    expect(desk.frame.get_by_text("The last reading did not work.")).to_be_visible(timeout=90_000)
    expect(desk.frame.get_by_text("does not answer as it should")).to_be_visible()
    expect(desk.frame.get_by_text("Last complete reading:")).to_be_visible()
    rivera.check_frame("a reading that failed")
    assert step_of(stack, step_id) == "done"
    expect(open_step(maya).get_by_text("17 of 20").first).to_be_visible()

    # It is well again; then the student is excused, which is no zero.
    stack.control("POST", "path_faults/clear")
    desk.read()
    expect(desk.frame.get_by_text("The last reading did not work.")).to_have_count(0, timeout=60_000)
    expect(open_step(maya).get_by_text("9 of 20").first).to_be_visible()
    stack.control("POST", "assignments/1/excuse", {"person": "maya"})
    before = read_at(stack)
    desk.read()
    wait_until(rivera.page, lambda: read_at(stack) != before, "it was read again", 60)
    work = open_step(maya)
    expect(work.get_by_text("Excused").first).to_be_visible()
    maya.check_frame("excused")


def read_at(stack: Stack) -> object:
    with stack.database() as session:
        return session.scalars(select(CourseworkReading.read_at)).one()
