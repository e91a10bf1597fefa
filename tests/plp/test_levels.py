"""A level beside the student's own word: neither takes the place of the other; on both databases."""

from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_plp.lms.models import Person
from lti_plp.lms.plan_page import named_page_of
from lti_plp.plp.elements import elements_of
from lti_plp.plp.evidence import say_level
from lti_plp.plp.goal_page import MOST_SAID, read_goal
from lti_plp.plp.goal_work import say_how_far
from lti_plp.plp.history import verify
from lti_plp.plp.items import plan_state
from lti_plp.plp.kept_revisions import read_revision
from lti_plp.plp.levels import Level, level_sayers
from lti_plp.plp.reading import page_of, read_goals
from lti_plp.plp.revisions import ReviewDraft, keep_version, review_goal
from lti_plp.plp.telling import ToldGoal, told
from lti_plp.prepared import ask
from tests.factories import counted, minutes
from tests.plp.planning import Planning, vocabulary


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


def level(here: Planning, piece: Any, word: str, at: float = 5, audience: str = "team") -> None:
    """The teacher says a level."""
    work = here.work(audience)
    say_level(here.session, here.teacher, work, piece.id, word, vocabulary, minutes(at))


def told_goal(here: Planning, goal: Any, reader: str = "me") -> ToldGoal:
    """One goal as a reader gets it told."""
    sayers = level_sayers(here.session, here.plan.id)
    goals = told(plan_state(here.session, here.plan.id), sayers, reader).goals
    return next(one for one in goals if one.id == goal.id)


class TestSideBySide:
    @pytest.mark.parametrize("comes_last", ["level", "word"])
    def test_each_keeps_its_own(self, here: Planning, comes_last: str) -> None:
        goal = here.goal()
        piece = here.evidence(goal)
        said = {"progress": "on_the_way", "evidence_id": piece.id}
        say_how_far(here.editor(4 if comes_last == "level" else 6), goal.id, said)
        level(here, piece, "begun")
        expected = Level("begun", here.teacher.person_id, minutes(5))
        (card,) = read_goals(here.session, here.plan.id)
        for shown in (card, told_goal(here, goal), told_goal(here, goal, "team")):
            assert (shown.progress.word, shown.progress.source) == ("on_the_way", "said")
            assert shown.level == expected
        assert verify(here.session, here.plan.id) == []

    def test_the_newest_level_stands_and_the_list_keeps_all(self, here: Planning) -> None:
        goal = here.goal()
        piece = here.evidence(goal)
        level(here, piece, "begun", 5)
        level(here, piece, "nearly_there", 6)
        (card,) = read_goals(here.session, here.plan.id)
        assert (
            card.level
            == told_goal(here, goal).level
            == Level("nearly_there", here.teacher.person_id, minutes(6))
        )
        assert (card.progress.source, card.progress.word) == ("steps", "not_yet")
        said = read_goal(here.session, here.plan, goal.id).said
        assert [(one.progress, one.is_level) for one in said] == [("nearly_there", True), ("begun", True)]

    def test_many_levels_push_no_word_of_the_student_out(self, here: Planning) -> None:
        goal = here.goal()
        piece = here.evidence(goal)
        say_how_far(here.editor(2), goal.id, {"progress": "on_the_way"})
        for number in range(MOST_SAID + 2):
            level(here, piece, "begun", 5 + number)
        shown = read_goal(here.session, here.plan, goal.id)
        assert shown.own_word is not None
        assert (shown.own_word.progress, len(shown.said)) == ("on_the_way", MOST_SAID + 1)
        assert shown.people() == {here.student.person_id, here.teacher.person_id}

    def test_evidence_of_a_step_is_evidence_of_the_goals_that_it_serves(self, here: Planning) -> None:
        goal, second, other = (here.goal(statement=text) for text in ("Run", "Swim", "Sing"))
        step = here.step(goal, second)
        here.step(other)
        piece = here.evidence(step_ids=[step.id])
        level(here, piece, "begun")
        levels = {one.id: one.level for one in read_goals(here.session, here.plan.id)}
        expected = Level("begun", here.teacher.person_id, minutes(5))
        assert levels == {goal.id: expected, second.id: expected, other.id: None}
        assert levels == {one.id: told_goal(here, one).level for one in (goal, second, other)}
        assert [one.progress for one in read_goal(here.session, here.plan, goal.id).said] == ["begun"]
        assert read_goal(here.session, here.plan, other.id).said == ()

    def test_of_a_goal_that_was_let_go_the_students_word_is_the_progress(self, here: Planning) -> None:
        goal = here.goal()
        say_how_far(here.editor(2), goal.id, {"progress": "on_the_way"})
        level(here, here.evidence(goal), "begun")
        review_goal(here.editor(8), goal.id, 1, ReviewDraft("remove", "changed_interest", "I sing now"))
        assert read_goal(here.session, here.plan, goal.id).progress.word == "on_the_way"


class TestWhoSeesIt:
    def test_only_whoever_sees_the_evidence(self, here: Planning) -> None:
        goal = here.goal(audience="family")
        seen, private = here.evidence(goal, audience="family"), here.evidence(goal)
        level(here, seen, "begun", 5, "family")
        level(here, private, "reached", 6)
        assert told_goal(here, goal, "team").level == Level("reached", here.teacher.person_id, minutes(6))
        assert told_goal(here, goal, "family").level == Level("begun", here.teacher.person_id, minutes(5))
        here.editor(7).edit("evidence", private.id, private.version, {"audience": "me"})
        shown = told_goal(here, goal, "team").level
        assert shown == Level("begun", here.teacher.person_id, minutes(5))
        mine = told_goal(here, goal).level
        assert mine == Level("reached", here.teacher.person_id, minutes(6))

    def test_what_was_said_of_a_piece_stays_said_when_the_piece_is_removed(self, here: Planning) -> None:
        goal = here.goal()
        piece = here.evidence(goal)
        level(here, piece, "begun")
        here.editor(6).remove("evidence", piece.id)
        (card,) = read_goals(here.session, here.plan.id)
        assert card.level == told_goal(here, goal, "team").level is not None


class TestKept:
    def test_a_kept_version_tells_who_said_it_then(self, here: Planning) -> None:
        goal = here.goal()
        piece = here.evidence(goal)
        say_how_far(here.editor(2), goal.id, {"progress": "on_the_way"})
        level(here, piece, "begun")
        keep_version(here.editor(6))
        level(here, piece, "reached", 7)
        (kept,) = read_revision(here.session, here.plan.id, 1).plan.goals
        assert kept.progress.word == "on_the_way"
        assert kept.level == Level("begun", here.teacher.person_id, minutes(5))
        assert verify(here.session, here.plan.id) == []

    def test_a_level_is_an_achievement(self, here: Planning) -> None:
        def state() -> str:
            found = elements_of(here.session, here.plan, minutes(9), "team")
            return next(one.computed for one in found if one.name == "achievement")

        goal = here.goal()
        piece = here.evidence(goal)
        assert state() == "present"
        level(here, piece, "begun")
        here.editor(6).remove("evidence", piece.id)
        assert state() == "partial"


class TestNamedPage:
    def test_names_cost_no_statement_more(self, here: Planning, engine: Engine) -> None:
        person = here.session.scalars(select(Person).where(Person.id == here.teacher.person_id)).one()
        person.name = "Elena Rivera"
        goal = here.goal()
        level(here, here.evidence(goal), "begun")
        here.session.commit()
        ids = (here.plan.tenant_id, here.plan.person_id)
        with counted(engine) as with_names:
            page, names = ask(here.session, named_page_of(*ids))
        with counted(engine) as without:
            assert ask(here.session, page_of(*ids)) == page
        assert len(with_names) == len(without)
        assert page is not None
        assert page.goals[0].level is not None
        assert names == {here.teacher.person_id: "Elena Rivera"}

    def test_a_plan_that_was_not_begun(self, here: Planning) -> None:
        assert ask(here.session, named_page_of(here.plan.tenant_id, here.teacher.person_id)) == (None, {})
