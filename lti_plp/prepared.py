"""Statements of a launch and of a plan's first page: compiled once for a database, then run by its driver.

SQLAlchemy makes each statement and owns connections, transactions and types; only its way of executing is passed by,
because that costs four times what the driver and the database need for a look-up by key, and these pages are a handful
of those. Whole classes arrive within a minute; everywhere else it does not matter, and nothing else should use this.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Delete, Insert, Select, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from lti_plp.database import without_values

Converter = Callable[[Any], Any]
Answer = TypeVar("Answer")
Other = TypeVar("Other")


@dataclass
class _Compiled:
    """A statement in one database's own words, with what its values and rows need."""

    sql: str
    constants: Mapping[str, Any]
    """Values that the statement itself holds."""
    positions: tuple[str, ...] | None
    """Names of the parameters in their order, where the driver wants a sequence."""
    binders: tuple[tuple[str, Converter], ...]
    types: tuple[TypeEngine[Any], ...]
    """Of the columns that come back."""
    make_row: Callable[[list[Any]], Any]
    readers: tuple[tuple[int, Converter], ...] | None = field(default=None)
    """(column, converter); known once the driver has told its own types of the columns."""

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """Return the values as the driver wants them."""
        every = {**self.constants, **values}
        for name, bind in self.binders:
            every[name] = bind(every[name])
        return every if self.positions is None else [every[name] for name in self.positions]

    def row(self, read: tuple[Any, ...]) -> Any:
        """Return what the driver read as a tuple with names."""
        values = list(read)
        for column, convert in self.readers or ():
            values[column] = convert(values[column])
        return self.make_row(values)


class Prepared:
    """One statement. It is always run with the same names of parameters."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | Insert | Update | Delete) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def row(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Return the only row as a tuple with names, or ``None``.

        :raise LookupError: when there are several: the statement looks up no key then.
        :raise sqlalchemy.exc.DBAPIError: as SQLAlchemy does.
        """
        rows = self.rows(connection, values)
        if len(rows) > 1:
            raise LookupError("A look-up by key found several rows.")
        return rows[0] if rows else None

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Return all rows as tuples with names.

        :raise sqlalchemy.exc.DBAPIError: as SQLAlchemy does.
        """
        compiled = self._for(connection.dialect, values)
        return _fetched(compiled, self._run(connection, compiled, values), connection.dialect)

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Run a statement that returns no rows; return how many it changed.

        :raise sqlalchemy.exc.DBAPIError: as SQLAlchemy does.
        """
        cursor = self._run(connection, self._for(connection.dialect, values), values)
        try:
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def _run(self, connection: Connection, compiled: _Compiled, values: Mapping[str, Any]) -> Any:
        if not connection.in_transaction():
            connection.begin()
        try:
            cursor = connection.connection.cursor()
            cursor.execute(compiled.sql, compiled.parameters(values))
        except connection.dialect.loaded_dbapi.Error as problem:
            raise _named(problem, connection, compiled.sql) from None
        return cursor

    def _for(self, dialect: Dialect, values: Mapping[str, Any]) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _compile(self._statement, dialect, values)
        return found


@dataclass(frozen=True)
class Question(Generic[Answer]):
    """What a page wants to know: statements, each with its values, and what becomes of their rows."""

    statements: Sequence[tuple[Prepared, Mapping[str, Any]]]
    answer: Callable[..., Answer]
    """Takes the rows of each statement."""


def ask(session: Session, question: Question[Answer]) -> Answer:
    """Return the answer to one question; what the session has not written yet is written before.

    :raise sqlalchemy.exc.DBAPIError: as SQLAlchemy does.
    """
    rows = _rows_of_several(_written(session), question.statements)
    return question.answer(*rows)


def ask_both(session: Session, one: Question[Answer], other: Question[Other]) -> tuple[Answer, Other]:
    """Return the answers to two questions, for which PostgreSQL is asked once.

    :raise sqlalchemy.exc.DBAPIError: as SQLAlchemy does.
    """
    rows = _rows_of_several(_written(session), [*one.statements, *other.statements])
    count = len(one.statements)
    return one.answer(*rows[:count]), other.answer(*rows[count:])


def _written(session: Session) -> Connection:
    session.flush()
    return session.connection()


def _rows_of_several(
    connection: Connection, wanted: Sequence[tuple[Prepared, Mapping[str, Any]]]
) -> list[list[Any]]:
    """Return the rows of several statements; one way to the server and back where the driver knows how."""
    if not connection.in_transaction():
        connection.begin()
    dialect = connection.dialect
    running = []
    try:
        with _pipeline(connection):
            for statement, values in wanted:
                compiled = statement._for(dialect, values)
                running.append((compiled, statement._run(connection, compiled, values)))
    except dialect.loaded_dbapi.Error as problem:
        # In a pipeline the driver tells of what went wrong only when the answers come.
        raise _named(problem, connection, "; ".join(compiled.sql for compiled, _ in running)) from None
    return [_fetched(compiled, cursor, dialect) for compiled, cursor in running]


def _pipeline(connection: Connection) -> AbstractContextManager[Any]:
    begin = getattr(connection.connection.dbapi_connection, "pipeline", None)
    return begin() if begin is not None else nullcontext()


def _fetched(compiled: _Compiled, cursor: Any, dialect: Dialect) -> list[Any]:
    try:
        if compiled.readers is None:
            compiled.readers = _readers(compiled.types, dialect, cursor.description)
        return [compiled.row(read) for read in cursor.fetchall()]
    finally:
        cursor.close()


def _named(problem: Any, connection: Connection, sql: str) -> BaseException:
    """Return SQLAlchemy's name for a driver's error, without values; a connection that broke is given up."""
    dialect, raw = connection.dialect, connection.connection.dbapi_connection
    if raw is not None and dialect.is_disconnect(problem, raw, None):
        connection.invalidate(problem)
    return DBAPIError.instance(
        sql, None, without_values(problem), dialect.loaded_dbapi.Error, hide_parameters=True
    )


def _compile(statement: Any, dialect: Dialect, values: Mapping[str, Any]) -> _Compiled:
    # An INSERT names the columns that it gets values for; others take no notice of the keys.
    keys = list(values) if isinstance(statement, Insert) else None
    compiled = statement.compile(dialect=dialect, column_keys=keys)
    found = (
        (name, bound.type.dialect_impl(dialect).bind_processor(dialect))
        for name, bound in compiled.binds.items()
    )
    columns = list(statement.selected_columns) if isinstance(statement, Select) else []
    # Two columns of one name can be read by their place only.
    row_type: Any = namedtuple("Row", [str(column.key) for column in columns], rename=True)  # type: ignore[misc]
    return _Compiled(
        sql=str(compiled),
        constants={name: value for name, value in compiled.params.items() if name not in values},
        positions=tuple(compiled.positiontup or ()) if compiled.positional else None,
        binders=tuple((name, bind) for name, bind in found if bind),
        types=tuple(column.type for column in columns),
        make_row=row_type._make,
    )


def _readers(
    types: tuple[TypeEngine[Any], ...], dialect: Dialect, description: Any
) -> tuple[tuple[int, Converter], ...]:
    found = (
        (column, kind.dialect_impl(dialect).result_processor(dialect, told[1]))
        for column, (kind, told) in enumerate(zip(types, description, strict=True))
    )
    return tuple((column, convert) for column, convert in found if convert)
