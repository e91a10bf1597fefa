"""What an LMS says is an outcome is rated by itself: teachers and students read why, and a teacher ends it for good."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from lti_plp.lms.coursework import take
from lti_plp.lms.coursework_models import MappingRule
from lti_plp.lms.models import Course
from lti_plp.lms.work import Part, Work, WorkResult, outcome_name
from lti_plp.plp.growth.frameworks import publish
from tests.plp.growth.growing import draft
from tests.views import conftest as pages
from tests.views.conftest import RIVERA, School
from tests.views.plans import Planner, plan_of

school = pages.school
HOME = "canvas:school.example"
BECAUSE = "by itself, because Canvas says which outcome it is"


class Class:
    """Maya, her teacher, and a quiz of Canvas about an outcome that came from there."""

    def __init__(self, app: Flask, school: School) -> None:
        self.maya, self.rivera = plan_of(app, school), plan_of(app, school, RIVERA)
        self.minute = 0
        said = draft(guid=f"{HOME}:course:1")
        outcome = outcome_name(HOME, 97)
        items = tuple(replace(one, guid=outcome) if one.guid == "talk" else one for one in said.items)
        with self.maya.toolbox.sessions.begin() as session:
            tenant_id, now = self.maya.actor().tenant_id, self.maya.toolbox.clock()
            publish(session, None, tenant_id, replace(said, items=items, source="lms"), 0, now)
        part = Part("outcome:97", "Argue", points=Decimal(4), outcome=outcome)
        self.quiz = Work("7", "Quiz", "points", Decimal(10), parts=(part,))

    def tell(self, score: str) -> None:
        """Canvas tells what Maya got, a minute later than before."""
        self.minute += 1
        now = self.maya.toolbox.clock() + timedelta(minutes=self.minute)
        who = self.maya.actor().person_id
        got = WorkResult("7", who, "graded", "outcome:97", score=Decimal(score), graded_at=now)
        with self.maya.toolbox.sessions.begin() as session:
            course = session.scalars(select(Course)).one()
            take(session, course, [self.quiz], [got], "canvas", now)

    def words(self, planner: Planner, path: str) -> str:
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", planner.get(path))))

    def rule(self) -> MappingRule:
        with self.maya.toolbox.sessions() as session:
            return session.scalars(select(MappingRule)).one()


@pytest.fixture
def there(app: Flask, school: School) -> Class:
    return Class(app, school)


def test_why_is_told_and_it_can_be_ended(there: Class) -> None:
    there.tell("4")
    rule = there.rule()
    assert f"mapped {BECAUSE}" in there.words(there.rivera, "students/mapping")
    page = f"plan/proficiencies/{rule.proficiency_id}"
    assert BECAUSE in there.words(there.maya, page)

    assert there.rivera.visitor.post(f"students/mapping/{rule.id}/end").status_code == 303
    there.tell("3")
    assert there.rule().ended_at is not None
    words = there.words(there.rivera, "students/mapping")
    assert BECAUSE not in words
    # It is still known what it seems to be about.
    assert "It shows:" in words


def test_what_a_teacher_saves_is_hers(there: Class) -> None:
    there.tell("4")
    rule = there.rule()
    starts = [("start", one) for one in ("0", "35", "70", "85")]
    form = {"work": str(rule.coursework_id), "part": rule.part, "proficiency": str(rule.proficiency_id)}
    assert there.rivera.visitor.post("students/mapping", *starts, do="save", **form).status_code == 303
    assert BECAUSE not in there.words(there.rivera, "students/mapping")
    assert "by the teacher’s rule, version 2" in there.words(
        there.maya, f"plan/proficiencies/{rule.proficiency_id}"
    )
