"""How long remains: of the next promise that is open, or of each, and from when on it is soon."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Alarm, SlaPolicy, Status, Target, Ticket
from services import deadlines
from services.lists import TicketLine
from services.workflow import OPEN


@dataclass(frozen=True, slots=True)
class Countdown:
    """A deadline that was not kept yet. It is soon from when the policy’s reminder comes."""

    target: Target
    due_at: datetime
    soon_at: datetime  # when it is due: never
    is_paused: bool


def next_of(line: TicketLine) -> Countdown | None:
    """Return the deadline of a ticket that comes first, or None: all are kept, or it is done."""
    due_at, target = min(_open(line), default=(None, None), key=lambda pair: pair[0])
    if due_at is None or target is None:
        return None
    soon_at = _soon_at(line, due_at, line.told_at, line.remind_minutes)
    return Countdown(target, due_at, soon_at, _is_paused(line, target))


def of(s: Session, ticket: Ticket) -> dict[Target, Countdown]:
    """Return all deadlines of a ticket that were not kept yet; a query where there is one."""
    due = {target: due_at for due_at, target in _open(ticket)}
    if not due:
        return {}
    remind_minutes = select(SlaPolicy.remind_minutes).where(SlaPolicy.id == ticket.sla_policy_id)
    told = select(Alarm.target, Alarm.next_at, remind_minutes.scalar_subquery())
    rows = s.execute(told.where(Alarm.ticket_number == ticket.number)).all()
    known = {target: (next_at, minutes) for target, next_at, minutes in rows}
    return {
        target: Countdown(
            target,
            due_at,
            _soon_at(ticket, due_at, *known.get(target, (None, None))),
            _is_paused(ticket, target),
        )
        for target, due_at in due.items()
    }


def _open(ticket: Ticket | TicketLine) -> Iterator[tuple[datetime, Target]]:
    """Yield what is due when, in the order of the targets."""
    for target, name in deadlines.DUE.items():
        due_at = getattr(ticket, name)
        if due_at and ticket.status in OPEN and not deadlines.is_met(ticket, target):
            yield due_at, target


def _soon_at(
    ticket: Ticket | TicketLine, due_at: datetime, told_at: datetime | None, minutes: int | None
) -> datetime:
    """Return when the reminder comes, by the alarm; one that waits for the deadline reminded.

    Where nothing is told of, or the policy wants no reminder, it is late without being soon.
    """
    if told_at is None or minutes == 0:
        return due_at
    return told_at if told_at < due_at else ticket.created_at


def _is_paused(ticket: Ticket | TicketLine, target: Target) -> bool:
    """Tell whether nothing counts; a date set by hand is a date."""
    is_by_hand = target is Target.RESOLVE and ticket.is_due_by_hand
    return ticket.status is Status.PENDING and not is_by_hand
