"""first tables.

Revision: 0001
Follows: None
"""

import sqlalchemy as sa
from alembic import op

from lti_plp import database

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "platform_key_set",
        sa.Column("jwks_url", sa.String(length=500), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=True),
        sa.Column("fetched_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("fresh_until", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("asked_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("asked_for_unknown_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("jwks_url", name=op.f("pk_platform_key_set")),
    )
    op.create_table(
        "registration",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("auth_url", sa.Text(), nullable=False),
        sa.Column("token_url", sa.Text(), nullable=False),
        sa.Column("token_audience", sa.Text(), nullable=False),
        sa.Column("jwks_url", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('canvas', 'schoology', 'moodle', 'other')", name=op.f("ck_registration_kind")
        ),
        sa.CheckConstraint("status IN ('active', 'disabled')", name=op.f("ck_registration_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sa.UniqueConstraint("issuer", "client_id", name=op.f("uq_registration_issuer_client_id")),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("name", name=op.f("uq_tenant_name")),
    )
    op.create_table(
        "tool_key",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("private_pem", sa.Text(), nullable=False),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("signs_from", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("retires_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_tool_key")),
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("registration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lti_deployment_id", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("first_seen_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status <> 'active' OR tenant_id IS NOT NULL", name=op.f("ck_deployment_active_has_tenant")
        ),
        sa.CheckConstraint("status IN ('pending', 'active', 'disabled')", name=op.f("ck_deployment_status")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_deployment_registration_id_registration")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_deployment_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
        sa.UniqueConstraint(
            "registration_id",
            "lti_deployment_id",
            name=op.f("uq_deployment_registration_id_lti_deployment_id"),
        ),
    )
    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deployment_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "login_state",
        sa.Column("state_hash", sa.String(length=43), nullable=False),
        sa.Column("registration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("nonce_hash", sa.String(length=43), nullable=False),
        sa.Column("browser_hash", sa.String(length=43), nullable=False),
        sa.Column("target_link_uri", sa.Text(), nullable=False),
        sa.Column("expires_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("pending_hash", sa.String(length=43), nullable=True),
        sa.Column("pending_claims", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_login_state_registration_id_registration")
        ),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_login_state")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("login_state", schema=None) as batch_op:
        batch_op.create_index(
            "ix_login_state_pending_hash",
            ["pending_hash"],
            unique=True,
            sqlite_where=sa.text("pending_hash IS NOT NULL"),
            postgresql_where=sa.text("pending_hash IS NOT NULL"),
        )

    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("given_name", sa.String(length=255), nullable=False),
        sa.Column("family_name", sa.String(length=255), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_person_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "registration_invitation",
        sa.Column("token_hash", sa.String(length=43), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("registration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_registration_invitation_registration_id_registration"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_registration_invitation_tenant_id_tenant")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_registration_invitation")),
    )
    op.create_table(
        "seen_notice",
        sa.Column("registration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notice_id", sa.String(length=255), nullable=False),
        sa.Column("seen_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_seen_notice_registration_id_registration")
        ),
        sa.PrimaryKeyConstraint("registration_id", "notice_id", name=op.f("pk_seen_notice")),
    )
    op.create_table(
        "service_token",
        sa.Column("registration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scopes", sa.String(length=512), nullable=False),
        sa.Column("granted", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("expires_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_service_token_registration_id_registration"),
        ),
        sa.PrimaryKeyConstraint("registration_id", "scopes", name=op.f("pk_service_token")),
    )
    op.create_table(
        "course",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deployment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lti_context_id", sa.String(length=300), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("memberships_url", sa.Text(), nullable=False),
        sa.Column("line_items_url", sa.Text(), nullable=False),
        sa.Column("ags_scopes", sa.Text(), nullable=False),
        sa.Column("roster_read_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("roster_tried_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name=op.f("fk_course_deployment_id_deployment")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_course_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint(
            "deployment_id", "lti_context_id", name=op.f("uq_course_deployment_id_lti_context_id")
        ),
    )
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_course_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "identity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_identity_person_id_person")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_identity_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint(
            "tenant_id", "issuer", "subject", name=op.f("uq_identity_tenant_id_issuer_subject")
        ),
    )
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_person_id"), ["person_id"], unique=False)

    op.create_table(
        "reflection_template",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("grading", sa.String(length=10), nullable=False),
        sa.Column("max_points", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("layout", sa.String(length=5), nullable=False),
        sa.Column("allow_resubmit", sa.Boolean(), nullable=False),
        sa.Column("due_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(grading = 'none') = (max_points IS NULL)",
            name=op.f("ck_reflection_template_points_when_graded"),
        ),
        sa.CheckConstraint(
            "grading IN ('points', 'complete', 'none')", name=op.f("ck_reflection_template_grading")
        ),
        sa.CheckConstraint("layout IN ('one', 'all')", name=op.f("ck_reflection_template_layout")),
        sa.CheckConstraint(
            "max_points IS NULL OR max_points > 0", name=op.f("ck_reflection_template_points_positive")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_reflection_template_author_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_reflection_template_tenant_id_tenant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reflection_template")),
    )
    with op.batch_alter_table("reflection_template", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reflection_template_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reflection_template_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("roles", sa.String(length=255), nullable=False),
        sa.Column("mentor_of", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.CheckConstraint("status IN ('active', 'inactive')", name=op.f("ck_enrolment_status")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_enrolment_course_id_course")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_enrolment_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("course_id", "person_id", name=op.f("uq_enrolment_course_id_person_id")),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_enrolment_course_id_of_teachers",
            ["course_id"],
            unique=False,
            sqlite_where=sa.text("roles LIKE '%instructor%'"),
            postgresql_where=sa.text("roles LIKE '%instructor%'"),
        )
        batch_op.create_index(batch_op.f("ix_enrolment_person_id"), ["person_id"], unique=False)

    op.create_table(
        "resource_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deployment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lti_resource_link_id", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("template_id", sa.String(length=36), nullable=True),
        sa.Column("line_item_url", sa.Text(), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_resource_link_course_id_course")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name=op.f("fk_resource_link_deployment_id_deployment")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["reflection_template.id"],
            name=op.f("fk_resource_link_template_id_reflection_template"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_resource_link_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_link")),
        sa.UniqueConstraint(
            "deployment_id",
            "lti_resource_link_id",
            name=op.f("uq_resource_link_deployment_id_lti_resource_link_id"),
        ),
    )
    with op.batch_alter_table("resource_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resource_link_course_id"), ["course_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_resource_link_template_id"), ["template_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_resource_link_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "outbox_score",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("resource_link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("maybe_received", sa.Boolean(), nullable=False),
        sa.Column("score_timestamp", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'newer_there', 'failed')",
            name=op.f("ck_outbox_score_state"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_outbox_score_person_id_person")),
        sa.ForeignKeyConstraint(
            ["resource_link_id"],
            ["resource_link.id"],
            name=op.f("fk_outbox_score_resource_link_id_resource_link"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_outbox_score_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_score")),
        sa.UniqueConstraint("cause", name=op.f("uq_outbox_score_cause")),
    )
    with op.batch_alter_table("outbox_score", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_score_resource_link_id_person_id_id",
            ["resource_link_id", "person_id", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_outbox_score_state_next_attempt_at", ["state", "next_attempt_at"], unique=False
        )

    op.create_table(
        "reflection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("template_id", sa.String(length=36), nullable=False),
        sa.Column("resource_link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("started_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("saved_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("submissions", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'draft') OR (submitted_at IS NOT NULL)", name=op.f("ck_reflection_submitted_has_time")
        ),
        sa.CheckConstraint("state IN ('draft', 'submitted')", name=op.f("ck_reflection_state")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reflection_person_id_person")),
        sa.ForeignKeyConstraint(
            ["resource_link_id"],
            ["resource_link.id"],
            name=op.f("fk_reflection_resource_link_id_resource_link"),
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["reflection_template.id"],
            name=op.f("fk_reflection_template_id_reflection_template"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_reflection_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reflection")),
        sa.UniqueConstraint(
            "person_id", "resource_link_id", name=op.f("uq_reflection_person_id_resource_link_id")
        ),
    )
    with op.batch_alter_table("reflection", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reflection_resource_link_id"), ["resource_link_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_reflection_template_id"), ["template_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reflection_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "web_session",
        sa.Column("handle", sa.String(length=24), nullable=False),
        sa.Column("browser_hash", sa.String(length=43), nullable=True),
        sa.Column("token_hash", sa.String(length=43), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deployment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("resource_link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("roles", sa.String(length=255), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("frame_origins", sa.Text(), nullable=False),
        sa.Column("return_url", sa.Text(), nullable=False),
        sa.Column("deep_linking", sa.JSON(), nullable=True),
        sa.Column("used_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "browser_hash IS NOT NULL OR token_hash IS NOT NULL", name=op.f("ck_web_session_bound")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_web_session_course_id_course")),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name=op.f("fk_web_session_deployment_id_deployment")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_web_session_person_id_person")),
        sa.ForeignKeyConstraint(
            ["resource_link_id"],
            ["resource_link.id"],
            name=op.f("fk_web_session_resource_link_id_resource_link"),
        ),
        sa.PrimaryKeyConstraint("handle", name=op.f("pk_web_session")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index("ix_web_session_browser_hash", ["browser_hash"], unique=False)

    op.create_table(
        "kept_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reflection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("question_key", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("kept_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason IN ('conflict', 'replaced')", name=op.f("ck_kept_answer_reason")),
        sa.ForeignKeyConstraint(
            ["reflection_id"], ["reflection.id"], name=op.f("fk_kept_answer_reflection_id_reflection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answer")),
    )
    with op.batch_alter_table("kept_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_answer_reflection_id"), ["reflection_id"], unique=False)

    op.create_table(
        "reflection_answer",
        sa.Column("reflection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("question_key", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["reflection_id"], ["reflection.id"], name=op.f("fk_reflection_answer_reflection_id_reflection")
        ),
        sa.PrimaryKeyConstraint("reflection_id", "question_key", name=op.f("pk_reflection_answer")),
    )
    op.create_table(
        "reflection_submission",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reflection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("submitted_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["reflection_id"],
            ["reflection.id"],
            name=op.f("fk_reflection_submission_reflection_id_reflection"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reflection_submission")),
        sa.UniqueConstraint(
            "reflection_id", "number", name=op.f("uq_reflection_submission_reflection_id_number")
        ),
    )
    op.create_table(
        "reflection_rating",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reflection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("submission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rater_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("points", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("rated_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "points IS NULL OR points >= 0", name=op.f("ck_reflection_rating_points_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["rater_id"], ["person.id"], name=op.f("fk_reflection_rating_rater_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["reflection_id"], ["reflection.id"], name=op.f("fk_reflection_rating_reflection_id_reflection")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["reflection_submission.id"],
            name=op.f("fk_reflection_rating_submission_id_reflection_submission"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reflection_rating")),
    )
    with op.batch_alter_table("reflection_rating", schema=None) as batch_op:
        batch_op.create_index("ix_reflection_rating_reflection_id_id", ["reflection_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_reflection_rating_submission_id"), ["submission_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("reflection_rating", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reflection_rating_submission_id"))
        batch_op.drop_index("ix_reflection_rating_reflection_id_id")

    op.drop_table("reflection_rating")
    op.drop_table("reflection_submission")
    op.drop_table("reflection_answer")
    with op.batch_alter_table("kept_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_answer_reflection_id"))

    op.drop_table("kept_answer")
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index("ix_web_session_browser_hash")

    op.drop_table("web_session")
    with op.batch_alter_table("reflection", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reflection_tenant_id"))
        batch_op.drop_index(batch_op.f("ix_reflection_template_id"))
        batch_op.drop_index(batch_op.f("ix_reflection_resource_link_id"))

    op.drop_table("reflection")
    with op.batch_alter_table("outbox_score", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_score_state_next_attempt_at")
        batch_op.drop_index("ix_outbox_score_resource_link_id_person_id_id")

    op.drop_table("outbox_score")
    with op.batch_alter_table("resource_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resource_link_tenant_id"))
        batch_op.drop_index(batch_op.f("ix_resource_link_template_id"))
        batch_op.drop_index(batch_op.f("ix_resource_link_course_id"))

    op.drop_table("resource_link")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolment_person_id"))
        batch_op.drop_index(
            "ix_enrolment_course_id_of_teachers",
            sqlite_where=sa.text("roles LIKE '%instructor%'"),
            postgresql_where=sa.text("roles LIKE '%instructor%'"),
        )

    op.drop_table("enrolment")
    with op.batch_alter_table("reflection_template", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reflection_template_tenant_id"))
        batch_op.drop_index(batch_op.f("ix_reflection_template_author_id"))

    op.drop_table("reflection_template")
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_person_id"))

    op.drop_table("identity")
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_tenant_id"))

    op.drop_table("course")
    op.drop_table("service_token")
    op.drop_table("seen_notice")
    op.drop_table("registration_invitation")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_tenant_id"))

    op.drop_table("person")
    with op.batch_alter_table("login_state", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_login_state_pending_hash",
            sqlite_where=sa.text("pending_hash IS NOT NULL"),
            postgresql_where=sa.text("pending_hash IS NOT NULL"),
        )

    op.drop_table("login_state")
    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deployment_tenant_id"))

    op.drop_table("deployment")
    op.drop_table("tool_key")
    op.drop_table("tenant")
    op.drop_table("registration")
    op.drop_table("platform_key_set")
