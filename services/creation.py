"""Opening a ticket: what is filled in, what is checked, where it goes."""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import BigInteger, Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.models import (
    Category,
    Channel,
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
from services import (
    attachments,
    checks,
    deadlines,
    drafts,
    events,
    indexing,
    keys,
    links,
    parts,
    priority,
    tags,
    tickets,
)
from services.errors import Invalid, NotFound
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
    from_draft: bool = True  # takes the files of the draft along and ends it

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
    require(by, Action.TICKET_CREATE)
    if new.requester_id not in (None, by.id) or new.is_for_staff:
        require(by, Action.TICKET_CREATE_FOR)
    key = keys.kept(by, new.key)
    if key and (made := _made_before(s, key)):
        return made
    problems = checks.Problems()
    ticket = _filled_in(s, by, new, problems)
    company = _company(s, by, new, problems)
    problems.raise_any()
    ticket.creation_key = key
    ticket.number = next_number(s)
    ticket.created_at = now()
    alarms = deadlines.begin(s, ticket)
    s.add(ticket)
    s.flush()
    deadlines.keep(s, ticket, alarms)
    _bring(s, by, ticket, company)
    if new.from_draft:
        attachments.claim(s, by, DRAFT, ticket)
        drafts.drop(s, by, DRAFT)
    indexing.add(s, ticket)
    events.record(s, by, ticket, "ticket.created", channel=ticket.channel)
    return ticket


def next_number(s: Session, count: int = 1) -> int:
    """Reserve `count` ticket numbers and return the first; they are never handed out again.

    The row stays locked until the commit: numbers without gaps, one creation at a time.
    """
    last = _raised(s, count)
    if last is None:
        s.add(Sequence(name="ticket", value=count))
        s.flush()
        last = count
    return last - count + 1


def _raised(s: Session, count: int) -> int | None:
    """Raise the sequence in one trip and return its value; None when there is no row yet."""
    more = {"more": count}
    if s.get_bind().dialect.name == "sqlite":
        raised: int | None = s.connection().execute(_RAISE_SQLITE, more).scalar()
        return raised
    done = s.connection().execute(_RAISE_MYSQL, more)
    return int(done.lastrowid) if done.rowcount else None


_SEQUENCE = cast("Table", Sequence.__table__)
_RAISE = update(_SEQUENCE).where(_SEQUENCE.c.name == "ticket")
_RAISED = _SEQUENCE.c.value + bindparam("more", type_=BigInteger)
_RAISE_SQLITE = _RAISE.values(value=_RAISED).returning(_SEQUENCE.c.value)
_RAISE_MYSQL = _RAISE.values(value=func.last_insert_id(_RAISED))


@dataclass(frozen=True, slots=True)
class _Company:
    """What a new ticket comes with."""

    observer_ids: list[int]
    tags: list[str]
    followed: Ticket | None


def _made_before(s: Session, key: str) -> Ticket | None:
    """Return what the key made; whoever is making it is waited for."""
    s.execute(select(Sequence.value).where(Sequence.name == "ticket").with_for_update())
    return s.scalar(select(Ticket).where(Ticket.creation_key == key))


def _filled_in(s: Session, by: Actor, new: NewTicket, problems: checks.Problems) -> Ticket:
    """Build the ticket from the fields that are right."""
    ticket = Ticket(created_by_id=by.id, status=Status.NEW, comment_count=0, version=1)
    values = {
        "title": new.title,
        "description": new.description,
        "type": new.type,
        "category_id": new.category_id,
        "urgency": new.urgency,
        "impact": new.impact or Impact.MEDIUM,
        "requester_id": new.requester_id or by.id,
    }
    for name, value in values.items():
        with problems.collected():
            setattr(ticket, name, tickets.FIELDS[name](s, value))
    with problems.collected():
        ticket.channel = checks.choice("channel", new.channel, Channel)
    with problems.collected():
        ticket.team_id = _team_for(s, new.team_id, ticket.category_id)
    if not problems:
        ticket.folded_title = fold(ticket.title)[: checks.MAX_TITLE]
        ticket.priority = priority.of(ticket.urgency, ticket.impact)
    return ticket


def _company(s: Session, by: Actor, new: NewTicket, problems: checks.Problems) -> _Company:
    observer_ids, names, followed = [], [], None
    for user_id in new.observer_ids:
        with problems.collected():
            observer_ids.append(tickets.active_person(s, user_id, field="observer_ids"))
    with problems.collected():
        names = tags.checked(new.tags)
    with problems.collected():
        followed = _followed(s, by, new.follows) if new.follows else None
    return _Company(observer_ids, names, followed)


def _followed(s: Session, by: Actor, number: int) -> Ticket:
    """Return the closed ticket that a new one carries on; an open one is answered instead."""
    try:
        ticket = tickets.get(s, by, number)
    except NotFound:
        raise Invalid({"follows": N_("No ticket that you can see has this number.")}) from None
    if ticket.status is not Status.CLOSED:
        raise Invalid({"follows": N_("This ticket is not closed: answer in it.")})
    return ticket


def _bring(s: Session, by: Actor, ticket: Ticket, company: _Company) -> None:
    for user_id in company.observer_ids:
        parts.put_observer(s, ticket, user_id)
    if company.tags:
        tags.put(s, ticket, company.tags)
    if company.followed:
        links.put(s, by, ticket, company.followed, LinkKind.RELATES_TO)


def _team_for(s: Session, team_id: int | None, category_id: int | None) -> int | None:
    """Return the team chosen, or that of the category or of its nearest ancestor with one."""
    if team_id:
        team = s.get(Team, team_id)
        if team is None or not team.is_active:
            raise Invalid({"team_id": N_("Choose one of the values offered.")})
        db.hold(s, team)  # the answer names it
        return team.id
    category = s.get(Category, category_id) if category_id else None
    while category and not category.team_id and category.parent_id:
        category = s.get(Category, category.parent_id)
    return category.team_id if category else None
