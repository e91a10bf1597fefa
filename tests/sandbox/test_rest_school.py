"""Courses, people and files of the stand-in LMS's REST interface."""

from typing import Any

import pytest
import requests

from tests.sandbox.canvas import Api, Canvas


@pytest.fixture(scope="module")
def teacher(canvas: Canvas) -> Api:
    return canvas.api("rivera")


class TestCourses:
    def test_ones_own(self, canvas: Canvas, teacher: Api) -> None:
        for path in ("courses", "users/self/courses"):
            (told,) = teacher.read(path)
            assert (told["id"], told["name"], told["course_code"]) == (1, "English 9", "ENG-9")
            assert told["workflow_state"] == "available"
            assert told["enrollments"] == [
                {
                    "type": "teacher",
                    "role": "TeacherEnrollment",
                    "role_id": 4,
                    "user_id": canvas.person_id("rivera"),
                    "enrollment_state": "active",
                    "limit_privileges_to_course_section": False,
                }
            ]
        assert canvas.api("alex").read("courses") == []

    def test_includes(self, teacher: Api) -> None:
        told = teacher.read("courses/1", {"include[]": ["term", "total_students", "sections"]})
        assert told["term"]["name"] == "Fall"
        assert told["total_students"] == 3
        assert told["sections"][0]["name"] == "English 9"

    def test_a_family_is_told_whose_courses_they_are(self, canvas: Canvas) -> None:
        (told,) = canvas.api("ana").read("courses")
        assert told["enrollments"][0]["associated_user_id"] == canvas.person_id("maya")

    def test_numbers_of_the_schools_records(self, canvas: Canvas, teacher: Api) -> None:
        canvas.control("courses/1", {"sis_id": "ENG9-2026"})
        assert teacher.read("courses/sis_course_id:ENG9-2026")["sis_course_id"] == "ENG9-2026"
        assert "sis_course_id" not in canvas.api("maya").read("courses/1")

    def test_states(self, canvas: Canvas, teacher: Api) -> None:
        course = canvas.control("many", {"students": 1, "assignments": 1})["course"]
        canvas.control(f"courses/{course}", {"state": "unpublished"})
        canvas.control("people/leo", {"course": course})
        assert course not in {one["id"] for one in canvas.api("leo").read("courses")}
        assert course in {one["id"] for one in teacher.read("courses")}
        canvas.control(f"courses/{course}", {"state": "completed"})
        active = teacher.read("courses", {"enrollment_state": "active"})
        assert course not in {one["id"] for one in active}

    def test_strangers(self, canvas: Canvas) -> None:
        course = canvas.control("many", {"students": 1, "assignments": 1})["course"]
        assert canvas.api("maya").get(f"courses/{course}").status_code == 404
        assert canvas.api("alex").get(f"courses/{course}").status_code == 200

    def test_assignment_groups(self, canvas: Canvas, teacher: Api) -> None:
        made = canvas.assignment("Grouped")
        (told,) = teacher.read("courses/1/assignment_groups", {"include[]": "assignments"})
        assert told["name"] == "Assignments"
        assert made in {one["id"] for one in told["assignments"]}
        listed = teacher.read(f"courses/1/assignment_groups/{told['id']}/assignments", {"per_page": 100})
        assert made in {one["id"] for one in listed}


class TestPeople:
    def test_oneself(self, canvas: Canvas) -> None:
        told = canvas.api("maya").read("users/self")
        assert told["id"] == canvas.person_id("maya")
        assert (told["name"], told["sortable_name"]) == ("Maya Torres", "Torres, Maya")
        assert told["effective_locale"] == "en"
        profile = canvas.api("maya").read("users/self/profile")
        assert profile["lti_user_id"] == canvas.control("people/maya")["sub"]

    def test_nobody_else(self, canvas: Canvas) -> None:
        leo = canvas.person_id("leo")
        assert canvas.api("maya").get(f"users/{leo}").status_code == 401
        assert canvas.api("alex").get(f"users/{leo}").status_code == 200

    def test_of_a_course(self, canvas: Canvas, teacher: Api) -> None:
        asked: dict[str, Any] = {"enrollment_type[]": "student", "include[]": ["enrollments", "email"]}
        rows = teacher.read("courses/1/users", asked)
        assert [row["name"] for row in rows] == ["Maya Torres", "Leo Bouchard", "Sam Nguyen"]
        assert rows[0]["sis_user_id"].startswith("S-")
        assert rows[0]["email"] == "maya@maple-hollow.example"
        assert rows[0]["enrollments"][0]["type"] == "StudentEnrollment"
        everybody = teacher.read("courses/1/users")
        assert "Test Student" not in {row["name"] for row in everybody}
        assert teacher.get("courses/1/users", {"enrollment_type[]": "wizard"}).status_code == 400
        mates = canvas.api("maya").read("courses/1/users", asked)
        assert not {"sis_user_id", "email", "login_id"} & set(mates[0])

    def test_teachers_without_leave_see_no_numbers(self, canvas: Canvas, teacher: Api) -> None:
        canvas.control("settings", {"teachers_see_sis": "off"})
        assert "sis_user_id" not in teacher.read("courses/1/users")[0]
        assert "sis_user_id" in canvas.api("alex").read("courses/1/users")[0]
        canvas.control("settings", {"teachers_see_sis": "on"})

    def test_somebody_without_a_number(self, canvas: Canvas, teacher: Api) -> None:
        canvas.control("people/sam", {"sis_id": ""})
        rows = {row["name"]: row["sis_user_id"] for row in teacher.read("courses/1/users")}
        assert rows["Sam Nguyen"] is None
        canvas.control("people/sam", {"sis_id": "SIS-7"})
        found = teacher.read("courses/1/students/submissions", {"student_ids[]": "sis_user_id:SIS-7"})
        assert {row["user_id"] for row in found} <= {canvas.person_id("sam")}

    def test_enrolments(self, canvas: Canvas, teacher: Api) -> None:
        section = canvas.control("courses/1/sections", {"name": "Period 2", "people": ["leo"]})["section"]
        rows = teacher.read("courses/1/enrollments", {"type[]": "StudentEnrollment"})
        leo = next(row for row in rows if row["user_id"] == canvas.person_id("leo"))
        assert (leo["course_section_id"], leo["enrollment_state"]) == (section, "active")
        assert leo["user"]["name"] == "Leo Bouchard"
        sections = {row["id"]: row for row in teacher.read("courses/1/sections", {"include[]": "students"})}
        assert [one["id"] for one in sections[section]["students"]] == [canvas.person_id("leo")]
        assert canvas.api("maya").get("courses/1/sections").status_code == 401

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_observers(self, canvas: Canvas, teacher: Api, count: int) -> None:
        watched = ["maya", "leo"][:count]
        canvas.control("observing", {"observer": "ana", "students": watched})
        told = canvas.api("ana").read("users/self/observees")
        assert [one["id"] for one in told] == [canvas.person_id(key) for key in watched]
        rows = teacher.read("courses/1/enrollments", {"type[]": "ObserverEnrollment"})
        assert [row["associated_user_id"] for row in rows] == ([one["id"] for one in told] or [None])
        assert canvas.api("maya").get(f"users/{canvas.person_id('ana')}/observees").status_code == 401
        assert len(canvas.api("alex").read(f"users/{canvas.person_id('ana')}/observees")) == count


class TestFiles:
    @pytest.fixture
    def file(self, canvas: Canvas) -> int:
        made = canvas.assignment("Upload")
        one = {"name": "lab 1.pdf", "content": "%PDF-1.7", "content_type": "application/pdf"}
        found: int = canvas.control(f"assignments/{made}/submit", {"person": "maya", "files": [one]})[
            "files"
        ][0]
        return found

    def test_fields(self, canvas: Canvas, file: int) -> None:
        told = canvas.api("maya").read(f"files/{file}")
        assert (told["id"], told["display_name"], told["filename"]) == (file, "lab 1.pdf", "lab+1.pdf")
        assert (told["content-type"], told["mime_class"], told["size"]) == ("application/pdf", "pdf", 8)
        assert told["locked_for_user"] is told["hidden"] is False
        assert told["url"].startswith(canvas.url)

    def test_bytes_come_from_another_host_that_wants_no_token(self, canvas: Canvas, file: int) -> None:
        api = canvas.api("maya")
        url = api.read(f"files/{file}")["url"]
        header = {"Authorization": f"Bearer {api.token}"}
        led = requests.get(url, headers=header, allow_redirects=False, timeout=60)
        assert led.status_code == 302
        target = led.headers["Location"]
        assert not target.startswith(canvas.url)
        got = requests.get(target, timeout=60)
        assert (got.status_code, got.content) == (200, b"%PDF-1.7")
        assert requests.get(target, headers=header, timeout=60).status_code == 400
        logged = [one for one in canvas.told("requests") if one["service"] == "files"]
        assert [one["headers"]["Authorization"] for one in logged[-2:]] == ["", "Bearer"]

    def test_addresses_do_not_last(self, canvas: Canvas, file: int) -> None:
        canvas.control("settings", {"file_address_seconds": -1})
        url = canvas.api("maya").read(f"files/{file}")["url"]
        assert requests.get(url, timeout=60).status_code == 403
        public = canvas.api("maya").read(f"files/{file}/public_url")["public_url"]
        assert requests.get(public, timeout=60).status_code == 403
        canvas.control("settings", {"file_address_seconds": 60})
        assert requests.get(url, timeout=60).content == b"%PDF-1.7"
        forged = requests.get(url, allow_redirects=False, timeout=60).headers["Location"] + "0"
        assert requests.get(forged, timeout=60).status_code == 403

    def test_an_address_without_its_verifier_leads_to_a_page_to_log_in(
        self, canvas: Canvas, file: int
    ) -> None:
        got = requests.get(f"{canvas.url}/files/{file}/download?download_frd=1", timeout=60)
        assert got.status_code == 200
        assert got.headers["Content-Type"].startswith("text/html")

    def test_whose_it_is(self, canvas: Canvas, file: int) -> None:
        canvas.control("observing", {"observer": "ana", "students": ["maya"]})
        for person, status in (("maya", 200), ("rivera", 200), ("ana", 200), ("leo", 401)):
            assert canvas.api(person).get(f"files/{file}").status_code == status, person
