"""Which tickets tell of the same: groups found by night, bursts found as tickets come.

Of what people wrote nothing is kept but stems; titles are read from the tickets when they are
shown.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from data.clock import now
from data.db import Base


class RecurringRun(Base):
    """One search for groups of similar tickets; the last that ended counts, others are removed."""

    __tablename__ = "recurring_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    first_at: Mapped[datetime]  # tickets created since then were looked at
    tickets: Mapped[int] = mapped_column(default=0)  # looked at so far


class RecurringGroup(Base):
    """Tickets that tell of the same: their numbers, 8 bytes each, nearest to the centre first.

    A ticket that was deleted or purged since is still among the numbers, and counts no more.
    """

    __tablename__ = "recurring_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(
        ForeignKey("recurring_run.id", ondelete="CASCADE"), index=True
    )
    telling: Mapped[str] = mapped_column(String(400))  # stems, heaviest first, a space between
    members: Mapped[bytes] = mapped_column(
        LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
    )


class Burst(Base):
    """Several similar tickets within some minutes; it grows as long as others follow soon."""

    __tablename__ = "burst"

    id: Mapped[int] = mapped_column(primary_key=True)
    begun_at: Mapped[datetime]  # the first of its tickets
    last_at: Mapped[datetime] = mapped_column(index=True)  # the last one
    told: Mapped[list[Any]] = mapped_column(JSON, default=list)  # ids of those who were told


class BurstTicket(Base):
    """A ticket that was just created, and the burst it belongs to, when it belongs to one.

    What belongs to none is forgotten when nothing that comes can be similar soon enough.
    """

    __tablename__ = "burst_ticket"

    ticket_number: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("ticket.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    burst_id: Mapped[int | None] = mapped_column(
        ForeignKey("burst.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(index=True)  # the ticket


class BurstSeen(Base):
    """Who needs no banner about a burst any more."""

    __tablename__ = "burst_seen"

    burst_id: Mapped[int] = mapped_column(
        ForeignKey("burst.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
