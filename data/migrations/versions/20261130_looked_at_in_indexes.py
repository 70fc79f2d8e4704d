"""looked at in indexes

What lists are narrowed to most stands beside it in the indexes of such conditions.
Revision ID: b6f2d94c07ae
"""

from alembic import op

revision = "b6f2d94c07ae"
down_revision = "c07d4b19e6a3"
branch_labels = None
depends_on = None

_BY_CHANGE = ["shelf", "updated_at", "number"]
_BEFORE = {
    "ix_ticket_by_priority": ["shelf", "priority", "number"],
    "ix_ticket_by_status": ["shelf", "status", "number"],
    "ix_ticket_of_category": ["category_id", *_BY_CHANGE],
    "ix_ticket_of_lead": ["lead_id", *_BY_CHANGE],
    "ix_ticket_of_status": ["status", *_BY_CHANGE],
    "ix_ticket_of_team": ["team_id", *_BY_CHANGE],
}
_HELD = ["status", "priority", "category_id", "team_id", "lead_id", "answered_by_requester"]


def upgrade() -> None:
    _put({name: [*of, *(c for c in _HELD if c not in of)] for name, of in _BEFORE.items()})


def downgrade() -> None:
    _put(_BEFORE)


def _put(indexes: dict[str, list[str]]) -> None:
    """Replace indexes of the same names.

    On MySQL at once: a foreign key always wants one that begins with its column.
    """
    if op.get_bind().dialect.name == "sqlite":
        for name, columns in indexes.items():
            op.drop_index(name, "ticket")
            op.create_index(name, "ticket", columns)
        return
    each = [f"DROP INDEX {n}, ADD INDEX {n} ({', '.join(of)})" for n, of in indexes.items()]
    op.execute(f"ALTER TABLE ticket {', '.join(each)}")
