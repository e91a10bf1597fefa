"""From many scores to one: each method a small pure function with its formula and where it comes from.

Scores are on a scale's own values, oldest first, and stand for ratings that say something: "not enough evidence" is no
score, and never zero. Results are rounded as the sources round: half up, to two decimals. Nothing here knows levels.

What each method is bad at, as a teacher would say it: the power law holds one slip in the middle against a student for
long, and no family can follow it; whatever weighs the newest most makes much of one bad day; the weighted average takes
everything but the newest for equal, however old.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from math import exp, log
from statistics import median

Scores = Sequence[Decimal]

_HUNDREDTH, _CLOSE = Decimal("0.01"), Decimal("1e-12")
_EXACT = Context(prec=60)
_HALF_STEPS = 2


@dataclass(frozen=True)
class Bounds:
    """What a scale says of the numbers on it."""

    lowest: Decimal
    highest: Decimal
    meets: Decimal
    """From here on a student has shown it."""

    def hold(self, value: Decimal) -> Decimal:
        """Return the nearest number on the scale."""
        return min(max(value, self.lowest), self.highest)


@dataclass(frozen=True)
class Method:
    """A way of calculating, with what may be set about it."""

    key: str
    run: Callable[[Scores, Decimal, Bounds], Decimal | None]
    """Takes at least one score, the parameter, and the scale's numbers."""
    first: Decimal = Decimal(0)
    """The parameter's smallest value; 0 for a method without one."""
    last: Decimal = Decimal(0)
    usual: Decimal = Decimal(0)
    by_due_date: bool = False
    """Scores stand in the order in which the work was due, not in which it was done."""

    @property
    def has_parameter(self) -> bool:
        """Whether there is something to set."""
        return self.last > 0


def calculate(
    method: str, scores: Sequence[Decimal | None], parameter: Decimal | None, scale: Bounds
) -> Decimal | None:
    """Return the value that a method gives, rounded half up to two decimals; ``None`` when it gives none.

    :param scores: oldest first; ``None`` for "not enough evidence", which is left out.
    :param parameter: per cent for weights, a count for n-mastery; ``None`` for the usual one.
    :raise KeyError: when there is no such method.
    :raise ValueError: when the parameter is out of its range.
    """
    how = METHODS[method]
    chosen = how.usual if parameter is None else parameter
    if how.has_parameter and not how.first <= chosen <= how.last:
        raise ValueError(f"The parameter of {method} lies between {how.first} and {how.last}.")
    said = [one for one in scores if one is not None]
    if not said:
        return None
    found = how.run(said, chosen, scale)
    return None if found is None else rounded(found)


def rounded(value: Decimal, step: Decimal = _HUNDREDTH) -> Decimal:
    """Return a number rounded half up, as Canvas does: 4.125 is 4.13.

    A third times three is one here: what differs by less than a trillionth from a half is a half.
    """
    return value.quantize(_CLOSE).quantize(step, rounding=ROUND_HALF_UP)


def highest(scores: Scores, _parameter: Decimal, _scale: Bounds) -> Decimal:
    """Return the largest: ``max(s)`` (Canvas ``highest``)."""
    return max(scores)


def latest(scores: Scores, _parameter: Decimal, _scale: Bounds) -> Decimal:
    """Return the newest: ``s_n`` (Canvas ``latest``)."""
    return scores[-1]


def average(scores: Scores, _parameter: Decimal, _scale: Bounds) -> Decimal:
    """Return the mean: ``sum(s) / n`` (Canvas ``average``)."""
    return mean(scores)


def middle(scores: Scores, _parameter: Decimal, _scale: Bounds) -> Decimal:
    """Return the median: of an even number of scores, the mean of the two in the middle (TeacherEase)."""
    return median(scores)


def weighted_average(scores: Scores, weight: Decimal, _scale: Bounds) -> Decimal:
    """Return ``w * s_n + (1 - w) * mean(s_1 .. s_(n-1))``, and ``s_1`` of one (Canvas ``decaying_average``, legacy).

    Canvas shows it as "Weighted Average" since it has the next one; ``w`` is 65 % unless set.
    """
    if len(scores) == 1:
        return scores[0]
    return mixed(mean(scores[:-1]), scores[-1], weight)


def decaying_average(scores: Scores, weight: Decimal, _scale: Bounds) -> Decimal:
    """Return ``d_n`` of ``d_1 = s_1; d_k = (1 - w) * d_(k-1) + w * s_k`` (Canvas ``standard_decaying_average``).

    Otus's decaying average, and JumpRope's rolling average with ``p`` for ``w``, are the same sum.
    """
    found = scores[0]
    for score in scores[1:]:
        found = mixed(found, score, weight)
    return found


def n_mastery(scores: Scores, times: Decimal, scale: Bounds) -> Decimal | None:
    """Return the mean of the scores that meet, once there are ``n`` of them; before that, nothing (Canvas)."""
    met = [one for one in scores if one >= scale.meets]
    return None if len(met) < times else mean(met)


def power_law(scores: Scores, _parameter: Decimal, scale: Bounds) -> Decimal | None:
    """Return ``m * n ** b`` of the curve through all scores: least squares of ``ln s`` on ``ln x``, ``x = 1 .. n``.

    After Marzano (2000), as PowerSchool, Ascender and Aspen have it; it is held on the scale, which it would leave.
    There is none through a score of 0 or less: it gives nothing then.
    """
    curve = power_curve(scores)
    return None if curve is None else scale.hold(curve[-1])


def best_fit(scores: Scores, _parameter: Decimal, scale: Bounds) -> Decimal:
    """Return the end of the line that lies nearest to all scores: level, straight, or by the power law, in half steps.

    Empower's "True Score" as its help describes it: the smallest sum of distances wins, of equals the simplest. Its own
    worked example could not be run, because it does not tell its scores.
    """
    fitting = fitting_line(scores)
    return rounded(scale.hold(fitting.points[-1]) * _HALF_STEPS, Decimal(1)) / _HALF_STEPS


@dataclass(frozen=True)
class Line:
    """A line through scores."""

    name: str
    """``level``, ``straight`` or ``curve``."""
    points: Sequence[Decimal]
    distance: Decimal
    """Of all scores from it, added up."""


def fitting_line(scores: Scores) -> Line:
    """Return which of the lines of :func:`best_fit` lies nearest to all scores; of equals, the simplest."""
    lines = {
        "level": [mean(scores)] * len(scores),
        "straight": _straight_line(scores),
        "curve": power_curve(scores),
    }
    found = [Line(name, points, _distance(points, scores)) for name, points in lines.items() if points]
    return min(found, key=lambda one: one.distance)


def mean(scores: Scores) -> Decimal:
    """Return the sum divided by how many there are."""
    return _EXACT.divide(sum(scores, Decimal(0)), Decimal(len(scores)))


def mixed(older: Decimal, newest: Decimal, weight: Decimal) -> Decimal:
    """Return ``weight`` per cent of the newest number, and the rest of the older one."""
    share = weight / 100
    return _EXACT.fma(newest, share, _EXACT.multiply(older, 1 - share))


def _straight_line(scores: Scores) -> list[Decimal]:
    """Return the points of the line of least squares."""
    count = len(scores)
    middle_x, level = Decimal(count + 1) / 2, mean(scores)
    spread = sum(((x - middle_x) ** 2 for x in range(1, count + 1)), Decimal(0))
    slope = (
        _EXACT.divide(sum(((x - middle_x) * s for x, s in enumerate(scores, 1)), Decimal(0)), spread)
        if spread
        else Decimal(0)
    )
    return [level + slope * (x - middle_x) for x in range(1, count + 1)]


def power_curve(scores: Scores) -> list[Decimal] | None:
    """Return the points of the curve ``m * x ** b`` through all scores; there is none through 0 or less."""
    if min(scores) <= 0:
        return None
    count = len(scores)
    across, up = [log(x) for x in range(1, count + 1)], [log(one) for one in scores]
    mean_across, mean_up = sum(across) / count, sum(up) / count
    spread = sum((x - mean_across) ** 2 for x in across)
    together = sum((x - mean_across) * (y - mean_up) for x, y in zip(across, up, strict=True))
    slope = together / spread if spread else 0.0
    return [Decimal(exp(mean_up + slope * (x - mean_across))) for x in across]


def _distance(line: Sequence[Decimal], scores: Scores) -> Decimal:
    return sum((abs(one - score) for one, score in zip(line, scores, strict=True)), Decimal(0)).quantize(
        _CLOSE
    )


METHODS: Mapping[str, Method] = {
    one.key: one
    for one in (
        Method("decaying_average", decaying_average, Decimal(50), Decimal(99), Decimal(65)),
        Method("weighted_average", weighted_average, Decimal(1), Decimal(99), Decimal(65)),
        Method("latest", latest),
        Method("highest", highest),
        Method("average", average),
        Method("median", middle),
        Method("n_mastery", n_mastery, Decimal(1), Decimal(10), Decimal(5)),
        Method("rolling_average", decaying_average, Decimal(1), Decimal(99), Decimal(65), by_due_date=True),
        Method("power_law", power_law),
        Method("best_fit", best_fit),
    )
}
"""By key, in the order in which they are offered."""
