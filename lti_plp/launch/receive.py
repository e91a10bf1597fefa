"""A launch arrives: check it, know the browser, use up its state, record it, open a session.

Order matters. The signature is checked before any claim is used, and no database transaction is open while a platform's
key set may be fetched. State, people and session are written in one transaction: a launch counts once or not at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError

from lti_plp.database import reading, table
from lti_plp.errors import BadInput, PlpError
from lti_plp.launch.claims import (
    ACCOUNT_MENU,
    ACTING_KEY,
    DEPLOYMENT_ID,
    HAND_IN_KEY,
    HISTORY_KEY,
    LMS_ID,
    LMS_USER_KEY,
    PAGE_KEY,
    TEMPLATE_KEY,
    Launch,
)
from lti_plp.launch.login import storage_key
from lti_plp.launch.message import HardenedMessageLaunch, launch_from, return_url_of
from lti_plp.launch.models import LoginState, Registration
from lti_plp.launch.opaque import digest, new_secret
from lti_plp.launch.platforms import COLUMNS, Platform, platform_from
from lti_plp.launch.sessions import SessionFacts, frame_origins, open_session
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.coursework_reading import is_stale
from lti_plp.lms.directory import (
    Arrival,
    UnannouncedDeployment,
    Whereabouts,
    record_arrival,
    record_unannounced,
)
from lti_plp.lms.lms_ids import acting_person
from lti_plp.lms.no_course import roles_in_no_course
from lti_plp.plp.actor import Role
from lti_plp.prepared import Prepared

MAX_HISTORY = 1001
"""So many contexts of a history are looked at; Canvas tells a thousand."""
NO_CONTEXTS = frozenset({"truncated", "timed out"})
"""What may stand in a history besides contexts."""


@dataclass(frozen=True)
class Opened:
    """The launch is complete: a session is open."""

    session: SessionFacts
    launch: Launch
    page: str = ""
    """What the link opens when it stands for no template; else empty."""
    has_stale_coursework: bool = False
    """Whether the course's work is to be read anew."""
    offers_notices: bool = False
    """Whether the platform is to be told where its notices shall go."""


@dataclass(frozen=True)
class AskStorage:
    """The launch is verified, but the browser showed no cookie: the platform's storage must name it first."""

    pending: str
    storage_target: str
    storage_key: str
    platform_origin: str
    frame_origins: str


@dataclass(frozen=True)
class _Login:
    """A stored login and its platform, read before anything is written."""

    state_hash: str
    nonce_hash: str
    browser_hash: str
    target_link_uri: str
    platform: Platform


_state, _registration = table(LoginState), table(Registration)

_LOGIN = select(
    _state.c.state_hash,
    _state.c.nonce_hash,
    _state.c.browser_hash,
    _state.c.target_link_uri,
    _state.c.expires_at,
    _state.c.pending_claims,
    *COLUMNS,
).join(_registration, _registration.c.id == _state.c.registration_id)
_LOGIN_BY_STATE = Prepared(_LOGIN.where(_state.c.state_hash == bindparam("state_hash")))
_LOGIN_BY_PENDING = Prepared(_LOGIN.where(_state.c.pending_hash == bindparam("pending_hash")))
_KEEP_PENDING = (
    update(_state)
    .where(_state.c.state_hash == bindparam("known_state"))
    .values(pending_hash=bindparam("pending"), pending_claims=bindparam("claims"))
)
_USE_UP = Prepared(delete(_state).where(_state.c.state_hash == bindparam("state_hash")))


def receive_launch(
    toolbox: Toolbox,
    form: Mapping[str, str],
    browser_secret: str | None,
    now: datetime,
    login_secret: str | None = None,
) -> Opened | AskStorage:
    """Answer ``POST /lti/launch`` (LTI Core 1.3, section 4.1; Security Framework 1.0, section 5.1.1.3).

    ``login_secret`` is what this browser keeps of this one login; it proves no less than ``browser_secret``, to which
    the session is bound in any case.

    :raise PlpError: naming what is wrong; nothing was changed then, and no session is open.
    """
    if form.get("error"):
        raise PlpError("platform_refused", 401, "The platform did not confirm who is there.")
    state, token = form.get("state", ""), form.get("id_token", "")
    if not state or not token:
        raise BadInput("A launch brings a state and an id_token.", code="launch_parameters")
    login, claims = _verified(toolbox, state, token, now)
    shown = [digest(secret) for secret in (browser_secret, login_secret) if secret]
    if browser_secret and login.browser_hash in shown:
        return _complete(toolbox, login, claims, browser_secret, now)
    if form.get("lti_storage_target"):
        return _ask_storage(toolbox, login, claims, form["lti_storage_target"])
    raise PlpError("browser_unknown", 401, "This browser is not the one that began to log in.")


def confirm_launch(toolbox: Toolbox, pending: str, value: str, now: datetime) -> Opened:
    """Answer ``POST /lti/confirm``: the platform's storage returned the secret that this browser's login put there.

    :raise PlpError: 401 when nothing waits under ``pending``, or another value came back.
    """
    login, claims = _read_login(toolbox, _LOGIN_BY_PENDING, {"pending_hash": digest(pending)}, now)
    if claims is None or digest(value) != login.browser_hash:
        raise PlpError("browser_unknown", 401, "This browser is not the one that began to log in.")
    return _complete(toolbox, login, claims, None, now)


def _verified(toolbox: Toolbox, state: str, token: str, now: datetime) -> tuple[_Login, dict[str, Any]]:
    login, _ = _read_login(toolbox, _LOGIN_BY_STATE, {"state_hash": digest(state)}, now)
    message = HardenedMessageLaunch(toolbox, login.platform, token, now).validate()
    nonce = message.claims.get("nonce")
    if not isinstance(nonce, str) or digest(nonce) != login.nonce_hash:
        raise PlpError("token_nonce", 401, "The token was made for another login.")
    return login, message.claims


def _read_login(
    toolbox: Toolbox, statement: Prepared, key: dict[str, str], now: datetime
) -> tuple[_Login, dict[str, Any] | None]:
    with reading(), toolbox.engine.connect() as connection:
        row = statement.row(connection, key)
    if row is None or row.expires_at <= now:
        raise PlpError("login_unknown", 401, "No login is waiting for this.")
    if row.status != "active":
        raise PlpError("registration_disabled", 403, "This platform's registration is switched off.")
    login = _Login(row.state_hash, row.nonce_hash, row.browser_hash, row.target_link_uri, platform_from(row))
    return login, row.pending_claims


def _ask_storage(toolbox: Toolbox, login: _Login, claims: dict[str, Any], storage_target: str) -> AskStorage:
    pending = new_secret()
    values = {"known_state": login.state_hash, "pending": digest(pending), "claims": claims}
    with toolbox.engine.begin() as connection:
        connection.execute(_KEEP_PENDING, values)
    origin = urlsplit(login.platform.auth_url)
    return AskStorage(
        pending=pending,
        storage_target=storage_target[:255],
        storage_key=storage_key(login.state_hash),
        platform_origin=f"{origin.scheme}://{origin.netloc}",
        frame_origins=frame_origins(login.platform, return_url_of(claims)),
    )


def _complete(
    toolbox: Toolbox, login: _Login, claims: dict[str, Any], browser_secret: str | None, now: datetime
) -> Opened:
    platform = login.platform

    def write(connection: Connection) -> Opened:
        if _USE_UP.run(connection, {"state_hash": login.state_hash}) != 1:
            raise PlpError("login_unknown", 401, "This launch was used already.")
        launch = launch_from(claims, platform, login.target_link_uri)
        place = record_arrival(connection, _arrival(launch), now)
        opened = open_session(
            connection,
            toolbox,
            launch,
            platform,
            place,
            browser_secret,
            now,
            roles=_roles(connection, toolbox, launch, place, now),
            acted_by=_acted_by(connection, launch, place, now),
        )
        page = place.link.page if place.link else ""
        has_stale = is_stale(place.coursework_tried_at, now)
        return Opened(opened, launch, page, has_stale, place.offers_notices)

    try:
        return _in_transaction(toolbox, write)
    except UnannouncedDeployment:
        record_unannounced(toolbox.engine, platform.id, claims[DEPLOYMENT_ID], now)
        raise PlpError("deployment_pending", 403, "This deployment waits for an administrator.") from None


def _roles(
    connection: Connection, toolbox: Toolbox, launch: Launch, place: Whereabouts, now: datetime
) -> frozenset[Role]:
    """Return what the person is in this session: in no course only what our own rows know counts.

    One exception: who administers the platform's account administers the district.
    """
    if not launch.is_in_no_course:
        return launch.roles
    if launch.is_test_user:
        return frozenset()
    if launch.placement == ACCOUNT_MENU:
        return frozenset({Role.ADMINISTRATOR}) if launch.administers_account else frozenset()
    grace_days = toolbox.settings.grace_days
    return roles_in_no_course(connection, place.tenant_id, place.person_id, now, grace_days)


def _acted_by(connection: Connection, launch: Launch, place: Whereabouts, now: datetime) -> int | None:
    """Return who acts as the person, unless whoever placed the link may have said so.

    A look is logged as that one's.
    """
    told = launch.own_custom.get(ACTING_KEY, "")
    if not LMS_ID.fullmatch(told):
        return None
    return acting_person(connection, place.tenant_id, launch.issuer, told, place.deployment_id, now)


def _in_transaction(toolbox: Toolbox, write: Callable[[Connection], Opened]) -> Opened:
    """Run ``write`` in a transaction; again when somebody else made the same rows at the same moment.

    A class of new people arrives within a minute, and one person may open two links at once: on PostgreSQL both
    transactions find nothing and insert. The unique keys let one of them win; the other then finds everything there.
    """
    for _ in range(3):
        try:
            with toolbox.engine.begin() as connection:
                return write(connection)
        except IntegrityError:
            continue
    with toolbox.engine.begin() as connection:
        return write(connection)


def _arrival(launch: Launch) -> Arrival:
    link, context, ags = launch.resource_link, launch.context, launch.ags
    if context and context.is_account:
        context = None
    # A link outside any course gets a place of its own, so that its work belongs somewhere.
    context_id = context.id if context else f"link:{link.id}" if link else "none"
    if launch.is_in_no_course:
        link = None
    return Arrival(
        registration_id=launch.registration_id,
        lti_deployment_id=launch.lti_deployment_id,
        issuer=launch.issuer,
        subject=launch.subject,
        roles=launch.roles,
        is_test=launch.is_test_user,
        mentor_of=launch.mentor_of,
        name=launch.name,
        given_name=launch.given_name,
        family_name=launch.family_name,
        student_number=launch.student_number,
        platform_name=launch.platform_name,
        platform_guid=launch.platform_guid,
        context_id=context_id,
        context_title=(context.title or context.label) if context else "",
        context_label=context.label if context else "",
        memberships_url=launch.memberships_url,
        line_items_url=ags.line_items_url if ags else "",
        line_item_url=ags.line_item_url if ags else "",
        ags_scopes=" ".join(sorted(ags.scopes)) if ags else "",
        resource_link_id=link.id if link else "",
        resource_link_title=link.title if link else "",
        template_id=named_template(launch),
        page=_named(launch, PAGE_KEY),
        lms_id=_lms_id(launch),
        history=_history(launch.custom),
        own_history=_history(launch.own_custom),
        notices_url=launch.notices_url,
    )


def _history(custom: Mapping[str, str]) -> tuple[str, ...]:
    """Return the contexts that the launch's own was copied from, newest first.

    Canvas ends a list of a thousand with ``truncated`` and says ``timed out`` where it took too long; elsewhere the
    variable may arrive as it was written.
    """
    words = custom.get(HISTORY_KEY, "").split(",")[:MAX_HISTORY]
    found = dict.fromkeys(word.strip() for word in words)
    return tuple(one for one in found if one not in NO_CONTEXTS and _is_id(one))


def _is_id(text: str) -> bool:
    return 0 < len(text) <= 255 and text.isascii() and text.isprintable() and not text.startswith("$")


def _lms_id(launch: Launch) -> str:
    """Return what the platform's own services call the person, unless whoever placed the link may have said so.

    Somebody else's work could be read into one's own plan then.
    """
    value = launch.own_custom.get(LMS_USER_KEY, "")
    return value if LMS_ID.fullmatch(value) else ""


def named_template(launch: Launch) -> str:
    """Return the template that a link names: in ``custom``, else in its address (a copied course keeps both)."""
    named = _named(launch, TEMPLATE_KEY)
    return named if len(named) == 36 and named.isascii() else ""


def named_hand_in(launch: Launch) -> UUID | None:
    """Return what was handed in that a link names, likewise."""
    try:
        return UUID(_named(launch, HAND_IN_KEY))
    except ValueError:
        return None


def _named(launch: Launch, key: str) -> str:
    return launch.custom.get(key, "") or parse_qs(urlsplit(launch.target_link_uri).query).get(key, [""])[0]
