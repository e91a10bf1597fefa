"""A first plan in two short sittings, inside the LMS's frame: with cookies, and with the tool's cookies blocked.

The budget of fifteen minutes is counted, not timed: taps, choices and texts are few enough for it at any speed.
Then a year goes by, and the plan shows both.
"""

from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lti_plp.clock import utc_now
from lti_plp.lms.models import Person
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.history import verify
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.models import ActionStep, Evidence, Goal, Plan, PlanRevision, ProfileEntry
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.settings import Settings
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.fixtures_stack import Stack
from tests.journeys.steps import Visitor
from tests.views import conftest
from tests.views.plans import fill, plan_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

school, address = conftest.school, conftest.address

MENU = "Learning Plan"
MOST_ACTS = 40
"""Taps, choices and texts: at twenty seconds each that is less than fifteen minutes."""


class Sitting:
    """A student at her plan in the LMS's frame; counts what she has to do."""

    def __init__(self, stack: Stack, context: Any, name: str) -> None:
        self.visitor = Visitor(stack, context)
        self.visitor.sign_in(name)
        self.visitor.open_course("English 9")
        self.acts = 0
        self.visitor.page.get_by_role("link", name=MENU).first.click()

    def tap(self, role: Any, name: str) -> None:
        """Press something in the frame."""
        self.acts += 1
        self.visitor.frame.get_by_role(role, name=name).first.click()

    def type(self, label: str, text: str) -> None:
        """Fill in a field of the frame."""
        self.acts += 1
        self.visitor.frame.get_by_label(label).first.fill(text)

    def see(self, name: str, level: int = 1) -> None:
        """Wait for a page, look whether it fits and whether everybody can use it."""
        self.visitor.see(name, level=level)
        self.visitor.check_accessibility(name)
        width = "() => document.documentElement.scrollWidth - innerWidth"
        assert self.visitor.frame.locator("html").evaluate(width) <= 0, name

    def has(self, text: str) -> None:
        """Wait for words."""
        expect(self.visitor.frame.get_by_text(text).first).to_be_visible()


def owner(session: Any, given: str) -> Person:
    return session.scalars(select(Person).where(Person.given_name == given)).one()


@pytest.mark.parametrize(("name", "is_blocked"), [("Leo Bouchard", False), ("Sam Nguyen", True)])
def test_first_plan_over_two_sittings(
    stack: Stack, browser_context_factory: Any, name: str, is_blocked: bool
) -> None:
    options: dict[str, Any] = {"width": 360, "height": 740}
    if is_blocked:
        options["blocked_cookie_origin"] = stack.tool
    first = Sitting(stack, browser_context_factory(**options), name)
    first.see("Your plan starts with you")
    first.type("What do you like to do", "How bridges stay up")
    first.tap("button", "Start my plan")
    first.see("Who I am")
    first.tap("link", "Plan")
    first.see("My goals", level=2)
    first.tap("link", "New goal")
    first.see("A new goal")
    first.type("What do you want to reach?", "Build a bridge of paper that holds me")
    first.tap("button", "Put it into my plan")
    first.see("How far am I?", level=2)
    first.type("Why it matters to me", "Nobody believes that paper can do it")
    expect(first.visitor.frame.locator("#saved")).to_have_text("Saved just now")

    # Another day, another browser; everything is there.
    second = Sitting(stack, browser_context_factory(**options), name)
    second.has("What is the first small step?")
    second.tap("link", "Add a step")
    second.has("Build a bridge of paper that holds me")
    expect(second.visitor.frame.get_by_label("Why it matters to me")).to_have_value(
        "Nobody believes that paper can do it"
    )
    second.type("My first small step", "Fold ten kinds of beams")
    second.tap("button", "Add this step")
    second.has("Fold ten kinds of beams")
    second.tap("button", "Start working on it")
    second.tap("link", "Add evidence")
    second.see("Add evidence")
    second.tap("textbox", "A few words")
    second.type("A few words", "Beam 4 held two books")
    second.type("Why does this show it?", "It is the first one that did not fold")
    second.tap("button", "Save it")
    second.has("Beam 4 held two books")
    second.tap("link", "Plan")
    second.see("My goals", level=2)
    second.has("Beam 4 held two books")
    second.tap("link", "Look over my plan")
    second.tap("button", "Keep this version")
    second.see("History")
    second.has("Version 1 of your plan was kept")
    assert first.acts + second.acts <= MOST_ACTS
    with stack.database() as session:
        person = owner(session, name.split(maxsplit=1)[0])
        plan = session.scalars(select(Plan).where(Plan.person_id == person.id)).one()
        assert verify(session, plan.id) == []
        assert session.scalars(select(ProfileEntry.text).where(ProfileEntry.plan_id == plan.id)).all()
        goal = session.scalars(select(Goal).where(Goal.plan_id == plan.id)).one()
        assert (goal.state, goal.why) == ("active", "Nobody believes that paper can do it")
        assert session.scalars(select(ActionStep.text).where(ActionStep.plan_id == plan.id)).one()
        assert session.scalars(select(Evidence.reason).where(Evidence.plan_id == plan.id)).one()
        assert session.scalars(select(PlanRevision.number).where(PlanRevision.plan_id == plan.id)).one() == 1


def test_a_goal_is_revised_with_its_reason(stack: Stack, browser_context_factory: Any) -> None:
    with stack.database() as session:
        visitor = Visitor(stack, browser_context_factory(width=1280, height=900))
        visitor.sign_in("Maya Torres")
        visitor.open_course("English 9")
        visitor.page.get_by_role("link", name=MENU).first.click()
        visitor.see("Your plan starts with you")
        person = owner(session, "Maya")
        actor = Actor(person.id, person.tenant_id, None, frozenset({Role.LEARNER}))
        plan = open_plan(session, actor, utc_now())
        vocabulary = load_kinds(Settings(secret_key="x" * 40).config_folder).of
        editor = PlanEditor(session, plan, actor, vocabulary, utc_now())
        goal = editor.add("goal", {"statement": "Read one book a month", "state": "active"})
        editor.add("step", {"text": "Read on the bus", "goal_ids": [goal.id]})
        session.commit()
    visitor.open_course("English 9")
    visitor.page.get_by_role("link", name=MENU).first.click()
    visitor.frame.get_by_role("link", name="Read one book a month").click()
    visitor.frame.get_by_role("link", name="Look at it: how did it go?").click()
    visitor.see("How did it go?")
    visitor.frame.get_by_label("Change it").check()
    visitor.frame.get_by_label("The goal in new words").fill("Read one book every two months, to its end")
    visitor.frame.get_by_label("Why? Say it as it is.").fill("Long books are the good ones")
    visitor.frame.get_by_label("It has to do with this:").select_option(label="I thought about it")
    visitor.frame.get_by_label("My steps stay as they are", exact=False).check()
    visitor.check_accessibility("review")
    visitor.frame.get_by_role("button", name="Keep this look").click()
    visitor.frame.get_by_role("button", name="Keep this version").click()
    visitor.see("History")
    expect(visitor.frame.get_by_text("Long books are the good ones").first).to_be_visible()
    expect(visitor.frame.get_by_text("every two months").first).to_be_visible()


def test_then_and_now_after_a_year(
    app: Any, school: conftest.School, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    maya = plan_of(app, school)
    # The plan's clock stood a year and more ago when she wrote this; launches and sessions know no such clock.
    ids = fill(maya)
    with maya.editor() as editor:
        editor.edit("entry", ids["strength"], 1, {"text": "I speak even when my voice shakes"})
    page = maya.open(browser_context_factory, address, "plan/then-and-now?since=year", width=320, height=640)
    expect(page.get_by_text("I stay calm when things break")).to_be_visible()
    expect(page.get_by_text("I speak even when my voice shakes")).to_be_visible()
    report = run_axe(page)
    assert not report.serious, str(report)


@pytest.mark.parametrize("path", ["plan", "plan/profile", "plan/evidence", "plan/story", "plan/history"])
def test_in_spanish_at_320_pixels(
    app: Any, school: conftest.School, address: str, browser_context_factory: BrowserContextFactory, path: str
) -> None:
    maya = plan_of(app, school, locale="es")
    fill(maya)
    page = maya.open(browser_context_factory, address, path, locale="es-MX", width=320, height=640)
    expect(page.locator("html")).to_have_attribute("lang", "es")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    report = run_axe(page)
    assert not report.serious, str(report)
