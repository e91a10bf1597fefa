"""Why a level is what it is: the facts of a suggestion, for whoever puts them into words. No language stands here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median

from lti_plp.plp.growth.methods import fitting_line, mean, mixed, power_curve, rounded
from lti_plp.plp.growth.scales import Level, Scale
from lti_plp.plp.growth.suggestions import Said, Suggestion

NO_RATING, NO_NUMBER = "no_rating", "no_number"


@dataclass(frozen=True)
class Line:
    """One line of the calculation: a stable key, and the numbers in it."""

    key: str
    numbers: Mapping[str, Decimal] = field(default_factory=dict)
    """Rounded half up to two decimals."""


@dataclass(frozen=True)
class Explanation:
    """How ratings came to a level."""

    method: str
    """Key of the method: how the rule is said in one sentence."""
    state: str
    """``level``, ``no_rating`` at all, or ``no_number``: there are ratings, and the rule gives nothing yet."""
    used: tuple[Said, ...]
    """In the order in which they were calculated with."""
    levels: tuple[Level, ...]
    """The level of each of them."""
    decisive: frozenset[int]
    """Ids of the ratings on which the number rests alone; empty where all of them have a part in it."""
    lines: tuple[Line, ...]
    """The calculation, step by step."""
    value: Decimal | None
    level: Level | None
    missing: int
    """How many ratings more the school wants before a level stands firm."""
    without_evidence: int
    parameter: Decimal | None

    @property
    def count(self) -> int:
        """How many ratings it rests on."""
        return len(self.used)

    @property
    def still_needed(self) -> int:
        """How many ratings that meet are still needed, where the rule waits for some; else 0."""
        waits = [one for one in self.lines if one.key == "waits"]
        return int(waits[0].numbers["missing"]) if waits else 0


@dataclass(frozen=True)
class _Told:
    """What one method has to tell."""

    lines: Sequence[Line]
    decisive: Sequence[Said] = ()


def explain(suggestion: Suggestion, scale: Scale) -> Explanation:
    """Return why a suggestion is what it is."""
    used = suggestion.used
    told = _TELLERS[suggestion.calculation.method](suggestion, scale) if used else _Told(())
    state = "level" if suggestion.level else NO_NUMBER if used else NO_RATING
    return Explanation(
        method=suggestion.calculation.method,
        state=state,
        used=used,
        levels=tuple(scale.level_at(_value(one)) for one in used),
        decisive=frozenset(one.rating_id for one in told.decisive),
        lines=tuple(told.lines),
        value=suggestion.value,
        level=suggestion.level,
        missing=max(0, suggestion.calculation.minimum_ratings - len(used)),
        without_evidence=suggestion.without_evidence,
        parameter=suggestion.parameter,
    )


def _value(said: Said) -> Decimal:
    if said.value is None:
        raise ValueError("A rating without a number is not calculated with.")
    return said.value


def _values(suggestion: Suggestion) -> list[Decimal]:
    return [_value(one) for one in suggestion.used]


def _line(key: str, **numbers: Decimal | int) -> Line:
    return Line(key, {name: rounded(Decimal(number)) for name, number in numbers.items()})


def _highest(suggestion: Suggestion, _scale: Scale) -> _Told:
    values = _values(suggestion)
    best = max(values)
    first = next(one for one in suggestion.used if one.value == best)
    return _Told([_line("highest", value=best, count=len(values))], [first])


def _latest(suggestion: Suggestion, _scale: Scale) -> _Told:
    newest = suggestion.used[-1]
    return _Told([_line("latest", value=_value(newest), count=len(suggestion.used))], [newest])


def _average(suggestion: Suggestion, _scale: Scale) -> _Told:
    values = _values(suggestion)
    return _Told([_line("average", sum=sum(values, Decimal(0)), count=len(values), value=mean(values))])


def _median(suggestion: Suggestion, _scale: Scale) -> _Told:
    ordered = sorted(_values(suggestion))
    half = len(ordered) // 2
    if len(ordered) % 2:
        return _Told([_line("middle", value=ordered[half], count=len(ordered))])
    low, high = ordered[half - 1], ordered[half]
    return _Told([_line("middle_two", low=low, high=high, value=median(ordered), count=len(ordered))])


def _weighted(suggestion: Suggestion, _scale: Scale) -> _Told:
    values, weight = _values(suggestion), suggestion.parameter or Decimal(0)
    if len(values) == 1:
        return _Told([_line("only", value=values[0])])
    before = mean(values[:-1])
    value = mixed(before, values[-1], weight)
    return _Told(
        [
            _line("before", value=before, count=len(values) - 1),
            _line("mix", newest=values[-1], weight=weight, rest=100 - weight, older=before, value=value),
        ]
    )


def _decaying(suggestion: Suggestion, _scale: Scale) -> _Told:
    values, weight = _values(suggestion), suggestion.parameter or Decimal(0)
    lines, so_far = [_line("only", value=values[0])], values[0]
    for newest in values[1:]:
        value = mixed(so_far, newest, weight)
        lines.append(_line("mix", newest=newest, weight=weight, rest=100 - weight, older=so_far, value=value))
        so_far = value
    return _Told(lines)


def _n_mastery(suggestion: Suggestion, scale: Scale) -> _Told:
    wanted = int(suggestion.parameter or 1)
    met = [one for one in suggestion.used if _value(one) >= scale.bounds.meets]
    lines = [_line("met", count=len(met), wanted=wanted, from_value=scale.bounds.meets)]
    if len(met) < wanted:
        return _Told([*lines, _line("waits", missing=wanted - len(met))])
    values = [_value(one) for one in met]
    lines.append(_line("average", sum=sum(values, Decimal(0)), count=len(values), value=mean(values)))
    return _Told(lines, met)


def _power_law(suggestion: Suggestion, scale: Scale) -> _Told:
    values = _values(suggestion)
    curve = power_curve(values)
    if curve is None:
        return _Told([_line("no_curve", lowest=min(values))])
    return _Told([_line("curve", first=curve[0], last=curve[-1]), *_held(curve[-1], scale)])


def _best_fit(suggestion: Suggestion, scale: Scale) -> _Told:
    line = fitting_line(_values(suggestion))
    end = line.points[-1]
    lines = [_line(f"fits_{line.name}", first=line.points[0], last=end, distance=line.distance)]
    return _Told([*lines, *_held(end, scale), _line("half_steps", value=suggestion.value or end)])


def _held(value: Decimal, scale: Scale) -> list[Line]:
    held = scale.bounds.hold(value)
    return [] if held == value else [_line("held", value=held)]


_TELLERS: Mapping[str, Callable[[Suggestion, Scale], _Told]] = {
    "decaying_average": _decaying,
    "weighted_average": _weighted,
    "latest": _latest,
    "highest": _highest,
    "average": _average,
    "median": _median,
    "n_mastery": _n_mastery,
    "rolling_average": _decaying,
    "power_law": _power_law,
    "best_fit": _best_fit,
}
KEYS = (
    *("highest", "latest", "average", "middle", "middle_two", "only", "before", "mix", "met", "waits"),
    *("no_curve", "curve", "held", "fits_level", "fits_straight", "fits_curve", "half_steps"),
)
"""Every key of a line; templates have words for each."""
