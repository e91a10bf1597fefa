"""Web sessions: what a verified launch opens, and how a browser shows that it is the one.

The handle of a session stands in the address of its pages and opens nothing by itself. With it must come the secret of
the browser: in our partitioned cookie, or, where the browser keeps none, as a bearer token that only the page knows.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from lti_plp.database import table
from lti_plp.errors import PlpError
from lti_plp.launch.claims import DeepLinkingSettings, Launch
from lti_plp.launch.models import LoginState, Registration, ServiceToken, WebSession
from lti_plp.launch.opaque import digest, new_secret
from lti_plp.launch.platforms import Platform
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.directory import Whereabouts, role_text, roles_from_text, teacher_name_in
from lti_plp.lms.models import Course, Deployment, Person, ResourceLink
from lti_plp.plp.actor import Actor, Role
from lti_plp.prepared import Prepared

TOUCH = timedelta(minutes=5)
"""A session's last use is written down at most this often."""

_session, _person, _course = table(WebSession), table(Person), table(Course)
_deployment, _link, _registration = table(Deployment), table(ResourceLink), table(Registration)

_OPEN = Prepared(insert(_session))
_SHUT_OTHERS = Prepared(
    delete(_session).where(
        _session.c.browser_hash == bindparam("browser_hash"), _session.c.person_id != bindparam("person_id")
    )
)
_READ = Prepared(
    select(
        _session,
        _person.c.name,
        _person.c.tenant_id,
        _course.c.title.label("course_title"),
        _deployment.c.registration_id,
        _deployment.c.status,
        _registration.c.status.label("registration_status"),
        _link.c.template_id,
        teacher_name_in(_course.c.id).label("teacher_name"),
    )
    .select_from(_session)
    .join(_person, _person.c.id == _session.c.person_id)
    .join(_course, _course.c.id == _session.c.course_id)
    .join(_deployment, _deployment.c.id == _session.c.deployment_id)
    .join(_registration, _registration.c.id == _deployment.c.registration_id)
    .outerjoin(_link, _link.c.id == _session.c.resource_link_id)
    .where(_session.c.handle == bindparam("session_handle"))
)
_TOUCH = (
    update(_session)
    .where(_session.c.handle == bindparam("session_handle"))
    .values(used_at=bindparam("moment"))
)


@dataclass(frozen=True)
class SessionFacts:
    """A session just opened or recognised, with what its pages need to know about person, course and link."""

    handle: str
    actor: Actor
    person_name: str
    course_id: int
    course_title: str
    teacher_name: str
    """Of the course; empty when there are several, or none has come or been named yet."""
    deployment_id: int
    registration_id: int
    resource_link_id: int | None
    template_id: str | None
    locale: str
    frame_origins: str
    return_url: str
    deep_linking: DeepLinkingSettings | None
    used_at: datetime
    is_in_no_course: bool = False
    """Whether the launch came from a place that belongs to no course; nothing of a course can be reached then."""
    is_acted: bool = False
    """Whether somebody else acts as the person; nothing can be changed then."""
    acted_by: int | None = None
    """Who that is; ``None`` where nobody says so in a way that can be relied on."""
    bearer: str | None = None
    """Where the browser keeps no cookie: the token that the very answer to the launch hands to its page."""
    is_cookieless: bool = False


def open_session(
    connection: Connection,
    toolbox: Toolbox,
    launch: Launch,
    platform: Platform,
    place: Whereabouts,
    browser_secret: str | None,
    now: datetime,
    roles: frozenset[Role] | None = None,
    acted_by: int | None = None,
) -> SessionFacts:
    """Open a session for a verified launch in a browser that was recognised.

    ``browser_secret`` is the cookie's, or ``None`` where the platform's storage vouched for the browser. ``roles`` are
    those that count where the launch says nothing of them; ``acted_by`` is who acts as the person.
    """
    roles = launch.roles if roles is None else roles
    handle = new_secret(12)
    bearer = None if browser_secret else new_secret()
    browser_hash = digest(browser_secret) if browser_secret else None
    if browser_hash and not launch.is_test_user:
        # Somebody else at the same machine: the pages of whoever sat there before are shut.
        _SHUT_OTHERS.run(connection, {"browser_hash": browser_hash, "person_id": place.person_id})
    origins = frame_origins(platform, launch.return_url)
    link_id = place.link.id if place.link else None
    _OPEN.run(
        connection,
        {
            "handle": handle,
            "browser_hash": browser_hash,
            "token_hash": digest(bearer) if bearer else None,
            "person_id": place.person_id,
            "deployment_id": place.deployment_id,
            "course_id": place.course_id,
            "resource_link_id": link_id,
            "roles": role_text(roles),
            "is_test": launch.is_test_user,
            "locale": launch.locale,
            "frame_origins": origins,
            "return_url": launch.return_url,
            "is_in_no_course": launch.is_in_no_course,
            "is_acted": launch.is_acted,
            "acted_by": acted_by,
            "deep_linking": launch.deep_linking.to_json() if launch.deep_linking else None,
            "used_at": now,
            "expires_at": now + timedelta(hours=toolbox.settings.session_max_hours),
        },
    )
    return SessionFacts(
        handle=handle,
        actor=Actor(
            person_id=place.person_id,
            tenant_id=place.tenant_id,
            course_id=None if launch.is_in_no_course else place.course_id,
            roles=roles,
            is_test=launch.is_test_user,
        ),
        person_name=place.person_name,
        course_id=place.course_id,
        course_title=place.course_title,
        teacher_name=place.teacher_name,
        deployment_id=place.deployment_id,
        registration_id=launch.registration_id,
        resource_link_id=link_id,
        template_id=place.link.template_id if place.link else None,
        locale=launch.locale,
        frame_origins=origins,
        return_url=launch.return_url,
        deep_linking=launch.deep_linking,
        used_at=now,
        is_in_no_course=launch.is_in_no_course,
        is_acted=launch.is_acted,
        acted_by=acted_by,
        bearer=bearer,
        is_cookieless=bearer is not None,
    )


def frame_origins(platform: Platform, return_url: str = "") -> str:
    """Return the origins that may frame our pages: those of the launch's own platform."""
    origins = {
        f"{parts.scheme}://{parts.netloc}"
        for parts in map(urlsplit, (platform.issuer, platform.auth_url, return_url))
        if parts.scheme in {"https", "http"} and parts.netloc
    }
    return " ".join(sorted(origins))


def recognise(
    connection: Connection,
    toolbox: Toolbox,
    handle: str,
    *,
    browser_secret: str | None,
    bearer: str | None,
    now: datetime,
) -> SessionFacts:
    """Return the session of ``handle`` if this browser is its browser.

    :raise PlpError: ``session_unknown`` (401) for everything else: too old, unknown, another browser's.
    """
    row = _open_session(connection, toolbox, handle, now)
    if _same(row.browser_hash, browser_secret):
        return _facts(row)
    if _same(row.token_hash, bearer):
        return _facts(row, is_cookieless=True)
    raise _unknown()


def session_vouched_for(connection: Connection, toolbox: Toolbox, handle: str, now: datetime) -> SessionFacts:
    """Return the session of ``handle`` while it is open. The caller has checked a signature that we made for it.

    :raise PlpError: ``session_unknown`` (401) once it has ended.
    """
    return _facts(_open_session(connection, toolbox, handle, now), is_cookieless=True)


def _open_session(connection: Connection, toolbox: Toolbox, handle: str, now: datetime) -> Any:
    if not handle.isascii() or not handle.isprintable():
        raise _unknown()
    row = _READ.row(connection, {"session_handle": handle})
    idle = timedelta(minutes=toolbox.settings.session_idle_minutes)
    if row is None or row.expires_at <= now or row.used_at + idle <= now:
        raise _unknown()
    if (row.status, row.registration_status) != ("active", "active"):
        raise _unknown()
    return row


def _unknown() -> PlpError:
    return PlpError("session_unknown", 401, "This page was opened by another launch, or too long ago.")


def _same(stored: str | None, secret: str | None) -> bool:
    return bool(stored and secret) and hmac.compare_digest(stored or "", digest(secret or ""))


def _facts(row: Row[Any], *, is_cookieless: bool = False) -> SessionFacts:
    return SessionFacts(
        handle=row.handle,
        actor=Actor(
            person_id=row.person_id,
            tenant_id=row.tenant_id,
            course_id=None if row.is_in_no_course else row.course_id,
            roles=roles_from_text(row.roles),
            is_test=row.is_test,
        ),
        person_name=row.name,
        course_id=row.course_id,
        course_title=row.course_title,
        teacher_name=row.teacher_name or "",
        deployment_id=row.deployment_id,
        registration_id=row.registration_id,
        resource_link_id=row.resource_link_id,
        template_id=row.template_id,
        locale=row.locale,
        frame_origins=row.frame_origins,
        return_url=row.return_url,
        deep_linking=DeepLinkingSettings.from_json(row.deep_linking) if row.deep_linking else None,
        used_at=row.used_at,
        is_in_no_course=row.is_in_no_course,
        is_acted=row.is_acted,
        acted_by=row.acted_by,
        is_cookieless=is_cookieless,
    )


def touch(connection: Connection, handle: str, now: datetime) -> None:
    """Write down that a session was used."""
    connection.execute(_TOUCH, {"session_handle": handle, "moment": now})


def form_token(toolbox: Toolbox, handle: str) -> str:
    """Return the token that every unsafe request of a session must bring: it proves that our page made the form."""
    key = toolbox.settings.secret_key.encode()
    return hmac.new(key, b"form:" + handle.encode(), "sha256").hexdigest()[:40]


def is_form_token(toolbox: Toolbox, handle: str, token: str) -> bool:
    """Say whether ``token`` is the form token of this session."""
    return hmac.compare_digest(form_token(toolbox, handle).encode(), token.encode())


def purge(session: Session, now: datetime) -> Mapping[str, int]:
    """Delete what nobody can use any more; return how many rows of each kind."""
    counts = {}
    for model in (LoginState, WebSession, ServiceToken):
        result = session.execute(delete(model).where(model.expires_at <= now))
        counts[model.__tablename__] = getattr(result, "rowcount", 0)
    return counts
