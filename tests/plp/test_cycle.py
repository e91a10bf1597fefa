"""The single next useful thing: each is reached, the more pressing one comes first, and nothing is locked."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_plp.plp.cycle import CYCLE, GoalAt, NextThing, PlanFacts, StepAt, next_thing, where

TODAY = date(2027, 3, 1)


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


GOAL = GoalAt(3, steps=("in_progress",), target_on=days(90))
STEP = StepAt(5, days(30))
SETTLED = PlanFacts(
    today=TODAY,
    entries=4,
    profile_changed_on=days(-20),
    long_goals=1,
    goals=(GOAL,),
    open_steps=(STEP,),
    evidence=2,
    reflected_on=days(-10),
    revision=1,
)
"""Nothing presses here."""

# From the most pressing to the least: what makes it so, and what is asked for then.
TABLE: list[tuple[dict[str, Any], NextThing]] = [
    ({"entries": 0}, NextThing("begin_profile", "profile")),
    ({"suggestions": 2}, NextThing("answer_suggestion", "work")),
    ({"goals": ()}, NextThing("first_goal", "goals")),
    ({"goals": (replace(GOAL, steps=()),)}, NextThing("first_step", "action", 3)),
    ({"entries": 2}, NextThing("more_profile", "profile")),
    ({"open_steps": (StepAt(5, days(-1)),)}, NextThing("late_step", "work", 5)),
    ({"evidence_without_reason": 9}, NextThing("say_why", "work", 9)),
    ({"open_steps": (StepAt(5, days(7)),)}, NextThing("do_step", "work", 5)),
    ({"goals": (replace(GOAL, target_on=TODAY),)}, NextThing("review_goal", "assess", 3)),
    ({"goals": (replace(GOAL, steps=("done", "planned")),)}, NextThing("show_goal", "assess", 3)),
    ({"reflected_on": days(-61)}, NextThing("reflect", "reflect")),
    ({"is_revising": True}, NextThing("finish_revision", "revise")),
    ({"profile_changed_on": days(-181)}, NextThing("revisit_profile", "profile")),
    ({"long_goals": 0}, NextThing("look_ahead", "goals")),
    ({}, NextThing("add_evidence", "work")),
]


@pytest.mark.parametrize(("change", "expected"), TABLE, ids=[one.code for _, one in TABLE])
def test_each_is_reached(change: dict[str, Any], expected: NextThing) -> None:
    plan = replace(SETTLED, **change)
    assert next_thing(plan) == expected
    assert where(plan) == expected.step
    assert expected.step in CYCLE


def test_every_step_of_the_cycle_can_be_where_one_is() -> None:
    assert {one.step for _, one in TABLE} == set(CYCLE)


@pytest.mark.parametrize(("change", "expected"), TABLE, ids=[one.code for _, one in TABLE])
def test_the_more_pressing_one_comes_first(change: dict[str, Any], expected: NextThing) -> None:
    later = TABLE[TABLE.index((change, expected)) :]
    for other in (other for other, _ in later if not change.keys() & other.keys()):
        assert next_thing(replace(SETTLED, **change, **other)) == expected


@pytest.mark.parametrize(
    ("change", "code"),
    [
        # A new plan reflects when there is something to look back at, and is finished once.
        ({"reflected_on": None}, "reflect"),
        ({"revision": 0}, "finish_revision"),
        # A student who called for help is not told that she is late.
        ({"open_steps": (StepAt(5, days(-1), is_stuck=True),)}, "add_evidence"),
        ({"open_steps": (StepAt(5, None),)}, "add_evidence"),
        ({"open_steps": (StepAt(5, days(8)),)}, "add_evidence"),
        ({"open_steps": (StepAt(5, TODAY),)}, "do_step"),
        # A goal that was just looked at is left alone for a while.
        ({"goals": (replace(GOAL, target_on=TODAY, reviewed_on=days(-59)),)}, "add_evidence"),
        ({"goals": (replace(GOAL, target_on=TODAY, reviewed_on=days(-60)),)}, "review_goal"),
        # All steps done, dropped ones apart.
        ({"goals": (replace(GOAL, steps=("done", "dropped")),)}, "review_goal"),
        ({"goals": (replace(GOAL, steps=("dropped",)),)}, "add_evidence"),
        ({"goals": (replace(GOAL, steps=("done", "planned"), has_evidence=True),)}, "add_evidence"),
    ],
)
def test_when_it_is_so(change: dict[str, Any], code: str) -> None:
    assert next_thing(replace(SETTLED, **change)).code == code


def test_the_latest_step_comes_first() -> None:
    steps = (StepAt(1, days(3)), StepAt(2, days(-2)), StepAt(3, days(-9)), StepAt(4, None))
    assert next_thing(replace(SETTLED, open_steps=steps)) == NextThing("late_step", "work", 3)
    assert next_thing(replace(SETTLED, open_steps=steps[:1])) == NextThing("do_step", "work", 1)


dates = st.none() | st.integers(-400, 400).map(days)
states = st.lists(st.sampled_from(["planned", "in_progress", "done", "changed", "dropped"]), max_size=3)
goals = st.builds(GoalAt, st.integers(1, 9), states.map(tuple), dates, dates, st.booleans())
plans = st.builds(
    PlanFacts,
    today=st.just(TODAY),
    entries=st.integers(0, 5),
    profile_changed_on=dates,
    long_goals=st.integers(0, 2),
    goals=st.lists(goals, max_size=3).map(tuple),
    open_steps=st.lists(st.builds(StepAt, st.integers(1, 9), dates, st.booleans()), max_size=3).map(tuple),
    evidence=st.integers(0, 3),
    evidence_without_reason=st.none() | st.integers(1, 9),
    suggestions=st.integers(0, 2),
    is_revising=st.booleans(),
    reflected_on=dates,
    revision=st.integers(0, 2),
)


@given(plan=plans)
def test_there_is_always_a_next_thing_and_it_is_about_something_of_the_plan(plan: PlanFacts) -> None:
    found = next_thing(plan)
    assert found.code in {one.code for _, one in TABLE}
    ids = (
        {one.id for one in plan.goals} | {one.id for one in plan.open_steps} | {plan.evidence_without_reason}
    )
    assert found.item_id is None or found.item_id in ids
