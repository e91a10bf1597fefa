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
        sa.Column("platform_name", sa.String(length=255), server_default="", nullable=False),
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
        sa.Column("student_number", sa.String(length=255), server_default="", nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_person_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "plan_template",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("first_grade", sa.Integer(), nullable=False),
        sa.Column("last_grade", sa.Integer(), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_grade <= last_grade", name=op.f("ck_plan_template_grades")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_plan_template_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_template")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_plan_template_tenant_id_name")),
    )
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
        "plan_template_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("template_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("elements", sa.JSON(), nullable=False),
        sa.Column("published_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["plan_template.id"],
            name=op.f("fk_plan_template_version_template_id_plan_template"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_template_version")),
        sa.UniqueConstraint(
            "template_id", "number", name=op.f("uq_plan_template_version_template_id_number")
        ),
    )
    with op.batch_alter_table("plan_template_version", schema=None) as batch_op:
        batch_op.create_index(
            "uq_plan_template_version_draft",
            ["template_id"],
            unique=True,
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        )

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
        "stored_file",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("declared_size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("content_type", sa.String(length=100), nullable=True),
        sa.Column("refusal", sa.String(length=40), nullable=True),
        sa.Column("original_name", sa.String(length=150), nullable=False),
        sa.Column("storage_key", sa.String(length=60), nullable=True),
        sa.Column("thumbnail_key", sa.String(length=60), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'ready' OR (received = declared_size AND size > 0 AND size IS NOT NULL AND sha256 IS NOT NULL AND content_type IS NOT NULL AND storage_key IS NOT NULL AND finished_at IS NOT NULL)",
            name=op.f("ck_stored_file_ready_is_complete"),
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR refusal IS NOT NULL", name=op.f("ck_stored_file_refused_has_reason")
        ),
        sa.CheckConstraint(
            "state IN ('receiving', 'ready', 'refused', 'deleted')", name=op.f("ck_stored_file_state")
        ),
        sa.CheckConstraint(
            "(width IS NULL) = (height IS NULL)", name=op.f("ck_stored_file_width_and_height")
        ),
        sa.CheckConstraint("declared_size > 0", name=op.f("ck_stored_file_declared_size")),
        sa.CheckConstraint(
            "received >= 0 AND received <= declared_size", name=op.f("ck_stored_file_received")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_stored_file_owner_id_person")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_stored_file_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_stored_file_storage_key")),
        sa.UniqueConstraint("thumbnail_key", name=op.f("uq_stored_file_thumbnail_key")),
    )
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.create_index("ix_stored_file_owner_id_state", ["owner_id", "state"], unique=False)
        batch_op.create_index("ix_stored_file_state_created_at", ["state", "created_at"], unique=False)

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
        "plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_developed_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("formally_updated_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("template_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("grade IS NULL OR grade BETWEEN 0 AND 12", name=op.f("ck_plan_grade")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_plan_person_id_person")),
        sa.ForeignKeyConstraint(
            ["template_version_id"],
            ["plan_template_version.id"],
            name=op.f("fk_plan_template_version_id_plan_template_version"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_plan_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("person_id", name=op.f("uq_plan_person_id")),
    )
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "plan_template_feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("template_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_role", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_plan_template_feedback_author_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["template_version_id"],
            ["plan_template_version.id"],
            name=op.f("fk_plan_template_feedback_template_version_id_plan_template_version"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_plan_template_feedback_tenant_id_tenant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_template_feedback")),
    )
    with op.batch_alter_table("plan_template_feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_template_feedback_tenant_id"), ["tenant_id"], unique=False)

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
        "action_step",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("planned_evidence", sa.Text(), nullable=False),
        sa.Column("supports", sa.JSON(), nullable=False),
        sa.Column("obstacle", sa.Text(), nullable=False),
        sa.Column("then_plan", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("removed_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "audience IN ('me', 'team', 'family', 'class', 'public')", name=op.f("ck_action_step_audience")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'in_progress', 'done', 'changed', 'dropped')",
            name=op.f("ck_action_step_state"),
        ),
        sa.CheckConstraint(
            "starts_on IS NULL OR due_on IS NULL OR starts_on <= due_on", name=op.f("ck_action_step_dates")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_action_step_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_step")),
    )
    with op.batch_alter_table("action_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_action_step_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "baseline_assessment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=255), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("scale", sa.String(length=255), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=True),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("replaces_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_baseline_assessment_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_baseline_assessment_plan_id_plan")),
        sa.ForeignKeyConstraint(
            ["replaces_id"],
            ["baseline_assessment.id"],
            name=op.f("fk_baseline_assessment_replaces_id_baseline_assessment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baseline_assessment")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_baseline_assessment_replaces_id")),
    )
    with op.batch_alter_table("baseline_assessment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_baseline_assessment_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "comment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_role", sa.String(length=20), nullable=False),
        sa.Column("item_kind", sa.String(length=20), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_comment_author_id_person")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_comment_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.create_index("ix_comment_plan_id_item", ["plan_id", "item_kind", "item_id"], unique=False)

    op.create_table(
        "evidence",
        sa.Column("medium", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("alternative", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("captured_on", sa.Date(), nullable=False),
        sa.Column("origin", sa.String(length=15), nullable=False),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("validated_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("validated_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("removed_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "audience IN ('me', 'team', 'family', 'class', 'public')", name=op.f("ck_evidence_audience")
        ),
        sa.CheckConstraint("medium <> 'file' OR file_id IS NOT NULL", name=op.f("ck_evidence_file_has_file")),
        sa.CheckConstraint("medium <> 'link' OR url <> ''", name=op.f("ck_evidence_link_has_address")),
        sa.CheckConstraint("medium IN ('file', 'link', 'text', 'lms')", name=op.f("ck_evidence_medium")),
        sa.CheckConstraint("origin IN ('in_school', 'out_of_school')", name=op.f("ck_evidence_origin")),
        sa.CheckConstraint(
            "(validated_by IS NULL) = (validated_at IS NULL)", name=op.f("ck_evidence_validated")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_evidence_course_id_course")),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_evidence_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_evidence_plan_id_plan")),
        sa.ForeignKeyConstraint(
            ["validated_by"], ["person.id"], name=op.f("fk_evidence_validated_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_file_id"), ["file_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index("ix_evidence_plan_id_captured_on", ["plan_id", "captured_on"], unique=False)

    op.create_table(
        "goal",
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("horizon", sa.String(length=5), nullable=False),
        sa.Column("years_ahead", sa.Integer(), nullable=True),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("target_on", sa.Date(), nullable=True),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("expectation", sa.Text(), nullable=False),
        sa.Column("pathway", sa.Text(), nullable=False),
        sa.Column("post_option", sa.String(length=40), nullable=False),
        sa.Column("preparation", sa.Text(), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("supporters", sa.JSON(), nullable=False),
        sa.Column("support_level", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("removed_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("(state = 'removed') = (removed_at IS NOT NULL)", name=op.f("ck_goal_removed")),
        sa.CheckConstraint(
            "audience IN ('me', 'team', 'family', 'class', 'public')", name=op.f("ck_goal_audience")
        ),
        sa.CheckConstraint("horizon IN ('short', 'long')", name=op.f("ck_goal_horizon")),
        sa.CheckConstraint("kind IN ('secondary', 'postsecondary', 'primary')", name=op.f("ck_goal_kind")),
        sa.CheckConstraint(
            "state IN ('draft', 'active', 'met', 'not_met', 'removed')", name=op.f("ck_goal_state")
        ),
        sa.CheckConstraint(
            "years_ahead IS NULL OR horizon = 'long'", name=op.f("ck_goal_years_of_a_long_one")
        ),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name=op.f("ck_goal_not_its_own_parent")),
        sa.CheckConstraint(
            "years_ahead IS NULL OR years_ahead BETWEEN 1 AND 20", name=op.f("ck_goal_years_ahead")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["goal.id"], name=op.f("fk_goal_parent_id_goal")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_goal_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal")),
    )
    with op.batch_alter_table("goal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_goal_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_goal_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "help_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("item_kind", sa.String(length=20), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("asked_of", sa.JSON(), nullable=False),
        sa.Column("opened_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('stuck', 'ready', 'meeting')", name=op.f("ck_help_request_kind")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_help_request_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_request")),
    )
    with op.batch_alter_table("help_request", schema=None) as batch_op:
        batch_op.create_index(
            "uq_help_request_open",
            ["plan_id", "kind", "item_kind", "item_id"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

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
        "plan_revision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("opened_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("finished_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("last_change", sa.Integer(), nullable=True),
        sa.Column("snapshot", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "kind IN ('initial', 'interim', 'annual', 'transition')", name=op.f("ck_plan_revision_kind")
        ),
        sa.CheckConstraint(
            "(finished_at IS NULL) = (snapshot IS NULL) AND (finished_at IS NULL) = (hash IS NULL)",
            name=op.f("ck_plan_revision_finished_is_complete"),
        ),
        sa.ForeignKeyConstraint(
            ["finished_by"], ["person.id"], name=op.f("fk_plan_revision_finished_by_person")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"], name=op.f("fk_plan_revision_opened_by_person")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_revision_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_revision")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_plan_revision_plan_id_number")),
    )
    with op.batch_alter_table("plan_revision", schema=None) as batch_op:
        batch_op.create_index(
            "uq_plan_revision_open",
            ["plan_id"],
            unique=True,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.create_table(
        "profile_entry",
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=True),
        sa.Column("alternative", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("removed_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "audience IN ('me', 'team', 'family', 'class', 'public')", name=op.f("ck_profile_entry_audience")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_profile_entry_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_profile_entry_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_entry")),
    )
    with op.batch_alter_table("profile_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_profile_entry_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "reflection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("template_id", sa.String(length=36), nullable=False),
        sa.Column("resource_link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("voice", sa.String(length=10), server_default="student", nullable=False),
        sa.Column("voice_name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("form", sa.String(length=20), server_default="journal", nullable=False),
        sa.Column("mode", sa.String(length=20), server_default="written", nullable=False),
        sa.Column("purpose", sa.String(length=10), server_default="formative", nullable=False),
        sa.Column("audience", sa.String(length=10), server_default="team", nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("started_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("saved_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("submissions", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'draft') OR (submitted_at IS NOT NULL)", name=op.f("ck_reflection_submitted_has_time")
        ),
        sa.CheckConstraint(
            "audience IN ('me', 'team', 'family', 'class', 'public')", name=op.f("ck_reflection_audience")
        ),
        sa.CheckConstraint("purpose IN ('formative', 'summative')", name=op.f("ck_reflection_purpose")),
        sa.CheckConstraint("state IN ('draft', 'submitted')", name=op.f("ck_reflection_state")),
        sa.CheckConstraint(
            "voice IN ('student', 'family', 'teacher', 'peer', 'community')", name=op.f("ck_reflection_voice")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_reflection_author_id_person")),
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
        batch_op.create_index(
            "uq_reflection_own",
            ["person_id", "template_id"],
            unique=True,
            sqlite_where=sa.text("resource_link_id IS NULL"),
            postgresql_where=sa.text("resource_link_id IS NULL"),
        )

    op.create_table(
        "suggestion",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_role", sa.String(length=20), nullable=False),
        sa.Column("item_kind", sa.String(length=20), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("made_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name=op.f("ck_suggestion_answered")),
        sa.CheckConstraint("state IN ('open', 'accepted', 'declined')", name=op.f("ck_suggestion_state")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_suggestion_author_id_person")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_suggestion_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
    )
    with op.batch_alter_table("suggestion", schema=None) as batch_op:
        batch_op.create_index("ix_suggestion_plan_id_state", ["plan_id", "state"], unique=False)

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
        "achievement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("step_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("progress", sa.String(length=20), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("raw_score", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.Column("raw_maximum", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.Column("occurred_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("source IN ('manual', 'lms', 'import')", name=op.f("ck_achievement_source")),
        sa.CheckConstraint(
            "(goal_id IS NULL) <> (step_id IS NULL)", name=op.f("ck_achievement_about_one_thing")
        ),
        sa.CheckConstraint("raw_maximum IS NULL OR raw_maximum > 0", name=op.f("ck_achievement_maximum")),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_achievement_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_achievement_goal_id_goal")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_achievement_plan_id_plan")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["person.id"], name=op.f("fk_achievement_recorded_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["step_id"], ["action_step.id"], name=op.f("fk_achievement_step_id_action_step")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_achievement")),
    )
    with op.batch_alter_table("achievement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_achievement_goal_id"), ["goal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_achievement_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_achievement_step_id"), ["step_id"], unique=False)

    op.create_table(
        "evidence_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("step_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reflection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(CASE WHEN goal_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN step_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN entry_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN reflection_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_evidence_link_about_one_thing"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["profile_entry.id"], name=op.f("fk_evidence_link_entry_id_profile_entry")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_link_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_evidence_link_goal_id_goal")),
        sa.ForeignKeyConstraint(
            ["reflection_id"], ["reflection.id"], name=op.f("fk_evidence_link_reflection_id_reflection")
        ),
        sa.ForeignKeyConstraint(
            ["step_id"], ["action_step.id"], name=op.f("fk_evidence_link_step_id_action_step")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_link")),
        sa.UniqueConstraint("evidence_id", "entry_id", name=op.f("uq_evidence_link_evidence_id_entry_id")),
        sa.UniqueConstraint("evidence_id", "goal_id", name=op.f("uq_evidence_link_evidence_id_goal_id")),
        sa.UniqueConstraint(
            "evidence_id", "reflection_id", name=op.f("uq_evidence_link_evidence_id_reflection_id")
        ),
        sa.UniqueConstraint("evidence_id", "step_id", name=op.f("uq_evidence_link_evidence_id_step_id")),
    )
    with op.batch_alter_table("evidence_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_link_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_link_goal_id"), ["goal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_link_reflection_id"), ["reflection_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_link_step_id"), ["step_id"], unique=False)

    op.create_table(
        "goal_profile_link",
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["profile_entry.id"], name=op.f("fk_goal_profile_link_entry_id_profile_entry")
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_goal_profile_link_goal_id_goal")),
        sa.PrimaryKeyConstraint("goal_id", "entry_id", name=op.f("pk_goal_profile_link")),
    )
    with op.batch_alter_table("goal_profile_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_goal_profile_link_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "goal_review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_version", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason_category", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("steps_stay", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('met', 'continue', 'extend', 'revise', 'remove')",
            name=op.f("ck_goal_review_outcome"),
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_goal_review_goal_id_goal")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_goal_review_plan_id_plan")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["person.id"], name=op.f("fk_goal_review_recorded_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["plan_revision.id"], name=op.f("fk_goal_review_revision_id_plan_revision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal_review")),
    )
    with op.batch_alter_table("goal_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_goal_review_goal_id"), ["goal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_goal_review_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_goal_review_revision_id"), ["revision_id"], unique=False)

    op.create_table(
        "goal_step",
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_goal_step_goal_id_goal")),
        sa.ForeignKeyConstraint(
            ["step_id"], ["action_step.id"], name=op.f("fk_goal_step_step_id_action_step")
        ),
        sa.PrimaryKeyConstraint("goal_id", "step_id", name=op.f("pk_goal_step")),
    )
    with op.batch_alter_table("goal_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_goal_step_step_id"), ["step_id"], unique=False)

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
        "plan_change",
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("acting_role", sa.String(length=20), nullable=False),
        sa.Column("item_kind", sa.String(length=20), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("reason_category", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "action IN ('add', 'edit', 'remove', 'restore', 'kept')", name=op.f("ck_plan_change_action")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_plan_change_actor_id_person")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_change_plan_id_plan")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["plan_revision.id"], name=op.f("fk_plan_change_revision_id_plan_revision")
        ),
        sa.PrimaryKeyConstraint("plan_id", "number", name=op.f("pk_plan_change")),
    )
    with op.batch_alter_table("plan_change", schema=None) as batch_op:
        batch_op.create_index(
            "ix_plan_change_plan_id_item", ["plan_id", "item_kind", "item_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_plan_change_revision_id"), ["revision_id"], unique=False)

    op.create_table(
        "reflection_about",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reflection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("step_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(CASE WHEN goal_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN step_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN evidence_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_reflection_about_about_one_thing"),
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_reflection_about_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_reflection_about_goal_id_goal")),
        sa.ForeignKeyConstraint(
            ["reflection_id"], ["reflection.id"], name=op.f("fk_reflection_about_reflection_id_reflection")
        ),
        sa.ForeignKeyConstraint(
            ["step_id"], ["action_step.id"], name=op.f("fk_reflection_about_step_id_action_step")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reflection_about")),
        sa.UniqueConstraint(
            "reflection_id", "evidence_id", name=op.f("uq_reflection_about_reflection_id_evidence_id")
        ),
        sa.UniqueConstraint(
            "reflection_id", "goal_id", name=op.f("uq_reflection_about_reflection_id_goal_id")
        ),
        sa.UniqueConstraint(
            "reflection_id", "step_id", name=op.f("uq_reflection_about_reflection_id_step_id")
        ),
    )
    with op.batch_alter_table("reflection_about", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reflection_about_evidence_id"), ["evidence_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reflection_about_goal_id"), ["goal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reflection_about_step_id"), ["step_id"], unique=False)

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
        "revision_reflection",
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reflection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["reflection_id"], ["reflection.id"], name=op.f("fk_revision_reflection_reflection_id_reflection")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["plan_revision.id"],
            name=op.f("fk_revision_reflection_revision_id_plan_revision"),
        ),
        sa.PrimaryKeyConstraint("revision_id", "reflection_id", name=op.f("pk_revision_reflection")),
    )
    with op.batch_alter_table("revision_reflection", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_revision_reflection_reflection_id"), ["reflection_id"], unique=False
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
    with op.batch_alter_table("revision_reflection", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_revision_reflection_reflection_id"))

    op.drop_table("revision_reflection")
    op.drop_table("reflection_submission")
    op.drop_table("reflection_answer")
    with op.batch_alter_table("reflection_about", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reflection_about_step_id"))
        batch_op.drop_index(batch_op.f("ix_reflection_about_goal_id"))
        batch_op.drop_index(batch_op.f("ix_reflection_about_evidence_id"))

    op.drop_table("reflection_about")
    with op.batch_alter_table("plan_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_change_revision_id"))
        batch_op.drop_index("ix_plan_change_plan_id_item")

    op.drop_table("plan_change")
    with op.batch_alter_table("kept_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_answer_reflection_id"))

    op.drop_table("kept_answer")
    with op.batch_alter_table("goal_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_goal_step_step_id"))

    op.drop_table("goal_step")
    with op.batch_alter_table("goal_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_goal_review_revision_id"))
        batch_op.drop_index(batch_op.f("ix_goal_review_plan_id"))
        batch_op.drop_index(batch_op.f("ix_goal_review_goal_id"))

    op.drop_table("goal_review")
    with op.batch_alter_table("goal_profile_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_goal_profile_link_entry_id"))

    op.drop_table("goal_profile_link")
    with op.batch_alter_table("evidence_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_link_step_id"))
        batch_op.drop_index(batch_op.f("ix_evidence_link_reflection_id"))
        batch_op.drop_index(batch_op.f("ix_evidence_link_goal_id"))
        batch_op.drop_index(batch_op.f("ix_evidence_link_entry_id"))

    op.drop_table("evidence_link")
    with op.batch_alter_table("achievement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_achievement_step_id"))
        batch_op.drop_index(batch_op.f("ix_achievement_plan_id"))
        batch_op.drop_index(batch_op.f("ix_achievement_goal_id"))

    op.drop_table("achievement")
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index("ix_web_session_browser_hash")

    op.drop_table("web_session")
    with op.batch_alter_table("suggestion", schema=None) as batch_op:
        batch_op.drop_index("ix_suggestion_plan_id_state")

    op.drop_table("suggestion")
    with op.batch_alter_table("reflection", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_reflection_own",
            sqlite_where=sa.text("resource_link_id IS NULL"),
            postgresql_where=sa.text("resource_link_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_reflection_tenant_id"))
        batch_op.drop_index(batch_op.f("ix_reflection_template_id"))
        batch_op.drop_index(batch_op.f("ix_reflection_resource_link_id"))

    op.drop_table("reflection")
    with op.batch_alter_table("profile_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_profile_entry_plan_id"))

    op.drop_table("profile_entry")
    with op.batch_alter_table("plan_revision", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_plan_revision_open",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.drop_table("plan_revision")
    with op.batch_alter_table("outbox_score", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_score_state_next_attempt_at")
        batch_op.drop_index("ix_outbox_score_resource_link_id_person_id_id")

    op.drop_table("outbox_score")
    with op.batch_alter_table("help_request", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_help_request_open",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.drop_table("help_request")
    with op.batch_alter_table("goal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_goal_plan_id"))
        batch_op.drop_index(batch_op.f("ix_goal_parent_id"))

    op.drop_table("goal")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index("ix_evidence_plan_id_captured_on")
        batch_op.drop_index(batch_op.f("ix_evidence_plan_id"))
        batch_op.drop_index(batch_op.f("ix_evidence_file_id"))

    op.drop_table("evidence")
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.drop_index("ix_comment_plan_id_item")

    op.drop_table("comment")
    with op.batch_alter_table("baseline_assessment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_baseline_assessment_plan_id"))

    op.drop_table("baseline_assessment")
    with op.batch_alter_table("action_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_action_step_plan_id"))

    op.drop_table("action_step")
    with op.batch_alter_table("resource_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resource_link_tenant_id"))
        batch_op.drop_index(batch_op.f("ix_resource_link_template_id"))
        batch_op.drop_index(batch_op.f("ix_resource_link_course_id"))

    op.drop_table("resource_link")
    with op.batch_alter_table("plan_template_feedback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_template_feedback_tenant_id"))

    op.drop_table("plan_template_feedback")
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_tenant_id"))

    op.drop_table("plan")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolment_person_id"))
        batch_op.drop_index(
            "ix_enrolment_course_id_of_teachers",
            sqlite_where=sa.text("roles LIKE '%instructor%'"),
            postgresql_where=sa.text("roles LIKE '%instructor%'"),
        )

    op.drop_table("enrolment")
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.drop_index("ix_stored_file_state_created_at")
        batch_op.drop_index("ix_stored_file_owner_id_state")

    op.drop_table("stored_file")
    with op.batch_alter_table("reflection_template", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reflection_template_tenant_id"))
        batch_op.drop_index(batch_op.f("ix_reflection_template_author_id"))

    op.drop_table("reflection_template")
    with op.batch_alter_table("plan_template_version", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_plan_template_version_draft",
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        )

    op.drop_table("plan_template_version")
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_person_id"))

    op.drop_table("identity")
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_tenant_id"))

    op.drop_table("course")
    op.drop_table("service_token")
    op.drop_table("seen_notice")
    op.drop_table("registration_invitation")
    op.drop_table("plan_template")
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
