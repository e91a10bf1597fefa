"""A course's work is read from Canvas as a teacher sees it, and means here what it means there."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lti_plp.adapters import gateways
from lti_plp.canvas.assignments import moment_of
from lti_plp.canvas.models import CanvasApi
from lti_plp.lms.coursework_models import CourseworkReading
from lti_plp.lms.coursework_reading import courses_to_read, needs_roster, refresh_coursework
from lti_plp.lms.gateway import Refused, TryLater
from lti_plp.lms.models import Course
from lti_plp.lms.own_coursework import own_coursework
from lti_plp.plp.actor import Actor
from tests.canvas.conftest import Classroom
from tests.sandbox.canvas import RUBRIC


class TestWorks:
    def test_what_a_course_gives_to_do(self, classroom: Classroom) -> None:
        classroom.assignment("Lab report", points_possible=20, rubric=RUBRIC, due_at="2026-12-01T05:00:00Z")
        classroom.assignment("Essay", grading_type="letter_grade", points_possible=10)
        classroom.assignment("Attendance", grading_type="pass_fail", points_possible=1)
        classroom.read()
        works = classroom.works()
        assert set(works) == {"Lab report", "Essay", "Attendance"}
        lab = works["Lab report"]
        assert (lab.grading, lab.points, lab.source) == ("points", Decimal(20), "canvas")
        assert lab.due_at is not None
        assert lab.url.endswith(f"/courses/{classroom.number}/assignments/{lab.source_id}")
        assert [one["title"] for one in lab.parts[0]["levels"]] == ["Meets", "Exceeds"]
        assert (works["Essay"].grading, works["Attendance"].grading) == ("letter", "complete")

    def test_work_that_nobody_can_see_is_left_out(self, classroom: Classroom) -> None:
        classroom.assignment("Not yet", published=False)
        classroom.assignment("Open")
        classroom.read()
        assert set(classroom.works()) == {"Open"}

    def test_deleted_work_is_gone_and_what_came_of_it_stays(self, classroom: Classroom) -> None:
        lab = classroom.assignment("Lab report", points_possible=20)
        classroom.submit(lab)
        classroom.grade(lab, 18)
        classroom.read()
        before = classroom.results()
        classroom.canvas.control(f"assignments/{lab}/delete")
        classroom.read()
        assert classroom.works() == {}
        assert classroom.results() == before


class TestResults:
    def test_a_grade_with_its_rubric(self, classroom: Classroom) -> None:
        lab = classroom.assignment("Lab report", points_possible=20, rubric=RUBRIC)
        classroom.submit(lab)
        classroom.grade(
            lab, 18, rubric={"_4521": {"rating_id": "blank_2", "points": 3.0, "comments": "Good"}}
        )
        classroom.submit(lab, "leo")
        classroom.read()
        maya, leo = classroom.result("Lab report"), classroom.result("Lab report", "leo")
        assert maya is not None
        assert (maya.state, maya.score) == ("graded", Decimal(18))
        assert maya.submitted_at is not None
        assert maya.graded_at is not None
        part = classroom.result("Lab report", part="_4521")
        assert part is not None
        assert (part.score, part.level) == (Decimal(3), "blank_2")
        assert leo is not None
        assert (leo.state, leo.score, leo.graded_at) == ("submitted", None, None)
        assert classroom.result("Lab report", "sam") is None

    def test_a_grade_that_is_not_posted_is_no_grade_yet(self, classroom: Classroom) -> None:
        lab = classroom.assignment("Lab report", points_possible=20)
        classroom.submit(lab)
        classroom.grade(lab, 18)
        classroom.canvas.control(f"assignments/{lab}/hide")
        classroom.read()
        hidden = classroom.result("Lab report")
        assert hidden is not None
        assert (hidden.state, hidden.score) == ("submitted", None)
        classroom.canvas.control(f"assignments/{lab}/post")
        classroom.read(whole=True)
        posted = classroom.result("Lab report")
        assert posted is not None
        assert (posted.state, posted.score) == ("graded", Decimal(18))

    def test_excused_is_no_zero(self, classroom: Classroom) -> None:
        lab = classroom.assignment("Lab report", points_possible=20)
        classroom.canvas.control(f"assignments/{lab}/excuse", {"person": "maya"})
        classroom.read()
        found = classroom.result("Lab report")
        assert found is not None
        assert (found.state, found.score) == ("excused", None)

    def test_letters_and_complete(self, classroom: Classroom) -> None:
        essay = classroom.assignment("Essay", grading_type="letter_grade", points_possible=10)
        there = classroom.assignment("Attendance", grading_type="pass_fail", points_possible=1)
        classroom.grade(essay, 9, grade="A-")
        classroom.grade(there, 1, grade="complete")
        classroom.read()
        letter, complete = classroom.result("Essay"), classroom.result("Attendance")
        assert letter is not None
        assert complete is not None
        assert (letter.grade, complete.grade) == ("A-", "complete")

    def test_a_changed_grade_is_a_new_result_and_a_taken_one_none(self, classroom: Classroom) -> None:
        lab = classroom.assignment("Lab report", points_possible=20)
        classroom.submit(lab)
        classroom.grade(lab, 12)
        classroom.read()
        classroom.grade(lab, 18)
        classroom.read()
        second = classroom.result("Lab report")
        assert second is not None
        assert (second.number, second.score) == (2, Decimal(18))
        classroom.grade(lab, None)
        classroom.read(whole=True)
        third = classroom.result("Lab report")
        assert third is not None
        assert (third.number, third.state, third.score) == (3, "submitted", None)

    def test_the_same_again_changes_nothing(self, classroom: Classroom) -> None:
        lab = classroom.assignment("Lab report", points_possible=20)
        classroom.submit(lab)
        classroom.grade(lab, 12)
        classroom.read()
        before = classroom.results()
        again = classroom.read(whole=True)
        assert again is not None
        assert (again.works, again.results, classroom.results()) == (0, 0, before)

    def test_who_is_graded_anonymously_spoils_nothing_of_the_others(self, classroom: Classroom) -> None:
        """Until such grades are posted Canvas names nobody with them."""
        lab, essay = (classroom.assignment(title, points_possible=20) for title in ("Lab report", "Essay"))
        for number in (lab, essay):
            classroom.grade(number, 18)
        told = classroom.canvas.api(classroom.teacher_key).read(
            f"courses/{classroom.number}/students/submissions", {"student_ids[]": ["all"]}
        )
        for one in told:
            if one["assignment_id"] == essay:
                del one["user_id"]
                one["anonymous_id"] = "aB3x9"
        classroom.fault("status", "/api/v1/courses/*/students/submissions", status=200, body=told, times=9)
        classroom.read(whole=True)
        assert classroom.result("Lab report") is not None
        assert classroom.result("Essay") is None

    def test_a_moment_that_no_calendar_holds_is_none(self) -> None:
        assert moment_of("9999-12-31T23:59:59-05:00") is None
        assert moment_of("2026-03-04T05:00:00-05:00") == datetime(2026, 3, 4, 10, tzinfo=UTC)

    def test_somebody_unknown_is_counted_and_left_out(self, classroom: Classroom) -> None:
        classroom.canvas.control(
            "people", {"key": f"jonas{classroom.number}", "kind": "student", "course": classroom.number}
        )
        lab = classroom.assignment("Lab report", points_possible=20)
        classroom.submit(lab, f"jonas{classroom.number}")
        taken = classroom.read()
        assert taken is not None
        assert (taken.unknown, taken.results) == (1, 0)
        assert classroom.state().unknown == 1


class TestWhatChanged:
    def requests(self, classroom: Classroom) -> list[str]:
        found: list[str] = [
            one["query"] for one in classroom.canvas.told("requests") if "submissions" in one["path"]
        ]
        return found

    def test_the_second_reading_asks_for_what_changed_only(self, classroom: Classroom) -> None:
        lab = classroom.assignment("Lab report", points_possible=20)
        classroom.submit(lab)
        classroom.submit(lab, "leo")
        classroom.read()
        assert classroom.state().whole_at == classroom.state().read_at
        classroom.grade(lab, 18)
        taken = classroom.read()
        assert taken is not None
        assert taken.results == 1
        state = classroom.state()
        assert state.whole_at is not None
        assert state.read_at is not None
        assert state.whole_at < state.read_at
        leo = classroom.result("Lab report", "leo")
        assert leo is not None
        assert leo.state == "submitted"

    def test_everything_once_a_day(self, classroom: Classroom) -> None:
        classroom.assignment("Lab report")
        classroom.read()
        classroom.clock.forward(hours=21)
        classroom.read()
        assert classroom.state().whole_at == classroom.state().read_at

    @pytest.mark.parametrize("seconds", [-3600, 3600])
    def test_clocks_that_differ_lose_nothing(self, classroom: Classroom, seconds: int) -> None:
        classroom.canvas.control("clock", {"seconds": seconds})
        lab = classroom.assignment("Lab report", points_possible=20)
        classroom.submit(lab)
        classroom.read()
        classroom.grade(lab, 18)
        classroom.read()
        found = classroom.result("Lab report")
        assert found is not None
        assert found.score == Decimal(18)


class TestWhoMayRead:
    def test_nobody_has_allowed_it(self, classroom: Classroom) -> None:
        with classroom.sessions.begin() as session:
            session.delete(classroom.grant(classroom.teacher))
        with pytest.raises(Refused, match="no_consent"):
            classroom.read()
        assert classroom.state().problem == "no_consent"

    def test_a_students_permission_reads_no_course(self, classroom: Classroom) -> None:
        classroom.allow("maya", classroom.students["maya"])
        with classroom.sessions.begin() as session:
            session.delete(classroom.grant(classroom.teacher))
        with pytest.raises(Refused, match="no_consent"):
            classroom.read()

    def test_a_colleagues_permission_is_used_when_the_first_has_ended(self, classroom: Classroom) -> None:
        classroom.assignment("Lab report")
        key, colleague = self.colleague(classroom)
        classroom.canvas.control("user_tokens/revoke", {"person": key})
        classroom.read()
        assert set(classroom.works()) == {"Lab report"}
        assert classroom.grant(colleague).ended_at is not None

    def colleague(self, classroom: Classroom) -> tuple[str, Actor]:
        """A second teacher of the course who has allowed it, later than the first."""
        with classroom.sessions.begin() as session:
            classroom.school.session = session
            actor = classroom.school.teacher(given="Ana", family="Sol")
        key = f"sol{classroom.number}"
        classroom.canvas.control("people", {"key": key, "kind": "teacher", "course": classroom.number})
        classroom.allow(key, actor)
        return key, actor

    def work(self, classroom: Classroom) -> list[str]:
        """Eight assignments, with a grade for Maya and one for Leo in each."""
        names = [f"Exercise {number}" for number in range(8)]
        for place, name in enumerate(names):
            made = classroom.assignment(name, points_possible=20)
            classroom.grade(made, place)
            classroom.grade(made, 10 + place, "leo")
        return names

    def require_all(self, classroom: Classroom, names: list[str]) -> None:
        for place, name in enumerate(names):
            for person, score in (("maya", place), ("leo", 10 + place)):
                found = classroom.result(name, person)
                assert found is not None
                assert (found.state, found.score) == ("graded", Decimal(score))

    def requests(self, classroom: Classroom) -> list[int]:
        """How many were made in each teacher's name while the course was read once more, as the throttle tells."""
        classroom.canvas.control("throttle", {"cost": 1, "leaks": 0})
        classroom.read()
        return sorted(round(level) for level in classroom.canvas.told("throttle"))

    def test_two_teachers_permissions_share_the_pages(self, classroom: Classroom) -> None:
        self.colleague(classroom)
        names = self.work(classroom)
        # Of eight places one is left for others: seven chains, the assignments, and results of outcomes.
        assert self.requests(classroom) == [3, 6]
        self.require_all(classroom, names)
        assert classroom.places() == 0

    def test_changes_need_one_permission(self, classroom: Classroom) -> None:
        self.colleague(classroom)
        self.work(classroom)
        classroom.read()
        assert self.requests(classroom) == [4]

    def test_a_helper_who_may_not_is_done_without(self, classroom: Classroom) -> None:
        names = self.work(classroom)
        _, colleague = self.colleague(classroom)
        # The newest permission leads: the first teacher's, given anew.
        classroom.allow(classroom.teacher_key, classroom.teacher)
        classroom.canvas.control("user_tokens/revoke", {"person": f"sol{classroom.number}"})
        classroom.read()
        self.require_all(classroom, names)
        assert classroom.grant(colleague).ended_at is not None
        assert classroom.places() == 0

    @pytest.mark.parametrize("leads", [True, False])
    def test_what_a_teacher_of_one_section_cannot_see_the_other_tells(
        self, classroom: Classroom, leads: bool
    ) -> None:
        names = self.work(classroom)
        key, _ = self.colleague(classroom)
        classroom.read()
        if not leads:
            classroom.allow(classroom.teacher_key, classroom.teacher)
        section = {"name": "Evening", "people": [key, "maya"]}
        classroom.canvas.control(f"courses/{classroom.number}/sections", section)
        classroom.canvas.control("settings", {"limited_to_section": key})
        try:
            again = classroom.read(whole=True)
        finally:
            classroom.canvas.control("settings", {"limited_to_section": ""})
        assert again is not None
        assert again.results == 0
        self.require_all(classroom, names)

    def test_what_nobody_of_the_readers_sees_stands(self, classroom: Classroom) -> None:
        """A teacher of one section alone hears nothing of the others: that is not as if they had done nothing."""
        lab = classroom.assignment("Lab report", points_possible=20)
        for person in ("maya", "leo"):
            classroom.submit(lab, person)
            classroom.grade(lab, 12, person)
        classroom.read()
        section = {"name": "Evening", "people": [classroom.teacher_key, "maya"]}
        classroom.canvas.control(f"courses/{classroom.number}/sections", section)
        classroom.canvas.control("settings", {"limited_to_section": classroom.teacher_key})
        classroom.grade(lab, None, "maya")
        try:
            classroom.read(whole=True)
        finally:
            classroom.canvas.control("settings", {"limited_to_section": ""})
        maya, leo = classroom.result("Lab report"), classroom.result("Lab report", "leo")
        assert maya
        assert leo
        assert (maya.state, leo.state, leo.score) == ("submitted", "graded", Decimal(12))

    def test_without_an_api_key_plain_lti_speaks(self, classroom: Classroom) -> None:
        with classroom.sessions.begin() as session:
            session.delete(session.get_one(CanvasApi, classroom.school.deployment_id))
        with pytest.raises(Refused, match="not_offered"):
            classroom.read()


def test_one_reading_at_a_time(classroom: Classroom) -> None:
    classroom.assignment("Lab report")
    classroom.read()
    with classroom.sessions.begin() as session:
        session.get_one(CourseworkReading, classroom.school.course_id).started_at = (
            classroom.clock() + timedelta(seconds=20)
        )
    assert classroom.read() is None
    classroom.clock.forward(minutes=11)
    assert classroom.read() is not None
    assert classroom.places() == 0


def test_a_reading_that_failed_is_tried_again_at_once(classroom: Classroom) -> None:
    classroom.fault("status", status=500, times=None)
    with pytest.raises(TryLater):
        classroom.read()
    classroom.canvas.control("path_faults/clear")
    again = refresh_coursework(
        classroom.sessions, gateways(classroom.toolbox), classroom.school.course_id, classroom.clock
    )
    assert again is not None
    assert classroom.state().problem == ""


def test_what_a_student_finds_of_it(classroom: Classroom) -> None:
    lab = classroom.assignment("Lab report", points_possible=20, rubric=RUBRIC)
    classroom.assignment("Essay", points_possible=10)
    classroom.submit(lab)
    classroom.grade(lab, 18, rubric={"_4521": {"rating_id": "blank_2", "points": 3.0}})
    classroom.read()
    with classroom.sessions() as session:
        maya = own_coursework(session, classroom.students["maya"].person_id)
        leo = own_coursework(session, classroom.students["leo"].person_id)
    assert [(one.work.title, one.can_be_shown) for one in maya] == [("Lab report", True), ("Essay", False)]
    assert [(part.title, part.level) for part in maya[0].parts] == [("Analyse data", "Meets")]
    assert [one.can_be_shown for one in leo] == [False, False]


def test_when_it_is_read_by_the_clock(classroom: Classroom) -> None:
    def due() -> list[int]:
        with classroom.sessions() as session:
            return courses_to_read(session, classroom.clock())

    classroom.assignment("Lab report")
    classroom.read()
    assert due() == []
    classroom.clock.forward(hours=21)
    assert due() == [classroom.school.course_id]
    # What could not be read for two months is over.
    classroom.clock.forward(days=61)
    assert due() == []


def test_people_are_read_first_where_results_are_nobodys(classroom: Classroom) -> None:
    def asked() -> bool:
        with classroom.sessions() as session:
            return needs_roster(session, classroom.school.course_id, classroom.clock())

    def roster_read(ago: timedelta) -> None:
        with classroom.sessions.begin() as session:
            course = session.get_one(Course, classroom.school.course_id)
            course.memberships_url = f"{classroom.canvas.url}/members"
            course.roster_read_at = classroom.clock() - ago

    roster_read(timedelta(days=2))
    assert asked()
    roster_read(timedelta(hours=1))
    assert not asked()
    with classroom.sessions.begin() as session:
        session.add(CourseworkReading(course_id=classroom.school.course_id, unknown=1))
    assert asked()
