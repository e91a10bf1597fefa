"""What every table shares: times, and errors that tell no values."""

import traceback
from datetime import datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, insert, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from lti_plp.database import metadata, table
from lti_plp.lms.models import Tenant
from lti_plp.migration import downgrade
from lti_plp.plp.models import ReflectionAnswer
from tests.factories import NOON

WORDS = "What I wrote is nobody's business"


def refused_by_a_key(session: Session) -> None:
    for _ in range(2):
        session.execute(insert(table(Tenant)).values(name=WORDS, created_at=NOON))


def refused_by_a_rule(session: Session) -> None:
    # PostgreSQL's detail of this error quotes the whole row.
    row = {"reflection_id": 1, "question_key": "q1", "text": WORDS, "saved_at": NOON, "revision": None}
    session.execute(insert(table(ReflectionAnswer)), row)


def refused_by_syntax(session: Session) -> None:
    session.execute(text("SELECT :words FROM nowhere"), {"words": WORDS})


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (refused_by_a_key, IntegrityError),
        (refused_by_a_rule, IntegrityError),
        (refused_by_syntax, DBAPIError),
    ],
)
def test_database_errors_tell_nothing_of_values(session: Session, spoil: Any, kind: type[DBAPIError]) -> None:
    with pytest.raises(kind) as caught:
        spoil(session)
    assert WORDS not in "".join(traceback.format_exception(caught.value))


def test_naive_times_are_refused(session: Session) -> None:
    naive = datetime(2026, 9, 14, 12, 0)  # noqa: DTZ001  that is the point
    with pytest.raises(StatementError, match="naive"):
        session.execute(insert(table(Tenant)).values(name="Maple Hollow", created_at=naive))


def test_the_migrations_make_the_tables_that_the_code_knows(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_migration_can_be_taken_back(engine: Engine) -> None:
    with engine.begin() as connection:
        downgrade(connection)
        assert inspect(connection).get_table_names() == ["alembic_version"]
