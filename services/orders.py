"""The orders of lists: a column, the index that has it, and where a page begins."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from data.models import Ticket

BY_NUMBER = "ix_ticket_by_number"

Position = tuple[Any, int]


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: a column, its index, which way, and where the page begins.

    `has_ties`: many tickets may be equal in it; `is_even_when_done`: all that are done are.
    """

    column: ColumnElement[Any]
    index: str
    downwards: bool
    has_ties: bool = False
    position: Position | None = None
    alike: str = ""  # the index of the condition whose tickets have one name here
    is_even_when_done: bool = False
    key: ColumnElement[Any] | None = None  # the column asked for, where all that differs is number

    @property
    def sort_key(self) -> ColumnElement[Any]:
        """Return the column that cursors hold."""
        return self.column if self.key is None else self.key

    @property
    def is_by_number(self) -> bool:
        """Tell whether a condition that is met by one value may hold this order too."""
        return self.index == BY_NUMBER

    @property
    def is_usual(self) -> bool:
        """Tell whether the indexes of conditions hold this order too."""
        return self.index == "ix_ticket_by_updated"


USUAL = Order(Ticket.updated_at.expression, "ix_ticket_by_updated", downwards=True)


def ordered(column: Any, number: Any, order: Order) -> tuple[ColumnElement[Any], ...]:
    """Return the terms of an order: the column, and among equals the number."""
    if order.downwards:
        return column.desc(), number.desc()
    return column.asc(), number.asc()


def beyond(order: Order, own: Any = Ticket.number) -> ColumnElement[bool]:
    """Return what lies past the position; the outer bound lets the index be entered there."""
    value, number = order.position or (None, 0)
    column = order.column
    if order.downwards:
        return and_(column <= value, or_(column < value, own < number))
    return and_(column >= value, or_(column > value, own > number))


def equal_and_beyond(order: Order) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return what is equal to the position in value and lies past its number; what lies past it."""
    value, number = order.position or (None, 0)
    column = order.column
    if order.downwards:
        return and_(column == value, Ticket.number < number), column < value
    return and_(column == value, Ticket.number > number), column > value
