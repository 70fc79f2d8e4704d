"""Who was told what, and how people want to be told."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.clock import now
from data.db import Base
from data.models.events import Event


class Pace(StrEnum):
    """How often a channel tells one of a kind of thing."""

    OFF = "off"
    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"


class Notification(Base):
    """One event as one person is told of it in the application; `reason` says why.

    What it says is read from the event when it is shown, with the rights of that moment.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("user_id", "event_id"),
        Index(None, "user_id", "read_at", "id"),
        Index(None, "user_id", "id"),
        Index(None, "created_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(24))  # of `services.notifications`
    reason: Mapped[str] = mapped_column(String(16))
    ticket_number: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship(lazy="raise")


class Preference(Base):
    """How one person is told of one kind by one channel; absent means the default."""

    __tablename__ = "preference"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    pace: Mapped[Pace]


class MutedTicket(Base):
    """A ticket that one person does not want to hear of any more."""

    __tablename__ = "muted_ticket"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    ticket_number: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("ticket.number", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)


class Template(Base):
    """Words an administrator chose for a kind of message; absent means those that come with it."""

    __tablename__ = "template"

    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    language: Mapped[str] = mapped_column(String(5), primary_key=True)
    subject: Mapped[str] = mapped_column(String(300), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
