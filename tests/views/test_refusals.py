"""Bad input: a clear page, the right status, a log line without personal data, and nothing changed."""

import logging
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from lti_plp.database import metadata
from lti_plp.launch.models import Registration
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Deployment
from lti_plp.plp.models import ReflectionTemplate
from tests.conformance.test_31_38_deep_linking import DL, place
from tests.fixtures_tool import MovableClock, Register
from tests.launching import CLAIM, MEMBERSHIP, TARGET_LINK_URI, Browser, page_of
from tests.platform_server import PlatformServer

pytestmark = pytest.mark.usefixtures("registration")

PERSONAL = ("Maya", "Torres", "maya.torres", "student-1", "Rivera")


def rows(toolbox: Toolbox) -> dict[str, int]:
    """How many rows each table has; logins under way and key sets come and go by themselves."""
    passing = {"login_state", "platform_key_set", "web_session"}
    with toolbox.sessions() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in metadata.tables.items()
            if name not in passing
        }


@pytest.fixture
def placed(browser: Browser, toolbox: Toolbox) -> dict[str, Any]:
    """A reflection that a teacher placed; its content item."""
    (item,) = place(browser, toolbox)[DL + "content_items"]
    return dict(item)


def open_link(browser: Browser, item: dict[str, Any], role: str = "Learner", **claims: Any) -> str:
    """Launch a placed link; the page's address."""
    login = browser.login(target_link_uri=item["url"])
    body = browser.claims(
        login, **{CLAIM + "custom": item["custom"], CLAIM + "roles": [f"{MEMBERSHIP}#{role}"], **claims}
    )
    answer = browser.post(login, browser.platform.sign(body))
    return page_of(answer)


def is_clear_page(answer: Any, status: int) -> None:
    """Assert that an answer is our error page, with words, a number, and nothing that came from outside."""
    page = answer.get_data(as_text=True)
    assert answer.status_code == status, page
    assert 'data-page="error"' in page
    assert len(re.findall(r"<h1>[^<]+</h1>", page)) == 1
    assert re.search(r"Number [0-9a-f]{12}", page)
    assert "Traceback" not in page
    for name in PERSONAL:
        assert name not in page


class TestClearPages:
    @pytest.fixture(autouse=True)
    def _changes_nothing(self, toolbox: Toolbox, placed: object, caplog: Any) -> Any:
        caplog.set_level(logging.DEBUG)
        before = rows(toolbox)
        yield
        assert rows(toolbox) == before
        for name in PERSONAL:
            assert name not in caplog.text

    def test_unknown_issuer(self, browser: Browser) -> None:
        params = browser.login_params(iss="https://unknown.example")
        is_clear_page(browser.client.get("/lti/login", query_string=params), 400)

    def test_unregistered_target(self, browser: Browser) -> None:
        params = browser.login_params(target_link_uri="https://evil.example/lti/launch")
        is_clear_page(browser.client.get("/lti/login", query_string=params), 400)

    @pytest.mark.parametrize(
        "token",
        [
            "x",
            "a.b",
            "a.b.c",
            "...",
            "e30.e30.",
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.W10.AAAA",
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJleHAiOk5hTn0.AAAA",
            "é.é.é",
            "x" * 70_000,
            "[" * 3000 + "." + "[" * 3000 + ".x",
        ],
        ids=["word", "two parts", "no JSON", "dots", "empty", "list", "NaN", "accents", "long", "brackets"],
    )
    def test_malformed_token(self, browser: Browser, token: str) -> None:
        answer = browser.post(browser.login(), token)
        assert answer.status_code in {400, 401}
        is_clear_page(answer, answer.status_code)

    @pytest.mark.parametrize("path", ["/lti/launch", "/lti/login", "/lti/confirm", "/lti/notices"])
    def test_ten_megabytes(self, browser: Browser, path: str) -> None:
        body = b"id_token=" + b"x" * 10_000_000
        answer = browser.client.post(path, data=body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 413 or (path == "/lti/notices" and answer.status_code in {400, 413})

    def test_unknown_page_and_method(self, browser: Browser) -> None:
        is_clear_page(browser.client.get("/nowhere"), 404)
        is_clear_page(browser.client.get("/lti/launch"), 405)

    def test_no_session(self, browser: Browser) -> None:
        is_clear_page(browser.client.get("/s/abcdefghijklmnop/reflection"), 401)


def test_ten_megabytes_of_answer(browser: Browser, placed: dict[str, Any]) -> None:
    page = open_link(browser, placed)
    answer = browser.client.put(f"{page}/answers/q1", json={"text": "x" * 10_000_000, "base_revision": 0})
    assert answer.status_code in {403, 413}


def test_foreign_session(app: Flask, browser: Browser, placed: dict[str, Any]) -> None:
    page = open_link(browser, placed)
    stranger = Browser(app, browser.platform)
    is_clear_page(stranger.client.get(page), 401)


def test_foreign_resource_link(
    app: Flask, browser: Browser, placed: dict[str, Any], register: Register, toolbox: Toolbox
) -> None:
    """Another district's link carries the UUID of this district's template: there is no such thing there."""
    with PlatformServer() as elsewhere:
        register(elsewhere, "Another District")
        stranger = Browser(app, elsewhere)
        page = open_link(stranger, placed)
        is_clear_page(stranger.client.get(page), 404)
    with toolbox.sessions() as session:
        assert session.scalar(select(func.count()).select_from(ReflectionTemplate)) == 1


def test_link_of_another_course(browser: Browser, placed: dict[str, Any]) -> None:
    page = open_link(browser, placed)
    assert browser.client.get(page).status_code == 200
    login = browser.login(target_link_uri=placed["url"])
    body = browser.claims(login, **{CLAIM + "context": {"id": "course-2", "title": "Another course"}})
    is_clear_page(browser.post(login, browser.platform.sign(body)), 404)


def test_student_opens_the_review_page(browser: Browser, placed: dict[str, Any]) -> None:
    page = open_link(browser, placed)
    review = page.replace("/reflection", "/review")
    is_clear_page(browser.client.get(review), 403)
    is_clear_page(browser.client.get(f"{review}/1"), 403)


def test_parent_opens_the_editor(browser: Browser, placed: dict[str, Any]) -> None:
    scope = {CLAIM + "role_scope_mentor": ["student-1"]}
    page = open_link(browser, placed, "Mentor", sub="parent-1", **scope)
    is_clear_page(browser.client.get(page), 403)
    is_clear_page(browser.client.get(page.replace("/reflection", "/review")), 403)


def test_person_without_role(browser: Browser, placed: dict[str, Any]) -> None:
    page = open_link(browser, placed, "Unknown")
    answer = browser.client.get(page)
    assert (answer.status_code, "You have no role in this course" in answer.get_data(as_text=True)) == (
        200,
        True,
    )
    for other in ("reflection", "review", "course", "picker"):
        is_clear_page(browser.client.get(page.replace("/visitor", f"/{other}")), 403)


def token_of(browser: Browser, page: str) -> str:
    found = re.search(r'name="csrf_token" value="(\w+)"', browser.client.get(page).get_data(as_text=True))
    assert found
    return found[1]


def test_forms_need_the_page_s_token(browser: Browser, placed: dict[str, Any]) -> None:
    page = open_link(browser, placed)
    token = token_of(browser, page)
    body = {"text": "Words.", "base_revision": 0}
    assert browser.client.put(f"{page}/answers/q1", json=body).status_code == 403
    wrong = {"X-CSRF-Token": "0" * 40}
    assert browser.client.put(f"{page}/answers/q1", json=body, headers=wrong).status_code == 403
    right = {"X-CSRF-Token": token}
    assert browser.client.put(f"{page}/answers/q1", json=body, headers=right).status_code == 200
    # The token of one session is none for another.
    other = open_link(browser, placed)
    assert browser.client.put(f"{other}/answers/q1", json=body, headers=right).status_code == 403


@pytest.mark.parametrize(
    "body",
    [None, [], "text", {}, {"text": 5, "base_revision": 0}, {"text": "x"}, {"text": "x", "base_revision": "0"},
     {"text": "x", "base_revision": True}, {"text": "x" * 20_001, "base_revision": 0}],
)  # fmt: skip
def test_autosave_of_something_else(browser: Browser, placed: dict[str, Any], body: object) -> None:
    page = open_link(browser, placed)
    headers = {"X-CSRF-Token": token_of(browser, page)}
    answer = browser.client.put(f"{page}/answers/q1", json=body, headers=headers)
    assert answer.status_code == 400
    if body is not None:
        assert answer.get_json()["title"]


def test_unknown_question_and_foreign_student(browser: Browser, placed: dict[str, Any]) -> None:
    page = open_link(browser, placed)
    headers = {"X-CSRF-Token": token_of(browser, page)}
    body = {"text": "x", "base_revision": 0}
    assert browser.client.put(f"{page}/answers/q99", json=body, headers=headers).status_code == 404
    teacher = open_link(browser, placed, "Instructor", sub="teacher-1")
    assert browser.client.get(f"{teacher}/424242").status_code == 404
    assert browser.client.get(teacher.replace("/review", "/links/424242/review")).status_code == 404


class TestHeaders:
    def test_policy_of_a_page(self, browser: Browser, placed: dict[str, Any]) -> None:
        answer = browser.client.get(open_link(browser, placed))
        policy = answer.headers["Content-Security-Policy"]
        nonce = re.search(r"script-src 'nonce-([\w-]{16,})' 'strict-dynamic';", policy)
        assert nonce
        assert policy.endswith(f"frame-ancestors {browser.platform.url}")
        assert "default-src 'none'" in policy
        assert "'unsafe" not in policy
        page = answer.get_data(as_text=True)
        assert f'nonce="{nonce[1]}"' in page
        assert not re.search(r"<script(?![^>]*nonce=)", page)
        assert not re.search(r'\son\w+="|\sstyle="|<style', page)
        assert not re.search(r'(src|href|action)="(https?:)?//', page)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "X-Frame-Options" not in answer.headers

    def test_nonce_is_new_each_time(self, browser: Browser, placed: dict[str, Any]) -> None:
        page = open_link(browser, placed)
        policies = {browser.client.get(page).headers["Content-Security-Policy"] for _ in range(3)}
        assert len(policies) == 3

    def test_signed_return_address_may_frame(self, browser: Browser, placed: dict[str, Any]) -> None:
        presentation = {"return_url": "https://canvas.maplehollow.example/courses/1", "locale": "es"}
        page = open_link(browser, placed, **{CLAIM + "launch_presentation": presentation})
        answer = browser.client.get(page)
        assert "https://canvas.maplehollow.example" in answer.headers["Content-Security-Policy"]
        assert '<html lang="es">' in answer.get_data(as_text=True)
        assert "Enviar a" in answer.get_data(as_text=True)

    def test_errors_speak_json_to_programs(self, browser: Browser) -> None:
        answer = browser.client.get("/nowhere", headers={"Accept": "application/json"})
        assert answer.status_code == 404
        assert {"code", "status", "message", "title", "mend", "details", "request_id"} == set(
            answer.get_json()
        )


def test_unforeseen_fault_shows_no_trace(app: Flask, browser: Browser, monkeypatch: Any) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("lti_plp.views.launch.receive_launch", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = browser.client.post("/lti/launch", data={"state": "x", "id_token": "y"})
    is_clear_page(answer, 500)
    assert "secret detail" not in answer.get_data(as_text=True)


def test_health(browser: Browser, clock: MovableClock) -> None:
    assert browser.client.get("/healthz").get_json() == {"status": "up"}
    ready = browser.client.get("/readyz")
    assert (ready.status_code, ready.get_json()["migrations"]) == (200, "current")
    assert ready.get_json()["queue"] == "up"
    assert b"lti_plp_requests" in browser.client.get("/metrics").data


def test_not_ready_is_said_with_what_is_missing(
    app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(app.extensions["lti_plp_queue"].huey.storage, "queue_size", broken)
    answer = browser.client.get("/readyz")
    assert (answer.status_code, answer.get_json()["database"]) == (503, "up")
    assert answer.get_json()["queue"] != "up"
    monkeypatch.setattr("lti_plp.views.health.is_current", broken)
    answer = browser.client.get("/readyz")
    assert (answer.status_code, answer.get_json()["database"]) == (503, "no answer")


@pytest.mark.parametrize("which", [Registration, Deployment])
def test_what_is_switched_off_ends_open_sessions(
    browser: Browser, placed: dict[str, Any], toolbox: Toolbox, which: Any
) -> None:
    page = open_link(browser, placed)
    assert browser.client.get(page).status_code == 200
    with toolbox.sessions.begin() as session:
        session.scalars(select(which)).one().status = "disabled"
    is_clear_page(browser.client.get(page), 401)


def test_addresses_and_parameters_that_hold_no_text(browser: Browser) -> None:
    is_clear_page(browser.client.get("/s/%00abc/reflection"), 401)
    for name in ("iss", "target_link_uri", "login_hint"):
        given = browser.login_params()[name]
        is_clear_page(
            browser.client.get("/lti/login", query_string=browser.login_params(**{name: f"{given}\x00"})), 400
        )


def test_disabled_registration(browser: Browser, toolbox: Toolbox, registration: Registration) -> None:
    login = browser.login()
    token = browser.platform.sign(browser.claims(login))
    with toolbox.sessions.begin() as session:
        session.get_one(Registration, registration.id).status = "disabled"
    is_clear_page(browser.post(login, token), 403)
    assert TARGET_LINK_URI in browser.claims(login)
