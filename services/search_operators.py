"""What the operators of a search demand of a ticket: conditions in SQL."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, false, func, not_, or_, select
from sqlalchemy.orm import Session

from data.models import Category, Tag, Team, Ticket, TicketTag, User
from data.text_search import said_in
from services.permissions import Actor
from services.search_terms import Operator


def conditions(s: Session, by: Actor, operators: Sequence[Operator]) -> list[ColumnElement[bool]]:
    """Return what the operators demand of a ticket that `by` may see."""
    found = []
    for operator in operators:
        demanded = _DEMANDS[operator.name](s, by, operator.value)
        found.append(not_(func.coalesce(demanded, false())) if operator.is_not else demanded)
    return found


def _one_of(column: Any) -> Callable[[Session, Actor, Any], ColumnElement[bool]]:
    return lambda _s, _by, values: column.in_(values)


def _is_requester(s: Session, by: Actor, name: Any) -> ColumnElement[bool]:
    return (
        Ticket.requester_id == by.id
        if name == "me"
        else Ticket.requester_id.in_(_people(s, by, name))
    )


def _is_lead(s: Session, by: Actor, name: Any) -> ColumnElement[bool]:
    if name == "none":
        return Ticket.lead_id.is_(None)
    return Ticket.lead_id == by.id if name == "me" else Ticket.lead_id.in_(_people(s, by, name))


def _people(s: Session, by: Actor, name: Sequence[str]) -> Any:
    """Select people by name; staff also know them by address."""
    called = said_in(s, User.name, name)
    return select(User.id).where(
        or_(called, said_in(s, User.email, name)) if by.is_staff else called
    )


def _is_of_team(s: Session, _by: Actor, name: Any) -> ColumnElement[bool]:
    return Ticket.team_id.in_(select(Team.id).where(said_in(s, Team.name, name)))


def _is_of_category(s: Session, _by: Actor, name: Any) -> ColumnElement[bool]:
    """Compare with the path: what is below a category counts as of it."""
    return Ticket.category_id.in_(select(Category.id).where(said_in(s, Category.path, name)))


def _is_tagged(s: Session, _by: Actor, name: Any) -> ColumnElement[bool]:
    tagged = select(TicketTag.ticket_number).join(Tag).where(said_in(s, Tag.name, name))
    return Ticket.number.in_(tagged)


def _is_before(_s: Session, by: Actor, day: Any) -> ColumnElement[bool]:
    return Ticket.created_at < _start_of(day, by)


def _is_after(_s: Session, by: Actor, day: Any) -> ColumnElement[bool]:
    return Ticket.created_at >= _start_of(day, by)


def _start_of(day: date, by: Actor) -> datetime:
    """Return when a day begins for this person; years at the ends of time have no other zone."""
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(by.timezone or "UTC"))
    return start.astimezone(UTC) if 1 < day.year < 9999 else start.replace(tzinfo=UTC)


_DEMANDS: dict[str, Callable[[Session, Actor, Any], ColumnElement[bool]]] = {
    "status": _one_of(Ticket.status),
    "priority": _one_of(Ticket.priority),
    "type": _one_of(Ticket.type),
    "requester": _is_requester,
    "lead": _is_lead,
    "team": _is_of_team,
    "category": _is_of_category,
    "tag": _is_tagged,
    "before": _is_before,
    "after": _is_after,
}
