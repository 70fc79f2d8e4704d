"""Whose figures somebody sees: of which teams, and of which people by name (G19; product.md 2)."""

import pytest
from sqlalchemy.orm import Session

from data import db
from data.models import Membership, Role, Team, User
from services import creation, sessions, statistics
from services.creation import NewTicket
from services.dimensions import Dimension
from services.errors import NotAllowed
from services.permissions import Actor
from services.selections import EVERYTHING, Selection
from tests.conftest import People


@pytest.fixture
def led(s: Session, people: People) -> dict[str, int]:
    """Tickets led by Bruno, by Gaston in a team, by Gaston in none, by nobody; who and which."""
    gaston = User(name="Gaston", email="gaston@exemple.fr", role=Role.TECHNICIAN)
    s.add_all([gaston, Team(name="Postes", members=[gaston])])
    s.commit()
    network = min(people.bruno.team_ids)
    for lead_id, team_id in (
        (people.bruno.id, network),
        (gaston.id, network),
        (gaston.id, network),
        (gaston.id, None),
        (None, None),
    ):
        ticket = creation.create(s, people.diane, NewTicket(title="Souris", team_id=team_id))
        ticket.lead_id, ticket.team_id = lead_id, team_id
    s.commit()
    return {"gaston": gaston.id, "network": network}


def by_technician(by: Actor) -> dict[str, int]:
    found = db.read(lambda s: statistics.parts(s, by, EVERYTHING, Dimension.TECHNICIAN))
    whole = db.read(lambda s: statistics.overview(s, by).parts[Dimension.TECHNICIAN])
    assert [part.group for part in found] == [part.group for part in whole]
    return {part.group.value: part.figures.created for part in found}


def test_managers_see_people_technicians_themselves_and_teams(
    people: People, led: dict[str, int]
) -> None:
    named = {"Bruno": 1, "Gaston": 3, "none": 1}

    assert by_technician(people.chloe) == by_technician(people.diane) == named
    assert by_technician(people.bruno) == {"Bruno": 1, "others": 1, "Réseau": 2, "none": 1}


def test_technicians_narrow_to_nobody_but_themselves(people: People, led: dict[str, int]) -> None:
    def created(by: Actor, lead_id: int) -> int:
        wanted = Selection(lead_ids=frozenset({lead_id, 0}))
        return db.read(lambda s: statistics.summary(s, by, wanted)).created

    assert created(people.bruno, people.bruno.id) == 2
    assert created(people.chloe, led["gaston"]) == 4
    with pytest.raises(NotAllowed):
        created(people.bruno, led["gaston"])


def test_a_manager_limited_to_teams_sees_only_their_figures(
    s: Session, people: People, led: dict[str, int]
) -> None:
    team = s.get_one(Team, led["network"])
    team.sees_only_own = True
    s.add(Membership(user_id=people.chloe.id, team_id=team.id))
    s.commit()

    chloe, diane = (sessions.actor_of(s, by.id) for by in (people.chloe, people.diane))

    assert by_technician(chloe) == {"Bruno": 1, "Gaston": 2}
    assert by_technician(diane) == {"Bruno": 1, "Gaston": 3, "none": 1}
