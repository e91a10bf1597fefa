"""Short invented plans to look at and to compare: data of ``config/examples/``, read once and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lti_plp.plp.data_files import Texts, entries_of, read_data, texts_of

FORMATS = ("words", "table", "timeline")
"""Ways in which each is shown."""


@dataclass(frozen=True)
class ExampleStep:
    """One step of an example."""

    month: int
    text: Texts
    shows: Texts
    """What shows that it was done."""


@dataclass(frozen=True)
class ExamplePlan:
    """One example."""

    id: str
    name: Texts
    about: Texts
    goal: Texts
    why: Texts
    learned: Texts
    steps: tuple[ExampleStep, ...]
    """In the order of the school year."""


@cache
def load_examples(config_folder: Path) -> tuple[ExamplePlan, ...]:
    """Read every file of ``<config_folder>/examples``, in the order of their names; once per process.

    :raise ValueError: naming the file, when the data are not complete.
    """
    folder = config_folder / "examples"
    found = tuple(_example(path.stem, read_data(folder, path.stem)) for path in sorted(folder.glob("*.toml")))
    if not found:
        raise ValueError("examples: there is no example plan")
    return found


def _example(name: str, data: Mapping[str, Any]) -> ExamplePlan:
    file = f"examples/{name}.toml"
    texts = {key: texts_of(data, key, file) for key in ("name", "about", "goal", "why", "learned")}
    steps = tuple(_step(entry, file) for entry in entries_of(data, "step", file))
    if not steps:
        raise ValueError(f"{file}: it has no step")
    return ExamplePlan(id=name, steps=steps, **texts)


def _step(entry: Mapping[str, Any], file: str) -> ExampleStep:
    month = entry.get("month")
    if not isinstance(month, int) or isinstance(month, bool) or not 1 <= month <= 12:
        raise ValueError(f"{file}: month must be a number from 1 to 12")
    return ExampleStep(month, texts_of(entry, "text", file), texts_of(entry, "shows", file))
