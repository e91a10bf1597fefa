"""How far a goal has come, as a picture with a sentence and a table, for the student and for her team."""

import re
from html import unescape

import pytest
from flask import Flask

from tests.fixtures_browser import BrowserContextFactory
from tests.views.conftest import RIVERA, School
from tests.views.plans import Planner, fill, plan_of
from tests.views.test_proficiencies_in_browser import PHONE, check


class Pair:
    """Maya, who says how far she is, and her teacher, who says a level."""

    def __init__(self, app: Flask, school: School) -> None:
        self.maya, self.rivera = plan_of(app, school), plan_of(app, school, RIVERA)
        self.ids = fill(self.maya)
        self.student = f"students/{self.maya.actor().person_id}"

    def say(self, word: str) -> None:
        said = {"progress": word, "evidence_id": str(self.ids["evidence"])}
        answer = self.maya.visitor.post(f"plan/goals/{self.ids['goal']}/progress", **said)
        assert answer.status_code == 303

    def level(self, word: str) -> None:
        answer = self.rivera.visitor.post(f"{self.student}/evidence/{self.ids['evidence']}", level=word)
        assert answer.status_code == 303


@pytest.fixture
def pair(app: Flask, school: School) -> Pair:
    return Pair(app, school)


def pictures(planner: Planner, path: str) -> list[str]:
    """The pictures of a page that are drawn, as HTML."""
    return re.findall(r"<figure class=\"growth\">.*?</figure>", planner.get(path), re.DOTALL)


def sentence(figure: str) -> str:
    found = re.search(r"<figcaption[^>]*>(.*?)</figcaption>", figure, re.DOTALL)
    assert found
    return " ".join(unescape(found[1]).split())


def test_where_nothing_was_said_nothing_is_drawn(pair: Pair) -> None:
    assert pictures(pair.maya, f"plan/goals/{pair.ids['goal']}") == []
    # A goal that was met was met by a look at it, which is a word, too.
    (met,) = pictures(pair.maya, "plan/growth")
    assert sentence(met).startswith("Reached since ")


@pytest.mark.parametrize("page", ["plan/goals/{goal}", "plan/growth", "{student}/growth"])
def test_sentence_picture_and_table_say_the_same(pair: Pair, page: str) -> None:
    for word in ("begun", "nearly_there"):
        pair.say(word)
    pair.level("on_the_way")
    reader = pair.maya if page.startswith("plan") else pair.rivera
    figure = pictures(reader, page.format(**pair.ids, student=pair.student))[0]
    assert re.fullmatch(
        r"Just begun in \w+ \d{4}, Nearly there since \w+ \d{4}\. "
        r"A teacher or advisor said last: On the way, \w+ \d{4}\. 1 step done\.",
        sentence(figure),
    )
    label = re.search(r'<svg class="growth-svg"[^>]* aria-label="([^"]*)"', figure)
    assert label
    assert " ".join(unescape(label[1]).split()) == sentence(figure)
    assert [re.sub(r"<[^>]+>", "", one) for one in re.findall(r"<td>.*?</td>", figure)][:9] == [
        *("Just begun", "Student", "What I learned from three talks"),
        *("Nearly there", "Student", "What I learned from three talks"),
        *("On the way", "Teacher or advisor", "What I learned from three talks"),
    ]
    # Each mark and each row of the table leads to the evidence.
    own = "plan" if reader is pair.maya else pair.student
    assert figure.count(f'{own}/evidence/{pair.ids["evidence"]}"') == 6
    assert "style=" not in figure


def test_in_spanish(app: Flask, school: School) -> None:
    pair = Pair(app, school)
    pair.say("begun")
    maya = plan_of(app, school, locale="es")
    figure = pictures(maya, f"plan/goals/{pair.ids['goal']}")[0]
    assert sentence(figure).startswith("Recién empezado desde ")


@pytest.mark.journey
@pytest.mark.timeout(300)
def test_on_a_phone_by_keyboard_and_on_paper(
    pair: Pair, address: str, browser_context_factory: BrowserContextFactory
) -> None:
    pair.say("begun")
    pair.say("nearly_there")
    pair.level("on_the_way")
    goal = f"plan/goals/{pair.ids['goal']}"
    for planner, path in (
        (pair.maya, goal),
        (pair.maya, "plan/growth"),
        (pair.rivera, f"{pair.student}/growth"),
    ):
        for size in (PHONE, {"width": 1280, "height": 800}):
            page = planner.open(browser_context_factory, address, path, **size)
            figure = page.locator("figure.growth").first
            figure.locator("svg.growth-svg").wait_for()
            check(page)
        figure.locator("summary").focus()
        page.keyboard.press("Enter")
        figure.get_by_role("row").last.wait_for()
        check(page)
        page.emulate_media(media="print", forced_colors="active")
        assert figure.locator("svg.growth-svg").is_visible()
        # Whose mark it is, is told by its shape.
        shapes = figure.locator("svg.growth-svg .dot > path")
        assert len({one.get_attribute("d") for one in shapes.all()}) == 2
    mark = page.locator("svg.growth-svg a").first
    mark.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/evidence/{pair.ids['evidence']}")
