"""What people do in the LMS and in the tool's frame, one function for each act."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from tests.fixtures_browser import run_axe
from tests.fixtures_stack import Stack

# How long a page may take says nothing on a busy machine; Playwright's own limit is 5 seconds.
PATIENCE = 45_000
expect.set_options(timeout=PATIENCE)

ANSWERS = (
    "My robot found the way out, because I tested each turn on paper first.",
    "I would ask for help sooner.",
    "Testing on paper. It would work for essays, too.",
    "That wheels slip on tiles.",
)
PROJECT = "End of a project"


KEY, POINT, BUTTON, HOME, DECIDE = 0.28, 1.1, 0.2, 0.4, 1.35
"""Seconds of the keystroke-level model (Card, Moran, Newell: "The keystroke-level model for user performance time with
interactive systems", 1980): a key of somebody who is no typist, pointing, pressing a mouse's button and letting it go,
a hand's way between mouse and keys, and the thought before an act."""
READ = 60 / 238
"""Seconds for a word (Brysbaert: "How many words do we read per minute?", 2019; English, silently, no fiction)."""
RESPONSE, COMPOSE = 1.0, 10.0
"""Seconds until a page is there, and for finding words for an answer. No source: these are assumptions."""


@dataclass(frozen=True)
class Effort:
    """What some work took; every answer of the LMS and the tool on the way to a page counts as a page."""

    clicks: int = 0
    keys: int = 0
    """Outside of written words; each key of a chord is one."""
    letters: int = 0
    """Of written words."""
    texts: int = 0
    """Pieces of writing."""
    words_read: int = 0
    pages: int = 0
    homings: int = 0
    """Ways of the hand between mouse and keys."""
    commands: int = 0
    """Clicks, and keys that are pressed as one thing; each needs a thought before it."""

    @property
    def acts(self) -> int:
        """Clicks and keys."""
        return self.clicks + self.keys

    @property
    def seconds(self) -> float:
        """What the keystroke-level model gives it."""
        hands = self.clicks * (POINT + BUTTON) + (self.keys + self.letters) * KEY + self.homings * HOME
        mind = self.commands * DECIDE + self.texts * COMPOSE + self.words_read * READ
        return hands + mind + self.pages * RESPONSE

    def since(self, before: "Effort") -> "Effort":
        """What came after an earlier count."""
        return Effort(*(mine - theirs for mine, theirs in zip(_values(self), _values(before), strict=True)))


def _values(effort: Effort) -> tuple[int, ...]:
    return tuple(vars(effort).values())


class Acts:
    """Acts for somebody in front of a page, and counts it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.effort = Effort()
        self.is_at_keys = False
        page.on("framenavigated", lambda _: self._add(pages=1))

    def _add(self, **more: int) -> None:
        now = vars(self.effort)
        self.effort = replace(self.effort, **{name: now[name] + number for name, number in more.items()})

    def _move(self, *, to_keys: bool) -> None:
        self._add(homings=int(self.is_at_keys != to_keys))
        self.is_at_keys = to_keys

    def click(self, target: Locator) -> None:
        """Press something with the mouse."""
        self._move(to_keys=False)
        self._add(clicks=1, commands=1)
        target.click()

    def press(self, *chords: str) -> None:
        """Press keys, such as ``Control+Enter``.

        What is named at once is one thing to think of, and has one thought before it (rule 2 of the model).
        """
        self._move(to_keys=True)
        self._add(commands=1)
        for chord in chords:
            self._add(keys=len(chord.split("+")))
            self.page.keyboard.press(chord)

    def write(self, words: str) -> None:
        """Write words where the cursor is."""
        self._move(to_keys=True)
        self._add(letters=len(words), texts=1)
        self.page.keyboard.type(words)

    def read(self, target: Locator) -> None:
        """Read what somebody wrote."""
        self._add(words_read=len(target.inner_text().split()))

    @contextmanager
    def most(self, acts: int, seconds: float) -> Iterator[None]:
        """What is done within takes no more than that."""
        before = self.effort
        yield
        took = self.effort.since(before)
        assert took.acts <= acts, took
        assert took.seconds <= seconds, f"{took.seconds:.0f} s: {took}"


class Visitor:
    """One person in one browser, in front of the LMS."""

    def __init__(self, stack: Stack, context: BrowserContext) -> None:
        self.stack = stack
        self.context = context
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.checked: list[str] = []

    @property
    def frame(self) -> FrameLocator:
        """The tool's frame in the LMS's page."""
        return self.page.frame_locator("iframe#tool")

    def sign_in(self, name: str) -> None:
        """Become somebody."""
        self.page.goto(self.stack.lms)
        self.page.get_by_role("button", name=name).click()
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def open_course(self, title: str) -> None:
        """Go to a course from the first page."""
        self.page.goto(self.stack.lms)
        self.page.get_by_role("link", name=title, exact=True).click()

    def open_assignment(self, title: str, course: str = "English 9") -> None:
        """Open an assignment of a course."""
        self.open_course(course)
        self.page.get_by_role("link", name=title).first.click()

    def open_tool(self, course: str = "English 9") -> None:
        """Open the tool from a course's menu."""
        self.open_course(course)
        self.page.get_by_role("link", name="Learning Plan", exact=True).click()

    def see(self, name: str, *, level: int = 1) -> None:
        """Wait for a heading in the tool's frame."""
        expect(self.frame.get_by_role("heading", name=name, level=level)).to_be_visible()

    def check_accessibility(self, name: str) -> None:
        """Let axe-core look at the LMS's page and the tool's frame."""
        report = run_axe(self.page)
        assert not report.serious, f"{name}: {report}"
        self.checked.append(name)

    def check_frame(self, name: str) -> None:
        """Nothing stands out at the side of the tool's frame, and everybody can use it."""
        width = "() => document.documentElement.scrollWidth - innerWidth"
        assert self.frame.locator("html").evaluate(width) <= 0, name
        self.check_accessibility(name)

    def place(self, kind: str = PROJECT) -> None:
        """Place a reflection of a kind, as a teacher, with as few clicks as possible."""
        self.open_course("English 9")
        self.page.get_by_role("link", name="Add assignment from").click()
        self.see("What do you want to place?")
        self.frame.get_by_role("button", name=kind).click()
        expect(self.frame.get_by_label("Title", exact=True)).to_have_value(kind)
        self.frame.get_by_role("button", name="Put into English 9").first.click()
        self.frame.get_by_role("button", name="Add to the course").click()
        expect(self.page.get_by_role("link", name=kind).first).to_be_visible()

    def write(self, answers: tuple[str, ...] = ANSWERS) -> None:
        """Answer one question after the other, up to the overview."""
        for answer in answers:
            self.frame.get_by_role("textbox").fill(answer)
            self.frame.get_by_role("button", name="Next").click()
        expect(self.frame.get_by_role("heading", name="Look it over")).to_be_visible()

    def send(self) -> None:
        """Send what is written."""
        self.frame.get_by_role("button", name="Send to").click()
        expect(self.frame.get_by_text("Sent.", exact=True)).to_be_visible()

    def rate(self, points: str, comment: str) -> None:
        """Read the next reflection that waits, and rate it."""
        self.frame.get_by_role("link", name="Read the next one").click()
        self.frame.get_by_label("Points, of 10").fill(points)
        self.frame.get_by_label("Your comment").fill(comment)
        self.frame.get_by_role("button", name="Send").click()

    def await_grade(self, student: str, text: str, course: str = "English 9") -> None:
        """Look into the gradebook until a cell holds ``text``."""
        self.open_course(course)
        self.page.get_by_role("link", name="Grades").click()
        cells = self.page.locator(f'td[data-cell^="{student}-"]').filter(has_text=text)

        def arrived() -> bool:
            if cells.count():
                return True
            self.page.reload()
            return False

        wait_until(self.page, arrived, f"{text} in the gradebook")


def wait_until(page: Page, done: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Look again and again, giving the browser time in between."""
    for _ in range(int(seconds * 5)):
        if done():
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"not seen within {seconds} s: {what}")


def check_page(page: Page) -> None:
    """Nothing stands out at the side, and everybody can use it."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    report = run_axe(page)
    assert not report.serious, str(report)


def go_to(page: Page | FrameLocator, name: str) -> None:
    """Follow a link that stands behind "More" in the menu of the school's adults."""
    menu = page.get_by_role("navigation", name="My students")
    menu.get_by_text("More").click()
    menu.get_by_role("link", name=name, exact=True).click()


def tab_to(page: Page, role: Any, name: str, most: int = 60) -> None:
    """Press Tab until something has the focus."""
    target = page.get_by_role(role, name=name, exact=True).and_(page.locator(":focus"))
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.count():
            return
    raise AssertionError(f"Tab never reaches {role} {name!r}")
