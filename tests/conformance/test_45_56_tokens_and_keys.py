"""Cases 45 to 56 of the conformance list, which the certification suite does not try: tokens, states, targets, keys."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask

from lti_plp.launch.models import LoginState, WebSession
from lti_plp.launch.toolbox import Toolbox
from lti_plp.settings import Settings
from tests.fixtures_tool import MovableClock, Register, registration_of
from tests.launching import TARGET_LINK_URI, Browser, at, count
from tests.platform_server import PlatformServer

pytestmark = pytest.mark.usefixtures("registration")


class TestTimes:
    @pytest.mark.parametrize(("age", "status"), [(30, 200), (300, 401)])
    def test_45_expired(self, browser: Browser, age: int, status: int) -> None:
        assert browser.launch(iat=at(-3600), exp=at(-age)).status_code == status

    @pytest.mark.parametrize(("ahead", "status"), [(30, 200), (600, 401)])
    def test_46_issued_in_the_future(self, browser: Browser, ahead: int, status: int) -> None:
        assert browser.launch(iat=at(ahead), exp=at(3600)).status_code == status

    @pytest.mark.parametrize("claim", ["exp", "iat"])
    def test_47_missing(self, browser: Browser, claim: str) -> None:
        assert browser.launch(without=(claim,)).status_code == 401

    # The moment is taken in the test: test processes that collect in different seconds must collect the same tests.
    @pytest.mark.parametrize("claim", ["exp", "iat"])
    @pytest.mark.parametrize(
        "spoil",
        [
            lambda _: "tomorrow",
            str,
            lambda _: True,
            lambda _: None,
            lambda moment: [moment],
            lambda moment: {"at": moment},
        ],
        ids=["word", "digits", "true", "null", "list", "object"],
    )
    def test_47_no_number(self, browser: Browser, claim: str, spoil: Callable[[int], object]) -> None:
        assert browser.launch(**{claim: spoil(at(60))}).status_code == 401

    def test_47_issued_days_ago_is_too_old_whatever_exp_says(self, browser: Browser) -> None:
        assert browser.launch(iat=at(-3 * 86400), exp=at(3600)).status_code == 401


class TestAudience:
    def test_48_list_with_ours_alone(self, browser: Browser) -> None:
        assert browser.launch(aud=[browser.platform.client_id]).status_code == 200

    @pytest.mark.parametrize("ours_first", [True, False])
    @pytest.mark.parametrize("with_party", [True, False])
    def test_48_foreign_extra_audience(self, browser: Browser, ours_first: bool, with_party: bool) -> None:
        ours = browser.platform.client_id
        audience = [ours, "somebody-else"] if ours_first else ["somebody-else", ours]
        party = {"azp": ours} if with_party else {}
        assert browser.launch(aud=audience, **party).status_code == 401

    @pytest.mark.parametrize(("party", "status"), [("ours", 200), ("other", 401), (None, 401)])
    def test_48_second_client_of_ours(
        self, browser: Browser, toolbox: Toolbox, party: str | None, status: int
    ) -> None:
        with toolbox.sessions.begin() as session:
            second = registration_of(browser.platform)
            second.client_id = "second-client"
            session.add(second)
        ours = browser.platform.client_id
        named = {"ours": ours, "other": "second-client"}.get(party or "")
        claims = {"azp": named} if named else {}
        answer = browser.launch(without=() if named else ("azp",), aud=["second-client", ours], **claims)
        assert answer.status_code == status

    @pytest.mark.parametrize("audience", [None, 7, "", [], ["other"], [None], {"a": 1}, "other"])
    def test_48_not_for_us(self, browser: Browser, audience: object) -> None:
        assert browser.launch(aud=audience).status_code == 401

    def test_49_foreign_authorized_party(self, browser: Browser) -> None:
        assert browser.launch(azp="somebody-else").status_code == 401


class TestIssuer:
    def test_54_token_of_another_issuer_under_the_right_key(self, browser: Browser) -> None:
        """Signed with the registered key, so that nothing but the issuer is wrong."""
        assert browser.launch(iss="https://somebody.example").status_code == 401


class TestAlgorithmsAndKeys:
    def test_50_another_algorithm_named_over_a_good_signature(self, browser: Browser) -> None:
        login = browser.login()
        kid, key = browser.platform.keys[-1]
        head = {"alg": "RS512", "kid": kid}
        parts = [json.dumps(part).encode() for part in (head, browser.claims(login))]
        signed = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        signature = urlsafe_b64encode(key.sign(signed, PKCS1v15(), SHA256())).rstrip(b"=")
        assert browser.post(login, (signed + b"." + signature).decode()).status_code == 401

    @pytest.mark.parametrize("alg", ["none", "HS256", "RS512"])
    def test_50_other_algorithms(self, browser: Browser, alg: str) -> None:
        login = browser.login()
        token = browser.platform.sign(browser.claims(login), alg=alg)
        assert browser.post(login, token).status_code == 401

    def test_50_key_set_that_claims_another_algorithm(self, browser: Browser) -> None:
        login = browser.login()
        keys = browser.platform.jwks()
        for key in keys["keys"]:
            key["alg"] = "HS256"
        browser.platform.jwks_behaviour(body=json.dumps(keys))
        assert browser.post(login, browser.platform.sign(browser.claims(login))).status_code == 503

    def test_50_key_for_encryption(self, browser: Browser) -> None:
        login = browser.login()
        keys = browser.platform.jwks()
        for key in keys["keys"]:
            key["use"] = "enc"
        browser.platform.jwks_behaviour(body=json.dumps(keys))
        assert browser.post(login, browser.platform.sign(browser.claims(login))).status_code == 503

    def test_51_tampered_payload(self, browser: Browser) -> None:
        login = browser.login()
        header, payload, signature = browser.platform.sign(browser.claims(login)).split(".")
        claims = jwt.utils.base64url_decode(payload).replace(b"Learner", b"Mentors")
        forged = jwt.utils.base64url_encode(claims).decode()
        assert claims != jwt.utils.base64url_decode(payload)
        assert browser.post(login, f"{header}.{forged}.{signature}").status_code == 401

    def test_51_foreign_key_under_the_same_kid(self, browser: Browser) -> None:
        with PlatformServer() as stranger:
            login = browser.login()
            kid = browser.platform.jwks()["keys"][0]["kid"]
            token = stranger.sign(browser.claims(login), kid=kid)
            assert browser.post(login, token).status_code == 401

    def test_51_key_inside_the_token_is_not_used(self, browser: Browser) -> None:
        with PlatformServer() as stranger:
            login = browser.login()
            key = stranger.jwks()["keys"][0]
            token = stranger.sign(
                browser.claims(login), kid=key["kid"], headers={"jwk": key, "jku": f"{stranger.url}/jwks"}
            )
            assert browser.post(login, token).status_code == 401
            assert stranger.jwks_fetches == 0


class TestReplay:
    def test_52_same_token_twice(self, browser: Browser, toolbox: Toolbox) -> None:
        login = browser.login()
        token = browser.platform.sign(browser.claims(login))
        assert browser.post(login, token).status_code == 200
        assert browser.post(login, token).status_code == 401
        assert count(toolbox, WebSession) == 1

    def test_52_same_nonce_in_a_new_token(self, browser: Browser) -> None:
        first = browser.login()
        assert browser.post(first, browser.platform.sign(browser.claims(first))).status_code == 200
        second = browser.login()
        token = browser.platform.sign(browser.claims(first))
        assert browser.post(second, token).status_code == 401

    def test_52_nonce_of_another_state(self, browser: Browser, toolbox: Toolbox) -> None:
        first, second = browser.login(), browser.login()
        token = browser.platform.sign(browser.claims(first))
        assert browser.post(second, token).status_code == 401
        assert count(toolbox, WebSession) == 0
        # The stolen attempt has not used up what it was aimed at.
        assert browser.post(first, token).status_code == 200

    @pytest.mark.parametrize("nonce", [None, "", 5, ["a"]])
    def test_52_nonce_missing_or_no_text(self, browser: Browser, nonce: object) -> None:
        assert browser.launch(nonce=nonce).status_code == 401

    def test_52_same_token_at_the_same_moment(self, browser: Browser, app: Flask, toolbox: Toolbox) -> None:
        login = browser.login()
        token = browser.platform.sign(browser.claims(login))
        cookie = browser.client.get_cookie("__Host-lti_plp")
        assert cookie

        def post(_: int) -> int:
            client = app.test_client(use_cookies=False)
            return client.post(
                "/lti/launch",
                data={"id_token": token, "state": login.state},
                headers={"Cookie": f"__Host-lti_plp={cookie.value}"},
            ).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(post, range(8)))
        assert statuses == [200] + [401] * 7
        assert count(toolbox, WebSession) == 1


class TestState:
    @pytest.mark.parametrize("state", [None, "", "unknown-state"])
    def test_53_unknown(self, browser: Browser, state: str | None) -> None:
        login = browser.login()
        token = browser.platform.sign(browser.claims(login))
        assert browser.post(login, token, state=state).status_code in {400, 401}

    def test_53_expired(self, browser: Browser, clock: MovableClock) -> None:
        login = browser.login()
        clock.forward(minutes=11)
        token = browser.platform.sign(browser.claims(login, iat=at(600), exp=at(4200)))
        assert browser.post(login, token).status_code == 401

    def test_53_of_another_browser(self, app: Flask, browser: Browser, toolbox: Toolbox) -> None:
        login = browser.login()
        other = Browser(app, browser.platform)
        token = browser.platform.sign(browser.claims(login))
        assert other.post(login, token).status_code == 401
        assert count(toolbox, WebSession) == 0

    def test_53_browser_without_cookie_and_without_storage(self, app: Flask, browser: Browser) -> None:
        login = browser.login()
        other = Browser(app, browser.platform, keeps_cookies=False)
        token = browser.platform.sign(browser.claims(login))
        assert other.post(login, token).status_code == 401

    def test_54_mix_up_of_two_registrations(self, app: Flask, browser: Browser, register: Register) -> None:
        with PlatformServer() as second:
            second.client_id = "client-of-second"
            register(second)
            login = browser.login()
            claims = browser.claims(login, iss=second.issuer, aud=second.client_id)
            assert browser.post(login, second.sign(claims)).status_code == 401
            claims = browser.claims(login, aud=second.client_id)
            assert browser.post(login, browser.platform.sign(claims)).status_code == 401

    def test_54_login_with_a_client_id_of_another_issuer(self, browser: Browser, register: Register) -> None:
        with PlatformServer() as second:
            second.client_id = "client-of-second"
            register(second)
            params = browser.login_params(client_id="client-of-second")
            assert browser.client.get("/lti/login", query_string=params).status_code == 400


FOREIGN = [
    "https://evil.example/lti/launch",
    "javascript:alert(1)",
    "//evil.example/lti/launch",
    "http://127.0.0.1:8000@evil.example/lti/launch",
    "http://127.0.0.1:8000.evil.example/lti/launch",
    "http://127.0.0.1:8000/elsewhere",
    "https://[evil",
    "data:text/html,hello",
]


class TestTarget:
    @pytest.mark.parametrize("target", FOREIGN)
    def test_55_foreign_in_the_login(self, browser: Browser, toolbox: Toolbox, target: str) -> None:
        params = browser.login_params(target_link_uri=target)
        answer = browser.client.get("/lti/login", query_string=params)
        assert answer.status_code == 400
        assert count(toolbox, LoginState) == 0

    @pytest.mark.parametrize("target", [*FOREIGN, None, 5])
    def test_55_foreign_in_the_claim(self, browser: Browser, toolbox: Toolbox, target: object) -> None:
        assert browser.launch(**{TARGET_LINK_URI: target}).status_code == 400
        assert count(toolbox, WebSession) == 0

    def test_55_redirect_uri_is_always_ours(self, browser: Browser) -> None:
        target = f"{browser.tool}/lti/launch?plp_template=x"
        login = browser.login(target_link_uri=target, redirect_uri="https://evil.example/")
        assert login.params["redirect_uri"] == f"{browser.tool}/lti/launch"

    @pytest.mark.parametrize("missing", ["iss", "login_hint", "target_link_uri"])
    def test_55_login_parameter_missing(self, browser: Browser, missing: str) -> None:
        params = browser.login_params(**{missing: None})
        assert browser.client.get("/lti/login", query_string=params).status_code == 400

    def test_55_unknown_issuer(self, browser: Browser) -> None:
        params = browser.login_params(iss="https://unknown.example")
        assert browser.client.get("/lti/login", query_string=params).status_code == 400


class TestPlatformKeys:
    @pytest.fixture
    def tool_settings(self, tool_settings: Settings) -> Settings:
        return replace(tool_settings, jwks_timeout_seconds=3)

    def test_56_rotation_costs_one_fetch(self, browser: Browser) -> None:
        assert browser.launch().status_code == 200
        before = browser.platform.jwks_fetches
        browser.platform.rotate()
        assert browser.launch().status_code == 200
        assert browser.launch().status_code == 200
        assert browser.platform.jwks_fetches == before + 1

    def test_56_held_keys_are_not_fetched_again(self, browser: Browser) -> None:
        for _ in range(5):
            assert browser.launch().status_code == 200
        assert browser.platform.jwks_fetches == 1

    def test_56_flood_of_unknown_kids_costs_one_fetch(self, browser: Browser) -> None:
        assert browser.launch().status_code == 200
        before = browser.platform.jwks_fetches
        for number in range(20):
            login = browser.login()
            token = browser.platform.sign(browser.claims(login), kid=f"unknown-{number}")
            assert browser.post(login, token).status_code == 401
        assert browser.platform.jwks_fetches == before + 1

    @pytest.mark.parametrize(
        "behaviour",
        [
            {"status": 500},
            {"body": "<html>maintenance</html>"},
            {"body": '{"keys": []}'},
            {"body": '{"no": "keys"}'},
            {"body": "[]"},
            {"body": "null"},
            {"delay": 3.5},
        ],
        ids=["status 500", "no JSON", "no keys", "other object", "a list", "null", "slow"],
    )
    def test_56_key_set_down(self, browser: Browser, clock: MovableClock, behaviour: dict[str, Any]) -> None:
        browser.platform.jwks_behaviour(**behaviour)
        assert browser.launch().status_code == 503
        browser.platform.jwks_behaviour()
        clock.forward(seconds=31)
        assert browser.launch(iat=at(0), exp=at(600)).status_code == 200

    def test_56_keys_that_nobody_could_read_for_days_serve_no_more(
        self, browser: Browser, clock: MovableClock
    ) -> None:
        assert browser.launch().status_code == 200
        browser.platform.jwks_behaviour(status=500)
        clock.forward(days=60)
        ahead = 60 * 86400
        assert browser.launch(iat=at(ahead), exp=at(ahead + 600)).status_code == 503

    def test_56_known_keys_serve_while_the_key_set_is_down(
        self, browser: Browser, clock: MovableClock
    ) -> None:
        assert browser.launch().status_code == 200
        browser.platform.jwks_behaviour(status=500)
        clock.forward(hours=25)
        times = {"iat": at(25 * 3600), "exp": at(25 * 3600 + 600)}
        assert browser.launch(**times).status_code == 200
