"""Counts of participation: everybody once, small groups not broken down, nobody without a plan; on both databases."""

import pytest
from sqlalchemy.orm import Session

from lti_plp.errors import NotAllowed
from lti_plp.plp.actor import Role
from lti_plp.plp.models import Plan
from lti_plp.plp.participation import Taking, take_pathway
from lti_plp.plp.pathway_report import PathwayReport, pathway_report
from lti_plp.plp.plans import PlanEditor, open_plan
from tests.factories import counted, make_school, minutes
from tests.plp.pathways import District
from tests.plp.planning import vocabulary
from tests.plp.test_catalogue import KINDS


@pytest.fixture
def here(session: Session) -> District:
    return District(session)


def take_part(here: District, grade: int | None, kind: str = "work_based_learning", times: int = 1) -> None:
    """A new student takes part."""
    here.student = here.school.student()
    here.plan = open_plan(here.session, here.student, minutes(0))
    here.plan.grade = grade
    for _ in range(times):
        item = here.design(kind=kind)
        here.move(item, "proposed")
        here.decide(item, "approved")


def report(here: District) -> PathwayReport:
    return pathway_report(here.session, here.administrator, KINDS)


def test_everybody_counts_once_and_ideas_do_not(here: District) -> None:
    here.in_state("proposed")
    here.in_state("withdrawn")
    take_part(here, 9, times=2)
    take_part(here, 9, "dual_enrollment")
    found = report(here)
    assert (found.students, found.waiting, found.without_plan) == (2, 1, 0)
    assert [(one.kind, one.students) for one in found.types] == [
        ("dual_enrollment", 1),
        ("work_based_learning", 1),
    ]


@pytest.mark.parametrize(
    ("grades", "told"),
    [
        ({9: 10}, {9: 10}),
        ({9: 9}, None),
        ({9: 10, 10: 11}, {9: 10, 10: 11}),
        # One small group alone could be worked out from the others and the whole.
        ({9: 12, 10: 11, 11: 1}, None),
        ({9: 10, None: 10}, {9: 10, None: 10}),
    ],
)
def test_small_groups_are_not_broken_down(
    here: District, grades: dict[int | None, int], told: dict[int | None, int] | None
) -> None:
    for grade, number in grades.items():
        for _ in range(number):
            take_part(here, grade)
    (found,) = report(here).types
    assert (found.students, found.grades) == (sum(grades.values()), told)


def test_per_entry_and_never_a_student_s_words(here: District, session: Session) -> None:
    entry = here.entry()
    take_part(here, 9)
    editor = PlanEditor(session, here.plan, here.student, vocabulary, minutes(5))
    item = take_pathway(editor, entry.id, Taking(steps=()))
    editor.edit("pathway", item.id, 1, {"title": "My secret title"})
    here.move(item, "proposed", at=6)
    here.decide(item, "approved", at=7)
    found = report(here)
    assert [(one.title, one.kind, one.students) for one in found.entries] == [
        (entry.title, "dual_enrollment", 1),
        ("", "own_design", 1),
    ]


def test_of_one_s_own_district_only(here: District, session: Session) -> None:
    take_part(here, 9)
    other = make_school(session, "Birch Falls", "https://lms.birchfalls.example")
    leader = other.person(Role.ADMINISTRATOR)
    found = pathway_report(session, leader, KINDS)
    assert (found.students, found.types, found.entries, found.waiting) == (0, (), (), 0)


def test_who_may_not(here: District) -> None:
    for actor in (here.student, here.teacher, here.school.person(Role.MENTOR, Role.ADMINISTRATOR)):
        with pytest.raises(NotAllowed):
            pathway_report(here.session, actor, KINDS)


def test_as_many_statements_however_many_take_part(here: District) -> None:
    engine = here.session.get_bind().engine
    take_part(here, 9)
    report(here)
    with counted(engine) as few:
        report(here)
    for grade in (7, 8, 10, 11, 12):
        take_part(here, grade)
    report(here)
    with counted(engine) as many:
        report(here)
    assert len(many) == len(few) == 5
    assert here.session.get_one(Plan, here.plan.id).grade == 12
