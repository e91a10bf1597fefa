"""Templates, compiled once for each language: fixed texts are translated then, not each time a page is made.

A page has some sixty texts. Looking each of them up while it is rendered cost a student's page more than everything
else that its template does.
"""

import re
from collections.abc import Callable
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, request
from flask.templating import Environment
from jinja2 import nodes
from jinja2.visitor import NodeTransformer
from werkzeug.local import LocalProxy

from lti_plp.views.language import LOCALES, choose_locale
from lti_plp.views.moments import month_of
from lti_plp.views.security import csp_nonce

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


class _FixedCalls(NodeTransformer):
    """Replaces calls whose result never changes by that result."""

    def __init__(self, functions: dict[str, Callable[[str], str]]) -> None:
        self._functions = functions

    def visit_Output(self, output: nodes.Output) -> nodes.Node:  # noqa: N802  named by Jinja
        """Write the parts of a filled-in text one after the other, which is quicker than joining them first."""
        self.generic_visit(output)
        parts: list[nodes.Expr] = []
        for node in output.nodes:
            parts += node.nodes if isinstance(node, nodes.Concat) else [node]
        output.nodes = parts
        return output

    def visit_Call(self, call: nodes.Call) -> nodes.Node:  # noqa: N802  named by Jinja
        self.generic_visit(call)
        function = self._functions.get(call.node.name) if isinstance(call.node, nodes.Name) else None
        if function is None or call.dyn_args or call.dyn_kwargs:
            return call
        if len(call.args) != 1 or not isinstance(call.args[0], nodes.Const):
            return call
        text = str(function(call.args[0].value))
        if not call.kwargs:
            return _fixed(text)
        return _filled_in(text, {value.key: value.value for value in call.kwargs})


def _fixed(text: str) -> nodes.MarkSafe:
    # Our own texts and addresses, which hold no characters to escape, or hold markup on purpose.
    return nodes.MarkSafe(nodes.Const(text))


def _filled_in(text: str, values: dict[str, nodes.Expr]) -> nodes.Concat:
    """Return a text with its ``%(name)s`` filled in; values are escaped when the page is made."""
    pieces = _PLACEHOLDER.split(text)
    parts: list[nodes.Expr] = []
    for fixed, name in zip_longest(pieces[::2], pieces[1::2]):
        parts.append(_fixed(fixed.replace("%%", "%")))
        if name:
            parts.append(values[name])
    return nodes.Concat(parts)


class LanguageEnvironment(Environment):
    """Flask's Jinja environment; with ``fixed_functions`` it works out their calls while it compiles a template."""

    fixed_functions: dict[str, Callable[[str], str]] | None = None

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if self.fixed_functions is not None:
            tree = _FixedCalls(self.fixed_functions).visit(tree)
            # Nodes made above know no environment yet.
            tree.set_environment(self)
        return tree


def init_app(app: Flask) -> None:
    """Prepare an environment for each language; templates are compiled when they are first used."""
    folder = Path(app.root_path, app.config["BABEL_TRANSLATION_DIRECTORIES"])
    app.extensions["lti_plp_environments"] = {
        locale: _environment(app, locale, Translations.load(folder, [locale])) for locale in LOCALES
    }


def _environment(app: Flask, locale: str, catalog: NullTranslations) -> LanguageEnvironment:
    found = cast(LanguageEnvironment, app.jinja_env.overlay())
    # Macros know these without being imported "with context", which would build their template anew for each page.
    found.globals = {**app.jinja_env.globals, "page_locale": locale, "csp_nonce": LocalProxy(csp_nonce)}
    found.globals |= {"visit": LocalProxy(lambda: g.get("visit")), "request": request}
    found.globals["month"] = partial(month_of, locale=locale)
    asset = cast(Callable[[str], str], app.jinja_env.globals["asset"])
    found.fixed_functions = {"_": catalog.gettext, "gettext": catalog.gettext, "asset": asset}
    return found


def render_template(name: str, /, **values: Any) -> str:
    """Return a page in this request's language."""
    locale = choose_locale()
    environment: Environment = current_app.extensions["lti_plp_environments"][locale]
    known = {
        # An error page may be shown although nobody was recognised.
        "visit": g.get("visit"),
        "page_address": g.get("page_address"),
        "page_locale": locale,
        "csp_nonce": csp_nonce(),
        "request": request,
    }
    return environment.get_template(name).render(known | values)
