"""The numbers beside the tabs and on the home page: read from the tallies, never recounted.

Only what depends on the time is counted, as far as lists count: an index holds the deadlines.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Select,
    and_,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from data.models import Part, Shelf, Ticket, TicketTally
from services import filters, lists
from services.permissions import Actor, takes_part, ways_to_see
from services.workflow import OPEN


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open tickets each view has; the same for all who see the same tickets."""

    views: dict[str, int]
    by_lead: dict[int, int]

    def of(self, person_id: int) -> dict[str, int]:
        """Return the number beside each tab, for one person."""
        return {**self.views, "mine": self.by_lead.get(person_id, 0)}


def count(s: Session, by: Actor) -> Counts:
    """Return the open tickets that `by` may see, per view and per lead."""
    rows, late = _tallied(s, by)
    by_lead: dict[int, int] = {}
    for lead_id, _answered, number in rows:
        by_lead[lead_id] = by_lead.get(lead_id, 0) + number
    unassigned = by_lead.pop(0, 0)
    views = {
        "open": unassigned + sum(by_lead.values()),
        "unassigned": unassigned,
        "answered": sum(number for _lead, answered, number in rows if answered),
        "late": late,
    }
    return Counts(views=views, by_lead={lead: n for lead, n in by_lead.items() if n})


def mine(s: Session, by: Actor) -> int:
    """Return how many open tickets `by` is involved in, up to what lists count."""
    return lists.count(s, by, filters.Filter(scope="mine", statuses=OPEN))


_LATE = -1  # in the place of a lead


def _tallied(s: Session, by: Actor) -> tuple[list[tuple[int, bool, int]], int]:
    """Return (lead, answered, number) of the open tickets that `by` may see; how many are late."""
    tally = TicketTally
    ways = ways_to_see(by)
    seen = []
    if ways is not None:
        theirs = or_(tally.team_id.in_(by.team_ids), tally.lead_id == by.id)
        seen = [theirs if by.is_staff else false()]
    open_ones = select(
        tally.lead_id, tally.is_answered, func.sum(tally.number_of_tickets).label("number")
    ).where(tally.shelf == Shelf.OPEN, *seen)
    some = lists.counted(s, by, filters.VIEWS["late"])
    late_ones = select(literal(_LATE), false(), func.count()).select_from(some)
    personal = [] if ways is None else [_personal(by)]
    query: CompoundSelect[Any] = union_all(
        open_ones.group_by(tally.lead_id, tally.is_answered), late_ones, *personal
    )
    rows = [(lead, bool(answered), int(number)) for lead, answered, number in s.execute(query)]
    late = next(number for lead, _answered, number in rows if lead == _LATE)
    return [row for row in rows if row[0] != _LATE], late


def _personal(by: Actor) -> Select[int, bool, int]:
    """Return the same of what `by` sees only as requester or by a part in it: a person’s few."""
    parts = tuple(Part) if by.is_staff else (Part.OBSERVER,)
    apart = [
        select(Ticket.number).where(Ticket.shelf == Shelf.OPEN, way)
        for way in (Ticket.requester_id == by.id, takes_part(by, *parts))
    ]
    some = apart[0].union(apart[1]).subquery()
    lead, answered = func.coalesce(Ticket.lead_id, 0), Ticket.answered_by_requester
    query = select(lead, answered, func.count()).join(some, some.c.number == Ticket.number)
    if by.is_staff:  # what is counted by team and lead already
        in_team = and_(Ticket.team_id.is_not(None), Ticket.team_id.in_(by.team_ids))
        is_led = and_(Ticket.lead_id.is_not(None), Ticket.lead_id == by.id)
        query = query.where(not_(in_team), not_(is_led))
    return query.group_by(lead, answered)
