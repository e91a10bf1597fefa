"""The student's word and the school's level side by side, on every page that says how far a goal is."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from flask import Flask

from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.revisions import keep_version
from tests.factories import counted
from tests.views.conftest import RIVERA, School, Visitor
from tests.views.plans import Planner, fill, plan_of

OWN, NAMED, LEVEL = "You: On the way", "Maya Torres: On the way", "Elena Rivera: Just begun"


@dataclass
class Pair:
    """Maya, who says how far she is, and her teacher, who says a level afterwards."""

    maya: Planner
    rivera: Visitor
    ids: dict[str, int]

    @property
    def student(self) -> str:
        return f"students/{self.maya.actor().person_id}"

    def say(self, word: str) -> None:
        answer = self.maya.visitor.post(f"plan/goals/{self.ids['goal']}/progress", progress=word)
        assert answer.status_code == 303

    def level(self, word: str) -> None:
        answer = self.rivera.post(f"{self.student}/evidence/{self.ids['evidence']}", level=word)
        assert answer.status_code == 303

    def texts(self, visitor: Visitor, path: str) -> str:
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        return text_of(answer.get_data(as_text=True))


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page[page.index("<main") :])).split())


@pytest.fixture
def pair(app: Flask, school: School) -> Pair:
    maya = plan_of(app, school)
    return Pair(maya, school.enter(RIVERA), fill(maya))


def shared(pair: Pair) -> tuple[str, str]:
    """A conference and a package of the plan; their numbers."""
    form: dict[str, Any] = {"kind": "interim", "day": "2031-03-03T15:00", "time_zone": "UTC", "minutes": "30"}
    planned = pair.rivera.post(f"{pair.student}/meetings/new", **form)
    assert planned.status_code == 303
    with pair.maya.editor() as editor:
        change = editor.add("transition", {"kind": "to_high_school", "going_to": "Birch Falls"}).id
    agreed = pair.maya.visitor.post(
        f"plan/transition/{change}/agree",
        ("part", "goals"),
        ("part", "team"),
        version="1",
        chosen="1",
        receiver="Ms. Dube",
    )
    assert agreed.status_code == 303
    return planned.headers["Location"].rsplit("/", 1)[1], str(change)


class TestSideBySide:
    @pytest.mark.parametrize("comes_last", ["level", "word"])
    def test_neither_takes_the_place_of_the_other(self, pair: Pair, comes_last: str) -> None:
        for what in ("word", "level") if comes_last == "level" else ("level", "word"):
            if what == "level":
                pair.level("begun")
            else:
                pair.say("on_the_way")
        meeting, change = shared(pair)
        with pair.maya.editor() as editor:
            keep_version(editor, "Kept")
        goal = f"plan/goals/{pair.ids['goal']}"
        own, named = (pair.maya.visitor, OWN), (pair.maya.visitor, NAMED)
        adult = (pair.rivera, NAMED)
        pages = {
            "plan": own,
            goal: own,
            f"{goal}/review": (pair.maya.visitor, "You said: On the way"),
            "plan/print": named,
            "plan/revisions/2": named,
            f"plan/meetings/{meeting}/pack": named,
            f"plan/transition/{change}/package": named,
            pair.student: adult,
            f"{pair.student}/meetings/{meeting}": adult,
            f"{pair.student}/meetings/{meeting}/pack": adult,
            f"{pair.student}/transition/{change}/package": adult,
        }
        for path, (visitor, word) in pages.items():
            page = pair.texts(visitor, path)
            assert word in page, path
            assert LEVEL in page, path

    def test_the_list_names_who_said_it(self, pair: Pair) -> None:
        pair.say("on_the_way")
        pair.level("begun")
        page = pair.texts(pair.maya.visitor, f"plan/goals/{pair.ids['goal']}")
        said = page[page.index("What was said before") :]
        assert said.index("Just begun") < said.index("Elena Rivera") < said.index("On the way")

    def test_before_anybody_but_the_school_has_said_a_word(self, pair: Pair) -> None:
        pair.level("begun")
        page = pair.texts(pair.maya.visitor, "plan")
        assert "By the steps: Just begun" in page
        assert LEVEL in page

    def test_without_a_level_the_word_needs_no_name(self, pair: Pair) -> None:
        pair.say("on_the_way")
        page = pair.texts(pair.maya.visitor, "plan")
        assert "On the way" in page
        assert "You: " not in page

    def test_the_bar_is_the_students(self, pair: Pair) -> None:
        pair.say("nearly_there")
        pair.level("begun")
        assert '<progress max="100" value="75"' in pair.maya.get("plan")

    def test_triage_says_so(self, pair: Pair) -> None:
        page = pair.texts(pair.rivera, f"{pair.student}/evidence/{pair.ids['evidence']}")
        help_words = pair.rivera.get(f"{pair.student}/evidence/{pair.ids['evidence']}").get_data(as_text=True)
        assert "How far does it show the goal?" in page
        assert "Neither takes the place of the other." in help_words

    def test_statements_of_the_first_page_stay(self, pair: Pair, toolbox: Toolbox) -> None:
        pair.maya.get("plan")
        with counted(toolbox.engine) as before:
            pair.maya.get("plan")
        pair.level("begun")
        with counted(toolbox.engine) as after:
            assert LEVEL in text_of(pair.maya.get("plan"))
        assert len(after) == len(before)
