"""Addresses of pages for templates: each kind of address is built once by the router, then only filled in.

A page of a plan has some forty addresses, which cost the router a fifth of the time that the page takes.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import flask
from flask import Flask, current_app, g, request
from markupsafe import Markup, escape

_HANDLE = "0handle0"
_NUMBER = 90_071_992_547_400
"""The numbers from here on stand in a pattern where a number belongs."""
_LONGEST_WORD = 20


def address_of(endpoint: str, **values: Any) -> str:
    """Return what :func:`flask.url_for` does."""
    key: list[tuple[str, str | None]] = []
    numbers: list[tuple[str, str]] = []
    for name, value in values.items():
        if type(value) is int and value >= 0 and name[0] != "_":
            numbers.append((str(_NUMBER + len(key)), str(value)))
            key.append((name, None))
        elif isinstance(value, str) and _is_word(name, value):
            key.append((name, value))
        else:
            return flask.url_for(endpoint, **values)
    address = _pattern(id(current_app.url_map), request.script_root, endpoint, tuple(key))
    for stand_in, number in numbers:
        address = address.replace(stand_in, number)
    return address.replace(_HANDLE, g.handle_for_urls) if "handle_for_urls" in g else address


def address_by(endpoint: str, name: str, **values: int) -> Callable[[int], Markup]:
    """Return what gives the address of each of many things of one kind; ``name`` is the number in it.

    Other numbers of the address are the same for all.
    """
    # Not the first of the stand-ins, which may be another number's.
    number = _NUMBER + _LONGEST_WORD
    before, after = escape(address_of(endpoint, **{name: number, **values})).split(str(number))
    return lambda number: Markup(f"{before}{number:d}{after}")  # noqa: S704 - both halves are escaped


def _is_word(name: str, value: str) -> bool:
    """Whether a value is one of the few words that stand in addresses, such as a kind of item."""
    plain = value.isascii() and value.replace("_", "a").isalpha() and len(value) <= _LONGEST_WORD
    return plain and not name.startswith("_")


@lru_cache(maxsize=1000)
def _pattern(_url_map: int, _root: str, endpoint: str, key: tuple[tuple[str, str | None], ...]) -> str:
    """Return an address with stand-ins for handle and numbers; words are what they are."""
    values: dict[str, Any] = {
        name: _NUMBER + place if word is None else word for place, (name, word) in enumerate(key)
    }
    if "handle_for_urls" in g and current_app.url_map.is_endpoint_expecting(endpoint, "handle"):
        values["handle"] = _HANDLE
    return flask.url_for(endpoint, **values)


def init_app(app: Flask) -> None:
    """Let templates use it under the name that they know, and ask which pages there are."""
    app.jinja_env.globals.update(
        url_for=address_of, address_by=address_by, has_page=app.view_functions.__contains__
    )
