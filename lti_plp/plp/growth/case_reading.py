"""Frameworks out of CASE 1.0 and 1.1 packages (1EdTech, Competencies and Academic Standards Exchange), as JSON.

The tree comes from ``isChildOf`` alone. What else a package says is kept beside it, so that it goes out again as it
came in (:mod:`lti_plp.plp.growth.case_writing`). A rubric with levels becomes a scale and a scoring guide; CASE does
not say from which level on something is met, so that is the last but one unless our own field says it.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from lti_plp.plp.growth.drafts import (
    MOST_ITEMS,
    Criterion,
    DraftProblems,
    FrameworkDraft,
    ItemDraft,
    Problem,
    checked,
)
from lti_plp.plp.growth.framework_csv import MOST_BYTES
from lti_plp.plp.growth.scales import Scale, ScaleProblem, make_scale, short_codes
from lti_plp.plp.words import plain

OWN = "lti_plp"
"""Name of our own fields under ``extensions``."""
ASSOCIATIONS = frozenset(
    {
        *(
            "isChildOf",
            "isPeerOf",
            "isPartOf",
            "exactMatchOf",
            "precedes",
            "isRelatedTo",
            "replacedBy",
            "exemplar",
        ),
        *("hasSkillLevel", "isTranslationOf"),
    }
)
TYPES: Mapping[str, str] = {
    "area": "Content Area",
    "pbgr": "Proficiency-Based Graduation Requirement",
    "critical_proficiency": "Critical Proficiency",
    "indicator": "Priority Performance Indicator",
    "transferable_skill": "Transferable Skill",
    "standard": "Standard",
}
"""Kind -> the ``CFItemType`` that says so."""
KINDS: Sequence[tuple[str, str]] = (
    ("transferable skill", "transferable_skill"),
    ("critical proficiency", "critical_proficiency"),
    ("indicator", "indicator"),
    ("graduation", "pbgr"),
    ("pbgr", "pbgr"),
    ("standard", "standard"),
    ("area", "area"),
    ("domain", "area"),
    ("strand", "area"),
)
"""Words of a ``CFItemType`` -> kind; the first that stands in it counts."""
MOST_PIECES = 2_000_000
"""Values in a package, commas within texts counted as well: four times as many as the largest that may be has. Fifty
megabytes of empty lists would become more than a gigabyte."""
PARTS = ("CFDocument", "CFAssociations", "CFDefinitions", "CFRubrics")
"""What is kept as it came."""


def read_package(data: bytes, origin: str, usual: Scale | None = None) -> FrameworkDraft:
    """Return the framework of a package.

    :param origin: name of the file, or address of the server.
    :param usual: the scale of items that have no rubric and nothing below them.
    :raise DraftProblems: naming every field that is wrong.
    """
    package = _parsed(data)
    reader = _Reader()
    document = reader.thing(
        package.get("CFDocument"), "CFDocument", ("identifier", "uri", "creator", "title")
    )
    items = reader.things(package, "CFItems", ("identifier", "uri", "fullStatement"))
    ties = reader.things(package, "CFAssociations", ("identifier", "associationType"))
    guides = _rubrics(reader, reader.things(package, "CFRubrics", ("identifier",)))
    tree = _tree(reader, ties, str(document.get("identifier", "")))
    drafts = tuple(_item(one, number, tree, guides, usual, document) for number, one in enumerate(items))
    if reader.problems:
        raise DraftProblems(reader.problems)
    kept = {name: package[name] for name in PARTS if name in package}
    return checked(FrameworkDraft(document["identifier"], document["title"], drafts, "case", origin, kept))


def _parsed(data: bytes) -> Mapping[str, Any]:
    if len(data) > MOST_BYTES:
        raise DraftProblems([Problem("file", "too_large")])
    if sum(data.count(sign) for sign in b"[{,") > MOST_PIECES:
        raise DraftProblems([Problem("file", "too_many_items")])
    try:
        package = json.loads(data, parse_constant=_refuse)
    except RecursionError:
        raise DraftProblems([Problem("file", "too_deep")]) from None
    except ValueError:
        raise DraftProblems([Problem("file", "no_json")]) from None
    if not isinstance(package, dict):
        raise DraftProblems([Problem("file", "no_package")])
    return package


def _refuse(name: str) -> Any:
    # JSON knows neither NaN nor Infinity; Python would let them in.
    raise ValueError(name)


class _Reader:
    """Takes a package apart, and remembers everything that is not as it should be."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, where: str, code: str, about: Any = "") -> None:
        """Remember a problem."""
        self.problems.append(Problem(where, code, str(about)[:60]))

    def things(
        self, holder: Mapping[str, Any], name: str, needed: Sequence[str], at: str = ""
    ) -> list[dict[str, Any]]:
        """Return a list of objects, each with the texts that it must have; of what is wrong, nothing."""
        found = holder.get(name)
        where = f"{at}{name}"
        if found is None:
            return []
        if not isinstance(found, list):
            self.wrong(where, "no_list")
            return []
        if len(found) > MOST_ITEMS * 2:
            self.wrong(where, "too_many_items", len(found))
            return []
        return [self.thing(one, f"{where}[{number}]", needed) for number, one in enumerate(found)]

    def thing(self, value: Any, where: str, needed: Sequence[str]) -> dict[str, Any]:
        """Return an object with the texts that it must have; an empty one when it is none."""
        if not isinstance(value, dict):
            self.wrong(where, "no_object")
            return {}
        for name in needed:
            if not isinstance(value.get(name), str) or not value[name].strip():
                self.wrong(f"{where}.{name}", "field_missing")
        return value

    def target(self, tie: Mapping[str, Any], name: str, where: str) -> str:
        """Return the identifier at one end of an association."""
        end = tie.get(name)
        found = end.get("identifier") if isinstance(end, dict) else None
        if not isinstance(found, str) or not found:
            self.wrong(f"{where}.{name}", "field_missing")
            return ""
        return found


@dataclass
class _Tree:
    """What associations say of items."""

    parents: dict[str, str | None] = field(default_factory=dict)
    """Item -> the one above it; ``None`` for the document itself."""
    replaced: dict[str, str] = field(default_factory=dict)

    @property
    def holders(self) -> set[str]:
        """Items that hold others."""
        return {one for one in self.parents.values() if one}


def _tree(reader: _Reader, ties: Sequence[Mapping[str, Any]], document: str) -> _Tree:
    tree = _Tree()
    for number, tie in enumerate(ties):
        where, kind = f"CFAssociations[{number}]", tie.get("associationType")
        if kind not in ASSOCIATIONS and not str(kind).startswith("ext:"):
            reader.wrong(f"{where}.associationType", "unknown_association", kind)
            continue
        if kind not in {"isChildOf", "replacedBy"}:
            continue
        origin = reader.target(tie, "originNodeURI", where)
        aim = reader.target(tie, "destinationNodeURI", where)
        if kind == "replacedBy":
            tree.replaced.setdefault(origin, aim)
        else:
            # An item may stand under several; the first is its place, and the others go out again as they came.
            tree.parents.setdefault(origin, None if aim == document else aim)
    return tree


def _item(
    said: Mapping[str, Any],
    number: int,
    tree: _Tree,
    guides: Mapping[str, "_Guide"],
    usual: Scale | None,
    document: Mapping[str, Any],
) -> ItemDraft:
    guid = _text(said.get("identifier"))
    own = own_fields(said)
    guide = guides.get(guid)
    kind = _text(own.get("kind")) or kind_of(said.get("CFItemType"))
    is_heading = guid in tree.holders or kind == "area"
    scale = guide.scale if guide else None if is_heading or "scale" in own else usual
    return ItemDraft(
        guid=guid,
        statement=_text(said.get("fullStatement")),
        kind=kind,
        code=_text(said.get("humanCodingScheme")),
        student_text=_text(own.get("studentText")),
        parent=tree.parents.get(guid),
        scale=scale,
        guide=guide.criteria if guide else (),
        replaced_by=tree.replaced.get(guid),
        extra=dict(_rest(said, kind, document)),
        where=f"CFItems[{number}]",
    )


def _rest(said: Mapping[str, Any], kind: str, document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give what an item says besides what is read of it, but for what the writer knows by itself."""
    usual = {
        "uri": item_uri(document, _text(said.get("identifier"))),
        "lastChangeDateTime": document.get("lastChangeDateTime"),
        "CFItemType": TYPES.get(kind),
    }
    for name, value in said.items():
        if name in {"identifier", "fullStatement", "humanCodingScheme"}:
            continue
        if name in usual and value == usual[name]:
            continue
        if name == "extensions" and isinstance(value, dict):
            others = {key: one for key, one in value.items() if key != OWN}
            if others:
                yield name, others
            continue
        yield name, value


def item_uri(document: Mapping[str, Any], identifier: str) -> str:
    """Return the usual address of an item beside its document's."""
    base = _text(document.get("uri")).partition("/CFDocuments/")[0]
    return f"{base}/CFItems/{identifier}"


def own_fields(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return our own fields of a thing in a package."""
    extensions = thing.get("extensions")
    own = extensions.get(OWN) if isinstance(extensions, dict) else None
    return own if isinstance(own, dict) else {}


def kind_of(said: Any) -> str:
    """Return the kind that a ``CFItemType`` stands for."""
    words = plain(_text(said)).replace("_", " ")
    return next((kind for part, kind in KINDS if part in words), "other")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class _Guide:
    """The scale and the scoring guide of an item."""

    scale: Scale
    criteria: tuple[Criterion, ...]


def _rubrics(reader: _Reader, rubrics: Sequence[Mapping[str, Any]]) -> dict[str, _Guide]:
    """Return item -> scale and scoring guide; criteria of no item are kept as they came, and not read."""
    found: dict[str, _Guide] = {}
    for number, rubric in enumerate(rubrics):
        at = f"CFRubrics[{number}]."
        for place, one in enumerate(reader.things(rubric, "CFRubricCriteria", ("identifier",), at)):
            aim = one.get("CFItemURI")
            guid = _text(aim.get("identifier")) if isinstance(aim, dict) else ""
            if guid:
                where = f"{at}CFRubricCriteria[{place}]"
                _add_criterion(reader, found, guid, _text(rubric.get("title")), one, where)
    return found


def _add_criterion(
    reader: _Reader, found: dict[str, _Guide], guid: str, title: str, said: Mapping[str, Any], where: str
) -> None:
    levels = reader.things(said, "CFRubricCriterionLevels", ("identifier", "quality"), f"{where}.")
    scale = _scale(reader, title or "CASE", levels, where)
    if scale is None:
        return
    before = found.get(guid)
    if before is not None and before.scale.levels != scale.levels:
        reader.wrong(where, "levels_differ", guid)
        return
    texts = {code: _text(one.get("description")) for code, one in zip(_codes(levels), levels, strict=True)}
    words = {code: text for code, text in texts.items() if text}
    name = _text(said.get("description")).strip()
    criteria = before.criteria if before else ()
    # A line without name and words is there for its levels only.
    more = (Criterion(name or _text(said.get("category")) or title, words),) if name or words else ()
    found[guid] = _Guide(scale, criteria + more)


def _scale(reader: _Reader, title: str, levels: Sequence[Mapping[str, Any]], where: str) -> Scale | None:
    own = [own_fields(one) for one in levels]
    says_what_meets = any("meets" in one for one in own)
    scores = [one.get("score") for one in levels]
    ranked = sorted((float(score) for score in scores if _is_number(score)), reverse=True)
    cut = ranked[min(1, len(ranked) - 1)] if ranked else None
    said = [
        {
            "code": code,
            "label": one.get("quality"),
            "value": one.get("score"),
            "starts_at": mine.get("startsAt"),
            "student_text": mine.get("studentText"),
            "meets": mine.get("meets") if says_what_meets else one.get("score") == cut,
        }
        for code, one, mine in zip(_codes(levels), levels, own, strict=True)
    ]
    try:
        return make_scale(title, said)
    except ScaleProblem as problem:
        place = f".CFRubricCriterionLevels[{problem.level - 1}]" if problem.level else ""
        reader.wrong(f"{where}{place}", problem.problem)
        return None


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _codes(levels: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a short code for each level: ours where all have one."""
    given = [_text(own_fields(one).get("code")) for one in levels]
    return given if all(given) else short_codes([_text(one.get("quality")) for one in levels])
