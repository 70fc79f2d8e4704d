"""Teams: who works together, and whether its technicians see other teams’ tickets."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from data.models import Team, User
from services import checks, events
from services.accounts import checked
from services.errors import Invalid, NotFound
from services.permissions import Action, Actor, require
from services.words import N_


def all(s: Session, by: Actor, *, active_only: bool = False) -> list[Team]:  # noqa: A001
    """Return the teams by name with their members, for staff."""
    require(by, Action.QUEUE_SEE)
    query = select(Team).options(selectinload(Team.members)).order_by(Team.name)
    return list(s.scalars(query.where(Team.is_active) if active_only else query))


def options(s: Session, by: Actor) -> list[tuple[int, str]]:
    """Return (id, name) of the active teams by name, for staff."""
    require(by, Action.QUEUE_SEE)
    query = select(Team.id, Team.name).where(Team.is_active).order_by(Team.name)
    return [(row.id, row.name) for row in s.execute(query)]


def get(s: Session, by: Actor, team_id: int) -> Team:
    """Return one team with its members, for staff.

    Raises:
        NotFound.
    """
    require(by, Action.QUEUE_SEE)
    return _find(s, team_id)


def of(s: Session, by: Actor) -> list[tuple[int, str]]:
    """Return (id, name) of the active teams one is in oneself, by name."""
    query = select(Team.id, Team.name).where(Team.id.in_(by.team_ids)).order_by(Team.name)
    return [(row.id, row.name) for row in s.execute(query)]


def create(s: Session, by: Actor, /, *, name: str, **more: Any) -> Team:
    """Create a team; `more` takes the other fields of `edit`."""
    require(by, Action.TEAM_MANAGE)
    team = Team(name="", description="", sees_only_own=False, is_active=True, members=[])
    _change(s, team, {"name": name, **more})
    s.add(team)
    s.flush()
    changes = {"member_ids": [[], _state(team)["member_ids"]]}
    events.record(s, by, None, "team.created", subject=f"team:{team.id}", changes=changes)
    return team


def edit(s: Session, by: Actor, /, team_id: int, **values: Any) -> Team:
    """Change a team: name, description, sees_only_own, is_active, member_ids.

    Raises:
        Invalid: for each field that is wrong.
        NotFound: no such team.
    """
    require(by, Action.TEAM_MANAGE)
    team = _find(s, team_id)
    before = _state(team)
    _change(s, team, values)
    s.flush()
    events.record_edit(s, by, f"team:{team.id}", before, _state(team))
    return team


def deactivate(s: Session, by: Actor, team_id: int) -> Team:
    """Offer the team no more; its tickets keep it."""
    return edit(s, by, team_id, is_active=False)


def _find(s: Session, team_id: int) -> Team:
    query = select(Team).where(Team.id == team_id).options(selectinload(Team.members))
    team = s.scalar(query)
    if team is None:
        raise NotFound
    return team


def _change(s: Session, team: Team, values: dict[str, Any]) -> None:
    cleaned = checked(values, _FIELDS)
    if "name" in cleaned:
        _check_free(s, team, cleaned["name"])
    if "member_ids" in cleaned:
        team.members = _members(s, cleaned.pop("member_ids"))
    for field, value in cleaned.items():
        setattr(team, field, value)


def _check_free(s: Session, team: Team, name: str) -> None:
    with s.no_autoflush:
        rows = s.execute(select(Team.id, Team.name)).all()
    if any(row.name.casefold() == name.casefold() and row.id != team.id for row in rows):
        raise Invalid({"name": N_("There is already one with this name.")})


def _members(s: Session, ids: Collection[int]) -> list[User]:
    found = list(s.scalars(select(User).where(User.id.in_(ids)).order_by(User.name)))
    if len(found) != len(ids):
        raise Invalid({"member_ids": N_("Choose one of the values offered.")})
    return found


def _state(team: Team) -> dict[str, Any]:
    state = {field: getattr(team, field) for field in _FIELDS if field != "member_ids"}
    return state | {"member_ids": sorted(member.id for member in team.members)}


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "name": lambda v: checks.line("name", v, at_most=120, required=True),
    "description": lambda v: checks.line("description", v, at_most=500),
    "sees_only_own": bool,
    "is_active": bool,
    "member_ids": lambda v: {int(member_id) for member_id in v or ()},
}
