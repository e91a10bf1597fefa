"""Commands that run the product: web server, worker, database."""

import os
import sys

import click
from sqlalchemy import create_engine

from lti_plp.cli.common import checked_settings, tool
from lti_plp.database import prepare_engine
from lti_plp.migration import upgrade


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Processes.")
@click.option("--threads", default=4, show_default=True, help="Threads of each process.")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Run the web server (gunicorn)."""
    checked_settings()
    # gunicorn takes the place of this process, so that signals reach it directly.
    os.execv(sys.executable, gunicorn_command(host, port, workers, threads))  # noqa: S606  our own program


def gunicorn_command(host: str, port: int, workers: int, threads: int) -> list[str]:
    """Return the command line that serves the application."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "lti_plp.app:web_process()",
        f"--bind={host}:{port}",
        f"--workers={workers}",
        f"--threads={threads}",
        "--worker-class=gthread",
        # The code is read once, and its memory shared.
        "--preload",
        "--timeout=60",
        "--graceful-timeout=10",
        # Longer than a proxy keeps an idle connection (nginx: 60 s), and than people look at a page before they send
        # it: a form sent at the moment in which we close the connection is lost, and nobody sends it again.
        "--keep-alive=75",
        # Our own log has a line per request without addresses; gunicorn's would show queries.
        "--log-level=warning",
        "--no-control-socket",
    ]


@click.command()
def worker() -> None:
    """Run the worker that delivers grades and reads rosters."""
    from lti_plp.worker import run_worker

    run_worker(checked_settings())


@click.group()
def db() -> None:
    """Look after the database."""


@db.command(name="upgrade")
def db_upgrade() -> None:
    """Bring the database to this version's tables and make the first signing key."""
    settings = checked_settings()
    engine = create_engine(settings.database_url)
    prepare_engine(engine)
    upgrade(engine)
    engine.dispose()
    with tool() as box, box.sessions.begin() as session:
        box.keys.ensure_key(session, box.clock())
    click.echo("The database is up to date.")
