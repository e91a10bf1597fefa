"""What the pages' scripts do, in a real browser in front of the real application."""

from urllib.parse import urlencode

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from lti_plp.launch.models import WebSession
from lti_plp.launch.toolbox import Toolbox
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.fixtures_tool import Register
from tests.launching import Browser
from tests.platform_server import PlatformServer, Reply, Request
from tests.views.conftest import MAYA, RIVERA, Open, School, Visitor, questions
from tests.views.test_pages import PAGES

pytestmark = pytest.mark.journey


def saved(page: Page) -> None:
    expect(page.get_by_text("Saved just now")).to_be_visible()


class TestWriting:
    @pytest.fixture
    def template(self, school: School) -> str:
        return school.place()

    @pytest.fixture
    def maya(self, school: School, template: str) -> Visitor:
        return school.enter(MAYA, template)

    @pytest.mark.parametrize(
        ("button", "text"),
        [
            ("Keep the words above", "Second window."),
            ("Take these words", "First window."),
            ("Put both together", "Second window.\n\nFirst window."),
        ],
    )
    def test_two_windows(self, maya: Visitor, open_page: Open, button: str, text: str) -> None:
        first, second = open_page(maya), open_page(maya)
        first.get_by_role("textbox").fill("First window.")
        saved(first)
        second.get_by_role("textbox").fill("Second window.")
        expect(second.get_by_text("You also wrote in another window.")).to_be_visible()
        report = run_axe(second)
        assert not report.serious, str(report)
        second.get_by_role("button", name=button).click()
        saved(second)
        expect(second.get_by_role("textbox")).to_have_value(text)
        second.reload()
        expect(second.locator("#answer-q1")).to_have_value(text)

    def test_nothing_is_sent_while_the_line_is_down(self, maya: Visitor, open_page: Open) -> None:
        page = open_page(maya)
        page.get_by_role("textbox").fill("One.")
        saved(page)
        page.get_by_role("button", name="Next").click()
        page.context.set_offline(True)
        page.get_by_role("textbox").fill("Two, without a line.")
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Send to").click()
        expect(page.get_by_role("alert")).to_contain_text("Your words are safe on this page.")
        expect(page.get_by_text("Two, without a line.", exact=True)).to_be_visible()
        page.context.set_offline(False)
        saved(page)
        page.get_by_role("button", name="Send to").click()
        expect(page.get_by_text("Sent.", exact=True)).to_be_visible()
        expect(page.get_by_text("Two, without a line.")).to_be_visible()

    def test_sending_at_once_after_the_last_letter(self, maya: Visitor, open_page: Open) -> None:
        page = open_page(maya)
        for _ in range(2):
            page.get_by_role("textbox").press_sequentially("Typed to the very end")
            page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Send to").click()
        expect(page.get_by_text("Typed to the very end")).to_have_count(2)
        expect(page.get_by_role("link", name="Change my answers")).to_be_visible()

    def test_session_that_has_ended_keeps_the_words(
        self, maya: Visitor, open_page: Open, toolbox: Toolbox
    ) -> None:
        page = open_page(maya)
        with toolbox.sessions.begin() as session:
            session.execute(delete(WebSession))
        page.get_by_role("textbox").fill("Not to be lost.")
        expect(page.get_by_role("dialog")).to_contain_text("Your words are safe here")
        page.get_by_role("button", name="Back to my words").click()
        expect(page.get_by_role("textbox")).to_have_value("Not to be lost.")

    def test_words_of_an_ended_session_are_there_in_the_next(
        self, school: School, template: str, maya: Visitor, open_page: Open, toolbox: Toolbox
    ) -> None:
        page = open_page(maya)
        with toolbox.sessions.begin() as session:
            session.execute(delete(WebSession))
        page.get_by_role("textbox").fill("Not to be lost.")
        expect(page.get_by_role("dialog")).to_be_visible()
        again = open_page(school.enter(MAYA, template))
        expect(again.locator("#answer-q1")).to_have_value("Not to be lost.")
        expect(again.get_by_text("Saved just now")).to_be_visible()
        assert again.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('lti_plp:'))") == []

    def test_unsaved_words_of_something_sent_are_not_thrown_away(
        self, school: School, template: str, maya: Visitor, open_page: Open, toolbox: Toolbox
    ) -> None:
        """Sent, taken up again, not saved, closed: the page then shows what was sent, and says that there is more."""
        maya.post("reflection/submit", answer_q1="Sent words.", revision_q1="0")
        page = open_page(maya)
        expect(page.get_by_text("Sent.", exact=True)).to_be_visible()
        expect(page.get_by_text("You wrote more")).to_be_hidden()
        page.get_by_role("link", name="Change my answers").click()
        expect(page.locator("form.reflection[data-ready]")).to_be_visible()
        with toolbox.sessions.begin() as session:
            session.execute(delete(WebSession))
        page.get_by_role("textbox").fill("And more, which nobody saved.")
        expect(page.get_by_role("dialog")).to_be_visible()
        again = open_page(school.enter(MAYA, template))
        expect(again.get_by_text("Sent.", exact=True)).to_be_visible()
        again.get_by_role("link", name="Go on writing").click()
        expect(again.locator("#answer-q2")).to_have_value("And more, which nobody saved.")
        saved(again)

    def test_nothing_written_yet(self, maya: Visitor, open_page: Open) -> None:
        page = open_page(maya)
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Send to").click()
        expect(page.get_by_role("alert")).to_contain_text("There is nothing to send yet.")
        expect(page.locator("#answer-q1")).to_be_focused()

    def test_all_on_one_page(self, school: School, open_page: Open) -> None:
        page = open_page(school.enter(MAYA, school.place(layout="all")))
        expect(page.get_by_role("textbox")).to_have_count(2)
        page.locator("#answer-q2").fill("Both at once.")
        page.get_by_role("button", name="Send to").click()
        expect(page.get_by_text("Sent.", exact=True)).to_be_visible()


class ElsewherePlatform(PlatformServer):
    """A platform whose authorization address sends people on to another host, as hosted Canvas does to a school's."""

    def answer(self, request: Request) -> Reply:
        """Redirect, and say who arrived."""
        if request.path == "/authorize":
            self.requests.append(request)
            there = self.url.replace("127.0.0.1", "localhost")
            return Reply(302, headers={"Location": f"{there}/arrived"})
        if request.path == "/arrived":
            return Reply(200, b"<h1>Arrived</h1>", {"Content-Type": "text/html"})
        return super().answer(request)


def test_login_follows_the_platform_to_another_host(
    app: Flask, address: str, browser_context_factory: BrowserContextFactory, register: Register
) -> None:
    with ElsewherePlatform() as platform:
        register(platform)
        page = browser_context_factory().new_page()
        page.goto(f"{address}/lti/login?{urlencode(Browser(app, platform).login_params())}")
        expect(page.get_by_role("heading", name="Arrived")).to_be_visible()
        (asked,) = [one.query for one in platform.requests if one.path == "/authorize"]
    assert asked["response_mode"] == "form_post"
    assert asked["state"]


class TestPicker:
    @pytest.fixture
    def picker(self, school: School, open_page: Open) -> Page:
        return open_page(school.pick())

    def texts(self, page: Page) -> list[str]:
        return [field.input_value() for field in page.locator("#rows textarea").all()]

    def test_move_remove_undo(self, picker: Page) -> None:
        first, second, third = self.texts(picker)
        picker.get_by_role("button", name="Move down").first.click()
        assert self.texts(picker) == [second, first, third]
        picker.get_by_role("button", name="Remove").nth(1).click()
        assert self.texts(picker) == [second, third]
        expect(picker.get_by_role("button", name="Undo")).to_be_focused()
        picker.keyboard.press("Enter")
        assert self.texts(picker) == [second, first, third]
        expect(picker.get_by_label("Question 2")).to_be_focused()

    def test_preview_follows(self, picker: Page) -> None:
        picker.get_by_role("button", name="Write my own").click()
        picker.keyboard.type("What surprised me?")
        picker.get_by_label("Title", exact=True).fill("Friday")
        preview = picker.locator("#preview")
        expect(preview).to_contain_text("What surprised me?")
        expect(preview).to_contain_text("Friday")

    def test_typing_points_means_points(self, picker: Page) -> None:
        picker.get_by_label("Not graded").check()
        picker.get_by_label("Points to be had").fill("25")
        expect(picker.get_by_label("Points", exact=True)).to_be_checked()

    def test_another_language_at_once(self, picker: Page) -> None:
        picker.get_by_label("Title", exact=True).fill("My own title")
        picker.get_by_label("Language of the questions").select_option("es")
        expect(picker.locator("#question_0")).to_have_value("¿Qué salió bien, y cómo lo sé?")
        expect(picker.get_by_label("Title", exact=True)).to_have_value("My own title")

    def test_enter_in_a_field_presses_nothing(self, picker: Page) -> None:
        picker.get_by_label("Title", exact=True).press("Enter")
        expect(picker.get_by_role("heading", name="What do you want to place?")).to_be_visible()

    def test_problem_is_where_the_reader_is(self, picker: Page) -> None:
        picker.get_by_label("Title", exact=True).fill("")
        picker.get_by_role("button", name="Put into English 9").first.click()
        expect(picker.locator("#problems")).to_be_focused()
        picker.get_by_role("link", name="Title: Please fill this in.").click()
        expect(picker.get_by_label("Title", exact=True)).to_be_focused()


class TestReview:
    def test_keys_send_and_a_typed_comment_is_not_left_behind(self, school: School, open_page: Open) -> None:
        template = school.place(*questions(1))
        school.enter(MAYA, template).post("reflection/submit", answer_q1="I tested it.", revision_q1="0")
        page = open_page(school.enter(RIVERA, template))
        page.get_by_role("link", name="Maya Torres").click()
        page.get_by_label("Points, of 10").fill("9")
        page.get_by_label("Your comment").press_sequentially("Well tested.")
        asked: list[str] = []

        def stay(dialog: object) -> None:
            asked.append(dialog.type)  # type: ignore[attr-defined]
            dialog.dismiss()  # type: ignore[attr-defined]

        page.on("dialog", stay)
        page.get_by_role("link", name="Quick check-in").click(no_wait_after=True)
        expect(page.get_by_label("Your comment")).to_have_value("Well tested.")
        assert asked == ["beforeunload"]
        page.get_by_label("Your comment").press("Control+Enter")
        expect(page.get_by_text("9 of 10 points")).to_be_visible()

    def test_by_keys_alone_and_on_to_what_else_waits(self, school: School, open_page: Open) -> None:
        template = school.place(*questions(1))
        school.enter(MAYA, template).post("reflection/submit", answer_q1="I tested it.", revision_q1="0")
        page = open_page(school.enter(RIVERA, template))
        page.get_by_role("link", name="Read the next one").click()
        page.locator("form.rating[data-keys]").wait_for()
        page.keyboard.press("p")
        page.keyboard.type("9")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("9 of 10 points")).to_be_visible()
        page.get_by_role("link", name="See what else waits").click()
        expect(page.get_by_text("Nothing waits for you. Well done.")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1280])
def test_pages_need_no_scrolling_sideways(
    school: School, address: str, browser_context_factory: BrowserContextFactory, width: int
) -> None:
    template = school.place(title="A-title-of-one-very-long-word-without-any-blank-in-it-whatsoever")
    context = browser_context_factory(width=width)
    for visitor in (school.enter(MAYA, template), school.enter(RIVERA, template), school.pick()):
        visitor.move_to(context, address)
        page = context.new_page()
        page.goto(address + visitor.page)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), visitor.page
        page.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_is_accessible(
    school: School, address: str, browser_context_factory: BrowserContextFactory, width: int
) -> None:
    """Each page as the application answers it, with its style sheet and its scripts."""
    page, answer = browser_context_factory(width=width).new_page(), [""]
    page.route(f"{address}/under-test", lambda route: route.fulfill(body=answer[0], content_type="text/html"))
    for which, (name, ask) in PAGES.items():
        answer[0] = ask(school, "en").get_data(as_text=True)
        page.goto(f"{address}/under-test")
        expect(page.locator(f"body[data-page={name}]")).to_be_visible()
        report = run_axe(page)
        assert not report.serious, f"{which}: {report}"
