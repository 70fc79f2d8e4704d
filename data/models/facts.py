"""What statistics are computed from, and where imported tickets came from."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, SmallInteger, String, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from data.clock import now
from data.db import Base


class TicketOrigin(Base):
    """Which record of another system a ticket was, and what that system counted about it.

    What it counted (None: nothing) is believed rather than counted again from the history it gave.
    """

    __tablename__ = "ticket_origin"
    __table_args__ = (UniqueConstraint("source", "reference"), Base.__table_args__)

    ticket_number: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("ticket.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    source: Mapped[str] = mapped_column(String(20))  # "servicenow"
    reference: Mapped[str] = mapped_column(String(64))  # its number there, in lower case
    digest: Mapped[str] = mapped_column(String(64))  # of what was read, to know it again
    version: Mapped[int]  # of the ticket after the last import: another one was changed here
    made_sla: Mapped[bool | None]
    reassignments: Mapped[int | None]
    reopenings: Mapped[int | None]


class FactBlock(Base):
    """The facts of the tickets whose number divided by the size of a block is `id`.

    Some hundred tickets in one value (`services.facts.LAYOUT`): a million are read in a second,
    where a million rows would take a minute.
    """

    __tablename__ = "fact_block"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(
        LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
    )


class FactMark(Base):
    """Up to which event the blocks are complete; one row.

    `seen_id` was the newest event at `seen_at`. An event may be committed after one with a higher
    id; nothing is complete up to an id before that id is a minute old.
    """

    __tablename__ = "fact_mark"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    layout: Mapped[int]  # of the blocks; another one: all are made again
    generation: Mapped[str] = mapped_column(String(36))  # another one: what is in memory is void
    event_id: Mapped[int] = mapped_column(BigInteger)
    seen_id: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    done_number: Mapped[int | None] = mapped_column(BigInteger)  # while all are made again
