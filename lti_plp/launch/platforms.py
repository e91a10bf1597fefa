"""What a launch needs to know of a platform."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, select
from sqlalchemy.orm import Session

from lti_plp.clock import Clock
from lti_plp.database import reading, table
from lti_plp.launch.models import Registration

HOLD = timedelta(seconds=10)
"""How long a process relies on the registrations it has read when it only chooses among them."""

_registration = table(Registration)
COLUMNS = tuple(
    _registration.c[name] for name in ("id", "kind", "issuer", "client_id", "auth_url", "jwks_url", "status")
)
"""Columns from which :func:`platform_from` reads; they may stand in other statements too."""

# Statements of a launch are built once: building one anew costs more than running it.
_BY_ISSUER = (
    select(*COLUMNS)
    .where(_registration.c.issuer == bindparam("issuer"), _registration.c.status == "active")
    .order_by(_registration.c.id)
)


@dataclass(frozen=True)
class Platform:
    """A registration, as far as launches are concerned."""

    id: int
    kind: str
    issuer: str
    client_id: str
    auth_url: str
    jwks_url: str
    status: str


def platform_from(row: Row[Any] | Registration) -> Platform:
    """Read a platform from a row with :data:`COLUMNS`."""
    return Platform(row.id, row.kind, row.issuer, row.client_id, row.auth_url, row.jwks_url, row.status)


def active_platforms(connection: Connection | Session, issuer: str) -> Sequence[Platform]:
    """Return the active registrations of an issuer."""
    return [platform_from(row) for row in connection.execute(_BY_ISSUER, {"issuer": issuer})]


class HeldPlatforms:
    """The active registrations that logins choose among, held for some seconds.

    A login that was begun for a registration switched off a moment ago comes to nothing: its launch reads the
    registration anew, and nothing but the choice rests on what is held here.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._held: dict[str, tuple[datetime, Sequence[Platform]]] = {}

    def find(self, issuer: str, client_id: str) -> Sequence[Platform]:
        """Return the registrations of an issuer that a login may mean; without a client id, all of them."""
        read_at, platforms = self._held.get(issuer, (None, ()))
        if read_at is None or not timedelta() <= self._clock() - read_at < HOLD:
            return _meant(self._read(issuer), client_id)
        # One that is not among them may have been registered since.
        return _meant(platforms, client_id) or _meant(self._read(issuer), client_id)

    def _read(self, issuer: str) -> Sequence[Platform]:
        now = self._clock()
        with reading(), self._engine.connect() as connection:
            found = active_platforms(connection, issuer)
        # Strangers may name any number of issuers; only those that exist are held.
        if found:
            self._held[issuer] = now, found
        return found


def _meant(platforms: Sequence[Platform], client_id: str) -> Sequence[Platform]:
    return [platform for platform in platforms if client_id in ("", platform.client_id)]
