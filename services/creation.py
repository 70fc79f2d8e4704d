"""Opening a ticket: what is filled in, what is checked, where it goes."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import (
    Category,
    Channel,
    Draft,
    Impact,
    LinkKind,
    Sequence,
    Status,
    Team,
    Ticket,
    TicketType,
    Urgency,
)
from data.text import fold
from services import attachments, checks, events, links, parts, priority, tags, tickets
from services.errors import Invalid
from services.permissions import Action, Actor, require
from services.words import N_

DRAFT = "new"  # the name of the draft of a ticket not yet created


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTicket:
    """What one fills in; the last block is for staff only."""

    title: str
    description: str = ""
    type: TicketType | str = TicketType.INCIDENT
    category_id: int | None = None
    urgency: Urgency | str = Urgency.NORMAL
    channel: Channel | str = Channel.WEB
    key: str | None = None  # of the form: the same form sent twice makes one ticket
    follows: int | None = None  # the closed ticket this one carries on

    requester_id: int | None = None
    impact: Impact | str | None = None
    team_id: int | None = None
    tags: tuple[str, ...] = ()
    observer_ids: tuple[int, ...] = ()

    @property
    def is_for_staff(self) -> bool:
        """Tell whether a field that requesters do not have is filled in."""
        return bool(self.impact or self.team_id or self.tags or self.observer_ids)


def create(s: Session, by: Actor, new: NewTicket) -> Ticket:
    """Open a ticket for oneself, or for a caller (F-002; 5.3.1).

    The files uploaded to the draft go with it and the draft ends. The same `key` again returns the
    ticket it made the first time. The team is the category’s when none is chosen.

    Raises:
        Invalid: names every wrong field.
        NotAllowed: for somebody else, or with staff’s fields, without the right.
    """
    if made := _made_before(s, by, new.key):
        return made
    requester_id = new.requester_id or by.id
    require(by, Action.TICKET_CREATE)
    if requester_id != by.id or new.is_for_staff:
        require(by, Action.TICKET_CREATE_FOR)
    ticket = _checked(s, new)
    ticket.requester_id = tickets.active_person(s, requester_id)
    ticket.created_by_id = by.id
    ticket.team_id = _team_for(s, new)
    ticket.number = next_number(s)
    s.add(ticket)
    s.flush()
    _add_company(s, by, ticket, new)
    attachments.claim(s, by, DRAFT, ticket)
    if draft := s.get(Draft, (by.id, DRAFT)):
        s.delete(draft)
    events.record(s, by, ticket, "ticket.created", channel=ticket.channel)
    return ticket


def next_number(s: Session, count: int = 1) -> int:
    """Reserve `count` ticket numbers and return the first; they are never handed out again."""
    row = s.scalar(select(Sequence).where(Sequence.name == "ticket").with_for_update())
    if row is None:
        row = Sequence(name="ticket", value=0)
        s.add(row)
    row.value += count
    s.flush()
    return row.value - count + 1


def _made_before(s: Session, by: Actor, key: str | None) -> Ticket | None:
    if not key:
        return None
    return s.scalar(select(Ticket).where(Ticket.creation_key == key, Ticket.created_by_id == by.id))


def _checked(s: Session, new: NewTicket) -> Ticket:
    """Build the ticket from what was filled in, all mistakes told at once."""
    problems = checks.Problems()
    ticket = Ticket(channel=Channel(new.channel), creation_key=new.key or None, version=1)
    values = {
        "title": new.title,
        "description": new.description,
        "type": new.type,
        "category_id": new.category_id,
        "urgency": new.urgency,
        "impact": new.impact or Impact.MEDIUM,
    }
    for name, value in values.items():
        with problems.collected():
            setattr(ticket, name, tickets.FIELDS[name](s, value))
    problems.raise_any()
    ticket.folded_title = fold(ticket.title)[: checks.MAX_TITLE]
    ticket.priority = priority.of(ticket.urgency, ticket.impact)
    ticket.status = Status.NEW
    ticket.comment_count = 0
    return ticket


def _add_company(s: Session, by: Actor, ticket: Ticket, new: NewTicket) -> None:
    for user_id in new.observer_ids:
        parts.put_observer(s, ticket, tickets.active_person(s, user_id))
    if new.tags:
        tags.put(s, ticket, new.tags)
    if new.follows:
        links.put(s, by, ticket, tickets.get(s, by, new.follows), LinkKind.RELATES_TO)


def _team_for(s: Session, new: NewTicket) -> int | None:
    """Return the team chosen, or that of the category or of its nearest ancestor with one."""
    if new.team_id:
        team = s.get(Team, new.team_id)
        if team is None or not team.is_active:
            raise Invalid({"team_id": N_("Choose one of the values offered.")})
        return team.id
    category = s.get(Category, new.category_id) if new.category_id else None
    while category and not category.team_id and category.parent_id:
        category = s.get(Category, category.parent_id)
    return category.team_id if category else None
