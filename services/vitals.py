"""How what runs beside the pages is doing, for a machine that watches it: queues, relay, schedule.

As in `services.standing`, nobody is behind the question. Nothing here grows with the tickets: what
may pile up is counted up to MOST_COUNTED.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from data import room
from data.clock import now
from data.models import Delivery, DeliveryState, Event, Schedule, Webhook
from services import schedule
from services.schedule import Task

MOST_COUNTED = 20_000
WAITING = (DeliveryState.PENDING, DeliveryState.LEASED, DeliveryState.DEAD)


@dataclass(frozen=True, slots=True)
class Health:
    """How a scheduled task is doing; ages and times in seconds."""

    is_active: bool
    finished_at: datetime | None
    seconds: float | None  # of the last run
    failures: int  # in a row
    late: float  # since when it should have begun; 0 when it is not due, runs or is switched off


@dataclass(frozen=True, kw_only=True, slots=True)
class Vitals:
    """How the machinery is doing at one moment.

    `overdue` is how many seconds ago the delivery that waits longest should have been sent,
    `relay_lag` how old the oldest event is that nobody looked at yet.
    """

    deliveries: dict[tuple[str, DeliveryState], int]
    overdue: float
    unrelayed: int
    relay_lag: float
    tasks: dict[str, Health]
    webhooks_active: int
    webhooks_off: int
    database_bytes: int


def look(s: Session, channels: tuple[str, ...], tasks: Mapping[str, Task]) -> Vitals:
    """Return how the machinery is doing; the tasks are those that have begun to exist."""
    unrelayed, relay_lag = _relay(s)
    active, off = _webhooks(s)
    return Vitals(
        deliveries=_deliveries(s, channels),
        overdue=_overdue(s),
        unrelayed=unrelayed,
        relay_lag=relay_lag,
        tasks=_tasks(s, tasks),
        webhooks_active=active,
        webhooks_off=off,
        database_bytes=room.size_bytes(s),
    )


def answer(s: Session) -> None:
    """Ask the database whether it is there."""
    s.execute(select(literal(1))).scalar()


def _deliveries(s: Session, channels: tuple[str, ...]) -> dict[tuple[str, DeliveryState], int]:
    """Count what waits and what was given up, by one index each."""
    pairs = [(channel, state) for channel in channels for state in WAITING]
    counts = []
    for place, (channel, state) in enumerate(pairs):
        some = select(Delivery.id).where(Delivery.channel == channel, Delivery.state == state)
        some_ids = some.limit(MOST_COUNTED).subquery()
        counts.append(select(literal(place), func.count()).select_from(some_ids))
    return {pairs[place]: number for place, number in s.execute(union_all(*counts))}


def _overdue(s: Session) -> float:
    query = select(func.min(Delivery.next_at)).where(Delivery.state == DeliveryState.PENDING)
    return _since(s.scalar(query))


def _relay(s: Session) -> tuple[int, float]:
    waiting = select(Event.id).where(Event.relayed_at.is_(None))
    number = s.scalar(select(func.count()).select_from(waiting.limit(MOST_COUNTED).subquery()))
    oldest = select(Event.created_at).where(Event.relayed_at.is_(None)).order_by(Event.id).limit(1)
    return number or 0, _since(s.scalar(oldest))


def _tasks(s: Session, tasks: Mapping[str, Task]) -> dict[str, Health]:
    rows = {row.name: row for row in s.scalars(select(Schedule))}
    return {name: _health(tasks[name], rows[name]) for name in tasks if name in rows}


def _health(task: Task, row: Schedule) -> Health:
    is_late = not row.owner and schedule.is_due(task, row)
    return Health(
        is_active=row.is_active,
        finished_at=row.finished_at,
        seconds=None if row.milliseconds is None else row.milliseconds / 1000,
        failures=row.failures,
        late=_since(row.next_at) if is_late else 0.0,
    )


def _webhooks(s: Session) -> tuple[int, int]:
    query = select(Webhook.is_active, func.count()).group_by(Webhook.is_active)
    counts = {bool(is_active): number for is_active, number in s.execute(query)}
    return counts.get(True, 0), counts.get(False, 0)


def _since(instant: datetime | None) -> float:
    return 0.0 if instant is None else max(0.0, (now() - instant).total_seconds())
