"""Statements of a launch and of the pages that are opened most: compiled once for a database, then run by its driver.

SQLAlchemy makes each statement and owns connections, transactions and types; only its way of executing is passed by,
because that costs four times what the driver and the database need for a look-up by key, and these pages are a handful
of those. Whole classes arrive within a minute; and rosters and the results of courses are thousands of rows at once.
Everywhere else it does not matter, and nothing else should use this.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Generic, Self, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Connection,
    Delete,
    Insert,
    Select,
    Text,
    Update,
    bindparam,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeDecorator, TypeEngine

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

    def many_parameters(
        self, names: Sequence[str], rows: Sequence[Sequence[Any]], shared: Mapping[str, Any]
    ) -> list[Any]:
        """Return rows of values as the driver wants them; column by column takes a third of the time."""
        binders = dict(self.binders)
        columns = {
            name: [*map(binders[name], column)] if name in binders else column
            for name, column in zip(names, zip(*rows, strict=True), strict=True)
        }
        for name, value in {**self.constants, **shared}.items():
            columns[name] = [binders[name](value) if name in binders else value] * len(rows)
        order = self.positions or tuple(columns)
        found = zip(*(columns[name] for name in order), strict=True)
        return (
            [*found] if self.positions is not None else [dict(zip(order, row, strict=True)) for row in found]
        )

    def row(self, read: tuple[Any, ...]) -> Any:
        """Return what the driver read as a tuple with names."""
        values = list(read)
        for column, convert in self.readers or ():
            values[column] = convert(values[column])
        return self.make_row(values)


class Prepared:
    """One statement. It is always run with the same names of parameters."""

    def __init__(
        self,
        statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]] | Insert | Update | Delete,
    ) -> None:
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

    def run_many(
        self,
        connection: Connection,
        names: Sequence[str],
        rows: Sequence[Sequence[Any]],
        shared: Mapping[str, Any],
    ) -> None:
        """Run a statement that returns no rows once for each row: its values by ``names``, and those that all share.

        :raise sqlalchemy.exc.DBAPIError: as SQLAlchemy does.
        """
        if not rows:
            return
        compiled = self._for(connection.dialect, {**dict.fromkeys(names), **shared})
        if not connection.in_transaction():
            connection.begin()
        try:
            cursor = connection.connection.cursor()
            cursor.executemany(compiled.sql, compiled.many_parameters(names, rows, shared))
        except connection.dialect.loaded_dbapi.Error as problem:
            raise _named(problem, connection, compiled.sql) from None
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


class _Keys(TypeDecorator[Collection[int]]):
    """Whole numbers as one value."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give PostgreSQL an array, others a list in JSON."""
        return dialect.type_descriptor(ARRAY(BigInteger()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> Any:
        """Write the numbers down."""
        keys = list(value or ())
        return keys if dialect.name == "postgresql" else json.dumps(keys)


class one_of(ColumnElement[bool]):  # noqa: N801 - used as the functions of SQLAlchemy are
    """Whether a column is one of the whole numbers of a parameter, however many: ``IN`` needs a statement per number.

    ``one_of(Person.id, "students")`` wants a value ``students``.
    """

    inherit_cache = True
    type = Boolean()
    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy's name for the parts of an expression
        ("column", InternalTraversal.dp_clauseelement),
        ("keys", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Any, name: str) -> None:
        """Take the column and the name of the parameter."""
        self.column, self.keys = column, bindparam(name, type_=_Keys())

    def self_group(self, against: OperatorType | None = None) -> Self:
        """Stand as it is: SQLAlchemy would compare it with 1 where a database has no booleans."""
        return self


@compiles(one_of)
def _one_of(element: one_of, compiler: SQLCompiler, **kwargs: Any) -> str:
    column, keys = compiler.process(element.column, **kwargs), compiler.process(element.keys, **kwargs)
    if compiler.dialect.name == "postgresql":
        return f"{column} = ANY({keys})"
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608 - both are made by SQLAlchemy


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
    # The lists that a statement itself holds never change, so they are written out in it.
    compiler = statement.compile(dialect=dialect, column_keys=keys)
    compiled = compiler.construct_expanded_state(dict(values))
    found = (
        (name, bound.type.dialect_impl(dialect).bind_processor(dialect))
        for name, bound in compiler.binds.items()
        if name in compiled.parameters
    )
    columns = list(statement.selected_columns) if isinstance(statement, Select | CompoundSelect) else []
    # Two columns of one name can be read by their place only.
    row_type: Any = namedtuple("Row", [str(column.key) for column in columns], rename=True)  # type: ignore[misc]
    return _Compiled(
        sql=compiled.statement,
        constants={name: value for name, value in compiled.parameters.items() if name not in values},
        positions=tuple(compiled.positiontup) if compiled.positiontup is not None else None,
        binders=(*((name, bind) for name, bind in found if bind), *compiled.processors.items()),
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
