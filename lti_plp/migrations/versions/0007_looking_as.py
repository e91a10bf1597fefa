"""Web sessions in which somebody acts as somebody else, or that belong to no course.

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


def downgrade() -> None:
    for name in ("acted_by", "is_acted", "is_in_no_course"):
        op.drop_column("web_session", name)
