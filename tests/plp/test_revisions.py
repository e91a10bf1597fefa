"""Formal revisions: what each outcome does, what keeps one open, what differs between two; on both databases."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, PlpError
from lti_plp.plp.history import verify
from lti_plp.plp.models import (
    GoalReview,
    PlanChange,
    PlanRevision,
    Reflection,
    RevisionReflection,
)
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.reflections import save_answer
from lti_plp.plp.revisions import (
    Open,
    ReviewDraft,
    begin_revision,
    differences,
    finish_revision,
    open_revision,
    review_goal,
    still_open,
)
from tests.factories import minutes
from tests.plp.planning import Planning, vocabulary


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


def draft(outcome: str, **more: Any) -> ReviewDraft:
    return ReviewDraft(outcome, "reflection", "I thought about it", **more)


def review(here: Planning, goal: Any, outcome: str, at: float = 5, **more: Any) -> GoalReview:
    return review_goal(here.editor(at), goal.id, goal.version, draft(outcome, **more))


def left(here: Planning) -> Open:
    revision = open_revision(here.session, here.plan.id)
    assert revision is not None
    return still_open(here.session, revision)


class TestOutcomes:
    @pytest.mark.parametrize(
        ("outcome", "more", "state"),
        [
            ("met", {}, "met"),
            ("continue", {}, "active"),
            ("extend", {"changes": {"target_on": "2027-06-01"}}, "active"),
            ("revise", {"changes": {"statement": "Run 10 km"}}, "active"),
            ("remove", {"not_met": True}, "not_met"),
            ("remove", {}, "removed"),
        ],
    )
    def test_each(self, here: Planning, session: Session, outcome: str, more: Any, state: str) -> None:
        goal = here.goal()
        here.editor(2).edit("goal", goal.id, 1, {"state": "active"})
        made = review(here, goal, outcome, next_step="Ask Rosa", **more)
        assert goal.state == state
        for name, value in more.get("changes", {}).items():
            assert str(getattr(goal, name)) == value
        assert (made.outcome, made.goal_version, made.next_step) == (outcome, 2, "Ask Rosa")
        assert made.recorded_by == here.student.person_id
        causes = session.scalars(
            select(PlanChange.cause).where(PlanChange.item_kind == "goal", PlanChange.reason != "")
        ).all()
        assert causes == (["revision:1"] if goal.version > 2 else [])
        assert verify(session, here.plan.id) == []

    @pytest.mark.parametrize("state", ["met", "not_met"])
    def test_what_was_closed_goes_on(self, here: Planning, state: str) -> None:
        goal = here.goal()
        review(here, goal, "met" if state == "met" else "remove", not_met=state == "not_met")
        assert goal.state == state
        review(here, goal, "continue", at=6)
        assert goal.state == "active"

    @pytest.mark.parametrize(
        "more",
        [{"outcome": "met"}, {"outcome": "continue"}, {"outcome": "remove", "not_met": True}],
    )
    def test_of_a_removed_goal_only_the_removal_is_explained(
        self, here: Planning, session: Session, more: Any
    ) -> None:
        goal = here.goal()
        here.editor(2).remove("goal", goal.id)
        session.commit()
        before = here.plan.changes
        with pytest.raises(PlpError) as problem:
            review(here, goal, **more)
        assert (problem.value.code, problem.value.status) == ("item_removed", 409)
        session.commit()
        assert (here.plan.changes, open_revision(session, here.plan.id)) == (before, None)
        review(here, goal, "remove", at=6)
        assert (goal.state, goal.version) == ("removed", 2)

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            (ReviewDraft("extend", "reflection", "More time"), "field_missing"),
            (
                ReviewDraft("extend", "reflection", "More time", changes={"target_on": "soon"}),
                "field_no_date",
            ),
            (ReviewDraft("continue", "reflection", " \n"), "field_missing"),
            (ReviewDraft("continue", "no reason", "Well"), "field_unknown_choice"),
            (ReviewDraft("forget", "reflection", "Well"), "field_unknown_choice"),
            (ReviewDraft("continue", "reflection", "x" * 5001), "field_too_long"),
            (ReviewDraft("continue", "reflection", "Well", next_step="x" * 5001), "field_too_long"),
            (ReviewDraft("revise", "reflection", "Well", changes={"parent_id": 10**6}), "field_unknown_item"),
            (ReviewDraft("remove", "reflection", "Well"), "goal_has_parts"),
        ],
    )
    def test_what_is_refused_begins_no_revision(
        self, here: Planning, session: Session, wrong: ReviewDraft, code: str
    ) -> None:
        goal = here.goal(horizon="long")
        here.goal(parent_id=goal.id)
        session.commit()
        before = here.plan.changes
        with pytest.raises(BadInput) as problem:
            review_goal(here.editor(5), goal.id, 1, wrong)
        assert problem.value.code == code
        # Nothing is undone here: it had not been done.
        session.commit()
        session.expire_all()
        assert (here.plan.changes, goal.version) == (before, 1)
        assert session.scalar(select(func.count()).select_from(PlanRevision)) == 0
        assert verify(session, here.plan.id) == []

    def test_over_an_older_page(self, here: Planning) -> None:
        goal = here.goal()
        here.editor(2).edit("goal", goal.id, 1, {"why": "To feel strong"})
        with pytest.raises(PlpError) as problem:
            review_goal(here.editor(5), goal.id, 1, draft("continue"))
        assert (problem.value.code, problem.value.status) == ("changed_elsewhere", 409)

    def test_a_review_is_made_only_by_looking_at_a_goal(self, here: Planning) -> None:
        begin_revision(here.editor())
        words = {"outcome": "met", "reason_category": "reflection", "reason": "Done"}
        with pytest.raises(BadInput):
            here.editor().add("review", words)
        with pytest.raises(PlpError):
            here.editor().add("review", {**words, "revision_id": 1, "goal_id": here.goal().id})


class TestStillOpen:
    def test_nothing_is(self, here: Planning) -> None:
        here.goal()
        begin_revision(here.editor(2))
        added = here.goal(at=3)
        here.editor(4).edit("goal", added.id, 1, {"why": "New, so it needs no reason to be"})
        assert not left(here)
        assert finish_revision(here.editor(5)).number == 1

    @pytest.mark.parametrize("deed", ["edit", "remove", "restore"])
    def test_a_changed_goal_needs_its_reason(self, here: Planning, deed: str) -> None:
        goal, other = here.goal(), here.goal()
        if deed == "restore":
            here.editor(2).remove("goal", goal.id)
        begin_revision(here.editor(3))
        if deed == "edit":
            here.editor(4).edit("goal", goal.id, 1, {"why": "To feel strong"})
        else:
            getattr(here.editor(4), deed)("goal", goal.id)
        assert left(here) == Open((goal.id,), ())
        review(here, other, "continue")
        with pytest.raises(BadInput) as problem:
            finish_revision(here.editor(6))
        assert problem.value.code == "revision_open"
        assert problem.value.details == {"without_reason": 1, "without_steps": 0}
        review(here, goal, "remove" if deed == "remove" else "continue", at=7)
        assert not left(here)

    def test_words_that_were_kept_aside_are_no_change(self, here: Planning) -> None:
        goal = here.goal()
        here.editor(2).edit("goal", goal.id, 1, {"why": "One"})
        begin_revision(here.editor(3))
        assert here.editor(4).edit("goal", goal.id, 1, {"why": "Another"}).conflicts
        assert not left(here)

    @pytest.mark.parametrize("outcome", ["extend", "revise", "remove"])
    def test_a_goal_that_changes_needs_a_word_on_its_steps(self, here: Planning, outcome: str) -> None:
        goal, other = here.goal(), here.goal()
        here.step(goal, other)
        more = {"changes": {"target_on": "2027-06-01"}} if outcome == "extend" else {}
        review(here, goal, outcome, **more)
        assert left(here) == Open((), (goal.id,))

    @pytest.mark.parametrize("how", ["said", "edited", "added", "moved away", "removed"])
    def test_that_word(self, here: Planning, how: str) -> None:
        goal, other = here.goal(), here.goal()
        step = here.step(goal)
        here.step(goal, text="Another")
        review(here, goal, "revise", steps_stay=how == "said")
        editor = here.editor(6)
        if how == "edited":
            editor.edit("step", step.id, 1, {"text": "Run on Fridays"})
        elif how == "added":
            here.step(goal, at=6)
        elif how == "moved away":
            editor.edit("step", step.id, 1, {"goal_ids": [other.id]})
        elif how == "removed":
            editor.remove("step", step.id)
        assert not left(here)

    @pytest.mark.parametrize("outcome", ["met", "continue"])
    def test_a_goal_that_stays_needs_none(self, here: Planning, outcome: str) -> None:
        goal = here.goal()
        here.step(goal)
        review(here, goal, outcome)
        assert not left(here)

    def test_a_goal_without_steps_needs_none(self, here: Planning) -> None:
        goal = here.goal()
        gone = here.step(goal)
        here.editor(2).remove("step", gone.id)
        review(here, goal, "revise")
        assert not left(here)

    def test_the_newest_look_counts(self, here: Planning) -> None:
        goal = here.goal()
        here.step(goal)
        review(here, goal, "revise")
        assert left(here).without_steps == (goal.id,)
        review(here, goal, "continue", at=6)
        assert not left(here)


class TestFinishing:
    def test_reflections_are_linked_both_ways(self, here: Planning, session: Session) -> None:
        here.goal()
        ids = [self.reflection(here) for _ in range(2)]
        begin_revision(here.editor(2))
        revision = finish_revision(here.editor(3), " A good year \x00", [*ids, ids[0]])
        session.commit()
        assert (revision.note, revision.snapshot and revision.snapshot["reflections"]) == ("A good year", ids)
        for reflection_id in ids:
            led_to = select(RevisionReflection.revision_id).where(
                RevisionReflection.reflection_id == reflection_id
            )
            assert session.scalars(led_to).all() == [revision.id]
        assert verify(session, here.plan.id) == []

    def reflection(self, here: Planning, of: Any = None) -> int:
        link = here.school.link(here.school.template(here.teacher))
        student = of or here.student
        save_answer(here.session, student, link, "q1", "It went well", 0, minutes(1))
        found = here.session.scalars(select(Reflection.id).order_by(Reflection.id.desc()).limit(1)).one()
        here.session.flush()
        return found

    def test_what_is_refused_changes_nothing(self, here: Planning, session: Session) -> None:
        theirs = self.reflection(here, here.school.student())
        begin_revision(here.editor(2))
        session.commit()
        before = here.plan.changes
        for note, ids in (("", [theirs]), ("", [10**6]), ("x" * 5001, [])):
            with pytest.raises(BadInput):
                finish_revision(here.editor(3), note, ids)
        session.commit()
        assert (here.plan.changes, here.plan.revision) == (before, 0)
        assert session.scalar(select(func.count()).select_from(RevisionReflection)) == 0

    def test_only_what_was_begun(self, here: Planning) -> None:
        with pytest.raises(PlpError) as problem:
            finish_revision(here.editor())
        assert (problem.value.code, problem.value.status) == ("no_revision", 409)

    def test_the_first_is_initial_and_the_next_interim(self, here: Planning) -> None:
        kinds = []
        for minute in (2, 4):
            begun = begin_revision(here.editor(minute))
            assert begin_revision(here.editor(minute)).id == begun.id
            kinds.append((begun.number, begun.kind))
            finish_revision(here.editor(minute + 1))
        assert kinds == [(1, "initial"), (2, "interim")]

    def test_another_students_revision_is_another_one(self, here: Planning, session: Session) -> None:
        begin_revision(here.editor(2))
        other = here.school.student()
        plan = open_plan(session, other, minutes(1))
        editor = PlanEditor(session, plan, other, vocabulary, minutes(2))
        with pytest.raises(PlpError):
            finish_revision(editor)
        assert begin_revision(editor).number == 1


class TestDifferences:
    def test_between_two_revisions(self, here: Planning) -> None:
        goal, gone = here.goal(why="One"), here.goal()
        begin_revision(here.editor(2))
        first = finish_revision(here.editor(3)).snapshot
        here.editor(4).edit("goal", goal.id, 1, {"why": "Another", "outcomes": ["completion"]})
        here.editor(4).remove("goal", gone.id)
        step = here.step(goal, at=5)
        begin_revision(here.editor(6))
        second = finish_revision(here.editor(7)).snapshot
        assert first is not None
        assert second is not None
        found = differences(first["items"], second["items"])
        assert found.keys() == {"goal", "step", "plan"}
        assert found["goal"][str(goal.id)] == {
            "outcomes": [[], ["completion"]],
            "why": ["One", "Another"],
        }
        assert found["goal"][str(gone.id)] == {"removed": [False, True], "state": ["draft", "removed"]}
        assert found["plan"] == {str(here.plan.id): {"revision": [1, 2]}}
        added = found["step"][str(step.id)]
        assert added["goal_ids"] == [None, [goal.id]]
        assert differences(second["items"], second["items"]) == {}

    def test_nothing_before_and_order_of_ids(self) -> None:
        newer = {"goal": {"10": {"why": "b"}, "9": {"why": "a"}}, "step": {}}
        assert differences({}, newer) == {"goal": {"9": {"why": [None, "a"]}, "10": {"why": [None, "b"]}}}
        assert list(differences({}, newer)["goal"]) == ["9", "10"]
        assert differences(newer, {})["goal"]["9"] == {"why": ["a", None]}

    def test_one_and_true_are_not_the_same(self) -> None:
        assert differences({"goal": {"1": {"x": 1}}}, {"goal": {"1": {"x": True}}}) != {}
