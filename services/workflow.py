"""The life of a ticket, as data (product.md 3)."""

from datetime import datetime

from data.clock import now
from data.models import PendingReason, Status, Ticket
from services import labels
from services.errors import Invalid, WrongState
from services.permissions import Action, Actor, allows
from services.words import N_

OPEN = frozenset({Status.NEW, Status.IN_PROGRESS, Status.PENDING})
RUNNING = frozenset({Status.NEW, Status.IN_PROGRESS})  # its deadlines come nearer
DONE = frozenset({Status.RESOLVED, Status.CLOSED, Status.CANCELLED})

KINDS: dict[Status, str] = {  # of the event that tells of a move
    Status.IN_PROGRESS: "ticket.started",
    Status.PENDING: "ticket.paused",
    Status.RESOLVED: "ticket.resolved",
    Status.CLOSED: "ticket.closed",
    Status.CANCELLED: "ticket.cancelled",
}
ARROWS: dict[tuple[Status, Status], Action] = {
    (Status.NEW, Status.IN_PROGRESS): Action.TICKET_EDIT,
    (Status.NEW, Status.PENDING): Action.TICKET_EDIT,
    (Status.NEW, Status.RESOLVED): Action.TICKET_RESOLVE,
    (Status.NEW, Status.CANCELLED): Action.TICKET_CANCEL,
    (Status.IN_PROGRESS, Status.PENDING): Action.TICKET_EDIT,
    (Status.IN_PROGRESS, Status.RESOLVED): Action.TICKET_RESOLVE,
    (Status.IN_PROGRESS, Status.CANCELLED): Action.TICKET_CANCEL,
    (Status.PENDING, Status.IN_PROGRESS): Action.TICKET_EDIT,
    (Status.PENDING, Status.RESOLVED): Action.TICKET_RESOLVE,
    (Status.PENDING, Status.CANCELLED): Action.TICKET_CANCEL,
    (Status.RESOLVED, Status.IN_PROGRESS): Action.TICKET_REOPEN,
    (Status.RESOLVED, Status.CLOSED): Action.TICKET_CLOSE,
    (Status.CANCELLED, Status.IN_PROGRESS): Action.TICKET_REOPEN,
}


def targets(by: Actor, ticket: Ticket) -> list[Status]:
    """Return where `by` may send the ticket from where it stands, in the order of the table."""
    return [
        target
        for (source, target), action in ARROWS.items()
        if source is ticket.status and allows(by, action, ticket)
    ]


def arrow(ticket: Ticket, target: Status) -> Action:
    """Return the right needed to put the ticket in `target`.

    Raises:
        WrongState: there is no arrow.
    """
    try:
        return ARROWS[ticket.status, target]
    except KeyError:
        raise WrongState(
            status=labels.STATUS[ticket.status], target=labels.STATUS[target]
        ) from None


def move(
    ticket: Ticket,
    target: Status,
    *,
    reason: PendingReason | None = None,
    wake_at: datetime | None = None,
) -> None:
    """Put the ticket in `target` and keep the dates and the reason that go with it.

    The caller has checked the arrow. `wake_at` is needed for, and only kept with, a planned wait.

    Raises:
        Invalid: pending without a reason, or planned without a future date.
    """
    if target is Status.PENDING:
        _check_wait(reason, wake_at)
    ticket.status = target
    ticket.pending_reason = reason if target is Status.PENDING else None
    is_planned = ticket.pending_reason is PendingReason.PLANNED
    ticket.wake_at = wake_at if is_planned else None
    if target in OPEN:
        ticket.resolved_at = None
    elif target is Status.RESOLVED:
        ticket.resolved_at = now()
    elif target is Status.CLOSED:
        ticket.closed_at = now()


def _check_wait(reason: PendingReason | None, wake_at: datetime | None) -> None:
    if reason is None:
        raise Invalid({"pending_reason": N_("Say what the ticket waits for.")})
    is_ahead = wake_at is not None and wake_at.tzinfo is not None and wake_at > now()
    if reason is PendingReason.PLANNED and not is_ahead:
        raise Invalid({"wake_at": N_("Choose a date in the future.")})
