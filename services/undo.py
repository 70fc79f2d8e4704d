"""Undo: one’s own last action, for a short time (product.md 4, C1)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import (
    Event,
    Impact,
    LinkKind,
    Part,
    PendingReason,
    Priority,
    Status,
    Ticket,
    TicketPerson,
    TicketType,
    Urgency,
)
from data.text import fold
from services import (
    calendars,
    checks,
    comments,
    deadlines,
    events,
    inbox,
    indexing,
    links,
    parts,
    sla,
    tags,
    tickets,
    transitions,
    trash,
)
from services.errors import Closed, NotFound, TooLate
from services.permissions import Actor

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

    A closing cannot be undone: closed is final. Undoing twice is undoing once.

    Raises:
        NotFound: not one’s own action.
        TooLate: after OFFERED_SECONDS, when it changed again, or when it is of a kind that stays.
    """
    event = s.get(Event, event_id, with_for_update=True, populate_existing=True)
    if event is None or event.actor_id != by.id or not _is_offered(event):
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
    inbox.forget(s, event.id)


def _is_offered(event: Event) -> bool:
    return event.ticket_number is not None or event.kind in _INVERSES


def ticket_of(s: Session, by: Actor, event_id: int) -> int | None:
    """Return the number of the ticket of one’s own action, None when it is not one’s own."""
    event = s.get(Event, event_id)
    return event.ticket_number if event and event.actor_id == by.id else None


def _ticket(s: Session, event: Event) -> Ticket:
    """Return the ticket, locked; one’s own change may have hidden it from oneself."""
    ticket = s.get(Ticket, event.ticket_number, with_for_update=True, populate_existing=True)
    if ticket is None or ticket.deleted_at:
        raise NotFound
    if ticket.status is Status.CLOSED:
        raise Closed(number=ticket.number)
    return ticket


def _put_back(s: Session, by: Actor, event: Event) -> None:
    ticket = _ticket(s, event)
    changes = event.details["changes"]
    if not _stands(ticket, changes):
        raise TooLate
    for name, (before, _after) in changes.items():
        value = _revived(name, before)
        if name == "resolve_due_at":
            deadlines.set_by_hand(ticket, value)
        else:
            setattr(ticket, name, value)
    if ticket.status is Status.RESOLVED and transitions.blocker(s, ticket):
        raise TooLate
    ticket.folded_title = fold(ticket.title)[: checks.MAX_TITLE]
    if changes.keys() & indexing.SEARCHED:
        indexing.renew(s, ticket)
    back = {name: [after, before] for name, (before, after) in changes.items()}
    _undone(s, by, ticket, internal=event.is_internal, changes=back)
    deadlines.renew(s, ticket)


def _stands(ticket: Ticket, changes: dict[str, Any]) -> bool:
    """Tell whether the ticket still is what the action made of it."""
    now_is = {name: getattr(ticket, name) for name in changes}
    if "resolve_due_at" in changes:  # what a policy makes of it meanwhile is nobody’s change
        now_is["resolve_due_at"] = deadlines.by_hand(ticket)
    return all(events.plain(now_is[name]) == pair[1] for name, pair in changes.items())


def _revived(name: str, value: Any) -> Any:
    if value is not None and name in _ENUMS:
        return _ENUMS[name](value)
    if value is not None and name.endswith("_at"):
        return datetime.fromisoformat(value)
    return value


def _undone(s: Session, by: Actor, ticket: Ticket, **details: Any) -> None:
    tickets.touched(ticket)
    events.record(s, by, ticket, "ticket.undone", **details)


def _take_part_away(s: Session, by: Actor, event: Event) -> None:
    _swap_part(s, by, event, put=False)


def _give_part_back(s: Session, by: Actor, event: Event) -> None:
    _swap_part(s, by, event, put=True)


def _swap_part(s: Session, by: Actor, event: Event, *, put: bool) -> None:
    ticket = _ticket(s, event)
    part = Part.HELPER if "helper" in event.kind else Part.OBSERVER
    user_id = event.details["user_id"]
    if not put:
        parts.remove(s, ticket, user_id, part)
    elif part is Part.HELPER:
        accepted_at = _revived("accepted_at", event.details.get("accepted_at"))
        parts.put_helper(s, ticket, user_id, accepted_at=accepted_at)
    else:
        parts.put_observer(s, ticket, user_id)
    _undone(s, by, ticket, internal=event.is_internal)


def _unaccept_help(s: Session, by: Actor, event: Event) -> None:
    ticket = _ticket(s, event)
    help_ = s.get(TicketPerson, (ticket.number, by.id, Part.HELPER), populate_existing=True)
    if help_ is None:
        raise TooLate
    help_.accepted_at = None
    _undone(s, by, ticket)


def _undelete(s: Session, by: Actor, event: Event) -> None:
    ticket = s.get(Ticket, event.ticket_number, with_for_update=True, populate_existing=True)
    if ticket is None or ticket.deleted_at is None or ticket.deleted_by_id != by.id:
        raise TooLate
    trash.put_back(s, by, ticket)


def _redelete(s: Session, by: Actor, event: Event) -> None:
    trash.delete(s, by, event.ticket_number or 0)


def _untag(s: Session, by: Actor, event: Event) -> None:
    tags.remove(s, by, event.ticket_number or 0, event.details["tag"])


def _retag(s: Session, by: Actor, event: Event) -> None:
    tags.add(s, by, event.ticket_number or 0, event.details["tag"])


def _uncomment(s: Session, by: Actor, event: Event) -> None:
    """Take the comment back, and what it moved as far as that stands."""
    comment_id = event.details["comment_id"]
    later = select(Event).where(Event.ticket_number == event.ticket_number, Event.id > event.id)
    moved = [e for e in s.scalars(later) if _is_move_by(e, comment_id)]
    comments.delete(s, by, comment_id)
    for move in reversed(moved):
        if _stands(_ticket(s, move), move.details["changes"]):
            _put_back(s, by, move)
            move.details = {**move.details, "undone": True}


def _is_move_by(event: Event, comment_id: int) -> bool:
    return event.details.get("comment_id") == comment_id and "changes" in event.details


def _recomment(s: Session, by: Actor, event: Event) -> None:
    comments.restore(s, by, event.details["comment_id"])


def _unedit(s: Session, by: Actor, event: Event) -> None:
    comments.put_back(s, by, event.details["comment_id"], event.details["version"])


def _unlink(s: Session, by: Actor, event: Event) -> None:
    source, target = _ends(s, by, event)
    link = links.find(s, source, target, LinkKind(event.details["link"]))
    if link is None:
        raise TooLate
    links.remove(s, by, event.ticket_number or 0, link.id)


def _relink(s: Session, by: Actor, event: Event) -> None:
    source, target = _ends(s, by, event)
    kind = LinkKind(event.details["link"])
    if links.find(s, source, target, kind) or links.would_circle(s, source, target, kind):
        raise TooLate
    links.put(s, by, source, target, kind)
    tickets.touched(source)


def _ends(s: Session, by: Actor, event: Event) -> tuple[Ticket, Ticket]:
    ticket = _ticket(s, event)
    other = tickets.get(s, by, event.details["other"])
    return (ticket, other) if event.details["outward"] else (other, ticket)


def _unlink_external(s: Session, by: Actor, event: Event) -> None:
    links.remove_external(s, by, event.ticket_number or 0, event.details["external_link_id"])


def _relink_external(s: Session, by: Actor, event: Event) -> None:
    url, title = event.details["url"], event.details["title"]
    links.add_external(s, by, event.ticket_number or 0, url, title)


_INVERSES: dict[str, Callable[[Session, Actor, Event], None]] = {
    "calendar.closure_added": calendars.take_back,
    "calendar.closure_removed": calendars.take_back,
    "calendar.edited": calendars.take_back,
    "comment.deleted": _recomment,
    "comment.edited": _unedit,
    "comment.noted": _uncomment,
    "comment.posted": _uncomment,
    "external_link.added": _unlink_external,
    "external_link.removed": _relink_external,
    "link.added": _unlink,
    "link.removed": _relink,
    "ticket.deleted": _undelete,
    "policy.created": sla.take_back,
    "policy.deleted": sla.take_back,
    "policy.edited": sla.take_back,
    "policy.reordered": sla.take_back,
    "ticket.helper_accepted": _unaccept_help,
    "ticket.helper_added": _take_part_away,
    "ticket.helper_refused": _give_part_back,
    "ticket.helper_removed": _give_part_back,
    "ticket.observer_added": _take_part_away,
    "ticket.observer_removed": _give_part_back,
    "ticket.restored": _redelete,
    "ticket.tag_added": _untag,
    "ticket.tag_removed": _retag,
}
