"""What was handed in stands with its result, and adapters keep notes between two readings.

Revision: 0013
Follows: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("coursework_result", sa.Column("handed_in", sa.Text(), server_default="", nullable=False))
    op.add_column("coursework_reading", sa.Column("notes", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("coursework_reading", "notes")
    op.drop_column("coursework_result", "handed_in")
