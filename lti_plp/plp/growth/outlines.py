"""Published versions as they are shown: read once, because they never change."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from sqlalchemy.orm import Session

from lti_plp.plp import models
from lti_plp.plp.growth.frameworks import Proficiency, Tree, read_tree
from lti_plp.plp.growth.scales import Level

KEPT = 50
"""Versions held by a process; the one that was asked for longest ago goes first."""

_held: dict[tuple[str, int, int], "Outline"] = {}
_lock = Lock()


@dataclass(frozen=True)
class Outline:
    """The items of a version, without what a school may set about its framework."""

    items: tuple[Proficiency, ...]

    @cached_property
    def by_id(self) -> dict[int, Proficiency]:
        """Proficiency's id -> proficiency."""
        return {one.id: one for one in self.items}

    @cached_property
    def rated(self) -> tuple[Proficiency, ...]:
        """Those that can be rated, from top to bottom."""
        return tuple(one for one in self.items if one.scale)

    @cached_property
    def headings(self) -> tuple[Proficiency, ...]:
        """Those that hold any that can be rated."""
        holding: set[int] = set()
        for one in self.rated:
            above = one.parent_id
            while above is not None and above not in holding:
                holding.add(above)
                above = self.by_id[above].parent_id
        return tuple(one for one in self.items if one.id in holding)

    @cached_property
    def counts(self) -> dict[int, int]:
        """Heading's id -> how many that can be rated it holds, however deep."""
        found: dict[int, int] = dict.fromkeys((one.id for one in self.headings), 0)
        for one in self.rated:
            above = one.parent_id
            while above is not None:
                found[above] += 1
                above = self.by_id[above].parent_id
        return found

    def under(self, heading_id: int | None) -> tuple[Proficiency, ...]:
        """Return those that can be rated below a heading, however deep; all of them without one."""
        if heading_id not in self.by_id:
            return self.rated
        inside = {heading_id}
        for one in self.items:
            if one.parent_id in inside:
                inside.add(one.id)
        return tuple(one for one in self.rated if one.id in inside)

    @staticmethod
    def levels(proficiencies: Iterable[Proficiency]) -> tuple[Level, ...]:
        """Return the levels on which some are rated, each once, in the order of their scales."""
        found: dict[Level, None] = {}
        for one in proficiencies:
            if one.scale:
                found.update(dict.fromkeys(one.scale.levels))
        return tuple(found)


def outline_of(session: Session, framework: models.Framework) -> Outline:
    """Return the present version of a framework; no statement when this process has read it before."""
    key = (str(session.get_bind().url), framework.id, framework.version)  # type: ignore[union-attr]
    with _lock:
        found = _held.pop(key, None)
        if found is not None:
            _held[key] = found
            return found
    tree: Tree = read_tree(session, framework)
    outline = Outline(tree.items)
    with _lock:
        _held[key] = outline
        while len(_held) > KEPT:
            del _held[next(iter(_held))]
    return outline
