"""Addresses of pages for templates: each kind of address is built once by the router, then only filled in.

A page of a plan has some forty addresses, which cost the router a fifth of the time that the page takes.
"""

from functools import lru_cache
from typing import Any

import flask
from flask import Flask, current_app, g, request

_HANDLE = "0handle0"
_TEXT = "0text{}0"
_NUMBER = 90_071_992_547_400
"""The numbers from here on, and the texts above, stand in a pattern where a value belongs."""


def address_of(endpoint: str, **values: Any) -> str:
    """Return what :func:`flask.url_for` does."""
    if not all(_is_plain(name, value) for name, value in values.items()):
        return flask.url_for(endpoint, **values)
    is_text = tuple((name, isinstance(value, str)) for name, value in values.items())
    pattern = _pattern(id(current_app.url_map), request.script_root, endpoint, is_text)
    if pattern is None:
        return flask.url_for(endpoint, **values)
    for place, value in enumerate(values.values()):
        pattern = pattern.replace(_stand_in(place, isinstance(value, str)), str(value))
    return pattern.replace(_HANDLE, g.handle_for_urls) if "handle_for_urls" in g else pattern


def _is_plain(name: str, value: Any) -> bool:
    """Whether a value looks in an address as it does here."""
    if name.startswith("_"):
        return False
    if isinstance(value, str):
        # Digits may be meant for a place where the router wants a number.
        return value.isascii() and not value.isdigit() and value.replace("-", "a").replace("_", "a").isalnum()
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _stand_in(place: int, is_text: bool) -> str:
    return _TEXT.format(place) if is_text else str(_NUMBER + place)


@lru_cache(maxsize=1000)
def _pattern(_url_map: int, _root: str, endpoint: str, is_text: tuple[tuple[str, bool], ...]) -> str | None:
    values: dict[str, Any] = {}
    for place, (name, text) in enumerate(is_text):
        values[name] = _stand_in(place, text) if text else _NUMBER + place
    if "handle_for_urls" in g and current_app.url_map.is_endpoint_expecting(endpoint, "handle"):
        values["handle"] = _HANDLE
    try:
        return flask.url_for(endpoint, **values)
    except ValueError:
        # The place takes one of a few words only, and no other can stand in for them.
        return None


def init_app(app: Flask) -> None:
    """Let templates use it under the name that they know."""
    app.jinja_env.globals["url_for"] = address_of
