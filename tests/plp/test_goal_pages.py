"""Reading one goal or step, working on it, and what a student looks over before keeping a version; both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound, PlpError
from lti_plp.plp.conversation import ask_for_help, close_help
from lti_plp.plp.goal_page import MOST_EVIDENCE, read_goal, read_step
from lti_plp.plp.goal_work import DOWN, UP, add_goal, add_step, finish_step, move_step, say_how_far
from lti_plp.plp.history import verify
from lti_plp.plp.items import plan_state
from lti_plp.plp.models import Plan, PlanChange, PlanRevision
from lti_plp.plp.plans import open_plan
from lti_plp.plp.revision_page import MOST_LINES, read_revision, told
from lti_plp.plp.revisions import ReviewDraft, begin_revision, finish_revision, keep_version, review_goal
from tests.factories import NOON, counted, minutes
from tests.plp.planning import Planning
from tests.plp.plans import PlanRows

TODAY = NOON.date()


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


def texts(here: Planning, goal_id: int) -> list[str]:
    """A goal's steps in the order of its page."""
    return [one.text for one in read_goal(here.session, here.plan, goal_id).steps]


class TestGoalPage:
    def test_everything_around_a_goal(self, here: Planning, session: Session) -> None:
        far = here.goal(statement="Live by the sea", horizon="long", years_ahead=10)
        near = here.goal(statement="Study fish", horizon="long", years_ahead=5, parent_id=far.id)
        strength = here.editor().add("entry", {"kind": "strength", "text": "Patient"})
        here.editor().add("entry", {"kind": "interest", "text": ""})
        goal = here.goal(parent_id=near.id, entry_ids=[strength.id])
        step = add_step(here.editor(), goal.id, {"text": "Swim on Mondays"})
        shared = here.step(goal, near, text="Ask at the aquarium")
        shown_by_goal = here.evidence(goal, title="My lap times")
        shown_by_step = here.editor().add("evidence", {"text": "Wet hair", "step_ids": [step.id]})
        here.evidence(near, title="About another goal")
        gone = here.evidence(goal, title="Taken out")
        here.editor(2).remove("evidence", gone.id)
        ask_for_help(here.editor(3), "stuck", ("goal", goal.id), "The pool is closed")
        ready = ask_for_help(here.editor(3), "ready", ("goal", goal.id))
        close_help(here.editor(4), ready.id)
        review_goal(here.editor(5), goal.id, 1, ReviewDraft("continue", "reflection", "I like it"))

        shown = read_goal(session, here.plan, goal.id)
        assert shown.parent is not None
        assert shown.parent.id == near.id
        assert {one.id for one in shown.possible_parents} == {far.id, near.id}
        assert shown.entry_ids == {strength.id}
        assert shown.entries == ((strength.id, "Patient"),)
        assert [one.id for one in shown.steps] == [shared.id, step.id]
        assert {one.id for one in shown.evidence} == {shown_by_goal.id, shown_by_step.id}
        assert [(one.kind, one.message) for one in shown.calls] == [("stuck", "The pool is closed")]
        assert [(one.outcome, one.reason) for one in shown.reviews] == [("continue", "I like it")]
        above = read_goal(session, here.plan, far.id)
        assert [one.id for one in above.parts] == [near.id]
        assert above.possible_parents == ()

    def test_advice_goes_away_with_what_it_asks_for(self, here: Planning, session: Session) -> None:
        goal = here.goal()
        assert read_goal(session, here.plan, goal.id).advice(TODAY)[:2] == ["say_why", "how_will_i_know"]
        here.editor(2).edit("goal", goal.id, 1, {"why": "To feel strong", "measure": "I do not stop"})
        assert read_goal(session, here.plan, goal.id).advice(TODAY)[:2] == ["by_when", "first_step"]
        here.step(goal)
        assert "first_step" not in read_goal(session, here.plan, goal.id).advice(TODAY)

    def test_a_removed_goal_can_still_be_read(self, here: Planning, session: Session) -> None:
        goal = here.goal()
        say_how_far(here.editor(2), goal.id, {"progress": "begun"})
        here.editor(3).remove("goal", goal.id)
        shown = read_goal(session, here.plan, goal.id)
        assert shown.card is None
        assert (shown.steps, shown.progress.word) == ((), "begun")

    def test_another_students_goal_and_step_are_not_here(self, here: Planning, session: Session) -> None:
        goal = here.goal()
        step = here.step(goal)
        plan = open_plan(session, here.school.student(), minutes(1))
        with pytest.raises(NotFound):
            read_goal(session, plan, goal.id)
        with pytest.raises(NotFound):
            read_step(session, plan, step.id)

    def test_statements_do_not_grow_with_the_plan(
        self, here: Planning, session: Session, engine: Engine
    ) -> None:
        goal = here.goal()
        step = here.step(goal)
        goal_id, step_id, plan_id = goal.id, step.id, here.plan.id
        session.commit()

        def statements() -> tuple[int, int]:
            session.expire_all()
            plan = session.get_one(Plan, plan_id)
            with counted(engine) as of_goal:
                read_goal(session, plan, goal_id)
            with counted(engine) as of_step:
                read_step(session, plan, step_id)
            return len(of_goal), len(of_step)

        few = statements()
        for number in range(MOST_EVIDENCE + 3):
            other = here.goal(statement=f"Goal {number}")
            here.step(goal, other, text=f"Step {number}")
            here.evidence(goal, title=f"Evidence {number}", step_ids=[step.id])
            say_how_far(here.editor(3), goal.id, {"progress": "begun"})
        session.commit()
        assert statements() == few
        assert few == (11, 7)
        shown = read_goal(session, here.plan, goal.id)
        assert (len(shown.evidence), shown.has_more_evidence) == (MOST_EVIDENCE, True)


class TestWorking:
    def test_a_goal_begins_with_a_word(self, here: Planning) -> None:
        with pytest.raises(BadInput, match="Nothing is written"):
            add_goal(here.editor(), {"statement": " \n "})
        assert add_goal(here.editor(), {"statement": "Run"}).state == "draft"

    def test_steps_in_the_students_own_order(self, here: Planning, session: Session) -> None:
        goal = here.goal()
        ids = [add_step(here.editor(), goal.id, {"text": text}).id for text in ("a", "b", "c")]
        assert texts(here, goal.id) == ["a", "b", "c"]
        before = here.plan.changes
        move_step(here.editor(2), goal.id, ids[2], UP)
        assert texts(here, goal.id) == ["a", "c", "b"]
        assert here.plan.changes == before + 2
        move_step(here.editor(2), goal.id, ids[0], DOWN)
        assert texts(here, goal.id) == ["c", "a", "b"]
        assert verify(session, here.plan.id) == []

    def test_the_ends_of_the_list_stay(self, here: Planning) -> None:
        goal = here.goal()
        first = here.step(goal, text="a")
        last = here.step(goal, text="b")
        stranger = here.step(here.goal(), text="elsewhere")
        before = here.plan.changes
        move_step(here.editor(), goal.id, first.id, UP)
        move_step(here.editor(), goal.id, last.id, DOWN)
        move_step(here.editor(), goal.id, stranger.id, UP)
        assert texts(here, goal.id) == ["a", "b"]
        assert here.plan.changes == before
        with pytest.raises(NotFound):
            move_step(here.editor(), goal.id, 999_999, UP)

    def test_a_step_is_done_whatever_was_typed_meanwhile(self, here: Planning, session: Session) -> None:
        step = here.step(here.goal())
        here.editor(2).edit("step", step.id, 1, {"text": "Run on Fridays"})
        finish_step(here.editor(3), step.id)
        assert (step.state, step.text) == ("done", "Run on Fridays")
        change = session.scalars(select(PlanChange).order_by(PlanChange.number.desc())).first()
        assert change is not None
        assert change.fields == {"state": ["planned", "done"]}

    def test_how_far_as_the_student_says(self, here: Planning, session: Session) -> None:
        goal = here.goal()
        proof = here.evidence(goal, title="3 km")
        say_how_far(here.editor(2), goal.id, {"progress": "begun"})
        say_how_far(
            here.editor(3),
            goal.id,
            {"progress": "on_the_way", "claim": "I ran 3 km", "evidence_id": proof.id, "kind": "formative"},
        )
        shown = read_goal(session, here.plan, goal.id)
        assert [one.progress for one in shown.said] == ["on_the_way", "begun"]
        newest = shown.said[0]
        assert newest.evidence == (proof.id, "3 km")
        assert (newest.claim, newest.kind, newest.occurred_at) == ("I ran 3 km", "formative", minutes(3))
        assert newest.recorded_by == here.student.person_id
        assert (shown.progress.word, shown.progress.source) == ("on_the_way", "said")

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"progress": ""}, "field_missing"),
            ({"progress": "winning"}, "field_unknown_choice"),
            ({"progress": "begun", "claim": "x" * 5001}, "field_too_long"),
            ({"progress": "begun", "evidence_id": 999_999}, "field_unknown_item"),
        ],
    )
    def test_what_nobody_can_say(self, here: Planning, values: dict[str, object], code: str) -> None:
        goal = here.goal()
        with pytest.raises(BadInput) as problem:
            say_how_far(here.editor(), goal.id, values)
        assert problem.value.code == code

    def test_nothing_is_added_to_a_removed_goal(self, here: Planning) -> None:
        goal = here.goal()
        here.editor(2).remove("goal", goal.id)
        with pytest.raises(BadInput, match="removed"):
            add_step(here.editor(3), goal.id, {"text": "Too late"})
        with pytest.raises(BadInput, match="removed"):
            say_how_far(here.editor(3), goal.id, {"progress": "begun"})

    def test_a_late_step(self, here: Planning, session: Session) -> None:
        step = here.step(here.goal(), due_on=(TODAY - timedelta(days=1)).isoformat())
        assert read_step(session, here.plan, step.id).is_late(TODAY)
        assert not read_step(session, here.plan, step.id).is_late(TODAY - timedelta(days=1))
        finish_step(here.editor(2), step.id)
        assert not read_step(session, here.plan, step.id).is_late(TODAY)

    def test_a_step_names_the_goals_it_could_serve(self, here: Planning, session: Session) -> None:
        goal, closed, other = here.goal(), here.goal(statement="Over"), here.goal(statement="Also")
        step = here.step(goal, closed)
        review_goal(here.editor(2), closed.id, 1, ReviewDraft("met", "achieved", "I did it"))
        shown = read_step(session, here.plan, step.id)
        assert {one.id for one in shown.goals} == {goal.id, closed.id, other.id}
        assert {one.id for one in shown.served} == {goal.id, closed.id}


class TestLookingOver:
    def test_what_a_student_would_tell(self, here: Planning, session: Session) -> None:
        kept, dropped = here.goal(statement="Kept"), here.goal(statement="Dropped")
        step = here.step(kept, text="A step")
        begin_revision(here.editor(1))
        finish_revision(here.editor(2), "First")
        here.editor(3).edit("goal", kept.id, 1, {"why": "Because"})
        here.editor(3).remove("goal", dropped.id)
        finish_step(here.editor(3), step.id)
        new = here.goal(statement="New", at=4)
        brief = here.goal(statement="Not for long", at=4)
        here.editor(5).remove("goal", brief.id)
        only_moved = here.step(new, text="Behind", at=5)
        page = read_revision(session, here.student, here.plan)
        assert page.last is not None
        assert (page.last.number, page.last.note) == (1, "First")
        assert [(one.kind, one.name, one.became, one.fields, one.state) for one in page.changes] == [
            ("goal", "Kept", "changed", ("why",), ""),
            ("goal", "Dropped", "removed", (), ""),
            ("goal", "New", "new", (), ""),
            ("step", "A step", "changed", ("state",), "done"),
            ("step", "Behind", "new", (), ""),
        ]
        keep_version(here.editor(6))
        here.editor(7).edit("step", only_moved.id, 1, {"position": 4})
        assert read_revision(session, here.student, here.plan).changes == ()
        here.editor(8).restore("goal", dropped.id)
        (back,) = read_revision(session, here.student, here.plan).changes
        assert (back.became, back.item_id) == ("back", dropped.id)

    def test_goals_one_after_the_other(self, here: Planning, session: Session) -> None:
        first, second = here.goal(statement="First"), here.goal(statement="Second")
        page = read_revision(session, here.student, here.plan)
        assert page.open is None
        assert page.next_goal is not None
        assert page.next_goal.id == first.id
        review_goal(here.editor(2), first.id, 1, ReviewDraft("met", "achieved", "I did it"))
        page = read_revision(session, here.student, here.plan)
        assert [(one.goal.id, one.looked and one.looked.outcome) for one in page.goals] == [
            (first.id, "met"),
            (second.id, None),
        ]
        review_goal(here.editor(3), second.id, 1, ReviewDraft("remove", "other", "Too far", not_met=True))
        assert read_revision(session, here.student, here.plan).next_goal is None
        keep_version(here.editor(4))
        page = read_revision(session, here.student, here.plan)
        assert (page.open, page.goals) == (None, ())

    def test_what_is_still_open(self, here: Planning, session: Session) -> None:
        goal = here.goal()
        begin_revision(here.editor(2))
        here.editor(3).edit("goal", goal.id, 1, {"statement": "Run 8 km"})
        page = read_revision(session, here.student, here.plan)
        assert page.missing.without_reason == (goal.id,)
        assert page.names[goal.id] == "Run 8 km"
        with pytest.raises(BadInput, match="need a word"):
            keep_version(here.editor(4))

    def test_the_same_plan_is_not_kept_twice(self, here: Planning, session: Session) -> None:
        here.goal()
        first = keep_version(here.editor(2))
        assert keep_version(here.editor(3)).id == first.id
        assert len(session.scalars(select(PlanRevision)).all()) == 1
        here.goal(at=4)
        assert keep_version(here.editor(5)).number == 2
        assert verify(session, here.plan.id) == []

    def test_only_reflections_with_words(self, here: Planning, session: Session) -> None:
        assert read_revision(session, here.student, here.plan).reflections == ()
        with pytest.raises(BadInput, match="reflection"):
            keep_version(here.editor(2), reflection_ids=[999_999])

    def test_a_removed_goal_is_not_looked_at(self, here: Planning) -> None:
        goal = here.goal()
        here.editor(2).remove("goal", goal.id)
        # What was removed can still be given its reason, and nothing else.
        for outcome in ("met", "continue"):
            with pytest.raises(PlpError, match="removed"):
                review_goal(here.editor(3), goal.id, goal.version, ReviewDraft(outcome, "other", "Why not"))

    def test_a_long_list_says_how_many_more(self, here: Planning, session: Session) -> None:
        rows = PlanRows(session, here.school.student())
        for number in range(MOST_LINES + 4):
            rows.goal(f"Goal {number}")
        plan = session.get_one(Plan, rows.id)
        page = read_revision(session, rows.student, plan)
        assert (len(page.changes), page.more_changes) == (MOST_LINES, 4)

    def test_nothing_is_told_of_what_is_the_same(self, here: Planning, session: Session) -> None:
        here.step(here.goal())
        state = plan_state(session, here.plan.id)
        assert told(state, state) == ()
        assert [one.became for one in told({}, state)] == ["new", "new"]
