"""How much one token may ask for: Canvas's leaky bucket, and both ways in which it says that it is full.

Each request pays in advance while it is under way, and in the end what it really cost. Buckets leak all the time. Above
the high-water mark requests are turned away, with 403 on older and self-hosted Canvas and with 429 on hosted Canvas.
"""

import time
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from flask import Flask, Response, current_app, g, request

from lti_plp.sandbox.lms import database

PATHS = ("/api/v1/", "/api/lti/courses/", "/api/lti/notice-handlers/")


@dataclass(frozen=True)
class Limits:
    """How a bucket behaves; test control may make it small."""

    high_water: float = 600
    largest: float = 800
    leaks: float = 10
    """Units a second."""
    in_advance: float = 50
    status: int = 403
    """403 or 429."""
    cost: float | None = None
    """What each request costs; ``None`` is the seconds that it takes."""


@dataclass
class Bucket:
    """What one token has used up of late."""

    level: float = 0.0
    touched: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def leak(self, limits: Limits, now: float) -> None:
        """Let out what time has let out."""
        self.level = max(0.0, self.level - (now - self.touched) * limits.leaks) if self.touched else 0.0
        self.touched = now

    def add(self, amount: float, limits: Limits) -> None:
        """Put in an amount, or take one out."""
        self.level = min(max(0.0, self.level + amount), limits.largest)


class Throttle:
    """The buckets of a running LMS, in memory as Canvas keeps them in Redis."""

    def __init__(self) -> None:
        self.limits = Limits()
        self._buckets: dict[str, Bucket] = {}
        self._lock = Lock()

    def change(self, changes: dict[str, Any]) -> Limits:
        """Set limits anew, what is not named to what Canvas has, and empty all buckets."""
        with self._lock:
            self.limits = replace(Limits(), **changes)
            self._buckets.clear()
        return self.limits

    def fill(self, level: float) -> None:
        """Let every bucket, also of tokens that come first later, stand at a level."""
        with self._lock:
            for bucket in self._buckets.values():
                bucket.level, bucket.touched = level, time.monotonic()

    def levels(self) -> list[float]:
        """Return how full the buckets are that are in use."""
        with self._lock:
            return [bucket.level for bucket in self._buckets.values()]

    def bucket(self, name: str) -> Bucket:
        """Return the bucket of a token or of a tool."""
        with self._lock:
            return self._buckets.setdefault(name, Bucket())


def init_app(app: Flask) -> None:
    """Count and turn away from now on."""
    app.extensions["sandbox_throttle"] = Throttle()
    app.before_request(_pay)
    app.after_request(_settle)


def throttle() -> Throttle:
    """Return the buckets of this LMS."""
    found: Throttle = current_app.extensions["sandbox_throttle"]
    return found


def _pay() -> Response | None:
    if not request.path.startswith(PATHS):
        return None
    name = _payer()
    if name is None:
        return None
    limits, bucket = throttle().limits, throttle().bucket(name)
    with bucket.lock:
        bucket.leak(limits, time.monotonic())
        if bucket.level >= limits.high_water:
            return _turned_away(limits)
        bucket.add(limits.in_advance, limits)
    g.paid = (bucket, limits, time.monotonic())
    return None


def _payer() -> str | None:
    """Return whose bucket it is: a person's token, or for LTI services the tool, whichever course it is about."""
    _, _, token = request.headers.get("Authorization", "").partition(" ")
    if not token:
        return None
    if request.path.startswith("/api/v1/"):
        return token
    row = database().execute("SELECT tool_id FROM access_token WHERE token = ?", (token,)).fetchone()
    return f"tool {row['tool_id']}" if row else None


def _turned_away(limits: Limits) -> Response:
    answer = Response("403 Forbidden (Rate Limit Exceeded)\n", limits.status)
    answer.content_type = "text/plain; charset=utf-8"
    answer.headers["X-Rate-Limit-Remaining"] = "0.0"
    return answer


def _settle(answer: Response) -> Response:
    paid = g.pop("paid", None)
    if paid is None:
        return answer
    bucket, limits, began = paid
    cost = limits.cost if limits.cost is not None else time.monotonic() - began
    with bucket.lock:
        bucket.leak(limits, time.monotonic())
        bucket.add(cost - limits.in_advance, limits)
        remaining = max(0.0, limits.high_water - bucket.level)
    answer.headers["X-Request-Cost"] = f"{cost:.6f}"
    answer.headers["X-Rate-Limit-Remaining"] = f"{remaining:.6f}"
    return answer
