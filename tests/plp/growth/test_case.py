"""CASE packages: read, refused field by field, and written so that they are read back unchanged."""

import json
from copy import deepcopy
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy.orm import Session

from lti_plp.plp.growth.case_reading import read_package
from lti_plp.plp.growth.case_writing import write_package
from lti_plp.plp.growth.drafts import DraftProblems, FrameworkDraft, ItemDraft
from lti_plp.plp.growth.frameworks import publish, read_tree
from tests.factories import NOON, make_school, minutes
from tests.plp.growth.growing import FOUR, draft

Package = dict[str, Any]
BASE = "https://standards.example/ims/case/v1p0"


def node(identifier: str) -> Package:
    return {"title": identifier, "identifier": identifier, "uri": f"{BASE}/CFItems/{identifier}"}


def tie(kind: str, origin: str, aim: str, **more: Any) -> Package:
    return {
        "identifier": f"{kind}-{origin}-{aim}",
        "uri": f"{BASE}/CFAssociations/{kind}-{origin}-{aim}",
        "associationType": kind,
        "originNodeURI": node(origin),
        "destinationNodeURI": node(aim),
        "lastChangeDateTime": "2026-01-05T00:00:00+00:00",
        **more,
    }


def item(identifier: str, statement: str, **more: Any) -> Package:
    return {
        "identifier": identifier,
        "uri": f"https://elsewhere.example/uri/{identifier}",
        "fullStatement": statement,
        "lastChangeDateTime": "2025-12-01T00:00:00+00:00",
        **more,
    }


def level(quality: str, score: Any, **more: Any) -> Package:
    return {"identifier": f"level-{quality}", "quality": quality, "score": score, **more}


def package(**changes: Any) -> Package:
    """A small one as a server would send it, with much that we do not know."""
    levels = [level("Beginning", 1, description="Says it."), level("Developing", 2), level("Proficient", 3)]
    levels.append(level("Expanding", 4, feedback="!"))
    rubric = {
        "identifier": "rubric-1",
        "title": "Vermont",
        "CFRubricCriteria": [
            {
                "identifier": "criterion-1",
                "description": "Reasons",
                "CFItemURI": node("talk"),
                "weight": 1,
                "CFRubricCriterionLevels": levels,
            }
        ],
    }
    made: Package = {
        "CFDocument": {
            "identifier": "doc-1",
            "uri": f"{BASE}/CFDocuments/doc-1",
            "creator": "Agency of Maple Hollow",
            "title": "Skills for life",
            "lastChangeDateTime": "2026-01-05T00:00:00+00:00",
            "adoptionStatus": "Adopted",
        },
        "CFItems": [
            item("skills", "Transferable skills", CFItemType="Domain", educationLevel=["09", "10"]),
            item("talk", "Communicates", humanCodingScheme="TS.1", CFItemType="Transferable Skill"),
            item("old", "Talks", extensions={"somebody": {"x": 1}}),
        ],
        "CFAssociations": [
            tie("isChildOf", "skills", "doc-1", sequenceNumber=1),
            tie("isChildOf", "talk", "skills"),
            tie("isChildOf", "old", "skills"),
            tie("isChildOf", "talk", "old"),
            tie("replacedBy", "old", "talk"),
            tie("exactMatchOf", "talk", "in another document"),
            tie("ext:inspires", "talk", "old"),
        ],
        "CFDefinitions": {"CFItemTypes": [{"identifier": "t", "title": "Domain"}]},
        "CFRubrics": [rubric],
    }
    return made | changes


def read(made: Package, **facts: Any) -> FrameworkDraft:
    return read_package(json.dumps(made).encode(), "package.json", **facts)


def test_what_is_read() -> None:
    found = read(package())
    skills, talk, old = found.items
    assert (found.guid, found.title, found.source) == ("doc-1", "Skills for life", "case")
    assert [one.parent for one in found.items] == [None, "skills", "skills"]
    assert (skills.kind, talk.kind, old.kind, talk.code) == ("area", "transferable_skill", "other", "TS.1")
    assert talk.scale is not None
    assert [(one.code, one.label, one.meets) for one in talk.scale.levels] == [
        ("B", "Beginning", False),
        ("D", "Developing", False),
        ("P", "Proficient", True),
        ("E", "Expanding", False),
    ]
    assert [(one.title, dict(one.levels)) for one in talk.guide] == [("Reasons", {"B": "Says it."})]
    assert (old.replaced_by, old.scale) == ("talk", None)
    assert skills.extra["educationLevel"] == ["09", "10"]
    assert read(package(), usual=FOUR).items[2].scale == FOUR


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_json"),
        (b"{", "no_json"),
        (b"\xff\xfe\x00", "no_json"),
        (b'{"a": NaN}', "no_json"),
        (b'{"a": ' + b"1" * 5000 + b"}", "no_json"),
        (b"[" * 200_000, "too_deep"),
        (b"[]", "no_package"),
        (b"x" * 50_000_001, "too_large"),
    ],
)
def test_what_is_no_package(data: bytes, code: str) -> None:
    with pytest.raises(DraftProblems) as caught:
        read_package(data, "package.json")
    assert [(one.where, one.code) for one in caught.value.problems] == [("file", code)]


def changed(path: str, value: Any) -> Package:
    """A package in which one place says something else; ``None`` takes it out."""
    made = deepcopy(package())
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = made
    for part in way:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return made


LEVELS = "CFRubrics.0.CFRubricCriteria.0.CFRubricCriterionLevels"
WHERE = "CFRubrics[0].CFRubricCriteria[0]"


@pytest.mark.parametrize(
    ("path", "value", "where", "code"),
    [
        ("CFDocument", [], "CFDocument", "no_object"),
        ("CFDocument.title", None, "CFDocument.title", "field_missing"),
        ("CFDocument.identifier", 7, "CFDocument.identifier", "field_missing"),
        ("CFItems", {}, "CFItems", "no_list"),
        ("CFItems.1", "talk", "CFItems[1]", "no_object"),
        ("CFItems.1.fullStatement", None, "CFItems[1].fullStatement", "field_missing"),
        ("CFItems.1.uri", " ", "CFItems[1].uri", "field_missing"),
        ("CFItems.1.identifier", "old", "CFItems[1]", "guid_twice"),
        ("CFItems.1.fullStatement", "x" * 4001, "CFItems[1]", "too_long"),
        ("CFItems.1.fullStatement", "a\x00b", "CFItems[1]", "not_a_text"),
        (
            "CFAssociations.1.associationType",
            "likes",
            "CFAssociations[1].associationType",
            "unknown_association",
        ),
        ("CFAssociations.1.originNodeURI", {}, "CFAssociations[1].originNodeURI", "field_missing"),
        ("CFAssociations.1.destinationNodeURI", node("nowhere"), "CFItems[1]", "no_such_parent"),
        ("CFAssociations.0.destinationNodeURI", node("talk"), "CFItems[0]", "circle"),
        (f"{LEVELS}.0.score", "lots", f"{WHERE}.CFRubricCriterionLevels[0]", "no_number"),
        (f"{LEVELS}.0.score", 4, f"{WHERE}.CFRubricCriterionLevels[3]", "number_twice"),
        (f"{LEVELS}.0.quality", None, f"{WHERE}.CFRubricCriterionLevels[0].quality", "field_missing"),
        (LEVELS, [level("Only", 1)], WHERE, "too_few"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(path: str, value: Any, where: str, code: str) -> None:
    with pytest.raises(DraftProblems) as caught:
        read(changed(path, value))
    assert (where, code) in [(one.where, one.code) for one in caught.value.problems]


def test_levels_of_one_item_that_differ() -> None:
    made = package()
    second = deepcopy(made["CFRubrics"][0]["CFRubricCriteria"][0])
    second["CFRubricCriterionLevels"].pop()
    made["CFRubrics"][0]["CFRubricCriteria"].append(second)
    with pytest.raises(DraftProblems) as caught:
        read(made)
    assert [(one.where, one.code) for one in caught.value.problems] == [
        ("CFRubrics[0].CFRubricCriteria[1]", "levels_differ")
    ]


def there_and_back(session: Session, tenant_id: int, wanted: FrameworkDraft, **facts: Any) -> FrameworkDraft:
    made = publish(session, None, tenant_id, wanted, 0, NOON)
    written = write_package(session, read_tree(session, made), "https://tool.example")
    return read_package(json.dumps(written).encode(), "package.json", **facts)


def content(one: FrameworkDraft) -> list[tuple[str, str | None, str | None, dict[str, Any]]]:
    return [(item.guid, item.parent, item.replaced_by, item.content) for item in one.items]


def test_a_package_goes_out_as_it_came(session: Session) -> None:
    school = make_school(session)
    wanted = read(package())
    back = there_and_back(session, school.tenant_id, wanted)
    assert content(back) == content(wanted)
    assert back.digest == wanted.digest
    # Bringing it in again is no new version.
    assert publish(session, None, school.tenant_id, back, 1, minutes(1)).version == 1


def test_what_came_otherwise_comes_back(session: Session) -> None:
    school = make_school(session)
    wanted = draft()
    back = there_and_back(session, school.tenant_id, wanted)
    assert content(back) == content(wanted)
    made = publish(session, None, school.tenant_id, back, 1, minutes(1))
    again = write_package(session, read_tree(session, made), "https://another.example")
    assert read_package(json.dumps(again).encode(), "").digest == back.digest


texts = some.text(some.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(
    str.strip
)
kinds = some.sampled_from(["area", "pbgr", "critical_proficiency", "indicator", "standard", "other"])


@some.composite
def drafts(draw: some.DrawFn) -> FrameworkDraft:
    items: list[ItemDraft] = []
    for number in range(draw(some.integers(1, 8))):
        parent = draw(some.one_of(some.none(), some.integers(0, number - 1))) if number else None
        items.append(
            ItemDraft(
                guid=f"item-{number}",
                statement=draw(texts),
                kind=draw(kinds),
                code=draw(some.one_of(some.just(""), texts)),
                student_text=draw(some.one_of(some.just(""), texts)),
                parent=None if parent is None else f"item-{parent}",
                scale=draw(some.sampled_from([None, FOUR])),
                where=f"row {number + 2}",
            )
        )
    return draft(*items)


def test_any_framework_comes_back(session: Session) -> None:
    school, numbers = make_school(session), count()

    @given(wanted=drafts())
    def check(wanted: FrameworkDraft) -> None:
        wanted = replace(wanted, guid=f"framework-{next(numbers)}")
        back = there_and_back(session, school.tenant_id, wanted)
        by_guid = {one.guid: one.content for one in wanted.items}
        assert {one.guid: one.content for one in back.items} == by_guid
        assert {one.guid: one.parent for one in back.items} == {one.guid: one.parent for one in wanted.items}

    check()


json_values = some.recursive(
    some.one_of(
        some.none(), some.booleans(), some.integers(), some.floats(allow_nan=False), some.text(max_size=8)
    ),
    lambda inner: some.one_of(
        some.lists(inner, max_size=3), some.dictionaries(some.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
PLACES = [
    *(
        "CFDocument",
        "CFDocument.title",
        "CFItems",
        "CFItems.0",
        "CFItems.1.CFItemType",
        "CFItems.1.extensions",
    ),
    *("CFAssociations", "CFAssociations.0", "CFAssociations.1.originNodeURI", "CFRubrics", "CFRubrics.0"),
    *(
        "CFRubrics.0.CFRubricCriteria",
        "CFRubrics.0.CFRubricCriteria.0.CFItemURI",
        LEVELS,
        f"{LEVELS}.0.score",
    ),
    *(f"{LEVELS}.0.quality", f"{LEVELS}.0.extensions", "CFDefinitions", "CFItems.1.humanCodingScheme"),
]


@given(place=some.sampled_from(PLACES), value=json_values)
def test_any_value_anywhere_is_read_or_refused_in_words(place: str, value: Any) -> None:
    try:
        found: tuple[Any, ...] = read(changed(place, "" if value is None else value)).items
    except DraftProblems as problem:
        found = problem.problems
    assert found


def test_five_thousand_items_in_one_go(session: Session) -> None:
    school = make_school(session)
    made = package(
        CFItems=[item(f"i{n}", f"Can do number {n}", humanCodingScheme=f"N.{n}") for n in range(5000)],
        CFAssociations=[tie("isChildOf", f"i{n}", "doc-1" if n < 50 else f"i{n % 50}") for n in range(5000)],
        CFRubrics=[],
    )
    wanted = read(made, usual=FOUR)
    assert len(wanted.items) == 5000
    back = there_and_back(session, school.tenant_id, wanted, usual=FOUR)
    assert content(back) == content(wanted)
