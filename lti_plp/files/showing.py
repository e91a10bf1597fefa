"""What a page says of files that it shows."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lti_plp.files.kinds import BY_CONTENT_TYPE
from lti_plp.files.models import StoredFile
from lti_plp.files.names import download_name
from lti_plp.plp.actor import Actor


@dataclass(frozen=True)
class FileCard:
    """What a page says of a file."""

    id: str
    group: str
    """Image, video, audio, pdf, office or text."""
    name: str
    has_picture: bool


def own_cards(session: Session, actor: Actor, file_ids: Collection[str]) -> dict[str, FileCard]:
    """Return id -> card, for those of the files that are ready and belong to ``actor``; one statement."""
    return _cards(session, actor.tenant_id, file_ids, StoredFile.owner_id == actor.person_id)


def cards_of(session: Session, tenant_id: int, file_ids: Collection[str]) -> dict[str, FileCard]:
    """Return id -> card, for those that are ready; whoever asks has asked before who may see them. One statement."""
    return _cards(session, tenant_id, file_ids)


def _cards(
    session: Session, tenant_id: int, file_ids: Collection[str], *conditions: ColumnElement[bool]
) -> dict[str, FileCard]:
    if not file_ids:
        return {}
    rows = session.execute(
        select(
            StoredFile.id, StoredFile.content_type, StoredFile.original_name, StoredFile.thumbnail_key
        ).where(
            StoredFile.id.in_(file_ids),
            StoredFile.state == "ready",
            StoredFile.tenant_id == tenant_id,
            *conditions,
        )
    )
    cards = {}
    for file_id, content_type, original_name, thumbnail_key in rows:
        kind = BY_CONTENT_TYPE[str(content_type)]
        name = download_name(original_name, kind, kind.group)
        cards[file_id] = FileCard(file_id, kind.group, name, thumbnail_key is not None)
    return cards
