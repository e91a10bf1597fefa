"""Copied courses: which template a course means by a name, what platforms tell of copies, where they tell it.

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

from lti_plp import database

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What was placed before goes on under its own name, in every course that has it; a copy from now on gets its own.
FROM_LINKS = (
    "INSERT INTO placed_template (course_id, named_id, template_id, placed_at)"
    " SELECT course_id, template_id, template_id, min(created_at) FROM resource_link"
    " WHERE template_id IS NOT NULL GROUP BY course_id, template_id"
)
# Of what nobody has opened yet only its coursework says where it was placed.
FROM_COURSEWORK = (
    "INSERT INTO placed_template (course_id, named_id, template_id, placed_at)"
    " SELECT coursework.course_id, reflection_template.id, reflection_template.id, reflection_template.created_at"
    " FROM coursework JOIN reflection_template ON coursework.source_id = 'template:' || reflection_template.id"
    " WHERE coursework.source = 'reflection' AND NOT EXISTS (SELECT 1 FROM placed_template"
    " WHERE placed_template.course_id = coursework.course_id AND named_id = reflection_template.id)"
)


def upgrade() -> None:
    op.add_column("deployment", sa.Column("notices_url", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "resource_link", sa.Column("named_template", sa.String(36), server_default="", nullable=False)
    )
    op.create_table(
        "placed_template",
        sa.Column("course_id", database.BigId, nullable=False, autoincrement=False),
        sa.Column("named_id", sa.String(36), nullable=False),
        sa.Column("template_id", sa.String(36), nullable=False),
        sa.Column("copied_from", sa.String(36), nullable=True),
        sa.Column("copied_from_course_id", database.BigId, nullable=True),
        _moment("placed_at"),
        _moment("looked_over_at", nullable=True),
        sa.Column("looked_over_by", database.BigId, nullable=True),
        sa.CheckConstraint("template_id <> copied_from", name=op.f("ck_placed_template_copy_of_another")),
        _to("placed_template", "course_id", "course"),
        _to("placed_template", "named_id", "reflection_template"),
        _to("placed_template", "template_id", "reflection_template"),
        _to("placed_template", "copied_from", "reflection_template"),
        _to("placed_template", "copied_from_course_id", "course"),
        _to("placed_template", "looked_over_by", "person"),
        sa.PrimaryKeyConstraint("course_id", "named_id", name=op.f("pk_placed_template")),
    )
    for column in ("named_id", "template_id"):
        op.create_index(op.f(f"ix_placed_template_{column}"), "placed_template", [column])
    op.create_table(
        "context_origin",
        sa.Column("id", database.BigId, nullable=False),
        sa.Column("deployment_id", database.BigId, nullable=False),
        sa.Column("context_id", sa.String(255), nullable=False),
        sa.Column("origin_context_id", sa.String(255), nullable=False),
        _moment("told_at"),
        _to("context_origin", "deployment_id", "deployment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_context_origin")),
    )
    op.create_index(
        "ix_context_origin_deployment_id_context_id", "context_origin", ["deployment_id", "context_id"]
    )
    op.create_table(
        "notice_handler",
        sa.Column("deployment_id", database.BigId, nullable=False, autoincrement=False),
        sa.Column("service_url", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        _moment("tried_at"),
        _moment("registered_at", nullable=True),
        sa.Column("problem", sa.String(40), nullable=False),
        _to("notice_handler", "deployment_id", "deployment"),
        sa.PrimaryKeyConstraint("deployment_id", name=op.f("pk_notice_handler")),
    )
    op.execute("UPDATE resource_link SET named_template = template_id WHERE template_id IS NOT NULL")
    op.execute(FROM_LINKS)
    op.execute(FROM_COURSEWORK)


def downgrade() -> None:
    for name in ("notice_handler", "context_origin", "placed_template"):
        op.drop_table(name)
    op.drop_column("resource_link", "named_template")
    op.drop_column("deployment", "notices_url")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, database.UtcDateTime(timezone=True), nullable=nullable)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
