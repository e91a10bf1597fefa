"""A course is deleted in the LMS while its people work in it: nothing of theirs is lost, and they are told."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine, select

from lti_plp.adapters import gateways
from lti_plp.database import prepare_engine
from lti_plp.launch.toolbox import make_toolbox
from lti_plp.lms.gateway import Refused
from lti_plp.lms.models import Course
from lti_plp.lms.roster import refresh_roster
from lti_plp.settings import Settings
from tests.fixtures_stack import Stack
from tests.journeys.steps import ANSWERS, PROJECT, Visitor, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

A_DAY = timedelta(days=1, minutes=1)


def look_for_it_on_two_days(stack: Stack) -> None:
    """Do what a worker does by the clock. The LMS's own clock is the real one, so it is the past that moves."""
    names = ("SECRET_KEY", "DATABASE_URL", "PUBLIC_URL")
    values: dict[str, Any] = {name.lower(): stack.environ[f"LTI_PLP_{name}"] for name in names}
    engine = create_engine(values["database_url"])
    prepare_engine(engine)
    box = make_toolbox(Settings(**values, allow_private_networks=True), engine)
    for _ in range(2):
        with box.sessions.begin() as session:
            course = session.scalars(select(Course)).one()
            course.roster_tried_at = box.clock() - A_DAY
            course.missing_since = course.missing_since and course.missing_since - A_DAY
            course_id = course.id
        with pytest.raises(Refused, match="gone"):
            refresh_roster(box.sessions, gateways(box), course_id, box.clock)
    engine.dispose()


def go(visitor: Visitor, path: str) -> None:
    """Follow an address of the session in the frame, as a link there would."""
    frame = next(one for one in visitor.page.frames if one.url.startswith(f"{visitor.stack.tool}/s/"))
    session = "/".join(frame.url.split("/")[:5])
    frame.goto(f"{session}/{path}")


def test_a_course_is_deleted_in_the_middle(stack: Stack, browser_context_factory: Any) -> None:
    rivera, maya = (Visitor(stack, browser_context_factory()) for _ in range(2))
    rivera.sign_in("Ms. Rivera")
    rivera.place()
    maya.sign_in("Maya Torres")
    maya.open_assignment(PROJECT)
    maya.see(PROJECT)
    maya.write()
    maya.send()
    rivera.open_assignment(PROJECT)
    expect(rivera.frame.get_by_text("1 needs you")).to_be_visible()

    stack.control("POST", "courses/1/delete")
    answer = maya.context.request.get(f"{stack.lms}/courses/1")
    assert answer.status == 404
    rivera.rate("9", "You tested before you built.")
    expect(rivera.frame.get_by_text("9 of 10 points")).to_be_visible()

    def is_said() -> bool:
        # The worker has tried it: the page says why the grade is nowhere.
        rivera.frame.get_by_role("link", name="Everybody").click()
        return bool(rivera.frame.get_by_text("the gradebook has no column for it").count())

    wait_until(rivera.page, is_said, "why the grade is not there")

    look_for_it_on_two_days(stack)
    go(rivera, "students")
    note = rivera.frame.get_by_text("English 9 is no longer in your LMS.")
    expect(note).to_contain_text("1 entry from there did not reach its gradebook any more")
    rivera.check_accessibility("students of a deleted course")

    # What she wrote, and what was said of it, is hers.
    maya.frame.get_by_role("link", name="All my reflections").click()
    maya.frame.get_by_role("link", name=PROJECT).click()
    expect(maya.frame.get_by_text(ANSWERS[0])).to_be_visible()
    expect(maya.frame.get_by_text("You tested before you built.")).to_be_visible()

    # Deleted by mistake: it is there again with whoever comes first.
    stack.control("POST", "courses/1/delete", {"undo": True})
    rivera.open_assignment(PROJECT)
    expect(rivera.frame.get_by_role("row", name="Maya Torres")).to_be_visible()
    go(rivera, "students")
    expect(rivera.frame.get_by_role("heading", name="My students")).to_be_visible()
    expect(note).to_have_count(0)
