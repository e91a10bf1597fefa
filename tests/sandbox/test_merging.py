"""The stand-in LMS merges two accounts as Canvas does: one person, who keeps the old name in old courses."""

from typing import Any

import pytest
import requests

from tests.sandbox.canvas import Canvas
from tests.sandbox.installed import CLAIM, Lms, launch

AGS = "https://purl.imsglobal.org/spec/lti-ags/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"


class Merged:
    """Noor had two accounts, one in English 9 and one in Robotics."""

    def __init__(self, lms: Lms, number: int) -> None:
        self.lms = lms
        lms.control("tools/client-1", {"privacy": "public", "custom": {"lms_user_id": "$Canvas.user.id"}})
        who = {"kind": "student", "name": "Noor Okafor", "given_name": "Noor", "family_name": "Okafor"}
        self.old_key, self.key = f"noor-{number}", f"noor.okafor-{number}"
        self.old = lms.control("people", {"key": self.old_key, "course": 1, **who})
        lms.control("observing", {"observer": "ana", "students": [self.old_key]})
        hale = {"key": f"hale-{number}", "name": "Mr. Hale", "given_name": "Owen", "family_name": "Hale"}
        self.robotics = lms.control("courses", {"title": "Robotics", "label": "ROB", "teacher": hale})[
            "course"
        ]
        self.kept = lms.control("people", {"key": self.key, "course": self.robotics, **who})
        self.work = lms.control("assignments", {"name": f"Essay {number}", "points_possible": 10})[
            "assignment"
        ]
        lms.control(f"assignments/{self.work}/submit", {"person": self.old_key, "body": "Mine"})
        assert lms.control(f"people/{self.old_key}/merge", {"into": self.key}) == self.kept

    def members(self, course: int) -> list[dict[str, Any]]:
        url = f"{self.lms.url}/api/lti/courses/{course}/names_and_roles"
        place = launch(self.lms, self.key, course=course)[CLAIM + "context"]["id"]
        answer = requests.get(url, {"rlid": place}, headers=self.lms.token(NRPS), timeout=60).json()
        names = {self.old["sub"], self.kept["sub"]}
        return [one for one in answer["members"] if one["user_id"] in names]


_made: list[int] = []


@pytest.fixture
def merged(lms: Lms) -> Merged:
    _made.append(1)
    return Merged(lms, len(_made))


def test_launches_name_her_as_before_in_old_courses(merged: Merged) -> None:
    for course, sub in ((1, merged.old["sub"]), (merged.robotics, merged.kept["sub"])):
        claims = launch(merged.lms, merged.key, course=course)
        assert claims["sub"] == sub
        assert claims[CLAIM + "custom"]["lms_user_id"] == str(merged.kept["id"])
    place = launch(merged.lms, merged.key, course=None, placement="global_navigation")
    assert place["sub"] == merged.kept["sub"]


def test_rosters_and_observers_do_too(merged: Merged) -> None:
    for course, sub in ((1, merged.old["sub"]), (merged.robotics, merged.kept["sub"])):
        (member,) = merged.members(course)
        assert member["user_id"] == sub
        assert member["message"][0][CLAIM + "custom"]["lms_user_id"] == str(merged.kept["id"])
    assert launch(merged.lms, "ana")[CLAIM + "role_scope_mentor"] == [merged.old["sub"]]


def test_her_work_is_the_kept_accounts(merged: Merged) -> None:
    api = Canvas(merged.lms.url).api("rivera")
    found = api.read(f"courses/1/assignments/{merged.work}/submissions/{merged.kept['id']}")
    assert (found["user_id"], found["body"]) == (merged.kept["id"], "Mine")
    assert api.get(f"courses/1/assignments/{merged.work}/submissions/{merged.old['id']}").status_code == 404


@pytest.mark.parametrize("name", ["old", "kept"])
def test_scores_find_her_by_either_name_in_the_old_course(merged: Merged, name: str) -> None:
    scopes = f"{AGS}scope/lineitem {AGS}scope/score {AGS}scope/result.readonly"
    headers = merged.lms.token(scopes)
    url = f"{merged.lms.url}/api/lti/courses/1/line_items"
    item = requests.post(
        url,
        json={"label": f"Reflection {name}", "scoreMaximum": 10},
        headers={**headers, "Content-Type": "application/vnd.ims.lis.v2.lineitem+json"},
        timeout=60,
    ).json()["id"]
    body = {
        "userId": getattr(merged, name)["sub"],
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": "2026-09-14T12:00:00.000Z",
        "scoreGiven": 8,
        "scoreMaximum": 10,
    }
    sent = {**headers, "Content-Type": "application/vnd.ims.lis.v1.score+json"}
    assert requests.post(f"{item}/scores", json=body, headers=sent, timeout=60).status_code == 200
    (result,) = requests.get(f"{item}/results", headers=headers, timeout=60).json()
    assert (result["userId"], result["resultScore"]) == (merged.old["sub"], 8)


def test_the_old_name_is_nobodys_in_new_courses(merged: Merged) -> None:
    (member,) = merged.members(merged.robotics)
    assert member["user_id"] != merged.old["sub"]
    answer = requests.post(
        f"{merged.lms.url}/_sandbox/people/{merged.key}/merge", json={"into": merged.key}, timeout=60
    )
    assert answer.status_code == 400
