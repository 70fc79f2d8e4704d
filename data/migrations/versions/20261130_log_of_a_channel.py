"""log of a channel

The log of a channel is read from the newest on, however much there is.
Revision ID: c07d4b19e6a3
"""

from alembic import op

revision = "c07d4b19e6a3"
down_revision = "9a3e5c71d204"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_delivery_channel_id", "delivery", ["channel", "id"])


def downgrade() -> None:
    op.drop_index("ix_delivery_channel_id", "delivery")
