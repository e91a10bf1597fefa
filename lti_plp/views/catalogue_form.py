"""What pages send about the catalogue of pathways, and how they show it; for students and adults alike."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from lti_plp.plp.catalogue import FIELDS, MOST, Wanted
from lti_plp.plp.models import Pathway
from lti_plp.views.links import number_in

GRADES = tuple(range(6, 13))
"""That one can look for."""


def wanted_in(arguments: Mapping[str, str]) -> Wanted:
    """Read what somebody looks for."""
    grade = arguments.get("grade", "")
    return Wanted(
        kind=arguments.get("kind", "")[:40],
        grade=number_in(grade) if grade else None,
        words=arguments.get("words", "")[:100],
    )


def entry_sent(form: Any) -> dict[str, Any]:
    """Read the fields of an entry; what it needs first, and what it can show, come line by line."""
    values: dict[str, Any] = {name: form[name] for name in FIELDS if name in form}
    texts, kinds = form.getlist("prerequisite"), form.getlist("prerequisite_kind")
    rows = zip(texts[:MOST], [*kinds, *[""] * len(texts)], strict=False)
    values["prerequisites"] = [{"text": text, "kind": kind} for text, kind in rows]
    values["proficiencies"] = form.get("proficiencies", "").splitlines()
    return values


def entry_shown(entry: Pathway) -> dict[str, Any]:
    """Return the fields of an entry as its form holds them."""
    values = {name: getattr(entry, name) for name in FIELDS}
    return {
        name: value.isoformat() if isinstance(value, date) else ("" if value is None else value)
        for name, value in values.items()
    }
