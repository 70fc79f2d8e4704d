"""When somebody works, how soon things are promised, and what is due next."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.clock import now
from data.db import Base
from data.models.tickets import Priority, TicketType


class Target(StrEnum):
    """What a policy promises a time for, in the order in which it is due."""

    ACCEPT = "accept"
    FIRST_RESPONSE = "first_response"
    RESOLVE = "resolve"


class Stage(StrEnum):
    """What the next alarm of a deadline is about."""

    NEAR = "near"  # the reminder before
    MISSED = "missed"  # the escalation after
    TOLD = "told"  # both were told; nothing more to come


class Calendar(Base):
    """Opening hours of an organisation or of a part of it.

    `hours` is "always" (24/7) or maps mon…sun to a list of ["09:00", "12:30"] intervals of wall
    time in `timezone`; "24:00" ends a day, a day without intervals is closed.
    """

    __tablename__ = "calendar"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    timezone: Mapped[str] = mapped_column(String(64), default="Europe/Paris")
    hours: Mapped[Any] = mapped_column(JSON)
    holidays: Mapped[str] = mapped_column(String(40), default="")  # a zone of `services.holidays`
    works_whit_monday: Mapped[bool] = mapped_column(default=False)  # « journée de solidarité »
    school_zone: Mapped[str] = mapped_column(String(1), default="")  # A, B, C: closed then, too
    is_default: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)  # a policy’s tickets are renewed when it moves

    closures: Mapped[list["Closure"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="Closure.starts_on"
    )


class Closure(Base):
    """Days on which a calendar is closed beside its holidays, both included."""

    __tablename__ = "closure"

    id: Mapped[int] = mapped_column(primary_key=True)
    calendar_id: Mapped[int] = mapped_column(
        ForeignKey("calendar.id", ondelete="CASCADE"), index=True
    )
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    name: Mapped[str] = mapped_column(String(120), default="")


class SlaPolicy(Base):
    """What is promised for some tickets, in business minutes of a calendar (None: nothing).

    The first active one, by `position`, whose conditions all hold is the ticket’s; a condition
    that is None always holds, a category holds for what is below it, too.
    """

    __tablename__ = "sla_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    priority: Mapped[Priority | None]
    type: Mapped[TicketType | None]
    accept_minutes: Mapped[int | None]
    first_response_minutes: Mapped[int | None]
    resolve_minutes: Mapped[int | None]
    remind_minutes: Mapped[int] = mapped_column(default=60)  # business minutes before; 0: never
    raises_priority: Mapped[bool] = mapped_column(default=False)  # when a deadline is missed
    escalation_team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))  # who gets it
    returns_unaccepted: Mapped[bool] = mapped_column(default=True)  # back to the queue
    version: Mapped[int] = mapped_column(default=1)

    calendar: Mapped[Calendar] = relationship(lazy="raise")


class Alarm(Base):
    """What is to be told next about one deadline of an unfinished ticket that is not paused.

    Written with the deadline, removed when it is met: small whatever the number of tickets.
    """

    __tablename__ = "alarm"
    __table_args__ = (Index(None, "stage", "next_at"), Base.__table_args__)

    ticket_number: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("ticket.number", ondelete="CASCADE"), primary_key=True
    )
    target: Mapped[Target] = mapped_column(primary_key=True)
    stage: Mapped[Stage] = mapped_column(default=Stage.NEAR)
    next_at: Mapped[datetime]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Renewal(Base):
    """Deadlines to be computed again in the background, since a calendar or a policy changed.

    `done_number` is how far it is: tickets are taken by number, so a process that dies loses
    nothing. One row for all of them: what changes meanwhile begins it again.
    """

    __tablename__ = "renewal"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    done_number: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
