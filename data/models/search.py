"""What the full-text search looks through: each ticket’s words, folded, once for each audience."""

from sqlalchemy import DDL, BigInteger, ForeignKey, Index, Integer, event
from sqlalchemy.orm import Mapped, mapped_column

from data.db import Base
from data.models.tickets import LongText


def _fulltext(column: str) -> Index:
    """Return MySQL’s full-text index of a column."""
    name = f"ft_ticket_text_{column}"
    index = Index(name, column, mysql_prefix="FULLTEXT", mariadb_prefix="FULLTEXT")
    return index.ddl_if(callable_=lambda *_, dialect, **__: dialect.name != "sqlite")


class TicketText(Base):
    """The words of a ticket: for everybody who may read it, and for staff where notes add some.

    `whole` repeats the public words before those of the internal notes; None: there is no note.
    So a search of one audience never meets a word of the other.
    """

    __tablename__ = "ticket_text"
    __table_args__ = (
        _fulltext("public"),
        _fulltext("whole"),
        Base.__table_args__,
    )

    ticket_number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"),  # there it is the row’s own number
        ForeignKey("ticket.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    public: Mapped[str] = mapped_column(LongText)
    whole: Mapped[str | None] = mapped_column(LongText)


# SQLite’s index reads the words from the table above. What leaves the table leaves the index by a
# trigger, cascades too; what comes in is put in beside it (`data.text_search`): with a trigger, the
# index would write itself to disk for each row.
SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE ticket_words USING fts5("
    "public, whole, content='ticket_text', content_rowid='ticket_number', columnsize=0, "
    "tokenize=\"unicode61 remove_diacritics 0 tokenchars '_'\")",
    "CREATE TRIGGER ticket_text_gone AFTER DELETE ON ticket_text BEGIN "
    "INSERT INTO ticket_words(ticket_words, rowid, public, whole) "
    "VALUES ('delete', old.ticket_number, old.public, old.whole); END",
)
_DROP_INDEX = "DROP TABLE IF EXISTS ticket_words"
for _moment, _statement in [
    *(("after_create", x) for x in SQLITE_INDEX),
    ("before_drop", _DROP_INDEX),
]:
    event.listen(
        TicketText.__table__,
        _moment,
        DDL(_statement).execute_if(dialect="sqlite"),  # type: ignore[no-untyped-call] # theirs
    )


def is_compared(_item: object, name: str | None, kind: str, *_: object) -> bool:
    """Tell whether migrations compare a thing: not the indexes that only one database knows."""
    return not (name or "").startswith({"table": "ticket_words", "index": "ft_"}.get(kind, "\n"))
