"""Statistics: the figures of the tickets created in a period, also parted by what they are."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy.orm import Session

from data.models import Channel, Impact, Priority, Status, TicketType, Urgency
from integrations.api.call import Answer, ReadsStatistics
from integrations.api.fields import MAX_ID
from integrations.api.tickets import split
from services import questions, statistics
from services.dimensions import Dimension
from services.figures import Figures, Sla, Times
from services.permissions import Actor

router = APIRouter(tags=["statistics"])

_WHO = Annotated[
    list[Annotated[str, Field(pattern=r"^(none|[1-9][0-9]{0,9})$")]], BeforeValidator(split)
]
_ANY = "Any of these."
_BOUND = (
    "A day of the organisation’s time zone, which is included whole (2026-03-01), or an instant"
    " (RFC 3339; without a zone, the organisation’s)"
)


class Narrowing(BaseModel):
    """Which tickets are counted."""

    model_config = ConfigDict(extra="forbid")

    team: _WHO = Field([], max_length=50, description="Ids, or `none`.")
    technician: _WHO = Field([], max_length=50, description="Ids, or `none`.")
    category: int | None = Field(None, ge=1, le=MAX_ID, description="With all below it.")
    type: Annotated[list[TicketType], BeforeValidator(split)] = Field([], description=_ANY)
    channel: Annotated[list[Channel], BeforeValidator(split)] = Field([], description=_ANY)
    urgency: Annotated[list[Urgency], BeforeValidator(split)] = Field([], description=_ANY)
    impact: Annotated[list[Impact], BeforeValidator(split)] = Field([], description=_ANY)
    priority: Annotated[list[Priority], BeforeValidator(split)] = Field([], description=_ANY)
    status: Annotated[list[Status], BeforeValidator(split)] = Field([], description=_ANY)
    department: list[Annotated[str, Field(max_length=120)]] = Field([], max_length=50)


class StatsQuery(Narrowing):
    """Which tickets are counted, when they were created, and by what they are parted."""

    from_: str = Field(
        "",
        alias="from",
        max_length=40,
        description=f"{_BOUND}, which is included. Of the creation.",
        examples=["2026-03-01"],
    )
    to: str = Field(
        "", max_length=40, description=f"{_BOUND}, which is not.", examples=["2026-03-31"]
    )
    by: Dimension | None = None


class TimesOut(BaseModel):
    """How long something took, in hours; nulls when it never came to that."""

    n: int
    mean: float | None
    median: float | None
    p90: float | None


class SlaOut(BaseModel):
    """How many had a deadline that is kept or missed, how many kept it, and their share."""

    n: int
    made: int
    share: float | None


class ReassignmentsOut(BaseModel):
    """Per ticket on average, how many had any, the most that one had."""

    mean: float | None
    tickets: int
    max: int | None


class ReopenedOut(BaseModel):
    """How many tickets came back, and how often altogether."""

    tickets: int
    times: int


class SatisfactionOut(BaseModel):
    """How many answers there are, and their mean."""

    n: int
    mean: float | None


class FiguresOut(BaseModel):
    """The figures of some tickets; docs/statistics.md defines each."""

    created: int
    resolved: int
    closed: int
    backlog: int
    late: int
    resolution_hours: TimesOut
    resolution_business_hours: TimesOut
    closing_hours: TimesOut
    acceptance_hours: TimesOut
    acceptance_business_hours: TimesOut
    first_response_hours: TimesOut
    first_response_business_hours: TimesOut
    sla: SlaOut
    first_contact: int
    reassignments: ReassignmentsOut
    reopened: ReopenedOut
    satisfaction: SatisfactionOut


class StatsOut(BaseModel):
    """The figures of all, and of each value that occurs; without `by`, of no value."""

    all: FiguresOut
    by: dict[str, FiguresOut]


@router.get("/stats", response_model=StatsOut)
async def get_statistics(call: ReadsStatistics, wanted: Annotated[StatsQuery, Query()]) -> Response:
    """Get the figures of the tickets created in a period; for staff."""

    def work(s: Session, by: Actor) -> Answer:
        selection = questions.cohort(s, pairs(wanted))
        everything = as_json(statistics.summary(s, by, selection))
        some = statistics.parts(s, by, selection, wanted.by) if wanted.by else []
        parted = {part.group.value: as_json(part.figures) for part in some}
        return Answer(content=StatsOut(all=everything, by=parted))

    return await call.show(work)


def pairs(wanted: BaseModel) -> list[tuple[str, str]]:
    """Return what was asked for as the fields of an address, for `services.questions`."""
    found = []
    for name, value in wanted.model_dump(mode="json", by_alias=True).items():
        values = value if isinstance(value, list) else [value]
        given = [one for one in values if one is not None and one is not False]
        found += [(name, "1" if one is True else str(one)) for one in given]
    return found


def as_json(figures: Figures) -> FiguresOut:
    """Return figures as the API tells them."""
    moved, came_back = figures.reassignments, figures.reopened
    return FiguresOut(
        created=figures.created,
        resolved=figures.resolved,
        closed=figures.closed,
        backlog=figures.backlog,
        late=figures.late,
        resolution_hours=times(figures.resolution),
        resolution_business_hours=times(figures.resolution_business),
        closing_hours=times(figures.closing),
        acceptance_hours=times(figures.acceptance),
        acceptance_business_hours=times(figures.acceptance_business),
        first_response_hours=times(figures.first_response),
        first_response_business_hours=times(figures.first_response_business),
        sla=promises(figures.sla),
        first_contact=figures.first_contact,
        reassignments=ReassignmentsOut(mean=moved.mean, tickets=moved.tickets, max=moved.max),
        reopened=ReopenedOut(tickets=came_back.tickets, times=came_back.times),
        satisfaction=SatisfactionOut(n=figures.satisfaction.n, mean=figures.satisfaction.mean),
    )


def times(of: Times) -> TimesOut:
    """Return durations as the API tells them."""
    return TimesOut(n=of.n, mean=of.mean, median=of.median, p90=of.p90)


def promises(of: Sla) -> SlaOut:
    """Return promises as the API tells them."""
    return SlaOut(n=of.n, made=of.made, share=of.share)
