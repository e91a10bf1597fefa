"""Then and now, the story, and the plan on paper, over HTTP."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine

from lti_plp.plp.own_reflections import OwnDraft, begin_own, change_audience
from lti_plp.plp.reflections import save_answer, submit
from lti_plp.plp.templates import QuestionDraft
from tests.factories import counted
from tests.views.conftest import FAMILY, LEO, RIVERA, STRANGER, TEST_STUDENT, Human, School
from tests.views.plans import Planner, fill, plan_of
from tests.views.test_plan_history import words

PAGES = ("plan/then-and-now", "plan/story", "plan/print")
SECRET = "Talking in front of people"
"""What ``fill`` lets only the student see."""


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


def reflect(maya: Planner, words: str, days_ago: int = 0, audience: str = "team") -> None:
    now = maya.toolbox.clock() - timedelta(days=days_ago)
    with maya.editor(now) as editor:
        draft = OwnDraft(
            f"form-{days_ago}-{audience}", "Looking back", (QuestionDraft("What did I learn?", "REF-3"),)
        )
        own = begin_own(editor.session, editor.actor, draft, now)
        save_answer(editor.session, editor.actor, own, "q1", words, 0, now)
        change_audience(editor.session, editor.actor, own, audience)
        submit(editor.session, editor.actor, own, now)


@pytest.mark.parametrize("path", PAGES)
def test_before_a_plan_is_begun(maya: Planner, path: str) -> None:
    assert "Start my plan" in words(maya.get(path))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("human", [RIVERA, FAMILY, STRANGER, TEST_STUDENT], ids=lambda one: one.given)
def test_for_nobody_else(maya: Planner, school: School, human: Human, path: str) -> None:
    fill(maya)
    answer = school.enter(human).get(path)
    assert answer.status_code == 403
    assert "obot" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", PAGES)
def test_another_student_sees_nothing_of_it(app: Flask, school: School, maya: Planner, path: str) -> None:
    ids = fill(maya)
    leo = plan_of(app, school, LEO)
    with leo.editor() as editor:
        editor.add("goal", {"statement": "Mine"})
    asked = f"{path}?chosen=1&slide=goal&goal={ids['goal']}&evidence={ids['evidence']}&reader=me"
    assert "obot" not in words(leo.get(asked))


@pytest.mark.parametrize("path", PAGES)
def test_as_many_statements_whatever_there_is(maya: Planner, path: str) -> None:
    fill(maya)
    reflect(maya, "To breathe", 390)
    reflect(maya, "To ask")
    engine: Engine = maya.toolbox.engine
    maya.get(path)
    with counted(engine) as few:
        maya.get(path)
    with maya.editor() as editor:
        for number in range(15):
            goal = editor.add("goal", {"statement": f"Goal {number}"})
            editor.add("step", {"text": "Step", "goal_ids": [goal.id]})
            editor.add("evidence", {"text": "Done", "goal_ids": [goal.id]})
            editor.add("entry", {"kind": "interest", "text": str(number)})
    for days in range(1, 5):
        reflect(maya, "More", days)
    with counted(engine) as many:
        maya.get(path)
    assert len(many) == len(few)
    assert not [one for one in many if not one.lstrip().upper().startswith(("SELECT", "WITH"))]


class TestThenAndNow:
    def test_a_year_in_sentences(self, maya: Planner) -> None:
        fill(maya)
        read = words(maya.get("plan/then-and-now"))
        assert (
            "You met 1 goal. You set 1 new goal. You finished 1 step. You added 2 pieces of evidence." in read
        )
        assert "Then Robots and how they see Now Robots, and machines that help people hear" in read
        assert "Goals I met Join the robotics club" in read

    def test_one_question_in_two_years(self, maya: Planner) -> None:
        fill(maya)
        reflect(maya, "To watch others", 390)
        reflect(maya, "To begin before I am ready")
        read = words(maya.get("plan/then-and-now?since=first"))
        assert re.search(
            r"What did I learn\? Then [\d-]+ To watch others Now [\d-]+ To begin before I am ready", read
        )

    @pytest.mark.parametrize("since", ["first", "year", "version", "nonsense", ""])
    def test_every_choice_leads_somewhere(self, maya: Planner, since: str) -> None:
        fill(maya)
        assert "Since" in words(maya.get(f"plan/then-and-now?since={since}"))

    def test_since_the_last_version_the_goal_was_met_before(self, maya: Planner) -> None:
        fill(maya)
        assert "You met" not in words(maya.get("plan/then-and-now?since=version"))

    def test_a_young_plan_is_told_when_to_come_back(self, maya: Planner) -> None:
        with maya.editor() as editor:
            editor.add("goal", {"statement": "New"})
        ready = (maya.toolbox.clock() + timedelta(days=60)).date().isoformat()
        read = words(maya.get("plan/then-and-now"))
        assert "This page gets interesting when your plan has a past" in read
        assert ready in read


class TestStory:
    def slides(self, page: str) -> str:
        return words(page[: page.index('<details class="more story-choice"')] + "</main>")

    def test_the_student_s_own_words(self, maya: Planner) -> None:
        fill(maya)
        reflect(maya, "To begin before I am ready")
        read = self.slides(maya.get("plan/story"))
        assert read.startswith("My story The story of Maya")
        far, near, now = (
            read.index(one) for one in ("Build machines that help", "Study engineering", "Explain my robot")
        )
        assert far < near < now
        assert "It shows that I looked for what works before I wrote my own" in read
        assert "To begin before I am ready" in read
        assert read.index("What is next") < read.index("Write the talk in ten sentences")

    def test_nothing_that_only_she_sees_unless_she_ticks_it(self, maya: Planner) -> None:
        fill(maya)
        reflect(maya, "Mine alone", audience="me")
        page = maya.get("plan/story")
        assert SECRET not in self.slides(page)
        assert "Mine alone" not in page
        secret = re.search(rf'name="entry" value="(\d+)"> <span>{SECRET}', page)
        assert secret
        assert "Only you see this" in words(page)
        chosen = maya.get(f"plan/story?chosen=1&slide=entry&entry={secret.group(1)}")
        assert SECRET in self.slides(chosen)
        assert "Robots" not in self.slides(chosen)

    def test_a_part_can_be_left_out(self, maya: Planner) -> None:
        ids = fill(maya)
        read = self.slides(maya.get(f"plan/story?chosen=1&goal={ids['goal']}&slide=step"))
        assert "What I want" not in read
        assert "What is next" not in read

    @pytest.mark.parametrize("query", ["goal=x", "goal=-1", "goal=" + "9" * 40, "slide=%3Cscript%3E"])
    def test_odd_choices(self, maya: Planner, query: str) -> None:
        fill(maya)
        page = maya.get(f"plan/story?chosen=1&{query}")
        assert "<script>" not in page
        assert "What I want" not in self.slides(page)


class TestPaper:
    def test_the_critical_elements_in_order(self, maya: Planner) -> None:
        fill(maya)
        reflect(maya, "To begin before I am ready")
        read = words(maya.get("plan/print"))
        paper = read[read.index("Plan of Maya Torres") :]
        places = [
            paper.index(one)
            for one in (
                "Name Maya Torres",
                "Courses English 9 (Elena Rivera)",
                "First developed",
                "Updated",
                "Who I am",
                "Starting points Fall writing sample",
                "My goals",
                "How I will know Thirty people hear me",
                "My evidence",
                "https://example.org/robot",
                "Why this shows it: It shows that I looked for what works",
                "My reflections",
                "To begin before I am ready",
                "How my plan has changed",
                "I got there: I go every Tuesday now",
            )
        ]
        assert places == sorted(places)

    def test_only_what_the_reader_may_see(self, maya: Planner) -> None:
        fill(maya)
        reflect(maya, "For my family", audience="family")
        reflect(maya, "Mine alone", audience="me")
        team, family, alone = (
            words(maya.get(f"plan/print?reader={one}")) for one in ("team", "family", "me")
        )
        assert [SECRET in one for one in (team, family, alone)] == [False, False, True]
        assert ["Mine alone" in one for one in (team, family, alone)] == [False, False, True]
        assert ["Join the robotics club" in one for one in (team, family, alone)] == [True, False, True]
        assert ["My plan after the first half-year" in one for one in (team, family, alone)] == [
            True,
            False,
            True,
        ]
        assert "For my family" in family

    @pytest.mark.parametrize("reader", ["", "public", "class", "%27"])
    def test_any_other_reader_sees_what_the_team_sees(self, maya: Planner, reader: str) -> None:
        fill(maya)
        assert SECRET not in words(maya.get(f"plan/print?reader={reader}"))

    def test_parts(self, maya: Planner) -> None:
        fill(maya)
        page = maya.get("plan/print?part=goals&part=nonsense")
        paper = page[page.index('class="paper"') :]
        assert re.findall(r'paper-part"><h2>([^<]+)', paper) == ["My goals"]
