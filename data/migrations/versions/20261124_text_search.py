"""text search

Revision ID: 4f0c7a91d2be
Revises: 3d5a0c7e81f2
Create Date: 2026-11-24 23:10:00.000000
"""

import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '4f0c7a91d2be'
down_revision = '3d5a0c7e81f2'
branch_labels = None
depends_on = None

BATCH = 500
LONG = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
TEXT = sa.table("ticket_text", sa.column("ticket_number"), sa.column("public"), sa.column("whole"))
TICKET = sa.table("ticket", sa.column("number"), sa.column("title"), sa.column("description"))
COMMENT = sa.table(
    "comment", sa.column("id"), sa.column("ticket_number"), sa.column("body"),
    sa.column("is_internal"), sa.column("deleted_at"), sa.column("created_at"),
)
SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE ticket_words USING fts5("
    "public, whole, content='ticket_text', content_rowid='ticket_number', columnsize=0, "
    "tokenize=\"unicode61 remove_diacritics 0 tokenchars '_'\")",
    "CREATE TRIGGER ticket_text_gone AFTER DELETE ON ticket_text BEGIN "
    "INSERT INTO ticket_words(ticket_words, rowid, public, whole) "
    "VALUES ('delete', old.ticket_number, old.public, old.whole); END",
    "INSERT INTO ticket_words(ticket_words) VALUES ('rebuild')",
)
LEFT_OUT = frozenset((
    "a about an are as at be by com de en for from how i in is it la of on or that the this to "
    "was what when where who will with und www").split())


def upgrade() -> None:
    op.create_table('ticket_text',
    sa.Column('ticket_number', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
    sa.Column('public', LONG, nullable=False),
    sa.Column('whole', LONG, nullable=True),
    sa.ForeignKeyConstraint(['ticket_number'], ['ticket.number'], name=op.f('fk_ticket_text_ticket_number'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('ticket_number', name=op.f('pk_ticket_text')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    fill(op.get_bind())
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE_INDEX:
            op.execute(statement)
    else:  # after the texts: an index is built faster than it grows; one at a time, says InnoDB
        op.execute("CREATE FULLTEXT INDEX ft_ticket_text_public ON ticket_text (public)")
        op.execute("CREATE FULLTEXT INDEX ft_ticket_text_whole ON ticket_text (whole)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE ticket_words")
    op.drop_table('ticket_text')


def fill(connection: sa.Connection) -> None:
    """Keep the words of the tickets that are there, as the program then does for new ones."""
    number = 0
    while rows := connection.execute(
        sa.select(TICKET).where(TICKET.c.number > number).order_by(TICKET.c.number).limit(BATCH)
    ).all():
        number = rows[-1].number
        said = {row.number: ([str(row.number), row.title, row.description], []) for row in rows}
        comments = sa.select(COMMENT.c.ticket_number, COMMENT.c.is_internal, COMMENT.c.body)
        comments = comments.where(COMMENT.c.ticket_number.in_(said), COMMENT.c.deleted_at.is_(None))
        for about, is_internal, body in connection.execute(
            comments.order_by(COMMENT.c.created_at, COMMENT.c.id)
        ):
            said[about][1 if is_internal else 0].append(body)
        connection.execute(TEXT.insert(), [kept(n, *texts) for n, texts in said.items()])


def kept(number: int, public: list[str], notes: list[str]) -> dict:
    words, hidden = searchable(public), searchable(notes)
    whole = words + hidden[1:] if hidden.strip() else None
    return {"ticket_number": number, "public": words, "whole": whole}


def searchable(texts: list[str]) -> str:
    words = "\n".join(texts)[:500_000].translate(COMPARED).split()
    return f" {' '.join(lengthened(word[:40]) for word in words)} "


def lengthened(word: str) -> str:
    is_left_out = len(word) < 3 or word in LEFT_OUT
    return f"{word.ljust(2, '_')}_" if is_left_out else word


class Compared(dict):
    def __missing__(self, code: int) -> str:
        spelt_out = chr(code).casefold().replace("œ", "oe").replace("æ", "ae")
        decomposed = unicodedata.normalize("NFKD", spelt_out).casefold()
        bare = "".join(c for c in decomposed if not unicodedata.combining(c))
        self[code] = "".join(c if c.isalnum() else " " for c in bare)
        return self[code]


COMPARED = Compared()
