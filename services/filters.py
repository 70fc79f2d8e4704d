"""What a list is narrowed to: once as SQL, once for a line already loaded (live updates)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import ColumnElement, and_, false, or_, select

from data.clock import now
from data.models import Priority, Status, Tag, Ticket, TicketPerson, TicketTag
from data.text import clean_line, fold
from services.checks import MAX_TITLE
from services.permissions import Actor
from services.tickets import LARGEST
from services.workflow import OPEN

if TYPE_CHECKING:
    from services.lists import TicketLine

MAX_TEXT = 300
MAX_WORDS = 8

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


def conditions(wanted: Filter, by: Actor) -> list[ColumnElement[bool]]:
    """Return the filter as SQL conditions on Ticket; `fits` is its twin."""
    found: list[ColumnElement[bool]] = []
    ids = {wanted.team_id or 0, wanted.requester_id or 0, *wanted.category_ids}
    if max(ids | {_lead_id(wanted, by)}) > LARGEST:
        return [false()]
    if wanted.scope == "mine":
        found.append(_involving(by))
    if wanted.statuses:
        found.append(Ticket.status.in_(wanted.statuses))
    if wanted.priorities:
        found.append(Ticket.priority.in_(wanted.priorities))
    if wanted.category_ids:
        found.append(Ticket.category_id.in_(wanted.category_ids))
    if wanted.team_id:
        found.append(Ticket.team_id == wanted.team_id)
    if wanted.requester_id:
        found.append(Ticket.requester_id == wanted.requester_id)
    return found + _of_lead(wanted, by) + _of_state(wanted) + _of_words(wanted)


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
        and _fits_lead(wanted, by, line)
        and _fits_state(wanted, line)
        and _fits_words(wanted, line)
    )


def _involving(by: Actor) -> ColumnElement[bool]:
    taking_part = select(TicketPerson.ticket_number).where(TicketPerson.user_id == by.id)
    return or_(
        Ticket.requester_id == by.id,
        Ticket.lead_id == by.id,
        Ticket.number.in_(taking_part),
    )


def _involves(by: Actor, line: "TicketLine") -> bool:
    audience = line.audience
    people = {audience.requester_id, audience.lead_id, *audience.helper_ids, *audience.observer_ids}
    return by.id in people


def _of_lead(wanted: Filter, by: Actor) -> list[ColumnElement[bool]]:
    if wanted.lead == "none":
        return [Ticket.lead_id.is_(None)]
    if wanted.lead:
        return [Ticket.lead_id == _lead_id(wanted, by)]
    return []


def _fits_lead(wanted: Filter, by: Actor, line: "TicketLine") -> bool:
    if wanted.lead == "none":
        return line.lead_id is None
    return not wanted.lead or line.lead_id == _lead_id(wanted, by)


def _lead_id(wanted: Filter, by: Actor) -> int:
    """Return whose tickets are wanted; what is no id is nobody’s."""
    if wanted.lead == "me":
        return by.id
    return int(wanted.lead) if wanted.lead.isdecimal() and len(wanted.lead) < 20 else 0


def _of_state(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.is_late:
        found.append(and_(Ticket.resolve_due_at < now(), Ticket.status.in_(OPEN)))
    if wanted.is_answered:
        found.append(Ticket.answered_by_requester.is_(True))
    if wanted.tag:
        tagged = select(TicketTag.ticket_number).join(Tag).where(Tag.name == wanted.tag)
        found.append(Ticket.number.in_(tagged))
    return found


def _fits_state(wanted: Filter, line: "TicketLine") -> bool:
    due = line.resolve_due_at
    is_late = due is not None and due < now() and line.status in OPEN
    return (not wanted.is_late or is_late) and (
        not wanted.is_answered or line.answered_by_requester
    )


def _of_words(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for word in _words(wanted):
        has_word: ColumnElement[bool] = Ticket.folded_title.contains(word, autoescape=True)
        number = _number(word)
        found.append(or_(has_word, Ticket.number == number if number else false()))
    return found


def _fits_words(wanted: Filter, line: "TicketLine") -> bool:
    title = fold(line.title)[:MAX_TITLE]
    return all(word in title or _number(word) == line.number for word in _words(wanted))


def _words(wanted: Filter) -> list[str]:
    return fold(clean_line(wanted.text[:MAX_TEXT])).split()[:MAX_WORDS]


def _number(word: str) -> int | None:
    digits = word.lstrip("#")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 15 else None
