"""Tickets with everybody and everything around them, for whoever shows all their fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from data.models import Category, Part, Tag, Team, Ticket, TicketPerson, TicketTag, User
from services import tickets
from services.permissions import Actor


@dataclass(frozen=True, slots=True)
class WholeTicket:
    """A ticket whose requester, creator, lead, team and category are loaded, and its company."""

    ticket: Ticket
    helpers: list[User] = field(default_factory=list)
    observers: list[User] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


def get(s: Session, by: Actor, number: int) -> WholeTicket:
    """Return one ticket that `by` may see, whole.

    Raises:
        NotFound.
    """
    tickets.get(s, by, number)
    return of_seen(s, [number])[0]


def of_seen(s: Session, numbers: Sequence[int]) -> list[WholeTicket]:
    """Return tickets that the caller was found to see, in their order, in three queries."""
    query = select(Ticket).where(Ticket.number.in_(numbers)).options(*_AROUND)
    rows = {t.number: t for t in s.scalars(query.execution_options(populate_existing=True))}
    found = {number: WholeTicket(rows[number]) for number in numbers if number in rows}
    _add_company(s, found)
    return list(found.values())


def of_new(s: Session, ticket: Ticket, *, has_company: bool) -> WholeTicket:
    """Return a ticket that this transaction made, without reading again what was just written.

    `has_company`: people or tags were put on it. Who and what it names was looked at to make it.
    """
    for name, kind, key in (
        ("requester", User, ticket.requester_id),
        ("created_by", User, ticket.created_by_id),
        ("lead", User, ticket.lead_id),
        ("team", Team, ticket.team_id),
        ("category", Category, ticket.category_id),
    ):
        set_committed_value(ticket, name, s.get(kind, key) if key else None)
    found = {ticket.number: WholeTicket(ticket)}
    if has_company:
        _add_company(s, found)
    return found[ticket.number]


def _add_company(s: Session, found: Mapping[int, WholeTicket]) -> None:
    """Add helpers, observers and tags, in two queries."""
    people = (
        select(TicketPerson.ticket_number, TicketPerson.part, User)
        .join(User, TicketPerson.user_id == User.id)
        .where(TicketPerson.ticket_number.in_(found))
        .order_by(User.name, User.id)
    )
    for number, part, user in s.execute(people):
        company = found[number]
        (company.helpers if part is Part.HELPER else company.observers).append(user)
    words = (
        select(TicketTag.ticket_number, Tag.name)
        .join(Tag)
        .where(TicketTag.ticket_number.in_(found))
        .order_by(Tag.name)
    )
    for number, name in s.execute(words):
        found[number].tags.append(name)


_AROUND = [
    joinedload(Ticket.requester),
    joinedload(Ticket.created_by),
    joinedload(Ticket.lead),
    joinedload(Ticket.team),
    joinedload(Ticket.category),
]
