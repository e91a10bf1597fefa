"""The questions of a copy are changed while a student begins, on both databases: nobody's words are lost."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from dataclasses import dataclass

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.database import table
from lti_plp.errors import NotFound, PlpError
from lti_plp.lms.copied import change_copy, copied
from lti_plp.lms.models import PlacedTemplate
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import ReflectionAnswer, ReflectionTemplate
from lti_plp.plp.reflections import LinkFacts, save_answer
from lti_plp.plp.templates import AskedQuestion, copy_template
from tests.factories import NOON, make_school

NEW = (AskedQuestion("q1", "What do you see?"),)


@dataclass
class Class:
    """A copied reflection, its teacher and a student."""

    sessions: sessionmaker[Session]
    link: LinkFacts
    teacher: Actor
    student: Actor

    def change(self, session: Session) -> None:
        change_copy(session, self.teacher, self.link, "", NEW, NOON)

    def write(self, session: Session, key: str = "q1") -> None:
        save_answer(session, self.student, self.link, key, "My words", 0, NOON)

    def alone(self, act: Callable[[Session], None]) -> None:
        with self.sessions.begin() as session:
            act(session)

    def questions(self) -> list[str]:
        with self.sessions() as session:
            found = session.get_one(ReflectionTemplate, self.link.template_id)
            return [one["text"] for one in found.questions]

    def answers(self) -> list[str]:
        with self.sessions() as session:
            return list(session.scalars(select(ReflectionAnswer.text)))


@pytest.fixture
def room(sessions: sessionmaker[Session]) -> Class:
    with sessions.begin() as session:
        school = make_school(session)
        teacher, student = school.teacher(), school.student()
        original = school.template(teacher)
        copy_id = copy_template(session.connection(), original.id, NOON)
        values = {
            "course_id": school.course_id,
            "named_id": original.id,
            "template_id": copy_id,
            "copied_from": original.id,
            "copied_from_course_id": school.course_id,
            "placed_at": NOON,
        }
        session.execute(insert(table(PlacedTemplate)).values(values))
        link = school.link(session.get_one(ReflectionTemplate, copy_id))
    return Class(sessions, link, teacher, student)


def while_open(
    room: Class, first: Callable[[Session], None], second: Callable[[Session], None]
) -> Future[None]:
    """Begin ``second`` while the transaction of ``first`` is open; it ends after that one."""
    pool = ThreadPoolExecutor(1)
    with room.sessions.begin() as session:
        first(session)
        later = pool.submit(room.alone, second)
        # It waits for as long as the other one is open, however long one looks.
        with pytest.raises(StillWaiting):
            later.result(0.3)
    later.exception(30)
    pool.shutdown()
    return later


def test_who_begins_while_they_are_changed_waits_and_answers_the_new_ones(room: Class) -> None:
    assert while_open(room, room.change, room.write).exception() is None
    assert room.questions() == ["What do you see?"]
    assert room.answers() == ["My words"]


def test_what_is_not_asked_any_more_is_not_taken_for_an_answer(room: Class) -> None:
    def write_second(session: Session) -> None:
        room.write(session, "q2")

    # The page keeps the words and says so.
    assert isinstance(while_open(room, room.change, write_second).exception(), NotFound)
    assert room.answers() == []


def test_who_changes_them_while_somebody_begins_waits_and_is_refused(room: Class) -> None:
    before = room.questions()
    problem = while_open(room, room.write, room.change).exception()
    assert isinstance(problem, PlpError)
    assert (problem.code, problem.status) == ("copy_begun", 409)
    assert room.questions() == before
    assert room.answers() == ["My words"]


def test_what_a_teacher_is_told(room: Class) -> None:
    with room.sessions() as session:
        found = copied(session, room.link)
    assert found
    assert (found.course_title, found.year) == ("English 9", NOON.year)
    assert not found.is_looked_over
    assert not found.is_begun
    room.alone(room.write)
    with room.sessions() as session:
        later = copied(session, room.link)
    assert later
    assert later.is_begun
