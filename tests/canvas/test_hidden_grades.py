"""Grades that a teacher hides and later shows: seen at the next reading, though no date of theirs changes."""

from decimal import Decimal

import pytest

from lti_plp.canvas.hidden_grades import HiddenGrades
from lti_plp.lms.gateway import TryLater
from tests.canvas.conftest import Classroom
from tests.sandbox.canvas import RUBRIC

SUBMISSIONS = "/api/v1/courses/*/students/submissions"
OLD = "2026-01-05T08:00:00Z"
"""Long before any reading: nothing of then is asked for as a change."""


@pytest.fixture
def lab(classroom: Classroom) -> int:
    """Graded for all three, and hidden."""
    made = classroom.assignment("Lab report", points_possible=20, rubric=RUBRIC)
    for score, person in enumerate(("maya", "leo"), start=17):
        rated = {"_4521": {"rating_id": "blank_2", "points": 3.0}}
        classroom.submit(made, person, at=OLD)
        classroom.grade(made, score, person, rubric=rated, at=OLD)
    # Without anything handed in.
    classroom.grade(made, 19, "sam", at=OLD)
    hide(classroom, made)
    return made


def hide(classroom: Classroom, assignment: int, *people: str) -> None:
    classroom.canvas.control(f"assignments/{assignment}/hide", {"people": people} if people else {})


def post(classroom: Classroom, assignment: int, *people: str) -> None:
    classroom.canvas.control(f"assignments/{assignment}/post", {"people": people} if people else {})


def asked(classroom: Classroom) -> list[str]:
    """The queries for submissions of one more reading of changes."""
    log = classroom.canvas.told("requests")
    before = sum("submissions" in one["path"] for one in log)
    classroom.read()
    log = classroom.canvas.told("requests")
    return [one["query"] for one in log if "submissions" in one["path"]][before:]


def again(classroom: Classroom) -> list[str]:
    """Those of them that ask for whole assignments."""
    return [one for one in asked(classroom) if "assignment_ids" in one]


def shown(classroom: Classroom, person: str = "maya", part: str = "", title: str = "Lab report") -> object:
    found = classroom.result(title, person, part)
    return found and (found.state, found.score)


class TestPosting:
    def test_it_shows_at_the_next_reading(self, classroom: Classroom, lab: int) -> None:
        classroom.read()
        assert shown(classroom) == ("submitted", None)
        assert shown(classroom, "sam") is None
        post(classroom, lab)
        classroom.read()
        assert shown(classroom) == ("graded", Decimal(17))
        assert shown(classroom, part="_4521") == ("graded", Decimal(3))
        assert shown(classroom, "leo") == ("graded", Decimal(18))
        assert shown(classroom, "sam") == ("graded", Decimal(19))

    def test_grades_that_came_in_a_reading_of_changes(self, classroom: Classroom) -> None:
        lab = classroom.assignment("Lab report", post_manually=True, points_possible=20)
        classroom.read()
        classroom.submit(lab)
        classroom.grade(lab, 18)
        classroom.read()
        assert shown(classroom) == ("submitted", None)
        # Until the grade itself is no change any more.
        classroom.canvas.control("clock", {"seconds": 600})
        classroom.read()
        post(classroom, lab)
        classroom.read()
        assert shown(classroom) == ("graded", Decimal(18))

    def test_that_were_given_anonymously(self, classroom: Classroom, lab: int) -> None:
        """Canvas names nobody with them before they are posted."""
        teacher = classroom.key.api(classroom.teacher_key)
        rows = teacher.read(f"courses/{classroom.number}/students/submissions", {"student_ids[]": "all"})
        nameless = [{**one, "user_id": None, "anonymous_id": f"aB{one['id']}"} for one in rows]
        classroom.fault("status", SUBMISSIONS, status=200, body=nameless, times=9)
        classroom.read()
        assert shown(classroom) is None
        classroom.canvas.control("path_faults/clear")
        post(classroom, lab)
        classroom.read()
        assert shown(classroom) == ("graded", Decimal(17))

    def test_of_one_student_and_then_of_the_others(self, classroom: Classroom, lab: int) -> None:
        classroom.read()
        post(classroom, lab, "leo")
        classroom.read()
        assert (shown(classroom), shown(classroom, "leo")) == (("submitted", None), ("graded", Decimal(18)))
        post(classroom, lab)
        classroom.read()
        assert shown(classroom) == ("graded", Decimal(17))

    def test_who_is_nobody_here_has_no_missing_work(self, classroom: Classroom, lab: int) -> None:
        key = f"jonas{classroom.number}"
        classroom.canvas.control("people", {"key": key, "kind": "student", "course": classroom.number})
        classroom.read()
        before = classroom.results()
        classroom.read()
        assert classroom.state().unknown == 0
        assert classroom.results() == before


class TestWithoutAnythingHidden:
    def test_nothing_more_is_asked_for(self, classroom: Classroom, lab: int) -> None:
        post(classroom, lab)
        classroom.read()
        assert len(asked(classroom)) == 2
        assert again(classroom) == []

    def test_nor_after_all_was_posted(self, classroom: Classroom, lab: int) -> None:
        classroom.read()
        post(classroom, lab)
        assert len(again(classroom)) == 1
        assert again(classroom) == []

    def test_work_that_waits_for_its_grade_hides_none(self, classroom: Classroom) -> None:
        lab = classroom.assignment("Lab report", post_manually=True)
        classroom.submit(lab)
        classroom.canvas.control(f"assignments/{lab}/excuse", {"person": "leo"})
        classroom.read()
        assert again(classroom) == []


class TestHidingAgain:
    def test_of_everybody(self, classroom: Classroom, lab: int) -> None:
        post(classroom, lab)
        classroom.read()
        assert shown(classroom) == ("graded", Decimal(17))
        hide(classroom, lab)
        classroom.read()
        assert shown(classroom) == ("submitted", None)
        # What a criterion was rated is hidden with it.
        assert shown(classroom, part="_4521") == ("missing", None)
        assert shown(classroom, "sam") == ("missing", None)
        post(classroom, lab)
        classroom.read()
        assert shown(classroom) == ("graded", Decimal(17))
        assert shown(classroom, part="_4521") == ("graded", Decimal(3))

    def test_of_one_while_others_are_hidden(self, classroom: Classroom, lab: int) -> None:
        post(classroom, lab, "leo")
        classroom.read()
        assert shown(classroom, "leo") == ("graded", Decimal(18))
        hide(classroom, lab, "leo")
        classroom.read()
        assert shown(classroom, "leo") == ("submitted", None)

    def test_a_grade_taken_away_in_work_that_is_asked_for(self, classroom: Classroom, lab: int) -> None:
        post(classroom, lab, "leo", "sam")
        classroom.read()
        for person in ("leo", "sam"):
            # Canvas leaves the date as it was.
            classroom.grade(lab, None, person, at=OLD)
        classroom.read()
        assert shown(classroom, "leo") == ("submitted", None)
        assert shown(classroom, "leo", part="_4521") == ("missing", None)
        assert shown(classroom, "sam") == ("missing", None)


class TestFaults:
    def test_a_page_that_fails_keeps_everything_as_it_was(self, classroom: Classroom, lab: int) -> None:
        classroom.read()
        essay = classroom.assignment("Essay", points_possible=10)
        classroom.grade(essay, 5)
        post(classroom, lab)
        before, state = classroom.results(), classroom.state()
        classroom.fault("status", f"{SUBMISSIONS}?*assignment_ids*", times=9, status=500)
        with pytest.raises(TryLater, match="fault_there"):
            classroom.read()
        assert (classroom.results(), set(classroom.works())) == (before, {"Lab report"})
        after = classroom.state()
        assert (after.problem, after.read_at) == ("fault_there", state.read_at)
        assert after.notes == state.notes
        classroom.canvas.control("path_faults/clear")
        classroom.read()
        assert shown(classroom) == ("graded", Decimal(17))
        assert shown(classroom, title="Essay") == ("graded", Decimal(5))

    def test_work_that_was_deleted_is_not_asked_for(self, classroom: Classroom, lab: int) -> None:
        classroom.assignment("Essay")
        classroom.read()
        classroom.canvas.control(f"assignments/{lab}/delete")
        assert again(classroom) == []
        assert set(classroom.works()) == {"Essay"}

    def test_notes_of_nobody_are_no_notes(self) -> None:
        assert HiddenGrades.of_notes({}) == HiddenGrades()
        known = HiddenGrades(("4", "9"), frozenset({"5"}))
        assert HiddenGrades.of_notes(known.notes()) == known


class TestVeryManyHidden:
    def test_they_have_their_turns(
        self, classroom: Classroom, lab: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lti_plp.canvas.hidden_grades.MOST_AGAIN", 1)
        essay = classroom.assignment("Essay", points_possible=10)
        classroom.grade(essay, 5, at=OLD)
        hide(classroom, essay)
        classroom.read()
        queries = [again(classroom) for _ in range(3)]
        assert [len(one) for one in queries] == [1, 1, 1]
        assert queries[0] != queries[1]
        post(classroom, essay)
        post(classroom, lab)
        classroom.read()
        classroom.read()
        assert shown(classroom, title="Essay") == ("graded", Decimal(5))
        assert shown(classroom) == ("graded", Decimal(17))
        assert again(classroom) == []

    def test_what_was_hidden_again_comes_first(self) -> None:
        known = HiddenGrades(("1", "2"), frozenset({"3", "4", "gone"}))
        now = known.now(["1", "2", "3", "4"], ["4"])
        assert now == HiddenGrades(("3", "1", "2"), frozenset({"4"}))
        # Of those that were asked for, what still hides a grade waits for its next turn.
        assert now.after(["3", "1"], ["1", "5"]).waiting == ("2", "1", "5")
