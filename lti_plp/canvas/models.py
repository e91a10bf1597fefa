"""Tables of what reading Canvas beyond LTI takes: a school's API key, people's permissions, places in the queue."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime


class CanvasApi(Base):
    """A school's API developer key: the second key, beside the one for LTI, which cannot call the REST services."""

    __tablename__ = "canvas_api"

    deployment_id: Mapped[int] = mapped_column(BigId, ForeignKey("deployment.id"), primary_key=True)
    base_url: Mapped[str] = mapped_column(String(255))
    """``https://school.instructure.com``; where people allow access and where everything is read."""
    client_id: Mapped[str] = mapped_column(String(255))
    client_secret: Mapped[str] = mapped_column(Text)
    """Sealed by :class:`lti_plp.database.SecretBox`."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CanvasGrant(Base):
    """A person's permission to read in their name. Gone as soon as they take it back."""

    __tablename__ = "canvas_grant"

    deployment_id: Mapped[int] = mapped_column(BigId, ForeignKey("deployment.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), primary_key=True)
    access_token: Mapped[str] = mapped_column(Text)
    """Sealed, as are all tokens here."""
    refresh_token: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    refreshing_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Until when somebody renews the access token, and others wait; null when nobody does."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when Canvas no longer accepts it: the person has to allow it anew."""
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CanvasConsent(Base):
    """A question to a person that is on its way to Canvas. Deleted with the answer: it is good for one."""

    __tablename__ = "canvas_consent"

    state_hash: Mapped[str] = mapped_column(String(43), primary_key=True)
    deployment_id: Mapped[int] = mapped_column(BigId, ForeignKey("deployment.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CanvasPlace(Base):
    """One of the few requests that may be under way to a Canvas at once, over all our processes."""

    __tablename__ = "canvas_place"

    client: Mapped[str] = mapped_column(String(512), primary_key=True)
    """Host and client id, which is what Canvas counts by."""
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    permission: Mapped[str] = mapped_column(String(43))
    """``<deployment id>:<person id>`` of the permission that it is used under, of which each has a share only."""
    holder: Mapped[str] = mapped_column(String(43))
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it falls back to whoever asks, though its holder has not given it back."""
