"""Addresses of pages for templates: each kind of address is built once by the router, then only filled in.

A page of a plan has some forty addresses, which cost the router a fifth of the time that the page takes.
"""

from functools import lru_cache
from typing import Any

import flask
from flask import Flask, current_app, g, request

_HANDLE = "0handle0"
_NUMBER = 90_071_992_547_400
"""The numbers from here on stand in a pattern where a number belongs."""
_LONGEST_WORD = 20


def address_of(endpoint: str, **values: Any) -> str:
    """Return what :func:`flask.url_for` does."""
    if not all(_is_plain(name, value) for name, value in values.items()):
        return flask.url_for(endpoint, **values)
    key = tuple((name, value if isinstance(value, str) else None) for name, value in values.items())
    address = _pattern(id(current_app.url_map), request.script_root, endpoint, key)
    for place, value in enumerate(values.values()):
        if not isinstance(value, str):
            address = address.replace(str(_NUMBER + place), str(value))
    return address.replace(_HANDLE, g.handle_for_urls) if "handle_for_urls" in g else address


def _is_plain(name: str, value: Any) -> bool:
    """Whether a value is a number, or one of the few words that stand in addresses, such as a kind of item."""
    if name.startswith("_"):
        return False
    if isinstance(value, str):
        return value.isascii() and value.replace("_", "a").isalpha() and len(value) <= _LONGEST_WORD
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


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
    app.jinja_env.globals.update(url_for=address_of, has_page=app.view_functions.__contains__)
