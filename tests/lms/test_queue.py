"""Signals from web processes to workers, on each kind of queue that can be had here."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from huey import PostgresHuey, SqliteHuey
from sqlalchemy import create_engine, text

from lti_plp.lms.queue import DELIVER_SCORES, REFRESH_ROSTER, WakeUpQueue, make_queue
from tests.fixtures_postgres import PostgresCluster

SQLITE = "sqlite:///tool.sqlite3"


def run_all(queue: WakeUpQueue) -> None:
    """Do what a worker does with everything that waits."""
    while (task := queue.huey.dequeue()) is not None:
        queue.huey.execute(task)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tool.sqlite3'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def test_a_signal_reaches_another_process(database: str) -> None:
    worker = make_queue("", database, for_worker=True)
    heard: list[object] = []
    worker.handlers[DELIVER_SCORES] = lambda: heard.append("deliver")
    worker.handlers[REFRESH_ROSTER] = heard.append
    web = make_queue("", database)
    web.wake(DELIVER_SCORES)
    web.wake(REFRESH_ROSTER, 7)
    assert heard == []
    run_all(worker)
    assert heard == ["deliver", 7]
    for queue in (web, worker):
        queue.huey.storage.close()


def test_a_signal_for_later_waits(database: str) -> None:
    worker = make_queue("", database, for_worker=True)
    worker.wake_later(3600, DELIVER_SCORES)
    task = worker.huey.dequeue()
    assert not worker.huey.ready_to_run(task)
    worker.huey.storage.close()


def test_the_queue_lies_beside_a_sqlite_database(tmp_path: Path) -> None:
    queue = make_queue("", f"sqlite:///{tmp_path / 'tool.sqlite3'}")
    assert isinstance(queue.huey, SqliteHuey)
    assert (tmp_path / "tool.queue.sqlite3").exists()
    named = make_queue(f"sqlite:///{tmp_path / 'own.sqlite3'}", SQLITE)
    assert named.huey.storage.filename == str(tmp_path / "own.sqlite3")


@pytest.mark.postgres
def test_a_postgresql_database_is_the_queue_as_well(postgres_url: str) -> None:
    for queue_url, database_url in (("", postgres_url), (postgres_url, SQLITE)):
        assert isinstance(make_queue(queue_url, database_url).huey, PostgresHuey)


@pytest.mark.postgres
def test_workers_that_begin_at_once_make_the_queue_once(postgres_cluster: PostgresCluster) -> None:
    for _ in range(5):
        name = postgres_cluster.create()
        url = postgres_cluster.url(name)

        def start(_: int, url: str = url) -> None:
            queue = make_queue("", url, for_worker=True)
            queue.wake(DELIVER_SCORES)
            queue.huey.storage.close()

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(start, range(6)))
        engine = create_engine(url)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM huey_task")) == 6
        engine.dispose()
        postgres_cluster.drop(name)


@pytest.mark.parametrize("url", ["amqp://localhost", "tool.sqlite3", "http://queue.example"])
def test_an_unknown_queue_is_named(url: str) -> None:
    with pytest.raises(ValueError, match="LTI_PLP_QUEUE_URL"):
        make_queue(url, SQLITE)


def test_redis_without_its_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huey.storage.Redis", None)
    with pytest.raises(ValueError, match="redis"):
        make_queue("redis://localhost", SQLITE)


def test_a_database_in_memory_leaves_a_file_in_the_present_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_queue("", "sqlite://")
    assert (tmp_path / "lti_plp.queue.sqlite3").exists()
