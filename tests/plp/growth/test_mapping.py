"""From what an LMS gives to a level or to nothing, and when a step is done by it."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lti_plp.plp.goals import PROGRESS_SHARES
from lti_plp.plp.growth.mapping import (
    NOTHING_SAID,
    Asked,
    Got,
    MappingProblem,
    Names,
    RubricLevel,
    Verdict,
    alike,
    checked_condition,
    checked_definition,
    level_of,
    share_of,
    usual_definition,
    usual_starts,
    verdict_of,
)
from lti_plp.plp.growth.scales import Scale, make_scale
from tests.plp.growth.growing import FOUR

POINTS = Asked("points", Decimal(20))
LETTER, COMPLETE, PERCENT = Asked("letter"), Asked("complete"), Asked("percent")


def graded(score: Any = None, grade: str = "", level: str = "") -> Got:
    return Got("graded", None if score is None else Decimal(score), grade, level)


def code(
    asked: Asked, got: Got, scale: Scale = FOUR, definition: Mapping[str, Any] | None = None
) -> str | None:
    found = level_of(definition or usual_definition(scale, asked), scale, asked, got)
    return found.code if found else None


def scale_of(levels: int, meets: int) -> Scale:
    return make_scale(
        "Some",
        [{"code": f"L{n}", "label": f"Level {n}", "value": n, "meets": n == meets} for n in range(levels)],
    )


def test_the_usual_bands() -> None:
    assert usual_starts(FOUR) == {"B": 0, "D": 35, "P": 70, "E": 85}
    assert usual_definition(FOUR, POINTS) == {
        "version": 1,
        "by": "share",
        "starts": {"B": "0", "D": "35", "P": "70", "E": "85"},
    }


@pytest.mark.parametrize(
    ("score", "expected"),
    [("0", "B"), ("6.9", "B"), ("7", "D"), ("13.9", "D"), ("14", "P"), ("17", "E"), ("25", "E")],
)
def test_points(score: str, expected: str) -> None:
    assert code(POINTS, graded(score)) == expected


def test_percentages_are_of_a_hundred() -> None:
    assert code(PERCENT, graded(70)) == "P"
    assert share_of(replace(PERCENT, points=Decimal(50)), graded(25)) == 50


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        ("A", "E"),
        ("b+ ", "E"),
        ("B", "P"),
        ("C-", "P"),
        ("D+", "D"),
        ("D-", "D"),
        ("F", "B"),
        ("Z", None),
        ("", None),
    ],
)
def test_letters(letter: str, expected: str | None) -> None:
    assert code(LETTER, graded(grade=letter)) == expected


def test_complete_is_the_level_that_meets_and_incomplete_says_nothing() -> None:
    assert [code(COMPLETE, graded(grade=word)) for word in ("Complete", "pass", "incomplete", "?")] == [
        *("P", "P"),
        *(None, None),
    ]


def rubric(*levels: tuple[str, str, Any]) -> Asked:
    made = [
        RubricLevel(one, title, None if points is None else Decimal(points)) for one, title, points in levels
    ]
    return Asked("levels", None, tuple(made))


def test_rubric_levels_by_name_then_one_to_one_then_as_far_up() -> None:
    named = rubric(("x", "expanding", 1), ("y", "P", 9))
    assert (code(named, graded(level="x")), code(named, graded(level="y"))) == ("E", "P")
    four = rubric(("d", "d", 4), ("a", "a", 1), ("b", "b", 2), ("c", "c", 3))
    assert "".join(code(four, graded(level=one)) or "" for one in "abcd") == "BDPE"
    three = rubric(("a", "Weak", 0), ("b", "Good", 3), ("c", "Strong", 4))
    assert "".join(code(three, graded(level=one)) or "" for one in "abc") == "BPE"
    unpaid = rubric(("a", "Weak", None), ("b", "Good", None), ("c", "Strong", None))
    assert "".join(code(unpaid, graded(level=one)) or "" for one in "abc") == "BDE"
    # An LMS may tell the points of a criterion and not its level.
    assert (code(three, graded("3.5")), code(three, graded(level="?"))) == ("P", None)


ASKED = [POINTS, PERCENT, LETTER, COMPLETE, rubric(("a", "Weak", 0), ("b", "Strong", 4)), Asked("none")]


@pytest.mark.parametrize("asked", ASKED, ids=lambda one: one.grading)
@pytest.mark.parametrize("state", ["missing", "submitted", "excused"])
def test_what_is_not_graded_is_never_a_level(asked: Asked, state: str) -> None:
    assert code(asked, Got(state, Decimal(0), "F", "a")) is None


def test_no_points_to_be_had_is_no_level() -> None:
    assert code(Asked("points", Decimal(0)), graded(0)) is None
    assert code(Asked("none"), graded(5)) is None
    assert code(POINTS, graded()) is None


def test_a_rule_for_levels_that_are_gone_gives_none() -> None:
    assert code(POINTS, graded(20), scale_of(3, 1), usual_definition(FOUR, POINTS)) is None


scales = some.integers(2, 8).flatmap(lambda n: some.builds(scale_of, some.just(n), some.integers(0, n - 1)))
scores = some.decimals(0, 40, places=2)


@given(scale=scales, one=scores, other=scores)
def test_more_points_are_never_a_lower_level(scale: Scale, one: Decimal, other: Decimal) -> None:
    definition = usual_definition(scale, POINTS)
    assert checked_definition(definition, scale, POINTS) == definition
    low, high = (level_of(definition, scale, POINTS, graded(score)) for score in sorted((one, other)))
    assert low
    assert high
    assert scale.place(low) <= scale.place(high)


@given(scale=scales, score=scores)
def test_the_cut_of_the_points_is_the_cut_of_the_scale(scale: Scale, score: Decimal) -> None:
    level = level_of(usual_definition(scale, POINTS), scale, POINTS, graded(score))
    assert level
    lowest_meets = scale.levels[0].meets
    assert scale.meets(level.value) == (lowest_meets or score * 100 >= 20 * 70)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "version_unknown"),
        ({"version": 2, "by": "share"}, "version_unknown"),
        ({"version": 1, "by": "luck"}, "way_unknown"),
        ({"version": 1, "by": "levels", "levels": {}}, "way_does_not_fit"),
        ({"version": 1, "by": "share"}, "not_a_rule"),
        ({"version": 1, "by": "share", "starts": {"X": "0"}}, "level_unknown"),
        ({"version": 1, "by": "share", "starts": {"B": "x"}}, "no_percent"),
        ({"version": 1, "by": "share", "starts": {"B": "NaN"}}, "no_percent"),
        ({"version": 1, "by": "share", "starts": {"B": "0", "D": "101"}}, "percent_out_of_range"),
        ({"version": 1, "by": "share", "starts": {"B": "0", "D": "-1"}}, "percent_out_of_range"),
        ({"version": 1, "by": "share", "starts": {"B": "5", "D": "50"}}, "lowest_not_at_zero"),
        ({"version": 1, "by": "share", "starts": {"B": "0", "D": "50", "P": "50"}}, "out_of_order"),
        ({"version": 1, "by": "words", "words": []}, "not_a_rule"),
        ({"version": 1, "by": "words", "words": {"A": ""}}, "no_words"),
        ({"version": 1, "by": "words", "words": {"A": "X"}}, "level_unknown"),
        ({"version": 1, "by": "words", "words": {str(n): "P" for n in range(61)}}, "too_many_words"),
    ],
)
def test_what_is_wrong_with_a_rule_is_named(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(MappingProblem) as caught:
        checked_definition(said, FOUR, POINTS)
    assert caught.value.problem == problem


def test_more_of_what_may_be_wrong() -> None:
    with pytest.raises(MappingProblem, match="rubric_level_unknown"):
        checked_definition({"version": 1, "by": "levels", "levels": {"zz": "P"}}, FOUR, ASKED[4])
    with pytest.raises(MappingProblem, match="way_does_not_fit"):
        checked_definition(usual_definition(FOUR, POINTS), FOUR, LETTER)


def test_a_rule_as_people_write_it() -> None:
    said = {"version": 1, "by": "share", "starts": {"E": " 92,5 % ", "B": "0", "P": "60"}, "more": "left out"}
    assert checked_definition(said, FOUR, POINTS) == {
        "version": 1,
        "by": "share",
        "starts": {"B": "0", "P": "60", "E": "92.5"},
    }


SUBMITTED = {"version": 1, "when": "submitted"}
SHARE = {"version": 1, "when": "share", "share": "80"}
LEVEL = {"version": 1, "when": "level", "proficiency_id": 7, "level": "P"}


@pytest.mark.parametrize("condition", [SUBMITTED, SHARE, LEVEL])
def test_conditions_stay_as_they_are(condition: dict[str, Any]) -> None:
    assert checked_condition(condition) == condition
    for state in ("missing", "excused"):
        assert verdict_of(condition, POINTS, Got(state, Decimal(0))) == NOTHING_SAID


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"when": "submitted"}, "version_unknown"),
        ({"version": 1, "when": "someday"}, "condition_unknown"),
        ({"version": 1, "when": "share", "share": "lots"}, "no_percent"),
        ({"version": 1, "when": "share", "share": 120}, "percent_out_of_range"),
        ({"version": 1, "when": "level", "level": "P"}, "level_unknown"),
        ({"version": 1, "when": "level", "proficiency_id": 7}, "level_unknown"),
    ],
)
def test_what_is_wrong_with_a_condition_is_named(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(MappingProblem) as caught:
        checked_condition(said)
    assert caught.value.problem == problem


def test_when_a_step_is_done() -> None:
    handed_in = Got("submitted")
    assert verdict_of(SUBMITTED, POINTS, handed_in) == Verdict(True, "reached")
    assert verdict_of(SUBMITTED, POINTS, graded(0)) == Verdict(True, "reached")
    assert verdict_of(SHARE, POINTS, handed_in) == NOTHING_SAID
    assert verdict_of(SHARE, POINTS, graded(16)) == Verdict(True, "reached")
    assert verdict_of(SHARE, POINTS, graded("15.9")) == Verdict(False, "nearly_there")
    assert verdict_of(SHARE, POINTS, graded(8)) == Verdict(False, "on_the_way")
    assert verdict_of(SHARE, POINTS, graded(0)) == Verdict(False, "not_yet")
    levels = [verdict_of(LEVEL, POINTS, graded(1), FOUR, one) for one in FOUR.levels]
    assert [one.is_done for one in levels] == [False, False, True, True]
    assert [one.progress for one in levels] == ["not_yet", "on_the_way", "reached", "reached"]
    assert verdict_of(LEVEL, POINTS, graded(1), FOUR, None) == NOTHING_SAID
    assert verdict_of({**LEVEL, "level": "X"}, POINTS, graded(1), FOUR, FOUR.levels[0]) == NOTHING_SAID


@given(one=scores, other=scores, wanted=some.integers(0, 100))
def test_more_points_are_never_less_progress(one: Decimal, other: Decimal, wanted: int) -> None:
    condition = checked_condition({"version": 1, "when": "share", "share": wanted})
    low, high = (verdict_of(condition, POINTS, graded(score)) for score in sorted((one, other)))
    words = list(PROGRESS_SHARES)
    assert words.index(low.progress) <= words.index(high.progress)
    assert (high.progress == "reached") == bool(high.is_done)


def test_words_in_common() -> None:
    assert alike("Problem-solving essay", "Solves problems; SOLVING a problem") > Decimal("0.5")
    assert alike("The sea", "The sky") == 0
    assert alike("", "anything") == 0


def test_the_likeliest_of_many_names() -> None:
    names = Names(
        [(0, "Reads closely"), (1, "Solves problems"), (1, ""), (2, "Solves hard problems in teams")]
    )
    assert names.likeliest("Solving problems") == 1
    assert names.likeliest("Hard problems of teams") == 2
    assert names.likeliest("Baking bread") is None
    assert names.likeliest("") is None


@given(texts=some.lists(some.text("abcde ", max_size=30), max_size=6), text=some.text("abcde ", max_size=30))
def test_the_likeliest_is_the_first_of_the_most_alike(texts: list[str], text: str) -> None:
    measured = [alike(text, one) for one in texts]
    best = max(measured, default=Decimal(0))
    expected = measured.index(best) if best >= Decimal("0.5") else None
    assert Names(enumerate(texts)).likeliest(text) == expected
