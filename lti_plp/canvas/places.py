"""How many requests are under way to a Canvas at once, over all our threads, processes and machines.

Canvas reserves fifty points of a bucket of six hundred for each request in flight, so that the twelfth at once is
refused (its source, ``request_throttle``). Eight at once per host and client id, and four per permission, are never
refused, and leave others of the school their share.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.canvas.models import CanvasPlace
from lti_plp.clock import Clock
from lti_plp.lms.gateway import TryLater

OF_CLIENT = 8
OF_PERMISSION = 4

HELD = timedelta(minutes=5)
"""After this time places fall back, whatever became of their holder; a reading renews them on its way."""


class Places:
    """Places that one reading holds."""

    def __init__(self, sessions: sessionmaker[Session], clock: Clock, holder: str, count: int) -> None:
        self._sessions = sessions
        self._clock = clock
        self._holder = holder
        self.count = count
        self._renewed_at = clock()

    def renew(self) -> None:
        """Keep the places for longer, when half of their time is over."""
        now = self._clock()
        if now - self._renewed_at < HELD / 2:
            return
        self._renewed_at = now
        with self._sessions.begin() as session:
            for place in session.scalars(select(CanvasPlace).where(CanvasPlace.holder == self._holder)):
                place.until = now + HELD


@contextmanager
def hold_places(
    sessions: sessionmaker[Session],
    clock: Clock,
    client: str,
    permission: str,
    leave: int = 0,
    most: int = OF_PERMISSION,
) -> Iterator[Places]:
    """Hold as many places as are free for a permission, at most ``most``, but for ``leave`` that others may want.

    :raise TryLater: ``busy`` when none is free.
    """
    holder = secrets.token_urlsafe(24)
    count = _take(sessions, client, permission, holder, leave, most, clock())
    if not count:
        raise TryLater("busy", maybe_received=False)
    try:
        yield Places(sessions, clock, holder, count)
    finally:
        with sessions.begin() as session:
            session.execute(delete(CanvasPlace).where(CanvasPlace.holder == holder))


def _take(
    sessions: sessionmaker[Session],
    client: str,
    permission: str,
    holder: str,
    leave: int,
    most: int,
    now: datetime,
) -> int:
    for _ in range(3):
        try:
            with sessions.begin() as session:
                return _take_free(session, client, permission, holder, leave, most, now)
        except IntegrityError:
            # Somebody else took one of them at the same moment.
            continue
    return 0


def _take_free(
    session: Session, client: str, permission: str, holder: str, leave: int, most: int, now: datetime
) -> int:
    session.execute(delete(CanvasPlace).where(CanvasPlace.client == client, CanvasPlace.until <= now))
    rows = session.execute(
        select(CanvasPlace.number, CanvasPlace.permission).where(CanvasPlace.client == client)
    ).all()
    used = {row.number for row in rows}
    free = [number for number in range(OF_CLIENT) if number not in used]
    share = OF_PERMISSION - sum(row.permission == permission for row in rows)
    taken = free[: max(min(share, most, len(free) - leave), 0)]
    if taken:
        session.execute(
            insert(CanvasPlace),
            [
                {
                    "client": client,
                    "number": number,
                    "permission": permission,
                    "holder": holder,
                    "until": now + HELD,
                }
                for number in taken
            ],
        )
    return len(taken)
