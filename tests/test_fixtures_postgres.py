"""The PostgreSQL fixtures give each test a database of its own."""

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text

from tests.fixtures_postgres import PostgresCluster

pytestmark = pytest.mark.postgres


def _run(url: str, *statements: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements[:-1]:
                connection.execute(text(statement))
            result = connection.execute(text(statements[-1]))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


@pytest.mark.parametrize("_turn", [1, 2])
def test_each_test_gets_an_empty_database(postgres_url: str, _turn: int) -> None:
    assert _run(postgres_url, "CREATE TABLE pupil (name text)", "INSERT INTO pupil VALUES ('Ada')") == []
    assert _run(postgres_url, "SELECT name FROM pupil") == [("Ada",)]


def test_copies_of_a_prepared_database_are_separate(
    postgres_copy: Callable[[str, Callable[[str], None]], str],
) -> None:
    calls: list[str] = []

    def prepare(url: str) -> None:
        calls.append(url)
        _run(url, "CREATE TABLE pupil (name text)", "INSERT INTO pupil VALUES ('Ada')")

    first = postgres_copy("pupils", prepare)
    second = postgres_copy("pupils", prepare)
    _run(first, "DELETE FROM pupil")
    assert len(calls) == 1
    assert _run(first, "SELECT name FROM pupil") == []
    assert _run(second, "SELECT name FROM pupil") == [("Ada",)]


def test_a_database_in_use_can_be_dropped(postgres_cluster: PostgresCluster) -> None:
    name = postgres_cluster.create()
    engine = create_engine(postgres_cluster.url(name))
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    # The engine's pool still holds the connection, as after a test that forgot to close it.
    postgres_cluster.drop(name)
    engine.dispose()
    with postgres_cluster.connect() as maintenance:
        found = maintenance.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchall()
    assert found == []


def test_the_server_listens_on_loopback_only(postgres_cluster: PostgresCluster) -> None:
    with postgres_cluster.connect() as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
