"""Teams: the administrator forms them, staff choose among them."""

# ruff: noqa: ARG005, PLW0108 - every act of a table takes the same arguments

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Event, Team
from services import choices, sessions, teams, users
from services.errors import Invalid, NotAllowed, NotFound
from services.words import speaking
from tests.conftest import People, Queries


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe", "driss"])
@pytest.mark.parametrize(
    "act",
    [
        lambda s, by, team: teams.create(s, by, name="Postes"),
        lambda s, by, team: teams.edit(s, by, team, member_ids=[by.id]),
        lambda s, by, team: teams.deactivate(s, by, team),
    ],
)
def test_only_administrators_form_teams(
    s: Session, people: People, who: str, act: Callable[..., object]
) -> None:
    team_id = min(people.bruno.team_ids)

    with pytest.raises(NotAllowed):
        act(s, getattr(people, who), team_id)

    s.commit()
    assert s.scalars(select(Team.name).where(Team.is_active)).all() == ["Réseau"]
    assert s.scalars(select(Event)).all() == []


def test_requesters_see_no_teams(s: Session, people: People) -> None:
    for look in (teams.all, teams.options):
        with pytest.raises(NotAllowed):
            look(s, people.driss)


def test_diane_forms_a_team(s: Session, people: People) -> None:
    team = teams.create(
        s, people.diane, name=" Postes  de travail", description="PC", sees_only_own=True,
        member_ids=[people.bruno.id, people.diane.id],
    )  # fmt: skip

    s.commit()
    assert team.name == "Postes de travail"
    assert team.id in sessions.actor_of(s, people.bruno.id).team_ids
    event = s.scalars(select(Event)).one()
    assert (event.kind, event.subject) == ("team.created", f"team:{team.id}")
    assert event.details["changes"]["member_ids"] == [
        [],
        sorted([people.bruno.id, people.diane.id]),
    ]


def test_members_are_replaced_and_recorded(s: Session, people: People) -> None:
    team_id = min(people.bruno.team_ids)
    s.expunge_all()

    teams.edit(s, people.diane, team_id, member_ids=[people.diane.id], description="Câbles")

    s.commit()
    assert sessions.actor_of(s, people.bruno.id).team_ids == frozenset()
    details = s.scalars(select(Event)).one().details
    assert details["changes"] == {"member_ids": [[people.bruno.id], [people.diane.id]]}
    assert details["fields"] == ["description"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "RÉSEAU"}, "name"),
        ({"member_ids": [999_999]}, "member_ids"),
        ({"id": 7}, "id"),
        ({"created_at": None}, "created_at"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(
    s: Session, people: People, values: dict[str, object], field: str
) -> None:
    team = teams.create(s, people.diane, name="Postes")
    s.commit()

    with pytest.raises(Invalid) as refused:
        teams.edit(s, people.diane, team.id, **values)

    assert set(refused.value.problems) == {field}
    s.commit()
    assert s.get_one(Team, team.id).name == "Postes"


def test_an_inactive_team_is_not_offered(s: Session, people: People) -> None:
    network = min(people.bruno.team_ids)
    posts = teams.create(s, people.diane, name="Postes")

    teams.deactivate(s, people.diane, network)
    teams.deactivate(s, people.diane, network)

    assert teams.options(s, people.bruno) == [(posts.id, "Postes")]
    assert [t.name for t in teams.all(s, people.diane)] == ["Postes", "Réseau"]
    assert [t.name for t in teams.all(s, people.chloe, active_only=True)] == ["Postes"]
    edited = s.scalars(select(Event).where(Event.kind == "team.edited")).all()
    assert [event.details["changes"] for event in edited] == [{"is_active": [True, False]}]


def test_members_come_without_a_query_each(s: Session, people: People, queries: Queries) -> None:
    teams.create(s, people.diane, name="Postes", member_ids=[people.bruno.id])
    s.commit()
    s.expunge_all()
    queries.statements.clear()

    found = teams.all(s, people.diane)

    assert [m.name for team in found for m in team.members] == ["Bruno", "Bruno"]
    assert sum(q.startswith("SELECT") for q in queries.statements) == 2


def test_nobody_s_team_is_not_found(s: Session, people: People) -> None:
    with pytest.raises(NotFound):
        teams.edit(s, people.diane, 999_999, name="x")


def test_what_is_switched_off_agrees_in_french(s: Session, people: People) -> None:
    team_id = min(people.bruno.team_ids)
    teams.deactivate(s, people.diane, team_id)
    users.deactivate(s, people.diane, people.bruno.id)

    with speaking("fr"):
        offered = choices.offered(s, people.chloe, with_idle=True)

    assert offered.teams == [(team_id, "Réseau (désactivée)")]
    assert (people.bruno.id, "Bruno (compte désactivé)") in offered.repairers
