"""What an LMS gives becomes a level of a scale, or nothing; and under which condition it does an action step.

Both are written down as JSON with a version, so that a rule of years ago is still read as it was meant. Whatever is not
graded, excused or missing gives no level: nothing here makes a zero of it.

The usual rule of a scale, which is our own choice because no source names one: whoever has :data:`CUT` percent of the
points is at the lowest level that meets. The levels below share what lies below the cut evenly, and the levels from it
on what lies above. Of four levels of which the third meets, they begin at 0, 35, 70 and 85 percent. A letter counts as
the percentage at which it begins in common use in US schools; complete is the level that meets.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from lti_plp.errors import BadInput
from lti_plp.plp.goals import PROGRESS_SHARES
from lti_plp.plp.growth.scales import Level, Scale

VERSION = 1
CUT = Decimal(70)
"""Percent of the points with which something is shown."""
WAYS = ("share", "words", "levels")
"""How a rule reads a result: how much of the points it has, which word, or which level of a rubric."""
LETTERS: Mapping[str, int] = {
    "A+": 97,
    "A": 93,
    "A-": 90,
    "B+": 87,
    "B": 83,
    "B-": 80,
    "C+": 77,
    "C": 73,
    "C-": 70,
    "D+": 67,
    "D": 63,
    "D-": 60,
    "F": 0,
}
"""Letter -> percent from which it is given."""
DONE_WORDS = ("complete", "completed", "pass", "passed")
UNDONE_WORDS = ("incomplete", "fail", "failed")
MOST_WORDS = 60
CONDITIONS = ("submitted", "level", "share")
_WHOLE, _PLACES = Decimal(100), Decimal("0.01")


class MappingProblem(BadInput):
    """A rule or a condition that cannot be kept."""

    def __init__(self, problem: str, about: str = "") -> None:
        """Take a stable word for what is wrong, and the level or the word that it is about."""
        super().__init__(
            f"The rule does not fit: {problem}.",
            code="mapping_problem",
            details={"problem": problem, "about": about[:60]},
        )
        self.problem, self.about = problem, about[:60]


@dataclass(frozen=True)
class RubricLevel:
    """One level of a rubric of the LMS."""

    id: str
    title: str
    points: Decimal | None = None


@dataclass(frozen=True)
class Asked:
    """A piece of coursework, or a part of it: what can be had for it."""

    grading: str
    """``points``, ``percent``, ``letter``, ``complete``, ``levels`` or ``none``."""
    points: Decimal | None = None
    """The most that it gives; of percentages 100."""
    levels: tuple[RubricLevel, ...] = ()
    """From the lowest on where they have no points; else in any order."""

    @property
    def most(self) -> Decimal | None:
        """What counts as all of the points; ``None`` where there is nothing to be had a share of."""
        if self.grading == "percent":
            return self.points or _WHOLE
        return self.points or None


@dataclass(frozen=True)
class Got:
    """What a student got for it."""

    state: str
    """``missing``, ``submitted``, ``graded`` or ``excused``."""
    score: Decimal | None = None
    grade: str = ""
    """A letter, ``complete``."""
    level: str = ""
    """Id of a level of the rubric."""


@dataclass(frozen=True)
class Verdict:
    """What a result says of an action step."""

    is_done: bool | None
    """``None`` where it says nothing: excused, missing, or not graded yet."""
    progress: str = ""
    """Of the vocabulary's ``progress``; empty where nothing is said."""


NOTHING_SAID = Verdict(None)


# ---- Rules


def usual_way(asked: Asked) -> str:
    """Return how a rule reads results of this kind, unless somebody says otherwise."""
    if asked.levels:
        return "levels"
    return "words" if asked.grading in {"letter", "complete"} else "share"


def usual_starts(scale: Scale) -> dict[str, Decimal]:
    """Return code of a level -> percent of the points from which it is given, lowest first."""
    cut = next(number for number, one in enumerate(scale.levels) if one.meets)
    above = len(scale.levels) - cut
    starts = {}
    for number, one in enumerate(scale.levels):
        below_cut = CUT * number / cut if number < cut else Decimal(0)
        percent = below_cut if number < cut else CUT + (_WHOLE - CUT) * (number - cut) / above
        # With nothing below the cut there is no level for less, so that the lowest begins at nothing.
        starts[one.code] = (percent if number else Decimal(0)).quantize(_PLACES).normalize()
    return starts


def usual_definition(scale: Scale, asked: Asked) -> dict[str, Any]:
    """Return the rule that nobody has to write."""
    way = usual_way(asked)
    made: dict[str, Any] = {"version": VERSION, "by": way}
    starts = usual_starts(scale)
    if way == "share":
        made["starts"] = {code: format(percent, "f") for code, percent in starts.items()}
    elif way == "levels":
        made["levels"] = _usual_levels(scale, asked.levels, starts)
    elif asked.grading == "complete":
        meets = next(one.code for one in scale.levels if one.meets)
        made["words"] = dict.fromkeys(DONE_WORDS, meets) | dict.fromkeys(UNDONE_WORDS, "")
    else:
        made["words"] = {letter: _at(starts, Decimal(percent)) for letter, percent in LETTERS.items()}
    return made


def _usual_levels(
    scale: Scale, levels: Sequence[RubricLevel], starts: Mapping[str, Decimal]
) -> dict[str, str]:
    """Return the rubric's levels as the scale's: by their names; else one to one; else as far up as they are."""
    names = {word.casefold(): one.code for one in scale.levels for word in (one.code, one.label)}
    named = {one.id: names.get(one.title.strip().casefold(), "") for one in levels}
    if all(named.values()):
        return named
    ordered = _from_lowest(levels)
    if len(ordered) == len(scale.levels):
        return {one.id: level.code for one, level in zip(ordered, scale.levels, strict=True)}
    most = max((one.points for one in levels if one.points is not None), default=None)
    found = {}
    for number, one in enumerate(ordered):
        if most and one.points is not None:
            share = one.points / most
        else:
            share = Decimal(number) / max(len(ordered) - 1, 1)
        found[one.id] = _at(starts, share * _WHOLE)
    return found


def _from_lowest(levels: Sequence[RubricLevel]) -> list[RubricLevel]:
    points = {one.id: one.points for one in levels if one.points is not None}
    return sorted(levels, key=lambda one: points[one.id]) if len(points) == len(levels) else list(levels)


def _at(starts: Mapping[str, Decimal], percent: Decimal) -> str:
    """Return the code of the level that so many percent reach; they stand from the lowest on."""
    found = next(iter(starts))
    for code, start in starts.items():
        if percent >= start:
            found = code
    return found


def checked_definition(said: Mapping[str, Any], scale: Scale, asked: Asked) -> dict[str, Any]:
    """Return a rule as a row keeps it.

    :raise MappingProblem: ``not_a_rule``, ``version_unknown``, ``way_unknown``, ``way_does_not_fit``,
        ``level_unknown``, ``no_percent``, ``percent_out_of_range``, ``lowest_not_at_zero``, ``out_of_order``,
        ``no_words``, ``too_many_words``, ``rubric_level_unknown``.
    """
    way = said.get("by")
    if said.get("version") != VERSION:
        raise MappingProblem("version_unknown")
    if way not in WAYS:
        raise MappingProblem("way_unknown")
    if (way == "levels") != bool(asked.levels) or (way == "share" and asked.most is None):
        raise MappingProblem("way_does_not_fit")
    if way == "share":
        return {"version": VERSION, "by": way, "starts": _checked_starts(said.get("starts"), scale)}
    name = "words" if way == "words" else "levels"
    words = _checked_words(said.get(name), scale)
    if way == "levels" and (unknown := words.keys() - {one.id for one in asked.levels}):
        raise MappingProblem("rubric_level_unknown", min(unknown))
    return {"version": VERSION, "by": way, name: words}


def _checked_starts(said: Any, scale: Scale) -> dict[str, str]:
    if not isinstance(said, Mapping) or not said:
        raise MappingProblem("not_a_rule")
    _check_codes(said, scale)
    found: dict[str, str] = {}
    before = None
    for level in scale.levels:
        if level.code not in said:
            continue
        percent = percent_of(said[level.code], level.code)
        if before is None and percent != 0:
            raise MappingProblem("lowest_not_at_zero", level.code)
        if before is not None and percent <= before:
            raise MappingProblem("out_of_order", level.code)
        found[level.code], before = format(percent, "f"), percent
    return found


def percent_of(said: Any, about: str = "") -> Decimal:
    """Return a percentage that somebody wrote, from 0 to 100, to a hundredth.

    :raise MappingProblem: ``no_percent`` or ``percent_out_of_range``.
    """
    try:
        found = Decimal(str(said).strip().removesuffix("%").strip().replace(",", "."))
    except InvalidOperation:
        raise MappingProblem("no_percent", about) from None
    if not found.is_finite():
        raise MappingProblem("no_percent", about)
    if not 0 <= found <= _WHOLE:
        raise MappingProblem("percent_out_of_range", about)
    return found.quantize(_PLACES).normalize()


def _checked_words(said: Any, scale: Scale) -> dict[str, str]:
    if not isinstance(said, Mapping):
        raise MappingProblem("not_a_rule")
    found = {str(word).strip(): str(code or "") for word, code in said.items()}
    if not any(found.values()):
        raise MappingProblem("no_words")
    if len(found) > MOST_WORDS or any(len(word) > 255 for word in found):
        raise MappingProblem("too_many_words")
    _check_codes({code for code in found.values() if code}, scale)
    return found


def _check_codes(codes: Mapping[str, Any] | set[str], scale: Scale) -> None:
    if unknown := set(codes) - {one.code for one in scale.levels}:
        raise MappingProblem("level_unknown", min(map(str, unknown)))


def level_of(definition: Mapping[str, Any], scale: Scale, asked: Asked, got: Got) -> Level | None:
    """Return the level that a rule makes of a result; ``None`` where there is none to be made.

    A rule that was written for a scale with other levels gives none rather than a wrong one.
    """
    if got.state != "graded":
        return None
    if definition["by"] == "share":
        share = share_of(asked, got)
        code = None if share is None else _by_share(definition["starts"], share)
    elif definition["by"] == "words":
        words = {word.casefold(): code for word, code in definition["words"].items()}
        code = words.get(got.grade.strip().casefold())
    else:
        code = definition["levels"].get(got.level or _level_for(asked.levels, got.score))
    try:
        return scale.level(code) if code else None
    except KeyError:
        return None


def _level_for(levels: Sequence[RubricLevel], score: Decimal | None) -> str:
    """Return the level of a rubric that so many points reach, where an LMS tells points only; empty for none."""
    if score is None:
        return ""
    reached = [(one.points, one.id) for one in levels if one.points is not None and one.points <= score]
    return max(reached)[1] if reached else ""


def _by_share(starts: Mapping[str, str], share: Decimal) -> str:
    # JSON of a database may come back in another order.
    ordered = sorted(((Decimal(start), code) for code, start in starts.items()))
    return _at({code: start for start, code in ordered}, share)


def share_of(asked: Asked, got: Got) -> Decimal | None:
    """Return how many percent of the points a graded result has; ``None`` where that cannot be said."""
    if got.state != "graded" or got.score is None or not asked.most:
        return None
    return got.score * _WHOLE / asked.most


# ---- Conditions of action steps


def checked_condition(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a condition as a row keeps it; whether there is such a level is asked by whoever knows proficiencies.

    :raise MappingProblem: ``version_unknown``, ``condition_unknown``, ``no_percent``, ``percent_out_of_range``,
        ``level_unknown``.
    """
    if said.get("version") != VERSION:
        raise MappingProblem("version_unknown")
    when = said.get("when")
    if when == "submitted":
        return {"version": VERSION, "when": when}
    if when == "share":
        return {"version": VERSION, "when": when, "share": format(percent_of(said.get("share")), "f")}
    if when != "level":
        raise MappingProblem("condition_unknown")
    if not isinstance(said.get("proficiency_id"), int) or not said.get("level"):
        raise MappingProblem("level_unknown")
    return {
        "version": VERSION,
        "when": when,
        "proficiency_id": said["proficiency_id"],
        "level": str(said["level"]),
    }


def verdict_of(
    condition: Mapping[str, Any],
    asked: Asked,
    got: Got,
    scale: Scale | None = None,
    level: Level | None = None,
) -> Verdict:
    """Return what a result says of a step; ``scale`` and ``level`` are what rules made of it, for a condition on them.

    Progress goes by how much of what is asked for is there; only what is done is reached.
    """
    when = condition["when"]
    if got.state in {"missing", "excused"}:
        return NOTHING_SAID
    if when == "submitted":
        return Verdict(True, "reached")
    if when == "share":
        share = share_of(asked, got)
        return NOTHING_SAID if share is None else _judged(share, Decimal(condition["share"]))
    if level is None or scale is None:
        return NOTHING_SAID
    try:
        wanted = scale.level(condition["level"])
    except KeyError:
        return NOTHING_SAID
    return _judged(Decimal(scale.place(level)), Decimal(scale.place(wanted)))


def _judged(there: Decimal, wanted: Decimal) -> Verdict:
    if there >= wanted:
        return Verdict(True, "reached")
    share = max(there, Decimal(0)) * _WHOLE / wanted
    return Verdict(False, [word for word, start in PROGRESS_SHARES.items() if start <= share][-1])


# ---- Suggestions


def alike(one: str, other: str) -> Decimal:
    """Return how much two texts have in common, 0 to 1: the words of both among those of the shorter one."""
    mine, yours = set(_words(one)), set(_words(other))
    fewer = min(len(mine), len(yours))
    return Decimal(len(mine & yours)) / fewer if fewer else Decimal(0)


LONG_ENOUGH = 4
"""Letters of a word that says something; "the", "and", "los" say nothing."""
ALIKE_ENOUGH = Decimal("0.5")
"""Of the shorter text's words, so many in the other one as well are worth a suggestion."""


class Names:
    """Many texts, among which the one is found that is most like another; each of them is read once."""

    def __init__(self, texts: Iterable[tuple[int, str]]) -> None:
        """Take numbers with their texts; a number may have several."""
        self._holding: dict[str, list[int]] = {}
        self._texts: list[tuple[int, int]] = []
        for number, text in texts:
            words = set(_words(text))
            for word in words:
                self._holding.setdefault(word, []).append(len(self._texts))
            self._texts.append((number, len(words)))

    def likeliest(self, text: str) -> int | None:
        """Return the number whose text is most like this one, the first of several; ``None`` when none is enough."""
        words = set(_words(text))
        common = Counter(place for word in words for place in self._holding.get(word, ()))
        ranked = [
            (Decimal(count) / min(len(words), self._texts[place][1]), -self._texts[place][0])
            for place, count in common.items()
        ]
        best = max(ranked, default=None)
        return -best[1] if best is not None and best[0] >= ALIKE_ENOUGH else None


def _words(text: str) -> Iterator[str]:
    cleaned = "".join(letter if letter.isalnum() else " " for letter in text.casefold())
    return (word for word in cleaned.split() if len(word) >= LONG_ENOUGH)
