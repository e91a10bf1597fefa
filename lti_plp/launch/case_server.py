"""Frameworks from the address of a CASE server: which it has, and the package of one.

CASE 1.0 and 1.1, REST: ``…/CFDocuments?limit=&offset=`` lists, ``…/CFPackages/{id}`` gives a whole document. Whoever
types the address could name a machine of the school's own network, so only public hosts are asked, and no address that
a server names.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from lti_plp.errors import BadInput
from lti_plp.launch.public_http import public_bytes

MOST_BYTES, SECONDS = 50_000_000, 60.0
PROBLEMS = {"platform_address": ("case_address", 400), "platform_answer_large": ("case_too_large", 413)}
PAGE, MOST_PAGES = 100, 20
"""Documents of one answer, and answers that are asked for."""


@dataclass(frozen=True)
class CaseDocument:
    """A framework that a server has."""

    identifier: str
    title: str
    creator: str
    package_url: str


def package_url(address: str) -> str:
    """Return the address of a package for that of a package or of a document; empty for any other."""
    parts = urlsplit(address.strip())
    base, found, identifier = parts.path.rpartition("/CFPackages/")
    if not found:
        base, found, identifier = parts.path.rpartition("/CFDocuments/")
    if not found or not identifier.strip("/"):
        return ""
    path = f"{base}/CFPackages/{identifier.strip('/')}"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def fetch_package(address: str, *, allow_this_machine: bool) -> bytes:
    """Return a package as a server sends it, to be read like a file.

    :raise BadInput: ``case_address``, ``case_too_large`` or ``case_answer``.
    """
    return _get(package_url(address) or address, allow_this_machine=allow_this_machine)


def documents_at(address: str, *, allow_this_machine: bool) -> list[CaseDocument]:
    """Return the frameworks of a server by title, all pages or nothing; ``address`` is that of its CASE service.

    :raise BadInput: ``case_address``, ``case_too_large`` or ``case_answer``.
    """
    parts = urlsplit(address.strip())
    base = parts.path.partition("/CFDocuments")[0].rstrip("/")
    service = urlunsplit((parts.scheme, parts.netloc, base, "", ""))
    found: dict[str, CaseDocument] = {}
    for number in range(MOST_PAGES):
        url = f"{service}/CFDocuments?limit={PAGE}&offset={number * PAGE}"
        page = {
            one.identifier: one
            for one in _documents(_get(url, allow_this_machine=allow_this_machine), service)
        }
        # A server that knows no paging sends everything each time.
        if page.keys() <= found.keys():
            break
        found |= page
        if len(page) < PAGE:
            break
    return sorted(found.values(), key=lambda one: (one.title.casefold(), one.identifier))


def _documents(read: bytes, service: str) -> Iterator[CaseDocument]:
    try:
        listed: Any = json.loads(read)
        entries = listed["CFDocuments"] if isinstance(listed, dict) else listed
        for one in entries:
            identifier = str(one["identifier"])
            url = f"{service}/CFPackages/{quote(identifier, safe='')}"
            yield CaseDocument(identifier, str(one["title"])[:500], str(one.get("creator", ""))[:200], url)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as problem:
        raise BadInput("The server's list cannot be read.", code="case_answer") from problem


def _get(url: str, *, allow_this_machine: bool) -> bytes:
    try:
        return public_bytes(
            "GET", url, allow_this_machine=allow_this_machine, most_bytes=MOST_BYTES, seconds=SECONDS
        )
    except BadInput as problem:
        code, status = PROBLEMS.get(problem.code, ("case_answer", problem.status))
        raise BadInput(
            "The CASE server cannot be used.", code=code, details=problem.details, status=status
        ) from problem
