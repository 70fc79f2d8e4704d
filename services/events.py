"""Recording what happened. Who reads it — history, bell, mail, screen — is not known here."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Event, Ticket, User
from services.permissions import Actor


def record(
    s: Session,
    by: Actor | None,
    ticket: Ticket | None,
    kind: str,
    *,
    internal: bool = False,
    subject: str | None = None,
    **details: Any,
) -> Event:
    """Add one line to the history, in the transaction that makes it true.

    `by` is None when nobody did it: the clock, or a stranger at the door.
    `details["changes"]` maps a field of the ticket to its value before and after. People are
    referred to by id: names are looked up when the history is read.
    """
    event = Event(
        kind=kind,
        ticket_number=ticket.number if ticket else None,
        subject=subject,
        actor_id=by.id if by else None,
        is_internal=internal,
        details={name: plain(value) for name, value in details.items()},
    )
    s.add(event)
    s.info.setdefault("recorded", []).append(event)
    return event


def record_edit(
    s: Session, by: Actor | None, subject: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Record what differs between two states of a person, team or category; nothing if nothing.

    `changes` holds ids, roles and switches; of a text, which may be personal, only `fields` tells
    that it changed.
    """
    changed = [field for field in sorted(after) if before[field] != after[field]]
    texts = [field for field in changed if type(after[field]) is str]
    changes = {field: [before[field], after[field]] for field in changed if field not in texts}
    if changed:
        kind = f"{subject.partition(':')[0]}.edited"
        record(s, by, None, kind, subject=subject, changes=changes, fields=texts)


def last_to_change(s: Session, number: int, name: str) -> tuple[int | None, str]:
    """Return id and name of who last changed a field of a ticket; None and no name: nobody did."""
    query = (
        select(Event.details, User.id, User.name)
        .join(User, Event.actor_id == User.id)
        .where(Event.ticket_number == number)
        .order_by(Event.id.desc())
        .limit(50)
    )
    for details, user_id, person in s.execute(query):
        if name in details.get("changes", {}):
            return user_id, person
    return None, ""


def plain(value: Any) -> Any:
    """Return the value as JSON keeps it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    return value
