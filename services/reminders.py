"""What the clock reminds of: tickets that nobody takes, tickets that will close by themselves."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Event, Shelf, Status, Ticket
from services import events, settings

BATCH = 100  # tickets in one transaction
# Whom thirty days of reminders left cold, more of them will not warm; an old installation that is
# updated does not remind of all it ever forgot, and a look never goes further back.
REMINDED_OF = timedelta(days=30)
_SLACK = timedelta(hours=1)  # two mornings may be seconds less than a day apart


def untreated(s: Session) -> int:
    """Record `ticket.untreated` on new tickets that nobody took for `untreated_days` (0: never).

    Once per so many days, at most BATCH at a time; return how many.
    """
    days = settings.days(s, "untreated_days")
    if days <= 0:
        return 0
    period = timedelta(days=days)
    query = _in(Status.NEW, Shelf.OPEN, "ticket.untreated", now() - period + _SLACK)
    waits = (Ticket.created_at <= now() - period, Ticket.created_at > now() - REMINDED_OF - period)
    query = query.where(*waits).order_by(Ticket.created_at, Ticket.number)
    tickets = s.scalars(query).all()
    for ticket in tickets:
        waited = (now() - ticket.created_at).days
        events.record(s, None, ticket, "ticket.untreated", internal=True, days=waited)
    return len(tickets)


def closing_soon(s: Session) -> int:
    """Record `ticket.closing_soon` on resolved tickets, `closing_notice_days` before they close.

    Once per solution, at most BATCH at a time; return how many. Those that close anyway, because
    nobody looked in time, are left to `upkeep.close`.
    """
    after, ahead = settings.days(s, "close_after_days"), settings.days(s, "closing_notice_days")
    if not 0 < ahead < after:
        return 0
    query = _in(Status.RESOLVED, Shelf.DONE, "ticket.closing_soon", Ticket.resolved_at)
    oldest, newest = now() - timedelta(days=after), now() - timedelta(days=after - ahead)
    query = query.where(Ticket.resolved_at > oldest, Ticket.resolved_at <= newest)
    tickets = s.scalars(query.order_by(Ticket.number)).all()
    for ticket in tickets:
        assert ticket.resolved_at is not None  # noqa: S101 - the query says so
        closes_at = ticket.resolved_at + timedelta(days=after)
        events.record(s, None, ticket, "ticket.closing_soon", closes_at=closes_at)
    return len(tickets)


def _in(status: Status, shelf: Shelf, kind: str, since: Any) -> Select[Ticket]:
    """Select tickets of a status about which a kind of event was not recorded since an instant.

    Found by index: what is new or resolved is few, whatever the number of tickets.
    """
    told: ColumnElement[bool] = exists().where(
        Event.ticket_number == Ticket.number, Event.kind == kind, Event.created_at >= since
    )
    return (
        select(Ticket)
        .where(Ticket.status == status, Ticket.shelf == shelf, ~told)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
