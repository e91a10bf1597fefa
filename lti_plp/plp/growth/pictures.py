"""Pictures of growth as data: where each mark lies, which way the line goes, and the facts of the sentence above it.

Lengths are in the units of the picture's own view box, 340 wide: at 320 pixels that is nearly one to one. Nothing here
is a word of a language, and nothing is markup.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from lti_plp.plp.growth.frameworks import Calculation
from lti_plp.plp.growth.scales import Level, Scale
from lti_plp.plp.growth.suggestions import COUNTED, Said, Suggestion, suggest

WIDTH, EDGE = 340, 16
BAND, TICKS, DATES = 46, 26, 20
"""Heights of a level's band, of the row of ticks, and of the row of dates."""
MIDDLE = 31
"""Where marks lie in a band; the name of the level stands above them."""
CROWDED = 13
"""Marks of one band that are nearer to each other than this lie above and below."""
ASIDE = (0, -9, 9)
TICK_KINDS = ("goal", "step", "reflection", "meeting")
JUDGEMENT = "judgement"
LEVEL = "teacher"
"""Whose mark a level of a goal has: it stands beside the student's word, and moves no line."""


@dataclass(frozen=True)
class Heard:
    """A rating with what a picture says of it."""

    said: Said
    evidence_id: int | None = None
    """Of evidence that the reader may see."""
    words: str = ""
    """Of that evidence."""


@dataclass(frozen=True)
class Judged:
    """What a person of the school said the level is; no level where it was taken back."""

    at: datetime
    level: Level | None


@dataclass(frozen=True)
class Tick:
    """Something that happened beside the ratings."""

    kind: str
    """Of :data:`TICK_KINDS`."""
    at: datetime
    item_id: int
    words: str = ""


@dataclass(frozen=True)
class Row:
    """A level as a band; the highest lies on top."""

    label: str
    code: str
    place: int
    """0 for the lowest; -1 for "not enough evidence"."""
    y: float
    meets: bool = False


@dataclass(frozen=True)
class Dot:
    """One mark: a rating, or a person's judgement."""

    at: datetime
    role: str
    label: str
    """Of its level; empty for "not enough evidence"."""
    place: int
    x: float
    y: float
    evidence_id: int | None = None
    words: str = ""
    is_baseline: bool = False


@dataclass(frozen=True)
class Step:
    """From a moment on the calculated level is this."""

    at: datetime
    level: Level
    x: float
    y: float


@dataclass(frozen=True)
class PlacedTick:
    """A tick on the axis."""

    tick: Tick
    x: float


@dataclass(frozen=True)
class Facts:
    """What the sentence says: where it began, where it is now and since when, on how many pieces it rests."""

    first: tuple[str, datetime] | None
    last: tuple[str, datetime] | None
    """``None`` when there is but one thing to say."""
    pieces: int
    is_judged: bool = False
    beside: tuple[str, datetime] | None = None
    """The newest level that an adult gave a goal."""


@dataclass(frozen=True)
class Picture:
    """All that is drawn, and all that its table says."""

    rows: tuple[Row, ...]
    dots: tuple[Dot, ...]
    steps: tuple[Step, ...]
    ticks: tuple[PlacedTick, ...]
    facts: Facts
    first_at: datetime | None
    last_at: datetime | None
    height: float

    @property
    def width(self) -> int:
        """Of the view box."""
        return WIDTH

    @property
    def axis(self) -> float:
        """Where the time axis lies."""
        return len(self.rows) * BAND

    @property
    def line(self) -> str:
        """The calculated line as a path: level until something changes it, and to the end of the picture."""
        if not self.steps:
            return ""
        first, *later = self.steps
        drawn = f"M{first.x:g} {first.y:g}" + "".join(f"H{one.x:g}V{one.y:g}" for one in later)
        return f"{drawn}H{WIDTH - EDGE}"

    @property
    def baseline(self) -> Dot | None:
        """The zero point from which growth is measured; the newest, if there are several."""
        return next((one for one in reversed(self.dots) if one.is_baseline), None)

    @property
    def roles(self) -> tuple[str, ...]:
        """Whose marks there are, for the legend."""
        return tuple(dict.fromkeys(one.role for one in self.dots))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which ticks there are, for the legend."""
        there = {one.tick.kind for one in self.ticks}
        return tuple(one for one in TICK_KINDS if one in there)


def growth_picture(
    scale: Scale,
    calculation: Calculation,
    heard: Sequence[Heard],
    judged: Sequence[Judged] = (),
    ticks: Iterable[Tick] = (),
) -> Picture:
    """Return the picture of one proficiency of one student.

    The line is what the school's rule gave after each rating, in the order in which the student did the work.
    """
    heard = sorted(heard, key=lambda one: (one.said.occurred_at, one.said.rating_id))
    ticks = sorted(ticks, key=lambda one: (one.at, one.kind, one.item_id))
    judged = sorted(judged, key=lambda one: one.at)
    clock = _Clock(
        [one.said.occurred_at for one in heard] + [one.at for one in judged] + [one.at for one in ticks]
    )
    rows = _rows(scale, has_nothing=any(one.said.value is None for one in heard))
    found = _suggestions([one.said for one in heard], calculation, scale)
    ys = {one.place: one.y + MIDDLE for one in rows}
    height = len(rows) * BAND + TICKS + DATES
    return Picture(
        rows=rows,
        dots=_dots(scale, heard, judged, clock, ys),
        steps=_steps(scale, found, clock, ys),
        ticks=tuple(PlacedTick(one, clock.x(one.at)) for one in ticks),
        facts=_facts(scale, heard, found, judged),
        first_at=clock.first,
        last_at=clock.last,
        height=height,
    )


@dataclass(frozen=True)
class Progress:
    """What was said of how far a goal has come."""

    at: datetime
    word: str
    """Of the school's words for progress."""
    role: str = "self"
    evidence_id: int | None = None
    words: str = ""


def goal_picture(
    words: Sequence[tuple[str, str]], said: Sequence[Progress], ticks: Iterable[Tick] = ()
) -> Picture:
    """Return the picture of a goal's progress; ``words`` are (id, title), from the least progress on.

    The line is what the student said; a level that an adult gave has a mark beside it.
    """
    places = {word: place for place, (word, _) in enumerate(words)}
    levels = [Level(word, title, Decimal(place), Decimal(place)) for place, (word, title) in enumerate(words)]
    said = sorted((one for one in said if one.word in places), key=lambda one: one.at)
    ticks = sorted(ticks, key=lambda one: (one.at, one.kind, one.item_id))
    clock = _Clock([one.at for one in said] + [one.at for one in ticks])
    top = len(levels) - 1
    rows = tuple(
        Row(one.label, one.code, place, (top - place) * BAND, meets=place == top)
        for place, one in enumerate(levels)
    )
    ys = {one.place: one.y + MIDDLE for one in rows}
    own = [one for one in said if one.role != LEVEL]
    changes = _changes((one.at, levels[places[one.word]]) for one in own)
    beside = [(levels[places[one.word]].label, one.at) for one in said if one.role == LEVEL]
    marks = [
        _Mark(one.at, one.role, levels[places[one.word]], places[one.word], one.evidence_id, one.words)
        for one in said
    ]
    return Picture(
        rows=rows[::-1],
        dots=_spread(marks, clock, ys),
        steps=tuple(
            Step(at, level, clock.x(at), ys[places[level.code]]) for at, level in changes if level is not None
        ),
        ticks=tuple(PlacedTick(one, clock.x(one.at)) for one in ticks),
        facts=replace(_facts_of(changes, len(own)), beside=beside[-1] if beside else None),
        first_at=clock.first,
        last_at=clock.last,
        height=len(rows) * BAND + TICKS + DATES,
    )


class _Clock:
    """Where a moment lies from left to right."""

    def __init__(self, moments: Sequence[datetime]) -> None:
        self.first, self.last = min(moments, default=None), max(moments, default=None)

    def x(self, at: datetime) -> float:
        if self.first is None or self.last is None or self.first == self.last:
            return WIDTH / 2
        share: float = (at - self.first) / (self.last - self.first)
        return round(2 * EDGE + share * (WIDTH - 4 * EDGE), 1)


@dataclass(frozen=True)
class _Mark:
    at: datetime
    role: str
    level: Level | None
    place: int
    evidence_id: int | None = None
    words: str = ""
    is_baseline: bool = False


def _rows(scale: Scale, *, has_nothing: bool) -> tuple[Row, ...]:
    """Return the bands from top to bottom."""
    top, met = len(scale.levels) - 1, next(n for n, one in enumerate(scale.levels) if one.meets)
    found = [
        Row(one.label, one.code, place, (top - place) * BAND, meets=place >= met)
        for place, one in enumerate(scale.levels)
    ][::-1]
    if has_nothing:
        found.append(Row("", "", -1, len(scale.levels) * BAND))
    return tuple(found)


def _suggestions(
    said: Sequence[Said], calculation: Calculation, scale: Scale
) -> list[tuple[datetime, Suggestion]]:
    """Return what the rule gave after each moment at which something was rated."""
    moments = sorted({one.occurred_at for one in said if one.role in COUNTED and not one.is_baseline})
    return [
        (at, suggest([one for one in said if one.occurred_at <= at], calculation, scale)) for at in moments
    ]


def _changes(levels: Iterable[tuple[datetime, Level | None]]) -> list[tuple[datetime, Level | None]]:
    found: list[tuple[datetime, Level | None]] = []
    for at, level in levels:
        if not found or found[-1][1] != level:
            found.append((at, level))
    return found


def _steps(
    scale: Scale, found: Sequence[tuple[datetime, Suggestion]], clock: _Clock, ys: dict[int, float]
) -> tuple[Step, ...]:
    return tuple(
        Step(at, one.level, clock.x(at), ys[scale.place(one.level)])
        for at, one in found
        if one.level is not None
    )


def _dots(
    scale: Scale, heard: Sequence[Heard], judged: Sequence[Judged], clock: _Clock, ys: dict[int, float]
) -> tuple[Dot, ...]:
    marks = [_mark(scale, one) for one in heard]
    marks += [
        _Mark(one.at, JUDGEMENT, one.level, scale.place(one.level)) for one in judged if one.level is not None
    ]
    return _spread(sorted(marks, key=lambda one: one.at), clock, ys)


def _mark(scale: Scale, one: Heard) -> _Mark:
    level = None if one.said.value is None else scale.level_at(one.said.value)
    place = -1 if level is None else scale.place(level)
    said = one.said
    return _Mark(said.occurred_at, said.role, level, place, one.evidence_id, one.words, said.is_baseline)


def _spread(marks: Sequence[_Mark], clock: _Clock, ys: dict[int, float]) -> tuple[Dot, ...]:
    """Place marks; those that would cover each other lie above and below the middle of their band."""
    found: list[Dot] = []
    for one in marks:
        # A baseline is where it all begins, whenever it was measured.
        x = EDGE / 2 + 2 if one.is_baseline else clock.x(one.at)
        near = sum(dot.place == one.place and abs(dot.x - x) < CROWDED for dot in found)
        y = ys[one.place] + ASIDE[near % len(ASIDE)]
        label = one.level.label if one.level else ""
        found.append(
            Dot(one.at, one.role, label, one.place, x, y, one.evidence_id, one.words, one.is_baseline)
        )
    return tuple(found)


def _facts(
    scale: Scale,
    heard: Sequence[Heard],
    found: Sequence[tuple[datetime, Suggestion]],
    judged: Sequence[Judged],
) -> Facts:
    begins = [
        (one.said.occurred_at, scale.level_at(one.said.value))
        for one in heard
        if one.said.is_baseline and one.said.value is not None
    ]
    counted = [(at, one.level) for at, one in found if one.level is not None]
    levels: list[tuple[datetime, Level | None]] = [*begins[-1:], *counted]
    last = judged[-1] if judged else None
    is_judged = last is not None and last.level is not None
    if last is not None and last.level is not None:
        # A judgement counts whatever is rated later, so it stands last.
        levels = [one for one in levels if one[0] < last.at] + [(last.at, last.level)]
    pieces = len(found[-1][1].used) if found else 0
    return _facts_of(_changes(levels), pieces, is_judged=is_judged)


def _facts_of(
    changes: Sequence[tuple[datetime, Level | None]], pieces: int, *, is_judged: bool = False
) -> Facts:
    named = [(level.label, at) for at, level in changes if level is not None]
    return Facts(
        named[0] if named else None, named[-1] if len(named) > 1 else None, pieces, is_judged=is_judged
    )


def is_lasting(picture: Picture) -> bool:
    """Say whether a picture spans more than a day: only then are two dates written below it."""
    if picture.first_at is None or picture.last_at is None:
        return False
    return picture.last_at - picture.first_at > timedelta(days=1)
