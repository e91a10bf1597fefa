"""A substitute's days, to the last one and the day after it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lti_plp.lms.models import Person, StandIn
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import Comment
from tests.fixtures_browser import BrowserContextFactory
from tests.fixtures_stack import Stack
from tests.journeys.steps import Visitor, go_to
from tests.plp.plans import PlanRows

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

GOAL = "Speak up at the spring fair"
FIRST, LAST = "Who is the first who hears you?", "I leave today. I would have liked to hear it."
HALE = {"key": "hale", "name": "Mr. Hale", "given_name": "Owen", "family_name": "Hale"}


def today() -> date:
    """The server's day."""
    return datetime.now(UTC).date()


def everybody_comes(stack: Stack, factory: BrowserContextFactory) -> None:
    """Whoever is spoken of has been here once; Maya has a goal."""
    for name in ("Maya Torres", "Leo Bouchard", "Ms. Rivera"):
        visitor = Visitor(stack, factory())
        visitor.sign_in(name)
        visitor.open_tool()
        expect(visitor.frame.get_by_role("heading", level=1)).to_have_count(1)
    with stack.database() as session:
        maya = session.scalars(select(Person).where(Person.given_name == "Maya")).one()
        PlanRows(session, Actor(maya.id, maya.tenant_id, None, frozenset())).goal(GOAL)
        session.commit()


def name_him(rivera: Visitor) -> None:
    """Let Mr. Hale stand in until the day after tomorrow; sent by keyboard."""
    rivera.sign_in("Ms. Rivera")
    rivera.open_tool()
    go_to(rivera.frame, "Who stands in")
    rivera.see("Who stands in")
    frame = rivera.frame
    frame.get_by_label("Colleague").select_option("Mr. Hale")
    frame.get_by_label("Where").select_option("English 9")
    expect(frame.get_by_label("Substitute: sees and comments, decides nothing")).to_be_checked()
    frame.get_by_label("Last day", exact=True).fill((today() + timedelta(days=2)).isoformat())
    rivera.check_frame("people")
    frame.get_by_role("button", name="Let them stand in").focus()
    rivera.page.keyboard.press("Enter")
    expect(frame.get_by_text("Mr. Hale, substitute for Ms. Rivera")).to_be_visible()
    rivera.check_frame("people with a stand-in")


def move_days(stack: Stack, first: int, last: int) -> None:
    """Let his days be others, counted from today: the clock of running processes cannot be moved."""
    with stack.database() as session:
        row = session.scalars(select(StandIn)).one()
        row.valid_from, row.valid_to = today() + timedelta(days=first), today() + timedelta(days=last)
        session.commit()


def send(hale: Visitor, words: str) -> None:
    """Send words about Maya's goal, which stands in a part of her plan that is folded at first."""
    goals = hale.frame.locator("#goals")
    if goals.get_attribute("open") is None:
        goals.get_by_role("heading", name="Goals being worked on").click()
    goals.get_by_text("Say or ask something about it").first.click()
    goals.get_by_label("Your words").first.fill(words)
    goals.get_by_role("button", name="Say it").first.click()


def say(hale: Visitor, words: str) -> None:
    """Say something about Maya's goal, and see it there."""
    send(hale, words)
    expect(hale.frame.get_by_role("listitem").get_by_text(words)).to_be_visible()


def test_a_substitutes_last_day(stack: Stack, browser_context_factory: BrowserContextFactory) -> None:
    everybody_comes(stack, browser_context_factory)
    stack.control("POST", "courses", {"title": "History 9", "label": "HIS-9", "teacher": HALE})
    hale = Visitor(stack, browser_context_factory(width=360, height=740))
    hale.sign_in("Mr. Hale")
    hale.open_tool("History 9")
    hale.frame.get_by_role("link", name="Students", exact=True).click()
    expect(hale.frame.get_by_text("Nobody yet.")).to_be_visible()
    name_him(Visitor(stack, browser_context_factory()))

    hale.open_tool("History 9")
    hale.frame.get_by_role("link", name="Students", exact=True).click()
    expect(hale.frame.get_by_text("You stand in for Ms. Rivera up to and including")).to_be_visible()
    expect(hale.frame.get_by_role("rowheader")).to_have_count(2)
    hale.check_frame("class of a substitute")
    hale.frame.get_by_role("link", name="Maya Torres").click()
    expect(hale.frame.get_by_text(GOAL).first).to_be_visible()
    # What he cannot do is not offered to him.
    expect(hale.frame.get_by_role("link", name="Transition", exact=True)).to_have_count(0)
    say(hale, FIRST)
    hale.check_frame("plan for a substitute")

    move_days(stack, -2, 0)
    hale.open_tool("History 9")
    hale.frame.get_by_role("link", name="Students", exact=True).click()
    hale.frame.get_by_role("link", name="Maya Torres").click()
    say(hale, LAST)

    move_days(stack, -3, -1)
    left = "Too late"
    send(hale, left)
    hale.see("This student is not among yours")
    expect(hale.frame.get_by_text("sees them until the last day; what they wrote stays")).to_be_visible()
    hale.check_accessibility("the day after, on a page that was open")
    hale.open_tool("History 9")
    hale.frame.get_by_role("link", name="Students", exact=True).click()
    expect(hale.frame.get_by_text("You stood in for Ms. Rivera until")).to_be_visible()
    expect(hale.frame.get_by_text("What you wrote stays with them, under your name.")).to_be_visible()
    for name in ("Maya Torres", "Leo Bouchard"):
        expect(hale.frame.get_by_text(name)).to_have_count(0)
    hale.check_frame("the day after")

    for name, way in (("Maya Torres", ("What others say",)), ("Ms. Rivera", ("Students", "Maya Torres"))):
        reader = Visitor(stack, browser_context_factory())
        reader.sign_in(name)
        reader.open_tool()
        for link in way:
            reader.frame.get_by_role("link", name=link, exact=True).click()
        if name == "Ms. Rivera":
            reader.frame.get_by_role("heading", name="Goals being worked on").click()
        for words in (FIRST, LAST):
            expect(reader.frame.get_by_role("listitem").get_by_text(words)).to_be_visible()
        expect(reader.frame.get_by_text("Mr. Hale").first).to_be_visible()
    with stack.database() as session:
        assert session.scalars(select(Comment.text).order_by(Comment.id)).all() == [FIRST, LAST]
