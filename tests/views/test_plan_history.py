"""The history of a plan over HTTP: what is told, what can be taken back, and to whom nothing is told."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from lti_plp.plp.conversation import accept
from lti_plp.plp.models import Plan, PlanChange, Reflection
from lti_plp.plp.own_reflections import OwnDraft, begin_own
from lti_plp.plp.reflections import save_answer, submit
from lti_plp.plp.revisions import begin_revision, finish_revision
from lti_plp.plp.templates import QuestionDraft
from tests.factories import counted
from tests.views.conftest import FAMILY, LEO, RIVERA, STRANGER, TEST_STUDENT, Human, School
from tests.views.plans import Planner, fill, plan_of


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


def words(page: str) -> str:
    """What can be read on a page."""
    main = page[page.index("<main") : page.index("</main>")]
    main = re.sub(r"<(script|template)\b.*?</\1>", "", main, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_before_a_plan_is_begun(maya: Planner) -> None:
    assert "every change, with its day and its reason" in words(maya.get("plan/history"))
    assert maya.visitor.get("plan/revisions/1").status_code == 404
    assert maya.visitor.post("plan/history/1/take").status_code == 404


class TestHistory:
    def test_who_what_and_why(self, maya: Planner) -> None:
        ids = fill(maya)
        with maya.editor() as editor:
            accept(editor, ids["idea"])
        read = words(maya.get("plan/history"))
        assert "You changed your goal: How I will know" in read
        assert "after an idea of Elena Rivera: “An idea”" in read
        assert (
            "Thirty people hear me, and Taken out: three ask something New: I breathe before I begin" in read
        )
        assert "You changed your goal: State" in read
        assert "Taken out: Active → New: Met" in read
        assert "I got there: I go every Tuesday now" in read
        assert "Version 1 of your plan was kept" in read
        assert "Elena Rivera (Teacher): listens to my first try" in read
        assert "“Study engineering”" in read

    def test_no_codes_and_no_ids(self, maya: Planner) -> None:
        fill(maya)
        read = words(maya.get("plan/history"))
        for code in (
            "in_progress",
            "postsecondary",
            "team",
            "in_school",
            "achieved",
            "None",
            "goal_ids",
            "_",
        ):
            assert code not in read, code

    def test_of_one_thing(self, maya: Planner) -> None:
        ids = fill(maya)
        read = words(maya.get(f"plan/history?item=goal-{ids['old']}"))
        assert "“Join the robotics club”" in read
        assert "You began your plan" not in read

    @pytest.mark.parametrize("item", ["goal-999999", "robot-1", "goal-x", "goal-" + "9" * 30, "%27"])
    def test_of_what_is_not_there(self, maya: Planner, item: str) -> None:
        fill(maya)
        assert maya.visitor.get(f"plan/history?item={item}").status_code == 404

    @pytest.mark.parametrize("before", ["x", "-1", "0", "9" * 17, "9" * 40])
    def test_odd_pages(self, maya: Planner, before: str) -> None:
        fill(maya)
        assert "You began your plan" in words(maya.get(f"plan/history?before={before}"))

    def test_pages(self, maya: Planner) -> None:
        with maya.editor() as editor:
            for number in range(70):
                editor.add("goal", {"statement": f"Goal {number}"})
        first = maya.get("plan/history")
        assert "You began your plan" not in words(first)
        older = re.search(r'href="[^"]*(plan/history\?before=\d+)', first)
        assert older
        assert "You began your plan" in words(maya.get(older.group(1)))

    def test_words_are_shown_as_words(self, maya: Planner) -> None:
        with maya.editor() as editor:
            goal = editor.add("goal", {"statement": "<b>bold</b> one two three"})
        with maya.editor(at=maya.toolbox.clock() + timedelta(hours=2)) as editor:
            editor.edit("goal", goal.id, 1, {"statement": "<i>bold</i> one two three"})
        page = maya.get("plan/history")
        assert "<b>" not in page
        assert "<i>" not in page
        assert "&lt;" in page

    def test_reading_writes_nothing_and_costs_the_same(self, maya: Planner) -> None:
        fill(maya)
        engine: Engine = maya.toolbox.engine
        maya.get("plan/history")
        with counted(engine) as few:
            maya.get("plan/history")
        with maya.editor() as editor:
            for number in range(20):
                goal = editor.add("goal", {"statement": f"Goal {number}"})
                editor.add("step", {"text": "Step", "goal_ids": [goal.id]})
        with counted(engine) as many:
            maya.get("plan/history?check=0")
        assert len(many) == len(few)
        assert not [one for one in many if not one.lstrip().upper().startswith(("SELECT", "WITH"))]

    def test_in_spanish_choices_have_spanish_words(self, app: Flask, school: School) -> None:
        maya = plan_of(app, school, locale="es")
        fill(maya)
        assert "Lograda" in words(maya.get("plan/history"))


class TestTakingBack:
    def test_what_was_removed(self, maya: Planner) -> None:
        ids = fill(maya)
        assert maya.visitor.post(f"plan/items/goal/{ids['goal']}/remove").status_code == 303
        page = maya.get("plan/history")
        assert "You removed a goal" in words(page)
        assert (
            "with the goal that was removed: “Explain my robot to thirty people at the spring fair”"
            in words(page)
        )
        (way,) = re.findall(r'action="[^"]*/(plan/items/\w+/\d+/restore)"', page)
        assert way == f"plan/items/goal/{ids['goal']}/restore"
        assert maya.visitor.post(way).status_code == 303
        assert "You brought back a goal" in words(maya.get("plan/history"))

    def test_what_was_kept_aside(self, maya: Planner) -> None:
        ids = fill(maya)
        with maya.editor() as editor:
            editor.edit("goal", ids["goal"], 1, {"why": "Because I want to"})
            editor.edit("goal", ids["goal"], 1, {"why": "Said in the other tab"})
        page = maya.get("plan/history")
        assert "Two versions were written at once; this one was kept aside" in words(page)
        assert "Said in the other tab" in words(page)
        (way,) = re.findall(r'action="[^"]*/(plan/history/\d+/take)"', page)
        answer = maya.visitor.post(way)
        assert answer.status_code == 303
        assert answer.location.endswith(f"/plan/goals/{ids['goal']}")
        read = words(maya.get("plan/history"))
        assert "with words that had been kept aside" in read
        assert "/take" not in maya.get("plan/history")

    @pytest.mark.parametrize("number", [1, 9999, 10**12])
    def test_nothing_else(self, maya: Planner, number: int) -> None:
        fill(maya)
        assert maya.visitor.post(f"plan/history/{number}/take").status_code == 404

    def test_not_by_another_student(self, app: Flask, school: School, maya: Planner) -> None:
        ids = fill(maya)
        with maya.editor() as editor:
            editor.edit("goal", ids["goal"], 1, {"why": "One"})
            editor.edit("goal", ids["goal"], 1, {"why": "Two"})
        leo = plan_of(app, school, LEO)
        with leo.editor() as editor:
            editor.add("goal", {"statement": "Mine"})
        with maya.reading() as (session, plan):
            number = session.scalar(select(func.max(PlanChange.number)).where(PlanChange.plan_id == plan.id))
        assert leo.visitor.post(f"plan/history/{number}/take").status_code == 404


class TestVersions:
    def test_the_plan_as_it_was(self, maya: Planner) -> None:
        fill(maya)
        read = words(maya.get("plan/revisions/1"))
        assert "Version 1 of my plan" in read
        assert "My plan after the first half-year" in read
        assert "I met it : “Join the robotics club”" in read
        assert "I got there: I go every Tuesday now" in read
        assert "Robots and how they see" in read
        assert "Robots, and machines that help people hear" not in read
        assert "Explain my robot" not in read

    def test_what_had_changed_since_and_the_reflections(self, maya: Planner) -> None:
        fill(maya)
        with maya.editor() as editor:
            session, now = editor.session, editor.now
            draft = OwnDraft("form-1", "Looking back", (QuestionDraft("What did I learn?"),))
            own = begin_own(session, editor.actor, draft, now)
            save_answer(session, editor.actor, own, "q1", "To breathe first", 0, now)
            submit(session, editor.actor, own, now)
            reflection = session.scalars(
                select(Reflection.id).where(Reflection.template_id == own.template_id)
            ).one()
            begin_revision(editor)
            finish_revision(editor, "", [reflection])
        page = maya.get("plan/revisions/2")
        read = words(page)
        assert "What had changed since version 1" in read
        assert "Goal: “Explain my robot to thirty people at the spring fair” new" in read
        assert "About me: “Robots, and machines that help people hear” changed" in read
        assert f"plan/reflections/{own.template_id}" in page
        assert "To breathe first" in read
        # And from the other side.
        assert '/plan/revisions/2">This led to version 2' in maya.get(f"plan/reflections/{own.template_id}")

    @pytest.mark.parametrize("number", [0, 2, 10**12])
    def test_there_is_no_such_version(self, maya: Planner, number: int) -> None:
        fill(maya)
        answer = maya.visitor.get(f"plan/revisions/{number}")
        assert answer.status_code == 404
        assert "There is no such version" in answer.get_data(as_text=True)


class TestRecord:
    @pytest.mark.parametrize("path", ["plan/history", "plan/revisions/1"])
    def test_it_is_checked_when_asked(self, maya: Planner, path: str) -> None:
        fill(maya)
        complete = "This record is complete, and nothing in it was altered."
        assert complete not in words(maya.get(path))
        assert complete in words(maya.get(f"{path}?check=1"))

    def test_what_was_altered_is_told(self, maya: Planner) -> None:
        ids = fill(maya)
        with maya.reading() as (session, _):
            _alter(session, ids["goal"])
        read = words(maya.get("plan/history?check=1"))
        assert "Something in this record is not as it was written." in read


def _alter(session: Session, goal_id: int) -> None:
    """Somebody changes the table behind the plan's back."""
    session.execute(text("UPDATE goal SET statement = 'Something else' WHERE id = :id"), {"id": goal_id})
    session.execute(update(Plan).values(grade=9))
    session.commit()


@pytest.mark.parametrize("human", [RIVERA, FAMILY, STRANGER, TEST_STUDENT], ids=lambda one: one.given)
@pytest.mark.parametrize("path", ["plan/history", "plan/revisions/1"])
def test_for_nobody_else(maya: Planner, school: School, human: Human, path: str) -> None:
    fill(maya)
    answer = school.enter(human).get(path)
    assert answer.status_code == 403
    assert "robot" not in answer.get_data(as_text=True).lower()


def test_another_student_sees_her_own(app: Flask, school: School, maya: Planner) -> None:
    fill(maya)
    leo = plan_of(app, school, LEO)
    assert "obot" not in words(leo.get("plan/history"))
    assert leo.visitor.get("plan/revisions/1").status_code == 404
