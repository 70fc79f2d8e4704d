"""team by due

A list and a counter of one team in the order of deadlines enter an index of their own.
Revision ID: 5c81e0a94d37
"""

from alembic import op

revision = "5c81e0a94d37"
down_revision = "7c2e9b5d1f40"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = ["team_id", "shelf", "due_order", "number"]
    op.create_index("ix_ticket_of_team_by_due", "ticket", columns)


def downgrade() -> None:
    op.drop_index("ix_ticket_of_team_by_due", "ticket")
