"""How many tickets there are of each kind, kept with every change instead of counted again.

A session notes what its flushes do to the tallies and adds it up to one change per row, made at the
end of its transaction in the order of the rows: no count is lost, since the database adds; no two
transactions wait for each other in a circle, and none waits longer than the other’s commit.
Rows that are written past the ORM are told by `add`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Insert,
    SmallInteger,
    delete,
    event,
    func,
    inspect,
    select,
)
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column
from sqlalchemy.orm.attributes import History

from data.db import Base
from data.models.tickets import UNFINISHED, Shelf, Ticket

_FIELDS = ("deleted_at", "status", "team_id", "lead_id", "answered_by_requester")
_NOTED = "tallies"  # in `session.info`: what the transaction changes
_MARKS = "tally_marks"  # in `session.info`: what it changed when each savepoint was set


class TicketTally(Base):
    """How many tickets of a shelf are alike in what counters ask for; no row is no ticket."""

    __tablename__ = "ticket_tally"

    shelf: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    team_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lead_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_answered: Mapped[bool] = mapped_column(primary_key=True)
    number_of_tickets: Mapped[int] = mapped_column(BigInteger, default=0)


class Kind(NamedTuple):
    """What tickets of one tally have in common; 0 is no team, or no lead."""

    shelf: int
    team_id: int
    lead_id: int
    is_answered: bool


def kind_of(ticket: Mapping[str, Any]) -> Kind | None:
    """Return the tally a ticket’s row counts in; None in the trash, which nobody counts."""
    if ticket.get("deleted_at"):
        return None
    shelf = Shelf.OPEN if ticket["status"] in UNFINISHED else Shelf.DONE
    answered = bool(ticket["answered_by_requester"])
    return Kind(shelf, ticket["team_id"] or 0, ticket["lead_id"] or 0, answered)


def add(s: Session, kinds: Iterable[Kind | None]) -> None:
    """Count tickets that were written past the ORM."""
    _noted(s).update(kind for kind in kinds if kind)


def differences(s: Session) -> dict[Kind, tuple[int, int]]:
    """Return where tallies and tickets disagree: what is kept, and what there is."""
    kept, there = _kept(s), _counted(s)
    kinds = sorted(kept.keys() | there.keys())
    return {k: (kept[k], there[k]) for k in kinds if kept[k] != there[k]}


def recount(s: Session) -> int:
    """Count all tickets again and return how many tallies were wrong.

    The rows are held first: who committed before is counted, who commits later adds to this.
    """
    s.execute(select(TicketTally.shelf).with_for_update()).all()
    wrong = len(differences(s))
    there = _counted(s)
    s.execute(delete(TicketTally))
    s.add_all(TicketTally(**kind._asdict(), number_of_tickets=n) for kind, n in there.items())
    s.flush()
    return wrong


def _kept(s: Session) -> Counter[Kind]:
    tally = TicketTally
    query = select(
        tally.shelf, tally.team_id, tally.lead_id, tally.is_answered, tally.number_of_tickets
    ).where(tally.number_of_tickets != 0)
    return Counter({Kind(*row[:4]): row[4] for row in s.execute(query)})


def _counted(s: Session) -> Counter[Kind]:
    columns = (Ticket.shelf, Ticket.team_id, Ticket.lead_id, Ticket.answered_by_requester)
    query = select(*columns, func.count()).where(Ticket.shelf.in_([Shelf.OPEN, Shelf.DONE]))
    rows = s.execute(query.group_by(*columns))
    return Counter({Kind(row[0], row[1] or 0, row[2] or 0, row[3]): row[4] for row in rows})


def _noted(s: Session) -> Counter[Kind]:
    noted: Counter[Kind] = s.info.setdefault(_NOTED, Counter())
    return noted


@event.listens_for(Session, "after_flush")
def _note(s: Session, _context: object) -> None:
    """Note what a flush changed; the history of the attributes still tells how it was."""
    for ticket in s.new:
        if isinstance(ticket, Ticket):
            _count(s, _state(ticket, before=False), 1)
    for ticket in s.deleted:
        if isinstance(ticket, Ticket):
            _count(s, _state(ticket, before=True), -1)
    for ticket in s.dirty - s.deleted:
        if isinstance(ticket, Ticket) and _has_moved(ticket):
            _count(s, _state(ticket, before=True), -1)
            _count(s, _state(ticket, before=False), 1)


def _count(s: Session, ticket: Mapping[str, Any], change: int) -> None:
    if kind := kind_of(ticket):
        _noted(s)[kind] += change


def _history(ticket: Ticket, field: str) -> History:
    return inspect(ticket).attrs[field].history


def _has_moved(ticket: Ticket) -> bool:
    return any(_history(ticket, field).has_changes() for field in _FIELDS)


def _state(ticket: Ticket, *, before: bool) -> dict[str, Any]:
    found = {}
    for field in _FIELDS:
        history = _history(ticket, field)
        was = history.deleted if before and history.deleted else history.unchanged or history.added
        now = history.added or history.unchanged
        values = was if before else now
        found[field] = values[0] if values else getattr(ticket, field)
    return found


@event.listens_for(Session, "before_commit")
def _apply(s: Session) -> None:
    """Add what the transaction changed to the tallies, at its end."""
    if s.in_nested_transaction():
        return
    s.flush()
    noted: Counter[Kind] = s.info.pop(_NOTED, Counter())
    changes = [
        {**kind._asdict(), "number_of_tickets": noted[kind]}
        for kind in sorted(noted)
        if noted[kind]
    ]
    if changes:
        s.connection().execute(_ADDED[s.get_bind().dialect.name], changes)


def _adding() -> dict[str, Insert]:
    """Return for each database what brings a row, or lets it add to the one that is there."""
    table = TicketTally.__table__
    kind = [column.name for column in inspect(TicketTally).primary_key]
    of_sqlite, of_mysql = sqlite.insert(table), mysql.insert(table)  # type: ignore[arg-type]
    added = table.c.number_of_tickets
    mysql_added = of_mysql.on_duplicate_key_update(
        number_of_tickets=added + of_mysql.inserted.number_of_tickets
    )
    return {
        "sqlite": of_sqlite.on_conflict_do_update(
            index_elements=kind,
            set_={"number_of_tickets": added + of_sqlite.excluded.number_of_tickets},
        ),
        "mysql": mysql_added,
        "mariadb": mysql_added,
    }


_ADDED = _adding()


@event.listens_for(Session, "after_transaction_create")
def _mark(s: Session, transaction: SessionTransaction) -> None:
    """Remember what was noted when a savepoint is set."""
    if transaction.nested:
        s.info.setdefault(_MARKS, {})[transaction] = _noted(s).copy()
    elif transaction.parent is None:
        s.info.pop(_NOTED, None)


@event.listens_for(Session, "after_soft_rollback")
def _forget(s: Session, previous: SessionTransaction) -> None:
    """Forget what was noted since the savepoint, or at all."""
    marks = s.info.get(_MARKS, {})
    if previous.nested:
        s.info[_NOTED] = marks.pop(previous, Counter())
    else:
        s.info.pop(_NOTED, None)


@event.listens_for(Session, "after_transaction_end")
def _unmark(s: Session, transaction: SessionTransaction) -> None:
    """Forget the savepoints with the transaction; one that is rolled back has ended already."""
    if transaction.parent is None:
        s.info.pop(_MARKS, None)
