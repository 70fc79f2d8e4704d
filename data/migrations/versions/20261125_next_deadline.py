"""next deadline

Lists count down the next promise that is open, and are ordered by it or by each of the three.
Revision ID: 4f9b7d21c6e8
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "4f9b7d21c6e8"
down_revision = "8c2f6e0d4b17"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
OPEN = "status IN ('new', 'in_progress', 'pending')"
LAST = "'9999-12-31 00:00:00.000000'"
COLUMNS = {
    "accept_order": (
        f"CASE WHEN {OPEN} AND accept_due_at IS NOT NULL "
        "AND (accepted_at IS NULL OR assigned_at IS NOT NULL) "
        f"THEN accept_due_at ELSE {LAST} END"
    ),
    "response_order": (
        f"CASE WHEN {OPEN} AND first_response_due_at IS NOT NULL AND first_response_at IS NULL "
        f"THEN first_response_due_at ELSE {LAST} END"
    ),
    "next_order": (
        "CASE WHEN accept_order <= response_order AND accept_order <= due_order THEN accept_order "
        "WHEN response_order <= due_order THEN response_order ELSE due_order END"
    ),
}


def upgrade() -> None:
    for name, computed in COLUMNS.items():
        op.add_column("ticket", sa.Column(name, INSTANT, sa.Computed(computed, persisted=False)))
    for name in COLUMNS:
        index = f"ix_ticket_by_{name.removesuffix('_order')}"
        op.create_index(index, "ticket", ["shelf", name, "number"])


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_index(f"ix_ticket_by_{name.removesuffix('_order')}", "ticket")
    for name in reversed(COLUMNS):
        op.drop_column("ticket", name)
