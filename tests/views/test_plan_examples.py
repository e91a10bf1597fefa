"""Example plans: the same one in three formats, and what a student thinks of them."""

import pytest
from flask import Flask
from sqlalchemy import select

from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.models import PlanTemplateFeedback
from tests.views.conftest import RIVERA, School
from tests.views.plans import fill, plan_of


@pytest.mark.parametrize("form", ["words", "table", "timeline", "%3Cb%3E"])
def test_each_format_shows_the_same_plan(app: Flask, school: School, form: str) -> None:
    page = plan_of(app, school).get(f"plan/examples?example=talk&as={form}")
    assert "Rue, grade 11" in page
    for text in ("Lead one meeting of the school council", "The minutes, and one recording"):
        assert text in page


def test_which_would_work_and_why(app: Flask, school: School, toolbox: Toolbox) -> None:
    maya = plan_of(app, school)
    fill(maya)
    assert maya.visitor.post("plan/examples", shown_as="table", why=" ").status_code == 400
    assert maya.visitor.post("plan/examples", shown_as="table", why="I like to see months").status_code == 303
    with toolbox.sessions() as session:
        (said,) = session.scalars(select(PlanTemplateFeedback))
    assert said.text == "[table] I like to see months"


def test_adults_look_at_them_too(app: Flask, school: School) -> None:
    answer = school.enter(RIVERA).get("students/examples?as=table")
    assert answer.status_code == 200
    assert "<table" in answer.get_data(as_text=True)
