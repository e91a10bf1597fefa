"""One whole answer of an LMS: all of it or nothing, the same again changes nothing, and what came first waits."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.lms.coursework import AnswerBroken, Taken, lock_coursework, newest_results, take
from lti_plp.lms.coursework_models import Coursework, CourseworkResult
from lti_plp.lms.models import Course, Enrolment
from lti_plp.lms.sent import Sent, written
from lti_plp.lms.step_works import hold_results
from lti_plp.lms.work import Part, Work, WorkResult
from lti_plp.plp.models import Rating
from tests.factories import minutes
from tests.lms.coursework import ESSAY, RUBRIC, Courseworking


@pytest.fixture
def lms(session: Session) -> Courseworking:
    return Courseworking(session)


def results(lms: Courseworking) -> list[Any]:
    lms.session.expire_all()
    rows = lms.session.scalars(select(CourseworkResult).order_by(CourseworkResult.id))
    return [(row.number, row.state, row.score) for row in rows]


def test_the_same_again_changes_nothing(lms: Courseworking) -> None:
    assert lms.take(lms.result(14)) == Taken(works=1, results=1)
    assert lms.take(lms.result("14.0000"), at=2) == Taken()
    assert results(lms) == [(1, "graded", 14)]
    assert lms.work().read_at == minutes(2)


def test_what_changed_is_a_new_row(lms: Courseworking) -> None:
    lms.take(lms.result())
    lms.take(lms.result(14), at=2)
    assert lms.take(lms.result(14, is_late=True), at=3).results == 1
    assert results(lms) == [(1, "submitted", None), (2, "graded", 14), (3, "graded", 14)]


def test_what_is_no_longer_said_is_missing(lms: Courseworking) -> None:
    lms.take(lms.result(14))
    assert lms.take(at=2).results == 1
    assert lms.take(at=3).results == 0
    assert results(lms) == [(1, "graded", 14), (2, "missing", None)]


def test_vanished_work_stays_readable_and_may_come_back(lms: Courseworking) -> None:
    lms.take(lms.result(14))
    assert lms.take(at=2, works=()) == Taken(gone=1)
    assert lms.take(at=3, works=()) == Taken()
    assert lms.work().gone_at == minutes(2)
    assert results(lms) == [(1, "graded", 14)]
    assert lms.take(lms.result(14), at=4).works == 1
    assert lms.work().gone_at is None


def test_strangers_are_left_out_and_counted(lms: Courseworking) -> None:
    other = lms.there.school.student(status="inactive")
    nobody = replace(lms.result(9), person_id=None)
    found = lms.take(lms.result(14), lms.result(9, other), lms.result(9, lms.teacher), nobody, nobody)
    assert (found.results, found.unknown) == (1, 4)


def test_what_is_taken_in_portions_is_one_answer(lms: Courseworking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lti_plp.lms.coursework.AT_ONCE", 2)
    works = tuple(replace(ESSAY, source_id=name) for name in "abcdef")
    people = [lms.student, *(lms.there.school.student() for _ in range(2))]

    def told(score: int, names: str = "abdef") -> list[WorkResult]:
        return [lms.result(score, person, work=name) for name in names for person in people]

    assert lms.take(*told(3), works=works).results == 15
    assert lms.take(*told(3), at=2, works=works) == Taken()
    found = lms.take(*told(3, "ab"), *told(4, "ce"), at=3, works=works)
    # Three of c are new, of e changed, and of d and f missing.
    assert found.results == 12
    states = [state for number, state, _ in results(lms) if number == 2]
    assert (states.count("graded"), states.count("missing")) == (3, 6)
    with pytest.raises(AnswerBroken):
        lms.take(*told(5), lms.result(5, state="lost", work="f"), at=4, works=works)
    lms.session.rollback()
    assert len(results(lms)) == 27


def test_of_an_answer_that_is_not_whole_the_rest_stands(lms: Courseworking) -> None:
    other = lms.there.school.student()
    lms.take(lms.result(14), lms.result(9, other))
    found = take(lms.session, lms.course, [ESSAY], [lms.result(15)], "canvas", minutes(2), is_whole=False)
    assert found.results == 1
    assert results(lms) == [(1, "graded", 14), (1, "graded", 9), (2, "graded", 15)]


TEXT, LINK = written(Sent("text")), written(Sent("link"))
CRITERION = {"work": "talk", "part": "c1", "level": "l1"}


def test_what_was_handed_in_is_part_of_a_result(lms: Courseworking) -> None:
    lms.take(lms.result(14, handed_in=TEXT))
    assert lms.take(lms.result(14, handed_in=TEXT), at=2).results == 0
    assert lms.take(lms.result(14, handed_in=LINK), at=3).results == 1
    assert lms.take(lms.result(14), at=4).results == 1
    lms.session.expire_all()
    kept = lms.session.scalars(select(CourseworkResult.handed_in).order_by(CourseworkResult.id))
    assert list(kept) == [TEXT, LINK, ""]


def test_other_files_alone_move_no_level_and_no_step(lms: Courseworking) -> None:
    lms.take(lms.result(14, handed_in=TEXT))
    lms.map()
    lms.step({"when": "share", "share": "50"}, at=3)
    before = (len(lms.ratings()), lms.achievements())
    lms.take(lms.result(14, handed_in=LINK), at=4)
    assert (len(lms.ratings()), lms.achievements()) == before
    # Nor when all that was said of it is looked at again, since the work is due on another day.
    lms.take(lms.result(14, handed_in=LINK), at=5, works=(replace(ESSAY, due_at=minutes(900)),))
    assert (len(lms.ratings()), lms.achievements()) == before
    lms.take(lms.result(15, handed_in=LINK), at=6)
    assert len(lms.ratings()) == before[0] + 1


def test_other_files_alone_are_nothing_to_follow(lms: Courseworking, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else everything would be rated anew when an LMS begins to tell them."""
    lms.take(lms.result(14))
    lms.map()
    followed: list[Any] = []
    monkeypatch.setattr("lti_plp.lms.coursework.apply_results", lambda *what: followed.extend(what[2]))
    lms.take(lms.result(14, handed_in=TEXT), at=3)
    assert followed == []
    lms.take(lms.result(15, handed_in=TEXT), at=4)
    assert [one.score for one in followed] == [15]


class TestWhatChangedAlone:
    """Answers that tell what changed, and leave out what did not."""

    def change(self, lms: Courseworking, *told: WorkResult, at: int = 2, outcomes: bool = True) -> Taken:
        found = take(
            lms.session,
            lms.course,
            [ESSAY, RUBRIC],
            told,
            "canvas",
            minutes(at),
            is_whole=False,
            tells_outcomes=outcomes,
        )
        lms.session.commit()
        return found

    def test_missing_work_is_missing_where_there_was_any(self, lms: Courseworking) -> None:
        lms.take(lms.result(14))
        other, stranger = lms.there.school.student(), replace(lms.result(state="missing"), person_id=None)
        gone = [lms.result(state="missing", submitted_at=None, person=one) for one in (None, other)]
        assert self.change(lms, *gone, stranger) == Taken(works=1, results=1)
        assert results(lms) == [(1, "graded", 14), (2, "missing", None)]
        assert self.change(lms, *gone, at=3) == Taken()

    def test_parts_go_with_the_grade_of_the_whole(self, lms: Courseworking) -> None:
        both = (ESSAY, RUBRIC)
        lms.take(lms.result(4, work="talk"), lms.result(4, **CRITERION), lms.result(14), works=both)
        assert self.change(lms, lms.result(4, work="talk"), lms.result(4, **CRITERION)) == Taken()
        assert self.change(lms, lms.result(work="talk"), at=3).results == 2
        newest = newest_results(lms.session, [lms.work("talk").id, lms.work().id])
        assert sorted((key[2], one.state) for key, one in newest.items()) == [
            ("", "graded"),
            ("", "submitted"),
            ("c1", "missing"),
        ]

    def test_a_criterion_that_is_rated_no_more_goes_alone(self, lms: Courseworking) -> None:
        lms.take(lms.result(4, work="talk"), lms.result(4, **CRITERION), works=(ESSAY, RUBRIC))
        assert self.change(lms, lms.result(4, work="talk")).results == 1

    @pytest.mark.parametrize(("score", "tells", "changed"), [(4, True, 0), (None, True, 2), (None, False, 1)])
    def test_results_of_outcomes_stand_with_a_grade(
        self, lms: Courseworking, score: int | None, tells: bool, changed: int
    ) -> None:
        works = (ESSAY, replace(RUBRIC, parts=(Part("outcome:97", "Argues", outcome="canvas:x:outcome:97"),)))
        lms.take(lms.result(4, work="talk"), lms.result(3, work="talk", part="outcome:97"), works=works)
        assert self.change(lms, lms.result(score, work="talk"), outcomes=tells).results == changed


def test_who_left_keeps_what_they_had(lms: Courseworking) -> None:
    leaver = lms.there.school.student()
    lms.take(lms.result(14, leaver))
    lms.session.execute(
        update(Enrolment).where(Enrolment.person_id == leaver.person_id).values(status="inactive")
    )
    assert lms.take(at=2).results == 0


BAD: list[tuple[str, Callable[[Courseworking], tuple[list[Work], list[WorkResult]]]]] = [
    ("work_twice", lambda _: ([ESSAY, ESSAY], [])),
    ("grading_unknown", lambda _: ([ESSAY, replace(RUBRIC, grading="stars")], [])),
    ("bad_number", lambda _: ([replace(ESSAY, points=Decimal("NaN"))], [])),
    ("bad_number", lambda lms: ([ESSAY], [lms.result(-1)])),
    ("bad_number", lambda lms: ([ESSAY], [lms.result("Infinity")])),
    ("work_unknown", lambda lms: ([ESSAY], [lms.result(1, work="other")])),
    ("part_unknown", lambda lms: ([ESSAY], [lms.result(1, part="c1")])),
    ("state_unknown", lambda lms: ([ESSAY], [lms.result(1, state="lost")])),
    ("result_twice", lambda lms: ([ESSAY], [lms.result(1), lms.result(2)])),
]


@pytest.mark.parametrize(("problem", "answer"), BAD)
def test_a_broken_answer_changes_nothing(lms: Courseworking, problem: str, answer: Any) -> None:
    lms.take(lms.result(14))
    works, rows = answer(lms)
    with pytest.raises(AnswerBroken) as caught:
        lms.take(*rows, at=2, works=tuple(works))
    assert caught.value.problem == problem
    lms.session.rollback()
    assert results(lms) == [(1, "graded", 14)]
    assert lms.work().read_at == minutes(1)


def test_nothing_is_kept_when_the_middle_fails(lms: Courseworking, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("lti_plp.lms.coursework.apply_results", fail)
    with pytest.raises(RuntimeError):
        lms.take(lms.result(14))
    lms.session.commit()
    assert results(lms) == []
    assert lms.session.scalars(select(Coursework)).all() == []


def test_old_news_are_left_aside(lms: Courseworking) -> None:
    lms.take(lms.result(14), at=5)
    assert lms.take(lms.result(3), at=4) == Taken(is_old=True)
    assert results(lms) == [(1, "graded", 14)]


def test_another_source_is_another_matter(lms: Courseworking) -> None:
    lms.take(lms.result(14))
    take(lms.session, lms.course, [], [], "schoology", minutes(9))
    assert lms.work().gone_at is None


def test_the_database_holds_results(lms: Courseworking) -> None:
    lms.take(lms.result(14))
    with pytest.raises(DBAPIError):
        lms.session.execute(update(CourseworkResult).values(score=20))


def test_two_answers_at_once(lms: Courseworking, sessions: sessionmaker[Session]) -> None:
    lms.take(lms.result(3))
    lms.map()
    course_id = lms.course.id
    lms.session.commit()

    def one(number: int) -> Taken:
        with sessions.begin() as session:
            course = session.get_one(Course, course_id)
            return take(session, course, [ESSAY], [lms_result(number)], "canvas", minutes(10 + number % 2))

    person_id = lms.student.person_id

    def lms_result(number: int) -> WorkResult:
        return WorkResult("essay", person_id, "graded", score=Decimal(10 + number % 2))

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(one, range(12)))
    numbers = [number for number, _, _ in results(lms)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert results(lms)[-1][2] == 11
    # Each answer that said something new made one row, whoever came first.
    assert sum(one.results for one in taken) == len(numbers) - 1
    heads = lms.session.scalar(select(func.count()).select_from(Rating).where(Rating.replaces_id.is_(None)))
    assert heads == 1


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_answer_waits_for_whoever_is_at_it(lms: Courseworking, sessions: sessionmaker[Session]) -> None:
    """Where rows are locked; with SQLite every writer waits for the other anyway."""
    lms.take(lms.result(3))
    course_id, result = lms.course.id, lms.result(14)
    lms.session.commit()

    def take_without_patience() -> Taken:
        with sessions.begin() as session:
            session.execute(text("SET LOCAL lock_timeout = '20ms'"))
            return take(session, session.get_one(Course, course_id), [ESSAY], [result], "canvas", minutes(9))

    # A rule is being written; a student says that a step is this work.
    for hold, thing in ((lock_coursework, course_id), (hold_results, lms.student.person_id)):
        with sessions() as other:
            hold(other, thing)
            with pytest.raises(OperationalError):
                take_without_patience()
    assert take_without_patience().results == 1
