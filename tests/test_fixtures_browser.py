"""The browser fixtures see what a person's browser would do."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page

from tests.fixtures_browser import AxeReport, BrowserContextFactory, Watch

STRICT_CSP = (
    "default-src 'none'; img-src data:; script-src 'nonce-abc' 'strict-dynamic'; style-src 'nonce-abc'; "
    "frame-src http:; require-trusted-types-for 'script'; trusted-types 'none'; "
    "base-uri 'none'; form-action 'self'"
)

GOOD = '<!doctype html><html lang="en"><title>Good</title><main><h1>Plan</h1><p>Text</p></main></html>'
BAD = (
    '<!doctype html><html lang="en"><title>Bad</title><main><h1>Plan</h1><img src="data:,"><input>'
    "<h4>Skipped levels</h4></main></html>"
)
COOKIES = (
    '<!doctype html><html lang="en"><title>Cookies</title><main><h1 id="cookies"></h1></main>'
    "<script nonce=\"abc\">document.getElementById('cookies').textContent = document.cookie || 'none';"
    "</script></html>"
)


class _Pages(BaseHTTPRequestHandler):
    """A few pages with a strict policy; ``/framed`` shows the bad page of another site in a frame."""

    server: ThreadingHTTPServer

    def do_GET(self) -> None:
        port = self.server.server_port
        frame = f'<iframe title="Tool" src="http://127.0.0.1:{port}/bad"></iframe>'
        pages = {
            "/good": GOOD,
            "/bad": BAD,
            "/cookies": COOKIES,
            "/framed": GOOD.replace("<p>Text</p>", frame),
            "/broken": GOOD.replace(
                "</main>", '</main><script nonce="abc">throw new Error("on purpose")</script><img src="/x">'
            ),
            "/tracked": '<!doctype html><title>Tracked</title><img src="http://tracker.invalid/pixel">',
        }
        page = pages.get(self.path)
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if self.path != "/tracked":
            self.send_header("Content-Security-Policy", STRICT_CSP)
        self.send_header("Set-Cookie", "seen=yes; Path=/")
        self.end_headers()
        self.wfile.write((page or "").encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def page(browser_context_factory: BrowserContextFactory) -> Page:
    return browser_context_factory().new_page()


def test_axe_finds_nothing_on_a_good_page(page: Page, axe: Callable[[Page], AxeReport], port: int) -> None:
    page.goto(f"http://127.0.0.1:{port}/good")
    report = axe(page)
    assert not report.serious, str(report)
    assert len(report.frames) == 1


def test_axe_finds_faults_despite_a_strict_policy(
    page: Page, axe: Callable[[Page], AxeReport], port: int
) -> None:
    page.goto(f"http://127.0.0.1:{port}/bad")
    report = axe(page)
    assert {violation.rule for violation in report.serious} == {"image-alt", "label"}
    assert "heading-order" in {violation.rule for violation in report.moderate}


def test_axe_finds_faults_in_a_cross_site_frame(
    page: Page, axe: Callable[[Page], AxeReport], port: int
) -> None:
    page.goto(f"http://localhost:{port}/framed")
    report = axe(page)
    assert {violation.rule for violation in report.serious} == {"image-alt", "label"}
    assert {violation.frame for violation in report.serious} == {f"http://127.0.0.1:{port}/bad"}


@pytest.mark.parametrize(("blocked", "seen"), [(False, "seen=yes"), (True, "none")])
def test_cookies_of_one_origin_can_be_blocked(
    browser_context_factory: BrowserContextFactory, port: int, blocked: bool, seen: str
) -> None:
    tool = f"http://127.0.0.1:{port}"
    page = browser_context_factory(blocked_cookie_origin=tool if blocked else None).new_page()
    page.goto(f"{tool}/cookies")
    assert page.inner_text("#cookies") == seen
    page.goto(f"http://localhost:{port}/cookies")
    assert page.inner_text("#cookies") == "seen=yes"


def test_frames_of_another_site_have_storage_as_in_peoples_browsers(
    browser_context_factory: BrowserContextFactory, port: int
) -> None:
    page = browser_context_factory().new_page()
    page.goto(f"http://localhost:{port}/good")
    source = f"http://127.0.0.1:{port}/good"
    page.evaluate(
        "(src) => document.body.append(Object.assign(document.createElement('iframe'), { src }))", source
    )
    page.frame_locator("iframe").locator("body").wait_for()
    frame = next(frame for frame in page.frames if frame.url == source)
    assert (
        frame.evaluate("() => { localStorage.setItem('word', 'kept'); return localStorage.getItem('word'); }")
        == "kept"
    )


def test_locale_and_size_are_those_asked_for(
    browser_context_factory: BrowserContextFactory, port: int
) -> None:
    page = browser_context_factory(locale="es-US", width=320, height=640).new_page()
    page.goto(f"http://127.0.0.1:{port}/good")
    assert page.evaluate("() => [navigator.language, innerWidth]") == ["es-US", 320]


def test_what_goes_wrong_unseen_is_noted(browser_context_factory: BrowserContextFactory, port: int) -> None:
    context = browser_context_factory(checked=False)
    watch = Watch()
    watch.attach(context)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/good")
    watch.check()
    page.goto(f"http://127.0.0.1:{port}/broken")
    assert "on purpose" in watch.script_errors[0]
    assert "img-src" in watch.policy_violations[0]
    with page.expect_event("requestfailed"):
        page.goto(f"http://127.0.0.1:{port}/tracked")
    assert watch.foreign_requests == ["http://tracker.invalid/pixel"]


def test_a_check_fails_on_what_was_noted() -> None:
    with pytest.raises(AssertionError, match="asked other hosts"):
        Watch(foreign_requests=["http://tracker.invalid/pixel"]).check()
    with pytest.raises(AssertionError, match="scripts failed"):
        Watch(script_errors=["on purpose"]).check()
    with pytest.raises(AssertionError, match="own policy"):
        Watch(policy_violations=["img-src"]).check()
