"""Everything the page of one ticket shows, fetched at once and cut to what the person may see."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, literal, or_, select, union_all
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
    Target,
    Ticket,
    TicketPerson,
    TicketTag,
    User,
)
from services import (
    acceptance,
    attachments,
    bursts,
    comments,
    countdowns,
    drafts,
    history,
    inbox,
    preferences,
    tickets,
    workflow,
)
from services.bursts import Sight
from services.countdowns import Countdown
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

# What hangs on a ticket, beside the parts that people have in it.
_TAG, _FILES, _LINKS, _OUTSIDE, _DRAFT = "tag", "files", "links", "outside", "draft"
_UNREAD = "unread"
_MUTED = "muted"
_UNACCEPTED = "unaccepted"
_BURST = "burst"


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
    unaccepted: frozenset[int]  # helpers who have not said yes
    awaits_me: bool  # what one was given, or asked to help with, waits for one’s own answer
    draft: dict[str, Any]
    draft_files: tuple[Attachment, ...]
    has_unread: bool  # one was told something of it that one has not read
    is_muted: bool  # one wants to hear nothing of it
    countdowns: dict[Target, Countdown]  # the deadlines that are still to be kept
    burst: Sight | None  # it belongs to, as far as one may know of it


def load(s: Session, by: Actor, number: int) -> TicketView:
    """Fetch the ticket and all that hangs on it, in queries whose number does not grow with it.

    Raises:
        NotFound.
    """
    ticket = _ticket(s, by, number)
    context = comments.draft_of(number)
    there = _there(s, by, number, context)
    files, draft_files = _files(s, by, number, context) if _FILES in there else ({}, [])
    is_closed = ticket.status is Status.CLOSED
    unaccepted = frozenset(user_id for user_id, _name in there.get(_UNACCEPTED, ()))
    return TicketView(
        ticket=ticket,
        files=tuple(files.get(None, ())),
        helpers=there.get(Part.HELPER, ()),
        observers=there.get(Part.OBSERVER, ()),
        tags=tuple(name for _id, name in there.get(_TAG, ())),
        messages=tuple(_messages(s, by, number, files)),
        history=tuple(history.of_seen(s, by, number)),
        links=tuple(_links(s, by, number)) if _LINKS in there else (),
        external_links=tuple(_external_links(s, number)) if _OUTSIDE in there else (),
        targets=tuple(workflow.targets(by, ticket)),
        may=may(by, ticket),
        unaccepted=unaccepted,
        awaits_me=not is_closed and (acceptance.is_awaited(by, ticket) or by.id in unaccepted),
        draft={} if is_closed or _DRAFT not in there else drafts.get(s, by, context),
        draft_files=() if is_closed else tuple(draft_files),
        has_unread=_UNREAD in there,
        is_muted=_MUTED in there,
        countdowns=countdowns.of(s, ticket),
        burst=bursts.of_ticket(s, by, number) if _BURST in there else None,
    )


def messages(s: Session, by: Actor, number: int) -> list[Message]:
    """Return the conversation of a ticket that `by` may see, oldest first.

    Raises:
        NotFound.
    """
    tickets.get(s, by, number)
    files, _drafted = _files(s, by, number, comments.draft_of(number))
    return _messages(s, by, number, files)


def message(s: Session, by: Actor, comment_id: int) -> Message:
    """Return one comment with its files.

    Raises:
        NotFound.
    """
    number = comments.get(s, by, comment_id).ticket_number
    return next(m for m in messages(s, by, number) if m.comment.id == comment_id)


def links_of(s: Session, by: Actor, number: int) -> tuple[list[LinkedTicket], list[ExternalLink]]:
    """Return the links of a ticket to others that `by` may see, and to the world outside.

    Raises:
        NotFound.
    """
    tickets.get(s, by, number)
    return _links(s, by, number), _external_links(s, number)


def may(by: Actor, ticket: Ticket) -> frozenset[Action]:
    """Return what `by` may do to the ticket as it stands; a closed one only goes to the trash."""
    lasting = {Action.TICKET_READ, Action.TICKET_DELETE, Action.TICKET_CREATE}
    actions = lasting if ticket.status is Status.CLOSED else set(RULES)
    return frozenset(action for action in actions if allows(by, action, ticket))


def _there(
    s: Session, by: Actor, number: int, context: str
) -> dict[str, tuple[tuple[int, str], ...]]:
    """Return helpers, observers and tags, each by name; and what else hangs on the ticket.

    Most tickets have nothing else, and each would be a query of its own.
    """
    people = (
        select(cast(TicketPerson.part, String).label("what"), User.id, User.name.label("name"))
        .join(User, TicketPerson.user_id == User.id)
        .where(TicketPerson.ticket_number == number)
    )
    words = select(literal(_TAG), Tag.id, Tag.name).join(TicketTag)
    unaccepted = select(literal(_UNACCEPTED), TicketPerson.user_id, literal("")).where(
        TicketPerson.ticket_number == number,
        TicketPerson.part == Part.HELPER,
        TicketPerson.accepted_at.is_(None),
    )
    more = [
        (_FILES, select(Attachment.id).where(_is_file(by, number, context))),
        (_LINKS, select(Link.id).where(Link.source_number == number)),
        (_LINKS, select(Link.id).where(Link.target_number == number)),
        (_OUTSIDE, select(ExternalLink.id).where(ExternalLink.ticket_number == number)),
        (_DRAFT, drafts.there(by, context)),
        (_UNREAD, inbox.unread_of(by, number)),
        (_MUTED, preferences.muted(by, number)),
        (_BURST, bursts.joined(number)),
    ]
    every = union_all(
        people,
        words.where(TicketTag.ticket_number == number),
        unaccepted,
        *(select(literal(what), literal(0), literal("")).where(q.exists()) for what, q in more),
    ).subquery()
    found: dict[str, list[tuple[int, str]]] = {}
    for what, key, name in s.execute(select(every).order_by(every.c.name, every.c.id)):
        found.setdefault(what, []).append((key, name))
    return {what: tuple(pairs) for what, pairs in found.items()}


def _is_file(by: Actor, number: int, context: str) -> ColumnElement[bool]:
    return or_(Attachment.ticket_number == number, and_(*attachments.in_draft(by, context)))


def _ticket(s: Session, by: Actor, number: int) -> Ticket:
    whole = visible_to(by).options(
        joinedload(Ticket.requester),
        joinedload(Ticket.created_by),
        joinedload(Ticket.lead),
        joinedload(Ticket.team),
        joinedload(Ticket.category),
    )
    ticket = tickets.find(s, whole, number)
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


def _files(
    s: Session, by: Actor, number: int, context: str
) -> tuple[dict[int | None, list[Attachment]], list[Attachment]]:
    """Return the files of the ticket by comment, and those of one’s own draft."""
    sent: dict[int | None, list[Attachment]] = {}
    drafted: list[Attachment] = []
    query = select(Attachment).where(_is_file(by, number, context))
    for attachment in s.scalars(query.order_by(Attachment.id)):
        if attachment.ticket_number is None:
            drafted.append(attachment)
        else:
            sent.setdefault(attachment.comment_id, []).append(attachment)
    return sent, drafted


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
