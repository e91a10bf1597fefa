"""Whose plan is due when, as teachers, advisors and administrators see it."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import select, update

from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Person, SchoolYear
from lti_plp.plp.models import Goal, Meeting, MeetingParticipant, Plan, PlanLook
from tests.launching import INSTITUTION, MEMBERSHIP
from tests.views.conftest import FAMILY, LEO, MAYA, RIVERA, SAM, TEST_STUDENT, Human, School, Visitor

HEAD = Human("head-1", "Ada", "Okoro", (f"{MEMBERSHIP}#Administrator", f"{INSTITUTION}#Administrator"))
SECRET = "I am afraid of speaking in front of people"


@pytest.fixture
def people(school: School) -> None:
    """Three students who have been there."""
    for human in (MAYA, LEO, SAM):
        school.enter(human)


@pytest.fixture
def plans(people: None, toolbox: Toolbox) -> dict[str, int]:
    """Maya's plan is overdue, Leo's was updated lately, Sam has none; given name -> person id."""
    now = toolbox.clock()
    with toolbox.sessions.begin() as session:
        ids = {row.given_name: row.id for row in session.scalars(select(Person))}
        for given, days_ago in (("Maya", 400), ("Leo", 20)):
            plan = Plan(
                tenant_id=session.get_one(Person, ids[given]).tenant_id,
                person_id=ids[given],
                first_developed_at=now - timedelta(days=800),
                formally_updated_at=now - timedelta(days=days_ago),
                grade=9 if given == "Maya" else 10,
            )
            session.add(plan)
            session.flush()
            item = {"plan_id": plan.id, "audience": "team", "created_at": now, "changed_at": now}
            session.add(Goal(**item, statement=SECRET, state="active"))
    return ids


def page_of(visitor: Visitor, path: str = "students/due") -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def states(page: str) -> dict[str, str]:
    """Name -> state of each line."""
    rows = re.findall(
        r'<tr class="due-(\w+)">\s*<th scope="row"><(?:a[^>]*|strong)>([^<]+)<', page
    )
    return {name: state for state, name in rows}


EVERYBODY = {"Maya Torres": "overdue", "Sam Whitfield": "no_plan", "Leo Abara": "later"}


def test_a_teacher_sees_her_own_students_and_leads_to_them(school: School, plans: dict[str, int]) -> None:
    page = page_of(school.enter(RIVERA))
    assert states(page) == EVERYBODY
    assert list(states(page)) == list(EVERYBODY), "what is most urgent comes first"
    assert f'/students/{plans["Maya"]}"' in page


def test_an_administrator_sees_names_and_dates_and_no_words(school: School, plans: dict[str, int]) -> None:
    page = page_of(school.enter(HEAD))
    assert states(page) == EVERYBODY
    assert SECRET not in page
    assert f'/students/{plans["Maya"]}"' not in page, "no way to a plan that is not shared with her"
