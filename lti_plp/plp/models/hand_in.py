"""Table of what students hand in to a course from their plan."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime


class HandIn(Base):
    """A student shows something of her own to whoever teaches a course, whoever else sees it."""

    __tablename__ = "hand_in"
    __table_args__ = (
        UniqueConstraint("person_id", "course_id", "kind", "item_id"),
        CheckConstraint("kind IN ('evidence', 'reflection', 'goal')", name="kind"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """UUID; travels in the address that the platform keeps as what was handed in."""
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    course_id: Mapped[int] = mapped_column(BigId, ForeignKey("course.id"))
    kind: Mapped[str] = mapped_column(String(12))
    item_id: Mapped[int] = mapped_column(BigId)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
