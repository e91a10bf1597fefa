"""Changing a plan: what is checked, what is merged, what is kept; on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed, NotFound, PlpError
from lti_plp.plp.actor import Role
from lti_plp.plp.history import read, state_at, verify
from lti_plp.plp.models import Goal, Plan, PlanChange
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.revisions import ReviewDraft, begin_revision, finish_revision, review_goal, still_open
from tests.factories import minutes
from tests.plp.planning import Planning, vocabulary


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


class TestOpening:
    def test_one_plan_over_all_courses(self, here: Planning, session: Session) -> None:
        elsewhere = here.student.__class__(
            here.student.person_id, here.student.tenant_id, None, here.student.roles
        )
        assert open_plan(session, elsewhere, minutes(9)).id == here.plan.id
        assert here.plan.first_developed_at == minutes(0)

    def test_not_for_a_test_student(self, here: Planning, session: Session) -> None:
        visitor = here.school.person(Role.LEARNER, given="Test", is_test=True)
        with pytest.raises(NotAllowed):
            open_plan(session, visitor, minutes(1))

    def test_not_for_a_teacher(self, here: Planning, session: Session) -> None:
        with pytest.raises(NotAllowed):
            open_plan(session, here.teacher, minutes(1))
        with pytest.raises(NotAllowed):
            PlanEditor(session, here.plan, here.teacher, vocabulary, minutes(1))


class TestItems:
    def test_every_change_stands_in_the_history(self, here: Planning, session: Session) -> None:
        goal = here.goal()
        step = here.step(goal, at=2)
        here.editor(3).edit("goal", goal.id, 1, {"why": "To feel strong"})
        here.evidence(goal, at=4, step_ids=[step.id])
        changes = session.scalars(select(PlanChange).order_by(PlanChange.number)).all()
        assert [(one.number, one.item_kind, one.action) for one in changes] == [
            (1, "plan", "add"),
            (2, "goal", "add"),
            (3, "step", "add"),
            (4, "goal", "edit"),
            (5, "evidence", "add"),
        ]
        assert changes[3].fields == {"why": ["", "To feel strong"]}
        assert verify(session, here.plan.id) == []

    @pytest.mark.parametrize(
        ("kind", "values", "code"),
        [
            ("step", {"text": "x", "goal_ids": []}, "field_missing"),
            ("step", {"text": "x", "goal_ids": [999]}, "field_unknown_item"),
            ("evidence", {"text": "x"}, "field_missing"),
            ("evidence", {"medium": "link", "goal_ids": [1]}, "field_missing"),
            (
                "evidence",
                {"medium": "link", "goal_ids": [1], "url": "javascript:alert(1)"},
                "field_no_address",
            ),
            ("goal", {"area": "nothing"}, "field_unknown_choice"),
            ("goal", {"state": "met"}, "field_unknown_choice"),
            ("goal", {"horizon": "short", "years_ahead": 5}, "field_short_goal"),
            ("goal", {"statement": "x" * 5001}, "field_too_long"),
            ("goal", {"statement": 5}, "field_wrong_type"),
            ("goal", {"target_on": "tomorrow"}, "field_no_date"),
            ("entry", {"kind": "strength", "text": "x", "audience": "everybody"}, "field_unknown_choice"),
        ],
    )
    def test_what_is_refused(
        self, here: Planning, session: Session, kind: str, values: dict[str, Any], code: str
    ) -> None:
        goal = here.goal()
        if values.get("goal_ids") == [1]:
            values = {**values, "goal_ids": [goal.id]}
        before = here.plan.changes
        with pytest.raises(BadInput) as problem:
            here.editor().add(kind, values)
        assert problem.value.code == code
        session.rollback()
        assert session.get_one(Plan, here.plan.id).changes in {0, before, 1}

    def test_another_students_things_are_not_here(self, here: Planning, session: Session) -> None:
        goal = here.goal()
        other = here.school.student()
        plan = open_plan(session, other, minutes(1))
        editor = PlanEditor(session, plan, other, vocabulary, minutes(1))
        with pytest.raises(NotFound):
            editor.edit("goal", goal.id, 1, {"why": "mine"})
        with pytest.raises(BadInput):
            editor.add("step", {"text": "x", "goal_ids": [goal.id]})

    def test_a_file_is_attached_only_when_it_is_ones_own(self, here: Planning) -> None:
        goal = here.goal()
        with pytest.raises(NotFound) as problem:
            here.editor().add("evidence", {"medium": "file", "file_id": "f" * 36, "goal_ids": [goal.id]})
        assert problem.value.code == "file_not_here"


class TestGoals:
    def test_no_cycle(self, here: Planning) -> None:
        ten = here.goal(horizon="long", years_ahead=10)
        five = here.goal(horizon="long", years_ahead=5, parent_id=ten.id)
        here.goal(parent_id=five.id)
        with pytest.raises(BadInput) as problem:
            here.editor().edit("goal", ten.id, 1, {"parent_id": five.id})
        assert problem.value.code == "field_cycle"

    def test_only_a_long_goal_has_parts(self, here: Planning) -> None:
        long = here.goal(horizon="long")
        short = here.goal(parent_id=long.id)
        with pytest.raises(BadInput):
            here.goal(parent_id=short.id)
        with pytest.raises(BadInput) as problem:
            here.editor().edit("goal", long.id, 1, {"horizon": "short"})
        assert problem.value.code == "goal_has_parts"
        with pytest.raises(BadInput):
            here.editor().remove("goal", long.id)

    def test_removed_is_not_deleted_and_takes_its_own_steps_along(
        self, here: Planning, session: Session
    ) -> None:
        first, second = here.goal(), here.goal()
        alone, shared = here.step(first), here.step(first, second)
        here.editor(5).remove("goal", first.id)
        assert (first.state, alone.removed_at, shared.removed_at) == ("removed", minutes(5), None)
        assert verify(session, here.plan.id) == []
        here.editor(6).restore("goal", first.id)
        assert (first.state, alone.removed_at) == ("draft", None)
        assert verify(session, here.plan.id) == []


class TestTwoTabs:
    def test_different_fields_are_merged(self, here: Planning) -> None:
        goal = here.goal()
        here.editor(2).edit("goal", goal.id, 1, {"why": "For my health"})
        edited = here.editor(3).edit("goal", goal.id, 1, {"measure": "My watch says so"})
        assert (edited.conflicts, goal.why, goal.measure) == ({}, "For my health", "My watch says so")

    def test_the_same_field_keeps_both(self, here: Planning, session: Session) -> None:
        goal = here.goal()
        here.editor(2).edit("goal", goal.id, 1, {"why": "For my health"})
        for _ in range(2):
            edited = here.editor(3).edit("goal", goal.id, 1, {"why": "Because of Amara"})
            assert edited.conflicts == {"why": "For my health"}
        assert goal.why == "For my health"
        kept = session.scalars(select(PlanChange.fields).where(PlanChange.action == "kept")).all()
        assert kept == [{"why": ["For my health", "Because of Amara"]}]
        assert verify(session, here.plan.id) == []

    def test_a_text_that_goes_on_is_no_conflict(self, here: Planning) -> None:
        goal = here.goal()
        here.editor(2).edit("goal", goal.id, 1, {"why": "For my"})
        edited = here.editor(3).edit("goal", goal.id, 1, {"why": "For my health"})
        assert (edited.conflicts, goal.why) == ({}, "For my health")

    def test_what_was_removed_meanwhile_keeps_the_words(self, here: Planning, session: Session) -> None:
        goal = here.goal()
        here.editor(2).remove("goal", goal.id)
        edited = here.editor(3).edit("goal", goal.id, 1, {"why": "For my health"})
        assert edited.is_removed
        assert session.scalar(select(func.count()).where(PlanChange.action == "kept")) == 1


class TestRevisions:
    def test_a_goal_revised_with_its_reason(self, here: Planning, session: Session) -> None:
        goal = here.goal()
        step = here.step(goal)
        here.editor(2).edit("goal", goal.id, 1, {"state": "active"})
        editor = here.editor(5)
        begin_revision(editor)
        editor.edit("goal", goal.id, goal.version, {"statement": "Run 10 km"})
        revision = begin_revision(editor)
        assert still_open(session, revision).without_reason == (goal.id,)
        review_goal(
            editor, goal.id, goal.version, ReviewDraft("revise", "reflection", "5 km was easy by May")
        )
        assert still_open(session, revision).without_steps == (goal.id,)
        with pytest.raises(BadInput):
            finish_revision(editor)
        editor.edit("step", step.id, 1, {"text": "Run on Tuesdays and Fridays"})
        finish_revision(editor, "My first version")
        assert (here.plan.revision, here.plan.formally_updated_at) == (1, minutes(5))
        assert verify(session, here.plan.id) == []

    def test_a_reason_is_needed(self, here: Planning) -> None:
        goal = here.goal()
        with pytest.raises(BadInput):
            review_goal(here.editor(), goal.id, 1, ReviewDraft("continue", "reflection", "  "))

    def test_not_met_is_a_normal_end(self, here: Planning) -> None:
        goal = here.goal()
        review_goal(
            here.editor(3),
            goal.id,
            1,
            ReviewDraft("remove", "changed_interest", "I swim now", steps_stay=True, not_met=True),
        )
        assert (goal.state, goal.removed_at) == ("not_met", None)

    def test_an_annual_one_needs_a_meeting(self, here: Planning) -> None:
        with pytest.raises(PlpError) as problem:
            begin_revision(here.editor(), "annual")
        assert problem.value.code == "needs_meeting"

    def test_a_finished_one_never_changes(self, here: Planning, session: Session) -> None:
        here.goal()
        revision = begin_revision(here.editor(2))
        finish_revision(here.editor(3))
        session.commit()
        with pytest.raises(DBAPIError):
            session.execute(
                text("UPDATE plan_revision SET note = 'other' WHERE id = :id"), {"id": revision.id}
            )


class TestHistory:
    def test_the_plan_as_it_was(self, here: Planning, session: Session) -> None:
        goal = here.goal(at=1)
        here.editor(60 * 24 * 400).edit("goal", goal.id, 1, {"statement": "Run a marathon"})
        then = state_at(session, here.plan.id, minutes(60 * 24 * 365))
        assert then["goal"][str(goal.id)]["statement"] == "Run 5 km without a break"

    def test_one_sitting_is_read_as_one(self, here: Planning, session: Session) -> None:
        goal = here.goal(at=100)
        for minute, words in enumerate(("I", "I run", "I run because"), start=200):
            here.editor(minute).edit("goal", goal.id, goal.version, {"why": words})
        newest, oldest = read(session, here.plan.id, item=("goal", goal.id)).entries
        assert newest.fields == {"why": ["", "I run because"]}
        assert (oldest.action, newest.at - newest.began_at) == ("add", timedelta(minutes=2))

    @pytest.mark.parametrize(
        "tampering",
        [
            "UPDATE plan_change SET reason = 'other' WHERE number = 2",
            "UPDATE plan_change SET at = '2020-01-01 00:00:00+00:00' WHERE number = 2",
            "DELETE FROM plan_change WHERE number = 2",
            "DELETE FROM plan_change WHERE number = (SELECT max(number) FROM plan_change)",
            "UPDATE goal SET why = 'other'",
        ],
    )
    def test_tampering_is_noticed(self, here: Planning, session: Session, tampering: str) -> None:
        goal: Goal = here.goal()
        here.step(goal)
        here.evidence(goal)
        session.commit()
        assert verify(session, here.plan.id) == []
        if "plan_change" in tampering:
            with pytest.raises(DBAPIError):
                session.execute(text(tampering))
            session.rollback()
            _without_guards(session)
        session.execute(text(tampering))
        session.commit()
        assert verify(session, here.plan.id) != []


def _without_guards(session: Session) -> None:
    """Do what somebody with the database's password can do."""
    for operation in ("update", "delete"):
        on_table = " ON plan_change" if session.get_bind().dialect.name == "postgresql" else ""
        session.execute(text(f"DROP TRIGGER tr_plan_change_no_{operation}{on_table}"))
