"""Texts for adults that a school may change: letters to families, an explainer for everybody, a prompt for planning.

Data of ``config/explainers.toml`` and ``config/planning.toml``, read once and checked.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lti_plp.plp.data_files import Texts, entries_of, id_of, read_data, texts_of


@dataclass(frozen=True)
class Explainer:
    """A text to be copied."""

    id: str
    title: Texts
    """What it is for."""
    subject: Texts
    """Its own first line."""
    body: Texts
    """Paragraphs with an empty line between them."""


@dataclass(frozen=True)
class PlanningQuestion:
    """One question about where present work makes room for the plan."""

    id: str
    title: Texts
    ask: Texts
    example: Texts


@cache
def load_explainers(config_folder: Path) -> tuple[Explainer, ...]:
    """Return the texts in the order of the file.

    :raise ValueError: naming the entry, when the data are not complete.
    """
    file, found = "explainers.toml", []
    for entry in entries_of(read_data(config_folder, "explainers"), "text", file):
        key, where = id_of(entry, file)
        found.append(Explainer(key, *(texts_of(entry, name, where) for name in ("title", "subject", "body"))))
    return tuple(found)


@cache
def load_planning(config_folder: Path) -> tuple[PlanningQuestion, ...]:
    """Return the questions in the order of the file.

    :raise ValueError: naming the entry, when the data are not complete.
    """
    file, found = "planning.toml", []
    for entry in entries_of(read_data(config_folder, "planning"), "question", file):
        key, where = id_of(entry, file)
        texts = (texts_of(entry, name, where) for name in ("title", "ask", "example"))
        found.append(PlanningQuestion(key, *texts))
    return tuple(found)
