"""Bundles: the deliveries that go out as one message, leased together by whoever sends it.

The first attempt gives them a key in common; a repeat takes exactly those with that key, so that
it is the same message again. A delivery without a bundle is a message of its own.

No clock ends a lease: whoever asks for more says which leases nobody holds any more by their own
stopwatch (`Leases`). What waits is due by the clock of the database, which has no other beside it.
"""

import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from data.clock import shared
from data.models import Delivery, DeliveryState
from services.leases import Watch

LEASE = timedelta(seconds=20)  # longer than any sending takes
LEASES = {"email": timedelta(seconds=60), "sms": timedelta(seconds=30)}  # of slower channels
SLACK = timedelta(minutes=1)  # what begins later than that was written before a clock was set back
_AHEAD = 3  # times as much is looked at as is taken: many may go in one message
_HEAD = (
    Delivery.id,
    Delivery.attempts,
    Delivery.channel,
    Delivery.recipient,
    Delivery.bundle,
    Delivery.message_key,
    Delivery.next_at,
    Delivery.paused_at,
)


class Leases:
    """Tells which leases were left by who held them; one process has one, and asks it often."""

    def __init__(self, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._stopwatch = stopwatch
        self._watches: dict[float, Watch] = {}  # by the seconds for which it waits

    def over(self, s: Session) -> set[str]:
        """Return the attempts whose time is over; nobody renews one, so its name is its mark."""
        query = select(Delivery.channel, Delivery.request_id).distinct()
        held = s.execute(query.where(Delivery.state == DeliveryState.LEASED)).all()
        by_seconds: dict[float, dict[str, str]] = {seconds: {} for seconds in self._watches}
        for channel, request_id in held:
            seconds = LEASES.get(channel, LEASE).total_seconds()
            by_seconds.setdefault(seconds, {})[request_id] = request_id
        found: set[str] = set()
        for seconds, leases in by_seconds.items():
            watch = self._watches.setdefault(seconds, Watch(seconds, self._stopwatch))
            found |= watch.over(leases)
        return found

    def left(self) -> float | None:
        """Return in how many seconds the next is over, None when nothing was in anybody’s hands."""
        each = (watch.left() for watch in self._watches.values())
        return min((seconds for seconds in each if seconds is not None), default=None)


@dataclass(frozen=True, slots=True)
class _Moment:
    """What is due now, and whose lease is over."""

    at: datetime
    lost: Collection[str] = ()

    def is_due(self, row: Any) -> bool:
        return row.next_at <= self.at or self._is_of_the_future(row.paused_at)

    def _is_of_the_future(self, paused_at: datetime | None) -> bool:
        return paused_at is not None and paused_at > self.at + SLACK

    def due(self) -> list[ColumnElement[bool]]:
        """Return the SQL conditions of what waited long enough, each with an index of its own."""
        return [Delivery.next_at <= self.at, Delivery.paused_at > self.at + SLACK]

    def free(self) -> ColumnElement[bool]:
        """Return the SQL condition on what nobody sends at this moment, due or not."""
        return or_(Delivery.state == DeliveryState.PENDING, self.left())

    def left(self) -> ColumnElement[bool]:
        """Return the SQL condition on what was left by who sent it."""
        return and_(Delivery.state == DeliveryState.LEASED, Delivery.request_id.in_(self.lost))


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message in the hands of whoever sends it now: a delivery, or a bundle of them.

    `key` names the message however often it is sent; `ids` and `event_ids` go in pairs, oldest
    first, and `id` and `event_id` are the first of them.
    """

    ids: tuple[int, ...]
    key: str
    event_ids: tuple[int, ...]
    channel: str
    recipient: str
    attempt: int
    request_id: str

    @property
    def id(self) -> int:
        """Return the first delivery."""
        return self.ids[0]

    @property
    def event_id(self) -> int:
        """Return the first event."""
        return self.event_ids[0]


def claim(
    s: Session,
    limit: int,
    *,
    channel: str | None = None,
    delivery_id: int | None = None,
    lost: Collection[str] = (),
) -> list[Parcel]:
    """Lease what is due, longest due first, of one channel, or one delivery, with its bundle.

    `lost` are the attempts that nobody is at any more. A bundle is leased whole or not at all:
    whoever holds its first delivery has it.
    """
    moment = _Moment(shared(s), lost)
    theirs = _narrowed(channel, delivery_id)
    groups = _groups(s, moment, _messages(s, moment, limit, theirs))
    firsts = _held(s, moment, [group[0] for group in groups])
    rest = _held(s, moment, [key for group in groups if group[0] in firsts for key in group[1:]])
    held = firsts | rest
    whole = [[held[key] for key in group] for group in groups if held.keys() >= {*group}]
    return [_leased(rows) for rows in whole if _is_one(moment, rows)]


def due(s: Session, limit: int) -> list[tuple[int, int]]:
    """Return (id, attempts) of what is due, longest due first and one of each bundle."""
    heads = _messages(s, _Moment(shared(s)), limit, []).values()
    return [(head.id, head.attempts) for head in heads]


def _narrowed(channel: str | None, delivery_id: int | None) -> list[ColumnElement[bool]]:
    of_channel = [] if channel is None else [Delivery.channel == channel]
    return of_channel if delivery_id is None else [*of_channel, Delivery.id == delivery_id]


def _messages(
    s: Session, moment: _Moment, limit: int, theirs: list[ColumnElement[bool]]
) -> dict[tuple[str, ...], Any]:
    """Return the first delivery of each message that is due, longest due first."""
    found: dict[tuple[str, ...], Any] = {}
    for head in _heads(s, moment, limit * _AHEAD, theirs):
        found.setdefault(_message_of(head), head)
    return dict(islice(found.items(), limit))


def _heads(s: Session, moment: _Moment, limit: int, theirs: list[ColumnElement[bool]]) -> list[Any]:
    """Return what is due, longest due first, without claiming it.

    What waits and what was lost by its sender are asked for apart, each by an index.
    """
    ways = [and_(Delivery.state == DeliveryState.PENDING, due) for due in moment.due()]
    if moment.lost:
        ways.append(moment.left())
    found: dict[int, Any] = {}
    for way in ways:
        query = select(*_HEAD).where(way, *theirs).order_by(Delivery.next_at, Delivery.id)
        found |= {head.id: head for head in s.execute(query.limit(limit))}
    return sorted(found.values(), key=lambda head: (head.next_at, head.id))[:limit]


def _message_of(row: Any) -> tuple[str, ...]:
    """Return what those that go in one message have in common."""
    if not row.bundle:
        return (str(row.id),)
    return (row.channel, row.recipient, row.bundle, row.message_key or "")


def _groups(
    s: Session, moment: _Moment, messages: Mapping[tuple[str, ...], Any]
) -> list[list[int]]:
    """Return the ids of each message to be claimed, lowest first.

    A first attempt takes whatever waits in its bundle, also what is due later; a repeat takes
    what the attempt before it took.
    """
    groups = {key: [] if head.bundle else [head.id] for key, head in messages.items()}
    bundled = [head for head in messages.values() if head.bundle]
    ways: list[ColumnElement[bool]] = []
    if keys := _keys(bundled):
        ways.append(Delivery.message_key.in_(keys))
    for channel in {head.channel for head in bundled if not head.message_key}:
        fresh = [head for head in bundled if head.channel == channel and not head.message_key]
        recipients, bundles = {head.recipient for head in fresh}, {head.bundle for head in fresh}
        theirs = (Delivery.channel == channel, Delivery.recipient.in_(recipients))
        ways.append(and_(*theirs, Delivery.bundle.in_(bundles), Delivery.message_key.is_(None)))
    for way in ways:
        query = select(*_HEAD).where(moment.free(), way).order_by(Delivery.id)
        for row in s.execute(query):
            if (key := _message_of(row)) in groups:
                groups[key].append(row.id)
    return [group for group in groups.values() if group]


def _keys(heads: Iterable[Any]) -> set[str]:
    return {head.message_key for head in heads if head.message_key}


def _held(s: Session, moment: _Moment, ids: Collection[int]) -> dict[int, Delivery]:
    """Lock those of some deliveries that nobody has in hand."""
    if not ids:
        return {}
    query = select(Delivery).where(Delivery.id.in_(ids), moment.free()).order_by(Delivery.id)
    query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return {delivery.id: delivery for delivery in s.scalars(query)}


def _is_one(moment: _Moment, rows: list[Delivery]) -> bool:
    """Tell whether what was locked still is one message, and due: others may have been faster."""
    same = len({delivery.message_key for delivery in rows}) == 1
    is_leased = any(delivery.state is DeliveryState.LEASED for delivery in rows)
    return same and (is_leased or any(moment.is_due(delivery) for delivery in rows))


def _leased(rows: list[Delivery]) -> Parcel:
    first = rows[0]
    request_id = str(uuid.uuid4())
    attempt = max(delivery.attempts for delivery in rows) + 1
    message_key = first.message_key or (str(uuid.uuid4()) if first.bundle else None)
    for delivery in rows:
        delivery.state = DeliveryState.LEASED
        delivery.attempts, delivery.request_id = attempt, request_id
        delivery.message_key = message_key
    return Parcel(
        ids=tuple(delivery.id for delivery in rows),
        key=message_key or first.key,
        event_ids=tuple(delivery.event_id for delivery in rows),
        channel=first.channel,
        recipient=first.recipient,
        attempt=attempt,
        request_id=request_id,
    )
