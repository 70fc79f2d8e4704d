"""Teams and categories."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from integrations.api import shapes, wishes
from integrations.api.call import Answer, ReadsOrganisation, WritesOrganisation, tagged
from integrations.api.fields import Key
from integrations.api.shapes import CategoryOut, TeamOut
from services import categories, teams
from services.permissions import Action, Actor, allows

router = APIRouter()


class Teams(BaseModel):
    """The teams, by name."""

    items: list[TeamOut]


class Categories(BaseModel):
    """The categories in the order of the tree; administrators also see what is switched off."""

    items: list[CategoryOut]


@router.get("/teams", response_model=Teams, tags=["teams"])
async def list_teams(call: ReadsOrganisation) -> Response:
    """List the teams with their members; for staff."""

    def work(s: Session, by: Actor) -> Answer:
        return Answer(content=Teams(items=[shapes.team(team, by) for team in teams.all(s, by)]))

    return await call.show(work)


@router.post("/teams", response_model=TeamOut, status_code=201, tags=["teams"])
async def create_team(call: WritesOrganisation, body: wishes.TeamNew) -> Response:
    """Create a team; for administrators."""

    def work(s: Session, by: Actor) -> Answer:
        return _team(s, by, teams.create(s, by, **_inside(body.model_dump())).id, status=201)

    return await call.act(work)


@router.get("/teams/{team}", response_model=TeamOut, tags=["teams"])
async def get_team(call: ReadsOrganisation, team: Key) -> Response:
    """Get a team with its members; for staff."""
    return await call.show(lambda s, by: _team(s, by, team))


@router.patch("/teams/{team}", response_model=TeamOut, tags=["teams"])
async def change_team(call: WritesOrganisation, team: Key, body: wishes.TeamChange) -> Response:
    """Change a team; for administrators."""

    def work(s: Session, by: Actor) -> Answer:
        call.check_match(_team(s, by, team).tag)
        teams.edit(s, by, team, **_inside(body.given()))
        return _team(s, by, team)

    return await call.act(work)


@router.get("/categories", response_model=Categories, tags=["categories"])
async def list_categories(call: ReadsOrganisation) -> Response:
    """List the categories."""

    def work(s: Session, by: Actor) -> Answer:
        is_managing = allows(by, Action.CATEGORY_MANAGE)
        found = categories.tree(s, by) if is_managing else categories.offered(s)
        return Answer(content=Categories(items=[shapes.category(row) for row in found]))

    return await call.show(work)


@router.post("/categories", response_model=CategoryOut, status_code=201, tags=["categories"])
async def create_category(call: WritesOrganisation, body: wishes.CategoryNew) -> Response:
    """Create a category; for administrators."""

    def work(s: Session, by: Actor) -> Answer:
        made = categories.create(s, by, **_inside(body.model_dump()))
        return _category(s, by, made.id, status=201)

    return await call.act(work)


@router.get("/categories/{category}", response_model=CategoryOut, tags=["categories"])
async def get_category(call: ReadsOrganisation, category: Key) -> Response:
    """Get a category."""
    return await call.show(lambda s, by: _category(s, by, category))


@router.patch("/categories/{category}", response_model=CategoryOut, tags=["categories"])
async def change_category(
    call: WritesOrganisation, category: Key, body: wishes.CategoryChange
) -> Response:
    """Change a category; what is below moves along."""

    def work(s: Session, by: Actor) -> Answer:
        call.check_match(_category(s, by, category).tag)
        categories.edit(s, by, category, **_inside(body.given()))
        return _category(s, by, category)

    return await call.act(work)


def _team(s: Session, by: Actor, team_id: int, *, status: int = 200) -> Answer:
    return tagged(shapes.team(teams.get(s, by, team_id), by), status=status)


def _category(s: Session, by: Actor, category_id: int, *, status: int = 200) -> Answer:
    return tagged(shapes.category(categories.get(s, by, category_id)), status=status)


def _inside(values: dict[str, Any]) -> dict[str, Any]:
    inside = {"members": "member_ids", "parent": "parent_id", "team": "team_id"}
    return {inside.get(name, name): value for name, value in values.items()}
