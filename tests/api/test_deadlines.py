"""Deadlines through the API: policies, why a ticket is due, accepting and refusing."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from data.models import Ticket
from services import assignment, calendars
from tests.callers import Callers
from tests.conftest import People
from tests.promises import calendar, opened, policy

ALWAYS = {"hours": "always", "name": "Astreinte"}


async def test_a_policy_is_made_read_changed_ordered_and_removed(
    s: Session, people: People, callers: Callers
) -> None:
    diane = callers.diane
    calendars.default(s)
    s.commit()

    made = await diane.post("/policies", json={"name": "Urgences", "resolve_minutes": 240})

    assert made.status_code == 201, made.text
    one = made.json()
    assert one == {
        "id": one["id"],
        "name": "Urgences",
        "position": 0,
        "is_active": True,
        "calendar": one["calendar"],
        "team": None,
        "category": None,
        "priority": None,
        "type": None,
        "accept_minutes": None,
        "first_response_minutes": None,
        "resolve_minutes": 240,
        "remind_minutes": 60,
        "raises_priority": False,
        "escalation_team": None,
        "returns_unaccepted": True,
    }
    path = f"/policies/{one['id']}"
    team = min(people.bruno.team_ids)
    wish = {"team": team, "priority": "urgent", "resolve_minutes": None, "escalation_team": team}
    changed = await diane.patch(path, json=wish, headers={"If-Match": made.headers["ETag"]})
    assert changed.status_code == 200, changed.text
    assert {name: changed.json()[name] for name in wish} == wish
    stale = await diane.patch(path, json={"name": "x"}, headers={"If-Match": made.headers["ETag"]})
    assert stale.status_code == 412
    second = (await diane.post("/policies", json={"name": "Le reste"})).json()
    ordered = await diane.post("/policies/order", json={"policies": [second["id"]]})
    assert [item["name"] for item in ordered.json()["items"]] == ["Le reste", "Urgences"]
    assert (await diane.get("/policies")).json() == ordered.json()
    assert (await diane.delete(path)).status_code == 204
    assert (await diane.get(path)).status_code == 404


async def test_what_cannot_be_promised_is_named(s: Session, callers: Callers) -> None:
    calendars.default(s)
    s.commit()

    for wish, field in (
        ({"resolve_minutes": 0}, "resolve_minutes"),
        ({"accept_minutes": 10**9}, "accept_minutes"),
        ({"calendar": 10**6}, "calendar"),
        ({"team": 10**6}, "team"),
        ({"priority": "severe"}, "priority"),
    ):
        answer = await callers.diane.post("/policies", json={"name": "x", **wish})
        assert answer.status_code == 422, answer.text
        assert field in [error["field"] for error in answer.json()["errors"]]


async def test_whoever_sees_a_ticket_learns_why_it_is_due(
    s: Session, people: People, callers: Callers
) -> None:
    hours = calendar(s, people.diane, **ALWAYS).id
    policy(s, people.diane, calendar_id=hours, resolve_minutes=240)
    ticket = opened(s, people.alice)

    answer = await callers.alice.get(f"/tickets/{ticket.number}/deadlines")

    found = {item["target"]: item for item in answer.json()["items"]}
    assert list(found) == ["accept", "first_response", "resolve"]
    assert (found["accept"]["due_at"], found["accept"]["segments"]) == (None, [])
    resolve = found["resolve"]
    assert (resolve["policy"], resolve["calendar"]) == ("Standard", "Astreinte")
    assert (resolve["promised_minutes"], resolve["counted_minutes"]) == (240, 240)
    assert resolve["used_minutes"] == 0
    start = datetime.fromisoformat(resolve["start"])
    assert datetime.fromisoformat(resolve["due_at"]) == start + timedelta(hours=4)
    assert [segment["kind"] for segment in resolve["segments"]] == ["counted"]
    stranger = await callers.driss.get(f"/tickets/{ticket.number}/deadlines")
    assert stranger.status_code == 404


async def test_a_ticket_is_accepted_and_refused(
    s: Session, people: People, callers: Callers, ticket: Ticket
) -> None:
    path = f"/tickets/{ticket.number}"
    assignment.assign(s, people.diane, ticket.number, lead_id=people.bruno.id)
    s.commit()

    unsaid = await callers.bruno.post(f"{path}/refuse", json={"reason": " "})
    refused = await callers.bruno.post(f"{path}/refuse", json={"reason": "En congé"})
    again = await callers.bruno.post(f"{path}/accept")

    assert [error["field"] for error in unsaid.json()["errors"]] == ["reason"]
    assert (refused.status_code, refused.json()["lead"]) == (200, None)
    assert again.status_code == 403
    assignment.assign(s, people.diane, ticket.number, lead_id=people.bruno.id)
    s.commit()
    accepted = await callers.bruno.post(f"{path}/accept")
    assert accepted.json()["lead"]["id"] == people.bruno.id
    assert accepted.json()["accepted_at"] is not None
