"""Rules of the courses that a course was copied from: where they came from, and which a teacher left.

Revision: 0015
Follows: 0014
"""

import sqlalchemy as sa
from alembic import op

from lti_plp import database

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ORIGIN = "mapping_rule_origin"


def upgrade() -> None:
    op.add_column("course", sa.Column("copied_from", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "left_rule",
        *(
            sa.Column(one, database.BigId, nullable=False, autoincrement=False)
            for one in ("course_id", "rule_id")
        ),
        sa.Column("left_by", database.BigId, nullable=False),
        sa.Column("left_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_left_rule_course_id_course")),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["mapping_rule.id"], name=op.f("fk_left_rule_rule_id_mapping_rule")
        ),
        sa.ForeignKeyConstraint(["left_by"], ["person.id"], name=op.f("fk_left_rule_left_by_person")),
        sa.PrimaryKeyConstraint("course_id", "rule_id", name=op.f("pk_left_rule")),
    )
    op.create_table(
        ORIGIN,
        sa.Column("rule_id", database.BigId, nullable=False, autoincrement=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("from_rule_id", database.BigId, nullable=False),
        sa.Column("from_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id", "number"],
            ["mapping_rule_version.rule_id", "mapping_rule_version.number"],
            name=op.f("fk_mapping_rule_origin_rule_id_number_mapping_rule_version"),
        ),
        sa.ForeignKeyConstraint(
            ["from_rule_id"],
            ["mapping_rule.id"],
            name=op.f("fk_mapping_rule_origin_from_rule_id_mapping_rule"),
        ),
        sa.PrimaryKeyConstraint("rule_id", "number", name=op.f("pk_mapping_rule_origin")),
    )
    op.create_index(op.f("ix_mapping_rule_origin_from_rule_id"), ORIGIN, ["from_rule_id"])
    for operation in ("UPDATE", "DELETE"):
        head = (
            f"CREATE TRIGGER tr_{ORIGIN}_no_{operation.lower()} BEFORE {operation} ON {ORIGIN} FOR EACH ROW"
        )
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"{head} EXECUTE FUNCTION refuse_change()")
        else:
            op.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{ORIGIN} is append-only'); END")


def downgrade() -> None:
    op.drop_table(ORIGIN)
    op.drop_table("left_rule")
    op.drop_column("course", "copied_from")
