"""How names and words are put in order and searched: without case and accents."""

import unicodedata


def plain(text: str) -> str:
    """Return a text without case and accents, so that Álvarez stands beside Alvarado."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
