"""The tickets of a recurring problem: listed, and tied so that each leads to the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from data.models import LinkKind, PendingReason, Status, Ticket
from services import links
from services.errors import WrongState
from services.permissions import Action, Actor, require, visible_to
from services.words import N_
from services.workflow import OPEN

MOST_LISTED = 100
MOST_TIED = 20
_ASKED = 1000  # of a problem of very many tickets, its newest


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket of a problem."""

    number: int
    title: str
    status: Status
    pending_reason: PendingReason | None
    created_at: datetime


class NothingToTie(WrongState):
    """Fewer than two open tickets: there is nothing to link."""

    code = "nothing_to_tie"
    sentence = N_("Fewer than two of these tickets are open: there is nothing to link.")


def lines(s: Session, by: Actor, numbers: Sequence[int]) -> list[Line]:
    """Return those of some tickets that `by` may read, newest first, at most MOST_LISTED."""
    columns = (Ticket.title, Ticket.status, Ticket.pending_reason, Ticket.created_at)
    query = visible_to(by).with_only_columns(Ticket.number, *columns)
    newest = Ticket.created_at.desc(), Ticket.number.desc()
    query = query.where(Ticket.number.in_(_newest(numbers))).order_by(*newest).limit(MOST_LISTED)
    return [Line(*row) for row in s.execute(query)]


def tie(s: Session, by: Actor, numbers: Sequence[int]) -> int:
    """Link the open ones of some tickets to the oldest of them, at most MOST_TIED; return how many.

    Those that are linked already stay so: doing it twice changes nothing.

    Raises:
        NotAllowed, NothingToTie.
    """
    require(by, Action.TICKET_EDIT)
    query = visible_to(by).with_only_columns(Ticket.number)
    query = query.where(Ticket.number.in_(_newest(numbers)), Ticket.status.in_(OPEN))
    found = list(s.scalars(query.order_by(Ticket.number).limit(MOST_TIED + 1)))
    if len(found) < 2:
        raise NothingToTie
    first, *others = found
    for other in others:
        links.add(s, by, first, LinkKind.RELATES_TO, other)
    return len(found)


def told(s: Session, by: Actor, numbers: Sequence[int]) -> str:
    """Return those of some tickets that `by` may read as lines of a text: number and title."""
    return "\n".join(f"#{line.number} {line.title}" for line in lines(s, by, numbers))


def _newest(numbers: Sequence[int]) -> list[int]:
    return sorted(numbers)[-_ASKED:]
