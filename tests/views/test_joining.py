"""One student is here twice: the administrator's page, and what opens afterwards, over HTTP."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_plp.launch.claims import CANVAS_STUDENT, LMS_USER_KEY
from lti_plp.launch.models import Registration
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Deployment, Identity, Person, PersonJudgement, Relationship
from lti_plp.plp.models import Plan
from tests.fixtures_browser import AxeReport
from tests.fixtures_tool import MovableClock, Register
from tests.launching import CLAIM
from tests.platform_server import PlatformServer
from tests.views.conftest import LEO, MAYA, RIVERA, Human, Open, School, Visitor
from tests.views.test_adults_radar import HEAD, page_of

LIS = CLAIM + "lis"
NUMBER = {LIS: {"person_sourcedid": "S-100"}}
MAYA_THERE = Human("pupil-77", "Maya", "Torres")
PLACE = "students/school/twice"


@pytest.fixture
def second(app: Flask, register: Register) -> Iterator[School]:
    """Another LMS of the same tenant."""
    with PlatformServer() as server:
        register(server)
        yield School(app, server)


@pytest.fixture
def twice(school: School, second: School) -> None:
    """Maya has a plan from the one LMS, and has come from the other."""
    maya = school.enter(MAYA, **NUMBER)
    begin(maya, "Read one book a month")
    second.enter(MAYA_THERE, **NUMBER)


def in_course(course: str, account: str = "31") -> dict[str, Any]:
    """Claims of a launch from a course's own menu, in an account of the LMS."""
    place = {"id": course, "title": course.title(), "label": course}
    return {"link": course, CLAIM + "context": place, CLAIM + "custom": {LMS_USER_KEY: account}}


@pytest.fixture
def merged(school: School) -> None:
    """The LMS goes on with Maya's old name in an old course, and says that it is the same account."""
    begin(school.enter(MAYA, **in_course("biology")), "Read one book a month")
    school.enter(MAYA_THERE, **in_course("robotics"))


def begin(visitor: Visitor, goal: str) -> None:
    assert visitor.post("plan/goals/new", statement=goal).status_code == 303


def people(toolbox: Toolbox) -> list[int]:
    with toolbox.sessions() as session:
        return list(
            session.scalars(select(Person.id).where(Person.given_name == MAYA.given).order_by(Person.id))
        )


def say(visitor: Visitor, toolbox: Toolbox, said: str) -> TestResponse:
    first, second = people(toolbox)
    return visitor.post(PLACE, first=str(first), second=str(second), said=said)


@pytest.mark.usefixtures("twice")
class TestPage:
    def test_the_schools_page_tells_and_leads_there(self, school: School) -> None:
        head = school.enter(HEAD)
        assert "1 student may be here twice" in page_of(head, "students/school")
        page = page_of(head, PLACE)
        assert "Student number S-100" in page
        assert page.count("Maya Torres") == 2
        page = page_of(school.enter(HEAD, locale="es"), PLACE)
        assert "La misma persona" in page
        assert "Dos personas" in page

    def test_equal_names_without_a_number_are_not_offered(self, school: School, second: School) -> None:
        school.enter(LEO, **{LIS: None})
        second.enter(Human("pupil-78", LEO.given, LEO.family), **{LIS: None})
        assert "Leo Abara" not in page_of(school.enter(HEAD), PLACE)

    def test_two_people_stay_two(self, school: School, toolbox: Toolbox) -> None:
        head = school.enter(HEAD)
        answer = say(head, toolbox, "two")
        assert answer.status_code == 303
        assert "They stay two people" in head.client.get(answer.location).get_data(as_text=True)
        assert "Student number" not in page_of(head, PLACE)
        assert "may be here twice</a></p>" not in page_of(head, "students/school")
        assert say(head, toolbox, "same").status_code == 409

    @pytest.mark.parametrize("said", ["", "perhaps"])
    def test_neither_button_changes_nothing(self, school: School, toolbox: Toolbox, said: str) -> None:
        answer = say(school.enter(HEAD), toolbox, said)
        assert answer.status_code == 400
        assert "Choose one of the two buttons." in answer.get_data(as_text=True)
        with toolbox.sessions() as session:
            assert session.scalars(select(PersonJudgement)).all() == []

    def test_teachers_do_not_see_it(self, school: School, toolbox: Toolbox) -> None:
        teacher = school.enter(RIVERA)
        assert teacher.get(PLACE).status_code == 403
        assert say(teacher, toolbox, "same").status_code == 403


@pytest.mark.usefixtures("twice")
class TestJoined:
    def test_a_launch_from_either_opens_the_same_plan(
        self, school: School, second: School, toolbox: Toolbox
    ) -> None:
        there = second.enter(MAYA_THERE, **NUMBER)
        answer = say(school.enter(HEAD), toolbox, "same")
        assert answer.status_code == 303
        # Whoever sits there has to come anew.
        assert there.get("plan").status_code in (401, 403)
        for one in (school.enter(MAYA, **NUMBER), second.enter(MAYA_THERE, **NUMBER)):
            assert "Read one book a month" in page_of(one, "plan")
        begin(second.enter(MAYA_THERE, **NUMBER), "Build a bridge")
        with toolbox.sessions() as session:
            assert len(session.scalars(select(Plan)).all()) == 1

    def test_two_plans_are_told_and_stay(self, school: School, second: School, toolbox: Toolbox) -> None:
        begin(second.enter(MAYA_THERE, **NUMBER), "Build a bridge")
        answer = say(school.enter(HEAD), toolbox, "same")
        assert answer.status_code == 409
        page = answer.get_data(as_text=True)
        assert "Both have begun a plan" in page
        assert "nothing is lost" in page
        with toolbox.sessions() as session:
            assert len(session.scalars(select(Plan)).all()) == 2


class TestMerged:
    @pytest.mark.usefixtures("merged")
    def test_the_page_says_why_and_one_plan_is_left(self, school: School, toolbox: Toolbox) -> None:
        head = school.enter(HEAD)
        assert "1 student may be here twice" in page_of(head, "students/school")
        page = page_of(head, PLACE)
        assert "Two accounts of Maya Torres" in page
        assert "calls these two one person" in page
        assert "Student number" not in page.partition("<h1>")[2]
        assert "Dos cuentas de Maya Torres" in page_of(school.enter(HEAD, locale="es"), PLACE)
        assert say(head, toolbox, "same").status_code == 303
        for human, course in ((MAYA, "biology"), (MAYA_THERE, "robotics")):
            assert "Read one book a month" in page_of(school.enter(human, **in_course(course)), "plan")
        assert "Two accounts" not in page_of(head, PLACE)
        card = school.enter(RIVERA, **in_course("robotics", "8"), **{CANVAS_STUDENT: "31"})
        assert card.page.endswith(f"/students/{people(toolbox)[0]}")

    def test_another_instance_of_a_hosted_lms_counts_by_itself(
        self, school: School, toolbox: Toolbox, registration: Registration, clock: MovableClock
    ) -> None:
        with toolbox.sessions.begin() as session:
            there = session.scalars(select(Deployment)).one()
            door = {"registration_id": registration.id, "tenant_id": there.tenant_id, "status": "active"}
            session.add(Deployment(lti_deployment_id="deployment-2", first_seen_at=clock(), **door))
        school.enter(MAYA, **in_course("biology"))
        elsewhere = {
            CLAIM + "deployment_id": "deployment-2",
            CLAIM + "tool_platform": {"guid": "alder-creek:lms", "name": "Alder Creek High"},
        }
        school.enter(LEO, **in_course("robotics"), **elsewhere)
        head = school.enter(HEAD)
        # Both tell the same student number, as well.
        page = page_of(head, PLACE)
        assert "Two accounts" not in page
        assert "Student number S-204001" in page
        school.enter(Human("student-9", "Wren", "Young"), **in_course("biology"), **{LIS: None})
        page = page_of(head, PLACE)
        assert "Two accounts of Maya Torres" in page
        assert page.count("<section") == 2

    def test_a_page_from_before_says_that_they_were_joined(self, school: School, toolbox: Toolbox) -> None:
        school.enter(RIVERA)
        begin(school.enter(MAYA, **in_course("biology")), "Read one book a month")
        school.enter(MAYA_THERE, **in_course("robotics"))
        head = school.enter(HEAD)
        first, second = people(toolbox)
        with toolbox.sessions() as session:
            adult = session.scalar(select(Identity.person_id).where(Identity.subject == RIVERA.subject))
        say(head, toolbox, "same")
        form = {"student": str(second), "adult": str(adult), "kind": "advisor"}
        answer = head.post("students/people/relations", **form)
        assert answer.status_code == 409
        assert "has just become one with another entry" in answer.get_data(as_text=True)
        with toolbox.sessions() as session:
            assert session.scalars(select(Relationship)).all() == []
        assert head.post("students/people/relations", **form | {"student": str(first)}).status_code == 303


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("locale", ["en", "es"])
@pytest.mark.parametrize("why", ["twice", "merged"])
def test_everybody_can_use_it(
    request: pytest.FixtureRequest,
    why: str,
    school: School,
    open_page: Open,
    axe: Callable[[Page], AxeReport],
    width: int,
    locale: str,
) -> None:
    request.getfixturevalue(why)
    page = open_page(school.enter(HEAD, locale=locale))
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(re.sub(r"(/s/[^/]+/).*", rf"\g<1>{PLACE}", page.url))
    assert page.locator("section.sheet button").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    report = axe(page)
    assert not report.serious, str(report)
    page.locator("section.sheet button.primary").click()
    page.locator("[role=status]").first.wait_for()
