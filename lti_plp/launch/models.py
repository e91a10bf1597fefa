"""Tables of launching: registrations, keys, logins under way, web sessions, service tokens.

Each launch writes a login and a web session. These two tables have no index that only the hourly clearing away would
use, and SQLite keeps them in the order of their key: every index more is a page more that each launch writes.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime


class Registration(Base):
    """What a platform and we know of each other: one row per (issuer, client id)."""

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("issuer", "client_id"),
        CheckConstraint("kind IN ('canvas', 'schoology', 'moodle', 'other')", name="kind"),
        CheckConstraint("status IN ('active', 'disabled')", name="status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(255))
    issuer: Mapped[str] = mapped_column(String(255))
    client_id: Mapped[str] = mapped_column(String(255))
    auth_url: Mapped[str] = mapped_column(Text)
    token_url: Mapped[str] = mapped_column(Text)
    token_audience: Mapped[str] = mapped_column(Text, default="")
    """``aud`` of our client assertion when it is not the token URL (the platform's ``authorization_server``)."""
    jwks_url: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10), default="active")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ToolKey(Base):
    """A key pair of ours: published once made, signs from ``signs_from`` on, gone at ``retires_at``."""

    __tablename__ = "tool_key"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    private_pem: Mapped[str] = mapped_column(Text)
    """Sealed by :class:`lti_plp.database.SecretBox`."""
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signs_from: Mapped[datetime] = mapped_column(UtcDateTime)
    retires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PlatformKeySet(Base):
    """A platform's key set as last read; shared, so that all our processes together ask for it rarely."""

    __tablename__ = "platform_key_set"

    jwks_url: Mapped[str] = mapped_column(String(500), primary_key=True)
    keys: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    """The JWKs that can verify a launch; null as long as none were read."""
    fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fresh_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a process last set out to fetch it, by plan or on an unknown kid."""
    asked_for_unknown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a process last set out to fetch it because of an unknown kid."""


class LoginState(Base):
    """A login under way. Deleted when its launch arrives: a state is good for one launch."""

    __tablename__ = "login_state"
    __table_args__ = (
        # Where cookies work nothing is ever pending.
        Index(
            "ix_login_state_pending_hash",
            "pending_hash",
            unique=True,
            sqlite_where=text("pending_hash IS NOT NULL"),
            postgresql_where=text("pending_hash IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    state_hash: Mapped[str] = mapped_column(String(43), primary_key=True)
    registration_id: Mapped[int] = mapped_column(BigId, ForeignKey("registration.id"))
    nonce_hash: Mapped[str] = mapped_column(String(43))
    browser_hash: Mapped[str] = mapped_column(String(43))
    """Of the secret that the browser keeps, in a cookie or in the platform's storage."""
    target_link_uri: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    pending_hash: Mapped[str | None] = mapped_column(String(43))
    """Of the one-time id under which a verified launch waits for the platform's storage to name the browser."""
    pending_claims: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class WebSession(Base):
    """What a verified launch opened. The handle stands in URLs and opens nothing without the browser's secret."""

    __tablename__ = "web_session"
    __table_args__ = (
        CheckConstraint("browser_hash IS NOT NULL OR token_hash IS NOT NULL", name="bound"),
        Index("ix_web_session_browser_hash", "browser_hash"),
        {"sqlite_with_rowid": False},
    )

    handle: Mapped[str] = mapped_column(String(24), primary_key=True)
    browser_hash: Mapped[str | None] = mapped_column(String(43))
    """Of the browser's cookie; null when the browser keeps none of ours."""
    token_hash: Mapped[str | None] = mapped_column(String(43))
    """Of the bearer token that the page holds in memory; null where the cookie serves."""
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    deployment_id: Mapped[int] = mapped_column(BigId, ForeignKey("deployment.id"))
    course_id: Mapped[int] = mapped_column(BigId, ForeignKey("course.id"))
    resource_link_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("resource_link.id"))
    roles: Mapped[str] = mapped_column(String(255))
    is_test: Mapped[bool] = mapped_column(default=False)
    """Whether the launch was the platform's student preview."""
    locale: Mapped[str] = mapped_column(String(20), default="")
    frame_origins: Mapped[str] = mapped_column(Text)
    """Origins that may frame this session's pages, separated by spaces."""
    return_url: Mapped[str] = mapped_column(Text, default="")
    is_in_no_course: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it was opened from a place that belongs to no course; its course is a row that stands for that place."""
    is_acted: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether somebody else acts as the person; nothing can be changed then."""
    acted_by: Mapped[int | None] = mapped_column(BigId)
    """Who that is, a person's id, where the platform says it in a way that can be relied on."""
    deep_linking: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """Settings of a deep linking request; null for an ordinary launch."""
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """The absolute end; the idle limit counts from ``used_at``."""


class ServiceToken(Base):
    """An access token for a platform's services, shared by all our processes."""

    __tablename__ = "service_token"

    registration_id: Mapped[int] = mapped_column(BigId, ForeignKey("registration.id"), primary_key=True)
    scopes: Mapped[str] = mapped_column(String(512), primary_key=True)
    """Scopes asked for, sorted, separated by spaces."""
    granted: Mapped[str] = mapped_column(Text)
    """Scopes that were granted."""
    token: Mapped[str] = mapped_column(Text)
    """Sealed by :class:`lti_plp.database.SecretBox`."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RegistrationInvitation(Base):
    """An administrator's one-time permission to register a platform dynamically."""

    __tablename__ = "registration_invitation"

    token_hash: Mapped[str] = mapped_column(String(43), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registration_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("registration.id"))


class SeenNotice(Base):
    """A platform notice that was dealt with, so that a repeated one is not."""

    __tablename__ = "seen_notice"

    registration_id: Mapped[int] = mapped_column(BigId, ForeignKey("registration.id"), primary_key=True)
    notice_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NoticeHandler(Base):
    """What came of telling a platform where its notices are to go."""

    __tablename__ = "notice_handler"

    deployment_id: Mapped[int] = mapped_column(BigId, ForeignKey("deployment.id"), primary_key=True)
    service_url: Mapped[str] = mapped_column(Text)
    """Where the platform was told, as its launch named it then."""
    handler: Mapped[str] = mapped_column(Text)
    """Our address that it was told."""
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime)
    registered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Null as long as the platform has not agreed."""
    problem: Mapped[str] = mapped_column(String(40), default="")
    """Why the last try failed: a stable name."""
