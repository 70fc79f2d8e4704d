"""`GET /stats/…`: what happened in a period, and the tickets behind each figure."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from data import clock, db
from data.models import Membership, Status, Team
from services import assignment, creation, sessions, transitions
from services.creation import NewTicket
from services.tokens import Scope
from tests.callers import Caller, Callers
from tests.conftest import People

FIRST = datetime(2026, 3, 2, 9, tzinfo=UTC)  # Monday, 10:00 in Paris
DAY = timedelta(days=1)
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
ALL = ("headline", "trend", "distribution", "heat", "ages", "compliance", "tickets")


@pytest.fixture
def numbers(people: People) -> list[int]:
    """Four tickets of March, a day apart; the first two resolved after two hours, in a team."""
    team = min(people.bruno.team_ids)
    found = []
    for days in range(4):
        with clock.at(FIRST + days * DAY):
            new = NewTicket(title=f"Souris {days}", team_id=team if days < 2 else None)
            found.append(db.write(lambda s, n=new: creation.create(s, people.diane, n).number))  # type: ignore[misc] # its own
    for number in found[:2]:
        with clock.at(FIRST + (found.index(number) * 24 + 2) * timedelta(hours=1)):
            db.write(lambda s, n=number: transitions.move(s, people.diane, n, Status.RESOLVED))  # type: ignore[misc] # its own
    return found


async def asked(caller: Caller, path: str, **query: str) -> dict[str, Any]:
    answer = await caller.get(f"/stats/{path}", params={**MARCH, **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def behind(caller: Caller, **query: str) -> list[int]:
    found = await asked(caller, "tickets", **query)
    shown = [item["number"] for item in found["items"]]
    assert found["total"] == len(shown)
    return shown


async def test_the_headline_has_both_periods(callers: Callers, numbers: list[int]) -> None:
    found = await asked(callers.chloe, "headline")

    assert found["period"] == {"first": "2026-03-01", "last": "2026-03-31"}
    assert found["period_before"] == {"first": "2026-02-01", "last": "2026-02-28"}
    now = found["now"]
    assert (now["created"], now["resolved"], now["net_flow"], now["backlog"]) == (4, 2, 2, 2)
    assert now["resolution_hours"] == {"n": 2, "mean": 2, "median": 2, "p90": 2}
    assert now["reassignments"] == {"mean": 0, "tickets": 0, "max": 0}
    assert found["before"]["resolution_hours"]["median"] is None
    assert (found["change"]["created"], found["change"]["resolution_median"]) == (4, None)
    assert found["gone"] == []


async def test_each_chart_has_its_shape(callers: Callers, numbers: list[int]) -> None:
    chloe = callers.chloe

    trend = await asked(chloe, "trend", step="week")
    spread = await asked(chloe, "distribution", by="team", duration="resolution")
    heat = (await asked(chloe, "heat"))["created"]
    ages = await asked(chloe, "ages", by="team")
    kept = await asked(chloe, "compliance", by="team")

    weeks = [(p["first"], p["created"], p["resolved"], p["backlog"]) for p in trend["points"]]
    assert weeks[:2] == [("2026-03-01", 0, 0, 0), ("2026-03-02", 4, 2, 2)]
    assert (trend["step"], len(weeks)) == ("week", 6)
    assert [part["value"] for part in spread["by"]] == ["Réseau"]
    assert spread["all"] == dict.fromkeys(("n", "mean", "low", "q1", "median", "q3", "high"), 2)
    assert [(b["begin"], b["count"]) for b in spread["bins"] if b["count"]] == [(1, 2)]
    assert [row[10] for row in heat] == [1, 1, 1, 1, 0, 0, 0]
    assert (ages["all"], [part["key"] for part in ages["by"]]) == ([0, 0, 0, 2], ["none"])
    assert len((await asked(chloe, "compliance", step="month"))["parts"]) == 1
    assert kept["all"]["n"] == sum(part["sla"]["n"] for part in kept["parts"])


async def test_behind_each_mark_are_its_tickets(
    people: People, callers: Callers, numbers: list[int]
) -> None:
    first, second, third, fourth = numbers
    team = str(min(people.bruno.team_ids))

    for query, expected in (
        ({}, [fourth, third, second, first]),
        ({"measure": "resolved"}, [second, first]),
        ({"measure": "backlog"}, [fourth, third]),
        ({"measure": "backlog", "on": "2026-03-02"}, []),
        ({"measure": "backlog", "on": "2026-03-04"}, [third]),
        ({"on": "2026-W10"}, [fourth, third, second, first]),
        ({"on": "2026-W11"}, []),
        ({"on": "2026-03"}, [fourth, third, second, first]),
        ({"weekday": "tue", "hour": "10"}, [second]),
        ({"by": "team", "value": team}, [second, first]),
        ({"by": "team", "value": "none"}, [fourth, third]),
        ({"by": "team", "value": "4711"}, []),
        ({"measure": "backlog", "age": "3"}, [fourth, third]),
        ({"duration": "resolution", "bin": "1"}, [second, first]),
        ({"duration": "resolution", "bin": "0"}, []),
        ({"reached": "resolved"}, [second, first]),
        ({"reached": "resolved", "by": "channel", "value": "phone"}, []),
    ):
        assert await behind(callers.chloe, **query) == expected, query


async def test_a_long_list_comes_page_by_page(callers: Callers, numbers: list[int]) -> None:
    page = await asked(callers.chloe, "tickets", limit="3")
    rest = await asked(callers.chloe, "tickets", limit="3", cursor=page["next"])

    shown = [item["number"] for item in [*page["items"], *rest["items"]]]
    assert shown == sorted(numbers, reverse=True)
    assert (page["total"], rest["total"], rest["next"]) == (4, 4, None)


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("headline", "period", "fortnight"),
        ("headline", "from", "2026-02-30"),
        ("headline", "to", "2026-02-28"),
        ("headline", "colour", "red"),
        ("trend", "step", "hour"),
        ("distribution", "duration", "lunch"),
        ("ages", "by", "colour"),
        ("tickets", "measure", "loved"),
        ("tickets", "on", "2026-W60"),
        ("tickets", "on", "2026-05-01"),
        ("tickets", "weekday", "moonday"),
        ("tickets", "hour", "24"),
        ("tickets", "cursor", "x"),
    ],
)
async def test_what_is_wrong_is_named(callers: Callers, path: str, field: str, value: str) -> None:
    query = MARCH | {field: value}
    if field == "period":
        query = {field: value}

    answer = await callers.chloe.get(f"/stats/{path}", params=query)

    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_bin_is_of_a_duration(callers: Callers) -> None:
    answer = await callers.chloe.get("/stats/tickets", params={**MARCH, "bin": "1"})

    assert [error["field"] for error in answer.json()["errors"]] == ["duration"]


async def test_what_was_deleted_meanwhile_is_named(callers: Callers, numbers: list[int]) -> None:
    for path in set(ALL) - {"tickets"}:
        assert (await asked(callers.chloe, path, team="4711"))["gone"] == ["team"]
    assert (await asked(callers.chloe, "headline", team="4711"))["now"]["created"] == 0
    assert await behind(callers.chloe, team="4711") == []


async def test_lists_need_the_scope_of_tickets_too(people: People, callers: Callers) -> None:
    for path in ALL:
        assert (await callers.alice.get(f"/stats/{path}")).status_code == 403
        assert (await callers.anonymous.get(f"/stats/{path}")).status_code == 401
    grafana = callers.with_token(people.chloe, Scope.STATS_READ)
    reader = callers.with_token(people.chloe, Scope.TICKETS_READ)
    assert (await grafana.get("/stats/headline")).status_code == 200
    assert (await grafana.get("/stats/tickets")).json()["code"] == "scope_missing"
    assert (await reader.get("/stats/tickets")).json()["code"] == "scope_missing"


async def test_who_is_limited_to_teams_learns_of_no_other(
    s: Session, people: People, callers: Callers, numbers: list[int]
) -> None:
    team = s.get_one(Team, min(people.bruno.team_ids))
    team.sees_only_own = True
    s.add(Membership(user_id=people.chloe.id, team_id=team.id))
    s.commit()

    for by in (people.bruno, people.chloe):
        limited = callers.with_token(sessions.actor_of(s, by.id))
        assert (await asked(limited, "headline"))["now"]["created"] == 2
        assert sum(p["created"] for p in (await asked(limited, "trend"))["points"]) == 2
        assert sum(map(sum, (await asked(limited, "heat"))["created"])) == 2
        assert (await asked(limited, "ages"))["all"] == [0, 0, 0, 0]
        assert await behind(limited) == numbers[1::-1]
        assert await behind(limited, by="team", value="none") == []


async def test_technicians_find_no_other_person_behind_a_mark(
    s: Session, people: People, callers: Callers, numbers: list[int]
) -> None:
    for number, lead in zip(numbers, (people.bruno, people.diane), strict=False):
        db.write(
            lambda s, n=number, who=lead.id: assignment.assign(s, people.diane, n, lead_id=who)  # type: ignore[misc] # its own
        )

    mine = {"by": "technician", "value": str(people.bruno.id)}
    theirs = {"by": "technician", "value": str(people.diane.id)}
    others = {"by": "technician", "value": str(-min(people.bruno.team_ids))}

    assert await behind(callers.bruno, **mine) == [numbers[0]]
    assert await behind(callers.bruno, **theirs) == []
    assert await behind(callers.bruno, **others) == [numbers[1]]
    assert await behind(callers.chloe, **theirs) == [numbers[1]]
    refused = await callers.bruno.get("/stats/headline", params={"technician": people.diane.id})
    assert refused.status_code == 403
