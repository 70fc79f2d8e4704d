"""Observers: people who follow a ticket that is not theirs."""

from sqlalchemy.orm import Session

from data.models import Part, Ticket, User
from services import events, parts, tickets
from services.errors import Invalid
from services.permissions import Action, Actor
from services.words import N_


def add(s: Session, by: Actor, number: int, user_id: int) -> Ticket:
    """Let somebody follow the ticket; they may read it from now on."""
    ticket = tickets.change(s, by, number, Action.TICKET_OBSERVE)
    person = s.get(User, user_id)
    if person is None or not person.is_active:
        raise Invalid({"observer_id": N_("Choose one of the people offered.")})
    if parts.put_observer(s, ticket, user_id):
        tickets.touched(ticket)
        events.record(s, by, ticket, "ticket.observer_added", user_id=user_id)
    return ticket


def remove(s: Session, by: Actor, number: int, user_id: int) -> Ticket:
    """End somebody’s following; everybody may end their own."""
    action = Action.TICKET_READ if user_id == by.id else Action.TICKET_OBSERVE
    ticket = tickets.change(s, by, number, action)
    if parts.remove(s, ticket, user_id, Part.OBSERVER):
        tickets.touched(ticket)
        events.record(s, by, ticket, "ticket.observer_removed", user_id=user_id)
    return ticket
