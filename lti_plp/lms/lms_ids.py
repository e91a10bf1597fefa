"""Who is meant where a platform names somebody as its own services do, and not as its launches."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, column, exists, insert, or_, select, table
from sqlalchemy.orm import aliased

from lti_plp.lms.models import Course, Deployment, Enrolment, Identity, Person

registrations = table("registration", column("id"), column("issuer"))
"""The table of the room above: which issuer a deployment belongs to."""


def told_here(deployment_id: int) -> ColumnElement[bool]:
    """Return the condition for identities of the platform instance that a deployment belongs to.

    All schools of a hosted platform have one issuer, and each counts its people by itself. Of an identity that
    nothing is known of, nothing speaks against it.
    """
    there, here = aliased(Deployment), aliased(Deployment)
    places = (
        select(there.id)
        .select_from(Enrolment)
        .join(Course, Course.id == Enrolment.course_id)
        .join(there, there.id == Course.deployment_id)
        .join(registrations, registrations.c.id == there.registration_id)
        .join(here, here.id == deployment_id)
        .where(
            Enrolment.person_id == Identity.person_id,
            Enrolment.subject == Identity.subject,
            registrations.c.issuer == Identity.issuer,
        )
        .correlate(Identity)
    )
    is_known = and_(there.platform_guid != "", here.platform_guid != "")
    same = or_(there.id == here.id, and_(is_known, there.platform_guid == here.platform_guid))
    other = and_(is_known, there.platform_guid != here.platform_guid)
    return or_(exists(places.where(same)), ~exists(places.where(other)))


def people_called(
    connection: Connection, tenant_id: int, issuer: str, lms_id: str, deployment_id: int
) -> list[int]:
    """Return everybody of a district whom the platform behind a deployment calls so.

    They can be several: two accounts that were merged there and are two people here, or instances that do not say
    which they are.
    """
    rows = connection.scalars(
        select(Identity.person_id)
        .where(
            Identity.tenant_id == tenant_id,
            Identity.issuer == issuer,
            Identity.lms_id == lms_id,
            told_here(deployment_id),
        )
        .distinct()
        .order_by(Identity.person_id)
    )
    return list(rows) if lms_id else []


def acting_person(
    connection: Connection, tenant_id: int, issuer: str, lms_id: str, deployment_id: int, now: datetime
) -> int:
    """Return who acts as somebody else; for one who never came here, a person without a name is made.

    The access log has to name somebody, and whoever is acted as did not look.
    """
    known = people_called(connection, tenant_id, issuer, lms_id, deployment_id)
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
