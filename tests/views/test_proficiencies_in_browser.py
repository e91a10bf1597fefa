"""Proficiencies in a real browser: rated by the guide, read, judged; by keyboard, on a phone."""

import re
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.models import EvidenceProficiency, Goal, GoalProficiency, Rating
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.views.conftest import LEO, SAM, School
from tests.views.growing import growing, many
from tests.views.plans import plan_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]
PHONE = {"width": 320, "height": 640}


def check(page: Page) -> None:
    """Nothing stands out at the side, and axe-core finds nothing serious."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    report = run_axe(page)
    assert not report.serious, str(report)


def press(page: Page, role: Literal["button", "link"], name: str) -> None:
    """Press something by keyboard."""
    page.get_by_role(role, name=name, exact=True).focus()
    page.keyboard.press("Enter")


def test_by_the_guide_then_read_then_judged(
    app: Flask, school: School, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    there = growing(app, school)
    there.rate("B")
    talk = f"plan/proficiencies/{there.ids['talk']}"
    teacher = there.rivera.open(browser_context_factory, address, there.page(), **PHONE)
    check(teacher)
    cell = teacher.get_by_role("radio", name=re.compile("Gives reasons with evidence"))
    cell.focus()
    teacher.keyboard.press("Space")
    expect(teacher.locator("[data-suggested]")).to_have_text(
        "What you chose lies around: Proficient. You decide."
    )
    level = teacher.locator('input[name="level"]')
    for number in range(5):
        expect(level.nth(number)).not_to_be_checked()
    level.nth(2).focus()
    teacher.keyboard.press("Space")
    teacher.get_by_label("A note").fill("Reasons for everything")
    press(teacher, "button", "Rate it")
    expect(teacher.get_by_role("status").first).to_contain_text("Rated.")
    expect(teacher.locator(".big-level")).to_contain_text("Developing")
    check(teacher)

    student = there.maya.open(browser_context_factory, address, talk, **PHONE)
    expect(student.locator(".why")).to_contain_text(
        "It rests on 2 ratings, in this order: Beginning, Proficient."
    )
    expect(student.get_by_text("Reasons for everything")).to_be_visible()
    numbers = student.get_by_text("65 % of 3 and 35 % of 1 make 2.3.")
    expect(numbers).to_be_hidden()
    student.get_by_text("Show me with numbers").focus()
    student.keyboard.press("Enter")
    expect(numbers).to_be_visible()
    check(student)

    teacher.get_by_text("Judge the level yourself").focus()
    teacher.keyboard.press("Enter")
    teacher.locator('input[name="judged"]').nth(2).focus()
    teacher.keyboard.press("Space")
    teacher.get_by_label("Why (you may leave it out)").fill("Seen in the debate")
    press(teacher, "button", "Judge")
    expect(teacher.locator(".big-level")).to_contain_text("Proficient")
    check(teacher)

    student.reload()
    expect(student.locator(".big-level")).to_contain_text("Proficient")
    expect(student.get_by_text("Elena Rivera judged: Proficient")).to_be_visible()
    student.locator('input[name="level"]').nth(1).focus()
    student.keyboard.press("Space")
    press(student, "button", "Note it")
    expect(student.get_by_text("You say yourself: Developing.")).to_be_visible()
    check(student)
    student.goto(address + there.maya.visitor.address("plan/proficiencies"))
    expect(student.get_by_text("judged by a person")).to_be_visible()
    check(student)


def test_a_class_by_keyboard_on_a_phone(
    app: Flask,
    school: School,
    toolbox: Toolbox,
    address: str,
    browser_context_factory: BrowserContextFactory,
) -> None:
    there = growing(app, school)
    for human in (LEO, SAM):
        plan_of(app, school, human)
    page = there.rivera.open(browser_context_factory, address, "students/rate", **PHONE)
    check(page)
    press(page, "link", "Communicates clearly")
    first = page.locator('.rate-class input[type="radio"]').first
    expect(first).to_be_visible()
    check(page)
    first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    press(page, "button", "Rate those chosen")
    expect(page.get_by_role("status")).to_have_text("2 students were rated.")
    with toolbox.sessions() as session:
        assert {one.value for one in session.scalars(select(Rating))} == {1, 2}


def test_one_key_for_each_while_reading(
    app: Flask,
    school: School,
    toolbox: Toolbox,
    address: str,
    browser_context_factory: BrowserContextFactory,
) -> None:
    there = growing(app, school)
    talk, solve = there.ids["talk"], there.ids["solve"]
    about = [("proficiency_ids", str(talk)), ("proficiency_ids", str(solve))]
    there.maya.visitor.post("plan/evidence/new", *about, text="My talk")
    page = there.rivera.open(browser_context_factory, address, "students/triage", **PHONE)
    expect(page.locator("form.triage[data-keys='on']")).to_be_visible()
    check(page)
    page.keyboard.press("q")
    page.keyboard.press("e")
    page.keyboard.press("p")
    page.keyboard.press("e")
    page.keyboard.press("o")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("To read")
    with toolbox.sessions() as session:
        said = {one.proficiency_id: one.value for one in session.scalars(select(Rating))}
    assert said == {talk: 3, solve: None}


def test_found_among_many_while_the_goal_saves_itself(
    app: Flask,
    school: School,
    toolbox: Toolbox,
    address: str,
    browser_context_factory: BrowserContextFactory,
) -> None:
    there = growing(app, school, *many(80))
    there.maya.visitor.post("plan/goals/new", statement="Tie it", proficiency_ids=str(there.ids["talk"]))
    with toolbox.sessions() as session:
        goal = session.scalars(select(Goal.id)).one()
    page = there.maya.open(browser_context_factory, address, f"plan/goals/{goal}?more=1", **PHONE)
    expect(page.get_by_role("checkbox", name="I make myself understood.")).to_be_checked()
    page.get_by_label("Find another one").press_sequentially("knot 42")
    box = page.get_by_role("checkbox", name=re.compile("Ties knot 42"))
    expect(box).to_be_visible()
    check(page)
    box.focus()
    page.keyboard.press("Space")
    expect(page.locator("#saved")).to_contain_text("Saved")
    expect(page.locator("[data-chosen] label")).to_have_count(2)
    page.get_by_label("Find another one").fill("knot 4")
    expect(page.locator("#found-count")).to_have_text("17 found")
    expect(page.locator("[data-found] label")).to_have_count(16)
    expect(box).to_be_checked()
    with toolbox.sessions() as session:
        assert set(session.scalars(select(GoalProficiency.proficiency_id))) == {
            there.ids["talk"],
            there.ids["s42"],
        }


def test_evidence_shows_it_with_the_keyboard(
    app: Flask,
    school: School,
    toolbox: Toolbox,
    address: str,
    browser_context_factory: BrowserContextFactory,
) -> None:
    there = growing(app, school)
    path = f"plan/evidence/new?proficiency={there.ids['argue']}"
    page = there.maya.open(browser_context_factory, address, path, **PHONE)
    expect(page.get_by_role("checkbox", name=re.compile("I argue with sources"))).to_be_checked()
    page.get_by_label("A few words").fill("My essay on bees")
    check(page)
    press(page, "button", "Save it")
    expect(page.get_by_role("link", name="I argue with sources.")).to_be_visible()
    check(page)
    with toolbox.sessions() as session:
        assert session.scalars(select(EvidenceProficiency.proficiency_id)).one() == there.ids["argue"]
