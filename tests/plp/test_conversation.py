"""What people say to each other about a plan: adults suggest, the student decides; on both databases."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed, NotFound, PlpError
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.conversation import (
    accept,
    ask_for_help,
    close_help,
    comment,
    decline,
    settle_comment,
    suggest,
)
from lti_plp.plp.for_adults import read_for_team
from lti_plp.plp.history import verify
from lti_plp.plp.items import plan_state
from lti_plp.plp.models import Comment, HelpRequest, Plan, PlanChange, Suggestion
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.revisions import begin_revision
from lti_plp.plp.standing import Standing
from lti_plp.plp.talk import open_call
from tests.factories import minutes
from tests.plp.planning import Planning, vocabulary


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


@pytest.fixture
def goal(here: Planning) -> Any:
    return here.goal()


def propose(
    here: Planning,
    kind: str,
    item_id: int | None,
    fields: dict[str, Any],
    message: str = "",
    *,
    actor: Actor | None = None,
    work: PlanWork | None = None,
) -> Suggestion:
    return suggest(
        here.session,
        here.plan,
        actor or here.teacher,
        work or here.work(),
        (kind, item_id),
        fields,
        message,
        vocabulary,
        minutes(3),
    )


class TestSuggestions:
    def test_accepting_is_the_students_own_edit(self, here: Planning, goal: Any, session: Session) -> None:
        made = propose(here, "goal", goal.id, {"measure": "A race in May"}, "Does this help?")
        assert (made.author_role, made.state, goal.measure) == ("teacher", "open", "")
        edited = accept(here.editor(5), made.id, "Thank you")
        assert (edited.version, edited.conflicts, goal.measure) == (2, {}, "A race in May")
        assert (made.state, made.answer, made.answered_at) == ("accepted", "Thank you", minutes(5))
        newest = session.scalars(select(PlanChange).order_by(PlanChange.number.desc()).limit(1)).one()
        assert newest.actor_id == here.student.person_id
        assert newest.cause == f"suggestion:{made.id}"
        assert verify(session, here.plan.id) == []

    def test_it_goes_over_what_the_student_wrote_meanwhile_and_that_is_not_lost(
        self, here: Planning, goal: Any, session: Session
    ) -> None:
        made = propose(here, "goal", goal.id, {"measure": "A race in May"})
        here.editor(4).edit("goal", goal.id, 1, {"measure": "My watch says so"})
        accept(here.editor(5), made.id)
        assert goal.measure == "A race in May"
        newest = session.scalars(select(PlanChange.fields).order_by(PlanChange.number.desc()).limit(1)).one()
        assert newest == {"measure": ["My watch says so", "A race in May"]}

    def test_something_new(self, here: Planning, goal: Any, session: Session) -> None:
        made = propose(here, "step", None, {"text": "Swim on Mondays", "goal_ids": [goal.id]})
        edited = accept(here.editor(5), made.id)
        assert plan_state(session, here.plan.id)["step"][str(edited.item_id)]["text"] == "Swim on Mondays"

    def test_declining_changes_nothing(self, here: Planning, goal: Any) -> None:
        made = propose(here, "goal", goal.id, {"measure": "A race in May"})
        before = here.plan.changes
        decline(here.editor(5), made.id, "I do not like races")
        assert (made.state, made.answer, goal.measure) == ("declined", "I do not like races", "")
        assert here.plan.changes == before

    @pytest.mark.parametrize("first", [accept, decline])
    @pytest.mark.parametrize("second", [accept, decline])
    def test_one_answer(self, here: Planning, goal: Any, first: Any, second: Any) -> None:
        made = propose(here, "goal", goal.id, {"measure": "A race in May"})
        first(here.editor(5), made.id)
        with pytest.raises(PlpError) as problem:
            second(here.editor(6), made.id)
        assert (problem.value.code, problem.value.status) == ("already_answered", 409)

    def test_what_was_removed_meanwhile(self, here: Planning, goal: Any) -> None:
        made = propose(here, "goal", goal.id, {"measure": "A race in May"})
        here.editor(4).remove("goal", goal.id)
        with pytest.raises(PlpError) as problem:
            accept(here.editor(5), made.id)
        assert problem.value.code == "item_removed"
        decline(here.editor(6), made.id)
        assert made.state == "declined"

    @pytest.mark.parametrize("deed", [accept, decline])
    def test_an_answer_that_is_refused_changes_nothing(
        self, here: Planning, goal: Any, session: Session, deed: Any
    ) -> None:
        made = propose(here, "goal", goal.id, {"measure": "A race in May"})
        session.commit()
        with pytest.raises(BadInput):
            deed(here.editor(5), made.id, "x" * 5001)
        session.commit()
        session.expire_all()
        assert (made.state, made.answered_at, goal.measure) == ("open", None, "")
        assert verify(session, here.plan.id) == []

    def test_who_may(self, here: Planning, goal: Any) -> None:
        fields = {"measure": "A race in May"}
        family = here.school.person(Role.MENTOR)
        of_family = PlanWork(
            here.plan.tenant_id, here.plan.person_id, "family", standing=frozenset({Standing.FAMILY})
        )
        assert propose(here, "goal", goal.id, fields, actor=family, work=of_family).author_role == "family"
        for actor, work in (
            (here.student, here.work()),
            (here.school.student(), here.work()),
            (here.teacher, here.work("me")),
            (here.teacher, here.work(taught=False)),
            (family, replace(of_family, audience="team")),
            (here.school.person(Role.ADMINISTRATOR), here.work()),
        ):
            with pytest.raises(NotAllowed):
                propose(here, "goal", goal.id, fields, actor=actor, work=work)
        with pytest.raises(NotAllowed):
            PlanEditor(here.session, here.plan, here.teacher, vocabulary, minutes(5))

    def test_only_of_what_there_is(self, here: Planning, goal: Any, session: Session) -> None:
        other = here.school.student()
        plan = open_plan(session, other, minutes(1))
        theirs = PlanEditor(session, plan, other, vocabulary, minutes(1)).add("goal", {"statement": "Sing"})
        for kind, item_id in (
            ("goal", theirs.id),
            ("goal", 10**6),
            ("plan", here.plan.id),
            ("review", None),
            ("achievement", None),
            ("dragon", None),
        ):
            with pytest.raises(NotFound) as problem:
                propose(here, kind, item_id, {})
            assert problem.value.code == "item_not_here"
        with pytest.raises(BadInput):
            propose(here, "goal", goal.id, {"audience": "everybody"})
        with pytest.raises(NotFound):
            propose(here, "evidence", None, {"validated_by": here.teacher.person_id})
        assert session.scalar(select(func.count()).select_from(Suggestion)) == 0

    def test_anothers_suggestion_is_not_here(self, here: Planning, goal: Any, session: Session) -> None:
        made = propose(here, "goal", goal.id, {"measure": "A race in May"})
        other = here.school.student()
        editor = PlanEditor(session, open_plan(session, other, minutes(1)), other, vocabulary, minutes(5))
        for deed in (accept, decline):
            with pytest.raises(NotFound):
                deed(editor, made.id)


class TestComments:
    def say(
        self, here: Planning, actor: Actor, text: str, item: tuple[str, int], work: Any = None
    ) -> Comment:
        return comment(here.session, here.plan, actor, work or here.work(), item, text, minutes(4))

    def test_a_teacher_and_the_student_answer_each_other(self, here: Planning, goal: Any) -> None:
        asked = self.say(here, here.teacher, " How far is that? \x00", ("goal", goal.id))
        answered = self.say(here, here.student, "Twice around the lake", ("goal", goal.id))
        assert (asked.text, asked.author_role, answered.author_role) == (
            "How far is that?",
            "teacher",
            "student",
        )
        for minute in (6, 9):
            settle_comment(here.editor(minute), asked.id)
        assert (asked.settled_at, answered.settled_at) == (minutes(6), None)

    def test_who_may(self, here: Planning, goal: Any) -> None:
        for actor, work in (
            (here.school.student(), here.work()),
            (here.teacher, here.work("me")),
            (here.school.person(Role.MENTOR), here.work("public")),
        ):
            with pytest.raises(NotAllowed):
                self.say(here, actor, "Hello", ("goal", goal.id), work)
        assert self.say(here, here.student, "To myself", ("plan", here.plan.id), here.work("me")).id

    @pytest.mark.parametrize(("text", "code"), [(" \n", "field_missing"), ("x" * 5001, "field_too_long")])
    def test_what_is_no_comment(self, here: Planning, goal: Any, text: str, code: str) -> None:
        with pytest.raises(BadInput) as problem:
            self.say(here, here.teacher, text, ("goal", goal.id))
        assert problem.value.code == code

    def test_only_on_what_there_is(self, here: Planning, goal: Any, session: Session) -> None:
        other = open_plan(session, here.school.student(), minutes(1))
        for item in (("goal", 10**6), ("plan", other.id), ("dragon", 1)):
            with pytest.raises(NotFound):
                self.say(here, here.teacher, "Hello", item)
        with pytest.raises(NotFound):
            settle_comment(here.editor(), 10**6)


class TestCallsForHelp:
    def test_asking_twice_is_asking_once(self, here: Planning, goal: Any, session: Session) -> None:
        call = ask_for_help(here.editor(2), "stuck", ("goal", goal.id), "My knee hurts", ["Rosa", ""])
        again = ask_for_help(here.editor(3), "stuck", ("goal", goal.id), "", [" Elena\n", "Rosa"])
        assert (again.id, again.message, again.asked_of) == (call.id, "My knee hurts", ["Elena", "Rosa"])
        assert again.opened_at == minutes(2)
        newer = ask_for_help(here.editor(4), "stuck", ("goal", goal.id), "My knee hurts a lot")
        assert (newer.id, newer.message) == (call.id, "My knee hurts a lot")

    def test_each_kind_and_each_thing_is_a_call_of_its_own(self, here: Planning, goal: Any) -> None:
        step = here.step(goal)
        things = [("goal", goal.id), ("step", step.id), ("plan", here.plan.id)]
        ids = {
            ask_for_help(here.editor(), kind, thing).id
            for kind in ("stuck", "ready", "meeting")
            for thing in things
        }
        assert len(ids) == 9

    @pytest.mark.parametrize(
        ("audience", "shares", "then"),
        [
            ("me", False, "me"),
            ("me", True, "team"),
            ("team", True, "team"),
            # Whoever sees it already goes on seeing it.
            ("public", True, "public"),
        ],
    )
    def test_the_student_decides_whether_they_see_what_it_is_about(
        self, here: Planning, audience: str, shares: bool, then: str
    ) -> None:
        goal = here.goal(audience=audience)
        step = here.step(goal, audience=audience)
        for kind, item in (("goal", goal), ("step", step)):
            call = ask_for_help(here.editor(2), "stuck", (kind, item.id), shares=shares)
            assert item.audience == then
            assert open_call(here.session, here.plan, call.id).is_shared is (then != "me")
        assert verify(here.session, here.plan.id) == []

    def test_a_call_about_the_plan_has_nothing_to_share(self, here: Planning) -> None:
        call = ask_for_help(here.editor(2), "meeting", ("plan", here.plan.id), shares=True)
        assert open_call(here.session, here.plan, call.id).is_shared

    def test_of_something_private_the_team_sees_that_she_calls_and_nothing_else(self, here: Planning) -> None:
        secret, shown = here.goal(statement="Leave home", audience="me"), here.goal()
        ask_for_help(here.editor(2), "stuck", ("goal", secret.id), "Do not tell", ["Elena"])
        ask_for_help(here.editor(3), "stuck", ("goal", shown.id), "My knee hurts")
        newest, oldest = read_for_team(here.session, here.plan).talk.calls
        assert (newest.item_id, newest.message, newest.is_shared) == (shown.id, "My knee hurts", True)
        assert (oldest.kind, oldest.asked_of, oldest.opened_at) == ("stuck", ("Elena",), minutes(2))
        assert (oldest.item_kind, oldest.item_id) == ("plan", here.plan.id)
        assert (oldest.message, oldest.is_shared) == ("", False)

    def test_after_it_is_settled_one_can_ask_again(self, here: Planning, goal: Any) -> None:
        call = ask_for_help(here.editor(2), "ready", ("goal", goal.id))
        for minute in (3, 5):
            close_help(here.editor(minute), call.id)
        assert call.closed_at == minutes(3)
        assert ask_for_help(here.editor(6), "ready", ("goal", goal.id)).id != call.id

    def test_what_is_no_call(self, here: Planning, goal: Any, session: Session) -> None:
        editor = here.editor()
        for kind, item, error in (
            ("bored", ("goal", goal.id), BadInput),
            ("stuck", ("entry", 1), BadInput),
            ("stuck", ("goal", 10**6), NotFound),
        ):
            with pytest.raises(error):
                ask_for_help(editor, kind, item)
        for names in (["x" * 256], [f"Helper {number}" for number in range(21)]):
            with pytest.raises(BadInput):
                ask_for_help(editor, "stuck", ("goal", goal.id), "", names)
        with pytest.raises(BadInput):
            ask_for_help(editor, "stuck", ("goal", goal.id), "x" * 5001)
        with pytest.raises(NotFound):
            close_help(editor, 10**6)
        session.commit()
        assert session.scalar(select(func.count()).select_from(HelpRequest)) == 0

    def test_only_the_student_calls(self, here: Planning, session: Session) -> None:
        other = here.school.student()
        with pytest.raises(NotAllowed):
            PlanEditor(session, session.get_one(Plan, here.plan.id), other, vocabulary, minutes(1))


def test_what_is_said_within_a_revision_is_no_change_of_the_plan(here: Planning, goal: Any) -> None:
    begin_revision(here.editor(2))
    before = here.plan.changes
    propose(here, "goal", goal.id, {"measure": "A race"})
    ask_for_help(here.editor(3), "meeting", ("plan", here.plan.id))
    assert here.plan.changes == before
