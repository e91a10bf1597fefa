"""What leaders see and keep: the calendar, how long it takes, the school in numbers, words for families."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.calendar import usual_year
from lti_plp.lms.models import Course, Enrolment, Person, SchoolYear
from lti_plp.plp.models import Plan, PlanChange, PlanLook, Reflection, ReflectionSubmission
from tests.views.conftest import MAYA, RIVERA, School, Visitor
from tests.views.test_adults_radar import HEAD, page_of

YEAR = (
    ("year", ""),
    ("first_day", "2026-09-02"),
    ("last_day", "2027-06-20"),
    ("plans_due_on", "2026-11-30"),
    ("period_name", "Fall"),
    ("period_ends_on", "2027-01-20"),
    ("period_name", ""),
    ("period_ends_on", ""),
)


def send(visitor: Visitor, **changes: str) -> TestResponse:
    fields = [(name, changes.pop(name, value)) for name, value in YEAR]
    return visitor.post("students/calendar", *fields, **changes)


def years(toolbox: Toolbox) -> list[SchoolYear]:
    with toolbox.sessions() as session:
        return list(session.scalars(select(SchoolYear).order_by(SchoolYear.first_day)))


class TestCalendar:
    def test_without_a_year_the_usual_one_is_offered(self, school: School) -> None:
        page = page_of(school.enter(HEAD), "students/calendar")
        assert "No year is written down" in page
        assert 'value="Quarter 4"' in page
        assert 'value="Trimestre 4"' in page_of(school.enter(HEAD, locale="es"), "students/calendar")

    def test_a_year_is_added_and_changed(self, school: School, toolbox: Toolbox) -> None:
        visitor = school.enter(HEAD)
        answer = send(visitor)
        assert answer.status_code == 303
        assert "Due dates follow it" in visitor.client.get(answer.location).get_data(as_text=True)
        (kept,) = years(toolbox)
        assert kept.plans_due_on == date(2026, 11, 30)
        assert kept.periods == [{"name": "Fall", "ends_on": "2027-01-20"}]
        page = page_of(visitor, f"students/calendar?year={kept.id}")
        assert 'value="2027-06-20"' in page
        assert send(visitor, year=str(kept.id), plans_due_on="").status_code == 303
        (kept,) = years(toolbox)
        assert kept.plans_due_on is None

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"first_day": "soon"}, "Give day, month and year"),
            ({"last_day": "2026-09-01"}, "The last day must be after the first."),
            ({"last_day": "2028-09-01"}, "more than 400 days"),
            ({"plans_due_on": "2026-13-45"}, "Give day, month and year"),
            ({"plans_due_on": "2027-07-01"}, "outside the school year"),
            ({"period_ends_on": "2027-07-01"}, "outside the school year"),
        ],
    )
    def test_what_was_typed_comes_back(
        self, school: School, toolbox: Toolbox, changes: dict[str, str], words: str
    ) -> None:
        answer = send(school.enter(HEAD), **changes)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 400
        assert words in page
        assert 'value="Fall"' in page
        assert all(f'value="{value}"' in page for value in changes.values())
        assert years(toolbox) == []

    def test_two_years_do_not_overlap(self, school: School, toolbox: Toolbox) -> None:
        visitor = school.enter(HEAD)
        send(visitor)
        answer = send(visitor, first_day="2027-01-01", last_day="2027-08-01", plans_due_on="")
        assert "Another year lies on some of these days." in answer.get_data(as_text=True)
        assert len(years(toolbox)) == 1
        # The next new one begins after it.
        following = usual_year(max(date(2027, 6, 21), toolbox.clock().date())).first_day
        assert f'value="{following.isoformat()}"' in page_of(visitor, "students/calendar")

    def test_nobody_else_keeps_it(self, school: School, toolbox: Toolbox) -> None:
        for human in (RIVERA, MAYA):
            assert send(school.enter(human)).status_code == 403
        assert school.enter(HEAD).post("students/calendar", year="77", **dict(YEAR[1:4])).status_code == 404
        assert school.enter(HEAD).get("students/calendar?year=77").status_code == 404
        assert years(toolbox) == []


def add_class(toolbox: Toolbox, size: int, title: str = "") -> int:
    """So many students, in the launched course or in another one, who each took two minutes for a reflection."""
    now = toolbox.clock()
    with toolbox.sessions.begin() as session:
        course = session.scalars(select(Course)).first()
        assert course
        if title:
            course = Course(
                tenant_id=course.tenant_id,
                deployment_id=course.deployment_id,
                lti_context_id=title,
                title=title,
                created_at=now,
            )
            session.add(course)
            session.flush()
        template_id = session.scalars(select(Reflection.template_id)).first()
        assert template_id
        for number in range(size):
            person = Person(tenant_id=course.tenant_id, name=f"Wren Lund {number}", created_at=now)
            session.add(person)
            session.flush()
            session.add(Enrolment(course_id=course.id, person_id=person.id, roles="learner", mentor_of=[]))
            row = Reflection(
                tenant_id=course.tenant_id,
                person_id=person.id,
                template_id=template_id,
                state="submitted",
                started_at=now - timedelta(minutes=2),
                saved_at=now,
                submitted_at=now,
            )
            session.add(row)
            session.flush()
            session.add(ReflectionSubmission(reflection_id=row.id, number=1, answers={}, submitted_at=now))
        return course.id


@pytest.fixture
def written(school: School) -> None:
    """Maya has begun a reflection, so that there is one."""
    template = school.place()
    school.enter(MAYA, template).save("q1", "Half a thought.")
    school.enter(RIVERA)


class TestTime:
    def test_five_people_or_nothing(self, school: School, written: None, toolbox: Toolbox) -> None:
        add_class(toolbox, 4)
        visitor = school.enter(RIVERA)
        assert "<strong>2 min</strong>" not in page_of(visitor, "students/time")
        add_class(toolbox, 1)
        page = page_of(visitor, "students/time")
        assert page.count("<strong>2 min</strong>") == 2
        assert "within what it may take" in page
        assert "Told by 5 times that it was done" in page
        assert "Wren Lund" not in page

    def test_a_teacher_sees_her_own_classes(self, school: School, written: None, toolbox: Toolbox) -> None:
        other = add_class(toolbox, 6, "Biology")
        teacher, head = school.enter(RIVERA), school.enter(HEAD)
        assert "<strong>2 min</strong>" not in page_of(teacher, "students/time")
        assert "Biology" not in page_of(teacher, "students/time")
        assert teacher.get(f"students/time?course={other}").status_code == 404
        assert "<strong>2 min</strong>" in page_of(head, "students/time")
        assert "<strong>Biology</strong>" in page_of(head, f"students/time?course={other}")

    def test_acts_that_cannot_be_measured_say_so(self, school: School) -> None:
        for locale, words in (("en", "Families have no page of their own yet."), ("es", "página propia")):
            page = page_of(school.enter(HEAD, locale=locale), "students/time")
            assert words in page
        assert 'data-page="time"' in page

    def test_nothing_new_is_recorded(self, school: School, written: None, toolbox: Toolbox) -> None:
        page_of(school.enter(RIVERA), "students/time")
        with toolbox.sessions() as session:
            for model in (PlanLook, PlanChange):
                assert session.scalar(select(func.count()).select_from(model)) == 0


def add_plans(toolbox: Toolbox, number: int, grade: int) -> None:
    """So many students of a grade with a plan."""
    now = toolbox.clock()
    with toolbox.sessions.begin() as session:
        course = session.scalars(select(Course)).one()
        for _ in range(number):
            person = Person(tenant_id=course.tenant_id, name="Wren Lund", created_at=now)
            session.add(person)
            session.flush()
            session.add(Enrolment(course_id=course.id, person_id=person.id, roles="learner", mentor_of=[]))
            plan = Plan(tenant_id=course.tenant_id, person_id=person.id, first_developed_at=now, grade=grade)
            session.add(plan)


def cells(page: str) -> list[list[str]]:
    """The table of numbers as texts."""
    rows = re.findall(r"<tr[^>]*>(<th scope=\"row\">.*?)</tr>", page, re.DOTALL)
    plain = (re.sub(r"<[^>]+>", "|", row).replace("||", "|") for row in rows)
    return [[unescape(one) for one in row.split("|") if one] for row in plain]


class TestSchool:
    @pytest.fixture
    def head(self, school: School, toolbox: Toolbox) -> Visitor:
        visitor = school.enter(HEAD)
        add_plans(toolbox, 12, 9)
        add_plans(toolbox, 15, 10)
        return visitor

    def test_numbers_by_grade(self, head: Visitor) -> None:
        page = page_of(head, "students/school")
        assert [row[:3] for row in cells(page)] == [
            ["Grade 9", "12", "12"],
            ["Grade 10", "15", "15"],
            ["All", "27", "27"],
        ]
        assert "fewer than 10" in page
        assert "Wren Lund" not in page

    def test_a_small_group_is_hidden_and_cannot_be_worked_out(self, head: Visitor, toolbox: Toolbox) -> None:
        add_plans(toolbox, 3, 11)
        rows = {row[0]: row[1] for row in cells(page_of(head, "students/school"))}
        assert rows == {"Grade 9": "not shown", "Grade 10": "15", "Grade 11": "fewer than 10", "All": "30"}

    def test_by_school(self, head: Visitor) -> None:
        assert cells(page_of(head, "students/school?by=school"))[-1][:2] == ["All", "27"]

    def test_one_page_to_show(self, head: Visitor) -> None:
        page = page_of(head, "students/school/evidence")
        assert "Maple Hollow" in page
        assert "data-print" in page
        assert ["All", "27"] in [row[:2] for row in cells(page)]

    def test_the_same_for_a_spreadsheet(self, head: Visitor) -> None:
        answer = head.get("students/school/evidence.csv")
        lines = answer.get_data(as_text=True).removeprefix("\ufeff").splitlines()
        assert lines[0].startswith("Grade,Students,With a plan")
        assert [line.split(",")[:3] for line in lines[1:]] == [
            ["All grades", "27", "27"],
            ["9", "12", "12"],
            ["10", "15", "15"],
        ]

    def test_words_in_both_languages(self, school: School, head: Visitor) -> None:
        page = page_of(head, "students/school/words")
        assert "Dear families," in page
        assert "Queridas familias:" in page
        assert page.count("<textarea") == page.count("readonly") == 6


def test_planning_keeps_nothing(school: School) -> None:
    for locale, words in (("en", "What could they choose themselves"), ("es", "¿Qué podrían elegir")):
        page = page_of(school.enter(RIVERA, locale=locale), "students/planning")
        assert words in page
        assert page.count("<textarea") == 5
        main = page[page.index("<main") : page.index("</main>")]
        # Without a form and without names nothing can be sent.
        assert "<form" not in main
        assert " name=" not in main
