"""Reading a compact JWS (RFC 7515) signed with RS256, strictly, and nothing else.

A library would do, at some ten times the cost: PyJWT checks the alphabet of every character in Python, twice. What is
here is the part that launches need: one algorithm, three segments, a key chosen by ``kid``.
"""

import binascii
import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

MAX_LENGTH = 64 * 1024
"""Longest token that is looked at, characters. Real ones have 2 to 8 thousand."""

_SEGMENTS = re.compile(r"([A-Za-z0-9_-]{1,65536})\.([A-Za-z0-9_-]{1,65536})\.([A-Za-z0-9_-]{0,65536})")
_ODD = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""Escapes of NUL and of halves of surrogate pairs, which not every database and encoding takes."""

_PADDING, _HASH = PKCS1v15(), SHA256()


@dataclass(frozen=True)
class Jws:
    """A token taken apart; nothing in it is to be believed before :meth:`is_signed_by` said yes."""

    header: dict[str, Any]
    payload: dict[str, Any]
    signing_input: bytes
    signature: bytes

    def is_signed_by(self, key: RSAPublicKey) -> bool:
        """Say whether this key made the signature, RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3)."""
        try:
            key.verify(self.signature, self.signing_input, _PADDING, _HASH)
        except InvalidSignature:
            return False
        return True


def read_jws(token: str) -> Jws:
    """Take a token apart.

    :raise ValueError: when it is no compact JWS of two JSON objects, is too long, or demands an extension (``crit``).
    """
    parts = _SEGMENTS.fullmatch(token) if len(token) <= MAX_LENGTH else None
    if parts is None:
        raise ValueError("This is no compact JWS.")
    header, payload = _object(parts[1]), _object(parts[2])
    if "crit" in header:
        raise ValueError("The token demands an extension that is not known here (RFC 7515, section 4.1.11).")
    return Jws(header, payload, token[: parts.end(2)].encode(), _bytes(parts[3]))


def _object(segment: str) -> dict[str, Any]:
    raw = _bytes(segment)
    try:
        value = json.loads(raw, parse_constant=_refuse)
        if _ODD.search(raw):
            value = _without_odd(value)
    except RecursionError as problem:
        raise ValueError("The token nests too deeply.") from problem
    if not isinstance(value, dict):
        raise ValueError("A part of the token is no JSON object.")
    return value


def _without_odd(value: Any) -> Any:
    """Return a value with the replacement character for what is no character; no identifier of ours holds that."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")
    if isinstance(value, list):
        return [_without_odd(item) for item in value]
    if isinstance(value, dict):
        return {_without_odd(name): _without_odd(item) for name, item in value.items()}
    return value


def _bytes(segment: str) -> bytes:
    try:
        return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error as problem:
        raise ValueError("A part of the token is no base64url.") from problem


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no JSON.")
