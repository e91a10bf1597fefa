"""The stand-in LMS refuses what a real platform refuses; a stand-in that forgives would hide our faults."""

import json
import secrets
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from lti_plp.sandbox.coursework import make_assignment
from lti_plp.sandbox.placing import NewAssignment, NewLineItem, add_assignment, copy_course
from lti_plp.sandbox.school import add_course, assignment_by_id, assignments, course_by_id
from lti_plp.sandbox.store import Store
from lti_plp.sandbox.tools import install_known_tool
from tests.sandbox.installed import CLAIM, Lms, fields_of, launch

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"


PEOPLE = ("maya", "rivera", "ana", "test-student")


class TestLogin:
    def test_good_request(self, lms: Lms) -> None:
        claims = launch(lms)
        assert claims["nonce"] == "my-nonce"
        assert claims["name"] == "Maya Torres"
        assert claims[CLAIM + "deployment_id"] == "deployment-1"

    @pytest.mark.parametrize(
        "changes",
        [
            {"scope": "openid profile"},
            {"response_type": "code"},
            {"response_mode": "query"},
            {"prompt": None},
            {"nonce": None},
            {"login_hint": "somebody-else"},
            {"lti_message_hint": "another"},
        ],
    )
    def test_wrong_request_comes_back_without_token(self, lms: Lms, changes: dict[str, str | None]) -> None:
        answer = lms.authorize(lms.control("launch", {"person": "maya"}), **changes)
        fields = fields_of(answer.text)
        assert "id_token" not in fields
        assert fields["error"]
        assert fields["state"] == "my-state"

    @pytest.mark.parametrize(
        "changes",
        [{"redirect_uri": "https://evil.example/"}, {"client_id": "another"}, {"redirect_uri": None}],
    )
    def test_unregistered_address_gets_nothing(self, lms: Lms, changes: dict[str, str | None]) -> None:
        answer = lms.authorize(lms.control("launch", {"person": "maya"}), **changes)
        assert answer.status_code == 400
        assert "id_token" not in answer.text

    def test_hint_works_once(self, lms: Lms) -> None:
        begun = lms.control("launch", {"person": "maya"})
        assert "id_token" in fields_of(lms.authorize(begun).text)
        assert "error" in fields_of(lms.authorize(begun).text)

    def test_roles_as_canvas_sends_them(self, lms: Lms) -> None:
        parent = launch(lms, "ana")
        maya = launch(lms, "maya")
        assert parent[CLAIM + "roles"] != maya[CLAIM + "roles"]
        assert parent[CLAIM + "role_scope_mentor"] == [maya["sub"]]
        assert any("TestUser" in role for role in launch(lms, "test-student")[CLAIM + "roles"])
        assert not any("membership" in role for role in launch(lms, "alex")[CLAIM + "roles"])

    def test_numbers_as_canvas_sends_them(self, lms: Lms) -> None:
        told = {person: launch(lms, person)[CLAIM + "lis"]["person_sourcedid"] for person in PEOPLE}
        assert told["maya"].startswith("S-")
        assert told["rivera"].startswith("T-")
        assert told["ana"] == told["test-student"] == "$Person.sourcedId"
        assert launch(lms)[CLAIM + "tool_platform"]["name"] == "Maple Hollow School"
        address = f"{lms.url}/api/lti/courses/1/names_and_roles"
        headers = {**lms.token(MEMBERS), "Accept": MEMBERS_TYPE}
        members = requests.get(address, headers=headers, timeout=20).json()["members"]
        listed = {one["user_id"]: one.get("lis_person_sourcedid") for one in members}
        assert listed[launch(lms)["sub"]] == told["maya"]
        assert listed[launch(lms, "rivera")["sub"]] == told["rivera"]
        assert listed[launch(lms, "ana")["sub"]] is None


class TestTokens:
    @pytest.mark.parametrize(
        "changes",
        [
            {"iss": "another"},
            {"sub": "another"},
            {"aud": "https://elsewhere.example"},
            {"exp": 1000},
            {"iat": None},
            {"jti": None},
        ],
    )
    def test_wrong_assertion(self, lms: Lms, changes: dict[str, Any]) -> None:
        answer = lms.token_answer(lms.tool.sign(lms.assertion(**changes)), MEMBERS)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")

    @pytest.mark.parametrize(("kid", "alg"), [(None, "RS256"), ("unknown", "RS256"), ("tool-key", "RS512")])
    def test_wrong_key(self, lms: Lms, kid: str | None, alg: str) -> None:
        answer = lms.token_answer(lms.tool.sign(lms.assertion(), kid, alg), MEMBERS)
        assert answer.json()["error"] == "invalid_client"

    def test_same_assertion_twice(self, lms: Lms) -> None:
        assertion = lms.tool.sign(lms.assertion())
        assert lms.token_answer(assertion, MEMBERS).status_code == 200
        assert lms.token_answer(assertion, MEMBERS).status_code == 400

    def test_unknown_scope_and_grant(self, lms: Lms) -> None:
        answer = lms.token_answer(lms.tool.sign(lms.assertion()), "everything")
        assert answer.json()["error"] == "invalid_scope"
        answer = lms.token_answer(lms.tool.sign(lms.assertion()), MEMBERS, grant_type="password")
        assert answer.json()["error"] == "unsupported_grant_type"


@pytest.fixture(scope="module")
def item(lms: Lms) -> str:
    made = requests.post(
        f"{lms.url}/api/lti/courses/1/line_items",
        headers={
            **lms.token(AGS + "lineitem"),
            "Content-Type": "application/vnd.ims.lis.v2.lineitem+json",
        },
        data=json.dumps({"label": "Check-in", "scoreMaximum": 10}),
        timeout=20,
    )
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


class TestServices:
    def score(self, lms: Lms, item: str, media: str = SCORE_TYPE, **changes: Any) -> requests.Response:
        subject = launch(lms)["sub"]
        body = {
            "userId": subject,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())}.{secrets.randbelow(900) + 100}Z",
            "scoreGiven": 8,
            "scoreMaximum": 10,
            **changes,
        }
        body = {name: value for name, value in body.items() if value is not None}
        headers = {**lms.token(AGS + "score"), "Content-Type": media}
        return requests.post(f"{item}/scores", headers=headers, data=json.dumps(body), timeout=20)

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"userId": "nobody"}, 422),
            ({"userId": None}, 400),
            ({"activityProgress": "Done"}, 400),
            ({"gradingProgress": "Maybe"}, 400),
            ({"timestamp": "2026-11-24T10:00:00Z"}, 400),
            ({"timestamp": "yesterday"}, 400),
            ({"timestamp": "2001-01-01T00:00:00.000Z", "scoreGiven": -1}, 400),
            ({"scoreMaximum": None}, 422),
            ({"comment": 5}, 400),
            (
                {
                    "submission": {
                        "startedAt": "2026-11-24T10:00:00.0Z",
                        "submittedAt": "2026-11-24T09:00:00.0Z",
                    }
                },
                400,
            ),
        ],
    )
    def test_wrong_score(self, lms: Lms, item: str, changes: dict[str, Any], status: int) -> None:
        assert self.score(lms, item, **changes).status_code == status

    def test_wrong_media_type(self, lms: Lms, item: str) -> None:
        assert self.score(lms, item, media="application/json").status_code == 415

    def test_stale_score(self, lms: Lms, item: str) -> None:
        assert self.score(lms, item, timestamp="2031-01-01T00:00:00.500Z").status_code == 200
        stale = self.score(lms, item, timestamp="2031-01-01T00:00:00.500Z")
        assert stale.status_code == 400
        assert "timestamp" in stale.text

    def test_teacher_is_not_gradable(self, lms: Lms, item: str) -> None:
        assert self.score(lms, item, userId=launch(lms, "rivera")["sub"]).status_code == 422
        assert self.score(lms, item, userId=launch(lms, "test-student")["sub"]).status_code == 422

    def test_without_token_and_with_another_scope(self, lms: Lms, item: str) -> None:
        assert requests.get(item, timeout=20).status_code == 401
        assert requests.get(item, headers=lms.token(MEMBERS), timeout=20).status_code == 403

    def test_roster(self, lms: Lms) -> None:
        address = f"{lms.url}/api/lti/courses/1/names_and_roles"
        headers = {**lms.token(MEMBERS), "Accept": MEMBERS_TYPE}
        first = requests.get(address, params={"limit": 2}, headers=headers, timeout=20)
        assert len(first.json()["members"]) == 2
        following = first.links["next"]["url"]
        assert requests.get(following, headers=headers, timeout=20).status_code == 200
        # The cursor's case counts.
        assert requests.get(following.lower(), headers=headers, timeout=20).status_code in {400, 404}
        wrong = {**headers, "Accept": "application/json"}
        assert requests.get(address, headers=wrong, timeout=20).status_code == 406
        foreign = {"rlid": "somebody-elses"}
        assert requests.get(address, params=foreign, headers=headers, timeout=20).status_code == 400


class TestDeepLinking:
    def answer(self, lms: Lms, spoil: Any = None, **changes: Any) -> requests.Response:
        settings = launch(lms, "rivera", deep_linking={})[DL + "deep_linking_settings"]
        now = int(time.time())
        item = {
            "type": "ltiResourceLink",
            "url": f"{lms.tool.url}/lti/launch",
            "title": "Check-in",
            "custom": {"a": "b"},
            "lineItem": {"scoreMaximum": 10},
        }
        if spoil:
            spoil(item)
        claims = {
            "iss": "client-1",
            "aud": [lms.url],
            "iat": now,
            "exp": now + 300,
            "nonce": secrets.token_hex(8),
            CLAIM + "message_type": "LtiDeepLinkingResponse",
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": "deployment-1",
            DL + "data": settings["data"],
            DL + "content_items": [item],
            **changes,
        }
        token = lms.tool.sign({name: value for name, value in claims.items() if value is not None})
        return requests.post(settings["deep_link_return_url"], data={"JWT": token}, timeout=20)

    def test_good_answer(self, lms: Lms) -> None:
        answer = self.answer(lms)
        assert answer.status_code == 200
        assert "These will be added" in answer.text

    @pytest.mark.parametrize(
        "changes",
        [
            {"iss": "another"},
            {"aud": ["https://elsewhere.example"]},
            {"exp": 1000},
            {"nonce": None},
            {DL + "data": "other"},
            {DL + "data": None},
            {CLAIM + "deployment_id": "another"},
            {CLAIM + "message_type": "LtiResourceLinkRequest"},
            {CLAIM + "version": "1.1"},
            {DL + "content_items": "none"},
        ],
    )
    def test_wrong_answer(self, lms: Lms, changes: dict[str, Any]) -> None:
        answer = self.answer(lms, **changes)
        assert answer.status_code == 400
        assert "refused" in answer.text

    @pytest.mark.parametrize(
        "change",
        [
            {"custom": {}},
            {"custom": {"a": 5}},
            {"custom": None},
            {"url": "https://evil.example/"},
            {"type": "html"},
            {"lineItem": {"scoreMaximum": 0}},
            {"lineItem": {}},
            {"title": 7},
            {"submission": {"endDateTime": "tomorrow"}},
        ],
    )
    def test_wrong_item(self, lms: Lms, change: dict[str, Any]) -> None:
        assert self.answer(lms, lambda item: item.update(change)).status_code == 400

    def test_empty_answer_is_fine(self, lms: Lms) -> None:
        answer = self.answer(lms, **{DL + "content_items": []})
        assert answer.status_code == 200
        assert "Nothing was picked" in answer.text


def test_a_copied_course_has_a_context_of_its_own_and_tells_its_history(lms: Lms) -> None:
    copied = lms.control("courses/1/copy")["course"]
    again = lms.control(f"courses/{copied}/copy")["course"]
    first, second, third = (launch(lms, "rivera", course=number) for number in (1, copied, again))
    contexts = [one[CLAIM + "context"]["id"] for one in (first, second, third)]
    assert len(set(contexts)) == 3
    told = [one[CLAIM + "custom"]["context_history"] for one in (first, second, third)]
    assert told == ["", contexts[0], f"{contexts[1]},{contexts[0]}"]


def test_a_copied_course_keeps_links_and_renews_their_ids(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.create(reset=False)
    with closing(store.connect()) as db:
        install_known_tool(db, "http://127.0.0.1:9", "client-1", "deployment-1")
        course = add_course(db, "English 9", "ENG-9", None)
        column = NewLineItem(label="Check-in", score_maximum=10)
        custom = {"plp_template": "a-template"}
        url = "http://127.0.0.1:9/lti/launch?plp_template=a-template"
        for title in ("Check-in", "Removed"):
            new = NewAssignment(title=title, url=url, custom=custom, line_item=column)
            add_assignment(db, course, 1, new)
        db.execute("UPDATE assignment SET deleted = 1 WHERE title = 'Removed'")
        original = course_by_id(db, course)
        assert original
        copied = copy_course(db, original)
        (old,), (new_one,) = assignments(db, course), assignments(db, copied)
        assert (new_one.url, new_one.custom, new_one.title, new_one.points) == (url, custom, "Check-in", 10)
        assert new_one.resource_link_id != old.resource_link_id
        items = db.execute(
            "SELECT course_id FROM line_item WHERE assignment_id IN (?, ?)", (old.id, new_one.id)
        )
        assert [row["course_id"] for row in items] == [course, copied]


def test_a_copied_course_keeps_what_its_assignments_ask_for(lms: Lms) -> None:
    teacher = {"key": "ito", "name": "Ms. Ito", "given_name": "Emi", "family_name": "Ito"}
    course = lms.control("courses", {"title": "Physics", "label": "PHY", "teacher": teacher})["course"]
    criteria = [{"id": "_7", "points": 4, "description": "Measure", "ratings": [{"id": "r4", "points": 4}]}]
    facts = {"grading_type": "letter_grade", "points_possible": 12.5, "rubric": {"criteria": criteria}}
    made = lms.control("assignments", {"course": course, "name": "Lab report", **facts})["assignment"]
    lms.control("assignments", {"course": course, "name": "Draft", "published": False})
    key = lms.control("developer_keys", {"redirect_uris": ["http://127.0.0.1:9/back"]})
    token = lms.control("user_tokens", {"client_id": key["client_id"], "person": "ito"})["access_token"]

    def told(number: int) -> list[dict[str, Any]]:
        address = f"{lms.url}/api/v1/courses/{number}/assignments"
        answer = requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=20)
        found: list[dict[str, Any]] = answer.json()
        return found

    copied = told(lms.control(f"courses/{course}/copy")["course"])
    same = ("name", "grading_type", "points_possible", "published", "submission_types", "rubric")
    assert [[one.get(name) for name in same] for one in copied] == [
        [one.get(name) for name in same] for one in told(course)
    ]
    assert made not in [one["id"] for one in copied]
    assert all(one["original_assignment_id"] is None for one in copied)


def test_a_deleted_course_is_nowhere(lms: Lms) -> None:
    copied = lms.control("courses/1/copy")["course"]
    roster = f"{lms.url}/api/lti/courses/{copied}/names_and_roles"
    headers = {**lms.token(MEMBERS), "Accept": MEMBERS_TYPE}
    assert requests.get(roster, headers=headers, timeout=20).status_code == 200
    begun = lms.control("launch", {"person": "rivera", "course": copied})
    lms.control(f"courses/{copied}/delete")
    assert requests.get(roster, headers=headers, timeout=20).status_code == 404
    items = f"{lms.url}/api/lti/courses/{copied}/line_items"
    assert requests.get(items, headers=lms.token(AGS + "lineitem"), timeout=20).status_code == 404
    score = {**lms.token(AGS + "score"), "Content-Type": SCORE_TYPE}
    assert requests.post(f"{items}/1/scores", headers=score, data="{}", timeout=20).status_code == 404
    # What was begun before it was deleted leads nowhere, and nothing new begins.
    assert "id_token" not in lms.authorize(begun).text
    again = requests.post(
        f"{lms.url}/_sandbox/launch", json={"person": "rivera", "course": copied}, timeout=20
    )
    assert again.status_code == 404
    lms.control(f"courses/{copied}/delete", {"undo": True})
    assert requests.get(roster, headers=headers, timeout=20).status_code == 200


def test_a_file_of_before_courses_could_be_deleted_still_serves(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.create(reset=False)
    with closing(store.connect()) as db:
        db.execute("INSERT INTO course (context_id, title, label) VALUES ('c', 'English 9', 'ENG-9')")
        db.execute("ALTER TABLE course DROP COLUMN deleted")
    store.create(reset=False)
    with closing(store.connect()) as db:
        assert course_by_id(db, 1)


def test_a_file_of_before_assignments_without_a_tool_still_serves(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with closing(store.connect()) as db:
        db.executescript("""
            CREATE TABLE tool (id INTEGER PRIMARY KEY AUTOINCREMENT, client_id TEXT NOT NULL UNIQUE);
            CREATE TABLE course (
                id INTEGER PRIMARY KEY AUTOINCREMENT, context_id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
                label TEXT NOT NULL, copied_from INTEGER REFERENCES course (id)
            );
            CREATE TABLE assignment (
                id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER NOT NULL REFERENCES course (id),
                tool_id INTEGER NOT NULL REFERENCES tool (id), resource_link_id TEXT NOT NULL UNIQUE,
                title TEXT NOT NULL, text TEXT NOT NULL DEFAULT '', url TEXT, custom TEXT NOT NULL DEFAULT '{}',
                new_tab INTEGER NOT NULL DEFAULT 0, unlock_at TEXT, lock_at TEXT, due_at TEXT
            );
            CREATE TABLE launch (message_hint TEXT PRIMARY KEY, course_id INTEGER NOT NULL);
            INSERT INTO tool (client_id) VALUES ('one');
            INSERT INTO course (context_id, title, label) VALUES ('c', 'English 9', 'ENG-9');
            INSERT INTO assignment (course_id, tool_id, resource_link_id, title) VALUES (1, 1, 'link', 'Check-in');
        """)
    store.create(reset=False)
    with closing(store.connect()) as db:
        kept = assignment_by_id(db, 1)
        assert kept
        assert (kept.title, kept.tool_id, kept.published) == ("Check-in", 1, True)
        made = make_assignment(db, 1, "Lab report")
        assert assignment_by_id(db, made)
        assert not db.execute("PRAGMA foreign_key_check").fetchall()


def test_keys_rotate(lms: Lms) -> None:
    before = requests.get(f"{lms.url}/api/lti/security/jwks", timeout=20).json()["keys"]
    lms.control("keys/rotate", {"overlap": True})
    after = requests.get(f"{lms.url}/api/lti/security/jwks", timeout=20).json()["keys"]
    assert len(after) == len(before) + 1
    for key in after:
        assert {"kid", "alg", "use", "kty", "n", "e"} == set(key)
    assert launch(lms)["name"] == "Maya Torres"
