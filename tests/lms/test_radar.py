"""Whose plan is due when, for a few students and for thousands."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session

from lti_plp.database import table
from lti_plp.lms.calendar import Year
from lti_plp.lms.learners import Learners
from lti_plp.lms.models import Course, Deployment, Enrolment, Person, Relationship
from lti_plp.lms.radar import NO_GRADE, PAGE, Radar, around, choices, courses_of, groups, radar
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.models import (
    Meeting,
    MeetingParticipant,
    Plan,
    Reflection,
    ReflectionRating,
    ReflectionSubmission,
)
from tests.factories import NOON, School, counted, make_school

TODAY = NOON.date()
YEAR = Year(date(2026, 8, 26), date(2027, 6, 15), (), None, is_usual=False)


@pytest.fixture
def school(session: Session) -> School:
    return make_school(session)


def plan(school: School, student: Actor, updated: int | None = None, begun: int = 700, **facts: Any) -> int:
    """A plan that was begun and updated so many days ago; its id."""
    row = Plan(
        tenant_id=school.tenant_id,
        person_id=student.person_id,
        first_developed_at=NOON - timedelta(days=begun),
        formally_updated_at=None if updated is None else NOON - timedelta(days=updated),
        **facts,
    )
    school.session.add(row)
    school.session.flush()
    return row.id


def meeting(school: School, plan_id: int, days: int, *roles: str, **facts: Any) -> int:
    """A meeting in so many days with people of these roles; its id."""
    adult = school.teacher()
    row = Meeting(
        plan_id=plan_id,
        starts_at=NOON + timedelta(days=days),
        minutes=20,
        made_by=adult.person_id,
        made_at=NOON,
        **{"kind": "annual"} | facts,
    )
    school.session.add(row)
    school.session.flush()
    school.session.add_all(MeetingParticipant(meeting_id=row.id, role=role, name=role) for role in roles)
    school.session.flush()
    return row.id


def found(school: School, **options: Any) -> Radar:
    learners = Learners(school.tenant_id, **options.pop("narrowed", {}))
    return radar(school.session, learners, YEAR, TODAY, **options)


def names(radar: Radar) -> list[str]:
    return [blip.name.split()[0] for blip in radar.blips]


@pytest.fixture
def four(school: School) -> dict[str, Actor]:
    """Maya is overdue, Eli due soon, Amara later, Noor has no plan."""
    maya, eli, amara, noor = (school.student() for _ in range(4))
    plan(school, maya, 400, grade=9)
    plan(school, eli, 340, grade=10)
    plan(school, amara, 10, grade=9)
    return {"maya": maya, "eli": eli, "amara": amara, "noor": noor}


def test_the_most_urgent_first(school: School, four: dict[str, Actor]) -> None:
    everybody = found(school)
    assert names(everybody) == ["Maya", "Eli", "Noor", "Amara"]
    assert everybody.counts == {"overdue": 1, "soon": 1, "later": 1, "no_plan": 1}
    assert everybody.grades == (NO_GRADE, 9, 10)
    assert everybody.blips[0].last == TODAY - timedelta(days=400)
    assert everybody.blips[2].due.on is None


def test_in_one_state_the_counts_stay(school: School, four: dict[str, Actor]) -> None:
    overdue = found(school, state="overdue")
    assert names(overdue) == ["Maya"]
    assert overdue.counts["later"] == 1


def test_by_grade(school: School, four: dict[str, Actor]) -> None:
    assert names(found(school, grade=9)) == ["Maya", "Amara"]
    assert names(found(school, grade=NO_GRADE)) == ["Noor"]
    assert found(school, grade=9).grades == (NO_GRADE, 9, 10)


def test_only_students_of_the_district_who_learn_now(school: School, four: dict[str, Actor]) -> None:
    school.teacher()
    school.person(Role.LEARNER, Role.MENTOR)
    school.person(Role.LEARNER, Role.TEACHING_ASSISTANT)
    school.person(Role.LEARNER, is_test=True)
    school.person(Role.LEARNER, status="inactive")
    make_school(school.session, "Birch Falls", "https://lms.birchfalls.example").student()
    assert len(found(school).blips) == 4
    assert names(found(school, narrowed={"people": [four["eli"].person_id]})) == ["Eli"]
    assert names(found(school, narrowed={"people": []})) == []


def other_course(school: School, *students: Actor, platform: str = "") -> int:
    """A second course, on a door of its own; its id."""
    first = school.session.get_one(Deployment, school.deployment_id)
    door = Deployment(
        registration_id=first.registration_id,
        tenant_id=school.tenant_id,
        lti_deployment_id="deployment-2",
        status="active",
        platform_name=platform,
        first_seen_at=NOON,
    )
    school.session.add(door)
    school.session.flush()
    course = Course(
        tenant_id=school.tenant_id,
        deployment_id=door.id,
        lti_context_id="b",
        title="Biology",
        created_at=NOON,
    )
    school.session.add(course)
    school.session.flush()
    school.session.add_all(
        Enrolment(course_id=course.id, person_id=one.person_id, roles="learner", mentor_of=[])
        for one in students
    )
    school.session.flush()
    return course.id


def advise(school: School, adult: Actor, student: Actor, **facts: Any) -> None:
    school.session.add(
        Relationship(
            tenant_id=school.tenant_id,
            adult_id=adult.person_id,
            student_id=student.person_id,
            made_at=NOON,
            **{"kind": "advisor", "valid_from": TODAY} | facts,
        )
    )
    school.session.flush()


def test_narrowed_and_in_groups(school: School, four: dict[str, Actor]) -> None:
    biology = other_course(school, four["eli"], four["noor"], platform="Elm Street School")
    advisor = school.teacher(given="Kofi", family="Dube")
    advise(school, advisor, four["eli"])
    advise(school, advisor, four["maya"], valid_from=TODAY + timedelta(days=1))
    advise(school, advisor, four["noor"], kind="counselor")
    assert names(found(school, narrowed={"course_id": biology})) == ["Eli", "Noor"]
    assert names(found(school, narrowed={"advisor_id": advisor.person_id})) == ["Eli"]
    assert names(found(school, narrowed={"school": "Elm Street School"})) == ["Eli", "Noor"]
    everybody = Learners(school.tenant_id)
    offered = choices(school.session, everybody, TODAY)
    assert [title for _, title in offered.courses] == ["Biology", "English 9"]
    assert offered.advisors == ((advisor.person_id, "Kofi Dube"),)
    assert offered.schools == ("Elm Street School",)

    def grouped(by: str) -> list[tuple[str, int]]:
        made = groups(school.session, everybody, found(school), by, TODAY)
        return [(one.name or str(one.key), one.size) for one in made]

    assert grouped("course") == [("Biology", 2), ("English 9", 4)]
    assert grouped("advisor") == [("Kofi Dube", 1)]
    assert grouped("grade") == [("-1", 1), ("9", 2), ("10", 1)]
    assert dict(grouped("school"))["Elm Street School"] == 2
    (first, _) = groups(school.session, everybody, found(school), "course", TODAY)
    assert first.counts == {"soon": 1, "no_plan": 1}


def test_what_stands_beside_a_student(school: School) -> None:
    maya, leo, eli = school.student(), school.student(), school.student()
    plans = [plan(school, one, 300) for one in (maya, leo, eli)]
    other_course(school, maya)
    advise(school, school.teacher(given="Kofi", family="Dube"), maya)
    meeting(school, plans[0], 30, "student", "advisor", "family")
    coming = meeting(school, plans[0], 3, "student", "mentor")
    meeting(school, plans[0], -20, "student", "teacher", "advocate")
    meeting(school, plans[0], 1, kind="interim")
    meeting(school, plans[0], 2, state="cancelled")
    late = meeting(school, plans[1], -5, "student", "counselor", "advocate")
    blips = found(school).blips
    beside = around(school.session, school.tenant_id, blips, TODAY)
    assert beside.courses[maya.person_id] == ("Biology", "English 9")
    assert beside.advisors == {maya.person_id: ("Kofi Dube",)}
    assert {one: (row.id, row.missing) for one, row in beside.meetings.items()} == {
        maya.person_id: (coming, ("school", "family")),
        leo.person_id: (late, ()),
    }
    assert courses_of(school.session, Learners(school.tenant_id), TODAY)[maya.person_id] == (
        "Biology",
        "English 9",
    )


def test_who_is_not_coming_is_missing(school: School, session: Session) -> None:
    maya = school.student()
    row = meeting(school, plan(school, maya, 300), 3, "student", "teacher")
    session.add(MeetingParticipant(meeting_id=row, role="family", name="Rosa", state="excused"))
    session.flush()
    beside = around(session, school.tenant_id, found(school).blips, TODAY)
    assert beside.meetings[maya.person_id].missing == ("family",)


def test_the_last_feedback(school: School, session: Session) -> None:
    teacher, maya = school.teacher(), school.student()
    link = school.link(school.template(teacher))
    row = Reflection(
        tenant_id=school.tenant_id,
        person_id=maya.person_id,
        template_id=link.template_id,
        resource_link_id=link.resource_link_id,
        state="submitted",
        started_at=NOON,
        saved_at=NOON,
        submitted_at=NOON,
    )
    session.add(row)
    session.flush()
    sent = ReflectionSubmission(reflection_id=row.id, number=1, answers={}, submitted_at=NOON)
    session.add(sent)
    session.flush()
    for days in (1, 3, 2):
        session.add(
            ReflectionRating(
                reflection_id=row.id,
                submission_id=sent.id,
                rater_id=teacher.person_id,
                rated_at=NOON + timedelta(days=days),
            )
        )
    session.flush()
    beside = around(session, school.tenant_id, found(school).blips, TODAY)
    assert beside.feedback == {maya.person_id: NOON + timedelta(days=3)}


def grow(school: School, number: int) -> None:
    """So many more students, each with a plan, an advisor and a meeting."""
    session, adult = school.session, school.teacher()
    person = {"tenant_id": school.tenant_id, "name": "", "given_name": "Wren", "is_test": False}
    people = [person | {"family_name": f"Lund {n}", "created_at": NOON} for n in range(number)]
    ids = session.scalars(insert(table(Person)).returning(table(Person).c.id), people).all()
    session.execute(
        insert(table(Enrolment)),
        [
            {"course_id": school.course_id, "person_id": one, "roles": "learner", "mentor_of": []}
            | {"status": "active"}
            for one in ids
        ],
    )
    common = {"tenant_id": school.tenant_id}
    plans = session.scalars(
        insert(table(Plan)).returning(table(Plan).c.id),
        [common | {"person_id": one, "first_developed_at": NOON - timedelta(days=one % 700)} for one in ids],
    ).all()
    session.execute(
        insert(table(Relationship)),
        [
            common
            | {"adult_id": adult.person_id, "student_id": one, "kind": "advisor"}
            | {"valid_from": TODAY, "made_at": NOON}
            for one in ids
        ],
    )
    session.execute(
        insert(table(Meeting)),
        [
            {"plan_id": one, "kind": "annual", "starts_at": NOON, "minutes": 20, "made_by": adult.person_id}
            | {"made_at": NOON}
            for one in plans
        ],
    )
    session.flush()
    # A server that runs for a minute has done so by itself; without it PostgreSQL plans for an empty school.
    session.execute(text("ANALYZE"))


def statements_of_a_page(school: School, engine: Engine) -> int:
    learners = Learners(school.tenant_id)
    with counted(engine) as statements:
        every = found(school)
        shown = every.page(1)
        around(school.session, school.tenant_id, shown, TODAY)
        choices(school.session, learners, TODAY)
        for by in ("course", "advisor", "grade", "school"):
            groups(school.session, learners, every, by, TODAY)
        courses_of(school.session, learners, TODAY)
    return len(statements)


def test_five_thousand_cost_no_more_statements(school: School, engine: Engine) -> None:
    grow(school, 3)
    few = statements_of_a_page(school, engine)
    grow(school, 5000)
    every = found(school)
    assert len(every.blips) == 5003
    assert sum(every.counts.values()) == 5003
    assert every.pages == -(-5003 // PAGE)
    assert len(every.page(every.pages)) == 5003 % PAGE
    assert {blip.person_id for n in range(every.pages) for blip in every.page(n + 1)} == {
        blip.person_id for blip in every.blips
    }
    assert statements_of_a_page(school, engine) == few <= 14
