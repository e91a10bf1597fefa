"""Web sessions: who gets in, with what, and for how long."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_plp.errors import PlpError
from lti_plp.launch.login import storage_key
from lti_plp.launch.models import LoginState, WebSession
from lti_plp.launch.opaque import digest
from lti_plp.launch.receive import AskStorage, Opened, confirm_launch, receive_launch
from lti_plp.launch.roles import TEST_USER
from lti_plp.launch.sessions import purge, recognise
from lti_plp.launch.toolbox import Toolbox
from lti_plp.views.security import BROWSER_COOKIE
from tests.fixtures_tool import MovableClock
from tests.launching import CLAIM, MEMBERSHIP, Browser, Login, page_of

pytestmark = pytest.mark.usefixtures("registration")


def handle_of(answer: TestResponse) -> str:
    return page_of(answer).split("/")[2]


def enter(toolbox: Toolbox, handle: str, **shown: Any) -> Any:
    """Try to get into a session with a cookie or a bearer token."""
    known = {"browser_secret": None, "bearer": None, "now": toolbox.clock()} | shown
    with toolbox.engine.begin() as connection:
        return recognise(connection, toolbox, handle, **known)


def cookie_of(browser: Browser) -> str:
    cookie = browser.client.get_cookie(BROWSER_COOKIE)
    assert cookie
    return str(cookie.value)


class TestWithCookie:
    def test_the_browser_of_the_launch_gets_in(self, browser: Browser, toolbox: Toolbox) -> None:
        handle = handle_of(browser.launch())
        facts = enter(toolbox, handle, browser_secret=cookie_of(browser))
        assert facts.person_name == "Maya Torres"
        assert not facts.is_cookieless

    @pytest.mark.parametrize("secret", [None, "", "another-browser", "x" * 32])
    def test_another_browser_does_not(self, browser: Browser, toolbox: Toolbox, secret: str | None) -> None:
        handle = handle_of(browser.launch())
        with pytest.raises(PlpError, match="another launch") as refusal:
            enter(toolbox, handle, browser_secret=secret)
        assert refusal.value.status == 401

    def test_handle_of_another_session_does_not_help(
        self, app: Flask, browser: Browser, toolbox: Toolbox
    ) -> None:
        other = Browser(app, browser.platform)
        foreign = handle_of(other.launch(sub="somebody-else"))
        browser.launch()
        with pytest.raises(PlpError):
            enter(toolbox, foreign, browser_secret=cookie_of(browser))

    @pytest.mark.parametrize(("away", "gets_in"), [({"minutes": 119}, True), ({"minutes": 121}, False)])
    def test_idle_session_ends(
        self, browser: Browser, toolbox: Toolbox, clock: MovableClock, away: dict[str, float], gets_in: bool
    ) -> None:
        handle = handle_of(browser.launch())
        clock.forward(**away)
        if gets_in:
            assert enter(toolbox, handle, browser_secret=cookie_of(browser))
        else:
            with pytest.raises(PlpError):
                enter(toolbox, handle, browser_secret=cookie_of(browser))

    def test_session_in_use_ends_after_twelve_hours(
        self, browser: Browser, toolbox: Toolbox, clock: MovableClock
    ) -> None:
        page = page_of(browser.launch())
        for _ in range(12):
            clock.forward(minutes=59)
            assert browser.client.get(page).status_code != 401
        clock.forward(minutes=15)
        assert browser.client.get(page).status_code == 401

    def test_next_person_at_the_same_machine_shuts_the_pages_of_the_first(
        self, browser: Browser, toolbox: Toolbox
    ) -> None:
        first = handle_of(browser.launch(sub="first"))
        second = handle_of(browser.launch(sub="second"))
        with pytest.raises(PlpError):
            enter(toolbox, first, browser_secret=cookie_of(browser))
        assert enter(toolbox, second, browser_secret=cookie_of(browser))

    def test_student_preview_does_not_shut_the_teachers_pages(
        self, browser: Browser, toolbox: Toolbox
    ) -> None:
        teacher = handle_of(browser.launch(sub="teacher"))
        browser.launch(sub="preview", **{CLAIM + "roles": [f"{MEMBERSHIP}#Learner", TEST_USER]})
        assert enter(toolbox, teacher, browser_secret=cookie_of(browser))

    def test_opened_and_recognised_sessions_say_the_same(
        self, app: Flask, browser: Browser, toolbox: Toolbox
    ) -> None:
        """The first page is made from what the launch knew, every later one from what was stored."""
        for said in ({}, {"name": "Maya T."}, {CLAIM + "context": {"id": "course-1", "title": "Renamed"}}):
            login = browser.login()
            form = {"id_token": browser.platform.sign(browser.claims(login, **said)), "state": login.state}
            secret = cookie_of(browser)
            opened = receive_launch(toolbox, form, secret, toolbox.clock())
            assert isinstance(opened, Opened)
            assert enter(toolbox, opened.session.handle, browser_secret=secret) == opened.session

    def test_several_links_of_one_person_stay_open(self, browser: Browser, toolbox: Toolbox) -> None:
        first = handle_of(browser.launch())
        second = handle_of(browser.launch(**{CLAIM + "resource_link": {"id": "other"}}))
        assert enter(toolbox, first, browser_secret=cookie_of(browser))
        assert enter(toolbox, second, browser_secret=cookie_of(browser))


class TestTwoFrames:
    """One page of a platform with two of our frames, in a browser that was never here."""

    def test_both_open(self, app: Flask, browser: Browser) -> None:
        client = app.test_client()
        launches = []
        # Both log in before either launches.
        for number in range(2):
            # Neither login has the other's cookie yet; the browser then keeps those of both answers.
            frame = app.test_client()
            page = frame.get("/lti/login", query_string=browser.login_params()).get_data(as_text=True)
            asked = dict(re.findall(r'name="(state|nonce)" value="([^"]+)"', page))
            login = Login(asked["state"], asked["nonce"], f"{browser.tool}/lti/launch", {})
            for name in (BROWSER_COOKIE, f"__Host-{storage_key(digest(login.state))}"):
                cookie = frame.get_cookie(name)
                assert cookie
                client.set_cookie(name, cookie.value, secure=True, path="/")
            link = {CLAIM + "resource_link": {"id": f"link-{number}"}}
            token = browser.platform.sign(browser.claims(login, **link))
            launches.append({"state": login.state, "id_token": token})
        for form in launches:
            answer = client.post("/lti/launch", data=form)
            assert answer.status_code == 200
            assert client.get(page_of(answer)).status_code == 200

    def test_a_cookie_of_one_login_opens_no_other(self, app: Flask, browser: Browser) -> None:
        first, second = browser.login(), browser.login()
        thief = app.test_client()
        thief.set_cookie(BROWSER_COOKIE, "another-browser-of-somebody", secure=True, path="/")
        thief.set_cookie(
            f"__Host-{storage_key(digest(first.state))}", cookie_of(browser), secure=True, path="/"
        )
        form = {"state": second.state, "id_token": browser.platform.sign(browser.claims(second))}
        assert thief.post("/lti/launch", data=form).status_code == 401


class TestWithoutCookie:
    """The browser keeps no cookie of ours; the platform's storage vouches for it."""

    @pytest.fixture
    def asked(self, browser: Browser, toolbox: Toolbox) -> tuple[AskStorage, str]:
        """A verified launch that waits, and the secret that the platform's storage holds."""
        secret = cookie_of(browser)
        login = browser.login()
        form = {
            "id_token": browser.platform.sign(browser.claims(login)),
            "state": login.state,
            "lti_storage_target": "_parent",
        }
        outcome = receive_launch(toolbox, form, None, toolbox.clock())
        assert isinstance(outcome, AskStorage)
        return outcome, secret

    def test_no_session_is_open_before_the_storage_answered(
        self, asked: tuple[AskStorage, str], toolbox: Toolbox
    ) -> None:
        with toolbox.sessions() as session:
            assert session.scalar(select(func.count()).select_from(WebSession)) == 0

    def test_right_value_opens_a_session_bound_to_a_token(
        self, asked: tuple[AskStorage, str], toolbox: Toolbox
    ) -> None:
        outcome, secret = asked
        opened = confirm_launch(toolbox, outcome.pending, secret, toolbox.clock())
        assert isinstance(opened, Opened)
        handle, bearer = opened.session.handle, opened.session.bearer
        assert bearer
        facts = enter(toolbox, handle, bearer=bearer)
        assert facts.is_cookieless
        assert facts.person_name == "Maya Torres"
        # A cookie, even of the right secret, is not what this session is bound to.
        for shown in ({"browser_secret": secret}, {"bearer": secret}, {"bearer": ""}, {"browser_secret": ""}):
            with pytest.raises(PlpError):
                enter(toolbox, handle, **shown)

    @pytest.mark.parametrize("value", ["", "wrong", "x" * 32])
    def test_wrong_value_opens_nothing(
        self, asked: tuple[AskStorage, str], toolbox: Toolbox, value: str
    ) -> None:
        with pytest.raises(PlpError) as refusal:
            confirm_launch(toolbox, asked[0].pending, value, toolbox.clock())
        assert refusal.value.status == 401

    def test_state_is_not_the_secret(self, browser: Browser, toolbox: Toolbox) -> None:
        """Whoever stole the launch form knows state and token; neither opens a session."""
        login = browser.login()
        form = {
            "id_token": browser.platform.sign(browser.claims(login)),
            "state": login.state,
            "lti_storage_target": "_parent",
        }
        outcome = receive_launch(toolbox, form, None, toolbox.clock())
        assert isinstance(outcome, AskStorage)
        for guess in (login.state, login.nonce, digest(login.state), outcome.pending, outcome.storage_key):
            with pytest.raises(PlpError):
                confirm_launch(toolbox, outcome.pending, guess, toolbox.clock())

    def test_confirming_twice(self, asked: tuple[AskStorage, str], toolbox: Toolbox) -> None:
        outcome, secret = asked
        confirm_launch(toolbox, outcome.pending, secret, toolbox.clock())
        with pytest.raises(PlpError):
            confirm_launch(toolbox, outcome.pending, secret, toolbox.clock())

    def test_too_late(self, asked: tuple[AskStorage, str], toolbox: Toolbox, clock: MovableClock) -> None:
        clock.forward(minutes=11)
        with pytest.raises(PlpError):
            confirm_launch(toolbox, asked[0].pending, asked[1], toolbox.clock())

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
    def test_another_site_confirms_nothing(
        self, app: Flask, toolbox: Toolbox, asked: tuple[AskStorage, str], site: str
    ) -> None:
        """Somebody who began a launch of their own could draw another person's browser into it."""
        form = {"pending": asked[0].pending, "value": asked[1]}
        headers = {"Sec-Fetch-Site": site}
        assert (
            app.test_client(use_cookies=False).post("/lti/confirm", data=form, headers=headers).status_code
            == 401
        )
        with toolbox.sessions() as session:
            assert session.scalar(select(func.count()).select_from(WebSession)) == 0

    def test_token_stands_in_the_answer_and_in_no_address(
        self, app: Flask, asked: tuple[AskStorage, str]
    ) -> None:
        client = app.test_client(use_cookies=False)
        answer = client.post("/lti/confirm", data={"pending": asked[0].pending, "value": asked[1]})
        page, text = page_of(answer), answer.get_data(as_text=True)
        found = re.search(r'name="plp-bearer" content="([^"]+)"', text)
        assert found
        assert found[1] not in page
        assert f'data-address="{page}"' in text
        assert client.get(page).status_code == 401
        again = client.get(page, headers={"Authorization": f"Bearer {found[1]}"})
        assert again.status_code == 200
        # Only the answer to the launch hands the token out.
        assert "plp-bearer" not in again.get_data(as_text=True)


class TestLoginPage:
    def test_first_visit_sets_a_partitioned_cookie_and_shows_a_page(
        self, app: Flask, browser: Browser
    ) -> None:
        newcomer = app.test_client(use_cookies=False)
        answer = newcomer.post("/lti/login", data=browser.login_params())
        assert answer.status_code == 200
        cookie = answer.headers["Set-Cookie"]
        for part in (BROWSER_COOKIE, "Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
            assert part in cookie
        policy = answer.headers["Content-Security-Policy"]
        assert f"frame-ancestors {browser.platform.url}" in policy
        assert f"form-action 'self' {browser.platform.url}" in policy

    def test_unsafe_request_without_form_token_is_refused(self, browser: Browser) -> None:
        page = page_of(browser.launch())
        assert browser.client.post(page + "/submit", data={}).status_code in {403, 404, 405}
        assert browser.client.post(page, data={"csrf_token": "forged"}).status_code in {403, 405}


def test_purge_removes_only_what_nobody_can_use(
    browser: Browser, toolbox: Toolbox, clock: MovableClock
) -> None:
    browser.launch()
    browser.login()
    clock.forward(minutes=11)
    with toolbox.sessions.begin() as session:
        removed = purge(session, clock())
    assert removed["login_state"] == 1
    with toolbox.sessions() as session:
        assert session.scalar(select(func.count()).select_from(LoginState)) == 0
        assert session.scalar(select(func.count()).select_from(WebSession)) == 1
    clock.forward(hours=12)
    with toolbox.sessions.begin() as session:
        assert purge(session, clock())["web_session"] == 1
