"""A ticket as other systems read it: the names of product.md 5, times in UTC."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from data.models import Category, Part, Team, Ticket, TicketPerson, User

_FIELDS = (
    *("number", "title", "description", "type", "category", "status", "pending_reason"),
    *("urgency", "impact", "priority", "requester", "created_by", "channel", "team", "lead"),
    *("helpers", "observers", "tags", "created_at", "updated_at", "accept_due_at"),
    *("first_response_due_at", "resolve_due_at", "accepted_at", "first_response_at"),
    *("resolved_at", "closed_at", "version"),
)


def of_number(s: Session, number: int) -> dict[str, Any] | None:
    """Return a ticket, deleted or not, for a reader who may see it; None when it was purged."""
    query = select(Ticket).where(Ticket.number == number).options(*_AROUND)
    ticket = s.scalar(query.execution_options(populate_existing=True))
    return None if ticket is None else of(ticket)


def of(ticket: Ticket) -> dict[str, Any]:
    """Return a ticket whose relations are loaded."""
    company = {
        "helpers": _people(ticket.people, Part.HELPER),
        "observers": _people(ticket.people, Part.OBSERVER),
        "tags": [tag.name for tag in ticket.tags],
    }
    return {
        name: company[name] if name in company else _plain(getattr(ticket, name))
        for name in _FIELDS
    }


def instant(moment: datetime) -> str:
    """Return an instant as RFC 3339 writes it, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def person(user: User) -> dict[str, Any]:
    """Return who somebody is."""
    return {"id": user.id, "name": user.name}


def _people(people: Sequence[TicketPerson], part: Part) -> list[dict[str, Any]]:
    return [person(one.user) for one in people if one.part is part]


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return instant(value)
        case User():
            return person(value)
        case Team():
            return {"id": value.id, "name": value.name}
        case Category():
            return {"id": value.id, "path": value.path}
    return value


_AROUND = [
    joinedload(Ticket.requester),
    joinedload(Ticket.created_by),
    joinedload(Ticket.lead),
    joinedload(Ticket.team),
    joinedload(Ticket.category),
    joinedload(Ticket.people).joinedload(TicketPerson.user),
    joinedload(Ticket.tags),
]
