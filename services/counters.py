"""The numbers beside the tabs and on the home page."""

from sqlalchemy import ColumnElement, and_, case, func, true
from sqlalchemy.orm import Session

from data.models import Ticket
from services import filters
from services.permissions import Actor, visible_to
from services.workflow import OPEN


def of_views(s: Session, by: Actor) -> dict[str, int]:
    """Return how many open tickets each view of the queue has for `by`, in one query."""
    names = [name for name in filters.VIEWS if name != "all"]
    sums = [_sum(filters.conditions(filters.VIEWS[name], by)).label(name) for name in names]
    query = visible_to(by).where(Ticket.status.in_(OPEN)).with_only_columns(*sums)
    row = s.execute(query).one()
    return {name: int(getattr(row, name) or 0) for name in names}


def mine(s: Session, by: Actor) -> int:
    """Return how many open tickets `by` is involved in."""
    conditions = filters.conditions(filters.Filter(scope="mine", statuses=OPEN), by)
    query = visible_to(by).where(*conditions).with_only_columns(func.count(Ticket.number))
    return s.scalar(query) or 0


def _sum(conditions: list[ColumnElement[bool]]) -> ColumnElement[int]:
    return func.sum(case((and_(true(), *conditions), 1), else_=0))
