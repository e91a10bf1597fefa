"""Prepared statements give what SQLAlchemy's own execution gives, on both databases."""

import traceback
from collections.abc import Collection
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, text, union_all, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from lti_plp.database import reading, table
from lti_plp.lms.models import Tenant
from lti_plp.plp.models import ReflectionAnswer, ReflectionTemplate
from lti_plp.prepared import Prepared, one_of
from tests.factories import NOON, make_school
from tests.fixtures_database import connect

TENANTS, TEMPLATES = table(Tenant), table(ReflectionTemplate)
MAKE = Prepared(insert(TENANTS))
FIND = Prepared(select(TENANTS).where(TENANTS.c.name == bindparam("wanted")))
WORDS = "What I wrote is nobody's business"


@pytest.fixture
def connection(engine: Engine) -> object:
    with engine.begin() as connection:
        yield connection


def test_rows_are_those_that_sqlalchemy_reads(session: Session) -> None:
    school = make_school(session)
    connection = session.connection()
    connection.execute(
        insert(TEMPLATES),
        {
            "id": "00000000-0000-4000-8000-000000000001",
            "tenant_id": school.tenant_id,
            "author_id": school.teacher().person_id,
            "kind": "own",
            "locale": "es",
            "title": "¿Qué salió bien?",
            "instructions": "",
            "questions": [{"key": "q1", "text": "¿Por qué?", "source": None}],
            "grading": "points",
            "max_points": Decimal("2.5"),
            "layout": "one",
            "allow_resubmit": False,
            "due_at": None,
            "created_at": NOON,
        },
    )
    statement = select(TEMPLATES).where(
        TEMPLATES.c.tenant_id == bindparam("tenant"), TEMPLATES.c.locale == "es"
    )
    values = {"tenant": school.tenant_id}
    prepared = Prepared(statement)
    ours, theirs = prepared.row(connection, values), connection.execute(statement, values).one()
    assert tuple(ours) == tuple(theirs)
    assert [type(value) for value in ours] == [type(value) for value in theirs]
    assert (ours.max_points, ours.allow_resubmit, ours.due_at, ours.created_at) == (
        Decimal("2.5"),
        False,
        None,
        NOON,
    )


def test_values_are_stored_as_sqlalchemy_stores_them(connection: Connection) -> None:
    elsewhere = datetime(2026, 9, 14, 8, 0, tzinfo=timezone(timedelta(hours=-4)))
    MAKE.run(connection, {"name": "Maple Hollow", "created_at": elsewhere})
    stored = connection.execute(select(TENANTS)).one()
    assert (stored.name, stored.created_at) == ("Maple Hollow", datetime(2026, 9, 14, 12, 0, tzinfo=UTC))
    assert FIND.row(connection, {"wanted": "Maple Hollow"}) == tuple(stored)


def test_many_rows_are_stored_as_sqlalchemy_stores_them(connection: Connection) -> None:
    elsewhere = datetime(2026, 9, 14, 8, 0, tzinfo=timezone(timedelta(hours=-4)))
    make = Prepared(insert(TENANTS).inline())
    for names in (["Maple Hollow", "Birch Lake"], [], ["Cedar Hill"]):
        make.run_many(connection, ["name"], [(name,) for name in names], {"created_at": elsewhere})
    stored = connection.execute(select(TENANTS.c.name, TENANTS.c.created_at).order_by(TENANTS.c.id)).all()
    noon = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
    assert [tuple(row) for row in stored] == [
        (name, noon) for name in ("Maple Hollow", "Birch Lake", "Cedar Hill")
    ]
    with pytest.raises(IntegrityError) as caught:
        make.run_many(connection, ["name"], [(WORDS,), (None,)], {"created_at": elsewhere})
    assert WORDS not in str(caught.value)


def test_naive_times_are_refused(connection: Connection) -> None:
    naive = datetime(2026, 9, 14, 12, 0)  # noqa: DTZ001  that is the point
    with pytest.raises(ValueError, match="naive"):
        MAKE.run(connection, {"name": "Maple Hollow", "created_at": naive})


def test_nothing_found_is_none_and_several_are_an_error(connection: Connection) -> None:
    everybody = Prepared(select(TENANTS))
    assert everybody.row(connection, {}) is None
    for name in ("Maple Hollow", "Birch Falls"):
        MAKE.run(connection, {"name": name, "created_at": NOON})
    assert {row.name for row in everybody.rows(connection, {})} == {"Maple Hollow", "Birch Falls"}
    with pytest.raises(LookupError):
        everybody.row(connection, {})


def test_changed_rows_are_counted(connection: Connection) -> None:
    rename = Prepared(update(TENANTS).where(TENANTS.c.name == bindparam("old")).values(name=bindparam("new")))
    remove = Prepared(delete(TENANTS).where(TENANTS.c.name == bindparam("old")))
    assert rename.run(connection, {"old": "Maple Hollow", "new": "Birch Falls"}) == 0
    MAKE.run(connection, {"name": "Maple Hollow", "created_at": NOON})
    assert rename.run(connection, {"old": "Maple Hollow", "new": "Birch Falls"}) == 1
    assert remove.run(connection, {"old": "Birch Falls"}) == 1


def test_columns_of_one_name_are_read_by_place(connection: Connection) -> None:
    MAKE.run(connection, {"name": "Maple Hollow", "created_at": NOON})
    row = Prepared(select(TENANTS.c.name, TENANTS.c.name.label("again"), TENANTS.c.name)).row(connection, {})
    assert tuple(row) == ("Maple Hollow",) * 3


def test_it_is_part_of_the_transaction(engine: Engine) -> None:
    with engine.connect() as connection:
        MAKE.run(connection, {"name": "Maple Hollow", "created_at": NOON})
        connection.rollback()
    with reading(), engine.connect() as connection:
        assert FIND.row(connection, {"wanted": "Maple Hollow"}) is None
        # Without a transaction it begins one, which ends with the connection.
        assert connection.in_transaction()
    with engine.connect() as connection:
        MAKE.run(connection, {"name": "Maple Hollow", "created_at": NOON})
    with engine.begin() as connection:
        assert FIND.row(connection, {"wanted": "Maple Hollow"}) is None
        MAKE.run(connection, {"name": "Maple Hollow", "created_at": NOON})
    with engine.begin() as connection:
        assert FIND.row(connection, {"wanted": "Maple Hollow"}).name == "Maple Hollow"


def refused_by_a_key(connection: Connection) -> None:
    for _ in range(2):
        MAKE.run(connection, {"name": WORDS, "created_at": NOON})


def refused_by_a_rule(connection: Connection) -> None:
    # PostgreSQL's detail of this error quotes the whole row.
    row = {"reflection_id": 1, "question_key": "q1", "text": WORDS, "saved_at": NOON, "revision": None}
    Prepared(insert(table(ReflectionAnswer))).run(connection, row)


@pytest.mark.parametrize("spoil", [refused_by_a_key, refused_by_a_rule])
def test_errors_have_sqlalchemys_names_and_tell_nothing_of_values(engine: Engine, spoil: Any) -> None:
    with pytest.raises(IntegrityError) as caught, engine.begin() as connection:
        spoil(connection)
    assert WORDS not in "".join(traceback.format_exception(caught.value))


@pytest.mark.postgres
def test_a_connection_that_broke_is_not_used_again(postgres_url: str) -> None:
    engine = connect(postgres_url)
    with engine.connect() as connection:
        connection.begin()
        raw: Any = connection.connection.dbapi_connection
        raw.pgconn.finish()
        with pytest.raises(DBAPIError):
            Prepared(select(TENANTS.c.name)).rows(connection, {})
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()


@pytest.mark.parametrize(
    ("named", "found"), [((), ""), ((2,), "b"), ((1, 3, 400_000), "ac"), ({3, 1, 2}, "abc")]
)
def test_one_of_several_numbers(connection: Connection, named: Collection[int], found: str) -> None:
    for number, name in enumerate("abc", start=1):
        connection.execute(insert(TENANTS).values(id=number, name=name, created_at=NOON))
    is_named = one_of(TENANTS.c.id, "named")
    columns = select(TENANTS.c.name, is_named.label("is_named")).order_by(TENANTS.c.name)
    every = Prepared(columns).rows(connection, {"named": named})
    assert "".join(row.name for row in every if row.is_named) == found
    # The same statement for any number of numbers, beside other conditions and turned round.
    some = Prepared(columns.where(TENANTS.c.name != "x", is_named))
    others = Prepared(columns.where(~is_named))
    for _ in range(2):
        assert "".join(row.name for row in some.rows(connection, {"named": named})) == found
        rest = "".join(row.name for row in others.rows(connection, {"named": named}))
        assert sorted(found + rest) == ["a", "b", "c"]


def test_lists_and_several_selects_in_a_statement(connection: Connection) -> None:
    for name in "abcd":
        connection.execute(insert(TENANTS).values(name=name, created_at=NOON))
    names = select(TENANTS.c.name.label("name"))
    both = union_all(
        names.where(TENANTS.c.name.in_(["a", "c"])), names.where(TENANTS.c.name == bindparam("one"))
    )
    rows = Prepared(both).rows(connection, {"one": "d"})
    assert sorted(row.name for row in rows) == ["a", "c", "d"]
