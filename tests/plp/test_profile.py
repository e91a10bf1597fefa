"""The profile: questions in the form's order, entries where they fit, and where growth is measured from."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.models import BaselineAssessment, ProfileEntry
from lti_plp.plp.plan_forms import Element, PlanForm, shipped_form
from lti_plp.plp.profile import Profile, Section, read_profile, sections_of, tell
from lti_plp.plp.revisions import begin_revision, finish_revision
from lti_plp.settings import Settings
from tests.factories import NOON, counted, minutes
from tests.plp.planning import Planning

FOLDER = Settings().config_folder
KINDS = load_kinds(FOLDER)
STANDARD, LIGHT = shipped_form(FOLDER, 9), shipped_form(FOLDER, 3)
OWN = Element(
    "own:music", {"en": "My music", "es": "Mi música"}, {"en": "What you play", "es": "Lo que tocas"}
)


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


def profile_of(here: Planning, form: PlanForm = STANDARD) -> Profile:
    return read_profile(here.session, here.plan.id, form, KINDS)


def entry(here: Planning, kind: str = "strength", text: str = "I stay calm", at: float = 1) -> int:
    return int(here.editor(at).add("entry", {"kind": kind, "text": text}).id)


def kinds_in(sections: tuple[Section, ...]) -> dict[str, list[str]]:
    return {section.id: [one.kind for one in section.questions] for section in sections}


def test_every_kind_is_asked_in_its_group() -> None:
    assert kinds_in(sections_of(STANDARD, KINDS, ())) == {
        "good_at": ["strength", "ability", "skill"],
        "matters": ["value", "influence"],
        "like": ["interest", "motivation"],
        "learn": ["learning_preference"],
        "future": ["aspiration_near", "aspiration_far"],
        "hard": ["need", "barrier"],
        "habits": ["habit"],
    }


def test_light_asks_less() -> None:
    assert kinds_in(sections_of(LIGHT, KINDS, ())) == {
        "good_at": ["strength"],
        "matters": ["value"],
        "like": ["interest"],
        "future": ["aspiration_near"],
        "hard": ["need"],
    }


def test_what_is_hard_is_for_oneself_at_first() -> None:
    sections = sections_of(STANDARD, KINDS, ())
    assert [one.id for one in sections if one.is_private] == ["hard"]
    assert {one.audience for one in sections[0].questions} == {"team"}


def test_elements_of_the_school_stand_where_its_form_has_them(here: Planning) -> None:
    first = PlanForm("ours", 1, (OWN, *STANDARD.elements))
    last = PlanForm("ours", 1, (*STANDARD.elements, OWN))
    entry(here, "own:music", "The trumpet")
    assert [one.id for one in profile_of(here, first).sections][:2] == ["own-music", "good_at"]
    (music,) = [one for one in profile_of(here, last).sections if one.id == "own-music"]
    assert music == profile_of(here, last).sections[-1]
    assert (music.title, music.about) == (OWN.title, OWN.about)
    assert [one.text for one in music.questions[0].entries] == ["The trumpet"]


def test_what_a_form_no_longer_asks_is_still_shown(here: Planning) -> None:
    entry(here, "strength", "I stay calm")
    entry(here, "barrier", "Long days")
    entry(here, "own:music", "The trumpet")
    profile = profile_of(here, LIGHT)
    asked = {one.kind: one.is_asked for section in profile.sections for one in section.questions}
    assert (asked["need"], asked["barrier"], asked["own:music"]) == (True, False, False)
    assert kinds_in(profile.sections)["hard"] == ["need", "barrier"]
    assert (profile.sections[-1].title, profile.sections[-1].questions[0].kind) == (None, "own:music")
    assert sorted(one.text for one in profile.entries()) == ["I stay calm", "Long days", "The trumpet"]


def test_removed_entries_are_out_of_sight(here: Planning) -> None:
    gone = entry(here)
    entry(here, text="I listen")
    here.editor(2).remove("entry", gone)
    assert [one.text for one in profile_of(here).entries()] == ["I listen"]


def test_half_a_year_without_a_change_asks_whether_it_is_still_so(here: Planning) -> None:
    assert not profile_of(here).is_old(date(2099, 1, 1)), "nothing was said yet"
    first = entry(here)
    entry(here, text="I listen", at=2)
    here.editor(3).edit("entry", first, 1, {"text": "I stay calm, mostly"})
    profile = profile_of(here)
    assert profile.changed_at() == minutes(3)
    assert not profile.is_old((NOON + timedelta(days=180)).date())
    assert profile.is_old((NOON + timedelta(days=181)).date())


def test_dates_of_all_updates(here: Planning) -> None:
    for number in (1, 2):
        begin_revision(here.editor(number))
        finish_revision(here.editor(number + 0.5))
    begin_revision(here.editor(3))
    assert [(one.number, one.kind, one.finished_at) for one in profile_of(here).updates] == [
        (1, "initial", minutes(1.5)),
        (2, "interim", minutes(2.5)),
    ]


def point(here: Planning, at: float = 1, **values: Any) -> int:
    told = {"kind": "academic", "instrument": "Writing sample", "result": "Developing", **values}
    return int(tell(here.editor(at), "baseline", told).id)


def test_corrections_stand_in_front_of_what_they_correct(here: Planning, session: Session) -> None:
    first = point(here, taken_on="2026-09-10")
    second = point(here, 2, taken_on="2026-09-10", result="Proficient", replaces_id=first)
    third = point(here, 3, taken_on="2026-09-11", result="Expert", replaces_id=second)
    earlier = point(here, 4, kind="career", taken_on="2025-01-01", result="Likes people")
    points = profile_of(here).starting_points
    assert [one.id for one in points] == [earlier, third]
    assert [(one.id, one.result) for one in points[1].earlier] == [
        (second, "Proficient"),
        (first, "Developing"),
    ]
    assert not any(one.earlier for one in points[1].earlier)
    kept = session.scalars(select(BaselineAssessment.result).order_by(BaselineAssessment.id)).all()
    assert kept == ["Developing", "Proficient", "Expert", "Likes people"]


def test_one_result_is_corrected_once(here: Planning, session: Session) -> None:
    first = point(here)
    point(here, 2, replaces_id=first)
    with pytest.raises(BadInput) as refused:
        point(here, 3, replaces_id=first)
    assert refused.value.code == "field_already_replaced"
    session.commit()
    assert len(session.scalars(select(BaselineAssessment.id)).all()) == 2


def test_another_plans_result_is_not_corrected(here: Planning) -> None:
    with pytest.raises(BadInput) as refused:
        point(here, replaces_id=77)
    assert refused.value.code == "field_unknown_item"


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("entry", {"kind": "strength", "text": " \n"}, "text"),
        ("entry", {"kind": "strength", "alternative": "A robot"}, "text"),
        ("baseline", {"kind": "academic", "instrument": "Writing sample"}, "result"),
    ],
)
def test_what_says_nothing_is_not_added(
    here: Planning, session: Session, kind: str, values: dict[str, str], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        tell(here.editor(), kind, values)
    assert (refused.value.code, refused.value.details["field"]) == ("field_missing", field)
    session.commit()
    assert session.scalars(select(ProfileEntry.id)).all() == []


def test_a_longer_profile_takes_no_more_statements(here: Planning, engine: Engine) -> None:
    for number in range(30):
        entry(here, text=f"Strength {number}")
        point(here)
    here.session.commit()
    with counted(engine) as statements:
        profile = profile_of(here)
    assert (len(profile.entries()), len(profile.starting_points)) == (30, 30)
    # The plan's own row, which the commit let go, may be read again for its id.
    assert len(statements) <= 4


def test_before_a_plan_there_are_the_questions(session: Session, engine: Engine) -> None:
    with counted(engine) as statements:
        profile = read_profile(session, None, STANDARD, KINDS)
    assert statements == []
    assert len(profile.sections) == 7
    assert (profile.entries(), profile.file_ids(), profile.starting_points, profile.updates) == (
        [],
        set(),
        (),
        (),
    )
