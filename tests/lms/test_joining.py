"""One student who came from two LMSs: who is offered, what an administrator says, what becomes of everything."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

import lti_plp.app  # noqa: F401  every table is known then
from lti_plp.database import Base
from lti_plp.errors import BadInput, NotAllowed
from lti_plp.launch.models import Registration, WebSession
from lti_plp.lms.coursework_models import CourseworkReading
from lti_plp.lms.joining import join, say_two
from lti_plp.lms.joining_columns import FATES
from lti_plp.lms.joining_offers import count_pairs, pairs
from lti_plp.lms.models import (
    Course,
    Deployment,
    Enrolment,
    Identity,
    Person,
    PersonJudgement,
    Relationship,
    StandIn,
)
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.growth.frameworks import publish, read_tree
from lti_plp.plp.models import Plan, Reflection
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing
from tests.factories import NOON, School, make_school, minutes
from tests.plp.growth.growing import GrowingSchool, draft


class Twice:
    """A student who learns in Canvas and in another LMS of one tenant."""

    def __init__(self, session: Session) -> None:
        self.school = make_school(session)
        self.other = self._other_lms(session)
        self.old = self.number(self.school.student(given="Maya", family="Torres"))
        self.new = self.number(self.other.student(given="Maya", family="Torres"))
        self.head = self.school.person(Role.ADMINISTRATOR, given="Oda", family="Nyberg")

    def _other_lms(self, session: Session) -> School:
        base = "https://second.maplehollow.example"
        urls = {"auth_url": f"{base}/authorize", "token_url": f"{base}/token", "jwks_url": f"{base}/jwks"}
        registration = Registration(
            kind="moodle", name="Second", issuer=base, client_id="client-2", created_at=NOON, **urls
        )
        session.add(registration)
        session.flush()
        deployment = Deployment(
            registration_id=registration.id,
            tenant_id=self.school.tenant_id,
            lti_deployment_id="deployment-1",
            status="active",
            platform_name="Second Campus",
            first_seen_at=NOON,
        )
        session.add(deployment)
        session.flush()
        course = Course(
            tenant_id=self.school.tenant_id,
            deployment_id=deployment.id,
            lti_context_id="course-1",
            title="Robotics",
            created_at=NOON,
        )
        session.add(course)
        session.flush()
        return School(session, self.school.tenant_id, deployment.id, course.id, base, base)

    def number(self, actor: Actor, number: str = "S-100") -> int:
        self.school.session.execute(
            update(Person).where(Person.id == actor.person_id).values(student_number=number)
        )
        return actor.person_id

    def plan(self, person_id: int) -> None:
        self.school.session.add(
            Plan(tenant_id=self.school.tenant_id, person_id=person_id, first_developed_at=NOON)
        )
        self.school.session.flush()

    def reflect(self, school: School, person_id: int) -> Reflection:
        link = school.link(school.template(school.teacher()))
        return self.answer(link.resource_link_id, link.template_id or "", person_id)

    def answer(self, link_id: int, template_id: str, person_id: int) -> Reflection:
        row = Reflection(
            tenant_id=self.school.tenant_id,
            person_id=person_id,
            template_id=template_id,
            resource_link_id=link_id,
            started_at=NOON,
            saved_at=NOON,
        )
        self.school.session.add(row)
        self.school.session.flush()
        return row


@pytest.fixture
def twice(sessions: sessionmaker[Session]) -> Iterator[Twice]:
    with sessions() as session:
        yield Twice(session)


def test_the_table_knows_every_foreign_key_to_a_person() -> None:
    keys = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "person"
    }
    assert keys == set(FATES)


class TestOffer:
    def test_one_number_from_two_lmss_is_offered(self, twice: Twice) -> None:
        (pair,) = pairs(twice.school.session, twice.school.tenant_id)
        assert (pair.first.id, pair.second.id, pair.number) == (twice.old, twice.new, "S-100")
        assert pair.first.courses == ("English 9",)
        assert pair.second.courses == ("Robotics",)
        assert pair.second.platforms == ("Second Campus", "second.maplehollow.example")

    @pytest.mark.parametrize("number", ["", "S-101"])
    def test_equal_names_are_not_enough(self, twice: Twice, number: str) -> None:
        for person_id in (twice.old, twice.new) if not number else (twice.new,):
            twice.school.session.execute(
                update(Person).where(Person.id == person_id).values(student_number=number)
            )
        assert pairs(twice.school.session, twice.school.tenant_id) == []

    def test_whom_one_lms_knows_as_two_are_not_offered(self, twice: Twice) -> None:
        twice.number(twice.school.student(), "S-7")
        twice.number(twice.school.student(), "S-7")
        assert count_pairs(twice.school.session, twice.school.tenant_id) == 1

    def test_adults_are_not_offered(self, twice: Twice) -> None:
        twice.school.session.execute(
            update(Enrolment).where(Enrolment.person_id == twice.new).values(roles="instructor")
        )
        assert pairs(twice.school.session, twice.school.tenant_id) == []

    def test_another_tenants_student_is_not_offered(self, twice: Twice) -> None:
        there = make_school(twice.school.session, "Alder Creek", "https://lms.aldercreek.example")
        twice.number(there.student())
        assert count_pairs(twice.school.session, twice.school.tenant_id) == 1
        assert count_pairs(twice.school.session, there.tenant_id) == 0


class TestWord:
    def test_two_people_are_not_offered_again(self, twice: Twice) -> None:
        session = twice.school.session
        say_two(session, twice.head, twice.new, twice.old, minutes(1))
        assert pairs(session, twice.school.tenant_id) == []
        (row,) = session.scalars(select(PersonJudgement))
        assert (row.first_id, row.second_id, row.kept_id) == (twice.old, twice.new, None)
        assert (row.judged_by, row.judged_at) == (twice.head.person_id, minutes(1))
        with pytest.raises(BadInput) as refused:
            join(session, twice.head, twice.old, twice.new, minutes(2))
        assert refused.value.code == "joining_over"

    def test_only_an_administrator_says_so(self, twice: Twice) -> None:
        for say in (join, say_two):
            with pytest.raises(NotAllowed):
                say(twice.school.session, twice.school.teacher(), twice.old, twice.new, NOON)

    def test_only_who_is_offered_is_joined(self, twice: Twice) -> None:
        for one in (twice.old, twice.head.person_id, 0):
            with pytest.raises(BadInput):
                join(twice.school.session, twice.head, twice.old, one, NOON)

    def test_a_word_never_changes(self, twice: Twice) -> None:
        session = twice.school.session
        say_two(session, twice.head, twice.old, twice.new, NOON)
        session.commit()
        with pytest.raises(DBAPIError):
            session.execute(update(PersonJudgement).values(kept_id=twice.old))
        session.rollback()


class TestJoining:
    def test_without_a_plan_the_older_is_kept(self, twice: Twice) -> None:
        assert join(twice.school.session, twice.head, twice.new, twice.old, NOON) == twice.old

    def test_who_has_a_plan_is_kept(self, twice: Twice) -> None:
        twice.plan(twice.new)
        assert join(twice.school.session, twice.head, twice.old, twice.new, NOON) == twice.new

    def test_everything_moves(self, twice: Twice, caplog: pytest.LogCaptureFixture) -> None:
        session, kept, other = twice.school.session, twice.old, twice.new
        caplog.set_level(logging.INFO)
        twice.plan(kept)
        reflection = twice.reflect(twice.other, other)
        teacher, course = twice.other.teacher().person_id, twice.other.course_id
        days = {"tenant_id": twice.school.tenant_id, "valid_from": date(2026, 9, 1), "made_at": NOON}
        advised = [
            Relationship(adult_id=teacher, student_id=one, kind="advisor", **days) for one in (kept, other)
        ]
        advised.append(Relationship(adult_id=teacher, student_id=other, kind="counselor", **days))
        session.add_all(advised)
        last = {"valid_to": date(2026, 10, 1), "made_by": teacher, "course_id": course}
        session.add(StandIn(person_id=other, for_id=teacher, kind="substitute", **days, **last))
        session.add(CourseworkReading(course_id=course, whole_at=NOON, changes_since=NOON))
        _web_session(session, twice, other)
        session.flush()
        join(session, twice.head, kept, other, minutes(1))
        session.commit()
        assert set(
            session.scalars(select(Identity.person_id).where(Identity.person_id.in_((kept, other))))
        ) == {kept}
        mine = select(Enrolment.course_id).where(Enrolment.person_id == kept)
        assert set(session.scalars(mine)) == {twice.school.course_id, course}
        assert session.get_one(Reflection, reflection.id).person_id == kept
        assert session.scalars(select(WebSession)).all() == []
        open_ones = session.scalars(select(Relationship).where(Relationship.ended_at.is_(None))).all()
        assert {(one.student_id, one.kind) for one in open_ones} == {(kept, "advisor"), (kept, "counselor")}
        assert session.scalar(select(StandIn.person_id)) == kept
        read = session.get_one(CourseworkReading, course)
        assert (read.whole_at, read.changes_since) == (None, None)
        assert pairs(session, twice.school.tenant_id) == []
        assert "joined" in caplog.text
        assert "Torres" not in caplog.text
        assert "S-100" not in caplog.text


class TestNothingIsLost:
    def test_two_plans_stay_two(self, twice: Twice) -> None:
        session = twice.school.session
        twice.plan(twice.old)
        twice.plan(twice.new)
        self._refused(twice, "joining_both_plans")
        assert set(session.scalars(select(Plan.person_id))) == {twice.old, twice.new}

    def test_two_answers_to_one_link_stay_two(self, twice: Twice) -> None:
        first = twice.reflect(twice.school, twice.old)
        twice.answer(first.resource_link_id or 0, first.template_id, twice.new)
        self._refused(twice, "joining_both_reflections")

    def test_what_a_teacher_rated_stays(self, twice: Twice) -> None:
        session, school = twice.school.session, twice.school
        tree = read_tree(session, publish(session, None, school.tenant_id, draft(), 0, NOON))
        growing = GrowingSchool(session, school, school.teacher(), school.student(), tree)
        theirs = PlanWork(school.tenant_id, twice.new, "team", frozenset({Standing.TEACHER}))
        growing.rate("P", work=theirs)
        self._refused(twice, "joining_rated")

    def _refused(self, twice: Twice, code: str) -> None:
        session = twice.school.session
        session.commit()
        with pytest.raises(BadInput) as refused:
            join(session, twice.head, twice.old, twice.new, NOON)
        session.rollback()
        assert refused.value.code == code
        assert session.scalars(select(PersonJudgement)).all() == []
        assert len(pairs(session, twice.school.tenant_id)) == 1


def test_two_administrators_at_once_join_once(
    twice: Twice, sessions: sessionmaker[Session], engine: Engine
) -> None:
    twice.school.session.commit()
    twice.school.session.close()
    barrier = Barrier(2)

    def say(_: int) -> str:
        barrier.wait()
        try:
            with sessions.begin() as session:
                join(session, twice.head, twice.old, twice.new, NOON)
        except BadInput as problem:
            return problem.code
        return "joined"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(say, range(2))) == ["joined", "joining_over"]
    with sessions() as session:
        assert len(session.scalars(select(PersonJudgement)).all()) == 1


def _web_session(session: Session, twice: Twice, person_id: int) -> None:
    session.add(
        WebSession(
            handle="h" * 24,
            token_hash="t" * 43,
            person_id=person_id,
            deployment_id=twice.other.deployment_id,
            course_id=twice.other.course_id,
            roles="learner",
            frame_origins="",
            used_at=NOON,
            expires_at=minutes(60),
        )
    )
