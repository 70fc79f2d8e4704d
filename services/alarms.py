"""What deadlines bring about by themselves: the reminder before, the escalation after (C6)."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Alarm, Membership, Priority, Stage, Target, Ticket
from services import acceptance, deadlines, events, lives, tickets, workflow
from services.deadlines import Cause
from services.promises import Promise

BATCH = 100  # alarms in one transaction
_RINGING = (Stage.NEAR, Stage.MISSED)


def ring(s: Session) -> int:
    """Tell what is near or missed, and escalate; return how many alarms rang, at most BATCH.

    Each rings once, whoever else is at it: whoever holds a ticket holds its alarms, and what
    somebody holds at this moment is left for the next time.
    """
    due = select(Alarm.ticket_number).where(Alarm.stage.in_(_RINGING), Alarm.next_at <= now())
    numbers = set(s.scalars(due.order_by(Alarm.next_at).limit(BATCH)))
    held = (
        select(Ticket)
        .where(Ticket.number.in_(numbers))
        .order_by(Ticket.number)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    rung = 0
    for ticket in s.scalars(held).all() if numbers else ():
        rung += _ring_all(s, ticket, BATCH - rung)
    return rung


def _ring_all(s: Session, ticket: Ticket, most: int) -> int:
    """Ring what is due of a ticket one holds; what one alarm brings about may move the others."""
    seen: set[tuple[Target, Stage]] = set()
    rung = 0
    while rung < most and (alarm := _next(s, ticket, seen)):
        seen.add((alarm.target, alarm.stage))
        rung += _ring(s, ticket, alarm)
    return rung


def _next(s: Session, ticket: Ticket, seen: set[tuple[Target, Stage]]) -> Alarm | None:
    query = select(Alarm).where(
        Alarm.ticket_number == ticket.number, Alarm.stage.in_(_RINGING), Alarm.next_at <= now()
    )
    found = s.scalars(query.execution_options(populate_existing=True)).all()
    order = list(Target)
    new = [alarm for alarm in found if (alarm.target, alarm.stage) not in seen]
    return min(new, key=lambda alarm: order.index(alarm.target), default=None)


def _ring(s: Session, ticket: Ticket, alarm: Alarm) -> bool:
    """Record that a deadline is near or missed; computed again, it says what is told next."""
    target, stage, next_at = alarm.target, alarm.stage, alarm.next_at
    is_running = ticket.status in workflow.RUNNING and ticket.deleted_at is None
    is_over = stage is Stage.NEAR and alarm.due_at <= now()  # then it is missed, and no longer near
    rings = is_running and not is_over and getattr(ticket, deadlines.DUE[target]) == alarm.due_at
    if rings:
        promise = deadlines.promise_of(s, ticket)
        facts: dict[str, Any] = {
            "target": target,
            "due_at": alarm.due_at,
            "policy_id": ticket.sla_policy_id,
        }
        event = events.record(s, None, ticket, lives.RINGS[stage], internal=True, **facts)
        event.created_at = max(now(), next_at)  # a clock that is put back rings nothing twice
        if stage is Stage.MISSED and promise:
            _escalate(s, ticket, target, promise)
    deadlines.renew(s, ticket, Cause.ALARM)
    return rings


def _escalate(s: Session, ticket: Ticket, target: Target, promise: Promise) -> None:
    """Do what the policy wants done about a missed deadline."""
    is_unaccepted = target is Target.ACCEPT and ticket.lead_id and ticket.assigned_at
    if is_unaccepted and promise.returns_unaccepted:
        acceptance.give_back(s, None, ticket, "ticket.returned", user_id=ticket.lead_id)
    names = ("priority", "is_priority_overridden", "team_id", "lead_id", "assigned_at")
    before = {name: getattr(ticket, name) for name in names}
    if promise.raises_priority:
        _raise_priority(ticket)
    if promise.escalation_team_id and promise.escalation_team_id != ticket.team_id:
        _give_to(s, ticket, promise.escalation_team_id)
    after = {name: getattr(ticket, name) for name in names}
    changes = {name: [before[name], after[name]] for name in names if before[name] != after[name]}
    if changes:
        tickets.touched(ticket)
        facts: dict[str, Any] = {"changes": changes, "target": target}
        events.record(s, None, ticket, "ticket.escalated", internal=True, **facts)


def _raise_priority(ticket: Ticket) -> None:
    levels = list(Priority)
    higher = levels[levels.index(ticket.priority) + 1 :]
    if higher:
        ticket.priority = higher[0]
        ticket.is_priority_overridden = True


def _give_to(s: Session, ticket: Ticket, team_id: int) -> None:
    """Give the ticket to a team, with its lead only if that is one of them."""
    ticket.team_id = team_id
    is_theirs = s.get(Membership, (team_id, ticket.lead_id)) if ticket.lead_id else None
    if is_theirs is None:
        ticket.lead_id = ticket.assigned_at = None
