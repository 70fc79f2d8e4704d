"""Searching what one may read: tickets by all that is said in them, people by name.

What is found, its order and its score follow from nothing the asker may not read (R-3): neither
from an internal note nor from how often a word stands in other people’s tickets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import Session

from data import text_search
from data.clock import now
from data.models import Comment, Priority, Status, Ticket, TicketPerson, TicketText
from services import extracts, search_operators, search_terms, users
from services.errors import Invalid
from services.permissions import Action, Actor, allows, comments_visible_to, visible_to
from services.search_terms import Terms
from services.words import N_

MOST = 200
PAGE = 30
TYPED = 7  # tickets offered while one types
READ = 500  # the newest tickets, whose words are read without asking the index
READ_TYPED = 200  # of these, while one types
CANDIDATES = 300  # tickets taken from the index, newest first; the best of them are returned
PEOPLE = 5
PERSON_SCORE = 0.9  # above all but fresh tickets whose title holds every word
MOST_COMMENTS = 2000  # that extracts are sought in
HALF_LIFE_DAYS = 90.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """Something that was found; an extract is plain text, `score` is from 0 to 1."""

    kind: Literal["ticket", "user"]
    title: str
    score: float
    excerpt: str = ""
    number: int | None = None
    id: int | None = None
    status: Status | None = None
    priority: Priority | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits, what was asked for, and whether there are more hits than these."""

    terms: Terms
    hits: list[Hit]
    has_more: bool = False


def everything(s: Session, by: Actor, text: str, *, limit: int = PAGE) -> Found:
    """Search tickets and, when nothing but words is asked for, people; the best come first.

    Raises:
        Invalid: `limit` is not between 1 and MOST.
    """
    if not 1 <= limit <= MOST:
        raise Invalid({"limit": N_("Choose a number from 1 to 200.")})
    terms = search_terms.read(text)
    found = _tickets(s, by, terms, limit=limit)
    people = _people(s, by, text) if terms.is_of_words_alone else []
    hits = sorted([*people, *found.hits], key=lambda hit: -hit.score)
    return Found(terms, hits[:limit], found.has_more or len(hits) > limit)


def typing(s: Session, by: Actor, text: str) -> Found:
    """Offer tickets and people while somebody types: the last word may be a beginning."""
    terms = search_terms.read(text, is_typing=True)
    found = _tickets(s, by, terms, limit=TYPED, is_typing=True)
    people = _people(s, by, text) if terms.is_of_words_alone else []
    return Found(terms, [*found.hits, *people], found.has_more)


def tickets(s: Session, by: Actor, text: str) -> Found:
    """Offer tickets alone while somebody types into a picker."""
    terms = search_terms.read(text, is_typing=True)
    return _tickets(s, by, terms, limit=TYPED, is_typing=True)


def _tickets(s: Session, by: Actor, terms: Terms, *, limit: int, is_typing: bool = False) -> Found:
    """Find tickets among the newest by reading them, and only if these are too few by the index.

    So a word that nearly every ticket holds, and a person who has few tickets, cost the same
    however many tickets there are.
    """
    if terms.is_empty:
        return Found(terms, [])
    among = _seen(s, by).where(*search_operators.conditions(s, by, terms.operators))
    read = READ_TYPED if is_typing else READ
    candidates, is_all = _read(s, by, terms, among, read)
    if not is_all and len(candidates) < limit and terms.wanted:
        candidates = _looked_up(s, by, terms, among)
    scores = {row.number: _score(row, terms) for row in candidates}
    if terms.number:
        scores[terms.number] = 1.0
    best = sorted(scores, key=lambda number: (-scores[number], -number))[:limit]
    hits = _dressed(s, by, terms, {n: scores[n] for n in best}, is_whole=not is_typing)
    return Found(terms, hits, len(scores) > limit)


def _seen(s: Session, by: Actor) -> Select[Ticket]:
    """Select what `by` may see; of the few tickets of somebody who asks, their numbers are named.

    Without them a database may walk through everybody’s tickets to find these few by their date.
    """
    if allows(by, Action.QUEUE_SEE):
        return visible_to(by)
    asked = select(Ticket.number).where(Ticket.requester_id == by.id)
    followed = select(TicketPerson.ticket_number).where(TicketPerson.user_id == by.id)
    numbers = s.scalars(union(asked, followed).limit(READ + 1)).all()
    return (
        visible_to(by).where(Ticket.number.in_(numbers)) if len(numbers) <= READ else visible_to(by)
    )


_RANKED = (Ticket.number, Ticket.folded_title, Ticket.updated_at)


def _read(
    s: Session, by: Actor, terms: Terms, among: Select[Any], most: int
) -> tuple[Sequence[Any], bool]:
    """Return which of the newest tickets match, `most` of them, and whether there are no others.

    For staff without operators these are the newest of all: their numbers are asked for first,
    since a database may rather sort, or filter, every ticket that there is.
    """
    matches = text_search.holds(terms.query, whole=_reads_notes(by)).label("matches")
    number = TicketText.ticket_number
    if by.is_staff and not terms.operators:
        last = s.scalars(select(number).order_by(number.desc()).limit(most)).all()
        seen = among.join(TicketText, number == Ticket.number).where(number.in_(last))
        found = s.execute(seen.with_only_columns(*_RANKED, matches).select_from(Ticket)).all()
        return [row for row in found if row.matches], False
    newest = among.with_only_columns(*_RANKED).order_by(Ticket.number.desc()).limit(most).subquery()
    query = select(*newest.c, matches)
    rows = s.execute(query.join(TicketText, number == newest.c.number)).all()
    return [row for row in rows if row.matches], len(rows) < most


def _looked_up(s: Session, by: Actor, terms: Terms, among: Select[Any]) -> Sequence[Any]:
    """Return the newest CANDIDATES that match, by the index."""
    found = text_search.newest(s, terms.query, among, whole=_reads_notes(by), limit=CANDIDATES)
    return s.execute(select(*_RANKED).join(found, found.c.number == Ticket.number)).all()


def _reads_notes(by: Actor) -> bool:
    return allows(by, Action.TICKET_NOTE)


def _score(row: Any, terms: Terms) -> float:
    """Return how good a hit is, from 0 to 1: what is in the title, and how fresh the ticket is."""
    held = extracts.held(row.folded_title, terms.wanted)
    share = held / len(terms.wanted) if terms.wanted else 0.0
    age_days = max((now() - row.updated_at).total_seconds(), 0.0) / 86_400
    freshness: float = 0.5 ** (age_days / HALF_LIFE_DAYS)
    return round(0.65 * share + 0.3 * freshness, 6)


def _dressed(
    s: Session, by: Actor, terms: Terms, scores: dict[int, float], *, is_whole: bool
) -> list[Hit]:
    """Return the hits in the order of `scores`, those that `by` may see."""
    query = (
        visible_to(by)
        .join(TicketText, TicketText.ticket_number == Ticket.number)
        .where(TicketText.ticket_number.in_(scores))
        .with_only_columns(
            Ticket.number,
            Ticket.title,
            Ticket.status,
            Ticket.priority,
            Ticket.updated_at,
            func.substr(Ticket.description, 1, extracts.LONGEST_READ).label("description"),
        )
    )
    rows = {row.number: row for row in s.execute(query)} if scores else {}
    said = _excerpts(s, by, terms, rows) if is_whole else {}
    return [
        Hit(
            kind="ticket",
            number=number,
            title=rows[number].title,
            excerpt=said.get(number, ""),
            score=score,
            status=rows[number].status,
            priority=rows[number].priority,
            updated_at=rows[number].updated_at,
        )
        for number, score in scores.items()
        if number in rows
    ]


def _excerpts(s: Session, by: Actor, terms: Terms, rows: dict[int, Any]) -> dict[int, str]:
    """Return for each ticket an extract of its description or of the comment that holds more.

    Comments are fetched only for tickets whose title and description do not hold every word.
    """
    best: dict[int, tuple[int, str]] = {}
    asking = []
    for number, row in rows.items():
        best[number] = (extracts.held(row.description, terms.wanted), row.description)
        if extracts.held(f"{row.title} {row.description}", terms.wanted) < len(terms.wanted):
            asking.append(number)
    for number, body in s.execute(_comments(by, asking)) if asking else ():
        if (count := extracts.held(body, terms.wanted)) > best[number][0]:
            best[number] = (count, body)
    return {number: extracts.extract(text, terms.wanted) for number, (_n, text) in best.items()}


def _comments(by: Actor, numbers: Sequence[int]) -> Select[Any]:
    body = func.substr(Comment.body, 1, extracts.LONGEST_READ)
    return (
        select(Comment.ticket_number, body)
        .where(Comment.ticket_number.in_(numbers), Comment.deleted_at.is_(None))
        .where(comments_visible_to(by))
        .order_by(Comment.created_at.desc())
        .limit(MOST_COMMENTS)
    )


def _people(s: Session, by: Actor, text: str) -> list[Hit]:
    """Return active people by name, address or phone; requesters find nobody."""
    found = users.search(s, by, text, kind="anyone", limit=PEOPLE)
    return [
        Hit(
            kind="user",
            id=hit.id,
            title=hit.name,
            excerpt=" · ".join(part for part in (hit.email, hit.department, hit.phone) if part),
            score=PERSON_SCORE,
        )
        for hit in found
    ]
