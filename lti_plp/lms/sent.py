"""What the newest attempt at a piece of coursework consists of, as an LMS tells it: names of files, no addresses.

It stands in the row of the result as one short text, always written the same way: thousands of results are compared and
stored at once, and whether two are the same is then one comparison of texts.
"""

import json
from dataclasses import dataclass

from lti_plp.lms.gateway import HandedInFile

MOST_FILES = 20
"""Files that are named; of more, only how many there are."""


@dataclass(frozen=True)
class Sent:
    """What was handed in."""

    kind: str
    """``files``, ``text``, ``link`` or ``recording``."""
    files: tuple[HandedInFile, ...] = ()
    count: int = 0
    """How many files there are."""

    @property
    def unnamed(self) -> int:
        """How many files there are besides those that are named."""
        return self.count - len(self.files)


def written(sent: Sent) -> str:
    """Return it as it is kept with a result; what is beyond :data:`MOST_FILES` is counted only."""
    files = [(one.id, one.name, one.size, one.content_type) for one in sent.files[:MOST_FILES]]
    return json.dumps((sent.kind, sent.count, files), ensure_ascii=False, separators=(",", ":"))


def read_sent(text: str) -> Sent | None:
    """Return what :func:`written` wrote; ``None`` where nothing was told."""
    if not text:
        return None
    kind, count, files = json.loads(text)
    return Sent(kind, tuple(HandedInFile(*one) for one in files), count)
