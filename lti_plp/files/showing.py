"""What files are, for pages that show many of them."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.files.kinds import BY_CONTENT_TYPE
from lti_plp.files.models import StoredFile
from lti_plp.plp.actor import Actor


def kinds_of_own_files(session: Session, actor: Actor, ids: Collection[str]) -> dict[str, str]:
    """Return id -> kind (``image``, ``video``, ``audio``, …) of those files that are ready and the actor's own.

    One statement, or none for none.
    """
    if not ids:
        return {}
    rows = session.execute(
        select(StoredFile.id, StoredFile.content_type).where(
            StoredFile.id.in_(ids),
            StoredFile.state == "ready",
            StoredFile.tenant_id == actor.tenant_id,
            StoredFile.owner_id == actor.person_id,
        )
    )
    return {row.id: BY_CONTENT_TYPE[str(row.content_type)].group for row in rows}
