"""Pages of goals, steps, looks at a goal and versions of the plan, over HTTP."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lti_plp.launch.sessions import form_token
from lti_plp.plp.conversation import ask_for_help
from lti_plp.plp.history import verify
from lti_plp.plp.models import (
    Achievement,
    ActionStep,
    Goal,
    GoalReview,
    Plan,
    PlanRevision,
    RevisionReflection,
)
from tests.views.conftest import FAMILY, LEO, RIVERA, TEST_STUDENT, School
from tests.views.plans import Planner, fill, plan_of

HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}'


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


def text_of(planner: Planner, path: str) -> str:
    return unescape(planner.get(path))


def words(answer: TestResponse) -> str:
    return unescape(answer.get_data(as_text=True))


def only(session: Session, model: type[Any], **facts: Any) -> Any:
    return session.scalars(select(model).filter_by(**facts)).one()


def sent(planner: Planner, path: str, *fields: tuple[str, str], **form: str) -> str:
    """Send a form that is taken; where it leads."""
    answer = planner.visitor.post(path, *fields, **form)
    assert answer.status_code == 303, words(answer)
    return str(answer.headers["Location"]).split("/", 3)[-1]


def refused(planner: Planner, path: str, status: int = 400, **form: str) -> str:
    """Send a form that is refused; the page that says why."""
    answer = planner.visitor.post(path, **form)
    assert answer.status_code == status, words(answer)
    return words(answer)


class TestNewGoal:
    def test_a_plan_begins_with_a_goal(self, maya: Planner) -> None:
        page = text_of(maya, "plan/goals/new")
        assert "What do you want to reach?" in page
        assert "For example:" in page
        path = sent(maya, "plan/goals/new", statement="Swim a mile", ahead="now")
        with maya.reading() as (session, plan):
            goal = only(session, Goal, plan_id=plan.id)
            assert path == f"plan/goals/{goal.id}"
            assert (goal.statement, goal.horizon, goal.kind, goal.state) == (
                "Swim a mile",
                "short",
                "secondary",
                "draft",
            )

    def test_looking_at_the_page_begins_no_plan(self, maya: Planner) -> None:
        maya.get("plan/goals/new?horizon=long")
        maya.get("plan/revision")
        with maya.toolbox.sessions() as session:
            assert session.scalars(select(Plan)).all() == []

    def test_from_ten_years_back_to_now(self, maya: Planner) -> None:
        page = text_of(maya, "plan/goals/new?horizon=long")
        assert re.search(r'value="10" checked', page)
        far = sent(maya, "plan/goals/new", statement="Live by the sea", ahead="10")
        link = re.search(r'href="([^"]+)">What would that mean in 5 years', text_of(maya, far))
        assert link
        page = words(maya.visitor.client.get(link.group(1)))
        assert "On the way to:" in page
        assert "Live by the sea" in page
        assert re.search(r'value="5" checked', page)
        parent = far.rsplit("/", 1)[1]
        near = sent(maya, "plan/goals/new", statement="Study fish", ahead="5", parent_id=parent)
        page = text_of(maya, near)
        assert "What can you do for it now?" in page
        assert "Live by the sea" in page
        assert "Study fish" in text_of(maya, far)
        with maya.reading() as (session, _):
            goal = only(session, Goal, statement="Study fish")
            assert (goal.years_ahead, goal.parent_id, goal.kind) == (5, int(parent), "postsecondary")

    @pytest.mark.parametrize(
        ("form", "said"),
        [
            ({"statement": "  "}, "Write a few words first."),
            ({"statement": "Swim", "target_on": "soon"}, "Choose a date."),
            ({"statement": "Swim", "parent_id": "999999"}, "cannot lead to that one"),
            ({"statement": "Swim", "kind": "royal"}, "cannot be saved like this"),
            ({"statement": "x" * 5001}, "too long"),
        ],
    )
    def test_what_is_refused_stays_in_the_form(self, maya: Planner, form: dict[str, str], said: str) -> None:
        page = refused(maya, "plan/goals/new", why="I like water", ahead="5", **form)
        assert said in page
        assert "I like water" in page
        assert form["statement"] in page
        assert 'id="problems"' in page
        with maya.toolbox.sessions() as session:
            assert session.scalars(select(Goal)).all() == []

    def test_a_light_plan_knows_one_kind(self, maya: Planner) -> None:
        with maya.editor() as editor:
            editor.edit("plan", editor.plan.id, 1, {"grade": 4})
        assert 'name="kind"' not in text_of(maya, "plan/goals/new")
        sent(maya, "plan/goals/new", statement="Ride a bike", ahead="10")
        with maya.reading() as (session, _):
            assert only(session, Goal).kind == "primary"

    @pytest.mark.parametrize("query", ["?horizon=x&years=99&parent=abc", "?parent=99999999999999999999"])
    def test_strange_addresses(self, maya: Planner, query: str) -> None:
        assert re.search(r'value="now" checked', text_of(maya, f"plan/goals/new{query}"))


class TestGoal:
    def test_everything_about_it(self, maya: Planner) -> None:
        ids = fill(maya)
        page = text_of(maya, f"plan/goals/{ids['goal']}")
        for shown in (
            "Explain my robot to thirty people at the spring fair",
            "Thirty people hear me",
            "Study engineering",
            "I stay calm when things break",
            "Elena Rivera",
            "Write the talk in ten sentences",
            "past its date",
            "1 of 3 steps done.",
            "What I learned from three talks",
            "What will be hard about it?",
            f"plan/evidence/new?goal={ids['goal']}",
            f"plan/reflections/new?goal={ids['goal']}",
            f"plan/calls/stuck/goal/{ids['goal']}",
            f"plan/calls/ready/goal/{ids['goal']}",
            f"plan/history?item=goal-{ids['goal']}",
        ):
            assert shown in page, shown
        assert page.count('<button class="button primary"') == 0
        assert "Start working on it" in text_of(maya, f"plan/goals/{ids['far']}")

    def test_fields_by_kind(self, maya: Planner) -> None:
        ids = fill(maya)
        school, after = (text_of(maya, f"plan/goals/{ids[name]}") for name in ("goal", "far"))
        assert 'name="expectation"' in school
        assert 'name="preparation"' not in school
        assert 'name="preparation"' in after
        assert 'name="pathway"' not in after

    def test_words_are_escaped(self, maya: Planner) -> None:
        sent(maya, "plan/goals/new", statement=HOSTILE, ahead="10")
        with maya.reading() as (session, _):
            goal_id = only(session, Goal).id
        sent(maya, f"plan/goals/{goal_id}/steps", text=HOSTILE, planned_evidence=HOSTILE)
        for path in (f"plan/goals/{goal_id}", f"plan/goals/{goal_id}/review", "plan/revision"):
            page = maya.get(path)
            assert "<script>alert(1)" not in page
            assert "&gt;&lt;script&gt;" in page

    def test_start_working_on_it(self, maya: Planner) -> None:
        ids = fill(maya)
        path = f"plan/items/goal/{ids['near']}"
        assert sent(maya, path, state="active", version="1") == f"plan/goals/{ids['near']}"
        page = text_of(maya, f"plan/goals/{ids['near']}")
        assert "Start working on it" not in page
        assert "Make it a draft again" in page

    def test_later_becomes_now(self, maya: Planner) -> None:
        sent(maya, "plan/goals/new", statement="Live by the sea", ahead="10")
        with maya.reading() as (session, _):
            goal_id = only(session, Goal).id
        sent(maya, f"plan/items/goal/{goal_id}", horizon="short", years_ahead="", version="1")
        with maya.reading() as (session, _):
            assert only(session, Goal).horizon == "short"

    def test_a_goal_that_others_lead_to_stays(self, maya: Planner) -> None:
        ids = fill(maya)
        page = text_of(maya, f"plan/goals/{ids['far']}")
        assert f"plan/items/goal/{ids['far']}/remove" not in page
        assert "Other goals lead to this one" in page
        assert "Other goals lead to this one" in refused(maya, f"plan/items/goal/{ids['far']}/remove")

    def test_letting_go_and_bringing_back(self, maya: Planner) -> None:
        ids = fill(maya)
        path = f"plan/goals/{ids['goal']}"
        sent(maya, f"plan/items/goal/{ids['goal']}/remove")
        page = text_of(maya, path)
        assert "You let this goal go." in page
        assert 'class="in-place' not in page
        assert maya.visitor.get(f"{path}/review").status_code == 303
        assert "Bring it back first." in refused(maya, f"{path}/steps", text="Too late")
        assert sent(maya, f"plan/items/goal/{ids['goal']}/restore") == path
        assert "Write the talk in ten sentences" in text_of(maya, path)

    def test_open_calls_are_shown(self, maya: Planner) -> None:
        ids = fill(maya)
        with maya.editor() as editor:
            ask_for_help(editor, "stuck", ("goal", ids["goal"]), "I do not know how to begin")
        page = text_of(maya, f"plan/goals/{ids['goal']}")
        assert "You said that you are stuck." in page
        assert "I do not know how to begin" in page
        assert f"plan/calls/stuck/goal/{ids['goal']}" not in page


class TestProgress:
    def test_said_with_claim_and_evidence(self, maya: Planner) -> None:
        ids = fill(maya)
        path = f"plan/goals/{ids['goal']}"
        where = sent(
            maya,
            f"{path}/progress",
            progress="on_the_way",
            claim="I spoke to ten people",
            evidence_id=str(ids["evidence"]),
            kind="performance",
        )
        assert where == f"{path}#progress"
        page = text_of(maya, path)
        assert "You said: On the way" in page
        assert "I spoke to ten people" in page
        assert "Doing it in front of others" in page
        with maya.reading() as (session, _):
            said = only(session, Achievement)
            assert (said.goal_id, said.evidence_id, said.source) == (ids["goal"], ids["evidence"], "manual")
            assert abs(maya.toolbox.clock() - said.occurred_at) < timedelta(minutes=5)

    def test_without_a_word_for_it(self, maya: Planner) -> None:
        ids = fill(maya)
        page = refused(maya, f"plan/goals/{ids['goal']}/progress", claim="I spoke to ten people")
        assert "Choose how far you are." in page
        assert "I spoke to ten people" in page

    @pytest.mark.parametrize(
        "form",
        [
            {"progress": "winning"},
            {"progress": "begun", "evidence_id": "999999"},
            {"progress": "begun", "kind": "guess"},
        ],
    )
    def test_what_is_refused(self, maya: Planner, form: dict[str, str]) -> None:
        ids = fill(maya)
        refused(maya, f"plan/goals/{ids['goal']}/progress", **form)
        with maya.reading() as (session, _):
            assert session.scalars(select(Achievement)).all() == []


class TestSteps:
    def test_added_done_and_shown(self, maya: Planner) -> None:
        ids = fill(maya)
        path = f"plan/goals/{ids['goal']}"
        form = {"text": "Write to the fair", "due_on": "2027-01-15", "planned_evidence": "Their answer"}
        assert sent(maya, f"{path}/steps", **form) == f"{path}#steps"
        with maya.reading() as (session, _):
            step = only(session, ActionStep, text="Write to the fair")
            assert (step.due_on.isoformat(), step.planned_evidence) == ("2027-01-15", "Their answer")
        where = sent(maya, f"{path}/steps/{step.id}/done")
        assert where == f"{path}?done={step.id}#steps"
        page = text_of(maya, where.split("#")[0])
        assert "Done: Write to the fair" in page
        assert f"plan/evidence/new?step={step.id}" in page
        assert "Done:" not in text_of(maya, f"{path}?done=abc")

    @pytest.mark.parametrize(
        ("form", "said"),
        [
            ({"text": " "}, "Write a few words first."),
            ({"text": "Ask", "due_on": "31.12."}, "Choose a date."),
        ],
    )
    def test_what_is_refused_stays(self, maya: Planner, form: dict[str, str], said: str) -> None:
        ids = fill(maya)
        page = refused(maya, f"plan/goals/{ids['goal']}/steps", planned_evidence="A letter", **form)
        assert said in page
        assert 'value="A letter"' in page

    def test_up_and_down(self, maya: Planner) -> None:
        ids = fill(maya)
        path = f"plan/goals/{ids['goal']}"
        names = ("late", "soon", "done")

        def order() -> list[str]:
            page = text_of(maya, path)
            return sorted(names, key=lambda name: page.index(f'plan/steps/{ids[name]}"'))

        assert order() == ["late", "soon", "done"]
        assert sent(maya, f"{path}/steps/{ids['done']}/move", way="up") == f"{path}#steps"
        assert order() == ["late", "done", "soon"]
        sent(maya, f"{path}/steps/{ids['late']}/move", way="down")
        assert order() == ["done", "late", "soon"]

    def test_the_page_of_a_late_one(self, maya: Planner) -> None:
        ids = fill(maya)
        page = text_of(maya, f"plan/steps/{ids['late']}")
        for shown in ("Its date has passed", "Move it", "Change it", "Ask for help", "Drop it"):
            assert shown in page
        for name in ("obstacle", "then_plan", "supports.0.name", "starts_on", "url", "goal_ids", "kind"):
            assert f'name="{name}"' in page
        sent(maya, f"plan/items/step/{ids['late']}", due_on="2099-01-01", version="1")
        assert "Its date has passed" not in text_of(maya, f"plan/steps/{ids['late']}")

    def test_done_offers_to_show_it(self, maya: Planner) -> None:
        ids = fill(maya)
        sent(maya, f"plan/items/step/{ids['soon']}", state="done", version="1")
        page = text_of(maya, f"plan/steps/{ids['soon']}")
        assert "Show it" in page
        assert f"plan/evidence/new?step={ids['soon']}" in page
        assert "Have you done it?" not in page

    def test_taken_out_and_back(self, maya: Planner) -> None:
        ids = fill(maya)
        sent(maya, f"plan/items/step/{ids['soon']}/remove")
        assert "You took this step out" in text_of(maya, f"plan/steps/{ids['soon']}")
        sent(maya, f"plan/items/step/{ids['soon']}/restore")
        assert "Have you done it?" in text_of(maya, f"plan/steps/{ids['soon']}")

    def test_it_serves_at_least_one_goal(self, maya: Planner) -> None:
        ids = fill(maya)
        page = refused(maya, f"plan/items/step/{ids['soon']}", goal_ids_shown="1", version="1")
        assert "Something is still missing" in page


class TestReview:
    def look(self, planner: Planner, goal_id: int, **form: str) -> TestResponse:
        said = {"reason": "Because it is so", "reason_category": "other", "version": "1", **form}
        return planner.visitor.post(f"plan/goals/{goal_id}/review", **said)

    def test_the_page(self, maya: Planner) -> None:
        ids = fill(maya)
        page = text_of(maya, f"plan/goals/{ids['goal']}/review")
        assert page.count('name="outcome"') == 6
        assert "What I learned from three talks" in page
        assert "Which goals have I reached so far?" in page
        assert "That happens to everybody." in page
        assert "My steps stay as they are" in page

    @pytest.mark.parametrize(
        ("outcome", "form", "state"),
        [
            ("met", {}, "met"),
            ("continue", {}, "active"),
            ("extend", {"target_on": "2099-05-01"}, "active"),
            ("revise", {"statement": "Explain my robot to ten people", "measure": "They ask"}, "active"),
            ("not_met", {}, "not_met"),
            ("remove", {}, "removed"),
        ],
    )
    def test_each_outcome(self, maya: Planner, outcome: str, form: dict[str, str], state: str) -> None:
        ids = fill(maya)
        answer = self.look(maya, ids["goal"], outcome=outcome, next_step="Rest first", **form)
        assert answer.status_code == 303, words(answer)
        assert str(answer.headers["Location"]).endswith(f"plan/revision?looked={ids['goal']}")
        with maya.reading() as (session, plan):
            goal = session.get_one(Goal, ids["goal"])
            assert goal.state == state
            review = only(session, GoalReview, goal_id=goal.id)
            assert review.outcome == ("remove" if outcome == "not_met" else outcome)
            assert (review.reason, review.next_step) == ("Because it is so", "Rest first")
            if outcome == "extend":
                assert goal.target_on == date(2099, 5, 1)
            if outcome == "revise":
                assert (goal.statement, goal.measure) == ("Explain my robot to ten people", "They ask")
            assert verify(session, plan.id) == []
        shown = text_of(maya, f"plan/goals/{ids['goal']}")
        assert "Because it is so" in shown
        assert "Your look is kept." in text_of(maya, f"plan/revision?looked={ids['goal']}")

    def test_only_what_belongs_to_the_outcome_changes(self, maya: Planner) -> None:
        ids = fill(maya)
        self.look(maya, ids["goal"], outcome="continue", statement="Other", target_on="2099-05-01")
        with maya.reading() as (session, _):
            goal = session.get_one(Goal, ids["goal"])
            assert (goal.version, goal.statement[:7]) == (1, "Explain")

    def test_everything_missing_is_said_at_once(self, maya: Planner) -> None:
        ids = fill(maya)
        answer = self.look(maya, ids["goal"], reason=" ", reason_category="", next_step="Rest first")
        page = words(answer)
        assert answer.status_code == 400
        for said in ("Choose how it went.", "Say why, in a few words.", "Choose what it has to do with."):
            assert said in page
        assert "Rest first" in page
        with maya.reading() as (session, _):
            assert session.scalars(select(PlanRevision).where(PlanRevision.finished_at.is_(None))).all() == []

    @pytest.mark.parametrize(
        ("form", "said"),
        [
            ({"outcome": "extend"}, "Choose a date."),
            ({"outcome": "extend", "target_on": "later"}, "Choose a date."),
            ({"outcome": "revise", "statement": ""}, "Write a few words first."),
            ({"outcome": "met", "reason": "x" * 5001}, "too long"),
            ({"outcome": "met", "reason_category": "weather"}, "Choose what it has to do with."),
            ({"outcome": "won"}, "Choose how it went."),
        ],
    )
    def test_what_is_refused(self, maya: Planner, form: dict[str, str], said: str) -> None:
        ids = fill(maya)
        answer = self.look(maya, ids["goal"], next_step="Rest first", **form)
        assert answer.status_code == 400
        assert said in words(answer)
        assert "Rest first" in words(answer)

    def test_changed_in_another_window(self, maya: Planner) -> None:
        ids = fill(maya)
        sent(maya, f"plan/items/goal/{ids['goal']}", why="To be heard", version="1")
        answer = self.look(maya, ids["goal"], outcome="met")
        page = words(answer)
        assert answer.status_code == 409
        assert "changed in another window" in page
        assert "Because it is so" in page
        assert 'name="version" value="2"' in page
        assert self.look(maya, ids["goal"], outcome="met", version="2").status_code == 303

    def test_a_goal_that_others_lead_to(self, maya: Planner) -> None:
        ids = fill(maya)
        answer = self.look(maya, ids["far"], outcome="remove")
        assert answer.status_code == 400
        assert "Other goals lead to this one" in words(answer)

    def test_a_removed_one(self, maya: Planner) -> None:
        ids = fill(maya)
        sent(maya, f"plan/items/goal/{ids['goal']}/remove")
        answer = self.look(maya, ids["goal"], outcome="met", version="2")
        assert answer.status_code == 303
        with maya.reading() as (session, _):
            assert session.scalars(select(GoalReview).filter_by(goal_id=ids["goal"])).all() == []


class TestVersions:
    def test_without_a_plan(self, maya: Planner) -> None:
        page = text_of(maya, "plan/revision")
        assert "There is no plan yet." in page
        assert "For example:" in page
        for path in ("plan/revision", "plan/revision/begin"):
            assert maya.visitor.post(path).status_code == 404

    def test_what_changed_is_told(self, maya: Planner) -> None:
        fill(maya)
        page = text_of(maya, "plan/revision")
        assert "What changed since" in page
        assert re.search(r"Explain my robot[^<]*<span class=\"tag\">new", page)
        assert "Robots, and machines that help people hear" in page
        assert "not looked at yet" in page

    def test_kept_with_a_note_and_reflections(self, maya: Planner) -> None:
        fill(maya)
        begun = sent(maya, "plan/reflections/new", key="form-1", start="words")
        maya.visitor.post(f"{begun}/submit", answer_q1="I asked early.", revision_q1="0")
        page = text_of(maya, "plan/revision")
        found = re.search(r'name="reflection" value="(\d+)"', page)
        assert found, page
        assert "I asked early." in page
        where = sent(maya, "plan/revision", reflection=found.group(1), note="Halfway")
        assert where == "plan/history"
        with maya.reading() as (session, plan):
            newest = only(session, PlanRevision, number=plan.revision)
            assert (newest.number, newest.note, newest.kind) == (2, "Halfway", "interim")
            assert only(session, RevisionReflection).reflection_id == int(found.group(1))
        assert "Nothing yet." in text_of(maya, "plan/revision")
        sent(maya, "plan/revision")
        with maya.reading() as (session, plan):
            assert plan.revision == 2

    def test_a_changed_goal_asks_why(self, maya: Planner) -> None:
        ids = fill(maya)
        sent(maya, "plan/revision/begin")
        assert "Start now, keep it later" not in text_of(maya, "plan/revision")
        sent(maya, f"plan/items/goal/{ids['goal']}", statement="Explain it to ten", version="1")
        page = refused(maya, "plan/revision", note="Halfway")
        assert "Some goals need a word first." in page
        assert "it changed. Say why." in page
        assert "Halfway" in page
        form = {"outcome": "revise", "reason": "Ten is enough", "reason_category": "reflection"}
        sent(
            maya,
            f"plan/goals/{ids['goal']}/review",
            **form,
            statement="Explain it to ten people",
            version="2",
        )
        assert "say that they stay" in text_of(maya, "plan/revision")
        sent(
            maya,
            f"plan/goals/{ids['goal']}/review",
            **form,
            statement="Explain it to ten people",
            steps_stay="1",
            version="3",
        )
        assert sent(maya, "plan/revision", note="Halfway") == "plan/history"

    def test_somebody_elses_reflection(self, maya: Planner) -> None:
        fill(maya)
        assert "Choose again." in refused(maya, "plan/revision", reflection="999999", note="Halfway")


PAGES = (
    "plan/goals/{goal}",
    "plan/goals/{goal}/review",
    "plan/steps/{soon}",
)
ACTS = (
    "plan/goals/{goal}/steps",
    "plan/goals/{goal}/progress",
    "plan/goals/{goal}/review",
    "plan/goals/{goal}/steps/{soon}/move",
    "plan/goals/{goal}/steps/{soon}/done",
)
VALUES = {
    "text": "x",
    "progress": "begun",
    "way": "up",
    "outcome": "met",
    "reason": "x",
    "reason_category": "other",
    "version": "1",
}


class TestOthers:
    @pytest.mark.parametrize("has_plan", [True, False])
    def test_another_student_finds_nothing(
        self, app: Flask, school: School, maya: Planner, has_plan: bool
    ) -> None:
        ids = fill(maya)
        leo = plan_of(app, school, LEO)
        if has_plan:
            sent(leo, "plan/goals/new", statement="Mine", ahead="now")
        for path in PAGES:
            assert leo.visitor.get(path.format(**ids)).status_code == 404
        for path in ACTS:
            assert leo.visitor.post(path.format(**ids), **VALUES).status_code == 404
        assert "Explain my robot" not in text_of(leo, "plan/revision")
        with maya.reading() as (session, plan):
            assert session.scalars(select(GoalReview).where(GoalReview.goal_id == ids["goal"])).all() == []
            assert session.get_one(ActionStep, ids["soon"]).state == "planned"
            assert verify(session, plan.id) == []

    @pytest.mark.parametrize("human", [RIVERA, FAMILY, TEST_STUDENT])
    def test_only_students(self, app: Flask, school: School, maya: Planner, human: Any) -> None:
        ids = fill(maya)
        other = school.enter(human)
        for path in (*PAGES, "plan/goals/new", "plan/revision"):
            assert other.get(path.format(**ids)).status_code == 403, path
        for path in (*ACTS, "plan/goals/new", "plan/revision", "plan/revision/begin"):
            address = other.address(path.format(**ids))
            data = {**VALUES, "statement": "x", "csrf_token": form_token(maya.toolbox, other.handle)}
            assert other.client.post(address, data=data).status_code == 403, path

    @pytest.mark.parametrize("path", ["plan/goals/999999", "plan/steps/999999", "plan/goals/999999/review"])
    def test_unknown_ids(self, maya: Planner, path: str) -> None:
        assert maya.visitor.get(path).status_code == 404
        fill(maya)
        assert maya.visitor.get(path).status_code == 404

    def test_without_the_page_s_token(self, maya: Planner) -> None:
        ids = fill(maya)
        address = maya.visitor.address(f"plan/goals/{ids['goal']}/review")
        assert maya.visitor.client.post(address, data=VALUES).status_code == 403
