"""Deadlines computed again in the background, since what they follow from changed."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer

from data.clock import now
from data.models import Renewal, Shelf, Ticket, TicketOrigin, TicketTally
from services import deadlines, events
from services.deadlines import Cause

NAME = "deadlines"
BATCH = 100  # tickets in one transaction: others get their turn between two


def ask(s: Session) -> None:
    """Ask for the deadlines of all open tickets to be computed anew; one under way begins again."""
    row = _locked(s) or _first(s)
    row.asked_at, row.finished_at = now(), None
    row.done_number = row.done = row.total = 0


def advance(s: Session) -> int:
    """Compute the next deadlines that wait for it; return of how many tickets, at most BATCH.

    One at a time does it, each batch whole or not at all. Neither the date of a ticket nor its
    history tells of it, only its version: what it was promised is computed, nobody touched it.
    """
    query = select(Renewal).where(Renewal.name == NAME, Renewal.finished_at.is_(None))
    query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    row = s.scalar(query)
    if row is None:
        return 0
    if not row.done_number:
        row.total = _open(s)
    tickets = _next(s, row.done_number)
    moved = deadlines.renew_all(s, tickets, Cause.RULES)
    if moved:
        _note(s, moved)
    row.done += len(tickets)
    if len(tickets) < BATCH:
        row.finished_at = now()
        events.record(s, None, None, "policy.applied", number=row.done)  # pages look again
    else:
        row.done_number = tickets[-1].number
    return len(tickets)


def _next(s: Session, number: int) -> Sequence[Ticket]:
    query = (
        select(Ticket)
        .where(Ticket.shelf == Shelf.OPEN, Ticket.number > number)
        .order_by(Ticket.number)
        .limit(BATCH)
        .options(defer(Ticket.description))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return s.scalars(query).all()


def _note(s: Session, moved: Sequence[Ticket]) -> None:
    """Give tickets their new versions, which are no change made here that an import would heed.

    No history tells of it, but statistics count what is late.
    """
    numbers = [ticket.number for ticket in moved]
    same = select(Ticket.version).where(Ticket.number == TicketOrigin.ticket_number)
    unchanged = update(TicketOrigin).where(
        TicketOrigin.ticket_number.in_(numbers), TicketOrigin.version == same.scalar_subquery()
    )
    s.execute(
        unchanged.values(version=TicketOrigin.version + 1),
        execution_options={"synchronize_session": False},
    )
    for ticket in moved:
        ticket.version += 1
    events.record(s, None, None, "deadline.moved", internal=True, numbers=numbers)


def _open(s: Session) -> int:
    """Return how many tickets are open, as the tallies have it."""
    number = func.sum(TicketTally.number_of_tickets)
    return int(s.scalar(select(number).where(TicketTally.shelf == Shelf.OPEN)) or 0)


def _first(s: Session) -> Renewal:
    try:
        with s.begin_nested():
            row = Renewal(name=NAME)
            s.add(row)
    except IntegrityError:  # somebody else asked for the first time in the same instant
        return s.get_one(Renewal, NAME, with_for_update=True, populate_existing=True)
    return row


def _locked(s: Session) -> Renewal | None:
    return s.get(Renewal, NAME, with_for_update=True, populate_existing=True)
