"""What hangs on a ticket besides the conversation: links, and its history."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from data.models import LinkKind, Status
from integrations.api import wishes
from integrations.api.call import Answer, Call, R, ReadsTickets, Work, WritesTickets, tag_of
from integrations.api.fields import Key, Number
from services import history, links, ticket_view, tickets
from services.permissions import Actor

router = APIRouter()


class LinkOut(BaseModel):
    """A link; `is_outward` tells that `kind` reads from this ticket to the other."""

    id: int
    kind: LinkKind
    is_outward: bool
    number: int
    title: str
    status: Status


class ExternalLinkOut(BaseModel):
    """An address outside."""

    id: int
    url: str
    title: str


class Links(BaseModel):
    """The links of a ticket to others that one may see, and to the world outside."""

    items: list[LinkOut]
    external: list[ExternalLinkOut]


class ChangeOut(BaseModel):
    """A field before and after, as people read them."""

    field: str
    before: str | datetime | None
    after: str | datetime | None


class LineOut(BaseModel):
    """One thing that happened; `sentence` is in the caller’s language, `id` can be undone."""

    id: int
    at: datetime
    actor: str
    sentence: str
    changes: list[ChangeOut]
    is_internal: bool


class History(BaseModel):
    """What happened to a ticket, oldest first, at most the last 200 things."""

    items: list[LineOut]


@router.get("/tickets/{number:int}/links", response_model=Links, tags=["links"])
async def list_links(call: ReadsTickets, number: Number) -> Response:
    """List the links of a ticket."""
    return await call.show(lambda s, by: _links(s, by, number))


@router.post("/tickets/{number:int}/links", response_model=Links, status_code=201, tags=["links"])
async def add_link(call: WritesTickets, number: Number, body: wishes.LinkNew) -> Response:
    """Link a ticket to another; twice the same is one link."""

    def work(s: Session, by: Actor) -> Answer:
        links.add(s, by, number, body.kind, body.other)
        return _links(s, by, number, status=201)

    return await call.act(_matched(call, number, work))


@router.delete("/tickets/{number:int}/links/{link}", status_code=204, tags=["links"])
async def remove_link(call: WritesTickets, number: Number, link: Key) -> Response:
    """Take a link away."""
    work = _matched(call, number, lambda s, by: links.remove(s, by, number, link))
    return await call.do(work)


@router.post(
    "/tickets/{number:int}/external-links", response_model=Links, status_code=201, tags=["links"]
)
async def add_external_link(
    call: WritesTickets, number: Number, body: wishes.ExternalLinkNew
) -> Response:
    """Note an address outside on a ticket; only http and https."""

    def work(s: Session, by: Actor) -> Answer:
        links.add_external(s, by, number, body.url, body.title)
        return _links(s, by, number, status=201)

    return await call.act(_matched(call, number, work))


@router.delete("/tickets/{number:int}/external-links/{link}", status_code=204, tags=["links"])
async def remove_external_link(call: WritesTickets, number: Number, link: Key) -> Response:
    """Take an address outside away."""
    work = _matched(call, number, lambda s, by: links.remove_external(s, by, number, link))
    return await call.do(work)


@router.get("/tickets/{number:int}/history", response_model=History, tags=["tickets"])
async def list_history(call: ReadsTickets, number: Number) -> Response:
    """List what happened to a ticket, as far as one may know it."""

    def work(s: Session, by: Actor) -> Answer:
        return Answer(content=History(items=[_line(x) for x in history.of(s, by, number)]))

    return await call.show(work)


def _matched(call: Call, number: int, work: Work[R]) -> Work[R]:
    """Return work that is done only to the version of the ticket that If-Match names."""

    def matched(s: Session, by: Actor) -> R:
        call.check_match(tag_of(tickets.get(s, by, number).version))
        return work(s, by)

    return matched


def _links(s: Session, by: Actor, number: int, *, status: int = 200) -> Answer:
    inside, outside = ticket_view.links_of(s, by, number)
    shown = Links(
        items=[
            LinkOut(
                id=link.link_id,
                kind=link.kind,
                is_outward=link.is_outward,
                number=link.number,
                title=link.title,
                status=link.status,
            )
            for link in inside
        ],
        external=[ExternalLinkOut(id=link.id, url=link.url, title=link.title) for link in outside],
    )
    return Answer(content=shown, status=status)


def _line(line: history.HistoryLine) -> LineOut:
    return LineOut(
        id=line.event_id,
        at=line.at,
        actor=line.actor,
        sentence=line.sentence,
        changes=[
            ChangeOut(field=change.field, before=change.before, after=change.after)
            for change in line.changes
        ],
        is_internal=line.is_internal,
    )
