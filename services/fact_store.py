"""Facts kept in the database, so that a process that starts does not read all history again.

They are kept in the background by whoever comes first (`keep`), from the events that happened, and
may be behind: who computes figures adds what came since (`services.columns`).
"""

import random
import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Comment, Event, FactBlock, FactMark, Ticket
from services import facts
from services.facts import LAYOUT, VERSION, Rows

SIZE = 512  # numbers in a block: 50 kB
BATCH = 1000  # tickets in one transaction
LATE_AT_MOST = timedelta(seconds=60)  # an event is committed so long after its id was given out
LATE_IDS = 10_000  # … and not after so many others
THE_ONE = 1
DEADLINES_MOVED = "deadline.moved"
ROLE_CHANGED = "user.role_changed"


def keep(s: Session, *, at_once: bool = False) -> int:
    """Bring the blocks up to date with what happened; return how many tickets, at most BATCH.

    0 is: nothing left to do. Two may run: the second waits, and finds it done. `at_once` does not
    wait until what happened is a minute old, and leaves the newest to be looked at again.
    """
    mark = s.get(FactMark, THE_ONE, with_for_update=True, populate_existing=True)
    if mark is None or mark.layout != VERSION:
        mark = begin_again(s, mark)
    if mark.done_number is not None and (made := _go_on(s, mark)):
        return made
    if at_once and (top := _top(s)) > mark.seen_id:
        mark.seen_id, mark.seen_at = top, now()
    elif not at_once and now() - mark.seen_at < LATE_AT_MOST:
        return 0
    return _follow(s, mark, at_once=at_once)


def begin_again(s: Session, mark: FactMark | None = None) -> FactMark:
    """Forget all blocks: `keep` makes them again, batch by batch."""
    mark = mark or s.get(FactMark, THE_ONE, with_for_update=True)
    s.execute(delete(FactBlock))
    top = _top(s)
    if mark is None:
        mark = FactMark(id=THE_ONE)
    mark.layout = VERSION
    mark.generation = str(uuid.uuid4())
    mark.event_id = max(0, top - LATE_IDS)
    mark.seen_id, mark.seen_at = top, now()
    mark.done_number = -1
    s.add(mark)
    s.flush()
    return mark


def concerned(s: Session, event: Any) -> Collection[int]:
    """Return the tickets of which an event (id, kind, ticket_number, subject) may change the facts.

    That is its own, mostly. Deadlines are computed again for many at once, without a word in their
    histories; and whether somebody was staff says whether what they wrote were answers.
    """
    if event.kind == DEADLINES_MOVED:
        details = s.scalar(select(Event.details).where(Event.id == event.id)) or {}
        return list(details["numbers"])
    if event.kind == ROLE_CHANGED:
        author_id = int(event.subject.partition(":")[2])
        said = select(Comment.ticket_number).where(Comment.author_id == author_id)
        return list(s.scalars(said.where(Comment.is_internal.is_(False)).distinct()))
    return [] if event.ticket_number is None else [event.ticket_number]


def load(s: Session) -> Rows:
    """Return all facts that are kept, by number."""
    blocks = s.scalars(select(FactBlock.data).order_by(FactBlock.id)).all()
    return np.frombuffer(b"".join(blocks), dtype=LAYOUT)


def differences(s: Session, numbers: Sequence[int]) -> list[int]:
    """Return which of these tickets are kept otherwise than a recount finds them.

    Meant for tickets that have not changed for some minutes: the blocks may be behind.
    """
    made = {int(row["number"]): row.tobytes() for row in facts.build(s, numbers)}
    blocks = s.scalars(select(FactBlock.data).where(FactBlock.id.in_({n // SIZE for n in numbers})))
    rows = np.frombuffer(b"".join(blocks), dtype=LAYOUT)
    kept = {int(row["number"]): row.tobytes() for row in rows[np.isin(rows["number"], numbers)]}
    return sorted(n for n in made.keys() | kept.keys() if made.get(n) != kept.get(n))


def wrong_on_a_day(s: Session) -> list[int]:
    """Return the tickets of one day, chosen at random, that a recount finds otherwise.

    At most BATCH of that day; those to which something happened that is not kept yet are left out.
    """
    mark = s.get(FactMark, THE_ONE)
    oldest, newest = s.execute(
        select(func.min(Ticket.created_at), func.max(Ticket.created_at))
    ).one()
    if mark is None or mark.done_number is not None or oldest is None:
        return []
    start = oldest + timedelta(days=random.randint(0, (newest - oldest).days))  # noqa: S311 - no secret
    day = select(Ticket.number).where(
        Ticket.created_at >= start, Ticket.created_at < start + timedelta(days=1)
    )
    numbers = list(s.scalars(day.order_by(Ticket.number).limit(BATCH)))
    behind = _behind(s, mark, numbers)
    return differences(s, [number for number in numbers if number not in behind])


def _behind(s: Session, mark: FactMark, numbers: Sequence[int]) -> set[int]:
    """Return to which of these tickets something happened that is not kept yet."""
    later = select(Event.id, Event.kind, Event.ticket_number, Event.subject).where(
        Event.id > mark.event_id,
        or_(Event.ticket_number.in_(numbers), Event.kind.in_((DEADLINES_MOVED, ROLE_CHANGED))),
    )
    return {number for event in s.execute(later) for number in concerned(s, event)}


def _go_on(s: Session, mark: FactMark) -> int:
    """Make the next blocks of all."""
    query = select(Ticket.number).where(Ticket.number > mark.done_number)
    numbers = list(s.scalars(query.order_by(Ticket.number).limit(BATCH)))
    _put(s, numbers)
    mark.done_number = numbers[-1] if numbers else None
    return len(numbers)


def _follow(s: Session, mark: FactMark, *, at_once: bool) -> int:
    """Renew the tickets to which something happened, in the order of the events."""
    query = (
        select(Event.id, Event.kind, Event.ticket_number, Event.subject)
        .where(Event.id > mark.event_id, Event.id <= mark.seen_id)
        .order_by(Event.id)
        .limit(BATCH)
    )
    happened = s.execute(query).all()
    numbers: set[int] = set()
    taken = 0
    for event in happened:
        numbers.update(concerned(s, event))
        taken += 1
        if len(numbers) >= BATCH:
            break
    _put(s, sorted(numbers))
    is_all = taken == len(happened) < BATCH
    done = mark.seen_id if is_all else happened[taken - 1].id
    mark.event_id = done
    if is_all:
        mark.event_id = max(0, done - LATE_IDS) if at_once else done
        mark.seen_id, mark.seen_at = max(_top(s), mark.event_id), now()
        return 0
    return taken


def _top(s: Session) -> int:
    return s.scalar(select(func.max(Event.id))) or 0


def _put(s: Session, numbers: Sequence[int]) -> None:
    """Put the facts of tickets in their blocks; those that have none any more go."""
    made = facts.build(s, numbers) if numbers else np.empty(0, LAYOUT)
    for block_id, among in groupby(numbers, key=lambda number: number // SIZE):
        block = s.get(FactBlock, block_id)
        wanted = list(among)
        rows = merged(_rows_of(block), made[np.isin(made["number"], wanted)], wanted)
        if block is not None and not len(rows):
            s.delete(block)
            block = None
        elif block is not None:
            block.data = rows.tobytes()
        elif len(rows):
            block = FactBlock(id=block_id, data=rows.tobytes())
            s.add(block)
        if block is not None:
            s.flush()
            s.expunge(block)  # megabytes, of use to nobody


def merged(rows: Rows, made: Rows, numbers: Sequence[int]) -> Rows:
    """Return rows in which those of `numbers` are what was made of them."""
    others = rows[~np.isin(rows["number"], numbers)]
    both = np.concatenate((others, made))
    return both[np.argsort(both["number"], kind="stable")]


def _rows_of(block: FactBlock | None) -> Rows:
    return np.frombuffer(block.data if block else b"", dtype=LAYOUT)
