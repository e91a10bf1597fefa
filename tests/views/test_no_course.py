"""Launches from places that belong to no course: one's own account, and the school's."""

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lti_plp.launch.models import WebSession
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Course, Enrolment, Identity, Relationship, ResourceLink
from lti_plp.plp.history import verify
from lti_plp.plp.models import Evidence
from tests.fixtures_tool import MovableClock
from tests.launching import CLAIM, INSTITUTION, MEMBERSHIP
from tests.views.conftest import FAMILY, LEO, MAYA, RIVERA, STRANGER, TEST_STUDENT, Human, School, Visitor
from tests.views.plans import fill, plan_of

PLACEMENT = "https://www.instructure.com/placement"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person#User"
AT_SCHOOL = [f"{INSTITUTION}#{role}" for role in ("Administrator", "Instructor", "Student")]
ACCOUNT = {"id": "account-1", "title": "Maple Hollow High", "label": None, "type": ["Account"]}
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DINA = Human("developer-1", "Dina", "Lowell", ("ContentDeveloper",))
ODA = Human("administrator-1", "Oda", "Nyberg", ("Administrator",))


def no_course(menu: str = "user_navigation", **changes: Any) -> dict[str, Any]:
    """Claims of a launch from a menu that belongs to no course, as Canvas makes them; ``None`` leaves one out."""
    return {
        PLACEMENT: menu,
        CLAIM + "roles": [*AT_SCHOOL, SYSTEM],
        CLAIM + "context": ACCOUNT,
        CLAIM + "resource_link": {"id": ACCOUNT["id"], "title": ACCOUNT["title"]},
        AGS: None,
        NRPS: None,
        **changes,
    }


def from_account(school: School, human: Human, menu: str = "user_navigation", **changes: Any) -> Visitor:
    """Somebody opens the tool from their account, or the school's."""
    return school.enter(human, **no_course(menu, **changes))


def page_name(visitor: Visitor) -> str:
    """Where a launch led, after the session's beginning."""
    return visitor.page.split("/", 3)[3]


def text_of(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


@pytest.fixture
def taught(school: School) -> School:
    """Maya and Ms. Rivera have been in English 9."""
    school.enter(MAYA)
    school.enter(RIVERA)
    return school


class TestOnesOwnAccount:
    @pytest.mark.parametrize(
        "shape",
        [
            pytest.param({}, id="Account"),
            pytest.param({CLAIM + "context": None}, id="no context"),
            pytest.param({CLAIM + "context": None, PLACEMENT: None}, id="no context, no placement"),
            pytest.param({PLACEMENT: "global_navigation"}, id="global"),
        ],
    )
    def test_a_student_finds_her_plan(self, app: Flask, taught: School, shape: dict[str, Any]) -> None:
        planner = plan_of(app, taught)
        fill(planner)
        maya = from_account(taught, MAYA, **shape)
        assert page_name(maya) == "plan"
        assert "Explain my robot" in text_of(maya.get("plan"))
        goal = maya.post("plan/goals/new", statement="Read one book a month")
        assert goal.status_code == 303
        with planner.reading() as (session, plan):
            assert not verify(session, plan.id)

    def test_what_she_adds_there_is_of_no_course(self, app: Flask, taught: School) -> None:
        planner = plan_of(app, taught)
        goal = str(fill(planner)["goal"])
        maya = from_account(taught, MAYA)
        answer = maya.post("plan/evidence/new", title="From home", text="I built it", goal_ids=goal)
        assert answer.status_code == 303, text_of(answer)
        with planner.reading() as (session, _):
            made = session.scalars(select(Evidence).where(Evidence.title == "From home")).one()
            assert made.course_id is None

    def test_a_teacher_finds_her_students(self, taught: School) -> None:
        rivera = from_account(taught, RIVERA)
        assert page_name(rivera) == "students"
        page = text_of(rivera.get("students"))
        assert "Maya" in page
        # What belongs to a course is not offered here, and not there.
        assert "/course" not in page
        assert rivera.get("course").status_code == 403
        for path in ("review", "reflection", "students/coursework", "students/mapping", "picker"):
            assert rivera.get(path).status_code in {400, 403, 404}, path

    @pytest.mark.parametrize(
        "human", [LEO, STRANGER, FAMILY, TEST_STUDENT, DINA, Human("x-1", "Ike", "Boyd", ("Instructor",))]
    )
    def test_nobody_else_sees_anything(self, taught: School, human: Human) -> None:
        if human not in (LEO, RIVERA):
            # A teacher of a course without students has to do with nobody.
            taught.enter(human, **{CLAIM + "context": {"id": "empty", "title": "Empty"}}, link="other")
        other = from_account(taught, human)
        assert page_name(other) == "visitor/no-course"
        page = text_of(other.get("visitor/no-course"))
        assert "There is nothing for you here yet" in page
        assert "Maya" not in page
        for path in ("plan", "students", "course", "students/school"):
            assert other.get(path).status_code == 403, path

    def test_roles_that_the_platform_claims_there_count_for_nothing(self, taught: School) -> None:
        claimed = [f"{MEMBERSHIP}#{role}" for role in ("Administrator", "Instructor", "Learner")]
        assert page_name(from_account(taught, LEO, **{CLAIM + "roles": claimed})) == "visitor/no-course"

    def test_no_course_with_students_comes_of_it(self, taught: School, toolbox: Toolbox) -> None:
        members = f"{taught.platform.url}/courses/1/members?course=1"
        claimed = {
            CLAIM + "roles": [f"{MEMBERSHIP}#Learner"],
            NRPS: {"context_memberships_url": members, "service_versions": ["2.0"]},
            AGS: {"scope": [], "lineitems": f"{taught.platform.url}/courses/1/line_items?course=1"},
        }
        from_account(taught, LEO, **claimed)
        from_account(taught, MAYA, **claimed)
        with toolbox.sessions() as session:
            place = session.scalars(select(Course).where(Course.lti_context_id == "link:account-1")).one()
            assert (place.title, place.memberships_url, place.line_items_url) == ("", "", "")
            roles = session.scalars(select(Enrolment.roles).where(Enrolment.course_id == place.id))
            assert set(roles) == {""}
            assert not session.scalars(select(Course).where(Course.lti_context_id == "account-1")).all()
            links = select(ResourceLink).where(ResourceLink.lti_resource_link_id == "account-1")
            assert not session.scalars(links).all()

    def test_a_part_that_ended_counts_no_more(self, taught: School, toolbox: Toolbox) -> None:
        with toolbox.sessions.begin() as session:
            session.execute(update(Enrolment).values(status="inactive", ended_at=toolbox.clock()))
        assert page_name(from_account(taught, MAYA)) == "visitor/no-course"
        assert page_name(from_account(taught, RIVERA)) == "visitor/no-course"

    def test_who_learns_in_one_course_and_teaches_in_another(self, taught: School) -> None:
        elsewhere = {CLAIM + "context": {"id": "course-2", "title": "Robotics"}}
        assistant = Human(
            MAYA.subject, MAYA.given, MAYA.family, (f"{MEMBERSHIP}/Instructor#TeachingAssistant",)
        )
        taught.enter(assistant, link="robotics", **elsewhere)
        taught.enter(LEO, link="robotics", **elsewhere)
        assert page_name(from_account(taught, MAYA)) == "plan"

    def test_an_administrator_of_a_course_is_an_adult_there_and_no_more(
        self, taught: School, toolbox: Toolbox
    ) -> None:
        taught.enter(ODA)
        assert page_name(from_account(taught, ODA)) == "visitor/no-course"
        with toolbox.sessions.begin() as session:
            ids = {
                name: session.scalars(select(Identity.person_id).where(Identity.subject == name)).one()
                for name in (ODA.subject, MAYA.subject)
            }
            session.add(
                Relationship(
                    tenant_id=1,
                    adult_id=ids[ODA.subject],
                    student_id=ids[MAYA.subject],
                    kind="advisor",
                    valid_from=toolbox.clock().date(),
                    made_at=toolbox.clock(),
                )
            )
        oda = from_account(taught, ODA)
        assert page_name(oda) == "students"
        assert "Maya" in text_of(oda.get("students"))
        assert oda.get("students/school").status_code == 403

    def test_the_session_stays_what_it_is(
        self, taught: School, toolbox: Toolbox, clock: MovableClock
    ) -> None:
        rivera = from_account(taught, RIVERA)
        clock.forward(minutes=10)
        assert rivera.get("course").status_code == 403
        with toolbox.sessions() as session:
            kept = session.get_one(WebSession, rivera.handle)
            assert (kept.is_in_no_course, kept.roles) == (True, "instructor")

    @pytest.mark.parametrize("locale", ["en", "es"])
    def test_the_page_of_nobody_in_both_languages(self, school: School, locale: str) -> None:
        other = school.enter(LEO, locale=locale, **no_course())
        page = text_of(other.get("visitor/no-course"))
        assert ("Todavía no hay nada aquí" in page) is (locale == "es")


def dead_links(visitor: Visitor, deep: int = 2) -> list[str]:
    """Links of a session's pages that lead nowhere, from the first page on."""
    seen, front, dead = {visitor.page}, [visitor.page], []
    for _ in range(deep):
        found = {
            unescape(link).split("#")[0]
            for path in front
            for link in re.findall(r'href="(/s/[^"]+)"', text_of(visitor.client.get(path)))
        }
        front = sorted(found - seen)
        seen |= found
        dead += [path for path in front if visitor.client.get(path).status_code >= 400]
    return dead


@pytest.mark.parametrize(
    ("human", "menu"),
    [(MAYA, "user_navigation"), (RIVERA, "user_navigation"), (ODA, "account_navigation")],
)
def test_no_link_leads_nowhere(app: Flask, taught: School, human: Human, menu: str) -> None:
    fill(plan_of(app, taught))
    visitor = from_account(taught, human, menu, **{CLAIM + "custom": {"root_admin": "true"}})
    assert len(text_of(visitor.client.get(visitor.page))) > 1000
    assert dead_links(visitor) == []


class TestTheSchoolsAccount:
    def administrator(self, school: School, root: str | bool | None = "true", **changes: Any) -> Visitor:
        custom = {} if root is None else {CLAIM + "custom": {"root_admin": root}}
        return from_account(school, RIVERA, "account_navigation", **{**custom, **changes})

    @pytest.mark.parametrize("root", ["true", True])
    def test_who_administers_the_whole_account(self, taught: School, root: str | bool) -> None:
        there = self.administrator(taught, root)
        assert page_name(there) == "students/administration"
        page = text_of(there.get("students/administration"))
        assert "students/canvas" in page
        assert "students/school" in page
        for path in ("students/canvas", "students/school", "students/people", "students/calendar"):
            assert there.get(path).status_code == 200, path

    @pytest.mark.parametrize("root", [None, "false", "", "$Canvas.user.isRootAccountAdmin", "1", False])
    def test_not_of_the_whole(self, taught: School, root: str | bool | None) -> None:
        there = self.administrator(taught, root)
        assert page_name(there) == "visitor/no-administrator"
        assert "root account" in text_of(there.get("visitor/no-administrator"))
        for path in ("students/administration", "students/canvas", "students/school", "students"):
            assert there.get(path).status_code == 403, path

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({CLAIM + "roles": AT_SCHOOL[1:]}, id="no administrator at the institution"),
            pytest.param({CLAIM + "roles": [f"{MEMBERSHIP}#Administrator"]}, id="of a course"),
            pytest.param({CLAIM + "context": None}, id="a link of its own, outside a course"),
            pytest.param({CLAIM + "resource_link": {"id": "placed-1"}}, id="placed content in the account"),
        ],
    )
    def test_who_is_not_believed(self, taught: School, changes: dict[str, Any]) -> None:
        assert page_name(self.administrator(taught, **changes)) == "visitor/no-administrator"

    def test_the_word_is_heard_at_the_accounts_menu_only(self, taught: School) -> None:
        custom = {CLAIM + "custom": {"root_admin": "true"}}
        assert page_name(from_account(taught, LEO, "user_navigation", **custom)) == "visitor/no-course"
        in_course = taught.enter(
            LEO, **{PLACEMENT: "account_navigation", CLAIM + "roles": AT_SCHOOL[:1], **custom}
        )
        assert page_name(in_course) == "visitor"

    def test_it_is_for_this_session_alone(self, taught: School, toolbox: Toolbox) -> None:
        self.administrator(taught)
        with toolbox.sessions() as session:
            assert "administrator" not in set(session.scalars(select(Enrolment.roles)))
        assert page_name(from_account(taught, RIVERA)) == "students"
