"""Bundles: the deliveries that go out as one message, leased together by whoever sends it.

The first attempt gives them a key in common; a repeat takes exactly those with that key, so that
it is the same message again. A delivery without a bundle is a message of its own.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Delivery, DeliveryState

LEASE = timedelta(seconds=20)  # longer than any sending takes
LEASES = {"email": timedelta(seconds=60), "sms": timedelta(seconds=30)}  # of slower channels
_AHEAD = 8  # times as much is looked at as is taken: many may go in one message
_HEAD = (
    Delivery.id,
    Delivery.attempts,
    Delivery.channel,
    Delivery.recipient,
    Delivery.bundle,
    Delivery.message_key,
    Delivery.next_at,
)


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
    s: Session, limit: int, *, channel: str | None = None, delivery_id: int | None = None
) -> list[Parcel]:
    """Lease what is due, longest due first, of one channel, or one delivery, with its bundle.

    A bundle is leased whole or not at all: whoever holds its first delivery has it.
    """
    groups = _groups(s, _messages(s, limit, delivery_id, channel))
    firsts = _held(s, [group[0] for group in groups])
    rest = _held(s, [key for group in groups if group[0] in firsts for key in group[1:]])
    held = firsts | rest
    whole = [[held[key] for key in group] for group in groups if held.keys() >= {*group}]
    return [_leased(rows) for rows in whole if _is_one(rows)]


def due(s: Session, limit: int) -> list[tuple[int, int]]:
    """Return (id, attempts) of what is due, longest due first and one of each bundle."""
    return [(head.id, head.attempts) for head in _messages(s, limit).values()]


def _messages(
    s: Session, limit: int, delivery_id: int | None = None, channel: str | None = None
) -> dict[tuple[str, ...], Any]:
    """Return the first delivery of each message that is due, longest due first."""
    found: dict[tuple[str, ...], Any] = {}
    for head in _heads(s, limit * _AHEAD, delivery_id, channel):
        found.setdefault(_message_of(head), head)
    return dict(islice(found.items(), limit))


def _heads(s: Session, limit: int, delivery_id: int | None, channel: str | None) -> list[Any]:
    """Return what is due, longest due first, without claiming it.

    What waits and what was lost by its sender are asked for apart, each by an index.
    """
    waiting = (Delivery.state == DeliveryState.PENDING, Delivery.next_at <= now())
    lost = (Delivery.state == DeliveryState.LEASED, Delivery.lease_until <= now())
    found: list[Any] = []
    for conditions in (waiting, lost):
        query = select(*_HEAD).where(*conditions).order_by(Delivery.next_at, Delivery.id)
        if delivery_id is not None:
            query = query.where(Delivery.id == delivery_id)
        if channel is not None:
            query = query.where(Delivery.channel == channel)
        found += s.execute(query.limit(limit))
    return sorted(found, key=lambda head: (head.next_at, head.id))[:limit]


def _message_of(row: Any) -> tuple[str, ...]:
    """Return what those that go in one message have in common."""
    if not row.bundle:
        return (str(row.id),)
    return (row.channel, row.recipient, row.bundle, row.message_key or "")


def _groups(s: Session, messages: Mapping[tuple[str, ...], Any]) -> list[list[int]]:
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
        query = select(*_HEAD).where(_is_free(), way).order_by(Delivery.id)
        for row in s.execute(query):
            if (key := _message_of(row)) in groups:
                groups[key].append(row.id)
    return [group for group in groups.values() if group]


def _keys(heads: Iterable[Any]) -> set[str]:
    return {head.message_key for head in heads if head.message_key}


def _held(s: Session, ids: Collection[int]) -> dict[int, Delivery]:
    """Lock those of some deliveries that nobody has in hand."""
    if not ids:
        return {}
    query = select(Delivery).where(Delivery.id.in_(ids), _is_free()).order_by(Delivery.id)
    query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return {delivery.id: delivery for delivery in s.scalars(query)}


def _is_free() -> ColumnElement[bool]:
    """Return the SQL condition on what nobody sends at this moment, due or not."""
    return or_(
        Delivery.state == DeliveryState.PENDING,
        and_(Delivery.state == DeliveryState.LEASED, Delivery.lease_until <= now()),
    )


def _is_one(rows: list[Delivery]) -> bool:
    """Tell whether what was locked still is one message, and due: others may have been faster."""
    same = len({delivery.message_key for delivery in rows}) == 1
    is_leased = any(delivery.state is DeliveryState.LEASED for delivery in rows)
    return same and (is_leased or any(delivery.next_at <= now() for delivery in rows))


def _leased(rows: list[Delivery]) -> Parcel:
    first = rows[0]
    request_id, until = str(uuid.uuid4()), now() + LEASES.get(first.channel, LEASE)
    attempt = max(delivery.attempts for delivery in rows) + 1
    message_key = first.message_key or (str(uuid.uuid4()) if first.bundle else None)
    for delivery in rows:
        delivery.state, delivery.lease_until = DeliveryState.LEASED, until
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
