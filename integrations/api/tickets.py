"""Tickets: lists, one, its fields, its life, its trash."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy.orm import Session

from data.models import Priority, Status
from integrations.api import shapes
from integrations.api.call import Answer, ReadsTickets, WritesTickets, tag_of
from integrations.api.fields import MAX_ID, Number
from integrations.api.pages import linked
from integrations.api.shapes import TicketOut, TicketPage
from integrations.api.wishes import TicketByRequester, TicketChange, TicketNew
from services import categories, creation, filters, lists, tickets, trash, whole_tickets
from services.creation import NewTicket
from services.filters import Filter
from services.permissions import Action, Actor, require
from services.whole_tickets import WholeTicket

router = APIRouter(tags=["tickets"])

SORTS: dict[str, str] = {  # names of fields, and what the lists call them
    "number": "number",
    "title": "title",
    "status": "status",
    "priority": "priority",
    "created_at": "created",
    "updated_at": "updated",
    "accept_due_at": "accept",
    "first_response_due_at": "first_response",
    "resolve_due_at": "resolve",
    "requester": "requester",
    "lead": "lead",
}


def split(value: Any) -> Any:
    """Take `status=new,pending` like `status=new&status=pending`."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [part for item in value for part in item.split(",")]
    return value


class TicketQuery(BaseModel):
    """What a list of tickets is narrowed to, its order and its page."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[list[Status], BeforeValidator(split)] = Field(
        [], max_length=20, description="Any of these."
    )
    priority: Annotated[list[Priority], BeforeValidator(split)] = Field(
        [], max_length=20, description="Any of these."
    )
    team: int | None = Field(None, ge=1, le=MAX_ID)
    category: int | None = Field(None, ge=1, le=MAX_ID, description="With all below it.")
    assignee: str | None = Field(
        None, pattern=r"^(me|none|[1-9][0-9]{0,9})$", description="`me`, `none` or a person’s id."
    )
    requester: str | None = Field(
        None, pattern=r"^(me|[1-9][0-9]{0,9})$", description="`me` or a person’s id."
    )
    tag: str | None = Field(None, max_length=40)
    burst: int | None = Field(None, ge=1, le=MAX_ID, description="Of a burst (`/bursts`).")
    q: str | None = Field(None, max_length=300, description="Words of the title, or a number.")
    sort: Literal[
        "number", "-number", "title", "-title", "status", "-status", "priority", "-priority",
        "created_at", "-created_at", "updated_at", "-updated_at", "accept_due_at", "-accept_due_at",
        "first_response_due_at", "-first_response_due_at",
        "resolve_due_at", "-resolve_due_at", "requester", "-requester", "lead", "-lead",
    ] = Field("-updated_at", description="People by name; `-` turns it round.")  # fmt: skip
    cursor: str | None = Field(None, max_length=4000, description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=lists.MOST)


Wanted = Annotated[TicketQuery, Query()]


class TrashQuery(BaseModel):
    """A page of the trash."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(None, max_length=4000)
    limit: int = Field(50, ge=1, le=lists.MOST)


@router.get("/tickets", response_model=TicketPage)
async def list_tickets(call: ReadsTickets, wanted: Wanted) -> Response:
    """List the tickets one may see, page by page."""
    return await linked(call, lambda s, by: _page(s, by, wanted))


@router.post("/tickets", response_model=TicketOut, status_code=201)
async def create_ticket(call: WritesTickets, body: TicketNew) -> Response:
    """Create a ticket, for oneself or, as staff, for somebody else."""
    return await call.act(lambda s, by: _created(s, by, body))


@router.get("/tickets/{number:int}", response_model=TicketOut)
async def get_ticket(call: ReadsTickets, number: Number) -> Response:
    """Get one ticket."""

    def work(s: Session, by: Actor) -> Answer:
        tickets.get(s, by, number)
        return told(s, by, number)

    return await call.show(work)


@router.patch("/tickets/{number:int}", response_model=TicketOut)
async def change_ticket(call: WritesTickets, number: Number, body: TicketChange) -> Response:
    """Change fields of a ticket. With If-Match, only the version one has read."""

    def work(s: Session, by: Actor) -> Answer:
        call.check_match(tag_of(tickets.get(s, by, number, lock=True).version))
        edit(s, by, number, body)
        return told(s, by, number)

    return await call.act(work)


@router.delete("/tickets/{number:int}", status_code=204)
async def delete_ticket(call: WritesTickets, number: Number) -> Response:
    """Put a ticket in the trash."""

    def work(s: Session, by: Actor) -> None:
        call.check_match(tag_of(tickets.get(s, by, number, lock=True).version))
        trash.delete(s, by, number)

    return await call.do(work)


@router.post("/tickets/{number:int}/restore", response_model=TicketOut)
async def restore_ticket(call: WritesTickets, number: Number) -> Response:
    """Take a ticket out of the trash."""

    def work(s: Session, by: Actor) -> Answer:
        trash.restore(s, by, number)
        return told(s, by, number)

    return await call.act(work)


@router.get("/trash", response_model=TicketPage, tags=["trash"])
async def list_trash(call: ReadsTickets, wanted: Annotated[TrashQuery, Query()]) -> Response:
    """List the deleted tickets, the last one first; for administrators."""

    def work(s: Session, by: Actor) -> TicketPage:
        require(by, Action.TRASH_SEE)
        page = lists.page(
            s, by, Filter(scope="trash"), sort="deleted", cursor=wanted.cursor, limit=wanted.limit
        )
        return _shown(s, by, page)

    return await linked(call, work)


@router.delete("/trash/{number}", status_code=204, tags=["trash"])
async def purge_ticket(call: WritesTickets, number: Number) -> Response:
    """Remove a deleted ticket for good, with all that hangs on it; its number stays used."""
    return await call.do(lambda s, by: trash.purge(s, by, number, typed=str(number)))


def told(s: Session, by: Actor, number: int) -> Answer:
    """Return a ticket that `by` was found to see, or has just changed, as an answer."""
    return _answer(whole_tickets.of_seen(s, [number])[0], by)


def _answer(whole: WholeTicket, by: Actor, *, status: int = 200) -> Answer:
    headers = {"ETag": tag_of(whole.ticket.version)}
    if status == 201:
        headers["Location"] = f"/api/v1/tickets/{whole.ticket.number}"
    return Answer(content=shapes.ticket(whole, by), status=status, headers=headers)


def edit(s: Session, by: Actor, number: int, wish: TicketChange) -> None:
    """Change the fields that were sent."""
    inside = {"category": "category_id", "requester": "requester_id"}
    values = {inside.get(name, name): value for name, value in wish.given().items()}
    tickets.edit(s, by, number, values)


def _created(s: Session, by: Actor, wish: TicketNew) -> Answer:
    if not by.is_staff:
        TicketByRequester.again(wish)
    new = NewTicket(
        title=wish.title,
        description=wish.description,
        type=wish.type,
        category_id=wish.category,
        urgency=wish.urgency,
        channel=wish.channel,
        follows=wish.follows,
        from_draft=False,
        requester_id=wish.requester,
        impact=wish.impact,
        team_id=wish.team,
        tags=tuple(wish.tags),
        observer_ids=tuple(wish.observers),
    )
    ticket = creation.create(s, by, new)
    has_company = bool(new.tags or new.observer_ids)
    return _answer(whole_tickets.of_new(s, ticket, has_company=has_company), by, status=201)


def _page(s: Session, by: Actor, wanted: TicketQuery) -> TicketPage:
    name = SORTS[wanted.sort.removeprefix("-")]
    is_descending = wanted.sort.startswith("-")
    page = lists.page(
        s,
        by,
        _filter(s, by, wanted),
        sort=name,
        reverse=is_descending is not lists.SORTS[name].downwards,
        cursor=wanted.cursor,
        limit=wanted.limit,
    )
    return _shown(s, by, page)


def _shown(s: Session, by: Actor, page: lists.Page) -> TicketPage:
    found = whole_tickets.of_seen(s, [line.number for line in page.lines])
    return TicketPage(items=[shapes.ticket(whole, by) for whole in found], next=page.after)


def _filter(s: Session, by: Actor, wanted: TicketQuery) -> Filter:
    return filters.narrowed(
        filters.ANYTHING,
        statuses=frozenset(wanted.status),
        priorities=frozenset(wanted.priority),
        team_id=wanted.team,
        category_ids=categories.subtree_ids(s, wanted.category) if wanted.category else frozenset(),
        lead=wanted.assignee or "",
        requester_id=by.id if wanted.requester == "me" else int(wanted.requester or 0) or None,
        tag=wanted.tag or "",
        burst_id=wanted.burst,
        text=wanted.q or "",
    )
