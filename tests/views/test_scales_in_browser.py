"""A table of scales and a framework that is withdrawn, in a real browser: on a phone and on a wide screen."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.fixtures_browser import BrowserContextFactory
from tests.views.conftest import School
from tests.views.growing import growing
from tests.views.plans import plan_of
from tests.views.test_frameworks import ODA
from tests.views.test_proficiencies_in_browser import PHONE, check, press
from tests.views.test_scales import THREE

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


def bring(page: Page, file: Path) -> None:
    """Choose a table and look at what it changes."""
    page.get_by_label("File").set_input_files(file)
    press(page, "button", "Show what it changes")


def check_both(page: Page) -> None:
    """Nothing is wrong with it on a phone and on a wide screen."""
    check(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    check(page)
    page.set_viewport_size({"width": 320, "height": 640})


def test_a_table_of_scales(
    app: Flask, school: School, address: str, browser_context_factory: BrowserContextFactory, tmp_path: Path
) -> None:
    oda = plan_of(app, school, ODA)
    wrong, right, other = tmp_path / "wrong.csv", tmp_path / "right.csv", tmp_path / "other.csv"
    wrong.write_text(THREE.replace("Almost,2", "Almost,much"))
    right.write_text(THREE)
    other.write_text(THREE.replace("Almost", "Nearly"))
    page = oda.open(browser_context_factory, address, "students/frameworks", **PHONE)
    press(page, "link", "Scales, and bringing in your own")
    expect(page.get_by_role("heading", name="Scales", level=1)).to_be_visible()
    check_both(page)
    bring(page, wrong)
    expect(page.get_by_role("alert")).to_contain_text("row 3: Its number has to be one from 0 to 1000.")
    expect(page.locator("#problems")).to_be_focused()
    check_both(page)
    for file in (right, other):
        bring(page, file)
        expect(page.get_by_text("Nothing is published yet.")).to_be_visible()
        check_both(page)
        press(page, "button", "Publish")
        expect(page.get_by_role("status")).to_contain_text("Published.")
    expect(page.get_by_role("heading", name="Our three")).to_have_count(1)
    expect(page.get_by_text("Nearly")).to_be_visible()
    bring(page, right)
    expect(page.get_by_text("This scale had the name once")).to_be_visible()
    check_both(page)


def test_withdrawn_and_brought_back(
    app: Flask, school: School, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    there = growing(app, school)
    there.rate("P")
    oda = plan_of(app, school, ODA)
    page = oda.open(browser_context_factory, address, "students/frameworks/1", **PHONE)
    press(page, "link", "Withdraw it …")
    expect(page.get_by_text("1 student was rated on it")).to_be_visible()
    check_both(page)
    press(page, "button", "Withdraw it")
    expect(page.get_by_role("status")).to_contain_text("Nothing that was said is lost.")
    check_both(page)
    press(page, "button", "Bring it back")
    expect(page.get_by_role("status")).to_contain_text("It is offered again.")
    check_both(page)
