"""The conversation of a ticket: posting, editing and deleting comments and internal notes."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Channel, Comment, CommentVersion, PendingReason, Status, Ticket, User
from services import (
    acceptance,
    attachments,
    checks,
    deadlines,
    drafts,
    events,
    indexing,
    keys,
    mentions,
    tickets,
    transitions,
)
from services.errors import Closed, Conflict, Invalid, NotAllowed, NotFound, TooLate
from services.permissions import Action, Actor, comments_visible_to, is_staff, require
from services.words import N_


def draft_of(number: int) -> str:
    """Return the name of the draft of an answer to a ticket."""
    return f"comment:{number}"


def post(
    s: Session,
    by: Actor,
    number: int,
    body: str,
    *,
    internal: bool = False,
    key: str | None = None,
    resolve: bool = False,
) -> Comment:
    """Say something on a ticket; an internal note is for staff only (F-007; 5.3.4).

    The files of the draft go with it and the draft ends; files alone are enough. The requester’s
    answer brings a ticket that waits for it, or that was resolved, back to work. The same `key`
    again returns the comment it made. `resolve` resolves the ticket with the same gesture.

    Raises:
        NotFound, NotAllowed, Closed, Invalid (field `body`), and those of `transitions.move`.
    """
    kept = keys.kept(by, key, "comment", number)
    if kept and (made := _made_before(s, by, number, kept)):
        return made
    context = draft_of(number)
    has_files = attachments.waiting(s, by, context) > 0
    comment, ticket = _add(s, by, number, body, internal=internal, may_be_empty=has_files)
    comment.creation_key = kept
    attachments.claim(s, by, context, ticket, comment)
    drafts.drop(s, by, context)
    _said(s, by, ticket, comment, resolve=resolve)
    return comment


def say(
    s: Session, by: Actor, number: int, body: str, *, internal: bool = False, resolve: bool = False
) -> Comment:
    """Do as `post`, through the API: what the person is typing in a browser is left alone."""
    comment, ticket = _add(s, by, number, body, internal=internal, may_be_empty=False)
    comment.channel = Channel.API
    _said(s, by, ticket, comment, resolve=resolve)
    return comment


def edit(s: Session, by: Actor, comment_id: int, body: str, *, seen: str | None = None) -> Comment:
    """Change one’s own comment; what it said before is kept.

    Raises:
        NotFound, NotAllowed (somebody else’s), Closed, Invalid, Conflict.
    """
    comment, ticket = _own(s, by, comment_id)
    wanted = checks.prose("body", body, required=True)
    if wanted == comment.body:
        return comment
    if seen is not None and seen != comment.body:
        theirs = comment.body
        raise Conflict(field="body", theirs=theirs, mine=wanted, name=by.name, is_own=True)
    before = comment.body
    _replace(s, by, comment, wanted)
    comment.edited_at = now()
    _record(s, by, ticket, comment, "comment.edited", **_mentioning(s, comment, before))
    return comment


def delete(s: Session, by: Actor, comment_id: int) -> Comment:
    """Take one’s own comment back; its text stays among the versions, and only there."""
    comment, ticket = _own(s, by, comment_id)
    _replace(s, by, comment, "")
    comment.deleted_at = now()
    _recount(s, ticket, comment)
    _record(s, by, ticket, comment, "comment.deleted")
    return comment


def restore(s: Session, by: Actor, comment_id: int) -> Comment:
    """Bring one’s own deleted comment back (the undo of `delete`)."""
    comment, ticket = _own(s, by, comment_id, deleted=True)
    comment.body = previous(s, comment)
    comment.version += 1
    comment.deleted_at = None
    _recount(s, ticket, comment)
    _record(s, by, ticket, comment, "comment.restored")
    return comment


def put_back(s: Session, by: Actor, comment_id: int, version: int) -> Comment:
    """Let one’s own comment say what it said before an edit that made `version` (its undo).

    Raises:
        TooLate: it was edited again.
    """
    comment, ticket = _own(s, by, comment_id)
    if comment.version != version:
        raise TooLate
    _replace(s, by, comment, previous(s, comment))
    _record(s, by, ticket, comment, "comment.edited")
    return comment


def get(s: Session, by: Actor, comment_id: int) -> Comment:
    """Return a comment of a ticket `by` may see, unless it is a note hidden from them.

    Raises:
        NotFound: also when the ticket, or the note, is not for `by`.
    """
    comment = s.scalar(select(Comment).where(Comment.id == comment_id, comments_visible_to(by)))
    if comment is None:
        raise NotFound
    tickets.get(s, by, comment.ticket_number)
    return comment


def versions(s: Session, by: Actor, comment_id: int) -> list[CommentVersion]:
    """Return what a comment said before, oldest first, to those who may read it now.

    What its author took back is not shown again: a deleted comment has no versions for others.
    """
    comment = get(s, by, comment_id)
    if comment.deleted_at and comment.author_id != by.id:
        raise NotFound
    query = select(CommentVersion).where(CommentVersion.comment_id == comment_id)
    return list(s.scalars(query.order_by(CommentVersion.id)))


def previous(s: Session, comment: Comment) -> str:
    """Return what a comment said before its last change."""
    query = select(CommentVersion.body).where(CommentVersion.comment_id == comment.id)
    return s.scalar(query.order_by(CommentVersion.id.desc()).limit(1)) or ""


def _add(
    s: Session, by: Actor, number: int, body: str, *, internal: bool, may_be_empty: bool
) -> tuple[Comment, Ticket]:
    ticket = tickets.change(s, by, number, Action.TICKET_COMMENT)
    if internal:
        require(by, Action.TICKET_NOTE, ticket)
    comment = Comment(
        ticket_number=number,
        author_id=by.id,
        body=checks.prose("body", body, required=not may_be_empty),
        is_internal=internal,
    )
    s.add(comment)
    s.flush()
    return comment, ticket


def _said(s: Session, by: Actor, ticket: Ticket, comment: Comment, *, resolve: bool) -> None:
    """Record a new comment, and what follows from it."""
    indexing.renew(s, ticket)
    internal = comment.is_internal
    kind = "comment.noted" if internal else "comment.posted"
    told = _mentioning(s, comment)
    events.record(s, by, ticket, kind, internal=internal, comment_id=comment.id, **told)
    if not internal:  # of a note, not even the date of the ticket tells
        tickets.touched(ticket)
        _answered(s, by, ticket, comment)
    acceptance.answered(s, by, ticket, comment_id=comment.id)
    if resolve:
        transitions.move(s, by, ticket.number, Status.RESOLVED, comment_id=comment.id)


def _made_before(s: Session, by: Actor, number: int, key: str) -> Comment | None:
    """Return what the key made; whoever is making it holds the ticket, and is waited for."""
    tickets.get(s, by, number, lock=True)
    return s.scalar(select(Comment).where(Comment.creation_key == key))


def _own(
    s: Session, by: Actor, comment_id: int, *, deleted: bool = False
) -> tuple[Comment, Ticket]:
    """Return the comment and its ticket, both as they are once the ticket is locked."""
    comment = get(s, by, comment_id)
    ticket = tickets.get(s, by, comment.ticket_number, lock=True)
    s.refresh(comment)
    if comment.author_id != by.id:
        raise NotAllowed
    if ticket.status is Status.CLOSED:
        raise Closed(number=ticket.number)
    if (comment.deleted_at is not None) is not deleted:
        raise Invalid({"body": N_("This comment was deleted.")})
    return comment, ticket


def _replace(s: Session, by: Actor, comment: Comment, body: str) -> None:
    """Let a comment say something else, and keep what it said."""
    s.add(CommentVersion(comment_id=comment.id, body=comment.body, replaced_by_id=by.id))
    comment.body = body
    comment.version += 1


def _mentioning(s: Session, comment: Comment, before: str = "") -> dict[str, Any]:
    """Return as details of an event whom a comment mentions, if anybody."""
    found = mentions.find(s, comment, before)
    return {"mentions": found} if found else {}


def _record(
    s: Session, by: Actor, ticket: Ticket, comment: Comment, kind: str, **details: Any
) -> None:
    if not comment.is_internal:
        tickets.touched(ticket)
    indexing.renew(s, ticket)
    events.record(
        s,
        by,
        ticket,
        kind,
        internal=comment.is_internal,
        comment_id=comment.id,
        version=comment.version,
        **details,
    )


def _answered(s: Session, by: Actor, ticket: Ticket, comment: Comment) -> None:
    """Count a public comment, and let the answer one waited for move the ticket."""
    ticket.comment_count += 1
    is_requester = by.id == ticket.requester_id
    ticket.answered_by_requester = is_requester or not by.is_staff
    if by.is_staff and not is_requester and ticket.first_response_at is None:
        ticket.first_response_at = comment.created_at
        deadlines.renew(s, ticket)
    waits = ticket.status is Status.PENDING and ticket.pending_reason is PendingReason.REQUESTER
    if is_requester and (waits or ticket.status is Status.RESOLVED):
        transitions.apply(s, by, ticket, Status.IN_PROGRESS, comment_id=comment.id)


def _recount(s: Session, ticket: Ticket, changed: Comment) -> None:
    """Work out again what a row shows of the conversation, and when it was first answered."""
    if changed.is_internal:
        return
    query = (
        select(Comment.author_id, Comment.created_at, User.role)
        .join(User, Comment.author_id == User.id)
        .where(Comment.ticket_number == ticket.number)
        .where(Comment.is_internal.is_(False), Comment.deleted_at.is_(None))
        .order_by(Comment.created_at, Comment.id)
    )
    said = s.execute(query).all()
    answers = [is_staff(role) and author != ticket.requester_id for author, _at, role in said]
    ticket.comment_count = len(said)
    ticket.answered_by_requester = bool(said) and not answers[-1]
    if ticket.first_response_at is None or ticket.first_response_at >= changed.created_at:
        times = [row.created_at for row, is_answer in zip(said, answers, strict=True) if is_answer]
        ticket.first_response_at = times[0] if times else None
        deadlines.renew(s, ticket)
