"""Observers: people who follow a ticket that is not theirs."""

from sqlalchemy.orm import Session

from data.models import Part, Ticket
from services import events, parts, tickets
from services.permissions import Action, Actor


def add(s: Session, by: Actor, number: int, user_id: int) -> Ticket:
    """Let somebody follow the ticket; they may read it from now on."""
    ticket = tickets.change(s, by, number, Action.TICKET_OBSERVE)
    tickets.active_person(s, user_id, field="observer_id")
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
