"""A teacher's Monday: ten minutes for a class of 25, of whom each needs one thing; clicks and keys are counted.

Three wait for an answer, ten have evidence and four reflections to be read, five are silent, three are overdue. The
time is no clock's, which would measure the machine: it is what the keystroke-level model gives for what was done, with
reading and writing, as :mod:`tests.journeys.steps` says with its sources. Two of its numbers are assumptions: how long
it takes until a page is there, and to find words. So is the week itself. The whole takes nearly the ten minutes: who
reads more slowly, writes more, or has to think before every single key needs longer than that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.cli.demo_plans import Door, make_known
from lti_plp.clock import utc_now
from lti_plp.launch.models import Registration
from lti_plp.launch.toolbox import make_toolbox
from lti_plp.lms.models import ResourceLink
from lti_plp.plp.actor import Actor
from lti_plp.plp.conversation import ask_for_help
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.models import Achievement, Comment
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.reflections import LinkFacts, save_answer, submit
from lti_plp.settings import Settings
from tests.fixtures_browser import BrowserContextFactory
from tests.fixtures_stack import DEPLOYMENT_ID, Stack
from tests.journeys.steps import ANSWERS, PROJECT, Acts, Visitor

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

CALLS = ("stuck", "stuck", "ready")
EVIDENCE, REFLECTIONS, SILENT, OVERDUE = 10, 4, 5, 3
COURSE = 1
"""English 9 of the stand-in LMS."""
STUDENTS = len(CALLS) + EVIDENCE + REFLECTIONS + SILENT + OVERDUE
MINUTE, TEN_MINUTES = 60, 600
MOST_ACTS, MOST_ACTS_A_STUDENT = 80, 5
"""Clicks and keys outside of written words: for the whole class, and for one of the queue with a beginning of words."""

STUCK = "I wrote the first page three times, and each time it sounds like somebody else. I do not know how to go on."
PIECE = (
    "I asked three neighbors what our street was like when they were my age, and wrote down what they said word for"
    " word. Then I cut everything that I would have said myself. What is left sounds like them, and that was hard."
)
REASON = "It shows that I can listen before I write."
ANSWER = "Tell it to Leo aloud first, and write down what you said."
EDITED = " I ask because the baker sounds so real."


@dataclass
class Week:
    """What happened until Monday, written into the tool's database as by the students themselves."""

    session: Session
    now: datetime

    def editor(self, student: Actor, days_ago: int) -> PlanEditor:
        """A student's plan for writing, some days ago; it begins then with a goal that somebody supports."""
        at = self.now - timedelta(days=days_ago)
        plan = open_plan(self.session, student, at)
        editor = PlanEditor(self.session, plan, student, load_kinds(Settings().config_folder).of, at)
        helped = [{"name": "Elena Rivera", "role": "teacher", "how": "listens"}]
        self.goal = editor.add(
            "goal", {"statement": "Write what our street remembers", "state": "active", "supporters": helped}
        ).id
        return editor

    def call(self, student: Actor, kind: str) -> None:
        """Somebody waits for an answer."""
        ask_for_help(self.editor(student, 2), kind, ("goal", self.goal), STUCK)

    def show(self, student: Actor) -> None:
        """Somebody adds evidence."""
        editor = self.editor(student, 3)
        piece = {"medium": "text", "title": "Three neighbors", "text": PIECE, "reason": REASON}
        editor.add("evidence", {**piece, "goal_ids": [self.goal]})

    def reflect(self, student: Actor, link: LinkFacts) -> None:
        """Somebody sends the reflection that was placed."""
        self.editor(student, 3)
        for number, text in enumerate(ANSWERS[:2], start=1):
            save_answer(self.session, student, link, f"q{number}", text, 0, self.now)
        submit(self.session, student, link, self.now)

    def miss_the_update(self, student: Actor) -> None:
        """Somebody works on a plan that was never updated formally."""
        editor = self.editor(student, 400)
        editor.now = self.now - timedelta(days=4)
        editor.add("entry", {"kind": "interest", "text": "Old maps"})


@contextmanager
def week(stack: Stack) -> Iterator[tuple[Week, list[Actor]]]:
    """The class up to Monday, with its students as if all had come once; it is kept at the end."""
    stack.control("POST", f"courses/{COURSE}/students", {"count": STUDENTS - 3})
    told = stack.control("GET", f"courses/{COURSE}/people")
    with stack.database() as session:
        settings = Settings(secret_key="x" * 40, database_url=stack.environ["LTI_PLP_DATABASE_URL"])
        box = make_toolbox(settings, session.get_bind())
        door = Door(session.scalars(select(Registration.id)).one(), stack.lms, DEPLOYMENT_ID)
        session.rollback()
        known = make_known(box, door, [told], utc_now())
        students = [known[one["key"]].actor for one in told["people"] if one["kind"] == "student"]
        yield Week(session, utc_now()), students
        session.commit()


def link_of(session: Session) -> LinkFacts:
    """The reflection that was placed."""
    row = session.scalars(select(ResourceLink).where(ResourceLink.template_id.is_not(None))).one()
    return LinkFacts(row.tenant_id, row.course_id, row.id, str(row.template_id))


@pytest.fixture
def teacher(stack: Stack, browser_context_factory: BrowserContextFactory) -> Visitor:
    """Ms. Rivera, who placed a reflection last week, in front of the LMS on Monday."""
    visitor = Visitor(stack, browser_context_factory())
    visitor.sign_in("Ms. Rivera")
    visitor.place()
    visitor.open_assignment(PROJECT)
    visitor.see(PROJECT)
    with week(stack) as (work, students):
        assert len(students) == STUDENTS == 25
        each = iter(students)
        for kind in CALLS:
            work.call(next(each), kind)
        for _ in range(EVIDENCE):
            work.show(next(each))
        link = link_of(work.session)
        for _ in range(REFLECTIONS):
            work.reflect(next(each), link)
        for _ in range(SILENT):
            work.editor(next(each), 40)
        for _ in range(OVERDUE):
            work.miss_the_update(next(each))
    visitor.page.goto(stack.lms)
    return visitor


class Monday:
    """What she does, one method for each part."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.frame = visitor.frame
        self.acts = Acts(visitor.page)

    def link(self, name: str) -> Locator:
        """A link in the tool's frame."""
        return self.frame.get_by_role("link", name=name, exact=True)

    def says(self, words: str) -> None:
        """Wait until the page says something."""
        expect(self.frame.get_by_role("status").filter(has_text=words)).to_be_visible()

    def arrive(self) -> None:
        """From the LMS's first page to who needs her."""
        page = self.visitor.page
        self.acts.click(page.get_by_role("link", name="English 9", exact=True))
        self.acts.click(page.get_by_role("link", name="Learning Plan", exact=True))
        self.acts.click(self.link("Students"))
        self.visitor.see("My students")
        for chip in ("Everybody 25", "Stuck 2", "Ready to show 1", "To read 14", "Overdue 3", "Silent 5"):
            expect(self.link(chip)).to_be_visible()
        self.visitor.check_accessibility("students")

    def answer_calls(self) -> None:
        """From one who waits to the next, without the list between."""
        self.acts.click(self.frame.locator("table.students th a").first)
        for number in range(len(CALLS)):
            with self.acts.most(acts=3, seconds=MINUTE):
                call, name = self.frame.locator("li.note"), self.frame.get_by_role("heading", level=1)
                answered = name.inner_text()
                self.acts.read(call.locator(".words"))
                if not number:
                    self.visitor.check_accessibility("call")
                self.frame.locator("form.triage[data-keys]").wait_for()
                self.acts.press("c")
                self.acts.write(ANSWER)
                self.acts.press("Control+Enter")
                expect(name).not_to_have_text(answered)
                is_last = number == len(CALLS) - 1
                self.says("Nobody else waits for an answer." if is_last else "waits for an answer, too.")
        for mark, count in (("Stuck", 0), ("Ready to show", 0), ("Answered", 3)):
            expect(self.frame.locator(".chips a", has_text=mark)).to_have_count(int(count > 0))

    def read_evidence(self) -> None:
        """The whole queue by keys: a level for all, words for every second one."""
        self.acts.click(self.link("To read"))
        for number in range(EVIDENCE):
            with self.acts.most(acts=MOST_ACTS_A_STUDENT, seconds=MINUTE):
                expect(self.frame.get_by_text(f"1 of {EVIDENCE - number}", exact=True)).to_be_visible()
                self.frame.locator("form.triage[data-keys]").wait_for()
                if not number:
                    self.visitor.check_accessibility("reading")
                self._read_one(with_words=bool(number % 2))
        expect(self.frame.get_by_text("No evidence waits.")).to_be_visible()
        self.visitor.check_accessibility("end of the evidence")

    def _read_one(self, *, with_words: bool) -> None:
        self.acts.read(self.frame.locator("article.sheet"))
        self.acts.press("3")
        if with_words:
            self.acts.press("b", "Enter")
            expect(self.frame.get_by_label("Your words")).to_be_focused()
            self.acts.write(EDITED)
        self.acts.press("Control+Enter")

    def read_reflections(self) -> None:
        """Points by keys, one after the other; then what else waits."""
        self.acts.click(self.link(PROJECT))
        for number in range(REFLECTIONS):
            with self.acts.most(acts=MOST_ACTS_A_STUDENT, seconds=MINUTE):
                # Who was rated keeps a place among those who can be read, so the number tells which page this is.
                expect(self.frame.get_by_text(f"{number + 1} of {REFLECTIONS}", exact=True)).to_be_visible()
                self.frame.locator("form.rating[data-keys]").wait_for()
                self.acts.read(self.frame.locator("article.sheet"))
                self.acts.press("p", "9")
                self.acts.press("Control+Enter")
        expect(self.frame.get_by_text("0 need you")).to_be_visible()
        self.acts.click(self.link("See what else waits"))

    def end(self) -> None:
        """The queue is empty, and what remains is said calmly."""
        expect(self.frame.get_by_text("Nothing waits for you. Well done.")).to_be_visible()
        expect(self.frame.locator(".chips a")).to_have_text([f"Overdue {OVERDUE}", f"Silent {SILENT}"])
        self.visitor.check_accessibility("end")

    def remind_the_silent(self) -> None:
        """All of them in one go."""
        with self.acts.most(acts=5, seconds=MINUTE):
            self.acts.click(self.link(f"Silent {SILENT}"))
            self.acts.click(self.frame.get_by_label("Choose everybody shown"))
            self.acts.click(self.frame.get_by_role("button", name="Say something to those chosen"))
            words = self.frame.get_by_label("Your words")
            self.acts.read(words)
            self.acts.click(words)
            self.acts.write(" I am in room 12 until four.")
            self.acts.click(self.frame.get_by_role("button", name=f"Say it to {SILENT} students"))
            self.says(f"Said to {SILENT} students.")


def test_ten_minutes_for_a_class_of_25(stack: Stack, teacher: Visitor) -> None:
    placed = stack.control("GET", "courses")
    monday = Monday(teacher)
    monday.arrive()
    monday.answer_calls()
    monday.read_evidence()
    monday.read_reflections()
    monday.end()
    monday.remind_the_silent()

    effort = monday.acts.effort
    assert effort.acts <= MOST_ACTS, effort
    assert effort.seconds <= TEN_MINUTES, f"{effort.seconds:.0f} s: {effort}"
    # What is written is with the students, and nothing was placed for it.
    assert stack.control("GET", "courses") == placed
    with stack.database() as session:
        said = [one.text for one in session.scalars(select(Comment).order_by(Comment.id))]
        levels = list(session.scalars(select(Achievement).where(Achievement.evidence_id.is_not(None))))
    assert len(levels) == EVIDENCE
    assert said.count(ANSWER) == len(CALLS)
    assert sum(EDITED in text for text in said) == EVIDENCE // 2
    assert sum("room 12" in text for text in said) == SILENT
