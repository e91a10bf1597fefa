"""Registrations and deployments, as an administrator sees and changes them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound
from lti_plp.launch.models import Registration, RegistrationInvitation
from lti_plp.launch.opaque import digest, new_secret
from lti_plp.launch.services.http import require_https
from lti_plp.lms.gateway import Refused
from lti_plp.lms.models import Deployment, Tenant
from lti_plp.settings import Settings

KINDS = ("canvas", "schoology", "moodle", "other")
INVITATION_LIFE = timedelta(days=3)


@dataclass(frozen=True)
class NewRegistration:
    """What a platform's administrator tells us."""

    kind: str
    name: str
    issuer: str
    client_id: str
    auth_url: str
    token_url: str
    jwks_url: str
    token_audience: str = ""

    def check(self) -> None:
        """Refuse what cannot work.

        :raise BadInput: naming the field.
        """
        if self.kind not in KINDS:
            raise BadInput(f"The kind must be one of {', '.join(KINDS)}.")
        for name in ("name", "issuer", "client_id"):
            if not 0 < len(getattr(self, name)) <= 255:
                raise BadInput(f"The {name.replace('_', ' ')} must have 1 to 255 characters.")
        for name in ("auth_url", "token_url", "jwks_url"):
            url = getattr(self, name)
            try:
                require_https(url)
            except Refused as problem:
                raise BadInput(f"The {name.replace('_', '-')} must begin with https://.") from problem
            if len(url) > 500:
                raise BadInput(f"The {name.replace('_', '-')} is too long.")
        if urlsplit(self.issuer).scheme not in {"https", "http"}:
            raise BadInput("The issuer must be an address.")


def tool_urls(settings: Settings) -> dict[str, str]:
    """Return the addresses that a platform asks for."""
    origin = settings.public_origin
    return {
        "login_url": f"{origin}/lti/login",
        "launch_url": f"{origin}/lti/launch",
        "redirect_url": f"{origin}/lti/launch",
        "jwks_url": f"{origin}/lti/jwks",
        "deep_linking_url": f"{origin}/lti/launch",
    }


def add_registration(
    session: Session, new: NewRegistration, now: datetime, *, replace: bool = False
) -> Registration:
    """Store a registration.

    :raise BadInput: when a field is wrong, or the same (issuer, client id) is there and not to be replaced.
    """
    new.check()
    found = session.scalars(
        select(Registration).where(Registration.issuer == new.issuer, Registration.client_id == new.client_id)
    ).one_or_none()
    if found is not None and not replace:
        raise BadInput("This issuer and client id are registered already; --replace changes them.")
    row = found or Registration(created_at=now)
    for name, value in vars(new).items():
        setattr(row, name, value)
    row.status = "active"
    session.add(row)
    session.flush()
    return row


def tenant_named(session: Session, name: str, now: datetime) -> Tenant:
    """Return the tenant of this name, made if there is none."""
    found = session.scalars(select(Tenant).where(Tenant.name == name)).one_or_none()
    if found is None:
        if not 0 < len(name) <= 255:
            raise BadInput("A tenant's name must have 1 to 255 characters.")
        found = Tenant(name=name, created_at=now)
        session.add(found)
        session.flush()
    return found


def known_tenant(session: Session, name: str) -> Tenant:
    """Return the tenant of this name.

    :raise NotFound: when there is none.
    """
    found = session.scalars(select(Tenant).where(Tenant.name == name)).one_or_none()
    if found is None:
        raise NotFound("There is no such tenant. `lti-plp platform list` shows their names.")
    return found


def activate_deployment(
    session: Session, registration: Registration, lti_deployment_id: str, tenant: Tenant, now: datetime
) -> Deployment:
    """Open a deployment for the people of a tenant.

    :raise BadInput: when it belongs to another tenant already: its people and courses would change districts.
    """
    row = find_deployment(session, registration, lti_deployment_id)
    if row is None:
        row = Deployment(
            registration_id=registration.id,
            lti_deployment_id=lti_deployment_id,
            first_seen_at=now,
            status="pending",
        )
    if row.tenant_id not in (None, tenant.id):
        raise BadInput("This deployment belongs to another tenant.")
    row.tenant_id, row.status = tenant.id, "active"
    session.add(row)
    session.flush()
    return row


def switch_off(session: Session, registration: Registration, lti_deployment_id: str | None = None) -> None:
    """Shut a deployment, or a whole registration, at once: nobody comes in, and open pages end.

    What people wrote stays; ``activate_deployment`` and ``add_registration`` open it again.

    :raise NotFound: when there is no such deployment.
    """
    if lti_deployment_id is None:
        registration.status = "disabled"
        return
    row = find_deployment(session, registration, lti_deployment_id)
    if row is None:
        raise NotFound("There is no such deployment; `lti-plp platform list` shows them.")
    row.status = "disabled"


def find_deployment(
    session: Session, registration: Registration, lti_deployment_id: str
) -> Deployment | None:
    """Return a deployment of a registration, if it is known."""
    return session.scalars(
        select(Deployment).where(
            Deployment.registration_id == registration.id, Deployment.lti_deployment_id == lti_deployment_id
        )
    ).one_or_none()


def registration_numbered(session: Session, number: int) -> Registration:
    """Return a registration by the number that ``platform list`` shows.

    :raise NotFound: when there is none.
    """
    found = session.get(Registration, number)
    if found is None:
        raise NotFound(f"There is no registration {number}; `lti-plp platform list` shows them.")
    return found


def list_registrations(session: Session) -> list[dict[str, Any]]:
    """Return every registration with its deployments, for people and programs."""
    rows = session.scalars(select(Registration).order_by(Registration.id)).all()
    doors = session.execute(
        select(Deployment, Tenant.name)
        .outerjoin(Tenant, Tenant.id == Deployment.tenant_id)
        .order_by(Deployment.id)
    ).all()
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "name": row.name,
            "issuer": row.issuer,
            "client_id": row.client_id,
            "status": row.status,
            "deployments": [
                {"deployment_id": door.lti_deployment_id, "status": door.status, "tenant": tenant}
                for door, tenant in doors
                if door.registration_id == row.id
            ],
        }
        for row in rows
    ]


def invite(session: Session, tenant: Tenant, now: datetime) -> str:
    """Return the secret of a new one-time permission to register a platform dynamically."""
    secret = new_secret()
    session.add(
        RegistrationInvitation(
            token_hash=digest(secret), tenant_id=tenant.id, created_at=now, expires_at=now + INVITATION_LIFE
        )
    )
    session.flush()
    return secret
