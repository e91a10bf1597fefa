"""Tables of the directory (who and where) and of the outbox (what leaves).

Registrations live in ``lti_plp.launch``, which stands above this room; the foreign key names that table as text.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_plp.database import Base, BigId, UtcDateTime


class Tenant(Base):
    """A district. No row of one tenant refers to a row of another."""

    __tablename__ = "tenant"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Deployment(Base):
    """A door through which a tenant's people come: (issuer, client id, deployment id).

    A deployment that nobody announced is recorded as ``pending`` and stays shut until an administrator assigns it.
    """

    __tablename__ = "deployment"
    __table_args__ = (
        UniqueConstraint("registration_id", "lti_deployment_id"),
        CheckConstraint("status IN ('pending', 'active', 'disabled')", name="status"),
        CheckConstraint("status <> 'active' OR tenant_id IS NOT NULL", name="active_has_tenant"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    registration_id: Mapped[int] = mapped_column(BigId, ForeignKey("registration.id"))
    tenant_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("tenant.id"), index=True)
    lti_deployment_id: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(10))
    platform_name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    """What the platform calls itself, which is a school's name; empty until a launch has told it."""
    platform_guid: Mapped[str] = mapped_column(String(255), default="", server_default="")
    """Which instance it is: all schools of a hosted platform have one issuer; empty until a launch has told it."""
    notices_url: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Where it is told what this tool wants to hear of; empty as long as no launch has offered it."""
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Person(Base):
    """A human being in one tenant, whatever number of platforms know them."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"), index=True)
    name: Mapped[str] = mapped_column(String(255), default="")
    """As the platform shows it; empty when the platform keeps names to itself."""
    given_name: Mapped[str] = mapped_column(String(255), default="")
    family_name: Mapped[str] = mapped_column(String(255), default="")
    student_number: Mapped[str] = mapped_column(String(255), default="", server_default="")
    """The school's own number of a student; empty when the platform does not tell it, and for everybody else."""
    is_test: Mapped[bool] = mapped_column(default=False)
    """A platform's own student preview; never owns a plan."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Identity(Base):
    """What a platform calls a person: (issuer, subject), within a tenant (LTI Core 1.3, 5.3.6)."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("tenant_id", "issuer", "subject"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    lms_id: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """What the platform's own services call the person; empty when that is the subject, or nobody has told it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PersonJudgement(Base):
    """What an administrator said of two people who may be one: the same, or two. Append-only, and said once."""

    __tablename__ = "person_judgement"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="in_order"),
        CheckConstraint("kept_id IS NULL OR kept_id IN (first_id, second_id)", name="kept"),
        # Whoever writes something of a person is asked whether that one was given up.
        Index("ix_person_judgement_second_id", "second_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    first_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    second_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    kept_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    """Who both are from now on; null when they are two people."""
    judged_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    judged_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Course(Base):
    """A context of a platform: (deployment, context id). Addresses of its services are those of the newest launch."""

    __tablename__ = "course"
    __table_args__ = (UniqueConstraint("deployment_id", "lti_context_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"), index=True)
    deployment_id: Mapped[int] = mapped_column(BigId, ForeignKey("deployment.id"))
    lti_context_id: Mapped[str] = mapped_column(String(300))
    """The platform's id; ``link:<resource link id>`` for a link that the platform places outside any context."""
    title: Mapped[str] = mapped_column(Text, default="")
    label: Mapped[str] = mapped_column(Text, default="")
    memberships_url: Mapped[str] = mapped_column(Text, default="")
    """NRPS; empty when the platform does not offer it here."""
    line_items_url: Mapped[str] = mapped_column(Text, default="")
    """AGS; empty when the platform does not offer it here."""
    ags_scopes: Mapped[str] = mapped_column(Text, default="")
    """Granted AGS scopes, separated by spaces."""
    copied_from: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Contexts that it was copied from, nearest first, a line each, as the tool's own parameters told last."""
    roster_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the roster was last read completely."""
    roster_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When reading it was last tried, well or not."""
    missing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when the platform says that it has no such course; null as soon as it has it again."""
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when that is certain, and everybody's part in it has ended."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


TEACHES = text("enrolment.roles LIKE '%instructor%'")
"""Condition on an enrolment; no other role's name holds this one. Word for word the one of the index below."""


class Enrolment(Base):
    """A person in a course. Roles are replaced, never added to, at each launch and each complete roster."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("course_id", "person_id"),
        CheckConstraint("status IN ('active', 'inactive')", name="status"),
        # A student's page names the teacher, who is one among all the people of a course.
        Index(
            "ix_enrolment_course_id_of_teachers",
            "course_id",
            sqlite_where=text("roles LIKE '%instructor%'"),
            postgresql_where=text("roles LIKE '%instructor%'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course_id: Mapped[int] = mapped_column(BigId, ForeignKey("course.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    subject: Mapped[str] = mapped_column(String(255), default="", server_default="")
    """What the platform calls the person in this course: of merged accounts that differs by course. Empty: not told."""
    roles: Mapped[str] = mapped_column(String(255), default="")
    """Sorted role names, separated by spaces."""
    mentor_of: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Subjects of the students whom this person may follow here (claim ``role_scope_mentor``)."""
    sections: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Names of the sections of the course that this person is in, a line each; empty where nobody tells them."""
    status: Mapped[str] = mapped_column(String(10), default="active")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when it is inactive; who taught somebody may look for some days more. Null for as long as it is active."""


class Relationship(Base):
    """An adult has to do with a student outside any course: an advisor, a counselor. An administrator says so."""

    __tablename__ = "relationship"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('advisor', 'counselor', 'case_manager', 'mentor', 'advocate')", name="kind"
        ),
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="dates"),
        CheckConstraint("adult_id <> student_id", name="two_people"),
        Index(
            "uq_relationship_open",
            "adult_id",
            "student_id",
            "kind",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    adult_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    student_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """The last day; null for an open end."""
    made_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    """Null for a command of whoever runs the tool."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When somebody ended it before its last day."""


class StandIn(Base):
    """Somebody stands in for a colleague, in one course or for all the colleague's advisees, for some days."""

    __tablename__ = "stand_in"
    __table_args__ = (
        CheckConstraint("kind IN ('substitute', 'co_teacher', 'co_advisor')", name="kind"),
        CheckConstraint("valid_from <= valid_to", name="dates"),
        CheckConstraint("person_id <> for_id", name="two_people"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    for_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    course_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("course.id"), index=True)
    """Null for the students whom the colleague advises."""
    kind: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    """The last day."""
    made_by: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was ended before its last day."""


class SchoolYear(Base):
    """A district's calendar of one year."""

    __tablename__ = "school_year"
    __table_args__ = (
        UniqueConstraint("tenant_id", "first_day"),
        CheckConstraint("first_day < last_day", name="dates"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    periods: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """``{"name", "ends_on"}`` of each marking period, in order; ISO dates."""
    plans_due_on: Mapped[date | None]
    """By when every plan is to be formally updated; null where twelve months after the last time is the rule."""


class SavedView(Base):
    """How somebody likes to look at the students: what is shown, in which order."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("person_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[dict[str, str]] = mapped_column(JSON)
    """Names and values of the page's address."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ResourceLink(Base):
    """A placed link: (deployment, resource link id) in a course, pointing to a template."""

    __tablename__ = "resource_link"
    __table_args__ = (UniqueConstraint("deployment_id", "lti_resource_link_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"), index=True)
    deployment_id: Mapped[int] = mapped_column(BigId, ForeignKey("deployment.id"))
    course_id: Mapped[int] = mapped_column(BigId, ForeignKey("course.id"), index=True)
    lti_resource_link_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(Text, default="")
    template_id: Mapped[str | None] = mapped_column(ForeignKey("reflection_template.id"), index=True)
    line_item_url: Mapped[str] = mapped_column(Text, default="")
    """AGS line item of this link; empty when the platform keeps no grade for it."""
    page: Mapped[str] = mapped_column(String(20), default="", server_default="")
    """What it opens when it stands for no template: ``my_plan``, ``my_class``; else empty."""
    named_template: Mapped[str] = mapped_column(String(36), default="", server_default="")
    """What it named when it was opened last: of a copied link, still the template of the course it came from."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlacedTemplate(Base):
    """Which template a course means by the name that its links carry: the one that was placed there, or a copy of it.

    The key lets a class that opens a copied link in the same minute make one copy.
    """

    __tablename__ = "placed_template"
    __table_args__ = (CheckConstraint("template_id <> copied_from", name="copy_of_another"),)

    course_id: Mapped[int] = mapped_column(BigId, ForeignKey("course.id"), primary_key=True)
    named_id: Mapped[str] = mapped_column(ForeignKey("reflection_template.id"), primary_key=True, index=True)
    template_id: Mapped[str] = mapped_column(ForeignKey("reflection_template.id"), index=True)
    copied_from: Mapped[str | None] = mapped_column(ForeignKey("reflection_template.id"))
    """Null where it was placed and not copied."""
    copied_from_course_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("course.id"))
    """The course whose template it was; null when nobody knows that any more."""
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it was placed; of a copy, when somebody opened it first."""
    looked_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a teacher said of a copy that it is well so, or changed it; nothing is said about it any more."""
    looked_over_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))


class ContextOrigin(Base):
    """A platform told by a notice that a context was made from another one (``LtiContextCopyNotice``)."""

    __tablename__ = "context_origin"
    __table_args__ = (Index("ix_context_origin_deployment_id_context_id", "deployment_id", "context_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    deployment_id: Mapped[int] = mapped_column(BigId, ForeignKey("deployment.id"))
    context_id: Mapped[str] = mapped_column(String(255))
    origin_context_id: Mapped[str] = mapped_column(String(255))
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OutboxScore(Base):
    """A score on its way to a gradebook. Written in the transaction of the change that caused it."""

    __tablename__ = "outbox_score"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'newer_there', 'failed')", name="state"),
        Index("ix_outbox_score_state_next_attempt_at", "state", "next_attempt_at"),
        Index("ix_outbox_score_resource_link_id_person_id_id", "resource_link_id", "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigId, ForeignKey("tenant.id"))
    resource_link_id: Mapped[int] = mapped_column(BigId, ForeignKey("resource_link.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What is to be said, as ``lti_plp.lms.gateway.Score`` writes it; without the time of sending."""
    cause: Mapped[str] = mapped_column(String(80), unique=True)
    """Names the change that caused it (``submission:12``, ``rating:7``), so that one change is reported once."""
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    maybe_received: Mapped[bool] = mapped_column(default=False)
    """Whether the platform may have got it already: an attempt began whose end nobody saw."""
    score_timestamp: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Set before the first attempt and kept for all of them: a repeated message has the same meaning."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_code: Mapped[str] = mapped_column(String(40), default="")
    """Why the last attempt failed: a stable name, never the platform's words."""
