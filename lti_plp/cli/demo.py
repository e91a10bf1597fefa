"""``lti-plp demo``: the product, its worker and a stand-in LMS on this machine, ready to be tried."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.error import URLError
from urllib.request import urlopen

import click

from lti_plp.cli.common import fail
from lti_plp.cli.server import gunicorn_command

CLIENT_ID = "10000000000001"
DEPLOYMENT_ID = "sandbox-deployment-1"
READY_WITHIN = 60.0
"""Seconds that each part may take to answer."""


@click.command()
@click.option("--port", default=8000, show_default=True, help="Port of the tool, at 127.0.0.1.")
@click.option("--lms-port", default=8001, show_default=True, help="Port of the stand-in LMS, at localhost.")
@click.option(
    "--data", default=".demo", show_default=True, type=click.Path(path_type=Path), help="Folder for data."
)
@click.option("--reset", is_flag=True, help="Begin with empty data.")
def demo(port: int, lms_port: int, data: Path, reset: bool) -> None:
    """Run the product with a stand-in LMS; Ctrl-C stops both."""
    for number in (port, lms_port):
        _require_free(number)
    data = data.resolve()
    if reset:
        _clear(data)
    data.mkdir(parents=True, exist_ok=True)
    (data / MARK).touch()
    environ = _environment(data, port)
    tool, lms = f"http://127.0.0.1:{port}", f"http://localhost:{lms_port}"
    cli = [sys.executable, "-m", "lti_plp.cli"]
    _run([*cli, "db", "upgrade"], environ)
    _run([*cli, *_registration(lms)], environ)
    plans = [*cli, "demo-plans", lms, CLIENT_ID, DEPLOYMENT_ID]
    school = Stage(
        {"the stand-in LMS": [sys.executable, "-m", "lti_plp.sandbox", *_sandbox(lms_port, data, tool)]},
        f"http://127.0.0.1:{lms_port}/",
        lambda: _run(plans, environ),
    )
    product = Stage(
        {
            "the worker": [*cli, "worker"],
            "the web server": gunicorn_command("127.0.0.1", port, workers=2, threads=4),
        },
        f"{tool}/readyz",
        lambda: click.echo(_welcome(tool, lms)),
    )
    click.echo(
        "Getting the school ready. The first time this takes a moment: six students have years of history."
    )
    _keep_running((school, product), environ, data / "demo.log")


@dataclass(frozen=True)
class Stage:
    """Parts that start together, where they answer when they are ready, and what is done then."""

    commands: Mapping[str, Sequence[str]]
    ready_url: str
    when_ready: Callable[[], None]


MARK = ".lti-plp-demo"
"""A folder with this file in it is one that the demo made, and may be emptied by ``--reset``."""


def _clear(data: Path) -> None:
    if not data.exists():
        return
    if not (data / MARK).exists() and any(data.iterdir()):
        fail(f"{data} was not made by the demo, so it is not emptied. Choose another folder with --data.")
    shutil.rmtree(data)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            fail(f"Port {port} is in use. Choose another with --port or --lms-port.")


def _environment(data: Path, port: int) -> dict[str, str]:
    secret = data / "secret_key"
    if not secret.exists():
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(48))
    return {
        **os.environ,
        "LTI_PLP_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LTI_PLP_SECRET_KEY": secret.read_text(),
        "LTI_PLP_DATABASE_URL": f"sqlite:///{data / 'tool.sqlite3'}",
        "LTI_PLP_ALLOW_PRIVATE_NETWORKS": "true",
    }


def _registration(lms: str) -> list[str]:
    return [
        *("platform", "add", "--kind", "canvas", "--name", "Maple Hollow School (sandbox)"),
        *("--issuer", lms, "--client-id", CLIENT_ID, "--deployment-id", DEPLOYMENT_ID),
        *("--auth-url", f"{lms}/api/lti/authorize"),
        *("--token-url", f"{lms}/login/oauth2/token"),
        *("--jwks-url", f"{lms}/api/lti/security/jwks"),
        "--replace",
    ]


def _sandbox(lms_port: int, data: Path, tool: str) -> list[str]:
    return [
        *("--port", str(lms_port), "--data", str(data / "lms"), "--tool-url", tool),
        *("--client-id", CLIENT_ID, "--deployment-id", DEPLOYMENT_ID, "--students", "6"),
    ]


def _welcome(tool: str, lms: str) -> str:
    return f"""
  lti_plp is running.

    The school's LMS   {lms}   <- begin here
    The tool itself    {tool}

  1. Be Ms. Rivera: add a reflection to English 9.
  2. Be Maya: write it and send it.
  3. Be Ms. Rivera again: read it, rate it, and look into the gradebook.
  4. Be Maya and open Learning Plan in the course: her plan, three years of it.
  5. Be Ms. Rivera, Mr. Lavoie, who advises, or Dr. Osei, the principal, and open Learning Plan in their course.

  Ctrl-C stops everything.
"""


def _run(command: Sequence[str], environ: dict[str, str]) -> None:
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603  our own
    if done.returncode:
        fail(f"Could not set up the demo: {(done.stderr or done.stdout).strip()}")


def _keep_running(stages: Sequence[Stage], environ: dict[str, str], log: Path) -> None:
    """Start one stage after the other, and end all parts when one ends or a signal comes."""
    signal.signal(signal.SIGTERM, _interrupted)
    parts: dict[str, subprocess.Popen[bytes]] = {}
    with log.open("ab") as output:
        try:
            for stage in stages:
                for name, command in stage.commands.items():
                    parts[name] = subprocess.Popen(  # noqa: S603  our own programs
                        command, env=environ, stdout=output, stderr=output, start_new_session=True
                    )
                _await(stage.ready_url, parts, log)
                stage.when_ready()
            while True:
                _require_running(parts, log)
                time.sleep(0.5)
        except KeyboardInterrupt:
            click.echo("Stopping.")
        finally:
            _stop(list(parts.values()))


def _interrupted(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _await(url: str, parts: dict[str, "subprocess.Popen[bytes]"], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        _require_running(parts, log)
        try:
            with urlopen(url, timeout=5):  # noqa: S310  our own address
                return
        except (URLError, OSError):
            time.sleep(0.1)
    fail(f"{url} did not answer within {READY_WITHIN:.0f} seconds. See {log}.")


def _require_running(parts: dict[str, "subprocess.Popen[bytes]"], log: Path) -> None:
    for name, process in parts.items():
        if process.poll() is not None:
            fail(f"{name[0].upper()}{name[1:]} ended by itself. See {log}.")


def _stop(processes: list["subprocess.Popen[bytes]"]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
