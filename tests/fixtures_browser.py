"""Debian's Chromium under Playwright, and axe-core for accessibility.

``localhost`` and ``127.0.0.1`` are two sites to a browser whatever their ports, so a platform on the one with
a frame of the tool on the other is a true cross-site frame.
"""

import json
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    Page,
    Playwright,
    Request,
    Response,
    WebError,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError

ROOT = Path(__file__).parent.parent

CHROMIUM_ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # Chromium's own errands (updates, sync, look-ups) have no place in a test.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The tool's frame changes its process several times within milliseconds while it logs in (tool, platform, tool).
    # Once in some thousand launches Playwright then waits for the frame for ever. With one process for all frames
    # this cannot happen; cookies, storage and messages between sites follow the same rules.
    "--disable-site-isolation-trials",
    # This also takes the place of Playwright's own list, which switches storage partitioning off: frames of another
    # site would then have no storage at all where third-party cookies are blocked, unlike in people's browsers.
    "--disable-features=IsolateOrigins,site-per-process",
    # Containers often have a tiny /dev/shm.
    "--disable-dev-shm-usage",
]

OUR_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

BLOCK_COOKIES = 2
"""Chromium's content setting for "block"."""

LAST_REQUESTS = 30
MOST_WORDS = 3000
"""Letters of a frame that a failed test shows."""

BROWSERS = "What the browsers show"
WATCHES = pytest.StashKey[list["Watch"]]()
"""Where a test's watches are, while it has any."""

BrowserContextFactory = Callable[..., BrowserContext]


@dataclass
class Watch:
    """What went wrong in the pages of one browser without the test looking."""

    foreign_requests: list[str] = field(default_factory=list)
    script_errors: list[str] = field(default_factory=list)
    policy_violations: list[str] = field(default_factory=list)
    answered: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_REQUESTS))
    """The last requests that ended, with how they did."""
    context: BrowserContext | None = None

    def attach(self, context: BrowserContext) -> None:
        """Watch every page of a browser."""
        context.on("request", self.on_request)
        context.on("response", self.on_response)
        context.on("requestfailed", self.on_request_failed)
        self.context = context
        context.on("weberror", self.on_web_error)
        context.on("console", self.on_console)

    def on_request(self, request: Request) -> None:
        """Note a request to any host that is not ours."""
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in OUR_HOSTS:
            self.foreign_requests.append(request.url)

    def on_response(self, response: Response) -> None:
        """Note how a request was answered."""
        self.answered.append(f"{response.status} {response.request.method} {urlsplit(response.url).path}")

    def on_request_failed(self, request: Request) -> None:
        """Note that a request was not answered."""
        self.answered.append(f"{request.failure} {request.method} {urlsplit(request.url).path}")

    def scene(self) -> str:
        """Tell what each frame shows now, and what was asked for before; for whoever reads of a failed test."""
        lines = []
        for frame in [frame for page in self.context.pages for frame in page.frames] if self.context else []:
            lines.append(f"--- {urlsplit(frame.url).path}")
            try:
                lines.append(frame.locator("body").inner_text(timeout=1000)[:MOST_WORDS])
            except PlaywrightError as problem:
                lines.append(f"cannot be read: {problem.message}")
        return "\n".join([*lines, "--- answers", *self.answered])

    def on_web_error(self, error: WebError) -> None:
        """Note an exception that no script caught."""
        page = error.page
        self.script_errors.append(f"{page.url if page else '?'}: {error.error}")

    def on_console(self, message: ConsoleMessage) -> None:
        """Note what a page tried against its own Content Security Policy, and therefore lacks."""
        if message.type == "error" and "Content Security Policy" in message.text:
            self.policy_violations.append(message.text)

    def check(self) -> None:
        """Fail the test that used the browser when anything was noted."""
        assert not self.foreign_requests, f"pages asked other hosts: {self.foreign_requests}"
        assert not self.script_errors, f"scripts failed: {self.script_errors}"
        assert not self.policy_violations, f"pages broke their own policy: {self.policy_violations}"


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    """Playwright's driver of this test process."""
    with sync_playwright() as driver:
        yield driver


def _intercept_file_choosers(page: Page) -> None:
    """Have Chromium give each file chooser to Playwright from the page's beginning.

    ``expect_file_chooser`` alone asks for it without waiting for the answer; a key pressed right after may come
    first, and then the chooser opens where nobody sees it.
    """
    page.on("filechooser", lambda _: None)


@dataclass
class Browsers:
    """The processes of Chromium in this test process: one for each list of arguments, started when first asked for."""

    driver: Playwright
    _running: dict[tuple[str, ...], Browser] = field(default_factory=dict)

    def with_arguments(self, *arguments: str) -> Browser:
        """A browser that was started with these arguments besides ours."""
        found = self._running.get(arguments)
        if found is None or not found.is_connected():
            found = self._running[arguments] = self.driver.chromium.launch(
                executable_path=_chromium(), headless=True, args=[*_arguments(), *arguments]
            )
        return found

    def close(self) -> None:
        """End them all."""
        for browser in self._running.values():
            browser.close()


@pytest.fixture(scope="session")
def browsers(playwright_driver: Playwright) -> Iterator[Browsers]:
    """The browsers of this test process."""
    browsers = Browsers(playwright_driver)
    yield browsers
    browsers.close()


@pytest.fixture
def browser_context_factory(
    request: pytest.FixtureRequest, browsers: Browsers
) -> Iterator[BrowserContextFactory]:
    """Open browsers: ``factory(blocked_cookie_origin=None, locale="en-US", width=1280, height=900)``.

    Each call gives an empty profile of its own, as another person has at another machine; Chromium's process is
    shared, because to start one takes four times as long as to open a page.
    ``blocked_cookie_origin`` (``http://127.0.0.1:PORT``) may neither set nor read cookies; only a process of its own
    can be told so. ``arguments`` are more of Chromium's own. Other options go to Playwright's ``new_context``.

    At the end every profile is closed, and the test fails if a page asked a host that is not on loopback, a
    script ended in an error that nobody caught, or a page broke its own Content Security Policy;
    ``checked=False`` leaves this out.
    """
    watches: list[Watch] = []
    request.node.stash[WATCHES] = watches
    with ExitStack() as stack:

        def factory(
            blocked_cookie_origin: str | None = None,
            locale: str = "en-US",
            width: int = 1280,
            height: int = 900,
            checked: bool = True,
            arguments: Sequence[str] = (),
            **options: Any,
        ) -> BrowserContext:
            options |= {"locale": locale, "viewport": {"width": width, "height": height}}
            if blocked_cookie_origin:
                context = browsers.driver.chromium.launch_persistent_context(
                    stack.enter_context(_profile(blocked_cookie_origin)),
                    executable_path=_chromium(),
                    headless=True,
                    args=[*_arguments(), *arguments],
                    **options,
                )
            else:
                context = browsers.with_arguments(*arguments).new_context(**options)
            stack.callback(context.close)
            context.on("page", _intercept_file_choosers)
            if checked:
                watches.append(Watch())
                watches[-1].attach(context)
            return context

        yield factory
    for watch in watches:
        watch.check()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what the browsers of a failed test show: afterwards they are closed."""
    report = yield
    if report.when == "call" and report.failed:
        report.sections += [(BROWSERS, watch.scene()) for watch in item.stash.get(WATCHES, [])]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why the first try of a journey failed, so that the cause can be found and mended."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first try of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext[-6000:])
        for name, words in report.sections:
            if name == BROWSERS:
                terminalreporter.write_line(words)


@dataclass(frozen=True)
class AxeViolation:
    """One rule of axe-core that one frame breaks."""

    rule: str
    impact: str
    help: str
    frame: str
    targets: tuple[str, ...]

    def __str__(self) -> str:
        """Text for a failed assertion."""
        return f"[{self.impact}] {self.rule}: {self.help} ({self.frame}) at {', '.join(self.targets)}"


@dataclass(frozen=True)
class AxeReport:
    """What axe-core found on a page and in all its frames."""

    serious: tuple[AxeViolation, ...]
    """Impact serious or critical: a test asserts that there are none."""

    moderate: tuple[AxeViolation, ...]
    """Impact moderate or minor."""

    frames: tuple[str, ...]
    """Addresses of the frames that were examined."""

    def __str__(self) -> str:
        """Text for a failed assertion."""
        return "\n".join(str(violation) for violation in (*self.serious, *self.moderate))


@pytest.fixture
def axe() -> Callable[[Page], AxeReport]:
    """``report = axe(page)``, then ``assert not report.serious, str(report)``."""
    return run_axe


def run_axe(page: Page) -> AxeReport:
    """Examine a page and each of its frames; the page's CSP does not hinder it."""
    found: list[AxeViolation] = []
    frames: list[str] = []
    for frame in page.frames:
        if frame.is_detached() or frame.url in {"", "about:blank"}:
            continue
        frames.append(frame.url)
        found += _axe_in_frame(frame)
    serious = tuple(violation for violation in found if violation.impact in {"serious", "critical"})
    moderate = tuple(violation for violation in found if violation.impact not in {"serious", "critical"})
    return AxeReport(serious, moderate, tuple(frames))


# Frames are examined one by one, hence no descent into them. By default axe-core leaves out the size of
# targets, though WCAG 2.2 AA asks for it.
_AXE_RUN = """async () => {
    const result = await window.axe.run(document, {
        iframes: false,
        resultTypes: ['violations'],
        rules: {'target-size': {enabled: true}},
    });
    return result.violations.map((violation) => ({
        rule: violation.id,
        impact: violation.impact,
        help: violation.help,
        targets: violation.nodes.map((node) => node.target.flat().join(' ')),
    }));
}"""


def _axe_in_frame(frame: Frame) -> list[AxeViolation]:
    frame.evaluate(_axe_source())
    return [
        AxeViolation(item["rule"], item["impact"] or "minor", item["help"], frame.url, tuple(item["targets"]))
        for item in frame.evaluate(_AXE_RUN)
    ]


@cache
def _axe_source() -> str:
    source = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        pytest.fail("axe-core is missing: run `make setup`.", pytrace=False)
    # As the body of a function: the script's own value cannot be passed out of the page.
    return f"() => {{ {source.read_text()}\n }}"


@cache
def _chromium() -> str:
    found = shutil.which("chromium")
    if not found:
        pytest.fail("Chromium is missing: install the Debian package chromium.", pytrace=False)
    return found


def _arguments() -> list[str]:
    # Chromium refuses to run as root inside its own sandbox.
    return [*CHROMIUM_ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else CHROMIUM_ARGUMENTS


def _profile(blocked_cookie_origin: str) -> "tempfile.TemporaryDirectory[str]":
    """A fresh profile; Chromium may still write for a moment after its end, which must not fail the test."""
    profile = tempfile.TemporaryDirectory(prefix="lti-plp-chromium-", ignore_cleanup_errors=True)
    rule = {f"{blocked_cookie_origin},*": {"last_modified": "13300000000000000", "setting": BLOCK_COOKIES}}
    preferences = {"profile": {"content_settings": {"exceptions": {"cookies": rule}}}}
    folder = Path(profile.name, "Default")
    folder.mkdir()
    (folder / "Preferences").write_text(json.dumps(preferences))
    return profile
