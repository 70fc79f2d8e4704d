"""Moving a ticket along its life: start, wait, resolve, close, reopen, cancel."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Link, LinkKind, PendingReason, Status, Ticket
from services import acceptance, assignment, checks, deadlines, events, tickets, workflow
from services.errors import Blocked, Closed
from services.permissions import Action, Actor, allows, require

_KEPT = (
    "status",
    "pending_reason",
    "wake_at",
    "resolved_at",
    "closed_at",
    "lead_id",
    "assigned_at",
    "accepted_at",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """Why, and for a planned wait until when, a ticket is pending."""

    reason: PendingReason
    until: datetime | None = None


def move(
    s: Session,
    by: Actor,
    number: int,
    target: Status,
    *,
    wait: Wait | None = None,
    override: str = "",
    comment_id: int | None = None,
) -> Ticket:
    """Send the ticket to `target` (F-004, F-008; 5.3.7, 5.3.8). Where it already is: no change.

    `wait` goes with `pending`. `override` is the reason for which an administrator resolves a
    ticket that another one blocks. `comment_id` is the comment written with the same gesture.

    Raises:
        NotFound, NotAllowed, Closed, WrongState.
        Blocked: an open ticket blocks this one; with the number of the `blocker`.
        Invalid: pending without a reason, planned without a future date.
    """
    ticket = tickets.get(s, by, number, lock=True)
    if ticket.status is Status.CLOSED:
        require(by, Action.TICKET_READ, ticket)
        raise Closed(number=number)
    if ticket.status is target and target is not Status.PENDING:
        return ticket
    if ticket.status is not target:
        require(by, workflow.arrow(ticket, target), ticket)
    else:
        require(by, Action.TICKET_EDIT, ticket)
    details: dict[str, Any] = {"comment_id": comment_id} if comment_id else {}
    if target is Status.RESOLVED and (other := blocker(s, ticket)):
        details["override"] = _reason_to_override(by, other, override)
    apply(s, by, ticket, target, wait=wait, **details)
    return ticket


def apply(
    s: Session,
    by: Actor | None,
    ticket: Ticket,
    target: Status,
    *,
    wait: Wait | None = None,
    **facts: Any,
) -> None:
    """Move a ticket whose arrow was checked, and record what changed; None is the clock."""
    before = {name: getattr(ticket, name) for name in _KEPT}
    workflow.move(
        ticket, target, reason=wait.reason if wait else None, wake_at=wait.until if wait else None
    )
    if by and target is Status.RESOLVED:
        assignment.lead_on_resolving(by, ticket)
    elif by and acceptance.is_awaited(by, ticket):
        acceptance.yes(ticket)
    changes = {
        name: [value, getattr(ticket, name)]
        for name, value in before.items()
        if value != getattr(ticket, name)
    }
    if not changes:
        return
    is_reopened = before["status"] in workflow.DONE and target in workflow.OPEN
    tickets.touched(ticket)
    kind = "ticket.reopened" if is_reopened else workflow.KINDS[target]
    events.record(s, by, ticket, kind, changes=changes, **facts)
    deadlines.renew(s, ticket)


def blocker(s: Session, ticket: Ticket) -> int | None:
    """Return the number of an unfinished ticket that blocks this one."""
    return s.scalar(
        select(Ticket.number)
        .join(Link, Link.source_number == Ticket.number)
        .where(
            Link.target_number == ticket.number,
            Link.kind == LinkKind.BLOCKS,
            Ticket.status.in_(workflow.OPEN),
            Ticket.deleted_at.is_(None),
        )
        .order_by(Ticket.number)
        .limit(1)
    )


def _reason_to_override(by: Actor, blocker: int, override: str) -> str:
    if not override or not allows(by, Action.TICKET_OVERRIDE):
        raise Blocked(blocker=blocker)
    return checks.line("override", override, at_most=300, required=True)
