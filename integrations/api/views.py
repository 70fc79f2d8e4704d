"""Saved views: a filter and an order under a name, one’s own or shared with a team."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from data.models import SavedView
from integrations.api import wishes
from integrations.api.call import Answer, ReadsTickets, WritesTickets
from integrations.api.fields import Key
from services import views
from services.permissions import Actor

router = APIRouter(tags=["views"])

_NAMES = {
    "team": "team_id",
    "filter": "asked",
    "reverse": "is_reversed",
}  # what fields of ours are called inside


class ViewOut(BaseModel):
    """A view; `filter` holds what its list is narrowed to, `team` whom it is shared with."""

    id: int
    name: str
    filter: dict[str, str]
    sort: str
    reverse: bool
    team: int | None
    owner: int
    created_at: datetime


class Views(BaseModel):
    """One’s own views and those shared with one’s teams, in their order."""

    items: list[ViewOut]


@router.get("/views", response_model=Views)
async def list_views(call: ReadsTickets) -> Response:
    """List one’s own views and those shared with one’s teams; for staff."""

    def work(s: Session, by: Actor) -> Answer:
        return Answer(content=Views(items=[_shown(view) for view in views.mine(s, by)]))

    return await call.show(work)


@router.post("/views", response_model=ViewOut, status_code=201)
async def create_view(call: WritesTickets, body: wishes.ViewNew) -> Response:
    """Keep a view, after one’s others."""

    def work(s: Session, by: Actor) -> Answer:
        values = body.model_dump(exclude={"filter", "team"})
        made = views.create(s, by, asked=_plain(body.filter), team_id=body.team, **values)
        return Answer(content=_shown(made), status=201)

    return await call.act(work)


@router.patch("/views/{view}", response_model=ViewOut)
async def change_view(call: WritesTickets, view: Key, body: wishes.ViewChange) -> Response:
    """Rename a view of one’s own, share it, or keep another filter or order."""

    def work(s: Session, by: Actor) -> Answer:
        given = body.model_dump(exclude_unset=True)
        if "filter" in given:
            given["filter"] = _plain(body.filter)
        values: dict[str, Any] = {_NAMES.get(name, name): value for name, value in given.items()}
        return Answer(content=_shown(views.edit(s, by, view, **values)))

    return await call.act(work)


@router.delete("/views/{view}", status_code=204)
async def delete_view(call: WritesTickets, view: Key) -> Response:
    """Forget a view of one’s own, also for whom it was shared with."""
    return await call.do(lambda s, by: views.delete(s, by, view))


def _plain(asked: wishes.ViewFilter) -> dict[str, str]:
    return {name: value for name, value in asked.model_dump().items() if value}


def _shown(view: SavedView) -> ViewOut:
    return ViewOut(
        id=view.id,
        name=view.name,
        filter={name: str(value) for name, value in view.asked.items()},
        sort=view.sort,
        reverse=view.is_reversed,
        team=view.team_id,
        owner=view.owner_id,
        created_at=view.created_at,
    )
