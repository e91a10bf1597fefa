"""Notices that a platform sends on its own (LTI Platform Notification Service 1.0)."""

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from lti_plp.errors import BadInput
from lti_plp.launch import claims as names
from lti_plp.launch.message import required_id
from lti_plp.launch.models import SeenNotice
from lti_plp.launch.toolbox import Toolbox
from lti_plp.launch.verify import verify_token

log = logging.getLogger(__name__)

MAX_NOTICES = 50
KNOWN = frozenset({"LtiHelloWorldNotice", "LtiContextCopyNotice"})


def receive_notices(toolbox: Toolbox, body: Any) -> int:
    """Take in the notices of one request and return how many were new.

    Each is verified like a launch, but comes without a state; its own id keeps it from being taken in twice. So far
    notices are recorded only: a copied course needs none, because its links carry their template.

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
    notice_id = required_id(notice.get("id"), "notice_id")
    try:
        with toolbox.sessions.begin() as session:
            session.execute(
                insert(SeenNotice).values(registration_id=registration.id, notice_id=notice_id, seen_at=now)
            )
    except IntegrityError:
        return False
    kind = notice.get("type")
    log.info("notice of registration %s: %s", registration.id, kind if kind in KNOWN else "of unknown type")
    return True
