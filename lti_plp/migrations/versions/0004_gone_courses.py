"""Courses that an LMS no longer has.

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

from lti_plp import database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("course", sa.Column("missing_since", database.UtcDateTime(timezone=True), nullable=True))
    op.add_column("course", sa.Column("gone_at", database.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("course", "gone_at")
    op.drop_column("course", "missing_since")
