"""`GET /stats`: its shape, its periods, its filters, its refusals (docs/statistics.md)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from data import clock, db
from data.models import Category, Role, Status, Team, User
from services import assignment, creation, sessions, transitions
from services.creation import NewTicket
from services.tokens import Scope
from tests.callers import Caller, Callers
from tests.conftest import People

MARCH = datetime(2026, 3, 31, 21, 30, tzinfo=UTC)  # half past eleven in Paris, the last evening
APRIL = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
NO_TIME = {"n": 0, "mean": None, "median": None, "p90": None}


def opened(people: People, at: datetime, **more: Any) -> int:
    with clock.at(at):
        new = NewTicket(title="Souris", **more)
        return db.write(lambda s: creation.create(s, people.diane, new).number)


async def asked(caller: Caller, **query: str) -> dict[str, Any]:
    answer = await caller.get("/stats", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def created(caller: Caller, **query: str) -> int:
    number: int = (await asked(caller, **query))["all"]["created"]
    return number


async def test_an_empty_set_is_nulls(callers: Callers) -> None:
    figures = (await asked(callers.chloe))["all"]

    assert figures == {
        "created": 0,
        "resolved": 0,
        "closed": 0,
        "backlog": 0,
        "late": 0,
        "resolution_hours": NO_TIME,
        "resolution_business_hours": NO_TIME,
        "closing_hours": NO_TIME,
        "acceptance_hours": NO_TIME,
        "acceptance_business_hours": NO_TIME,
        "first_response_hours": NO_TIME,
        "first_response_business_hours": NO_TIME,
        "sla": {"n": 0, "made": 0, "share": None},
        "first_contact": 0,
        "reassignments": {"mean": None, "tickets": 0, "max": None},
        "reopened": {"tickets": 0, "times": 0},
        "satisfaction": {"n": 0, "mean": None},
    }


async def test_all_and_each_value(people: People, callers: Callers) -> None:
    number = opened(people, MARCH, urgency="urgent")
    opened(people, APRIL)
    with clock.at(APRIL):
        db.write(lambda s: transitions.move(s, people.diane, number, Status.RESOLVED).number)

    found = await asked(callers.bruno, by="urgency")

    assert found["all"]["created"] == 2
    assert found["all"]["resolution_hours"] == {"n": 1, "mean": 1, "median": 1, "p90": 1}
    assert list(found["by"]) == ["normal", "urgent"]
    assert found["by"]["urgent"]["resolved"] == 1
    assert (await asked(callers.bruno))["by"] == {}


async def test_periods_are_whole_days_or_instants(people: People, callers: Callers) -> None:
    opened(people, MARCH)
    opened(people, APRIL)
    for query, number in (
        ({"from": "2026-04-01"}, 1),
        ({"to": "2026-03-31"}, 1),
        ({"from": "2026-03-31", "to": "2026-04-01"}, 2),
        ({"from": "2026-03-31", "to": "2026-03-31"}, 1),
        ({"from": "2026-03-31T21:30:00Z", "to": "2026-03-31T22:30:00Z"}, 1),  # the end is not in it
        ({"from": "2026-04-01T00:30:00+02:00"}, 1),
        ({"from": "2026-04-01T00:30:00"}, 1),  # of Paris
        ({"from": "2026-04-01T00:30:01.5"}, 0),
        ({"from": "2026-04-01T00:30:00 02:00"}, 1),  # as a + arrives that was not encoded
        ({"from": "2026-03-31T23:00:00Z", "to": "2026-03-31T23:00:00Z"}, 0),
    ):
        assert await created(callers.chloe, **query) == number, query


async def test_filters_narrow_together(s: Session, people: People, callers: Callers) -> None:
    s.add_all([root := Category(name="Matériel", path="Matériel")])
    s.flush()
    s.add(leaf := Category(name="Écran", path="Matériel › Écran", parent_id=root.id))
    s.commit()
    team = min(people.bruno.team_ids)
    number = opened(people, MARCH, team_id=team, category_id=leaf.id, impact="high")
    opened(people, MARCH, urgency="low", channel="phone", type="request")
    db.write(lambda s: assignment.assign(s, people.diane, number, lead_id=people.bruno.id).number)

    for query in (
        {"team": str(team)},
        {"team": "none"},
        {"technician": str(people.bruno.id)},
        {"technician": "none"},
        {"category": str(root.id)},
        {"category": str(leaf.id)},
        {"type": "request"},
        {"channel": "phone,email"},
        {"urgency": "low"},
        {"impact": "high"},
        {"priority": "high"},
        {"status": "in_progress"},
    ):
        assert await created(callers.chloe, **query) == 1, query
    assert await created(callers.chloe, team=str(team), technician="none") == 0
    assert await created(callers.chloe, team=f"{team},none") == 2
    assert await created(callers.chloe, department="none") == 2
    assert await created(callers.chloe, team="4711") == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("from", "gestern"),
        ("from", "2026-02-30"),
        ("from", "1772323200"),
        ("from", "0001-01-01"),
        ("to", "9999-12-31"),
        ("to", "2026-03-01T25:00:00Z"),
        ("to", "2026-W10"),
        ("to", "x" * 50),
        ("by", "colour"),
        ("team", "0"),
        ("technician", "me; drop table"),
        ("category", "none"),
        ("priority", "p1"),
        ("colour", "red"),
    ],
)
async def test_what_is_wrong_is_named(callers: Callers, field: str, value: str) -> None:
    answer = await callers.chloe.get("/stats", params={field: value})

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [error["field"].split(".")[0] for error in answer.json()["errors"]] == [field]


async def test_an_end_before_the_beginning_is_refused(callers: Callers) -> None:
    answer = await callers.chloe.get("/stats", params={"from": "2026-04-02", "to": "2026-03-31"})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["to"]


async def test_figures_are_for_staff_with_the_scope(people: People, callers: Callers) -> None:
    assert (await callers.alice.get("/stats")).status_code == 403
    assert (await callers.anonymous.get("/stats")).status_code == 401
    reader = callers.with_token(people.chloe, Scope.TICKETS_READ)
    assert (await reader.get("/stats")).json()["code"] == "scope_missing"
    grafana = callers.with_token(people.chloe, Scope.STATS_READ)
    assert (await grafana.get("/stats")).status_code == 200


async def test_who_sees_only_their_teams_learns_of_no_other(
    s: Session, people: People, callers: Callers
) -> None:
    gaston = User(name="Gaston", email="gaston@exemple.fr", role=Role.TECHNICIAN)
    s.add_all([gaston, team := Team(name="Postes", sees_only_own=True, members=[gaston])])
    s.commit()
    opened(people, MARCH, team_id=min(people.bruno.team_ids))
    other = callers.with_token(sessions.actor_of(s, gaston.id))

    found = await asked(other, by="team")

    assert (found["all"]["created"], found["by"]) == (0, {})
    opened(people, MARCH, team_id=team.id)
    assert list((await asked(other, by="team"))["by"]) == ["Postes"]
    assert (await asked(other, by="team", team="none"))["by"] == {}
