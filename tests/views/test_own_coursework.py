"""A student looks through her own coursework and takes it as evidence, several pieces at once."""

import pytest
from flask import Flask
from sqlalchemy import select

from lti_plp.lms.coursework_models import Coursework, CourseworkResult, EvidenceSource
from lti_plp.plp.models import Evidence
from tests.factories import counted
from tests.views.conftest import LEO, School
from tests.views.coursework import TITLE, Gradebook
from tests.views.plans import Planner, fill, plan_of


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


def works(planner: Planner) -> dict[str, int]:
    with planner.reading() as (session, _):
        return {row.title: row.id for row in session.scalars(select(Coursework))}


def pieces(planner: Planner) -> list[Evidence]:
    with planner.reading() as (session, _):
        return list(session.scalars(select(Evidence).where(Evidence.medium == "lms").order_by(Evidence.id)))


def test_several_are_taken_for_one_goal(maya: Planner) -> None:
    ids = fill(maya)
    Gradebook(maya).tell("16")
    page = maya.get("plan/coursework")
    assert TITLE in page
    assert "16 of 20" in page
    number = works(maya)[TITLE]
    answer = maya.visitor.post(
        "plan/coursework", ("work", str(number)), goal_ids=str(ids["goal"]), reason="I planned it myself"
    )
    assert answer.status_code == 303
    (made,) = pieces(maya)
    assert (made.title, made.reason) == (TITLE, "I planned it myself")
    assert "16 of 20 points" in made.text
    with maya.reading() as (session, _):
        source = session.scalars(select(EvidenceSource)).one()
        assert source.evidence_id == made.id
        result = session.get_one(CourseworkResult, source.result_id)
        assert str(result.score) == "16.0000"
    assert "in my plan" in maya.get("plan/coursework")


def test_what_was_taken_stays_when_the_grade_changes(maya: Planner) -> None:
    ids = fill(maya)
    gradebook = Gradebook(maya)
    gradebook.tell("10")
    number = str(works(maya)[TITLE])
    maya.visitor.post("plan/coursework", ("work", number), goal_ids=str(ids["goal"]))
    gradebook.tell("16")
    assert "10 of 20 points" in pieces(maya)[0].text
    assert "16 of 20" in maya.get("plan/coursework")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"goal_ids": "1"}, "Choose the work that you want to show"),
        ({"work": "1"}, "Choose what it is about"),
    ],
)
def test_what_is_missing_is_told_and_nothing_lost(maya: Planner, form: dict[str, str], words: str) -> None:
    ids = fill(maya)
    Gradebook(maya).tell("16")
    named = {"goal_ids": str(ids["goal"]), "work": str(works(maya)[TITLE])}
    answer = maya.visitor.post("plan/coursework", reason="Because", **{name: named[name] for name in form})
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert words in page
    assert "Because</textarea>" in page
    assert pieces(maya) == []


@pytest.mark.parametrize("work", ["999", "0", "-1", "99999999999999999999", "x"])
def test_work_that_is_not_there(maya: Planner, work: str) -> None:
    ids = fill(maya)
    answer = maya.visitor.post("plan/coursework", ("work", work), goal_ids=str(ids["goal"]))
    assert answer.status_code in {400, 404}
    assert pieces(maya) == []


def test_somebody_elses_result_is_nobodys_evidence(maya: Planner, app: Flask, school: School) -> None:
    fill(maya)
    Gradebook(maya).tell("16")
    leo = plan_of(app, school, LEO)
    ids = fill(leo)
    number = str(works(maya)[TITLE])
    assert "16 of 20" not in leo.get("plan/coursework")
    answer = leo.visitor.post("plan/coursework", ("work", number), goal_ids=str(ids["goal"]))
    assert answer.status_code == 404
    assert pieces(leo) == []


def test_as_many_statements_for_many_as_for_one(maya: Planner, app: Flask) -> None:
    fill(maya)
    gradebook = Gradebook(maya)
    gradebook.tell("16")
    with counted(maya.toolbox.engine) as few:
        maya.get("plan/coursework")
    with maya.reading() as (session, _):
        work = session.scalars(select(Coursework)).one()
        facts = {
            "course_id": work.course_id,
            "source": work.source,
            "grading": "points",
            "read_at": work.read_at,
        }
        session.add_all(
            Coursework(source_id=f"more-{number}", title=f"More {number}", parts=[], url="", **facts)
            for number in range(30)
        )
        session.commit()
    with counted(maya.toolbox.engine) as many:
        maya.get("plan/coursework")
    assert len(many) == len(few)
