"""The numbers beside the tabs and on the home page."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, true
from sqlalchemy.orm import Session

from data.models import Ticket
from services import filters
from services.permissions import Actor, visible_to
from services.workflow import OPEN

_COUNTED = ("open", "unassigned", "answered", "late")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open tickets each view has; the same for all who see the same tickets."""

    views: dict[str, int]
    by_lead: dict[int, int]

    def of(self, person_id: int) -> dict[str, int]:
        """Return the number beside each tab, for one person."""
        return {**self.views, "mine": self.by_lead.get(person_id, 0)}


def count(s: Session, by: Actor) -> Counts:
    """Count the open tickets that `by` may see, per view and per lead, in one query."""
    open_ones = visible_to(by).where(Ticket.status.in_(OPEN))
    sums = [_sum(filters.conditions(filters.VIEWS[name], by)).label(name) for name in _COUNTED]
    per_lead = open_ones.with_only_columns(Ticket.lead_id, *sums).group_by(Ticket.lead_id)
    rows = s.execute(per_lead).all()
    return Counts(
        views={name: sum(int(getattr(row, name)) for row in rows) for name in _COUNTED},
        by_lead={row.lead_id: int(row.open) for row in rows if row.lead_id is not None},
    )


def mine(s: Session, by: Actor) -> int:
    """Return how many open tickets `by` is involved in."""
    conditions = filters.conditions(filters.Filter(scope="mine", statuses=OPEN), by)
    query = visible_to(by).where(*conditions).with_only_columns(func.count(Ticket.number))
    return s.scalar(query) or 0


def _sum(conditions: list[ColumnElement[bool]]) -> ColumnElement[int]:
    return func.sum(case((and_(true(), *conditions), 1), else_=0))
