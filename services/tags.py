"""Tags: free words on tickets."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Tag, Ticket, TicketTag
from data.text import clean_line
from services import checks, events, tickets
from services.errors import Invalid
from services.permissions import Action, Actor, require, visible_to
from services.words import N_

MAX_TAGS = 40
MAX_LENGTH = 40


def add(s: Session, by: Actor, number: int, name: str) -> Ticket:
    """Put a tag on the ticket; the same word twice is one tag."""
    ticket = tickets.change(s, by, number, Action.TICKET_EDIT)
    if added := put(s, ticket, [name]):
        tickets.touched(ticket)
        events.record(s, by, ticket, "ticket.tag_added", tag=added[0])
    return ticket


def remove(s: Session, by: Actor, number: int, name: str) -> Ticket:
    """Take a tag off the ticket."""
    ticket = tickets.change(s, by, number, Action.TICKET_EDIT)
    tag = s.scalar(select(Tag).where(Tag.name == _normal(name)))
    row = s.get(TicketTag, (number, tag.id)) if tag else None
    if tag and row:
        s.delete(row)
        tickets.touched(ticket)
        events.record(s, by, ticket, "ticket.tag_removed", tag=tag.name)
    return ticket


def suggestions(s: Session, by: Actor, text: str, limit: int = 10) -> list[str]:
    """Return tags that begin like `text`, of tickets that `by` may see; for staff."""
    require(by, Action.QUEUE_SEE)
    begins = Tag.name.startswith(_folded(text), autoescape=True)
    seen = visible_to(by).join(TicketTag).where(TicketTag.tag_id == Tag.id)
    query = select(Tag.name).where(begins, seen.with_only_columns(Ticket.number).exists())
    return list(s.scalars(query.order_by(Tag.name).limit(limit)))


def put(s: Session, ticket: Ticket, names: Iterable[str]) -> list[str]:
    """Put tags on a ticket one may change; return those that were not there.

    Raises:
        Invalid: an empty or too long word, or more than MAX_TAGS.
    """
    query = select(Tag.name).join(TicketTag).where(TicketTag.ticket_number == ticket.number)
    there = set(s.scalars(query))
    added = [name for name in checked(names) if name not in there]
    _check_number(len(there) + len(added))
    for name in added:
        s.add(TicketTag(ticket_number=ticket.number, tag_id=_tag(s, name).id))
    s.flush()
    return added


def checked(names: Iterable[str]) -> list[str]:
    """Return each word once, as it is kept; raise as `put` does."""
    wanted = list(dict.fromkeys(_normal(name) for name in names))
    _check_number(len(wanted))
    return wanted


def _check_number(number: int) -> None:
    if number > MAX_TAGS:
        raise Invalid({"tag": N_("At most {at_most} tags, please.")}, at_most=MAX_TAGS)


def _tag(s: Session, name: str) -> Tag:
    tag = s.scalar(select(Tag).where(Tag.name == name))
    if tag is None:
        tag = Tag(name=name)
        s.add(tag)
        s.flush()
    return tag


def _normal(name: str) -> str:
    return checks.line("tag", _folded(name), at_most=MAX_LENGTH, required=True)


def _folded(name: object) -> str:
    """Return a word in lower case without its hash; some letters are two in lower case."""
    return clean_line(name).lstrip("# ").casefold() if isinstance(name, str) else ""
