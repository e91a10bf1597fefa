"""Pages of the stand-in LMS's REST interface, includes under scopes, throttling and faults."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sandbox.canvas import Api, Canvas

SUBMISSIONS = "url:GET|/api/v1/courses/:course_id/students/submissions"


@pytest.fixture(scope="module")
def large(canvas: Canvas) -> int:
    made: int = canvas.control("many", {"students": 7, "assignments": 15})["course"]
    return made


@pytest.fixture(scope="module")
def teacher(canvas: Canvas) -> Api:
    return canvas.api("rivera")


@pytest.fixture(autouse=True)
def calm(canvas: Canvas) -> Iterator[None]:
    yield
    canvas.control("throttle")
    canvas.control("path_faults/clear")
    canvas.control("clock", {"seconds": 0})
    canvas.control("settings", {"link_base": "", "empty_page_every": 0})


def path(course: int) -> str:
    return f"courses/{course}/students/submissions"


class TestPages:
    def test_ten_by_default_and_a_hundred_at_most(self, teacher: Api, large: int) -> None:
        everything = {"student_ids[]": "all"}
        assert len(teacher.read(path(large), everything)) == 10
        assert len(teacher.read(path(large), {**everything, "per_page": 50})) == 50
        answer = teacher.get(path(large), {**everything, "per_page": 500})
        assert len(answer.json()) == 100
        assert parse_qs(urlsplit(answer.links["next"]["url"]).query)["per_page"] == ["100"]

    def test_every_row_once_and_a_short_last_page(self, teacher: Api, large: int) -> None:
        pages = teacher.pages(path(large), {"student_ids[]": "all", "per_page": 40})
        assert [len(page) for page in pages] == [40, 40, 25]
        ids = [row["id"] for page in pages for row in page]
        assert len(set(ids)) == 105
        assert ids == sorted(ids)

    def test_links(self, canvas: Canvas, teacher: Api, large: int) -> None:
        first = teacher.get(path(large), {"student_ids[]": "all", "include[]": "user", "per_page": 100})
        assert set(first.links) == {"current", "next", "first"}
        query = parse_qs(urlsplit(first.links["next"]["url"]).query)
        assert query["page"][0].startswith("bookmark:")
        assert query["student_ids[]"] == ["all"]
        assert query["include[]"] == ["user"]
        assert first.links["next"]["url"].startswith(f"{canvas.url}/api/v1/{path(large)}?")
        header = {"Authorization": f"Bearer {teacher.token}"}
        last = requests.get(first.links["next"]["url"], headers=header, timeout=60)
        assert set(last.links) == {"current", "first"}

    def test_a_list_that_ends_with_its_page_has_no_next(self, teacher: Api, large: int) -> None:
        answer = teacher.get(path(large), {"student_ids[]": "all", "per_page": 35})
        for _ in range(2):
            url = answer.links["next"]["url"]
            answer = requests.get(url, headers={"Authorization": f"Bearer {teacher.token}"}, timeout=60)
        assert len(answer.json()) == 35
        assert "next" not in answer.links

    def test_of_three_works_that_were_handed_in_two_are_files(self, teacher: Api, large: int) -> None:
        rows = teacher.read(path(large), {"student_ids[]": "all", "per_page": 100})
        sent = [row for row in rows if row["submitted_at"]]
        files = [row for row in sent if row.get("attachments")]
        assert {row["submission_type"] for row in files} == {"online_upload"}
        assert 0.5 < len(files) / len(sent) < 0.8

    def test_a_page_that_was_never_handed_out(self, teacher: Api, large: int) -> None:
        for page in ("2", "bookmark:nonsense", "bookmark:", "WzQyXQ"):
            assert teacher.get(path(large), {"page": page}).status_code == 400

    def test_what_is_new_moves_nothing(self, canvas: Canvas, teacher: Api) -> None:
        course = canvas.control("many", {"students": 3, "assignments": 4})["course"]
        first = teacher.get(path(course), {"student_ids[]": "all", "per_page": 6})
        canvas.control("assignments", {"name": "New", "course": course})
        header = {"Authorization": f"Bearer {teacher.token}"}
        second = requests.get(first.links["next"]["url"], headers=header, timeout=60)
        assert not {row["id"] for row in first.json()} & {row["id"] for row in second.json()}

    def test_another_host_in_the_links(self, canvas: Canvas, teacher: Api, large: int) -> None:
        other = canvas.url.replace("localhost", "127.0.0.1")
        canvas.control("settings", {"link_base": other})
        answer = teacher.get(path(large), {"student_ids[]": "all"})
        assert answer.links["next"]["url"].startswith(other)
        header = {"Authorization": f"Bearer {teacher.token}"}
        assert requests.get(answer.links["next"]["url"], headers=header, timeout=60).status_code == 200

    def test_empty_pages_in_between(self, canvas: Canvas, teacher: Api, large: int) -> None:
        canvas.control("settings", {"empty_page_every": 1})
        pages = teacher.pages(path(large), {"student_ids[]": "all", "per_page": 40})
        assert [len(page) for page in pages] == [40, 0, 40, 0, 25]
        lists = teacher.pages(f"courses/{large}/assignments", {"per_page": 10})
        assert [len(page) for page in lists] == [10, 0, 5]

    def test_pages_that_are_empty_because_nobody_may_see_them(self, canvas: Canvas, teacher: Api) -> None:
        course = canvas.control("many", {"students": 2, "assignments": 1})["course"]
        for number in range(3):
            canvas.control("assignments", {"name": f"{number}", "course": course, "visible_to": []})
        seen = canvas.control("assignments", {"name": "Seen", "course": course})["assignment"]
        pages = teacher.pages(path(course), {"student_ids[]": "all", "per_page": 2})
        assert [len(page) for page in pages] == [2, 0, 0, 0, 2]
        assert {row["assignment_id"] for row in pages[-1]} == {seen}


class TestScopes:
    def test_includes_are_dropped_silently(self, canvas: Canvas, large: int) -> None:
        asked = {"student_ids[]": "all", "include[]": ["user", "rubric_assessment"]}
        scoped = canvas.api("rivera", scopes=[SUBMISSIONS], enforces_scopes=True)
        assert "user" not in scoped.read(path(large), asked)[0]
        allowed = canvas.api("rivera", scopes=[SUBMISSIONS], enforces_scopes=True, allows_includes=True)
        assert "user" in allowed.read(path(large), asked)[0]
        assert "user" in canvas.api("rivera").read(path(large), asked)[0]

    def test_ids_as_text(self, teacher: Api, large: int) -> None:
        accept = "application/json+canvas-string-ids"
        row = teacher.get(path(large), {"student_ids[]": "all"}, Accept=accept).json()[0]
        assert isinstance(row["id"], str)
        assert isinstance(row["user_id"], str)
        assert isinstance(row["attempt"], int | None)


class TestThrottle:
    def test_what_every_answer_says(self, teacher: Api) -> None:
        answer = teacher.get("users/self")
        assert 0 < float(answer.headers["X-Request-Cost"]) < 10
        assert 590 < float(answer.headers["X-Rate-Limit-Remaining"]) <= 600

    @pytest.mark.parametrize("status", [403, 429])
    def test_turned_away_and_let_in_again(self, canvas: Canvas, teacher: Api, status: int) -> None:
        canvas.control(
            "throttle", {"high_water": 3, "in_advance": 1, "cost": 1.5, "leaks": 0, "status": status}
        )
        assert [teacher.get("users/self").status_code for _ in range(2)] == [200, 200]
        full = teacher.get("users/self")
        assert full.status_code == status
        assert full.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert full.text == "403 Forbidden (Rate Limit Exceeded)\n"
        assert full.headers["X-Rate-Limit-Remaining"] == "0.0"
        assert "X-Request-Cost" not in full.headers
        assert "Retry-After" not in full.headers
        # Another token has a bucket of its own.
        assert canvas.api("rivera").get("users/self").status_code == 200
        canvas.control("throttle/fill", {"level": 0})
        assert teacher.get("users/self").status_code == 200

    def test_it_leaks(self, canvas: Canvas, teacher: Api) -> None:
        canvas.control("throttle", {"high_water": 3, "in_advance": 1, "cost": 3, "leaks": 1000})
        assert {teacher.get("users/self").status_code for _ in range(5)} == {200}

    def test_requests_under_way_have_paid_in_advance(self, canvas: Canvas, teacher: Api) -> None:
        canvas.control("throttle", {"high_water": 100, "in_advance": 50, "cost": 0, "leaks": 0})
        fault = {"pattern": "/api/v1/courses", "kind": "latency", "delay_ms": 1500}
        canvas.control("path_faults", fault)
        slow = [threading.Thread(target=teacher.get, args=("courses",)) for _ in range(2)]
        for one in slow:
            one.start()
        while canvas.told("throttle") != [100.0]:
            assert any(one.is_alive() for one in slow)
        assert teacher.get("users/self").status_code == 403
        for one in slow:
            one.join()
        assert teacher.get("users/self").status_code == 200


class TestFaults:
    def test_a_connection_that_breaks_in_mid_page(self, canvas: Canvas, teacher: Api, large: int) -> None:
        canvas.control("path_faults", {"pattern": f"/api/v1/{path(large)}", "kind": "drop"})
        with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
            teacher.get(path(large), {"student_ids[]": "all"})
        assert teacher.get(path(large), {"student_ids[]": "all"}).status_code == 200

    def test_server_errors(self, canvas: Canvas, teacher: Api) -> None:
        canvas.control("path_faults", {"pattern": "/api/v1/*", "kind": "status", "times": 2})
        answers = [teacher.get("users/self") for _ in range(3)]
        assert [one.status_code for one in answers] == [500, 500, 200]
        assert answers[0].headers["Content-Type"].startswith("text/html")
        body = {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}]}
        canvas.control("path_faults", {"pattern": "/api/v1/*", "kind": "status", "status": 503, "body": body})
        answer = teacher.get("users/self")
        assert (answer.status_code, answer.json()) == (503, body)

    def test_a_wrong_clock_dates_every_answer(self, canvas: Canvas, teacher: Api) -> None:
        canvas.control("clock", {"seconds": -86_400})
        told = parsedate_to_datetime(teacher.get("users/self").headers["Date"])
        canvas.control("clock", {"seconds": 0})
        assert told < parsedate_to_datetime(teacher.get("users/self").headers["Date"]) - timedelta(hours=23)

    def test_of_one_question_alone(self, canvas: Canvas, teacher: Api) -> None:
        fault = {"pattern": "/api/v1/users/self?*b=2*", "kind": "status", "times": 9}
        canvas.control("path_faults", fault)
        asked: tuple[dict[str, str], ...] = ({"a": "1"}, {"a": "1", "b": "2"}, {})
        assert [teacher.get("users/self", one).status_code for one in asked] == [200, 500, 200]

    def test_html_in_place_of_json(self, canvas: Canvas, teacher: Api) -> None:
        canvas.control("path_faults", {"pattern": "/api/v1/users/*", "kind": "html"})
        answer = teacher.get("users/self")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/html")

    def test_latency_stays_until_it_is_cleared(self, canvas: Canvas, teacher: Api) -> None:
        canvas.control("path_faults", {"pattern": "/api/*", "kind": "latency", "delay_ms": 60})
        for _ in range(2):
            began = time.monotonic()
            teacher.get("users/self")
            assert time.monotonic() - began >= 0.06

    def test_a_wrong_clock(self, canvas: Canvas, teacher: Api) -> None:
        canvas.control("clock", {"seconds": 3000})
        assert teacher.get("users/self").status_code == 200
        canvas.control("clock", {"seconds": 3700})
        answer = teacher.get("users/self")
        assert answer.status_code == 401
        ahead = requests.get(canvas.url, timeout=60).headers["Date"]
        canvas.control("clock", {"seconds": 0})
        assert ahead != requests.get(canvas.url, timeout=60).headers["Date"]
