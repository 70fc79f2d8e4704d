"""What an administrator decides at run time, and the numbers that are handed out."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from data.clock import now
from data.db import Base


class Setting(Base):
    """One decision of the administrator; absent means the default of `services.settings`."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class Sequence(Base):
    """The last number handed out: never reused, not even after a purge, and no auto-increment.

    A cluster steps auto-increments by its number of nodes; people count tickets by one.
    """

    __tablename__ = "sequence"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)
