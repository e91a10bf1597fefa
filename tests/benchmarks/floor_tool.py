"""The floor: the least that an LTI tool can do and still be safe. Flask, PyJWT with a held key, one SQLite write.

State and nonce are bound in a signed cookie; the nonce is used up by a unique key; the page has 11 kB.
"""

import json
import os
import secrets
import sqlite3
from urllib.parse import urlencode
from urllib.request import urlopen

import jwt
from flask import Flask, redirect, request
from itsdangerous import URLSafeTimedSerializer

PLATFORM = os.environ["BENCH_PLATFORM"]
SIGNER = URLSafeTimedSerializer(
    secrets.token_hex(16) if "BENCH_SECRET" not in os.environ else os.environ["BENCH_SECRET"]
)
PAGE = (
    "<!doctype html><html lang='en'><head><title>{{ claims.name }}</title></head><body><h1>{{ claims.name }}</h1>"
    "{% for number in range(60) %}<section class='question'><h2>Question {{ number }}</h2>"
    "<label for='q{{ number }}'>What went well, and how do I know?</label>"
    "<textarea id='q{{ number }}' name='q{{ number }}'>{{ claims.sub }}</textarea></section>{% endfor %}</body></html>"
)


def create_app() -> Flask:
    """Return the application."""
    app = Flask(__name__)
    database = sqlite3.connect(
        os.environ["BENCH_DATABASE"], isolation_level=None, check_same_thread=False, timeout=30
    )
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY)")
    template = app.jinja_env.from_string(PAGE)
    keys: dict[str, object] = {}

    def key(kid: str) -> object:
        if kid not in keys:
            with urlopen(f"{PLATFORM}/jwks") as answer:
                for jwk in json.load(answer)["keys"]:
                    keys[jwk["kid"]] = jwt.PyJWK(jwk).key
        return keys[kid]

    @app.post("/lti/login")
    def login():
        state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        query = {"state": state, "nonce": nonce, "login_hint": request.form["login_hint"], "scope": "openid"}
        answer = redirect(f"{PLATFORM}/authorize?{urlencode(query)}")
        answer.set_cookie("bound", SIGNER.dumps([state, nonce]), secure=True, httponly=True, samesite="None")
        return answer

    @app.post("/lti/launch")
    def launch():
        state, nonce = SIGNER.loads(request.cookies["bound"], max_age=600)
        token = request.form["id_token"]
        claims = jwt.decode(
            token,
            key(jwt.get_unverified_header(token)["kid"]),
            algorithms=["RS256"],
            audience="bench-client",
            issuer=PLATFORM,
            options={"require": ["exp", "iat", "nonce"]},
        )
        if request.form["state"] != state or claims["nonce"] != nonce:
            return "no", 401
        database.execute("INSERT INTO nonce VALUES (?)", (nonce,))
        return template.render(claims=claims)

    return app
