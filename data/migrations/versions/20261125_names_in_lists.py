"""names in lists

Lists are ordered by lead and by requester: tickets carry the folded names of both. Those of a person
who is renamed follow by and by. Revision ID: 7c2e9b5d1f40
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "7c2e9b5d1f40"
down_revision = "5e1d7b90c3a4"
branch_labels = None
depends_on = None

COLUMNS = {"lead_name": "lead_id", "requester_name": "requester_id"}
INDEXES = {"ix_ticket_by_lead": "lead_name", "ix_ticket_by_requester": "requester_name"}
LONGEST = 80


def upgrade() -> None:
    for name in COLUMNS:
        column = sa.Column(name, sa.String(LONGEST), nullable=False, server_default="")
        op.add_column("ticket", column)
    fill()
    for index, name in INDEXES.items():
        op.create_index(index, "ticket", ["shelf", name, "number"])
    op.create_table(
        "renaming",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("listed", sa.String(LONGEST), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_renaming_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renaming")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_index(op.f("ix_renaming_user_id"), "renaming", ["user_id"])


def fill() -> None:
    """Write the names, person by person: an index leads to the tickets of each."""
    connection = op.get_bind()
    people = sa.table("user", sa.column("id"), sa.column("name"))
    ticket = sa.table("ticket", *map(sa.column, (*COLUMNS, *COLUMNS.values())))
    found = connection.execute(sa.select(people.c.id, people.c.name)).all()
    names = [{"person": key, "name": fold(name)[:LONGEST]} for key, name in found]
    for name, key in COLUMNS.items():
        theirs = sa.update(ticket).where(ticket.c[key] == sa.bindparam("person"))
        if names:
            connection.execute(theirs.values({name: sa.bindparam("name")}), names)


def fold(text: str) -> str:
    """Fold as the application did when this was written."""
    spelt_out = text.casefold().replace("œ", "oe").replace("æ", "ae")
    decomposed = unicodedata.normalize("NFKD", spelt_out).casefold()
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def downgrade() -> None:
    op.drop_table("renaming")
    for index in INDEXES:
        op.drop_index(index, "ticket")
    for name in COLUMNS:
        op.drop_column("ticket", name)
