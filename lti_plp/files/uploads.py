"""Receiving files over bad lines: begin, append, finish; an interrupted upload goes on where it stopped.

The bytes of an unfinished upload wait in one folder, in a file that whoever works on the upload holds locked. The
operating system gives the lock back when a process dies. The row says how many bytes count: what a crash left behind
them is cut off.
"""

import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import uuid4

from sqlalchemy import ScalarSelect, case, column, delete, func, insert, literal, select, table, update
from sqlalchemy.orm import Session

from lti_plp.database import table as table_of
from lti_plp.errors import BadInput, NotAllowed, NotFound, PlpError
from lti_plp.files.apart import KEPT, THUMBNAIL, needs_remaking, remake_apart
from lti_plp.files.cabinet import Cabinet
from lti_plp.files.inspection import inspect
from lti_plp.files.kinds import BY_NAME, Kind, Refusal
from lti_plp.files.models import StoredFile
from lti_plp.files.names import clean_name
from lti_plp.files.store import new_key
from lti_plp.plp.actor import Actor

log = logging.getLogger(__name__)

PIECE = 64 * 1024

_WORK = "work-"
"""How folders begin in which files are made anew."""

_file = table_of(StoredFile)
_person = table("person", column("id"))
"""Its rows are locked while somebody's files are counted; the table itself belongs to another room."""


class Source(Protocol):
    """Where bytes come from; a request, most of the time."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, and none at the end."""


@dataclass(frozen=True)
class Upload:
    """How far an upload has come."""

    id: str
    received: int
    declared_size: int
    expires_at: datetime


def begin(cabinet: Cabinet, actor: Actor, declared_size: int, name: str, now: datetime) -> Upload:
    """Begin an upload of so many bytes.

    :raise BadInput: ``file_empty``, ``file_name``, ``file_too_large`` or ``quota_reached``.
    :raise NotAllowed: for a platform's own student preview, and for somebody without a role in the course.
    """
    if actor.is_test or not actor.roles:
        raise NotAllowed(
            "Neither a student preview nor a visitor stores anything.", code="may_not_store_files"
        )
    if declared_size <= 0:
        raise Refusal("file_empty")
    if declared_size > cabinet.max_size:
        details = {"megabytes": cabinet.max_size // 1024**2}
        raise BadInput("The file is too large.", "file_too_large", details, status=413)
    row = StoredFile(
        id=str(uuid4()),
        tenant_id=actor.tenant_id,
        owner_id=actor.person_id,
        declared_size=declared_size,
        received=0,
        original_name=clean_name(name),
        created_at=now,
    )
    with cabinet.sessions.begin() as session:
        _insert_within_quota(session, row, cabinet.quota)
    # After the row, so that there is no file that no row knows of.
    cabinet.uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(_path(cabinet, row.id), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return _upload(cabinet, row)


def _insert_within_quota(session: Session, row: StoredFile, quota: int) -> None:
    """Insert ``row`` if it fits, counting in the same statement."""
    # One upload of a person begins after the other, or two of them might both count before either is there.
    owner = select(_person.c.id).where(_person.c.id == row.owner_id)
    session.execute(owner.with_for_update(key_share=True))
    values = {
        "id": row.id,
        "tenant_id": row.tenant_id,
        "owner_id": row.owner_id,
        "state": "receiving",
        "declared_size": row.declared_size,
        "received": 0,
        "original_name": row.original_name,
        "created_at": row.created_at,
    }
    fits = used_bytes_statement(row.owner_id) + row.declared_size <= quota
    rows = select(*(literal(value, _file.c[name].type) for name, value in values.items())).where(fits)
    inserted = insert(_file).from_select(list(values), rows, include_defaults=False).returning(_file.c.id)
    if session.execute(inserted).one_or_none() is None:
        details = {"megabytes": quota // 1024**2}
        raise BadInput("This person has no room left for this file.", "quota_reached", details, status=413)


def used_bytes_statement(owner_id: int) -> ScalarSelect[int]:
    """Return a scalar subquery: how much of a quota one person uses, with what is on its way."""
    size = case((_file.c.state == "ready", _file.c.size), else_=_file.c.declared_size)
    return (
        select(func.coalesce(func.sum(size), 0))
        .where(_file.c.owner_id == owner_id, _file.c.state.in_(["ready", "receiving"]))
        .scalar_subquery()
    )


def state_of(cabinet: Cabinet, actor: Actor, file_id: str, now: datetime) -> Upload:
    """Return how far an upload has come; also of one that is finished.

    :raise NotFound: ``upload_unknown`` when it is not this person's, or gone.
    """
    with cabinet.sessions() as session:
        row = _own(session, actor, file_id)
    if row.state == "receiving":
        _require_there(cabinet, row, now)
    return _upload(cabinet, row)


def append(cabinet: Cabinet, actor: Actor, file_id: str, offset: int, body: Source, now: datetime) -> Upload:
    """Append what ``body`` brings. When the line breaks, what has arrived counts, and the error goes on its way.

    :raise NotFound: ``upload_unknown``.
    :raise PlpError: ``upload_offset`` (409) when bytes from another place are awaited; ``upload_busy`` (409) while
        another request works on it.
    :raise BadInput: ``upload_overrun`` when more comes than was announced; nothing of it counts.
    """
    with _held(cabinet, actor, file_id, now) as (row, file):
        if row.state != "receiving" or offset != row.received:
            raise PlpError("upload_offset", 409, "Bytes from another place are awaited.")
        received = offset
        try:
            received = _write(file, body, offset, row.declared_size)
        except BadInput:
            raise
        except Exception:
            received = file.tell()
            raise
        finally:
            if received > offset:
                _count(cabinet, file, row, received)
    row.received = received
    return _upload(cabinet, row)


def _write(file: BinaryIO, body: Source, offset: int, end: int) -> int:
    file.truncate(offset)
    file.seek(offset)
    place = offset
    while piece := body.read(PIECE):
        place += len(piece)
        if place > end:
            raise BadInput("More bytes came than were announced.", code="upload_overrun", status=413)
        file.write(piece)
    return place


def _count(cabinet: Cabinet, file: BinaryIO, row: StoredFile, received: int) -> None:
    file.flush()
    os.fsync(file.fileno())
    with cabinet.sessions.begin() as session:
        session.execute(update(_file).where(_file.c.id == row.id).values(received=received))


def finish(cabinet: Cabinet, actor: Actor, file_id: str, now: datetime) -> StoredFile:
    """Inspect what arrived, make images anew, keep it; all or nothing. Asked again, it answers the same again.

    :raise Refusal: when the content is not accepted; nothing of it is kept.
    :raise NotFound: ``upload_unknown``.
    :raise PlpError: ``upload_incomplete`` (409) when bytes are missing, ``upload_busy`` (409) while another request
        works on it, ``storage_unreachable`` (503) when it cannot be kept now and finishing can be tried again.
    """
    with cabinet.sessions() as session:
        row = _own(session, actor, file_id)
    if row.state == "receiving":
        with _held(cabinet, actor, file_id, now) as (row, _file):
            if row.state == "receiving":
                _finish(cabinet, row, now)
    if row.state == "refused":
        raise Refusal(str(row.refusal))
    return row


def _finish(cabinet: Cabinet, row: StoredFile, now: datetime) -> None:
    if row.received < row.declared_size:
        raise PlpError("upload_incomplete", 409, "Bytes are missing.")
    path = _path(cabinet, row.id)
    folder = Path(tempfile.mkdtemp(prefix=_WORK, dir=cabinet.uploads))
    try:
        _keep(cabinet, row, path, folder, now)
    except Refusal as refusal:
        row.state, row.refusal, row.finished_at = "refused", refusal.code, now
        _write_down(cabinet, row, "state", "refusal", "finished_at")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    path.unlink(missing_ok=True)


def _keep(cabinet: Cabinet, row: StoredFile, path: Path, folder: Path, now: datetime) -> None:
    kind = inspect(path)
    kept, has_thumbnail = path, False
    if needs_remaking(kind):
        made = remake_apart(kind, path, folder)
        kind, has_thumbnail = BY_NAME[made.kind], made.has_thumbnail
        row.width, row.height = made.width, made.height
        kept = folder / KEPT if (folder / KEPT).exists() else path
    # Written down first: whatever happens from here on, `clear_away` knows what there may be.
    row.storage_key = row.storage_key or new_key()
    row.thumbnail_key = (row.thumbnail_key or new_key()) if has_thumbnail else None
    _write_down(cabinet, row, "storage_key", "thumbnail_key")
    cabinet.store.put(row.storage_key, kept)
    if row.thumbnail_key:
        cabinet.store.put(row.thumbnail_key, folder / THUMBNAIL)
    _describe(row, kind, kept, now)
    _write_down(cabinet, row, "state", "size", "sha256", "content_type", "width", "height", "finished_at")


def _describe(row: StoredFile, kind: Kind, kept: Path, now: datetime) -> None:
    with kept.open("rb") as file:
        row.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    row.size, row.content_type = kept.stat().st_size, kind.content_type
    row.state, row.finished_at = "ready", now


def _write_down(cabinet: Cabinet, row: StoredFile, *names: str) -> None:
    values = {name: getattr(row, name) for name in names}
    with cabinet.sessions.begin() as session:
        session.execute(update(_file).where(_file.c.id == row.id).values(values))


def abort(cabinet: Cabinet, actor: Actor, file_id: str, now: datetime) -> None:
    """Give an unfinished upload up.

    :raise NotFound: ``upload_unknown``, also for one that is finished.
    :raise PlpError: ``upload_busy`` (409) while another request works on it.
    """
    with _held(cabinet, actor, file_id, now) as (row, _file):
        if row.state != "receiving":
            raise _unknown()
        _forget(cabinet, row)


def remove(session: Session, file_id: str) -> None:
    """Mark a ready file as deleted within the caller's transaction; its bytes go when :func:`clear_away` runs next.

    Its row stays, because others may refer to it; its name does not.
    """
    session.execute(
        update(StoredFile)
        .where(StoredFile.id == file_id, StoredFile.state == "ready")
        .values(state="deleted", original_name="")
    )


def clear_away(cabinet: Cabinet, now: datetime) -> Mapping[str, int]:
    """Remove what nobody can use any more: unfinished uploads, notes of refusals, bytes of deleted files."""
    before = now - cabinet.upload_time
    counts = {"receiving": 0, "refused": 0, "deleted": 0}
    with cabinet.sessions() as session:
        is_old = _file.c.state.in_(["receiving", "refused"]) & (_file.c.created_at <= before)
        has_bytes = (_file.c.state == "deleted") & _file.c.storage_key.is_not(None)
        rows = session.scalars(select(StoredFile).where(is_old | has_bytes)).all()
    for row in rows:
        counts[row.state] += _clear(cabinet, row)
    for folder in cabinet.uploads.glob(f"{_WORK}*"):
        with suppress(FileNotFoundError):
            if folder.stat().st_mtime < before.timestamp():
                shutil.rmtree(folder, ignore_errors=True)
    cabinet.store.tidy(before)
    return counts


def _clear(cabinet: Cabinet, row: StoredFile) -> int:
    """Clear one file away; 0 when somebody works on it at this very moment, or the store does not answer."""
    try:
        if row.state == "deleted":
            _delete_bytes(cabinet, row)
            row.storage_key = row.thumbnail_key = None
            _write_down(cabinet, row, "storage_key", "thumbnail_key")
            return 1
        with suppress(FileNotFoundError), _locked(_path(cabinet, row.id)):
            return _clear_unfinished(cabinet, row.id)
        # Its bytes are gone, so that nobody can be working on it.
        return _clear_unfinished(cabinet, row.id)
    except PlpError as problem:
        log.warning("file not cleared away: %s", problem.code)
        return 0


def _clear_unfinished(cabinet: Cabinet, file_id: str) -> int:
    with cabinet.sessions() as session:
        row = session.get(StoredFile, file_id)
    # It may have been finished since it was found.
    if row is None or row.state not in {"receiving", "refused"}:
        return 0
    _forget(cabinet, row)
    return 1


def _forget(cabinet: Cabinet, row: StoredFile) -> None:
    """Remove an upload that never became a file, bytes first: a row that is left over is found again."""
    _delete_bytes(cabinet, row)
    _path(cabinet, row.id).unlink(missing_ok=True)
    with cabinet.sessions.begin() as session:
        session.execute(
            delete(_file).where(_file.c.id == row.id, _file.c.state.in_(["receiving", "refused"]))
        )


def _delete_bytes(cabinet: Cabinet, row: StoredFile) -> None:
    for key in (row.storage_key, row.thumbnail_key):
        if key:
            cabinet.store.delete(key)


def _path(cabinet: Cabinet, file_id: str) -> Path:
    return cabinet.uploads / f"{file_id}.part"


def _upload(cabinet: Cabinet, row: StoredFile) -> Upload:
    return Upload(row.id, row.received, row.declared_size, row.created_at + cabinet.upload_time)


def _own(session: Session, actor: Actor, file_id: str) -> StoredFile:
    row = session.get(StoredFile, file_id)
    if (
        row is None
        or row.state == "deleted"
        or (row.tenant_id, row.owner_id) != (actor.tenant_id, actor.person_id)
    ):
        raise _unknown()
    return row


def _require_there(cabinet: Cabinet, row: StoredFile, now: datetime) -> None:
    if now >= row.created_at + cabinet.upload_time or not _path(cabinet, row.id).exists():
        raise _unknown()


def _unknown() -> NotFound:
    return NotFound("There is no such upload, or it took too long.", code="upload_unknown")


@contextmanager
def _held(
    cabinet: Cabinet, actor: Actor, file_id: str, now: datetime
) -> Iterator[tuple[StoredFile, BinaryIO]]:
    """Hold an upload of this person's, with its row as it stands while nobody else can change it."""
    with cabinet.sessions() as session:
        _require_there(cabinet, _own(session, actor, file_id), now)
    try:
        with _locked(_path(cabinet, file_id)) as file:
            with cabinet.sessions() as session:
                row = _own(session, actor, file_id)
            yield row, file
    except FileNotFoundError as problem:
        raise _unknown() from problem


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """Open a file that waits for bytes, for one at a time.

    :raise FileNotFoundError: when there is none.
    :raise PlpError: ``upload_busy`` (409) when somebody else has it.
    """
    with path.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise PlpError("upload_busy", 409, "Another request works on this upload.") from problem
        try:
            yield file
        finally:
            # Closing is not enough: a process that another thread is just starting holds a copy of the open file, and
            # with it the lock, until it runs its own program.
            fcntl.flock(file, fcntl.LOCK_UN)
