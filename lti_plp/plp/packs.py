"""Packs: several things that a teacher places in one go, each with its place in the school year.

Data of ``config/packs/``, read once and checked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from lti_plp.plp.activities import load_activities
from lti_plp.plp.data_files import Texts, entries_of, in_language, read_data, texts_of, texts_or_none
from lti_plp.plp.prompts import load_bank

ANCHORS = ("start", "period", "every_period", "plans_due", "end")
USUAL_PERIODS = 4
BEFORE_THE_END = timedelta(days=28)
"""Where no day is set by which plans are to be updated, it is this long before the year ends."""
FIRST_AFTER = timedelta(days=14)
"""So long after today the first of those is due that would have been due already."""
LEAST_APART = timedelta(days=7)
"""Closer than this two dates that had to move do not stand, as long as there is room."""
SATURDAY = 5


class Period(Protocol):
    """A marking period."""

    @property
    def name(self) -> str:
        """Empty for one that is known by its number."""

    @property
    def ends_on(self) -> date:
        """Its last day."""


class SchoolYear(Protocol):
    """What dates are taken from."""

    @property
    def first_day(self) -> date:
        """Of school."""

    @property
    def last_day(self) -> date:
        """Of school."""

    @property
    def periods(self) -> Sequence[Period]:
        """In order."""

    @property
    def plans_due_on(self) -> date | None:
        """By when every plan is to be updated, where that is set."""


@dataclass(frozen=True)
class Moment:
    """A place in a school year."""

    anchor: str
    number: int = 0
    """Of the marking period, from 1."""
    days: int = 0
    """After the start, or before anything else."""

    def in_year(self, year: SchoolYear) -> date:
        """Return the day, which is no day of a weekend."""
        days = timedelta(days=self.days)
        if self.anchor == "start":
            found = year.first_day + days
        elif self.anchor == "period":
            found = _end_of_period(year, self.number) - days
        elif self.anchor == "plans_due":
            found = (year.plans_due_on or year.last_day - BEFORE_THE_END) - days
        else:
            found = year.last_day - days
        return _school_day(min(max(found, year.first_day), year.last_day))


def _end_of_period(year: SchoolYear, number: int) -> date:
    """Return when a period ends; a year with fewer of them is divided as a usual one is."""
    if number <= len(year.periods):
        return year.periods[number - 1].ends_on
    return year.first_day + (year.last_day - year.first_day) * number / USUAL_PERIODS


def _school_day(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - SATURDAY + 1))


@dataclass(frozen=True)
class PackItem:
    """One thing of a pack: a ready-made reflection, or an activity."""

    set_id: str
    activity: str
    title: Texts | None
    """Where it has another one than the set or activity; ``{period}`` stands for a period's name."""
    period: Texts | None
    """What a period without a name is called; ``{number}`` stands for its number."""
    at: Moment


@dataclass(frozen=True)
class Pack:
    """Several things that are placed together."""

    id: str
    title: Texts
    about: Texts
    items: tuple[PackItem, ...]


@dataclass(frozen=True)
class DatedItem:
    """One thing of a pack in a school year."""

    item: PackItem
    due_on: date
    period: str = ""
    """Name of the period that it belongs to; empty for one without a name, and for things of no period."""
    number: int = 0
    """Of that period; 0 for things of no period."""

    def title(self, locale: str) -> str:
        """Return the title that the pack gives it; empty when it keeps its own."""
        if self.item.title is None:
            return ""
        unnamed = in_language(self.item.period, locale) if self.item.period else "{number}"
        period = self.period or unnamed.replace("{number}", str(self.number))
        return in_language(self.item.title, locale).replace("{period}", period)


@dataclass(frozen=True)
class DatedPack:
    """A pack in a school year; ``has_moved`` when something would have been due already."""

    items: tuple[DatedItem, ...]
    has_moved: bool


def dated(pack: Pack, year: SchoolYear, today: date) -> DatedPack:
    """Return a pack with its days, in order; what would have been due already moves to what is left of the year."""
    wanted = sorted(_in_year(pack, year), key=lambda one: one.due_on)
    # Of periods that are over nothing is asked any more.
    items = [one for one in wanted if not one.number or one.due_on > today] or wanted[-1:]
    days = in_what_is_left([one.due_on for one in items], today, year.last_day)
    moved = tuple(
        DatedItem(one.item, day, one.period, one.number) for one, day in zip(items, days, strict=True)
    )
    return DatedPack(moved, has_moved=moved != tuple(wanted))


def _in_year(pack: Pack, year: SchoolYear) -> Iterator[DatedItem]:
    for item in pack.items:
        if item.at.anchor != "every_period":
            yield DatedItem(item, item.at.in_year(year))
            continue
        for number, period in enumerate(year.periods, start=1):
            at = Moment("period", number, item.at.days)
            yield DatedItem(item, at.in_year(year), period.name, number)


def in_what_is_left(days: Sequence[date], today: date, last_day: date) -> list[date]:
    """Return days in order, none of them past: those that were move, as far apart as they are, if that goes.

    Else they are spread evenly between today and the next one, and all of them over what is left of the year where
    that would be too close together.
    """
    past = sum(1 for day in days if day <= today)
    if not past:
        return list(days)
    limit = days[past] if past < len(days) else last_day
    moved = [today + FIRST_AFTER + (day - days[0]) for day in days[:past]]
    is_room = moved[-1] + LEAST_APART <= limit
    found = [*(moved if is_room else _spread(past, today, limit)), *days[past:]]
    apart = [after - before for before, after in pairwise([today, *found])]
    if min(apart) < LEAST_APART:
        found = _spread(len(days), today, max(last_day, days[-1]))
    return [max(_school_day(day), today) for day in found]


def _spread(count: int, today: date, limit: date) -> list[date]:
    room = max(limit - today, timedelta(0))
    return [today + room * number / (count + 1) for number in range(1, count + 1)]


@cache
def load_packs(config_folder: Path) -> Mapping[str, Pack]:
    """Return id -> pack, in the order that the files say; read once per process.

    :raise ValueError: naming the file, when the data are not complete.
    """
    folder = config_folder / "packs"
    read = [(path.stem, read_data(folder, path.stem)) for path in sorted(folder.glob("*.toml"))]
    read.sort(key=lambda one: one[1].get("order", 0))
    return {name: _pack(config_folder, name, data) for name, data in read}


def _pack(config_folder: Path, name: str, data: dict[str, Any]) -> Pack:
    file = f"packs/{name}.toml"
    entries = entries_of(data, "item", file)
    if not entries:
        raise ValueError(f"{file}: a pack holds something")
    return Pack(
        id=name,
        title=texts_of(data, "title", file),
        about=texts_of(data, "about", file),
        items=tuple(_item(config_folder, entry, file) for entry in entries),
    )


def _item(config_folder: Path, entry: dict[str, Any], file: str) -> PackItem:
    set_id, activity = entry.get("set", ""), entry.get("activity", "")
    known = {one.id for one in load_bank(config_folder).sets}
    is_known = set_id in known if set_id else activity in load_activities(config_folder)
    if not is_known or (set_id and activity):
        raise ValueError(f"{file}: an item names one set or one activity that there is")
    texts = {name: texts_or_none(entry, name, file) for name in ("title", "period")}
    return PackItem(set_id, activity, at=_moment(entry, file), **texts)


def _moment(entry: dict[str, Any], file: str) -> Moment:
    at = entry.get("at")
    if not isinstance(at, dict):
        raise ValueError(f"{file}: an item has its place in the year (at)")
    anchor = at.get("after") or at.get("before")
    days, number = at.get("days", 0), at.get("number", 0)
    is_right_way = ("after" in at) == (anchor == "start")
    is_numbered = (anchor == "period") == (isinstance(number, int) and number > 0)
    if anchor not in ANCHORS or not is_right_way or not is_numbered or not isinstance(days, int):
        raise ValueError(f"{file}: at is after the start, or before one of {ANCHORS[1:]}")
    return Moment(anchor, number, days)
