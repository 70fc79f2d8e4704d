"""How a ticket lived, read from its history: when it stood still, who was asked, what rang.

Pauses are kept nowhere else: no undo, no other policy and no other calendar can lose one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Event, Stage, Status, Target
from services.workflow import DONE, KINDS

RINGS: dict[Stage, str] = {Stage.NEAR: "deadline.near", Stage.MISSED: "deadline.missed"}
TOLD_BY = frozenset(  # every kind of event that tells of a status, of an acceptance, of an alarm
    {
        *KINDS.values(),
        *RINGS.values(),
        *("ticket.accepted", "ticket.assigned", "ticket.refused", "ticket.reopened"),
        *("ticket.escalated", "ticket.returned", "ticket.taken", "ticket.undone"),
    }
)


class Stop(NamedTuple):
    """A time in which nothing counted: the ticket was pending, or it was done."""

    start: datetime
    end: datetime | None  # None: it still stands
    is_done: bool


@dataclass(slots=True)
class Life:
    """What deadlines depend on. Stops are in order and apart."""

    created_at: datetime
    stops: list[Stop] = field(default_factory=list)
    asked_at: datetime | None = None  # when the lead who accepted first had been assigned
    rung: dict[tuple[Target, Stage], datetime] = field(default_factory=dict)  # the last time

    @property
    def stopped_at(self) -> datetime | None:
        """Return since when nothing counts, or None when the clock runs.

        What is done stands still since it was done; a wait may have begun in another one.
        """
        if not self.stops or self.stops[-1].end is not None:
            return None
        last = self.stops[-1]
        if not last.is_done:
            for stop in reversed(self.stops[:-1]):
                if stop.end != last.start:
                    break
                last = stop
        return last.start

    def pauses(self) -> list[tuple[datetime, datetime]]:
        """Return the stops that are over and that lie before the one that still stands."""
        until = self.stopped_at
        return [
            (stop.start, stop.end)
            for stop in self.stops
            if stop.end is not None and (until is None or stop.end <= until)
        ]


def read(s: Session, created: Mapping[int, datetime]) -> dict[int, Life]:
    """Return the life of each ticket, given when each was created; one query for all of them."""
    told: defaultdict[int | None, list[tuple[str, Any, datetime]]] = defaultdict(list)
    query = (
        select(Event.ticket_number, Event.kind, Event.details, Event.created_at)
        .where(Event.ticket_number.in_(created), Event.kind.in_(TOLD_BY))
        .order_by(Event.id)
    )
    for number, kind, details, at in s.execute(query):
        told[number].append((kind, details, at))
    return {number: of(at, told[number]) for number, at in created.items()}


def of(created_at: datetime, events: Iterable[tuple[str, Any, datetime]]) -> Life:
    """Return the life that events, oldest first, tell of."""
    life = Life(created_at)
    assigned_at: datetime | None = None
    for kind, details, at in events:
        if "target" in details:
            _rang(life, kind, details["target"], at)
        changes = details.get("changes", {})
        before, assigned_at = assigned_at, _changed(changes, "assigned_at", assigned_at)
        if "accepted_at" in changes:
            life.asked_at = before if changes["accepted_at"][1] else None
        if "status" in changes:
            _moved(life, Status(changes["status"][1]), at)
    return life


def _rang(life: Life, kind: str, target: str, at: datetime) -> None:
    for stage, rings in RINGS.items():
        if kind == rings:
            life.rung[Target(target), stage] = at


def _changed(changes: Mapping[str, Any], name: str, before: datetime | None) -> datetime | None:
    if name not in changes:
        return before
    after = changes[name][1]
    return datetime.fromisoformat(after) if after else None


def _moved(life: Life, status: Status, at: datetime) -> None:
    """Begin or end a stop; what goes from resolved to closed stays done."""
    is_still = status is Status.PENDING or status in DONE
    standing = life.stops[-1] if life.stops and life.stops[-1].end is None else None
    if standing:
        if is_still and standing.is_done is (status in DONE):
            return
        life.stops.pop()
        if standing.start < at:
            life.stops.append(standing._replace(end=at))
    if is_still:
        life.stops.append(Stop(at, None, status in DONE))
