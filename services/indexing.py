"""Keeping what the search looks through in step with the tickets, in the same transaction.

Services only say which tickets to renew; their words are written just before the commit, once each
and outside every savepoint: MariaDB (10.11.19) ends with a failed assertion when a row of a
FULLTEXT index is deleted again after a savepoint that had deleted it was rolled back.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from data import text_search
from data.models import Comment, Ticket

SEARCHED = frozenset({"title", "description"})  # fields of a ticket
_STALE = "tickets to renew"
_NEW = "tickets to add"
BATCH = 500  # tickets whose words are worked out at a time


def renew(s: Session, ticket: Ticket) -> None:
    """Let the search find the ticket by what it will say: number, title, texts and comments."""
    s.info.setdefault(_STALE, set()).add(ticket.number)


def add(s: Session, ticket: Ticket) -> None:
    """Let the search find a ticket that is new and of which nothing else is said."""
    s.info.setdefault(_NEW, []).append(ticket)


def forget(s: Session, number: int) -> None:
    """Take a ticket out of the search for good."""
    s.info.get(_STALE, set()).discard(number)
    text_search.forget(s, [number])


@event.listens_for(Session, "before_commit")
def _catch_up(s: Session) -> None:
    """Write the words of what was to be renewed; what was taken back meanwhile stays as it is."""
    if s.in_nested_transaction():
        return
    numbers = sorted(s.info.pop(_STALE, set()))
    new = [t for t in s.info.pop(_NEW, []) if t in s and t.number not in numbers]
    if numbers or new:
        s.flush()
    text_search.put(s, [words_of(t.number, (t.title, t.description), [], []) for t in new])
    if not numbers:
        return
    query = select(Ticket.number, Ticket.title, Ticket.description)
    if rows := s.execute(query.where(Ticket.number.in_(numbers))).all():
        _renew(s, rows)


@event.listens_for(Session, "after_rollback")
def _nothing_to_do(s: Session) -> None:
    """Forget what was to be renewed by a transaction that never was."""
    s.info.pop(_STALE, None)
    s.info.pop(_NEW, None)


def renew_after(s: Session, number: int) -> list[int]:
    """Renew the BATCH tickets that follow a number, and return theirs; none when none is left."""
    query = select(Ticket.number, Ticket.title, Ticket.description).where(Ticket.number > number)
    rows = s.execute(query.order_by(Ticket.number).limit(BATCH).with_for_update()).all()
    if rows:
        _renew(s, rows)
    return [row.number for row in rows]


def words_of(
    number: int, texts: Sequence[str], public: list[str], notes: list[str]
) -> dict[str, Any]:
    """Return what is kept of a ticket: its number, title and description, comments and notes."""
    said, hidden = text_search.searchable([*texts, *public]), text_search.searchable(notes)
    return numbered(number, said, hidden)


def numbered(number: int, said: str, hidden: str) -> dict[str, Any]:
    """Return the same of texts that were made searchable before the ticket had a number."""
    public = text_search.searchable([str(number)]) + said[1:]
    whole = public + hidden[1:] if hidden.strip() else None
    return {"ticket_number": number, "public": public, "whole": whole}


def _renew(s: Session, tickets: Sequence[Any]) -> None:
    numbers = [number for number, _title, _description in tickets]
    said: dict[bool, dict[int, list[str]]] = {False: {}, True: {}}
    query = select(Comment.ticket_number, Comment.is_internal, Comment.body)
    spoken = query.where(Comment.ticket_number.in_(numbers), Comment.deleted_at.is_(None))
    for number, is_internal, body in s.execute(spoken.order_by(Comment.created_at, Comment.id)):
        said[is_internal].setdefault(number, []).append(body)
    text_search.forget(s, numbers)
    text_search.put(
        s,
        [
            words_of(n, (title, about), said[False].get(n, []), said[True].get(n, []))
            for n, title, about in tickets
        ],
    )
