"""A framework that is withdrawn: nobody is offered it, nothing that was said is lost, and it comes back."""

import pytest
from flask import Flask

from lti_plp.lms.coursework_models import MappingRule
from lti_plp.plp.models import Framework, KeptLevel, Rating
from tests.views import conftest as pages
from tests.views.conftest import School
from tests.views.growing import Growing, growing
from tests.views.test_frameworks import GOOD, Desk
from tests.views.test_mapping import Class, bands, send

school = pages.school


@pytest.fixture
def desk(app: Flask, school: School) -> Desk:
    return Desk(app, school)


@pytest.fixture
def there(app: Flask, school: School) -> Growing:
    return growing(app, school)


def test_a_page_says_what_it_means_first(desk: Desk, there: Growing) -> None:
    talk = there.ids["talk"]
    there.rate("P", note="Clear")
    there.maya.visitor.post("plan/evidence/new", ("proficiency_ids", str(talk)), text="My talk")
    page = desk.get("students/frameworks/1/withdraw")
    for words in (
        "Nobody can choose anything of it any more",
        "All that was said stays readable",
        "1 student was rated on it",
        "1 piece of evidence is about something in it",
        "You can bring it back at any time",
    ):
        assert words in page
    assert desk.rows(Framework)[0].withdrawn_at is None


def test_withdrawn_and_brought_back(desk: Desk, there: Growing) -> None:
    there.rate("P", note="Clear")
    before = [(one.suggested, one.ratings) for one in desk.rows(KeptLevel)]
    answer = desk.oda.post("students/frameworks/1/withdraw")
    page = desk.follow(answer.location)
    assert "Withdrawn. Nothing that was said is lost." in page
    assert "Withdraw it …" not in page
    assert "withdrawn" in desk.get()
    # What was said is read as before, by the student and by her teacher; nothing is chosen or rated.
    assert "Clear" in there.maya.get(f"plan/proficiencies/{there.ids['talk']}")
    assert "Clear" in there.rivera.get(there.page())
    assert 'name="level"' not in there.rivera.get(there.page())
    assert there.rivera.visitor.post(there.page(), level="B").status_code == 404
    assert 'name="proficiency_ids"' not in there.maya.get("plan/goals/new")
    assert "It is withdrawn already." in desk.get("students/frameworks/1/withdraw")
    since = desk.rows(Framework)[0].withdrawn_at
    assert desk.oda.post("students/frameworks/1/withdraw").status_code == 303
    assert desk.rows(Framework)[0].withdrawn_at == since

    assert "It is offered again." in desk.follow(desk.oda.post("students/frameworks/1/back").location)
    assert desk.oda.post("students/frameworks/1/back").status_code == 303
    assert 'name="level"' in there.rivera.get(there.page())
    assert [(one.suggested, one.ratings) for one in desk.rows(KeptLevel)] == before


def test_only_those_who_may_publish(desk: Desk, there: Growing) -> None:
    for path in ("withdraw", "back"):
        assert there.rivera.visitor.post(f"students/frameworks/1/{path}").status_code == 403
    assert desk.oda.post("students/frameworks/99/withdraw").status_code == 404
    assert desk.rows(Framework)[0].withdrawn_at is None


def test_the_same_file_again_says_that_it_is_withdrawn(desk: Desk) -> None:
    desk.publish(GOOD)
    desk.oda.post("students/frameworks/1/withdraw")
    again = desk.follow(desk.bring(GOOD).location)
    assert "It is withdrawn. You can bring it back on its own page." in again
    changed = GOOD.replace("Solves problems", "Solves hard problems")
    assert "Publishing brings it back." in desk.follow(desk.bring(changed).location)
    desk.publish(changed)
    assert desk.rows(Framework)[0].withdrawn_at is None


@pytest.mark.parametrize("way", ["back", "published"])
def test_rules_rest_and_then_follow_what_the_grades_are(app: Flask, school: School, way: str) -> None:
    here = Class(app, school)
    here.gradebook.tell("14")
    assert send(here, "save", *bands("0", "35", "70", "85"))[0] == 303
    desk = Desk(app, school)
    assert "1 rule of a teacher makes levels of grades" in desk.get("students/frameworks/1/withdraw")
    desk.oda.post("students/frameworks/1/withdraw")
    here.gradebook.tell("2")
    assert [int(one.value) for one in desk.rows(Rating)] == [3]
    assert "Your district has no proficiencies yet" in here.rivera.get("students/mapping")
    if way == "back":
        desk.oda.post("students/frameworks/1/back")
    else:
        package = desk.oda.get("students/frameworks/1/case").get_data(as_text=True)
        desk.publish(package.replace("Solves problems", "Solves hard problems"))
    assert [int(one.value) for one in desk.rows(Rating)] == [3, 1]
    assert [one.ended_at for one in desk.rows(MappingRule)] == [None]
