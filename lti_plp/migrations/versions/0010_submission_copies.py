"""Copies of what students handed in, kept with their evidence.

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op

from lti_plp import database

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handed_in_copy",
        sa.Column("evidence_id", database.BigId, nullable=False, autoincrement=False),
        sa.Column("person_id", database.BigId, nullable=False),
        sa.Column("coursework_id", database.BigId, nullable=False),
        sa.Column("with_work", sa.Boolean(), nullable=False),
        sa.Column("with_comments", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("problem", sa.String(40), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        _moment("next_at"),
        _moment("asked_at"),
        _moment("kept_at", nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("comments", sa.JSON(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'kept', 'failed')", name=op.f("ck_handed_in_copy_state")),
        _to("handed_in_copy", "evidence_id", "evidence"),
        _to("handed_in_copy", "person_id", "person"),
        _to("handed_in_copy", "coursework_id", "coursework"),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_handed_in_copy")),
    )
    op.create_index("ix_handed_in_copy_person_id", "handed_in_copy", ["person_id"])
    op.create_index("ix_handed_in_copy_state", "handed_in_copy", ["state"])
    op.create_table(
        "handed_in_file_copy",
        sa.Column("id", database.BigId, nullable=False),
        sa.Column("evidence_id", database.BigId, nullable=False),
        sa.Column("lms_file_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(150), nullable=False),
        sa.Column("file_id", sa.String(36), nullable=True),
        sa.Column("problem", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"],
            ["handed_in_copy.evidence_id"],
            name=op.f("fk_handed_in_file_copy_evidence_id_handed_in_copy"),
        ),
        _to("handed_in_file_copy", "file_id", "stored_file"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handed_in_file_copy")),
        sa.UniqueConstraint(
            "evidence_id", "lms_file_id", name=op.f("uq_handed_in_file_copy_evidence_id_lms_file_id")
        ),
    )
    op.create_index("ix_handed_in_file_copy_file_id", "handed_in_file_copy", ["file_id"])


def downgrade() -> None:
    op.drop_table("handed_in_file_copy")
    op.drop_table("handed_in_copy")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, database.UtcDateTime(timezone=True), nullable=nullable)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
