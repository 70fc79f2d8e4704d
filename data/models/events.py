"""What happened: history, outbox and the source of live updates in one table."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.clock import now
from data.db import Base
from data.models.organisation import User


class Event(Base):
    """One thing that happened: who, when, what, from, to (`docs/events.md` lists the kinds).

    `subject` names what it happened to when that is not a ticket (`user:7`, `team:3`). The ticket
    is referred to by number without a foreign key: that it was purged must stay on record.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index(None, "ticket_number", "id"),
        Index(None, "created_at"),
        Index(None, "relayed_at", "id"),
        Index(None, "subject", "id"),
        {**Base.__table_args__, "sqlite_autoincrement": True},  # a purge must not free an id
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    kind: Mapped[str] = mapped_column(String(40))
    ticket_number: Mapped[int | None] = mapped_column(BigInteger)
    subject: Mapped[str | None] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    is_internal: Mapped[bool] = mapped_column(default=False)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    relayed_at: Mapped[datetime | None]

    actor: Mapped[User | None] = relationship(lazy="raise")
