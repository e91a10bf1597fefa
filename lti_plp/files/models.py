"""The table of files."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime


class StoredFile(Base):
    """A file that somebody sends, or has sent.

    Its keys are written down before anything is kept under them, so that whatever ends a process in between, every
    kept byte is named by a row.
    """

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("state IN ('receiving', 'ready', 'refused', 'deleted')", name="state"),
        CheckConstraint("declared_size > 0", name="declared_size"),
        CheckConstraint("received >= 0 AND received <= declared_size", name="received"),
        CheckConstraint(
            "state <> 'ready' OR (received = declared_size AND size > 0 AND size IS NOT NULL"
            " AND sha256 IS NOT NULL AND content_type IS NOT NULL AND storage_key IS NOT NULL"
            " AND finished_at IS NOT NULL)",
            name="ready_is_complete",
        ),
        CheckConstraint("state <> 'refused' OR refusal IS NOT NULL", name="refused_has_reason"),
        CheckConstraint("(width IS NULL) = (height IS NULL)", name="width_and_height"),
        # Counting what a student has, and finding what can be cleared away.
        Index("ix_stored_file_owner_id_state", "owner_id", "state"),
        Index("ix_stored_file_state_created_at", "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(10), default="receiving")
    declared_size: Mapped[int] = mapped_column(BigInteger)
    """Bytes that were announced."""
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    """Bytes of those that have arrived."""
    size: Mapped[int | None] = mapped_column(BigInteger)
    """Bytes that are kept; another number than was received when an image was made anew."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Of what is kept."""
    content_type: Mapped[str | None] = mapped_column(String(100))
    """Decided from the content alone; one of ``lti_plp.files.kinds``."""
    refusal: Mapped[str | None] = mapped_column(String(40))
    """Why it was refused: the code of an error."""
    original_name: Mapped[str] = mapped_column(String(150), default="")
    """As its owner calls it, for the name of a download and nothing else."""
    storage_key: Mapped[str | None] = mapped_column(String(60), unique=True)
    thumbnail_key: Mapped[str | None] = mapped_column(String(60), unique=True)
    width: Mapped[int | None]
    """Of an image, in pixels."""
    height: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
