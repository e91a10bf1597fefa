"""A choice among five thousand proficiencies stays small: by words and by headings, with and without a script."""

import re
from html import unescape

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import Engine

from lti_plp.plp.growth.browsing import MOST_HEADINGS
from lti_plp.plp.growth.choosing import AT_ONCE
from lti_plp.plp.growth.drafts import ItemDraft
from lti_plp.plp.growth.frameworks import publish
from tests.factories import counted
from tests.fixtures_browser import BrowserContextFactory
from tests.plp.growth.growing import FOUR, draft
from tests.views import conftest as pages
from tests.views.conftest import School
from tests.views.test_mapping import Class, bands, send
from tests.views.test_proficiencies_in_browser import PHONE, check

school, address = pages.school, pages.address
LARGE = 80_000
"""Bytes of a page that a phone on a slow line waits too long for."""


def standards(areas: int, each: int) -> tuple[ItemDraft, ...]:
    """Standards under so many headings; all of them invented."""
    items = []
    for area in range(areas):
        items.append(ItemDraft(f"a{area}", f"Knots of kind {area}", "area", f"K{area}"))
        items += [
            ItemDraft(
                f"k{area}.{number}",
                f"Ties knot {area}.{number} with one hand",
                "standard",
                f"K{area}.{number}",
                parent=f"a{area}",
                scale=FOUR,
            )
            for number in range(each)
        ]
    return tuple(items)


def publish_knots(there: Class, areas: int, each: int, guid: str = "https://example.org/knots") -> None:
    box = there.maya.toolbox
    with box.sessions.begin() as session:
        made = draft(*standards(areas, each), guid=guid, title="Knots")
        publish(session, None, there.maya.actor().tenant_id, made, 0, box.clock())


@pytest.fixture
def there(app: Flask, school: School) -> Class:
    made = Class(app, school)
    made.gradebook.tell("14")
    return made


def follow(there: Class, page: str, name: str) -> str:
    """The page behind a link."""
    found = re.search(rf'<a (?:class="[^"]*" )?href="([^"]+)">{re.escape(name)}', page)
    assert found, page
    answer = there.rivera.visitor.client.get(unescape(found[1]))
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_five_thousand_make_no_large_page_and_no_more_statements(there: Class, engine: Engine) -> None:
    publish_knots(there, 2, AT_ONCE)

    def ask(path: str) -> tuple[int, int]:
        there.rivera.get(path)
        with counted(engine) as statements:
            page = there.rivera.get(path)
        return len(statements), len(page.encode())

    paths = ("students/mapping", "students/mapping?work=1", "students/mapping?work=1&q=knot")
    few = [ask(path)[0] for path in paths]
    publish_knots(there, 50, 98, "https://example.org/more-knots")
    many = [ask(path) for path in paths]
    assert [count for count, _ in many] == few
    assert max(size for _, size in many) < LARGE


def test_by_headings_without_a_script(there: Class) -> None:
    publish_knots(there, 50, 100)
    page = there.rivera.get("students/mapping?work=1")
    assert "Ties knot" not in page
    assert "100 proficiencies" in page
    page = follow(there, page, "K7 Knots of kind 7")
    assert page.count("Ties knot 7.") == AT_ONCE
    assert f"{100 - AT_ONCE} more are found by their words." in page
    assert "Knots of kind 8" not in page
    page = follow(there, page, "Ties knot 7.3 with one hand")
    assert "<strong>Ties knot 7.3 with one hand</strong>" in page
    chosen = re.search(r'name="proficiency" value="(\d+)"', page)
    assert chosen
    assert send(there, "save", *bands("0", "35", "70", "85"), proficiency=chosen[1])[0] == 303
    assert [one.proficiency_id for one in there.rules()] == [int(chosen[1])]


def test_by_words_without_a_script(there: Class) -> None:
    publish_knots(there, 50, 100)
    page = there.rivera.get("students/mapping?work=1&q=K49.17")
    assert "1 found" in page
    page = follow(there, page, "Ties knot 49.17 with one hand")
    # Choosing again begins anew.
    assert "What does it show?" in follow(there, page, "Choose another one")
    assert "Nothing holds these words." in there.rivera.get("students/mapping?work=1&q=bowline")
    hostile = there.rivera.get("students/mapping?work=1&q=%3Cscript%3Ealert(1)&under=99999999999")
    assert "<script>alert" not in hostile


def test_more_headings_than_are_shown(there: Class) -> None:
    publish_knots(there, MOST_HEADINGS + 1, 1)
    page = there.rivera.get("students/mapping?work=1")
    assert "1 more is found by its words." in page
    assert page.count("Knots of kind") == MOST_HEADINGS


def test_few_stand_there_at_once(there: Class) -> None:
    page = there.rivera.get("students/mapping?work=1")
    for words in ("Communicates clearly", "Solves problems", "Transferable skills"):
        assert words in page
    assert 'type="search"' not in page


@pytest.mark.journey
@pytest.mark.timeout(300)
def test_found_while_typing(
    there: Class, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    publish_knots(there, 50, 100)
    page = there.rivera.open(browser_context_factory, address, "students/mapping?work=1", **PHONE)
    check(page)
    page.get_by_label("Words of it, or its code").press_sequentially("knot 31.4")
    expect(page.locator("#found-count")).to_have_text("11 found")
    check(page)
    link = page.get_by_role("link", name="Ties knot 31.40 with one hand")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Save this rule")).to_be_visible()
    check(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="Save this rule").click()
    expect(page.get_by_text("Saved. The levels of your students follow it now.")).to_be_visible()
    check(page)
    assert len(there.rules()) == 1


@pytest.mark.journey
@pytest.mark.timeout(300)
def test_found_in_a_browser_without_a_script(
    there: Class, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    publish_knots(there, 50, 100)
    page = there.rivera.open(
        browser_context_factory, address, "students/mapping?work=1", java_script_enabled=False, **PHONE
    )
    page.get_by_label("Words of it, or its code").fill("knot 31.40")
    page.get_by_role("button", name="Look").click()
    page.get_by_role("link", name="Ties knot 31.40 with one hand").click()
    page.get_by_role("button", name="Save this rule").click()
    expect(page.get_by_text("Saved. The levels of your students follow it now.")).to_be_visible()
    assert len(there.rules()) == 1
