"""Work that the clock asks for: when it is due, who is at it, how it went."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from data.clock import now
from data.db import Base


class Schedule(Base):
    """One kind of scheduled work, run once whatever the number of processes.

    `next_at` is computed in the organisation’s time zone and kept in UTC; slots that were missed
    run once. `owner` is the attempt that holds the lease: a late one may not write how it ended.
    """

    __tablename__ = "schedule"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    next_at: Mapped[datetime] = mapped_column(default=now, index=True)
    lease_until: Mapped[datetime | None]
    owner: Mapped[str] = mapped_column(String(36), default="")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    milliseconds: Mapped[int | None]  # of the last run
    done: Mapped[int] = mapped_column(default=0)  # how many things the last run did
    error: Mapped[str] = mapped_column(String(300), default="")  # of the last run
    failures: Mapped[int] = mapped_column(default=0)  # in a row
