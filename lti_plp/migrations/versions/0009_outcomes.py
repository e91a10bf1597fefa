"""Outcomes of an LMS: rules that apply by themselves, drafts that wait for publication, and how reading them went.

Revision: 0009
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op

from lti_plp import database

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mapping_rule", sa.Column("outcome", sa.String(300), server_default="", nullable=False))
    op.add_column(
        "framework_upload", sa.Column("source", sa.String(10), server_default="file", nullable=False)
    )
    op.add_column(
        "coursework_reading",
        sa.Column("tells_outcomes", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    _let_nobody_make_versions(nullable=True)


def downgrade() -> None:
    # Nobody made these versions, and a column that may not be empty has no word for that.
    for operation in ("UPDATE", "DELETE"):
        _drop_trigger(operation)
    op.execute("DELETE FROM mapping_rule_version WHERE made_by IS NULL")
    _add_triggers()
    _let_nobody_make_versions(nullable=False)
    op.drop_column("coursework_reading", "tells_outcomes")
    op.drop_column("framework_upload", "source")
    op.drop_column("mapping_rule", "outcome")


def _let_nobody_make_versions(*, nullable: bool) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("mapping_rule_version", "made_by", existing_type=database.BigId, nullable=nullable)
        return
    # SQLite copies the table, and the copy has no triggers.
    with op.batch_alter_table("mapping_rule_version") as batch:
        batch.alter_column("made_by", existing_type=database.BigId, nullable=nullable)
    _add_triggers()


def _add_triggers() -> None:
    """Hold again what migration 0005 holds: this table is append-only."""
    for operation in ("UPDATE", "DELETE"):
        head = f"CREATE TRIGGER {_name(operation)} BEFORE {operation} ON mapping_rule_version FOR EACH ROW"
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"{head} EXECUTE FUNCTION refuse_change()")
        else:
            op.execute(f"{head} BEGIN SELECT RAISE(ABORT, 'mapping_rule_version is append-only'); END")


def _drop_trigger(operation: str) -> None:
    where = " ON mapping_rule_version" if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(f"DROP TRIGGER {_name(operation)}{where}")


def _name(operation: str) -> str:
    return f"tr_mapping_rule_version_no_{operation.lower()}"
