"""What is known of a student without anybody's typing: over all courses, and nothing of anybody else."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.lms.models import Course, Deployment, Enrolment, Person, ResourceLink
from lti_plp.lms.students import CourseFacts, DueWork, StudentFacts, student_facts, supporters
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.reflections import LinkFacts, save_answer, submit
from tests.factories import NOON, School, counted, make_school, minutes


class World:
    """A student in English 9, and whatever other courses a test needs."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.school = make_school(session)
        self.teacher = self.school.teacher()
        self.student = self.school.student()
        self.classmate = self.school.student()
        session.get_one(Person, self.student.person_id).student_number = "S-204001"

    def course(self, title: str, **changes: Any) -> School:
        """Another course, with the student in it; of the same deployment unless told otherwise."""
        row = Course(
            tenant_id=self.school.tenant_id,
            deployment_id=changes.pop("deployment_id", self.school.deployment_id),
            lti_context_id=f"course of {title}",
            title=title,
            created_at=NOON,
        )
        self.session.add(row)
        self.session.flush()
        there = School(
            self.session,
            row.tenant_id,
            row.deployment_id,
            row.id,
            self.school.issuer,
            self.school.base,
        )
        self.enrol(self.student, there, **changes)
        return there

    def enrol(self, actor: Actor, school: School, roles: str = "learner", status: str = "active") -> None:
        """Somebody known, in one more course."""
        self.session.add(
            Enrolment(
                course_id=school.course_id,
                person_id=actor.person_id,
                roles=roles,
                mentor_of=[],
                status=status,
            )
        )
        self.session.flush()

    def place(self, title: str, due_at: datetime | None = None, school: School | None = None) -> LinkFacts:
        """A reflection placed in a course, which nobody has begun."""
        school = school or self.school
        return school.link(school.template(school.teacher(given="", family=""), title=title, due_at=due_at))

    def begin(self, link: LinkFacts, actor: Actor | None = None) -> None:
        """The first saved word of somebody, else of the student."""
        actor = actor or self.student
        there = Actor(actor.person_id, actor.tenant_id, link.course_id, actor.roles)
        save_answer(self.session, there, link, "q1", "I built a bridge", 0, minutes(1))

    def send(self, link: LinkFacts) -> None:
        """The student writes and sends."""
        self.begin(link)
        there = Actor(self.student.person_id, link.tenant_id, link.course_id, self.student.roles)
        submit(self.session, there, link, minutes(2))

    def facts(self, actor: Actor | None = None) -> StudentFacts:
        """As they stand."""
        return student_facts(self.session, self.school.tenant_id, (actor or self.student).person_id)

    def helpers(self, actor: Actor | None = None) -> tuple[str, ...]:
        """Who is offered as somebody who helps."""
        return supporters(self.session, self.school.tenant_id, (actor or self.student).person_id)


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


def test_a_student_in_one_course(world: World) -> None:
    assert world.facts() == StudentFacts(
        name="Maya Torres",
        given_name="Maya",
        student_number="S-204001",
        school="Maple Hollow",
        courses=(CourseFacts(world.school.course_id, "English 9", ("Elena Rivera",)),),
        due=(),
    )


def test_courses_stand_by_title_with_their_own_teachers(world: World) -> None:
    art = world.course("art")
    biology = world.course("Biology")
    biology.teacher(given="Noor", family="Okafor")
    world.enrol(world.teacher, biology, roles="instructor")
    biology.teacher(given="Ivy", family="Lund", status="inactive")
    biology.person(Role.TEACHING_ASSISTANT, given="Kofi", family="Dube")
    biology.person(Role.INSTRUCTOR, Role.MENTOR, given="Ana", family="Torres")
    assert world.facts().courses == (
        CourseFacts(art.course_id, "art", ()),
        CourseFacts(biology.course_id, "Biology", ("Elena Rivera", "Noor Okafor")),
        CourseFacts(world.school.course_id, "English 9", ("Elena Rivera",)),
    )
    assert world.helpers() == ("Elena Rivera", "Noor Okafor"), "each is offered once"


@pytest.mark.parametrize(
    "enrolment",
    [
        {"status": "inactive"},
        {"roles": "teaching_assistant"},
        {"roles": "learner mentor"},
        {"roles": "instructor learner"},
        {"roles": ""},
    ],
)
def test_where_nothing_is_learned_any_more_is_no_course(world: World, enrolment: dict[str, str]) -> None:
    there = world.course("Biology", **enrolment)
    there.teacher(given="Noor", family="Okafor")
    world.begin(world.place("Of biology", minutes(9), there), there.student())
    facts = world.facts()
    assert [course.title for course in facts.courses] == ["English 9"]
    assert facts.due == ()
    assert world.helpers() == ("Elena Rivera",)


def test_parts_of_names_make_names_and_the_nameless_are_not_shown(world: World) -> None:
    for actor in (world.student, world.teacher):
        world.session.get_one(Person, actor.person_id).name = ""
    world.school.teacher(given="", family="")
    facts = world.facts()
    assert facts.name == "Maya Torres"
    assert facts.courses[0].teachers == ("Elena Rivera",)


def test_the_school_is_what_the_platform_of_the_newest_course_calls_itself(world: World) -> None:
    first = world.session.get_one(Deployment, world.school.deployment_id)
    second = Deployment(
        registration_id=first.registration_id,
        tenant_id=first.tenant_id,
        lti_deployment_id="deployment-2",
        status="active",
        first_seen_at=NOON,
    )
    world.session.add(second)
    world.session.flush()
    world.course("Biology", deployment_id=second.id)
    assert world.facts().school == "Maple Hollow", "no platform has told: the tenant's name"
    first.platform_name = "Maple Hollow Middle"
    world.session.flush()
    assert world.facts().school == "Maple Hollow Middle"
    second.platform_name = "Maple Hollow High"
    world.session.flush()
    assert world.facts().school == "Maple Hollow High"


def test_what_is_due_stands_by_date_with_how_far_the_student_is(world: World) -> None:
    biology = world.course("Biology")
    someday, late = world.place("Someday"), world.place("Late", minutes(90))
    early = world.place("Early", minutes(30), biology)
    again = world.place("Again", minutes(60), biology)
    for link in (late, someday):
        world.begin(link, world.classmate)
    world.begin(early)
    world.send(again)
    assert world.facts().due == (
        DueWork(early.resource_link_id, biology.course_id, "Early", minutes(30), "writing"),
        DueWork(again.resource_link_id, biology.course_id, "Again", minutes(60), "sent"),
        DueWork(late.resource_link_id, world.school.course_id, "Late", minutes(90), "new"),
        DueWork(someday.resource_link_id, world.school.course_id, "Someday", None, "new"),
    )
    there = Actor(world.student.person_id, again.tenant_id, again.course_id, world.student.roles)
    save_answer(world.session, there, again, "q1", "I built two bridges", 1, minutes(3))
    assert [work.state for work in world.facts().due if work.title == "Again"] == ["writing"]


def test_what_nobody_has_begun_is_not_out_yet(world: World) -> None:
    link = world.place("Secret", minutes(9))
    world.session.add(
        ResourceLink(
            tenant_id=world.school.tenant_id,
            deployment_id=world.school.deployment_id,
            course_id=world.school.course_id,
            lti_resource_link_id="without template",
            created_at=NOON,
        )
    )
    world.session.flush()
    assert world.facts().due == ()
    world.begin(link, world.classmate)
    assert [work.title for work in world.facts().due] == ["Secret"]


def test_nothing_of_other_courses_or_districts_is_known(world: World) -> None:
    elsewhere = make_school(world.session, "Birch Lake", base="https://lms.birchlake.example")
    elsewhere.teacher(given="Noor", family="Okafor")
    stranger = elsewhere.student()
    world.begin(world.place("Theirs", minutes(9), elsewhere), stranger)
    assert world.facts().due == ()
    assert world.helpers() == ("Elena Rivera",)
    with pytest.raises(NotFound):
        world.facts(stranger)
    assert world.helpers(stranger) == ()


def test_somebody_in_no_course_at_all(world: World) -> None:
    for row in world.session.scalars(select(Enrolment).where(Enrolment.person_id == world.student.person_id)):
        row.status = "inactive"
    world.session.flush()
    facts = world.facts()
    assert (facts.name, facts.school, facts.courses, facts.due) == ("Maya Torres", "Maple Hollow", (), ())
    assert world.helpers() == ()


def test_twenty_courses_take_three_statements(world: World, engine: Engine) -> None:
    for number in range(20):
        there = world.course(f"Course {number}")
        there.teacher(given=f"Given{number}")
        world.begin(world.place(f"Work {number}", minutes(number), there))
    with counted(engine) as statements:
        facts = world.facts()
    assert len(statements) == 3
    assert (len(facts.courses), len(facts.due)) == (21, 20)
    with counted(engine) as statements:
        assert len(world.helpers()) == 21
    assert len(statements) == 2
