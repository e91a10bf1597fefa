"""Descriptions that Canvas's editor wrote, as plain text."""

from html.parser import HTMLParser

from lti_plp.plp.texts import one_line

_UNREAD = frozenset({"script", "style", "iframe", "object"})
_BREAKS = frozenset({"p", "br", "li", "div", "tr", "h1", "h2", "h3", "h4", "h5", "h6"})


class _Text(HTMLParser):
    """Keeps the words of a page, and where a line ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        self._unread += tag in _UNREAD
        if tag in _BREAKS:
            self.found.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        self._unread -= tag in _UNREAD and self._unread > 0
        if tag in _BREAKS:
            self.found.append(" ")

    def handle_data(self, data: str) -> None:
        """Take words."""
        if not self._unread:
            self.found.append(data)


def text_in(value: object) -> str:
    """Return the words of HTML in one line; empty for anything that is no text."""
    if not isinstance(value, str):
        return ""
    reader = _Text()
    reader.feed(value)
    reader.close()
    return one_line("".join(reader.found))


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many signs, with a mark where something is left out."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
