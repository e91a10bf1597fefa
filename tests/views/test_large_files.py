"""Files of 50 MB and more, through the real web server: told in words, nothing changed, no more memory than is due."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from playwright.sync_api import expect

from lti_plp.cli.server import gunicorn_command
from lti_plp.launch.case_server import MOST_BYTES
from lti_plp.plp.growth.drafts import MOST_ITEMS
from lti_plp.plp.models import Framework, FrameworkUpload, Scale
from lti_plp.settings import Settings
from lti_plp.views.security import BROWSER_COOKIE
from tests.fixtures_browser import BrowserContextFactory
from tests.fixtures_postgres import free_port
from tests.fixtures_stack import Stack, await_answer
from tests.plp.growth.test_case import package
from tests.views.conftest import School
from tests.views.test_frameworks import Desk
from tests.views.test_proficiencies_in_browser import check

pytestmark = pytest.mark.timeout(300)

OVER, UNDER = 60_000_000, 49_000_000
SANE = 600
"""Megabytes of a whole process with the largest file that is refused; fifty of them are the file itself."""
TOO_MANY = "There are more items than can be kept."
BEES = "C{0}," + "\U0001f41d and so on " * 70 + "\n"
LINE = "C{0},This is a statement of some length that says what number {0} is about\n"


def table(path: Path, size: int, line: str = LINE) -> Path:
    """A table of so many bytes."""
    with path.open("w") as file:
        file.write("code,statement\n")
        number = 0
        while file.tell() < size:
            file.write("".join(line.format(number + one) for one in range(1000)))
            number += 1000
    return path


def json_of(path: Path, size: int, piece: str) -> Path:
    """A package whose items are the same piece again and again."""
    path.write_text('{"CFItems":[' + f"{piece}," * (size // (len(piece) + 1)) + "1]}")
    return path


def full_package(path: Path) -> Path:
    """The largest package that may be: as many items as are kept, and nearly as many bytes as are taken."""
    (model,) = [one for one in package()["CFItems"] if one["identifier"] == "talk"]
    items = [
        {**model, "identifier": f"i{number}", "uri": f"https://example.org/i{number}", "notes": "n" * 2240}
        for number in range(MOST_ITEMS)
    ]
    path.write_text(json.dumps(package(CFItems=items, CFAssociations=[], CFRubrics=[])))
    return path


def peak(process_id: int) -> int:
    """The most megabytes that a process ever held."""
    said = Path(f"/proc/{process_id}/status").read_text()
    return int(said.partition("VmHWM:")[2].split()[0]) // 1000


class Office:
    """An administrator, the real web server in front of her, and its one process behind."""

    def __init__(self, stack: Stack, desk: Desk) -> None:
        self.stack, self.desk = stack, desk

    def send(self, path: Path, where: str = "students/frameworks", **form: str) -> tuple[int, str]:
        """Bring a file; status and page."""
        oda = self.desk.oda
        values = {"csrf_token": oda.token(), "title": "Large", "scale": "Canvas outcomes", **form}
        with path.open("rb") as file:
            answer = requests.post(
                self.stack.tool + oda.address(where),
                data=values,
                files={"file": file},
                cookies={BROWSER_COOKIE: oda.secret},
                timeout=120,
            )
        return answer.status_code, unescape(answer.text)

    def fetch(self, address: str) -> tuple[int, str]:
        """Fetch a package from a server; status and page."""
        oda = self.desk.oda
        answer = requests.post(
            self.stack.tool + oda.address("students/frameworks/fetch"),
            data={"csrf_token": oda.token(), "address": address, "scale": "Canvas outcomes"},
            cookies={BROWSER_COOKIE: oda.secret},
            timeout=120,
        )
        return answer.status_code, unescape(answer.text)

    def peak(self) -> int:
        """The most megabytes that the process which answers ever held."""
        parent = self.stack.processes["web"].pid
        (child,) = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return peak(int(child))

    def is_untouched(self) -> bool:
        """Whether nothing at all was kept."""
        return not any(self.desk.rows(one) for one in (Framework, FrameworkUpload, Scale))


@pytest.fixture
def environ(tool_settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "LTI_PLP_SECRET_KEY": tool_settings.secret_key,
        "LTI_PLP_DATABASE_URL": tool_settings.database_url,
        "LTI_PLP_ALLOW_PRIVATE_NETWORKS": "true",
    }


@pytest.fixture
def office(app: Flask, school: School, tmp_path: Path, environ: dict[str, str]) -> Iterator[Office]:
    port = free_port()
    stack = Stack(tmp_path, port, environ | {"LTI_PLP_PUBLIC_URL": f"http://127.0.0.1:{port}"})
    stack.start("web", gunicorn_command("127.0.0.1", port, workers=1, threads=4))
    try:
        await_answer(f"{stack.tool}/readyz")
        yield Office(stack, Desk(app, school))
    finally:
        stack.stop("web")


Make = Callable[[Path], Path]


@pytest.mark.parametrize(
    ("make", "where", "words"),
    [
        (lambda folder: table(folder / "x.csv", OVER), "frameworks", "A framework has 50 MB at most"),
        (
            lambda folder: json_of(folder / "x.json", OVER, "{}"),
            "frameworks",
            "A framework has 50 MB at most",
        ),
        (lambda folder: table(folder / "x.csv", OVER), "scales", "A table of scales is small"),
    ],
    ids=["CSV", "CASE", "scales"],
)
def test_more_than_is_taken(office: Office, tmp_path: Path, make: Make, where: str, words: str) -> None:
    status, page = office.send(make(tmp_path), f"students/{where}")
    assert status == 413
    for said in ("The file is too large", words, "Nothing was changed."):
        assert said in page
    assert office.is_untouched()
    assert office.peak() < SANE // 2


def test_a_few_bytes_more_than_is_taken(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"x" * (MOST_BYTES + 1))
    status, page = office.send(file)
    assert (status, "The file is too large." in page) == (413, True)
    assert office.is_untouched()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: table(folder / "x.csv", UNDER), "row 50001"),
        (lambda folder: table(folder / "x.csv", UNDER, BEES), TOO_MANY),
        (lambda folder: json_of(folder / "x.json", UNDER, "[]"), TOO_MANY),
        (lambda folder: json_of(folder / "x.json", UNDER, '{"a":1}'), TOO_MANY),
    ],
    ids=["CSV", "wide letters", "lists", "objects"],
)
def test_as_large_as_is_taken_and_wrong(office: Office, tmp_path: Path, make: Make, words: str) -> None:
    status, page = office.send(make(tmp_path))
    assert status == 400
    assert words in page
    assert office.is_untouched()
    assert office.peak() < SANE


def test_the_largest_that_is_taken(office: Office, tmp_path: Path) -> None:
    file = full_package(tmp_path / "x.json")
    assert UNDER < file.stat().st_size < MOST_BYTES
    status, page = office.send(file)
    assert (status, "Nothing is published yet." in page) == (200, True)
    assert len(page) < 100_000
    assert office.peak() < 2 * SANE


@pytest.mark.parametrize("name", ["x.csv", "x.json"])
def test_on_the_command_line(office: Office, tmp_path: Path, environ: dict[str, str], name: str) -> None:
    file = table(tmp_path / name, OVER) if name.endswith("csv") else json_of(tmp_path / name, OVER, "{}")
    command = [sys.executable, "-m", "lti_plp.cli", "framework", "import", str(file)]
    command += ["--tenant", "Maple Hollow"]
    process = subprocess.Popen(
        command, env=environ, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    said = "".join(process.communicate())
    assert process.returncode == 1
    assert "Nothing was imported." in said
    assert "file: too_large, more than 50 MB" in said
    assert office.is_untouched()


class Endless:
    """A CASE server whose answer never ends."""

    def __init__(self) -> None:
        self.sent, self.ended = 0, threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                try:
                    while True:
                        self.wfile.write(b"[" * 100_000)
                        owner.sent += 100_000
                except OSError:
                    owner.ended.set()

            def log_message(self, *_: Any) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/CFPackages/x"


@pytest.fixture
def endless() -> Iterator[Endless]:
    made = Endless()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_server_that_never_ends_is_cut_off(office: Office, endless: Endless) -> None:
    status, page = office.fetch(endless.address)
    assert status == 413
    for words in ("What comes from there is too large", "more than the 50 MB", "Nothing was changed."):
        assert words in page
    assert endless.ended.wait(60)
    # What lies on the way between the two was sent as well.
    assert MOST_BYTES <= endless.sent < MOST_BYTES + 20_000_000
    assert office.is_untouched()
    assert office.peak() < SANE


@pytest.mark.journey
@pytest.mark.parametrize("where", ["frameworks", "scales"])
def test_a_browser_shows_what_is_said(
    office: Office, tmp_path: Path, browser_context_factory: BrowserContextFactory, where: str
) -> None:
    context = browser_context_factory(width=320, height=640)
    office.desk.oda.move_to(context, office.stack.tool)
    page = context.new_page()
    page.goto(office.stack.tool + office.desk.oda.address(f"students/{where}"))
    page.get_by_label("File").set_input_files(table(tmp_path / "x.csv", OVER))
    page.get_by_role("button", name="Show what it changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The file is too large")
    check(page)
    assert office.is_untouched()
