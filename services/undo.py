"""Undo: one’s own last action, for a short time (product.md 4, C1)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from data.clock import now
from data.models import (
    Event,
    Impact,
    Part,
    PendingReason,
    Priority,
    Status,
    Ticket,
    TicketType,
    Urgency,
)
from data.text import fold
from services import comments, events, parts, tags, tickets, trash
from services.errors import NotFound, TooLate
from services.permissions import Action, Actor

OFFERED_SECONDS = 15
GRACE_SECONDS = 5  # for the way of the click to the server

_ENUMS: dict[str, type[StrEnum]] = {
    "status": Status,
    "pending_reason": PendingReason,
    "type": TicketType,
    "urgency": Urgency,
    "impact": Impact,
    "priority": Priority,
}


def undo(s: Session, by: Actor, event_id: int) -> None:
    """Put back what one’s own action changed, if nobody has changed it since.

    A closing cannot be undone: closed is final.

    Raises:
        NotFound: not one’s own action.
        TooLate: after OFFERED_SECONDS, when it changed again, or when it is of a kind that stays.
    """
    event = s.get(Event, event_id)
    if event is None or event.actor_id != by.id or event.ticket_number is None:
        raise NotFound
    if now() - event.created_at > timedelta(seconds=OFFERED_SECONDS + GRACE_SECONDS):
        raise TooLate
    if event.details.get("undone"):
        return
    inverse = _INVERSES.get(event.kind, _put_back if "changes" in event.details else None)
    if inverse is None:
        raise TooLate
    inverse(s, by, event)
    event.details = {**event.details, "undone": True}


def _put_back(s: Session, by: Actor, event: Event) -> None:
    ticket = tickets.change(s, by, event.ticket_number or 0, Action.TICKET_READ)
    changes = event.details["changes"]
    for name, (_before, after) in changes.items():
        if events.plain(getattr(ticket, name)) != after:
            raise TooLate
    for name, (before, _after) in changes.items():
        setattr(ticket, name, _revived(name, before))
    ticket.folded_title = fold(ticket.title)[:300]
    tickets.touched(ticket)
    back = {name: [after, before] for name, (before, after) in changes.items()}
    events.record(s, by, ticket, "ticket.undone", changes=back)


def _revived(name: str, value: Any) -> Any:
    if value is not None and name in _ENUMS:
        return _ENUMS[name](value)
    if value is not None and name.endswith("_at"):
        return datetime.fromisoformat(value)
    return value


def _take_part_away(s: Session, by: Actor, event: Event) -> None:
    _swap_part(s, by, event, put=False)


def _give_part_back(s: Session, by: Actor, event: Event) -> None:
    _swap_part(s, by, event, put=True)


def _swap_part(s: Session, by: Actor, event: Event, *, put: bool) -> None:
    ticket = _changeable(s, by, event)
    part = Part.HELPER if "helper" in event.kind else Part.OBSERVER
    user_id = event.details["user_id"]
    if put:
        add = parts.put_helper if part is Part.HELPER else parts.put_observer
        add(s, ticket, user_id)
    else:
        parts.remove(s, ticket, user_id, part)
    _undone(s, by, ticket)


def _changeable(s: Session, by: Actor, event: Event) -> Ticket:
    return tickets.change(s, by, event.ticket_number or 0, Action.TICKET_READ)


def _undone(s: Session, by: Actor, ticket: Ticket) -> None:
    tickets.touched(ticket)
    events.record(s, by, ticket, "ticket.undone")


def _undelete(s: Session, by: Actor, event: Event) -> None:
    ticket = s.get(Ticket, event.ticket_number, with_for_update=True)
    if ticket is None or ticket.deleted_at is None or ticket.deleted_by_id != by.id:
        raise TooLate
    trash.put_back(s, by, ticket)


def _untag(s: Session, by: Actor, event: Event) -> None:
    tags.remove(s, by, event.ticket_number or 0, event.details["tag"])


def _retag(s: Session, by: Actor, event: Event) -> None:
    tags.add(s, by, event.ticket_number or 0, event.details["tag"])


def _uncomment(s: Session, by: Actor, event: Event) -> None:
    comments.delete(s, by, event.details["comment_id"])


def _recomment(s: Session, by: Actor, event: Event) -> None:
    comments.restore(s, by, event.details["comment_id"])


_INVERSES: dict[str, Callable[[Session, Actor, Event], None]] = {
    "comment.deleted": _recomment,
    "comment.noted": _uncomment,
    "comment.posted": _uncomment,
    "ticket.deleted": _undelete,
    "ticket.helper_added": _take_part_away,
    "ticket.helper_removed": _give_part_back,
    "ticket.observer_added": _take_part_away,
    "ticket.observer_removed": _give_part_back,
    "ticket.tag_added": _untag,
    "ticket.tag_removed": _retag,
}
