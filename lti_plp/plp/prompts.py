"""The question bank and the ready-made sets: data of ``config/prompts/``, read once and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lti_plp.plp.data_files import Texts, entries_of, id_of, in_language, read_data, texts_of

AUDIENCES = ("student", "adult")
STEPS = ("profile", "goals", "action", "work", "assess", "reflect", "revise")
"""The process cycle, in order; one file each."""
KINDS = ("question", "tip", "self_evaluation")
LAYOUTS = ("one", "all")
SET_SIZE = range(3, 6)
"""How many questions a ready-made set may have: more than that is no two-minute choice."""


@dataclass(frozen=True)
class Prompt:
    """One question, tip or self-evaluation prompt."""

    id: str
    step: str
    kind: str
    """``question``, ``tip`` or ``self_evaluation``."""
    texts: Mapping[str, Texts]
    """Audience -> locale -> text."""

    def text(self, audience: str, locale: str) -> str:
        """Return the wording for ``student`` or ``adult``."""
        return in_language(self.texts[audience], locale)


@dataclass(frozen=True)
class Step:
    """One step of the cycle with its prompts, in order."""

    id: str
    title: Texts
    about: Texts
    prompts: tuple[Prompt, ...]


@dataclass(frozen=True)
class PromptSet:
    """A ready-made reflection."""

    id: str
    kind: str
    title: Texts
    about: Texts
    instructions: Texts
    layout: str
    """``one`` question at a time, or ``all`` on one page."""
    prompts: tuple[Prompt, ...]


@dataclass(frozen=True)
class PromptBank:
    """Everything a teacher can choose from."""

    steps: tuple[Step, ...]
    sets: tuple[PromptSet, ...]
    by_id: Mapping[str, Prompt]


@cache
def load_bank(config_folder: Path) -> PromptBank:
    """Read the bank from ``<config_folder>/prompts``; once per process.

    :raise ValueError: naming file and entry, when the data are not complete.
    """
    folder = config_folder / "prompts"
    steps = tuple(_step(folder, name) for name in STEPS)
    by_id: dict[str, Prompt] = {}
    for step in steps:
        for prompt in step.prompts:
            if prompt.id in by_id:
                raise ValueError(f"{step.id}.toml: {prompt.id} stands in the bank twice")
            by_id[prompt.id] = prompt
    sets = tuple(_set(entry, by_id) for entry in entries_of(read_data(folder, "sets"), "set", "sets.toml"))
    if len({one.id for one in sets}) != len(sets):
        raise ValueError("sets.toml: an id stands there twice")
    return PromptBank(steps, sets, by_id)


def _step(folder: Path, name: str) -> Step:
    file, data = f"{name}.toml", read_data(folder, name)
    prompts = tuple(
        _prompt(entry, name, kind, file) for kind in KINDS for entry in entries_of(data, kind, file)
    )
    return Step(name, texts_of(data, "title", file), texts_of(data, "about", file), prompts)


def _prompt(entry: dict[str, Any], step: str, kind: str, file: str) -> Prompt:
    key, where = id_of(entry, file)
    return Prompt(key, step, kind, {audience: texts_of(entry, audience, where) for audience in AUDIENCES})


def _set(entry: dict[str, Any], by_id: Mapping[str, Prompt]) -> PromptSet:
    key, where = id_of(entry, "sets.toml")
    names, kind, layout = entry.get("questions"), entry.get("kind"), entry.get("layout")
    if not isinstance(names, list) or len(names) not in SET_SIZE or len(set(names)) != len(names):
        raise ValueError(f"{where}: questions must name {SET_SIZE[0]} to {SET_SIZE[-1]} different ones")
    if unknown := [str(name) for name in names if name not in by_id or by_id[name].kind == "tip"]:
        raise ValueError(f"{where}: no such questions: {', '.join(unknown)}")
    if kind not in STEPS or layout not in LAYOUTS:
        raise ValueError(f"{where}: kind must be one of {STEPS}, layout one of {LAYOUTS}")
    return PromptSet(
        id=key,
        kind=kind,
        title=texts_of(entry, "title", where),
        about=texts_of(entry, "about", where),
        instructions=texts_of(entry, "instructions", where),
        layout=layout,
        prompts=tuple(by_id[name] for name in names),
    )
