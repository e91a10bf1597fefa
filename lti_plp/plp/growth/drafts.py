"""A framework as somebody wants to bring it in, checked as a whole before anything is kept.

Readers of files (CSV, CASE) make a draft; whatever is wrong with it is told with the place where it stands, all of it
at once. A draft without problems can be published.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from lti_plp.errors import PlpError
from lti_plp.plp.growth.scales import Scale, digest_of

KINDS = ("area", "pbgr", "critical_proficiency", "indicator", "transferable_skill", "standard", "other")
"""What an item of a framework is. Content areas and headings hold others; the rest is what students show."""
MOST_ITEMS = 20_000
DEEPEST = 12
LONGEST = {"guid": 255, "code": 255, "statement": 4000, "student_text": 1000}
TOO_LARGE = "too_large"
"""Of a file: nothing of it was read."""
MOST_PROBLEMS = 200
"""Whoever has more of them has brought the wrong file."""


@dataclass(frozen=True)
class Problem:
    """Something that keeps a draft from being published."""

    where: str
    """As the file says it: ``row 12, statement`` or ``CFItems[3].uri``."""
    code: str
    """A stable word."""
    about: str = ""
    """What stands there, shortened; shown as text, never as markup."""


class DraftProblems(PlpError):
    """A file that cannot be brought in."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Take all that is wrong."""
        status = 413 if any(one.code == TOO_LARGE for one in problems) else 400
        super().__init__("framework_problems", status, "The framework cannot be brought in like this.")
        self.problems = tuple(problems[:MOST_PROBLEMS])
        self.total = len(problems)


@dataclass(frozen=True)
class Criterion:
    """One line of a scoring guide: what each level looks like, whatever the task."""

    title: str
    levels: Mapping[str, str]
    """Code of a level -> words."""


@dataclass(frozen=True)
class ItemDraft:
    """One item."""

    guid: str
    statement: str
    kind: str = "other"
    code: str = ""
    student_text: str = ""
    parent: str | None = None
    """Guid of the item above; ``None`` at the top."""
    scale: Scale | None = None
    """On which it is rated; ``None`` for a heading."""
    guide: tuple[Criterion, ...] = ()
    replaced_by: str | None = None
    """Guid of the item that stands in its place."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""
    """Where it stands in the file."""

    @cached_property
    def content(self) -> dict[str, Any]:
        """What it says, as a row keeps it; the scale by its digest."""
        return {
            "code": self.code,
            "kind": self.kind,
            "statement": self.statement,
            "student_text": self.student_text,
            "scale": digest_of(self.scale) if self.scale else None,
            "guide": [{"title": one.title, "levels": dict(one.levels)} for one in self.guide],
            "extra": dict(self.extra),
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what it says."""
        return digest(self.content)


@dataclass(frozen=True)
class Way:
    """How some items are calculated where they come from."""

    method: str
    """Of :data:`lti_plp.plp.growth.methods.METHODS`."""
    parameter: Decimal | None
    count: int
    """Of items that are calculated so."""


@dataclass(frozen=True)
class FrameworkDraft:
    """A whole document."""

    guid: str
    title: str
    items: tuple[ItemDraft, ...]
    """From top to bottom."""
    source: str
    origin: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)
    is_sample: bool = False
    """Its wording was not checked against what a school adopted."""
    ways: tuple[Way, ...] = ()
    """How its items are calculated where they come from, the most common first; a framework here has one way."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that it says, where everything stands included."""
        return digest(
            [self.title, self.document, [[one.guid, one.parent, one.content] for one in self.items]]
        )


def digest(thing: Any) -> str:
    """Return the SHA-256 of a thing as JSON."""
    text = json.dumps(thing, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def checked(draft: FrameworkDraft) -> FrameworkDraft:
    """Return a draft with every item after the one above it, when nothing is wrong with it.

    :raise DraftProblems: naming everything that is.
    """
    problems = list(_problems(draft))
    if problems:
        raise DraftProblems(problems)
    ordered = in_order(draft.items)
    # Whatever cannot be reached from the top goes round in a circle.
    circle = {one.guid for one in draft.items} - {one.guid for one in ordered}
    problems = [Problem(one.where, "circle", one.guid) for one in draft.items if one.guid in circle]
    depths: dict[str, int] = {}
    for one in ordered:
        depths[one.guid] = depths[one.parent] + 1 if one.parent else 1
        if depths[one.guid] == DEEPEST + 1:
            problems.append(Problem(one.where, "too_deep", one.guid))
    if problems:
        raise DraftProblems(problems)
    return replace(draft, title=draft.title.strip(), items=ordered)


def in_order(items: Iterable[ItemDraft]) -> tuple[ItemDraft, ...]:
    """Return the items that can be reached from the top, each after the one above it, in the order of the file."""
    below: dict[str | None, list[ItemDraft]] = {}
    for one in items:
        below.setdefault(one.parent, []).append(one)
    found: list[ItemDraft] = []
    waiting = below.get(None, [])[::-1]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += below.get(one.guid, [])[::-1]
    return tuple(found)


def _problems(draft: FrameworkDraft) -> Iterator[Problem]:
    if not draft.title.strip() or len(draft.title) > LONGEST["statement"]:
        yield Problem("title", "no_title")
    if not draft.guid or len(draft.guid) > LONGEST["guid"]:
        yield Problem("identifier", "no_guid", draft.guid[:60])
    if not draft.items:
        yield Problem("items", "no_items")
    if len(draft.items) > MOST_ITEMS:
        yield Problem("items", "too_many_items", str(len(draft.items)))
        return
    count = Counter(one.guid for one in draft.items)
    for one in draft.items:
        yield from _of_item(one, count)


def _of_item(one: ItemDraft, count: Mapping[str, int]) -> Iterator[Problem]:
    if count[one.guid] > 1:
        yield Problem(one.where, "guid_twice", one.guid[:60])
    if one.parent is not None and one.parent not in count:
        yield Problem(one.where, "no_such_parent", one.parent[:60])
    if one.replaced_by == one.guid:
        yield Problem(one.where, "replaces_itself", one.guid[:60])
    yield from _of_texts(one)
    yield from _of_guide(one)


def _of_texts(one: ItemDraft) -> Iterator[Problem]:
    for name in ("guid", "statement"):
        if not getattr(one, name).strip():
            yield Problem(one.where, f"no_{name}")
    for name, most in LONGEST.items():
        text = getattr(one, name)
        if len(text) > most:
            yield Problem(one.where, "too_long", name)
        if "\x00" in text:
            yield Problem(one.where, "not_a_text", name)
    if one.kind not in KINDS:
        yield Problem(one.where, "unknown_kind", one.kind[:60])


def _of_guide(one: ItemDraft) -> Iterator[Problem]:
    if one.guide and one.scale is None:
        yield Problem(one.where, "guide_without_scale")
    codes = {level.code for level in one.scale.levels} if one.scale else set()
    for criterion in one.guide if one.scale else ():
        unknown = criterion.levels.keys() - codes
        if not criterion.title.strip() or unknown:
            yield Problem(one.where, "guide_does_not_fit", ", ".join(sorted(unknown))[:60])
