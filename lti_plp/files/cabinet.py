"""What this room works with, made once for a process: the store, the folder of unfinished uploads, and the limits."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.files.store import FileStore, base_folder, make_store
from lti_plp.settings import Settings

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Cabinet:
    """Shared by all threads of a process."""

    store: FileStore
    uploads: Path
    """Where the bytes of unfinished uploads wait. All processes that receive files see the same folder."""
    sessions: sessionmaker[Session]
    """Short transactions: none is open while bytes are on their way."""
    max_size: int
    quota: int
    upload_time: timedelta


def make_cabinet(settings: Settings, engine: Engine) -> Cabinet:
    """Put a process's cabinet together.

    :raise ValueError: when the address of the store makes no sense.
    """
    return Cabinet(
        store=make_store(settings),
        uploads=Path(settings.upload_dir) if settings.upload_dir else base_folder(settings) / "uploads",
        sessions=sessionmaker(engine, expire_on_commit=False),
        max_size=settings.max_file_megabytes * MEGABYTE,
        quota=settings.student_quota_megabytes * MEGABYTE,
        upload_time=timedelta(hours=settings.upload_hours),
    )
