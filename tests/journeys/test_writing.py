"""Writing: nothing typed is lost; and everything works by keyboard and in Spanish."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lti_plp.plp.models import KeptAnswer, ReflectionAnswer
from tests.fixtures_stack import Stack
from tests.journeys.steps import PROJECT, Visitor, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def _placed(stack: Stack) -> None:
    """A reflection stands in the course; the teacher placed it through the LMS without a browser."""
    if not stack.has_reflection:
        place_without_browser(stack)
        stack.has_reflection = True


def place_without_browser(stack: Stack) -> None:
    """Go through deep linking with plain HTTP."""
    import html

    import requests

    begun = stack.control("POST", "launch", {"person": "rivera", "deep_linking": {}})
    web, lms = Tool(stack), requests.Session()
    login = web.get(begun["url"], params=begun["parameters"])
    form = lms.get(login.headers["Location"], timeout=30).text
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    picker = web.post(
        f"{stack.tool}/lti/launch", {name: html.unescape(text) for name, text in fields.items()}
    )
    address = stack.tool + picker.headers["Content-Location"]
    token = re.search(r'name="csrf_token" value="(\w+)"', web.get(address).text)
    assert token
    sent = {
        "csrf_token": token[1],
        "set_id": "project",
        "title": PROJECT,
        "instructions": "",
        "question": ["What went well?", "What next?"],
        "source": ["", ""],
        "grading": "points",
        "points": "10",
        "layout": "one",
        "allow_resubmit": "1",
        "basket": "[]",
    }
    page = web.post(f"{address}/place", sent).text
    action, jwt = re.search(r'action="([^"]+)"', page), re.search(r'name="JWT" value="([^"]+)"', page)
    assert action
    assert jwt
    answer = lms.post(html.unescape(action[1]), data={"JWT": html.unescape(jwt[1])}, timeout=30).text
    handle = re.search(r'data-handle="([^"]+)"', answer)
    assert handle, answer
    lms.cookies.clear()
    sign_in = lms.post(f"{stack.lms}/sign_in", data={"person": "rivera"}, allow_redirects=False, timeout=30)
    cookie = sign_in.headers["Set-Cookie"].split(";")[0]
    done = lms.post(
        f"{stack.lms}/courses/1/add_picked",
        data={"handle": handle[1]},
        headers={"Cookie": cookie},
        allow_redirects=False,
        timeout=30,
    )
    assert done.status_code == 303


class Tool:
    """A client of the tool that keeps its cookie, also over http on loopback."""

    def __init__(self, stack: Stack) -> None:
        import requests

        self.session = requests.Session()
        self.headers = {"Cookie": "__Host-lti_plp=" + "c" * 32}

    def get(self, url: str, **more: Any) -> Any:
        return self.session.get(url, headers=self.headers, allow_redirects=False, timeout=30, **more)

    def post(self, url: str, data: Any) -> Any:
        return self.session.post(url, data=data, headers=self.headers, allow_redirects=False, timeout=30)


def texts_of(stack: Stack, person: str) -> list[str]:
    """What the server holds of anybody's answers; each test uses a person of its own."""
    del person
    with stack.database() as session:
        return list(session.scalars(select(ReflectionAnswer.text)))


def holds(stack: Stack, text: str) -> bool:
    return text in texts_of(stack, "")


def test_words_survive_a_dropped_line(stack: Stack, browser_context_factory: Any) -> None:
    visitor = Visitor(stack, browser_context_factory())
    visitor.sign_in("Leo Bouchard")
    visitor.open_assignment(PROJECT)
    field = visitor.frame.get_by_role("textbox")
    field.fill("Before the line dropped.")
    wait_until(visitor.page, lambda: holds(stack, "Before the line dropped."), "first words on the server")
    visitor.context.set_offline(True)
    field.fill("Before the line dropped. And while it was gone.")
    expect(visitor.frame.get_by_text("Your words are safe on this page.", exact=False).first).to_be_visible()
    visitor.context.set_offline(False)
    expect(visitor.frame.get_by_text("Saved just now")).to_be_visible()
    wait_until(
        visitor.page,
        lambda: holds(stack, "Before the line dropped. And while it was gone."),
        "all words on the server",
    )


def test_words_survive_a_closed_tab(stack: Stack, browser_context_factory: Any) -> None:
    visitor = Visitor(stack, browser_context_factory())
    visitor.sign_in("Sam Nguyen")
    visitor.open_assignment(PROJECT)
    # This types faster than any hand: the page's script has to be there, or nobody could keep a word of it.
    expect(visitor.frame.locator("form.reflection[data-ready]")).to_be_visible()
    visitor.frame.get_by_role("textbox").press_sequentially("Typed, and gone at once")
    visitor.page.close(run_before_unload=False)
    visitor.page = visitor.context.new_page()
    visitor.open_assignment(PROJECT)
    expect(visitor.frame.locator("#answer-q1")).to_have_value("Typed, and gone at once")
    wait_until(visitor.page, lambda: holds(stack, "Typed, and gone at once"), "the words on the server")


def test_two_windows_keep_both_versions(stack: Stack, browser_context_factory: Any) -> None:
    first = Visitor(stack, browser_context_factory())
    first.sign_in("Maya Torres")
    first.open_assignment(PROJECT)
    second = Visitor(stack, first.context)
    second.open_assignment(PROJECT)
    expect(second.frame.get_by_role("textbox")).to_be_visible()
    first.frame.get_by_role("textbox").fill("From the first window.")
    expect(first.frame.get_by_text("Saved just now")).to_be_visible()
    wait_until(first.page, lambda: holds(stack, "From the first window."), "the first window's words")
    second.frame.get_by_role("textbox").fill("From the second window.")
    expect(second.frame.get_by_text("You also wrote in another window.", exact=False)).to_be_visible()
    expect(second.frame.get_by_text("From the first window.")).to_be_visible()
    expect(second.frame.get_by_role("textbox")).to_have_value("From the second window.")
    with stack.database() as session:
        kept = list(session.scalars(select(KeptAnswer.text)))
    assert "From the second window." in kept
    assert holds(stack, "From the first window.")


def test_student_view_saves_nothing(stack: Stack, browser_context_factory: Any) -> None:
    visitor = Visitor(stack, browser_context_factory())
    visitor.sign_in("Ms. Rivera")
    visitor.open_course("English 9")
    visitor.page.get_by_role("button", name="Student View").click()
    visitor.page.get_by_role("link", name=PROJECT).click()
    expect(visitor.frame.get_by_text("Nothing you type here is saved.", exact=False)).to_be_visible()
    visitor.frame.get_by_role("textbox").fill("Only trying.")
    visitor.frame.get_by_role("button", name="Next").click()
    visitor.frame.get_by_role("button", name="Next").click()
    expect(visitor.frame.get_by_role("button", name="Send to")).to_be_disabled()
    visitor.check_accessibility("preview")
    assert not holds(stack, "Only trying.")


def test_parent_is_told_kindly(stack: Stack, browser_context_factory: Any) -> None:
    visitor = Visitor(stack, browser_context_factory())
    visitor.sign_in("Ana Torres")
    visitor.open_assignment(PROJECT)
    visitor.see("This page is for students")
    expect(visitor.frame.get_by_role("textbox")).to_have_count(0)
    visitor.check_accessibility("error")


def test_whole_loop_by_keyboard(stack: Stack, browser_context_factory: Any) -> None:
    """Only keys from the moment the LMS's page is open: Tab, Enter, Space, letters."""
    visitor = Visitor(stack, browser_context_factory())
    visitor.sign_in("Ms. Rivera")
    visitor.open_course("English 9")
    tab_to(visitor, "link", "Add assignment from")
    visitor.page.keyboard.press("Enter")
    visitor.see("What do you want to place?")
    tab_to(visitor, "button", "Set a goal", in_frame=True)
    visitor.page.keyboard.press("Enter")
    expect(visitor.frame.get_by_label("Title", exact=True)).to_have_value("Set a goal")
    tab_to(visitor, "button", "Move down", in_frame=True)
    first = visitor.frame.locator("#question_0").input_value()
    visitor.page.keyboard.press("Enter")
    expect(visitor.frame.locator("#question_1")).to_have_value(first)
    tab_to(visitor, "button", "Put into English 9", in_frame=True)
    visitor.page.keyboard.press("Enter")
    expect(visitor.frame.get_by_role("button", name="Add to the course")).to_be_visible()
    tab_to(visitor, "button", "Add to the course", in_frame=True)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("link", name="Set a goal")).to_be_visible()

    visitor.sign_in("Maya Torres")
    tab_to(visitor, "link", "Set a goal")
    visitor.page.keyboard.press("Enter")
    visitor.see("Set a goal")
    for number in range(4):
        tab_to(visitor, "textbox", "", in_frame=True)
        visitor.page.keyboard.type(f"Answer {number}")
        tab_to(visitor, "button", "Next", in_frame=True)
        visitor.page.keyboard.press("Enter")
    expect(visitor.frame.get_by_role("heading", name="Look it over")).to_be_visible()
    tab_to(visitor, "button", "Send to", in_frame=True)
    visitor.page.keyboard.press("Enter")
    expect(visitor.frame.get_by_text("Sent.", exact=True)).to_be_visible()

    visitor.sign_in("Ms. Rivera")
    tab_to(visitor, "link", "Set a goal")
    visitor.page.keyboard.press("Enter")
    visitor.see("Set a goal")
    tab_to(visitor, "link", "Read the next one", in_frame=True)
    visitor.page.keyboard.press("Enter")
    visitor.see("Maya Torres")
    tab_to(visitor, "textbox", "Points", in_frame=True)
    visitor.page.keyboard.type("8")
    tab_to(visitor, "button", "Send and next", in_frame=True)
    visitor.page.keyboard.press("Enter")
    expect(visitor.frame.get_by_text("8 of 10 points")).to_be_visible()


def tab_to(visitor: Visitor, role: Any, name: str, *, in_frame: bool = False, most: int = 120) -> None:
    """Press Tab until the focus is on something; it must be visible there."""
    where = visitor.frame if in_frame else visitor.page
    target = where.get_by_role(role, name=name) if name else where.get_by_role(role)
    target = target.and_(where.locator(":focus"))
    for _ in range(most):
        visitor.page.keyboard.press("Tab")
        if target.count():
            return
    raise AssertionError(f"Tab never reaches {role} {name!r}")


def test_spanish_from_the_picker_to_the_answer(stack: Stack, browser_context_factory: Any) -> None:
    """The platform says English; the teacher chooses Spanish questions; a tab of the browser's own is Spanish."""
    visitor = Visitor(stack, browser_context_factory(locale="es-MX"))
    visitor.sign_in("Ms. Rivera")
    visitor.open_course("English 9")
    visitor.page.get_by_role("link", name="Add assignment from").click()
    visitor.see("What do you want to place?")
    visitor.frame.get_by_label("Language of the questions", exact=True).select_option("es")
    expect(visitor.frame.locator("#question_0")).to_have_value(re.compile("^¿"))
