"""Web sessions in which somebody acts as somebody else, or that belong to no course; what students hand in from plans.

Revision: 0007
Follows: 0006
"""

import sqlalchemy as sa
from alembic import op

from lti_plp import database

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("is_in_no_course", "is_acted"):
        op.add_column("web_session", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    # SQLite adds no foreign key to a table that is there, and a session is over before any person goes.
    op.add_column("web_session", sa.Column("acted_by", database.BigId, nullable=True))
    op.create_table(
        "hand_in",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", database.BigId, nullable=False),
        sa.Column("person_id", database.BigId, nullable=False),
        sa.Column("course_id", database.BigId, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("item_id", database.BigId, nullable=False),
        sa.Column("made_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('evidence', 'reflection', 'goal')", name=op.f("ck_hand_in_kind")),
        *(
            sa.ForeignKeyConstraint([f"{one}_id"], [f"{one}.id"], name=op.f(f"fk_hand_in_{one}_id_{one}"))
            for one in ("tenant", "person", "course")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_in")),
        sa.UniqueConstraint(
            "person_id",
            "course_id",
            "kind",
            "item_id",
            name=op.f("uq_hand_in_person_id_course_id_kind_item_id"),
        ),
    )


def downgrade() -> None:
    op.drop_table("hand_in")
    for name in ("acted_by", "is_acted", "is_in_no_course"):
        op.drop_column("web_session", name)
