"""What administrators said of people who may be here twice; append-only, and the database itself holds it.

Revision: 0011
Follows: 0010
"""

import sqlalchemy as sa
from alembic import op

from lti_plp import database

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLE = "person_judgement"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", database.BigId, nullable=False),
        sa.Column("tenant_id", database.BigId, nullable=False),
        sa.Column("first_id", database.BigId, nullable=False),
        sa.Column("second_id", database.BigId, nullable=False),
        sa.Column("kept_id", database.BigId, nullable=True),
        sa.Column("judged_by", database.BigId, nullable=False),
        sa.Column("judged_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_person_judgement_in_order")),
        sa.CheckConstraint(
            "kept_id IS NULL OR kept_id IN (first_id, second_id)", name=op.f("ck_person_judgement_kept")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_person_judgement_tenant_id_tenant")
        ),
        *(
            sa.ForeignKeyConstraint([one], ["person.id"], name=op.f(f"fk_person_judgement_{one}_person"))
            for one in ("first_id", "second_id", "kept_id", "judged_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_judgement")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_person_judgement_first_id_second_id")),
    )
    for operation in ("UPDATE", "DELETE"):
        head = f"CREATE TRIGGER tr_{TABLE}_no_{operation.lower()} BEFORE {operation} ON {TABLE} FOR EACH ROW"
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"{head} EXECUTE FUNCTION refuse_change()")
        else:
            op.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END")


def downgrade() -> None:
    op.drop_table(TABLE)
