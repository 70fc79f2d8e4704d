"""Reports: who gets which, when, and those that were made."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from data.clock import now
from data.db import Base


class ReportKind(StrEnum):
    """Of which days a report is."""

    WEEKLY = "weekly"  # from Monday to Sunday
    MONTHLY = "monthly"
    CHOSEN = "chosen"  # days that somebody named


class ReportState(StrEnum):
    """How far a report is."""

    WAITING = "waiting"
    MAKING = "making"
    DONE = "done"
    FAILED = "failed"


class ReportPlan(Base):
    """A report that is made again and again, and sent to its recipients.

    `next_at` is the next slot, computed in the organisation’s zone; `last_at` is the last one that
    was used. Without a team it is of all; `to_all` adds everybody who may read reports.
    """

    __tablename__ = "report_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ReportKind]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    hour: Mapped[int] = mapped_column(SmallInteger, default=10)  # of the organisation’s zone
    is_active: Mapped[bool] = mapped_column(default=True)
    to_all: Mapped[bool] = mapped_column(default=False)
    next_at: Mapped[datetime] = mapped_column(default=now)
    last_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class ReportRecipient(Base):
    """Somebody to whom a planned report is sent."""

    __tablename__ = "report_recipient"

    plan_id: Mapped[int] = mapped_column(
        ForeignKey("report_plan.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Report(Base):
    """A report, and what it says for good: no later change of a ticket changes it.

    `reach` are the teams whose tickets count, None is all: as its readers may see. `recipients` are
    those it is sent to once it is made. `content` is `services.report_model`.
    """

    __tablename__ = "report"
    __table_args__ = (Index(None, "state", "id"), Base.__table_args__)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int | None] = mapped_column(
        ForeignKey("report_plan.id", ondelete="SET NULL"), index=True
    )
    kind: Mapped[ReportKind]
    first_day: Mapped[date]
    last_day: Mapped[date]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    reach: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    recipients: Mapped[list[int]] = mapped_column(JSON, default=list)
    made_for_id: Mapped[int] = mapped_column(ForeignKey("user.id"))  # whose rights it is made with
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))  # None: the clock
    language: Mapped[str] = mapped_column(String(5), default="")  # empty: the reader’s
    state: Mapped[ReportState] = mapped_column(default=ReportState.WAITING)
    progress: Mapped[int] = mapped_column(SmallInteger, default=0)  # percent
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    error: Mapped[str] = mapped_column(String(64), default="")  # a key of `services.reports`
    due_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    made_at: Mapped[datetime | None]
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), deferred=True)


class ReportTicket(Base):
    """A ticket that a report names; its title goes with it when the ticket is purged."""

    __tablename__ = "report_ticket"

    report_id: Mapped[int] = mapped_column(
        ForeignKey("report.id", ondelete="CASCADE"), primary_key=True
    )
    ticket_number: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("ticket.number", ondelete="CASCADE"), primary_key=True, index=True
    )
    title: Mapped[str] = mapped_column(String(300))
