"""The whole loop: a teacher places, a student writes, the teacher rates, the grade stands in the gradebook."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.fixtures_stack import Stack
from tests.journeys.steps import ANSWERS, PROJECT, Visitor

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


def whole_loop(stack: Stack, context: Any, kind: str = PROJECT, *, check: bool = False) -> Visitor:
    """Walk the loop in one browser; the visitor stands before the gradebook in the end."""
    visitor = Visitor(stack, context)
    look = visitor.check_accessibility if check else lambda _: None
    visitor.sign_in("Ms. Rivera")
    look("sandbox course")
    visitor.place(kind)
    visitor.open_assignment(kind)
    visitor.see(kind)
    expect(visitor.frame.get_by_role("row", name="Maya Torres")).to_be_visible()
    look("class")

    visitor.sign_in("Maya Torres")
    visitor.open_assignment(kind)
    visitor.see(kind)
    look("reflection")
    visitor.write()
    look("overview")
    visitor.send()
    look("sent")

    visitor.sign_in("Ms. Rivera")
    visitor.open_assignment(kind)
    expect(visitor.frame.get_by_text("1 needs you")).to_be_visible()
    visitor.frame.get_by_role("link", name="Read the next one").click()
    expect(visitor.frame.get_by_text(ANSWERS[0])).to_be_visible()
    look("review")
    visitor.frame.get_by_role("link", name=f"← {kind}").click()
    visitor.rate("9", "You tested before you built.")
    expect(visitor.frame.get_by_text("9 of 10 points")).to_be_visible()
    visitor.await_grade("maya", "9")
    look("sandbox gradebook")
    return visitor


def see_in_speedgrader(visitor: Visitor) -> None:
    """SpeedGrader shows what she wrote, without a launch."""
    visitor.page.get_by_role("link", name="SpeedGrader Maya Torres").last.click()
    shown = visitor.page.get_by_role("region", name="What was handed in")
    expect(shown.get_by_text(ANSWERS[0])).to_be_visible()
    visitor.check_accessibility("SpeedGrader")


def test_teacher_places_student_writes_teacher_rates(stack: Stack, browser_context_factory: Any) -> None:
    visitor = whole_loop(stack, browser_context_factory(), check=True)
    assert len(visitor.checked) == 7
    expect(visitor.page.get_by_text("You tested before you built.")).to_be_visible()
    (row,) = [row for row in stack.control("GET", "gradebook?course=1") if row["person"] == "maya"]
    assert (row["score"], row["maximum"]) == (9, 10)
    assert row["activity_progress"] == "Completed"
    # One thing handed in is one attempt: the rating is none.
    assert row["attempts"] == 1
    see_in_speedgrader(visitor)

    # The student sees the answer; the teacher changes her mind; the new score takes the place of the old one.
    visitor.sign_in("Maya Torres")
    visitor.open_assignment(PROJECT)
    expect(visitor.frame.get_by_text("You tested before you built.")).to_be_visible()
    visitor.sign_in("Ms. Rivera")
    visitor.open_assignment(PROJECT)
    visitor.frame.get_by_role("link", name="Maya Torres").click()
    visitor.frame.get_by_label("Points, of 10").fill("10")
    visitor.frame.get_by_role("button", name="Send the change").click()
    expect(visitor.frame.get_by_text("10 of 10 points")).to_be_visible()
    visitor.await_grade("maya", "10")
    assert "You tested" in visitor.page.locator('td[data-cell^="maya-"]').last.inner_text()

    # Nothing that travels in addresses or stands in logs opens anything or names anybody.
    logs = stack.log("web") + stack.log("worker")
    assert "POST /lti/launch 200" in logs
    assert "score" in logs
    for secret in ("id_token", "code=", "state=", "Maya", "Torres", "robot", "Bearer"):
        assert secret not in logs


def test_with_the_tools_cookies_blocked(stack: Stack, browser_context_factory: Any) -> None:
    visitor = whole_loop(stack, browser_context_factory(blocked_cookie_origin=stack.tool), "Set a goal")
    see_in_speedgrader(visitor)
    assert not [cookie for cookie in visitor.context.cookies() if cookie["domain"] == "127.0.0.1"]


def test_with_cookies_blocked_and_no_storage_a_new_window_opens(
    stack: Stack, browser_context_factory: Any
) -> None:
    """Where neither is to be had in the frame, the page offers a window of its own before anything is used up."""
    stack.control("POST", "storage", {"on": False})
    try:
        visitor = Visitor(stack, browser_context_factory(blocked_cookie_origin=stack.tool))
        visitor.sign_in("Ms. Rivera")
        visitor.open_course("English 9")
        visitor.page.get_by_role("link", name="Add assignment from").click()
        visitor.see("Open it in a new window")
        visitor.check_accessibility("new window")
        with visitor.context.expect_page() as opened:
            visitor.frame.get_by_role("button", name="Open in a new window").click()
        # This browser blocks the tool's cookies everywhere, so the new window says what to do.
        expect(opened.value.get_by_role("heading", level=1)).to_be_visible()
    finally:
        stack.control("POST", "storage", {"on": True})


def test_new_window_works_where_only_frames_have_no_cookies(
    stack: Stack, browser_context_factory: Any
) -> None:
    """The frame's page is told that nothing can be kept; the window of its own keeps a first-party cookie."""
    stack.control("POST", "storage", {"on": False})
    try:
        visitor = Visitor(stack, browser_context_factory())
        # Safari keeps neither third-party nor partitioned cookies; the page asks document.cookie, so that is what
        # is taken away here, in frames only.
        visitor.context.add_init_script(
            "if (window.parent !== window) Object.defineProperty(document, 'cookie', {get: () => '', set: () => {}});"
        )
        visitor.sign_in("Ms. Rivera")
        visitor.open_course("English 9")
        visitor.page.get_by_role("link", name="Add assignment from").click()
        visitor.see("Open it in a new window")
        with visitor.context.expect_page() as opened:
            visitor.frame.get_by_role("button", name="Open in a new window").click()
        expect(opened.value.get_by_role("heading", name="What do you want to place?")).to_be_visible()
        assert "state=" not in opened.value.url
        assert "code=" not in opened.value.url
    finally:
        stack.control("POST", "storage", {"on": True})


def test_copied_course_finds_the_template_and_nobodys_work(
    stack: Stack, browser_context_factory: Any
) -> None:
    visitor = Visitor(stack, browser_context_factory())
    visitor.sign_in("Ms. Rivera")
    visitor.open_course("English 9")
    if not visitor.page.get_by_role("link", name=PROJECT).count():
        visitor.place()
    before = stack.control("GET", "courses")[0]["assignments"][0]
    visitor.open_course("English 9")
    visitor.page.get_by_role("button", name="Copy this course").click()
    copied = stack.control("GET", "courses")[-1]
    twin = next(one for one in copied["assignments"] if one["title"] == before["title"])
    assert twin["resource_link_id"] != before["resource_link_id"]
    assert twin["custom"] == before["custom"]

    visitor.open_assignment(before["title"], copied["title"])
    visitor.see(before["title"])
    expect(visitor.frame.get_by_role("row", name="Maya Torres")).to_be_visible()
    expect(visitor.frame.get_by_text("0 need you")).to_be_visible()
    visitor.sign_in("Maya Torres")
    visitor.open_assignment(before["title"], copied["title"])
    visitor.see(before["title"])
    expect(visitor.frame.get_by_role("textbox").first).to_have_value("")
    visitor.write()
    visitor.send()

    visitor.sign_in("Ms. Rivera")
    visitor.open_assignment(before["title"], copied["title"])
    visitor.rate("7", "A second year, a second look.")
    visitor.await_grade("maya", "7", copied["title"])
    # The first course's gradebook is as it was.
    old = [row for row in stack.control("GET", "gradebook?course=1") if row["person"] == "maya"]
    assert all(row["score"] != 7 for row in old)
