"""Finding a ticket one may see, and editing its own fields."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.models import Category, Impact, Priority, Status, Ticket, TicketType, Urgency, User
from data.text import fold
from services import checks, deadlines, events, indexing, priority
from services.errors import Closed, Conflict, Invalid, NotFound
from services.permissions import Action, Actor, require, visible_to
from services.words import N_

LARGEST = 2**63 - 1  # of a BIGINT


def get(s: Session, by: Actor, number: int, *, lock: bool = False) -> Ticket:
    """Return one ticket `by` may see, or raise NotFound; `lock` holds the row until commit."""
    ticket = find(s, visible_to(by), number, lock=lock)
    if ticket is None:
        raise NotFound
    return ticket


def find(s: Session, among: Select[Ticket], number: int, *, lock: bool = False) -> Ticket | None:
    """Return the ticket with this number among some, as it is now when it is locked.

    What this transaction read before it had the lock may have changed meanwhile.
    """
    if not 0 < number <= LARGEST:
        return None
    query = among.where(Ticket.number == number)
    if lock:
        query = query.with_for_update(of=Ticket).execution_options(populate_existing=True)
    return s.scalar(query)


def change(s: Session, by: Actor, number: int, action: Action) -> Ticket:
    """Return the ticket, locked, if `by` may do `action` to it: how every change begins.

    Raises:
        NotFound, NotAllowed, Closed.
    """
    ticket = get(s, by, number, lock=True)
    require(by, action, ticket)
    if ticket.status is Status.CLOSED:
        raise Closed(number=number)
    return ticket


def touched(ticket: Ticket) -> None:
    """Count a change of the ticket: its version and its date move."""
    ticket.version += 1
    ticket.updated_at = now()


def edit(
    s: Session,
    by: Actor,
    number: int,
    values: Mapping[str, Any],
    *,
    seen: Mapping[str, Any] | None = None,
) -> Ticket:
    """Change some of the ticket’s own fields (F-004; 5.3.7).

    Fields: title, description, type, category_id, urgency, impact, priority (None: back to the
    matrix), requester_id, resolve_due_at (None: back to the policy’s). `seen` holds what the person
    saw in them: when a field says something else by now, nothing is changed; other fields may have
    changed freely. A value already there is no change; without any change nothing is recorded.

    Raises:
        Conflict: with `field`, `theirs` (now) and `mine`, and the `name` of who changed it.
        Invalid: names every wrong field.
    """
    ticket = change(s, by, number, Action.TICKET_EDIT)
    wanted = _wanted(s, ticket, values)
    refuse_conflicts(s, by, ticket, wanted, seen or {})
    changes = _apply(ticket, wanted)
    if changes:
        touched(ticket)
        if changes.keys() & indexing.SEARCHED:
            indexing.renew(s, ticket)
        events.record(s, by, ticket, "ticket.edited", changes=changes)
        if changes.keys() & deadlines.CHANGED_BY:
            deadlines.renew(s, ticket)
    return ticket


def _wanted(s: Session, ticket: Ticket, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that differ, checked; what is there may stay, even if no longer offered."""
    problems = checks.Problems()
    wanted: dict[str, Any] = {}
    for name, value in values.items():
        with problems.collected():
            if name not in FIELDS:
                raise Invalid({name: N_("This field cannot be changed.")})
            if name == "priority" or events.plain(value) != events.plain(getattr(ticket, name)):
                wanted[name] = FIELDS[name](s, value)
    problems.raise_any()
    return wanted


def refuse_conflicts(
    s: Session, by: Actor, ticket: Ticket, wanted: Mapping[str, Any], seen: Mapping[str, Any]
) -> None:
    """Refuse what would overwrite a value that `by` has not seen, unless it is the one wanted.

    Raises:
        Conflict.
    """
    for name, mine in wanted.items():
        theirs = getattr(ticket, name)
        if name in seen and events.plain(seen[name]) != events.plain(theirs) and theirs != mine:
            who, called = events.last_to_change(s, ticket.number, name)
            raise Conflict(
                field=name,
                theirs=events.plain(theirs),
                mine=events.plain(mine),
                name=called,
                is_own=who == by.id,
            )


def _apply(ticket: Ticket, wanted: Mapping[str, Any]) -> dict[str, list[Any]]:
    before = _state(ticket)
    for name, value in wanted.items():
        if name == "resolve_due_at":
            deadlines.set_by_hand(ticket, value)
        elif name != "priority":
            setattr(ticket, name, value)
    if "priority" in wanted:
        ticket.is_priority_overridden = wanted["priority"] is not None
        ticket.priority = wanted["priority"] or ticket.priority
    if not ticket.is_priority_overridden:
        ticket.priority = priority.of(ticket.urgency, ticket.impact)
    ticket.folded_title = fold(ticket.title)[: checks.MAX_TITLE]
    after = _state(ticket)
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}


def _state(ticket: Ticket) -> dict[str, Any]:
    """Return what a person may decide; of a deadline, what a person did decide."""
    state = {name: getattr(ticket, name) for name in (*FIELDS, "is_priority_overridden")}
    return state | {"resolve_due_at": deadlines.by_hand(ticket)}


def active_person(s: Session, user_id: object, field: str = "requester_id") -> int:
    """Return the id of somebody who is there and active, or raise Invalid for `field`."""
    is_id = isinstance(user_id, int) and 0 < user_id <= LARGEST
    person = s.get(User, user_id) if is_id else None
    if person is None or not person.is_active:
        raise Invalid({field: N_("Choose one of the people offered.")})
    db.hold(s, person)  # whose name is asked for next
    return person.id


def _category(s: Session, value: object) -> int | None:
    if value in (None, "", 0):
        return None
    is_id = str(value).isdecimal() and int(str(value)) <= LARGEST
    category = s.get(Category, int(str(value))) if is_id else None
    if category is None or not category.is_active:
        raise Invalid({"category_id": N_("Choose one of the values offered.")})
    db.hold(s, category)  # whose team is asked for next
    return category.id


def _instant(value: object) -> datetime | None:
    if value is not None and (not isinstance(value, datetime) or value.tzinfo is None):
        raise Invalid({"resolve_due_at": N_("Choose a date and a time.")})
    return value.astimezone(UTC) if value else None


FIELDS: dict[str, Any] = {
    "title": lambda _, v: checks.line("title", v, at_most=checks.MAX_TITLE, required=True),
    "description": lambda _, v: checks.prose("description", v),
    "type": lambda _, v: checks.choice("type", v, TicketType),
    "category_id": _category,
    "urgency": lambda _, v: checks.choice("urgency", v, Urgency),
    "impact": lambda _, v: checks.choice("impact", v, Impact),
    "priority": lambda _, v: None if v is None else checks.choice("priority", v, Priority),
    "requester_id": active_person,
    "resolve_due_at": lambda _, v: _instant(v),
}
