"""Everything the page of one ticket shows, fetched at once and cut to what the person may see."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from data.models import (
    Attachment,
    Comment,
    ExternalLink,
    Link,
    LinkKind,
    Part,
    Status,
    Tag,
    Ticket,
    TicketPerson,
    TicketTag,
    User,
)
from services import attachments, comments, drafts, history, workflow
from services.errors import NotFound
from services.history import HistoryLine
from services.permissions import (
    RULES,
    Action,
    Actor,
    allows,
    comments_visible_to,
    may_see,
    visible_to,
)


@dataclass(frozen=True, slots=True)
class Message:
    """One comment with its files; a deleted one has neither words nor files."""

    comment: Comment
    author: str
    files: tuple[Attachment, ...]
    is_mine: bool


@dataclass(frozen=True, slots=True)
class LinkedTicket:
    """A ticket at the other end of a link; `is_outward`: the link starts at the ticket shown."""

    link_id: int
    kind: LinkKind
    is_outward: bool
    number: int
    title: str
    status: Status


@dataclass(frozen=True, slots=True)
class TicketView:
    """What the page shows, and what the person may do here and now."""

    ticket: Ticket
    files: tuple[Attachment, ...]
    helpers: tuple[tuple[int, str], ...]
    observers: tuple[tuple[int, str], ...]
    tags: tuple[str, ...]
    messages: tuple[Message, ...]
    history: tuple[HistoryLine, ...]
    links: tuple[LinkedTicket, ...]
    external_links: tuple[ExternalLink, ...]
    targets: tuple[Status, ...]
    may: frozenset[Action]
    draft: dict[str, Any]
    draft_files: tuple[Attachment, ...]


def load(s: Session, by: Actor, number: int) -> TicketView:
    """Fetch the ticket and all that hangs on it, in a fixed number of queries.

    Raises:
        NotFound.
    """
    ticket = _ticket(s, by, number)
    files = _files(s, number)
    helpers, observers = _people(s, number)
    context = comments.draft_of(number)
    is_closed = ticket.status is Status.CLOSED
    return TicketView(
        ticket=ticket,
        files=tuple(files.get(None, ())),
        helpers=helpers,
        observers=observers,
        tags=tuple(_tags(s, number)),
        messages=tuple(_messages(s, by, number, files)),
        history=tuple(history.of(s, by, number)),
        links=tuple(_links(s, by, number)),
        external_links=tuple(_external_links(s, number)),
        targets=tuple(workflow.targets(by, ticket)),
        may=may(by, ticket),
        draft={} if is_closed else drafts.get(s, by, context),
        draft_files=() if is_closed else tuple(attachments.drafted(s, by, context)),
    )


def may(by: Actor, ticket: Ticket) -> frozenset[Action]:
    """Return what `by` may do to the ticket as it stands; a closed one only goes to the trash."""
    lasting = {Action.TICKET_READ, Action.TICKET_DELETE, Action.TICKET_CREATE}
    actions = lasting if ticket.status is Status.CLOSED else set(RULES)
    return frozenset(action for action in actions if allows(by, action, ticket))


def _ticket(s: Session, by: Actor, number: int) -> Ticket:
    query = (
        visible_to(by)
        .where(Ticket.number == number)
        .options(
            joinedload(Ticket.requester),
            joinedload(Ticket.created_by),
            joinedload(Ticket.lead),
            joinedload(Ticket.team),
            joinedload(Ticket.category),
        )
    )
    ticket = s.scalar(query)
    if ticket is None:
        raise NotFound
    return ticket


def _messages(
    s: Session, by: Actor, number: int, files: dict[int | None, list[Attachment]]
) -> list[Message]:
    query = (
        select(Comment, User.name)
        .join(User, Comment.author_id == User.id)
        .where(Comment.ticket_number == number, comments_visible_to(by))
        .order_by(Comment.created_at, Comment.id)
    )
    return [
        Message(
            comment=comment,
            author=author,
            files=() if comment.deleted_at else tuple(files.get(comment.id, ())),
            is_mine=comment.author_id == by.id,
        )
        for comment, author in s.execute(query)
    ]


def _files(s: Session, number: int) -> dict[int | None, list[Attachment]]:
    found: dict[int | None, list[Attachment]] = {}
    query = select(Attachment).where(Attachment.ticket_number == number).order_by(Attachment.id)
    for attachment in s.scalars(query):
        found.setdefault(attachment.comment_id, []).append(attachment)
    return found


def _people(
    s: Session, number: int
) -> tuple[tuple[tuple[int, str], ...], tuple[tuple[int, str], ...]]:
    query = (
        select(TicketPerson.part, User.id, User.name)
        .join(User, TicketPerson.user_id == User.id)
        .where(TicketPerson.ticket_number == number)
        .order_by(User.name)
    )
    rows = s.execute(query).all()
    helpers = tuple((row.id, row.name) for row in rows if row.part is Part.HELPER)
    return helpers, tuple((row.id, row.name) for row in rows if row.part is Part.OBSERVER)


def _tags(s: Session, number: int) -> list[str]:
    query = select(Tag.name).join(TicketTag).where(TicketTag.ticket_number == number)
    return list(s.scalars(query.order_by(Tag.name)))


def _links(s: Session, by: Actor, number: int) -> list[LinkedTicket]:
    """Return the links whose other end `by` may see; the others do not exist for them."""
    ends = or_(
        (Link.source_number == number) & (Ticket.number == Link.target_number),
        (Link.target_number == number) & (Ticket.number == Link.source_number),
    )
    query = (
        select(Link.id, Link.kind, Link.source_number, Ticket.number, Ticket.title, Ticket.status)
        .join(Ticket, ends)
        .where(Ticket.deleted_at.is_(None), may_see(by))
        .order_by(Link.kind, Ticket.number)
    )
    return [
        LinkedTicket(
            row.id, row.kind, row.source_number == number, row.number, row.title, row.status
        )
        for row in s.execute(query)
    ]


def _external_links(s: Session, number: int) -> list[ExternalLink]:
    query = select(ExternalLink).where(ExternalLink.ticket_number == number)
    return list(s.scalars(query.order_by(ExternalLink.id)))
