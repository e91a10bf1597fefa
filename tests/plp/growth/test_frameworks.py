"""Frameworks are published whole or not at all, and what was published never changes."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed, NotFound, PlpError
from lti_plp.plp.actor import Role
from lti_plp.plp.growth.drafts import Criterion, DraftProblems, ItemDraft, checked
from lti_plp.plp.growth.frameworks import (
    Calculation,
    differences,
    find_framework,
    frameworks_of,
    publish,
    read_tree,
    set_calculation,
)
from lti_plp.plp.models import Framework, ProficiencyVersion, Scale
from tests.factories import NOON, counted, make_school, minutes
from tests.plp.growth.growing import FOUR, GUIDE, draft, growing_school

TALK = draft().items[1]


def changed(number: int, **facts: Any) -> tuple[ItemDraft, ...]:
    return tuple(replace(one, **facts) if place == number else one for place, one in enumerate(draft().items))


@pytest.mark.parametrize(
    ("items", "codes"),
    [
        (changed(1, guid=""), ["no_guid"]),
        (changed(1, guid="solve"), ["guid_twice", "guid_twice"]),
        (changed(1, statement="  "), ["no_statement"]),
        (changed(1, statement="x" * 4001), ["too_long"]),
        (changed(1, statement="a\x00b"), ["not_a_text"]),
        (changed(1, kind="wish"), ["unknown_kind"]),
        (changed(1, parent="nobody"), ["no_such_parent"]),
        (changed(0, parent="talk"), ["circle", "circle", "circle"]),
        (changed(0, parent="skills"), ["circle", "circle", "circle"]),
        (changed(1, replaced_by="talk"), ["replaces_itself"]),
        (changed(1, scale=None), ["guide_without_scale"]),
        (changed(1, guide=(Criterion("Reasons", {"X": "…"}),)), ["guide_does_not_fit"]),
        (changed(1, kind="wish", parent="nobody"), ["no_such_parent", "unknown_kind"]),
    ],
)
def test_everything_that_is_wrong_is_named_at_its_place(
    items: tuple[ItemDraft, ...], codes: list[str]
) -> None:
    with pytest.raises(DraftProblems) as caught:
        checked(draft(*items))
    assert [one.code for one in caught.value.problems] == codes
    assert all(one.where.startswith("row ") for one in caught.value.problems)


def test_a_document_without_title_or_items() -> None:
    with pytest.raises(DraftProblems) as caught:
        checked(replace(draft(), title=" ", guid="", items=()))
    assert [one.code for one in caught.value.problems] == ["no_title", "no_guid", "no_items"]


def test_a_tree_of_too_many_floors() -> None:
    floors = [
        ItemDraft(str(n), f"Floor {n}", parent=str(n - 1) if n else None, where=f"row {n + 2}")
        for n in range(14)
    ]
    with pytest.raises(DraftProblems) as caught:
        checked(draft(*floors))
    assert [(one.where, one.code) for one in caught.value.problems] == [("row 14", "too_deep")]


def test_parents_come_before_their_children(session: Session) -> None:
    school = make_school(session)
    made = publish(session, None, school.tenant_id, draft(*draft().items[::-1]), 0, NOON)
    tree = read_tree(session, made)
    assert [one.guid for one in tree.items] == ["skills", "solve", "talk"]
    assert [tree.depth(one) for one in tree.items] == [0, 1, 1]
    talk = tree.items[2]
    assert (talk.code, talk.words, talk.scale and talk.scale.levels) == (
        "TS.1",
        "I make myself understood.",
        FOUR.levels,
    )
    assert talk.guide == [{"title": GUIDE[0].title, "levels": dict(GUIDE[0].levels)}]
    assert [one.guid for one in tree.below(tree.items[0].id)] == ["solve", "talk"]
    assert [one.guid for one in tree.rated] == ["solve", "talk"]


def test_what_another_version_would_change(session: Session) -> None:
    school = make_school(session)
    assert len(differences(session, school.tenant_id, draft()).added) == 3
    made = publish(session, None, school.tenant_id, draft(), 0, NOON)
    assert differences(session, school.tenant_id, draft()).is_same
    area, talk, _solve = draft().items
    new = ItemDraft("draw", "Draws", "indicator", parent="skills", scale=FOUR)
    second = draft(area, replace(talk, statement="Speaks"), new)
    found = differences(session, school.tenant_id, second)
    assert ([one.guid for one in found.added], [one.guid for one in found.removed]) == (["draw"], ["solve"])
    assert [(before.statement, after.statement) for before, after in found.reworded] == [
        ("Communicates clearly", "Speaks")
    ]
    assert (found.moved, found.is_same) == ((), False)
    moved = differences(session, school.tenant_id, draft(*changed(2, parent=None)))
    assert ([one.guid for one in moved.moved], moved.reworded) == (["solve"], ())
    publish(session, None, school.tenant_id, second, 1, minutes(1))
    assert made.version == 2
    assert [one.guid for one in read_tree(session, made).items] == ["skills", "talk", "draw"]
    # What was published stays as it was.
    assert [one.statement for one in read_tree(session, made, 1).items] == [
        one.statement for one in draft().items
    ]


def test_what_did_not_change_is_kept_once(session: Session) -> None:
    school = make_school(session)
    publish(session, None, school.tenant_id, draft(), 0, NOON)
    publish(session, None, school.tenant_id, draft(*changed(1, statement="Speaks")), 1, NOON)
    assert session.scalar(select(func.count()).select_from(ProficiencyVersion)) == 4
    # The same again is no version, and another scale is.
    publish(session, None, school.tenant_id, draft(*changed(1, statement="Speaks")), 2, NOON)
    assert session.scalar(select(func.max(Framework.version))) == 2
    assert session.scalar(select(func.count()).select_from(Scale)) == 1


def test_one_stands_in_the_place_of_another(session: Session) -> None:
    school = make_school(session)
    made = publish(session, None, school.tenant_id, draft(*changed(1, replaced_by="solve")), 0, NOON)
    _area, talk, solve = read_tree(session, made).items
    assert (talk.replaced_by_id, solve.replaced_by_id) == (solve.id, None)


def test_somebody_else_published_meanwhile(session: Session) -> None:
    school = make_school(session)
    publish(session, None, school.tenant_id, draft(), 0, NOON)
    with pytest.raises(PlpError) as caught:
        publish(session, None, school.tenant_id, draft(*changed(1, statement="Speaks")), 0, NOON)
    assert (caught.value.code, caught.value.status) == ("framework_changed", 409)


def test_a_draft_with_a_problem_changes_nothing(session: Session) -> None:
    school = make_school(session)
    with pytest.raises(DraftProblems):
        publish(session, None, school.tenant_id, draft(*changed(1, statement="")), 0, NOON)
    assert frameworks_of(session, school.tenant_id) == []
    assert session.scalar(select(func.count()).select_from(Scale)) == 0


def test_who_publishes_and_where(session: Session) -> None:
    school, other = (
        make_school(session),
        make_school(session, "Birch Falls", "https://lms.birchfalls.example"),
    )
    with pytest.raises(NotAllowed):
        publish(session, school.teacher(), school.tenant_id, draft(), 0, NOON)
    principal = school.person(Role.ADMINISTRATOR, given="Grace")
    made = publish(session, principal, school.tenant_id, draft(), 0, NOON)
    assert frameworks_of(session, school.tenant_id) == [made]
    assert frameworks_of(session, other.tenant_id) == []
    with pytest.raises(NotFound):
        find_framework(session, other.tenant_id, made.id)
    # The same document at another district is another framework.
    assert publish(session, None, other.tenant_id, draft(), 0, NOON).id != made.id


@pytest.mark.parametrize("what", ["statement = 'Else'", "scale_id = NULL"])
def test_the_database_holds_what_was_published(session: Session, what: str) -> None:
    growing_school(session)
    name, _, value = what.partition(" = ")
    with pytest.raises(DBAPIError):
        session.execute(update(ProficiencyVersion).values({name: None if value == "NULL" else value}))


@pytest.mark.parametrize(
    "chosen",
    [
        Calculation("guess"),
        Calculation("decaying_average", Decimal(10)),
        Calculation("n_mastery", Decimal(11)),
        Calculation("average", None, 0),
    ],
)
def test_ways_of_calculating_that_there_are_not(session: Session, chosen: Calculation) -> None:
    there = growing_school(session)
    principal = there.school.person(Role.ADMINISTRATOR, given="Grace")
    with pytest.raises(BadInput):
        set_calculation(session, principal, there.tree.framework, chosen)
    with pytest.raises(NotAllowed):
        set_calculation(session, there.teacher, there.tree.framework, Calculation("latest"))
    set_calculation(session, principal, there.tree.framework, Calculation("latest", Decimal(70), 3))
    kept = there.tree.framework
    assert (kept.method, kept.parameter, kept.minimum_ratings) == ("latest", None, 3)


def test_many_items_in_few_statements(session: Session, engine: Any) -> None:
    school = make_school(session)
    many = [
        ItemDraft(f"i{n}", f"Can do number {n}", "indicator", scale=FOUR, where=f"row {n}")
        for n in range(5000)
    ]
    with counted(engine) as statements:
        made = publish(session, None, school.tenant_id, draft(*many), 0, NOON)
    assert len(statements) < 60
    with counted(engine) as statements:
        assert len(read_tree(session, made).items) == 5000
    assert len(statements) == 2
