"""Reading what is said about a plan."""

import pytest
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound
from lti_plp.plp.conversation import (
    accept,
    ask_for_help,
    close_help,
    comment,
    decline,
    settle_comment,
    suggest,
)
from lti_plp.plp.plans import open_plan, plan_work
from lti_plp.plp.talk import Change, comments_on, helpers_of, open_call, read_talk, titles
from tests.factories import minutes
from tests.plp.planning import Planning, vocabulary


@pytest.fixture
def planning(session: Session) -> Planning:
    return Planning(session)


def idea(planning: Planning, item: tuple[str, int | None], fields: dict[str, object], at: float = 2) -> int:
    made = suggest(
        planning.session,
        planning.plan,
        planning.teacher,
        planning.work(),
        item,
        fields,
        "Why not?",
        vocabulary,
        minutes(at),
    )
    return made.id


def said(planning: Planning, item: tuple[str, int], text: str, *, own: bool = False, at: float = 2) -> int:
    actor, work = (planning.student, plan_work(planning.plan)) if own else (planning.teacher, planning.work())
    return comment(planning.session, planning.plan, actor, work, item, text, minutes(at)).id


def test_nothing_said(planning: Planning) -> None:
    talk = read_talk(planning.session, planning.plan)
    assert (talk.suggestions, talk.answered, talk.threads, talk.calls) == ((), (), (), ())
    assert talk.people() == set()


def test_suggestion_stands_as_now_and_then(planning: Planning) -> None:
    goal = planning.goal(measure="A watch")
    idea(planning, ("goal", goal.id), {"measure": "A friend counts", "statement": goal.statement})
    (card,) = read_talk(planning.session, planning.plan).suggestions
    # What stands there already is no change.
    assert card.changes == (Change("measure", "A watch", "A friend counts"),)
    assert (card.message, card.author_role, card.is_gone) == ("Why not?", "teacher", False)
    planning.editor().edit("goal", goal.id, goal.version, {"measure": "My phone"})
    (card,) = read_talk(planning.session, planning.plan).suggestions
    assert card.changes[0].before == "My phone"


def test_suggestion_of_something_new_shows_what_is_filled_in(planning: Planning) -> None:
    idea(planning, ("goal", None), {"statement": "Swim", "why": "", "supporters": [], "target_on": None})
    (card,) = read_talk(planning.session, planning.plan).suggestions
    assert card.item_id is None
    assert card.changes == (Change("statement", None, "Swim"),)


def test_suggestion_for_what_was_removed(planning: Planning) -> None:
    goal = planning.goal()
    idea(planning, ("goal", goal.id), {"why": "Health"})
    planning.editor().remove("goal", goal.id)
    (card,) = read_talk(planning.session, planning.plan).suggestions
    assert card.is_gone


def test_answered_ones_newest_answer_first(planning: Planning) -> None:
    goal = planning.goal()
    first = idea(planning, ("goal", goal.id), {"why": "Health"})
    second = idea(planning, ("goal", goal.id), {"why": "Fun"})
    decline(planning.editor(3), second, "Not fun")
    accept(planning.editor(4), first)
    talk = read_talk(planning.session, planning.plan)
    assert talk.suggestions == ()
    assert [(one.id, one.state, one.answer) for one in talk.answered] == [
        (first, "accepted", ""),
        (second, "declined", "Not fun"),
    ]
    assert talk.answered[0].changes == (Change("why", None, "Health"),)


def test_threads(planning: Planning) -> None:
    goal, other = planning.goal(), planning.goal()
    question = said(planning, ("goal", goal.id), "How far?")
    praise = said(planning, ("goal", other.id), "Good one")
    said(planning, ("goal", goal.id), "5 km", own=True)
    threads = read_talk(planning.session, planning.plan).threads
    assert [(one.item_id, [c.text for c in one.comments]) for one in threads] == [
        (goal.id, ["How far?", "5 km"]),
        (other.id, ["Good one"]),
    ]
    assert all(one.is_open for one in threads)
    assert [one.waits for one in threads[0].comments] == [True, False]
    settle_comment(planning.editor(), question)
    settle_comment(planning.editor(), praise)
    assert not any(one.is_open for one in read_talk(planning.session, planning.plan).threads)
    assert [one.text for one in comments_on(planning.session, planning.plan, "goal", goal.id)] == [
        "How far?",
        "5 km",
    ]
    assert comments_on(planning.session, planning.plan, "step", goal.id) == ()


def test_own_question_waits_for_an_answer(planning: Planning) -> None:
    goal = planning.goal()
    said(planning, ("goal", goal.id), "Who runs with me?", own=True)
    (thread,) = read_talk(planning.session, planning.plan).threads
    assert thread.is_open
    assert not thread.comments[0].waits


def test_calls(planning: Planning) -> None:
    goal = planning.goal()
    call = ask_for_help(planning.editor(), "stuck", ("goal", goal.id), "No shoes", ["Elena  Rivera", ""])
    (card,) = read_talk(planning.session, planning.plan).calls
    assert (card.kind, card.message, card.asked_of) == ("stuck", "No shoes", ("Elena Rivera",))
    assert open_call(planning.session, planning.plan, call.id) == card
    assert close_help(planning.editor(), call.id).item_id == goal.id
    assert read_talk(planning.session, planning.plan).calls == ()
    with pytest.raises(NotFound):
        open_call(planning.session, planning.plan, call.id)


@pytest.mark.parametrize("names", [["x" * 256], [f"Helper {number}" for number in range(21)]])
def test_names_that_are_too_much(planning: Planning, names: list[str]) -> None:
    goal = planning.goal()
    with pytest.raises(BadInput):
        ask_for_help(planning.editor(), "stuck", ("goal", goal.id), "", names)
    assert read_talk(planning.session, planning.plan).calls == ()


def test_helpers_of_a_step_are_those_of_its_goals_too(planning: Planning) -> None:
    def person(name: str) -> dict[str, str]:
        return {"name": name, "role": "", "how": ""}

    one, two = (planning.goal(supporters=[person(name)]) for name in ("Elena Rivera", "Rosa Torres"))
    gone = planning.goal(supporters=[person("Kit Vale")])
    step = planning.step(one, two, gone, supports=[person("Rosa Torres"), person("Leo Abara")])
    planning.editor().remove("goal", gone.id)
    assert helpers_of(planning.session, planning.plan, "goal", one.id) == ("Elena Rivera",)
    assert helpers_of(planning.session, planning.plan, "step", step.id) == (
        "Rosa Torres",
        "Leo Abara",
        "Elena Rivera",
    )
    assert helpers_of(planning.session, planning.plan, "plan", planning.plan.id) == ()


def test_titles_are_the_beginning_of_words(planning: Planning) -> None:
    goal = planning.goal(statement="w" * 5000)
    piece = planning.evidence(goal, title="", reason="Shows my time")
    found = titles(planning.session, planning.plan.id)
    assert found[f"goal:{goal.id}"] == "w" * 200
    assert found[f"evidence:{piece.id}"] == "Shows my time"


def test_talk_of_others_stays_theirs(planning: Planning) -> None:
    goal = planning.goal()
    said(planning, ("goal", goal.id), "How far?")
    other = open_plan(planning.session, planning.school.student(), minutes(1))
    talk = read_talk(planning.session, other)
    assert (talk.threads, dict(talk.titles)) == ((), {})
    assert comments_on(planning.session, other, "goal", goal.id) == ()
