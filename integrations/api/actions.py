"""What is done to a ticket: who works on it, where it stands, its company, its tags, its links."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from integrations.api import wishes
from integrations.api.call import Answer, Call, WritesTickets, tag_of
from integrations.api.fields import Key, Number
from integrations.api.shapes import TicketOut
from integrations.api.tickets import told
from services import acceptance, assignment, observers, tags, tickets, transitions, undo
from services.errors import NotFound
from services.permissions import Actor
from services.transitions import Wait

router = APIRouter(tags=["tickets"])


async def change(call: Call, number: int, service: Callable[[Session, Actor], object]) -> Response:
    """Do something to a ticket, of the version one has read if If-Match says so; answer with it."""

    def work(s: Session, by: Actor) -> Answer:
        call.check_match(tag_of(tickets.get(s, by, number, lock=True).version))
        service(s, by)
        return told(s, by, number)

    return await call.act(work)


@router.post("/tickets/{number:int}/take", response_model=TicketOut)
async def take(call: WritesTickets, number: Number) -> Response:
    """Make oneself the lead of an unassigned ticket."""
    return await change(call, number, lambda s, by: assignment.take(s, by, number))


@router.post("/tickets/{number:int}/assign", response_model=TicketOut)
async def assign(call: WritesTickets, number: Number, body: wishes.Assignment) -> Response:
    """Give a ticket to a lead, to a team, or to both."""
    return await change(call, number, lambda s, by: give(s, by, number, body))


@router.post("/tickets/{number:int}/accept", response_model=TicketOut)
async def accept(call: WritesTickets, number: Number) -> Response:
    """Say yes to the ticket one was given, or asked to help with."""
    return await change(call, number, lambda s, by: acceptance.accept(s, by, number))


@router.post("/tickets/{number:int}/refuse", response_model=TicketOut)
async def refuse(call: WritesTickets, number: Number, body: wishes.Refusal) -> Response:
    """Say no, and why: the ticket goes back to the queue; a helper withdraws."""
    reason = body.reason
    return await change(call, number, lambda s, by: acceptance.refuse(s, by, number, reason))


@router.post("/tickets/{number:int}/transition", response_model=TicketOut)
async def transition(call: WritesTickets, number: Number, body: wishes.Transition) -> Response:
    """Start, put on hold, resolve, close, reopen or cancel a ticket."""
    return await change(call, number, lambda s, by: move(s, by, number, body))


@router.post("/tickets/{number:int}/helpers", response_model=TicketOut)
async def add_helper(call: WritesTickets, number: Number, body: wishes.PersonNamed) -> Response:
    """Let somebody work on a ticket beside its lead."""
    person = body.person
    return await change(call, number, lambda s, by: assignment.add_helper(s, by, number, person))


@router.delete("/tickets/{number:int}/helpers/{person}", response_model=TicketOut)
async def remove_helper(call: WritesTickets, number: Number, person: Key) -> Response:
    """End somebody’s help."""
    return await change(call, number, lambda s, by: assignment.remove_helper(s, by, number, person))


@router.post("/tickets/{number:int}/observers", response_model=TicketOut)
async def add_observer(call: WritesTickets, number: Number, body: wishes.PersonNamed) -> Response:
    """Let somebody follow a ticket, and read it."""
    person = body.person
    return await change(call, number, lambda s, by: observers.add(s, by, number, person))


@router.delete("/tickets/{number:int}/observers/{person}", response_model=TicketOut)
async def remove_observer(call: WritesTickets, number: Number, person: Key) -> Response:
    """End somebody’s following; everybody may end their own."""
    return await change(call, number, lambda s, by: observers.remove(s, by, number, person))


@router.post("/tickets/{number:int}/tags", response_model=TicketOut)
async def add_tag(call: WritesTickets, number: Number, body: wishes.TagNamed) -> Response:
    """Put a tag on a ticket."""
    return await change(call, number, lambda s, by: tags.add(s, by, number, body.tag))


@router.delete("/tickets/{number:int}/tags", response_model=TicketOut)
async def remove_tag(
    call: WritesTickets, number: Number, tag: Annotated[str, Query(min_length=1, max_length=40)]
) -> Response:
    """Take a tag off a ticket; a query, as a tag may hold a slash."""
    return await change(call, number, lambda s, by: tags.remove(s, by, number, tag))


@router.post("/tickets/{number:int}/undo", response_model=TicketOut)
async def undo_event(call: WritesTickets, number: Number, body: wishes.UndoOf) -> Response:
    """Undo one’s own last action within fifteen seconds, if nobody changed the same since."""

    def work(s: Session, by: Actor) -> Answer:
        if undo.ticket_of(s, by, body.event) != number:
            raise NotFound
        undo.undo(s, by, body.event)
        return told(s, by, number)

    return await call.act(work)


def give(s: Session, by: Actor, number: int, wish: wishes.Assignment) -> None:
    """Assign as it was asked; null takes lead or team away."""
    given = wish.given()
    wanted = {name: given[name] or assignment.NOBODY for name in given}
    assignment.assign(s, by, number, lead_id=wanted.get("lead"), team_id=wanted.get("team"))


def move(s: Session, by: Actor, number: int, wish: wishes.Transition) -> None:
    """Send the ticket where it was asked."""
    reason = wish.pending_reason
    wait = Wait(reason=reason, until=wish.wake_at) if reason else None
    transitions.move(s, by, number, wish.status, wait=wait, override=wish.override)
