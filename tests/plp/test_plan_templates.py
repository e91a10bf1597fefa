"""Forms of the plan: shipped ones, a district's own, versions that never change, and what people think of them."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.models import Plan, PlanTemplate, PlanTemplateFeedback, PlanTemplateVersion
from lti_plp.plp.plan_forms import (
    CRITICAL,
    ELEMENTS,
    Element,
    FormDraft,
    PlanForm,
    read_form,
    shipped_drafts,
    shipped_form,
    stored_element,
    written_form,
)
from lti_plp.plp.plan_templates import (
    draft_version,
    form_of,
    list_feedback,
    list_templates,
    newest_draft,
    publish,
    say,
    template_named,
)
from lti_plp.plp.texts import one_line
from tests.factories import NOON, School, make_school, minutes

CONFIG = Path(__file__).parent.parent.parent / "config"
KINDS = load_kinds(CONFIG)
GARDEN = Element("own:garden", {"en": "Our garden", "es": "Nuestra huerta"})


def element(key: str, **changes: Any) -> Element:
    return Element(key, **({"title": {"en": key.capitalize(), "es": f"{key} en español"}} | changes))


FLOOR = tuple(element(key) for key in CRITICAL)


@pytest.fixture
def school(session: Session) -> School:
    return make_school(session)


def plan(session: Session, school: School, grade: int | None = 9, version_id: int | None = None) -> Plan:
    row = Plan(
        tenant_id=school.tenant_id,
        person_id=school.student().person_id,
        first_developed_at=NOON,
        grade=grade,
        template_version_id=version_id,
    )
    session.add(row)
    session.flush()
    return row


def drafted(
    session: Session,
    school: School,
    *elements: Element,
    name: str = "Ours",
    grades: tuple[int, int] = (7, 12),
) -> PlanTemplateVersion:
    return draft_version(session, school.tenant_id, name, *grades, elements or FLOOR, NOON)


def published(session: Session, school: School, *elements: Element, at: float = 1, **facts: Any) -> int:
    version = drafted(session, school, *elements, **facts)
    return publish(session, version.template_id, minutes(at)).id


@pytest.mark.parametrize(
    ("grade", "name"),
    [(0, "light"), (6, "light"), (7, "standard"), (12, "standard"), (None, "standard"), (13, "standard")],
)
def test_the_shipped_form_fits_the_grade(grade: int | None, name: str) -> None:
    form = shipped_form(CONFIG, grade)
    assert (form.name, form.version, form.version_id) == (name, None, None)


def test_standard_has_every_element_in_order() -> None:
    form = shipped_form(CONFIG, 9)
    assert tuple(one.id for one in form.elements) == ELEMENTS
    assert all(one.about for one in form.elements)
    assert form.profile_kinds(KINDS) == tuple(KINDS.of("profile_kind").values())
    assert [kind.id for kind in form.goal_kinds(KINDS)] == ["secondary", "postsecondary"]


def test_light_asks_less_in_its_own_words() -> None:
    light, standard = shipped_form(CONFIG, 3), shipped_form(CONFIG, 9)
    assert not light.has("transition")
    assert not light.has("revisions")
    asked = [kind.id for kind in light.profile_kinds(KINDS)]
    assert asked == ["strength", "value", "interest", "aspiration_near", "need"]
    assert [kind.id for kind in light.goal_kinds(KINDS)] == ["primary"]
    for one in light.elements:
        assert one.title != standard.element(one.id).title


def test_an_element_that_is_off_is_not_found() -> None:
    form = shipped_form(CONFIG, 3)
    assert form.element("goals").title["es"] == "Lo que quiero aprender"
    with pytest.raises(NotFound):
        form.element("transition")


def test_no_template_means_the_shipped_form(session: Session, school: School) -> None:
    assert form_of(session, plan(session, school), CONFIG) == shipped_form(CONFIG, 9)
    assert form_of(session, plan(session, school, grade=2), CONFIG) == shipped_form(CONFIG, 2)


def test_a_draft_is_shown_in_no_plan_until_it_is_published(session: Session, school: School) -> None:
    mine = plan(session, school)
    goals = element("goals", goal_kinds=("secondary",), about={"en": "Aim.", "es": "Apunta."})
    profile = element("profile", profile_kinds=("skill",))
    elements = (goals, profile, FLOOR[0], FLOOR[3], GARDEN)
    version = drafted(session, school, *elements)
    assert form_of(session, mine, CONFIG).version is None
    assert form_of(session, plan(session, school, version_id=version.id), CONFIG).version is None
    publish(session, version.template_id, NOON)
    session.commit()
    session.expire_all()
    form = form_of(session, mine, CONFIG)
    assert form == PlanForm("Ours", 1, elements, version.id)
    assert form.has("own:garden")
    assert form.element("own:garden").is_own
    assert [kind.id for kind in form.profile_kinds(KINDS)] == ["skill"]


def test_the_newest_version_that_covers_the_grade_counts(session: Session, school: School) -> None:
    mine = plan(session, school, grade=8)
    published(session, school, name="All", at=1)
    published(session, school, name="Middle", grades=(6, 8), at=2)
    published(session, school, name="High", grades=(9, 12), at=3)
    assert form_of(session, mine, CONFIG).name == "Middle"
    published(session, school, *FLOOR, GARDEN, name="All", at=4)
    assert (form_of(session, mine, CONFIG).name, form_of(session, mine, CONFIG).version) == ("All", 2)
    drafted(session, school, name="Middle", grades=(6, 8))
    assert form_of(session, mine, CONFIG).name == "All"
    assert form_of(session, plan(session, school, grade=5), CONFIG).name == "light"


def test_an_unknown_grade_has_the_template_that_is_for_all(session: Session, school: School) -> None:
    mine = plan(session, school, grade=None)
    published(session, school, name="High", grades=(9, 12), at=1)
    assert form_of(session, mine, CONFIG).name == "standard"
    published(session, school, name="All", grades=(5, 12), at=2)
    published(session, school, name="Middle", grades=(7, 8), at=3)
    assert form_of(session, mine, CONFIG).name == "All"


def test_a_plan_may_stay_with_its_version(session: Session, school: School) -> None:
    first = published(session, school, at=1)
    published(session, school, *FLOOR, GARDEN, at=2)
    assert form_of(session, plan(session, school, version_id=first), CONFIG).version == 1
    assert form_of(session, plan(session, school), CONFIG).version == 2


def test_another_districts_template_is_not_ours(session: Session, school: School) -> None:
    other = make_school(session, "Birch Lake", base="https://lms.birchlake.example")
    theirs = published(session, other)
    assert form_of(session, plan(session, school), CONFIG).name == "standard"
    assert form_of(session, plan(session, school, version_id=theirs), CONFIG).name == "standard"
    with pytest.raises(NotFound):
        template_named(session, school.tenant_id, "Ours")
    assert drafted(session, school).number == 1


def test_a_draft_is_replaced_and_numbers_have_no_gaps(session: Session, school: School) -> None:
    first = drafted(session, school, grades=(7, 9))
    again = drafted(session, school, *FLOOR, GARDEN, grades=(7, 12))
    assert (again.id, again.number) == (first.id, 1)
    publish(session, first.template_id, NOON)
    assert drafted(session, school).number == 2
    template = template_named(session, school.tenant_id, "Ours")
    assert (template.first_grade, template.last_grade) == (7, 12)
    assert newest_draft(session, template).elements == FLOOR
    (state,) = list_templates(session)
    assert (state.published, state.draft) == (1, 2)


def test_a_draft_moves_no_published_form_to_other_grades(session: Session, school: School) -> None:
    published(session, school)
    with pytest.raises(BadInput) as caught:
        drafted(session, school, grades=(9, 12))
    assert caught.value.code == "plan_template_grades"
    (state,) = list_templates(session)
    assert (state.first_grade, state.last_grade, state.draft) == (7, 12, None)


def test_only_a_draft_is_published(session: Session, school: School) -> None:
    version = drafted(session, school)
    publish(session, version.template_id, NOON)
    with pytest.raises(NotFound) as caught:
        publish(session, version.template_id, NOON)
    assert caught.value.code == "plan_template_no_draft"


@pytest.mark.parametrize(
    "change",
    [
        update(PlanTemplateVersion).values(elements=[]),
        update(PlanTemplateVersion).values(published_at=None),
        delete(PlanTemplateVersion),
    ],
)
def test_a_published_version_never_changes(session: Session, school: School, change: Any) -> None:
    published(session, school)
    session.commit()
    with pytest.raises(IntegrityError, match="append-only"):
        session.execute(change.execution_options(synchronize_session=False))


@pytest.mark.parametrize(
    ("elements", "field", "problem"),
    [
        (FLOOR[1:], "information", "missing"),
        (FLOOR[:3], "steps", "missing"),
        ((*FLOOR, element("goals")), "element_4", "twice"),
        ((*FLOOR, element("homework")), "element_4", "unknown"),
        ((*FLOOR, element("own:")), "element_4", "unknown"),
        ((*FLOOR, element("own:Garden")), "element_4", "unknown"),
        ((*FLOOR, element("own:gar den")), "element_4", "unknown"),
        ((*FLOOR, element("own:" + "x" * 57)), "element_4", "unknown"),
        ((*FLOOR, element("evidence", title={"en": "Only English"})), "element_4", "title"),
        ((*FLOOR, element("evidence", title={"en": "Proof", "es": ""})), "element_4", "title"),
        ((*FLOOR, element("evidence", title={"en": "Proof", "es": "\x00"})), "element_4", "title"),
        ((*FLOOR, element("evidence", title={"en": "x" * 81, "es": "x"})), "element_4", "title"),
        ((*FLOOR, element("evidence", about={"en": "Two\nlines", "es": "x"})), "element_4", "about"),
        ((*FLOOR, element("evidence", profile_kinds=("skill",))), "element_4", "profile_kinds"),
        ((*FLOOR, element("evidence", goal_kinds=("primary",))), "element_4", "goal_kinds"),
        ((*FLOOR, *(element(f"own:{n}") for n in range(27))), "elements", "too_many"),
    ],
)
def test_what_is_critical_is_a_floor_and_problems_are_told(
    elements: tuple[Element, ...], field: str, problem: str
) -> None:
    assert FormDraft("Ours", 7, 12, elements).problems() == {field: problem}


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"name": ""}, "name", "missing"),
        ({"name": " Ours"}, "name", "missing"),
        ({"name": "x" * 81}, "name", "too_long"),
        ({"first_grade": -1}, "grades", "out_of_range"),
        ({"last_grade": 13}, "grades", "out_of_range"),
        ({"first_grade": 9, "last_grade": 8}, "grades", "out_of_range"),
    ],
)
def test_name_and_grades_are_checked(changes: dict[str, Any], field: str, problem: str) -> None:
    assert replace(FormDraft("Ours", 7, 12, FLOOR), **changes).problems() == {field: problem}


def test_all_problems_are_told_at_once_and_nothing_is_made(session: Session, school: School) -> None:
    with pytest.raises(BadInput) as caught:
        draft_version(session, school.tenant_id, "", 9, 8, (GARDEN, GARDEN), NOON)
    assert caught.value.details == {
        "name": "missing",
        "grades": "out_of_range",
        "element_1": "twice",
        **dict.fromkeys(CRITICAL, "missing"),
    }
    assert session.scalar(select(func.count()).select_from(PlanTemplate)) == 0


def test_every_element_may_be_renamed_and_reordered() -> None:
    turned = tuple(element(key, title={"en": "So", "es": "Así"}) for key in reversed(ELEMENTS))
    assert FormDraft("Ours", 0, 0, turned).problems() == {}


def test_feedback_is_kept_beside_the_version_it_is_about(session: Session, school: School) -> None:
    student = school.student().person_id
    version = published(session, school)
    say(session, school.tenant_id, version, student, "learner", " Too many\r\nboxes.\x00 ", minutes(1))
    say(session, school.tenant_id, None, student, "learner", "I like it.", minutes(2))
    other = make_school(session, "Birch Lake", base="https://lms.birchlake.example")
    say(session, other.tenant_id, None, other.teacher().person_id, "instructor", "Clear.", minutes(3))
    session.commit()
    ours = [
        (one.template, one.version, one.role, one.text) for one in list_feedback(session, school.tenant_id)
    ]
    assert ours == [
        (None, None, "learner", "I like it."),
        ("Ours", 1, "learner", "Too many\nboxes."),
    ]
    assert [one.text for one in list_feedback(session)] == ["Clear.", "I like it.", "Too many\nboxes."]
    for change in (update(PlanTemplateFeedback).values(text=""), delete(PlanTemplateFeedback)):
        with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
            session.execute(change.execution_options(synchronize_session=False))


@pytest.mark.parametrize(
    ("text", "code"), [(" \x00\n", "feedback_missing"), ("x" * 5001, "feedback_too_long")]
)
def test_feedback_that_cannot_be_kept(session: Session, school: School, text: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        say(session, school.tenant_id, None, school.student().person_id, "learner", text, NOON)
    assert caught.value.code == code
    assert list_feedback(session) == []


def test_feedback_is_about_a_version_of_ones_own_district(session: Session, school: School) -> None:
    other = make_school(session, "Birch Lake", base="https://lms.birchlake.example")
    theirs = published(session, other)
    for version in (theirs, theirs + 1):
        with pytest.raises(NotFound):
            say(session, school.tenant_id, version, school.student().person_id, "learner", "Good.", NOON)


GOOD = written_form(
    FormDraft("Ours", 7, 12, (*FLOOR[:1], element("profile", profile_kinds=("skill",)), *FLOOR[2:]))
)


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("spoil", "names"),
    [
        (swap('name = "Ours"\n', ""), r"ours\.toml: name"),
        (swap('name = "Ours"', 'name = ""'), r"ours\.toml, name: is missing"),
        (swap("first_grade = 7", 'first_grade = "7"'), r"ours\.toml: first_grade must be a number"),
        (swap("first_grade = 7", "first_grade = true"), r"ours\.toml: first_grade must be a number"),
        (swap("last_grade = 12", "last_grade = 13"), r"ours\.toml, grades: must be from 0 to 12"),
        (swap("last_grade = 12", "last_grade = 12\ncolor = 1"), r"ours\.toml: .*color"),
        (swap('id = "goals"', ""), r"ours\.toml: an entry has no id"),
        (swap('id = "goals"', 'id = "steps"'), r"ours\.toml, goals: is missing"),
        (swap('id = "goals"', 'id = "goals"\nhidden = true'), r"ours\.toml, goals: .*hidden"),
        (swap('id = "goals"', 'id = "goals"\ngoal_kinds = ["wish"]'), r"goals: goal_kinds must be a list of"),
        (swap('id = "goals"', 'id = "goals"\ngoal_kinds = "primary"'), r"goals: goal_kinds must be a list"),
        (swap('id = "goals"', 'id = "goals"\nprofile_kinds = ["skill"]'), r"goals: only the profile"),
        (swap('["skill"]', "[]"), r"profile: profile_kinds is empty"),
        (swap('["skill"]', '["own:skill"]'), r"profile: profile_kinds must be a list"),
        (swap('title.es = "goals en español"\n', ""), r"goals: title needs a text in en and es"),
        (swap("[[element]]", "[element]"), r"ours\.toml cannot be read"),
        (swap("name =", "name"), r"ours\.toml cannot be read"),
        (
            lambda text: text + '[[element]]\nid = "poem"\ntitle = {en = "a", es = "b"}\n',
            r"poem: must be one of",
        ),
        (
            lambda text: text + '[[element]]\nid = "steps"\ntitle = {en = "a", es = "b"}\n',
            r"steps: stands there",
        ),
    ],
)
def test_a_wrong_file_is_named_with_its_entry(spoil: Callable[[str], str], names: str) -> None:
    assert read_form(GOOD, "ours.toml", KINDS).problems() == {}
    assert spoil(GOOD) != GOOD
    with pytest.raises(ValueError, match=names):
        read_form(spoil(GOOD), "ours.toml", KINDS)


@pytest.mark.parametrize("form", shipped_drafts(CONFIG), ids=lambda form: form.name)
def test_shipped_forms_are_written_as_they_are_read(form: FormDraft) -> None:
    assert read_form(written_form(form), "x.toml", KINDS) == form
    assert tuple(stored_element(one.as_data()) for one in form.elements) == form.elements


LINES = st.text(max_size=40).map(one_line).filter(bool)
TEXTS = st.fixed_dictionaries({"en": LINES, "es": LINES})


@given(name=LINES, title=TEXTS, about=st.none() | TEXTS)
def test_any_words_survive_the_file(name: str, title: dict[str, str], about: dict[str, str] | None) -> None:
    form = FormDraft(name, 0, 12, (*FLOOR, Element("own:a-1", title, about)))
    assert form.problems() == {}
    assert read_form(written_form(form), "x.toml", KINDS) == form


@pytest.mark.parametrize(
    ("spoil", "names"),
    [
        (lambda path: path.unlink(), r"light\.toml cannot be read"),
        (lambda path: path.write_bytes(b"\xff"), r"light\.toml cannot be read"),
        (
            lambda path: path.write_text(path.read_text().replace('"light"', '"tiny"')),
            r"light\.toml: its name",
        ),
        (lambda path: path.write_text(path.read_text().replace('"need"', '"nead"')), r"light\.toml, profile"),
    ],
)
def test_a_wrong_shipped_file_is_named(tmp_path: Path, spoil: Callable[[Path], Any], names: str) -> None:
    shutil.copytree(CONFIG / "plan", tmp_path / "plan")
    spoil(tmp_path / "plan" / "templates" / "light.toml")
    with pytest.raises(ValueError, match=names):
        shipped_form(tmp_path, 9)
