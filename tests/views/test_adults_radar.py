"""Whose plan is due when, as teachers, advisors and administrators see it."""

import csv
import re
from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
from sqlalchemy import select, update

from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Course, Enrolment, Person, SchoolYear
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
    rows = re.findall(r'<tr class="due-(\w+)">\s*<th scope="row"><(?:a[^>]*|strong)>([^<]+)<', page)
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


def test_a_teacher_does_not_see_students_of_others(
    school: School, plans: dict[str, int], toolbox: Toolbox
) -> None:
    with toolbox.sessions.begin() as session:
        mine = session.scalars(select(Course)).one()
        facts = {"tenant_id": mine.tenant_id, "created_at": toolbox.clock()}
        other = Course(**facts, deployment_id=mine.deployment_id, lti_context_id="b", title="Biology")
        wren = Person(**facts, name="Wren Lund")
        session.add_all([other, wren])
        session.flush()
        session.add(Enrolment(course_id=other.id, person_id=wren.id, roles="learner", mentor_of=[]))
    for path in (
        "students/due",
        "students/due?by=course",
        f"students/due?course={other.id}",
        "students/due.csv",
    ):
        assert "Wren Lund" in page_of(school.enter(HEAD), path)
        for query in ("", "whose=all"):
            page = page_of(school.enter(RIVERA), f"{path}{'&' if '?' in path else '?'}{query}")
            assert "Wren Lund" not in page
            assert "Biology" not in page


def test_somebody_who_teaches_nobody_sees_nobody(school: School, plans: dict[str, int]) -> None:
    developer = Human("developer-1", "Kit", "Vale", ("ContentDeveloper",))
    assert "Nobody yet." in page_of(school.enter(developer))


def test_no_look_is_written_down(school: School, plans: dict[str, int], toolbox: Toolbox) -> None:
    for human in (HEAD, RIVERA):
        page_of(school.enter(human))
        page_of(school.enter(human), "students/due.csv")
    with toolbox.sessions() as session:
        assert session.scalars(select(PlanLook)).all() == []


def test_an_administrator_who_teaches_may_look_at_her_own(school: School, plans: dict[str, int]) -> None:
    both = Human("head-2", "Ines", "Dahl", ("Instructor", f"{MEMBERSHIP}#Administrator"))
    visitor = school.enter(both)
    assert "All students" in page_of(visitor)
    assert f'/students/{plans["Maya"]}"' in page_of(visitor, "students/due?whose=mine")
    assert "All students" not in page_of(school.enter(HEAD)), "there is nothing to choose"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=overdue", {"Maya Torres"}),
        ("state=no_plan", {"Sam Whitfield"}),
        ("grade=9", {"Maya Torres"}),
        ("grade=-1", {"Sam Whitfield"}),
        ("grade=9&state=later", set()),
        ("course=999", set()),
        ("advisor=999", set()),
        ("school=Nowhere", set()),
        # What no page sends is as if it were not there.
        ("state=naughty&grade=nine&by=height&course=x&page=0", set(EVERYBODY)),
        ("page=999999999999999999&course=99999999999999999999999", set(EVERYBODY)),
        ("school=%00&page=-3", set(EVERYBODY)),
    ],
)
def test_narrowed(school: School, plans: dict[str, int], query: str, names: set[str]) -> None:
    for human in (HEAD, RIVERA):
        assert set(states(page_of(school.enter(human), f"students/due?{query}"))) == names


@pytest.mark.parametrize("by", ["course", "advisor", "grade", "school"])
def test_in_groups(school: School, plans: dict[str, int], by: str) -> None:
    visitor = school.enter(HEAD)
    page = page_of(visitor, f"students/due?by={by}&state=overdue")
    if by == "advisor":
        assert "There is no such group" in page
        return
    first = re.search(rf'<th scope="row"><a href="([^"]*{by}=[^"]*)">', page)
    assert first
    group = visitor.client.get(unescape(first.group(1))).get_data(as_text=True)
    assert "Maya Torres" in group


def test_the_schools_day_counts(school: School, plans: dict[str, int], toolbox: Toolbox) -> None:
    today = toolbox.clock().date()
    with toolbox.sessions.begin() as session:
        tenant_id = session.scalars(select(Plan.tenant_id)).first()
        first, last = today - timedelta(days=5), today + timedelta(days=200)
        due = today + timedelta(days=30)
        session.add(SchoolYear(tenant_id=tenant_id, first_day=first, last_day=last, plans_due_on=due))
    page = page_of(school.enter(HEAD))
    assert f'This school year every plan is due by <time datetime="{due.isoformat()}"' in page
    assert states(page)["Leo Abara"] == "soon"


def test_who_is_missing_in_the_planned_meeting(
    school: School, plans: dict[str, int], toolbox: Toolbox
) -> None:
    now = toolbox.clock()
    with toolbox.sessions.begin() as session:
        plan_id = session.scalars(select(Plan.id).where(Plan.person_id == plans["Maya"])).one()
        row = Meeting(
            plan_id=plan_id,
            kind="annual",
            starts_at=now + timedelta(days=9),
            minutes=20,
            agenda=SECRET,
            made_by=plans["Leo"],
            made_at=now,
        )
        session.add(row)
        session.flush()
        session.add(MeetingParticipant(meeting_id=row.id, role="student", name="Maya"))
    page = page_of(school.enter(HEAD))
    assert "nobody of the school invited" in page
    assert "family not invited" in page
    assert "student not invited" not in page
    assert SECRET not in page


def test_page_by_page(school: School, plans: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lti_plp.lms.radar.PAGE", 2)
    visitor = school.enter(HEAD)
    first = page_of(visitor)
    assert "Page 1 of 2" in first
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = visitor.client.get(unescape(following.group(1))).get_data(as_text=True)
    assert {**states(first), **states(second)} == EVERYBODY
    assert len(states(second)) == 1


def rows_of(visitor: Visitor, query: str = "") -> list[list[str]]:
    answer = visitor.get(f"students/due.csv{query}")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Cache-Control"] == "no-store"
    return list(csv.reader(StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def test_for_a_spreadsheet(school: School, plans: dict[str, int], toolbox: Toolbox) -> None:
    with toolbox.sessions.begin() as session:
        session.execute(update(Person).where(Person.id == plans["Maya"]).values(student_number="=1+1"))
    head, maya, sam, leo = rows_of(school.enter(HEAD))
    assert head == ["Name", "Student number", "Course", "Last formal update", "Due on", "State"]
    assert maya[:2] == ["Maya Torres", "'=1+1"]
    assert maya[5] == "Overdue"
    assert sam[3:] == ["", "", "No plan yet"]
    assert leo[2] == maya[2] != ""
    assert SECRET not in str([head, maya, sam, leo])
    assert len(rows_of(school.enter(RIVERA), "?state=overdue")) == 2
    assert rows_of(school.enter(HEAD, locale="es"))[1][5] == "Vencido"


PAGES = {
    "students/due": "adult",
    "students/due.csv": "adult",
    "students/time": "adult",
    "students/planning": "adult",
    "students/calendar": "administrator",
    "students/school": "administrator",
    "students/school/evidence": "administrator",
    "students/school/evidence.csv": "administrator",
    "students/school/words": "administrator",
}


@pytest.mark.parametrize("path", PAGES)
def test_who_may(school: School, plans: dict[str, int], path: str) -> None:
    assert school.enter(HEAD).get(path).status_code == 200
    teachers = 200 if PAGES[path] == "adult" else 403
    assert school.enter(RIVERA).get(path).status_code == teachers
    for human in (MAYA, FAMILY, TEST_STUDENT):
        assert school.enter(human).get(path).status_code == 403


def test_the_way_to_leaders_pages_is_shown_to_leaders_only(school: School, plans: dict[str, int]) -> None:
    assert "students/calendar" in page_of(school.enter(HEAD))
    assert "students/calendar" not in page_of(school.enter(RIVERA))
