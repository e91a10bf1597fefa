"""Waking the worker. The queue carries signals only: what is to be done stands in the database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.exceptions import ConfigurationError
from sqlalchemy import URL, make_url

NAME = "lti_plp"
DELIVER_SCORES = "deliver_scores"
REFRESH_ROSTER = "refresh_roster"
REFRESH_COURSEWORK = "refresh_coursework"
REGISTER_NOTICES = "register_notices"
KEEP_COPIES = "keep_copies"
FOLLOW_OUTCOMES = "follow_outcomes"


class WakeUpQueue:
    """The queue that web processes and workers share; only a worker has handlers."""

    def __init__(self, huey: Huey) -> None:
        self.huey = huey
        self.handlers: dict[str, Callable[..., None]] = {}
        self._job = huey.task(name="job")(self._run)

    def wake(self, job: str, *arguments: Any) -> None:
        """Tell a worker that there is something to do; to be called after the commit."""
        self._job(job, *arguments)

    def wake_later(self, seconds: float, job: str, *arguments: Any) -> None:
        """The same, in some seconds."""
        self._job.schedule((job, *arguments), delay=seconds)

    def ask(self) -> None:
        """Do nothing when the queue answers.

        :raise Exception: of the kind of queue, when it does not.
        """
        self.huey.storage.queue_size()

    def _run(self, job: str, *arguments: Any) -> None:
        self.handlers[job](*arguments)


def make_queue(queue_url: str, database_url: str, *, for_worker: bool = False) -> WakeUpQueue:
    """Return the queue that the settings name; without a setting, one that lies beside or in the database.

    In PostgreSQL only a worker makes the queue's tables: web processes start without asking the database for anything,
    and a signal that cannot be put there is not missed, because workers also look by the clock.

    :raise ValueError: when ``queue_url`` names a kind of queue that is not known or not installed.
    """
    database = make_url(database_url)
    kind = urlsplit(queue_url).scheme.partition("+")[0]
    if not queue_url and database.get_backend_name() == "postgresql":
        return WakeUpQueue(_postgres(database, for_worker))
    if not queue_url:
        return WakeUpQueue(_sqlite(_beside(database)))
    if kind == "sqlite":
        return WakeUpQueue(_sqlite(Path(make_url(queue_url).database or f"{NAME}.queue.sqlite3")))
    if kind in {"redis", "rediss"}:
        return WakeUpQueue(_redis(queue_url))
    if kind in {"postgresql", "postgres"}:
        return WakeUpQueue(_postgres(make_url(queue_url), for_worker))
    raise ValueError("LTI_PLP_QUEUE_URL must begin with sqlite://, redis:// or postgresql://.")


def _sqlite(file: Path) -> Huey:
    return SqliteHuey(NAME, filename=str(file), results=False)


def _beside(database: URL) -> Path:
    """Return a file beside a SQLite database; for one in memory, in the present folder."""
    if database.database and database.database != ":memory:":
        return Path(database.database).with_suffix(".queue.sqlite3")
    return Path(f"{NAME}.queue.sqlite3")


def _postgres(url: URL, for_worker: bool) -> Huey:
    # The driver takes the address without SQLAlchemy's own addition.
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    huey = PostgresHuey(NAME, dsn=plain, results=False, create_tables=False)
    if for_worker:
        _make_tables(huey, plain)
    return huey


def _make_tables(huey: Huey, dsn: str) -> None:
    """Make the tables of a queue in PostgreSQL; several workers that begin at once do so one after the other.

    CREATE TABLE IF NOT EXISTS fails, in more ways than one, while another session makes the same table.
    """
    with psycopg.connect(dsn) as connection:
        # Held until this transaction ends, also by a worker that dies.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{NAME}: tables of the queue"])
        huey.storage.initialize_schema()


def _redis(url: str) -> Huey:
    try:
        return RedisHuey(NAME, url=url, results=False)
    except ConfigurationError as problem:
        raise ValueError("LTI_PLP_QUEUE_URL names Redis: install the Python package redis.") from problem
