"""Notices that a platform sends on its own (LTI Platform Notification Service 1.0)."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput
from lti_plp.launch import claims as names
from lti_plp.launch.message import required_id
from lti_plp.launch.models import SeenNotice
from lti_plp.launch.toolbox import Toolbox
from lti_plp.launch.verify import verify_token
from lti_plp.lms.copies import note_origins
from lti_plp.lms.models import Deployment

log = logging.getLogger(__name__)

MAX_NOTICES = 50
MAX_ORIGINS = 1000
KNOWN = frozenset({"LtiHelloWorldNotice", names.COPY_NOTICE})


def receive_notices(toolbox: Toolbox, body: Any) -> int:
    """Take in the notices of one request and return how many were new.

    Each is verified like a launch, but comes without a state; its own id keeps it from being taken in twice. That a
    context was copied is written down, and read when a link of the copy is opened first. Nothing relies on it: a
    platform sends each notice once, and the links of a copied course name their template anyway.

    :raise BadInput: when the body is no list of notices.
    :raise PlpError: when one of them is not the platform's; those before it stay taken in.
    """
    listed = body.get("notices") if isinstance(body, dict) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_NOTICES:
        raise BadInput("This is no list of notices.", code="notices")
    tokens = [entry.get("jwt") if isinstance(entry, dict) else None for entry in listed]
    return sum(_take_in(toolbox, token, toolbox.clock()) for token in tokens)


def _take_in(toolbox: Toolbox, token: Any, now: datetime) -> bool:
    if not isinstance(token, str):
        raise BadInput("A notice has no token.", code="notices")
    with toolbox.sessions() as session:
        registration, claims = verify_token(session, toolbox, token, now)
    if claims.get(names.VERSION) != "1.3.0":
        raise BadInput("The notice is not of LTI version 1.3.0.", code="message_version")
    notice = claims.get(names.NOTICE)
    if not isinstance(notice, dict):
        raise BadInput("The token holds no notice.", code="notices")
    notice_id, kind = required_id(notice.get("id"), "notice_id"), notice.get("type")
    copied = _copied(claims) if kind == names.COPY_NOTICE else None
    try:
        with toolbox.sessions.begin() as session:
            session.execute(
                insert(SeenNotice).values(registration_id=registration.id, notice_id=notice_id, seen_at=now)
            )
            if copied:
                _note_copied(session, registration.id, copied, now)
    except IntegrityError:
        return False
    log.info("notice of registration %s: %s", registration.id, kind if kind in KNOWN else "of unknown type")
    return True


@dataclass(frozen=True)
class _Copied:
    """What a notice tells of a copied context."""

    lti_deployment_id: str
    context_id: str
    origins: tuple[str, ...]


def _copied(claims: dict[str, Any]) -> _Copied:
    context, origins = claims.get(names.CONTEXT), claims.get(names.ORIGIN_CONTEXTS)
    if not isinstance(context, dict) or not isinstance(origins, list):
        raise BadInput("The notice does not say what was copied from where.", code="notices")
    return _Copied(
        lti_deployment_id=required_id(claims.get(names.DEPLOYMENT_ID), "deployment_id"),
        context_id=required_id(context.get("id"), "context"),
        origins=tuple(required_id(one, "context") for one in origins[:MAX_ORIGINS]),
    )


def _note_copied(session: Session, registration_id: int, copied: _Copied, now: datetime) -> None:
    deployment_id = session.scalar(
        select(Deployment.id).where(
            Deployment.registration_id == registration_id,
            Deployment.lti_deployment_id == copied.lti_deployment_id,
            Deployment.status == "active",
        )
    )
    # Of a deployment that is shut, or that nobody has told us of, nothing is kept.
    if deployment_id is not None:
        note_origins(session, deployment_id, copied.context_id, copied.origins, now)
