"""Deliveries: planned with the event, leased by whoever sends, tried again, given up, sent anew.

The table is the truth, queues and threads only wake somebody who looks into it. Sending happens
between two transactions, so a process that dies in between sends again when its lease is over:
at least once, and the receiver knows a repeat by its key.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session, joinedload

from data.clock import now, shared
from data.models import Delivery, DeliveryState, Event
from data.text import clean_line
from services import checks, events
from services.bundles import LEASE, Leases, Parcel, claim, due
from services.errors import NotFound, WrongState
from services.permissions import Action, Actor, require
from services.words import N_

__all__ = ["LEASE", "Leases", "Parcel", "claim", "due"]  # the first half of sending, see there

_DELIVERIES = cast("Table", Delivery.__table__)
BACKOFF = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
WAIT_BEHIND = timedelta(minutes=1)  # at most, for those behind one that failed
KEPT = timedelta(days=30)
PAGE = 50
MOST = 200
_BATCH = 5000
_ENDED = (DeliveryState.DONE, DeliveryState.SKIPPED, DeliveryState.DEAD)
_MAX_ANSWER = 500
# Those in the hands of an attempt get the values that are given with them. It is written out once:
# made anew for each message, it cost as much as running it.
_SETTLED = update(_DELIVERIES).where(
    _DELIVERIES.c.id.in_(bindparam("ids", expanding=True)),
    _DELIVERIES.c.state == DeliveryState.LEASED,
    _DELIVERIES.c.request_id == bindparam("attempt_id"),
)

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
class Outcome:
    """How an attempt ended; no error: it arrived.

    `told` are the deliveries of a bundle that the message contained, None for all: the others were
    no longer wanted or allowed, as all of them were when it is `skipped`.
    """

    error: str = ""
    status: int | None = None
    answer: str = ""
    is_final: bool = False  # no further attempt would end otherwise
    wait: timedelta | None = None  # what the receiver asked for
    skipped: bool = False
    told: tuple[int, ...] | None = None
    note: str = ""  # what is to be known of one that arrived, a key as of an error


@dataclass(frozen=True, slots=True)
class Plan:
    """A delivery to be written; those of one bundle become one message.

    `next_at` is an appointment, such as the end of the night; otherwise it waits for `pause`.
    """

    event_id: int
    channel: str
    recipient: str
    bundle: str = ""
    reason: str = ""
    next_at: datetime | None = None
    pause: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries of a channel; None: whichever."""

    channel: str
    recipients: Collection[str] | None = None
    state: DeliveryState | None = None
    number: int | None = None  # of the ticket


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Some deliveries, and the cursor of those planned before them."""

    deliveries: list[Delivery]
    after: str | None


def plan(s: Session, event: Event, channel: str, recipient: str) -> None:
    """Write one delivery of an event; in the transaction that marks the event as relayed."""
    plan_all(s, [Plan(event.id, channel, recipient)])


def plan_all(s: Session, plans: Sequence[Plan]) -> None:
    """Write deliveries, in the transaction that marks their events as relayed."""
    moment = shared(s) if plans else now()
    rows = [
        {
            "key": str(uuid.uuid4()),
            "event_id": planned.event_id,
            "channel": planned.channel,
            "recipient": planned.recipient,
            "bundle": planned.bundle,
            "reason": planned.reason,
            "next_at": planned.next_at or moment + planned.pause,
            "paused_at": None if planned.next_at else moment,
        }
        for planned in plans
    ]
    if rows:
        s.execute(insert(Delivery), rows)


def settle(s: Session, parcel: Parcel, outcome: Outcome) -> None:
    """Write how an attempt ended, unless its lease ran out and somebody else is at it."""
    ended: dict[DeliveryState, list[int]] = {}
    for delivery_id in parcel.ids:
        ended.setdefault(_state_after(parcel, outcome, delivery_id), []).append(delivery_id)
    written = {
        "attempt_id": parcel.request_id,
        "sent_at": now(),
        "status": outcome.status,
        "error": outcome.error or outcome.note,
        "answer": clean_line(outcome.answer[: 4 * _MAX_ANSWER])[:_MAX_ANSWER],
    }
    for state, ids in ended.items():
        values = written | {"ids": ids, "state": state}
        if state is not DeliveryState.PENDING:
            s.execute(_SETTLED, values)
            continue
        pause = max(BACKOFF[parcel.attempt - 1], outcome.wait or timedelta())
        moment = shared(s)
        waits = values | {"paused_at": moment, "next_at": moment + min(pause, BACKOFF[-1])}
        if cast("CursorResult[Any]", s.execute(_SETTLED, waits)).rowcount:
            _hold_back(s, parcel, moment, min(pause, WAIT_BEHIND))


def give_back(s: Session, parcel: Parcel) -> None:
    """Let somebody else try, at once and as if nobody had claimed it."""
    values = {"state": DeliveryState.PENDING, "attempts": parcel.attempt - 1}
    s.execute(_SETTLED, values | {"ids": parcel.ids, "attempt_id": parcel.request_id})


def next_due(s: Session, channels: Collection[str]) -> timedelta | None:
    """Return in how long there is something to send by one of these, None when nothing waits."""
    theirs = (Delivery.channel.in_(channels), Delivery.state == DeliveryState.PENDING)
    first = s.scalar(select(func.min(Delivery.next_at)).where(*theirs))
    return None if first is None else first - shared(s)


def held(s: Session, parcels: Sequence[Parcel]) -> list[Parcel]:
    """Return those still in the hands of these attempts: who was frozen may have lost them."""
    ids = [parcel.id for parcel in parcels]
    query = select(Delivery.request_id).where(Delivery.id.in_(ids))
    attempts = set(s.scalars(query.where(Delivery.state == DeliveryState.LEASED)))
    return [parcel for parcel in parcels if parcel.request_id in attempts]


def page(
    s: Session, by: Actor, wanted: Wanted, *, after: str | None = None, limit: int = PAGE
) -> DeliveryPage:
    """Return deliveries with their events, the newest first, at most MOST.

    Raises:
        Invalid: `after` is no cursor of an earlier page.
    """
    require(by, Action.DELIVERY_MANAGE)
    query = select(Delivery).where(*_wanted(s, wanted))
    if after:
        query = query.where(Delivery.id < checks.position(after))
    limit = max(1, min(limit, MOST))
    query = query.order_by(Delivery.id.desc()).limit(limit + 1)
    found = list(s.scalars(query.options(joinedload(Delivery.event))))
    return DeliveryPage(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)


def _wanted(s: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the SQL conditions; of a ticket the events are named, for they are few."""
    conditions = [Delivery.channel == wanted.channel]
    if wanted.recipients is not None:
        conditions.append(Delivery.recipient.in_(wanted.recipients))
    if wanted.state is not None:
        conditions.append(Delivery.state == wanted.state)
    if wanted.number is not None:
        events_ = select(Event.id).where(Event.ticket_number == wanted.number)
        conditions.append(Delivery.event_id.in_(s.scalars(events_).all()))
    return conditions


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

    What went, or was to go, in the same message goes with it.

    Raises:
        NotFound, WrongState: it is still under way.
    """
    require(by, Action.DELIVERY_MANAGE)
    delivery = s.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)
    if delivery is None:
        raise NotFound
    if delivery.state not in _ENDED:
        raise UnderWay
    moment = shared(s)
    for again in _of_message(s, delivery):
        again.state, again.attempts, again.error = DeliveryState.PENDING, 0, ""
        again.next_at = again.paused_at = moment
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
    old = (Delivery.created_at < now() - KEPT, Delivery.state.in_(_ENDED))
    query = select(Delivery.id).where(*old).limit(_BATCH)
    s.execute(delete(Delivery).where(Delivery.id.in_(s.scalars(query).all())))


def _state_after(parcel: Parcel, outcome: Outcome, delivery_id: int) -> DeliveryState:
    """Return what becomes of a delivery of a parcel."""
    is_left_out = outcome.told is not None and delivery_id not in outcome.told
    if outcome.skipped or is_left_out:
        return DeliveryState.SKIPPED
    if not outcome.error:
        return DeliveryState.DONE
    is_over = outcome.is_final or parcel.attempt > len(BACKOFF)
    return DeliveryState.DEAD if is_over else DeliveryState.PENDING


def _of_message(s: Session, delivery: Delivery) -> Sequence[Delivery]:
    """Return a delivery that ended with those that ended in the same message."""
    if delivery.message_key is None:
        return [delivery]
    query = select(Delivery).where(
        Delivery.message_key == delivery.message_key, Delivery.state == delivery.state
    )
    return s.scalars(query.with_for_update().execution_options(populate_existing=True)).all()


def _hold_back(s: Session, parcel: Parcel, moment: datetime, pause: timedelta) -> None:
    """Let the others for the same recipient wait: one that is down must not keep all senders."""
    until = moment + pause
    s.execute(
        update(Delivery)
        .where(
            Delivery.channel == parcel.channel,
            Delivery.recipient == parcel.recipient,
            Delivery.state == DeliveryState.PENDING,
            Delivery.next_at < until,
        )
        .values(next_at=until, paused_at=moment)
        .execution_options(synchronize_session=False)
    )
