"""Which files, or what else, a student handed in stands with her result: as Canvas tells a teacher, no addresses."""

from typing import Any

import pytest

from lti_plp.lms.gateway import HandedInFile
from lti_plp.lms.own_coursework import own_coursework
from lti_plp.lms.sent import Sent, read_sent
from tests.canvas.conftest import Classroom

SUBMISSIONS = "/api/v1/courses/*/students/submissions"
REPORT = {"name": "lab report.pdf", "content": "%PDF-", "content_type": "application/pdf"}
TABLE = {"name": "table.csv", "content": "a,b", "content_type": "text/csv"}


def sent(classroom: Classroom, person: str = "maya") -> Sent | None:
    found = classroom.result("Lab report", person)
    return read_sent(found.handed_in) if found else None


def names(classroom: Classroom, person: str = "maya") -> list[str]:
    found = sent(classroom, person)
    return [one.name for one in found.files] if found else []


def served(classroom: Classroom, **changes: Any) -> None:
    """Let Canvas say of Maya's work what it says, with some changes."""
    teacher = classroom.key.api(classroom.teacher_key)
    asked = {"student_ids[]": "all", "include[]": "rubric_assessment"}
    rows = teacher.read(f"courses/{classroom.number}/students/submissions", asked)
    maya = classroom.canvas.person_id("maya")
    body = [{**row, **(changes if row["user_id"] == maya else {})} for row in rows]
    classroom.fault("status", SUBMISSIONS, times=50, status=200, body=body)


@pytest.fixture
def lab(classroom: Classroom) -> int:
    """An assignment to which Maya handed in two files."""
    made = classroom.assignment("Lab report", points_possible=20)
    classroom.submit(made, body=None, files=[REPORT, TABLE])
    return made


class TestKinds:
    def test_files_by_what_canvas_calls_them(self, classroom: Classroom, lab: int) -> None:
        classroom.read()
        found = sent(classroom)
        assert found
        assert (found.kind, found.count) == ("files", 2)
        report, table = found.files
        assert (report.name, report.size, report.content_type) == ("lab report.pdf", 5, "application/pdf")
        assert (table.name, table.size, table.content_type) == ("table.csv", 3, "text/csv")
        assert report.id.isdecimal()

    def test_no_address_is_kept(self, classroom: Classroom, lab: int) -> None:
        classroom.read()
        found = classroom.result("Lab report")
        assert found
        assert not any(one in found.handed_in for one in ("http", "verifier", "download", "uuid"))

    def test_a_text_and_a_link(self, classroom: Classroom) -> None:
        lab = classroom.assignment("Lab report", submission_types=["online_text_entry", "online_url"])
        classroom.submit(lab)
        classroom.submit(lab, "leo", body=None, url="https://leo.example/lab", type="online_url")
        classroom.grade(lab, 3, "sam")
        classroom.read()
        assert (sent(classroom), sent(classroom, "leo")) == (Sent("text"), Sent("link"))
        graded = classroom.result("Lab report", "sam")
        assert graded
        assert (graded.state, graded.handed_in) == ("graded", "")

    def test_work_of_a_group_is_everybodys(self, classroom: Classroom) -> None:
        groups = {"course": classroom.number, "groups": {"Otters": ["maya", "leo"]}}
        category = classroom.canvas.control("groups", groups)["category"]
        lab = classroom.assignment("Lab report", group_category_id=category)
        classroom.submit(lab, body=None, files=[REPORT])
        classroom.submit(lab, "sam", body=None, files=[TABLE])
        classroom.read()
        assert names(classroom) == names(classroom, "leo") == ["lab report.pdf"]
        assert names(classroom, "sam") == ["table.csv"]

    def test_rubric_criteria_do_not_repeat_it(self, classroom: Classroom, lab: int) -> None:
        served(classroom, workflow_state="graded", score=18, posted_at="2026-09-01T08:00:00Z")
        classroom.read()
        assert names(classroom) == ["lab report.pdf", "table.csv"]


class TestChanges:
    def test_a_resubmission_without_files_removes_them(self, classroom: Classroom, lab: int) -> None:
        classroom.read()
        classroom.submit(lab)
        classroom.read()
        assert sent(classroom) == Sent("text")

    def test_another_file_shows_at_the_next_reading(self, classroom: Classroom, lab: int) -> None:
        classroom.grade(lab, 18)
        classroom.read()
        classroom.submit(lab, body=None, files=[TABLE])
        taken = classroom.read()
        assert taken
        assert taken.results == 1
        assert names(classroom) == ["table.csv"]

    def test_the_same_again_changes_nothing(self, classroom: Classroom, lab: int) -> None:
        classroom.read()
        for whole in (False, True):
            taken = classroom.read(whole=whole)
            assert taken
            assert taken.results == 0

    @pytest.mark.parametrize(
        "attachments",
        [[{"id": 1, "display_name": "other.pdf"}], [{"id": 1, "display_name": "lab report.pdf"}] * 2, []],
    )
    def test_another_name_or_number_is_a_change(
        self, classroom: Classroom, lab: int, attachments: list[Any]
    ) -> None:
        served(classroom, attachments=[{"id": 1, "display_name": "lab report.pdf"}])
        classroom.read()
        classroom.canvas.control("path_faults/clear")
        served(classroom, attachments=attachments)
        taken = classroom.read(whole=True)
        assert taken
        assert taken.results == 1
        assert names(classroom) == [one["display_name"] for one in attachments]

    def test_a_deleted_submission_leaves_nothing(self, classroom: Classroom, lab: int) -> None:
        classroom.grade(lab, 18)
        classroom.read()
        served(classroom, submitted_at=None, attempt=None, submission_type=None)
        classroom.read(whole=True)
        found = classroom.result("Lab report")
        assert found
        assert (found.state, found.handed_in) == ("graded", "")
        classroom.canvas.control("path_faults/clear")
        gone = {"submitted_at": None, "attempt": None, "submission_type": None, "score": None, "grade": None}
        served(classroom, **gone, workflow_state="unsubmitted")
        classroom.read(whole=True)
        found = classroom.result("Lab report")
        assert found
        assert (found.state, found.handed_in) == ("missing", "")


class TestHostile:
    @pytest.mark.parametrize(
        ("told", "kept"),
        [
            ("\u202efdp.exe", "fdp.exe"),
            ("a\x00b\nc\ud800.pdf", "ab c.pdf"),
            ("../../etc/passwd", "/../etc/passwd"),
            ("<script>alert(1)</script>.pdf", "<script>alert(1)</script>.pdf"),
            (f"{'n' * 400}.pdf", f"{'n' * 146}.pdf"),
            (None, ""),
            ({"a": 1}, ""),
        ],
    )
    def test_names(self, classroom: Classroom, lab: int, told: Any, kept: str) -> None:
        served(classroom, attachments=[{"id": 7, "display_name": told, "size": 3}])
        classroom.read()
        assert names(classroom) == [kept]

    @pytest.mark.parametrize(
        "attachments",
        ["x", {"id": 1}, [None, 3, {"id": True}, {"id": None}, {"display_name": "no id"}]],
    )
    def test_what_is_no_file_keeps_no_grade_away(
        self, classroom: Classroom, lab: int, attachments: Any
    ) -> None:
        served(classroom, attachments=attachments)
        classroom.read()
        found = classroom.result("Lab report")
        assert found
        assert (found.state, found.handed_in) == ("submitted", "")

    @pytest.mark.parametrize("size", [-1, 2**70, 1.5, "12", None, True])
    def test_sizes_that_are_none(self, classroom: Classroom, lab: int, size: Any) -> None:
        served(classroom, attachments=[{"id": 7, "display_name": "a.pdf", "size": size, "content-type": 3}])
        classroom.read()
        found = sent(classroom)
        assert found
        assert found.files == (HandedInFile("7", "a.pdf", 0),)


def test_nobody_else_finds_it(classroom: Classroom, lab: int) -> None:
    classroom.read()
    with classroom.sessions() as session:
        of = {
            key: [one.sent for one in own_coursework(session, actor.person_id)]
            for key, actor in classroom.students.items()
        }
    assert of["maya"][0]
    assert of["leo"] == of["sam"] == [None]
