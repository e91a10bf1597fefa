"""What all data files of ``config/`` have in common: TOML, entries with ids, texts in every language."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LOCALES = ("en", "es")

Texts = Mapping[str, str]
"""Locale -> text."""


def in_language(texts: Texts, locale: str) -> str:
    """Return the text for a locale such as ``es-MX``, else the English one."""
    return texts.get(locale.replace("_", "-").split("-")[0].lower()) or texts["en"]


def read_data(folder: Path, name: str) -> dict[str, Any]:
    """Return what ``<folder>/<name>.toml`` holds.

    :raise ValueError: naming the file, when it cannot be read.
    """
    try:
        with (folder / f"{name}.toml").open("rb") as file:
            return tomllib.load(file)
    # A file in another encoding than UTF-8 is a ValueError of its own.
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ValueError(f"{name}.toml cannot be read: {problem}") from problem


def entries_of(data: Mapping[str, Any], name: str, file: str) -> list[dict[str, Any]]:
    """Return the entries written as ``[[name]]``; none when there are none.

    :raise ValueError: naming the file, when ``name`` is written in another way.
    """
    entries = data.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{file}: {name} must be written as [[{name}]]")
    return entries


def id_of(entry: Mapping[str, Any], file: str) -> tuple[str, str]:
    """Return an entry's id, and how messages name it.

    :raise ValueError: when it has none.
    """
    key = entry.get("id")
    if not isinstance(key, str) or not key:
        raise ValueError(f"{file}: an entry has no id")
    return key, f"{file}, {key}"


def texts_of(entry: Mapping[str, Any], name: str, where: str) -> Texts:
    """Return an entry's text of that name, in every language.

    :raise ValueError: when a language is missing or too many, or a text is empty or has blanks around it.
    """
    texts = entry.get(name)
    if not isinstance(texts, dict) or set(texts) != set(LOCALES):
        raise ValueError(f"{where}: {name} needs a text in {' and '.join(LOCALES)}, and in no other language")
    if not all(isinstance(text, str) and text.strip() == text != "" for text in texts.values()):
        raise ValueError(f"{where}: {name} has a text that is empty or has blanks around it")
    return texts


def texts_or_none(entry: Mapping[str, Any], name: str, where: str) -> Texts | None:
    """Return an entry's text of that name, or ``None`` when it has no such text.

    :raise ValueError: when it has one that is not complete.
    """
    return texts_of(entry, name, where) if name in entry else None
