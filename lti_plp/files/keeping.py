"""Keeping a file that did not come from a browser: as if its owner had uploaded it, in one go."""

from datetime import datetime

from lti_plp.files.cabinet import Cabinet
from lti_plp.files.uploads import Source, append, begin, finish
from lti_plp.plp.actor import Actor


def keep_file(cabinet: Cabinet, actor: Actor, source: Source, size: int, name: str, now: datetime) -> str:
    """Keep so many bytes under a name; return the file's id.

    :raise BadInput: when it is too large or of a kind that is not accepted; nothing of it is kept.
    :raise PlpError: ``storage_unreachable`` (503) when it cannot be kept now.
    """
    upload = begin(cabinet, actor, size, name, now)
    append(cabinet, actor, upload.id, 0, source, now)
    return finish(cabinet, actor, upload.id, now).id
