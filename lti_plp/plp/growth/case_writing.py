"""Frameworks as CASE 1.1 packages (1EdTech), which our own reader takes back unchanged.

What came as CASE goes out as it came. What came otherwise gets identifiers that are the same each time. What CASE has
no field for stands under ``extensions``, under a name of our own: a student's words, the kind of an item, that it is
not rated, and of levels their code, from which number on they begin, and which of them is the first that meets.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.plp.growth.case_reading import OWN, TYPES, item_uri, kind_of
from lti_plp.plp.growth.frameworks import Proficiency, Tree
from lti_plp.plp.growth.scales import Level, Scale
from lti_plp.plp.models import FrameworkEntry, FrameworkVersion, ProficiencyVersion

VERSION = "1.1"


def write_package(session: Session, tree: Tree, base: str) -> dict[str, Any]:
    """Return a published version as a package.

    :param base: address of the tool, for items that came with none of their own.
    """
    version = session.get_one(FrameworkVersion, (tree.framework.id, tree.number))
    kept = version.document
    document = kept.get("CFDocument") or _document(tree, version, base)
    extras = _extras(session, tree)
    holders = {one.parent_id for one in tree.items}
    package: dict[str, Any] = {
        "CFDocument": document,
        "CFItems": [
            _item(one, extras[one.version_id], document, is_leaf=one.id not in holders) for one in tree.items
        ],
        "CFAssociations": kept.get("CFAssociations", [])
        if "CFDocument" in kept
        else list(_ties(tree, document)),
    }
    if "CFDefinitions" in kept:
        package["CFDefinitions"] = kept["CFDefinitions"]
    came_as_case = "CFDocument" in kept
    # A scale that was chosen here for what came without one is no part of the package.
    rubrics = kept.get("CFRubrics", []) if came_as_case else [_rubric(one, document) for one in tree.rated]
    if rubrics:
        package["CFRubrics"] = rubrics
    return package


def _document(tree: Tree, version: FrameworkVersion, base: str) -> dict[str, Any]:
    guid = tree.framework.guid
    return {
        "identifier": guid,
        "uri": f"{base.rstrip('/')}/CFDocuments/{guid}",
        "creator": "lti_plp",
        "title": tree.framework.title,
        "lastChangeDateTime": version.published_at.isoformat(),
        "version": str(tree.number),
        "caseVersion": VERSION,
    }


def _extras(session: Session, tree: Tree) -> dict[int, Mapping[str, Any]]:
    """Return version's id -> what else CASE said of it."""
    rows = session.execute(
        select(ProficiencyVersion.id, ProficiencyVersion.extra)
        .join(FrameworkEntry, FrameworkEntry.version_id == ProficiencyVersion.id)
        .where(FrameworkEntry.framework_id == tree.framework.id, FrameworkEntry.number == tree.number)
    )
    return {row.id: row.extra for row in rows}


def _item(
    one: Proficiency, extra: Mapping[str, Any], document: Mapping[str, Any], *, is_leaf: bool
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "identifier": one.guid,
        "fullStatement": one.statement,
        "uri": item_uri(document, one.guid),
        "lastChangeDateTime": document.get("lastChangeDateTime"),
        **({"CFItemType": TYPES[one.kind]} if one.kind in TYPES else {}),
        **extra,
    }
    if one.code:
        item["humanCodingScheme"] = one.code
    own: dict[str, Any] = {}
    if kind_of(item.get("CFItemType")) != one.kind:
        own["kind"] = one.kind
    if one.student_text:
        own["studentText"] = one.student_text
    if is_leaf and one.scale is None:
        own["scale"] = None
    return item | ({"extensions": {**item.get("extensions", {}), OWN: own}} if own else {})


def _ties(tree: Tree, document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(tree.items):
        parent = tree.by_id[one.parent_id].guid if one.parent_id else document["identifier"]
        yield _tie("isChildOf", one.guid, parent, document, number + 1)
    for one in tree.items:
        aim = tree.by_id.get(one.replaced_by_id) if one.replaced_by_id else None
        if aim is not None:
            yield _tie("replacedBy", one.guid, aim.guid, document)


def _tie(
    kind: str, origin: str, aim: str, document: Mapping[str, Any], number: int | None = None
) -> dict[str, Any]:
    identifier = _made(document, f"{kind} {origin} {aim}")
    tie: dict[str, Any] = {
        "identifier": identifier,
        "uri": _uri(document, "CFAssociations", identifier),
        "associationType": kind,
        "originNodeURI": {"title": origin, "identifier": origin, "uri": item_uri(document, origin)},
        "destinationNodeURI": {"title": aim, "identifier": aim, "uri": item_uri(document, aim)},
        "lastChangeDateTime": document.get("lastChangeDateTime"),
    }
    return tie | ({"sequenceNumber": number} if number else {})


def _rubric(one: Proficiency, document: Mapping[str, Any]) -> dict[str, Any]:
    scale = one.scale
    if scale is None:
        raise KeyError(one.id)
    identifier = _made(document, f"rubric {one.guid}")
    lines = one.guide or [{"title": "", "levels": {}}]
    return {
        "identifier": identifier,
        "uri": _uri(document, "CFRubrics", identifier),
        "title": scale.title,
        "lastChangeDateTime": document.get("lastChangeDateTime"),
        "CFRubricCriteria": [
            _criterion(one, scale, line, number, document) for number, line in enumerate(lines, 1)
        ],
    }


def _criterion(
    one: Proficiency, scale: Scale, line: Mapping[str, Any], number: int, document: Mapping[str, Any]
) -> dict[str, Any]:
    identifier = _made(document, f"criterion {one.guid} {number}")
    return {
        "identifier": identifier,
        "uri": _uri(document, "CFRubricCriteria", identifier),
        "description": line["title"],
        "position": number,
        "CFItemURI": {
            "title": one.code or one.guid,
            "identifier": one.guid,
            "uri": item_uri(document, one.guid),
        },
        "lastChangeDateTime": document.get("lastChangeDateTime"),
        "CFRubricCriterionLevels": [
            _level(level, line["levels"].get(level.code, ""), place, identifier, document)
            for place, level in enumerate(scale.levels, 1)
        ],
    }


def _level(
    level: Level, words: str, place: int, criterion: str, document: Mapping[str, Any]
) -> dict[str, Any]:
    identifier = _made(document, f"level {criterion} {place}")
    return {
        "identifier": identifier,
        "uri": _uri(document, "CFRubricCriterionLevels", identifier),
        "quality": level.label,
        "score": float(level.value),
        "description": words,
        "position": place,
        "lastChangeDateTime": document.get("lastChangeDateTime"),
        "extensions": {
            OWN: {
                "code": level.code,
                "startsAt": format(level.starts_at, "f"),
                "studentText": level.student_text,
                "meets": level.meets,
            }
        },
    }


def _made(document: Mapping[str, Any], what: str) -> str:
    """Return an identifier that is the same each time."""
    return str(uuid5(NAMESPACE_URL, f"{document['identifier']} {what}"))


def _uri(document: Mapping[str, Any], part: str, identifier: str) -> str:
    base = str(document["uri"]).partition("/CFDocuments/")[0]
    return f"{base}/{part}/{identifier}"
