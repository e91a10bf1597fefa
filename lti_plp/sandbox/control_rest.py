"""Test control of the REST interface: keys, tokens, throttle, faults, clock; see :mod:`lti_plp.sandbox.control`."""

import json
from dataclasses import asdict
from typing import Any

from flask import Blueprint, abort, jsonify
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import oauth_keys, times
from lti_plp.sandbox.control_coursework import body, person
from lti_plp.sandbox.lms import database
from lti_plp.sandbox.path_faults import KINDS
from lti_plp.sandbox.store import set_setting, writing
from lti_plp.sandbox.throttle import throttle

bp = Blueprint("control_rest", __name__, url_prefix="/_sandbox")

SETTINGS = frozenset(
    {
        "link_base",
        "empty_page_every",
        "forbidden_status",
        "teachers_see_sis",
        "file_address_seconds",
        "concluded_status",
        "limited_to_section",
        "deep_linking_line_items",
        "publish_picked",
    }
)


@bp.post("/developer_keys")
def make_key() -> ResponseReturnValue:
    """Make a developer key for ``/api/v1``."""
    key = oauth_keys.add_key(database(), **body())
    return jsonify(client_id=key.client_id, client_secret=key.secret)


@bp.post("/developer_keys/<client_id>")
def change_key(client_id: str) -> ResponseReturnValue:
    """Change a key's scopes, or switch it on or off."""
    values, key = body(), oauth_keys.key_by_client_id(database(), client_id) or abort(404)
    with writing(database()):
        oauth_keys.change_key(database(), key, values.get("scopes"), values.get("active"))
    return jsonify(ok=True)


@bp.post("/user_tokens")
def make_token() -> ResponseReturnValue:
    """Give a key somebody's token, as if they had consented."""
    values = body()
    key = oauth_keys.key_by_client_id(database(), values["client_id"]) or abort(404)
    scopes = values.get("scopes", key.scopes) if key.enforces_scopes else []
    token = oauth_keys.new_token(database(), key.id, person(values["person"]).id, scopes)
    return jsonify(access_token=token.token, refresh_token=token.refresh_token)


@bp.post("/user_tokens/age")
def age_tokens() -> ResponseReturnValue:
    """Let people's tokens (all, or one person's) be so much older; after an hour they are no good."""
    rows = database().execute("SELECT id, expires_at, person_id FROM user_token").fetchall()
    values = body()
    only = person(values["person"]).id if "person" in values else None
    for row in rows:
        if only in (None, row["person_id"]):
            moment = times.parse(row["expires_at"])
            if moment is not None:
                earlier = times.stored(moment - times.span(float(values.get("seconds", 3600))))
                database().execute("UPDATE user_token SET expires_at = ? WHERE id = ?", (earlier, row["id"]))
    return jsonify(ok=True)


@bp.post("/user_tokens/revoke")
def revoke_tokens() -> ResponseReturnValue:
    """Take people's tokens (all, or one person's) away, with their refresh tokens."""
    values = body()
    if "person" in values:
        database().execute("DELETE FROM user_token WHERE person_id = ?", (person(values["person"]).id,))
    else:
        database().execute("DELETE FROM user_token")
    return jsonify(ok=True)


@bp.post("/throttle")
def limits() -> ResponseReturnValue:
    """Set how much a token may ask for; nothing sets it back to what Canvas has."""
    return jsonify(asdict(throttle().change(body())))


@bp.get("/throttle")
def levels() -> ResponseReturnValue:
    """Return how full the buckets are."""
    return jsonify(throttle().levels())


@bp.post("/throttle/fill")
def fill() -> ResponseReturnValue:
    """Let the buckets that are in use stand at a level."""
    throttle().fill(float(body()["level"]))
    return jsonify(ok=True)


@bp.post("/path_faults")
def fault() -> ResponseReturnValue:
    """Misbehave at some addresses."""
    values: dict[str, Any] = {
        "times": None if body().get("kind") == "latency" else 1,
        "status": None,
        "delay_ms": 0,
        "body": None,
        "after_bytes": None,
        **body(),
    }
    if values["kind"] not in KINDS:
        abort(400, f"kind is one of {', '.join(sorted(KINDS))}")
    if isinstance(values["body"], dict | list):
        values["body"] = json.dumps(values["body"])
    database().execute(
        "INSERT INTO path_fault (pattern, kind, times, status, delay_ms, body, after_bytes)"
        " VALUES (:pattern, :kind, :times, :status, :delay_ms, :body, :after_bytes)",
        values,
    )
    return jsonify(ok=True)


@bp.post("/path_faults/clear")
def clear_faults() -> ResponseReturnValue:
    """Behave again."""
    database().execute("DELETE FROM path_fault")
    return jsonify(ok=True)


@bp.post("/clock")
def clock() -> ResponseReturnValue:
    """Set the LMS's clock wrong by some seconds; 0 sets it right."""
    seconds = float(body()["seconds"])
    set_setting(database(), "clock_wrong_by", str(seconds))
    times.set_wrong_by(seconds)
    return jsonify(now=times.stored(times.now()))


@bp.post("/settings")
def settings() -> ResponseReturnValue:
    """Change how the REST interface behaves."""
    for name, value in body().items():
        if name not in SETTINGS:
            abort(400, f"settings are {', '.join(sorted(SETTINGS))}")
        set_setting(database(), name, str(value))
    return jsonify(ok=True)
