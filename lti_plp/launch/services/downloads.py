"""Files from a platform: streamed, bounded, and without our token as soon as the way leads to another host."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from lti_plp import __version__
from lti_plp.errors import BadInput
from lti_plp.launch.public_http import pinned_session
from lti_plp.launch.services.http import address_in, require_https
from lti_plp.lms.gateway import Refused, TryLater
from lti_plp.settings import Settings

MOST_HOPS = 5
SECONDS = 300
"""How long one file may take altogether; each piece of it no longer than any answer of a platform."""
PIECE = 65536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Download:
    """One file that is asked for."""

    url: str
    token: str
    own_hosts: frozenset[str]
    """``host[:port]`` of the platform itself: the token goes there and nowhere else."""
    most_bytes: int


def download(settings: Settings, wanted: Download, into: BinaryIO) -> None:
    """Write a file's bytes to ``into``.

    A platform under repair, or one that has lost patience with an address, answers with a page in place of a file.

    :raise TryLater: ``bad_answer`` for a page, and for a way that is no address; and when no good answer comes.
        ``into`` holds something useless then.
    :raise Refused: ``file_too_large``, ``gone``, ``no_permission``, or ``file_elsewhere`` when the way leads to a host
        that is not public.
    """
    url, deadline = address_in(wanted.url), time.monotonic() + SECONDS
    for _ in range(MOST_HOPS):
        with _asked(settings, wanted, url) as answer:
            if answer.status_code in _REDIRECTS:
                url = address_in(answer.headers.get("Location", ""), url)
                continue
            _require_file(answer)
            _pour(answer, into, wanted.most_bytes, deadline)
            return
    raise Refused("endless_pages")


@contextmanager
def _asked(settings: Settings, wanted: Download, url: str) -> Iterator[requests.Response]:
    session, headers = _way(settings, wanted, url)
    try:
        with session.get(
            url, headers=headers, timeout=settings.http_timeout_seconds, stream=True, allow_redirects=False
        ) as answer:
            yield answer
    except requests.ConnectionError as problem:
        raise TryLater("no_connection") from problem
    except (requests.RequestException, HTTPError) as problem:
        raise TryLater("no_answer") from problem
    except ValueError as problem:
        # The library looks where a redirect leads, though it does not go there.
        raise TryLater("bad_answer") from problem
    finally:
        session.close()


def _way(settings: Settings, wanted: Download, url: str) -> tuple[requests.Session, dict[str, str]]:
    """Return how a host is spoken to: the platform itself with our token, every other as a stranger."""
    if urlsplit(url).netloc in wanted.own_hosts:
        require_https(url)
        if urlsplit(url).scheme != "https" and urlsplit(settings.public_url).scheme != "http":
            raise Refused("not_https")
        session = requests.Session()
        session.trust_env = False
        session.headers["User-Agent"] = f"lti_plp/{__version__}"
        return session, {"Authorization": f"Bearer {wanted.token}"}
    try:
        return pinned_session(url, allow_this_machine=settings.allow_private_networks), {}
    except BadInput as problem:
        raise Refused("file_elsewhere") from problem


def _require_file(answer: requests.Response) -> None:
    status = answer.status_code
    if status == 200:
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            raise TryLater("bad_answer", status)
        return
    if status in {404, 410}:
        raise Refused("gone", status)
    if status == 401:
        raise Refused("no_permission", status)
    # Among these a signed address that has ended (403): the next one will be good.
    raise TryLater("throttled" if status == 429 else "fault_there", status)


def _pour(answer: requests.Response, into: BinaryIO, most_bytes: int, deadline: float) -> None:
    written = 0
    for piece in answer.iter_content(PIECE):
        written += len(piece)
        if written > most_bytes:
            raise Refused("file_too_large")
        if time.monotonic() > deadline:
            raise TryLater("no_answer")
        into.write(piece)
    expected = answer.headers.get("Content-Length", "")
    if expected.isdecimal() and "Content-Encoding" not in answer.headers and int(expected) != written:
        raise TryLater("no_answer")
