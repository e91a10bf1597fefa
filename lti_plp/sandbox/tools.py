"""The tools that are installed, and what they sign."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests

from lti_plp.sandbox import times
from lti_plp.sandbox.placements import PLACEMENTS
from lti_plp.sandbox.scopes import ALL_SCOPES, CANVAS_SCOPES

LEEWAY_SECONDS = 60
MAX_KEY_SET = 200_000
"""Longest key set that is read, bytes."""


@dataclass(frozen=True)
class Tool:
    """A registered tool; without deployment id or switched off, nothing of it works."""

    id: int
    client_id: str
    deployment_id: str | None
    name: str
    login_url: str
    redirect_uris: list[str]
    target_link_uri: str
    jwks_url: str
    domain: str
    scopes: list[str]
    privacy: str
    custom: dict[str, str]
    placements: list[str]
    active: bool
    only_courses: list[int] | None = None
    """Where it is installed; ``None`` is everywhere."""

    @property
    def origins(self) -> set[str]:
        """Where its pages come from, for our content security policy."""
        return {origin_of(url) for url in (self.login_url, self.target_link_uri, *self.redirect_uris)}


class RefusedToken(Exception):
    """What a tool signed is not accepted; the text says why."""


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_web_address(value: object) -> bool:
    """Tell whether this is an absolute http(s) address without spaces, quotes or credentials."""
    if not isinstance(value, str) or any(c.isspace() or c in "<>\"'\\" for c in value):
        return False
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


def on_domain(url: str, domain: str) -> bool:
    """Tell whether an address is on a tool's domain; the port counts when the domain names one."""
    parts = urlsplit(url)
    return (parts.netloc if ":" in domain else parts.hostname) == domain


def _tool(row: sqlite3.Row) -> Tool:
    values: dict[str, Any] = dict(row)
    for name in ("redirect_uris", "scopes", "custom", "placements"):
        values[name] = json.loads(values[name])
    only = json.loads(values["only_courses"]) if values["only_courses"] else None
    return Tool(**{**values, "active": bool(values["active"]), "only_courses": only})


def all_tools(db: sqlite3.Connection) -> list[Tool]:
    """Return every registered tool."""
    return [_tool(row) for row in db.execute("SELECT * FROM tool ORDER BY id")]


def active_tools(db: sqlite3.Connection, placement: str | None = None) -> list[Tool]:
    """Return the tools that are switched on, and have this placement."""
    return [tool for tool in all_tools(db) if tool.active and (not placement or placement in tool.placements)]


def tool_by_id(db: sqlite3.Connection, tool_id: int) -> Tool | None:
    """Return a tool."""
    row = db.execute("SELECT * FROM tool WHERE id = ?", (tool_id,)).fetchone()
    return _tool(row) if row else None


def tool_by_client_id(db: sqlite3.Connection, client_id: str) -> Tool | None:
    """Return a tool."""
    row = db.execute("SELECT * FROM tool WHERE client_id = ?", (client_id,)).fetchone()
    return _tool(row) if row else None


def add_tool(db: sqlite3.Connection, values: dict[str, Any]) -> int:
    """Store a tool under its client id, replacing an older description of it; return its id."""
    known = tool_by_client_id(db, values["client_id"])
    plain = {
        name: json.dumps(value) if isinstance(value, list | dict) else value for name, value in values.items()
    }
    columns = ", ".join(plain)
    if known:
        marks = ", ".join(f"{name} = ?" for name in plain)
        # The names are those of our own columns.
        db.execute(f"UPDATE tool SET {marks} WHERE id = ?", (*plain.values(), known.id))  # noqa: S608
        return known.id
    marks = ", ".join("?" for _ in plain)
    cursor = db.execute(f"INSERT INTO tool ({columns}) VALUES ({marks})", tuple(plain.values()))  # noqa: S608
    return int(cursor.lastrowid or 0)


def install_known_tool(db: sqlite3.Connection, tool_url: str, client_id: str, deployment_id: str) -> None:
    """Register the tool that was named at the start, with all services and full names."""
    tool_url = tool_url.rstrip("/")
    add_tool(
        db,
        {
            "client_id": client_id,
            "deployment_id": deployment_id,
            "name": "Learning Plan",
            "login_url": f"{tool_url}/lti/login",
            "redirect_uris": [f"{tool_url}/lti/launch"],
            "target_link_uri": f"{tool_url}/lti/launch",
            "jwks_url": f"{tool_url}/lti/jwks",
            "domain": urlsplit(tool_url).netloc,
            "scopes": [*ALL_SCOPES, *CANVAS_SCOPES],
            "privacy": "public",
            "custom": {
                "context_history": "$Context.id.history",
                "canvas_course_id": "$Canvas.course.id",
                "canvas_user_id": "$Canvas.user.id",
                "lms_user_id": "$Canvas.user.id",
                "observees": "$com.instructure.User.observees",
                "root_admin": "$Canvas.user.isRootAccountAdmin",
                "masquerading": "$Canvas.masqueradingUser.id",
                "assignment_due_at": "$Canvas.assignment.dueAt.iso8601",
            },
            "placements": list(PLACEMENTS),
            "active": True,
        },
    )


def _fetch_key_set(tool: Tool) -> list[Any]:
    try:
        with requests.Session() as http:
            # Proxies of the surroundings have no business with loopback addresses.
            http.trust_env = False
            answer = http.get(tool.jwks_url, timeout=5, allow_redirects=False)
        if answer.status_code != 200 or len(answer.content) > MAX_KEY_SET:
            raise RefusedToken(f"The tool's key set answered with status {answer.status_code}.")
        keys = answer.json()["keys"]
    except (requests.RequestException, ValueError, KeyError, TypeError) as problem:
        raise RefusedToken("JWK Error: the tool's key set cannot be read.") from problem
    if not isinstance(keys, list):
        raise RefusedToken("JWK Error: the tool's key set has no list of keys.")
    return keys


def verified_claims(tool: Tool, token: str) -> dict[str, Any]:
    """Return the claims of a token once a key of the tool's present key set confirms its signature.

    :raise RefusedToken: when the token is malformed, not RS256, without kid, or not signed by that key.
    """
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as problem:
        raise RefusedToken("JWT format is invalid.") from problem
    kid = header.get("kid")
    if header.get("alg") != "RS256":
        raise RefusedToken("The JWT is not signed with RS256.")
    if not isinstance(kid, str) or not kid:
        raise RefusedToken("The JWT's header has no kid.")
    jwk = next((key for key in _fetch_key_set(tool) if isinstance(key, dict) and key.get("kid") == kid), None)
    if jwk is None:
        raise RefusedToken("The JWT's kid is not in the tool's key set.")
    if jwk.get("kty") != "RSA" or jwk.get("alg", "RS256") != "RS256" or jwk.get("use", "sig") != "sig":
        raise RefusedToken("The key named by the JWT is not for signing with RS256.")
    try:
        claims = jwt.decode(
            token,
            jwt.PyJWK.from_dict(jwk, algorithm="RS256").key,
            algorithms=["RS256"],
            options=dict.fromkeys(_LEFT_TO_US, False),  # type: ignore[arg-type]
        )
    except (jwt.PyJWTError, ValueError, TypeError) as problem:
        raise RefusedToken("JWS signature invalid.") from problem
    return claims


# Checked by check_times and by each message's own rules, so that a refusal can name every fault at once.
_LEFT_TO_US = (
    "verify_aud",
    "verify_exp",
    "verify_iat",
    "verify_nbf",
    "verify_sub",
    "verify_jti",
    "verify_iss",
)


def time_problems(claims: dict[str, Any]) -> list[str]:
    """Return what is wrong with ``iat`` and ``exp``."""
    issued, expires = claims.get("iat"), claims.get("exp")
    if issued is None or expires is None or not _is_number(issued) or not _is_number(expires):
        return ["iat and exp must both be there, as numbers."]
    now = times.now().timestamp()
    problems = []
    if expires + LEEWAY_SECONDS <= now:
        problems.append("The JWT has expired.")
    if issued - LEEWAY_SECONDS > now:
        problems.append("The JWT was issued in the future.")
    if issued + 3600 < now:
        problems.append("The JWT was issued more than an hour ago.")
    if expires <= issued:
        problems.append("exp is not later than iat.")
    return problems


def audience_of(claims: dict[str, Any]) -> list[Any]:
    """Return the audiences, one or several."""
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def use_once(db: sqlite3.Connection, tool: Tool, kind: str, value: str) -> bool:
    """Note that a tool used this ``jti`` or ``nonce``; False when it did before."""
    cursor = db.execute(
        "INSERT OR IGNORE INTO used_token_id (tool_id, kind, value) VALUES (?, ?, ?)", (tool.id, kind, value)
    )
    return cursor.rowcount == 1
