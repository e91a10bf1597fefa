"""The whole product as its users meet it: web server, worker and stand-in LMS, each a real process on loopback."""

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from lti_plp.cli.server import gunicorn_command
from lti_plp.database import prepare_engine
from tests.fixtures_postgres import free_port

CLIENT_ID = "10000000000001"
DEPLOYMENT_ID = "sandbox-deployment-1"
START_SECONDS = 60
"""How long a process may take to answer on a busy machine."""


@dataclass
class Stack:
    """Addresses and processes of one running product."""

    folder: Path
    tool_port: int
    environ: dict[str, str]
    lms: str = ""
    processes: dict[str, "subprocess.Popen[str]"] = field(default_factory=dict)
    has_reflection: bool = False
    """Whether a module's tests have placed what they write into."""

    @property
    def tool(self) -> str:
        """The tool's origin; another site than the LMS's, because the host names differ."""
        return f"http://127.0.0.1:{self.tool_port}"

    def cli(self, *words: str, typed: str = "") -> str:
        """Run a command of ours, with what it reads from standard input; its output."""
        command = [sys.executable, "-m", "lti_plp.cli", *words]
        done = subprocess.run(
            command, env=self.environ, input=typed, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def start(self, name: str, command: list[str], ready: str = "") -> str:
        """Start a process; wait for a line of its output that matches ``ready`` and return it."""
        with (self.folder / f"{name}.log").open("a") as log:
            self.processes[name] = subprocess.Popen(
                command, env=self.environ, stdout=subprocess.PIPE if ready else log, stderr=log, text=True
            )
        if not ready:
            return ""
        output = self.processes[name].stdout
        assert output
        for line in output:
            if re.search(ready, line):
                return line
        raise AssertionError(f"{name} ended before it was ready: {self.log(name)}")

    def start_worker(self) -> None:
        """Start a worker."""
        self.start("worker", [sys.executable, "-m", "lti_plp.cli", "worker"], "worker ready")

    def stop(self, name: str, how: int = signal.SIGTERM) -> None:
        """End one process and wait until it is gone."""
        process = self.processes.pop(name)
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def log(self, name: str) -> str:
        """What a process wrote to its error output so far."""
        return (self.folder / f"{name}.log").read_text()

    def database(self) -> Session:
        """A session on the tool's database."""
        engine = create_engine(self.environ["LTI_PLP_DATABASE_URL"])
        prepare_engine(engine)
        return Session(engine)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the stand-in LMS for something that a test needs; its JSON answer."""
        answer = requests.request(method, f"{self.lms}/_sandbox/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running product with an empty database, shared by the tests of one module."""
    yield from _running(tmp_path_factory.mktemp("stack"))


@pytest.fixture
def stack(
    request: pytest.FixtureRequest, shared_stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The module's product; one of its own for a test that is tried again, whose first try left things behind."""
    if getattr(request.node, "execution_count", 1) > 1:
        yield from _running(tmp_path_factory.mktemp("stack"))
    else:
        yield shared_stack


@pytest.fixture
def fresh_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The same for one test alone, which needs everything untouched."""
    yield from _running(tmp_path_factory.mktemp("stack"))


def _running(folder: Path) -> Iterator[Stack]:
    port = free_port()
    environ = {
        **os.environ,
        "LTI_PLP_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LTI_PLP_SECRET_KEY": secrets.token_urlsafe(32),
        "LTI_PLP_DATABASE_URL": f"sqlite:///{folder / 'tool.sqlite3'}",
        "LTI_PLP_ALLOW_PRIVATE_NETWORKS": "true",
    }
    stack = Stack(folder, port, environ)
    try:
        _start(stack)
        yield stack
    finally:
        for name in list(stack.processes):
            stack.stop(name)


def _start(stack: Stack) -> None:
    sandbox = [sys.executable, "-m", "lti_plp.sandbox", "--port", "0", "--data", str(stack.folder / "lms")]
    sandbox += ["--tool-url", stack.tool, "--client-id", CLIENT_ID, "--deployment-id", DEPLOYMENT_ID]
    stack.lms = stack.start("sandbox", sandbox, "sandbox ready").split()[-1]
    stack.cli("db", "upgrade")
    stack.cli(
        *("platform", "add", "--kind", "canvas", "--name", "Maple Hollow School", "--issuer", stack.lms),
        *("--client-id", CLIENT_ID, "--deployment-id", DEPLOYMENT_ID),
        *("--auth-url", f"{stack.lms}/api/lti/authorize"),
        *("--token-url", f"{stack.lms}/login/oauth2/token"),
        *("--jwks-url", f"{stack.lms}/api/lti/security/jwks"),
    )
    stack.start("web", gunicorn_command("127.0.0.1", stack.tool_port, workers=2, threads=4))
    await_answer(f"{stack.tool}/readyz")
    stack.start_worker()


def await_answer(url: str) -> None:
    """Wait until something answers with a good status at ``url``."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=5).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.05)
    raise AssertionError(f"nothing answers at {url}")
