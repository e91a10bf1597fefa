"""Canvas beyond LTI: a teacher allows it once in a window of Canvas, and what was graded reaches a student's plan."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures_stack import DEPLOYMENT_ID, Stack
from tests.journeys.steps import Acts, Visitor

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

RUBRIC = {
    "title": "Talk",
    "criteria": [
        {
            "id": "_1",
            "description": "Communicates clearly",
            "points": 4.0,
            "ratings": [
                {"id": "a", "description": "Exceeds", "points": 4.0},
                {"id": "b", "description": "Meets", "points": 3.0},
            ],
        }
    ],
}


def connect(stack: Stack) -> None:
    """The district's API key is entered once; the course has work with a grade."""
    key = stack.control("POST", "developer_keys", {"redirect_uris": [f"{stack.tool}/canvas/allowed"]})
    stack.cli(
        *("platform", "canvas-key", "1", "--deployment-id", DEPLOYMENT_ID),
        *("--base-url", stack.lms, "--client-id", key["client_id"]),
        typed=key["client_secret"],
    )
    table = stack.folder / "skills.csv"
    table.write_text("code,statement,kind\nC.1,Communicates clearly,transferable skill\n", encoding="utf-8")
    stack.cli("framework", "import", str(table), "--tenant", "Maple Hollow School")
    made = stack.control(
        "POST", "assignments", {"name": "Book talk", "points_possible": 20, "rubric": RUBRIC}
    )
    work = f"assignments/{made['assignment']}"
    notes = {"name": "notes.txt", "content": "Page 12", "content_type": "text/plain"}
    stack.control("POST", f"{work}/submit", {"person": "maya", "files": [notes]})
    graded = {"score": 18, "rubric": {"_1": {"rating_id": "b"}}, "comment": "Look up more often."}
    stack.control("POST", f"{work}/grade", {"person": "maya", **graded})
    stack.control("POST", "assignments", {"name": "Poem by heart", "grading_type": "pass_fail"})


def allow(visitor: Visitor) -> None:
    """Open the window of Canvas, say yes there, and close it."""
    with visitor.context.expect_page() as opened:
        visitor.frame.get_by_role("link", name="Allow it in Canvas").click()
    window: Page = opened.value
    window.get_by_role("button", name="Authorize").click()
    expect(window.get_by_role("heading", name="Thank you")).to_be_visible()
    window.close()


def take(visitor: Visitor) -> None:
    """Which work, what it shows, what is kept of it, and done, within half a minute; then Canvas asks once."""
    frame, acts = visitor.frame, Acts(visitor.page)
    with acts.most(6, 30):
        acts.read(frame.locator("fieldset.works"))
        acts.click(frame.get_by_role("checkbox", name="Book talk"))
        acts.click(frame.get_by_role("checkbox", name="Communicates clearly", exact=False).last)
        acts.click(frame.get_by_role("checkbox", name="My words and files"))
        acts.click(frame.get_by_role("checkbox", name="What was said about it"))
        acts.click(frame.get_by_role("button", name="Take it into my plan"))
        expect(frame.get_by_text("It is in your plan.")).to_be_visible()
    expect(frame.get_by_role("textbox", name="My words")).to_have_value(
        re.compile("Book talk: 18 of 20 points.*Communicates clearly: Meets", re.DOTALL)
    )
    visitor.check_frame("taken")
    allow(visitor)
    # It goes on by itself, in her own name: the worker copies, the page tells.
    expect(frame.get_by_role("link", name="notes.txt")).to_be_visible(timeout=60_000)
    expect(frame.get_by_text("Look up more often.")).to_be_visible()
    visitor.check_frame("copied")


def map_the_rubric(visitor: Visitor) -> None:
    """The rubric's line and the proficiency are called the same, so that it is suggested."""
    frame = visitor.frame
    frame.get_by_role("link", name="It shows: Communicates clearly").first.click()
    table = frame.get_by_role("region", name="What it makes of the grades now")
    expect(table.get_by_role("row", name="Maya Torres")).to_be_visible()
    visitor.check_frame("a rule")
    frame.get_by_role("button", name="Save this rule").click()
    expect(frame.get_by_text("Saved. The levels of your students follow it now.")).to_be_visible()


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_from_permission_to_evidence(fresh_stack: Stack, browser_context_factory: Any, cookies: bool) -> None:
    stack = fresh_stack
    connect(stack)
    blocked = {} if cookies else {"blocked_cookie_origin": stack.tool}
    visitor = Visitor(stack, browser_context_factory(**blocked))
    visitor.sign_in("Ms. Rivera")
    visitor.open_tool()
    frame, page = visitor.frame, visitor.frame.locator("body")
    frame.get_by_role("link", name="Students", exact=True).click()
    # Without cookies the next page takes this one's place, and a fold that was opened before is gone with it.
    expect(page).to_have_attribute("data-page", "class")
    frame.get_by_text("More", exact=True).click()
    frame.get_by_role("link", name="Grades to levels").click()
    expect(page).to_have_attribute("data-page", "mapping")
    frame.get_by_role("link", name="Work from your LMS").click()
    visitor.see("Work from your LMS")
    visitor.check_frame("before permission")
    allow(visitor)
    # It goes on by itself: permission came, the worker reads, the page tells.
    expect(frame.get_by_text("2 pieces of work are here.")).to_be_visible(timeout=60_000)
    visitor.check_frame("after reading")
    frame.get_by_role("link", name="Say what this work shows").click()
    expect(page).to_have_attribute("data-page", "mapping")
    map_the_rubric(visitor)

    visitor.sign_in("Maya Torres")
    visitor.open_tool()
    frame.get_by_role("link", name="Evidence", exact=True).click()
    frame.get_by_role("link", name="From my courses").click()
    visitor.see("From my courses")
    expect(frame.get_by_text("18 of 20")).to_be_visible()
    expect(frame.get_by_text("Communicates clearly: Meets")).to_be_visible()
    # What she handed in is told by name before she allowed anything.
    expect(frame.get_by_text("notes.txt")).to_be_visible()
    visitor.check_frame("own coursework")
    expect(frame.get_by_text("Poem by heart")).to_be_attached()
    take(visitor)
    frame.get_by_role("link", name="Proficiencies", exact=True).click()
    expect(frame.get_by_text("Communicates clearly").first).to_be_visible()
