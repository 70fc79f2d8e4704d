"""Searching what one may read: tickets by all that is said in them, people by name.

What is found, its order and its score follow from nothing the asker may not read (R-3): neither
from an internal note nor from how often a word stands in other people’s tickets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal

from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import Session

from data import text_search
from data.clock import now
from data.models import Comment, Priority, Status, Ticket, TicketPerson, TicketText
from services import extracts, search_operators, search_pages, search_terms, users
from services.errors import Invalid
from services.permissions import Action, Actor, allows, comments_visible_to, visible_to
from services.search_pages import PERSON, TICKET, Block, Key, Place
from services.search_terms import Terms
from services.words import N_

MOST = 200
PAGE = 30
TYPED = 7  # tickets offered while one types
READ = 500  # the newest tickets, whose words are read without asking the index
READ_TYPED = 200  # of these, while one types
READ_FREQUENT = 2000  # of tickets at once, when each word is in very many of them
CANDIDATES = 300  # tickets taken from the index at once, newest first; more than MOST
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
    """The best hits, what was asked for, and the cursor of the hits after these."""

    terms: Terms
    hits: list[Hit]
    after: str | None = None


def everything(
    s: Session, by: Actor, text: str, *, limit: int = PAGE, cursor: str | None = None
) -> Found:
    """Search tickets and, when nothing but words is asked for, people; the best come first.

    A page may be shorter than `limit`, even empty, though there are others after it.

    Raises:
        Invalid: `limit` is not between 1 and MOST; a cursor of no page of this search.
    """
    if not 1 <= limit <= MOST:
        raise Invalid({"limit": N_("Choose a number from 1 to 200.")})
    terms = search_terms.read(text)
    place = search_pages.unpacked(cursor, text) if cursor else Place(now())
    people = _people(s, by, text) if place.is_first and terms.is_of_words_alone else []
    known = [(-hit.score, PERSON, at) for at, hit in enumerate(people)]
    keys, after = search_pages.page(partial(_block, s, by, terms, limit), place, known, limit)
    scores = {-number: -score for score, kind, number in keys if kind == TICKET}
    dressed = {hit.number: hit for hit in _dressed(s, by, terms, scores, is_whole=True)}
    found = [people[at] if kind == PERSON else dressed.get(-at) for _score, kind, at in keys]
    cursor = search_pages.packed(after, text) if after else None
    return Found(terms, [hit for hit in found if hit], cursor)


def typing(s: Session, by: Actor, text: str) -> Found:
    """Offer tickets and people while somebody types: the last word may be a beginning."""
    found = tickets(s, by, text)
    people = _people(s, by, text) if found.terms.is_of_words_alone else []
    return Found(found.terms, [*found.hits, *people])


def tickets(s: Session, by: Actor, text: str) -> Found:
    """Offer tickets alone while somebody types into a picker."""
    terms = search_terms.read(text, is_typing=True)
    keys = _block(s, by, terms, TYPED, Place(now()), read=READ_TYPED).keys[:TYPED]
    scores = {-number: -score for score, _kind, number in keys}
    return Found(terms, _dressed(s, by, terms, scores, is_whole=False))


def _block(
    s: Session, by: Actor, terms: Terms, limit: int, place: Place, *, read: int | None = None
) -> Block:
    """Find tickets among the newest by reading them, and only if these are too few by the index.

    So a word that nearly every ticket holds, and a person who has few tickets, cost the same
    however many tickets there are.
    """
    if terms.is_empty:
        return Block(place, [], None)
    among = _seen(s, by).where(*search_operators.conditions(s, by, terms.operators))
    is_indexed, most = place.is_indexed, READ if read is None else read
    if not is_indexed:
        rows, numbers = _read(s, by, terms, among, most, place.below)
        is_short = len(numbers) >= most and len(rows) < limit
        is_indexed = place.is_beginning and is_short and bool(terms.wanted)
    if is_indexed:
        rows, numbers, most = _further(s, by, terms, among, place.below)
    start = place.below if place.below is not None else max(numbers, default=0) + 1
    place = replace(place, below=start, is_indexed=is_indexed)
    is_all = len(numbers) < most or not numbers
    return Block(
        place,
        _keys(s, by, terms, place, rows),
        None if is_all else place.then(min(numbers), is_indexed=bool(terms.wanted)),
    )


def _keys(s: Session, by: Actor, terms: Terms, place: Place, rows: Sequence[Any]) -> list[Key]:
    """Return what the hits of a block are sorted by; a number alone finds its ticket first."""
    scores = {row.number: _score(row, terms, place.at) for row in rows}
    if terms.number:
        scores.pop(terms.number, None)
        is_it = visible_to(by).where(Ticket.number == terms.number)
        if place.is_first and s.scalar(is_it.with_only_columns(Ticket.number)):
            scores[terms.number] = 1.0
    return sorted((-score, TICKET, -number) for number, score in scores.items())


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
    s: Session, by: Actor, terms: Terms, among: Select[Any], most: int, below: int | None
) -> tuple[Sequence[Any], Sequence[int]]:
    """Return which of the newest tickets match, and the numbers of all that were read, `most`.

    For staff without operators these are the newest of all: their numbers are asked for first,
    since a database may rather sort, or filter, every ticket that there is.
    """
    matches = text_search.holds(terms.query, whole=_reads_notes(by))
    number = TicketText.ticket_number
    if by.is_staff and not terms.operators:
        latest = select(number).order_by(number.desc()).limit(most)
        last = s.scalars(latest.where(number < below) if below is not None else latest).all()
        seen = among.join(TicketText, number == Ticket.number).where(number.in_(last), matches)
        return s.execute(seen.with_only_columns(*_RANKED).select_from(Ticket)).all(), last
    if below is not None:
        among = among.where(Ticket.number < below)
    newest = among.with_only_columns(*_RANKED).order_by(Ticket.number.desc()).limit(most).subquery()
    query = select(*newest.c, matches.label("matches"))
    rows = s.execute(query.join(TicketText, number == newest.c.number)).all()
    return [row for row in rows if row.matches], [row.number for row in rows]


def _further(
    s: Session, by: Actor, terms: Terms, among: Select[Any], below: int | None
) -> tuple[Sequence[Any], Sequence[int], int]:
    """Return the newest CANDIDATES that match, by the index: rows, numbers, and how many at most.

    Where each word is in so many tickets that an index would read most of them, some of the newest
    are read instead.
    """
    query, whole = terms.query, _reads_notes(by)
    passed = text_search.frequent(s, query, whole=whole)
    if passed and passed == text_search.asked_of(query):
        return *_read(s, by, terms, among, READ_FREQUENT, below), READ_FREQUENT
    found = text_search.newest(
        s, query, among, whole=whole, limit=CANDIDATES, below=below, passed=passed
    )
    rows = s.execute(select(*_RANKED).join(found, found.c.number == Ticket.number)).all()
    return rows, [row.number for row in rows], CANDIDATES


def _reads_notes(by: Actor) -> bool:
    return allows(by, Action.TICKET_NOTE)


def _score(row: Any, terms: Terms, at: datetime) -> float:
    """Return how good a hit is, from 0 to 1: what is in the title, and how fresh the ticket is."""
    held = extracts.held(row.folded_title, terms.wanted)
    share = held / len(terms.wanted) if terms.wanted else 0.0
    age_days = max((at - row.updated_at).total_seconds(), 0.0) / 86_400
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
