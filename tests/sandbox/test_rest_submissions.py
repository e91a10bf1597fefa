"""Assignments and submissions of the stand-in LMS's REST interface, field by field."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.canvas import RUBRIC, Api, Canvas


def moment(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def teacher(canvas: Canvas) -> Api:
    return canvas.api("rivera")


@pytest.fixture(scope="module")
def maya(canvas: Canvas) -> Api:
    return canvas.api("maya")


@pytest.fixture(scope="module")
def lab(canvas: Canvas) -> int:
    """An assignment with a rubric; Maya handed in twice and was graded, the others did nothing."""
    made = canvas.assignment(
        text="<p>Write a lab report</p>",
        points_possible=20.0,
        due_at=moment(days=2),
        allowed_extensions=["pdf", "docx"],
        rubric=RUBRIC,
    )
    canvas.control(
        f"assignments/{made}/submit", {"person": "maya", "body": "<p>draft</p>", "at": moment(days=4)}
    )
    file = {"name": "lab1.pdf", "content": "%PDF-1.7 lab", "content_type": "application/pdf"}
    canvas.control(f"assignments/{made}/submit", {"person": "maya", "files": [file], "at": moment(days=3)})
    said = {"_4521": {"rating_id": "blank_2", "points": 3.0, "comments": "Good axes"}}
    canvas.control(
        f"assignments/{made}/grade",
        {"person": "maya", "score": 18, "rubric": said, "comment": "Well done", "at": moment(days=1)},
    )
    return made


def submission(api: Api, assignment: int, user: str = "self", *include: str) -> Any:
    params = [("include[]", name) for name in include]
    return api.read(f"courses/1/assignments/{assignment}/submissions/{user}", params)


def course_wide(api: Api, assignment: int | None = None, **params: Any) -> list[Any]:
    asked = {"student_ids[]": "all", "per_page": 100, **params}
    if assignment:
        asked["assignment_ids[]"] = assignment
    found: list[Any] = api.read("courses/1/students/submissions", asked)
    return found


class TestAssignments:
    def test_fields(self, canvas: Canvas, teacher: Api, lab: int) -> None:
        told = teacher.read(f"courses/1/assignments/{lab}")
        assert told["name"] == "Lab report 1"
        assert told["description"] == "<p>Write a lab report</p>"
        assert (told["points_possible"], told["grading_type"]) == (20.0, "points")
        assert told["due_at"].endswith("Z")
        assert "." not in told["due_at"]
        assert told["unlock_at"] is told["lock_at"] is None
        assert told["allowed_attempts"] == -1
        assert told["submission_types"] == ["online_upload", "online_text_entry"]
        assert told["allowed_extensions"] == ["pdf", "docx"]
        assert told["published"] is True
        assert told["workflow_state"] == "published"
        assert told["has_submitted_submissions"] is told["graded_submissions_exist"] is True
        assert len(told["lti_context_id"]) == 36
        assert told["html_url"] == f"{canvas.url}/courses/1/assignments/{lab}"
        criterion = told["rubric"][0]
        assert (criterion["id"], criterion["points"], criterion["criterion_use_range"]) == (
            "_4521",
            4.0,
            False,
        )
        assert [one["description"] for one in criterion["ratings"]] == ["Exceeds", "Meets"]
        assert told["use_rubric_for_grading"] is True
        assert told["rubric_settings"]["points_possible"] == 4.0
        assert told["needs_grading_count"] == 0

    def test_students_see_no_counts_of_the_class(self, maya: Api, lab: int) -> None:
        told = maya.read(f"courses/1/assignments/{lab}")
        assert not {"needs_grading_count", "has_overrides", "sis_assignment_id"} & set(told)

    def test_found_by_its_lti_id(self, teacher: Api, lab: int) -> None:
        told = teacher.read(f"courses/1/assignments/{lab}")
        again = teacher.read(f"courses/1/assignments/lti_context_id:{told['lti_context_id']}")
        assert again["id"] == lab

    def test_own_submission_comes_along(self, canvas: Canvas, maya: Api, lab: int) -> None:
        told = maya.read("courses/1/assignments", {"include[]": "submission", "per_page": 100})
        mine = next(one["submission"] for one in told if one["id"] == lab)
        assert (mine["score"], mine["user_id"]) == (18, canvas.person_id("maya"))

    def test_unpublished_and_deleted(self, canvas: Canvas, teacher: Api, maya: Api) -> None:
        draft = canvas.assignment("Draft", published=False)
        assert teacher.get(f"courses/1/assignments/{draft}").status_code == 200
        assert maya.get(f"courses/1/assignments/{draft}").status_code == 404
        refused = teacher.get(
            "courses/1/students/submissions", {"assignment_ids[]": draft, "student_ids[]": "all"}
        )
        assert (refused.status_code, refused.json()) == (403, {"error": "invalid assignment ids requested"})
        canvas.control(f"assignments/{draft}/delete")
        assert teacher.get(f"courses/1/assignments/{draft}").status_code == 404
        canvas.control(f"assignments/{draft}/delete", {"undo": True})
        assert teacher.get(f"courses/1/assignments/{draft}").status_code == 200

    def test_lists_are_narrowed_and_ordered(self, canvas: Canvas, teacher: Api) -> None:
        late = canvas.assignment("Zebra late", due_at=moment(days=9))
        soon = canvas.assignment("Zebra soon", due_at=moment(days=-9))
        never = canvas.assignment("Zebra whenever")

        def names(**params: Any) -> list[int]:
            found = teacher.read("courses/1/assignments", {"search_term": "zebra", **params})
            return [one["id"] for one in found]

        assert names(order_by="due_at") == [late, soon, never]
        assert names(bucket="past") == [late]
        assert names(bucket="upcoming") == [soon]
        assert names(bucket="undated") == [never]
        assert names(**{"assignment_ids[]": [late, never]}) == [late, never]
        assert teacher.get("courses/1/assignments", {"bucket": "none"}).status_code == 400
        assert teacher.get("courses/1/assignments", {"assignment_ids[]": 99999}).status_code == 400

    def test_only_for_some(self, canvas: Canvas, teacher: Api, maya: Api) -> None:
        made = canvas.assignment("Only for Leo", visible_to=["leo"])
        assert maya.get(f"courses/1/assignments/{made}").status_code == 404
        assert canvas.api("leo").get(f"courses/1/assignments/{made}").status_code == 200
        told = teacher.read(f"courses/1/assignments/{made}")
        assert told["only_visible_to_overrides"] is True
        rows = course_wide(teacher, made)
        assert [row["user_id"] for row in rows] == [canvas.person_id("leo")]

    def test_dates_of_ones_own(self, canvas: Canvas, teacher: Api) -> None:
        made = canvas.assignment("Moved", due_at="2026-03-03T05:59:59Z")
        canvas.control(f"assignments/{made}/overrides", {"people": ["leo"], "due_at": "2030-03-09T05:59:59Z"})
        told = teacher.read(f"courses/1/assignments/{made}", {"include[]": "overrides"})
        assert told["overrides"][0]["student_ids"] == [canvas.person_id("leo")]
        assert told["overrides"][0]["due_at"] == "2030-03-09T05:59:59Z"
        leos = canvas.api("leo").read(f"courses/1/assignments/{made}")
        assert leos["due_at"] == "2030-03-09T05:59:59Z"
        rows = {row["user_id"]: row for row in course_wide(teacher, made)}
        assert rows[canvas.person_id("leo")]["missing"] is False
        assert rows[canvas.person_id("sam")]["missing"] is True


class TestSubmissions:
    def test_fields(self, canvas: Canvas, teacher: Api, lab: int) -> None:
        rows = course_wide(teacher, lab, **{"include[]": ["submission_history", "rubric_assessment"]})
        row = next(one for one in rows if one["user_id"] == canvas.person_id("maya"))
        assert (row["grade"], row["score"], row["entered_grade"], row["entered_score"]) == (
            "18",
            18,
            "18",
            18,
        )
        assert (row["submission_type"], row["workflow_state"], row["attempt"]) == (
            "online_upload",
            "graded",
            2,
        )
        assert row["grader_id"] == canvas.person_id("rivera")
        assert row["grade_matches_current_submission"] is True
        assert row["posted_at"] == row["graded_at"]
        assert (row["excused"], row["late"], row["missing"], row["seconds_late"]) == (None, False, False, 0)
        assert (row["body"], row["url"]) == (None, None)
        assert row["rubric_assessment"] == {
            "_4521": {"rating_id": "blank_2", "points": 3.0, "comments": "Good axes"}
        }
        first, second = row["submission_history"]
        assert (first["id"], first["attempt"], first["body"]) == (row["id"], 1, "<p>draft</p>")
        assert (first["score"], second["score"], second["attempt"]) == (None, 18, 2)
        file = row["attachments"][0]
        assert (file["display_name"], file["content-type"], file["size"]) == (
            "lab1.pdf",
            "application/pdf",
            12,
        )
        assert file["url"].startswith(f"{canvas.url}/files/{file['id']}/download?download_frd=1&verifier=")

    def test_rows_of_those_who_did_nothing(self, canvas: Canvas, teacher: Api, lab: int) -> None:
        row = next(one for one in course_wide(teacher, lab) if one["user_id"] == canvas.person_id("leo"))
        assert row["workflow_state"] == "unsubmitted"
        assert row["missing"] is True
        assert row["late"] is False
        for name in (
            "attempt",
            "score",
            "grade",
            "submitted_at",
            "graded_at",
            "posted_at",
            "excused",
            "grader_id",
        ):
            assert row[name] is None, name

    def test_no_include_no_extras(self, teacher: Api, lab: int) -> None:
        for row in course_wide(teacher, lab):
            assert not {"rubric_assessment", "submission_history", "submission_comments", "user"} & set(row)

    def test_includes(self, canvas: Canvas, teacher: Api, lab: int) -> None:
        wanted = ["submission_comments", "assignment", "user", "course", "visibility"]
        rows = course_wide(teacher, lab, **{"include[]": wanted})
        row = next(one for one in rows if one["user_id"] == canvas.person_id("maya"))
        assert row["submission_comments"][0]["comment"] == "Well done"
        assert row["submission_comments"][0]["author_name"] == "Ms. Rivera"
        assert row["assignment"]["id"] == lab
        assert row["user"]["name"] == "Maya Torres"
        assert row["course"]["id"] == 1
        assert row["assignment_visible"] is True

    def test_fields_can_be_left_out(self, teacher: Api, lab: int) -> None:
        rows = course_wide(teacher, lab, **{"response_fields[]": ["id", "score"]})
        assert all(set(row) == {"id", "score"} for row in rows)
        rows = course_wide(teacher, lab, **{"exclude_response_fields[]": ["attachments", "preview_url"]})
        assert not any({"attachments", "preview_url"} & set(row) for row in rows)

    def test_without_student_ids_it_is_about_oneself(self, canvas: Canvas, maya: Api, lab: int) -> None:
        rows = maya.read("courses/1/students/submissions", {"per_page": 100})
        assert {row["user_id"] for row in rows} == {canvas.person_id("maya")}
        assert any(row["assignment_id"] == lab for row in rows)

    def test_who_may_ask_for_whom(self, canvas: Canvas, maya: Api, lab: int) -> None:
        ana, ids = canvas.api("ana"), {key: canvas.person_id(key) for key in ("maya", "leo", "rivera")}
        path = "courses/1/students/submissions"
        for api, wanted, status in (
            (maya, ids["maya"], 200),
            (maya, "self", 200),
            (maya, ids["leo"], 401),
            (maya, "all", 401),
            (ana, ids["maya"], 200),
            (ana, ids["leo"], 401),
            (canvas.api("rivera"), ids["leo"], 200),
            (canvas.api("rivera"), ids["rivera"], 401),
        ):
            answer = api.get(path, {"student_ids[]": wanted})
            assert answer.status_code == status, (api, wanted)
            # A new token would not help.
            assert "WWW-Authenticate" not in answer.headers
        canvas.control("settings", {"forbidden_status": 403})
        assert maya.get(path, {"student_ids[]": "all"}).status_code == 403
        canvas.control("settings", {"forbidden_status": 401})
        alone = f"courses/1/assignments/{lab}/submissions/{ids['leo']}"
        assert maya.get(alone).status_code == 401
        assert maya.get(f"courses/1/assignments/{lab}/submissions").status_code == 401

    def test_too_many_students(self, teacher: Api) -> None:
        ids = [("student_ids[]", number) for number in range(101)]
        answer = teacher.get("courses/1/students/submissions", ids)
        assert (answer.status_code, answer.json()) == (400, {"error": "too many students"})

    def test_since(self, canvas: Canvas, teacher: Api) -> None:
        made = canvas.assignment("Since")
        canvas.control(
            f"assignments/{made}/submit", {"person": "maya", "body": "a", "at": "2026-03-02T17:20:11Z"}
        )
        canvas.control(
            f"assignments/{made}/submit", {"person": "leo", "body": "b", "at": "2026-03-04T17:20:11Z"}
        )
        canvas.control(
            f"assignments/{made}/grade", {"person": "sam", "score": 1, "at": "2026-03-05T00:00:00Z"}
        )
        maya, leo, sam = (canvas.person_id(key) for key in ("maya", "leo", "sam"))

        def found(**params: Any) -> set[int]:
            return {row["user_id"] for row in course_wide(teacher, made, **params)}

        assert found(submitted_since="2026-03-03T00:00:00Z") == {leo}
        assert found(submitted_since="2026-03-02T17:20:10Z") == {maya, leo}
        # Rows without that date are left out, so it takes two calls to learn of everything.
        assert found(graded_since="2026-03-01T00:00:00Z") == {sam}
        assert found(graded_since="2026-03-06T00:00:00Z") == set()
        answer = teacher.get(
            "courses/1/students/submissions", {"graded_since": "last week", "student_ids[]": "all"}
        )
        assert answer.status_code == 400

    def test_orders_and_states(self, canvas: Canvas, teacher: Api) -> None:
        made = canvas.assignment("Ordered")
        for person, at in (("leo", "2026-03-05T00:00:00Z"), ("maya", "2026-03-06T00:00:00Z")):
            canvas.control(f"assignments/{made}/grade", {"person": person, "score": 1, "at": at})
        leo, maya = canvas.person_id("leo"), canvas.person_id("maya")
        for direction, expected in (("ascending", [leo, maya]), ("descending", [maya, leo])):
            rows = course_wide(
                teacher, made, order="graded_at", order_direction=direction, workflow_state="graded"
            )
            assert [row["user_id"] for row in rows] == expected
            one_by_one = teacher.pages(
                "courses/1/students/submissions",
                {
                    "student_ids[]": "all",
                    "assignment_ids[]": made,
                    "order": "graded_at",
                    "order_direction": direction,
                    "workflow_state": "graded",
                    "per_page": 1,
                },
            )
            assert [row["user_id"] for page in one_by_one for row in page] == expected
        rows = course_wide(teacher, made, workflow_state="unsubmitted")
        assert len(rows) == 1

    def test_grouped(self, canvas: Canvas, teacher: Api, lab: int) -> None:
        groups = course_wide(teacher, lab, grouped=1, **{"include[]": "total_scores"})
        assert [one["user_id"] for one in groups] == [canvas.person_id(key) for key in ("maya", "leo", "sam")]
        assert all(len(one["submissions"]) == 1 for one in groups)
        assert groups[0]["computed_current_score"] == 90.0
        assert groups[0]["sis_user_id"].startswith("S-")

    def test_inactive_students_are_left_out(self, canvas: Canvas, teacher: Api) -> None:
        made = canvas.assignment("After Sam left")
        canvas.control("courses/1/status", {"person": "sam", "status": "Inactive"})
        assert canvas.person_id("sam") not in {row["user_id"] for row in course_wide(teacher, made)}
        canvas.control("courses/1/status", {"person": "sam", "status": "Active"})
        assert canvas.person_id("sam") in {row["user_id"] for row in course_wide(teacher, made)}


class TestGrades:
    def test_hidden_until_posted(self, canvas: Canvas, teacher: Api, maya: Api) -> None:
        made = canvas.assignment("Posted by hand", post_manually=True, rubric=RUBRIC, points_possible=4)
        said = {"_4521": {"points": 3.0, "comments": ""}}
        given = {"person": "maya", "score": 3, "rubric": said, "comment": "Later"}
        canvas.control(f"assignments/{made}/grade", given)
        hidden = submission(maya, made, "self", "rubric_assessment", "submission_comments")
        for name in ("score", "grade", "entered_score", "entered_grade", "posted_at", "grader_id"):
            assert hidden[name] is None, name
        assert "rubric_assessment" not in hidden
        assert hidden["submission_comments"] == []
        family = submission(canvas.api("ana"), made, str(canvas.person_id("maya")))
        assert family["score"] is None
        seen = submission(teacher, made, str(canvas.person_id("maya")), "rubric_assessment")
        assert (seen["score"], seen["posted_at"]) == (3, None)
        assert seen["rubric_assessment"] == said
        canvas.control(f"assignments/{made}/post")
        told = submission(maya, made, "self", "rubric_assessment")
        assert told["score"] == 3
        assert told["posted_at"]
        assert told["rubric_assessment"] == said
        canvas.control(f"assignments/{made}/hide", {"people": ["maya"]})
        assert submission(maya, made)["score"] is None

    def test_muted_as_long_as_anything_is_not_posted(self, canvas: Canvas) -> None:
        who = {"key": "dorn", "name": "Ms. Dorn", "given_name": "Lea", "family_name": "Dorn"}
        about = {"title": "For two", "label": "TWO", "teacher": who, "students": ("maya", "leo")}
        course = canvas.control("courses", about)["course"]
        made, teacher = canvas.assignment("Seen by both", course=course), canvas.api("dorn")

        def is_muted() -> bool:
            return bool(teacher.read(f"courses/{course}/assignments/{made}")["muted"])

        canvas.control(f"assignments/{made}/grade", {"person": "maya", "score": 1})
        # Of who has no grade nothing is posted either.
        assert is_muted()
        canvas.control(f"assignments/{made}/grade", {"person": "leo", "score": 1})
        assert not is_muted()
        canvas.control(f"assignments/{made}/hide", {"people": ["maya"]})
        assert is_muted()

    def test_graded_again_and_taken_away(self, canvas: Canvas, maya: Api) -> None:
        made = canvas.assignment("Regraded", points_possible=20)
        canvas.control(f"assignments/{made}/submit", {"person": "maya", "body": "x"})
        canvas.control(
            f"assignments/{made}/grade", {"person": "maya", "score": 12, "at": "2026-03-04T10:00:00Z"}
        )
        canvas.control(
            f"assignments/{made}/grade", {"person": "maya", "score": 15, "at": "2026-03-05T10:00:00Z"}
        )
        told = submission(maya, made)
        assert (told["score"], told["graded_at"]) == (15, "2026-03-05T10:00:00Z")
        canvas.control(f"assignments/{made}/submit", {"person": "maya", "body": "y"})
        told = submission(maya, made)
        assert (told["grade_matches_current_submission"], told["attempt"], told["score"]) == (False, 2, 15)
        canvas.control(f"assignments/{made}/grade", {"person": "maya", "score": None})
        told = submission(maya, made)
        assert (told["score"], told["grade"], told["workflow_state"]) == (None, None, "submitted")

    def test_excused(self, canvas: Canvas, maya: Api) -> None:
        made = canvas.assignment("Excused", due_at=moment(days=1))
        canvas.control(f"assignments/{made}/excuse", {"person": "maya"})
        told = submission(maya, made)
        assert (told["excused"], told["score"], told["grade"], told["missing"]) == (True, None, None, False)
        canvas.control(f"assignments/{made}/excuse", {"person": "maya", "undo": True})
        assert submission(maya, made)["excused"] is False

    def test_late_and_deducted(self, canvas: Canvas, maya: Api) -> None:
        made = canvas.assignment("Late", due_at="2026-03-03T00:00:00Z", points_possible=20)
        canvas.control(
            f"assignments/{made}/submit", {"person": "maya", "body": "x", "at": "2026-03-03T00:10:00Z"}
        )
        told = submission(maya, made)
        assert (told["late"], told["seconds_late"], told["missing"]) == (True, 600, False)
        canvas.control(f"assignments/{made}/grade", {"person": "maya", "score": 16})
        canvas.control(f"assignments/{made}/state", {"person": "maya", "points_deducted": 2})
        told = submission(maya, made)
        assert (told["score"], told["entered_score"], told["points_deducted"]) == (16, 18, 2)
        canvas.control(f"assignments/{made}/state", {"person": "maya", "late_policy_status": "none"})
        assert submission(maya, made)["late"] is False

    @pytest.mark.parametrize(
        ("kind", "score", "grade"),
        [
            ("percent", 15, "75%"),
            ("pass_fail", 1, "complete"),
            ("pass_fail", 0, "incomplete"),
            ("points", 7.5, "7.5"),
        ],
    )
    def test_grades_as_text(self, canvas: Canvas, maya: Api, kind: str, score: float, grade: str) -> None:
        made = canvas.assignment("Typed", grading_type=kind, points_possible=20)
        canvas.control(f"assignments/{made}/grade", {"person": "maya", "score": score})
        assert submission(maya, made)["grade"] == grade


class TestGroupWork:
    def test_one_hands_in_for_all(self, canvas: Canvas, teacher: Api) -> None:
        groups = canvas.control("groups", {"groups": {"Otters": ["maya", "leo"], "Foxes": ["sam"]}})
        made = canvas.assignment("Together", group_category_id=groups["category"], points_possible=10)
        canvas.control(f"assignments/{made}/submit", {"person": "maya", "body": "ours"})
        canvas.control(f"assignments/{made}/grade", {"person": "leo", "score": 8})
        rows = {row["user_id"]: row for row in course_wide(teacher, made, **{"include[]": "group"})}
        maya, leo, sam = (canvas.person_id(key) for key in ("maya", "leo", "sam"))
        for one in (maya, leo):
            assert (rows[one]["body"], rows[one]["score"]) == ("ours", 8)
            assert rows[one]["group"] == {"id": groups["groups"]["Otters"], "name": "Otters"}
        assert (rows[sam]["body"], rows[sam]["score"]) == (None, None)
        assert teacher.read(f"courses/1/assignments/{made}")["group_category_id"] == groups["category"]

    def test_graded_one_by_one(self, canvas: Canvas, teacher: Api) -> None:
        groups = canvas.control("groups", {"groups": {"Otters": ["maya", "leo"]}})
        made = canvas.assignment(
            "Apart", group_category_id=groups["category"], grade_group_students_individually=True
        )
        canvas.control(f"assignments/{made}/grade", {"person": "leo", "score": 8})
        rows = {row["user_id"]: row for row in course_wide(teacher, made)}
        assert rows[canvas.person_id("leo")]["score"] == 8
        assert rows[canvas.person_id("maya")]["score"] is None


def test_a_teacher_limited_to_a_section_hears_of_nobody_else(canvas: Canvas, lab: int) -> None:
    canvas.control("people", {"key": "ito", "kind": "teacher", "course": 1})
    ito = canvas.api("ito")
    everybody = {one["user_id"] for one in course_wide(ito, lab)}
    assert len(everybody) > 1
    canvas.control("courses/1/sections", {"name": "Evening", "people": ["ito", "maya"]})
    canvas.control("settings", {"limited_to_section": "hale ito"})
    try:
        assert {one["user_id"] for one in course_wide(ito, lab)} == {canvas.person_id("maya")}
        assert {one["user_id"] for one in course_wide(canvas.api("rivera"), lab)} == everybody
    finally:
        canvas.control("settings", {"limited_to_section": ""})
