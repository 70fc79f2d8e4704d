"""Who works on a ticket: taking it, assigning lead, helpers and team."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Membership, Part, Status, Team, Ticket, TicketPerson, User
from services import acceptance, deadlines, events, parts, tickets, workflow
from services.errors import Invalid, NotAllowed, Taken
from services.permissions import (
    Action,
    Actor,
    allows,
    assigns_only_own_teams,
    repairs,
)
from services.words import N_

NOBODY = 0  # ids begin with one


def take(s: Session, by: Actor, number: int) -> Ticket:
    """Make `by` the lead of an unassigned ticket and start work (F-006; 5.3.5).

    Taking what one was given is accepting it; what one has accepted, no change.

    Raises:
        NotFound, NotAllowed, Closed.
        Taken: somebody else leads it.
    """
    ticket = tickets.change(s, by, number, Action.TICKET_TAKE)
    if ticket.lead_id not in (None, by.id):
        lead = s.get_one(User, ticket.lead_id)
        raise Taken(name=lead.name)
    if ticket.lead_id == by.id:
        acceptance.answered(s, by, ticket)
    else:
        _hand_over(s, by, ticket, "ticket.taken", {"lead_id": by.id})
    return ticket


def assign(
    s: Session,
    by: Actor,
    number: int,
    *,
    lead_id: int | None = None,
    team_id: int | None = None,
    seen: Mapping[str, int | None] | None = None,
) -> Ticket:
    """Give the ticket to a lead, to a team, or to both (F-005; 5.3.6).

    None leaves lead or team as it is, NOBODY takes it away. A new ticket that gets a lead is in
    progress; a lead other than `by` has yet to accept it (`acceptance`). `seen` is what the person
    saw (`lead_id`, `team_id`): see `tickets.edit`.

    Raises:
        NotFound, NotAllowed, Closed, Conflict.
        Invalid: not somebody who repairs, or not a team; field `lead_id` or `team_id`.
    """
    ticket = tickets.change(s, by, number, Action.TICKET_ASSIGN)
    wanted: dict[str, int | None] = {}
    if team_id is not None:
        wanted["team_id"] = _team(s, team_id) if team_id != NOBODY else None
    if lead_id is not None:
        is_somebody = lead_id != NOBODY
        wanted["lead_id"] = _repairer(s, by, lead_id, "lead_id") if is_somebody else None
    tickets.refuse_conflicts(s, by, ticket, wanted, seen or {})
    _hand_over(s, by, ticket, "ticket.assigned", wanted)
    return ticket


def add_helper(s: Session, by: Actor, number: int, user_id: int) -> Ticket:
    """Let somebody work on the ticket beside the lead."""
    ticket = tickets.change(s, by, number, Action.TICKET_ASSIGN)
    _repairer(s, by, user_id, "helper_id")
    if parts.put_helper(s, ticket, user_id, accepted_at=now() if user_id == by.id else None):
        tickets.touched(ticket)
        events.record(s, by, ticket, "ticket.helper_added", user_id=user_id)
    return ticket


def remove_helper(s: Session, by: Actor, number: int, user_id: int) -> Ticket:
    """End somebody’s help; helpers may withdraw themselves."""
    action = Action.TICKET_NOTE if user_id == by.id else Action.TICKET_ASSIGN
    ticket = tickets.change(s, by, number, action)
    help_ = s.get(TicketPerson, (number, user_id, Part.HELPER))
    if help_ and parts.remove(s, ticket, user_id, Part.HELPER):
        tickets.touched(ticket)
        facts: dict[str, Any] = {"user_id": user_id, "accepted_at": help_.accepted_at}
        events.record(s, by, ticket, "ticket.helper_removed", **facts)
    return ticket


def lead_on_resolving(by: Actor, ticket: Ticket) -> None:
    """Make the person who resolves an unassigned ticket its lead: somebody answers for it.

    What is resolved waits for nobody’s yes any more, whoever resolved it.
    """
    if ticket.lead_id is None and allows(by, Action.TICKET_TAKE, ticket):
        ticket.lead_id = by.id
    if ticket.lead_id is not None:
        acceptance.yes(ticket)


def _hand_over(
    s: Session, by: Actor, ticket: Ticket, kind: str, wanted: dict[str, int | None]
) -> None:
    names = ("lead_id", "team_id", "status", "assigned_at", "accepted_at")
    before = {name: getattr(ticket, name) for name in names}
    for name, value in wanted.items():
        setattr(ticket, name, value)
    if ticket.lead_id and ticket.status is Status.NEW:
        workflow.move(ticket, Status.IN_PROGRESS)
    if ticket.lead_id == by.id:
        acceptance.yes(ticket)
    elif ticket.lead_id != before["lead_id"]:
        ticket.assigned_at = now() if ticket.lead_id else None
    changes: dict[str, list[Any]] = {
        name: [value, getattr(ticket, name)]
        for name, value in before.items()
        if value != getattr(ticket, name)
    }
    if changes:
        tickets.touched(ticket)
        events.record(s, by, ticket, kind, changes=changes)
        deadlines.renew(s, ticket)


def _team(s: Session, team_id: int) -> int:
    team = s.get(Team, team_id) if team_id <= tickets.LARGEST else None
    if team is None or not team.is_active:
        raise Invalid({"team_id": N_("Choose one of the values offered.")})
    return team.id


def _repairer(s: Session, by: Actor, user_id: int, field: str) -> int:
    """Return the id of somebody who may work on tickets and whom `by` may assign."""
    person = s.get_one(User, tickets.active_person(s, user_id, field))
    if not repairs(person.role):
        raise Invalid({field: N_("Choose one of the people offered.")})
    if not _may_choose(s, by, user_id):
        raise NotAllowed
    return person.id


def _may_choose(s: Session, by: Actor, user_id: int) -> bool:
    if user_id == by.id or not assigns_only_own_teams(by):
        return True
    together = select(Membership.user_id).where(
        Membership.user_id == user_id, Membership.team_id.in_(by.team_ids)
    )
    return s.scalar(together.limit(1)) is not None
