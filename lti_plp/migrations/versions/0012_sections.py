"""Sections of a course: who is in which, as class lists tell it.

Revision: 0012
Follows: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enrolment", sa.Column("sections", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("enrolment", "sections")
