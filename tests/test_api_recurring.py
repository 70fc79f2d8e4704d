"""`GET /stats/recurring`: its shape, what narrows it, who may ask."""

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from data.models import Team, Ticket
from tests.callers import Callers
from tests.conftest import People
from tests.test_recurring import PRINTERS, grouped, written


async def test_problems_are_told_with_what_they_are_about(
    callers: Callers, s: Session, people: People
) -> None:
    numbers = written(s, people.alice, PRINTERS)
    written(s, people.alice, ["Badge perdu"])
    grouped(s, numbers)

    answer = await callers.chloe.get("/stats/recurring")

    found = answer.json()
    weeks = found["problems"][0].pop("weeks")
    assert (len(weeks), sum(weeks)) == (12, 3)
    assert found.pop("found_at")
    assert found == {
        "tickets": 4,
        "recurring": 3,
        "share": 0.75,
        "problems": [
            {
                "label": "Imprimante en panne",
                "size": 3,
                "before": 0,
                "categories": [{"category": None, "tickets": 3}],
                "examples": [
                    {"number": number, "title": title}
                    for number, title in zip(numbers, PRINTERS, strict=True)
                ],
                "numbers": numbers,
            }
        ],
    }


async def test_before_anybody_looked_there_are_none(callers: Callers) -> None:
    answer = await callers.chloe.get("/stats/recurring")

    assert answer.json() == {
        "tickets": 0,
        "recurring": 0,
        "share": None,
        "found_at": None,
        "problems": [],
    }


async def test_days_and_teams_narrow_them(callers: Callers, s: Session, people: People) -> None:
    team = Team(name="Impression")
    s.add(team)
    s.flush()
    old, new = written(s, people.alice, PRINTERS, days_ago=20), written(s, people.alice, PRINTERS)
    s.execute(update(Ticket).where(Ticket.number.in_(new)).values(team_id=team.id))
    s.commit()
    grouped(s, [*old, *new])

    async def sizes(**query: str) -> list[int]:
        answer = await callers.chloe.get("/stats/recurring", params=query)
        return [problem["size"] for problem in answer.json()["problems"]]

    assert await sizes() == [6]
    assert await sizes(days="10") == [3]
    assert await sizes(team=str(team.id)) == [3]
    assert await sizes(team=f"none,{team.id}") == [6]
    assert await sizes(team="9999") == []


@pytest.mark.parametrize(
    "query", [{"days": "0"}, {"days": "91"}, {"team": "x"}, {"limit": "51"}, {"colour": "red"}]
)
async def test_what_makes_no_sense_is_refused(callers: Callers, query: dict[str, str]) -> None:
    answer = await callers.chloe.get("/stats/recurring", params=query)

    assert answer.status_code == 422
    fields = [error["field"].split(".")[0] for error in answer.json()["errors"]]
    assert fields == [*query]
