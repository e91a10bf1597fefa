"""Requests to addresses that a stranger named: only to public hosts, only by https, and to the host that was checked.

Dynamic registration fetches an address from a query string. Without care that would let anybody on the web make our
server call machines inside the school's network (server-side request forgery).
"""

import ipaddress
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from lti_plp import __version__
from lti_plp.errors import BadInput
from lti_plp.launch.services.http import LOOPBACK

MAX_BYTES = 256 * 1024
SECONDS = 10


class _PinnedAdapter(HTTPAdapter):
    """Connects to one IP address, whatever the name resolves to by then; TLS still checks the name."""

    def __init__(self, address: str, host: str) -> None:
        self._address = address
        self._host = host
        super().__init__()

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        parts = urlsplit(request.url)
        if parts.scheme == "http":
            return HTTPConnectionPool(self._address, port=parts.port or 80)
        return HTTPSConnectionPool(
            self._address,
            port=parts.port or 443,
            server_hostname=self._host,
            assert_hostname=self._host,
            cert_reqs="CERT_REQUIRED",
            ca_certs=certifi.where(),
        )


def public_request(
    method: str, url: str, *, allow_this_machine: bool, bearer: str = "", body: dict[str, Any] | None = None
) -> Any:
    """Make one request and return the JSON of a 200 or 201. No redirects, few bytes, few seconds.

    :raise BadInput: when the address is not public https, or does not answer with JSON in time.
    """
    read = public_bytes(method, url, allow_this_machine=allow_this_machine, bearer=bearer, body=body)
    try:
        return json.loads(read)
    except (ValueError, RecursionError) as problem:
        raise BadInput("The platform's answer cannot be used.", code="platform_answer") from problem


def public_bytes(
    method: str,
    url: str,
    *,
    allow_this_machine: bool,
    bearer: str = "",
    body: dict[str, Any] | None = None,
    most_bytes: int = MAX_BYTES,
    seconds: float = SECONDS,
) -> bytes:
    """Make one request and return the body of a 200 or 201. No redirects, no more bytes and seconds than these.

    :raise BadInput: ``platform_address`` when the address is not public https, ``platform_answer_large`` for more bytes
        than these, ``platform_answer`` for other answers.
    """
    headers = {"Accept": "application/json"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    session = pinned_session(url, allow_this_machine=allow_this_machine)
    try:
        with session.request(
            method, url, headers=headers, json=body, timeout=SECONDS, stream=True, allow_redirects=False
        ) as answer:
            if answer.status_code not in {200, 201}:
                raise BadInput(
                    "The platform did not accept the request.",
                    code="platform_answer",
                    details={"status": answer.status_code},
                )
            return _read(answer, most_bytes, seconds)
    except (requests.RequestException, HTTPError, ValueError) as problem:
        raise BadInput("The platform's answer cannot be used.", code="platform_answer") from problem
    finally:
        session.close()


def pinned_session(url: str, *, allow_this_machine: bool) -> requests.Session:
    """Return a session for requests to this host alone, which connects to the very address that was checked.

    :raise BadInput: ``platform_address`` when the address is not public https.
    """
    host, address = _checked(url, allow_this_machine=allow_this_machine)
    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = f"lti_plp/{__version__}"
    session.headers["Host"] = urlsplit(url).netloc
    session.mount("https://", _PinnedAdapter(address, host))
    session.mount("http://", _PinnedAdapter(address, host))
    return session


def _read(answer: requests.Response, most_bytes: int, seconds: float) -> bytes:
    deadline = time.monotonic() + seconds
    body = bytearray()
    # What has come is taken at once: waiting until a piece is full would let a server that sends a byte at a time, each
    # in good time, hold us for hours.
    while chunk := answer.raw.read1(16384, decode_content=True):
        body += chunk
        if len(body) > most_bytes:
            raise BadInput("The answer is too large.", code="platform_answer_large")
        if time.monotonic() > deadline:
            raise ValueError("too slow")
    return bytes(body)


def _checked(url: str, *, allow_this_machine: bool) -> tuple[str, str]:
    """Return (host, address to connect to).

    :raise BadInput: when the address is no https address of a public host.
    """
    not_public = BadInput("The platform's address is not public.", code="platform_address")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as problem:
        raise not_public from problem
    on_this_machine = allow_this_machine and host in LOOPBACK
    if (
        not host
        or parts.username
        or (parts.scheme != "https" and not (on_this_machine and parts.scheme == "http"))
    ):
        raise not_public
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as problem:
        raise not_public from problem
    # One private address among several is enough to refuse: which of them is used is not for a stranger to choose.
    for address in found:
        ip = ipaddress.ip_address(address.partition("%")[0])
        mapped = getattr(ip, "ipv4_mapped", None) or ip
        if (not mapped.is_global or mapped.is_multicast) and not (on_this_machine and mapped.is_loopback):
            raise not_public
    # IPv4 first: many a school's server has an IPv6 address that leads nowhere.
    return host, min(found, key=lambda address: (":" in address, address))
