"""An administrator connects the district's Canvas, and a teacher allows it to be read: forms, consent, refusals."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_plp.canvas.api_keys import keep_api_key
from lti_plp.canvas.models import CanvasApi, CanvasConsent, CanvasGrant
from lti_plp.canvas.scopes import SCOPES
from lti_plp.clock import utc_now
from lti_plp.launch.claims import (
    ACTING_KEY,
    HISTORY_KEY,
    LMS_USER_KEY,
    OBSERVEES_KEY,
    ROOT_ADMIN_KEY,
    SECTIONS_KEY,
)
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.coursework_models import CourseworkReading
from lti_plp.lms.models import Course, Deployment, Enrolment, Identity
from lti_plp.lms.queue import WakeUpQueue
from lti_plp.views.adults.canvas_key import reasons
from lti_plp.worker import add_handlers
from tests.fixtures_tool import MovableClock
from tests.launching import CLAIM
from tests.sandbox.canvas import Api, Browser, Canvas, Key
from tests.sandbox.conftest import canvas
from tests.views.conftest import RIVERA, School, Visitor
from tests.views.test_who_may import ODA

__all__ = ["canvas"]

CALLBACK = "http://127.0.0.1:8000/canvas/allowed"


@dataclass
class Desk:
    """A teacher's and an administrator's browser, and the stand-in LMS whose REST services are asked."""

    app: Flask
    toolbox: Toolbox
    canvas: Canvas
    key: Key
    teacher: Visitor
    administrator: Visitor

    def enter_key(self, **changes: str) -> TestResponse:
        form = {
            "base_url": f"{self.canvas.url}/accounts/1",
            "client_id": self.key.client_id,
            "client_secret": self.key.secret,
            **changes,
        }
        return self.administrator.post("students/canvas", **form)

    def known_as(self, person: str) -> None:
        """Let the teacher be this person of Canvas."""
        with self.toolbox.sessions.begin() as session:
            identity = session.scalars(select(Identity).where(Identity.subject == RIVERA.subject)).one()
            identity.lms_id = str(self.canvas.person_id(person))

    def other_name(self, subject: str, person: str, guid: str = "") -> None:
        """Let the teacher have one more name, in a course of this instance of Canvas or of another one."""
        with self.toolbox.sessions.begin() as session:
            known = session.scalars(select(Identity).where(Identity.subject == RIVERA.subject)).one()
            door = session.scalars(select(Deployment)).one()
            lms_id = str(self.canvas.person_id(person)) if person else ""
            facts = {"tenant_id": known.tenant_id, "created_at": self.toolbox.clock()}
            who = {"person_id": known.person_id, "issuer": known.issuer, "subject": subject}
            session.add(Identity(lms_id=lms_id, **who, **facts))
            if guid:
                door = Deployment(
                    registration_id=door.registration_id,
                    tenant_id=known.tenant_id,
                    lti_deployment_id="deployment-2",
                    status="active",
                    platform_guid=guid,
                    first_seen_at=self.toolbox.clock(),
                )
                session.add(door)
                session.flush()
            course = Course(deployment_id=door.id, lti_context_id="course-2", **facts)
            session.add(course)
            session.flush()
            there = {"course_id": course.id, "person_id": known.person_id, "subject": subject}
            session.add(Enrolment(roles="instructor", mentor_of=[], **there))

    def asked(self) -> str:
        """The address at which Canvas asks the teacher, as the page has it."""
        page = self.teacher.get("students/coursework").get_data(as_text=True)
        found = re.search(r'id="allow" href="([^"]+)"', page)
        assert found, page
        return unescape(found[1])

    def answer(self, person: str, what: str = "accept", address: str = "") -> TestResponse:
        """Somebody answers in Canvas, and their browser is sent back."""
        browser = Browser(self.canvas.url)
        browser.sign_in(person)
        page = browser.ask("GET", address or self.asked())
        while page.status_code in {302, 303}:
            page = browser.ask("GET", page.headers["Location"])
        told = decided(browser, page, what)
        return self.app.test_client().get("/canvas/allowed", query_string=told)

    def count(self, model: Any) -> int:
        with self.toolbox.sessions() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


def decided(browser: Browser, page: requests.Response, what: str = "accept") -> dict[str, str]:
    """Press a button of the page on which Canvas asks; what it brings back here."""
    form = re.search(r'name="form" value="([^"]*)"', page.text)
    assert form, page.text
    answer = browser.ask("POST", f"/login/oauth2/{what}", data={"form": form[1]})
    back = answer.headers["Location"]
    assert back.startswith(CALLBACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


@pytest.fixture
def desk(app: Flask, toolbox: Toolbox, school: School, canvas: Canvas) -> Desk:
    school.place()
    key = canvas.key(redirect_uris=[CALLBACK])
    return Desk(app, toolbox, canvas, key, school.enter(RIVERA), school.enter(ODA))


def text_of(answer: TestResponse) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


class TestKey:
    def test_it_is_kept_sealed_and_checked(self, desk: Desk) -> None:
        before = text_of(desk.administrator.get("students/canvas"))
        assert "Make one as described below" in before
        assert CALLBACK in before
        assert desk.enter_key().status_code == 303
        page = desk.administrator.get("students/canvas")
        assert "It has an API key works" in re.sub(r"\s+", " ", text_of(page))
        assert desk.key.secret not in page.get_data(as_text=True)
        with desk.toolbox.sessions() as session:
            row = session.scalars(select(CanvasApi)).one()
            assert row.base_url == desk.canvas.url
            assert desk.key.secret not in row.client_secret
            assert desk.toolbox.secrets.open(row.client_secret) == desk.key.secret

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("https://Lakeview.Instructure.example/courses/1", "https://lakeview.instructure.example"),
            ("https://lakeview.instructure.example:443", "https://lakeview.instructure.example"),
            ("https://lakeview.instructure.example:8443", "https://lakeview.instructure.example:8443"),
            ("HTTPS://[2001:DB8::1]/", "https://[2001:db8::1]"),
        ],
    )
    def test_its_address_is_kept_as_canvas_writes_it(
        self, desk: Desk, toolbox: Toolbox, typed: str, kept: str
    ) -> None:
        """Of pages that lead elsewhere none is followed, and a host is compared letter by letter."""
        with toolbox.sessions.begin() as session:
            deployment_id = session.scalars(select(Deployment.id)).one()
            keep_api_key(session, toolbox.secrets, deployment_id, typed, "10", "secret", toolbox.clock())
            assert session.scalars(select(CanvasApi.base_url)).one() == kept

    def test_a_wrong_key_is_told(self, desk: Desk) -> None:
        desk.enter_key(client_secret="not-this-one")
        assert "Canvas does not accept this client id" in text_of(desk.administrator.get("students/canvas"))

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("base_url", "school.example", "has to begin with https://"),
            ("base_url", "http://school.example", "has to begin with https://"),
            ("base_url", "https://user@school.example", "has to begin with https://"),
            ("base_url", "https://@school.example", "has to begin with https://"),
            ("base_url", "https://[", "has to begin with https://"),
            ("client_id", " ", "The id of the key is missing"),
            ("client_id", "ä", "The id of the key is missing"),
            ("client_secret", "", "The key itself is missing"),
        ],
    )
    def test_what_is_wrong_changes_nothing(self, desk: Desk, field: str, value: str, words: str) -> None:
        answer = desk.enter_key(**{field: value})
        assert answer.status_code == 400
        assert words in text_of(answer)
        assert desk.count(CanvasApi) == 0

    def test_every_scope_has_its_reason(self, app: Flask) -> None:
        with app.test_request_context():
            assert set(reasons()) == set(SCOPES)

    def test_every_scope_stands_in_the_installation(self) -> None:
        page = (Path(__file__).parents[2] / "docs" / "install-canvas.md").read_text(encoding="utf-8")
        told = re.findall(r"^\| `(url:GET[^`]+)` \|", page, re.MULTILINE)
        assert {one.replace("\\|", "|") for one in told} == set(SCOPES)


class TestConsent:
    @pytest.fixture(autouse=True)
    def _connected(self, desk: Desk) -> None:
        desk.enter_key()

    def test_a_teacher_allows_it_and_takes_it_back(self, desk: Desk) -> None:
        desk.known_as("rivera")
        address = desk.asked()
        assert parse_qs(urlsplit(address).query)["scope"] == [" ".join(SCOPES)]
        answer = desk.answer("rivera", address=address)
        assert answer.status_code == 200
        assert "You can close this window" in text_of(answer)
        assert desk.count(CanvasGrant) == 1
        assert desk.count(CanvasConsent) == 0
        page = desk.teacher.get("students/coursework")
        assert "Take my permission back" in text_of(page)
        with desk.toolbox.sessions() as session:
            token = desk.toolbox.secrets.open(session.scalars(select(CanvasGrant)).one().access_token)
        assert desk.teacher.post("students/coursework/stop").status_code == 303
        assert desk.count(CanvasGrant) == 0
        assert Api(desk.canvas.url, token).get("users/self").status_code == 401

    @pytest.mark.parametrize("status", [302, 404, 503])
    def test_it_is_taken_back_whatever_canvas_answers(self, desk: Desk, status: int) -> None:
        desk.known_as("rivera")
        desk.answer("rivera")
        fault = {"kind": "status", "pattern": "/login/oauth2/token", "status": status, "times": 9}
        desk.canvas.control("path_faults", fault)
        answer = desk.teacher.post("students/coursework/stop")
        desk.canvas.control("path_faults/clear")
        assert answer.status_code == 303
        assert desk.count(CanvasGrant) == 0

    def test_the_page_that_waits_goes_on_by_itself(self, desk: Desk) -> None:
        desk.known_as("rivera")
        waiting = desk.teacher.get("students/coursework").get_data(as_text=True)
        assert "waits=consent" in waiting
        desk.answer("rivera")
        state = desk.teacher.get("students/coursework/state?asked=1&waits=consent").get_data(as_text=True)
        assert "Reading begins" in state
        assert "waits=consent" not in state

    def test_no_is_no(self, desk: Desk) -> None:
        desk.known_as("rivera")
        answer = desk.answer("rivera", "deny")
        assert answer.status_code == 403
        assert "Canvas gave no permission" in text_of(answer)
        assert desk.count(CanvasGrant) == 0

    @pytest.mark.parametrize("known", ["rivera", ""])
    def test_somebody_elses_yes_is_nobodys(self, desk: Desk, known: str) -> None:
        if known:
            desk.known_as(known)
        answer = desk.answer("maya")
        assert answer.status_code == 403
        assert "another person" in text_of(answer)
        assert desk.count(CanvasGrant) == 0

    @pytest.mark.parametrize("ids", [("rivera", "rivera"), ("maya", "rivera"), ("rivera", "")])
    def test_who_has_two_names_there_answers_by_either(self, desk: Desk, ids: tuple[str, str]) -> None:
        desk.known_as(ids[0])
        desk.other_name("second-name", ids[1])
        assert desk.answer("rivera").status_code == 200
        assert desk.count(CanvasGrant) == 1

    def test_a_number_of_another_instance_is_somebody_elses(self, desk: Desk) -> None:
        """The teacher has Maya's number, but in another Canvas of the same issuer."""
        desk.known_as("rivera")
        desk.other_name("second-name", "maya", guid="alder-creek:lms")
        assert desk.answer("maya").status_code == 403
        assert desk.answer("rivera").status_code == 200

    def test_an_answer_is_good_once_and_not_for_long(self, desk: Desk) -> None:
        desk.known_as("rivera")
        browser = Browser(desk.canvas.url)
        browser.sign_in("rivera")
        page = browser.ask("GET", desk.asked())
        while page.status_code in {302, 303}:
            page = browser.ask("GET", page.headers["Location"])
        told = decided(browser, page)
        client = desk.app.test_client()
        assert client.get("/canvas/allowed", query_string=told).status_code == 200
        again = client.get("/canvas/allowed", query_string=told)
        assert again.status_code == 401
        assert "answered already" in text_of(again)
        assert client.get("/canvas/allowed?code=x&state=made-up").status_code == 401
        assert client.get("/canvas/allowed").status_code == 401

    def test_a_key_that_was_switched_off(self, desk: Desk) -> None:
        desk.known_as("rivera")
        address = desk.asked()
        desk.canvas.control(f"developer_keys/{desk.key.client_id}", {"active": False})
        browser = Browser(desk.canvas.url)
        browser.sign_in("rivera")
        told = parse_qs(urlsplit(browser.ask("GET", address).headers["Location"]).query)
        answer = desk.app.test_client().get("/canvas/allowed", query_string=told)
        assert answer.status_code == 403
        assert desk.count(CanvasGrant) == 0


class TestWaiting:
    """The page asks until the reading that answers it has ended, and no longer."""

    @pytest.fixture(autouse=True)
    def _allowed(self, desk: Desk) -> None:
        desk.enter_key()
        desk.known_as("rivera")
        desk.answer("rivera")
        with desk.toolbox.sessions.begin() as session:
            session.scalars(select(Course)).one().memberships_url = ""

    def worker(self, desk: Desk, **ahead: float) -> Callable[[], None]:
        """A worker, whose clock may differ; what does all that waits by now, put off or not."""
        clock = MovableClock()
        clock.forward(**ahead)
        queue: WakeUpQueue = desk.app.extensions["lti_plp_queue"]
        add_handlers(queue, replace(desk.toolbox, clock=clock), Event())

        def work() -> None:
            # Huey's own clock is naive.
            later = (utc_now() + timedelta(minutes=1)).replace(tzinfo=None)
            tasks = queue.huey.read_schedule(later)
            while (task := queue.huey.dequeue()) is not None:
                tasks.append(task)
            for task in tasks:
                queue.huey.execute(task, later)

        return work

    def note(self, desk: Desk, **facts: Any) -> None:
        """Write down how a reading went, or that one is under way."""
        with desk.toolbox.sessions.begin() as session:
            course_id = session.scalars(select(Course.id)).one()
            session.merge(CourseworkReading(course_id=course_id, **facts))

    def tried_at(self, desk: Desk) -> datetime | None:
        with desk.toolbox.sessions() as session:
            return session.scalars(select(CourseworkReading.tried_at)).one()

    def page(self, desk: Desk, address: str) -> str:
        return desk.teacher.client.get(address).get_data(as_text=True)

    def first(self, desk: Desk) -> str:
        """The page as soon as it hears of the permission."""
        return desk.teacher.get("students/coursework/state?asked=9&waits=consent").get_data(as_text=True)

    def next_of(self, page: str) -> str:
        """The address at which a page asks next; empty when it does not."""
        found = re.search(r'hx-get="([^"]+)"', page)
        return unescape(found[1]) if found else ""

    @pytest.mark.parametrize("hours", [-1, 0, 1])
    def test_until_it_has_ended_by_whatever_clock(self, desk: Desk, hours: int) -> None:
        work = self.worker(desk, hours=hours)
        following = self.next_of(self.first(desk))
        assert "Reading begins" in self.page(desk, following)
        work()
        page = self.page(desk, following)
        assert self.next_of(page) == ""
        assert "does not let this tool read" in page

    def test_one_that_was_under_way_is_no_answer(self, desk: Desk) -> None:
        """It may have begun before the permission was there, and ends without it."""
        work, began = self.worker(desk), desk.toolbox.clock() - timedelta(seconds=50)
        self.note(desk, started_at=began)
        page = self.first(desk)
        assert "Reading…" in page
        work()
        self.note(desk, started_at=None, tried_at=began, problem="no_consent")
        page = self.page(desk, self.next_of(page))
        assert "Reading begins" in page
        assert "No teacher of this course" not in page
        work()
        assert self.tried_at(desk) != began
        assert self.next_of(self.page(desk, self.next_of(page))) == ""

    def test_who_asks_twice_gets_one_answer(self, desk: Desk) -> None:
        work = self.worker(desk)
        pages = [desk.teacher.post("students/coursework/read").location for _ in range(2)]
        work()
        read_at = self.tried_at(desk)
        work()
        assert self.tried_at(desk) == read_at
        assert not any(self.next_of(self.page(desk, one)) for one in pages)

    @pytest.mark.parametrize(
        ("ago", "problem", "whole", "waits"),
        [(5, "", True, False), (5, "", False, True), (25, "", True, True), (5, "no_answer", True, True)],
    )
    def test_all_that_was_read_a_moment_before_is_not_read_again(
        self, desk: Desk, ago: int, problem: str, whole: bool, waits: bool
    ) -> None:
        work, tried = self.worker(desk), desk.toolbox.clock() - timedelta(seconds=ago)
        whole_at = tried if whole else None
        self.note(desk, tried_at=tried, read_at=tried, whole_at=whole_at, problem=problem)
        address = desk.teacher.post("students/coursework/read").location
        assert ("Reading begins" in self.page(desk, address)) is waits
        work()
        assert (self.tried_at(desk) != tried) is waits
        assert self.next_of(self.page(desk, address)) == ""

    def test_what_takes_too_long_is_said(self, desk: Desk) -> None:
        page = self.page(desk, self.next_of(self.first(desk)).replace("asked=1&", "asked=150&"))
        assert self.next_of(page) == ""
        assert "goes on without this page" in page


def test_who_acts_as_a_teacher_is_asked_nothing(desk: Desk, school: School) -> None:
    desk.enter_key()
    desk.known_as("rivera")
    acting = school.enter(RIVERA, **{CLAIM + "custom": {ACTING_KEY: "31"}})
    assert 'id="allow"' not in acting.get("students/coursework").get_data(as_text=True)
    assert desk.count(CanvasConsent) == 0
    assert desk.asked()


def test_without_a_key_the_page_says_who_can_help(desk: Desk) -> None:
    assert "An administrator does that once" in text_of(desk.teacher.get("students/coursework"))


def test_what_canvas_is_told_about_this_tool(app: Flask) -> None:
    told = app.test_client().get("/lti/config/canvas.json").get_json()
    assert told["oidc_initiation_url"] == "http://127.0.0.1:8000/lti/login"
    extension = told["extensions"][0]
    assert extension["domain"] == "127.0.0.1:8000"
    assert extension["privacy_level"] == "public"
    assert told["custom_fields"]["context_history"] == "$Context.id.history"
    assert "https://purl.imsglobal.org/spec/lti/scope/noticehandlers" in told["scopes"]
    placements = {one["placement"]: one for one in extension["settings"]["placements"]}
    # Those alone in which what a person expects there opens.
    assert set(placements) == {
        "course_navigation",
        "user_navigation",
        "account_navigation",
        "student_context_card",
        "homework_submission",
        "assignment_selection",
        "link_selection",
        "course_assignments_menu",
        "module_index_menu_modal",
        "submission_type_selection",
        "editor_button",
    }
    assert extension["settings"]["placements"][0]["placement"] == "course_navigation"
    fields = {LMS_USER_KEY, ROOT_ADMIN_KEY, OBSERVEES_KEY, ACTING_KEY, HISTORY_KEY, SECTIONS_KEY}
    assert set(told["custom_fields"]) == fields
    assert all(one["target_link_uri"] == "http://127.0.0.1:8000/lti/launch" for one in placements.values())
    with app.test_client().get(urlsplit(extension["settings"]["icon_url"]).path) as icon:
        assert (icon.status_code, icon.mimetype) == (200, "image/svg+xml")
