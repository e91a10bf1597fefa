"""Databases that figures are taken on, and the least that stores rows there: the driver alone, in one transaction."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine

from lti_plp.database import prepare_engine
from lti_plp.migration import upgrade
from tests.fixtures_postgres import private_cluster


@contextmanager
def fresh_databases(count: int = 1) -> Iterator[dict[str, list[str]]]:
    """Give the addresses of as many empty databases of each kind as are wanted, while the block lasts."""
    with tempfile.TemporaryDirectory() as folder, private_cluster() as cluster:
        yield {
            "SQLite": [f"sqlite:///{Path(folder) / f'tool{number}.sqlite3'}" for number in range(count)],
            "PostgreSQL": [cluster.url(cluster.create()) for _ in range(count)],
        }


@contextmanager
def migrated(url: str) -> Iterator[Engine]:
    """Make the tool's tables in a database, and let go of it after the block."""
    engine = create_engine(url)
    prepare_engine(engine)
    upgrade(engine)
    yield engine
    engine.dispose()


@dataclass
class RawWriting:
    """One transaction, past SQLAlchemy."""

    cursor: Any
    is_lite: bool
    seconds: float = 0.0
    """What it took, once it is over."""

    def put(
        self, name: str, columns: Sequence[str], rows: list[Any], keys: str = "", told: Sequence[str] = ()
    ) -> None:
        """Write rows as the driver wants them; with ``keys``, over ``told`` of what is there."""
        marks = ", ".join(["?" if self.is_lite else "%s"] * len(columns))
        sql = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"
        if keys:
            changes = ", ".join(f"{column} = excluded.{column}" for column in told)
            sql += f" ON CONFLICT ({keys}) DO UPDATE SET {changes}"
        self.cursor.executemany(sql, rows)


@contextmanager
def raw_writing(engine: Engine) -> Iterator[RawWriting]:
    """Begin such a transaction; it commits at the end of the block."""
    connection = engine.raw_connection()
    try:
        writing = RawWriting(connection.cursor(), engine.dialect.name == "sqlite")
        began = time.perf_counter()
        if writing.is_lite:
            writing.cursor.execute("BEGIN IMMEDIATE")
        yield writing
        connection.commit()
        writing.seconds = time.perf_counter() - began
        writing.cursor.close()
    finally:
        connection.close()
