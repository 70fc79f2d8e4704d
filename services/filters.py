"""What a list is narrowed to: once as SQL, once for a line already loaded (live updates)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import ColumnElement, false, or_, select, true

from data.clock import now
from data.models import BurstTicket, Part, Priority, Status, Tag, Ticket, TicketTag
from data.text import clean_line, fold
from services.checks import MAX_TITLE
from services.permissions import Actor, takes_part
from services.tickets import LARGEST
from services.workflow import DONE, OPEN

if TYPE_CHECKING:
    from services.lists import TicketLine

MAX_TEXT = 300
MAX_WORDS = 8
_TEAM_BY_DUE = "ix_ticket_of_team_by_due"

Scope = Literal["all", "mine", "trash"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Which tickets are wanted; what is empty does not narrow.

    `lead` is `me`, `none` or a person’s id. `category_ids` holds a whole subtree. `text` is looked
    for word by word in number and title.
    """

    scope: Scope = "all"
    statuses: frozenset[Status] = frozenset()
    priorities: frozenset[Priority] = frozenset()
    category_ids: frozenset[int] = frozenset()
    team_id: int | None = None
    lead: str = ""
    requester_id: int | None = None
    tag: str = ""
    burst_id: int | None = None
    text: str = ""
    is_late: bool = False
    is_answered: bool = False  # the requester had the last word

    @property
    def is_trash(self) -> bool:
        """Tell whether deleted tickets are wanted."""
        return self.scope == "trash"


ANYTHING = Filter()
VIEWS: Mapping[str, Filter] = {  # the tabs of the queue, in order
    "open": Filter(statuses=OPEN),
    "unassigned": Filter(statuses=OPEN, lead="none"),
    "mine": Filter(statuses=OPEN, lead="me"),
    "answered": Filter(statuses=OPEN, is_answered=True),
    "late": Filter(statuses=OPEN, is_late=True),
    "all": ANYTHING,
}


def narrowed(view: Filter, **more: Any) -> Filter:
    """Return a view with further conditions."""
    return replace(view, **more)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One condition of a list, and the index that finds what meets it (none: looked at in passing).

    `is_ordered`: the index holds what is found in the usual order; `by_due` is one that holds it in
    that of deadlines, `by_number` in that of numbers. `is_personal`: it is never much. `pins` is
    the column that it holds to one value. `column` has one of `values`, or is earlier than `below`.
    """

    condition: ColumnElement[bool]
    index: str = ""
    is_ordered: bool = False
    is_personal: bool = False
    by_due: str = ""
    by_number: str = ""
    pins: str = ""
    column: str = ""
    values: frozenset[Any] = frozenset()
    below: datetime | None = None


def narrowings(wanted: Filter, by: Actor) -> list[Narrowing] | None:
    """Return the conditions of a filter but for its scope, its words and what its shelf says.

    None: nothing can fit. `fits` is the twin of them all.
    """
    lead_id = _lead_id(wanted, by)
    named = (wanted.team_id, wanted.requester_id, wanted.burst_id)
    ids = {lead_id, *wanted.category_ids, *(key or 0 for key in named)}
    if max(ids) > LARGEST:
        return None
    found = []
    if wanted.requester_id:
        found.append(_one(Ticket.requester_id, wanted.requester_id))
    if wanted.tag:
        tagged = select(TicketTag.ticket_number).join(Tag).where(Tag.name == wanted.tag)
        found.append(Narrowing(Ticket.number.in_(tagged), "PRIMARY"))
    if wanted.burst_id:
        came = select(BurstTicket.ticket_number).where(BurstTicket.burst_id == wanted.burst_id)
        found.append(Narrowing(Ticket.number.in_(came), "PRIMARY", is_personal=True))
    if wanted.lead:
        found.append(_one(Ticket.lead_id, None if wanted.lead == "none" else lead_id))
    if wanted.team_id:
        found.append(_one(Ticket.team_id, wanted.team_id))
    return found + _of_kinds(wanted) + _of_state(wanted)


_INDEXES = {
    "requester_id": "ix_ticket_of_requester",
    "lead_id": "ix_ticket_of_lead",
    "team_id": "ix_ticket_of_team",
}


def _one(column: Any, value: int | None) -> Narrowing:
    """Return the condition that a person or a team is this one."""
    return Narrowing(
        column == value if value is not None else column.is_(None),
        _INDEXES[column.key],
        is_ordered=True,
        by_due=_TEAM_BY_DUE if column.key == "team_id" else "",
        column=column.key,
        values=frozenset({value}),
    )


def _of_kinds(wanted: Filter) -> list[Narrowing]:
    found = []
    if wanted.category_ids:
        one = len(wanted.category_ids) == 1
        among = _among(Ticket.category_id, wanted.category_ids, "ix_ticket_of_category")
        found.append(replace(among, is_ordered=one))
    if wanted.statuses and wanted.statuses not in (OPEN, DONE):
        among = _among(Ticket.status, wanted.statuses, "ix_ticket_of_status")
        held = replace(among, is_ordered=True, pins="status", by_number="ix_ticket_by_status")
        found.append(held if len(wanted.statuses) == 1 else among)
    if wanted.priorities:
        among = _among(Ticket.priority, wanted.priorities, "ix_ticket_by_priority")
        held = replace(among, pins="priority", by_number="ix_ticket_by_priority")
        found.append(held if len(wanted.priorities) == 1 else among)
    return found


def _of_state(wanted: Filter) -> list[Narrowing]:
    found = []
    if wanted.is_late:
        moment = now()
        is_late = Ticket.due_order < moment
        found.append(Narrowing(is_late, "ix_ticket_by_due", column="due_order", below=moment))
    if wanted.is_answered:
        answered = Ticket.answered_by_requester == true()  # “IS true” enters no index of MariaDB
        found.append(
            Narrowing(
                answered,
                "ix_ticket_answered",
                is_ordered=True,
                column="answered_by_requester",
                values=frozenset({True}),
            )
        )
    return found


def _among(column: Any, values: frozenset[Any], index: str) -> Narrowing:
    one, *more = sorted(values)
    found: ColumnElement[bool] = column.in_([one, *more]) if more else column == one
    return Narrowing(found, index, column=column.key, values=values)


def involvements(by: Actor) -> list[ColumnElement[bool]]:
    """Return the reasons for which a ticket is one’s own."""
    return [Ticket.requester_id == by.id, Ticket.lead_id == by.id, takes_part(by, *Part)]


def reason(condition: ColumnElement[bool]) -> Narrowing:
    """Return why somebody sees a ticket as a narrowing, with the index of its column."""
    column = getattr(condition, "left", None)
    name = getattr(column, "name", "")
    if name not in _INDEXES:
        return Narrowing(condition, "PRIMARY", is_personal=name == "number")
    one = _one(getattr(Ticket, name), condition.right.value)
    return replace(one, is_personal=name == "requester_id")


def fits(wanted: Filter, by: Actor, line: "TicketLine") -> bool:
    """Tell whether a loaded line belongs in the list; tags are not on lines and always fit."""
    return (
        wanted.is_trash is (line.deleted_at is not None)
        and (wanted.scope != "mine" or _involves(by, line))
        and (not wanted.statuses or line.status in wanted.statuses)
        and (not wanted.priorities or line.priority in wanted.priorities)
        and (not wanted.category_ids or line.category_id in wanted.category_ids)
        and (not wanted.team_id or line.team_id == wanted.team_id)
        and (not wanted.requester_id or line.requester_id == wanted.requester_id)
        and (not wanted.burst_id or line.burst_id == wanted.burst_id)
        and _fits_lead(wanted, by, line)
        and _fits_state(wanted, line)
        and _fits_words(wanted, line)
    )


def _involves(by: Actor, line: "TicketLine") -> bool:
    audience = line.audience
    people = {audience.requester_id, audience.lead_id, *audience.helper_ids, *audience.observer_ids}
    return by.id in people


def _fits_lead(wanted: Filter, by: Actor, line: "TicketLine") -> bool:
    if wanted.lead == "none":
        return line.lead_id is None
    return not wanted.lead or line.lead_id == _lead_id(wanted, by)


def _lead_id(wanted: Filter, by: Actor) -> int:
    """Return whose tickets are wanted; what is no id is nobody’s."""
    if wanted.lead == "me":
        return by.id
    return int(wanted.lead) if wanted.lead.isdecimal() and len(wanted.lead) < 20 else 0


def _fits_state(wanted: Filter, line: "TicketLine") -> bool:
    due = line.resolve_due_at
    is_late = due is not None and due < now() and line.status in OPEN
    return (not wanted.is_late or is_late) and (
        not wanted.is_answered or line.answered_by_requester
    )


def words(wanted: Filter) -> list[ColumnElement[bool]]:
    """Return one condition for each word looked for in number and title."""
    found: list[ColumnElement[bool]] = []
    for word in _words(wanted):
        has_word: ColumnElement[bool] = Ticket.folded_title.contains(word, autoescape=True)
        number = _number(word)
        found.append(or_(has_word, Ticket.number == number if number else false()))
    return found


def number_in(wanted: Filter) -> int | None:
    """Return the number of a ticket among the words."""
    return next((number for word in _words(wanted) if (number := _number(word))), None)


def _fits_words(wanted: Filter, line: "TicketLine") -> bool:
    title = fold(line.title)[:MAX_TITLE]
    return all(word in title or _number(word) == line.number for word in _words(wanted))


def _words(wanted: Filter) -> list[str]:
    return fold(clean_line(wanted.text[:MAX_TEXT])).split()[:MAX_WORDS]


def _number(word: str) -> int | None:
    digits = word.lstrip("#")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 15 else None
