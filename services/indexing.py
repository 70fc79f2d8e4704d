"""Keeping what the search looks through in step with the tickets, in the same transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import text_search
from data.models import Comment, Ticket

SEARCHED = frozenset({"title", "description"})  # fields of a ticket
BATCH = 500  # tickets whose words are worked out at a time


def renew(s: Session, ticket: Ticket) -> None:
    """Let the search find the ticket by what it says now: its number, title, texts and comments."""
    s.flush()
    _renew(s, [(ticket.number, ticket.title, ticket.description)])


def forget(s: Session, number: int) -> None:
    """Take a ticket out of the search for good."""
    text_search.forget(s, [number])


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
    open_words = text_search.searchable([str(number), *texts, *public])
    hidden = text_search.searchable(notes)
    return {
        "ticket_number": number,
        "public": open_words,
        "whole": open_words + hidden[1:] if hidden.strip() else None,
    }


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
