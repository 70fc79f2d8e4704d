"""What is promised for a ticket: the active policies with their hours, read once a transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Calendar, Category, Closure, Priority, SlaPolicy, Target, Ticket, TicketType
from services import open_days
from services.business_time import Hours

CHOSEN_BY = frozenset({"team_id", "category_id", "priority", "type"})  # a ticket’s fields
ROUND_THE_CLOCK = Hours(zone=ZoneInfo("UTC"), always=True)
_READ = "promises"  # in `session.info`: the transaction, and what it read


@dataclass(frozen=True, slots=True)
class Promise:
    """An active policy, as arithmetic needs it."""

    policy_id: int
    calendar_id: int
    hours: Hours
    times: dict[Target, timedelta]  # what is not in it is not promised
    remind: timedelta
    team_id: int | None
    category_id: int | None
    priority: Priority | None
    type: TicketType | None
    raises_priority: bool
    escalation_team_id: int | None
    returns_unaccepted: bool


@dataclass(frozen=True, slots=True)
class Promises:
    """The active policies, in the order in which they are asked."""

    all: tuple[Promise, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.all)

    def find(self, policy_id: int | None) -> Promise | None:
        """Return the policy with this id while it is active."""
        return next((p for p in self.all if p.policy_id == policy_id), None)

    def choose(self, s: Session, ticket: Ticket) -> Promise | None:
        """Return the first policy whose conditions the ticket meets."""
        return next((p for p in self.all if _holds(s, p, ticket)), None)


def of(s: Session) -> Promises:
    """Return the active policies: one query, asked once in a transaction; none are no cost."""
    transaction = s.get_transaction()
    kept: tuple[Any, Promises] | None = s.info.get(_READ)
    if kept and transaction is not None and kept[0] is transaction:
        return kept[1]
    query = select(*_POLICY, *_CALENDAR).join(Calendar).where(SlaPolicy.is_active)
    rows = s.execute(query.order_by(SlaPolicy.position, SlaPolicy.id)).all()
    hours = _hours(s, rows) if rows else {}
    found = Promises(tuple(_promise(row, hours[row.calendar_id]) for row in rows))
    s.info[_READ] = (s.get_transaction(), found)
    return found


def usual_hours(s: Session) -> Hours:
    """Return the hours of those who chose none: of the default calendar, or all hours."""
    rows = s.execute(select(*_CALENDAR).where(Calendar.is_default.is_(True)).limit(1)).all()
    return next(iter(_hours(s, rows).values()), ROUND_THE_CLOCK)


def forget(s: Session) -> None:
    """Let the rest of the transaction read again what it has just changed."""
    s.info.pop(_READ, None)


def _hours(s: Session, rows: Sequence[Any]) -> dict[int, Hours]:
    """Return the hours of the calendars in some rows by id; those that are equal are made once."""
    ids = {row.calendar_id for row in rows}
    closures: defaultdict[int, list[tuple[date, date]]] = defaultdict(list)
    days = select(Closure.calendar_id, Closure.starts_on, Closure.ends_on)
    for calendar_id, first, last in s.execute(days.where(Closure.calendar_id.in_(ids))):
        closures[calendar_id].append((first, last))
    return {
        row.calendar_id: open_days.hours_from(
            row._asdict(), tuple(sorted(closures[row.calendar_id]))
        )
        for row in rows
    }


def _promise(row: Any, hours: Hours) -> Promise:
    minutes = {
        Target.ACCEPT: row.accept_minutes,
        Target.FIRST_RESPONSE: row.first_response_minutes,
        Target.RESOLVE: row.resolve_minutes,
    }
    return Promise(
        policy_id=row.id,
        calendar_id=row.calendar_id,
        hours=hours,
        times={target: timedelta(minutes=n) for target, n in minutes.items() if n},
        remind=timedelta(minutes=row.remind_minutes),
        **{name: getattr(row, name) for name in (*CHOSEN_BY, *_CONSEQUENCES)},
    )


def _holds(s: Session, promise: Promise, ticket: Ticket) -> bool:
    """Tell whether every condition holds; the dearest is looked at last."""
    pairs = [(getattr(promise, n), getattr(ticket, n)) for n in ("team_id", "priority", "type")]
    if any(wanted is not None and wanted != there for wanted, there in pairs):
        return False
    return promise.category_id is None or promise.category_id in _above(s, ticket.category_id)


def _above(s: Session, category_id: int | None) -> Iterable[int]:
    """Yield the ids of a category and of those it stands below."""
    while category_id and (category := s.get(Category, category_id)):
        yield category.id
        category_id = category.parent_id


_CONSEQUENCES = ("raises_priority", "escalation_team_id", "returns_unaccepted")
_CALENDAR = (
    Calendar.id.label("calendar_id"),
    Calendar.timezone,
    Calendar.hours,
    Calendar.holidays,
    Calendar.works_whit_monday,
    Calendar.school_zone,
)
_POLICY = (
    SlaPolicy.id,
    SlaPolicy.accept_minutes,
    SlaPolicy.first_response_minutes,
    SlaPolicy.resolve_minutes,
    SlaPolicy.remind_minutes,
    *(getattr(SlaPolicy, name) for name in (*sorted(CHOSEN_BY), *_CONSEQUENCES)),
)
