"""The whole product as its users meet it: web server, worker and stand-in LMS, each a real process on loopback."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from lti_plp.cli.server import gunicorn_command
from lti_plp.clock import utc_now
from lti_plp.database import prepare_engine
from lti_plp.launch.registrations import (
    NewRegistration,
    activate_deployment,
    add_registration,
    tenant_named,
)
from tests.fixtures_database import SECRET
from tests.fixtures_postgres import free_port

CLIENT_ID = "10000000000001"
DEPLOYMENT_ID = "sandbox-deployment-1"
WORKER = [sys.executable, "-m", "lti_plp.cli", "worker"]
WORKER_READY = "worker ready"
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

    def start(self, name: str, command: list[str]) -> None:
        """Start a process, and do not wait for it."""
        with (self.folder / f"{name}.log").open("a") as log:
            self.processes[name] = subprocess.Popen(
                command, env=self.environ, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def await_line(self, name: str, pattern: str) -> str:
        """Wait for a line of a process's output that matches a pattern, and return it."""
        output = self.processes[name].stdout
        assert output
        for line in output:
            if re.search(pattern, line):
                return line
        raise AssertionError(f"{name} ended before it was ready: {self.log(name)}")

    def start_worker(self) -> None:
        """Start a worker, and wait until it is at work."""
        self.start("worker", WORKER)
        self.await_line("worker", WORKER_READY)

    def stop(self, *names: str, how: int = signal.SIGTERM) -> None:
        """End processes and wait until they are gone."""
        ending = [self.processes.pop(name) for name in names]
        for process in ending:
            process.send_signal(how)
        for process in ending:
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


NewStack = Callable[[], AbstractContextManager[Stack]]


@pytest.fixture(scope="session")
def new_stack(tmp_path_factory: pytest.TempPathFactory, sqlite_original: Path) -> NewStack:
    """Run a product with an empty database."""

    @contextmanager
    def running() -> Iterator[Stack]:
        stack = _new(tmp_path_factory.mktemp("stack"), sqlite_original)
        try:
            _start(stack)
            yield stack
        finally:
            stack.stop(*stack.processes)

    return running


@pytest.fixture(scope="module")
def shared_stack(new_stack: NewStack) -> Iterator[Stack]:
    """A running product with an empty database, shared by the tests of one module."""
    with new_stack() as stack:
        yield stack


@pytest.fixture
def stack(request: pytest.FixtureRequest, shared_stack: Stack, new_stack: NewStack) -> Iterator[Stack]:
    """The module's product; one of its own for a test that is tried again, whose first try left things behind."""
    if getattr(request.node, "execution_count", 1) > 1:
        with new_stack() as stack:
            yield stack
    else:
        yield shared_stack


@pytest.fixture
def fresh_stack(new_stack: NewStack) -> Iterator[Stack]:
    """The same for one test alone, which needs everything untouched."""
    with new_stack() as stack:
        yield stack


def _new(folder: Path, database: Path) -> Stack:
    port = free_port()
    environ = {
        **os.environ,
        "LTI_PLP_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LTI_PLP_SECRET_KEY": SECRET,
        "LTI_PLP_DATABASE_URL": f"sqlite:///{shutil.copy(database, folder / 'tool.sqlite3')}",
        "LTI_PLP_ALLOW_PRIVATE_NETWORKS": "true",
    }
    return Stack(folder, port, environ)


def _start(stack: Stack) -> None:
    sandbox = [sys.executable, "-m", "lti_plp.sandbox", "--port", "0", "--data", str(stack.folder / "lms")]
    sandbox += ["--tool-url", stack.tool, "--client-id", CLIENT_ID, "--deployment-id", DEPLOYMENT_ID]
    # All at once: most of the time they read their own code.
    stack.start("sandbox", sandbox)
    stack.start("web", gunicorn_command("127.0.0.1", stack.tool_port, workers=2, threads=4))
    stack.start("worker", WORKER)
    stack.lms = stack.await_line("sandbox", "sandbox ready").split()[-1]
    _register(stack)
    await_answer(f"{stack.tool}/readyz")
    stack.await_line("worker", WORKER_READY)


def _register(stack: Stack) -> None:
    """Make the stand-in LMS known, as ``lti-plp platform add`` does."""
    platform = NewRegistration(
        kind="canvas",
        name="Maple Hollow School",
        issuer=stack.lms,
        client_id=CLIENT_ID,
        auth_url=f"{stack.lms}/api/lti/authorize",
        token_url=f"{stack.lms}/login/oauth2/token",
        jwks_url=f"{stack.lms}/api/lti/security/jwks",
    )
    with stack.database() as session, session.begin():
        row = add_registration(session, platform, utc_now(), replace=False)
        tenant = tenant_named(session, platform.name, utc_now())
        activate_deployment(session, row, DEPLOYMENT_ID, tenant, utc_now())


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
