"""The one way out to platforms: time limits, bounded repetition, bounded answers, faults under stable names."""

import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from lti_plp import __version__
from lti_plp.lms.gateway import Refused, TryLater
from lti_plp.settings import Settings

log = logging.getLogger(__name__)

MAX_BYTES = 5 * 1024 * 1024
"""Longest answer that is read."""

ATTEMPTS = 3
"""How often a request is made that may be repeated without harm."""

LONGEST_WAIT = 5.0
"""Seconds that are waited for a platform within one call; when it asks for more, the caller comes back later."""

REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Answer:
    """A platform's answer with a good status, or with one that the caller wanted to see."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    links: Mapping[str, str]
    """``rel`` -> address, from the Link header as ``requests`` reads it."""
    url: str

    def json(self) -> Any:
        """Return the body as JSON.

        :raise TryLater: ``bad_answer`` when it is none: a platform under repair answers with a page.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as problem:
            raise TryLater("bad_answer", self.status) from problem


class PlatformHttp:
    """One pool of connections per process."""

    def __init__(
        self,
        settings: Settings,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Take the time limit from ``settings``; ``sleep`` and ``chance`` can be replaced in tests."""
        self._timeout = settings.http_timeout_seconds
        # A tool that serves the world speaks to no port of its own machine, whatever a platform names.
        self._is_trial = urlsplit(settings.public_url).scheme == "http"
        self._sleep = sleep
        self._chance = chance
        self._session = requests.Session()
        # Neither proxies of the environment nor passwords of a .netrc: what a platform hears does not depend on where
        # the tool was started.
        self._session.trust_env = False
        adapter = requests.adapters.HTTPAdapter(pool_connections=20, pool_maxsize=20)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        # Some Moodle sites answer 403 to a request without a User-Agent of its own.
        self._session.headers["User-Agent"] = f"lti_plp/{__version__}"

    def pause(self, seconds: float) -> None:
        """Wait, between two requests."""
        self._sleep(seconds)

    def about(self, seconds: float) -> float:
        """Return a time up to half longer or shorter, so that many who wait do not come back at once."""
        return seconds * (0.5 + self._chance())

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        body: bytes | None = None,
        expect: frozenset[int] = frozenset(),
        once: bool = False,
    ) -> Answer:
        """Make one request; repeat it when that does no harm, unless ``once``. Redirects are not followed.

        ``expect`` names further statuses, beside 2xx, that are returned rather than raised.

        :raise TryLater: on no answer, 408, 429 and 5xx.
        :raise Refused: on every other status, and for an address that is not https.
        """
        require_https(url)
        if urlsplit(url).scheme != "https" and not self._is_trial:
            raise Refused("not_https")
        attempts = ATTEMPTS if method in REPEATABLE and not once else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._once(method, url, headers=headers, data=form or body, expect=expect)
            except TryLater as problem:
                pause = problem.retry_after or self.about(0.25 * 2**attempt)
                if attempt == attempts or pause > LONGEST_WAIT:
                    raise
                self._sleep(pause)
        raise AssertionError("unreachable")

    def _once(self, method: str, url: str, *, expect: frozenset[int], **request: Any) -> Answer:
        began = time.monotonic()
        status = 0
        try:
            with self._session.request(
                method, url, timeout=self._timeout, stream=True, allow_redirects=False, **request
            ) as response:
                status = response.status_code
                content = self._read(response, began)
                links = {rel: str(link["url"]) for rel, link in response.links.items() if "url" in link}
                answer = Answer(status, response.headers, content, links, url)
        except requests.ConnectionError as problem:
            # When no connection came about, the platform has not seen the request.
            never_sent = isinstance(problem, requests.exceptions.ConnectTimeout) or "refused" in str(problem)
            raise TryLater("no_connection", maybe_received=not never_sent) from problem
        except requests.RequestException as problem:
            raise TryLater("no_answer") from problem
        except ValueError as problem:
            # The library looks where a redirect leads, though it does not go there.
            raise TryLater("bad_answer", status or None) from problem
        finally:
            took = (time.monotonic() - began) * 1000
            log.info("%s %s %s %.0f ms", method, urlsplit(url).hostname, status or "-", took)
        return _judged(answer, expect)

    def _read(self, response: requests.Response, began: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(65536):
            body += chunk
            if len(body) > MAX_BYTES:
                raise Refused("answer_too_large", response.status_code)
            if time.monotonic() - began > 3 * self._timeout:
                raise TryLater("no_answer", response.status_code)
        return bytes(body)


def _judged(answer: Answer, expect: frozenset[int]) -> Answer:
    status = answer.status
    if 200 <= status < 300 or status in expect:
        return answer
    # An older Canvas throttles with 403 and this text.
    if status == 429 or (status == 403 and b"rate limit exceeded" in answer.body[:200].lower()):
        raise TryLater("throttled", status, _retry_after(answer), maybe_received=False)
    if status == 408 or status >= 500:
        raise TryLater("fault_there", status, _retry_after(answer))
    names = {401: "token_refused", 403: "no_permission", 404: "gone", 410: "gone"}
    raise Refused(names.get(status, "refused"), status)


def _retry_after(answer: Answer) -> float | None:
    """Return the seconds that a platform asks us to wait (RFC 9110, section 10.2.3: seconds or a date)."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), 86400.0)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - datetime.now(UTC)).total_seconds(), 0.0), 86400.0)


def address_in(told: str, base: str = "") -> str:
    """Return the address that a platform named, as a whole one.

    :raise TryLater: ``bad_answer`` when it is no address.
    """
    try:
        address = urljoin(base, told)
        urlsplit(address)
    except ValueError as problem:
        raise TryLater("bad_answer") from problem
    return address


def require_https(url: str) -> None:
    """Accept https, and http on this machine.

    :raise Refused: ``not_https`` for every other address.
    """
    try:
        parts = urlsplit(url)
    except ValueError as problem:
        raise Refused("not_https") from problem
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return
    raise Refused("not_https")
