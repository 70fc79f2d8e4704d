"""Files of tickets and comments; before they are sent they belong to a draft."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from data import files
from data.clock import now
from data.models import Attachment, Comment, Status, Ticket
from services import events, tickets
from services.errors import Closed, Invalid, NotAllowed, NotFound
from services.permissions import Action, Actor, comments_visible_to
from services.words import N_

MAX_MESSAGE_BYTES = 50 * 2**20
MAX_DAILY_BYTES = 500 * 2**20
MAX_FILES = 20


def add(s: Session, by: Actor, context: str, stored: files.Stored) -> Attachment:
    """Put a stored file into a draft: `new`, or `comment:42` of a ticket `by` may answer.

    Raises:
        NotFound, Closed.
        Invalid: field `file`; too many, too much for one message, too much for a day.
    """
    _check_context(s, by, context)
    _check_quota(s, by, drafted(s, by, context), stored.size_bytes)
    attachment = _row(by, stored)
    attachment.draft_context = context
    s.add(attachment)
    s.flush()
    return attachment


def attach(
    s: Session, by: Actor, number: int, stored: files.Stored, *, comment_id: int | None = None
) -> Attachment:
    """Hang a stored file on a ticket, or on one’s own comment there, without a draft.

    Raises:
        NotFound, Closed, NotAllowed (somebody else’s comment).
        Invalid: field `file`; too many on this comment, too much for a day.
    """
    ticket = tickets.change(s, by, number, Action.TICKET_COMMENT)
    comment = _own_comment(s, by, number, comment_id) if comment_id is not None else None
    there = select(Attachment).where(
        Attachment.ticket_number == number,
        Attachment.comment_id == comment_id,
        Attachment.uploader_id == by.id,
        Attachment.created_at > now() - timedelta(days=1),
    )
    _check_quota(s, by, list(s.scalars(there)), stored.size_bytes)
    attachment = _row(by, stored)
    attachment.ticket_number, attachment.comment_id = number, comment_id
    s.add(attachment)
    s.flush()
    is_internal = comment is not None and comment.is_internal
    if not is_internal:
        tickets.touched(ticket)
    events.record(
        s,
        by,
        ticket,
        "ticket.file_attached",
        internal=is_internal,
        attachment_id=attachment.id,
        file=attachment.name,
    )
    return attachment


def check_target(s: Session, by: Actor, number: int) -> None:
    """Refuse, before any byte is taken in, a file for a ticket one cannot attach to.

    Raises:
        NotFound, Closed.
    """
    _check_context(s, by, f"comment:{number}")


def discard(s: Session, by: Actor, attachment_id: int) -> None:
    """Take a file out of one’s draft."""
    attachment = s.get(Attachment, attachment_id)
    if not attachment or attachment.uploader_id != by.id or not attachment.draft_context:
        raise NotFound
    s.delete(attachment)


def drafted(s: Session, by: Actor, context: str) -> list[Attachment]:
    """Return the files of one’s draft, oldest first."""
    query = select(Attachment).where(*in_draft(by, context)).order_by(Attachment.id)
    return list(s.scalars(query))


def waiting(s: Session, by: Actor, context: str) -> int:
    """Return how many files one’s draft has."""
    query = select(func.count()).select_from(Attachment).where(*in_draft(by, context))
    return s.scalar(query) or 0


def claim(
    s: Session, by: Actor, context: str, ticket: Ticket, comment: Comment | None = None
) -> None:
    """Give the files of a draft to the ticket, or to one comment of it."""
    for attachment in drafted(s, by, context):
        attachment.draft_context = None
        attachment.ticket_number = ticket.number
        attachment.comment_id = comment.id if comment else None
    s.flush()


def of(s: Session, by: Actor, number: int) -> list[Attachment]:
    """Return the files of a ticket and of its comments that `by` may open, oldest first."""
    tickets.get(s, by, number)
    query = (
        select(Attachment)
        .outerjoin(Comment, Attachment.comment_id == Comment.id)
        .where(Attachment.ticket_number == number)
        .where(
            or_(
                Attachment.comment_id.is_(None),
                and_(Comment.deleted_at.is_(None), comments_visible_to(by)),
            )
        )
    )
    return list(s.scalars(query.order_by(Attachment.id)))


def get(s: Session, by: Actor, attachment_id: int) -> Attachment:
    """Return a file `by` may open: of a ticket and comment they see, or of their own draft.

    Raises:
        NotFound.
    """
    attachment = s.get(Attachment, attachment_id)
    if attachment is None:
        raise NotFound
    if attachment.ticket_number is None:
        if attachment.uploader_id != by.id:
            raise NotFound
        return attachment
    tickets.get(s, by, attachment.ticket_number)
    if attachment.comment_id is not None:
        query = select(Comment.id).where(
            Comment.id == attachment.comment_id,
            Comment.deleted_at.is_(None),
            comments_visible_to(by),
        )
        if s.scalar(query) is None:
            raise NotFound
    return attachment


def aged() -> Iterator[set[str]]:
    """Return the digests of the files a day old, some at a time; walks the folders, in no session.

    The row of a file that has just come may not be there yet.
    """
    digests = files.older_than(_yesterday())
    while some := set(islice(digests, 500)):
        yield some


def sweep(s: Session, digests: set[str]) -> int:
    """Remove the bytes that no row refers to: of purged tickets, discarded and never sent files.

    One that has come again since it was listed stays.
    """
    query = select(Attachment.digest).where(Attachment.digest.in_(digests))
    unneeded = digests - set(s.scalars(query))
    return sum(files.remove(digest, older_than=_yesterday()) for digest in unneeded)


def _yesterday() -> datetime:
    return now() - timedelta(days=1)


def in_draft(by: Actor, context: str) -> tuple[ColumnElement[bool], ...]:
    """Return the SQL conditions on the files of one’s draft."""
    return Attachment.uploader_id == by.id, Attachment.draft_context == context


def _check_context(s: Session, by: Actor, context: str) -> None:
    if context == "new":
        return
    kind, _sep, number = context.partition(":")
    if kind != "comment" or not number.isdecimal() or len(number) > 12:
        raise NotFound
    ticket = tickets.get(s, by, int(number))
    if ticket.status is Status.CLOSED:
        raise Closed(number=ticket.number)


def _row(by: Actor, stored: files.Stored) -> Attachment:
    return Attachment(
        uploader_id=by.id,
        name=stored.name,
        content_type=stored.content_type,
        size_bytes=stored.size_bytes,
        digest=stored.digest,
    )


def _own_comment(s: Session, by: Actor, number: int, comment_id: int) -> Comment:
    here = (Comment.id == comment_id, Comment.ticket_number == number, comments_visible_to(by))
    comment = s.scalar(select(Comment).where(*here, Comment.deleted_at.is_(None)))
    if comment is None:
        raise NotFound
    if comment.author_id != by.id:
        raise NotAllowed
    return comment


def _check_quota(s: Session, by: Actor, there: list[Attachment], size_bytes: int) -> None:
    if len(there) >= MAX_FILES:
        raise Invalid({"file": N_("At most {at_most} files at once, please.")}, at_most=MAX_FILES)
    if sum(a.size_bytes for a in there) + size_bytes > MAX_MESSAGE_BYTES:
        raise Invalid({"file": N_("These files are more than 50 MB together.")})
    today = select(func.coalesce(func.sum(Attachment.size_bytes), 0)).where(
        Attachment.uploader_id == by.id, Attachment.created_at > now() - timedelta(days=1)
    )
    if int(s.scalar(today) or 0) + size_bytes > MAX_DAILY_BYTES:
        raise Invalid({"file": N_("You have sent 500 MB today: go on tomorrow.")})
