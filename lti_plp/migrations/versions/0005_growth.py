"""Tables of proficiencies and of what an LMS gives; what is append-only among them, the database itself holds.

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op

from lti_plp import database

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "achievement_source",
    "coursework_result",
    "evidence_source",
    "framework_entry",
    "framework_version",
    "judgement",
    "mapping_rule_version",
    "proficiency_version",
    "rating",
    "scale",
)
NEVER_DELETED = ("coursework", "framework", "mapping_rule", "proficiency", "step_work")


def upgrade() -> None:
    op.create_table(
        "framework",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=30), nullable=False),
        sa.Column("parameter", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("minimum_ratings", sa.Integer(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_framework_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_framework")),
        sa.UniqueConstraint("tenant_id", "guid", name=op.f("uq_framework_tenant_id_guid")),
    )
    op.create_table(
        "scale",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("levels", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_scale_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scale")),
        sa.UniqueConstraint("tenant_id", "digest", name=op.f("uq_scale_tenant_id_digest")),
    )
    op.create_table(
        "framework_version",
        sa.Column("framework_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("published_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("published_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["framework.id"], name=op.f("fk_framework_version_framework_id_framework")
        ),
        sa.ForeignKeyConstraint(
            ["published_by"], ["person.id"], name=op.f("fk_framework_version_published_by_person")
        ),
        sa.PrimaryKeyConstraint("framework_id", "number", name=op.f("pk_framework_version")),
    )
    op.create_table(
        "proficiency",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("framework_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.String(length=255), nullable=False),
        sa.Column("replaced_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["framework.id"], name=op.f("fk_proficiency_framework_id_framework")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"], ["proficiency.id"], name=op.f("fk_proficiency_replaced_by_id_proficiency")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proficiency")),
        sa.UniqueConstraint("framework_id", "guid", name=op.f("uq_proficiency_framework_id_guid")),
    )
    op.create_table(
        "coursework",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("grading", sa.String(length=10), nullable=False),
        sa.Column("points", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.Column("due_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("read_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("gone_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "grading IN ('points', 'percent', 'letter', 'complete', 'levels', 'none')",
            name=op.f("ck_coursework_grading"),
        ),
        sa.CheckConstraint("points IS NULL OR points >= 0", name=op.f("ck_coursework_points")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_coursework_course_id_course")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coursework")),
        sa.UniqueConstraint(
            "course_id", "source", "source_id", name=op.f("uq_coursework_course_id_source_source_id")
        ),
    )
    op.create_table(
        "graduation_requirement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("framework_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proficiency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at_least", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["framework.id"], name=op.f("fk_graduation_requirement_framework_id_framework")
        ),
        sa.ForeignKeyConstraint(
            ["proficiency_id"],
            ["proficiency.id"],
            name=op.f("fk_graduation_requirement_proficiency_id_proficiency"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_graduation_requirement")),
        sa.UniqueConstraint(
            "framework_id",
            "proficiency_id",
            name=op.f("uq_graduation_requirement_framework_id_proficiency_id"),
        ),
    )
    op.create_table(
        "judgement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proficiency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value", sa.Numeric(precision=8, scale=4), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("judged_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("judged_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["judged_by"], ["person.id"], name=op.f("fk_judgement_judged_by_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_judgement_person_id_person")),
        sa.ForeignKeyConstraint(
            ["proficiency_id"], ["proficiency.id"], name=op.f("fk_judgement_proficiency_id_proficiency")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_judgement_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
    )
    op.create_index(
        "ix_judgement_person_id_proficiency_id", "judgement", ["person_id", "proficiency_id"], unique=False
    )
    op.create_table(
        "kept_level",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proficiency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("suggested", sa.Numeric(precision=8, scale=4), nullable=True),
        sa.Column("judged", sa.Numeric(precision=8, scale=4), nullable=True),
        sa.Column("ratings", sa.Integer(), nullable=False),
        sa.Column("first_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_kept_level_person_id_person")),
        sa.ForeignKeyConstraint(
            ["proficiency_id"], ["proficiency.id"], name=op.f("fk_kept_level_proficiency_id_proficiency")
        ),
        sa.PrimaryKeyConstraint("person_id", "proficiency_id", name=op.f("pk_kept_level")),
    )
    op.create_index("ix_kept_level_proficiency_id", "kept_level", ["proficiency_id"], unique=False)
    op.create_table(
        "proficiency_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proficiency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("student_text", sa.Text(), nullable=False),
        sa.Column("scale_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("guide", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proficiency_id"],
            ["proficiency.id"],
            name=op.f("fk_proficiency_version_proficiency_id_proficiency"),
        ),
        sa.ForeignKeyConstraint(
            ["scale_id"], ["scale.id"], name=op.f("fk_proficiency_version_scale_id_scale")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proficiency_version")),
        sa.UniqueConstraint(
            "proficiency_id", "digest", name=op.f("uq_proficiency_version_proficiency_id_digest")
        ),
    )
    op.create_table(
        "coursework_result",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("coursework_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("score", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.Column("grade", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=255), nullable=False),
        sa.Column("submitted_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("graded_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("read_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('missing', 'submitted', 'graded', 'excused')", name=op.f("ck_coursework_result_state")
        ),
        sa.ForeignKeyConstraint(
            ["coursework_id"], ["coursework.id"], name=op.f("fk_coursework_result_coursework_id_coursework")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_coursework_result_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coursework_result")),
        sa.UniqueConstraint(
            "coursework_id",
            "person_id",
            "part",
            "number",
            name=op.f("uq_coursework_result_coursework_id_person_id_part_number"),
        ),
    )
    op.create_index("ix_coursework_result_person_id", "coursework_result", ["person_id"], unique=False)
    op.create_table(
        "framework_entry",
        sa.Column("framework_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("proficiency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["framework_id", "number"],
            ["framework_version.framework_id", "framework_version.number"],
            name=op.f("fk_framework_entry_framework_id_number_framework_version"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["proficiency.id"], name=op.f("fk_framework_entry_parent_id_proficiency")
        ),
        sa.ForeignKeyConstraint(
            ["proficiency_id"], ["proficiency.id"], name=op.f("fk_framework_entry_proficiency_id_proficiency")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["proficiency_version.id"],
            name=op.f("fk_framework_entry_version_id_proficiency_version"),
        ),
        sa.PrimaryKeyConstraint("framework_id", "number", "proficiency_id", name=op.f("pk_framework_entry")),
    )
    op.create_table(
        "mapping_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("coursework_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part", sa.String(length=255), nullable=False),
        sa.Column("proficiency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("made_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["coursework_id"], ["coursework.id"], name=op.f("fk_mapping_rule_coursework_id_coursework")
        ),
        sa.ForeignKeyConstraint(
            ["proficiency_id"], ["proficiency.id"], name=op.f("fk_mapping_rule_proficiency_id_proficiency")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mapping_rule")),
    )
    op.create_index(op.f("ix_mapping_rule_proficiency_id"), "mapping_rule", ["proficiency_id"], unique=False)
    op.create_index(
        "uq_mapping_rule_open",
        "mapping_rule",
        ["coursework_id", "part", "proficiency_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "evidence_proficiency",
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proficiency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_proficiency_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(
            ["proficiency_id"],
            ["proficiency.id"],
            name=op.f("fk_evidence_proficiency_proficiency_id_proficiency"),
        ),
        sa.PrimaryKeyConstraint("evidence_id", "proficiency_id", name=op.f("pk_evidence_proficiency")),
    )
    op.create_index(
        op.f("ix_evidence_proficiency_proficiency_id"),
        "evidence_proficiency",
        ["proficiency_id"],
        unique=False,
    )
    op.create_table(
        "goal_proficiency",
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proficiency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_goal_proficiency_goal_id_goal")),
        sa.ForeignKeyConstraint(
            ["proficiency_id"],
            ["proficiency.id"],
            name=op.f("fk_goal_proficiency_proficiency_id_proficiency"),
        ),
        sa.PrimaryKeyConstraint("goal_id", "proficiency_id", name=op.f("pk_goal_proficiency")),
    )
    op.create_index(
        op.f("ix_goal_proficiency_proficiency_id"), "goal_proficiency", ["proficiency_id"], unique=False
    )
    op.create_table(
        "mapping_rule_version",
        sa.Column("rule_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by"], ["person.id"], name=op.f("fk_mapping_rule_version_made_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["mapping_rule.id"], name=op.f("fk_mapping_rule_version_rule_id_mapping_rule")
        ),
        sa.PrimaryKeyConstraint("rule_id", "number", name=op.f("pk_mapping_rule_version")),
    )
    op.create_table(
        "rating",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proficiency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value", sa.Numeric(precision=8, scale=4), nullable=True),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("rater_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_baseline", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("guide", sa.JSON(), nullable=False),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("occurred_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("source_key", sa.String(length=255), nullable=False),
        sa.Column("provenance", sa.JSON(), nullable=False),
        sa.Column("replaces_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(role = 'lms') = (rater_id IS NULL)", name=op.f("ck_rating_rater")),
        sa.CheckConstraint("(source_key = '') = (role <> 'lms')", name=op.f("ck_rating_source")),
        sa.CheckConstraint(
            "role IN ('self', 'peer', 'teacher', 'mentor', 'lms')", name=op.f("ck_rating_role")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_rating_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_rating_person_id_person")),
        sa.ForeignKeyConstraint(
            ["proficiency_id"], ["proficiency.id"], name=op.f("fk_rating_proficiency_id_proficiency")
        ),
        sa.ForeignKeyConstraint(["rater_id"], ["person.id"], name=op.f("fk_rating_rater_id_person")),
        sa.ForeignKeyConstraint(["replaces_id"], ["rating.id"], name=op.f("fk_rating_replaces_id_rating")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_rating_tenant_id_tenant")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["proficiency_version.id"], name=op.f("fk_rating_version_id_proficiency_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_rating_replaces_id")),
    )
    op.create_index(op.f("ix_rating_evidence_id"), "rating", ["evidence_id"], unique=False)
    op.create_index(
        "ix_rating_person_id_proficiency_id",
        "rating",
        ["person_id", "proficiency_id", "occurred_at"],
        unique=False,
    )
    op.create_index(op.f("ix_rating_proficiency_id"), "rating", ["proficiency_id"], unique=False)
    op.create_index(
        "uq_rating_source_key",
        "rating",
        ["person_id", "proficiency_id", "source_key"],
        unique=True,
        sqlite_where=sa.text("replaces_id IS NULL AND source_key <> ''"),
        postgresql_where=sa.text("replaces_id IS NULL AND source_key <> ''"),
    )
    op.create_table(
        "step_work",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("coursework_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("condition", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["coursework_id"], ["coursework.id"], name=op.f("fk_step_work_coursework_id_coursework")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_step_work_made_by_person")),
        sa.ForeignKeyConstraint(
            ["step_id"], ["action_step.id"], name=op.f("fk_step_work_step_id_action_step")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_work")),
    )
    op.create_index(op.f("ix_step_work_coursework_id"), "step_work", ["coursework_id"], unique=False)
    op.create_index(
        "uq_step_work_open",
        "step_work",
        ["step_id", "coursework_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "achievement_source",
        sa.Column("achievement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("result_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step_work_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["achievement_id"],
            ["achievement.id"],
            name=op.f("fk_achievement_source_achievement_id_achievement"),
        ),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["coursework_result.id"],
            name=op.f("fk_achievement_source_result_id_coursework_result"),
        ),
        sa.ForeignKeyConstraint(
            ["step_work_id"], ["step_work.id"], name=op.f("fk_achievement_source_step_work_id_step_work")
        ),
        sa.PrimaryKeyConstraint("achievement_id", name=op.f("pk_achievement_source")),
    )
    op.create_index(
        op.f("ix_achievement_source_result_id"), "achievement_source", ["result_id"], unique=False
    )
    op.create_table(
        "framework_upload",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("scale", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_framework_upload_made_by_person")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_framework_upload_tenant_id_tenant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_framework_upload")),
    )
    op.create_index(op.f("ix_framework_upload_made_at"), "framework_upload", ["made_at"], unique=False)
    op.create_table(
        "evidence_source",
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("result_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_source_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["coursework_result.id"],
            name=op.f("fk_evidence_source_result_id_coursework_result"),
        ),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_evidence_source")),
    )
    op.create_index(op.f("ix_evidence_source_result_id"), "evidence_source", ["result_id"], unique=False)
    for table, operation in _guards():
        op.execute(_trigger(table, operation))


def downgrade() -> None:
    op.drop_table("framework_upload")
    op.drop_index(op.f("ix_evidence_source_result_id"), table_name="evidence_source")
    op.drop_table("evidence_source")
    op.drop_index(op.f("ix_achievement_source_result_id"), table_name="achievement_source")
    op.drop_table("achievement_source")
    op.drop_index(
        "uq_step_work_open",
        table_name="step_work",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_step_work_coursework_id"), table_name="step_work")
    op.drop_table("step_work")
    op.drop_index(
        "uq_rating_source_key",
        table_name="rating",
        sqlite_where=sa.text("replaces_id IS NULL AND source_key <> ''"),
        postgresql_where=sa.text("replaces_id IS NULL AND source_key <> ''"),
    )
    op.drop_index(op.f("ix_rating_proficiency_id"), table_name="rating")
    op.drop_index("ix_rating_person_id_proficiency_id", table_name="rating")
    op.drop_index(op.f("ix_rating_evidence_id"), table_name="rating")
    op.drop_table("rating")
    op.drop_table("mapping_rule_version")
    op.drop_index(op.f("ix_goal_proficiency_proficiency_id"), table_name="goal_proficiency")
    op.drop_table("goal_proficiency")
    op.drop_index(op.f("ix_evidence_proficiency_proficiency_id"), table_name="evidence_proficiency")
    op.drop_table("evidence_proficiency")
    op.drop_index(
        "uq_mapping_rule_open",
        table_name="mapping_rule",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_mapping_rule_proficiency_id"), table_name="mapping_rule")
    op.drop_table("mapping_rule")
    op.drop_table("framework_entry")
    op.drop_index("ix_coursework_result_person_id", table_name="coursework_result")
    op.drop_table("coursework_result")
    op.drop_table("proficiency_version")
    op.drop_index("ix_kept_level_proficiency_id", table_name="kept_level")
    op.drop_table("kept_level")
    op.drop_index("ix_judgement_person_id_proficiency_id", table_name="judgement")
    op.drop_table("judgement")
    op.drop_table("graduation_requirement")
    op.drop_table("coursework")
    op.drop_table("proficiency")
    op.drop_table("framework_version")
    op.drop_table("scale")
    op.drop_table("framework")


def _guards() -> list[tuple[str, str]]:
    fixed = [(table, operation) for table in APPEND_ONLY for operation in ("UPDATE", "DELETE")]
    return [*fixed, *((table, "DELETE") for table in NEVER_DELETED)]


def _name(table: str, operation: str) -> str:
    return f"tr_{table}_no_{operation.lower()}"


def _trigger(table: str, operation: str) -> str:
    head = f"CREATE TRIGGER {_name(table, operation)} BEFORE {operation} ON {table} FOR EACH ROW"
    if op.get_bind().dialect.name == "postgresql":
        return f"{head} EXECUTE FUNCTION refuse_change()"
    return f"{head} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
