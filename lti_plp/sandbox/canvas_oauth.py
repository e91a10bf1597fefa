"""OAuth 2 for ``/api/v1`` as Canvas has it: somebody who is signed in lets a developer key act in their name."""

import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from lti_plp.sandbox.lms import database
from lti_plp.sandbox.oauth_keys import (
    TOKEN_SECONDS,
    DeveloperKey,
    UserToken,
    key_by_client_id,
    new_code,
    new_token,
    renewed,
    revoke,
    taken_code,
    token_by,
)
from lti_plp.sandbox.school import Person, people, person_by
from lti_plp.sandbox.store import writing

bp = Blueprint("canvas_oauth", __name__, url_prefix="/login/oauth2")

LONGEST_REQUEST = 8000
"""Characters of an address that Canvas takes; some 110 scopes fit."""
SCOPE_MISSING = (
    "A requested scope is invalid, unknown, malformed, or exceeds the scope granted by the resource owner. "
    "The following scopes were requested, but not granted: "
)


class OauthRefusal(Exception):
    """A request of OAuth is not answered with a token."""

    def __init__(self, error: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.error = error
        self.status = status

    def answer(self) -> Response:
        """Return the answer that says so."""
        body = jsonify(error=self.error, error_description=str(self))
        body.status_code = self.status
        if self.status == 401:
            body.headers["WWW-Authenticate"] = "Canvas OAuth 2.0"
        return body


@bp.get("/auth")
def auth() -> ResponseReturnValue:
    """Take in a request for somebody's consent; nothing goes to an address that the key does not name."""
    if len(request.full_path) > LONGEST_REQUEST:
        abort(414)
    key = key_by_client_id(database(), request.args.get("client_id", ""))
    if key is None:
        raise OauthRefusal("invalid_client", "unknown client", 401)
    uri = request.args.get("redirect_uri", "")
    if uri not in key.redirect_uris:
        raise OauthRefusal("invalid_request", "redirect_uri does not match client settings")
    # Of several `scope` parameters the last one counts.
    scopes = (request.args.getlist("scope") or [""])[-1].split()
    state = request.args.get("state")
    problem = _problem(key, scopes)
    if problem:
        return _back(uri, state, error=problem[0], error_description=problem[1])
    session["oauth2"] = {
        "client_id": key.client_id,
        "redirect_uri": uri,
        "state": state,
        "scopes": scopes if key.enforces_scopes else [],
        "purpose": request.args.get("purpose", ""),
        # Known only to the page that asks for consent, so that no other site can press its button.
        "form": secrets.token_urlsafe(16),
    }
    if request.args.get("force_login") == "1" or _somebody() is None:
        return redirect(url_for(".login"))
    return redirect(url_for(".confirm"))


def _problem(key: DeveloperKey, scopes: list[str]) -> tuple[str, str] | None:
    if not key.active:
        return "unauthorized_client", "Client does not have access to the specified Canvas account."
    if request.args.get("response_type") != "code":
        return "unsupported_response_type", "Only response_type=code is permitted"
    missing = [scope for scope in scopes if scope not in key.scopes]
    if key.enforces_scopes and (missing or not scopes):
        return "invalid_scope", SCOPE_MISSING + " ".join(missing)
    return None


def _back(uri: str, state: str | None, **said: str) -> ResponseReturnValue:
    answer = {**said, **({"state": state} if state is not None else {})}
    return redirect(f"{uri}{'&' if urlsplit(uri).query else '?'}{urlencode(answer)}")


def _somebody() -> Person | None:
    row = database().execute("SELECT * FROM lms_session WHERE id = ?", (session.get("id"),)).fetchone()
    return person_by(database(), "id", row["person_id"]) if row else None


def _asked() -> dict[str, Any]:
    pending: dict[str, Any] | None = session.get("oauth2")
    return pending or abort(400, "Must submit new OAuth2 request")


@bp.get("/login")
def login() -> ResponseReturnValue:
    """Ask who it is; Canvas has its login page here."""
    _asked()
    everybody = [person for person in people(database()) if person.kind != "test"]
    return render_template("oauth_login.html", everybody=everybody)


@bp.post("/login")
def signed_in() -> ResponseReturnValue:
    """Be somebody, and go on with what was asked."""
    _asked()
    person = person_by(database(), "key", request.form.get("person", "")) or abort(404)
    session["id"] = secrets.token_urlsafe(16)
    database().execute("INSERT INTO lms_session (id, person_id) VALUES (?, ?)", (session["id"], person.id))
    return redirect(url_for(".confirm"), 303)


@bp.get("/confirm")
def confirm() -> ResponseReturnValue:
    """Ask for consent; Canvas lets no other site frame this page."""
    asked, person = _asked(), _somebody()
    if person is None:
        return redirect(url_for(".login"))
    key = key_by_client_id(database(), asked["client_id"]) or abort(400)
    page = Response(render_template("oauth_confirm.html", key=key, asked=asked, person=person))
    page.headers["X-Frame-Options"] = "SAMEORIGIN"
    page.headers["Content-Security-Policy"] = "frame-ancestors 'self'"
    return page


@bp.post("/accept")
def accept() -> ResponseReturnValue:
    """Give the key a code."""
    asked, key, person = _decided()
    code = new_code(database(), key, person.id, asked["scopes"], asked["redirect_uri"])
    return _back(asked["redirect_uri"], asked["state"], code=code)


@bp.post("/deny")
def deny() -> ResponseReturnValue:
    """Send the browser back without one."""
    asked, _, _ = _decided()
    return _back(
        asked["redirect_uri"],
        asked["state"],
        error="access_denied",
        error_description="The resource owner or authorization server denied the request.",
    )


def _decided() -> tuple[dict[str, Any], DeveloperKey, Person]:
    asked, person = _asked(), _somebody()
    key = key_by_client_id(database(), asked["client_id"])
    if key is None or person is None or request.form.get("form") != asked["form"]:
        abort(400, "Must submit new OAuth2 request")
    del session["oauth2"]
    return asked, key, person


def exchange() -> ResponseReturnValue:
    """Give a token for a code, or another one for a refresh token (``POST /login/oauth2/token``).

    :raise OauthRefusal: when the key, its secret, the code or the refresh token is not good.
    """
    key = _authenticated_key()
    db = database()
    with writing(db):
        if request.form.get("grant_type") == "authorization_code":
            token = _of_code(key)
            body = _shown(token) | {"refresh_token": token.refresh_token}
        else:
            body = _shown(renewed(db, _of_refresh_token(key)))
    return jsonify(body)


def _authenticated_key() -> DeveloperKey:
    basic = request.authorization
    given = (basic.username, basic.password) if basic and basic.type == "basic" else (None, None)
    key = key_by_client_id(database(), request.form.get("client_id") or given[0] or "")
    if key is None or not key.active:
        raise OauthRefusal("invalid_client", "unknown client", 401)
    secret = request.form.get("client_secret") or given[1] or ""
    if not secrets.compare_digest(secret.encode(), key.secret.encode()):
        raise OauthRefusal("invalid_client", "invalid client", 401)
    return key


def _of_code(key: DeveloperKey) -> UserToken:
    code = request.form.get("code")
    if not code:
        text = "You must provide the code parameter when using the authorization_code grant type"
        raise OauthRefusal("invalid_request", text)
    row = database().execute("SELECT key_id, redirect_uri FROM oauth_code WHERE code = ?", (code,)).fetchone()
    if row is not None and row["key_id"] != key.id:
        raise OauthRefusal("invalid_grant", "incorrect client")
    # Asked for by RFC 6749, section 4.1.3, and by Canvas's documentation, though its code lets it pass.
    if row is not None and request.form.get("redirect_uri") != row["redirect_uri"]:
        raise OauthRefusal("invalid_grant", "redirect_uri is not the one of the authorization request")
    taken = taken_code(database(), code)
    if taken is None:
        raise OauthRefusal("invalid_grant", "authorization_code not found")
    if request.form.get("replace_tokens") in {"1", "true"}:
        database().execute(
            "DELETE FROM user_token WHERE key_id = ? AND person_id = ?", (key.id, taken["person_id"])
        )
    return new_token(database(), key.id, taken["person_id"], taken["scopes"].split())


def _of_refresh_token(key: DeveloperKey) -> UserToken:
    given = request.form.get("refresh_token")
    if not given:
        text = "You must provide the refresh_token parameter when using the refresh_token grant type"
        raise OauthRefusal("invalid_request", text)
    token = token_by(database(), "refresh_token", given)
    if token is None:
        raise OauthRefusal("invalid_request", "refresh_token not found")
    if token.key_id != key.id:
        raise OauthRefusal("invalid_grant", "incorrect client")
    return token


def _shown(token: UserToken) -> dict[str, Any]:
    person = person_by(database(), "id", token.person_id)
    return {
        "access_token": token.token,
        "token_type": "Bearer",
        "user": {
            "id": token.person_id,
            "name": person.name if person else "",
            "global_id": str(10_000_000_000_000 + token.person_id),
            "effective_locale": "en",
        },
        "canvas_region": "us-east-1",
        "expires_in": TOKEN_SECONDS,
    }


@bp.delete("/token")
def forget() -> ResponseReturnValue:
    """Revoke the token that the request carries, and its refresh token."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    token = token_by(database(), "token", value) if scheme == "Bearer" else None
    if token is None:
        text = "can't delete OAuth access token when not using an OAuth access token"
        return jsonify(message=text), 400
    revoke(database(), token)
    return jsonify({})
