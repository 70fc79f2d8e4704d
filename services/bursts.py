"""Bursts as people see them: those of whose tickets one may read several, and those alone.

How they are found is in `services.burst_work`; who asks never learns of them.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, case, delete, exists, func, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Burst, BurstSeen, BurstTicket, Event, Shelf, Status, Ticket
from services import changes, stems
from services.burst_groups import LEAST
from services.errors import NotFound
from services.permissions import Action, Actor, allows, may_see, require
from services.tickets import LARGEST

LASTS = timedelta(hours=4)  # after its last ticket a burst is still shown
SHOWN = 10  # tickets that are named: the first ones
_FORGOTTEN = timedelta(days=1)  # who hid a burst, after it was over


@dataclass(frozen=True, slots=True)
class Sight:
    """A burst as one person may know it: without what was deleted or cancelled, as all figures."""

    id: int
    name: str  # one of its titles
    tickets: int
    minutes: int  # from the first to the last, at least 1
    first: list[tuple[int, str]]  # numbers and titles, SHOWN at most


def current(s: Session, by: Actor) -> list[Sight]:
    """Return the bursts that go on, the newest first; mostly there is none, which is found at once.

    None whose tickets are all done, none one has hidden; nothing for who asks.
    """
    if not allows(by, Action.QUEUE_SEE):
        return []
    is_hidden = exists().where(BurstSeen.burst_id == Burst.id, BurstSeen.user_id == by.id)
    going_on = s.scalars(select(Burst.id).where(Burst.last_at >= now() - LASTS, ~is_hidden)).all()
    return _sights(s, by, BurstTicket.burst_id.in_(going_on), is_open=True) if going_on else []


def get(s: Session, by: Actor, burst_id: int) -> Sight:
    """Return one burst.

    Raises:
        NotFound: there is none, or `by` may read fewer than LEAST of its tickets.
    """
    found = some(s, by, [burst_id]).get(burst_id)
    if found is None:
        raise NotFound
    return found


def some(s: Session, by: Actor, burst_ids: Collection[int]) -> dict[int, Sight]:
    """Return those of some bursts that `by` may know of, by id; in one query."""
    ids = [key for key in burst_ids if 0 < key <= LARGEST]
    if not ids or not allows(by, Action.QUEUE_SEE):
        return {}
    return {sight.id: sight for sight in _sights(s, by, BurstTicket.burst_id.in_(ids))}


def address(burst_id: int) -> str:
    """Return the path of the list of its tickets."""
    return f"/queue?view=all&burst={burst_id}"


def id_of(event: Event) -> int:
    """Return the burst that an event is about, 0 when it is about something else."""
    what, _colon, key = (event.subject or "").partition(":")
    return int(key) if what == "burst" and key.isdecimal() else 0


def of_ticket(s: Session, by: Actor, number: int) -> Sight | None:
    """Return the burst that a ticket belongs to, if it belongs to one that `by` may know of."""
    if not allows(by, Action.QUEUE_SEE):
        return None
    return next(iter(_sights(s, by, BurstTicket.burst_id.in_(joined(number)))), None)


def joined(number: int) -> Select[Any]:
    """Select the burst that a ticket belongs to, when it belongs to one."""
    of = (BurstTicket.ticket_number == number, BurstTicket.burst_id.is_not(None))
    return select(BurstTicket.burst_id).where(*of)


def hide(s: Session, by: Actor, burst_id: int) -> None:
    """Show a burst to `by` no more, whatever it grows to; hidden before, it stays so.

    Raises:
        NotAllowed, NotFound.
    """
    require(by, Action.QUEUE_SEE)
    get(s, by, burst_id)
    if s.get(BurstSeen, (burst_id, by.id)) is None:
        s.add(BurstSeen(burst_id=burst_id, user_id=by.id))
        changes.announce(s, {by.id})  # their other pages hide it as well


def clean(s: Session) -> None:
    """Forget which tickets came, when nothing that comes can be similar soon enough; who hid what.

    What belongs to a burst is kept as long as its ticket.
    """
    came = (BurstTicket.burst_id.is_(None), BurstTicket.created_at < now() - _FORGOTTEN)
    s.execute(delete(BurstTicket).where(*came))
    over = select(Burst.id).where(Burst.last_at < now() - LASTS - _FORGOTTEN)
    s.execute(delete(BurstSeen).where(BurstSeen.burst_id.in_(over)))


def _sights(
    s: Session, by: Actor, which: ColumnElement[bool], *, is_open: bool = False
) -> list[Sight]:
    each = BurstTicket.burst_id
    columns: dict[str, Any] = {
        "tickets": func.count().over(partition_by=each),
        "begun_at": func.min(BurstTicket.created_at).over(partition_by=each),
        "last_at": func.max(BurstTicket.created_at).over(partition_by=each),
        "open": func.sum(case((Ticket.shelf == Shelf.OPEN, 1), else_=0)).over(partition_by=each),
        "place": func.row_number().over(partition_by=each, order_by=Ticket.number),
    }
    seen = (
        select(BurstTicket.burst_id, Ticket.number, Ticket.title)
        .add_columns(*(column.label(name) for name, column in columns.items()))
        .join(Ticket, Ticket.number == BurstTicket.ticket_number)
        .where(which, Ticket.deleted_at.is_(None), Ticket.status != Status.CANCELLED, may_see(by))
        .subquery()
    )
    query = select(seen).where(seen.c.place <= SHOWN, seen.c.tickets >= LEAST)
    if is_open:
        query = query.where(seen.c.open > 0)
    rows = s.execute(query.order_by(seen.c.burst_id.desc(), seen.c.place)).all()
    return [_sight(list(group)) for _id, group in groupby(rows, lambda row: row.burst_id)]


def _sight(rows: list[Any]) -> Sight:
    titles = [row.title for row in rows]
    return Sight(
        id=rows[0].burst_id,
        name=_name(titles),
        tickets=int(rows[0].tickets),
        minutes=_minutes(rows[0].begun_at, rows[0].last_at),
        first=[(row.number, row.title) for row in rows],
    )


def _name(titles: Collection[str]) -> str:
    """Return the title that says most of what the others say, and little else."""
    shared = set(stems.shared(titles))

    def rank(title: str) -> tuple[int, int]:
        return -len(shared & {stem for _word, stem in stems.told(title)}), len(title)

    return min(titles, key=rank)[: stems.MAX_LABEL]


def _minutes(first: datetime, last: datetime) -> int:
    return max(1, math.ceil((last - first) / timedelta(minutes=1)))
