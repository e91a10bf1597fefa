"""files.

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

from lti_plp import database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
            "state <> 'ready' OR (received = declared_size AND size > 0 AND size IS NOT NULL"
            " AND sha256 IS NOT NULL AND content_type IS NOT NULL AND storage_key IS NOT NULL"
            " AND finished_at IS NOT NULL)",
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


def downgrade() -> None:
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.drop_index("ix_stored_file_state_created_at")
        batch_op.drop_index("ix_stored_file_owner_id_state")

    op.drop_table("stored_file")
