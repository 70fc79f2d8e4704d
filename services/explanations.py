"""« Pourquoi cette échéance ? »: which time counted towards a deadline, and which did not."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Calendar, SlaPolicy, Target, Ticket
from services import business_time, deadlines, lives, promises, tickets
from services.deadlines import Reckoned
from services.lives import Life
from services.permissions import Action, Actor, require
from services.promises import Promise


class Kind(StrEnum):
    """What became of a stretch of time."""

    COUNTED = "counted"  # open, and the ticket ran
    PAUSED = "paused"  # it was pending
    DONE = "done"  # it was resolved or cancelled, until it was reopened
    CLOSED = "closed"  # outside the opening hours


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time of one kind; instants in UTC."""

    start: datetime
    end: datetime
    kind: Kind

    @property
    def length(self) -> timedelta:
        """Return how long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Explanation:
    """One deadline and where it comes from, until it is due, or until now while it is paused.

    Without a deadline `due` is None and there is nothing else to tell. What was set by hand, or
    promised by a policy that is gone, counts nothing: it is a date.
    """

    target: Target
    due: datetime | None
    start: datetime
    met_at: datetime | None = None
    is_met: bool = False
    is_by_hand: bool = False
    soon_at: datetime | None = None  # when one is reminded of it
    paused_since: datetime | None = None
    policy: str = ""
    calendar: str = ""
    timezone: str = ""
    promised_minutes: int | None = None
    segments: tuple[Segment, ...] = ()

    def minutes(self, kind: Kind) -> int:
        """Return the minutes of one kind, until it is due."""
        return _total(self.segments, kind) // timedelta(minutes=1)

    @property
    def counted_minutes(self) -> int:
        """Return how much of what was promised has been used by now, or was when it was met."""
        until = min(now(), self.met_at or now())
        gone = (_until(segment, until) for segment in self.segments if segment.start < until)
        return _total(tuple(gone), Kind.COUNTED) // timedelta(minutes=1)


def explain(s: Session, by: Actor, number: int, target: Target) -> Explanation:
    """Return where one deadline of a ticket comes from, to whoever sees the ticket.

    Raises:
        NotFound.
    """
    return next(e for e in of_ticket(s, by, number) if e.target is target)


def of_ticket(s: Session, by: Actor, number: int) -> list[Explanation]:
    """Return all three explanations, in the order of the targets.

    Raises:
        NotFound.
    """
    ticket = tickets.get(s, by, number)
    require(by, Action.TICKET_READ, ticket)
    life = lives.read(s, {number: ticket.created_at})[number]
    promise = promises.of(s).find(ticket.sla_policy_id)
    names = _names(s, promise)
    return [_explain(s, ticket, life, promise, names, target) for target in Target]


def _explain(
    s: Session,
    ticket: Ticket,
    life: Life,
    promise: Promise | None,
    names: dict[str, str],
    target: Target,
) -> Explanation:
    due = getattr(ticket, deadlines.DUE[target])
    found = deadlines.reckon(s, ticket, promise, life, target)
    plain = Explanation(
        target,
        due,
        found.start if found else ticket.created_at,
        met_at=_met_at(ticket, target),
        is_met=deadlines.is_met(ticket, target),
        is_by_hand=target is Target.RESOLVE and ticket.is_due_by_hand,
        soon_at=found.near if found else None,
        paused_since=life.stopped_at,
    )
    if due is None or promise is None or found is None or plain.is_by_hand:
        return plain
    return replace(
        plain,
        policy=names["policy"],
        calendar=names["calendar"],
        timezone=names["timezone"],
        promised_minutes=promise.times[target] // timedelta(minutes=1),
        segments=tuple(_segments(promise, life, found, due)),
    )


def _segments(promise: Promise, life: Life, found: Reckoned, due: datetime) -> Iterator[Segment]:
    """Yield what lies between start and deadline; a pause that lasts, until now."""
    stopped, end = life.stopped_at, due
    if stopped and stopped < due:
        end = stopped if life.stops[-1].is_done else max(now(), stopped)
    at = found.start
    for stop in life.stops:
        begins, ends = max(stop.start, at), min(stop.end or end, end)
        if begins >= ends:
            continue
        yield from _open_and_closed(promise, at, begins)
        yield Segment(begins, ends, Kind.DONE if stop.is_done else Kind.PAUSED)
        at = ends
    yield from _open_and_closed(promise, at, end)


def _open_and_closed(promise: Promise, start: datetime, end: datetime) -> Iterator[Segment]:
    for part in business_time.segments(promise.hours, start, end):
        yield Segment(part.start, part.end, Kind.COUNTED if part.is_open else Kind.CLOSED)


def _met_at(ticket: Ticket, target: Target) -> datetime | None:
    if not deadlines.is_met(ticket, target):
        return None
    if target is Target.ACCEPT:
        return ticket.accepted_at
    return ticket.first_response_at if target is Target.FIRST_RESPONSE else ticket.resolved_at


def _names(s: Session, promise: Promise | None) -> dict[str, str]:
    if promise is None:
        return {}
    query = select(SlaPolicy.name, Calendar.name, Calendar.timezone).join(Calendar)
    query = query.where(SlaPolicy.id == promise.policy_id)
    policy, calendar, timezone = s.execute(query).one()
    return {"policy": policy, "calendar": calendar, "timezone": timezone}


def _until(segment: Segment, end: datetime) -> Segment:
    return Segment(segment.start, min(segment.end, end), segment.kind)


def _total(segments: tuple[Segment, ...], kind: Kind) -> timedelta:
    return sum((each.length for each in segments if each.kind is kind), timedelta(0))
