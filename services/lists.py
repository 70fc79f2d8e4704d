"""Lists of tickets: filters, order, pages. Every list starts from what the person may see."""

import base64
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, Subquery, func, select
from sqlalchemy.orm import Session, aliased

from data.models import (
    Alarm,
    BurstTicket,
    Category,
    Part,
    PendingReason,
    Priority,
    SlaPolicy,
    Status,
    Team,
    Ticket,
    TicketPerson,
    TicketType,
    User,
)
from services import plans
from services.checks import LOST_PAGE
from services.errors import Invalid
from services.filters import Filter
from services.orders import USUAL, Order, ordered
from services.permissions import Actor, Audience, visible_to
from services.tickets import LARGEST
from services.words import N_

PAGE = 50
MOST = 200
COUNTED_UP_TO = 1000


@dataclass(frozen=True, slots=True)
class TicketLine:
    """What a row of a list shows, and what decides whether it belongs in a list."""

    number: int
    title: str
    type: TicketType
    status: Status
    pending_reason: PendingReason | None
    priority: Priority
    category_id: int | None
    category: str | None
    requester_id: int
    requester: str
    team_id: int | None
    team: str | None
    lead_id: int | None
    lead: str | None
    accept_due_at: datetime | None
    first_response_due_at: datetime | None
    resolve_due_at: datetime | None
    is_due_by_hand: bool
    assigned_at: datetime | None
    accepted_at: datetime | None
    first_response_at: datetime | None
    told_at: datetime | None  # of the next deadline: when it is told of, as near or as missed
    remind_minutes: int | None  # of the policy
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    comment_count: int
    answered_by_requester: bool
    burst_id: int | None
    version: int
    helpers: tuple[tuple[int, str], ...] = ()
    observer_ids: frozenset[int] = frozenset()

    @property
    def audience(self) -> Audience:
        """Return what decides who sees this ticket."""
        return Audience(
            requester_id=self.requester_id,
            lead_id=self.lead_id,
            team_id=self.team_id,
            helper_ids=frozenset(user_id for user_id, _name in self.helpers),
            observer_ids=self.observer_ids,
            is_deleted=self.deleted_at is not None,
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, and the cursors of the pages beside them (None: there is none)."""

    lines: list[TicketLine]
    after: str | None
    before: str | None


def _order(column: Any, name: str, **how: Any) -> Order:
    return Order(column.expression, f"ix_ticket_by_{name}", **how)


def _deadline(column: Any, name: str) -> Order:
    return _order(column, name, downwards=False, has_ties=True, is_even_when_done=True)


SORTS: dict[str, Order] = {
    "updated": USUAL,
    "created": _order(Ticket.created_at, "created", downwards=True),
    "number": _order(Ticket.number, "number", downwards=True),
    "priority": _order(Ticket.priority, "priority", downwards=True, has_ties=True),
    "due": _deadline(Ticket.next_order, "next"),
    "accept": _deadline(Ticket.accept_order, "accept"),
    "first_response": _deadline(Ticket.response_order, "response"),
    "resolve": _deadline(Ticket.due_order, "due"),
    "status": _order(Ticket.status, "status", downwards=False, has_ties=True),
    "title": _order(Ticket.folded_title, "title", downwards=False, has_ties=True),
    "lead": _order(
        Ticket.lead_name, "lead", downwards=False, has_ties=True, alike="ix_ticket_of_lead"
    ),
    "requester": _order(Ticket.requester_name, "requester", downwards=False, has_ties=True),
    "deleted": _order(Ticket.deleted_at, "deleted", downwards=True),
}


def page(
    s: Session,
    by: Actor,
    wanted: Filter,
    *,
    sort: str = "updated",
    reverse: bool = False,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page:
    """Return one page of the tickets `by` may see that fit the filter.

    `sort` is a name of SORTS, `reverse` turns its order round; equals are ordered by number.
    `cursor` is one of an earlier page; the trash lists deleted tickets only.

    Raises:
        Invalid: an unlisted sort or a damaged cursor.
    """
    is_offered = sort in SORTS and (sort != "deleted" or wanted.is_trash)
    if not is_offered or not 1 <= limit <= MOST:
        raise Invalid({"sort": N_("Choose one of the values offered.")})
    backwards, position = _decode(cursor, sort)
    downwards = (SORTS[sort].downwards is not reverse) is not backwards
    order = replace(SORTS[sort], downwards=downwards, position=position)
    some = plans.page(s, by, wanted, order, limit + 1)
    found = s.execute(_dressed(some.subquery(), order)).all()
    has_more, rows = len(found) > limit, found[:limit]
    rows = rows[::-1] if backwards else rows
    is_before = has_more if backwards else bool(position)
    is_after = has_more or backwards
    return Page(
        lines=_lines(s, rows),
        before=_encode(sort, rows[0], back=True) if rows and is_before else None,
        after=_encode(sort, rows[-1], back=False) if rows and is_after else None,
    )


def count(s: Session, by: Actor, wanted: Filter) -> int:
    """Return how many tickets fit, counted up to COUNTED_UP_TO."""
    some = counted(s, by, wanted)
    return s.scalar(select(func.count()).select_from(some)) or 0


def counted(s: Session, by: Actor, wanted: Filter) -> Subquery:
    """Return the tickets that fit, up to COUNTED_UP_TO, to be counted in a query with others."""
    order = SORTS["resolve"] if wanted.is_late else USUAL
    return plans.page(s, by, wanted, order, COUNTED_UP_TO).subquery()


def numbers(s: Session, by: Actor, wanted: Filter, limit: int) -> list[int]:
    """Return the numbers of the tickets that fit, the ones changed last first, up to a limit."""
    return [row.number for row in s.execute(plans.page(s, by, wanted, USUAL, limit))]


def line(s: Session, number: int) -> TicketLine | None:
    """Return one ticket’s line for whoever may see it: the caller compares its `audience`."""
    return by_number(s, [number]).get(number)


def by_number(s: Session, numbers: Collection[int]) -> dict[int, TicketLine]:
    """Return the lines of some tickets, as `line` does; at most MOST."""
    query = _joined(select(*_COLUMNS).where(Ticket.number.in_(list(numbers)[:MOST])))
    return {found.number: found for found in _lines(s, s.execute(query).all())}


def lines(s: Session, by: Actor, numbers: Sequence[int]) -> list[TicketLine]:
    """Return the lines of those numbers that `by` may see, in the order asked for."""
    query = visible_to(by).where(Ticket.number.in_(numbers[:MOST])).with_only_columns(*_COLUMNS)
    found = {x.number: x for x in _lines(s, s.execute(_joined(query)).all())}
    return [found[number] for number in numbers if number in found]


_Requester = aliased(User)
_Lead = aliased(User)
_COLUMNS: tuple[Any, ...] = (
    Ticket.number,
    Ticket.title,
    Ticket.type,
    Ticket.status,
    Ticket.pending_reason,
    Ticket.priority,
    Ticket.category_id,
    Category.path.label("category"),
    Ticket.requester_id,
    _Requester.name.label("requester"),
    Ticket.team_id,
    Team.name.label("team"),
    Ticket.lead_id,
    _Lead.name.label("lead"),
    Ticket.accept_due_at,
    Ticket.first_response_due_at,
    Ticket.resolve_due_at,
    Ticket.is_due_by_hand,
    Ticket.assigned_at,
    Ticket.accepted_at,
    Ticket.first_response_at,
    select(func.min(Alarm.next_at))
    .where(Alarm.ticket_number == Ticket.number, Alarm.due_at == Ticket.next_order)
    .correlate(Ticket)
    .scalar_subquery()
    .label("told_at"),
    SlaPolicy.remind_minutes,
    Ticket.created_at,
    Ticket.updated_at,
    Ticket.deleted_at,
    Ticket.comment_count,
    Ticket.answered_by_requester,
    select(BurstTicket.burst_id)
    .where(BurstTicket.ticket_number == Ticket.number)
    .correlate(Ticket)
    .scalar_subquery()
    .label("burst_id"),
    Ticket.version,
)


def _dressed(page: Subquery, order: Order) -> Select[Any]:
    """Return whole rows for a page that was found among tickets alone.

    Joined with people and teams in one go, a database may begin with these.
    """
    query = select(*_COLUMNS, page.c.sort_key).join(page, page.c.number == Ticket.number)
    return _joined(query).order_by(*ordered(page.c.sort_key, page.c.number, order))


def _joined(query: Select[Any]) -> Select[Any]:
    return (
        query.join(_Requester, Ticket.requester_id == _Requester.id)
        .outerjoin(_Lead, Ticket.lead_id == _Lead.id)
        .outerjoin(Team, Ticket.team_id == Team.id)
        .outerjoin(Category, Ticket.category_id == Category.id)
        .outerjoin(SlaPolicy, Ticket.sla_policy_id == SlaPolicy.id)
    )


def _lines(s: Session, rows: Sequence[Any]) -> list[TicketLine]:
    helpers: dict[int, list[tuple[int, str]]] = {}
    observers: dict[int, set[int]] = {}
    people = (
        select(TicketPerson.ticket_number, TicketPerson.part, User.id, User.name)
        .join(User, TicketPerson.user_id == User.id)
        .where(TicketPerson.ticket_number.in_([row.number for row in rows]))
        .order_by(User.name)
    )
    for number, part, user_id, name in s.execute(people) if rows else ():
        if part is Part.HELPER:
            helpers.setdefault(number, []).append((user_id, name))
        else:
            observers.setdefault(number, set()).add(user_id)
    found = []
    for row in rows:
        company = tuple(helpers.get(row.number, ())), frozenset(observers.get(row.number, ()))
        found.append(TicketLine(*(*row[: len(_COLUMNS)], *company)))
    return found


def _encode(sort: str, row: Any, *, back: bool) -> str:
    value = row.sort_key.isoformat() if isinstance(row.sort_key, datetime) else row.sort_key
    packed = json.dumps([sort, back, value, row.number], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _decode(cursor: str | None, sort: str) -> tuple[bool, tuple[Any, int] | None]:
    if not cursor:
        return False, None
    try:
        packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        of_sort, back, value, number = json.loads(packed)
        if of_sort != sort or type(back) is not bool:
            raise ValueError("a cursor of another list")
        return back, (_READ.get(sort, _text)(value), _whole(number))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Invalid({"cursor": LOST_PAGE}) from error


def _instant(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError("naive datetime")
    return found.astimezone(UTC)


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise ValueError("not a number of a ticket")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError("not a title")
    return value.encode("utf-8").decode("utf-8")  # a lone surrogate is no title either


_READ: dict[str, Any] = {
    "updated": _instant,
    "created": _instant,
    **dict.fromkeys(("due", "accept", "first_response", "resolve"), _instant),
    "deleted": _instant,
    "number": _whole,
    "priority": Priority,
    "status": Status,
}
