"""OAuth 2 of the stand-in LMS: consent in a browser, codes, tokens, refusals."""

import pytest
import requests

from tests.sandbox.canvas import CALLBACK, Browser, Canvas, Key, query_of

SELF = "url:GET|/api/v1/users/:id"
COURSES = "url:GET|/api/v1/courses"


def consented(canvas: Canvas, key: Key, person: str = "maya", **changes: object) -> str:
    browser = Browser(canvas.url)
    browser.sign_in(person)
    answer = browser.decide(browser.consent_page(key, **changes))
    assert answer["state"] == "my-state"
    return answer["code"]


class TestConsent:
    def test_code_is_good_once(self, canvas: Canvas) -> None:
        key = canvas.key()
        code = consented(canvas, key)
        answer = key.token(grant_type="authorization_code", code=code)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["token_type"] == "Bearer"
        assert told["expires_in"] == 3600
        assert told["user"]["id"] == canvas.person_id("maya")
        assert told["user"]["name"] == "Maya Torres"
        assert told["refresh_token"]
        again = key.token(grant_type="authorization_code", code=code)
        assert (again.status_code, again.json()) == (
            400,
            {"error": "invalid_grant", "error_description": "authorization_code not found"},
        )

    def test_who_is_not_signed_in_says_first_who_it_is(self, canvas: Canvas) -> None:
        key, browser = canvas.key(), Browser(canvas.url)
        answer = browser.ask("GET", "/login/oauth2/auth", params=key.query())
        assert answer.headers["Location"] == "/login/oauth2/login"
        assert "Leo Bouchard" in browser.ask("GET", "/login/oauth2/login").text
        assert browser.ask("POST", "/login/oauth2/login", data={"person": "leo"}).status_code == 303
        page = browser.ask("GET", "/login/oauth2/confirm")
        assert "You are Leo Bouchard" in page.text
        assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
        code = browser.decide(page)["code"]
        told = key.token(grant_type="authorization_code", code=code).json()
        assert told["user"]["name"] == "Leo Bouchard"

    def test_force_login_asks_again(self, canvas: Canvas) -> None:
        browser = Browser(canvas.url)
        browser.sign_in("maya")
        answer = browser.ask("GET", "/login/oauth2/auth", params=canvas.key().query(force_login="1"))
        assert answer.headers["Location"] == "/login/oauth2/login"

    def test_cancel(self, canvas: Canvas) -> None:
        browser = Browser(canvas.url)
        browser.sign_in("maya")
        answer = browser.decide(browser.consent_page(canvas.key()), "deny")
        assert answer["error"] == "access_denied"
        assert answer["state"] == "my-state"
        assert "code" not in answer

    def test_another_site_cannot_press_the_button(self, canvas: Canvas) -> None:
        browser = Browser(canvas.url)
        browser.sign_in("maya")
        browser.consent_page(canvas.key())
        assert browser.ask("POST", "/login/oauth2/accept", data={"form": "guessed"}).status_code == 400

    def test_nothing_goes_to_an_unknown_address(self, canvas: Canvas) -> None:
        key, browser = canvas.key(), Browser(canvas.url)
        for changes, status, error in (
            ({"redirect_uri": CALLBACK + "/x"}, 400, "invalid_request"),
            ({"redirect_uri": None}, 400, "invalid_request"),
            ({"client_id": "12"}, 401, "invalid_client"),
        ):
            answer = browser.ask("GET", "/login/oauth2/auth", params=key.query(**changes))
            assert (answer.status_code, answer.json()["error"]) == (status, error)

    def test_requests_that_come_back_with_an_error(self, canvas: Canvas) -> None:
        browser, key = Browser(canvas.url), canvas.key(scopes=[SELF], enforces_scopes=True)
        for changes, error in (
            ({"response_type": "token"}, "unsupported_response_type"),
            ({}, "invalid_scope"),
            ({"scope": f"{SELF} {COURSES}"}, "invalid_scope"),
        ):
            answer = browser.ask("GET", "/login/oauth2/auth", params=key.query(**changes))
            told = query_of(answer.headers["Location"])
            assert (told["error"], told["state"]) == (error, "my-state")
            assert told["error_description"]

    def test_a_key_that_is_off(self, canvas: Canvas) -> None:
        key = canvas.key()
        api = key.api("maya")
        canvas.control(f"developer_keys/{key.client_id}", {"active": False})
        answer = Browser(canvas.url).ask("GET", "/login/oauth2/auth", params=key.query())
        assert query_of(answer.headers["Location"])["error"] == "unauthorized_client"
        assert api.get("users/self").status_code == 401

    def test_the_last_of_several_scopes_counts(self, canvas: Canvas) -> None:
        browser, key = Browser(canvas.url), canvas.key(scopes=[SELF], enforces_scopes=True)
        browser.sign_in("maya")
        assert SELF in browser.consent_page(key, scope=["nonsense", SELF]).text

    def test_too_long_a_request(self, canvas: Canvas) -> None:
        answer = Browser(canvas.url).ask(
            "GET", "/login/oauth2/auth", params=canvas.key().query(scope="x" * 8000)
        )
        assert answer.status_code == 414


class TestTokens:
    def test_refresh_gives_no_new_refresh_token_and_ends_the_old_access_token(self, canvas: Canvas) -> None:
        key = canvas.key()
        old = key.api("maya")
        answer = key.token(grant_type="refresh_token", refresh_token=old.refresh_token)
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json()
        assert old.get("users/self").status_code == 401
        old.token = answer.json()["access_token"]
        assert old.read("users/self")["name"] == "Maya Torres"
        assert key.token(grant_type="refresh_token", refresh_token=old.refresh_token).status_code == 200

    @pytest.mark.parametrize(
        ("form", "status", "error", "text"),
        [
            ({"client_id": "1"}, 401, "invalid_client", "unknown client"),
            ({"client_secret": "wrong"}, 401, "invalid_client", "invalid client"),
            ({"client_secret": None}, 401, "invalid_client", "invalid client"),
            ({"refresh_token": "gone"}, 400, "invalid_request", "refresh_token not found"),
            ({"refresh_token": None}, 400, "invalid_request", "You must provide the refresh_token"),
            ({"grant_type": "authorization_code"}, 400, "invalid_request", "You must provide the code"),
            ({"grant_type": "password"}, 400, "unsupported_grant_type", ""),
        ],
    )
    def test_refusals(
        self, canvas: Canvas, form: dict[str, object], status: int, error: str, text: str
    ) -> None:
        key = canvas.key()
        good = {"grant_type": "refresh_token", "refresh_token": key.api("maya").refresh_token}
        answer = key.token(**{**good, **form})
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        assert answer.json()["error_description"].startswith(text)

    def test_another_keys_code_and_refresh_token(self, canvas: Canvas) -> None:
        key, other = canvas.key(), canvas.key()
        stolen = other.token(grant_type="authorization_code", code=consented(canvas, key))
        assert stolen.json() == {"error": "invalid_grant", "error_description": "incorrect client"}
        stolen = other.token(grant_type="refresh_token", refresh_token=key.api("maya").refresh_token)
        assert stolen.json() == {"error": "invalid_grant", "error_description": "incorrect client"}

    def test_a_code_for_another_address(self, canvas: Canvas) -> None:
        key = canvas.key()
        code = consented(canvas, key)
        answer = key.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK + "/x")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        assert key.token(grant_type="authorization_code", code=code).status_code == 200

    def test_secret_by_basic_authentication(self, canvas: Canvas) -> None:
        key = canvas.key()
        form = {"grant_type": "refresh_token", "refresh_token": key.api("maya").refresh_token}
        address = f"{canvas.url}/login/oauth2/token"
        answer = requests.post(address, data=form, auth=(key.client_id, key.secret), timeout=60)
        assert answer.status_code == 200

    def test_revoked_by_its_holder(self, canvas: Canvas) -> None:
        key = canvas.key()
        api = key.api("maya")
        address, header = f"{canvas.url}/login/oauth2/token", {"Authorization": f"Bearer {api.token}"}
        assert requests.delete(address, timeout=60).status_code == 400
        answer = requests.delete(address, headers=header, timeout=60)
        assert (answer.status_code, answer.json()) == (200, {})
        assert api.get("users/self").status_code == 401
        dead = key.token(grant_type="refresh_token", refresh_token=api.refresh_token)
        assert dead.json() == {"error": "invalid_request", "error_description": "refresh_token not found"}

    def test_a_token_lasts_an_hour(self, canvas: Canvas) -> None:
        key = canvas.key()
        api = key.api("leo")
        canvas.control("user_tokens/age", {"person": "leo", "seconds": 3590})
        assert api.get("users/self").status_code == 200
        canvas.control("user_tokens/age", {"person": "leo", "seconds": 10})
        assert api.get("users/self").status_code == 401
        assert key.token(grant_type="refresh_token", refresh_token=api.refresh_token).status_code == 200

    def test_replace_tokens(self, canvas: Canvas) -> None:
        key = canvas.key()
        before = key.api("maya")
        code = consented(canvas, key)
        answer = key.token(grant_type="authorization_code", code=code, replace_tokens="1")
        assert answer.status_code == 200
        assert before.get("users/self").status_code == 401

    def test_a_scope_taken_away_ends_all_tokens_and_one_added_changes_none(self, canvas: Canvas) -> None:
        key = canvas.key(scopes=[SELF], enforces_scopes=True)
        api = key.api("maya")
        canvas.control(f"developer_keys/{key.client_id}", {"scopes": [SELF, COURSES]})
        assert api.get("users/self").status_code == 200
        assert api.get("courses").status_code == 401
        canvas.control(f"developer_keys/{key.client_id}", {"scopes": [COURSES]})
        assert "WWW-Authenticate" in api.get("users/self").headers


class TestRefusals:
    def test_a_token_that_is_no_good_is_told_from_one_that_may_not(self, canvas: Canvas) -> None:
        api = canvas.api("maya", scopes=[SELF], enforces_scopes=True)
        api.token, good = "1~nonsense", api.token
        bad = api.get("users/self")
        assert (bad.status_code, bad.json()) == (401, {"errors": [{"message": "Invalid access token."}]})
        assert bad.headers["WWW-Authenticate"] == 'Bearer realm="canvas-lms"'
        api.token = good
        small = api.get("courses")
        assert (small.status_code, small.json()) == (
            401,
            {"errors": [{"message": "Insufficient scopes on access token."}]},
        )
        assert "WWW-Authenticate" not in small.headers

    def test_only_a_bearer_token_is_heard(self, canvas: Canvas) -> None:
        api = canvas.api("maya")
        address = f"{canvas.url}/api/v1/users/self"
        for headers, params in (
            ({}, {}),
            ({}, {"access_token": api.token}),
            ({"Authorization": f"Basic {api.token}"}, {}),
        ):
            answer = requests.get(address, headers=headers, params=params, timeout=60)
            assert answer.status_code == 401
            assert answer.json()["errors"] == [{"message": "user authorization required"}]
            assert "WWW-Authenticate" in answer.headers

    def test_what_is_not_there(self, canvas: Canvas) -> None:
        api = canvas.api("maya")
        for path in ("courses/999", "courses/sis_course_id:none", "nothing/here", "files/999"):
            answer = api.get(path)
            assert (answer.status_code, answer.json()) == (
                404,
                {"errors": [{"message": "The specified resource does not exist."}]},
            )
