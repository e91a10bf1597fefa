"""Advice on goals and how far they are, against tables that were written down apart from the code."""

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest

from lti_plp.plp.goals import ADVICE, PROGRESS_SHARES, GoalFacts, Progress, advice, progress

TODAY = date(2026, 9, 14)
GOOD = GoalFacts(
    kind="secondary",
    horizon="short",
    statement="Run 5 km without a break",
    why="To feel strong",
    measure="My watch says so",
    target_on=date(2026, 11, 1),
    challenge="I never ran more than 2",
    commitment="Two evenings a week",
    preparation="",
    supporters=[{"name": "Rosa"}],
    entries=1,
    steps=1,
)


def test_a_good_goal_needs_no_advice() -> None:
    assert advice(GOOD, TODAY) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"statement": "Run more often"}, ["say_more"]),
        ({"statement": ""}, ["say_more"]),
        ({"statement": "Run far every day"}, []),
        ({"why": " \n"}, ["say_why"]),
        ({"measure": ""}, ["how_will_i_know"]),
        ({"target_on": None}, ["by_when"]),
        ({"target_on": TODAY - timedelta(days=1)}, ["by_when"]),
        ({"target_on": TODAY}, []),
        ({"steps": 0}, ["first_step"]),
        ({"steps": 0, "horizon": "long"}, []),
        ({"entries": 0}, ["link_profile"]),
        ({"challenge": ""}, ["what_is_hard"]),
        ({"supporters": []}, ["who_helps"]),
        ({"commitment": ""}, ["am_i_in"]),
        ({"kind": "postsecondary"}, ["preparation"]),
        ({"kind": "postsecondary", "preparation": "Algebra II"}, []),
        ({"kind": "primary"}, []),
    ],
)
def test_each_piece_of_advice(change: dict[str, object], expected: list[str]) -> None:
    assert advice(replace(GOOD, **change), TODAY) == expected


def test_the_most_useful_comes_first_and_an_empty_goal_is_no_error() -> None:
    assert advice(GoalFacts(kind="postsecondary"), TODAY) == list(ADVICE)
    assert {one.name for one in fields(GoalFacts)} == {one.name for one in fields(GOOD)}


@pytest.mark.parametrize(
    ("state", "said", "steps", "expected"),
    [
        # Nothing is known.
        ("draft", "", [], Progress("not_yet", 0, "steps", 0, 0)),
        ("active", "", ["planned"], Progress("not_yet", 0, "steps", 0, 1)),
        # Its steps.
        ("active", "", ["in_progress", "planned"], Progress("begun", 0, "steps", 0, 2)),
        ("active", "", ["done", *["planned"] * 9], Progress("begun", 10, "steps", 1, 10)),
        ("active", "", ["done", "planned", "planned"], Progress("begun", 33, "steps", 1, 3)),
        ("active", "", ["done", "planned"], Progress("on_the_way", 50, "steps", 1, 2)),
        ("active", "", ["done", "done", "planned"], Progress("on_the_way", 66, "steps", 2, 3)),
        ("active", "", ["done"] * 3 + ["planned"], Progress("nearly_there", 75, "steps", 3, 4)),
        # All steps done is not the goal reached.
        ("active", "", ["done", "done"], Progress("nearly_there", 100, "steps", 2, 2)),
        # One of so many that it is below one percent is still a beginning.
        ("active", "", ["done", *["planned"] * 200], Progress("begun", 0, "steps", 1, 201)),
        # What was dropped or became another step does not count.
        ("active", "", ["done", "dropped", "changed"], Progress("nearly_there", 100, "steps", 1, 1)),
        ("active", "", ["dropped"], Progress("not_yet", 0, "steps", 0, 0)),
        # Somebody's word goes before steps, in both directions.
        ("active", "begun", ["done", "done"], Progress("begun", 25, "said", 2, 2)),
        ("active", "reached", ["planned"], Progress("reached", 100, "said", 0, 1)),
        ("active", "a word of last year", ["done", "planned"], Progress("on_the_way", 50, "steps", 1, 2)),
        # Met is met.
        ("met", "begun", ["planned"], Progress("reached", 100, "state", 0, 1)),
        ("not_met", "", ["done", "planned"], Progress("on_the_way", 50, "steps", 1, 2)),
    ],
)
def test_how_far_a_goal_is(state: str, said: str, steps: list[str], expected: Progress) -> None:
    assert progress(state, said, steps) == expected


def test_every_word_has_its_share() -> None:
    for word, share in PROGRESS_SHARES.items():
        assert progress("active", word, ()) == Progress(word, share, "said", 0, 0)
