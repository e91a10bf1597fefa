"""People allow this tool to read Canvas in their name: asking, keeping and renewing tokens, taking back (OAuth 2.0).

Canvas's access tokens live for an hour. A renewal brings a new access token and no new refresh token (Canvas
documentation, ``oauth``).
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import delete, or_, select, update

from lti_plp.canvas.api_keys import Key, api_key, ask_token
from lti_plp.canvas.models import CanvasConsent, CanvasGrant
from lti_plp.canvas.scopes import SCOPES
from lti_plp.database import reading
from lti_plp.errors import PlpError
from lti_plp.launch.models import Registration
from lti_plp.launch.opaque import digest, new_secret
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import GatewayProblem, Refused, TryLater
from lti_plp.lms.lms_ids import told_here
from lti_plp.lms.models import Deployment, Identity, Person

CONSENT_LIFE = timedelta(minutes=10)
RENEW_BEFORE = timedelta(minutes=2)
"""A token that ends within this time is renewed before it is used."""
RENEWING = timedelta(seconds=30)
"""How long one who renews a token may take, until somebody else does it."""
LOOK_AGAIN = 0.1
"""Seconds between two looks for a token that somebody else renews."""


@dataclass(frozen=True)
class Permission:
    """Whose permission, for which school's Canvas."""

    deployment_id: int
    person_id: int

    @property
    def name(self) -> str:
        """A short name for places."""
        return f"{self.deployment_id}:{self.person_id}"


def redirect_uri(toolbox: Toolbox) -> str:
    """Return where Canvas sends people back to; an administrator enters it with the API key."""
    return f"{toolbox.settings.public_origin}/canvas/allowed"


def ask_address(toolbox: Toolbox, permission: Permission) -> str:
    """Return the address at which Canvas asks a person for permission; good for one answer within ten minutes.

    :raise Refused: ``not_offered`` when the school has given no API key.
    """
    state = new_secret()
    now = toolbox.clock()
    with toolbox.sessions.begin() as session:
        key = api_key(toolbox, session, permission.deployment_id)
        if key is None:
            raise Refused("not_offered")
        session.execute(delete(CanvasConsent).where(CanvasConsent.expires_at <= now))
        session.add(
            CanvasConsent(
                state_hash=digest(state),
                deployment_id=permission.deployment_id,
                person_id=permission.person_id,
                expires_at=now + CONSENT_LIFE,
            )
        )
    query = {
        "client_id": key.client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri(toolbox),
        "state": state,
        "scope": " ".join(SCOPES),
    }
    return f"{key.base_url}/login/oauth2/auth?{urlencode(query)}"


def receive_permission(toolbox: Toolbox, params: dict[str, str]) -> Permission:
    """Answer Canvas's redirect after a person allowed or refused.

    :raise PlpError: ``consent_unknown`` (401) when nobody was asked, or too long ago; ``consent_refused`` (403) when
        the person said no, or Canvas did for its own reasons; ``consent_of_other`` (403) when somebody else said yes.
    :raise GatewayProblem: when Canvas does not hand over tokens.
    """
    permission, key = _asked(toolbox, params.get("state", ""))
    if params.get("error") or not params.get("code"):
        raise PlpError(
            "consent_refused",
            403,
            "Canvas did not give permission.",
            {"reason": _reason(params.get("error", ""))},
        )
    answer = ask_token(
        toolbox,
        key,
        {
            "grant_type": "authorization_code",
            "code": params["code"],
            "redirect_uri": redirect_uri(toolbox),
        },
    )
    refresh = answer.get("refresh_token")
    if not isinstance(refresh, str) or not refresh:
        raise TryLater("bad_answer")
    _require_same_person(toolbox, permission, answer)
    _keep(toolbox, permission, answer, refresh)
    return permission


def _asked(toolbox: Toolbox, state: str) -> tuple[Permission, Key]:
    """Use up a question that was asked."""
    now = toolbox.clock()
    unknown = PlpError("consent_unknown", 401, "Nobody was asked for this permission, or too long ago.")
    with toolbox.sessions.begin() as session:
        row = session.get(CanvasConsent, digest(state)) if state else None
        if row is None:
            raise unknown
        used = session.execute(delete(CanvasConsent).where(CanvasConsent.state_hash == row.state_hash))
        if used.rowcount != 1:  # type: ignore[attr-defined]
            raise unknown
        key = api_key(toolbox, session, row.deployment_id)
    if row.expires_at <= now or key is None:
        raise unknown
    return Permission(row.deployment_id, row.person_id), key


def _reason(error: str) -> str:
    """Return a stable name of Canvas's reason; its words are a stranger's."""
    return error if error in {"access_denied", "unauthorized_client", "invalid_scope"} else "other"


def _require_same_person(toolbox: Toolbox, permission: Permission, answer: dict[str, Any]) -> None:
    """Make sure that it was the person who was asked.

    Otherwise somebody could send a question of their own to somebody else, and read in that one's name for ever after.
    """
    user = answer.get("user")
    lms_id = str(user.get("id", "")) if isinstance(user, dict) else ""
    with reading(), toolbox.sessions() as session:
        known = session.scalar(
            select(Identity.lms_id)
            .join(Person, Person.id == Identity.person_id)
            .join(Deployment, Deployment.id == permission.deployment_id)
            .join(Registration, Registration.id == Deployment.registration_id)
            .where(
                Person.id == permission.person_id,
                Identity.issuer == Registration.issuer,
                Identity.lms_id == lms_id,
                Identity.lms_id != "",
                told_here(permission.deployment_id),
            )
        )
    if known is None:
        raise PlpError("consent_of_other", 403, "Another person gave this permission than was asked for it.")


def _keep(toolbox: Toolbox, permission: Permission, answer: dict[str, Any], refresh: str) -> None:
    now = toolbox.clock()
    with toolbox.sessions.begin() as session:
        session.merge(
            CanvasGrant(
                deployment_id=permission.deployment_id,
                person_id=permission.person_id,
                access_token=toolbox.secrets.seal(answer["access_token"]),
                refresh_token=toolbox.secrets.seal(refresh),
                expires_at=now + _lifetime(answer),
                refreshing_until=None,
                ended_at=None,
                granted_at=now,
            )
        )


def access_token(toolbox: Toolbox, permission: Permission, *, refused: str = "") -> str:
    """Return an access token, renewed when it is about to end or is the one that Canvas ``refused``.

    Of all who find it ended at the same moment one renews it; the others wait for that one.

    :raise Refused: ``no_consent`` when the person has not allowed it, or Canvas no longer accepts it.
    :raise TryLater: when it could not be renewed now.
    """
    give_up = time.monotonic() + RENEWING.total_seconds()
    while True:
        now = toolbox.clock()
        with reading(), toolbox.sessions() as session:
            grant = session.get(CanvasGrant, (permission.deployment_id, permission.person_id))
            key = api_key(toolbox, session, permission.deployment_id)
        if grant is None or grant.ended_at is not None or key is None:
            raise Refused("no_consent")
        token = toolbox.secrets.open(grant.access_token)
        if token != refused and grant.expires_at - RENEW_BEFORE > now:
            return token
        if _begin_renewal(toolbox, permission, grant.access_token, now):
            return _renew(toolbox, permission, key, grant)
        if time.monotonic() > give_up:
            raise TryLater("token_busy", maybe_received=False)
        toolbox.http.pause(LOOK_AGAIN)


def _begin_renewal(toolbox: Toolbox, permission: Permission, seen: str, now: datetime) -> bool:
    """Take the turn to renew; false when somebody else has it, or has renewed since the token was read."""
    with toolbox.sessions.begin() as session:
        taken = session.execute(
            update(CanvasGrant)
            .where(
                *_of(permission),
                CanvasGrant.access_token == seen,
                or_(CanvasGrant.refreshing_until.is_(None), CanvasGrant.refreshing_until <= now),
            )
            .values(refreshing_until=now + RENEWING)
        )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def _renew(toolbox: Toolbox, permission: Permission, key: Key, grant: CanvasGrant) -> str:
    refresh, changes = toolbox.secrets.open(grant.refresh_token), dict[str, Any](refreshing_until=None)
    try:
        answer = ask_token(toolbox, key, {"grant_type": "refresh_token", "refresh_token": refresh})
        changes |= {
            "access_token": toolbox.secrets.seal(answer["access_token"]),
            "expires_at": toolbox.clock() + _lifetime(answer),
        }
        return str(answer["access_token"])
    except Refused as problem:
        if problem.code == "no_consent":
            changes["ended_at"] = toolbox.clock()
        raise
    finally:
        with toolbox.sessions.begin() as session:
            # Whoever allowed it anew meanwhile has given another permission, of which this says nothing.
            same = (*_of(permission), CanvasGrant.access_token == grant.access_token)
            session.execute(update(CanvasGrant).where(*same).values(changes))


def take_back(toolbox: Toolbox, permission: Permission) -> None:
    """Forget a person's tokens, and tell Canvas so; what Canvas answers changes nothing."""
    with toolbox.sessions.begin() as session:
        grant = session.get(CanvasGrant, (permission.deployment_id, permission.person_id))
        key = api_key(toolbox, session, permission.deployment_id)
        if grant is None:
            return
        token = toolbox.secrets.open(grant.access_token)
        session.delete(grant)
    if key is None:
        return
    try:
        toolbox.http.send(
            "DELETE",
            f"{key.base_url}/login/oauth2/token",
            headers={"Authorization": f"Bearer {token}"},
            expect=frozenset(range(400, 500)),
        )
    except GatewayProblem:
        # It ends by itself within the hour, and nobody here knows it any more.
        return


def _of(permission: Permission) -> tuple[Any, ...]:
    return (
        CanvasGrant.deployment_id == permission.deployment_id,
        CanvasGrant.person_id == permission.person_id,
    )


def _lifetime(answer: dict[str, Any]) -> timedelta:
    value = answer.get("expires_in")
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 86400
    return timedelta(seconds=float(value) if good and value is not None else 3600)
