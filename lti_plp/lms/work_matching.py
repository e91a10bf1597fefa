"""Which work of a copied course is which of the course that it was copied from, as far as that is certain.

Canvas gives everything a new id in a copy, and none of what is read of an assignment names the one that it was made of.
So work is known by what a placed reflection is a copy of; else by its title and points, where each is the only one of
its course with both. What has either twice is not guessed at.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from lti_plp.lms.applying import asked_of
from lti_plp.lms.coursework_models import Coursework
from lti_plp.plp.growth.mapping import Asked, MappingProblem, RubricLevel, checked_definition, usual_way
from lti_plp.plp.growth.scales import Scale

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Matched:
    """What something of an earlier course is in this one."""

    work: Coursework
    part: str
    is_sure: bool
    """Known by what it is; else by title and points alone, which a person looks over."""


def match_works(
    there: Sequence[Coursework],
    here: Sequence[Coursework],
    templates: Mapping[int, str],
    *,
    by_title: bool = True,
) -> dict[int, Matched]:
    """Return work of ``there`` -> the same work of ``here``; ``templates`` says which reflection each work asks for."""
    sure = _pairs(there, here, lambda one: templates.get(one.id))
    found = {one.id: Matched(other, "", is_sure=True) for one, other in sure}
    if by_title:
        taken = {other.id for _, other in sure}
        for one, other in _pairs(there, here, _by_title):
            if one.id not in found and other.id not in taken:
                found[one.id] = Matched(other, "", is_sure=False)
    return found


def _by_title(work: Coursework) -> Hashable:
    return (work.source, work.title, work.points) if work.title else None


def match_part(there: Coursework, part: str, match: Matched) -> Matched | None:
    """Return what a part of matched work is here: by the outcome that it is about; else by title and points."""
    if not part:
        return match
    said = [one for one in there.parts if one["id"] == part]
    for key, is_sure in ((_by_outcome, True), (_by_guid, True), (_by_name, False)):
        pairs = _pairs(there.parts, match.work.parts, key)
        for one, other in pairs:
            if one in said:
                return Matched(match.work, other["id"], is_sure=is_sure and match.is_sure)
    return None


def _by_outcome(part: Mapping[str, Any]) -> Hashable:
    return part.get("outcome") or None


def _by_guid(part: Mapping[str, Any]) -> Hashable:
    return part.get("guid") or None


def _by_name(part: Mapping[str, Any]) -> Hashable:
    return (part["title"], part["points"]) if part["title"] else None


def _pairs(
    there: Iterable[Thing], here: Iterable[Thing], key: Callable[[Thing], Hashable]
) -> list[tuple[Thing, Thing]]:
    """Return what has the same key, where it is the only one with it on both sides."""
    mine, yours = _only_ones(there, key), _only_ones(here, key)
    return [(one, yours[name]) for name, one in mine.items() if name in yours]


def _only_ones(things: Iterable[Thing], key: Callable[[Thing], Hashable]) -> dict[Hashable, Thing]:
    found: dict[Hashable, list[Thing]] = defaultdict(list)
    for one in things:
        found[key(one)].append(one)
    return {name: some[0] for name, some in found.items() if name is not None and len(some) == 1}


def carried_definition(
    definition: Mapping[str, Any], there: tuple[Coursework, str], here: Matched, scale: Scale
) -> dict[str, Any] | None:
    """Return a rule as it reads the same work here; ``None`` where it could not mean the same."""
    before, now = asked_of(*there), asked_of(here.work, here.part)
    if definition["by"] != usual_way(now):
        return None
    said = dict(definition)
    if definition["by"] == "levels":
        levels = _same_levels(before, now)
        if levels is None:
            return None
        # What a level is called may be new here, as in Canvas, where a rubric's copy need not keep its ids.
        said["levels"] = {levels[one]: code for one, code in definition["levels"].items() if one in levels}
    try:
        return checked_definition(said, scale, now)
    except MappingProblem:
        return None


def _same_levels(before: Asked, now: Asked) -> dict[str, str] | None:
    """Return level of a rubric -> the same level here; ``None`` where it is another rubric."""
    pairs = _pairs(before.levels, now.levels, _level)
    is_same = len(pairs) == len(before.levels) == len(now.levels)
    return {one.id: other.id for one, other in pairs} if is_same else None


def _level(level: RubricLevel) -> Hashable:
    return (level.title, level.points)
