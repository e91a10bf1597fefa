"""Scales and frameworks that come with the tool: data of ``config/scales`` and ``config/frameworks``."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from lti_plp.errors import NotFound
from lti_plp.plp.data_files import Texts, entries_of, id_of, in_language, read_data, texts_of
from lti_plp.plp.growth.drafts import DraftProblems, FrameworkDraft
from lti_plp.plp.growth.framework_csv import read_framework, read_scales
from lti_plp.plp.growth.scales import Scale

FILE = "shipped.toml"


@dataclass(frozen=True)
class Shipped:
    """A framework that a district may take."""

    id: str
    titles: Texts
    notes: Texts
    scale: str
    """Title of the scale on which it is rated."""
    is_sample: bool
    """Its wording has to be checked against what a school adopted."""
    path: Path


@cache
def shipped_scales(folder: Path) -> Mapping[str, Scale]:
    """Return title -> scale, in the order of the file.

    :raise ValueError: naming the file, when it cannot be read.
    """
    file = folder / "scales" / "common.csv"
    try:
        return {one.title: one for one in read_scales(file.read_bytes())}
    except (OSError, DraftProblems) as problem:
        raise ValueError(f"{file.name}: {_told(problem)}") from problem


@cache
def shipped_frameworks(folder: Path) -> Mapping[str, Shipped]:
    """Return id -> framework, in the order of the file; each of them was read once to see that it can be.

    :raise ValueError: naming the file and what is wrong with it.
    """
    found: dict[str, Shipped] = {}
    for entry in entries_of(read_data(folder / "frameworks", "shipped"), "framework", FILE):
        key, where = id_of(entry, FILE)
        one = Shipped(
            key,
            texts_of(entry, "title", where),
            texts_of(entry, "note", where),
            str(entry.get("scale", "")),
            bool(entry.get("is_sample", True)),
            folder / "frameworks" / str(entry.get("file", "")),
        )
        if one.scale not in shipped_scales(folder):
            raise ValueError(f"{where}: there is no scale {one.scale}")
        try:
            _draft(one, folder, "en")
        except (OSError, DraftProblems) as problem:
            raise ValueError(f"{where}: {_told(problem)}") from problem
        found[key] = one
    return found


def shipped_draft(folder: Path, key: str, locale: str) -> FrameworkDraft:
    """Return a framework to be published, under the title in a language.

    :raise NotFound: ``framework_unknown`` when none of this id is shipped.
    """
    one = shipped_frameworks(folder).get(key)
    if one is None:
        raise NotFound("No such framework is shipped.", code="framework_unknown")
    return _draft(one, folder, locale)


def _draft(one: Shipped, folder: Path, locale: str) -> FrameworkDraft:
    scales = shipped_scales(folder)
    made = read_framework(one.path.read_bytes(), one.path.name, one.titles["en"], scales, scales[one.scale])
    guid = str(uuid5(NAMESPACE_URL, f"lti_plp shipped: {one.id}"))
    title = in_language(one.titles, locale)
    return replace(made, guid=guid, title=title, source="shipped", is_sample=one.is_sample)


def _told(problem: Exception) -> str:
    if isinstance(problem, DraftProblems):
        return "; ".join(f"{one.where}: {one.code} {one.about}".strip() for one in problem.problems)
    return str(problem)
