"""What Canvas's REST services write, read with care: numbers, and lists of objects."""

import re
from collections.abc import Mapping
from typing import Any

from lti_plp.lms.gateway import TryLater

Entry = Mapping[str, Any]
_NUMBER = re.compile(r"[0-9]{1,20}")


def entries_in(value: object) -> list[Entry]:
    """Return the objects of a list; none for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def number_in(entry: Entry, name: str) -> str | None:
    """Return a number by which Canvas names something; ``None`` where there is none."""
    value = entry.get(name)
    is_number = isinstance(value, int | str) and not isinstance(value, bool)
    return str(value) if is_number and _NUMBER.fullmatch(str(value)) else None


def needed_number(entry: Entry, name: str) -> str:
    """Return such a number.

    :raise TryLater: ``bad_answer`` when there is none.
    """
    found = number_in(entry, name)
    if found is None:
        raise TryLater("bad_answer")
    return found
