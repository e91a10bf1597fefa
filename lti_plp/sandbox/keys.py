"""The platform's signing keys and their rotation (1EdTech Security Framework 1.0, section 6)."""

import json
import secrets
import sqlite3
from threading import Lock
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm

from lti_plp.sandbox.store import writing

MAX_AGE_SECONDS = 300
"""How long a tool may keep our key set."""


class PlatformKeys:
    """Signs with the newest key; keeps key objects, because reading one from its text takes 30 ms."""

    def __init__(self) -> None:
        self._held: dict[str, rsa.RSAPrivateKey] = {}
        self._lock = Lock()

    def ensure(self, db: sqlite3.Connection) -> None:
        """Make the first key."""
        if db.execute("SELECT 1 FROM platform_key WHERE signing").fetchone() is None:
            self.rotate(db, overlap=False)

    def rotate(self, db: sqlite3.Connection, *, overlap: bool) -> str:
        """Sign with a new key from now on, and publish the old ones on only with ``overlap``; return its kid."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        # Random, never derived from a counter: a kid must not come back after a reset of the data.
        kid = secrets.token_urlsafe(16)
        with writing(db):
            db.execute("UPDATE platform_key SET signing = 0, published = published AND ?", (overlap,))
            db.execute(
                "INSERT INTO platform_key (kid, pem, signing, published) VALUES (?, ?, 1, 1)", (kid, pem)
            )
        with self._lock:
            self._held[kid] = key
        return kid

    def key_set(self, db: sqlite3.Connection) -> dict[str, Any]:
        """Return the published JWKS, each key with kid, alg and use."""
        rows = db.execute("SELECT kid, pem FROM platform_key WHERE published ORDER BY rowid").fetchall()
        return {"keys": [self._public(row) for row in rows]}

    def sign(self, db: sqlite3.Connection, claims: dict[str, Any]) -> str:
        """Return the claims as a signed token (RS256)."""
        row = db.execute("SELECT kid, pem FROM platform_key WHERE signing").fetchone()
        return jwt.encode(claims, self._private(row), algorithm="RS256", headers={"kid": row["kid"]})

    def _public(self, row: sqlite3.Row) -> dict[str, Any]:
        jwk = json.loads(RSAAlgorithm.to_jwk(self._private(row).public_key()))
        return {"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "kid": row["kid"], "alg": "RS256", "use": "sig"}

    def _private(self, row: sqlite3.Row) -> rsa.RSAPrivateKey:
        with self._lock:
            if row["kid"] not in self._held:
                loaded = load_pem_private_key(row["pem"].encode(), password=None)
                self._held[row["kid"]] = cast(rsa.RSAPrivateKey, loaded)
            return self._held[row["kid"]]
