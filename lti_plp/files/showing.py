"""What a page says of files that it shows."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.files.kinds import BY_CONTENT_TYPE
from lti_plp.files.models import StoredFile
from lti_plp.files.names import download_name
from lti_plp.plp.actor import Actor


@dataclass(frozen=True)
class ShownFile:
    """A file as a page shows it."""

    id: str
    kind: str
    """image, video, audio, pdf, office or text."""
    name: str


def own_files(session: Session, actor: Actor, ids: Collection[str]) -> dict[str, ShownFile]:
    """Return id -> file of those that are ready and belong to ``actor``, in one statement."""
    if not ids:
        return {}
    rows = session.execute(
        select(StoredFile.id, StoredFile.content_type, StoredFile.original_name).where(
            StoredFile.id.in_(ids),
            StoredFile.state == "ready",
            StoredFile.tenant_id == actor.tenant_id,
            StoredFile.owner_id == actor.person_id,
        )
    )
    found: dict[str, ShownFile] = {}
    for file_id, content_type, name in rows:
        kind = BY_CONTENT_TYPE[str(content_type)]
        found[file_id] = ShownFile(file_id, kind.group, download_name(name, kind, kind.group))
    return found
