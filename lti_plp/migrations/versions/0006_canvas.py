"""What reading Canvas beyond LTI takes: API keys, permissions of people, and how reading went.

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op

from lti_plp import database

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("identity", sa.Column("lms_id", sa.String(64), server_default="", nullable=False))
    op.create_table(
        "coursework_reading",
        sa.Column("course_id", database.BigId, nullable=False, autoincrement=False),
        _moment("started_at", nullable=True),
        sa.Column("pages_read", sa.Integer(), nullable=False),
        sa.Column("pages_expected", sa.Integer(), nullable=False),
        _moment("tried_at", nullable=True),
        sa.Column("problem", sa.String(40), nullable=False),
        _moment("read_at", nullable=True),
        _moment("whole_at", nullable=True),
        _moment("changes_since", nullable=True),
        sa.Column("works", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        _to("coursework_reading", "course_id", "course"),
        sa.PrimaryKeyConstraint("course_id", name=op.f("pk_coursework_reading")),
    )
    op.create_table(
        "canvas_api",
        sa.Column("deployment_id", database.BigId, nullable=False, autoincrement=False),
        sa.Column("base_url", sa.String(255), nullable=False),
        sa.Column("client_id", sa.String(255), nullable=False),
        sa.Column("client_secret", sa.Text(), nullable=False),
        _moment("made_at"),
        _to("canvas_api", "deployment_id", "deployment"),
        sa.PrimaryKeyConstraint("deployment_id", name=op.f("pk_canvas_api")),
    )
    op.create_table(
        "canvas_grant",
        sa.Column("deployment_id", database.BigId, nullable=False, autoincrement=False),
        sa.Column("person_id", database.BigId, nullable=False, autoincrement=False),
        sa.Column("access_token", sa.Text(), nullable=False),
        sa.Column("refresh_token", sa.Text(), nullable=False),
        _moment("expires_at"),
        _moment("refreshing_until", nullable=True),
        _moment("ended_at", nullable=True),
        _moment("granted_at"),
        _to("canvas_grant", "deployment_id", "deployment"),
        _to("canvas_grant", "person_id", "person"),
        sa.PrimaryKeyConstraint("deployment_id", "person_id", name=op.f("pk_canvas_grant")),
    )
    op.create_table(
        "canvas_consent",
        sa.Column("state_hash", sa.String(43), nullable=False),
        sa.Column("deployment_id", database.BigId, nullable=False),
        sa.Column("person_id", database.BigId, nullable=False),
        _moment("expires_at"),
        _to("canvas_consent", "deployment_id", "deployment"),
        _to("canvas_consent", "person_id", "person"),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_canvas_consent")),
    )
    op.create_table(
        "canvas_place",
        sa.Column("client", sa.String(512), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("permission", sa.String(43), nullable=False),
        sa.Column("holder", sa.String(43), nullable=False),
        _moment("until"),
        sa.PrimaryKeyConstraint("client", "number", name=op.f("pk_canvas_place")),
    )


def downgrade() -> None:
    for name in ("canvas_place", "canvas_consent", "canvas_grant", "canvas_api", "coursework_reading"):
        op.drop_table(name)
    op.drop_column("identity", "lms_id")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, database.UtcDateTime(timezone=True), nullable=nullable)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
