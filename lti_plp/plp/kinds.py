"""The vocabulary of a plan: data of ``config/plan/kinds.toml``, read once and checked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from lti_plp.plp.data_files import Texts, entries_of, id_of, in_language, read_data, texts_of, texts_or_none
from lti_plp.plp.models.items import AUDIENCES
from lti_plp.plp.prompts import STEPS

FILE = "kinds.toml"

FIXED: Mapping[str, tuple[str, ...]] = {
    "audience": AUDIENCES,
    "cycle_step": STEPS,
    "goal_kind": ("secondary", "postsecondary", "primary"),
    "goal_state": ("draft", "active", "met", "not_met", "removed"),
    "horizon": ("short", "long"),
    "meeting_kind": ("initial", "annual", "interim", "student_requested", "transition", "student_led"),
    "origin": ("in_school", "out_of_school"),
    "pathway_state": (
        "idea",
        "proposed",
        "declined",
        "approved",
        "under_way",
        "completed",
        "validated",
        "withdrawn",
    ),
    "purpose": ("formative", "summative"),
    "review_outcome": ("met", "continue", "extend", "revise", "remove"),
    "revision_kind": ("initial", "interim", "annual", "transition"),
    "step_state": ("planned", "in_progress", "done", "changed", "dropped"),
    "transition_state": ("draft", "agreed", "handed_over"),
    "voice": ("student", "family", "teacher", "peer", "community"),
}
"""Groups whose ids tables and code know: a school may reword them, but neither add nor drop one."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "achievement_kind": (),
    "baseline_kind": (),
    "evidence_kind": (),
    "goal_area": (),
    "meeting_way": (),
    "outcome": (),
    # Those of whom a yearly revision needs one of each side.
    "participant_role": (
        *("student", "family", "advocate"),
        *("advisor", "teacher", "counselor", "case_manager", "administrator"),
    ),
    # What a student designs herself.
    "pathway_type": ("own_design",),
    "post_option": (),
    "profile_group": (),
    "profile_kind": (),
    "progress": (),
    "reason": (),
    # Each of these is what a row begins as.
    "reflection_form": ("journal",),
    "reflection_mode": ("written",),
    "step_kind": ("activity",),
    "support_level": (),
    "support_paper": (),
    "supporter_role": (),
    "transition_kind": ("other",),
}
"""Groups that a school may fill as it likes, and ids that must be among them."""

GROUPS = (*FIXED, *NEEDED)

SHORT_GROUPS = (
    *("meeting_way", "participant_role", "progress"),
    *("reflection_form", "reflection_mode", "support_level"),
)
"""Groups whose ids stand in columns of 20 characters; those of all others have room for 40."""
_ID = re.compile(r"[a-z][a-z0-9_]*")

_COMMON = {"id", "title", "about", "ask", "example", "valid_from", "valid_to"}


@dataclass(frozen=True)
class Kind:
    """One code with its words."""

    id: str
    title: Texts
    about: Texts | None = None
    ask: Texts | None = None
    """The question that a student answers; every kind of profile entry has one."""
    example: Texts | None = None
    """One short answer to it."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What only this group has, such as ``share`` of a progress."""
    valid_from: date | None = None
    valid_to: date | None = None
    """The last day on which it may be chosen."""

    def is_valid(self, on: date) -> bool:
        """Say whether it may be chosen on that day."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )


@dataclass(frozen=True)
class Kinds:
    """The whole vocabulary."""

    groups: Mapping[str, Mapping[str, Kind]]

    def of(self, group: str) -> Mapping[str, Kind]:
        """Return id -> kind of one of ``GROUPS``, in the order in which pages show them."""
        return self.groups[group]

    def title(self, group: str, key: str, locale: str) -> str:
        """Return a code's words; an old plan may hold one that is no longer listed, which stands for itself."""
        kind = self.groups[group].get(key)
        return in_language(kind.title, locale) if kind else key

    def choices(self, group: str, on: date | None = None) -> tuple[Kind, ...]:
        """Return what may be chosen on a day; without a day, all there ever was."""
        return tuple(kind for kind in self.groups[group].values() if on is None or kind.is_valid(on))


@cache
def load_kinds(config_folder: Path) -> Kinds:
    """Read the vocabulary from ``<config_folder>/plan/kinds.toml``; once per process.

    :raise ValueError: naming file and entry, when the data are not complete.
    """
    data = read_data(config_folder / "plan", "kinds")
    if unknown := sorted(set(data) - set(GROUPS)):
        raise ValueError(f"{FILE}: no such groups: {', '.join(unknown)}")
    groups = {group: _group(data, group) for group in GROUPS}
    for kind in groups["profile_kind"].values():
        _require_known(kind, "group", groups["profile_group"])
        _require_known(kind, "audience", groups["audience"])
    return Kinds(groups)


def _group(data: Mapping[str, Any], group: str) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for entry in entries_of(data, group, FILE):
        kind = _kind(entry, group)
        if kind.id in kinds:
            raise ValueError(f"{FILE}, {group}: {kind.id} stands there twice")
        kinds[kind.id] = kind
    fixed = FIXED.get(group)
    if fixed and tuple(kinds) != fixed:
        raise ValueError(f"{FILE}, {group}: its ids must be {', '.join(fixed)}, in this order")
    missing = [key for key in NEEDED.get(group, ()) if key not in kinds]
    if missing or not kinds:
        raise ValueError(f"{FILE}, {group}: {', '.join(missing) or 'every entry'} is missing")
    return kinds


def longest_id(group: str) -> int:
    """Return how many characters an id of the group may have."""
    return 20 if group in SHORT_GROUPS else 40


def _kind(entry: Mapping[str, Any], group: str) -> Kind:
    key, where = id_of(entry, f"{FILE}, {group}")
    longest = longest_id(group)
    if len(key) > longest or not _ID.fullmatch(key):
        raise ValueError(f"{where}: an id has at most {longest} small letters, digits and _")
    kind = Kind(
        id=key,
        title=texts_of(entry, "title", where),
        about=texts_or_none(entry, "about", where),
        ask=texts_or_none(entry, "ask", where),
        example=texts_or_none(entry, "example", where),
        extra={name: value for name, value in entry.items() if name not in _COMMON},
        valid_from=_day(entry, "valid_from", where),
        valid_to=_day(entry, "valid_to", where),
    )
    if kind.valid_from and kind.valid_to and kind.valid_from > kind.valid_to:
        raise ValueError(f"{where}: valid_from is after valid_to")
    if group in _CHECKS:
        _CHECKS[group](kind, where)
    return kind


def _day(entry: Mapping[str, Any], name: str, where: str) -> date | None:
    day = entry.get(name)
    # TOML's times are dates as well in Python.
    if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
        raise ValueError(f"{where}: {name} must be a date such as 2024-06-30")
    return day


def _check_profile_kind(kind: Kind, where: str) -> None:
    if kind.ask is None or kind.example is None:
        raise ValueError(f"{where}: ask and example are missing")
    if not isinstance(kind.extra.get("asks_why", False), bool):
        raise ValueError(f"{where}: asks_why must be true or false")


def _check_goal_kind(kind: Kind, where: str) -> None:
    first, last = _number(kind, "first_grade", 12, where), _number(kind, "last_grade", 12, where)
    if first > last:
        raise ValueError(f"{where}: first_grade is above last_grade")


def _check_progress(kind: Kind, where: str) -> None:
    _number(kind, "share", 100, where)


_CHECKS: Mapping[str, Callable[[Kind, str], None]] = {
    "goal_kind": _check_goal_kind,
    "profile_kind": _check_profile_kind,
    "progress": _check_progress,
}


def _number(kind: Kind, name: str, highest: int, where: str) -> int:
    number = kind.extra.get(name)
    # True is a number as well in Python.
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= highest:
        raise ValueError(f"{where}: {name} must be a number from 0 to {highest}")
    return number


def _require_known(kind: Kind, name: str, known: Mapping[str, Kind]) -> None:
    if kind.extra.get(name) not in known:
        raise ValueError(f"{FILE}, profile_kind, {kind.id}: {name} must be one of {', '.join(known)}")
