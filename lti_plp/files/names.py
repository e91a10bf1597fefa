"""What a file is called: as its owner called it, cleaned; never part of a path."""

import unicodedata

from lti_plp.errors import BadInput
from lti_plp.files.kinds import Kind

LONGEST_NAME = 150

_TEXT_EXTENSIONS = frozenset({"txt", "md", "csv"})
"""All three are text to a reader of their bytes; the name says which program its owner meant."""


def clean_name(name: str) -> str:
    """Return ``name`` without marks that cannot be seen, among them those that turn the direction of reading.

    :raise BadInput: ``file_name`` when it names a place and not only a file.
    """
    if any(mark in name for mark in "/\\\0") or name.strip() in {".", ".."}:
        raise BadInput("A file's name holds no folders.", code="file_name")
    return visible_name(name)


def visible_name(name: str) -> str:
    """Return what another system calls a file as people may see it, and no longer than our own names."""
    # Categories Cc, Cf, Co and so on: "exe.fdp" can be made to read "pdf.exe".
    seen = (
        name
        if name.isascii() and name.isprintable()
        else "".join(
            mark for mark in unicodedata.normalize("NFC", name) if unicodedata.category(mark)[0] != "C"
        )
    )
    stem, dot, extension = seen.strip(" .").rpartition(".")
    longest = LONGEST_NAME - len(dot + extension)
    return stem[:longest] + dot + extension if dot and longest > 0 else seen.strip(" .")[:LONGEST_NAME]


def download_name(original: str, kind: Kind, otherwise: str) -> str:
    """Return the name of a download: with the extension of what the file is, whatever it was called."""
    stem, dot, extension = original.rpartition(".")
    if not dot:
        stem, extension = original, ""
    if not (kind.group == "text" and extension.lower() in _TEXT_EXTENSIONS):
        extension = kind.extension
    return f"{stem or otherwise}.{extension.lower()}"
