"""Helpers and observers: who else has to do with a ticket."""

from datetime import datetime

from sqlalchemy.orm import Session

from data.models import Part, Ticket, TicketPerson


def put_helper(
    s: Session, ticket: Ticket, user_id: int, *, accepted_at: datetime | None = None
) -> bool:
    """Make somebody a helper, who has accepted or has yet to; False when they were one."""
    return _put(s, ticket, user_id, Part.HELPER, accepted_at)


def put_observer(s: Session, ticket: Ticket, user_id: int) -> bool:
    """Make somebody an observer; False when they were one."""
    return _put(s, ticket, user_id, Part.OBSERVER)


def remove(s: Session, ticket: Ticket, user_id: int, part: Part) -> bool:
    """End somebody’s part; False when they had none."""
    row = s.get(TicketPerson, (ticket.number, user_id, part))
    if row is None:
        return False
    s.delete(row)
    s.flush()
    return True


def _put(
    s: Session, ticket: Ticket, user_id: int, part: Part, accepted_at: datetime | None = None
) -> bool:
    if s.get(TicketPerson, (ticket.number, user_id, part)):
        return False
    row = TicketPerson(ticket_number=ticket.number, user_id=user_id, part=part)
    row.accepted_at = accepted_at
    s.add(row)
    s.flush()
    return True
