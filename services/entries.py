"""Which index the tickets of a branch are entered by: the one by which its page costs least.

A branch of a list is a shelf, and a reason to see its tickets (plans.py). Where conditions leave
something to weigh up, a sample of the shelf tells what each index would cost.
"""

from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import Shelf, Ticket
from data.models.tickets import HELD
from services import samples
from services.filters import Narrowing
from services.hints import hinted
from services.orders import Order
from services.tickets import LARGEST

MOST_COUNTED = 5000  # tickets with a tag: these are not in the samples
ROW, ENTRY = 10, 1  # what a database needs to look at a ticket, and at it in an index alone
# Indexes that hold what else is wanted, too: most tickets are passed over without being read.
_HOLDING = {
    "ix_ticket_by_priority",
    "ix_ticket_by_status",
    *(f"ix_ticket_of_{name}" for name in ("category", "lead", "status", "team")),
}
_UNSEEN = 0.5  # tickets of a sample, where there is none
_TELLING = 4  # … from so many on, the first is not expected at once


@dataclass(frozen=True, slots=True)
class Branch:
    """A shelf, what its tickets are to meet, and the order they are wanted in."""

    shelf: Shelf
    narrowings: tuple[Narrowing, ...]
    order: Order


@dataclass(frozen=True, slots=True)
class Entry:
    """The index a branch enters, the condition it answers, and whether it holds the order.

    `is_read_last`: tickets are to be read only when all conditions were looked at in the index, of
    which MariaDB has to be told.
    """

    index: str
    answers: Narrowing | None
    is_ordered: bool
    is_read_last: bool = False


def chosen(s: Session, branch: Branch, limit: int) -> Entry:
    """Return the index by which the first `limit` tickets of a branch are found."""
    return _plain_entry(branch) or _cheapest(s, branch, limit)


def _plain_entry(branch: Branch) -> Entry | None:
    """Return the index to enter where there is nothing to weigh up."""
    order = branch.order
    indexed = [narrowing for narrowing in branch.narrowings if narrowing.index]
    if not indexed:
        return Entry(order.index, None, is_ordered=True)
    rivals = [narrowing for narrowing in indexed if narrowing.index != order.index] or indexed
    few = [narrowing for narrowing in rivals if narrowing.is_personal]
    best = few[0] if few else rivals[0]
    entry = _through(best, order)
    is_alone = len(rivals) == 1
    return entry if few or (is_alone and entry.is_ordered) else None


def _cheapest(s: Session, branch: Branch, limit: int) -> Entry:
    """Return the index by which a branch costs least, as far as a sample of its shelf tells."""
    scales = _Scales(s, branch)
    entries = [Entry(branch.order.index, None, is_ordered=True)]
    entries += [_through(each, branch.order) for each in branch.narrowings if each.index]
    best = min(entries, key=lambda entry: scales.cost(entry, limit))
    is_read_last = not best.is_ordered and scales.is_held(best) and not _is_sqlite(s)
    return replace(best, is_read_last=is_read_last)


class _Scales:
    """Tells what it costs to find the page of a branch through an index."""

    def __init__(self, s: Session, branch: Branch) -> None:
        self._s, self._branch, self._order = s, branch, branch.order
        self._sample = samples.of(s, branch.shelf)
        self._bits = {id(each): self._meeting(each) for each in branch.narrowings}
        self._met = self._sample.all
        for bits in self._bits.values():
            self._met &= bits

    def cost(self, entry: Entry, limit: int) -> float:
        """Return the cost in looks at an entry of an index."""
        if entry.index == "PRIMARY" and entry.answers:
            count = _count(self._s, entry.answers)
            return ROW * (count if count < MOST_COUNTED else self._sample.size)
        within = self._within(entry)
        look = ENTRY if self.is_held(entry) else ROW
        if entry.is_ordered:
            return look * sum(self._walk(within, start, limit) for start in self._starts())
        met = max(self._met.bit_count(), _UNSEEN)
        return self._sample.scale * (within.bit_count() * look + met * ROW)

    def _starts(self) -> list[int]:
        """Return what lies past the position; where many are equal, past these as well."""
        name, order, position = self._order.column.name, self._order, self._order.position
        found = [self._sample.beyond(name, position, downwards=order.downwards)]
        if position and order.has_ties:
            edge = -1 if order.downwards else LARGEST
            past = self._sample.beyond(name, (position[0], edge), downwards=order.downwards)
            found.append(past)
        return found

    def _walk(self, within: int, beyond: int, limit: int) -> float:
        """Return how many are looked at, in order, until `limit` are found."""
        met, within = self._met & beyond, within & beyond
        gap = within.bit_count() / max(met.bit_count(), _UNSEEN)
        usual = 2 * gap if met.bit_count() >= _TELLING else 0
        late = samples.walked(within, met, downwards=self._order.downwards) - usual
        looked = limit * gap + max(late, 0) * self._sample.scale
        return min(looked, within.bit_count() * self._sample.scale)

    def _within(self, entry: Entry) -> int:
        """Return what an index is entered at."""
        order, within = self._order, self._sample.all
        for each in self._branch.narrowings:
            is_by_order = entry.index == order.index and each.index in {order.index, order.alike}
            if each is entry.answers or (each.index and is_by_order):
                within &= self._bits[id(each)]
        return within

    def is_held(self, entry: Entry) -> bool:
        """Tell whether an index holds all that is asked of the tickets."""
        others = [each for each in self._branch.narrowings if each is not entry.answers]
        return entry.index in _HOLDING and all(each.column in HELD for each in others)

    def _meeting(self, narrowing: Narrowing) -> int:
        name, column = self._order.column.name, narrowing.column
        if narrowing.below:
            return self._sample.before(name, column, narrowing.below)
        if column:
            return self._sample.meeting(name, column, narrowing.values)
        return self._sample.all


def _count(s: Session, narrowing: Narrowing) -> int:
    some = hinted(select(Ticket.number).where(narrowing.condition), narrowing.index)
    return s.scalar(select(func.count()).select_from(some.limit(MOST_COUNTED).subquery())) or 0


def _through(narrowing: Narrowing, order: Order) -> Entry:
    if narrowing.by_due and order.index == "ix_ticket_by_due":
        return Entry(narrowing.by_due, narrowing, is_ordered=True)
    if narrowing.by_number and order.is_by_number:
        return Entry(narrowing.by_number, narrowing, is_ordered=True)
    is_ordered = narrowing.index == order.index or (order.is_usual and narrowing.is_ordered)
    return Entry(narrowing.index, narrowing, is_ordered=is_ordered)


def _is_sqlite(s: Session) -> bool:
    return s.get_bind().dialect.name == "sqlite"
