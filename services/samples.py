"""A sample of the tickets of a shelf: what the pages of a list would cost, without asking.

A few thousand tickets, drawn anew every ten minutes and when there are many more: they tell how
many meet a condition, or several at once, and how far the first of them stands in any order.
Only speed depends on it, never what a list shows.
"""

import random
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from data.models import Priority, Shelf, Ticket
from services.hints import hinted
from services.orders import BY_NUMBER

DRAWN = 2000  # tickets of a shelf: half a megabyte, and some 30 ms to read them
LISTED = 10_000  # numbers that are read to draw among them; where there are more, any may be drawn
FRESH_SECONDS = 600.0
GLANCE_SECONDS = 5.0  # … after which the newest number is looked at
KEEP_SECONDS = 2.0  # … or this, by who looks after all of them beside the requests
GROWTH = 1.25
_AT_ONCE = 1000
_COLUMNS = (
    Ticket.number,
    Ticket.status,
    Ticket.priority,
    Ticket.category_id,
    Ticket.team_id,
    Ticket.lead_id,
    Ticket.requester_id,
    Ticket.answered_by_requester,
    Ticket.updated_at,
    Ticket.created_at,
    Ticket.deleted_at,
    Ticket.due_order,
    Ticket.accept_order,
    Ticket.response_order,
    Ticket.next_order,
    Ticket.folded_title,
    Ticket.lead_name,
    Ticket.requester_name,
)
_RANKS = {priority: rank for rank, priority in enumerate(Priority)}

Bits = int  # of the tickets that were drawn, the first one in an order lowest


class Sample:
    """Some tickets of a shelf of `size`; each stands for `scale` of them."""

    def __init__(self, rows: Sequence[Any], size: float) -> None:
        self._rows = rows
        self.size = size
        self.scale = size / len(rows) if rows else 1.0
        self.all: Bits = (1 << len(rows)) - 1
        self._orders: dict[str, tuple[list[Any], list[Any]]] = {}
        self._kept: dict[tuple[str, str, Any], Bits] = {}

    def meeting(self, order: str, column: str, values: Iterable[Any]) -> Bits:
        """Return which tickets have one of these values in a column, in the order of another."""
        wanted = frozenset(values)
        key = order, column, wanted
        if key not in self._kept:
            self._kept[key] = self._bits(order, lambda row: getattr(row, column) in wanted)
        return self._kept[key]

    def before(self, order: str, column: str, instant: datetime) -> Bits:
        """Return which tickets have an earlier instant in a column."""
        return self._bits(order, lambda row: getattr(row, column) < instant)

    def beyond(self, order: str, position: tuple[Any, int] | None, *, downwards: bool) -> Bits:
        """Return which tickets lie past a position in an order."""
        if position is None:
            return self.all
        _rows, keys = self._in(order)
        place = _comparable(position[0]), position[1]
        if downwards:
            return (1 << bisect_left(keys, place)) - 1
        return self.all & ~((1 << bisect_right(keys, place)) - 1)

    def _bits(self, order: str, is_met: Any) -> Bits:
        rows, _keys = self._in(order)
        return int("".join("1" if is_met(row) else "0" for row in reversed(rows)) or "0", 2)

    def _in(self, order: str) -> tuple[list[Any], list[Any]]:
        if order not in self._orders:
            pairs = [((_comparable(getattr(r, order)), r.number), r) for r in self._rows]
            pairs.sort(key=lambda pair: pair[0])
            self._orders[order] = [row for _key, row in pairs], [key for key, _row in pairs]
        return self._orders[order]


def walked(bits: Bits, until: Bits, *, downwards: bool) -> int:
    """Return how many of `bits` come before the first of `until`: all when there is none."""
    if not until:
        return bits.bit_count()
    if downwards:
        return (bits >> until.bit_length()).bit_count()
    return (bits & ((until & -until) - 1)).bit_count()


def of(s: Session, shelf: Shelf, glance: float = GLANCE_SECONDS) -> Sample:
    """Return the sample of a shelf, drawn anew where that is due; looked after every `glance`.

    While somebody draws, the one before is good enough: only the first of all is waited for.
    """
    drawn = _kept.setdefault(s.get_bind().engine.pool, {})
    kept = drawn.setdefault(shelf, _Kept())
    before = kept.sample
    if before is None:
        with kept.lock:
            return kept.renewed(s, shelf, glance)
    if not kept.lock.acquire(blocking=False):
        return before
    try:
        return kept.renewed(s, shelf, glance)
    finally:
        kept.lock.release()


def keep(s: Session) -> None:
    """Look after all samples. Who does so every KEEP_SECONDS does it for whoever asks for one."""
    for shelf in Shelf:
        of(s, shelf, KEEP_SECONDS)


class _Kept:
    """A sample, and when it was drawn; one thread draws it while others use the one before."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.sample: Sample | None = None
        self._newest = 0
        self._drawn_at = self._looked_at = 0.0

    def renewed(self, s: Session, shelf: Shelf, glance: float) -> Sample:
        moment = time.monotonic()
        if self.sample and moment - self._looked_at < glance:
            return self.sample
        newest = s.scalar(select(func.max(Ticket.number))) or 0
        self._looked_at = moment
        is_old = moment - self._drawn_at > FRESH_SECONDS
        if self.sample is None or is_old or newest > GROWTH * self._newest:
            self.sample = _drawn(s, shelf, newest)
            self._newest, self._drawn_at = newest, moment
        return self.sample


def _drawn(s: Session, shelf: Shelf, newest: int) -> Sample:
    chance = random.Random(newest)  # noqa: S311 - nothing is kept secret
    query = select(Ticket.number).where(Ticket.shelf == shelf).order_by(Ticket.number)
    listed = s.scalars(hinted(query.limit(LISTED + 1), BY_NUMBER)).all()
    if len(listed) <= LISTED:
        numbers = chance.sample(listed, min(len(listed), DRAWN))
        return Sample(_read(s, shelf, numbers), len(listed))
    numbers = chance.sample(range(1, newest + 1), DRAWN)
    rows = _read(s, shelf, numbers)
    return Sample(rows, newest * len(rows) / DRAWN)


def _read(s: Session, shelf: Shelf, numbers: Sequence[int]) -> list[Any]:
    rows: list[Any] = []
    for start in range(0, len(numbers), _AT_ONCE):
        some = Ticket.number.in_(sorted(numbers[start : start + _AT_ONCE]))
        rows += s.execute(select(Ticket.shelf, *_COLUMNS).where(some)).all()
    return [row for row in rows if row.shelf == shelf]


def _comparable(value: Any) -> Any:
    return _RANKS[value] if isinstance(value, Priority) else value


_kept: "WeakKeyDictionary[Pool, dict[Shelf, _Kept]]" = WeakKeyDictionary()


def forget() -> None:
    """Know nothing of any database."""
    _kept.clear()
