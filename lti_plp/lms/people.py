"""What to call people."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.lms.directory import shown_name
from lti_plp.lms.models import Person


def names_of(session: Session, tenant_id: int, person_ids: Collection[int]) -> dict[int, str]:
    """Return id -> name; somebody whom no platform names, or who is of another tenant, is left out."""
    if not person_ids:
        return {}
    rows = session.execute(
        select(Person.id, Person.name, Person.given_name, Person.family_name).where(
            Person.id.in_(person_ids), Person.tenant_id == tenant_id
        )
    )
    named = {person_id: shown_name(*parts) for person_id, *parts in rows}
    return {person_id: name for person_id, name in named.items() if name}
