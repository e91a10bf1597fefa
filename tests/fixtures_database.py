"""A database with the product's tables, on SQLite and on PostgreSQL: a test that asks for it runs on both."""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.clock import utc_now
from lti_plp.database import SecretBox, prepare_engine
from lti_plp.launch.keys import KeyRing
from lti_plp.migration import upgrade

SECRET = "a secret of tests, long enough for anyone"


def connect(url: str) -> Engine:
    """An engine as the product makes it."""
    engine = create_engine(url)
    prepare_engine(engine)
    return engine


def fill(url: str) -> None:
    """Make the tables and one signing key."""
    engine = connect(url)
    upgrade(engine)
    with Session(engine) as session, session.begin():
        KeyRing(SecretBox([SECRET])).ensure_key(session, utc_now())
    engine.dispose()


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Let all engines of a test process share the statements that SQLAlchemy compiled.

    Each test has an engine of its own, and compiling its statements anew was a quarter of what tests took. What is
    compiled is kept by statement and dialect; here two dialects of one class are the same.
    """
    compiled: dict[type[Any], dict[Any, Any]] = defaultdict(dict)
    shared = property(lambda engine: compiled[type(engine.dialect)], lambda engine, own: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "_compiled_cache", shared, raising=False)
        patch.setattr(DefaultDialect, "__hash__", lambda dialect: hash(type(dialect)))
        patch.setattr(DefaultDialect, "__eq__", lambda one, other: type(one) is type(other))
        yield


@pytest.fixture(scope="session")
def sqlite_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied."""
    file = tmp_path_factory.mktemp("original") / "tool.sqlite3"
    fill(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of this test's own, with tables and nothing in them but a signing key."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_copy")("filled", fill)
        return url
    file = shutil.copy(request.getfixturevalue("sqlite_original"), tmp_path / "tool.sqlite3")
    return f"sqlite:///{file}"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions on that database, each with a connection of its own."""
    return sessionmaker(engine, expire_on_commit=False)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    with sessions() as session:
        yield session
