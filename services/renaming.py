"""Listing the tickets of whoever was renamed under the new name, so many at a time."""

from itertools import product
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data.models import Renaming, Shelf, Ticket, User
from data.models.names import listed
from services.hints import hinted

BATCH = 500  # tickets in one transaction

_COLUMNS: tuple[tuple[Any, Any, str], ...] = (
    (Ticket.lead_id, Ticket.lead_name, "ix_ticket_by_lead"),
    (Ticket.requester_id, Ticket.requester_name, "ix_ticket_by_requester"),
)


def follow(s: Session) -> bool:
    """List up to BATCH tickets of one person under the present name; False when none is left.

    A ticket given to somebody in the moment they are renamed may stay where the old name stood, in
    the order of lists alone, until it is given again.
    """
    s.flush()
    first = select(Renaming).order_by(Renaming.id).limit(1).with_for_update(skip_locked=True)
    renaming = s.scalar(first)
    if renaming is None:
        return False
    name = listed(s.scalars(select(User.name).where(User.id == renaming.user_id)).one())
    left = BATCH if name != renaming.listed else 0
    for shelf, (person, column, index) in product(Shelf, _COLUMNS):
        theirs = (Ticket.shelf == shelf, column == renaming.listed, person == renaming.user_id)
        old = select(Ticket.number).where(*theirs).order_by(Ticket.number).limit(left)
        numbers = s.scalars(hinted(old, index)).all()
        changed = update(Ticket).where(Ticket.number.in_(numbers)).values({column.key: name})
        s.execute(changed.execution_options(synchronize_session=False))
        left -= len(numbers)
    if left or name == renaming.listed:
        s.delete(renaming)
    return True
