"""Goals over time, read out of what was said and kept, for one reader."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_plp.plp.evidence import say_level
from lti_plp.plp.goal_work import say_how_far
from lti_plp.plp.growth.goal_reading import GoalGrowth, goal_growth
from lti_plp.plp.models import Meeting
from lti_plp.plp.policy import FAMILY_SEES, TEAM_SEES
from lti_plp.plp.revisions import ReviewDraft, finish_revision, review_goal
from tests.factories import counted, minutes
from tests.plp.planning import Planning, vocabulary

WORDS = [
    ("not_yet", "Not yet"),
    ("begun", "Just begun"),
    ("on_the_way", "On the way"),
    ("nearly_there", "Nearly there"),
    ("reached", "Reached"),
]


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


def level(here: Planning, piece: Any, word: str, at: float = 5, audience: str = "team") -> None:
    """The teacher says a level."""
    say_level(here.session, here.teacher, here.work(audience), piece.id, word, vocabulary, minutes(at))


def read(here: Planning, audiences: frozenset[str] | None = None, goal: Any = None) -> list[GoalGrowth]:
    """All goals, or one, as somebody sees them."""
    return goal_growth(here.session, here.plan.id, WORDS, audiences, goal.id if goal else None)


def marks(one: GoalGrowth) -> list[tuple[str, str]]:
    return [(dot.role, dot.label) for dot in one.picture.dots]


def held(here: Planning, at: float) -> None:
    """A conference took place."""
    here.session.add(
        Meeting(
            plan_id=here.plan.id,
            kind="interim",
            state="held",
            starts_at=minutes(at),
            held_at=minutes(at),
            minutes=30,
            made_by=here.teacher.person_id,
            made_at=minutes(at),
        )
    )


def test_every_word_that_was_kept_is_a_mark(here: Planning) -> None:
    goal = here.goal(at=1)
    silent = here.goal(statement="Say nothing of it")
    piece = here.evidence(goal, title="My lap times")
    say_how_far(here.editor(2), goal.id, {"progress": "begun"})
    say_how_far(here.editor(4), goal.id, {"progress": "on_the_way", "evidence_id": piece.id})
    level(here, piece, "nearly_there", 6)
    (found,) = read(here)
    assert (found.goal_id, found.statement, found.is_open) == (goal.id, goal.statement, True)
    assert marks(found) == [("self", "Just begun"), ("self", "On the way"), ("teacher", "Nearly there")]
    assert [(dot.evidence_id, dot.words) for dot in found.picture.dots] == [
        (None, ""),
        (piece.id, "My lap times"),
        (piece.id, "My lap times"),
    ]
    facts = found.picture.facts
    assert (facts.first, facts.last) == (("Just begun", minutes(2)), ("On the way", minutes(4)))
    assert facts.beside == ("Nearly there", minutes(6))
    assert read(here, goal=silent) == []


def test_a_level_of_a_steps_evidence_is_one_of_each_goal_that_it_serves(here: Planning) -> None:
    goal, second, other = (here.goal(statement=text) for text in ("Run", "Swim", "Sing"))
    step = here.step(goal, second)
    here.step(other)
    level(here, here.evidence(step_ids=[step.id]), "begun")
    assert [one.statement for one in read(here)] == ["Run", "Swim"]
    assert marks(read(here, goal=second)[0]) == [("teacher", "Just begun")]


def test_a_goal_that_was_met_ends_with_that_look(here: Planning) -> None:
    met, still = here.goal(at=1, state="active"), here.goal(at=1, statement="Swim", state="active")
    say_how_far(here.editor(2), met.id, {"progress": "on_the_way"})
    say_how_far(here.editor(2), still.id, {"progress": "begun"})
    held(here, 3)
    review_goal(here.editor(4), met.id, met.version, ReviewDraft("met", "achieved", "I ran it"))
    review_goal(here.editor(4), still.id, still.version, ReviewDraft("continue", "reflection", "I like it"))
    finish_revision(here.editor(5), "One less")
    held(here, 8)
    first, last = read(here)
    assert [first.statement, last.statement] == ["Swim", met.statement]
    assert (last.is_open, marks(last)) == (False, [("self", "On the way"), ("self", "Reached")])
    assert last.picture.facts.last == ("Reached", minutes(4))
    assert [one.tick.kind for one in last.picture.ticks] == ["goal", "meeting"]
    assert [one.tick.kind for one in first.picture.ticks] == ["goal", "meeting", "meeting"]


def test_a_step_has_a_tick_when_it_was_done(here: Planning) -> None:
    goal, other = here.goal(), here.goal(statement="Swim")
    for one in (goal, other):
        say_how_far(here.editor(2), one.id, {"progress": "begun"})
    again, private = here.step(goal, text="Run slowly"), here.step(goal, text="Breathe", audience="me")
    here.step(goal, text="Not yet")
    for at, state in ((3, "done"), (4, "in_progress"), (6, "done")):
        here.editor(at).edit("step", again.id, again.version, {"state": state})
    here.editor(7).edit("step", again.id, again.version, {"text": "Run very slowly"})
    here.editor(8).edit("step", private.id, private.version, {"state": "done"})

    def ticks(audiences: frozenset[str] | None = None, which: Any = goal) -> list[tuple[str, Any]]:
        (found,) = read(here, audiences, which)
        return [(one.tick.words, one.tick.at) for one in found.picture.ticks if one.tick.kind == "step"]

    assert ticks() == [("Run very slowly", minutes(6)), ("Breathe", minutes(8))]
    assert ticks(TEAM_SEES) == [("Run very slowly", minutes(6))]
    assert ticks(which=other) == []
    here.editor(9).edit("step", again.id, again.version, {"state": "planned"})
    assert ticks(TEAM_SEES) == []


def test_as_the_reader_may_see_it(here: Planning) -> None:
    goal, private = here.goal(audience="family"), here.goal(statement="Mine", audience="me")
    say_how_far(here.editor(2), private.id, {"progress": "begun"})
    piece, seen = here.evidence(goal, title="For school"), here.evidence(goal, audience="family")
    say_how_far(here.editor(2), goal.id, {"progress": "on_the_way", "evidence_id": piece.id})
    level(here, seen, "begun", 3, "family")
    level(here, piece, "reached", 4)
    assert len(read(here)) == 2
    (team,) = read(here, TEAM_SEES)
    assert marks(team) == [("self", "On the way"), ("teacher", "Just begun"), ("teacher", "Reached")]
    # The student's word belongs to the goal; what it rests on, and the level of it, to the evidence.
    (family,) = read(here, FAMILY_SEES)
    assert marks(family) == [("self", "On the way"), ("teacher", "Just begun")]
    assert [one.evidence_id for one in family.picture.dots] == [None, seen.id]
    here.editor(6).remove("evidence", seen.id)
    assert [one.evidence_id for one in read(here, FAMILY_SEES)[0].picture.dots] == [None, None]
    here.editor(7).remove("goal", goal.id)
    assert read(here, TEAM_SEES) == []


def test_statements_do_not_grow(here: Planning, engine: Engine) -> None:
    def statements() -> int:
        plan_id = here.plan.id
        here.session.commit()
        with counted(engine) as found:
            goal_growth(here.session, plan_id, WORDS)
        return len(found)

    assert statements() == 1
    say_how_far(here.editor(2), here.goal().id, {"progress": "begun"})
    few = statements()
    assert few == 6
    for number in range(6):
        goal = here.goal(statement=f"Goal {number}")
        say_how_far(here.editor(3), goal.id, {"progress": "begun"})
        level(here, here.evidence(goal), "reached")
    assert statements() == few
    assert len(read(here)) == 7
