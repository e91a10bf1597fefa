"""From a file of proficiencies to growth that moves, in a real browser: on a phone, in the dark, on paper."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.fixtures_browser import BrowserContextFactory
from tests.views.conftest import LEO, MAYA, RIVERA, Human, School
from tests.views.plans import plan_of
from tests.views.test_proficiencies_in_browser import PHONE, check, press

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]
ODA = Human("administrator-1", "Oda", "Nyberg", ("Administrator",))
TABLE = """code,parent,kind,statement,student words
TS,,area,Transferable skills,
TS.1,{parent},transferable skill,Communicates clearly,I make myself understood.
TS.2,TS,transferable skill,Solves problems,I find a way.
"""


def bring(page: Page, file: Path) -> None:
    """Choose a file and look at what it changes."""
    page.get_by_label("File").set_input_files(file)
    page.get_by_label("Title", exact=True).fill("Skills for life")
    press(page, "button", "Show what it changes")


def rate(page: Page, level: int) -> None:
    """Rate as the teacher who looks at it, the lowest level being 1."""
    page.locator('input[name="level"]').nth(level).focus()
    page.keyboard.press("Space")
    press(page, "button", "Rate it")
    expect(page.get_by_role("status").first).to_contain_text("Rated.")


def test_from_a_file_to_growth_that_moves(
    app: Flask,
    school: School,
    address: str,
    browser_context_factory: BrowserContextFactory,
    tmp_path: Path,
) -> None:
    maya, _leo, rivera, oda = (plan_of(app, school, one) for one in (MAYA, LEO, RIVERA, ODA))
    wrong, right = tmp_path / "wrong.csv", tmp_path / "right.csv"
    wrong.write_text(TABLE.format(parent="TZ"))
    right.write_text(TABLE.format(parent="TS"))

    office = oda.open(browser_context_factory, address, "students/frameworks", **PHONE)
    check(office)
    bring(office, wrong)
    expect(office.get_by_role("alert")).to_contain_text(
        "row 3, parent: What it belongs to is not in the file."
    )
    check(office)
    bring(office, right)
    expect(office.get_by_text("This is a new framework. Nothing is published yet.")).to_be_visible()
    check(office)
    press(office, "button", "Publish")
    expect(office.get_by_role("status")).to_contain_text("Published.")
    office.get_by_role("checkbox", name="TS Transferable skills").focus()
    office.keyboard.press("Space")
    press(office, "button", "Keep this")
    expect(office.get_by_role("status")).to_contain_text("Students and advisors see it at once.")
    check(office)

    teacher = rivera.open(browser_context_factory, address, "students/grid", **PHONE)
    expect(teacher.get_by_role("cell", name="–")).to_have_count(4)
    check(teacher)
    press(teacher, "link", "Maya Torres")
    teacher.get_by_label("Rate another one: words of it").fill("communicates")
    press(teacher, "button", "Look")
    teacher.get_by_role("link", name="Communicates clearly").click()
    rate(teacher, 0)
    rate(teacher, 2)
    check(teacher)

    student = maya.open(browser_context_factory, address, "plan/proficiencies", color_scheme="dark", **PHONE)
    press(student, "link", "How I grow")
    expect(student.get_by_text("1 proficiency has a level, of 2.")).to_be_visible()
    check(student)
    press(student, "link", "I make myself understood.")
    picture = student.locator(".growth")
    expect(picture.locator("figcaption")).to_contain_text("2 pieces")
    expect(picture.locator("svg.growth-svg")).to_be_visible()
    check(student)
    picture.get_by_text("The same as a table").focus()
    student.keyboard.press("Enter")
    expect(picture.get_by_role("row")).to_have_count(3)
    check(student)
    student.emulate_media(media="print")
    expect(picture.locator("svg.growth-svg")).to_be_visible()
    student.emulate_media(media="screen")
    student.goto(address + maya.visitor.address("plan/graduation"))
    expect(student.get_by_text("Under way").first).to_be_visible()
    check(student)

    # The grid follows, and its cell leads to the same picture.
    teacher.goto(address + rivera.visitor.address("students/grid"))
    teacher.locator("td.below a").first.click()
    expect(teacher.locator("svg.growth-svg")).to_be_visible()
    check(teacher)
