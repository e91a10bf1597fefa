"""Pages of the REST interface: a ``Link`` header whose addresses only the LMS understands.

``page=`` is a bookmark: where the last page ended, so that what is added meanwhile moves nothing. ``rel="next"`` is
there exactly when something may follow. Two oddities that real schools show can be switched on through test control:
the addresses name another host than the one that was asked, and every so often a page is empty though more follows.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request

from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.store import setting

DEFAULT_SIZE = 10
LARGEST_SIZE = 100
_PREFIX = "bookmark:"


@dataclass(frozen=True)
class Window:
    """Which part of a list is asked for."""

    after: list[Any]
    """Key of the last row of the page before; empty at the beginning."""
    size: int
    number: int
    """How many pages came before."""
    rested: bool = False
    """An empty page was given in this place already."""


@dataclass(frozen=True)
class Listed:
    """One page; ``following`` is the key of its last row when something may follow."""

    body: Any
    window: Window
    following: list[Any] | None
    rested: bool = False


class BadBookmark(Exception):
    """A page is asked for that was never handed out."""


def asked() -> Window:
    """Return the part that this request asks for.

    :raise BadBookmark: when it names a page that was not handed out.
    """
    wanted = request.args.get("per_page", "")
    size = min(int(wanted), LARGEST_SIZE) if wanted.isdecimal() and int(wanted) > 0 else DEFAULT_SIZE
    page = request.args.get("page", "first")
    if page in {"first", "1"}:
        return Window([], size, 0)
    try:
        if not page.startswith(_PREFIX):
            raise ValueError(page)
        text = page.removeprefix(_PREFIX)
        after, number, rested = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return Window(list(after), size, int(number), bool(rested))
    except (ValueError, TypeError) as problem:
        raise BadBookmark(page) from problem


def listed(rows: Sequence[Any], window: Window, key: Any, show: Any) -> Listed:
    """Return a page of rows of which one more than its size was fetched; ``show`` makes JSON of one."""
    page = rows[: window.size]
    following = key(page[-1]) if len(rows) > window.size else None
    return Listed([show(row) for row in page], window, following)


def part_of(everything: Sequence[Any], show: Any) -> Listed:
    """Return a page of a list that is short enough to be at hand as a whole."""
    window = asked()
    start = int(window.after[0]) if window.after else 0
    page = everything[start : start + window.size]
    following = [start + window.size] if start + window.size < len(everything) else None
    return Listed([show(one) for one in page], window, following)


def skipped() -> Listed | None:
    """Return an empty page when test control asked for one in this place."""
    every = int(setting(database(), "empty_page_every", "0"))
    if not every:
        return None
    window = asked()
    if window.rested or window.number % every or not window.number:
        return None
    return Listed([], window, window.after, rested=True)


def link_header(page: Listed) -> str:
    """Return the ``Link`` header of a page."""
    window = page.window
    here = request.args.get("page", "first")
    links = [("current", here)]
    if page.following is not None:
        links.append(("next", _bookmark(page.following, window.number + (not page.rested), page.rested)))
    links.append(("first", "first"))
    return ",".join(f'<{_address(target, window.size)}>; rel="{name}"' for name, target in links)


def _bookmark(after: list[Any], number: int, rested: bool) -> str:
    text = json.dumps([after, number, int(rested)], separators=(",", ":")).encode()
    return _PREFIX + base64.urlsafe_b64encode(text).decode().rstrip("=")


def _address(page: str, size: int) -> str:
    base = setting(database(), "link_base") or lms().base_url
    others = [
        (name, value) for name, value in request.args.items(multi=True) if name not in {"page", "per_page"}
    ]
    query = urlencode([*others, ("page", page), ("per_page", size)], safe=":")
    return f"{base}{request.path}?{query}"
