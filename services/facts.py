"""The facts of a ticket that statistics need, drawn from its row and its history.

They are made whole each time, never added up: made twice they are the same, whatever was missed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from data.models import (
    Channel,
    Comment,
    Event,
    Impact,
    Priority,
    Role,
    Status,
    Ticket,
    TicketOrigin,
    TicketType,
    Urgency,
    User,
)
from services.workflow import DONE, KINDS, OPEN

Rows = NDArray[Any]  # of LAYOUT

VERSION = 1  # of LAYOUT and of what the fields mean
NEVER = np.iinfo(np.int64).min  # the instant that has not come
# Instants are microseconds since 1970 in UTC; 0 is no team, no lead, no category.
LAYOUT = np.dtype(
    [
        ("number", "<i8"),
        ("created", "<i8"),
        ("accepted", "<i8"),
        ("responded", "<i8"),
        ("resolved", "<i8"),
        ("closed", "<i8"),
        ("ended", "<i8"),  # since when it has been resolved, closed or cancelled
        ("due", "<i8"),
        ("paused", "<i8"),  # microseconds of pending
        ("team", "<i4"),
        ("lead", "<i4"),
        ("category", "<i4"),
        ("requester", "<i4"),
        ("reassignments", "<u2"),
        ("reopenings", "<u2"),
        ("type", "u1"),
        ("channel", "u1"),
        ("urgency", "u1"),
        ("impact", "u1"),
        ("priority", "u1"),
        ("status", "u1"),
        ("flags", "u1"),
    ]
)

# A level is kept as its place in these.
LEVELS: dict[str, tuple[Any, ...]] = {
    "type": tuple(TicketType),
    "channel": tuple(Channel),
    "urgency": tuple(Urgency),
    "impact": tuple(Impact),
    "priority": tuple(Priority),
    "status": tuple(Status),
}
_PLACES = {
    name: {level: place for place, level in enumerate(levels)} for name, levels in LEVELS.items()
}

REOPENED_AT_MOST = timedelta(days=30)  # domain.md 6: reopen rate
CONTACT_HOLDS = timedelta(days=7)  # domain.md 6: first-contact resolution


class Flag(IntFlag):
    """What is so about a ticket, or not."""

    MADE_SLA = 1  # says the system it came from
    MISSED_SLA = 2
    REOPENED = 4  # within 30 days
    FIRST_CONTACT = 8


@dataclass(slots=True)
class Life:
    """What the history of a ticket adds up to."""

    reassignments: int = 0
    reopenings: int = 0
    paused: int = 0  # microseconds
    ended_at: datetime | None = None
    soonest_reopening: timedelta | None = None


def build(s: Session, numbers: Sequence[int]) -> Rows:
    """Return the facts of tickets, by number; those in the trash or purged have none."""
    query = select(Ticket.number, *_COLUMNS.values()).where(
        Ticket.number.in_(numbers), Ticket.deleted_at.is_(None)
    )
    tickets = s.execute(query.order_by(Ticket.number)).all()
    lives = _lives(s, numbers)
    answers = _answers(s, numbers)
    origins = _origins(s, numbers)
    found = [
        _row(
            ticket, lives.get(number := ticket.number, Life()), answers[number], origins.get(number)
        )
        for ticket in tickets
    ]
    return np.array(found, dtype=LAYOUT)


def moment(instant: datetime | None) -> int:
    """Return an instant as facts keep it."""
    return NEVER if instant is None else (instant - _EPOCH) // _MICROSECOND


def life(happened: Iterable[tuple[datetime, dict[str, Any]]]) -> Life:
    """Add up the history of a ticket: (when, what changed) in order, without what was undone.

    A reassignment is a change to another team or another lead than the last one; a reopening is a
    way back from resolved, closed or cancelled.
    """
    found = Life()
    last: dict[str, Any] = {}
    waits_since: datetime | None = None
    for at, changes in happened:
        if _moves(last, changes):
            found.reassignments += 1
        before, after = changes.get("status", (None, None))
        if before == Status.PENDING and after != Status.PENDING and waits_since:
            found.paused += max(0, (at - waits_since) // _MICROSECOND)
        if after == Status.PENDING and before != Status.PENDING:
            waits_since = at
        if before in DONE and after in OPEN:
            _reopen(found, at)
        elif after in DONE and before not in DONE:
            found.ended_at = at
    return found


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_COLUMNS = {
    name: getattr(Ticket, name)
    for name in (
        "created_at",
        "accepted_at",
        "first_response_at",
        "resolved_at",
        "closed_at",
        "resolve_due_at",
        "updated_at",
        "team_id",
        "lead_id",
        "category_id",
        "requester_id",
        *LEVELS,
    )
}
_TOLD_BY = (  # kinds of events that change status, team or lead
    *KINDS.values(),
    *("ticket.accepted", "ticket.assigned", "ticket.edited", "ticket.escalated"),
    *("ticket.refused", "ticket.reopened", "ticket.returned", "ticket.taken"),
)
_MOST = 65_535  # a counter holds


def _moves(last: dict[str, Any], changes: dict[str, Any]) -> bool:
    """Tell whether a change gives the ticket to others than had it, and note who has it."""
    has_moved = False
    for name in ("team_id", "lead_id"):
        before, after = changes.get(name, (None, None))
        had = before or last.get(name)
        if after and had and after != had:
            has_moved = True
        if after or had:
            last[name] = after or had
    return has_moved


def _reopen(found: Life, at: datetime) -> None:
    found.reopenings += 1
    if found.ended_at:
        gap = at - found.ended_at
        soonest = found.soonest_reopening
        found.soonest_reopening = gap if soonest is None else min(gap, soonest)
    found.ended_at = None


def _lives(s: Session, numbers: Sequence[int]) -> dict[int, Life]:
    query = (
        select(Event.ticket_number, Event.created_at, Event.details)
        .where(Event.ticket_number.in_(numbers), Event.kind.in_(_TOLD_BY))
        .order_by(Event.ticket_number, Event.created_at, Event.id)
    )
    told: defaultdict[int, list[tuple[datetime, dict[str, Any]]]] = defaultdict(list)
    for number, at, details in s.execute(query):
        if number is not None and "changes" in details and not details.get("undone"):
            told[number].append((at, details["changes"]))
    return {number: life(happened) for number, happened in told.items()}


def _answers(s: Session, numbers: Sequence[int]) -> Counter[int]:
    """Count the public comments of staff on other people’s tickets."""
    author = aliased(User)
    query = (
        select(Comment.ticket_number, func.count())
        .join(author, author.id == Comment.author_id)
        .join(Ticket, Ticket.number == Comment.ticket_number)
        .where(
            Comment.ticket_number.in_(numbers),
            Comment.is_internal.is_(False),
            Comment.deleted_at.is_(None),
            author.role != Role.REQUESTER,
            author.id != Ticket.requester_id,
        )
        .group_by(Comment.ticket_number)
    )
    return Counter({row[0]: row[1] for row in s.execute(query)})


def _origins(s: Session, numbers: Sequence[int]) -> dict[int, Any]:
    query = select(
        TicketOrigin.ticket_number,
        TicketOrigin.made_sla,
        TicketOrigin.reassignments,
        TicketOrigin.reopenings,
    ).where(TicketOrigin.ticket_number.in_(numbers))
    return {row.ticket_number: row for row in s.execute(query)}


def _row(ticket: Any, life: Life, answers: int, origin: Any) -> tuple[int, ...]:
    if origin is not None:
        _believe(life, origin)
    is_done = ticket.status in DONE
    ended_at = ticket.resolved_at or ticket.closed_at or life.ended_at or ticket.updated_at
    return (
        ticket.number,
        *(moment(getattr(ticket, name)) for name in _INSTANTS),
        moment(ended_at if is_done else None),
        moment(ticket.resolve_due_at),
        life.paused,
        ticket.team_id or 0,
        ticket.lead_id or 0,
        ticket.category_id or 0,
        ticket.requester_id,
        min(life.reassignments, _MOST),
        min(life.reopenings, _MOST),
        *(_PLACES[name][getattr(ticket, name)] for name in LEVELS),
        int(_flags(ticket, life, answers) | _verdict(origin)),
    )


_INSTANTS = ("created_at", "accepted_at", "first_response_at", "resolved_at", "closed_at")


def _believe(life: Life, origin: Any) -> None:
    """Take the counts of the system a ticket came from, where it gave any."""
    if origin.reassignments is not None:
        life.reassignments = max(0, origin.reassignments)
    if origin.reopenings is not None:
        life.reopenings = max(0, origin.reopenings)


def _flags(ticket: Any, life: Life, answers: int) -> Flag:
    flags = Flag(0)
    soonest = life.soonest_reopening
    if life.reopenings and (soonest is None or soonest <= REOPENED_AT_MOST):
        flags |= Flag.REOPENED
    is_settled = not life.reopenings or (soonest is not None and soonest > CONTACT_HOLDS)
    if ticket.resolved_at and answers <= 1 and not life.reassignments and is_settled:
        flags |= Flag.FIRST_CONTACT
    return flags


def _verdict(origin: Any) -> Flag:
    if origin is None or origin.made_sla is None:
        return Flag(0)
    return Flag.MADE_SLA if origin.made_sla else Flag.MISSED_SLA
