"""When a ticket is due: counted in open hours, without the time in which it stood still.

`renew` is the one place that writes deadlines and their alarms; whoever changes what they depend
on calls it once the change is recorded (domain.md 3).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete as sql_delete
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Alarm, Stage, Target, Ticket
from services import lives, promises
from services.business_time import (
    Hours,
    NeverOpen,
    add_business_time,
    business_time_between,
    subtract_business_time,
)
from services.lives import Life
from services.promises import Promise
from services.workflow import DONE

if TYPE_CHECKING:
    from services.lists import TicketLine

DUE: dict[Target, str] = {
    Target.ACCEPT: "accept_due_at",
    Target.FIRST_RESPONSE: "first_response_due_at",
    Target.RESOLVE: "resolve_due_at",
}
CHANGED_BY = promises.CHOSEN_BY | {"resolve_due_at"}  # which edited fields move deadlines
_REMIND = timedelta(hours=1)  # before a deadline set by hand that no policy stands behind
_MOMENT = timedelta(microseconds=1)

Pauses = Sequence[tuple[datetime, datetime]]


class Cause(Enum):
    """What deadlines are computed again for: whether that alone may make one ring at once."""

    WORK = auto()  # somebody changed the ticket: what is missed by that rings
    RULES = auto()  # a policy or a calendar changed: it rings as the clock would have let it
    ALARM = auto()  # another deadline was missed, and what that brought about made this one late


class _Alarm(NamedTuple):
    """An alarm but for whose it is."""

    stage: Stage
    next_at: datetime
    due_at: datetime


Alarms = dict[Target, _Alarm]


@dataclass(frozen=True, slots=True)
class Reckoned:
    """One deadline: what it counts from, when it is due, when to remind of it (None: never)."""

    start: datetime
    due: datetime
    near: datetime | None


def begin(s: Session, ticket: Ticket) -> Alarms:
    """Give a ticket that is about to be kept its deadlines; return its alarms for `keep`."""
    if not _is_concerned(s, ticket):
        return {}
    life = Life(ticket.created_at)
    _has_moved(s, ticket, life)
    return _wanted(s, ticket, life)


def keep(s: Session, ticket: Ticket, alarms: Alarms) -> None:
    """Keep the alarms of a ticket that was just kept itself."""
    _keep(s, {}, {ticket.number: alarms})


def renew(s: Session, ticket: Ticket, cause: Cause = Cause.WORK) -> None:
    """Compute the ticket’s deadlines and alarms again; the caller holds its row."""
    if _is_concerned(s, ticket):
        renew_all(s, [ticket], cause)


def renew_all(s: Session, tickets: Iterable[Ticket], cause: Cause = Cause.WORK) -> list[Ticket]:
    """Compute the deadlines of tickets again, and return those whose deadlines moved."""
    some = [ticket for ticket in tickets if _is_concerned(s, ticket)]
    if not some:
        return []
    told = lives.read(s, {ticket.number: ticket.created_at for ticket in some})
    moved = [ticket for ticket in some if _has_moved(s, ticket, told[ticket.number])]
    there = _alarms(s, [ticket.number for ticket in some])
    wanted = {ticket.number: _wanted(s, ticket, told[ticket.number]) for ticket in some}
    for number, alarms in wanted.items():
        _quieten(alarms, there[number], cause)
    _keep(s, there, wanted)
    return moved


def reckon(
    s: Session, ticket: Ticket, promise: Promise | None, life: Life, target: Target
) -> Reckoned | None:
    """Return a deadline of the ticket, or None: not promised, or never reached.

    It is the end of the n-th counted minute; what is paused is due as it was when that began.
    """
    start, pauses = _start(ticket, life, target), life.pauses()
    try:
        if target is Target.RESOLVE and ticket.is_due_by_hand and ticket.resolve_due_at:
            return _by_hand(s, start, ticket.resolve_due_at, promise)
        if promise is None or target not in promise.times:
            return None
        hours, amount = promise.hours, promise.times[target]
        due = _counted(hours, start, amount, pauses)
        if not timedelta(0) < promise.remind < amount:
            return Reckoned(start, due, None)
        # The moment after: a reminder belongs to the opening in the morning, not to the evening.
        before = amount - promise.remind + _MOMENT
        return Reckoned(start, due, _counted(hours, start, before, pauses) - _MOMENT)
    except NeverOpen:
        return None


def is_met(ticket: "Ticket | TicketLine", target: Target) -> bool:
    """Tell whether what was promised has been done."""
    if target is Target.ACCEPT:
        return ticket.accepted_at is not None and ticket.assigned_at is None
    if target is Target.FIRST_RESPONSE:
        return ticket.first_response_at is not None
    return ticket.status in DONE


def by_hand(ticket: Ticket) -> datetime | None:
    """Return the deadline that a person decided, or None where the policy does."""
    return ticket.resolve_due_at if ticket.is_due_by_hand else None


def set_by_hand(ticket: Ticket, due: datetime | None) -> None:
    """Let a person decide when the ticket is due; None lets `renew` compute it again."""
    ticket.is_due_by_hand = due is not None
    ticket.resolve_due_at = due or ticket.resolve_due_at


def promise_of(s: Session, ticket: Ticket) -> Promise | None:
    """Return the policy that holds for the ticket; one that is done keeps what it had."""
    promised = promises.of(s)
    if ticket.status in DONE:
        return promised.find(ticket.sla_policy_id)
    return promised.choose(s, ticket)


def _is_concerned(s: Session, ticket: Ticket) -> bool:
    has_due = any(getattr(ticket, name) for name in DUE.values())
    return bool(promises.of(s)) or ticket.sla_policy_id is not None or has_due


def _has_moved(s: Session, ticket: Ticket, life: Life) -> bool:
    """Write the deadlines; tell whether one moved."""
    promise = promise_of(s, ticket)
    if promise is None and ticket.status in DONE:
        return False  # what was promised stays when its policy is gone by then
    ticket.sla_policy_id = promise.policy_id if promise else None
    has_moved = False
    for target, name in DUE.items():
        found = reckon(s, ticket, promise, life, target)
        due = found.due if found else None
        has_moved = has_moved or getattr(ticket, name) != due
        setattr(ticket, name, due)
    return has_moved


def _wanted(s: Session, ticket: Ticket, life: Life) -> Alarms:
    """Return what is to be told next about each deadline."""
    promise = promise_of(s, ticket)
    found = {target: reckon(s, ticket, promise, life, target) for target in Target}
    alarms = {target: _alarm(ticket, life, target, found[target]) for target in Target}
    return {target: alarm for target, alarm in alarms.items() if alarm}


def _start(ticket: Ticket, life: Life, target: Target) -> datetime:
    """Return what a deadline counts from: creation, or being asked to accept."""
    if target is not Target.ACCEPT:
        return ticket.created_at
    asked_at = life.asked_at if ticket.accepted_at else None
    return ticket.assigned_at or asked_at or ticket.created_at


def _by_hand(s: Session, start: datetime, due: datetime, promise: Promise | None) -> Reckoned:
    hours = promise.hours if promise else promises.usual_hours(s)
    remind = promise.remind if promise else _REMIND
    try:
        near = subtract_business_time(hours, due, remind) if remind else None
    except NeverOpen:
        near = None
    return Reckoned(start, due, near)


def _counted(hours: Hours, start: datetime, amount: timedelta, pauses: Pauses) -> datetime:
    """Return the end of `amount` of open time since `start` that lies in no pause."""
    for begins, ends in pauses:
        if ends <= start:
            continue
        counted = business_time_between(hours, start, begins)
        if amount <= counted:
            break
        amount -= counted
        start = ends
    return add_business_time(hours, start, amount)


def _alarm(ticket: Ticket, life: Life, target: Target, found: Reckoned | None) -> _Alarm | None:
    """Return what is to be told next about a deadline, or None: met, paused, none."""
    if found is None or is_met(ticket, target) or ticket.status in DONE or ticket.deleted_at:
        return None
    told = {stage: at for (whose, stage), at in life.rung.items() if whose is target}
    if _is_told(told, Stage.MISSED, found.due):
        return _Alarm(Stage.TOLD, found.due, found.due)
    if life.stopped_at:
        return None
    if found.near and found.due > now() and not _is_told(told, Stage.NEAR, found.near):
        return _Alarm(Stage.NEAR, found.near, found.due)
    return _Alarm(Stage.MISSED, found.due, found.due)


def _is_told(told: dict[Stage, datetime], stage: Stage, since: datetime) -> bool:
    """Tell whether an alarm rang when it had to, or later: one that was too early rings again."""
    return stage in told and told[stage] >= since


def _quieten(wanted: Alarms, there: Alarms, cause: Cause) -> None:
    """Take as told what was told of the same deadline, or what is not to be told."""
    for target, alarm in wanted.items():
        was = there.get(target)
        is_same = was is not None and was.due_at == alarm.due_at
        was_told = was is not None and was.stage is Stage.TOLD
        if was_told if is_same else _is_silent(was, alarm, cause):
            wanted[target] = _Alarm(Stage.TOLD, alarm.due_at, alarm.due_at)


def _is_silent(was: _Alarm | None, alarm: _Alarm, cause: Cause) -> bool:
    """Tell whether a deadline that moved into the past does not ring for that.

    A rule may not break what it never promised, nor break again what was broken and told; an
    escalation does not call for the next one at once.
    """
    if cause is Cause.WORK or alarm.due_at > now():
        return False
    if was is None or was.stage is Stage.TOLD:
        return True
    return cause is Cause.ALARM and was.due_at > now()


def _alarms(s: Session, numbers: Sequence[int]) -> defaultdict[int, Alarms]:
    found: defaultdict[int, Alarms] = defaultdict(dict)
    columns = (Alarm.ticket_number, Alarm.target, Alarm.stage, Alarm.next_at, Alarm.due_at)
    rows = s.execute(select(*columns).where(Alarm.ticket_number.in_(numbers)))
    for number, target, stage, next_at, due_at in rows:
        found[number][target] = _Alarm(stage, next_at, due_at)
    return found


def _keep(s: Session, there: Mapping[int, Alarms], wanted: Mapping[int, Alarms]) -> None:
    """Replace the alarms of tickets where they differ: two statements, however many they are."""
    changed = [number for number in wanted if there.get(number, {}) != wanted[number]]
    if gone := [number for number in changed if there.get(number)]:
        old = sql_delete(Alarm).where(Alarm.ticket_number.in_(gone))
        s.execute(old.execution_options(synchronize_session=False))
    rows = [
        {"ticket_number": number, "target": target, **alarm._asdict()}
        for number in changed
        for target, alarm in wanted[number].items()
    ]
    if rows:
        s.execute(insert(Alarm), rows)
