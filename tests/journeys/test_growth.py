"""From a file of proficiencies to a student who sees herself grow, in one piece and in the LMS's frame."""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import expect

from tests.fixtures_stack import Stack
from tests.journeys.steps import PROJECT, Visitor

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

TABLE = """code,parent,kind,statement,student words
TS,,area,Transferable skills,
TS.1,TS,transferable skill,Communicates clearly,I make myself understood.
TS.2,TS,transferable skill,Solves problems,I find a way.
"""
HALE = {"key": "hale", "name": "Mr. Hale", "given_name": "Owen", "family_name": "Hale"}
OSEI = {"key": "osei", "name": "Dr. Osei", "given_name": "Abena", "family_name": "Osei"}
OFFICE = "Staff room"
SAID = "I make myself understood."


def press(visitor: Visitor, role: Literal["button", "link"], name: str) -> None:
    """Press something in the tool's frame by keyboard."""
    visitor.frame.get_by_role(role, name=name, exact=True).first.focus()
    visitor.page.keyboard.press("Enter")


def unfold_menu(visitor: Visitor) -> None:
    """Open the fold of the adults' menu by keyboard."""
    visitor.frame.get_by_role("navigation", name="My students").locator("summary").focus()
    visitor.page.keyboard.press("Enter")


def come(visitor: Visitor, name: str, *ways: str, course: str = "English 9") -> None:
    """Be somebody who opens the tool in a course and goes on by these links."""
    visitor.sign_in(name)
    visitor.open_tool(course)
    for way in ways:
        press(visitor, "link", way)


def publish(visitor: Visitor, file: Path) -> None:
    """Bring in a file as the administrator, look at what it changes, publish it."""
    come(visitor, "Dr. Osei", course=OFFICE)
    unfold_menu(visitor)
    press(visitor, "link", "Frameworks")
    visitor.see("Frameworks of proficiencies")
    visitor.check_frame("frameworks")
    visitor.frame.get_by_label("File").set_input_files(file)
    visitor.frame.get_by_label("Title", exact=True).fill("Skills for life")
    press(visitor, "button", "Show what it changes")
    expect(visitor.frame.get_by_text("This is a new framework. Nothing is published yet.")).to_be_visible()
    visitor.check_frame("what it changes")
    press(visitor, "button", "Publish")
    expect(visitor.frame.get_by_role("status")).to_contain_text("Published.")
    visitor.check_frame("framework")


def map_work(visitor: Visitor) -> None:
    """Say as the teacher that the reflection shows the first proficiency."""
    come(visitor, "Ms. Rivera")
    unfold_menu(visitor)
    press(visitor, "link", "Grades to levels")
    visitor.see("What the work of this course shows")
    visitor.check_frame("work of the course")
    press(visitor, "link", f"Say what it shows {PROJECT}")
    press(visitor, "link", "Communicates clearly")
    expect(visitor.frame.get_by_role("heading", name="What it makes of the grades now")).to_be_visible()
    visitor.check_frame("rule")
    press(visitor, "button", "Save this rule")
    expect(visitor.frame.get_by_role("status")).to_contain_text("Saved.")
    visitor.check_frame("rule saved")


def look(visitor: Visitor, sentence: str, marks: int, name: str) -> None:
    """See as the student how she grows: the sentence, so many marks, and a table that says the same."""
    come(visitor, "Maya Torres", "Proficiencies", "How I grow", SAID)
    visitor.see(SAID)
    picture = visitor.frame.locator(".growth")
    expect(picture.locator("figcaption")).to_contain_text(sentence)
    expect(picture.locator("svg.growth-svg .dot")).to_have_count(marks)
    picture.get_by_text("The same as a table").focus()
    visitor.page.keyboard.press("Enter")
    # Below its head a row for each mark, and one for the reflection that she sent.
    expect(picture.get_by_role("row")).to_have_count(1 + marks + 1)
    visitor.check_frame(name)


def test_from_a_file_to_growth_that_moves(stack: Stack, browser_context_factory: Any, tmp_path: Path) -> None:
    file = tmp_path / "skills.csv"
    file.write_text(TABLE)
    stack.control("POST", "courses", {"title": OFFICE, "label": "STAFF", "teacher": HALE, "principal": OSEI})
    visitor = Visitor(stack, browser_context_factory())
    publish(visitor, file)

    # Work that is graded: a reflection that the teacher places and the student sends.
    visitor.sign_in("Ms. Rivera")
    visitor.place()
    visitor.sign_in("Maya Torres")
    visitor.open_assignment(PROJECT)
    visitor.see(PROJECT)
    visitor.write()
    visitor.send()
    map_work(visitor)
    come(visitor, "Maya Torres", "Proficiencies", "How I grow")
    expect(visitor.frame.get_by_text("0 proficiencies have a level, of 2.")).to_be_visible()
    visitor.check_frame("nothing yet")

    visitor.sign_in("Ms. Rivera")
    visitor.open_assignment(PROJECT)
    visitor.rate("6", "You tested before you built.")
    expect(visitor.frame.get_by_text("6 of 10 points")).to_be_visible()
    look(visitor, "Developing since", 1, "first level")

    # A second look at her work, by the teacher herself: the line moves.
    come(visitor, "Ms. Rivera", "Students", "Levels")
    # The page before has a link of the student's name as well.
    visitor.see("Levels of my students")
    visitor.check_frame("class")
    press(visitor, "link", "Maya Torres")
    press(visitor, "link", "Communicates clearly")
    visitor.see("Communicates clearly")
    visitor.frame.locator('input[name="level"]').nth(3).focus()
    visitor.page.keyboard.press("Space")
    press(visitor, "button", "Rate it")
    expect(visitor.frame.get_by_role("status").first).to_contain_text("Rated.")
    visitor.check_frame("rated")
    # Of the newest, which is the highest, 65 %.
    look(visitor, "Proficient since", 2, "growth that moved")
    assert len(visitor.checked) == 11
