"""The list of students, what is done for many at once, cards, and who stands in."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gone_courses import note_missing
from lti_plp.lms.models import Course, Enrolment, Person, Relationship, SavedView, StandIn
from lti_plp.plp.models import Comment, Plan
from tests.fixtures_tool import MovableClock
from tests.views.conftest import LEO, RIVERA, SAM, TEST_STUDENT, Human, School, Visitor
from tests.views.plans import fill, plan_of

OKAFOR = Human("teacher-2", "Noor", "Okafor", ("Instructor",))
ODA = Human("administrator-1", "Oda", "Nyberg", ("Administrator",))


@pytest.fixture
def rivera(app: Flask, school: School) -> Visitor:
    """A teacher whose class has a student with a plan, and two without."""
    for human in (LEO, SAM, TEST_STUDENT):
        school.enter(human)
    fill(plan_of(app, school))
    return school.enter(RIVERA)


def text(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', page)


def ids(page: str) -> dict[str, str]:
    return {name: key for key, name in re.findall(r'name="student" value="(\d+)" aria-label="([^"]*)"', page)}


class TestTheList:
    def test_who_needs_her_first(self, rivera: Visitor) -> None:
        page = text(rivera, "students")
        assert names(page)[0] == "Maya Torres"
        assert set(names(page)) == {"Maya Torres", "Leo Abara", "Sam Whitfield"}
        assert "Explain my robot to thirty people" in page
        assert "No plan yet 2" in page

    def test_chips_words_and_order_stand_in_the_address(self, rivera: Visitor) -> None:
        assert names(text(rivera, "students?mark=no_plan&sort=name")) == ["Leo Abara", "Sam Whitfield"]
        assert names(text(rivera, "students?q=robot")) == ["Maya Torres"]
        assert names(text(rivera, "students?q=nothing+like+it")) == []
        assert len(names(text(rivera, "students?mark=%3Cb%3E&sort=x&course=99999999999999999999"))) in {0, 3}

    def test_one_section_of_a_course(self, app: Flask, rivera: Visitor, toolbox: Toolbox) -> None:
        assert 'name="section"' not in text(rivera, "students")
        with toolbox.sessions.begin() as session:
            is_real = Enrolment.person_id.in_(select(Person.id).where(Person.is_test.is_(False)))
            learners = select(Enrolment).where(Enrolment.roles == "learner", is_real).order_by(Enrolment.id)
            rows = session.scalars(learners)
            for row, sections in zip(rows, ("Period 1", "Period 1\nPeriod 2", "Period 2"), strict=False):
                row.sections = sections
        both = text(rivera, "students?sort=name")
        assert 'name="section"' in both
        assert len(names(both)) == 3
        first = names(text(rivera, "students?section=Period+1&sort=name"))
        second = names(text(rivera, "students?section=Period+2&sort=name"))
        assert (len(first), len(second), set(first) | set(second)) == (2, 2, set(names(both)))
        assert "Everybody 2" in text(rivera, "students?section=Period+1")
        assert "section=Period+1" in text(rivera, "students?section=Period+1&mark=no_plan")
        assert len(names(text(rivera, "students?section=Another+course%27s"))) == 3

    def test_a_course_that_was_deleted_says_so_for_the_days_of_grace(
        self, app: Flask, rivera: Visitor, clock: MovableClock
    ) -> None:
        box: Toolbox = app.extensions["lti_plp"]
        assert "no longer in your LMS" not in text(rivera, "students")
        with box.sessions.begin() as session:
            course_id = session.scalars(select(Course.id)).one()
        assert not note_missing(box.sessions, course_id, clock())
        assert note_missing(box.sessions, course_id, clock() + timedelta(days=1, minutes=1))
        page = text(rivera, "students")
        assert "is no longer in your LMS" in page
        assert page.count("left the course") == 3

    def test_what_is_for_her_alone_is_not_on_it(self, rivera: Visitor) -> None:
        for path in ("students", "students/cards"):
            assert "Talking in front of people" not in text(rivera, path)

    def test_a_view_is_kept_and_removed(self, rivera: Visitor, toolbox: Toolbox) -> None:
        assert rivera.post("students/views?mark=no_plan", name="Not begun").status_code == 303
        page = text(rivera, "students")
        assert "Not begun" in page
        assert rivera.post("students/views", name=" ").status_code == 400
        with toolbox.sessions() as session:
            view = session.scalars(select(SavedView)).one()
            assert view.query == {"mark": "no_plan"}
        assert rivera.post(f"students/views/{view.id}/remove").status_code == 303
        assert rivera.post(f"students/views/{view.id}/remove").status_code == 404

    def test_a_view_of_somebody_else(self, rivera: Visitor, school: School, toolbox: Toolbox) -> None:
        rivera.post("students/views", name="Mine")
        with toolbox.sessions() as session:
            view = session.scalars(select(SavedView)).one()
        okafor = school.enter(OKAFOR)
        assert "Mine" not in text(okafor, "students")
        assert okafor.post(f"students/views/{view.id}/remove").status_code == 404


class TestManyAtOnce:
    def test_said_to_those_chosen_who_have_a_plan(
        self, app: Flask, rivera: Visitor, school: School, toolbox: Toolbox
    ) -> None:
        known = ids(text(rivera, "students"))
        chosen = [("student", known[name]) for name in ("Maya Torres", "Leo Abara")]
        page = rivera.post("students/remind", *chosen).get_data(as_text=True)
        assert "It goes to 1 student:" in page
        assert "1 has no plan yet and does not get it:" in page
        answer = rivera.post("students/remind/send", *chosen, text="How is your plan going?")
        assert answer.status_code == 303
        # A second press says nothing new.
        again = rivera.post("students/remind/send", *chosen, text="How is your plan going?")
        assert again.headers["Location"].endswith("said=1")
        with toolbox.sessions() as session:
            said = session.scalars(select(Comment)).all()
        assert [(one.text, one.item_kind) for one in said] == [("How is your plan going?", "plan")]
        assert "How is your plan going?" in plan_of(app, school).get("plan/talk")

    def test_nothing_chosen_nothing_written_and_nobody_to_tell(
        self, rivera: Visitor, toolbox: Toolbox
    ) -> None:
        known = ids(text(rivera, "students"))
        assert rivera.post("students/remind").status_code == 400
        maya, leo = ("student", known["Maya Torres"]), ("student", known["Leo Abara"])
        assert rivera.post("students/remind/send", maya, text=" ").status_code == 400
        late = rivera.post("students/remind/send", leo, text="My words stay")
        assert (late.status_code, "My words stay" in late.get_data(as_text=True)) == (400, True)
        with toolbox.sessions() as session:
            assert session.scalars(select(Comment)).all() == []

    def test_somebody_elses_student_is_not_reached(
        self, app: Flask, rivera: Visitor, school: School, toolbox: Toolbox
    ) -> None:
        maya = ids(text(rivera, "students"))["Maya Torres"]
        elsewhere = school.enter(OKAFOR, **_other_course())
        assert names(text(elsewhere, "students")) == []
        assert elsewhere.post("students/remind/send", ("student", maya), text="Hello").status_code == 409
        with toolbox.sessions() as session:
            assert session.scalars(select(Comment)).all() == []

    def test_somebody_left_while_the_words_were_written(
        self, app: Flask, rivera: Visitor, toolbox: Toolbox, clock: MovableClock
    ) -> None:
        known = ids(text(rivera, "students"))
        chosen = [("student", known[name]) for name in ("Maya Torres", "Sam Whitfield")]
        with toolbox.sessions.begin() as session:
            left = {"status": "inactive", "ended_at": clock() - timedelta(days=99)}
            session.execute(
                update(Enrolment).where(Enrolment.person_id == int(known["Sam Whitfield"])).values(**left)
            )
        answer = rivera.post("students/remind/send", *chosen, text="My words stay")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 409
        assert "no longer one of your students" in page
        assert "My words stay</textarea>" in page
        assert "Sam Whitfield" not in page
        with toolbox.sessions() as session:
            assert session.scalars(select(Comment)).all() == []

    def test_an_administrator_names_an_advisor_for_those_chosen(
        self, rivera: Visitor, school: School
    ) -> None:
        maya = ("student", ids(text(rivera, "students"))["Maya Torres"])
        page = rivera.post("students/remind", maya).get_data(as_text=True)
        assert "Name an advisor for them" not in page
        assert rivera.post("students/people", maya).status_code == 403
        both = Human("teacher-3", "Una", "Field", ("Instructor", "Administrator"))
        una = school.enter(both)
        assert "Name an advisor for them" in una.post("students/remind", maya).get_data(as_text=True)
        page = una.post("students/people", maya).get_data(as_text=True)
        assert re.search(rf'value="{maya[1]}" checked> <span>Maya Torres', page)
        adult = re.search(r'<select id="adult".*?<option value="(\d+)">Elena Rivera', page, re.DOTALL)
        assert adult
        form = {"adult": adult[1], "kind": "advisor"}
        assert una.post("students/people/relations", maya, **form).status_code == 303
        assert "Maya Torres" in text(una, f"students/people?of_adult={adult[1]}")


def _other_course() -> dict[str, object]:
    claim = "https://purl.imsglobal.org/spec/lti/claim/"
    return {claim + "context": {"id": "course-2", "title": "History 9"}, "link": "link-9"}


class TestCards:
    def test_each_at_a_glance(self, rivera: Visitor) -> None:
        page = text(rivera, "students/cards")
        assert "I stay calm when things break" in page
        assert "Fall writing sample" in page
        assert page.count("student-card") > 3

    def test_whose_goal_touches_a_unit(self, rivera: Visitor) -> None:
        page = text(rivera, "students/cards?q=ROBOT")
        assert "It touches 1 student" in page
        assert "Leo Abara" not in page
        assert "It touches 0 students" in text(rivera, "students/cards?q=volcano")
        assert "It touches 1 student" in text(rivera, "students/cards?area=personal")


def _move_days(toolbox: Toolbox, clock: MovableClock, first: int, last: int) -> None:
    """Let the days of the stand-in be others, counted from today; tokens of the platform are of today."""
    with toolbox.sessions.begin() as session:
        row = session.scalars(select(StandIn)).one()
        today = clock().date()
        row.valid_from, row.valid_to = today + timedelta(days=first), today + timedelta(days=last)


class TestPeople:
    def test_a_substitutes_last_day(
        self, app: Flask, rivera: Visitor, school: School, toolbox: Toolbox, clock: MovableClock
    ) -> None:
        okafor = school.enter(OKAFOR, **_other_course())
        page = text(rivera, "students/people")
        colleague = re.search(r'<option value="(\d+)">Noor Okafor', page)
        course = re.search(r'<select id="where".*?<option value="(\d+)"', page, re.DOTALL)
        assert colleague
        assert course
        last = (clock().date() + timedelta(days=2)).isoformat()
        form = {"person": colleague[1], "where": course[1], "kind": "substitute"}
        assert rivera.post("students/people/stand-in", **form).status_code == 400
        assert rivera.post("students/people/stand-in", **form, last=last).status_code == 303
        assert "Noor Okafor" in text(rivera, "students/people")
        assert len(names(text(okafor, "students"))) == 3
        _move_days(toolbox, clock, -2, 0)
        page = text(okafor, "students")
        assert len(names(page)) == 3
        assert "You stand in for Elena Rivera up to and including" in page
        maya = f"students/{ids(page)['Maya Torres']}"
        with toolbox.sessions() as session:
            plan = session.scalars(select(Plan.id)).one()
        assert okafor.post(f"{maya}/say/plan/{plan}", text="I leave today").status_code == 303
        _move_days(toolbox, clock, -3, -1)
        page = text(okafor, "students")
        assert names(page) == []
        assert "You stood in for Elena Rivera until" in page
        late = okafor.post(f"{maya}/say/plan/{plan}", text="Too late")
        assert (late.status_code, okafor.get(maya).status_code) == (404, 404)
        assert "sees them until the last day; what they wrote stays" in late.get_data(as_text=True)
        for reader in (text(rivera, maya), plan_of(app, school).get("plan/talk")):
            assert "I leave today" in reader
            assert "Noor Okafor" in reader
            assert "Too late" not in reader

    def test_a_substitute_is_not_offered_what_others_decide(
        self, rivera: Visitor, school: School, toolbox: Toolbox, clock: MovableClock
    ) -> None:
        okafor = school.enter(OKAFOR, **_other_course())
        page = text(rivera, "students/people")
        colleague = re.search(r'<option value="(\d+)">Noor Okafor', page)
        course = re.search(r'<select id="where".*?<option value="(\d+)"', page, re.DOTALL)
        assert colleague
        assert course
        form = {"person": colleague[1], "where": course[1], "last": clock().date().isoformat()}
        assert rivera.post("students/people/stand-in", kind="substitute", **form).status_code == 303
        maya = f"students/{ids(text(okafor, 'students'))['Maya Torres']}"
        assert f"{maya}/transition" in text(rivera, maya)
        assert f"{maya}/transition" not in text(okafor, maya)
        assert okafor.get(f"{maya}/transition").status_code == 403

    def test_an_administrator_lets_somebody_stand_in_for_who_is_ill(
        self, rivera: Visitor, school: School, clock: MovableClock
    ) -> None:
        okafor, oda = school.enter(OKAFOR, **_other_course()), school.enter(ODA)
        page = text(oda, "students/people")
        found = [
            re.search(rf'<select id="{field}".*?<option value="(\d+)"[^>]*>{name}', page, re.DOTALL)
            for field, name in (("away", "Elena Rivera"), ("person", "Noor Okafor"), ("where", "English 9"))
        ]
        form = {name: one[1] for name, one in zip(("away", "person", "where"), found, strict=True) if one}
        later = [(clock().date() + timedelta(days=days)).isoformat() for days in (1, 3)]
        dates = {"first": later[0], "last": later[1], "kind": "substitute"}
        assert oda.post("students/people/stand-in", **form, **dates).status_code == 303
        page = text(okafor, "students")
        assert names(page) == []
        assert "You stand in for Elena Rivera from" in page

    def test_an_administrator_says_who_advises(
        self, rivera: Visitor, school: School, toolbox: Toolbox
    ) -> None:
        school.enter(OKAFOR, **_other_course())
        oda = school.enter(ODA)
        page = text(oda, "students/people")
        course = re.search(r'<select id="of_course".*?<option value="(\d+)">English', page, re.DOTALL)
        assert course
        page = text(oda, f"students/people?of_course={course[1]}")
        adult = re.search(r'<option value="(\d+)">Noor Okafor', page)
        maya = re.search(r'name="student" value="(\d+)"[^>]*> <span>Maya', page)
        assert adult
        assert maya
        form = {"adult": adult[1], "kind": "advisor", "of_course": course[1]}
        assert oda.post("students/people/relations", **form).status_code == 400
        assert oda.post("students/people/relations", ("student", maya[1]), **form).status_code == 303
        okafor = school.enter(OKAFOR, **_other_course())
        assert names(text(okafor, "students")) == ["Maya Torres"]
        with toolbox.sessions() as session:
            row = session.scalars(select(Relationship)).one()
        assert rivera.post(f"students/people/relations/{row.id}/end").status_code == 403
        assert oda.post(f"students/people/relations/{row.id}/end").status_code == 303
        assert names(text(okafor, "students")) == []
