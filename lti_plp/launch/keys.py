"""Our own signing keys: made here, sealed at rest, published with overlap."""

import hashlib
import json
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_plp.database import SecretBox
from lti_plp.launch.models import ToolKey

HOLD = timedelta(seconds=30)
"""How long a process relies on the keys it has read: a rotation reaches every worker within this time."""

LEAD = timedelta(minutes=15)
"""How long a new key is published before it signs, so that platforms that cache our key set know it by then."""

OVERLAP = timedelta(days=7)
"""How long an old key stays published after the new one signs."""


@dataclass(frozen=True)
class _HeldKey:
    kid: str
    private: RSAPrivateKey
    public_jwk: dict[str, Any]
    signs_from: datetime
    retires_at: datetime | None


class KeyRing:
    """Signs with the newest key in force; key objects are held, because parsing a PEM costs 30 ms each time."""

    def __init__(self, secrets: SecretBox) -> None:
        self._secrets = secrets
        self._lock = threading.Lock()
        self._held: dict[str, _HeldKey] = {}
        self._read_at: datetime | None = None

    def sign(self, session: Session, claims: dict[str, Any], now: datetime) -> str:
        """Return ``claims`` as a compact JWS, RS256, with the kid of the key in its header."""
        key = self._signing_key(session, now)
        return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.kid})

    def public_jwks(self, session: Session, now: datetime) -> dict[str, Any]:
        """Return our key set (RFC 7517): every key that signs, will sign or signed lately; newest first."""
        keys = [key for key in self._keys(session, now) if key.retires_at is None or key.retires_at > now]
        return {"keys": [key.public_jwk for key in keys]}

    def rotate(
        self,
        session: Session,
        now: datetime,
        lead: timedelta = LEAD,
        overlap: timedelta = OVERLAP,
    ) -> str:
        """Add a key that signs after ``lead`` and retire the others ``overlap`` later; return its kid."""
        signs_from = now + lead
        session.execute(
            update(ToolKey).where(ToolKey.retires_at.is_(None)).values(retires_at=signs_from + overlap)
        )
        kid = self._make(session, now, signs_from)
        self.forget()
        return kid

    def ensure_key(self, session: Session, now: datetime) -> None:
        """Make the first key if there is none."""
        if session.scalar(select(ToolKey.kid).limit(1)) is None:
            self._make(session, now, now)
            self.forget()

    def forget(self) -> None:
        """Read the keys anew at the next use."""
        self._read_at = None

    def _signing_key(self, session: Session, now: datetime) -> _HeldKey:
        for key in self._keys(session, now):
            if key.signs_from <= now and (key.retires_at is None or key.retires_at > now):
                return key
        raise LookupError("There is no signing key: run `lti-plp db upgrade`, which makes the first one.")

    def _keys(self, session: Session, now: datetime) -> list[_HeldKey]:
        with self._lock:
            if self._read_at is None or now - self._read_at > HOLD:
                self._held = {row.kid: self._hold(row) for row in session.scalars(select(ToolKey))}
                self._read_at = now
            return sorted(self._held.values(), key=lambda key: key.signs_from, reverse=True)

    def _hold(self, row: ToolKey) -> _HeldKey:
        held = self._held.get(row.kid)
        private = held.private if held else self._load(row)
        return _HeldKey(row.kid, private, row.public_jwk, row.signs_from, row.retires_at)

    def _load(self, row: ToolKey) -> RSAPrivateKey:
        # The check of the primes is skipped: we made this key, and its ciphertext is authenticated.
        key = load_pem_private_key(
            self._secrets.open(row.private_pem).encode(), password=None, unsafe_skip_rsa_key_validation=True
        )
        if not isinstance(key, RSAPrivateKey):
            raise TypeError("A signing key must be an RSA key.")
        return key

    def _make(self, session: Session, now: datetime, signs_from: datetime) -> str:
        private = generate_private_key(public_exponent=65537, key_size=2048)
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
        public = {"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "alg": "RS256", "use": "sig"}
        kid = _thumbprint(public)
        session.add(
            ToolKey(
                kid=kid,
                private_pem=self._secrets.seal(pem),
                public_jwk={**public, "kid": kid},
                created_at=now,
                signs_from=signs_from,
            )
        )
        session.flush()
        return kid


def _thumbprint(jwk: dict[str, Any]) -> str:
    """Return the JWK thumbprint (RFC 7638) as base64url, which never names two different keys."""
    members = json.dumps(
        {name: jwk[name] for name in ("e", "kty", "n")}, separators=(",", ":"), sort_keys=True
    )
    return jwt.utils.base64url_encode(hashlib.sha256(members.encode()).digest()).decode()
