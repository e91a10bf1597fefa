"""Access tokens for a platform's services (Security Framework 1.0, section 4; LTI Core 1.3, section 6.2)."""

import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_plp.database import reading
from lti_plp.launch.claims import DEPLOYMENT_ID
from lti_plp.launch.models import Registration, ServiceToken
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import Refused, TryLater

RENEW_BEFORE = timedelta(seconds=60)
"""A token that ends within this time is not used any more."""

BACKDATED = timedelta(seconds=5)
"""Moodle allows no leeway on ``iat``: an assertion from a clock that is a little fast would be refused."""

LIFE = timedelta(minutes=5)
LONGEST_LIFE = 24 * 3600


@dataclass(frozen=True)
class ServiceClient:
    """A registration, as far as its services are concerned."""

    registration_id: int
    kind: str
    issuer: str
    client_id: str
    token_url: str
    token_audience: str
    lti_deployment_id: str


def service_client(registration: Registration, lti_deployment_id: str) -> ServiceClient:
    """Return what asking for tokens takes."""
    return ServiceClient(
        registration_id=registration.id,
        kind=registration.kind,
        issuer=registration.issuer,
        client_id=registration.client_id,
        token_url=registration.token_url,
        token_audience=registration.token_audience or registration.token_url,
        lti_deployment_id=lti_deployment_id,
    )


def access_token(toolbox: Toolbox, client: ServiceClient, scopes: Iterable[str]) -> str:
    """Return a token for ``scopes``, from the database while it is good, else a new one.

    No transaction is open while the platform is asked. Two processes may ask at once; both tokens are good.

    :raise Refused: when the platform grants fewer scopes or refuses us.
    :raise TryLater: when it does not answer.
    """
    wanted = " ".join(sorted(scopes))
    now = toolbox.clock()
    with reading(), toolbox.sessions() as session:
        row = session.get(ServiceToken, (client.registration_id, wanted))
        if row is not None and row.expires_at - RENEW_BEFORE > now:
            _require_granted(row.granted, wanted)
            return toolbox.secrets.open(row.token)
    answer = _ask(toolbox, client, wanted, now)
    granted = str(answer.get("scope") or wanted)
    lifetime = timedelta(seconds=_lifetime(answer))
    row = ServiceToken(
        registration_id=client.registration_id,
        scopes=wanted,
        granted=granted,
        token=toolbox.secrets.seal(answer["access_token"]),
        expires_at=now + lifetime,
    )
    # Another process that asked at the same moment may have stored its own; then that one stays.
    with suppress(IntegrityError), toolbox.sessions.begin() as session:
        session.merge(row)
    _require_granted(granted, wanted)
    return str(answer["access_token"])


def forget_token(toolbox: Toolbox, client: ServiceClient, scopes: Iterable[str]) -> None:
    """Drop a token that the platform does not accept any more."""
    with toolbox.sessions.begin() as session:
        session.execute(
            delete(ServiceToken).where(
                ServiceToken.registration_id == client.registration_id,
                ServiceToken.scopes == " ".join(sorted(scopes)),
            )
        )


def _require_granted(granted: str, wanted: str) -> None:
    if set(wanted.split()) - set(granted.split()):
        raise Refused("scope_missing")


def _lifetime(answer: dict[str, Any]) -> float:
    value = answer.get("expires_in", 3600)
    good = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return min(float(value), LONGEST_LIFE) if good else 3600.0


def _ask(toolbox: Toolbox, client: ServiceClient, scopes: str, now: datetime) -> dict[str, Any]:
    with toolbox.sessions() as session:
        assertion = _assertion(toolbox, session, client, now)
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
        "scope": scopes,
    }
    try:
        answer = toolbox.http.send(
            "POST",
            client.token_url,
            form=form,
            headers={"Accept": "application/json"},
            expect=frozenset({400, 401}),
        )
        body = answer.json()
    except TryLater as problem:
        # What the token was wanted for was not on its way yet.
        problem.maybe_received = False
        raise
    except Refused as problem:
        if problem.code == "gone":
            # It is the way to a token that is not there: of the course that was asked for, this says nothing.
            raise Refused("token_endpoint_gone", problem.status) from problem
        raise
    if answer.status != 200 and answer.status != 201:
        error = body.get("error") if isinstance(body, dict) else None
        raise Refused("scope_missing" if error == "invalid_scope" else "client_refused", answer.status)
    if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
        raise TryLater("bad_answer", answer.status)
    return body


def _assertion(toolbox: Toolbox, session: Session, client: ServiceClient, now: datetime) -> str:
    """Return our signed word for who we are; a ``jti`` is never used twice."""
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": client.token_audience,
        "iat": int((now - BACKDATED).timestamp()),
        "exp": int((now + LIFE).timestamp()),
        "jti": secrets.token_urlsafe(24),
        DEPLOYMENT_ID: client.lti_deployment_id,
    }
    return toolbox.keys.sign(session, claims, now)
