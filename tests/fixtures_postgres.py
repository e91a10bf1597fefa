"""A real PostgreSQL server for tests: a private cluster on loopback, made when first asked for, then removed.

Each test process has its own cluster (initdb takes a second), so nothing is shared or left behind.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

SUPERUSER = "plp_test"

START_SECONDS = 30
"""How long a server may take to accept connections on a busy machine."""

MEMORY = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it
ENOUGH = 1_000_000_000
"""Bytes that have to be free there before a server's data go into memory."""

SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    # The data live as long as the test run: nothing has to survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "64MB",
    "min_wal_size": "32MB",
    "autovacuum": "off",
    "timezone": "UTC",
}


@dataclass
class PostgresCluster:
    """A running server; makes and drops databases."""

    port: int
    password: str
    _templates: dict[str, str] = field(default_factory=dict)
    _maintenance: psycopg.Connection[tuple[object, ...]] | None = None

    def url(self, database: str) -> str:
        """SQLAlchemy's URL of one database."""
        return f"postgresql+psycopg://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template1") -> str:
        """Make a copy of ``template``, to which nobody may be connected, and return its name."""
        name = f"test_{secrets.token_hex(6)}"
        # Files are copied at once: the server's own way, page by page through its log, takes five times as long.
        self.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return name

    def template(self, key: str, prepare: Callable[[str], None]) -> str:
        """Name of a database that ``prepare(url)`` filled; it is called once per test process and ``key``.

        ``prepare`` closes its connections (``engine.dispose()``): PostgreSQL copies no database in use.
        """
        if key not in self._templates:
            name = self.create()
            prepare(self.url(name))
            self._templates[key] = name
        return self._templates[key]

    def drop(self, name: str) -> None:
        """Drop a database; connections that a test left open are ended."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def execute(self, statement: sql.Composed) -> None:
        """Run one statement outside a transaction in the maintenance database."""
        if self._maintenance is None:
            # Kept for the next statements: to connect takes as long as to drop a database.
            self._maintenance = self.connect()
        self._maintenance.execute(statement)

    def close(self) -> None:
        """Let go of the connection that is kept."""
        if self._maintenance:
            self._maintenance.close()

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """A new connection of the superuser to the maintenance database, in autocommit mode."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )


@contextmanager
def private_cluster() -> Iterator[PostgresCluster]:
    """A server of this process, removed at the end."""
    home = Path(tempfile.mkdtemp(prefix="lti-plp-postgres-", dir=_place_of_data()))
    try:
        owner = _unprivileged_user()
        if owner:
            os.chown(home, owner.pw_uid, owner.pw_gid)
        password = secrets.token_urlsafe(18)
        _initdb(home, password, owner)
        process, port = _start(home, password, owner)
        cluster = PostgresCluster(port, password)
        try:
            yield cluster
        finally:
            cluster.close()
            # The immediate shutdown: there is nothing to save.
            process.send_signal(signal.SIGQUIT)
            process.wait(START_SECONDS)
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """The server of this test process."""
    with private_cluster() as cluster:
        yield cluster


@pytest.fixture
def postgres_url(postgres_cluster: PostgresCluster) -> Iterator[str]:
    """SQLAlchemy's URL of an empty database that only this test uses."""
    name = postgres_cluster.create()
    yield postgres_cluster.url(name)
    postgres_cluster.drop(name)


@pytest.fixture
def postgres_copy(postgres_cluster: PostgresCluster) -> Iterator[Callable[[str, Callable[[str], None]], str]]:
    """``postgres_copy(key, prepare)``: URL of a fresh copy of what ``prepare(url)`` made once."""
    made: list[str] = []

    def copy(key: str, prepare: Callable[[str], None]) -> str:
        made.append(postgres_cluster.create(postgres_cluster.template(key, prepare)))
        return postgres_cluster.url(made[-1])

    yield copy
    for name in made:
        postgres_cluster.drop(name)


def _place_of_data() -> Path | None:
    """Memory, where there is enough: to make a database is to copy three hundred files, twenty times as fast there."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
        return MEMORY
    return None


def _program(name: str) -> str:
    """Path of a server program: Debian keeps them out of PATH, one folder per major version."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    found = [str(folder / name) for folder in reversed(folders) if (folder / name).exists()]
    on_path = shutil.which(name)
    if on_path:
        found.append(on_path)
    if not found:
        pytest.fail(
            f"PostgreSQL's program {name} is missing: install the Debian package postgresql.", pytrace=False
        )
    return found[0]


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root, since it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.fail("PostgreSQL refuses to run as root, and there is no user postgres or nobody.", pytrace=False)


def _command(arguments: list[str], owner: pwd.struct_passwd | None) -> list[str]:
    """A command line that ends with this process, and runs as ``owner`` if one is given."""
    if not shutil.which("setpriv"):
        if owner:
            pytest.fail(
                "The program setpriv is missing: install the Debian package util-linux.", pytrace=False
            )
        return arguments
    # When a test process is killed, its server gets the signal for a fast shutdown.
    prefix = ["setpriv", "--pdeathsig", "INT"]
    if owner:
        prefix += [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    return [*prefix, "--", *arguments]


def _initdb(home: Path, password: str, owner: pwd.struct_passwd | None) -> None:
    password_file = home / "password"
    password_file.write_text(password)
    if owner:
        os.chown(password_file, owner.pw_uid, owner.pw_gid)
    # Others on the same machine can reach a loopback port, hence a password.
    arguments = [
        _program("initdb"),
        "--pgdata",
        str(home / "data"),
        "--username",
        SUPERUSER,
        "--auth=password",
    ]
    arguments += [
        "--pwfile",
        str(password_file),
        "--encoding=UTF8",
        "--no-locale",
        "--no-sync",
        "--no-instructions",
    ]
    done = subprocess.run(
        _command(arguments, owner),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    password_file.unlink()
    if done.returncode:
        pytest.fail(f"initdb failed:\n{done.stdout}{done.stderr}", pytrace=False)


def _start(home: Path, password: str, owner: pwd.struct_passwd | None) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server on a free port; another program may take the port first, hence several tries."""
    log = home / "server.log"
    for _ in range(5):
        port = free_port()
        arguments = [_program("postgres"), "-D", str(home / "data"), "-p", str(port)]
        for name, value in SERVER_SETTINGS.items():
            arguments += ["-c", f"{name}={value}"]
        with log.open("ab") as output:
            process = subprocess.Popen(
                _command(arguments, owner), cwd=home, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        if _accepts(process, PostgresCluster(port, password)):
            return process, port
        process.kill()
        process.wait()
    pytest.fail(f"PostgreSQL did not start:\n{log.read_text()[-3000:]}", pytrace=False)


def _accepts(process: "subprocess.Popen[bytes]", cluster: PostgresCluster) -> bool:
    """Wait until the server takes connections; False when it ended or stays silent."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            cluster.connect().close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
