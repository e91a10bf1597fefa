"""The first page of a plan: how it begins, what it shows, and for whom."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_plp.launch.sessions import form_token
from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.conversation import ask_for_help, decline
from lti_plp.plp.models import Goal, Plan, PlanChange, ProfileEntry
from tests.factories import counted
from tests.views.conftest import FAMILY, LEO, RIVERA, TEST_STUDENT, Human, School
from tests.views.plans import Planner, fill, plan_of


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


def plans(toolbox: Toolbox) -> int:
    with toolbox.sessions() as session:
        return session.scalar(select(func.count()).select_from(Plan)) or 0


class TestBeginning:
    def test_the_courses_menu_leads_to_the_plan(self, maya: Planner) -> None:
        assert maya.visitor.page.endswith("/plan")

    def test_looking_begins_nothing(self, maya: Planner, toolbox: Toolbox) -> None:
        page = maya.get("plan")
        assert 'data-page="plan"' in page
        assert "Your plan starts with you" in page
        assert plans(toolbox) == 0

    def test_the_first_words_begin_it(self, maya: Planner, toolbox: Toolbox) -> None:
        answer = maya.visitor.post(
            "plan/items/entry/add", kind="interest", text="How bridges stay up", audience="team"
        )
        assert answer.status_code == 303
        with maya.reading() as (session, plan):
            entry = session.scalars(select(ProfileEntry)).one()
            assert (entry.text, entry.plan_id) == ("How bridges stay up", plan.id)
            assert timedelta(0) <= toolbox.clock() - plan.first_developed_at < timedelta(minutes=2)
        assert "How bridges stay up" in maya.get("plan")

    @pytest.mark.parametrize("human", [RIVERA, FAMILY, TEST_STUDENT])
    def test_it_is_the_students_alone(self, school: School, toolbox: Toolbox, human: Human) -> None:
        visitor = school.enter(human, school.place())
        assert visitor.get("plan").status_code == 403
        headers = {"X-CSRF-Token": form_token(toolbox, visitor.handle)}
        form = {"kind": "interest", "text": "x"}
        answer = visitor.client.post(visitor.address("plan/items/entry/add"), data=form, headers=headers)
        assert answer.status_code == 403
        assert plans(toolbox) == 0

    def test_another_student_sees_another_plan(self, app: Flask, school: School, maya: Planner) -> None:
        ids = fill(maya)
        leo = plan_of(app, school, LEO)
        assert "Your plan starts with you" in leo.get("plan")
        assert leo.visitor.post(f"plan/items/goal/{ids['goal']}", version="1", why="x").status_code == 404
        with maya.reading() as (session, _):
            assert session.get_one(Goal, ids["goal"]).why == "I want to speak without shaking"


class TestWhatItShows:
    def test_everything_of_a_year(self, maya: Planner) -> None:
        fill(maya)
        page = maya.get("plan")
        for words in (
            "Somebody has an idea for your plan",
            "Build machines that help people hear",
            "Explain my robot to thirty people",
            "Write the talk in ten sentences",
            "past its date",
            "Practice with Leo after school",
            "What I learned from three talks",
            "1 goal behind me",
            "1 of 3 steps",
        ):
            assert words in page
        assert "Watch three talks" not in page

    def test_the_next_thing_after_the_idea_was_answered(self, maya: Planner) -> None:
        ids = fill(maya)
        with maya.editor() as editor:
            decline(editor, ids["idea"])
        assert "This step is past its date." in maya.get("plan")

    def test_a_call_for_help_stands_beside_its_step(self, maya: Planner) -> None:
        ids = fill(maya)
        with maya.editor() as editor:
            ask_for_help(editor, "stuck", ("step", ids["late"]))
        assert "I am stuck" in maya.get("plan")

    def test_done_is_one_tap(self, maya: Planner) -> None:
        ids = fill(maya)
        page = maya.get("plan")
        form = re.search(rf'action="[^"]*/items/step/{ids["late"]}".*?</form>', page, re.DOTALL)
        assert form
        version = re.search(r'name="version" value="(\d+)"', form.group(0))
        assert version
        answer = maya.visitor.post(f"plan/items/step/{ids['late']}", state="done", version=version.group(1))
        assert answer.status_code == 303
        assert "Write the talk in ten sentences" not in maya.get("plan")

    def test_what_was_removed_can_be_brought_back(self, maya: Planner) -> None:
        ids = fill(maya)
        answer = maya.visitor.post(f"plan/items/goal/{ids['goal']}/remove")
        page = maya.get(f"plan?{answer.headers['Location'].partition('?')[2]}")
        assert "Removed. Your plan remembers it." in page
        assert "Explain my robot" not in page
        maya.visitor.post(f"plan/items/goal/{ids['goal']}/restore")
        assert "Explain my robot" in maya.get("plan")

    @pytest.mark.parametrize(
        "removed", ["goal-99999999999999999999", "goal-x", "plan-1", "<b>-1", "goal-1-2"]
    )
    def test_a_forged_note_of_removal_says_nothing(self, maya: Planner, removed: str) -> None:
        fill(maya)
        assert "Removed." not in maya.get(f"plan?removed={removed}")

    def test_statements_do_not_grow_with_the_plan(self, maya: Planner, toolbox: Toolbox) -> None:
        ids = fill(maya)
        maya.get("plan")
        with counted(toolbox.engine) as few:
            maya.get("plan")
        with maya.editor() as editor:
            for number in range(60):
                editor.add("evidence", {"text": f"Piece {number}", "goal_ids": [ids["goal"]]})
                editor.add("step", {"text": f"Step {number}", "goal_ids": [ids["goal"]]})
        with counted(toolbox.engine) as many:
            maya.get("plan")
        assert len(many) == len(few) <= 9


class TestTwoWindows:
    def test_a_form_over_an_older_version_shows_both(self, maya: Planner) -> None:
        ids = fill(maya)
        path = f"plan/items/goal/{ids['goal']}"
        assert maya.visitor.post(path, version="1", why="To be brave").status_code == 303
        answer = maya.visitor.post(path, version="1", why="Because I dare to")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 409
        assert 'data-page="merge"' in page
        assert "To be brave" in page
        assert "Because I dare to" in page
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version
        maya.visitor.post(path, version=version.group(1), why="Because I dare to, and to be brave")
        with maya.reading() as (session, _):
            kept = session.scalars(select(PlanChange).where(PlanChange.action == "kept")).one()
            assert kept.fields == {"why": ["To be brave", "Because I dare to"]}

    def test_an_autosave_over_an_older_version_is_told_what_stands(self, maya: Planner) -> None:
        ids = fill(maya)
        address = maya.visitor.address(f"plan/items/goal/{ids['goal']}")
        headers = {"X-CSRF-Token": maya.visitor.token(), "Accept": "application/json"}
        client = maya.visitor.client
        first = client.put(address, json={"base_version": 1, "fields": {"why": "One"}}, headers=headers)
        second = client.put(address, json={"base_version": 1, "fields": {"why": "Two"}}, headers=headers)
        assert (first.status_code, first.get_json()) == (200, {"version": 2})
        assert second.status_code == 409
        assert second.get_json()["current"] == {"why": "One"}

    @pytest.mark.parametrize(
        "body",
        [
            None,
            [],
            {"base_version": "1", "fields": {}},
            {"base_version": 1, "fields": []},
            {"base_version": 1, "fields": {"plan_id": 2}},
            {"base_version": 1, "fields": {"state": "met"}},
            {"base_version": 1, "fields": {"removed": True}},
            {"base_version": 1, "fields": {"supporters": [[]]}},
            {"base_version": 1, "fields": {"parent_id": 10**30}},
        ],
    )
    def test_hostile_bodies_change_nothing(self, maya: Planner, body: object) -> None:
        ids = fill(maya)
        with maya.reading() as (_, plan):
            before = plan.changes
        address = maya.visitor.address(f"plan/items/goal/{ids['goal']}")
        headers = {"X-CSRF-Token": maya.visitor.token(), "Accept": "application/json"}
        answer = maya.visitor.client.put(address, json=body, headers=headers)
        assert answer.status_code in {400, 404}
        with maya.reading() as (_, plan):
            assert plan.changes == before

    def test_nothing_is_saved_without_our_own_pages_token(self, maya: Planner) -> None:
        ids = fill(maya)
        address = maya.visitor.address(f"plan/items/goal/{ids['goal']}")
        answer = maya.visitor.client.put(address, json={"base_version": 1, "fields": {"why": "x"}})
        assert answer.status_code == 403


def test_one_interest_leads_to_a_goal(maya: Planner) -> None:
    with maya.editor(maya.toolbox.clock() - timedelta(days=1)) as editor:
        editor.add("entry", {"kind": "interest", "text": "Maps"})
    assert "Set your first goal" in maya.get("plan")
