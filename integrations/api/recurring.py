"""Recurring problems: what many tickets of the last days tell of, as far as one may see figures."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy.orm import Session

from integrations.api.call import Answer, ReadsStatistics
from integrations.api.tickets import split
from services import recurring
from services.dimensions import NOTHING
from services.permissions import Actor
from services.recurring import Problem
from services.selections import Selection

router = APIRouter(tags=["statistics"])
MOST_NUMBERS = 100

_TEAM = Annotated[str, Field(pattern=r"^(none|[1-9][0-9]{0,9})$")]


class RecurringQuery(BaseModel):
    """Which tickets are looked at."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(30, ge=1, le=90, description="Created in the last so many days.")
    team: Annotated[list[_TEAM], BeforeValidator(split)] = Field(
        [], max_length=50, description="Ids, or `none`."
    )
    limit: int = Field(20, ge=1, le=recurring.MOST)


class CategoryCount(BaseModel):
    """A category, as its path (null: none), and how many of the tickets have it."""

    category: str | None
    tickets: int


class Example(BaseModel):
    """A ticket that is typical of a problem."""

    number: int
    title: str


class ProblemOut(BaseModel):
    """Tickets that tell of the same.

    `before` counts the period before, null when not all of it was looked at; `weeks` the last
    twelve weeks, the present one last; `numbers` are at most 100, the most typical first.
    """

    label: str
    size: int
    before: int | None
    weeks: list[int]
    categories: list[CategoryCount]
    examples: list[Example]
    numbers: list[int]


class RecurringOut(BaseModel):
    """The largest problems, and how many of the tickets belong to any; `found_at`: as of when."""

    tickets: int
    recurring: int
    share: float | None
    found_at: datetime | None
    problems: list[ProblemOut]


@router.get("/stats/recurring", response_model=RecurringOut)
async def get_recurring_problems(
    call: ReadsStatistics, wanted: Annotated[RecurringQuery, Query()]
) -> Response:
    """Get the problems that at least three tickets tell of, the largest first; for staff."""

    def work(s: Session, by: Actor) -> Answer:
        teams = frozenset(0 if team == NOTHING else int(team) for team in wanted.team)
        since = recurring.since(wanted.days)
        selection = Selection(created_from=since, team_ids=teams)
        found = recurring.recurrence(s, by, selection, wanted.limit)
        return Answer(
            content=RecurringOut(
                tickets=found.tickets,
                recurring=found.recurring,
                share=found.share,
                found_at=found.found_at,
                problems=[_problem(problem) for problem in found.problems],
            )
        )

    return await call.show(work)


def _problem(found: Problem) -> ProblemOut:
    return ProblemOut(
        label=found.label,
        size=found.size,
        before=found.before,
        weeks=found.weeks,
        categories=[
            CategoryCount(category=path or None, tickets=many) for path, many in found.categories
        ],
        examples=[Example(number=number, title=title) for number, title in found.examples],
        numbers=found.numbers[:MOST_NUMBERS],
    )
