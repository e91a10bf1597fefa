"""The form in which a teacher says how results become levels, as it was typed."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from lti_plp.plp.growth.mapping import LETTERS, VERSION, Asked, usual_definition, usual_way
from lti_plp.plp.growth.scales import Scale


def definition_sent(form: MultiDict[str, str], scale: Scale, asked: Asked) -> dict[str, Any]:
    """Return a rule as a form says it, unchecked; a level that is left empty is never given."""
    way = usual_way(asked)
    if way == "share":
        starts = dict(zip((one.code for one in scale.levels), form.getlist("start"), strict=False))
        return {
            "version": VERSION,
            "by": way,
            "starts": {code: at for code, at in starts.items() if at.strip()},
        }
    pairs = zip(form.getlist("from"), form.getlist("to"), strict=False)
    rows = {name.strip(): code for name, code in pairs if name.strip()}
    return {"version": VERSION, "by": way, "words" if way == "words" else "levels": rows}


def shown_definition(definition: Mapping[str, Any] | None, scale: Scale, asked: Asked) -> Mapping[str, Any]:
    """Return the rule that a form begins with: the one in force, if it still fits, or the usual one."""
    usual = usual_definition(scale, asked)
    return definition if definition is not None and definition["by"] == usual["by"] else usual


def in_order(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return words with their levels, letters from the best on; a database may have put them in another order."""
    places = {letter: number for number, letter in enumerate(LETTERS)}
    return sorted(words.items(), key=lambda one: (places.get(one[0], len(places)), one[0]))
