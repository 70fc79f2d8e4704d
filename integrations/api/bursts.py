"""Bursts: several similar tickets within minutes, as far as staff may see their tickets."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from integrations.api.call import Answer, ReadsTickets, WritesTickets
from integrations.api.fields import Key
from services import bursts
from services.bursts import Sight
from services.permissions import Action, Actor, require

router = APIRouter(tags=["bursts"])


class FirstOut(BaseModel):
    """One of the first tickets of a burst."""

    number: int
    title: str


class BurstOut(BaseModel):
    """Similar tickets that came within some minutes; `GET /tickets?burst=` lists them all."""

    id: int
    name: str = Field(description="One of its titles.")
    tickets: int = Field(description="That one may see, without the deleted and cancelled.")
    minutes: int = Field(description="From the first to the last.")
    first: list[FirstOut]


class BurstList(BaseModel):
    """The bursts that go on, the newest first."""

    items: list[BurstOut]


@router.get("/bursts", response_model=BurstList)
async def list_bursts(call: ReadsTickets) -> Response:
    """List the bursts that go on and that one has not hidden; for staff."""

    def work(s: Session, by: Actor) -> Answer:
        require(by, Action.QUEUE_SEE)
        items = [_shown(sight) for sight in bursts.current(s, by)]
        return Answer(content=BurstList(items=items))

    return await call.show(work)


@router.post("/bursts/{burst:int}/hide", status_code=204)
async def hide_burst(call: WritesTickets, burst: Key) -> Response:
    """Show a burst to oneself no more; hidden before, it stays so."""
    return await call.do(lambda s, by: bursts.hide(s, by, burst))


def _shown(sight: Sight) -> BurstOut:
    return BurstOut(
        id=sight.id,
        name=sight.name,
        tickets=sight.tickets,
        minutes=sight.minutes,
        first=[FirstOut(number=number, title=title) for number, title in sight.first],
    )
