"""A suggestion in facts: for each of the ten methods the numbers lead to the very value that the rule gives."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lti_plp.plp.growth.explaining import KEYS, Explanation, explain
from lti_plp.plp.growth.frameworks import Calculation
from lti_plp.plp.growth.methods import METHODS, rounded
from lti_plp.plp.growth.scales import make_scale
from lti_plp.plp.growth.suggestions import Said, suggest
from tests.factories import NOON, minutes
from tests.plp.growth.growing import FOUR


def explained(method: str, *values: int | str | None, minimum: int = 1, **facts: Decimal) -> Explanation:
    """What is told of some ratings, one a minute."""
    said = [
        Said(number, None if value is None else Decimal(value), "teacher", minutes(number))
        for number, value in enumerate(values, 1)
    ]
    calculation = Calculation(method, facts.get("parameter"), minimum)
    return explain(suggest(said, calculation, FOUR), FOUR)


def lines(found: Explanation) -> list[tuple[str, dict[str, str]]]:
    return [
        (one.key, {name: format(value, "f") for name, value in one.numbers.items()}) for one in found.lines
    ]


@pytest.mark.parametrize(
    ("method", "values", "wanted"),
    [
        ("highest", (2, 4, 3, 4), [("highest", {"value": "4.00", "count": "4.00"})]),
        ("latest", (4, 2), [("latest", {"value": "2.00", "count": "2.00"})]),
        ("average", (1, 2, 2), [("average", {"sum": "5.00", "count": "3.00", "value": "1.67"})]),
        ("median", (4, 1, 2), [("middle", {"value": "2.00", "count": "3.00"})]),
        (
            "median",
            (4, 1, 2, 3),
            [("middle_two", {"low": "2.00", "high": "3.00", "value": "2.50", "count": "4.00"})],
        ),
        (
            "weighted_average",
            (2, 3, 4),
            [
                ("before", {"value": "2.50", "count": "2.00"}),
                (
                    "mix",
                    {
                        "newest": "4.00",
                        "weight": "65.00",
                        "rest": "35.00",
                        "older": "2.50",
                        "value": "3.48",
                    },
                ),
            ],
        ),
        ("weighted_average", (2,), [("only", {"value": "2.00"})]),
        (
            "decaying_average",
            (2, 3),
            [
                ("only", {"value": "2.00"}),
                (
                    "mix",
                    {
                        "newest": "3.00",
                        "weight": "65.00",
                        "rest": "35.00",
                        "older": "2.00",
                        "value": "2.65",
                    },
                ),
            ],
        ),
        ("rolling_average", (3,), [("only", {"value": "3.00"})]),
        (
            "n_mastery",
            (3, 2, 4),
            [
                ("met", {"count": "2.00", "wanted": "5.00", "from_value": "3.00"}),
                ("waits", {"missing": "3.00"}),
            ],
        ),
        ("power_law", (1, 2), [("curve", {"first": "1.00", "last": "2.00"})]),
        ("power_law", (0, 2), [("no_curve", {"lowest": "0.00"})]),
        (
            "best_fit",
            (2, 2, 2),
            [
                ("fits_level", {"first": "2.00", "last": "2.00", "distance": "0.00"}),
                ("half_steps", {"value": "2.00"}),
            ],
        ),
        (
            "best_fit",
            (1, 2, 3),
            [
                ("fits_straight", {"first": "1.00", "last": "3.00", "distance": "0.00"}),
                ("half_steps", {"value": "3.00"}),
            ],
        ),
    ],
)
def test_each_method_tells_its_numbers(
    method: str, values: tuple[int, ...], wanted: list[tuple[str, dict[str, str]]]
) -> None:
    found = explained(method, *values)
    assert lines(found) == wanted
    assert found.method == method


def test_a_curve_that_leaves_the_scale_is_held() -> None:
    steep = explained("power_law", 1, "1.2", 4, 4)
    assert [one.key for one in steep.lines] == ["curve", "held"]
    assert steep.value == Decimal(4)


def test_on_which_ratings_it_rests_alone() -> None:
    assert explained("highest", 2, 4, 4).decisive == {2}
    assert explained("latest", 2, 4, 3).decisive == {3}
    assert explained("average", 2, 4).decisive == frozenset()
    met = explained("n_mastery", 3, 2, 4, parameter=Decimal(2))
    assert met.decisive == {1, 3}
    assert (met.value, met.still_needed) == (Decimal("3.50"), 0)


def test_nothing_thin_and_without_evidence() -> None:
    nothing = explained("latest", None, minimum=3)
    assert (nothing.state, nothing.count, nothing.missing, nothing.without_evidence) == ("no_rating", 0, 3, 1)
    thin = explained("latest", 3, None, minimum=3)
    assert (thin.state, thin.missing, thin.level and thin.level.code) == ("level", 2, "P")
    waits = explained("n_mastery", 3, 4)
    assert (waits.state, waits.level, waits.still_needed) == ("no_number", None, 3)


def test_by_due_date_is_told_in_that_order() -> None:
    late = Said(1, Decimal(1), "teacher", NOON + timedelta(days=9), due_on=NOON.date())
    early = Said(2, Decimal(4), "teacher", NOON, due_on=NOON.date() + timedelta(days=1))
    found = explain(suggest([early, late], Calculation("rolling_average"), FOUR), FOUR)
    assert [one.rating_id for one in found.used] == [1, 2]
    assert [one.code for one in found.levels] == ["B", "E"]


@given(
    values=some.lists(some.integers(1, 4), min_size=1, max_size=12), method=some.sampled_from(list(METHODS))
)
def test_the_last_line_is_what_the_rule_gives(values: list[int], method: str) -> None:
    found = explained(method, *values)
    assert {one.key for one in found.lines} <= set(KEYS)
    last = found.lines[-1].numbers
    if found.value is not None:
        told = last.get("value", last.get("last"))
        assert told is not None
        assert rounded(told) == found.value


def test_on_another_scale() -> None:
    hundred = make_scale(
        "Hundred",
        [
            {"code": "0", "label": "None", "value": 0},
            {"code": "1", "label": "All", "value": 100, "meets": True},
        ],
    )
    said = [Said(1, Decimal(40), "teacher", NOON)]
    assert explain(suggest(said, Calculation("latest"), hundred), hundred).levels[0].code == "0"
