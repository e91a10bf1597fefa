"""Frameworks from a CASE server: a real one on loopback, with paging and everything that can go wrong."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lti_plp.errors import BadInput
from lti_plp.launch import case_server
from lti_plp.launch.case_server import documents_at, fetch_package, package_url


class CaseServer:
    """So many documents, sent in pages."""

    def __init__(self) -> None:
        self.count, self.pages, self.status, self.body = 250, True, 200, b""
        self.asked: list[str] = []
        self.drips, self.headers, self.stopped = False, dict[str, str](), threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.asked.append(self.path)
                body = owner.body or owner.answer(self.path)
                self.send_response(owner.status)
                if owner.status == 302:
                    self.send_header("Location", "/elsewhere")
                for name, value in owner.headers.items():
                    self.send_header(name, value)
                if not owner.drips and "Transfer-Encoding" not in owner.headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                owner.send(self.wfile.write, body)

            def log_message(self, *_: Any) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/ims/case/v1p1"

    def close(self) -> None:
        """Stop it."""
        self.server.shutdown()
        self.server.server_close()

    def send(self, write: Callable[[bytes], Any], body: bytes) -> None:
        """Send a body, or its bytes one by one and then the same again and again."""
        if not self.drips:
            write(body)
            return
        with suppress(OSError):
            while not self.stopped.wait(0.01):
                write(b"[")
        self.stopped.set()

    def answer(self, path: str) -> bytes:
        parts = urlsplit(path)
        if "/CFPackages/" in parts.path:
            return json.dumps({"package": parts.path.rpartition("/")[2]}).encode()
        query = parse_qs(parts.query)
        first, limit = int(query["offset"][0]), int(query["limit"][0])
        numbers = range(self.count)[first : first + limit] if self.pages else range(self.count)
        return json.dumps(
            {"CFDocuments": [{"identifier": f"doc {n}", "title": f"Document {n:03}"} for n in numbers]}
        ).encode()


@pytest.fixture
def server() -> Iterator[CaseServer]:
    made = CaseServer()
    yield made
    made.close()


def test_all_pages_of_what_it_has(server: CaseServer) -> None:
    found = documents_at(f"{server.url}/CFDocuments", allow_this_machine=True)
    assert [one.title for one in found] == [f"Document {n:03}" for n in range(250)]
    assert len(server.asked) == 3
    assert found[7].package_url == f"{server.url}/CFPackages/doc%207"
    assert json.loads(fetch_package(found[7].package_url, allow_this_machine=True)) == {"package": "doc%207"}


@pytest.mark.parametrize(("count", "asked"), [(0, 1), (100, 2), (99, 1)])
def test_where_pages_end(server: CaseServer, count: int, asked: int) -> None:
    server.count = count
    assert len(documents_at(server.url, allow_this_machine=True)) == count
    assert len(server.asked) == asked


def test_a_server_that_knows_no_pages(server: CaseServer) -> None:
    server.pages = False
    assert len(documents_at(server.url, allow_this_machine=True)) == 250
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("https://x.example/ims/case/v1p0/CFPackages/abc", "https://x.example/ims/case/v1p0/CFPackages/abc"),
        (" https://x.example/v1p0/CFDocuments/abc/ ", "https://x.example/v1p0/CFPackages/abc"),
        ("https://x.example/v1p0/CFDocuments/abc?x=1#y", "https://x.example/v1p0/CFPackages/abc"),
        ("https://x.example/v1p0/CFDocuments", ""),
        ("https://x.example/v1p0/CFPackages/", ""),
        ("https://x.example", ""),
        ("", ""),
    ],
)
def test_the_address_of_a_package(address: str, wanted: str) -> None:
    assert package_url(address) == wanted


@pytest.mark.parametrize(
    "address", ["https://10.0.0.7/CFPackages/x", "http://x.example/CFPackages/x", "file:///x", ""]
)
def test_no_address_inside_the_network(address: str) -> None:
    with pytest.raises(BadInput) as caught:
        fetch_package(address, allow_this_machine=False)
    assert caught.value.code == "case_address"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (302, b""),
        (404, b""),
        (500, b""),
        (200, b"<html>"),
        (200, b"[1]"),
        (200, b'{"CFDocuments": {"x": 1}}'),
    ],
)
def test_other_answers(server: CaseServer, status: int, body: bytes) -> None:
    server.status, server.body = status, body
    with pytest.raises(BadInput) as caught:
        documents_at(server.url, allow_this_machine=True)
    assert caught.value.code == "case_answer"
    assert all("elsewhere" not in one for one in server.asked)


def test_more_bytes_than_are_taken(server: CaseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_server, "MOST_BYTES", 1000)
    server.body = b"x" * 40_000
    with pytest.raises(BadInput) as caught:
        fetch_package(f"{server.url}/CFPackages/x", allow_this_machine=True)
    assert (caught.value.code, caught.value.status) == ("case_too_large", 413)


def test_fewer_bytes_that_become_more(server: CaseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_server, "MOST_BYTES", 1000)
    server.headers, server.body = {"Content-Encoding": "gzip"}, gzip.compress(b"[" * 900)
    address = f"{server.url}/CFPackages/x"
    assert fetch_package(address, allow_this_machine=True) == b"[" * 900
    server.body = gzip.compress(b"[" * 1_000_000)
    with pytest.raises(BadInput) as caught:
        fetch_package(address, allow_this_machine=True)
    assert caught.value.code == "case_too_large"


@pytest.mark.timeout(60)
def test_a_byte_at_a_time_does_not_hold_us(server: CaseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_server, "SECONDS", 0.2)
    server.drips = True
    with pytest.raises(BadInput) as caught:
        fetch_package(f"{server.url}/CFPackages/x", allow_this_machine=True)
    assert caught.value.code == "case_answer"
    # It finds that nobody listens any more.
    assert server.stopped.wait(30)


def test_a_package_in_pieces(server: CaseServer) -> None:
    server.headers = {"Transfer-Encoding": "chunked"}
    server.body = b"4\r\n[1, \r\n2\r\n2]\r\n0\r\n\r\n"
    assert fetch_package(f"{server.url}/CFPackages/x", allow_this_machine=True) == b"[1, 2]"
