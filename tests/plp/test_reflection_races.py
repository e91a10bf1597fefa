"""Several tabs, devices and people at once, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.errors import PlpError
from lti_plp.plp.models import (
    KeptAnswer,
    Reflection,
    ReflectionAnswer,
    ReflectionRating,
    ReflectionSubmission,
)
from lti_plp.plp.reflections import LinkFacts, Saved, rate, save_answer, submit
from tests.factories import School, make_school, minutes

TABS = 6

Work = Callable[[Session, int], object]


@pytest.fixture
def school(sessions: sessionmaker[Session]) -> School:
    session = sessions()
    school = make_school(session)
    school.student()
    session.commit()
    return school


@pytest.fixture
def link(school: School) -> LinkFacts:
    placed = school.link(school.template(school.teacher()))
    school.session.commit()
    school.session.close()
    return placed


def at_once(sessions: sessionmaker[Session], work: Work) -> list[object]:
    """Let every tab do its work in a transaction of its own, all beginning at the same moment."""
    gate = Barrier(TABS)

    def one(number: int) -> object:
        gate.wait()
        with sessions.begin() as session:
            return work(session, number)

    with ThreadPoolExecutor(TABS) as pool:
        return list(pool.map(one, range(TABS)))


def test_tabs_that_begin_at_once_share_one_reflection_and_lose_no_word(
    sessions: sessionmaker[Session], school: School, link: LinkFacts
) -> None:
    student = school.students[0]

    def work(session: Session, number: int) -> Saved:
        return save_answer(session, student, link, "q1", f"Tab {number} wrote this", 0, minutes(number))

    saved = at_once(sessions, work)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Reflection)) == 1
        standing = session.scalars(select(ReflectionAnswer)).one()
        kept = session.scalars(select(KeptAnswer.text)).all()
    assert {standing.text, *kept} == {f"Tab {number} wrote this" for number in range(TABS)}
    conflicts = [one.conflict for one in saved if isinstance(one, Saved) and one.conflict is not None]
    assert conflicts == [standing.text] * (TABS - 1)


def test_different_questions_do_not_disturb_each_other(
    sessions: sessionmaker[Session], school: School, link: LinkFacts
) -> None:
    student = school.students[0]

    def work(session: Session, number: int) -> Saved:
        return save_answer(
            session, student, link, f"q{number % 3 + 1}", f"About {number % 3}", 0, minutes(number)
        )

    at_once(sessions, work)
    with sessions() as session:
        answers = session.scalars(select(ReflectionAnswer).order_by(ReflectionAnswer.question_key)).all()
    assert [(one.question_key, one.text) for one in answers] == [
        ("q1", "About 0"),
        ("q2", "About 1"),
        ("q3", "About 2"),
    ]


def test_sending_from_every_tab_at_once_sends_once(
    sessions: sessionmaker[Session], school: School, link: LinkFacts
) -> None:
    student = school.students[0]
    with sessions.begin() as session:
        save_answer(session, student, link, "q1", "Done", 0, minutes(1))
    at_once(sessions, lambda session, number: submit(session, student, link, minutes(number + 2)))
    with sessions() as session:
        numbers = session.scalars(select(ReflectionSubmission.number)).all()
        assert session.scalars(select(Reflection.submissions)).one() == 1
    assert list(numbers) == [1]


def test_versions_are_numbered_without_gaps_when_tabs_write_and_send(
    sessions: sessionmaker[Session], school: School, link: LinkFacts
) -> None:
    student = school.students[0]

    def work(session: Session, number: int) -> None:
        save_answer(session, student, link, "q1", f"Version {number}", number, minutes(number))
        save_answer(session, student, link, f"q{number % 2 + 2}", f"Of {number}", 0, minutes(number))
        submit(session, student, link, minutes(number))

    at_once(sessions, work)
    with sessions() as session:
        numbers = session.scalars(
            select(ReflectionSubmission.number).order_by(ReflectionSubmission.number)
        ).all()
        count = session.scalars(select(Reflection.submissions)).one()
    assert list(numbers) == list(range(1, count + 1))


def test_a_rating_and_a_newer_version_do_not_pass_each_other_unseen(
    sessions: sessionmaker[Session], school: School, link: LinkFacts
) -> None:
    student, teacher = school.students[0], school.teacher()
    school.session.commit()
    school.session.close()
    with sessions.begin() as session:
        save_answer(session, student, link, "q1", "First", 0, minutes(1))
        seen = submit(session, student, link, minutes(2)).submission.id
        save_answer(session, student, link, "q1", "First and second", 1, minutes(3))

    def work(session: Session, number: int) -> object:
        if number == 0:
            return submit(session, student, link, minutes(4)).submission.id
        try:
            rating, _ = rate(
                session, teacher, link, student.person_id, seen, Decimal(number), "", minutes(5 + number)
            )
            return rating.id
        except PlpError as problem:
            return problem.code

    done = at_once(sessions, work)
    newer = done[0]
    with sessions() as session:
        ratings = session.scalars(select(ReflectionRating)).all()
    # Whoever came after the new version was told; whoever came before rated what stood then.
    assert {rating.submission_id for rating in ratings} <= {seen}
    assert len(ratings) + done.count("newer_submission") == TABS - 1
    assert newer != seen
