"""What every table shares: times, and errors that tell no values."""

import traceback
from datetime import datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from lti_plp.database import metadata, table
from lti_plp.lms.models import Course, Enrolment, Identity, PlacedTemplate, ResourceLink, Tenant
from lti_plp.lms.reflection_work import note_placed
from lti_plp.migration import downgrade, upgrade
from lti_plp.plp.models import ReflectionAnswer
from tests.factories import NOON, make_school

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


def test_what_was_placed_before_courses_were_copied_goes_on(engine: Engine, session: Session) -> None:
    """Every course keeps the template that its links show, and what nobody has opened yet keeps its place."""
    school = make_school(session)
    teacher = school.teacher()
    opened, shared, waiting = (school.template(teacher) for _ in range(3))
    links = [school.link(opened), school.link(opened), school.link(shared)]
    note_placed(session, school.course_id, waiting, NOON)
    copied = Course(
        tenant_id=school.tenant_id,
        deployment_id=school.deployment_id,
        lti_context_id="course-2",
        created_at=NOON,
    )
    session.add(copied)
    session.flush()
    session.get_one(ResourceLink, links[2].resource_link_id).course_id = copied.id
    session.commit()
    with engine.begin() as connection:
        downgrade(connection, "0006")
    upgrade(engine)
    places = session.scalars(select(PlacedTemplate)).all()
    assert {(one.course_id, one.named_id) for one in places} == {
        (school.course_id, opened.id),
        (copied.id, shared.id),
        (school.course_id, waiting.id),
    }
    assert all(one.template_id == one.named_id and one.copied_from is None for one in places)
    named = session.execute(select(ResourceLink.named_template, ResourceLink.template_id)).all()
    assert all(one.named_template == one.template_id for one in named)


def test_courses_know_what_they_called_their_people_before(engine: Engine, session: Session) -> None:
    school = make_school(session)
    maya = school.student(subject="maya")
    elsewhere = {"tenant_id": school.tenant_id, "person_id": maya.person_id, "created_at": NOON}
    session.add(Identity(issuer="https://second.maplehollow.example", subject="a", **elsewhere))
    session.commit()
    with engine.begin() as connection:
        downgrade(connection, "0012")
    upgrade(engine)
    assert session.scalar(select(Enrolment.subject).where(Enrolment.person_id == maya.person_id)) == "maya"
