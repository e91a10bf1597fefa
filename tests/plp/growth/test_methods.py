"""The methods give what their sources say they give, and keep to what they promise."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lti_plp.plp.growth.methods import METHODS, Bounds, calculate, rounded

FIVE = Bounds(Decimal(0), Decimal(5), meets=Decimal(3))
FOUR = Bounds(Decimal(0), Decimal(4), meets=Decimal(3))


def numbers(text: str) -> list[Decimal | None]:
    return [None if one.strip() == "null" else Decimal(one) for one in text.split(",")]


VECTORS = [
    # Numbers of the reference's table, section 7.4; from Canvas's own specifications unless said otherwise.
    (1, "highest", "1, 2, 3, 4, 5", None, "5"),
    (2, "highest", "3, 1", None, "3"),
    (3, "highest", "0", None, "0"),
    (4, "latest", "1, 2, 4, 5, 3", None, "3"),
    (5, "average", "1, 2, 3, 4, 5", None, "3.0"),
    (6, "weighted_average", "1, 2, 3, 4, 5", 65, "4.13"),
    (7, "weighted_average", "2, 3, 4", 65, "3.48"),
    (8, "weighted_average", "3, 1, 5, 4", 75, "3.75"),
    (9, "decaying_average", "1, 2, 3, 4, 5", 65, "4.47"),
    (10, "decaying_average", "2, 3, 4", 65, "3.53"),
    (11, "decaying_average", "2, 3, null, 4", 65, "3.53"),
    (12, "n_mastery", "4, 5, 1, 3, 2, 3", 3, "3.75"),
    (13, "n_mastery", "1, 2, 3, 4, 5", 3, "4"),
    (14, "n_mastery", "1, 2, 3, 4, 5", 4, None),
    (15, "n_mastery", "3, 4, 3", 3, "3.33"),
    (16, "n_mastery", "1, 2, 3, 4", 1, "3.5"),
    # Otus's help, JumpRope's form, Marzano's curve, TeacherEase's median.
    (17, "decaying_average", "1, 2, 3, 4", 65, "3.48"),
    (18, "decaying_average", "2, 3, 4", 65, "3.53"),
    (19, "rolling_average", "2, 3, 4", 75, "3.69"),
    (20, "power_law", "3, 3, 1, 3", None, "1.90"),
    (21, "power_law", "3, 3, 1, 3, 4, 4", None, "3.07"),
    (22, "power_law", "2, 2.5, 3, 4", None, "3.68"),
    (24, "median", "4, 4, 3, 3, 3, 2, 2, 2, 1", None, "3"),
    (25, "latest", "4.125", None, "4.13"),
]


@pytest.mark.parametrize(("number", "method", "scores", "parameter", "expected"), VECTORS)
def test_vector(number: int, method: str, scores: str, parameter: int | None, expected: str | None) -> None:
    found = calculate(method, numbers(scores), None if parameter is None else Decimal(parameter), FIVE)
    assert found == (None if expected is None else Decimal(expected)), number


def test_a_decaying_average_before_it_is_rounded() -> None:
    """Vector 18 shows 3.5 of 3.5275: the same number at one decimal."""
    unrounded = METHODS["decaying_average"].run([Decimal(2), Decimal(3), Decimal(4)], Decimal(65), FIVE)
    assert unrounded == Decimal("3.5275")
    assert rounded(Decimal("3.5275"), Decimal("0.1")) == Decimal("3.5")


def test_the_power_law_is_held_on_the_scale() -> None:
    steep = numbers("1, 2, 4, 4, 4")
    assert calculate("power_law", steep, None, Bounds(Decimal(0), Decimal(10), Decimal(3))) == Decimal("4.86")
    assert calculate("power_law", steep, None, FOUR) == Decimal(4)


def test_no_curve_through_zero() -> None:
    assert calculate("power_law", numbers("0, 3, 4"), None, FOUR) is None
    # The line that lies nearest is still there without it.
    assert calculate("best_fit", numbers("0, 2, 4"), None, FOUR) == Decimal(4)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ("3", "3"),
        ("2, 2, 2, 2", "2"),
        ("1, 2, 3, 4", "4"),
        ("2.6, 2.6", "2.5"),
        ("2.75, 2.75", "3"),
        ("4, 3, 2", "2"),
    ],
)
def test_best_fit_in_half_steps(scores: str, expected: str) -> None:
    assert calculate("best_fit", numbers(scores), None, FOUR) == Decimal(expected)


def test_thirds_that_make_a_half_are_a_half() -> None:
    # 0.75 * 10/3 + 0.25 * 0.02 = 2.505
    assert calculate("weighted_average", numbers("3, 3, 4, 0.02"), Decimal(25), FIVE) == Decimal("2.51")


@pytest.mark.parametrize(
    ("method", "parameter"),
    [("decaying_average", 49), ("weighted_average", 100), ("n_mastery", 0), ("n_mastery", 11)],
)
def test_a_parameter_out_of_range(method: str, parameter: int) -> None:
    with pytest.raises(ValueError, match="between"):
        calculate(method, [Decimal(3)], Decimal(parameter), FOUR)


# What follows is written from the formulas of section 7.2 alone, in exact fractions.


def canvas(method: str, scores: list[Decimal | None], parameter: int, mastery: int) -> Decimal | None:
    kept = [Fraction(one) for one in scores if one is not None]
    if not kept:
        return None
    share = Fraction(parameter, 100)
    if method == "highest":
        result = sorted(kept)[-1]
    elif method == "latest":
        result = kept[len(kept) - 1]
    elif method == "average":
        result = sum(kept, Fraction(0)) / len(kept)
    elif method == "weighted_average":
        older = kept[:-1]
        result = kept[-1] * share + (1 - share) * sum(older, Fraction(0)) / len(older) if older else kept[0]
    elif method == "decaying_average":
        # Written out: each score's weight, instead of the recursion.
        weights = [(1 - share) ** (len(kept) - 1)] + [
            share * (1 - share) ** (len(kept) - 1 - k) for k in range(1, len(kept))
        ]
        result = sum((w * s for w, s in zip(weights, kept, strict=True)), Fraction(0))
    else:
        good = [one for one in kept if one >= mastery]
        if len(good) < parameter:
            return None
        result = sum(good, Fraction(0)) / len(good)
    hundredths = result * 100
    whole = hundredths.numerator // hundredths.denominator
    up = hundredths - whole >= Fraction(1, 2)
    return (Decimal(whole + up) / 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


PARAMETERS = {"decaying_average": (50, 99), "weighted_average": (1, 99), "n_mastery": (1, 10)}
OF_CANVAS = ("highest", "latest", "average", "weighted_average", "decaying_average", "n_mastery")
scores_of = some.lists(
    some.one_of(some.none(), some.decimals(0, 5, places=2), some.integers(0, 5).map(Decimal)), max_size=30
)


@pytest.mark.parametrize("method", OF_CANVAS)
@given(scores=scores_of, data=some.data())
def test_the_same_as_canvas(method: str, scores: list[Decimal | None], data: some.DataObject) -> None:
    parameter = data.draw(some.integers(*PARAMETERS.get(method, (1, 1))))
    ours = calculate(method, scores, Decimal(parameter), FIVE)
    assert ours == canvas(method, scores, parameter, 3)


@pytest.mark.parametrize("method", METHODS)
@given(scores=scores_of)
def test_promises(method: str, scores: list[Decimal | None]) -> None:
    found = calculate(method, scores, None, FIVE)
    said = [one for one in scores if one is not None]
    if not said:
        assert found is None
        return
    assert found is None or FIVE.lowest <= found <= FIVE.highest
    if method not in {"power_law", "best_fit"} and found is not None:
        assert rounded(min(said)) <= found <= rounded(max(said))
    # What says nothing changes nothing, wherever it stands.
    assert calculate(method, said, None, FIVE) == found
    assert calculate(method, [None, *scores, None], None, FIVE) == found
    if method in {"highest", "average", "median", "n_mastery"}:
        assert calculate(method, said[::-1], None, FIVE) == found


@pytest.mark.parametrize(
    "method", ["highest", "latest", "average", "median", "weighted_average", "decaying_average"]
)
@given(scores=some.lists(some.decimals(0, 4, places=2), min_size=1, max_size=20), data=some.data())
def test_a_better_score_never_gives_less(method: str, scores: list[Decimal], data: some.DataObject) -> None:
    place = data.draw(some.integers(0, len(scores) - 1))
    better = [*scores[:place], scores[place] + 1, *scores[place + 1 :]]
    before, after = (calculate(method, list(one), None, FIVE) for one in (scores, better))
    assert before is not None
    assert after is not None
    assert after >= before


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"n_mastery", "best_fit"}))
@given(score=some.decimals(1, 5, places=2), count=some.integers(1, 20))
def test_always_the_same_score_gives_that_score(method: str, score: Decimal, count: int) -> None:
    assert calculate(method, [score] * count, None, FIVE) == score
