"""What launches of the stand-in LMS have in common with Canvas's: single use, odd claims, places of their own."""

import re
import secrets
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import unquote

import jwt
import pytest
import requests

from tests.sandbox.canvas import Browser
from tests.sandbox.installed import CLAIM, FakeTool, Lms, claims_of, fields_of, launch

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
PLACEMENT = "https://www.instructure.com/placement"
NAMES = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
LIS = "http://purl.imsglobal.org/vocab/lis/v2/"


@pytest.fixture(autouse=True)
def as_installed(lms: Lms) -> None:
    lms.control("tools/client-1", {"privacy": "public", "active": True})


def frame_of(browser: Browser, path: str) -> dict[str, Any]:
    """The login initiation that a page of the LMS begins its frame with."""
    page = browser.ask("GET", path)
    assert page.status_code == 200, page.text
    found = re.search(r'<iframe id="tool"[^>]* src="([^"]*)"', page.text)
    assert found, page.text
    query = unquote(found[1].replace("&amp;", "&")).partition("?")[2]
    return {"parameters": dict(part.split("=", 1) for part in query.split("&"))}


def opened(lms: Lms, browser: Browser, path: str) -> dict[str, Any]:
    """The claims of a launch that a person began in a page."""
    begun = frame_of(browser, path)["parameters"]
    answer = browser.ask(
        "GET",
        "/api/lti/authorize",
        params={
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": "client-1",
            "redirect_uri": f"{lms.tool.url}/lti/launch",
            "login_hint": begun["login_hint"],
            "lti_message_hint": begun["lti_message_hint"],
            "state": "s",
            "nonce": "n",
        },
    )
    token = fields_of(answer.text)["id_token"]
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


class TestHandshake:
    def test_reloading_brings_an_error(self, lms: Lms) -> None:
        begun = lms.control("launch", {"person": "maya"})
        assert "id_token" in fields_of(lms.authorize(begun).text)
        told = fields_of(lms.authorize(begun).text)
        assert told["error"] == "launch_no_longer_valid"
        assert told["error_description"] == "The launch has either expired or already been consumed"
        assert told["state"] == "my-state"

    def test_too_late(self, lms: Lms) -> None:
        begun = lms.control("launch", {"person": "maya"})
        lms.control("clock", {"seconds": 16 * 60})
        told = fields_of(lms.authorize(begun).text)
        lms.control("clock", {"seconds": 0})
        assert told["error"] == "launch_no_longer_valid"

    def test_other_errors(self, lms: Lms) -> None:
        begun = lms.control("launch", {"person": "maya"})
        told = fields_of(lms.authorize(begun, prompt=None, nonce=None).text)
        assert told["error"] == "invalid_request_object"
        assert told["error_description"] == "The following parameters are missing: prompt,nonce"
        told = fields_of(lms.authorize(begun, login_hint="another").text)
        assert (told["error"], told["error_description"]) == (
            "login_required",
            "Must have an active user session",
        )
        lms.control("tools/client-1", {"active": False})
        assert fields_of(lms.authorize(begun).text)["error"] == "unauthorized_client"

    def test_another_browser(self, lms: Lms) -> None:
        browser = Browser(lms.url)
        browser.sign_in("maya")
        begun = frame_of(browser, "/courses/1/external_tools/1")
        assert fields_of(lms.authorize(begun).text)["error"] == "login_required"

    def test_login_names_the_deployment_in_both_ways(self, lms: Lms) -> None:
        told = lms.control("launch", {"person": "maya"})["parameters"]
        assert told["deployment_id"] == told["lti_deployment_id"] == "deployment-1"
        assert told["lti_storage_target"] == "_parent"

    def test_tokens_are_long(self, lms: Lms) -> None:
        begun = lms.control("launch", {"person": "rivera", "deep_linking": {}})
        assert len(fields_of(lms.authorize(begun).text)["id_token"]) > 4096


class TestClaims:
    def test_roles_of_who_teaches_elsewhere(self, lms: Lms) -> None:
        course = lms.control("many", {"students": 1, "assignments": 1})["course"]
        lms.control("people/leo", {"course": course, "role": "teacher"})
        here = launch(lms, "leo")[CLAIM + "roles"]
        assert here == sorted(here)
        assert set(here) == {
            LIS + "membership#Learner",
            LIS + "institution/person#Student",
            LIS + "institution/person#Instructor",
            LIS + "system/person#User",
        }
        assert LIS + "membership#Instructor" in launch(lms, "leo", course=course)[CLAIM + "roles"]

    def test_an_assistant_teaches_as_well(self, lms: Lms) -> None:
        lms.control("people", {"key": "noor", "kind": "assistant", "name": "Noor Haddad", "course": 1})
        claims = launch(lms, "noor")
        assert {one for one in claims[CLAIM + "roles"] if "/membership" in one} == {
            LIS + "membership/Instructor#TeachingAssistant",
            LIS + "membership#Instructor",
        }
        people = requests.get(
            f"{lms.url}/api/lti/courses/1/names_and_roles", headers=lms.token(NAMES), timeout=60
        ).json()["members"]
        (noor,) = [one for one in people if one["user_id"] == claims["sub"]]
        assert LIS + "membership/Instructor#TeachingAssistant" in noor["roles"]
        browser = Browser(lms.url)
        browser.sign_in("noor")
        assert "Student View" in browser.ask("GET", "/courses/1").text

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_families_of_some(self, lms: Lms, count: int) -> None:
        watched = ["maya", "leo"][:count]
        lms.control("observing", {"observer": "ana", "students": watched})
        claims = launch(lms, "ana")
        if watched:
            assert claims[CLAIM + "role_scope_mentor"] == [launch(lms, key)["sub"] for key in watched]
        else:
            assert CLAIM + "role_scope_mentor" not in claims
        lms.control("tools/client-1", {"privacy": "name_only"})
        assert CLAIM + "role_scope_mentor" not in launch(lms, "ana")
        lms.control("observing", {"observer": "ana", "students": ["maya"]})

    @pytest.mark.parametrize(
        ("privacy", "told"),
        [
            ("anonymous", set()),
            ("email_only", {"email"}),
            ("name_only", {"name", "given_name", "family_name", CLAIM + "lis"}),
            ("public", {"name", "given_name", "family_name", "email", "picture", CLAIM + "lis"}),
        ],
    )
    def test_privacy(self, lms: Lms, privacy: str, told: set[str]) -> None:
        lms.control("tools/client-1", {"privacy": privacy})
        claims = launch(lms)
        personal = {"name", "given_name", "family_name", "email", "picture", CLAIM + "lis"}
        assert personal & set(claims) == told
        assert claims["sub"]

    def test_nobody(self, lms: Lms) -> None:
        claims = launch(lms, nobody=True)
        assert not {"sub", "name", "email", CLAIM + "lti11_legacy_user_id"} & set(claims)
        assert claims[CLAIM + "roles"] == [LIS + "system/person#None"]
        assert claims[CLAIM + "custom"]["canvas_user_id"] == "$Canvas.user.id"

    def test_who_administers_the_whole_account(self, lms: Lms) -> None:
        told = {person: launch(lms, person)[CLAIM + "custom"] for person in ("alex", "rivera")}
        assert (told["alex"]["root_admin"], told["rivera"]["root_admin"]) == ("true", "false")
        # Nobody acts as anybody in this LMS.
        assert told["alex"]["masquerading"] == "$Canvas.masqueradingUser.id"

    def test_variables_that_are_unknown_here_stay_as_they_are(self, lms: Lms) -> None:
        assert launch(lms)[CLAIM + "custom"]["assignment_due_at"] == "$Canvas.assignment.dueAt.iso8601"

    def test_a_menu_has_the_course_as_its_link(self, lms: Lms) -> None:
        claims = launch(lms)
        assert claims[CLAIM + "resource_link"]["id"] == claims[CLAIM + "context"]["id"]
        assert claims[PLACEMENT] == "course_navigation"

    def test_members_that_mean_nothing(self, lms: Lms) -> None:
        context = launch(lms)[CLAIM + "context"]
        assert (context["errors"], context["validation_context"]) == ({"errors": {}}, None)

    def test_two_schools_with_one_issuer(self, tmp_path: Path) -> None:
        tool = FakeTool()
        schools = []
        for number in (1, 2):
            command = [
                sys.executable,
                "-m",
                "lti_plp.sandbox",
                "--port",
                "0",
                "--data",
                str(tmp_path / f"{number}"),
            ]
            command += [
                "--tool-url",
                tool.url,
                "--client-id",
                "client-1",
                "--issuer",
                "https://canvas.example",
            ]
            command += ["--deployment-id", f"deployment-{number}"]
            schools.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        for number, process in enumerate(schools, start=1):
            assert process.stdout
            lms = Lms(process.stdout.readline().split()[-1], tool)
            begun = lms.control("launch", {"person": "maya"})
            assert begun["parameters"]["iss"] == "https://canvas.example"
            claims = claims_of(lms, begun)
            assert claims["iss"] == "https://canvas.example"
            assert claims[CLAIM + "deployment_id"] == f"deployment-{number}"
            assert lms.token_answer(tool.sign(lms.assertion()), NOTICES).status_code == 200
            process.terminate()
            assert process.wait(20) == 0
            process.stdout.close()
        tool.server.shutdown()
        tool.server.server_close()


class TestPlaces:
    def test_of_a_person(self, lms: Lms) -> None:
        browser = Browser(lms.url)
        browser.sign_in("maya")
        assert "/users/self/external_tools/1" in browser.ask("GET", "/profile").text
        claims = opened(lms, browser, "/users/self/external_tools/1")
        assert claims[PLACEMENT] == "user_navigation"
        assert claims[CLAIM + "context"]["type"] == ["Account"]
        assert claims[CLAIM + "resource_link"]["id"] == claims[CLAIM + "context"]["id"]
        assert not any("lti-ags" in name or "lti-nrps" in name for name in claims)
        assert not any("/membership" in role for role in claims[CLAIM + "roles"])
        assert claims[CLAIM + "custom"]["canvas_course_id"] == "$Canvas.course.id"

    def test_of_the_account(self, lms: Lms) -> None:
        browser = Browser(lms.url)
        browser.sign_in("alex")
        assert "/accounts/1/external_tools/1" in browser.ask("GET", "/admin").text
        claims = opened(lms, browser, "/accounts/1/external_tools/1")
        assert claims[PLACEMENT] == "account_navigation"
        assert LIS + "institution/person#Administrator" in claims[CLAIM + "roles"]
        browser.sign_in("rivera")
        assert browser.ask("GET", "/accounts/1/external_tools/1").status_code == 403

    def test_of_a_students_card(self, lms: Lms) -> None:
        maya = lms.control("people/maya")["id"]
        browser = Browser(lms.url)
        browser.sign_in("rivera")
        assert f"/courses/1/users/{maya}" in browser.ask("GET", "/courses/1/people").text
        claims = opened(lms, browser, f"/courses/1/users/{maya}/external_tools/1")
        assert claims[PLACEMENT] == "student_context_card"
        assert claims["https://www.instructure.com/lti_student_id"] == str(maya)
        assert claims["sub"] == launch(lms, "rivera")["sub"]
        browser.sign_in("leo")
        assert browser.ask("GET", f"/courses/1/users/{maya}").status_code == 403

    @pytest.mark.parametrize(
        ("placement", "types", "several"),
        [
            ("assignment_selection", ["ltiResourceLink"], False),
            ("link_selection", ["ltiResourceLink"], True),
            ("course_assignments_menu", ["ltiResourceLink"], True),
            ("submission_type_selection", ["ltiResourceLink"], False),
            ("editor_button", ["link", "file", "html", "ltiResourceLink", "image"], True),
        ],
    )
    def test_what_places_take(self, lms: Lms, placement: str, types: list[str], several: bool) -> None:
        browser = Browser(lms.url)
        browser.sign_in("rivera")
        claims = opened(lms, browser, f"/courses/1/pick/{placement}/1")
        settings = claims[DL + "deep_linking_settings"]
        assert claims[PLACEMENT] == placement
        assert (settings["accept_types"], settings["accept_multiple"]) == (types, several)
        browser.sign_in("maya")
        assert browser.ask("GET", f"/courses/1/pick/{placement}/1").status_code == 403

    def test_a_place_that_is_not_installed(self, lms: Lms) -> None:
        lms.control("tools/client-1", {"placements": ["course_navigation"]})
        browser = Browser(lms.url)
        browser.sign_in("maya")
        assert browser.ask("GET", "/users/self/external_tools/1").status_code == 404
        everything = ["course_navigation", "user_navigation", "account_navigation", "student_context_card"]
        everything += ["assignment_selection", "link_selection", "course_assignments_menu"]
        everything += ["submission_type_selection", "editor_button", "homework_submission"]
        lms.control("tools/client-1", {"placements": everything})


class TestPicking:
    def pick(self, lms: Lms, person: str, path: str, item: dict[str, Any]) -> requests.Response:
        browser = Browser(lms.url)
        browser.sign_in(person)
        settings = opened(lms, browser, path)[DL + "deep_linking_settings"]
        now = int(time.time())
        token = lms.tool.sign(
            {
                "iss": "client-1",
                "aud": lms.url,
                "iat": now,
                "exp": now + 300,
                "nonce": secrets.token_hex(8),
                CLAIM + "message_type": "LtiDeepLinkingResponse",
                CLAIM + "version": "1.3.0",
                CLAIM + "deployment_id": "deployment-1",
                DL + "data": settings["data"],
                DL + "content_items": [item],
            }
        )
        answer = requests.post(settings["deep_link_return_url"], data={"JWT": token}, timeout=60)
        handle = re.search(r'data-handle="([^"]*)"', answer.text)
        if handle is None:
            return answer
        return browser.ask("POST", "/courses/1/add_picked", data={"handle": handle[1]})

    def link(self, lms: Lms, title: str, **more: Any) -> dict[str, Any]:
        return {"type": "ltiResourceLink", "url": f"{lms.tool.url}/lti/launch", "title": title, **more}

    def made(self, lms: Lms, title: str) -> dict[str, Any]:
        told = requests.get(f"{lms.url}/_sandbox/courses", timeout=60).json()[0]["assignments"]
        found: dict[str, Any] = next(one for one in told if one["title"] == title)
        return found

    def shown(self, lms: Lms, title: str) -> dict[str, Any]:
        key = lms.control("developer_keys", {"redirect_uris": ["http://127.0.0.1:9/"]})
        token = lms.control("user_tokens", {"client_id": key["client_id"], "person": "rivera"})[
            "access_token"
        ]
        address = f"{lms.url}/api/v1/courses/1/assignments/{self.made(lms, title)['id']}"
        answer = requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        found: dict[str, Any] = answer.json()
        return found

    def test_a_line_item_makes_an_assignment_only_with_the_schools_flag(self, lms: Lms) -> None:
        path, graded = "/courses/1/pick/link_selection/1", {"lineItem": {"scoreMaximum": 7}}
        answer = self.pick(lms, "rivera", path, self.link(lms, "Graded", **graded))
        assert answer.headers["Location"].endswith("/modules")
        assert self.shown(lms, "Graded")["points_possible"] == 7
        lms.control("settings", {"deep_linking_line_items": "off"})
        self.pick(lms, "rivera", path, self.link(lms, "Plain", **graded))
        lms.control("settings", {"deep_linking_line_items": "on"})
        assert self.shown(lms, "Plain")["points_possible"] is None

    def test_the_line_item_of_what_was_picked_is_the_schools(self, lms: Lms) -> None:
        item = self.link(lms, "Kept", lineItem={"scoreMaximum": 7})
        self.pick(lms, "rivera", "/courses/1/pick/assignment_selection/1", item)
        headers = lms.token("https://purl.imsglobal.org/spec/lti-ags/scope/lineitem")
        link = {"resource_link_id": self.made(lms, "Kept")["resource_link_id"]}
        address = f"{lms.url}/api/lti/courses/1/line_items"
        (listed,) = requests.get(address, params=link, headers=headers, timeout=60).json()
        refused = requests.delete(listed["id"], headers=headers, timeout=60)
        assert (refused.status_code, refused.content) == (401, b"")
        assert requests.get(listed["id"], headers=headers, timeout=60).status_code == 200

    def test_unpublished_at_first(self, lms: Lms) -> None:
        lms.control("settings", {"publish_picked": "off"})
        self.pick(lms, "rivera", "/courses/1/pick/assignment_selection/1", self.link(lms, "Draft"))
        lms.control("settings", {"publish_picked": "on"})
        assert self.shown(lms, "Draft")["published"] is False
        browser = Browser(lms.url)
        browser.sign_in("maya")
        assert "Draft" not in browser.ask("GET", "/courses/1").text

    def test_a_tools_assignment_in_rest(self, lms: Lms) -> None:
        item = self.link(lms, "Typed", custom={"artifact": "goal-12"})
        self.pick(lms, "rivera", "/courses/1/pick/submission_type_selection/1", item)
        told = self.shown(lms, "Typed")
        assert told["submission_types"] == ["external_tool"]
        assert told["lti_context_id"] == self.made(lms, "Typed")["resource_link_id"]
        attributes = told["external_tool_tag_attributes"]
        assert attributes["custom_params"] == {"artifact": "goal-12"}
        assert attributes["resource_link_id"] != told["lti_context_id"]
        assert "sessionless_launch?assignment_id=" in told["url"]

    def test_only_one_where_one_is_asked_for(self, lms: Lms) -> None:
        wrong = self.pick(
            lms, "rivera", "/courses/1/pick/assignment_selection/1", {"type": "html", "html": "<p>x</p>"}
        )
        assert wrong.status_code == 400

    def test_into_a_page(self, lms: Lms) -> None:
        item = {"type": "html", "html": "<p>My goal</p>", "title": "Goal"}
        answer = self.pick(lms, "rivera", "/courses/1/pick/editor_button/1", item)
        assert answer.headers["Location"].endswith("/pages")
        browser = Browser(lms.url)
        browser.sign_in("maya")
        assert "My goal" in browser.ask("GET", "/courses/1/pages").text

    def test_a_link_in_a_page_is_one_of_its_own(self, lms: Lms) -> None:
        item = self.link(lms, "Talk", custom={"artifact": "goal-7"}, url=f"{lms.tool.url}/lti/launch?goal=7")
        self.pick(lms, "rivera", "/courses/1/pick/editor_button/1", item)
        browser = Browser(lms.url)
        browser.sign_in("maya")
        page = browser.ask("GET", "/courses/1/pages").text
        found = re.search(r'href="(/courses/1/external_tools/retrieve[^"]+)">Talk<', page)
        assert found, page
        claims = opened(lms, browser, found[1])
        link = claims[CLAIM + "resource_link"]
        assert (link["title"], claims[CLAIM + "target_link_uri"]) == ("Talk", item["url"])
        assert link["id"] == opened(lms, browser, found[1])[CLAIM + "resource_link"]["id"]
        assert link["id"] != claims[CLAIM + "context"]["id"]
        assert claims[CLAIM + "custom"]["artifact"] == "goal-7"
        assert claims[CLAIM + "message_type"] == "LtiResourceLinkRequest"
        none = "/courses/1/external_tools/retrieve?resource_link_lookup_uuid=x"
        assert browser.ask("GET", none).status_code == 404

    def test_a_teacher_opens_what_a_student_hands_in(self, lms: Lms) -> None:
        made = lms.control("assignments", {"name": "Show it", "points_possible": 5})["assignment"]
        item = self.link(lms, "My goal", url=f"{lms.tool.url}/lti/launch?goal=8")
        self.pick(lms, "maya", f"/courses/1/pick/homework_submission/1?assignment={made}", item)
        browser = Browser(lms.url)
        browser.sign_in("rivera")
        student = lms.control("people/maya")["id"]
        grader = f"/courses/1/gradebook/speed_grader?assignment_id={made}&student_id={student}"
        found = re.search(
            r'href="(/courses/1/external_tools/retrieve[^"]+)"', browser.ask("GET", grader).text
        )
        assert found
        claims = opened(lms, browser, found[1].replace(":", "%3A"))
        assert claims[CLAIM + "target_link_uri"] == item["url"]
        assert claims[CLAIM + "resource_link"]["id"] == claims[CLAIM + "context"]["id"]
        elsewhere = "/courses/1/external_tools/retrieve?url=https%3A%2F%2Felsewhere.example%2Fx"
        assert browser.ask("GET", elsewhere).status_code == 404

    def test_a_student_hands_in_a_file_of_the_tool(self, lms: Lms) -> None:
        made = lms.control("assignments", {"name": "Upload", "submission_types": ["online_upload"]})[
            "assignment"
        ]
        path = f"/courses/1/pick/homework_submission/1?assignment={made}"
        item = {"type": "file", "url": f"{lms.tool.url}/file.pdf", "title": "plan.pdf"}
        answer = self.pick(lms, "maya", path, {**item, "mediaType": "application/pdf"})
        assert answer.headers["Location"].endswith(f"/assignments/{made}")
        key = lms.control("developer_keys", {"redirect_uris": ["http://127.0.0.1:9/"]})
        token = lms.control("user_tokens", {"client_id": key["client_id"], "person": "maya"})["access_token"]
        address = f"{lms.url}/api/v1/courses/1/assignments/{made}/submissions/self"
        told = requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=60).json()
        assert (told["submission_type"], told["attachments"][0]["display_name"]) == (
            "online_upload",
            "plan.pdf",
        )
        browser = Browser(lms.url)
        browser.sign_in("rivera")
        assert browser.ask("GET", path).status_code == 404


class TestNotices:
    def handler(self, lms: Lms, url: str, kind: str = "LtiContextCopyNotice") -> requests.Response:
        service = launch(lms)["https://purl.imsglobal.org/spec/lti/claim/platformnotificationservice"]
        address, body = service["platform_notification_service_url"], {"notice_type": kind, "handler": url}
        return requests.put(address, json=body, headers=lms.token(NOTICES), timeout=60)

    def test_a_copied_course_is_told_of_once(self, lms: Lms) -> None:
        assert self.handler(lms, f"{lms.tool.url}/lti/notices").status_code == 200
        lms.tool.answers = 500
        copied = lms.control("courses/1/copy")["course"]
        token = lms.tool.received.get(timeout=60)["notices"][0]["jwt"]
        lms.tool.answers = 200
        claims = jwt.decode(token, options={"verify_signature": False})
        assert claims[CLAIM + "notice"]["type"] == "LtiContextCopyNotice"
        assert claims[CLAIM + "origin_contexts"] == [launch(lms)[CLAIM + "context"]["id"]]
        assert (
            claims[CLAIM + "context"]["id"] == launch(lms, "rivera", course=copied)[CLAIM + "context"]["id"]
        )
        assert (claims["aud"], claims[CLAIM + "deployment_id"]) == ("client-1", "deployment-1")
        while (sent := requests.get(f"{lms.url}/_sandbox/notices", timeout=60).json())[-1]["status"] is None:
            pass
        assert [one["status"] for one in sent] == [500]
        # It was refused, and is not sent again.
        with pytest.raises(Empty):
            lms.tool.received.get_nowait()
        assert self.handler(lms, "").status_code == 200
        lms.control("courses/1/copy")
        assert len(requests.get(f"{lms.url}/_sandbox/notices", timeout=60).json()) == 1

    def test_only_to_the_tools_own_server(self, lms: Lms) -> None:
        assert self.handler(lms, "https://evil.example/").status_code == 400
        assert self.handler(lms, lms.tool.url, "SomeOtherNotice").status_code == 400
        address = f"{lms.url}/api/lti/notice-handlers/1"
        assert requests.get(address, timeout=60).status_code == 401
        told = requests.get(address, headers=lms.token(NOTICES), timeout=60).json()
        assert told["notice_handlers"][0] == {"notice_type": "LtiHelloWorldNotice", "handler": ""}
