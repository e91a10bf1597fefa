"""The teacher's pages: who needs me, reading, rating, grades that did not arrive."""

import re
from typing import Any

import pytest
from sqlalchemy import select, update

from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Course, OutboxScore
from tests.fixtures_tool import MovableClock
from tests.views.conftest import LEO, MAYA, RIVERA, SAM, Human, School, Visitor


@pytest.fixture
def template(school: School) -> str:
    return school.place()


@pytest.fixture
def teacher(school: School, template: str) -> Visitor:
    """A teacher in front of Maya, who has sent, Leo, who writes, and Sam, who has only looked."""
    school.enter(MAYA, template).post("reflection/submit", answer_q1="I tested it.", revision_q1="0")
    school.enter(LEO, template).save("q1", "Half a thought.")
    school.enter(SAM, template)
    return school.enter(RIVERA, template)


def page_of(visitor: Visitor, path: str = "review") -> str:
    return visitor.get(path).get_data(as_text=True)


def link_to(visitor: Visitor, human: Human) -> str:
    """The path of a student's review page, as the class list has it."""
    found = re.search(rf'href="/s/[^/]+/(review/\d+)">{human.given} {human.family}<', page_of(visitor))
    assert found
    return found.group(1)


def rate(visitor: Visitor, human: Human, **form: str) -> Any:
    path = link_to(visitor, human)
    found = re.search(r'name="submission_id" value="(\d+)"', page_of(visitor, path))
    assert found
    return visitor.post(path, **{"submission_id": found.group(1), **form})


class TestClass:
    def test_states_and_counts(self, teacher: Visitor) -> None:
        page = page_of(teacher)
        assert "<strong>3 students</strong> · 1 needs you" in page
        states = dict(re.findall(r'<tr class="state-(\w+)">\n<th scope="row">(?:<a[^>]+>)?(\w+)', page)[::-1])
        assert states == {"sent": "Maya", "writing": "Leo", "new": "Sam"}

    def test_reading_begins_with_the_first_who_waits(self, teacher: Visitor) -> None:
        path = link_to(teacher, MAYA)
        assert teacher.get("review?begin=1").location.endswith(path)
        assert rate(teacher, MAYA, points="9").status_code == 303
        assert "0 need you" in page_of(teacher, "review?begin=1")

    def test_drafts_are_the_student_s_alone(self, teacher: Visitor) -> None:
        assert "Half a thought." not in page_of(teacher)
        leo = re.search(r">(\w+) Abara", page_of(teacher))
        assert leo
        assert teacher.get("review/3").status_code == 404

    def test_only_those_who_need_you(self, teacher: Visitor) -> None:
        page = page_of(teacher, "review?show=waiting")
        assert "Maya Torres" in page
        assert "Leo Abara" not in page

    def test_roster_that_is_old_is_asked_for_quietly(
        self, teacher: Visitor, toolbox: Toolbox, clock: MovableClock
    ) -> None:
        first = re.search(r'hx-get="([^"]+)"', page_of(teacher))
        assert first
        still = teacher.client.get(first.group(1).replace("&amp;", "&")).get_data(as_text=True)
        assert "Reading the class list" in still
        assert "<table" not in still
        with toolbox.sessions.begin() as session:
            session.execute(update(Course).values(roster_read_at=clock(), roster_tried_at=clock()))
        done = teacher.client.get(first.group(1).replace("&amp;", "&"))
        assert done.headers["HX-Retarget"] == "#class-list"
        assert "Maya Torres" in done.get_data(as_text=True)
        assert "hx-get" not in page_of(teacher)

    def test_page_stops_asking(self, teacher: Visitor) -> None:
        page = page_of(teacher, "review?asked=20")
        assert "hx-get" not in page
        assert "has not told us the class list yet" in page


class TestRating:
    def test_send_and_next(self, school: School, teacher: Visitor, template: str) -> None:
        school.enter(LEO, template).post("reflection/submit", answer_q1="The poem.", revision_q1="1")
        answer = rate(teacher, LEO, points="8,5", comment="Read it aloud.")
        assert answer.status_code == 303
        assert answer.location.endswith(link_to(teacher, MAYA))
        assert "8.5 of 10 points" in page_of(teacher)
        assert rate(teacher, MAYA, points="10").location.endswith("/review")
        student = page_of(school.enter(LEO, template), "reflection")
        assert "8.5 of 10 points" in student
        assert "Read it aloud." in student

    @pytest.mark.parametrize("points", ["11", "-1", "ten", "1e9", "nan", "8.555"])
    def test_points_that_are_none_keep_the_comment(self, teacher: Visitor, points: str) -> None:
        answer = rate(teacher, MAYA, points=points, comment="Well tested.")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 400
        assert "Please give a number from 0 to 10." in page
        assert "Well tested.</textarea>" in page
        assert f'value="{points}"' in page
        assert "of 10 points" not in page_of(teacher)

    def test_nothing_given(self, teacher: Visitor) -> None:
        answer = rate(teacher, MAYA, points="", comment=" ")
        assert answer.status_code == 400
        assert "There is nothing to send yet." in answer.get_data(as_text=True)

    def test_comment_alone_sends_no_score(self, teacher: Visitor, toolbox: Toolbox) -> None:
        assert rate(teacher, MAYA, points="", comment="Tell me more.").status_code == 303
        with toolbox.sessions() as session:
            causes = list(session.scalars(select(OutboxScore.cause)))
        assert [cause for cause in causes if cause.startswith("rating")] == []

    def test_newer_version_keeps_the_typed_comment(
        self, school: School, teacher: Visitor, template: str
    ) -> None:
        path = link_to(teacher, MAYA)
        school.enter(MAYA, template).post("reflection/submit", answer_q1="I tested twice.", revision_q1="1")
        answer = teacher.post(path, submission_id="1", points="7", comment="Well tested.")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 409
        assert "A newer version has arrived while you were reading." in page
        assert "I tested twice." in page
        assert "Well tested.</textarea>" in page
        assert 'value="7"' in page

    def test_complete_or_not_yet(self, school: School) -> None:
        template = school.place(grading="complete", points="")
        school.enter(MAYA, template).post("reflection/submit", answer_q1="Done.", revision_q1="0")
        teacher = school.enter(RIVERA, template)
        assert rate(teacher, MAYA, points="0").status_code == 303
        assert "Not yet" in page_of(teacher)
        assert rate(teacher, MAYA, points="1").status_code == 303
        assert re.search(r"<td>Complete\s*</td>", page_of(teacher))
        assert rate(teacher, MAYA, points="0.5").status_code == 400

    def test_not_graded_takes_a_comment_only(self, school: School) -> None:
        template = school.place(grading="none", points="")
        school.enter(MAYA, template).post("reflection/submit", answer_q1="Done.", revision_q1="0")
        teacher = school.enter(RIVERA, template)
        assert 'name="points"' not in page_of(teacher, link_to(teacher, MAYA))
        assert rate(teacher, MAYA, comment="Thank you.").status_code == 303
        assert "Read" in page_of(teacher)

    def test_neighbours(self, school: School, teacher: Visitor, template: str) -> None:
        for human in (LEO, SAM):
            school.enter(human, template).post("reflection/submit", answer_q2="Mine.", revision_q2="0")
        page = page_of(teacher, link_to(teacher, MAYA))
        assert "2 of 3" in page
        assert re.search(r'rel="prev">\S Leo<', page)
        assert re.search(r'rel="next">Sam \S<', page)


class TestGradesOnTheirWay:
    def test_trouble_is_visible_and_can_be_tried_again(self, teacher: Visitor, toolbox: Toolbox) -> None:
        rate(teacher, MAYA, points="9")
        with toolbox.sessions.begin() as session:
            session.execute(update(OutboxScore).values(state="failed", error_code="no_line_item"))
        page = page_of(teacher)
        assert "1 grade is not in the gradebook yet." in page
        assert "Maya Torres: the gradebook has no column for it" in page
        assert teacher.post("review/resend").status_code == 303
        assert "not in the gradebook yet" not in page_of(teacher)
        with toolbox.sessions() as session:
            assert "waiting" in set(session.scalars(select(OutboxScore.state)))

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("line_item_gone", "the gradebook has no column for it"),
            ("gone", "the platform no longer has this course"),
            ("not_gradable", "the course may have ended"),
            ("no_attempts_left", "the newest version is here"),
            ("no_permission", "the platform refused it"),
        ],
    )
    def test_why_a_grade_did_not_arrive(
        self, teacher: Visitor, toolbox: Toolbox, code: str, words: str
    ) -> None:
        rate(teacher, MAYA, points="9")
        with toolbox.sessions.begin() as session:
            session.execute(update(OutboxScore).values(state="failed", error_code=code))
        assert words in page_of(teacher)

    def test_student_may_not_send_grades(self, school: School, template: str) -> None:
        assert school.enter(MAYA, template).post("review/resend").status_code == 403
        assert (
            school.enter(MAYA, template).post("review/1", submission_id="1", points="10").status_code == 403
        )
