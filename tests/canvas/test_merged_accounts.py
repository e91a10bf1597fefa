"""A student with two accounts in Canvas, merged or of two instances of it: whose work a reading takes it for."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from sqlalchemy import insert, select, update

from lti_plp.lms.coursework import newest_results
from lti_plp.lms.joining import join
from lti_plp.lms.models import Deployment, Enrolment, Identity, Person
from lti_plp.plp.actor import Actor, Role
from tests.canvas.conftest import Classroom
from tests.factories import NOON, School

_numbers = count(1)
STUDENT = {"kind": "student", "name": "Noor Haddad", "given_name": "Noor", "family_name": "Haddad"}


@dataclass
class Noor:
    """Two accounts in the LMS; the old one is in the classroom, the new one in a course of its own."""

    classroom: Classroom

    def __post_init__(self) -> None:
        number = next(_numbers)
        self.old_key, self.key = f"noor-{number}", f"noor.haddad-{number}"
        canvas, here = self.classroom.canvas, self.classroom.number
        self.old_id = canvas.control("people", {"key": self.old_key, "course": here, **STUDENT})["id"]
        self.id = canvas.control("people", {"key": self.key, **STUDENT})["id"]
        with self.classroom.sessions.begin() as session:
            self.school.session = session
            self.old = self.school.student(lms_id=str(self.old_id))
            self.new = self.school.other_course().student(lms_id=str(self.id))
            self.head = self.school.person(Role.ADMINISTRATOR)

    @property
    def school(self) -> School:
        return self.classroom.school

    def merge(self) -> None:
        """Canvas does it, and the next roster or launch tells."""
        self.classroom.canvas.control(f"people/{self.old_key}/merge", {"into": self.key})
        with self.classroom.sessions.begin() as session:
            session.execute(
                update(Identity).where(Identity.person_id == self.old.person_id).values(lms_id=str(self.id))
            )

    def join(self) -> int:
        with self.classroom.sessions.begin() as session:
            pair = self.old.person_id, self.new.person_id
            return join(session, self.head, *pair, self.classroom.clock())

    def scores(self, person: Actor) -> list[Decimal | None]:
        """What the newest readings say of somebody here."""
        works = [one.id for one in self.classroom.works().values()]
        with self.classroom.sessions() as session:
            found = newest_results(session, works)
        return [row.score for key, row in found.items() if key[1] == person.person_id]


@pytest.fixture
def noor(classroom: Classroom) -> Noor:
    return Noor(classroom)


def test_what_was_read_before_stays_and_goes_on(classroom: Classroom, noor: Noor) -> None:
    lab = classroom.assignment("Lab report", points_possible=20)
    classroom.submit(lab, noor.old_key)
    classroom.grade(lab, 18, noor.old_key)
    classroom.read()
    noor.merge()
    for whole in (True, False, True):
        taken = classroom.read(whole=whole)
        assert taken is not None
        assert (taken.results, taken.unknown) == (0, 0)
    assert noor.join() == noor.old.person_id
    for whole in (True, False, True):
        taken = classroom.read(whole=whole)
        assert taken is not None
        assert (taken.results, taken.unknown) == (0, 0)
    classroom.grade(lab, 19, noor.key)
    classroom.read()
    assert noor.scores(noor.old) == [Decimal(19)]


def test_both_in_one_course(classroom: Classroom, noor: Noor) -> None:
    """Whose part in the course goes on, the work is; once they are one, it is nobody's but theirs."""
    lab = classroom.assignment("Lab report", points_possible=20)
    noor.merge()
    with classroom.sessions.begin() as session:
        subject = session.scalar(select(Identity.subject).where(Identity.person_id == noor.new.person_id))
        gone = {"course_id": noor.school.course_id, "person_id": noor.new.person_id, "subject": subject}
        session.execute(
            insert(Enrolment).values(
                roles="learner", mentor_of=[], status="inactive", ended_at=NOON - timedelta(days=1), **gone
            )
        )
    classroom.submit(lab, noor.key)
    classroom.grade(lab, 18, noor.key)
    classroom.read()
    assert (noor.scores(noor.old), noor.scores(noor.new)) == ([Decimal(18)], [])
    taken = classroom.read(whole=True)
    assert taken is not None
    assert taken.results == 0
    noor.join()
    taken = classroom.read(whole=True)
    assert taken is not None
    assert (taken.results, taken.unknown) == (0, 0)
    assert noor.scores(noor.old) == [Decimal(18)]


def test_an_id_of_another_instance_is_somebody_elses_here(classroom: Classroom, noor: Noor) -> None:
    """The new account is one of another instance, where it has the number that Leo has here."""
    with classroom.sessions.begin() as session:
        noor.school.session = session
        session.get_one(Deployment, noor.school.deployment_id).platform_guid = "here"
        far = noor.school.other_course(guid="there", deployment="deployment-2")
        leo = str(classroom.canvas.person_id("leo"))
        noor.new = far.student(lms_id=leo)
        pair = (noor.old.person_id, noor.new.person_id)
        session.execute(update(Person).where(Person.id.in_(pair)).values(student_number="S-100"))
    kept = noor.join()
    assert kept == noor.old.person_id
    lab = classroom.assignment("Lab report", points_possible=20)
    for person, score in (("leo", 12), (noor.old_key, 18)):
        classroom.submit(lab, person)
        classroom.grade(lab, score, person)
    taken = classroom.read()
    assert taken is not None
    assert taken.unknown == 0
    assert noor.scores(classroom.students["leo"]) == [Decimal(12)]
    assert noor.scores(noor.old) == [Decimal(18)]
