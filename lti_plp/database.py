"""Engine, constraint names, and the column types that every table shares."""

import base64
import os
from contextlib import AbstractContextManager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import BigInteger, DateTime, Engine, Integer, MetaData, Table, event
from sqlalchemy.engine import Dialect, ExceptionContext
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    # Named constraints let migrations alter them on every database.
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Base(DeclarativeBase):
    """Parent of every table."""

    metadata = metadata


BigId = BigInteger().with_variant(Integer(), "sqlite")
"""64-bit key; SQLite counts up by itself only for a column declared INTEGER."""


def table(model: type[Base]) -> Table:
    """Return a model's table, for statements that are built once and run on a connection."""
    return cast(Table, model.__table__)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes in and out, on every database.

    :raise ValueError: when a naive datetime is written.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A naive datetime cannot be stored: say which time zone it is in.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware datetime; SQLite forgets the zone that was written."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SecretBox:
    """Authenticated encryption (AES-256-GCM) of small secrets under the first of several keys.

    The text form is ``<key id>.<base64url of nonce and ciphertext>``. The key id names the secret that was used, so
    that a secret can be replaced while older values stay readable.
    """

    def __init__(self, secrets: list[str]) -> None:
        """Derive one key per secret with HKDF-SHA256 (RFC 5869); the first is used for writing.

        :raise ValueError: when no secret is given.
        """
        if not secrets:
            raise ValueError("A secret key is needed to encrypt anything.")
        self._keys = [_derive(secret) for secret in secrets]

    def seal(self, plain: str) -> str:
        """Encrypt ``plain``."""
        key_id, cipher = self._keys[0]
        nonce = os.urandom(12)
        body = nonce + cipher.encrypt(nonce, plain.encode(), key_id.encode())
        return f"{key_id}.{base64.urlsafe_b64encode(body).decode()}"

    def open(self, sealed: str) -> str:
        """Decrypt what :meth:`seal` made.

        :raise ValueError: when the key is not among ours or the text was altered.
        """
        wanted, _, body = sealed.partition(".")
        raw = base64.urlsafe_b64decode(body)
        for key_id, cipher in self._keys:
            if key_id == wanted:
                try:
                    return cipher.decrypt(raw[:12], raw[12:], key_id.encode()).decode()
                except InvalidTag:
                    break
        raise ValueError("This secret was encrypted under another key, or was altered.")


def _derive(secret: str) -> tuple[str, AESGCM]:
    material = HKDF(algorithm=SHA256(), length=36, salt=None, info=b"lti_plp column encryption").derive(
        secret.encode()
    )
    return material[32:].hex(), AESGCM(material[:32])


_transaction_mode: ContextVar[str] = ContextVar("sqlite_transaction_mode", default="IMMEDIATE")


class transactions_of:  # noqa: N801  used like a function
    """Within this block a SQLite transaction begins as a reader, or as a writer, which is the rule elsewhere.

    A reader that turns into a writer fails at once (SQLITE_BUSY_SNAPSHOT) when somebody else wrote in between, whereas
    one that announces itself as a writer waits for its turn.
    """

    def __init__(self, *, reader: bool) -> None:
        self._mode = "DEFERRED" if reader else "IMMEDIATE"

    def __enter__(self) -> None:
        self._before = _transaction_mode.set(self._mode)

    def __exit__(self, *problem: object) -> None:
        _transaction_mode.reset(self._before)


def reading() -> AbstractContextManager[None]:
    """Within this block a SQLite transaction begins as a reader and blocks nobody."""
    return transactions_of(reader=True)


def without_values(problem: BaseException) -> BaseException:
    """Cut PostgreSQL's details out of a driver's error: they quote the whole row that was refused."""
    primary = getattr(getattr(problem, "diag", None), "message_primary", None)
    if primary is not None:
        problem.args = (primary,)
    return problem


def _without_values(context: ExceptionContext) -> None:
    original = without_values(context.original_exception)
    if context.sqlalchemy_exception is not None and getattr(original, "diag", None):
        context.sqlalchemy_exception.args = (f"({type(original).__name__}) {original.args[0]}",)


def prepare_engine(engine: Engine) -> None:
    """Set up an engine once: SQLite gets WAL, foreign keys and explicit transactions; errors tell no values."""
    # The text of a database error goes to the log, where nobody's words and names belong.
    engine.hide_parameters = True
    # An engine on which nobody listens runs each statement a tenth faster.
    if engine.dialect.name != "sqlite":
        event.listen(engine, "handle_error", _without_values)
        return

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling is switched off; the "begin" event below takes its place.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=10000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def do_begin(dbapi_connection: PoolProxiedConnection) -> None:
        dbapi_connection.cursor().execute(f"BEGIN {_transaction_mode.get()}").close()

    engine.dialect.do_begin = do_begin  # type: ignore[method-assign]
