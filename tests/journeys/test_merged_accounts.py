"""Canvas merges two accounts of one student: an administrator joins the two who are here, and one plan is left."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.fixtures_stack import Stack
from tests.journeys.steps import Visitor, go_to
from tests.journeys.test_placements import Walk

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

GOAL = "Speak at the spring fair"
OSEI = {"key": "osei", "name": "Dr. Osei", "given_name": "Abena", "family_name": "Osei"}
HALE = {"name": "Mr. Hale", "given_name": "Owen", "family_name": "Hale"}
NOOR = {"kind": "student", "name": "Noor Haddad", "given_name": "Noor", "family_name": "Haddad"}


def place(course: int) -> str:
    return f"/courses/{course}/external_tools/1"


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_one_student_has_one_plan_again(
    fresh_stack: Stack, browser_context_factory: Any, cookies: bool
) -> None:
    stack = fresh_stack
    staff = {"title": "Advisory", "label": "ADV", "teacher": {"key": "hale", **HALE}, "principal": OSEI}
    stack.control("POST", "courses", staff)
    stack.control("POST", "people", {"key": "noor", "course": 1, **NOOR})
    stack.control("POST", "people", {"key": "noor.haddad", **NOOR})
    taught = {"title": "Robotics", "label": "ROB", "teacher": {"key": "hale-2", **HALE}}
    robotics = stack.control("POST", "courses", taught | {"students": ["noor.haddad"]})["course"]
    before = Walk(stack, "noor")
    before.open(place(1))
    assert before.send("plan/goals/new", statement=GOAL).status_code == 303

    stack.control("POST", "people/noor/merge", {"into": "noor.haddad"})
    noor = Walk(stack, "noor.haddad")
    assert GOAL in noor.open(place(1))
    assert GOAL not in noor.open(place(robotics))

    blocked = {} if cookies else {"blocked_cookie_origin": stack.tool}
    visitor = Visitor(stack, browser_context_factory(**blocked))
    frame = visitor.frame
    visitor.sign_in("Dr. Osei")
    visitor.open_tool("Advisory")
    go_to(frame, "School")
    frame.get_by_role("link", name="1 student may be here twice").click()
    visitor.see("Students who may be here twice")
    offer = frame.get_by_role("region", name="Two accounts of Noor Haddad")
    expect(offer.get_by_role("listitem")).to_have_count(2)
    for course in ("English 9", "Robotics"):
        expect(offer.get_by_text(course)).to_be_visible()
    visitor.check_frame("offer")
    offer.get_by_role("button", name="The same person").click()
    expect(frame.get_by_role("status").first).to_contain_text("They are one now.")
    visitor.check_frame("joined")

    for each in (robotics, 1):
        assert GOAL in noor.open(place(each))
    assert noor.send("plan/goals/new", statement="Build a bridge").status_code == 303
    assert "Build a bridge" in noor.open(place(robotics))
