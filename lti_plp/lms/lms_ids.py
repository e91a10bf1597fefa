"""Who is meant where a platform names somebody as its own services do, and not as its launches."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from lti_plp.lms.models import Identity, Person


def people_called(connection: Connection, tenant_id: int, issuer: str, lms_id: str) -> list[int]:
    """Return everybody of a district whom a platform calls so.

    They can be several: all schools of a hosted platform have one issuer, and each counts its people by itself.
    """
    rows = connection.scalars(
        select(Identity.person_id)
        .where(Identity.tenant_id == tenant_id, Identity.issuer == issuer, Identity.lms_id == lms_id)
        .distinct()
        .order_by(Identity.person_id)
    )
    return list(rows) if lms_id else []


def acting_person(connection: Connection, tenant_id: int, issuer: str, lms_id: str, now: datetime) -> int:
    """Return who acts as somebody else; for one who never came here, a person without a name is made.

    The access log has to name somebody, and whoever is acted as did not look.
    """
    known = people_called(connection, tenant_id, issuer, lms_id)
    if len(known) == 1:
        return known[0]
    # Nobody comes under this name, and nobody is looked up by it.
    stands_for = {"tenant_id": tenant_id, "issuer": issuer, "subject": f"lms_id:{lms_id}"}
    made = connection.scalar(select(Identity.person_id).filter_by(**stands_for))
    if made is not None:
        return made
    person = insert(Person).values(tenant_id=tenant_id, created_at=now).returning(Person.id)
    person_id = int(connection.execute(person).scalar_one())
    connection.execute(insert(Identity).values(person_id=person_id, created_at=now, **stands_for))
    return person_id
