"""Requests to a platform's services: with a token, page by page, under our rules."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from pylti1p3.service_connector import ServiceConnector

from lti_plp.launch.services.http import Answer, address_in
from lti_plp.launch.services.tokens import ServiceClient, access_token, forget_token
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import Refused, TryLater

MAX_PAGES = 500
"""A list with more pages is taken for one that never ends."""

_NEXT = re.compile(r"""<([^>]+)>\s*;[^,<]*?\brel\s*=\s*["'“”„]?next\b""", re.IGNORECASE)


class HardenedConnector(ServiceConnector):
    """The library's connector with tokens, requests and paging of our own [gaps 21, 22, 23, 25, 32]."""

    def __init__(self, toolbox: Toolbox, client: ServiceClient) -> None:
        """Take no library registration: what is needed of it is in ``client``."""
        self._toolbox = toolbox
        self._client = client

    def get_access_token(self, scopes: Any) -> str:
        """Return a token for exactly these scopes, shared with all our processes."""
        return access_token(self._toolbox, self._client, list(scopes))

    def call(
        self,
        method: str,
        url: str,
        scope: str,
        *,
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        expect: frozenset[int] = frozenset(),
    ) -> Answer:
        """Make one request with a token of one scope; a token that is refused is renewed once.

        :raise TryLater: when it may work later.
        :raise Refused: when it will not.
        """
        for attempt in (1, 2):
            token = self.get_access_token([scope])
            answer = self._toolbox.http.send(
                method,
                url,
                headers={"Authorization": f"Bearer {token}", "Accept": accept, **(headers or {})},
                body=body,
                expect=expect | {401},
            )
            if answer.status != 401:
                return answer
            forget_token(self._toolbox, self._client, [scope])
            if attempt == 2:
                break
        raise Refused("token_refused", 401)

    def pages(self, url: str, scope: str, *, accept: str) -> Iterator[Answer]:
        """Yield every page of a list, following ``rel="next"`` exactly as it is written.

        :raise TryLater: when a page fails; what was read before must not be used then.
        :raise Refused: when a page leads to another host or the pages do not end.
        """
        seen: set[str] = set()
        origin = _origin(url)
        next_url: str | None = url
        while next_url:
            if next_url in seen or len(seen) >= MAX_PAGES:
                raise Refused("endless_pages")
            if _origin(next_url) != origin:
                raise Refused("page_elsewhere")
            seen.add(next_url)
            answer = self._page(next_url, scope, accept, is_first=len(seen) == 1)
            yield answer
            next_url = next_page(answer)

    def _page(self, url: str, scope: str, accept: str, *, is_first: bool) -> Answer:
        try:
            return self.call("GET", url, scope, accept=accept)
        except Refused as problem:
            if problem.code == "gone" and not is_first:
                # The list itself was there a moment ago, so its pages were cut anew meanwhile.
                raise TryLater("page_gone", problem.status) from problem
            raise


def next_page(answer: Answer) -> str | None:
    """Return the address of the next page; also from Moodle's header, with its curly quotes and ``&amp;``.

    :raise TryLater: ``bad_answer`` when it is no address.
    """
    if "next" in answer.links:
        return address_in(answer.links["next"], answer.url)
    # Headers arrive as Latin-1; Moodle's quotes are UTF-8.
    header = answer.headers.get("Link", "").encode("latin-1", "replace").decode("utf-8", "replace")
    match = _NEXT.search(header)
    return address_in(match[1].replace("&amp;", "&"), answer.url) if match else None


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError as problem:
        raise TryLater("bad_answer") from problem
    return parts.scheme, parts.netloc
