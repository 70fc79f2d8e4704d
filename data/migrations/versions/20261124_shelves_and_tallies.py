"""shelves and tallies

Lists enter an index by shelf and order, or by one condition, shelf and the usual order; counters
read tallies; people keep views. Revision ID: 3d5a0c7e81f2
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "3d5a0c7e81f2"
down_revision = "a41c07d25b9e"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
SHELF = (
    "CASE WHEN deleted_at IS NOT NULL THEN 3 "
    "WHEN status IN ('new', 'in_progress', 'pending') THEN 1 ELSE 2 END"
)
NEW = {
    "ix_ticket_by_updated": ["shelf", "updated_at", "number"],
    "ix_ticket_by_created": ["shelf", "created_at", "number"],
    "ix_ticket_by_number": ["shelf", "number"],
    "ix_ticket_by_priority": ["shelf", "priority", "number"],
    "ix_ticket_by_due": ["shelf", "due_order", "number"],
    "ix_ticket_by_status": ["shelf", "status", "number"],
    "ix_ticket_by_title": ["shelf", "folded_title", "number"],
    "ix_ticket_by_deleted": ["shelf", "deleted_at", "number"],
    "ix_ticket_of_requester": ["requester_id", "shelf", "updated_at", "number"],
    "ix_ticket_of_lead": ["lead_id", "shelf", "updated_at", "number"],
    "ix_ticket_of_team": ["team_id", "shelf", "updated_at", "number"],
    "ix_ticket_of_category": ["category_id", "shelf", "updated_at", "number"],
    "ix_ticket_of_status": ["status", "shelf", "updated_at", "number"],
    "ix_ticket_answered": ["shelf", "answered_by_requester", "updated_at", "number"],
}
OLD = {
    "ix_ticket_list_updated": ["deleted_at", "status", "updated_at", "number"],
    "ix_ticket_updated": ["deleted_at", "updated_at", "number"],
    "ix_ticket_created": ["deleted_at", "created_at", "number"],
    "ix_ticket_priority": ["deleted_at", "priority", "number"],
    "ix_ticket_due": ["deleted_at", "due_order", "number"],
    "ix_ticket_status": ["deleted_at", "status", "number"],
    "ix_ticket_title": ["deleted_at", "folded_title", "number"],
    "ix_ticket_requester": ["requester_id", "updated_at", "number"],
    "ix_ticket_lead": ["lead_id", "status", "updated_at"],
    "ix_ticket_team": ["team_id", "status", "updated_at"],
    "ix_ticket_category_id": ["category_id"],
}
COUNTED = """
INSERT INTO ticket_tally (shelf, team_id, lead_id, is_answered, number_of_tickets)
SELECT shelf, COALESCE(team_id, 0), COALESCE(lead_id, 0), answered_by_requester, COUNT(*)
FROM ticket WHERE shelf IN (1, 2)
GROUP BY shelf, COALESCE(team_id, 0), COALESCE(lead_id, 0), answered_by_requester
"""


def upgrade() -> None:
    shelf = sa.Column("shelf", sa.SmallInteger(), sa.Computed(SHELF, persisted=False))
    op.add_column("ticket", shelf)
    for name, columns in NEW.items():  # before the old ones go: foreign keys stand on them
        op.create_index(name, "ticket", columns)
    for name in OLD:
        op.drop_index(name, "ticket")
    op.create_table(
        "ticket_tally",
        sa.Column("shelf", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("team_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lead_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_answered", sa.Boolean(), nullable=False),
        sa.Column("number_of_tickets", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "shelf", "team_id", "lead_id", "is_answered", name=op.f("pk_ticket_tally")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.execute(COUNTED)
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("sort", sa.String(length=16), nullable=False),
        sa.Column("is_reversed", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_saved_view_owner_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_saved_view_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_saved_view_owner_id"), "saved_view", ["owner_id"])
    op.create_index(op.f("ix_saved_view_team_id"), "saved_view", ["team_id"])


def downgrade() -> None:
    op.drop_table("saved_view")
    op.drop_table("ticket_tally")
    for name, columns in OLD.items():
        op.create_index(name, "ticket", columns)
    for name in NEW:
        op.drop_index(name, "ticket")
    op.drop_column("ticket", "shelf")
