"""Adding files in a real browser: choosing, dropping, recording, and lines that break."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from playwright.sync_api import Page, Route, expect
from sqlalchemy import delete, select, update

from lti_plp.files.cabinet import MEGABYTE
from lti_plp.files.models import StoredFile
from lti_plp.launch.models import WebSession
from lti_plp.launch.opaque import digest
from lti_plp.launch.toolbox import Toolbox
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import page_blueprint
from tests.files.samples import HOSTILE, SCRIPT, encoded, pdf, picture, wav
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.views.conftest import MAYA, School, Visitor

pytestmark = pytest.mark.journey

FAKE_DEVICES = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
SPOKEN = {"en": "Add a file", "es": "Agregar un archivo"}

TrialPage = Callable[..., Page]


@pytest.fixture(autouse=True)
def trial(app: Flask) -> None:
    """A page with nothing but the field, before the application has answered anything."""
    blueprint = page_blueprint("trial", __name__)
    blueprint.template_folder = "templates"

    @blueprint.get("/trial")
    def show() -> str:
        shown = {"id": request.args["file"], "kind": request.args["kind"]} if request.args else None
        return render_template("trial.html", shown=shown)

    app.register_blueprint(blueprint)


@pytest.fixture
def maya(trial: None, school: School) -> Visitor:
    return school.enter(MAYA, school.place())


@pytest.fixture
def open_trial(maya: Visitor, address: str, browser_context_factory: BrowserContextFactory) -> TrialPage:
    """Open the trial page in a browser; options are those of the browser."""

    def opened(query: str = "", **options: Any) -> Page:
        context = browser_context_factory(**options)
        maya.move_to(context, address)
        page = context.new_page()
        page.goto(address + maya.address("trial") + query)
        return page

    return opened


@pytest.fixture
def page(open_trial: TrialPage) -> Page:
    return open_trial()


@pytest.fixture
def stored(toolbox: Toolbox) -> Callable[[], list[StoredFile]]:
    """Every file that the tool knows of."""

    def look() -> list[StoredFile]:
        with toolbox.sessions() as session:
            return list(session.scalars(select(StoredFile).order_by(StoredFile.created_at)))

    return look


Stored = Callable[[], list[StoredFile]]


def choose(page: Page, name: str, content: bytes) -> None:
    """Choose a file, whose name and type may say what they like."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})


def added(page: Page) -> str:
    """Wait until the file is there; its id in the form."""
    expect(page.get_by_role("status").get_by_text("Added.")).to_be_visible()
    return page.locator('input[name="file_id"]').input_value()


class TestChoosing:
    def test_picture(self, page: Page, stored: Stored) -> None:
        page.evaluate("addEventListener('file-ready', (event) => { window.told = event.detail; })")
        choose(page, "robot.jpg", encoded("JPEG", picture(800, 600)))
        file_id = added(page)
        (row,) = stored()
        assert (row.id, row.state, row.content_type) == (file_id, "ready", "image/jpeg")
        told = page.evaluate("window.told")
        assert (told["id"], told["kind"], told["name"]) == (file_id, "image", "robot.jpg")
        expect(page.locator(".upload-done img")).to_have_js_property("naturalWidth", 480)
        report = run_axe(page)
        assert not report.serious, str(report)

    def test_in_many_pieces(self, page: Page, stored: Stored) -> None:
        choose(page, "notes.txt", b"A long story. " * 400_000)
        added(page)
        (row,) = stored()
        assert row.size == 14 * 400_000

    def test_another_one_instead(self, page: Page, stored: Stored) -> None:
        page.evaluate("addEventListener('file-gone', () => { window.gone = true; })")
        choose(page, "one.txt", b"one")
        first = added(page)
        page.get_by_role("button", name="Choose another").click()
        assert page.locator('input[name="file_id"]').input_value() == ""
        assert page.evaluate("window.gone")
        expect(page.get_by_role("button", name="Choose a file")).to_be_focused()
        choose(page, "two.txt", b"two")
        assert added(page) != first
        assert len(stored()) == 2

    def test_dropped(self, page: Page) -> None:
        page.locator(".upload").evaluate(
            """(field) => {
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File(['dropped words'], 'dropped.txt'));
                field.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
            }"""
        )
        added(page)
        expect(page.locator(".upload-done")).to_contain_text("dropped.txt")

    def test_by_keyboard(self, page: Page) -> None:
        expect(page.get_by_role("button", name="Choose a file")).to_be_visible()
        page.get_by_role("button", name="Choose a file").focus()
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Enter")
        chooser.value.set_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"words"})
        added(page)
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Choose another")).to_be_focused()

    def test_names_stay_out_of_the_browsers_storage(self, page: Page) -> None:
        choose(page, "my secret diary.txt", b"words")
        added(page)
        assert page.evaluate("JSON.stringify([localStorage, sessionStorage])").count("diary") == 0


class TestRefused:
    @pytest.mark.parametrize(
        ("what", "words"),
        [
            ("SVG with script", "This file holds a program or a web page. Print it to a PDF"),
            ("ZIP", "This is a package of files. Unpack it"),
            ("GIF with a ZIP behind", "Something is hidden in this file."),
            ("docm", "This document holds macros."),
        ],
    )
    def test_in_plain_words_and_one_can_go_on(self, page: Page, what: str, words: str) -> None:
        choose(page, "homework.jpg", HOSTILE[what][1])
        expect(page.get_by_role("status").last).to_contain_text(words)
        assert page.locator('input[name="file_id"]').input_value() == ""
        report = run_axe(page)
        assert not report.serious, str(report)
        choose(page, "good.txt", b"words")
        added(page)

    def test_nothing_in_it(self, page: Page) -> None:
        choose(page, "empty.txt", b"")
        expect(page.get_by_role("status").last).to_contain_text("This file is empty.")

    def test_too_large_before_a_byte_is_sent(self, page: Page) -> None:
        page.locator(".upload").evaluate(
            f"""(field) => {{
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File([new Uint8Array({201 * MEGABYTE})], 'film.mp4'));
                field.dispatchEvent(new DragEvent('drop', {{ dataTransfer, bubbles: true, cancelable: true }}));
            }}"""
        )
        status = page.get_by_role("status").last
        expect(status).to_contain_text("This file is too large. Files may have up to 200 MB.")

    def test_session_that_has_ended(self, page: Page, toolbox: Toolbox) -> None:
        with toolbox.sessions.begin() as session:
            session.execute(delete(WebSession))
        choose(page, "a.txt", b"words")
        expect(page.get_by_role("dialog")).to_contain_text("Open this again from your course")


class TestBrokenLine:
    def test_goes_on_where_it_stopped(self, page: Page, stored: Stored) -> None:
        """The line breaks after the first piece; when it is back, nothing that was there is sent again."""
        content = b"Some words. " * 500_000
        pieces: list[str] = []

        def pass_one(route: Route) -> None:
            if route.request.method != "PATCH":
                route.continue_()
                return
            pieces.append(route.request.headers["upload-offset"])
            if len(pieces) == 2:
                page.context.set_offline(True)
                route.abort("internetdisconnected")
            else:
                route.continue_()

        page.route(re.compile("/files/"), pass_one)
        choose(page, "long.txt", content)
        status = page.get_by_role("status").last
        expect(status).to_have_text("Waiting for your connection; nothing is lost.")
        report = run_axe(page)
        assert not report.serious, str(report)
        (row,) = stored()
        assert (row.state, row.received) == ("receiving", 2 * MEGABYTE)
        page.context.set_offline(False)
        added(page)
        assert pieces == ["0", str(2 * MEGABYTE), str(2 * MEGABYTE), str(4 * MEGABYTE)]
        (row,) = stored()
        assert (row.state, row.size) == ("ready", len(content))

    def test_answer_to_the_finish_is_lost(self, page: Page, stored: Stored) -> None:
        asked: list[str] = []

        def lose_first(route: Route) -> None:
            asked.append(route.request.url)
            if len(asked) == 1:
                route.fetch()
                route.abort("connectionreset")
            else:
                route.continue_()

        page.route(re.compile("/finish$"), lose_first)
        choose(page, "a.txt", b"words")
        added(page)
        assert len(asked) == 2
        assert [row.state for row in stored()] == ["ready"]

    def test_server_in_trouble(self, page: Page) -> None:
        is_down = True

        def fail(route: Route) -> None:
            if is_down:
                route.fulfill(status=503, body="<h1>Bad gateway</h1>")
            else:
                route.continue_()

        page.route(re.compile("/files$"), fail)
        choose(page, "a.txt", b"words")
        expect(page.get_by_role("status").last).to_contain_text("Trying again; nothing is lost.")
        is_down = False
        added(page)

    def test_cancelled(self, page: Page, stored: Stored) -> None:
        page.route(re.compile("/finish$"), lambda route: route.abort("connectionreset"))
        choose(page, "a.txt", b"words")
        expect(page.get_by_role("status").last).to_contain_text("Waiting for your connection")
        with page.expect_response(lambda response: response.request.method == "DELETE"):
            page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("status").last).to_have_text("Cancelled. Nothing was kept.")
        expect(page.get_by_role("button", name="Choose a file")).to_be_focused()
        assert stored() == []


class TestRecording:
    @pytest.fixture
    def page(self, open_trial: TrialPage) -> Page:
        return open_trial(arguments=FAKE_DEVICES)

    def time(self, page: Page, seconds: int) -> None:
        expect(page.get_by_role("timer")).to_contain_text(re.compile(f"0:0{seconds}"))

    def test_voice(self, page: Page, stored: Stored) -> None:
        page.get_by_role("button", name="Record my voice").click()
        self.time(page, 1)
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("status").last).to_have_text("Paused")
        page.get_by_role("button", name="Go on").click()
        self.time(page, 2)
        report = run_axe(page)
        assert not report.serious, str(report)
        page.get_by_role("button", name="Stop").click()
        player = page.locator("audio[data-replay-audio]")
        expect(player).to_be_visible()
        player.evaluate("(player) => player.play()")
        expect(page.get_by_role("timer")).to_contain_text("of 10:00")
        report = run_axe(page)
        assert not report.serious, str(report)
        page.get_by_role("button", name="Use this recording").click()
        added(page)
        (row,) = stored()
        assert row.content_type == "audio/webm"
        assert row.original_name.startswith("Voice recording 20")

    def test_video(self, page: Page, stored: Stored) -> None:
        page.get_by_role("button", name="Record a video").click()
        expect(page.locator("video[data-live]")).to_have_js_property("paused", False)
        self.time(page, 1)
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("video[data-replay-video]")).to_be_visible()
        page.get_by_role("button", name="Use this recording").click()
        added(page)
        (row,) = stored()
        assert row.content_type == "video/webm"

    def test_again_and_never_mind(self, page: Page, stored: Stored) -> None:
        page.get_by_role("button", name="Record my voice").click()
        self.time(page, 1)
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("button", name="Record again").click()
        self.time(page, 0)
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name="Choose a file")).to_be_focused()
        assert stored() == []

    def test_by_keyboard(self, page: Page) -> None:
        expect(page.get_by_role("button", name="Record my voice")).to_be_visible()
        page.get_by_role("button", name="Record my voice").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Stop")).to_be_focused()
        self.time(page, 1)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Use this recording")).to_be_focused()
        page.keyboard.press("Enter")
        added(page)

    def test_ends_at_the_limit(self, page: Page) -> None:
        page.clock.install()
        page.get_by_role("button", name="Record my voice").click()
        self.time(page, 1)
        page.clock.fast_forward("10:01")
        expect(page.get_by_role("status").last).to_have_text("That is as long as a recording can be.")
        expect(page.get_by_role("timer")).to_have_text("10:00 of 10:00")
        expect(page.get_by_role("button", name="Use this recording")).to_be_visible()


class TestNoRecording:
    def test_said_kindly_when_it_is_not_allowed(self, page: Page) -> None:
        page.evaluate(
            """() => {
                const refusal = new DOMException('', 'NotAllowedError');
                navigator.mediaDevices.getUserMedia = () => Promise.reject(refusal);
            }"""
        )
        page.get_by_role("button", name="Record my voice").click()
        expect(page.get_by_role("status").last).to_contain_text("not allowed to use the microphone")
        expect(page.get_by_role("button", name="Choose a file")).to_be_visible()

    def test_said_kindly_when_there_is_none(self, page: Page) -> None:
        """A machine without a microphone, as the one that runs the tests."""
        page.get_by_role("button", name="Record my voice").click()
        expect(page.get_by_role("status").last).to_contain_text("No microphone or camera was found")

    def test_said_kindly_when_the_browser_cannot(self, page: Page) -> None:
        page.evaluate("delete window.MediaRecorder")
        page.get_by_role("button", name="Record a video").click()
        expect(page.get_by_role("status").last).to_contain_text("This browser cannot record here")

    def test_other_pages_may_not_ask(self, maya: Visitor) -> None:
        assert "microphone=()" in maya.client.get(maya.page).headers["Permissions-Policy"]
        assert "microphone=(self)" in maya.get("trial").headers["Permissions-Policy"]


class TestShown:
    @pytest.fixture
    def keep(self, page: Page) -> Callable[[bytes], str]:
        def kept(content: bytes) -> str:
            choose(page, "anything", content)
            return added(page)

        return kept

    def test_sound_is_played_in_parts(self, keep: Callable[[bytes], str], open_trial: TrialPage) -> None:
        file_id = keep(wav(80_000))
        page = open_trial(f"?kind=audio&file={file_id}")
        player = page.locator("audio.shown-file")
        expect(player).to_have_js_property("duration", 10)
        assert player.evaluate("(one) => { one.currentTime = 7; return one.seekable.end(0); }") == 10

    def test_pdf_is_shown_by_the_browser(self, keep: Callable[[bytes], str], open_trial: TrialPage) -> None:
        file_id = keep(pdf())
        page = open_trial(f"?kind=pdf&file={file_id}")
        with page.context.expect_page() as opened, page.expect_popup():
            page.get_by_role("link", name="The file").click()
        assert "/files/" in opened.value.url

    def test_pictures_where_no_cookie_is_kept(
        self,
        keep: Callable[[bytes], str],
        maya: Visitor,
        address: str,
        toolbox: Toolbox,
        browser_context_factory: BrowserContextFactory,
    ) -> None:
        """The page was given a signed address; later its own script asks for a new one."""
        file_id = keep(encoded("PNG", picture(90, 50)))
        with toolbox.sessions.begin() as session:
            session.execute(
                update(WebSession).values(browser_hash=None, token_hash=digest("token-of-a-page"))
            )
        page = browser_context_factory().new_page()
        page.set_extra_http_headers({"Authorization": "Bearer token-of-a-page"})
        page.goto(f"{address}{maya.address('trial')}?kind=image&file={file_id}")
        picture_shown = page.locator("img.shown-file")
        expect(picture_shown).to_have_js_property("naturalWidth", 90)
        assert "key=" in str(picture_shown.get_attribute("src"))
        picture_shown.evaluate("(one) => { one.src = one.src.replace('key=', 'key=x'); }")
        expect(picture_shown).to_have_js_property("naturalWidth", 90)
        assert "key=x" not in str(picture_shown.get_attribute("src"))


@pytest.mark.parametrize("locale", ["en", "es"])
@pytest.mark.parametrize("width", [320, 1280])
def test_fits_and_speaks(
    school: School,
    address: str,
    browser_context_factory: BrowserContextFactory,
    tmp_path: Path,
    width: int,
    locale: str,
) -> None:
    visitor = school.enter(MAYA, school.place(), locale=locale)
    context = browser_context_factory(width=width, arguments=FAKE_DEVICES)
    visitor.move_to(context, address)
    page = context.new_page()
    page.goto(address + visitor.address("trial"))
    field = page.get_by_role("group", name=SPOKEN[locale])
    expect(field).to_be_visible()

    def fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        report = run_axe(page)
        assert not report.serious, str(report)

    fits()
    page.locator('[data-record="video"]').click()
    expect(page.get_by_role("timer")).to_contain_text("0:01")
    fits()
    page.locator('[data-do="stop"]').click()
    expect(page.locator('[data-do="use"]')).to_be_visible()
    fits()
    page.locator('[data-do="use"]').click()
    expect(page.locator("[data-take-back]")).to_be_visible()
    fits()


def test_no_script_of_a_file_ever_runs(
    open_trial: TrialPage, page: Page, address: str, maya: Visitor
) -> None:
    """A text that looks like nothing in particular is not guessed to be a page."""
    choose(page, "page.html", b"words and <b>more</b> words " + SCRIPT.replace(b"script", b"scr1pt"))
    file_id = added(page)
    with page.expect_download() as download:
        page.evaluate("address => { location.href = address; }", maya.address(f"files/{file_id}"))
    assert download.value.suggested_filename == "page.txt"
