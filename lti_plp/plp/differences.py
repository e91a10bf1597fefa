"""What changed in a field, piece by piece: words of a text, members of a list, or one value in place of another."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from lti_plp.plp.fields import (
    Address,
    Checklist,
    Choice,
    Choices,
    Day,
    Field,
    FileId,
    Flag,
    Moment,
    Papers,
    People,
    Reference,
    References,
)
from lti_plp.plp.items import ItemKind

_WORDS = re.compile(r"\s+|[\w'’-]+|[^\w\s]")

MOST_WORDS = 2000
"""Longer texts that differ in most of their words are shown as wholes: nobody reads such a comparison."""
LEAST_ALIKE = 0.35
"""Below this share of common words, two texts are shown one after the other."""
AROUND = 90
"""So many characters of unchanged words are shown on either side of a change."""


@dataclass(frozen=True)
class Piece:
    """A piece of a value that went ``out``, came ``in``, or is the ``same`` as before."""

    change: str
    value: Any


@dataclass(frozen=True)
class Shape:
    """How a field's value is put in words."""

    form: str
    """``text``, ``address``, ``choice``, ``choices``, ``day``, ``moment``, ``people``, ``checks``, ``papers``,
    ``items``, ``file``, ``flag``, ``person`` or ``course``."""
    group: str = ""
    """Of the vocabulary, for choices; kind of item, for items."""


_GROUPS: Mapping[tuple[str, str], str] = {
    (kind, "state"): f"{kind}_state" for kind in ("goal", "step", "pathway", "transition")
}
"""Fields whose choices the database knows under another name than the vocabulary."""
_IDS: Mapping[str, Shape] = {
    "validated_by": Shape("person"),
    "decided_by": Shape("person"),
    "course_id": Shape("course"),
}


def shape_of(kind: ItemKind, name: str) -> Shape:
    """Return how a field is put in words."""
    one = kind.fields.get(name)
    if name in _IDS:
        return _IDS[name]
    if isinstance(one, Choice):
        return Shape("choice", one.group or _GROUPS.get((kind.name, name), name))
    if isinstance(one, Choices):
        return Shape("choices", one.group)
    if isinstance(one, Reference | References):
        return Shape("items", one.kind)
    return Shape(_FORMS.get(type(one), "text"))


_FORMS: Mapping[type[Field] | type[None], str] = {
    Address: "address",
    Day: "day",
    Moment: "moment",
    People: "people",
    Checklist: "checks",
    Papers: "papers",
    FileId: "file",
    Flag: "flag",
}


def pieces(shape: Shape, before: Any, after: Any) -> tuple[Piece, ...]:
    """Return what went out, came in and stayed; nothing stands for an empty value."""
    if isinstance(before, list) or isinstance(after, list):
        return tuple(_members(before or [], after or []))
    if shape.form == "items":
        return tuple(_members(_one(before), _one(after)))
    if shape.form == "text" and isinstance(before, str) and isinstance(after, str) and before and after:
        return tuple(_words(before, after))
    return tuple(_members(_one(before), _one(after)))


def _one(value: Any) -> list[Any]:
    return [] if value is None or value == "" else [value]


def _members(before: list[Any], after: list[Any]) -> Iterator[Piece]:
    for one in before:
        if one not in after:
            yield Piece("out", one)
    for one in after:
        yield Piece("same" if one in before else "in", one)


def _words(before: str, after: str) -> Iterator[Piece]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    matcher = SequenceMatcher(str.isspace, old_middle, new_middle, autojunk=False)
    if max(len(old_middle), len(new_middle)) > MOST_WORDS or not _are_alike(
        matcher, len(old) + len(new), head + tail
    ):
        yield from (Piece("out", before), Piece("in", after))
        return
    steps = [
        ("".join(old_middle[first:last]), "".join(new_middle[new_first:new_last]))
        for _, first, last, new_first, new_last in matcher.get_opcodes()
    ]
    yield from _joined([("".join(old[:head]),) * 2, *steps, ("".join(old[len(old) - tail :]),) * 2])


def _common(old: list[str], new: list[str]) -> int:
    """Return how many words both begin with."""
    return next(
        (number for number, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]),
        min(len(old), len(new)),
    )


def _are_alike(matcher: SequenceMatcher[str], words: int, around: int) -> bool:
    same = around + sum(block.size for block in matcher.get_matching_blocks())
    return 2 * same >= LEAST_ALIKE * words


def _joined(steps: list[tuple[str, str]]) -> Iterator[Piece]:
    out, into = "", ""
    for gone, come in steps:
        # A blank between two changed words belongs to the change: one longer piece reads better than two.
        if gone == come and not (gone.isspace() and (out or into)):
            yield from _changed(out, into)
            out, into = "", ""
            if gone:
                yield Piece("same", gone)
        else:
            out, into = out + gone, into + come
    yield from _changed(out, into)


def _changed(out: str, into: str) -> Iterator[Piece]:
    if out:
        yield Piece("out", out)
    if into:
        yield Piece("in", into)


def shortened(found: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Return the pieces of a text with the middle of long unchanged ones left out."""
    last = len(found) - 1
    return tuple(
        Piece(one.change, _without_middle(one.value, number == 0, number == last))
        if one.change == "same" and isinstance(one.value, str)
        else one
        for number, one in enumerate(found)
    )


def _without_middle(text: str, is_first: bool, is_last: bool) -> str:
    head, tail = "" if is_first else text[:AROUND], "" if is_last else text[-AROUND:]
    return f"{head} … {tail}".strip(" ") if len(text) > 2 * AROUND + 10 else text
