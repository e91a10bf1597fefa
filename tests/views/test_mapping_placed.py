"""A reflection is mapped as soon as it is placed, before anybody has opened or sent it."""

import re
from dataclasses import dataclass
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from lti_plp.lms.coursework_models import Coursework
from lti_plp.plp.models import Rating
from tests.views import conftest as pages
from tests.views.conftest import MAYA, RIVERA, School
from tests.views.growing import publish_skills
from tests.views.plans import Planner, fill, plan_of
from tests.views.test_teacher import rate

school = pages.school
TITLE = "Quick check-in"


@dataclass
class There:
    """A teacher who places, and a district with two skills."""

    school: School
    rivera: Planner
    ids: dict[str, int]

    def works(self) -> list[Coursework]:
        with self.rivera.toolbox.sessions() as session:
            return list(session.scalars(select(Coursework).order_by(Coursework.id)))

    def listed(self) -> list[str]:
        """Titles on the teacher's page."""
        return re.findall(r"<p><strong>([^<]+)</strong>", unescape(self.rivera.get("students/mapping")))

    def map(self, work: Coursework) -> int:
        """Say that it shows how she talks; status of the answer."""
        fields = [("start", one) for one in ("0", "35", "70", "85")]
        form = {"work": str(work.id), "proficiency": str(self.ids["talk"]), "do": "save"}
        return self.rivera.visitor.post("students/mapping", *fields, **form).status_code

    def values(self) -> list[int]:
        with self.rivera.toolbox.sessions() as session:
            return [int(one.value) for one in session.scalars(select(Rating).order_by(Rating.id))]

    def send_and_rate(self, template: str, points: str, link: str = "link-7") -> None:
        """Maya sends it, and her teacher gives points."""
        maya = self.school.enter(MAYA, template, link=link)
        assert maya.save("q1", "It went well").status_code == 200
        assert maya.post("reflection/submit").status_code == 303
        teacher = self.school.enter(RIVERA, template, link=link)
        assert rate(teacher, MAYA, points=points).status_code in {200, 303}


@pytest.fixture
def there(app: Flask, school: School) -> There:
    rivera = plan_of(app, school, RIVERA)
    plan_of(app, school, MAYA)
    return There(school, rivera, publish_skills(rivera.toolbox, rivera.actor().tenant_id))


def test_right_after_placing_and_through_its_first_grade(there: There) -> None:
    template = there.school.place()
    assert there.listed() == [TITLE]
    (work,) = there.works()
    page = there.rivera.get(f"students/mapping?work={work.id}&proficiency={there.ids['talk']}")
    assert "The rule waits for the first one." in page
    assert there.map(work) == 303
    there.send_and_rate(template, "8")
    # It is the same work, under the rule that waited for it.
    assert [one.id for one in there.works()] == [work.id]
    assert there.values() == [3]


def test_a_link_that_was_copied_is_there_when_it_was_opened(there: There) -> None:
    template = there.school.place()
    there.school.enter(RIVERA, template, link="link-7")
    there.school.enter(RIVERA, template, link="link-8")
    there.school.enter(RIVERA, template, link="link-8")
    assert there.listed() == ["Reflection", "Reflection"]
    assert [one.source_id.isdecimal() for one in there.works()] == [True, True]
    assert [there.map(one) for one in there.works()] == [303, 303]
    there.send_and_rate(template, "3", link="link-8")
    assert there.values() == [1]


def test_a_link_that_comes_to_stand_for_another_template(there: There) -> None:
    first = there.school.place()
    there.school.enter(RIVERA, first, link="link-7")
    second = there.school.place(title="Look back", points="20")
    assert len(there.listed()) == 2
    there.school.enter(RIVERA, second, link="link-7")
    assert len(there.listed()) == 1
    assert there.works()[0].points == 20
    there.school.enter(RIVERA, there.school.place(grading="none"), link="link-7")
    assert there.listed() == []


@pytest.mark.parametrize("grading", ["none", "complete"])
def test_what_counts_for_nothing_is_no_work(there: There, grading: str) -> None:
    there.school.enter(RIVERA, there.school.place(grading=grading), link="link-7")
    assert len(there.works()) == (grading == "complete")


def test_students_do_not_learn_of_it_before_somebody_sent_it(
    app: Flask, school: School, there: There
) -> None:
    template = school.place()
    maya = plan_of(app, school)
    ids = fill(maya)
    step = f"plan/steps/{ids['soon']}"
    assert TITLE not in maya.get(step)
    (work,) = there.works()
    tie = {"work": str(work.id), "when": "submitted"}
    assert maya.visitor.post(f"{step}/coursework", **tie).status_code == 404
    school.enter(RIVERA, template, link="link-7")
    assert maya.visitor.post(f"{step}/coursework", **tie).status_code == 404
    there.send_and_rate(template, "8")
    assert maya.visitor.post(f"{step}/coursework", **tie).status_code == 303
