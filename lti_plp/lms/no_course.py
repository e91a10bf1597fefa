"""What somebody is who came from no course: what our own rows say of them, never what the platform says there."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from lti_plp.lms.directory import roles_from_text
from lti_plp.lms.models import Enrolment, Person
from lti_plp.lms.ties import ties_of
from lti_plp.plp.actor import ADULTS, Role, learns

NOBODY: frozenset[Role] = frozenset()


def roles_in_no_course(
    connection: Connection, tenant_id: int, person_id: int, now: datetime, grace_days: int
) -> frozenset[Role]:
    """Return a student's role for whoever learns in any course now, and an adult's for whoever has to do with students.

    Everybody else has none. Whoever administers a course is an adult of the school here and nothing more: what that
    role reaches in a district is not for a menu that everybody has.
    """
    rows = connection.scalars(
        select(Enrolment.roles)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Person.id == person_id, Person.is_test.is_(False), Enrolment.status == "active")
    )
    parts = [roles_from_text(text) for text in rows]
    if any(learns(one) for one in parts):
        return frozenset({Role.LEARNER})
    adult = _adult(parts)
    if not adult:
        return NOBODY
    with Session(connection) as session:
        ties = ties_of(session, tenant_id, person_id, now, grace_days, follows=False)
    return adult if ties else NOBODY


def _adult(parts: Collection[frozenset[Role]]) -> frozenset[Role]:
    """Return what somebody is as one of the school's adults, over all courses."""
    every = frozenset().union(*(one & ADULTS for one in parts if Role.MENTOR not in one))
    return every - {Role.ADMINISTRATOR} or (every and frozenset({Role.CONTENT_DEVELOPER}))
