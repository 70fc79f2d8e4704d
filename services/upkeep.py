"""What the clock does: wake what was planned, close what is resolved, forget what is over."""

import logging
from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Event, PendingReason, Shelf, Status, Ticket
from services import (
    bursts,
    deliveries,
    events,
    fact_store,
    notifications,
    replays,
    sessions,
    settings,
    throttle,
    transitions,
    workflow,
)
from services.schedule import Mended

log = logging.getLogger(__name__)

BATCH = 100  # tickets in one transaction
MENDED = "statistics.mended"
MENDED_DAYS = 7  # an administrator sees it so long
_FACTS = "statistics"  # the subject, by which an index finds it


def wake(s: Session) -> int:
    """Bring tickets whose planned date has come back to work; return how many, at most BATCH."""
    is_planned = Ticket.pending_reason == PendingReason.PLANNED
    return _move(s, Status.PENDING, Status.IN_PROGRESS, is_planned, Ticket.wake_at <= now())


def close(s: Session) -> int:
    """Close tickets resolved `close_after_days` ago (0: never); return how many, at most BATCH."""
    days = settings.days(s, "close_after_days")
    if days <= 0:
        return 0
    is_old = Ticket.resolved_at <= now() - timedelta(days=days)
    return _move(s, Status.RESOLVED, Status.CLOSED, is_old)


def keep_facts(s: Session) -> int:
    """Keep what statistics are computed from in step with what happened; 0 when it is.

    In batches, each in a transaction of its own.
    """
    return fact_store.keep(s)


def check_facts(s: Session) -> int:
    """Count a random day again, make all facts again where it differs; return how many did."""
    wrong = fact_store.wrong_on_a_day(s)
    if wrong:
        log.error("facts of %s tickets were wrong, the first of #%s", len(wrong), wrong[0])
        fact_store.begin_again(s)
        told = {"number": len(wrong), "first": wrong[0]}
        events.record(s, None, None, MENDED, internal=True, subject=_FACTS, **told)
    return len(wrong)


def mended(s: Session) -> Mended | None:
    """Return how many tickets `check_facts` found wrong in the last MENDED_DAYS."""
    since = now() - timedelta(days=MENDED_DAYS)
    query = select(Event.created_at, Event.details).where(
        Event.subject == _FACTS, Event.kind == MENDED, Event.created_at > since
    )
    found = s.execute(query.order_by(Event.created_at)).all()
    number = sum(details["number"] for _at, details in found)
    return Mended(number, found[-1].created_at) if found else None


def clean(s: Session) -> None:
    """Forget what is over: sessions, failures, deliveries, notices, answers, what came lately."""
    sessions.clean(s)
    deliveries.clean(s)
    notifications.clean(s)
    throttle.clean(s)
    replays.clean(s)
    bursts.clean(s)


def _move(s: Session, source: Status, target: Status, *due: ColumnElement[bool]) -> int:
    """Move what is due; what somebody holds at this moment is left for the next time."""
    shelf = Shelf.OPEN if source in workflow.OPEN else Shelf.DONE
    query = (
        select(Ticket)
        .where(Ticket.status == source, Ticket.shelf == shelf, *due)
        .order_by(Ticket.number)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    tickets = s.scalars(query).all()
    for ticket in tickets:
        transitions.apply(s, None, ticket, target)
    return len(tickets)
