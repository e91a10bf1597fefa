"""Which language a page speaks: the platform's wish, else the browser's, else the default."""

from typing import Any

from babel.support import NullTranslations
from flask import Flask, current_app, g, request
from flask_babel import Babel, get_translations
from markupsafe import Markup

LOCALES = ("en", "es")
"""Languages that the pages are written in."""


def choose_locale() -> str:
    """Return one of :data:`LOCALES` for this request, and for the visit once it is known."""
    visit = g.get("visit")
    if "locale" not in g or (visit is not None and not g.get("locale_is_visits")):
        g.locale, g.locale_is_visits = _choose(visit), visit is not None
    return str(g.locale)


def _choose(visit: Any) -> str:
    wished = (visit.locale if visit else "").replace("_", "-").split("-")[0].lower()
    if wished in LOCALES:
        return str(wished)
    best = request.accept_languages.best_match(LOCALES)
    return best or str(current_app.config["BABEL_DEFAULT_LOCALE"])


def _catalog() -> NullTranslations:
    """Return this request's translations, looked up once: a page has some sixty texts."""
    catalog: NullTranslations | None = g.get("catalog")
    if catalog is None:
        catalog = g.catalog = get_translations()
    return catalog


def _gettext(text: str, **values: Any) -> Markup:
    translated = Markup(_catalog().ugettext(text))  # noqa: S704  our own texts
    return translated % values if values else translated


def _ngettext(one: str, many: str, num: int, **values: Any) -> Markup:
    translated = Markup(_catalog().ungettext(one, many, num))  # noqa: S704  our own texts
    return translated % {"num": num, **values}


def init_app(app: Flask) -> None:
    """Let templates speak."""
    Babel(app, locale_selector=choose_locale)
    # The extension's own functions look for locale and catalog anew with every text.
    app.jinja_env.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext)
