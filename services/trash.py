"""Deleted tickets: into the trash, back, or gone for good (F-014, F-015; 5.3.9)."""

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Attachment, Draft, Event, Ticket
from services import comments, deadlines, events, indexing, tickets
from services.errors import Invalid, NotFound
from services.permissions import Action, Actor, in_trash_of, require
from services.words import N_


def delete(s: Session, by: Actor, number: int) -> Ticket:
    """Put a ticket in the trash; only an administrator may do that to a closed one."""
    ticket = tickets.get(s, by, number, lock=True)
    require(by, Action.TICKET_DELETE, ticket)
    ticket.deleted_at = now()
    ticket.deleted_by_id = by.id
    tickets.touched(ticket)
    events.record(s, by, ticket, "ticket.deleted")
    deadlines.renew(s, ticket)
    return ticket


def get(s: Session, by: Actor, number: int, *, lock: bool = False) -> Ticket:
    """Return a deleted ticket, or raise NotFound."""
    ticket = tickets.find(s, in_trash_of(by), number, lock=lock)
    if ticket is None:
        raise NotFound
    return ticket


def restore(s: Session, by: Actor, number: int) -> Ticket:
    """Take a ticket out of the trash as it was."""
    require(by, Action.TICKET_RESTORE)
    ticket = get(s, by, number, lock=True)
    put_back(s, by, ticket)
    return ticket


def put_back(s: Session, by: Actor, ticket: Ticket) -> None:
    """Undelete without asking for the right: also the undo of one’s own deletion."""
    ticket.deleted_at = None
    ticket.deleted_by_id = None
    tickets.touched(ticket)
    events.record(s, by, ticket, "ticket.restored")
    deadlines.renew(s, ticket)


def purge(s: Session, by: Actor, number: int, *, typed: str) -> None:
    """Remove a deleted ticket and all that hangs on it, for good; its number stays used.

    Also what people were about to answer. The bytes of its files go with `attachments.sweep`.
    `typed` is the number as the person typed it to confirm. That it was purged stays on record.

    Raises:
        NotAllowed, NotFound, Invalid (field `typed`).
    """
    require(by, Action.TICKET_PURGE)
    ticket = get(s, by, number, lock=True)
    if typed.strip().lstrip("#") != str(number):
        raise Invalid({"typed": N_("Type the number of the ticket to confirm.")})
    answers = comments.draft_of(number)
    s.execute(sql_delete(Event).where(Event.ticket_number == number))
    s.execute(sql_delete(Draft).where(Draft.context == answers))
    s.execute(sql_delete(Attachment).where(Attachment.draft_context == answers))
    indexing.forget(s, number)
    s.delete(ticket)
    s.flush()
    event = events.record(s, by, None, "ticket.purged", subject=f"ticket:{number}")
    event.ticket_number = number


def count(s: Session, by: Actor) -> int:
    """Return how many tickets are in the trash that `by` sees, counted up to 1000."""
    some = in_trash_of(by).with_only_columns(Ticket.number).limit(1000)
    return s.scalar(select(func.count()).select_from(some.subquery())) or 0
