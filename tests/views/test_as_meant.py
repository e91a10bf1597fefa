"""Everybody is who the platform means: a card's student, an observer's students, and who acts as somebody else."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from lti_plp.database import metadata
from lti_plp.launch.models import WebSession
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Enrolment, Identity, Person
from lti_plp.plp.models import PlanLook
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.fixtures_tool import MovableClock
from tests.launching import CLAIM
from tests.views import conftest as pages
from tests.views.conftest import FAMILY, LEO, MAYA, RIVERA, SAM, Human, School, Visitor, picked, questions
from tests.views.plans import Planner, fill, plan_of
from tests.views.test_no_course import DINA, ODA, from_account, page_name, text_of

school, address = pages.school, pages.address

STUDENT_ID = "https://www.instructure.com/lti_student_id"
MENU = {CLAIM + "resource_link": {"id": "course-1", "title": "English 9"}}
"""A link that stands for the course itself, as Canvas sends it from a menu or a card."""


def card(school: School, human: Human, student: object) -> Visitor:
    """Somebody opens the tool from a student's card."""
    return school.enter(
        human,
        **MENU,
        **{STUDENT_ID: student, "https://www.instructure.com/placement": "student_context_card"},
    )


def called(toolbox: Toolbox, human: Human, lms_id: str, **changes: Any) -> int:
    """Let the platform call somebody so; the person's id."""
    with toolbox.sessions.begin() as session:
        session.execute(
            update(Identity).where(Identity.subject == human.subject).values(lms_id=lms_id, **changes)
        )
        return session.scalars(select(Identity.person_id).where(Identity.subject == human.subject)).one()


class TestCard:
    @pytest.fixture
    def planner(self, app: Flask, school: School, toolbox: Toolbox) -> Planner:
        """Maya with a plan, and Ms. Rivera; Canvas calls Maya 555."""
        school.enter(RIVERA)
        planner = plan_of(app, school)
        fill(planner)
        called(toolbox, MAYA, "555")
        return planner

    @pytest.mark.parametrize("student", ["555", 555])
    def test_her_plan_opens(self, school: School, planner: Planner, student: object) -> None:
        rivera = card(school, RIVERA, student)
        assert page_name(rivera) == f"students/{planner.actor().person_id}"
        assert "Explain my robot" in text_of(rivera.client.get(rivera.page))

    def test_the_look_is_told_to_her(self, school: School, planner: Planner) -> None:
        card(school, RIVERA, "555")
        with planner.reading() as (session, plan):
            looks = session.scalars(select(PlanLook).where(PlanLook.plan_id == plan.id)).all()
            assert [(one.acting_role, one.section) for one in looks] == [("teacher", "plan")]
        assert "Elena Rivera" in planner.get("plan/talk")

    @pytest.mark.parametrize("student", ["556", "", "$Canvas.user.id", "5 5 5", "x" * 80, ["555"]])
    def test_somebody_whom_nobody_knows(self, school: School, planner: Planner, student: object) -> None:
        rivera = card(school, RIVERA, student)
        if student == "556":
            assert page_name(rivera) == "students/card"
            page = text_of(rivera.get("students/card"))
            assert "not among yours here" in page
            assert "Maya" not in page
        else:
            assert page_name(rivera) == "course"

    def test_not_who_has_to_do_with_her_in_no_way(self, school: School, planner: Planner) -> None:
        elsewhere = {
            CLAIM + "context": {"id": "course-2", "title": "Art"},
            CLAIM + "resource_link": {"id": "course-2"},
        }
        other = Human("teacher-2", "Paul", "Ames", ("Instructor",))
        told = {**elsewhere, STUDENT_ID: "555"}
        assert page_name(school.enter(other, **told)) == "students/card"
        for human in (DINA, ODA):
            assert page_name(card(school, human, "555")) == "students/card"

    def test_a_student_does_not_open_another(self, school: School, planner: Planner) -> None:
        assert page_name(card(school, LEO, "555")) == "plan"

    def test_two_schools_of_one_issuer_count_by_themselves(
        self, school: School, planner: Planner, toolbox: Toolbox
    ) -> None:
        elsewhere = {CLAIM + "context": {"id": "course-2", "title": "Art"}}
        school.enter(LEO, link="art", **elsewhere)
        called(toolbox, LEO, "555")
        # Leo is no student of hers, so that the number can mean Maya only.
        assert page_name(card(school, RIVERA, "555")) == f"students/{planner.actor().person_id}"
        school.enter(RIVERA, link="art", **elsewhere)
        assert page_name(card(school, RIVERA, "555")) == "students/card"

    def test_another_issuer_or_tenant_calls_somebody_else_so(
        self, school: School, planner: Planner, toolbox: Toolbox
    ) -> None:
        called(toolbox, MAYA, "555", issuer="https://other.example")
        assert page_name(card(school, RIVERA, "555")) == "students/card"


class TestObserver:
    ROSA = Human("mentor-2", "Rosa", "Torres", ("Mentor",))

    def observes(self, school: School, observees: str | None = None, **claims: Any) -> Visitor:
        custom = {} if observees is None else {CLAIM + "custom": {"observees": observees}}
        return school.enter(self.ROSA, **{**MENU, **custom, **claims})

    def followed(self, toolbox: Toolbox) -> list[str]:
        with toolbox.sessions() as session:
            rosa = select(Identity.person_id).where(Identity.subject == self.ROSA.subject).scalar_subquery()
            return session.scalars(select(Enrolment.mentor_of).where(Enrolment.person_id == rosa)).one()

    @pytest.mark.parametrize(
        ("told", "follows"),
        [
            ("student-1", ["student-1"]),
            ("student-1,student-2", ["student-1", "student-2"]),
            (" student-1 , ,student-2,", ["student-1", "student-2"]),
            ("", []),
            ("$com.instructure.User.observees", []),
            (None, []),
        ],
    )
    def test_whom_the_custom_parameter_names(
        self, school: School, toolbox: Toolbox, told: str | None, follows: list[str]
    ) -> None:
        school.enter(MAYA)
        school.enter(LEO)
        rosa = self.observes(school, told)
        assert page_name(rosa) == "observer"
        assert self.followed(toolbox) == follows
        page = text_of(rosa.get("observer"))
        assert ("Maya Torres" in page) is ("student-1" in follows)
        assert ("Leo Abara" in page) is ("student-2" in follows)
        assert ("names no student" in page) is (not follows)

    def test_the_claim_goes_before_it(self, school: School, toolbox: Toolbox) -> None:
        self.observes(school, "student-2", **{CLAIM + "role_scope_mentor": ["student-1"]})
        assert self.followed(toolbox) == ["student-1"]
        self.observes(school, "student-2", **{CLAIM + "role_scope_mentor": []})
        assert self.followed(toolbox) == []

    def test_placed_content_names_nobody(self, school: School, toolbox: Toolbox) -> None:
        self.observes(school, "student-1", **{CLAIM + "resource_link": {"id": "placed-1"}})
        assert self.followed(toolbox) == []

    def test_who_is_no_observer_follows_nobody(self, school: School, toolbox: Toolbox) -> None:
        custom = {CLAIM + "custom": {"observees": "student-1"}}
        school.enter(LEO, **MENU, **custom)
        with toolbox.sessions() as session:
            assert session.scalars(select(Enrolment.mentor_of)).one() == []

    def test_at_the_institution_nobody_is_one(self, school: School, toolbox: Toolbox) -> None:
        roles = ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Observer"]
        other = self.observes(school, "student-1", **{CLAIM + "roles": roles})
        assert page_name(other) == "visitor"
        assert other.get("observer").status_code == 403

    def test_what_an_observer_followed_ends_with_the_next_launch(
        self, school: School, toolbox: Toolbox
    ) -> None:
        school.enter(MAYA)
        self.observes(school, "student-1")
        rosa = self.observes(school, "")
        assert "Maya" not in text_of(rosa.get("observer"))

    @pytest.mark.parametrize("path", ["plan", "students", "course", "review"])
    def test_nothing_else_opens(self, school: School, path: str) -> None:
        school.enter(MAYA)
        assert school.enter(FAMILY, **MENU).get(path).status_code in {403, 404}


class TestActing:
    """An administrator of the platform acts as Ms. Rivera, or as Maya."""

    @pytest.fixture
    def planner(self, app: Flask, school: School) -> Planner:
        school.enter(RIVERA)
        planner = plan_of(app, school)
        fill(planner)
        return planner

    def acts_as(self, school: School, human: Human, told: str = "31", **claims: Any) -> Visitor:
        return school.enter(human, **{**MENU, CLAIM + "custom": {"masquerading": told}, **claims})

    def test_every_page_says_so(self, school: School, planner: Planner) -> None:
        rivera, maya = self.acts_as(school, RIVERA), self.acts_as(school, MAYA)
        for visitor, name, paths in (
            (rivera, "Elena Rivera", ("course", "students", f"students/{planner.actor().person_id}")),
            (maya, "Maya Torres", ("plan", "plan/talk", "plan/goals/1", "plan/print", "plan/reflections")),
        ):
            for path in paths:
                answer = visitor.get(path)
                assert answer.status_code == 200, path
                assert f"You look at this as {name}; nothing can be changed." in text_of(answer), path
        # A refusal is one of the pages as well.
        assert "nothing can be changed" in text_of(maya.get("students"))

    def test_the_answer_to_the_launch_says_so(self, school: School, planner: Planner) -> None:
        assert "nothing can be changed" not in text_of(school.enter(MAYA).get("plan"))
        assert "nothing can be changed" in text_of(self.acts_as(school, MAYA).get("plan"))

    def test_nothing_can_be_written(self, school: School, planner: Planner, toolbox: Toolbox) -> None:
        maya, rivera = self.acts_as(school, MAYA), self.acts_as(school, RIVERA)
        student = planner.actor().person_id
        before = written(toolbox)
        for visitor, path, form in (
            (maya, "plan/goals/new", {"statement": "Not mine"}),
            (maya, "plan/items/goal/1", {"version": "1", "audience": "public"}),
            (maya, "plan/calls/stuck/goal/1", {}),
            (rivera, f"students/{student}/say/plan/1", {"text": "Not hers"}),
            (rivera, "students/views", {"name": "Not hers"}),
        ):
            answer = visitor.post(path, **form)
            assert answer.status_code == 403, path
            assert "Nothing can be changed here" in text_of(answer)
        put = maya.client.put(
            maya.address("reflection/answers/q1"),
            json={"text": "x", "base_revision": 0},
            headers={"X-CSRF-Token": maya.token(), "Accept": "application/json"},
        )
        assert (put.status_code, put.get_json()["code"]) == (403, "looking_as")
        file = maya.client.post(
            maya.address("files"), headers={"X-CSRF-Token": maya.token(), "Tus-Resumable": "1.0.0"}
        )
        assert file.status_code == 403
        assert written(toolbox) == before

    def test_whoever_acts_is_who_looked(
        self, school: School, planner: Planner, toolbox: Toolbox, clock: MovableClock
    ) -> None:
        school.enter(ODA)
        oda = called(toolbox, ODA, "31")
        rivera = self.acts_as(school, RIVERA)
        rivera.get(f"students/{planner.actor().person_id}")
        assert looks(planner) == [(oda, "administrator")]
        # Acting as the student herself is looking at her plan as well.
        clock.forward(minutes=11)
        self.acts_as(school, MAYA)
        assert looks(planner) == [(oda, "administrator")] * 2
        assert "Oda Nyberg" in planner.get("plan/talk")

    def test_somebody_who_never_came(self, school: School, planner: Planner, toolbox: Toolbox) -> None:
        path = f"students/{planner.actor().person_id}"
        self.acts_as(school, RIVERA).get(path)
        ((stranger, role),) = looks(planner)
        with toolbox.sessions() as session:
            assert session.get_one(Person, stranger).name == ""
            assert role == "administrator"
            identity = session.scalars(select(Identity).where(Identity.person_id == stranger)).one()
            assert identity.lms_id == ""
        # The same one next time, and not whoever else is acted as.
        self.acts_as(school, SAM)
        self.acts_as(school, RIVERA, "32").get(path)
        assert len(looks(planner)) == 2
        with toolbox.sessions() as session:
            nameless = session.scalars(select(Person).where(Person.name == "")).all()
            assert len(nameless) == 2
        assert planner.visitor.get("plan/talk").status_code == 200

    def test_placed_content_cannot_say_who_it_is(
        self, school: School, planner: Planner, toolbox: Toolbox
    ) -> None:
        school.enter(ODA)
        called(toolbox, ODA, "31")
        rivera = self.acts_as(school, RIVERA, **{CLAIM + "resource_link": {"id": "placed-1"}})
        assert rivera.post("students/views", name="x").status_code == 403
        with toolbox.sessions() as session:
            kept = session.get_one(WebSession, rivera.handle)
            assert (kept.is_acted, kept.acted_by) == (True, None)

    @pytest.mark.parametrize("told", ["", "$Canvas.masqueradingUser.id"])
    def test_nobody_acts(self, school: School, planner: Planner, told: str) -> None:
        maya = self.acts_as(school, MAYA, told)
        assert "nothing can be changed" not in text_of(maya.get("plan"))
        assert maya.post("plan/goals/new", statement="Read more").status_code == 303

    def test_nothing_is_placed(self, school: School) -> None:
        teacher = school.pick(custom_of={"masquerading": "31"})
        answer = teacher.post("picker/place", *questions(1), **picked())
        assert answer.status_code == 403

    def test_from_no_course(self, school: School, planner: Planner) -> None:
        maya = from_account(school, MAYA, **{CLAIM + "custom": {"masquerading": "31"}})
        assert "nothing can be changed" in text_of(maya.get("plan"))
        assert maya.post("plan/goals/new", statement="Read more").status_code == 403


def looks(planner: Planner) -> list[tuple[int, str]]:
    with planner.reading() as (session, plan):
        rows = session.execute(
            select(PlanLook.person_id, PlanLook.acting_role)
            .where(PlanLook.plan_id == plan.id)
            .order_by(PlanLook.id)
        )
        return [(row.person_id, row.acting_role) for row in rows]


def written(toolbox: Toolbox) -> dict[str, int]:
    """How many rows each table has, without those that come with looking."""
    passing = {"login_state", "platform_key_set", "web_session", "plan_look", "identity", "person"}
    with toolbox.sessions() as session:
        return {
            name: len(session.execute(select(table)).all())
            for name, table in metadata.tables.items()
            if name not in passing
        }


@pytest.mark.journey
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("locale", ["en", "es"])
class TestInBrowser:
    def check(self, factory: BrowserContextFactory, address: str, visitor: Visitor, width: int) -> None:
        context = factory(width=width, height=700)
        visitor.move_to(context, address)
        page = context.new_page()
        page.goto(address + visitor.page)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        report = run_axe(page)
        assert not report.serious, str(report)

    def test_pages_are_readable(
        self,
        app: Flask,
        school: School,
        address: str,
        browser_context_factory: BrowserContextFactory,
        width: int,
        locale: str,
    ) -> None:
        fill(plan_of(app, school))
        acting = {**MENU, CLAIM + "custom": {"masquerading": "31"}}
        root = {CLAIM + "custom": {"root_admin": "true"}}
        language = {CLAIM + "launch_presentation": {"locale": locale}}
        for visitor in (
            school.enter(MAYA, locale=locale, **acting),
            school.enter(RIVERA, locale=locale, **acting),
            school.enter(FAMILY, locale=locale, **MENU),
            card(school, RIVERA, "556"),
            from_account(school, ODA, "account_navigation", **root, **language),
            from_account(school, ODA, "account_navigation", **language),
            from_account(school, ODA, **language),
        ):
            self.check(browser_context_factory, address, visitor, width)
