"""What is to be told outside: to whom, by which channel, and how far it is."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.clock import now
from data.db import Base
from data.models.events import Event


class DeliveryState(StrEnum):
    """How far a delivery is."""

    PENDING = "pending"
    LEASED = "leased"  # somebody is sending it, unless they are no more
    DONE = "done"
    SKIPPED = "skipped"  # when it was to be sent, it was no longer wanted or allowed
    DEAD = "dead"  # given up; an administrator may send it again


class Delivery(Base):
    """One event to be told to one recipient by one channel; the truth of queues and workers.

    `recipient` is what the channel knows them by (`webhook`: its id). `key` stays the same however
    often it is sent: by it a receiver knows a repeat. `request_id` names the last attempt, and is
    the lease of whoever makes it: each process times it by its own stopwatch (`services.leases`).

    `next_at` is read by the clock of the database. When it is no appointment but a pause,
    `paused_at` is when that began: one that begins in the future is of a clock that was set back.

    Those of one channel, recipient and `bundle` that are due go out as one message; the first
    attempt gives them a `message_key` in common, so that a repeat is the same message again.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "channel", "recipient"),
        Index(None, "state", "next_at"),
        Index(None, "state", "paused_at"),
        Index(None, "channel", "id"),
        Index(None, "channel", "recipient", "id"),
        Index(None, "created_at"),
        Index(None, "channel", "state", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    key: Mapped[str] = mapped_column(String(36), unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str] = mapped_column(String(64))
    bundle: Mapped[str] = mapped_column(String(40), default="")  # empty: alone
    message_key: Mapped[str | None] = mapped_column(String(36), index=True)
    reason: Mapped[str] = mapped_column(String(16), default="")  # why this recipient is told
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=now)
    paused_at: Mapped[datetime | None]
    status: Mapped[int | None]  # the last answer: its code in the channel's terms, HTTP's for one
    error: Mapped[str] = mapped_column(String(64), default="")  # a key of `services.deliveries`
    answer: Mapped[str] = mapped_column(String(500), default="")  # its beginning, as text
    request_id: Mapped[str] = mapped_column(String(36), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]  # the end of the last attempt

    event: Mapped[Event] = relationship(lazy="raise")


class Webhook(Base):
    """An address of another system that is told of some kinds of events."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    url: Mapped[str] = mapped_column(String(2000))
    sealed_secret: Mapped[str] = mapped_column(String(255), default="")  # `services.sealing`
    kinds: Mapped[list[str]] = mapped_column(JSON)
    is_active: Mapped[bool] = mapped_column(default=True)
    allows_http: Mapped[bool] = mapped_column(default=False)
    with_internal: Mapped[bool] = mapped_column(default=False)  # internal notes leave, too
    disabled_reason: Mapped[str] = mapped_column(String(64), default="")  # not by a person
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
