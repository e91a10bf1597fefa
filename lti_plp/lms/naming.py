"""Names of people and courses, by their ids."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.lms.directory import shown_name
from lti_plp.lms.models import Course, Person


def names_of_people(session: Session, tenant_id: int, ids: Collection[int]) -> dict[int, str]:
    """Return id -> name of those people of a tenant whom a platform names; one statement, or none for none."""
    if not ids:
        return {}
    rows = session.execute(
        select(Person.id, Person.name, Person.given_name, Person.family_name).where(
            Person.id.in_(ids), Person.tenant_id == tenant_id
        )
    )
    named = {row.id: shown_name(row.name, row.given_name, row.family_name) for row in rows}
    return {person_id: name for person_id, name in named.items() if name}


def titles_of_courses(session: Session, tenant_id: int, ids: Collection[int]) -> dict[int, str]:
    """Return id -> title of those courses of a tenant that a platform names; one statement, or none for none."""
    if not ids:
        return {}
    rows = session.execute(
        select(Course.id, Course.title).where(Course.id.in_(ids), Course.tenant_id == tenant_id)
    )
    return {row.id: row.title for row in rows if row.title}
