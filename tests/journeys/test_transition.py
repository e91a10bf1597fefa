"""A student of grade 8 goes to high school: she, her advisor and her family, and the adult who receives the package."""

from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lti_plp.plp.history import verify
from lti_plp.plp.models import Plan, TransitionAgreement, TransitionPlan
from tests.fixtures_browser import BrowserContextFactory
from tests.fixtures_stack import Stack
from tests.journeys.steps import Visitor

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

ADVISORY, NEXT_YEAR = "Advisory 8", "Advisory 9, Birch Falls High School"
DUBE = "Ms. Dube, advisor at Birch Falls High School"
GOAL = "Speak up at the spring fair"
NEEDS = "I need a moment before I speak."
HELPS = "A seat at the front"


def course(stack: Stack, title: str, key: str, given_name: str, family_name: str) -> None:
    """A course of a teacher who is new at the school; Maya is in it."""
    teacher: dict[str, Any] = {"key": key, "given_name": given_name, "family_name": family_name}
    teacher["name"] = f"Ms. {family_name}"
    body = {"title": title, "label": key, "teacher": teacher, "students": ["maya"]}
    stack.control("POST", "courses", body)


def begin_a_plan(maya: Visitor) -> None:
    """Say the grade, and set a goal."""
    maya.sign_in("Maya Torres")
    maya.open_tool(ADVISORY)
    maya.see("Your plan starts with you")
    maya.frame.get_by_role("link", name="About me").click()
    maya.frame.get_by_label("Grade", exact=True).select_option("Grade 8")
    maya.frame.get_by_role("button", name="Keep my grade").click()
    expect(maya.frame.get_by_label("Grade", exact=True)).to_have_value("8")
    maya.frame.get_by_role("link", name="Plan", exact=True).click()
    maya.frame.get_by_role("link", name="New goal").click()
    maya.frame.get_by_label("What do you want to reach?").fill(GOAL)
    maya.frame.get_by_role("button", name="Put it into my plan").click()
    expect(maya.frame.get_by_role("heading", name="How far am I?")).to_be_visible()
    maya.frame.get_by_role("link", name="Plan", exact=True).click()


def fill_in(maya: Visitor) -> None:
    """Say what is to be done, who helps, and where papers are kept; by keyboard where only keys are needed."""
    maya.frame.get_by_role("link", name="Before a big change").click()
    maya.see("Before a big change")
    maya.check_frame("before there is one")
    maya.frame.get_by_role("button", name="Begin").first.focus()
    maya.page.keyboard.press("Enter")
    maya.see("To high school")
    frame, checklist = maya.frame, maya.frame.get_by_role("group", name="What is still to be done")
    checklist.get_by_label("Done").first.focus()
    maya.page.keyboard.press("Space")
    frame.get_by_label("What the new adults should know").fill(NEEDS)
    people = frame.get_by_role("group", name="People here and there")
    people.get_by_label("Name").first.fill("Noor Okafor")
    people.get_by_label("Who is that?").first.select_option("Advisor")
    people.get_by_label("How do they help?").first.fill("knows what I write at night")
    frame.get_by_label("Where I go").fill("Birch Falls High School")
    papers = frame.get_by_role("group", name="Papers that are kept elsewhere")
    expect(papers).to_contain_text("Please write nothing here of what it says")
    papers.get_by_label("Which one?").first.select_option("504 plan")
    papers.get_by_label("Where is it kept").first.fill("Ask Ms. Okafor")
    frame.get_by_label("When it happens").fill("2031-08-27")
    frame.get_by_label("Where I come from").focus()
    expect(frame.locator("#saved")).to_have_text("Saved just now")
    maya.check_frame("transition plan")


def open_transition(adult: Visitor, title: str) -> None:
    """From a course's menu to Maya's transition plan."""
    adult.open_tool(title)
    adult.frame.get_by_role("link", name="Students", exact=True).click()
    adult.frame.get_by_role("link", name="Maya Torres").click()
    adult.frame.get_by_role("link", name="Transition", exact=True).click()
    adult.see("Before a big change")


def advise(okafor: Visitor) -> None:
    """See to something, and propose words."""
    open_transition(okafor, ADVISORY)
    frame = okafor.frame
    frame.get_by_role("button", name="Mark as done Meet my new advisor").click()
    expect(frame.get_by_role("button", name="Undo Meet my new advisor")).to_be_visible()
    expect(frame.get_by_text("The student chooses what goes along, and agrees first.")).to_be_visible()
    frame.get_by_text("Propose words").click()
    frame.get_by_label("What helps the student").fill(HELPS)
    frame.get_by_role("button", name="Propose it").click()
    expect(frame.get_by_role("status").get_by_text("The student decides.")).to_be_visible()
    okafor.check_frame("transition of an advisor")


def agree(maya: Visitor) -> None:
    """Take the advisor's words, choose what goes along, and agree; what is shown follows each tick."""
    maya.frame.get_by_role("link", name="Plan", exact=True).click()
    maya.frame.get_by_role("link", name="What others say").click()
    expect(maya.frame.get_by_text(HELPS)).to_be_visible()
    maya.frame.get_by_role("button", name="Use this idea").click()
    expect(maya.frame.get_by_text("The idea stands in your plan now.")).to_be_visible()
    maya.frame.get_by_role("link", name="Plan", exact=True).click()
    maya.frame.get_by_role("link", name="Before a big change").click()
    maya.frame.get_by_role("link", name="Look at the package").click()
    paper = maya.frame.get_by_role("article")
    expect(paper.get_by_text(HELPS)).to_be_visible()
    expect(paper.get_by_text(GOAL)).to_have_count(0)
    for part, seen in (
        ("Also what only teachers and advisors see", GOAL),
        ("Where papers such as an IEP are kept", "504 plan: Ask Ms. Okafor"),
    ):
        box = maya.frame.get_by_role("checkbox", name=part)
        box.focus()
        maya.page.keyboard.press("Space")
        expect(paper.get_by_text(seen)).to_be_visible()
        expect(box).to_be_focused()
    maya.check_frame("package before anybody agreed")
    maya.frame.get_by_label("Who gets it?").fill(DUBE)
    maya.frame.get_by_role("button", name="I agree that they get this").click()
    expect(maya.frame.get_by_text("Maya Torres agreed.")).to_be_visible()
    expect(paper).to_contain_text(f"For {DUBE}")
    # Trying something else out changes nothing of what was agreed, and does not look as if it did.
    maya.frame.get_by_role("checkbox", name="Goals and steps").uncheck()
    expect(paper).to_contain_text("you have agreed to other parts")
    expect(paper.get_by_text(GOAL)).to_have_count(0)


def hand_over(okafor: Visitor) -> None:
    """Write down the family's word, print the package, and say that it was handed over."""
    open_transition(okafor, ADVISORY)
    frame = okafor.frame
    expect(frame.get_by_role("button", name="I have handed it over")).to_have_count(0)
    frame.get_by_role("button", name="The family agrees").click()
    expect(frame.get_by_role("alert")).to_contain_text("Please say this first.")
    frame.get_by_label("Who of the family agreed to this?").fill("Ana Torres")
    frame.get_by_role("button", name="The family agrees").click()
    expect(frame.get_by_text("Ana Torres agreed for the family.")).to_be_visible()
    frame.get_by_role("link", name="Look at the package").click()
    expect(frame.get_by_role("article")).to_contain_text(GOAL)
    okafor.page.emulate_media(media="print")
    expect(frame.get_by_role("article")).to_be_visible()
    for name in ("Print", "Students"):
        expect(frame.get_by_text(name, exact=True)).to_be_hidden()
    okafor.page.emulate_media(media="screen")
    frame.get_by_role("link", name="Before a big change").click()
    frame.get_by_role("button", name="I have handed it over").click()
    expect(frame.get_by_text("Handed over.")).to_be_visible()
    okafor.check_frame("handed over")


def receive(dube: Visitor) -> None:
    """Read the package, who agreed to it, and where papers are."""
    open_transition(dube, NEXT_YEAR)
    dube.frame.get_by_role("link", name="Look at the package").click()
    paper = dube.frame.get_by_role("article")
    for words in (f"For {DUBE}", "Agreed by: Maya Torres; for the family: Ana Torres", NEEDS, HELPS, GOAL):
        expect(paper).to_contain_text(words)
    expect(paper).to_contain_text("Noor Okafor (Advisor): knows what I write at night")
    expect(paper).to_contain_text("504 plan: Ask Ms. Okafor")
    dube.check_frame("package")


def test_a_transition(stack: Stack, browser_context_factory: BrowserContextFactory) -> None:
    course(stack, ADVISORY, "okafor", "Noor", "Okafor")
    maya = Visitor(stack, browser_context_factory(width=360, height=740))
    begin_a_plan(maya)
    fill_in(maya)
    okafor = Visitor(stack, browser_context_factory())
    okafor.sign_in("Ms. Okafor")
    advise(okafor)
    agree(maya)
    hand_over(okafor)

    # The next school is in the same district: its advisor finds Maya in a course there.
    course(stack, NEXT_YEAR, "dube", "Thandi", "Dube")
    maya.open_tool(NEXT_YEAR)
    expect(maya.frame.get_by_text(GOAL)).to_be_visible()
    dube = Visitor(stack, browser_context_factory(width=360, height=740))
    dube.sign_in("Ms. Dube")
    receive(dube)

    maya.frame.get_by_role("link", name="Before a big change").click()
    expect(maya.frame.get_by_text("The receiving adult has the package.")).to_be_visible()
    maya.frame.get_by_role("link", name="Plan", exact=True).click()
    maya.frame.get_by_role("link", name="What others say").click()
    expect(maya.frame.get_by_role("region", name="Who looked at my plan")).to_contain_text("Ms. Dube")
    with stack.database() as session:
        plan = session.scalars(select(Plan)).one()
        assert (plan.grade, verify(session, plan.id)) == (8, [])
        item = session.scalars(select(TransitionPlan)).one()
        assert item.state == "handed_over"
        assert item.supports == [{"kind": "plan_504", "where": "Ask Ms. Okafor"}]
        said = session.scalars(select(TransitionAgreement).order_by(TransitionAgreement.id)).all()
        assert [(one.role, one.name) for one in said] == [
            ("student", "Maya Torres"),
            ("family", "Ana Torres"),
        ]
        assert said[0].parts == ["profile", "goals", "evidence", "supports", "team"]
