"""What pages of the plan send: forms and JSON, brought into the shape that the plan's editor checks."""

import re
from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from lti_plp.errors import BadInput
from lti_plp.plp.fields import Checklist, Choices, Flag, Papers, People, References
from lti_plp.plp.items import ItemKind
from lti_plp.views.links import number_in

_ROW = re.compile(r"(\w+)\.(\d{1,2})\.(name|role|how|text|done|kind|where)")


def fields_in_form(kind: ItemKind, form: MultiDict[str, str]) -> dict[str, Any]:
    """Return the fields of an item that a form sent; what it does not mention is left out.

    A list of boxes of which none is ticked sends nothing: a hidden field ``<name>_shown`` says that it was there.
    Lists of rows, such as people, come as ``<name>.<number>.name``, ``.role`` and ``.how``.
    """
    rows = _rows(form)
    values: dict[str, Any] = {}
    for name, one in kind.fields.items():
        if name in kind.settled:
            continue
        if isinstance(one, People | Checklist | Papers):
            if name in rows:
                values[name] = rows[name]
        elif isinstance(one, References | Choices):
            if name in form or f"{name}_shown" in form:
                sent = [text for text in form.getlist(name) if text]
                values[name] = [number_in(text) for text in sent] if isinstance(one, References) else sent
        elif isinstance(one, Flag):
            if name in form or f"{name}_shown" in form:
                values[name] = form.get(name) == "1"
        elif name in form:
            values[name] = form[name]
    return values


def _rows(form: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    rows: dict[str, dict[int, dict[str, str]]] = {}
    for key, text in form.items():
        if found := _ROW.fullmatch(key):
            name, number, part = found.groups()
            rows.setdefault(name, {}).setdefault(int(number), {})[part] = text
    return {name: [numbered[one] for one in sorted(numbered)] for name, numbered in rows.items()}


def edit_in_json() -> tuple[int, dict[str, Any]]:
    """Return (version that was typed over, fields) of an autosave.

    :raise BadInput: when the body has another shape.
    """
    body = request.get_json(silent=True)
    base = body.get("base_version") if isinstance(body, dict) else None
    fields = body.get("fields") if isinstance(body, dict) else None
    if not isinstance(base, int) or isinstance(base, bool) or not isinstance(fields, dict):
        raise BadInput("An edit is sent as base_version and fields.")
    return base, fields
