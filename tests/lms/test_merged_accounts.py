"""Two accounts of one student, merged in the LMS or of two instances of a hosted one: the offer, and what then."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.lms.gateway import Score
from lti_plp.lms.joining import join, say_two
from lti_plp.lms.joining_offers import count_pairs, pairs
from lti_plp.lms.lms_ids import acting_person, people_called
from lti_plp.lms.models import Deployment, Enrolment, Identity, OutboxScore, Person, ResourceLink
from lti_plp.lms.roster import FRESH, RosterChange, refresh_roster
from lti_plp.lms.scores import submit_and_report
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.reflections import save_answer
from tests.factories import NOON, School, counted, make_school, minutes
from tests.lms.conftest import Office
from tests.lms.test_roster import member

HERE, THERE = "guid-of-maple-hollow", "guid-of-alder-creek"


@dataclass
class Hosted:
    """A district on a hosted Canvas, whose issuer it shares with others."""

    session: Session

    def __post_init__(self) -> None:
        self.school = make_school(self.session)
        self.session.get_one(Deployment, self.school.deployment_id).platform_guid = HERE
        self.second = self.school.other_course()
        self.far = self.school.other_course(guid=THERE, deployment="deployment-2")
        self.head = self.school.person(Role.ADMINISTRATOR, given="Oda", family="Nyberg")

    def pairs(self) -> list[tuple[int, int, str]]:
        found = pairs(self.session, self.school.tenant_id)
        return [(one.first.id, one.second.id, one.number) for one in found]

    def number(self, *people: Actor, number: str = "S-100") -> None:
        ids = [one.person_id for one in people]
        self.session.execute(update(Person).where(Person.id.in_(ids)).values(student_number=number))

    def join(self, one: Actor, other: Actor) -> int:
        return join(self.session, self.head, one.person_id, other.person_id, minutes(1))

    def called(self, lms_id: str, school: School) -> list[int]:
        connection = self.session.connection()
        return people_called(connection, school.tenant_id, school.issuer, lms_id, school.deployment_id)


@pytest.fixture
def hosted(sessions: sessionmaker[Session]) -> Iterator[Hosted]:
    with sessions() as session:
        yield Hosted(session)


def merged(hosted: Hosted, **facts: str) -> tuple[Actor, Actor]:
    """One account that the LMS made of two: the old name in the old course, the new one in the new."""
    return hosted.school.student(lms_id="31", **facts), hosted.second.student(lms_id="31", **facts)


class TestMerged:
    def test_two_names_of_one_account_are_offered(self, hosted: Hosted) -> None:
        old, new = merged(hosted)
        (pair,) = pairs(hosted.session, hosted.school.tenant_id)
        assert (pair.first.id, pair.second.id, pair.number) == (old.person_id, new.person_id, "")
        assert (pair.first.courses, pair.second.courses) == (("English 9",), ("Robotics",))

    def test_a_number_does_not_offer_them_again(self, hosted: Hosted) -> None:
        old, new = merged(hosted)
        hosted.number(old, new)
        assert hosted.pairs() == [(old.person_id, new.person_id, "")]

    def test_installations_of_one_instance_know_the_same_people(self, hosted: Hosted) -> None:
        other = hosted.school.other_course(guid=HERE, deployment="deployment-3")
        old, new = hosted.school.student(lms_id="31"), other.student(lms_id="31")
        assert hosted.pairs() == [(old.person_id, new.person_id, "")]

    @pytest.mark.parametrize("guid", [THERE, ""])
    def test_each_instance_counts_by_itself(self, hosted: Hosted, guid: str) -> None:
        other = hosted.school.other_course(guid=guid, deployment="deployment-3")
        hosted.school.student(lms_id="31")
        other.student(lms_id="31")
        assert hosted.pairs() == []

    def test_an_installation_that_does_not_say_which_it_is_is_one(self, hosted: Hosted) -> None:
        hosted.session.get_one(Deployment, hosted.school.deployment_id).platform_guid = ""
        old, new = merged(hosted)
        assert hosted.pairs() == [(old.person_id, new.person_id, "")]

    @pytest.mark.parametrize("what", ["test student", "adult", "no id", "tenant"])
    def test_who_is_not_offered(self, hosted: Hosted, what: str) -> None:
        old = hosted.school.student(lms_id="" if what == "no id" else "31")
        if what == "test student":
            hosted.second.student(lms_id="31", is_test=True)
        elif what == "adult":
            hosted.second.teacher(lms_id="31")
        elif what == "no id":
            hosted.second.student()
        else:
            base = "https://lms.aldercreek.example"
            elsewhere = make_school(hosted.session, "Alder Creek", base)
            elsewhere.issuer = hosted.school.issuer
            elsewhere.student(lms_id="31")
        assert hosted.pairs() == []
        assert old.person_id

    def test_whoever_acts_as_somebody_is_not_offered(self, hosted: Hosted) -> None:
        old, new = merged(hosted)
        school = hosted.school
        known = (school.tenant_id, school.issuer, "31", school.deployment_id, NOON)
        stranger = acting_person(hosted.session.connection(), *known)
        assert stranger not in (old.person_id, new.person_id)
        assert hosted.pairs() == [(old.person_id, new.person_id, "")]

    def test_two_people_stay_two(self, hosted: Hosted) -> None:
        old, new = merged(hosted)
        say_two(hosted.session, hosted.head, old.person_id, new.person_id, NOON)
        assert hosted.pairs() == []

    def test_of_three_each_two_are_offered(self, hosted: Hosted) -> None:
        merged(hosted)
        hosted.school.other_course().student(lms_id="31")
        assert count_pairs(hosted.session, hosted.school.tenant_id) == 3


class TestInstances:
    def test_one_number_from_two_instances_is_offered(self, hosted: Hosted) -> None:
        one, other = hosted.school.student(lms_id="31"), hosted.far.student(lms_id="7")
        hosted.number(one, other)
        assert hosted.pairs() == [(one.person_id, other.person_id, "S-100")]

    def test_one_number_within_an_instance_is_not(self, hosted: Hosted) -> None:
        hosted.number(hosted.school.student(lms_id="31"), hosted.second.student(lms_id="7"))
        assert hosted.pairs() == []

    def test_nor_where_nobody_says_which_instance_it_is(self, hosted: Hosted) -> None:
        hosted.session.get_one(Deployment, hosted.far.deployment_id).platform_guid = ""
        hosted.number(hosted.school.student(), hosted.far.student())
        assert hosted.pairs() == []

    def test_who_was_joined_from_two_is_no_stranger_of_either(self, hosted: Hosted) -> None:
        """Somebody else's id here is the joined one's there."""
        maya, there = hosted.school.student(lms_id="31"), hosted.far.student(lms_id="7")
        hosted.number(maya, there)
        kept = hosted.join(maya, there)
        stranger = hosted.school.student(lms_id="7")
        assert hosted.pairs() == []
        assert hosted.called("7", hosted.school) == [stranger.person_id]
        assert hosted.called("7", hosted.far) == [kept]
        assert hosted.called("31", hosted.school) == [kept]
        assert hosted.called("31", hosted.far) == []


def test_the_page_is_a_fixed_number_of_statements(hosted: Hosted, engine: Engine) -> None:
    def statements() -> int:
        with counted(engine) as found:
            pairs(hosted.session, hosted.school.tenant_id)
        return len(found)

    merged(hosted)
    few = statements()
    for number in range(20):
        hosted.number(hosted.school.student(), hosted.far.student(), number=f"S-{number}")
        for school in (hosted.school, hosted.second):
            school.student(lms_id=f"account-{number}")
    assert len(hosted.pairs()) == 41
    assert statements() == few


class TestAfterwards:
    def test_one_account_is_one_person(self, hosted: Hosted) -> None:
        old, new = merged(hosted)
        kept = hosted.join(old, new)
        assert kept == old.person_id
        assert hosted.pairs() == []
        assert hosted.called("31", hosted.school) == [kept]
        subjects = select(Enrolment.subject).where(Enrolment.person_id == kept).order_by(Enrolment.id)
        names = select(Identity.subject).where(Identity.person_id == kept)
        assert set(hosted.session.scalars(subjects)) == set(hosted.session.scalars(names))

    @pytest.mark.parametrize("goes_on", ["old", "new"])
    def test_two_enrolments_of_one_course_become_one(self, hosted: Hosted, goes_on: str) -> None:
        """The roster names who goes on, and the other one has ended."""
        session, course = hosted.session, hosted.school.course_id
        old, new = merged(hosted)
        names = {
            row.person_id: row.subject
            for row in session.execute(select(Identity.person_id, Identity.subject))
        }
        status = {"old": "inactive", "new": "inactive", goes_on: "active"}
        ended = None if goes_on == "old" else NOON
        session.execute(
            update(Enrolment)
            .where(Enrolment.person_id == old.person_id)
            .values(status=status["old"], ended_at=ended)
        )
        row = {"course_id": course, "person_id": new.person_id, "subject": names[new.person_id]}
        row |= {"mentor_of": ["one"], "sections": "Period 2", "status": status["new"]}
        session.execute(insert(Enrolment).values(roles="learner mentor", **row))
        kept = hosted.join(old, new)
        (found,) = session.scalars(
            select(Enrolment).where(Enrolment.course_id == course, Enrolment.person_id == kept)
        )
        assert (found.roles, found.status, found.ended_at) == ("learner mentor", "active", None)
        assert (found.mentor_of, found.sections) == (["one"], "Period 2")
        assert found.subject == names[{"old": old, "new": new}[goes_on].person_id]


@dataclass
class Joined:
    """One student whom two courses call by two names."""

    office: Office

    def __post_init__(self) -> None:
        with self.office.sessions.begin() as session:
            self.school, self.office.school.session = self.office.school, session
            self.second = self.school.other_course()
            old = self.school.student(lms_id="31", subject="member-1")
            new = self.second.student(lms_id="31", subject="member-2")
            head = self.school.person(Role.ADMINISTRATOR)
            self.id = join(session, head, old.person_id, new.person_id, NOON)

    def read(self, *members: dict[str, Any]) -> RosterChange:
        """The first course's roster."""
        self.office.platform.members = [
            member(number=99, role="Instructor"),
            *members,
        ]
        self.office.clock.ahead += FRESH + timedelta(seconds=1)
        return refresh_roster(
            self.office.sessions, self.office.gateway_for, self.school.course_id, self.office.clock
        )

    def enrolment(self) -> Enrolment:
        with self.office.sessions() as session:
            return session.scalars(
                select(Enrolment).where(
                    Enrolment.person_id == self.id, Enrolment.course_id == self.school.course_id
                )
            ).one()


class TestRoster:
    @pytest.mark.parametrize("subject", ["member-1", "member-2"])
    def test_either_name_is_the_same_student(self, office: Office, subject: str) -> None:
        joined = Joined(office)
        told = member(1, user_id=subject, name="Maya Torres", given_name="Maya", family_name="Torres")
        assert joined.read(told).people_made == 1
        assert joined.read(told) == RosterChange()
        assert (joined.enrolment().subject, joined.enrolment().status) == (subject, "active")

    @pytest.mark.parametrize("order", [1, -1])
    @pytest.mark.parametrize("active", ["member-1", "member-2"])
    def test_two_names_are_one_member(self, office: Office, active: str, order: int) -> None:
        """Of whom the one counts that is active; nothing goes to and fro."""
        joined = Joined(office)
        both = [
            member(
                number,
                name=f"Maya {number}",
                status="Active" if f"member-{number}" == active else "Inactive",
            )
            for number in (1, 2)
        ][::order]
        joined.read(*both)
        assert joined.read(*both) == RosterChange()
        assert (joined.enrolment().subject, joined.enrolment().status) == (active, "active")
        with office.sessions() as session:
            assert session.get_one(Person, joined.id).name == f"Maya {active[-1]}"
            read = session.scalars(select(Person.name).order_by(Person.id)).all()
        joined.read(*both)
        with office.sessions() as session:
            assert session.scalars(select(Person.name).order_by(Person.id)).all() == read


def test_each_gradebook_hears_its_own_name(office: Office) -> None:
    joined = Joined(office)
    names = {joined.school.course_id: "member-1", joined.second.course_id: "member-2"}
    with office.sessions.begin() as session:
        for school in (joined.school, joined.second):
            school.session = session
            link = school.link(school.template(school.teacher()))
            learner = Actor(joined.id, school.tenant_id, school.course_id, frozenset({Role.LEARNER}))
            gateway = office.gateway_for(session, school.deployment_id)
            save_answer(session, learner, link, "q1", "It turned.", 0, minutes(1))
            submit_and_report(session, learner, link, gateway, minutes(2))
    with office.sessions() as session:
        told = {
            row.course_id: Score.from_payload(row.payload).subject
            for row in session.execute(
                select(ResourceLink.course_id, OutboxScore.payload).join(
                    ResourceLink, ResourceLink.id == OutboxScore.resource_link_id
                )
            )
        }
    assert told == names
