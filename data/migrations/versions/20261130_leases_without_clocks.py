"""leases without clocks

A delivery's lease is its attempt, timed by stopwatches; a pause remembers when it began.
Revision ID: 9a3e5c71d204
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "9a3e5c71d204"
down_revision = "d41b7c93ae52"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("delivery", sa.Column("paused_at", INSTANT, nullable=True))
    op.create_index("ix_delivery_state_paused_at", "delivery", ["state", "paused_at"])
    op.drop_column("delivery", "lease_until")


def downgrade() -> None:
    op.add_column("delivery", sa.Column("lease_until", INSTANT, nullable=True))
    op.execute("UPDATE delivery SET lease_until = next_at WHERE state = 'leased'")
    op.drop_index("ix_delivery_state_paused_at", "delivery")
    op.drop_column("delivery", "paused_at")
