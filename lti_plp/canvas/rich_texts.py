"""What people wrote in Canvas's editor, as plain text."""

from html.parser import HTMLParser

from lti_plp.plp.texts import one_line

_BLOCKS = frozenset(
    {"p", "div", "br", "li", "dt", "dd", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre"}
)
_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset({"script", "style", "template", "head", "title", "iframe", "object"})


class _Reader(HTMLParser):
    """Reads HTML aloud: its words, a line for each block, a blank between cells."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in _UNSEEN
        self._pause(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        self._pause(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data)

    def _pause(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag in _CELLS:
            self.pieces.append(" ")


def plain_text(html: str) -> str:
    """Return the words of HTML, line by line."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [one_line(line) for line in "".join(reader.pieces).split("\n")]
    return "\n".join(line for line in lines if line)


def text_in(value: object) -> str:
    """Return the words of HTML in one line; empty for anything that is no text."""
    return one_line(plain_text(value)) if isinstance(value, str) else ""


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many signs, with a mark where something is left out."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
