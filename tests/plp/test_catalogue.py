"""The catalogue: versions of each change, one order for everybody, who may keep it; on both databases."""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed, NotFound, PlpError
from lti_plp.plp.catalogue import (
    Wanted,
    change_pathway,
    entries_in,
    find_pathway,
    import_pathways,
    list_pathways,
    versions_of,
    withdraw_pathway,
)
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.models import Pathway, PathwayVersion
from tests.factories import NOON, make_school, minutes
from tests.plp.pathways import COLLEGE, District
from tests.plp.planning import vocabulary

CONFIG = Path(__file__).parent.parent.parent / "config"
KINDS = load_kinds(CONFIG)
TODAY = NOON.date()


@pytest.fixture
def here(session: Session) -> District:
    return District(session)


def titles(here: District, on: date | None = TODAY, **wanted: Any) -> list[str]:
    found = list_pathways(here.session, here.plan.tenant_id, KINDS, on, Wanted(**wanted))
    return [one.title for one in found]


def change(here: District, entry: Pathway, base: int, **values: Any) -> Pathway:
    return change_pathway(here.session, here.administrator, entry.id, base, values, vocabulary, minutes(5))


def test_each_change_is_a_version_that_stays(here: District, session: Session) -> None:
    entry = here.entry()
    change(here, entry, 1, readiness="You can plan your own month.")
    change(here, entry, 2)
    session.commit()
    assert [(one.number, one.fields["readiness"]) for one in versions_of(session, entry)] == [
        (2, "You can plan your own month."),
        (1, "You can plan your own week."),
    ]
    assert (entry.version, entry.readiness) == (2, "You can plan your own month.")
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(update(PathwayVersion).values(number=9))


def test_two_who_change_it_at_once(here: District) -> None:
    entry = here.entry()
    change(here, entry, 1, about="Two evenings a week.")
    with pytest.raises(PlpError) as problem:
        change(here, entry, 1, about="Three evenings a week.")
    assert (problem.value.code, problem.value.status) == ("pathway_changed", 409)
    assert entry.about == "Two evenings a week."


def test_by_type_then_title_whoever_added_it_when(here: District) -> None:
    for kind, title in (
        ("own_design", "A"),
        ("work_based_learning", "b"),
        ("work_based_learning", "A shop"),
        ("dual_enrollment", "Z"),
    ):
        here.entry(kind=kind, title=title)
    assert titles(here) == ["Z", "A shop", "b", "A"]


def test_it_is_found_by_type_grade_and_words(here: District) -> None:
    here.entry()
    here.entry(title="Boatyard", kind="work_based_learning", first_grade=7, last_grade=9, proficiencies=[])
    assert titles(here, kind="dual_enrollment") == [COLLEGE["title"]]
    assert titles(here, grade=9) == ["Boatyard"]
    assert titles(here, words="communication EFFECTIVE") == [COLLEGE["title"]]
    assert titles(here, words="submarine") == []


def test_it_is_offered_on_its_days(here: District) -> None:
    entry = here.entry(valid_from="2026-09-14", valid_to="2026-09-20")
    assert [len(titles(here, TODAY + timedelta(days=days))) for days in (-1, 0, 6, 7)] == [0, 1, 1, 0]
    assert titles(here, None) == [entry.title]


def test_withdrawn_is_not_deleted(here: District, session: Session) -> None:
    entry = here.entry()
    withdraw_pathway(session, here.administrator, entry.id, TODAY, vocabulary, minutes(5))
    assert (entry.version, entry.valid_to) == (2, TODAY)
    assert titles(here, TODAY + timedelta(days=1)) == []
    with pytest.raises(BadInput):
        withdraw_pathway(session, here.administrator, entry.id, date(2026, 7, 1), vocabulary, minutes(6))


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"title": " "}, "field_missing", "title"),
        ({"kind": "piracy"}, "field_unknown_choice", "kind"),
        ({"first_grade": 12, "last_grade": 9}, "field_before_start", "last_grade"),
        ({"last_grade": 13}, "field_no_number", "last_grade"),
        ({"valid_to": "2026-07-31"}, "field_before_start", "valid_to"),
        ({"url": "javascript:alert(1)"}, "field_no_address", "url"),
        ({"prerequisites": [{"text": "Swim", "kind": "piracy"}]}, "field_unknown_choice", "prerequisites"),
        ({"prerequisites": ["Swim"]}, "field_wrong_type", "prerequisites"),
        ({"proficiencies": ["x"] * 21}, "field_too_many", "proficiencies"),
        ({"proficiencies": "x"}, "field_wrong_type", "proficiencies"),
    ],
)
def test_what_is_refused(here: District, values: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(BadInput) as problem:
        here.entry(**values)
    assert (problem.value.code, problem.value.details["field"]) == (code, field)
    assert here.session.scalars(select(Pathway)).all() == []


def test_a_title_stands_once_and_nothing_else_is_lost(here: District, session: Session) -> None:
    first, other = here.entry(), here.entry(title="Boatyard")
    for again in (here.entry, lambda: change(here, other, 1, title=first.title)):
        with pytest.raises(BadInput) as problem:
            again()
        assert problem.value.code == "pathway_title_taken"
        session.expire_all()
    assert sorted(titles(here)) == ["Boatyard", first.title]


def test_who_may_not(here: District) -> None:
    entry = here.entry()
    for actor in (here.student, here.teacher):
        with pytest.raises(NotAllowed):
            change_pathway(here.session, actor, entry.id, 1, {"about": ""}, vocabulary, minutes(5))
        with pytest.raises(NotAllowed):
            withdraw_pathway(here.session, actor, entry.id, TODAY, vocabulary, minutes(5))


def test_another_district_has_its_own(here: District, session: Session) -> None:
    entry = here.entry()
    other = make_school(session, "Birch Falls", "https://lms.birchfalls.example")
    assert list_pathways(session, other.tenant_id, KINDS, TODAY) == []
    with pytest.raises(NotFound):
        find_pathway(session, other.tenant_id, entry.id)


def starter() -> Any:
    return entries_in(tomllib.loads((CONFIG / "pathways" / "starter.toml").read_text()))


def test_the_starter_catalogue_has_every_type_that_is_valid(here: District, session: Session) -> None:
    tenant_id = here.plan.tenant_id
    done = import_pathways(session, tenant_id, starter(), KINDS.of, NOON)
    assert (done.added, done.changed, done.unchanged) == (len(starter()), 0, 0)
    again = import_pathways(session, tenant_id, starter(), KINDS.of, NOON)
    assert (again.added, again.changed, again.unchanged) == (0, 0, len(starter()))
    found = list_pathways(session, tenant_id, KINDS, TODAY)
    wanted = {one.id for one in KINDS.choices("pathway_type", TODAY)} - {"own_design"}
    assert {one.kind for one in found} == wanted
    assert all(one.aptitudes and one.coursework and one.readiness and one.prerequisites for one in found)
    assert any(one.first_grade <= 7 for one in found), "something begins in grade 7"


def test_an_import_changes_what_has_the_same_title(here: District, session: Session) -> None:
    entry = here.entry()
    done = import_pathways(
        session,
        here.plan.tenant_id,
        [{"title": entry.title, "readiness": "Ask us."}, {"title": "New", "kind": "own_design"}],
        KINDS.of,
        NOON,
    )
    assert (done.added, done.changed) == (1, 1)
    assert (entry.readiness, entry.provider, entry.version) == ("Ask us.", "Alder Valley College", 2)


def test_an_entry_that_is_wrong_is_named(here: District, session: Session) -> None:
    with pytest.raises(BadInput) as problem:
        import_pathways(
            session,
            here.plan.tenant_id,
            [{"title": "A", "kind": "own_design"}, {"title": "B"}],
            KINDS.of,
            NOON,
        )
    assert problem.value.details == {"field": "kind", "entry": 2}


@pytest.mark.parametrize("data", [{}, {"pathway": 3}, {"pathway": [1]}, {"pathway": [], "more": 1}])
def test_another_kind_of_file_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\[\[pathway\]\]"):
        entries_in(data)
