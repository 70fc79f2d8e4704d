"""Saying yes or no to work one was given: the lead to the ticket, helpers to their part (C6)."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Part, Ticket, TicketPerson
from services import checks, deadlines, events, parts, tickets
from services.errors import NotAllowed
from services.permissions import Action, Actor

LONGEST_REASON = 500


def accept(s: Session, by: Actor, number: int) -> Ticket:
    """Say yes to the ticket one was given, or asked to help with; again: no change.

    Raises:
        NotFound, Closed.
        NotAllowed: one neither leads it nor helps.
    """
    ticket = tickets.change(s, by, number, Action.TICKET_ACCEPT)
    help_ = _help(s, by, ticket)
    if is_awaited(by, ticket):
        take_on(s, by, ticket)
    elif help_ and help_.accepted_at is None:
        help_.accepted_at = now()
        tickets.touched(ticket)
        events.record(s, by, ticket, "ticket.helper_accepted", user_id=by.id)
    elif ticket.lead_id != by.id and not help_:
        raise NotAllowed
    return ticket


def refuse(s: Session, by: Actor, number: int, reason: str) -> Ticket:
    """Give back what one was given and has not accepted: the ticket to the queue, or one’s help.

    Raises:
        NotFound, Closed.
        NotAllowed: nothing waits for one’s answer.
        Invalid: field `reason`.
    """
    ticket = tickets.change(s, by, number, Action.TICKET_ACCEPT)
    help_ = _help(s, by, ticket)
    said = checks.line("reason", reason, at_most=LONGEST_REASON, required=True)
    if is_awaited(by, ticket):
        give_back(s, by, ticket, "ticket.refused", reason=said)
    elif help_ and help_.accepted_at is None:
        parts.remove(s, ticket, by.id, Part.HELPER)
        tickets.touched(ticket)
        facts: dict[str, Any] = {"user_id": by.id, "reason": said}
        events.record(s, by, ticket, "ticket.helper_refused", internal=True, **facts)
    else:
        raise NotAllowed
    return ticket


def is_awaited(by: Actor, ticket: Ticket) -> bool:
    """Tell whether `by` leads the ticket and has yet to accept that."""
    return ticket.lead_id == by.id and ticket.assigned_at is not None


def answered(s: Session, by: Actor, ticket: Ticket, **facts: Any) -> None:
    """Let what the lead did on the ticket count as a yes."""
    if is_awaited(by, ticket):
        take_on(s, by, ticket, **facts)


def yes(ticket: Ticket) -> None:
    """Note that the ticket’s lead accepted; `accepted_at` is when that first happened."""
    ticket.assigned_at = None
    ticket.accepted_at = ticket.accepted_at or now()


def take_on(s: Session, by: Actor, ticket: Ticket, **facts: Any) -> None:
    """Accept for the lead, and record it."""
    before = _state(ticket)
    yes(ticket)
    _record(s, by, ticket, "ticket.accepted", before, **facts)


def give_back(s: Session, by: Actor | None, ticket: Ticket, kind: str, **facts: Any) -> None:
    """Put the ticket back in the queue, as nobody’s; None is the clock."""
    before = _state(ticket)
    ticket.lead_id = ticket.assigned_at = None
    _record(s, by, ticket, kind, before, internal=True, **facts)


def _help(s: Session, by: Actor, ticket: Ticket) -> TicketPerson | None:
    query = select(TicketPerson).where(
        TicketPerson.ticket_number == ticket.number,
        TicketPerson.user_id == by.id,
        TicketPerson.part == Part.HELPER,
    )
    return s.scalar(query.execution_options(populate_existing=True))


def _state(ticket: Ticket) -> dict[str, int | datetime | None]:
    names = ("lead_id", "assigned_at", "accepted_at")
    return {name: getattr(ticket, name) for name in names}


def _record(
    s: Session,
    by: Actor | None,
    ticket: Ticket,
    kind: str,
    before: dict[str, int | datetime | None],
    **facts: Any,
) -> None:
    changes = {
        name: [value, getattr(ticket, name)]
        for name, value in before.items()
        if value != getattr(ticket, name)
    }
    tickets.touched(ticket)
    events.record(s, by, ticket, kind, changes=changes, **facts)
    deadlines.renew(s, ticket)
