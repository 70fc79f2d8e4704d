"""How much waits to be told outside, and since when; and what was given up, to be sent again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from data.clock import shared
from data.models import Delivery, DeliveryState, Event, User, Webhook
from services import deliveries, events, webhooks
from services.permissions import Action, Actor, require

CHUNK = 500  # sent again in one transaction
_UNDER_WAY = (DeliveryState.PENDING, DeliveryState.LEASED)


@dataclass(frozen=True, slots=True)
class Queue:
    """What one channel has to send."""

    channel: str
    waiting: int
    being_sent: int
    given_up: int
    oldest_at: datetime | None  # planned then, and not sent yet


@dataclass(frozen=True, slots=True)
class Queues:
    """What happened and was not looked at yet, and what each channel has to send."""

    unrelayed: int
    oldest_at: datetime | None
    channels: list[Queue]


def figures(s: Session, by: Actor) -> Queues:
    """Count what waits; costs as much as there is to do, not as was ever done."""
    require(by, Action.SCHEDULE_MANAGE)
    waits = select(func.count(), func.min(Event.created_at)).where(Event.relayed_at.is_(None))
    unrelayed, oldest_at = s.execute(waits).one()
    counted = (
        select(Delivery.channel, Delivery.state, func.count(), func.min(Delivery.created_at))
        .where(Delivery.state.in_((*_UNDER_WAY, DeliveryState.DEAD)))
        .group_by(Delivery.channel, Delivery.state)
    )
    rows = [(channel, state, many, at) for channel, state, many, at in s.execute(counted)]
    channels = sorted({channel for channel, *_rest in rows})
    return Queues(unrelayed, oldest_at, [_queue(channel, rows) for channel in channels])


def given_up(s: Session, by: Actor) -> Sequence[Delivery]:
    """Return the newest deliveries that were given up, with their events; at most a page."""
    require(by, Action.DELIVERY_MANAGE)
    query = (
        select(Delivery)
        .where(Delivery.state == DeliveryState.DEAD)
        .order_by(Delivery.id.desc())
        .limit(deliveries.PAGE)
        .options(joinedload(Delivery.event))
    )
    return s.scalars(query).all()


def recipients(s: Session, found: Iterable[Delivery]) -> dict[tuple[str, str], str]:
    """Return what recipients are called, by channel and by what the channel knows them by."""
    keys = {(d.channel, d.recipient) for d in found if d.recipient.isdecimal()}
    hooks = {int(to) for channel, to in keys if channel == webhooks.CHANNEL}
    people = {int(to) for channel, to in keys if channel != webhooks.CHANNEL}
    of_hooks = dict(_names(s, Webhook, hooks)) if hooks else {}
    of_people = dict(_names(s, User, people)) if people else {}
    return {
        (channel, to): (of_hooks if channel == webhooks.CHANNEL else of_people).get(int(to), "")
        for channel, to in keys
    }


def resend_all(s: Session, by: Actor, channel: str) -> int:
    """Send again what a channel gave up, the oldest first, at most CHUNK; return how much."""
    require(by, Action.DELIVERY_MANAGE)
    dead = (Delivery.channel == channel, Delivery.state == DeliveryState.DEAD)
    query = select(Delivery.id).where(*dead).order_by(Delivery.id).limit(CHUNK)
    ids = s.scalars(query.with_for_update(skip_locked=True)).all()
    moment = shared(s)
    again = {"next_at": moment, "paused_at": moment, "attempts": 0, "error": ""}
    s.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(state=DeliveryState.PENDING, **again)
        .execution_options(synchronize_session=False)
    )
    if ids:
        subject = f"deliveries:{channel}"
        events.record(s, by, None, "delivery.resent", subject=subject, count=len(ids))
    return len(ids)


def _queue(channel: str, rows: list[tuple[str, DeliveryState, int, datetime]]) -> Queue:
    mine = {state: (many, at) for name, state, many, at in rows if name == channel}
    count = {state: many for state, (many, _at) in mine.items()}
    return Queue(
        channel=channel,
        waiting=count.get(DeliveryState.PENDING, 0),
        being_sent=count.get(DeliveryState.LEASED, 0),
        given_up=count.get(DeliveryState.DEAD, 0),
        oldest_at=min((at for s, (_many, at) in mine.items() if s in _UNDER_WAY), default=None),
    )


def _names(s: Session, kind: type[Webhook] | type[User], ids: set[int]) -> list[tuple[int, str]]:
    return [
        (row.id, row.name) for row in s.execute(select(kind.id, kind.name).where(kind.id.in_(ids)))
    ]
