"""Making templates: what is accepted, and how everything that is wrong is told at once."""

import uuid
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed
from lti_plp.plp.actor import Role
from lti_plp.plp.models import ReflectionTemplate
from lti_plp.plp.templates import QuestionDraft, Template, TemplateDraft, create_template, find_template
from tests.factories import NOON, School, make_school


@pytest.fixture
def school(session: Session) -> School:
    return make_school(session)


def questions(number: int) -> tuple[QuestionDraft, ...]:
    return tuple(QuestionDraft(f"Question {index}?") for index in range(number))


def draft(**changes: Any) -> TemplateDraft:
    good: dict[str, Any] = {"title": "Looking back", "questions": questions(2), "max_points": Decimal(10)}
    return TemplateDraft(**(good | changes))


def test_a_template_is_made_as_drafted(session: Session, school: School) -> None:
    wanted = draft(
        title="  Looking\nback\x00 ",
        instructions="Take your time.\r\nBe honest.",
        questions=(QuestionDraft(" What went well?\x07 ", "REF-3"), QuestionDraft("And then? \ud83d ñ 🎈")),
        max_points=Decimal("12.50"),
        layout="all",
        allow_resubmit=False,
        due_at=NOON,
        locale="es",
    )
    made = create_template(session, school.teacher(), school.place, wanted, NOON)
    session.commit()
    session.expire_all()
    row = session.get_one(ReflectionTemplate, made.id)
    assert str(uuid.UUID(row.id)) == row.id
    assert (row.title, row.instructions) == ("Looking back", "Take your time.\nBe honest.")
    assert row.questions == [
        {"key": "q1", "text": "What went well?", "source": "REF-3"},
        {"key": "q2", "text": "And then?  ñ 🎈", "source": None},
    ]
    assert (row.max_points, row.layout, row.allow_resubmit) == (Decimal("12.50"), "all", False)
    assert (row.due_at, row.created_at, row.locale) == (NOON, NOON, "es")


@pytest.mark.parametrize(
    ("grading", "given", "stored"),
    [
        ("points", Decimal("0.01"), Decimal("0.01")),
        ("points", Decimal(10000), Decimal(10000)),
        ("complete", None, Decimal(1)),
        ("complete", Decimal(50), Decimal(1)),
        ("none", None, None),
    ],
)
def test_points_follow_the_way_of_grading(
    session: Session, school: School, grading: str, given: Decimal | None, stored: Decimal | None
) -> None:
    wanted = draft(grading=grading, max_points=given)
    made = create_template(session, school.teacher(), school.place, wanted, NOON)
    session.commit()
    session.expire_all()
    assert session.get_one(ReflectionTemplate, made.id).max_points == stored


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"title": " \x00\n"}, "title", "missing"),
        ({"title": "x" * 256}, "title", "too_long"),
        ({"instructions": "x" * 5001}, "instructions", "too_long"),
        ({"questions": ()}, "questions", "missing"),
        ({"questions": questions(21)}, "questions", "too_many"),
        ({"questions": (QuestionDraft("Yes?"), QuestionDraft(" \x00 "))}, "question_1", "missing"),
        ({"questions": (QuestionDraft("x" * 1001),)}, "question_0", "too_long"),
        ({"grading": "letters"}, "grading", "unknown"),
        ({"layout": "spiral"}, "layout", "unknown"),
        ({"kind": "poem"}, "kind", "unknown"),
        ({"locale": "x" * 11}, "locale", "unknown"),
        ({"max_points": None}, "max_points", "out_of_range"),
        ({"max_points": Decimal(0)}, "max_points", "out_of_range"),
        ({"max_points": Decimal(-1)}, "max_points", "out_of_range"),
        ({"max_points": Decimal("10000.01")}, "max_points", "out_of_range"),
        ({"max_points": Decimal("NaN")}, "max_points", "out_of_range"),
        ({"max_points": Decimal("sNaN")}, "max_points", "out_of_range"),
        ({"max_points": Decimal("Infinity")}, "max_points", "out_of_range"),
        ({"max_points": Decimal("1.005")}, "max_points", "too_fine"),
        ({"max_points": Decimal("1E-400")}, "max_points", "too_fine"),
    ],
)
def test_each_problem_is_told_by_field(changes: dict[str, Any], field: str, problem: str) -> None:
    assert draft(**changes).problems() == {field: problem}


def test_all_problems_are_told_at_once_and_nothing_is_made(session: Session, school: School) -> None:
    bad = draft(title="", questions=(), max_points=Decimal(-5), layout="spiral")
    with pytest.raises(BadInput) as caught:
        create_template(session, school.teacher(), school.place, bad, NOON)
    assert caught.value.code == "template_problems"
    assert caught.value.details == {
        "title": "missing",
        "questions": "missing",
        "max_points": "out_of_range",
        "layout": "unknown",
    }
    assert session.scalar(select(func.count()).select_from(ReflectionTemplate)) == 0


def test_students_place_nothing(session: Session, school: School) -> None:
    for actor in (school.student(), school.person(Role.INSTRUCTOR, Role.MENTOR)):
        with pytest.raises(NotAllowed):
            create_template(session, actor, school.place, draft(), NOON)


def test_a_template_is_found_in_its_own_tenant_only(session: Session, school: School) -> None:
    made = school.template(school.teacher())
    other = make_school(session, "Birch Lake", base="https://lms.birchlake.example")
    found = find_template(session, school.tenant_id, made.id)
    assert found
    assert {one.name: getattr(made, one.name) for one in fields(Template)} == asdict(found)
    assert find_template(session, school.tenant_id, made.id.upper()) == found
    assert find_template(session, other.tenant_id, made.id) is None


@pytest.mark.parametrize(
    "garbage", ["", "x", "\x00" * 36, "00000000-0000-0000-0000-000000000000", "🎈" * 36, "' OR 1=1 --"]
)
def test_garbage_names_no_template(session: Session, school: School, garbage: str) -> None:
    assert find_template(session, school.tenant_id, garbage) is None
