"""Platforms' public keys: held as objects, shared through the database, fetched rarely and never in a hurry."""

import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from sqlalchemy import Engine, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from lti_plp.clock import Clock
from lti_plp.database import reading
from lti_plp.errors import PlpError
from lti_plp.launch.models import PlatformKeySet

log = logging.getLogger(__name__)

SHORTEST_HOLD = timedelta(minutes=5)
LONGEST_HOLD = timedelta(hours=24)
"""Bounds within which a platform's ``Cache-Control: max-age`` is honored; the upper one when it says nothing."""

SERVED_STALE = timedelta(days=2)
"""How long keys are still used after that when the platform's key set cannot be read."""

UNKNOWN_KID_PAUSE = timedelta(seconds=30)
"""At most one fetch in this time is made because of unknown kids, whatever number of processes see them."""

FAILED_PAUSE = timedelta(seconds=5)
"""How long a failed planned fetch is not repeated."""

MAX_BYTES = 512 * 1024
MAX_KEYS = 100


@dataclass
class _Held:
    keys: dict[str, RSAPublicKey] = field(default_factory=dict)
    fetched_at: datetime | None = None
    fresh_until: datetime | None = None


class PlatformKeys:
    """Finds the key of a (key set URL, kid)."""

    def __init__(self, engine: Engine, clock: Clock, timeout: float) -> None:
        self._engine = engine
        self._clock = clock
        self._timeout = timeout
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        # One helper thread renews keys that grew stale, so that no launch waits for that.
        self._renewals = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jwks")
        self._renewing: set[str] = set()

    def find(self, url: str, kid: str) -> RSAPublicKey:
        """Return the public key that ``kid`` names.

        A known key is returned at once, also while the platform is down. An unknown kid leads to one fetch, shared
        by all processes and at most every 30 seconds (Security Framework 1.0, section 6.4: rotation).

        :raise PlpError: ``platform_key_unknown`` (401) when the platform publishes no such key,
            ``platform_keys_unreachable`` (503) when its key set was not read for days and cannot be read now.
        """
        held = self._held.get(url)
        now = self._clock()
        if held and kid in held.keys and held.fresh_until:
            if now < held.fresh_until:
                return held.keys[kid]
            if now < held.fresh_until + SERVED_STALE:
                self._renew_later(url)
                return held.keys[kid]
        held = self._read_shared(url)
        if kid in held.keys and held.fresh_until and now < held.fresh_until:
            return held.keys[kid]
        held = self._fetch_or_wait(url, known_set=held.fetched_at is not None)
        is_too_old = held.fresh_until is None or now >= held.fresh_until + SERVED_STALE
        if kid in held.keys and not is_too_old:
            return held.keys[kid]
        if is_too_old:
            raise PlpError("platform_keys_unreachable", 503, "The platform's key set cannot be read.")
        raise PlpError("platform_key_unknown", 401, "The platform publishes no key of this id.")

    def fetch_now(self, url: str) -> int:
        """Fetch a key set and return the number of usable keys; for checks by an administrator.

        :raise ValueError: when it cannot be read; the text says why, in plain words.
        """
        keys, _ = _fetch(url, self._timeout)
        return len(_usable(keys))

    def _renew_later(self, url: str) -> None:
        with self._lock:
            if url in self._renewing:
                return
            self._renewing.add(url)
        self._renewals.submit(self._renew, url)

    def _renew(self, url: str) -> None:
        try:
            shared = self._read_shared(url)
            if not (shared.fresh_until and self._clock() < shared.fresh_until) and self._claim(url, False):
                self._fetch_and_share(url)
        finally:
            with self._lock:
                self._renewing.discard(url)

    def _fetch_or_wait(self, url: str, *, known_set: bool) -> _Held:
        if self._claim(url, known_set):
            return self._fetch_and_share(url)
        return self._wait_for_other(url)

    def _claim(self, url: str, for_unknown_kid: bool) -> bool:
        """Say whether this process is the one that fetches now."""
        now = self._clock()
        row = PlatformKeySet.__table__.c
        pause, column = (
            (UNKNOWN_KID_PAUSE, row.asked_for_unknown_at) if for_unknown_kid else (FAILED_PAUSE, row.asked_at)
        )
        values = {"asked_at": now, **({"asked_for_unknown_at": now} if for_unknown_kid else {})}
        statement = (
            update(PlatformKeySet)
            .where(row.jwks_url == url, or_(column.is_(None), column <= now - pause))
            .values(**values)
        )
        with self._engine.begin() as connection:
            if connection.execute(statement).rowcount:
                return True
            if connection.scalar(select(row.jwks_url).where(row.jwks_url == url)):
                return False
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(PlatformKeySet).values(jwks_url=url, **values))
        except IntegrityError:
            return False
        return True

    def _wait_for_other(self, url: str) -> _Held:
        """Wait for the fetch that another thread or process has just begun; return what is known then."""
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            with reading(), self._engine.connect() as connection:
                row = connection.execute(
                    select(PlatformKeySet.asked_at, PlatformKeySet.fetched_at).where(
                        PlatformKeySet.jwks_url == url
                    )
                ).one()
            under_way = (
                row.asked_at
                and (row.fetched_at is None or row.fetched_at < row.asked_at)
                and self._clock() - row.asked_at < timedelta(seconds=self._timeout)
            )
            if not under_way:
                break
            time.sleep(0.02)
        return self._read_shared(url)

    def _read_shared(self, url: str) -> _Held:
        with reading(), self._engine.connect() as connection:
            row = connection.execute(
                select(PlatformKeySet.keys, PlatformKeySet.fetched_at, PlatformKeySet.fresh_until).where(
                    PlatformKeySet.jwks_url == url
                )
            ).one_or_none()
        held = self._held.get(url, _Held())
        if row is None or row.keys is None or (held.fetched_at and held.fetched_at >= row.fetched_at):
            return held
        held = _Held(_usable(row.keys), row.fetched_at, row.fresh_until)
        self._held[url] = held
        return held

    def _fetch_and_share(self, url: str) -> _Held:
        try:
            keys, hold = _fetch(url, self._timeout)
        except ValueError as problem:
            log.warning("key set not read: %s", problem)
            return self._held.get(url, _Held())
        now = self._clock()
        with self._engine.begin() as connection:
            connection.execute(
                update(PlatformKeySet)
                .where(PlatformKeySet.jwks_url == url)
                .values(keys=keys, fetched_at=now, fresh_until=now + hold)
            )
        held = _Held(_usable(keys), now, now + hold)
        self._held[url] = held
        return held


def _fetch(url: str, timeout: float) -> tuple[list[dict[str, Any]], timedelta]:
    """Return the usable JWKs at ``url`` and how long they may be held.

    :raise ValueError: when there is no answer in time, or it is not a key set.
    """
    deadline = time.monotonic() + timeout
    try:
        with (
            requests.Session() as session,
            # As for all other requests: proxies and passwords of the surroundings are not used.
            _asked(session, url, timeout) as answer,
        ):
            if answer.status_code != 200:
                raise ValueError(f"the key set's address answered with status {answer.status_code}")
            body = bytearray()
            for chunk in answer.iter_content(16384):
                body += chunk
                if len(body) > MAX_BYTES or time.monotonic() > deadline:
                    raise ValueError("the key set is too large or comes too slowly")
            hold = _max_age(answer.headers.get("Cache-Control", ""))
    except requests.RequestException as problem:
        raise ValueError(f"the key set's address does not answer ({type(problem).__name__})") from problem
    try:
        keys = json.loads(bytes(body))["keys"]
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise ValueError("the key set's address answered with something that is no key set") from problem
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise ValueError("the key set's address answered with something that is no key set")
    usable = [key for key in keys if isinstance(key, dict) and _usable([key])]
    if not usable:
        raise ValueError("the key set holds no RSA key with a kid for RS256")
    return usable, hold


def _asked(session: requests.Session, url: str, timeout: float) -> requests.Response:
    session.trust_env = False
    return session.get(url, timeout=timeout, stream=True, allow_redirects=False)


def _max_age(header: str) -> timedelta:
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name.lower() == "max-age" and value.isascii() and value.isdigit() and len(value) < 12:
            return min(max(timedelta(seconds=int(value)), SHORTEST_HOLD), LONGEST_HOLD)
    return LONGEST_HOLD


def _usable(keys: list[dict[str, Any]]) -> dict[str, RSAPublicKey]:
    """Return kid -> key for those JWKs that may verify RS256: RSA, for signatures, of at least 2,048 bits."""
    usable: dict[str, RSAPublicKey] = {}
    for jwk in keys:
        kid = jwk.get("kid")
        if not isinstance(kid, str) or not kid or jwk.get("kty") != "RSA":
            continue
        if jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") != "RS256":
            continue
        try:
            key = jwt.algorithms.RSAAlgorithm.from_jwk({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]})
        except (jwt.InvalidKeyError, ValueError, KeyError, TypeError, AttributeError):
            continue
        if isinstance(key, RSAPublicKey) and key.key_size >= 2048:
            usable[kid] = key
    return usable
