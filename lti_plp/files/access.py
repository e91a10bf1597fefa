"""Who may read a file: its owner, and whoever one of the rooms that use files vouches for."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.files.models import StoredFile
from lti_plp.plp.actor import Actor

MayRead = Callable[[Session, Actor, str], bool]
"""Says whether a person who does not own the file with this id may read it; false when it knows nothing of it."""


def readable_file(session: Session, actor: Actor, file_id: str, others: Sequence[MayRead] = ()) -> StoredFile:
    """Return a file that is ready and that ``actor`` may read.

    ``others`` are asked for a file of somebody else; never for one of another tenant.

    :raise NotFound: ``file_not_here`` for every other file: nobody learns that it exists.
    """
    file = _ready_file(session, StoredFile.id == file_id, StoredFile.tenant_id == actor.tenant_id)
    if file.owner_id != actor.person_id and not any(may(session, actor, file_id) for may in others):
        raise _unknown()
    return file


def own_file(session: Session, actor: Actor, file_id: str) -> StoredFile:
    """Return a file that is ready and belongs to ``actor``: only such a one may be attached to anything.

    :raise NotFound: as :func:`readable_file`.
    """
    return _ready_file(
        session,
        StoredFile.id == file_id,
        StoredFile.tenant_id == actor.tenant_id,
        StoredFile.owner_id == actor.person_id,
    )


def _ready_file(session: Session, *conditions: ColumnElement[bool]) -> StoredFile:
    found = session.scalar(select(StoredFile).where(StoredFile.state == "ready", *conditions))
    if found is None:
        raise _unknown()
    return found


def _unknown() -> NotFound:
    return NotFound("There is no such file, or it is not for this person.", code="file_not_here")
