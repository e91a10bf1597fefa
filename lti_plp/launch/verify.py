"""Finds out whether a JWT is the platform's, for us, and of now (1EdTech Security Framework 1.0, section 5.1.3)."""

import math
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lti_plp.errors import PlpError
from lti_plp.launch.jwks import PlatformKeys
from lti_plp.launch.jws import Jws, read_jws
from lti_plp.launch.models import Registration
from lti_plp.launch.platforms import Platform, active_platforms
from lti_plp.launch.toolbox import Toolbox

MAX_AGE_SECONDS = 24 * 3600
"""A token issued longer ago is refused even if its ``exp`` still lets it pass."""


def bad_token(code: str, message: str, status: int = 401) -> PlpError:
    """Return the error for a token that is not accepted."""
    return PlpError(code, status, message)


def verify_signature(platform_keys: PlatformKeys, platform: Platform, token: str) -> dict[str, Any]:
    """Return the claims of ``token`` once its signature is known to be the platform's.

    The algorithm is fixed, the key is found by ``kid`` in the registered key set alone; ``jku``, ``jwk``, ``x5u`` and
    ``x5c`` of the header are not looked at.

    :raise PlpError: 400 for a malformed token, 401 for an unknown key or a wrong signature, 503 when the platform's
        keys were never read and cannot be read now.
    """
    jws = _read(token)
    if jws.header.get("alg") != "RS256":
        raise bad_token("token_algorithm", "Only RS256 is accepted.")
    kid = jws.header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise bad_token("token_without_kid", "The token does not name its key.")
    if not jws.is_signed_by(platform_keys.find(platform.jwks_url, kid)):
        raise bad_token("token_signature", "The signature is not the platform's.")
    return jws.payload


def _read(token: str) -> Jws:
    try:
        return read_jws(token)
    except ValueError as problem:
        raise bad_token("token_malformed", "The token cannot be read.", 400) from problem


def check_claims(
    platform: Platform,
    claims: dict[str, Any],
    now: datetime,
    leeway_seconds: int,
    other_clients: Callable[[], Iterable[str]],
) -> None:
    """Check issuer, audience, authorized party and times.

    ``other_clients`` gives all client ids of ours at this issuer, asked only when the token names several audiences; a
    token that is also meant for anybody else is refused.

    :raise PlpError: 401, with a code that names the claim.
    """
    if claims.get("iss") != platform.issuer:
        raise bad_token("token_issuer", "The token comes from another issuer.")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(item, str) for item in audiences) or platform.client_id not in audiences:
        raise bad_token("token_audience", "The token is not meant for this tool.")
    foreign = set(audiences) - {platform.client_id}
    if foreign and foreign - set(other_clients()):
        raise bad_token("token_audience", "The token is also meant for somebody we do not know.")
    party = claims.get("azp")
    if party is None and foreign:
        raise bad_token("token_authorized_party", "A token for several audiences must name one of them.")
    if party is not None and party != platform.client_id:
        raise bad_token("token_authorized_party", "The token was issued to somebody else.")
    _check_times(claims, now.timestamp(), leeway_seconds)


def _check_times(claims: dict[str, Any], now: float, leeway: int) -> None:
    expires, issued = _number(claims, "exp"), _number(claims, "iat")
    if expires + leeway <= now:
        raise bad_token("token_expired", "The token has expired.")
    if issued - leeway > now:
        raise bad_token("token_too_new", "The token was issued in the future.")
    if issued + MAX_AGE_SECONDS < now:
        raise bad_token("token_expired", "The token was issued too long ago.")


def _number(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise bad_token("token_times", f"The claim {name} is missing or no number.")
    return value


def find_platform(session: Session, token: str) -> Platform:
    """Return the platform that a token *says* it comes from; only for choosing the key to check it with.

    :raise PlpError: 400 for a malformed token, 401 when no active registration fits.
    """
    claims = _read(token).payload
    audience, party = claims.get("aud"), claims.get("azp")
    audiences = [party] if isinstance(party, str) else audience if isinstance(audience, list) else [audience]
    for platform in active_platforms(session, str(claims.get("iss"))):
        if platform.client_id in audiences:
            return platform
    raise bad_token("registration_unknown", "No registration fits this token.")


def verify_token(
    session: Session, toolbox: Toolbox, token: str, now: datetime
) -> tuple[Registration, dict[str, Any]]:
    """Verify a token that comes without a state of ours (a platform notice); return its registration and claims.

    :raise PlpError: as :func:`verify_signature` and :func:`check_claims`.
    """
    platform = find_platform(session, token)
    # No transaction is open while the platform's keys may be fetched.
    session.rollback()
    claims = verify_signature(toolbox.platform_keys, platform, token)

    def other_clients() -> list[str]:
        return [other.client_id for other in active_platforms(session, platform.issuer)]

    check_claims(platform, claims, now, toolbox.settings.clock_leeway_seconds, other_clients)
    return session.get_one(Registration, platform.id), claims
