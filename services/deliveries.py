"""Deliveries: planned with the event, leased by whoever sends, tried again, given up, sent anew.

The table is the truth, queues and threads only wake somebody who looks into it. Sending happens
between two transactions, so a process that dies in between sends again when its lease is over:
at least once, and the receiver knows a repeat by its key.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from data.clock import now
from data.models import Delivery, DeliveryState, Event
from data.text import clean_line
from services import checks, events
from services.errors import NotFound, WrongState
from services.permissions import Action, Actor, require
from services.words import N_

BACKOFF = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
LEASE = timedelta(seconds=20)  # longer than any sending takes
WAIT_BEHIND = timedelta(minutes=1)  # at most, for those behind one that failed
KEPT = timedelta(days=30)
PAGE = 50
MOST = 200
_BATCH = 5000
_MAX_ANSWER = 500

ERRORS: dict[str, str] = {
    "address": N_("The address may not be reached."),
    "failed": N_("It could not be sent."),
    "gone": N_("The receiver says it is gone for good."),
    "no_answer": N_("No answer in time."),
    "refused": N_("The receiver refused it."),
    "secret": N_("The secret cannot be read: give it a new one."),
    "switched_off": N_("The webhook is switched off."),
    "unreachable": N_("The receiver cannot be reached."),
}


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery in the hands of whoever sends it now."""

    id: int
    key: str
    event_id: int
    channel: str
    recipient: str
    attempt: int
    request_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended; no error: it arrived."""

    error: str = ""
    status: int | None = None
    answer: str = ""
    is_final: bool = False  # no further attempt would end otherwise
    wait: timedelta | None = None  # what the receiver asked for


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Some deliveries, and the cursor of those planned before them."""

    deliveries: list[Delivery]
    after: str | None


def plan(s: Session, event: Event, channel: str, recipient: str) -> None:
    """Write one delivery of an event; in the transaction that marks the event as relayed."""
    s.add(Delivery(key=str(uuid.uuid4()), event_id=event.id, channel=channel, recipient=recipient))


def claim(s: Session, limit: int, *, delivery_id: int | None = None) -> list[Parcel]:
    """Lease what is due, longest due first, or one delivery if it is due."""
    query = select(Delivery).where(_is_due()).order_by(Delivery.next_at, Delivery.id).limit(limit)
    if delivery_id is not None:
        query = query.where(Delivery.id == delivery_id)
    return [_leased(d) for d in s.scalars(query.with_for_update(skip_locked=True))]


def due(s: Session, limit: int) -> list[tuple[int, int]]:
    """Return (id, attempts) of what is due, longest due first, without claiming it."""
    query = select(Delivery.id, Delivery.attempts).where(_is_due())
    rows = s.execute(query.order_by(Delivery.next_at, Delivery.id).limit(limit))
    return [(row.id, row.attempts) for row in rows]


def settle(s: Session, parcel: Parcel, outcome: Outcome) -> None:
    """Write how an attempt ended, unless its lease ran out and somebody else is at it."""
    delivery = s.scalar(_of(parcel).with_for_update())
    if delivery is None:
        return
    delivery.lease_until = None
    delivery.sent_at = now()
    delivery.status, delivery.error = outcome.status, outcome.error
    delivery.answer = clean_line(outcome.answer[: 4 * _MAX_ANSWER])[:_MAX_ANSWER]
    if not outcome.error:
        delivery.state = DeliveryState.DONE
    elif outcome.is_final or parcel.attempt > len(BACKOFF):
        delivery.state = DeliveryState.DEAD
    else:
        pause = max(BACKOFF[parcel.attempt - 1], outcome.wait or timedelta())
        delivery.state = DeliveryState.PENDING
        delivery.next_at = now() + min(pause, BACKOFF[-1])
        _hold_back(s, parcel, now() + min(pause, WAIT_BEHIND))


def next_due(s: Session) -> datetime | None:
    """Return when there is something to send, None when nothing waits."""
    pending = select(func.min(Delivery.next_at)).where(Delivery.state == DeliveryState.PENDING)
    leased = select(func.min(Delivery.lease_until)).where(Delivery.state == DeliveryState.LEASED)
    return min(filter(None, (s.scalar(pending), s.scalar(leased))), default=None)


def page(
    s: Session,
    by: Actor,
    channel: str,
    recipient: str = "",
    *,
    state: DeliveryState | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> DeliveryPage:
    """Return deliveries of a channel with their events, the newest first, at most MOST.

    Raises:
        Invalid: `after` is no cursor of an earlier page.
    """
    require(by, Action.DELIVERY_MANAGE)
    query = select(Delivery).where(Delivery.channel == channel)
    if recipient:
        query = query.where(Delivery.recipient == recipient)
    if state is not None:
        query = query.where(Delivery.state == state)
    if after:
        query = query.where(Delivery.id < checks.position(after))
    limit = max(1, min(limit, MOST))
    query = query.order_by(Delivery.id.desc()).limit(limit + 1)
    found = list(s.scalars(query.options(joinedload(Delivery.event))))
    return DeliveryPage(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)


def get(s: Session, by: Actor, delivery_id: int) -> Delivery:
    """Return one delivery with its event.

    Raises:
        NotFound.
    """
    require(by, Action.DELIVERY_MANAGE)
    query = select(Delivery).where(Delivery.id == delivery_id)
    delivery = s.scalar(query.options(joinedload(Delivery.event)))
    if delivery is None:
        raise NotFound
    return delivery


def resend(s: Session, by: Actor, delivery_id: int) -> Delivery:
    """Send a delivery that ended once more, with all attempts before it and under the same key.

    Raises:
        NotFound, WrongState: it is still under way.
    """
    require(by, Action.DELIVERY_MANAGE)
    delivery = s.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)
    if delivery is None:
        raise NotFound
    if delivery.state not in (DeliveryState.DONE, DeliveryState.DEAD):
        raise UnderWay
    delivery.state, delivery.attempts, delivery.next_at = DeliveryState.PENDING, 0, now()
    delivery.error = ""
    events.record(s, by, None, "delivery.resent", subject=f"delivery:{delivery.id}")
    return delivery


class UnderWay(WrongState):
    """A delivery that did not end yet will be sent anyway."""

    code = "under_way"
    sentence = N_("This delivery is still under way.")


def forget(s: Session, channel: str, recipient: str) -> None:
    """Remove the deliveries of a recipient who is no more."""
    theirs = (Delivery.channel == channel, Delivery.recipient == recipient)
    s.execute(delete(Delivery).where(*theirs))


def dead(s: Session, since: datetime) -> int:
    """Return how many deliveries were given up since an instant and not sent again."""
    given_up = (Delivery.state == DeliveryState.DEAD, Delivery.sent_at >= since)
    return s.scalar(select(func.count()).select_from(Delivery).where(*given_up)) or 0


def clean(s: Session) -> None:
    """Forget what ended and was planned KEPT ago, so much at a time that nobody waits."""
    ended = Delivery.state.in_((DeliveryState.DONE, DeliveryState.DEAD))
    query = select(Delivery.id).where(Delivery.created_at < now() - KEPT, ended).limit(_BATCH)
    s.execute(delete(Delivery).where(Delivery.id.in_(s.scalars(query).all())))


def _is_due() -> ColumnElement[bool]:
    return or_(
        and_(Delivery.state == DeliveryState.PENDING, Delivery.next_at <= now()),
        and_(Delivery.state == DeliveryState.LEASED, Delivery.lease_until <= now()),
    )


def _leased(delivery: Delivery) -> Parcel:
    delivery.state = DeliveryState.LEASED
    delivery.lease_until = now() + LEASE
    delivery.attempts += 1
    delivery.request_id = str(uuid.uuid4())
    return Parcel(
        id=delivery.id,
        key=delivery.key,
        event_id=delivery.event_id,
        channel=delivery.channel,
        recipient=delivery.recipient,
        attempt=delivery.attempts,
        request_id=delivery.request_id,
    )


def _of(parcel: Parcel) -> Select[Delivery]:
    """Select the delivery as long as it is in the hands of this attempt."""
    held = (
        Delivery.id == parcel.id,
        Delivery.state == DeliveryState.LEASED,
        Delivery.request_id == parcel.request_id,
    )
    return select(Delivery).where(*held).execution_options(populate_existing=True)


def _hold_back(s: Session, parcel: Parcel, until: datetime) -> None:
    """Let the others for the same recipient wait: one that is down must not keep all senders."""
    s.execute(
        update(Delivery)
        .where(
            Delivery.channel == parcel.channel,
            Delivery.recipient == parcel.recipient,
            Delivery.state == DeliveryState.PENDING,
            Delivery.next_at < until,
        )
        .values(next_at=until)
        .execution_options(synchronize_session=False)
    )
