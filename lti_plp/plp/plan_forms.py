"""The form of a plan: which elements it has, in which order, under which names; and its file."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lti_plp.errors import NotFound
from lti_plp.plp.data_files import LOCALES, Texts, entries_of, id_of, texts_of, texts_or_none
from lti_plp.plp.kinds import Kind, Kinds, load_kinds
from lti_plp.plp.texts import one_line

CRITICAL = ("information", "profile", "goals", "steps")
"""Elements that every plan has; a school may rename and reorder them, but not leave one out."""
ELEMENTS = (*CRITICAL, "evidence", "reflections", "revisions", "transition")
OWN = "own:"
"""How the id of an element begins that a school added."""
_OWN_ID = re.compile(r"own:[a-z0-9]+(-[a-z0-9]+)*")

HIGHEST_GRADE = 12
MAX_NAME, MAX_TITLE, MAX_ABOUT, MAX_ELEMENTS = 80, 80, 300, 30
MAX_OWN_ID = 60
"""As long as the column of profile entries, whose kind it is."""


@dataclass(frozen=True)
class Element:
    """One part of the plan, as this school calls it."""

    id: str
    title: Texts
    about: Texts | None = None
    profile_kinds: tuple[str, ...] = ()
    """Of the profile: which kinds are asked; empty for all."""
    goal_kinds: tuple[str, ...] = ()
    """Of the goals: which kinds there are; empty for all."""

    @property
    def is_own(self) -> bool:
        """Whether the school added it; it holds profile entries whose kind is its id."""
        return self.id.startswith(OWN)

    def as_data(self) -> dict[str, Any]:
        """Return what is stored and written to files; what is empty is left out."""
        values: dict[str, Any] = {
            "id": self.id,
            "title": dict(self.title),
            "about": dict(self.about) if self.about else None,
            "profile_kinds": list(self.profile_kinds),
            "goal_kinds": list(self.goal_kinds),
        }
        return {name: value for name, value in values.items() if value}


def stored_element(data: Mapping[str, Any]) -> Element:
    """Return an element as ``Element.as_data`` gave it."""
    return Element(
        id=data["id"],
        title=data["title"],
        about=data.get("about"),
        profile_kinds=tuple(data.get("profile_kinds", ())),
        goal_kinds=tuple(data.get("goal_kinds", ())),
    )


@dataclass(frozen=True)
class PlanForm:
    """The form that a plan has now."""

    name: str
    version: int | None
    """Number of the school's version; ``None`` for a form that comes with the product."""
    elements: tuple[Element, ...]
    """In the order of the page."""
    version_id: int | None = None
    """Key of that version, which feedback refers to."""

    def has(self, element_id: str) -> bool:
        """Say whether the plan has this element."""
        return any(one.id == element_id for one in self.elements)

    def element(self, element_id: str) -> Element:
        """Return the element of that id.

        :raise NotFound: when this form leaves it out.
        """
        for one in self.elements:
            if one.id == element_id:
                return one
        raise NotFound("This plan has no such element.", code="element_unknown")

    def profile_kinds(self, kinds: Kinds) -> tuple[Kind, ...]:
        """Return the kinds of profile entries that are asked, in the order of the vocabulary."""
        return _chosen(kinds, "profile_kind", self.element("profile").profile_kinds)

    def goal_kinds(self, kinds: Kinds) -> tuple[Kind, ...]:
        """Return the kinds of goals that there are, in the order of the vocabulary."""
        return _chosen(kinds, "goal_kind", self.element("goals").goal_kinds)


def _chosen(kinds: Kinds, group: str, ids: Sequence[str]) -> tuple[Kind, ...]:
    return tuple(kind for kind in kinds.of(group).values() if not ids or kind.id in ids)


@dataclass(frozen=True)
class FormDraft:
    """Everything that makes a form, for a band of grades; 0 is kindergarten."""

    name: str
    first_grade: int
    last_grade: int
    elements: tuple[Element, ...]

    def covers(self, grade: int) -> bool:
        """Say whether the form is for this grade."""
        return self.first_grade <= grade <= self.last_grade

    def problems(self) -> dict[str, str]:
        """Return what is wrong, as field -> stable name of the problem; empty when all is well."""
        return dict(self._problems())

    def _problems(self) -> Iterator[tuple[str, str]]:
        if not self.name or one_line(self.name) != self.name:
            yield "name", "missing"
        elif len(self.name) > MAX_NAME:
            yield "name", "too_long"
        if not 0 <= self.first_grade <= self.last_grade <= HIGHEST_GRADE:
            yield "grades", "out_of_range"
        if len(self.elements) > MAX_ELEMENTS:
            yield "elements", "too_many"
        ids = [element.id for element in self.elements]
        for element_id in CRITICAL:
            if element_id not in ids:
                yield element_id, "missing"
        for number, element in enumerate(self.elements):
            if problem := _problem(element, ids[:number]):
                yield f"element_{number}", problem


def _problem(element: Element, before: Sequence[str]) -> str | None:
    if element.id in before:
        return "twice"
    if element.id not in ELEMENTS and not _is_own_id(element.id):
        return "unknown"
    if not _is_fit(element.title, MAX_TITLE):
        return "title"
    if element.about is not None and not _is_fit(element.about, MAX_ABOUT):
        return "about"
    if element.profile_kinds and element.id != "profile":
        return "profile_kinds"
    if element.goal_kinds and element.id != "goals":
        return "goal_kinds"
    return None


def _is_own_id(text: str) -> bool:
    return len(text) <= MAX_OWN_ID and _OWN_ID.fullmatch(text) is not None


def _is_fit(texts: Texts, longest: int) -> bool:
    return set(texts) == set(LOCALES) and all(
        0 < len(text) <= longest and one_line(text) == text for text in texts.values()
    )


_SAYS = {
    "about": f"about must be one line of at most {MAX_ABOUT} characters",
    "goal_kinds": "only the goals have goal_kinds",
    "missing": "is missing",
    "out_of_range": f"must be from 0 to {HIGHEST_GRADE}, the first not above the last",
    "profile_kinds": "only the profile has profile_kinds",
    "title": f"title must be one line of at most {MAX_TITLE} characters",
    "too_long": f"must have at most {MAX_NAME} characters",
    "too_many": f"must be at most {MAX_ELEMENTS}",
    "twice": "stands there twice",
    "unknown": f"must be one of {', '.join(ELEMENTS)}, or own: with small letters, digits and hyphens",
}


def read_form(text: str, file: str, kinds: Kinds) -> FormDraft:
    """Return the form that a TOML file describes; ``file`` is how messages name it.

    :raise ValueError: naming file and entry, when something is missing or wrong.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ValueError(f"{file} cannot be read: {problem}") from problem
    if unknown := sorted(set(data) - {"name", "first_grade", "last_grade", "element"}):
        raise ValueError(f"{file}: there is no such thing as {', '.join(unknown)}")
    if not isinstance(data.get("name"), str):
        raise ValueError(f"{file}: name is missing")
    first, last = _grade(data, "first_grade", file), _grade(data, "last_grade", file)
    elements = tuple(_element(entry, file, kinds) for entry in entries_of(data, "element", file))
    draft = FormDraft(data["name"], first, last, elements)
    for field, problem_name in draft.problems().items():
        number = field.removeprefix("element_")
        subject = elements[int(number)].id if number.isdigit() else field
        raise ValueError(f"{file}, {subject}: {_SAYS[problem_name]}")
    return draft


def _grade(data: Mapping[str, Any], name: str, file: str) -> int:
    grade = data.get(name)
    # True is a number as well in Python.
    if not isinstance(grade, int) or isinstance(grade, bool):
        raise ValueError(f"{file}: {name} must be a number")
    return grade


def _element(entry: Mapping[str, Any], file: str, kinds: Kinds) -> Element:
    key, where = id_of(entry, file)
    if unknown := sorted(set(entry) - {"id", "title", "about", "profile_kinds", "goal_kinds"}):
        raise ValueError(f"{where}: there is no such thing as {', '.join(unknown)}")
    return Element(
        id=key,
        title=texts_of(entry, "title", where),
        about=texts_or_none(entry, "about", where),
        profile_kinds=_ids(entry, "profile_kinds", kinds.of("profile_kind"), where),
        goal_kinds=_ids(entry, "goal_kinds", kinds.of("goal_kind"), where),
    )


def _ids(entry: Mapping[str, Any], name: str, known: Mapping[str, Kind], where: str) -> tuple[str, ...]:
    ids = entry.get(name, [])
    if not isinstance(ids, list) or not all(isinstance(one, str) and one in known for one in ids):
        raise ValueError(f"{where}: {name} must be a list of {', '.join(known)}")
    if name in entry and not ids:
        raise ValueError(f"{where}: {name} is empty; leave it out to have all")
    return tuple(ids)


def written_form(draft: FormDraft) -> str:
    """Return the TOML text that ``read_form`` reads."""
    lines = [
        f"name = {_quoted(draft.name)}",
        f"first_grade = {draft.first_grade}",
        f"last_grade = {draft.last_grade}",
    ]
    for element in draft.elements:
        lines += ["", "[[element]]"]
        for name, value in element.as_data().items():
            if isinstance(value, dict):
                lines += [f"{name}.{locale} = {_quoted(value[locale])}" for locale in LOCALES]
            else:
                lines.append(f"{name} = {_quoted(value)}")
    return "\n".join(lines) + "\n"


def _quoted(value: str | list[str]) -> str:
    """Return a text or a list of texts as TOML has it, which for storable texts is as JSON has it."""
    return json.dumps(value, ensure_ascii=False)


SHIPPED = ("standard", "light")
"""Names of the forms that come with the product, the one for unknown grades first."""


def shipped_form(config_folder: Path, grade: int | None) -> PlanForm:
    """Return the form that comes with the product for a grade.

    :raise ValueError: naming file and entry, when its file is not complete.
    """
    drafts = shipped_drafts(config_folder)
    fitting = [one for one in drafts if grade is not None and one.covers(grade)]
    chosen = (fitting or drafts)[0]
    return PlanForm(chosen.name, None, chosen.elements)


@cache
def shipped_drafts(config_folder: Path) -> tuple[FormDraft, ...]:
    """Read the forms of ``<config_folder>/plan/templates``, in the order of ``SHIPPED``; once per process.

    :raise ValueError: naming file and entry, when one is not complete.
    """
    kinds = load_kinds(config_folder)
    return tuple(_shipped(config_folder / "plan" / "templates", name, kinds) for name in SHIPPED)


def _shipped(folder: Path, name: str, kinds: Kinds) -> FormDraft:
    file = f"{name}.toml"
    try:
        text = (folder / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ValueError(f"{file} cannot be read: {problem}") from problem
    draft = read_form(text, file, kinds)
    if draft.name != name:
        raise ValueError(f"{file}: its name must be {name}")
    return draft
