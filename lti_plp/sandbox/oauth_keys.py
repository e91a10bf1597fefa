"""Developer keys of the REST interface, and the tokens that people gave to whoever holds one."""

import json
import secrets
import sqlite3
from dataclasses import dataclass

from lti_plp.sandbox import times

TOKEN_SECONDS = 3600
CODE_MINUTES = 10


@dataclass(frozen=True)
class DeveloperKey:
    """A key for ``/api/v1``, as a school's administrator makes it beside the one for LTI."""

    id: int
    client_id: str
    secret: str
    name: str
    redirect_uris: list[str]
    scopes: list[str]
    enforces_scopes: bool
    allows_includes: bool
    """"Allow Include Parameters": without it, a key with scopes loses every ``include[]``."""
    active: bool

    @property
    def drops_includes(self) -> bool:
        """Tell whether ``include[]`` is left unheard."""
        return self.enforces_scopes and not self.allows_includes


@dataclass(frozen=True)
class UserToken:
    """What one person allowed one key."""

    id: int
    token: str
    refresh_token: str
    key_id: int
    person_id: int
    scopes: list[str]
    expires_at: str


def _key(row: sqlite3.Row | None) -> DeveloperKey | None:
    if row is None:
        return None
    return DeveloperKey(
        **{
            **dict(row),
            "redirect_uris": json.loads(row["redirect_uris"]),
            "scopes": json.loads(row["scopes"]),
            **{name: bool(row[name]) for name in ("enforces_scopes", "allows_includes", "active")},
        }
    )


def _token(row: sqlite3.Row | None) -> UserToken | None:
    return UserToken(**{**dict(row), "scopes": row["scopes"].split()}) if row else None


def key_by_client_id(db: sqlite3.Connection, client_id: str) -> DeveloperKey | None:
    """Return a key."""
    return _key(db.execute("SELECT * FROM developer_key WHERE client_id = ?", (client_id,)).fetchone())


def key_by_id(db: sqlite3.Connection, key_id: int) -> DeveloperKey | None:
    """Return a key."""
    return _key(db.execute("SELECT * FROM developer_key WHERE id = ?", (key_id,)).fetchone())


def add_key(
    db: sqlite3.Connection,
    *,
    redirect_uris: list[str],
    client_id: str | None = None,
    secret: str | None = None,
    name: str = "Learning Plan",
    scopes: list[str] | None = None,
    enforces_scopes: bool = False,
    allows_includes: bool = False,
) -> DeveloperKey:
    """Make a key; its client id is a number as text."""
    client_id = client_id or str(10_000_000_000_000 + secrets.randbelow(10**9))
    db.execute(
        "INSERT INTO developer_key (client_id, secret, name, redirect_uris, scopes, enforces_scopes, allows_includes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            client_id,
            secret or secrets.token_urlsafe(48),
            name,
            json.dumps(redirect_uris),
            json.dumps(scopes or []),
            enforces_scopes,
            allows_includes,
        ),
    )
    made = key_by_client_id(db, client_id)
    if made is None:
        raise LookupError("The key that was just made is gone.")
    return made


def change_key(
    db: sqlite3.Connection, key: DeveloperKey, scopes: list[str] | None, active: bool | None
) -> None:
    """Change a key; taking a scope away makes all of its tokens worthless, adding one changes no token (Canvas)."""
    if scopes is not None:
        db.execute("UPDATE developer_key SET scopes = ? WHERE id = ?", (json.dumps(scopes), key.id))
        if set(key.scopes) - set(scopes):
            db.execute("DELETE FROM user_token WHERE key_id = ?", (key.id,))
    if active is not None:
        db.execute("UPDATE developer_key SET active = ? WHERE id = ?", (active, key.id))


def new_code(db: sqlite3.Connection, key: DeveloperKey, person_id: int, scopes: list[str], uri: str) -> str:
    """Return a code that can be exchanged once."""
    code = secrets.token_hex(64)
    db.execute(
        "INSERT INTO oauth_code (code, key_id, person_id, scopes, redirect_uri, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        (code, key.id, person_id, " ".join(scopes), uri, times.stored_later(minutes=CODE_MINUTES)),
    )
    return code


def taken_code(db: sqlite3.Connection, code: str) -> sqlite3.Row | None:
    """Return what a code stands for and forget it; ``None`` when it is unknown, used or too old."""
    rows: list[sqlite3.Row] = db.execute(
        "DELETE FROM oauth_code WHERE code = ? RETURNING *", (code,)
    ).fetchall()
    return rows[0] if rows and rows[0]["expires_at"] > times.stored(times.now()) else None


def new_token(db: sqlite3.Connection, key_id: int, person_id: int, scopes: list[str]) -> UserToken:
    """Give a key a token of a person."""
    refresh = f"1~{secrets.token_urlsafe(48)}"
    db.execute(
        "INSERT INTO user_token (token, refresh_token, key_id, person_id, scopes, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (_fresh(), refresh, key_id, person_id, " ".join(scopes), times.stored_later(seconds=TOKEN_SECONDS)),
    )
    made = token_by(db, "refresh_token", refresh)
    if made is None:
        raise LookupError("The token that was just made is gone.")
    return made


def renewed(db: sqlite3.Connection, token: UserToken) -> UserToken:
    """Put another access token in the place of the old one, which is worthless from now on; the refresh token stays."""
    db.execute(
        "UPDATE user_token SET token = ?, expires_at = ? WHERE id = ?",
        (_fresh(), times.stored_later(seconds=TOKEN_SECONDS), token.id),
    )
    again = token_by(db, "refresh_token", token.refresh_token)
    if again is None:
        raise LookupError("The token was revoked meanwhile.")
    return again


def token_by(db: sqlite3.Connection, column: str, value: str) -> UserToken | None:
    """Return the token whose ``token`` or ``refresh_token`` this is."""
    statement = {
        "token": "SELECT * FROM user_token WHERE token = ?",
        "refresh_token": "SELECT * FROM user_token WHERE refresh_token = ?",
    }[column]
    return _token(db.execute(statement, (value,)).fetchone())


def revoke(db: sqlite3.Connection, token: UserToken) -> None:
    """Forget a token and its refresh token."""
    db.execute("DELETE FROM user_token WHERE id = ?", (token.id,))


def _fresh() -> str:
    return f"1~{secrets.token_urlsafe(48)}"
