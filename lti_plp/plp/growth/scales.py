"""Scales: levels in words, in order, each with a number to calculate with.

"Not enough evidence" is no level: it is the absence of a number. A scale never changes once it is kept; what a school
changes is another scale.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_plp.plp import models
from lti_plp.plp.growth.methods import Bounds

LOOKS = ("circle", "triangle", "square", "diamond", "star", "ring", "cross", "bar")
"""Shapes that tell levels apart without colour, from the lowest level on."""
FEWEST, MOST = 2, len(LOOKS)
LONGEST = {"code": 12, "label": 60, "student_text": 300}
_CODE = re.compile(r"[\w+./-]+")
_HIGHEST = Decimal(1000)


class ScaleProblem(ValueError):
    """Something about a scale that cannot be kept."""

    def __init__(self, level: int | None, problem: str) -> None:
        """Take which level it is, from 1 on, and a stable word for what is wrong."""
        super().__init__(f"level {level}: {problem}" if level else problem)
        self.level, self.problem = level, problem


@dataclass(frozen=True)
class Level:
    """One level."""

    code: str
    """Short, for the cell of a table."""
    label: str
    value: Decimal
    starts_at: Decimal
    """A calculated number belongs to this level from here on."""
    student_text: str = ""
    """What it means, in a student's words."""
    meets: bool = False
    """From this level on a student has shown it."""


@dataclass(frozen=True)
class Scale:
    """Levels, from the lowest on."""

    title: str
    levels: tuple[Level, ...]
    id: int | None = None
    """Of the row that keeps it."""

    @cached_property
    def bounds(self) -> Bounds:
        """What the methods want to know."""
        return Bounds(
            self.levels[0].value, self.levels[-1].value, next(one.value for one in self.levels if one.meets)
        )

    def level_at(self, value: Decimal) -> Level:
        """Return the level to which a calculated number belongs; below all of them, the lowest."""
        found = self.levels[0]
        for one in self.levels:
            if value >= one.starts_at:
                found = one
        return found

    def level(self, code: str) -> Level:
        """Return the level with a code.

        :raise KeyError: when there is none.
        """
        return self._by_code[code]

    def place(self, level: Level) -> int:
        """Return which level it is, 0 for the lowest."""
        return self.levels.index(level)

    def look(self, level: Level) -> str:
        """Return the shape that stands for a level."""
        return LOOKS[self.place(level)]

    def meets(self, value: Decimal) -> bool:
        """Say whether a calculated number belongs to a level at which a student has shown it."""
        return self.place(self.level_at(value)) >= self.place(next(one for one in self.levels if one.meets))

    @cached_property
    def _by_code(self) -> Mapping[str, Level]:
        return {one.code: one for one in self.levels}


def short_codes(labels: Sequence[str]) -> list[str]:
    """Return a code for each level: the first letter of its name, or its number where letters are not enough."""
    letters = [one.strip()[:1].upper() for one in labels]
    is_enough = len(set(letters)) == len(letters) and all(one.isalnum() for one in letters)
    return letters if is_enough else [str(number) for number, _ in enumerate(labels, 1)]


def make_scale(title: str, levels: Sequence[Mapping[str, Any]]) -> Scale:
    """Return a scale of what somebody wrote, in whatever order; ``starts_at`` is the level's number unless it is said.

    Each level: ``code``, ``label``, ``value``, and if wished ``student_text``, ``starts_at``, ``meets``.

    :raise ScaleProblem: ``no_title``, ``too_few``, ``too_many``, ``no_code``, ``code_twice``, ``no_label``,
        ``too_long``, ``no_number``, ``number_twice``, ``starts_out_of_order``, ``none_meets``,
        ``not_a_text``.
    """
    problem = next(scale_problems(title, levels), None)
    if problem is not None:
        raise problem
    found = sorted((_level(number, one) for number, one in enumerate(levels, 1)), key=lambda one: one.value)
    return Scale(title.strip(), _one_cut(found))


def scale_problems(title: str, levels: Sequence[Mapping[str, Any]]) -> Iterator[ScaleProblem]:
    """Give everything that keeps levels from being a scale, in the words of :func:`make_scale`."""
    if not title.strip() or len(title) > 255:
        yield ScaleProblem(None, "no_title")
    elif "\x00" in title:
        yield ScaleProblem(None, "not_a_text")
    if not FEWEST <= len(levels) <= MOST:
        yield ScaleProblem(None, "too_few" if len(levels) < FEWEST else "too_many")
    found: list[Level] = []
    for number, one in enumerate(levels, 1):
        try:
            found.append(_level(number, one))
        except ScaleProblem as problem:
            yield problem
    if len(found) == len(levels):
        yield from _together(found)


def _together(levels: Sequence[Level]) -> Iterator[ScaleProblem]:
    """Give what is wrong with levels of which each for itself is good; of a pair the later one is named."""
    twice = False
    for name, code in (("code", "code_twice"), ("value", "number_twice")):
        count: Counter[Any] = Counter()
        for number, one in enumerate(levels, 1):
            count[getattr(one, name)] += 1
            if count[getattr(one, name)] > 1:
                twice = True
                yield ScaleProblem(number, code)
    ordered = sorted(enumerate(levels, 1), key=lambda one: one[1].value)
    for (_, below), (number, one) in pairwise(() if twice else ordered):
        if one.starts_at <= below.starts_at:
            yield ScaleProblem(number, "starts_out_of_order")
    if not any(one.meets for one in levels):
        yield ScaleProblem(None, "none_meets")


def _one_cut(levels: Sequence[Level]) -> tuple[Level, ...]:
    """Let only the lowest of the levels that meet say so."""
    first = next(number for number, one in enumerate(levels) if one.meets)
    return tuple(
        Level(one.code, one.label, one.value, one.starts_at, one.student_text, meets=number == first)
        for number, one in enumerate(levels)
    )


def _level(number: int, said: Mapping[str, Any]) -> Level:
    texts = {name: str(said.get(name) or "").strip() for name in LONGEST}
    for name, most in LONGEST.items():
        if len(texts[name]) > most:
            raise ScaleProblem(number, "too_long")
        if "\x00" in texts[name]:
            raise ScaleProblem(number, "not_a_text")
    if not _CODE.fullmatch(texts["code"]):
        raise ScaleProblem(number, "no_code")
    if not texts["label"]:
        raise ScaleProblem(number, "no_label")
    value = _number(number, said.get("value"))
    starts_at = said.get("starts_at")
    return Level(
        texts["code"],
        texts["label"],
        value,
        value if starts_at in (None, "") else _number(number, starts_at),
        texts["student_text"],
        meets=bool(said.get("meets")),
    )


def _number(level: int, said: Any) -> Decimal:
    try:
        number = Decimal(str(said).strip().replace(",", "."))
    except InvalidOperation:
        raise ScaleProblem(level, "no_number") from None
    if not number.is_finite() or not 0 <= number <= _HIGHEST:
        raise ScaleProblem(level, "no_number")
    return number.quantize(Decimal("0.0001")).normalize()


def written(scale: Scale) -> list[dict[str, Any]]:
    """Return the levels as a row keeps them."""
    return [
        {
            "code": one.code,
            "label": one.label,
            "value": format(one.value, "f"),
            "starts_at": format(one.starts_at, "f"),
            "student_text": one.student_text,
            "meets": one.meets,
        }
        for one in scale.levels
    ]


def digest_of(scale: Scale) -> str:
    """Return what makes a scale this one: SHA-256 of title and levels."""
    text = json.dumps([scale.title, written(scale)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def read_scale(row: models.Scale) -> Scale:
    """Return the scale that a row keeps."""
    return _read(row.id, row.title, json.dumps(row.levels))


@lru_cache(maxsize=500)
def _read(row_id: int, title: str, levels: str) -> Scale:
    # A row never changes, so each is read once.
    scale = make_scale(title, json.loads(levels))
    return Scale(scale.title, scale.levels, row_id)


def keep_scale(session: Session, tenant_id: int, scale: Scale, now: datetime) -> Scale:
    """Keep a scale, or return the one like it that is kept already."""
    digest = digest_of(scale)
    wanted = select(models.Scale).where(models.Scale.tenant_id == tenant_id, models.Scale.digest == digest)
    row = session.scalars(wanted).one_or_none()
    if row is None:
        row = models.Scale(
            tenant_id=tenant_id, title=scale.title, levels=written(scale), digest=digest, made_at=now
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            # Somebody kept the same one at the same moment.
            row = session.scalars(wanted).one()
    return read_scale(row)


def scales_of(session: Session, tenant_id: int) -> dict[int, Scale]:
    """Return id -> scale of all that a district has, oldest first."""
    rows = session.scalars(
        select(models.Scale).where(models.Scale.tenant_id == tenant_id).order_by(models.Scale.id)
    )
    return {row.id: read_scale(row) for row in rows}
