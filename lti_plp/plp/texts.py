"""Texts that people type, made fit for every database."""

import re

_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters but tab and line ends, and halves of surrogate pairs.

PostgreSQL stores neither NUL nor lone surrogates, and a control character means nothing in what a person wrote.
"""


def storable(text: str) -> str:
    """Return ``text`` without what cannot be stored, and with one kind of line end."""
    return _UNSTORABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return ``text`` as one storable line, without blanks around it."""
    return " ".join(storable(text).split())
