"""Line items and scores of the stand-in LMS surprise as Canvas's do."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.sandbox.installed import Lms, launch

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
SUBMISSION = "https://canvas.instructure.com/lti/submission"
KIND = "https://canvas.instructure.com/lti/submission_type"
PROGRESS = "https://canvas.instructure.com/lti-ags/progress/scope/show"


class Work:
    """One line item, and how Maya's work stands in it."""

    def __init__(self, lms: Lms, **values: Any) -> None:
        self.lms = lms
        answer = make(lms, **values)
        assert answer.status_code == 201, answer.text
        self.made = answer.json()
        self.url = self.made["id"]
        found = requests.get(f"{lms.url}/_sandbox/courses", timeout=60).json()[0]["assignments"]
        link = self.made["resourceLinkId"]
        self.assignment = next(one["id"] for one in found if one["resource_link_id"] == link)
        self._later = 0

    def score(self, extension: Any = None, **changes: Any) -> requests.Response:
        self._later += 1
        at = datetime.now(UTC) + timedelta(milliseconds=self._later)
        body = {
            "userId": launch(self.lms)["sub"],
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "scoreGiven": 8,
            "scoreMaximum": 10,
            **changes,
        }
        if extension is not None:
            body[SUBMISSION] = extension
        body = {name: value for name, value in body.items() if value is not None}
        headers = {**self.lms.token(AGS + "score"), "Content-Type": SCORE_TYPE}
        return requests.post(f"{self.url}/scores", headers=headers, data=json.dumps(body), timeout=60)

    def seen(self) -> dict[str, Any]:
        """Maya's submission as the REST interface shows it."""
        key = self.lms.control("developer_keys", {"redirect_uris": ["http://127.0.0.1:9/"]})
        token = self.lms.control("user_tokens", {"client_id": key["client_id"], "person": "maya"})[
            "access_token"
        ]
        address = f"{self.lms.url}/api/v1/courses/1/assignments/{self.assignment}/submissions/self"
        params = {"include[]": "submission_comments"}
        answer = requests.get(address, params, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found


def make(lms: Lms, course: int = 1, **values: Any) -> requests.Response:
    body = {"label": "Check-in", "scoreMaximum": 10, KIND: {"type": "external_tool"}, **values}
    return requests.post(
        f"{lms.url}/api/lti/courses/{course}/line_items",
        headers={**lms.token(AGS + "lineitem"), "Content-Type": ITEM_TYPE},
        data=json.dumps({name: value for name, value in body.items() if value is not None}),
        timeout=60,
    )


def error(answer: requests.Response) -> tuple[int, str, str]:
    told = answer.json()["errors"]
    return answer.status_code, told["type"], told["message"]


@pytest.fixture
def work(lms: Lms) -> Work:
    return Work(lms)


@pytest.fixture
def open_course(lms: Lms) -> Iterator[None]:
    yield
    lms.control("courses/1", {"state": "available"})
    lms.control("settings", {"concluded_status": 422})
    lms.control("tools/client-1", {"only_courses": None})


class TestScores:
    def test_answer(self, work: Work) -> None:
        answer = work.score()
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(SCORE_TYPE)
        assert answer.json()["resultUrl"].startswith(f"{work.url}/results/")
        assert answer.json()[SUBMISSION] == {"content_items": []}
        told = work.seen()
        assert (told["score"], told["workflow_state"], told["submission_type"]) == (
            8,
            "graded",
            "external_tool",
        )
        assert told["grader_id"] < 0

    def test_a_score_without_points_wipes_the_grade(self, work: Work) -> None:
        work.score()
        assert (
            work.score(scoreGiven=None, scoreMaximum=None, gradingProgress="PendingManual").status_code == 200
        )
        assert work.seen()["score"] is None
        work.score()
        work.score(gradingProgress="Pending")
        assert work.seen()["score"] is None

    def test_unless_it_is_to_be_preserved(self, work: Work) -> None:
        work.score()
        work.score(
            {"preserve_score": True}, scoreGiven=None, scoreMaximum=None, gradingProgress="PendingManual"
        )
        assert work.seen()["score"] == 8
        # That keeps back points that count, too.
        work.score({"preserve_score": True}, scoreGiven=3)
        assert work.seen()["score"] == 8

    def test_any_grade_comes_first_when_it_is_so_asked(self, work: Work) -> None:
        work.score({"prioritize_non_tool_grade": True}, scoreGiven=5)
        work.score({"prioritize_non_tool_grade": True}, scoreGiven=9)
        assert work.seen()["score"] == 5

    def test_every_score_is_one_more_attempt(self, work: Work) -> None:
        work.score()
        work.score()
        assert work.seen()["attempt"] == 2
        work.score({"new_submission": False})
        work.score({"submission_type": "none"})
        assert work.seen()["attempt"] == 2

    def test_what_is_handed_in(self, work: Work) -> None:
        work.score(
            {"submission_type": "online_url", "submission_data": "https://plp.example/r/5"},
            submission={"submittedAt": "2026-03-12T18:03:20.000Z"},
        )
        told = work.seen()
        assert (told["submission_type"], told["url"]) == ("online_url", "https://plp.example/r/5")
        assert told["submitted_at"] == "2026-03-12T18:03:20Z"
        work.score({"submission_type": "basic_lti_launch", "submission_data": "https://plp.example/r/5"})
        assert "/courses/1/external_tools/retrieve?assignment_id=" in work.seen()["url"]

    def test_attempts_run_out(self, lms: Lms, work: Work) -> None:
        lms.control(f"assignments/{work.assignment}", {"allowed_attempts": 1})
        assert work.score().status_code == 200
        text = "The maximum number of allowed attempts has been reached for this submission"
        assert error(work.score(scoreGiven=3)) == (422, "unprocessable_entity", text)
        assert work.seen()["score"] == 8
        assert work.score({"new_submission": False}, scoreGiven=3).status_code == 200
        assert work.seen()["score"] == 3

    def test_an_old_timestamp(self, work: Work) -> None:
        work.score()
        status, kind, text = error(work.score(timestamp="2020-01-01T00:00:00.000Z"))
        assert (status, kind) == (400, "bad_request")
        assert text.startswith(
            "Provided timestamp of 2020-01-01T00:00:00.000Z before last updated timestamp of "
        )

    def test_refusals(self, work: Work) -> None:
        text = "User not found in course or is not a student"
        assert error(work.score(userId="nobody")) == (422, "unprocessable_entity", text)
        text = "ScoreMaximum not supplied when ScoreGiven present."
        assert error(work.score(scoreMaximum=None)) == (422, "unprocessable_entity", text)
        assert work.score({"submission_type": "carrier_pigeon"}).status_code == 400
        assert work.score({"submission_type": "online_upload"}).status_code == 422
        ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        assert work.score(submission={"submittedAt": ahead}).status_code == 400
        assert work.seen()["attempt"] is None

    def test_scaled_and_known_by_number(self, lms: Lms, work: Work) -> None:
        number = str(lms.control("people/maya")["id"])
        assert work.score(userId=number, scoreGiven=3, scoreMaximum=2).status_code == 200
        assert work.seen()["score"] == 15

    def test_a_comment_is_added_each_time(self, work: Work) -> None:
        work.score(comment="Fine")
        work.score(comment="Fine")
        said = work.seen()["submission_comments"]
        assert [(one["comment"], one["author_id"]) for one in said] == [("Fine", None)] * 2

    def test_files_are_fetched_later(self, lms: Lms, work: Work) -> None:
        file = {"type": "file", "url": f"{lms.tool.url}/file.pdf", "title": "plan.pdf"}
        answer = work.score(
            {"submission_type": "online_upload", "content_items": [{**file, "media_type": "application/pdf"}]}
        )
        (item,) = answer.json()[SUBMISSION]["content_items"]
        headers = lms.token(PROGRESS)
        while (told := requests.get(item["progress"], headers=headers, timeout=60).json())[
            "workflow_state"
        ] == "queued":
            pass
        assert (told["workflow_state"], told["completion"]) == ("completed", 100)
        assert work.seen()["attachments"][0]["display_name"] == "plan.pdf"

    def test_only_the_first_line_item_is_in_the_gradebook(self, lms: Lms, work: Work) -> None:
        second = Work(lms, resourceLinkId=work.made["resourceLinkId"])
        assert second.score(scoreGiven=2).status_code == 200
        assert work.seen()["score"] is None
        results = requests.get(
            f"{second.url}/results", headers=lms.token(AGS + "result.readonly"), timeout=60
        )
        assert results.json()[0]["resultScore"] == 2

    def test_a_teachers_grade_stands_in_results_that_a_tool_began(self, lms: Lms, work: Work) -> None:
        def results() -> list[Any]:
            headers = lms.token(AGS + "result.readonly")
            found: list[Any] = requests.get(f"{work.url}/results", headers=headers, timeout=60).json()
            return [one["resultScore"] for one in found]

        lms.control(f"assignments/{work.assignment}/grade", {"person": "maya", "score": 6})
        assert results() == []
        work.score()
        lms.control(f"assignments/{work.assignment}/grade", {"person": "maya", "score": 4})
        assert results() == [4]


class TestLineItems:
    def test_dates(self, lms: Lms) -> None:
        work = Work(lms, startDateTime="2026-03-09T00:00:00Z", endDateTime="2026-03-13T23:59:00Z")
        assert work.seen()["cached_due_date"] == "2026-03-13T23:59:00Z"
        assert work.made[KIND] == {"type": "external_tool"}

    def test_a_kind_that_is_none(self, lms: Lms) -> None:
        answer = make(lms, **{KIND: {"type": "essay"}})
        assert (answer.status_code, answer.json()) == (
            400,
            {"error": "Invalid submission_type for new assignment: essay"},
        )

    def test_links_that_are_not_the_tools(self, lms: Lms, work: Work) -> None:
        assert make(lms, resourceLinkId="unknown").status_code == 404
        other = lms.control("assignments", {"name": "Not the tool's"})["lti_context_id"]
        assert make(lms, resourceLinkId=other).status_code == 422
        lms.control(f"assignments/{work.assignment}/delete")
        status, kind, _ = error(make(lms, resourceLinkId=work.made["resourceLinkId"]))
        assert (status, kind) == (412, "precondition_failed")
        assert requests.get(work.url, headers=lms.token(AGS + "lineitem"), timeout=60).status_code == 404

    def test_deleting_the_first_one_deletes_the_assignment(self, lms: Lms, work: Work) -> None:
        headers = lms.token(AGS + "lineitem")
        assert requests.delete(work.url, headers=headers, timeout=60).status_code == 204
        assert requests.get(work.url, headers=headers, timeout=60).status_code == 404
        listed = requests.get(
            f"{lms.url}/api/lti/courses/1/line_items", params={"limit": 500}, headers=headers, timeout=60
        ).json()
        assert work.url not in {one["id"] for one in listed}

    def test_another_tools(self, lms: Lms, work: Work) -> None:
        # The same tool under another key sees nothing of it: line items belong to the key.
        lms.control("line_items/belong_to_another", {"line_item": int(work.url.rsplit("/", 1)[1])})
        told = error(requests.get(work.url, headers=lms.token(AGS + "lineitem"), timeout=60))
        assert told == (412, "precondition_failed", "Tool does not have permission to view line_item")


@pytest.mark.usefixtures("open_course")
class TestCourses:
    def test_concluded(self, lms: Lms, work: Work) -> None:
        lms.control("courses/1", {"state": "completed"})
        text = "This course has concluded. AGS requests will no longer be accepted for this course."
        assert error(work.score()) == (422, "unprocessable_entity", text)
        lms.control("settings", {"concluded_status": 404})
        assert error(work.score()) == (404, "not_found", "Context not found")

    def test_unpublished(self, lms: Lms, work: Work) -> None:
        lms.control("courses/1", {"state": "unpublished"})
        text = "User not found in course or is not a student"
        assert error(work.score()) == (422, "unprocessable_entity", text)

    def test_not_installed_there(self, lms: Lms, work: Work) -> None:
        lms.control("tools/client-1", {"only_courses": [2]})
        text = "Access Token not linked to a Tool associated with this Context"
        assert error(work.score()) == (401, "unauthorized", text)
