"""How a page of a list is found: which index is entered, so that no page looks at every ticket.

A list is what one may see, for each reason apart, on each shelf apart: its branches. Each branch
enters one index: that of the order asked for, or that of a condition that leaves few tickets,
which are then put in order. The choice is ours (entries.py): a database that expects a condition to
be met soon walks a million tickets in the order asked for when it is met by none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Select,
    column,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from data.models import Shelf, Ticket
from data.models.names import names_of
from services import filters
from services.entries import Branch, Entry, chosen
from services.filters import Filter, Narrowing
from services.hints import hidden, hinted
from services.orders import BY_NUMBER, USUAL, Order, beyond, equal_and_beyond, ordered
from services.permissions import Action, Actor, allows, may_see, ways_to_see
from services.workflow import DONE, OPEN

LOOKED_THROUGH = 5000  # titles a word is looked for in: the ones changed last

_NEVER = datetime(9999, 12, 31, tzinfo=UTC)  # the deadline of what is done


def page(s: Session, by: Actor, wanted: Filter, order: Order, limit: int) -> Select[Any]:
    """Return a query of `number` and `sort_key` of the first `limit` tickets of a list.

    No index finds a part of a word: words are looked for in the titles of LOOKED_THROUGH tickets,
    those changed last of what else is asked for. Wherever they may be, they are for the full-text
    search to find: it gives numbers, which take the place of `latest` here.
    """
    words = filters.words(wanted)
    if not words:
        return _found(s, by, wanted, order, limit)
    latest = _found(s, by, wanted, USUAL, LOOKED_THROUGH)
    numbers: Select[Any] | CompoundSelect[Any] = select(latest.subquery().c.number)
    if number := filters.number_in(wanted):
        exactly = Narrowing(Ticket.number == number, "PRIMARY", is_personal=True)
        named = _found(s, by, wanted, USUAL, 1, exactly).subquery()
        numbers = union(numbers, select(named.c.number))
    among = numbers.subquery()
    some = select(Ticket.number, order.column.label("sort_key"))
    some = some.join(among, among.c.number == Ticket.number).where(*words)
    if order.position:
        some = some.where(beyond(order))
    return some.order_by(*ordered(order.column, Ticket.number, order)).limit(limit)


def _found(
    s: Session, by: Actor, wanted: Filter, order: Order, limit: int, *more: Narrowing
) -> Select[Any]:
    branches = _branches(by, wanted, order, more)
    entries = [chosen(s, branch, limit) for branch in branches]
    branches = _named(s, branches, entries)
    pages = [
        page
        for branch, entry in zip(branches, entries, strict=True)
        for page in _pages(branch, entry, limit)
    ]
    if not pages:
        nothing = select(Ticket.number, order.column.label("sort_key"))
        return nothing.where(Ticket.number < 0).limit(limit)
    if len(pages) == 1:
        return pages[0]
    # Each branch in a query of its own: SQLite orders and cuts a union only as a whole.
    # Columns by name: to learn those of each query costs a tenth of all that is done here.
    named = (column("number", BigInteger), column("sort_key", order.column.type))
    each = [select(*named).select_from(one.subquery()) for one in pages]
    # Who asked for a ticket may also follow it; shelves and parts have none in common.
    is_once = len({branch.shelf for branch in branches}) == len(branches)
    put = union_all if is_once else union
    both = put(*each).subquery()
    every = select(both.c.number, both.c.sort_key)
    return every.order_by(*ordered(both.c.sort_key, both.c.number, order)).limit(limit)


def _branches(by: Actor, wanted: Filter, order: Order, more: Iterable[Narrowing]) -> list[Branch]:
    shelves = _shelves(wanted)
    narrowings = filters.narrowings(wanted, by)
    if narrowings is None or (wanted.is_trash and not allows(by, Action.TRASH_SEE)):
        return []
    narrowings += more
    ways = None if wanted.is_trash else ways_to_see(by)
    if wanted.scope == "mine":
        narrowings += [Narrowing(may_see(by))] if ways else []
        ways = filters.involvements(by)
    reasons = [[filters.reason(way)] for way in ways] if ways is not None else [[]]
    return [
        Branch(shelf, (*reason, *narrowings), on_shelf)
        for shelf in shelves
        if (on_shelf := _on_shelf(order, shelf))
        for reason in reasons
    ]


def _on_shelf(order: Order, shelf: Shelf) -> Order | None:
    """Return in which order a shelf is gone through; None: nothing of it lies past the position.

    Where all are equal in the order asked for, that is by number.
    """
    if not order.is_even_when_done or shelf is not Shelf.DONE:
        return order
    position = order.position
    if position and position[0] != _NEVER:
        if order.downwards:
            return None
        position = None
    number = position[1] if position else None
    return replace(
        order,
        column=Ticket.number.expression,
        index=BY_NUMBER,
        has_ties=False,
        position=(number, number) if number is not None else None,
        key=order.column,
    )


def _shelves(wanted: Filter) -> list[Shelf]:
    if wanted.is_trash:
        return [Shelf.TRASH]
    if wanted.is_late or (wanted.statuses and wanted.statuses <= OPEN):
        return [Shelf.OPEN]
    return [Shelf.DONE] if wanted.statuses and wanted.statuses <= DONE else [Shelf.OPEN, Shelf.DONE]


def _named(s: Session, branches: Sequence[Branch], entries: Sequence[Entry]) -> list[Branch]:
    """Add the name of the one lead that is wanted where the order of names is entered.

    Otherwise all that are listed under names before it would be walked through. Somebody just
    renamed has tickets under both.
    """
    found = list(branches)
    for place, (branch, entry) in enumerate(zip(branches, entries, strict=True)):
        order = branch.order
        wanted = [n for n in branch.narrowings if n.index and n.index == order.alike]
        if wanted and entry.index == order.index:
            condition: Any = wanted[0].condition
            under = names_of(s, getattr(condition.right, "value", None))
            more = Narrowing(order.column.in_(under), order.index)
            found[place] = replace(branch, narrowings=(*branch.narrowings, more))
    return found


def _pages(branch: Branch, entry: Entry, limit: int) -> list[Select[Any]]:
    """Return the page of one branch; in two parts where it may begin among many equals.

    An index is entered at a value and a number, or past the value; asked for either at once, a
    database walks through all that are equal.
    """
    order = branch.order
    name = order.column.name
    is_one = name == "number" or any(narrowing.pins == name for narrowing in branch.narrowings)
    column = order.column if entry.is_ordered else hidden(order.column)
    usual = ordered(column, Ticket.number, order)
    by_number = usual[1:]
    some = _selected(branch, entry)
    if entry.is_read_last:
        return [_read_last(some, order).limit(limit)]
    if not order.position:
        pages = [some.order_by(*(by_number if is_one and entry.is_ordered else usual))]
    elif not entry.is_ordered:
        pages = [some.where(hidden(beyond(order))).order_by(*usual)]
    elif not order.has_ties:
        pages = [some.where(beyond(order)).order_by(*(by_number if is_one else usual))]
    else:
        equal, past = equal_and_beyond(order)
        pages = [some.where(equal).order_by(*by_number), some.where(past).order_by(*usual)]
    return [page.limit(limit) for page in pages]


def _read_last(some: Select[Any], order: Order) -> Select[Any]:
    """Return the page of tickets whose numbers come from an index alone."""
    read = aliased(Ticket)
    order = replace(order, column=getattr(read, order.column.name))
    key = getattr(read, order.sort_key.name)
    numbers = some.with_only_columns(Ticket.number).subquery()
    found = select(read.number, key.label("sort_key")).join(
        numbers, numbers.c.number == read.number
    )
    if order.position:
        found = found.where(beyond(order, read.number))
    return found.order_by(*ordered(order.column, read.number, order))


def _selected(branch: Branch, entry: Entry) -> Select[Any]:
    """Return the tickets of one branch; only what its index answers is shown to SQLite."""
    order = branch.order
    on_shelf = Ticket.shelf == branch.shelf
    conditions = [on_shelf if entry.index != "PRIMARY" else hidden(on_shelf)]
    answered = {entry.index, order.index} if entry.is_ordered else {entry.index}
    for narrowing in branch.narrowings:
        is_held = narrowing.pins == order.column.name and entry.index == order.index
        is_answered = narrowing is entry.answers or narrowing.index in answered or is_held
        conditions.append(narrowing.condition if is_answered else hidden(narrowing.condition))
    some = hinted(select(Ticket.number, order.sort_key.label("sort_key")), entry.index)
    return some.where(*conditions)
