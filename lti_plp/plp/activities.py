"""Things to do in one's own plan that a teacher places: data of ``config/activities.toml``, read once and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lti_plp.plp.data_files import Texts, entries_of, id_of, read_data, texts_of
from lti_plp.plp.prompts import STEPS, Prompt, load_bank

PAGES = ("profile", "new_goal", "steps", "new_evidence", "progress", "conference", "transition")
"""Pages of the plan on which something is done."""

COUNTED = ("entry", "goal", "step", "evidence", "achievement", "meeting", "transition")
"""What shows that it was done: see ``lti_plp.plp.activity_work``."""


@dataclass(frozen=True)
class Activity:
    """One thing to do."""

    id: str
    kind: str
    """Step of the cycle."""
    page: str
    counts: str
    title: Texts
    about: Texts
    """For the teacher who chooses."""
    instructions: Texts
    task: Texts
    """What to do in the plan, in one sentence."""
    done: Texts
    """Names what was done, before the student's own words."""
    private: Texts
    """Stands for words that the student keeps to herself."""
    prompts: tuple[Prompt, ...]
    """Questions that go with it unless the teacher takes them out."""


@dataclass(frozen=True)
class PageLink:
    """A link that asks for nothing and opens a page."""

    id: str
    """As links carry it: one of ``lti_plp.lms.directory.PAGES``."""
    title: Texts
    about: Texts
    instructions: Texts


@cache
def load_page_links(config_folder: Path) -> Mapping[str, PageLink]:
    """Return id -> link, in the order of the file; read once per process.

    :raise ValueError: naming the entry, when the data are not complete.
    """
    file = "activities.toml"
    found: dict[str, PageLink] = {}
    for entry in entries_of(read_data(config_folder, "activities"), "link", file):
        key, where = id_of(entry, file)
        texts = {name: texts_of(entry, name, where) for name in ("title", "about", "instructions")}
        found[key] = PageLink(key, **texts)
    return found


@cache
def load_activities(config_folder: Path) -> Mapping[str, Activity]:
    """Return id -> activity, in the order of the file; read once per process.

    :raise ValueError: naming the entry, when the data are not complete.
    """
    file = "activities.toml"
    data, by_id = read_data(config_folder, "activities"), load_bank(config_folder).by_id
    private = texts_of(data, "private", file)
    found: dict[str, Activity] = {}
    for entry in entries_of(data, "activity", file):
        key, where = id_of(entry, file)
        if key in found or not key.isidentifier():
            raise ValueError(f"{where}: an id is a name of its own")
        for field, known in (("kind", STEPS), ("page", PAGES), ("counts", COUNTED)):
            if entry.get(field) not in known:
                raise ValueError(f"{where}: {field} must be one of {known}")
        names = entry.get("questions", [])
        if unknown := [str(name) for name in names if name not in by_id or by_id[name].kind == "tip"]:
            raise ValueError(f"{where}: no such questions: {', '.join(unknown)}")
        texts = {
            name: texts_of(entry, name, where) for name in ("title", "about", "instructions", "task", "done")
        }
        found[key] = Activity(
            id=key,
            kind=entry["kind"],
            page=entry["page"],
            counts=entry["counts"],
            private=private,
            prompts=tuple(by_id[name] for name in names),
            **texts,
        )
    return found
