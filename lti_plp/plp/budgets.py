"""How long each act with a plan may take: data of ``config/budgets.toml``, read once and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lti_plp.plp.data_files import Texts, entries_of, id_of, read_data, texts_of, texts_or_none
from lti_plp.plp.time_spent import MEASURED

FILE = "budgets.toml"


@dataclass(frozen=True)
class Budget:
    """One act, and the time it may take."""

    id: str
    title: Texts
    about: Texts
    """How it is measured, or why it is not yet."""
    seconds: int | None
    """``None`` where nobody set a limit."""
    is_measured: bool


@cache
def load_budgets(config_folder: Path) -> Mapping[str, Budget]:
    """Return id -> act, in the order of the file; read once per process.

    :raise ValueError: naming the entry, when the data are not complete.
    """
    found: dict[str, Budget] = {}
    for entry in entries_of(read_data(config_folder, "budgets"), "act", FILE):
        key, where = id_of(entry, FILE)
        seconds = entry.get("seconds")
        if seconds is not None and not (isinstance(seconds, int) and seconds >= 0):
            raise ValueError(f"{where}: seconds must be a whole number")
        why_not = texts_or_none(entry, "not_measured", where)
        if key in found or (key in MEASURED) is (why_not is not None):
            raise ValueError(f"{where}: an act is there once, and says why exactly when it is not measured")
        about = why_not or texts_of(entry, "about", where)
        found[key] = Budget(key, texts_of(entry, "title", where), about, seconds, why_not is None)
    if missing := set(MEASURED) - set(found):
        raise ValueError(f"{FILE}: {', '.join(sorted(missing))} is missing")
    return found
