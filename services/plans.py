"""How a page of a list is found: which index is entered, so that no page looks at every ticket.

A list is what one may see, for each reason apart, on each shelf apart: its branches. Each branch
enters one index: that of the order asked for, or that of a condition that leaves few tickets,
which are then put in order. The choice is ours: a database that expects a condition to be met soon
walks a million tickets in the order asked for when it is met by none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    column,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import Grouping, UnaryExpression
from sqlalchemy.sql.operators import custom_op

from data.models import Shelf, Ticket
from data.models.names import names_of
from services import filters
from services.filters import Filter, Narrowing
from services.permissions import Action, Actor, allows, may_see, ways_to_see
from services.workflow import DONE, OPEN

FEW = 5000  # tickets a page may put in order itself: some milliseconds
LOOKED_THROUGH = 5000  # titles a word is looked for in: the ones changed last

Position = tuple[Any, int]
# What is late, or nobody’s, or one person’s, is a part of what is open: not counted first.
_UNCOUNTED = ("ix_ticket_by_due", "ix_ticket_of_lead")


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: a column, its index, which way, and where the page begins.

    `has_ties`: many tickets may be equal in it, all that are done in that of deadlines.
    """

    column: ColumnElement[Any]
    index: str
    downwards: bool
    has_ties: bool = False
    position: Position | None = None
    alike: str = ""  # the index of the condition whose tickets have one name here

    @property
    def is_usual(self) -> bool:
        """Tell whether the indexes of conditions hold this order too."""
        return self.index == "ix_ticket_by_updated"


@dataclass(frozen=True, slots=True)
class _Branch:
    shelf: Shelf
    narrowings: tuple[Narrowing, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """The index a branch enters, the condition it answers, and whether it holds the order."""

    index: str
    answers: Narrowing | None
    is_ordered: bool


USUAL = Order(Ticket.updated_at.expression, "ix_ticket_by_updated", downwards=True)


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
        some = some.where(_beyond(order))
    return some.order_by(*ordered(order.column, Ticket.number, order)).limit(limit)


def ordered(column: Any, number: Any, order: Order) -> tuple[ColumnElement[Any], ...]:
    """Return the terms of an order: the column, and among equals the number."""
    if order.downwards:
        return column.desc(), number.desc()
    return column.asc(), number.asc()


def _found(
    s: Session, by: Actor, wanted: Filter, order: Order, limit: int, *more: Narrowing
) -> Select[Any]:
    branches = _branches(by, wanted, more)
    entries = _entries(s, branches, order)
    branches = _named(s, branches, entries, order)
    pages = [
        page
        for branch, entry in zip(branches, entries, strict=True)
        for page in _pages(branch, entry, order, limit)
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
    both = each[0].union(*each[1:]).subquery()  # who asked for a ticket may also follow it
    every = select(both.c.number, both.c.sort_key)
    return every.order_by(*ordered(both.c.sort_key, both.c.number, order)).limit(limit)


def _branches(by: Actor, wanted: Filter, more: Iterable[Narrowing]) -> list[_Branch]:
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
    return [_Branch(shelf, (*reason, *narrowings)) for shelf in shelves for reason in reasons]


def _shelves(wanted: Filter) -> list[Shelf]:
    if wanted.is_trash:
        return [Shelf.TRASH]
    if wanted.is_late or (wanted.statuses and wanted.statuses <= OPEN):
        return [Shelf.OPEN]
    return [Shelf.DONE] if wanted.statuses and wanted.statuses <= DONE else [Shelf.OPEN, Shelf.DONE]


def _entries(s: Session, branches: Sequence[_Branch], order: Order) -> list[_Entry]:
    """Choose the index of each branch; what cannot be known is counted, up to FEW."""
    unsure = [
        (place, narrowing)
        for place, branch in enumerate(branches)
        if _plain_entry(branch, order) is None
        for narrowing in branch.narrowings
        if narrowing.index
    ]
    counts = _counted(s, branches, unsure)
    found = []
    for place, branch in enumerate(branches):
        mine = [(counts[i], n) for i, (at, n) in enumerate(unsure) if at == place]
        found.append(_plain_entry(branch, order) or _cheapest(mine, order))
    return found


def _plain_entry(branch: _Branch, order: Order) -> _Entry | None:
    """Return the index to enter where there is nothing to weigh up."""
    indexed = [narrowing for narrowing in branch.narrowings if narrowing.index]
    if not indexed:
        return _Entry(order.index, None, is_ordered=True)
    rivals = [narrowing for narrowing in indexed if narrowing.index != order.index] or indexed
    few = [narrowing for narrowing in rivals if narrowing.is_personal]
    chosen = few[0] if few else rivals[0]
    entry = _through(chosen, order)
    is_part = branch.shelf is Shelf.OPEN and chosen.index in _UNCOUNTED
    is_alone = len(rivals) == 1
    return entry if few or (is_alone and (entry.is_ordered or is_part)) else None


def _cheapest(counted: list[tuple[int, Narrowing]], order: Order) -> _Entry:
    count, fewest = min(counted, key=lambda pair: pair[0])
    if count < FEW:
        return _through(fewest, order)
    ordered = [narrowing for _count, narrowing in counted if narrowing.is_ordered]
    if order.is_usual and ordered:
        return _through(ordered[0], order)
    return _Entry(order.index, None, is_ordered=True)


def _through(narrowing: Narrowing, order: Order) -> _Entry:
    if narrowing.by_due and order.index == "ix_ticket_by_due":
        return _Entry(narrowing.by_due, narrowing, is_ordered=True)
    is_ordered = narrowing.index == order.index or (order.is_usual and narrowing.is_ordered)
    return _Entry(narrowing.index, narrowing, is_ordered=is_ordered)


def _counted(
    s: Session, branches: Sequence[_Branch], unsure: Sequence[tuple[int, Narrowing]]
) -> list[int]:
    """Count what each condition leaves of its shelf, all in one query."""
    if not unsure:
        return []
    each = []
    for i, (place, narrowing) in enumerate(unsure):
        some = select(Ticket.number).where(narrowing.condition)
        if narrowing.index != "PRIMARY":
            some = some.where(Ticket.shelf == branches[place].shelf)
        some = hinted(some, narrowing.index).limit(FEW)
        each.append(select(literal(i), func.count()).select_from(some.subquery()))
    found: dict[int, int] = dict(s.execute(union_all(*each)).all())
    return [found[i] for i in range(len(unsure))]


def _named(
    s: Session, branches: Sequence[_Branch], entries: Sequence[_Entry], order: Order
) -> list[_Branch]:
    """Add the name of the one lead that is wanted where the order of names is entered.

    Otherwise all that are listed under names before it would be walked through. Somebody just
    renamed has tickets under both.
    """
    found = list(branches)
    for place, (branch, entry) in enumerate(zip(branches, entries, strict=True)):
        wanted = [n for n in branch.narrowings if n.index and n.index == order.alike]
        if wanted and entry.index == order.index:
            condition: Any = wanted[0].condition
            under = names_of(s, getattr(condition.right, "value", None))
            more = Narrowing(order.column.in_(under), order.index)
            found[place] = _Branch(branch.shelf, (*branch.narrowings, more))
    return found


def _pages(branch: _Branch, entry: _Entry, order: Order, limit: int) -> list[Select[Any]]:
    """Return the page of one branch; in two parts where it may begin among many equals.

    An index is entered at a value and a number, or past the value; asked for either at once, a
    database walks through all that are equal.
    """
    pinned = any(narrowing.pins == order.column.name for narrowing in branch.narrowings)
    column = order.column if entry.is_ordered else _hidden(order.column)
    usual = ordered(column, Ticket.number, order)
    by_number = usual[1:]
    some = _selected(branch, entry, order)
    if not order.position:
        pages = [some.order_by(*(by_number if pinned and entry.is_ordered else usual))]
    elif not entry.is_ordered:
        pages = [some.where(_hidden(_beyond(order))).order_by(*usual)]
    elif not order.has_ties:
        pages = [some.where(_beyond(order)).order_by(*usual)]
    else:
        equal, past = _parts(order)
        pages = [some.where(equal).order_by(*by_number), some.where(past).order_by(*usual)]
    return [page.limit(limit) for page in pages]


def _selected(branch: _Branch, entry: _Entry, order: Order) -> Select[Any]:
    """Return the tickets of one branch; only what its index answers is shown to SQLite."""
    on_shelf = Ticket.shelf == branch.shelf
    conditions = [on_shelf if entry.index != "PRIMARY" else _hidden(on_shelf)]
    answered = {entry.index, order.index} if entry.is_ordered else {entry.index}
    for narrowing in branch.narrowings:
        is_held = narrowing.pins == order.column.name and entry.index == order.index
        is_answered = narrowing is entry.answers or narrowing.index in answered or is_held
        conditions.append(narrowing.condition if is_answered else _hidden(narrowing.condition))
    some = hinted(select(Ticket.number, order.column.label("sort_key")), entry.index)
    return some.where(*conditions)


def _parts(order: Order) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return what is equal to the position in value and lies past its number; what lies past it."""
    value, number = order.position or (None, 0)
    column = order.column
    if order.downwards:
        return and_(column == value, Ticket.number < number), column < value
    return and_(column == value, Ticket.number > number), column > value


def _beyond(order: Order) -> ColumnElement[bool]:
    """Return what lies past the position; the outer bound lets the index be entered there."""
    value, number = order.position or (None, 0)
    column = order.column
    if order.downwards:
        return and_(column <= value, or_(column < value, Ticket.number < number))
    return and_(column >= value, or_(column > value, Ticket.number > number))


def _hidden(term: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a term under a plus sign, with which SQLite enters no index.

    https://sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
    """
    return UnaryExpression(Grouping(term), operator=custom_op("+"), type_=term.type)


def hinted(query: Select[Any], index: str) -> Select[Any]:
    """Name the index to MySQL and MariaDB, which pay no heed to a plus sign."""
    for dialect in ("mysql", "mariadb"):
        query = query.with_hint(Ticket, f"FORCE INDEX ({index})", dialect)
    return query
