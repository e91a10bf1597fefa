"""Random secrets that go out, and the digests of them that stay here."""

import base64
import hashlib
import secrets


def new_secret(size: int = 24) -> str:
    """Return ``size`` random bytes as base64url text (24 bytes: 192 bits, 32 characters)."""
    return secrets.token_urlsafe(size)


def digest(secret: str) -> str:
    """Return the SHA-256 of a random secret as 43 characters of base64url.

    The secrets are random and long, so that neither salt nor a slow hash adds anything.
    """
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).rstrip(b"=").decode()
