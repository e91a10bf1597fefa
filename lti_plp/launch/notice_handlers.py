"""Telling a platform where its notices shall go (LTI Platform Notification Service 1.0): once for a deployment."""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_plp.launch.claims import COPY_NOTICE, SCOPE_NOTICES
from lti_plp.launch.models import NoticeHandler, Registration
from lti_plp.launch.services.connector import HardenedConnector
from lti_plp.launch.services.tokens import ServiceClient, service_client
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import GatewayProblem
from lti_plp.lms.models import Deployment
from lti_plp.settings import Settings

TRY_AGAIN = timedelta(hours=6)
"""A platform that did not agree is asked again after this time; until then launches alone tell of copies."""


def handler_address(settings: Settings) -> str:
    """Return the address at which this tool takes notices in."""
    return f"{settings.public_origin}/lti/notices"


def deployments_to_tell(session: Session, settings: Settings, now: datetime) -> list[int]:
    """Return the deployments whose platform offers notices and does not send them here as far as we know."""
    ours = handler_address(settings)
    is_other = or_(
        NoticeHandler.deployment_id.is_(None),
        NoticeHandler.service_url != Deployment.notices_url,
        NoticeHandler.handler != ours,
        NoticeHandler.registered_at.is_(None) & (NoticeHandler.tried_at <= now - TRY_AGAIN),
    )
    return list(
        session.scalars(
            select(Deployment.id)
            .outerjoin(NoticeHandler, NoticeHandler.deployment_id == Deployment.id)
            .join(Registration, Registration.id == Deployment.registration_id)
            .where(
                Deployment.notices_url != "",
                Deployment.status == "active",
                Registration.status == "active",
                is_other,
            )
            .order_by(Deployment.id)
        )
    )


def register_handler(toolbox: Toolbox, deployment_id: int) -> bool:
    """Tell a deployment's platform where notices of copied contexts shall go; return whether it was told now.

    Of two workers one tells it, and no transaction is open meanwhile.

    :raise GatewayProblem: when the platform does not agree; it is asked again later.
    """
    now, ours = toolbox.clock(), handler_address(toolbox.settings)
    with toolbox.sessions() as session:
        known = session.get(NoticeHandler, deployment_id)
        if deployment_id not in deployments_to_tell(session, toolbox.settings, now):
            return False
        deployment = session.get_one(Deployment, deployment_id)
        registration = session.get_one(Registration, deployment.registration_id)
        url = deployment.notices_url
        client = service_client(registration, deployment.lti_deployment_id)
    facts = {"service_url": url, "handler": ours, "tried_at": now, "registered_at": None, "problem": ""}
    if not _take(toolbox, deployment_id, known, facts):
        return False
    try:
        _tell(toolbox, client, url, ours)
    except GatewayProblem as problem:
        _note(toolbox, deployment_id, problem=problem.code[:40])
        raise
    _note(toolbox, deployment_id, registered_at=now)
    return True


def _take(toolbox: Toolbox, deployment_id: int, known: NoticeHandler | None, facts: dict[str, Any]) -> bool:
    """Write down that this process tells the platform; false when another one has begun to since ``known`` was read."""
    try:
        with toolbox.sessions.begin() as session:
            if known is None:
                session.add(NoticeHandler(deployment_id=deployment_id, **facts))
                return True
            taken = session.execute(
                update(NoticeHandler)
                .where(NoticeHandler.deployment_id == deployment_id, NoticeHandler.tried_at == known.tried_at)
                .values(**facts)
            )
            return getattr(taken, "rowcount", 0) == 1
    except IntegrityError:
        return False


def _tell(toolbox: Toolbox, client: ServiceClient, url: str, ours: str) -> None:
    HardenedConnector(toolbox, client).call(
        "PUT",
        url,
        SCOPE_NOTICES,
        headers={"Content-Type": "application/json"},
        body=json.dumps({"notice_type": COPY_NOTICE, "handler": ours}).encode(),
    )


def _note(toolbox: Toolbox, deployment_id: int, **facts: datetime | str) -> None:
    with toolbox.sessions.begin() as session:
        session.execute(
            update(NoticeHandler).where(NoticeHandler.deployment_id == deployment_id).values(**facts)
        )
