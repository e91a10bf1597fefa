"""Canvas's REST services: bookmark paging, throttling, tokens that end in between.

Written for this tool instead of using canvasapi, which has no time limits, no repetition, follows pages with a pattern
that fails on a school's own host name, and takes half a second of CPU for a page of a hundred submissions.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from lti_plp.canvas.api_keys import Key
from lti_plp.canvas.permissions import RENEW_BEFORE, Permission, access_token
from lti_plp.canvas.places import Places
from lti_plp.launch.services.connector import next_page
from lti_plp.launch.services.http import Answer
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import Refused, TryLater

log = logging.getLogger(__name__)

PER_PAGE = 100
MAX_PAGES = 2000
"""A list with more pages is taken for one that never ends."""

TRIES = {"throttled": 5}
"""How often a request is made whose problem is this one."""
OTHER_TRIES = 3
FIRST_PAUSE = {"throttled": 2.0}
"""Seconds that are waited after the first try; twice as long each further time."""
OTHER_FIRST_PAUSE = 0.25

LITTLE_LEFT = 150.0
"""With less than this left in the bucket (``X-Rate-Limit-Remaining``, of 600), requests slow down."""
REFILL = 10.0
"""What flows back into the bucket, per second (Canvas's source, ``request_throttle``)."""
LONGEST_REST = 5.0
"""Seconds that one request waits at most for the bucket to fill."""

NEVER = datetime.min.replace(tzinfo=UTC)

Query = Sequence[tuple[str, str]]


@dataclass
class CanvasRest:
    """Reads one school's Canvas in the name of one person. Threads may share it."""

    toolbox: Toolbox
    key: Key
    permission: Permission
    places: Places
    hosts: frozenset[str] = field(default_factory=frozenset)
    """Further hosts that are the same Canvas, as launches have told: a page's successor may stand there."""
    _held: tuple[str, datetime] = field(default=("", NEVER), init=False)
    """The access token, and until when it need not be looked up."""

    def get(self, path: str, query: Query = ()) -> Answer:
        """Read one page below ``/api/v1``.

        :raise TryLater: when it may work later.
        :raise Refused: ``no_consent``, ``no_permission``, ``gone`` and others when it will not.
        """
        address = f"{self.key.base_url}/api/v1{path}"
        return self._get(f"{address}?{urlencode(query)}" if query else address)

    def pages(self, path: str, query: Query = ()) -> Iterator[Answer]:
        """Yield every page of a list, by ``rel="next"`` alone: pages may be short, or empty, and go on.

        :raise TryLater: when a page fails; what was read before must not be used then.
        :raise Refused: when a page leads to a foreign host or the pages do not end.
        """
        answer = self.get(path, [*query, ("per_page", str(PER_PAGE))])
        seen = {answer.url}
        while True:
            yield answer
            url = next_page(answer)
            if url is None:
                return
            if url in seen or len(seen) >= MAX_PAGES:
                raise Refused("endless_pages")
            seen.add(url)
            answer = self._next(self._known(url))

    def _next(self, url: str) -> Answer:
        try:
            return self._get(url)
        except Refused as problem:
            if problem.code == "gone":
                # The list itself was there a moment ago, so its pages were cut anew meanwhile.
                raise TryLater("page_gone", problem.status) from problem
            raise

    def _known(self, url: str) -> str:
        """Let a token go to the school's own hosts only.

        :raise Refused: ``page_elsewhere`` for every other.
        """
        parts = urlsplit(url)
        own = urlsplit(self.key.base_url)
        if parts.scheme != own.scheme or parts.netloc not in {own.netloc, *self.hosts}:
            raise Refused("page_elsewhere")
        return url

    def _get(self, url: str) -> Answer:
        self.places.renew()
        attempt = 1
        while True:
            try:
                answer = self._once(url)
            except TryLater as problem:
                if attempt >= TRIES.get(problem.code, OTHER_TRIES):
                    raise
                first = FIRST_PAUSE.get(problem.code, OTHER_FIRST_PAUSE)
                self.toolbox.http.pause(self.toolbox.http.about(first * 2 ** (attempt - 1)))
                attempt += 1
            else:
                self._rest(answer)
                return answer

    def _once(self, url: str) -> Answer:
        token = self._token()
        answer = self._send(url, token)
        if answer.status != 401:
            return answer
        # Only with this header is it the token; without it, it is what the token may do (Canvas documentation, oauth).
        if "WWW-Authenticate" not in answer.headers:
            raise Refused("no_permission", 401)
        token = self._token(refused=token)
        answer = self._send(url, token)
        if answer.status == 401:
            raise Refused("no_permission", 401)
        return answer

    def _token(self, refused: str = "") -> str:
        token, until = self._held
        if token == refused or self.toolbox.clock() >= until:
            token = access_token(self.toolbox, self.permission, refused=refused)
            self._held = (token, self.toolbox.clock() + RENEW_BEFORE / 2)
        return token

    def _send(self, url: str, token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return self.toolbox.http.send("GET", url, headers=headers, expect=frozenset({401}), once=True)

    def _rest(self, answer: Answer) -> None:
        """Slow down while little is left: what is refused costs more than what is put off."""
        try:
            left = float(answer.headers.get("X-Rate-Limit-Remaining", ""))
        except ValueError:
            return
        if left < LITTLE_LEFT:
            self.toolbox.http.pause(min((LITTLE_LEFT - left) / REFILL, LONGEST_REST))


def objects(answer: Answer) -> list[dict[str, Any]]:
    """Return a page that is a list of objects.

    :raise TryLater: ``bad_answer`` when it is anything else.
    """
    body = answer.json()
    if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
        raise TryLater("bad_answer", answer.status)
    return body


def their_clock(headers: Mapping[str, str]) -> datetime | None:
    """Return what Canvas's own clock showed when it answered; ``None`` when it does not tell."""
    try:
        moment = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo is not None else None
