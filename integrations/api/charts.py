"""What happened in a period: the figures of the page of statistics, and the tickets behind them."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Response, Security
from pydantic import BaseModel
from sqlalchemy.orm import Session

from integrations.api import shapes
from integrations.api.call import Answer, Call, ReadsStatistics, opened
from integrations.api.chart_shapes import (
    AgesOut,
    BinOut,
    BoxOut,
    ComplianceOut,
    Days,
    DistributionOut,
    DistributionQuery,
    GroupAges,
    GroupBox,
    GroupOut,
    HeadlineOut,
    HeatOut,
    MarkQuery,
    PartedQuery,
    PartSla,
    PointOut,
    QuestionQuery,
    TicketsBehind,
    TrendOut,
    ValuesOut,
)
from integrations.api.pages import linked
from integrations.api.stats import ReassignmentsOut, pairs, promises, times
from services import (
    arrivals,
    backlogs,
    compliance,
    distributions,
    headlines,
    marks,
    questions,
    statistics,
    whole_tickets,
)
from services.checks import position
from services.dimensions import Group
from services.headlines import Values
from services.periods import Period
from services.permissions import Actor
from services.questions import Question
from services.tokens import Scope

M = TypeVar("M", bound=BaseModel)

router = APIRouter(tags=["statistics"])


@router.get("/stats/headline", response_model=HeadlineOut)
async def get_headline(call: ReadsStatistics, asked: Annotated[QuestionQuery, Query()]) -> Response:
    """Get the figures of a period and of the one before."""

    def work(s: Session, by: Actor, question: Question) -> BaseModel:
        found = headlines.headline(s, by, question)
        change = {line.name.replace(" ", "_"): line.change for line in found.lines}
        return HeadlineOut(
            **_about(question),
            period_before=_days(found.period_before),
            now=_values(found.now),
            before=_values(found.before),
            change=change,
        )

    return await _answered(call, asked, work)


@router.get("/stats/trend", response_model=TrendOut)
async def get_trend(call: ReadsStatistics, asked: Annotated[QuestionQuery, Query()]) -> Response:
    """Get what came in, was done and stayed open, by day, week or month."""

    def work(s: Session, by: Actor, question: Question) -> BaseModel:
        days, step = question.period, question.each
        points = statistics.trend(s, by, question.wanted, step, days.first, days.last)
        made = [_of(PointOut, point, first=point.first_day) for point in points]
        return TrendOut(**_about(question), step=step, points=made)

    return await _answered(call, asked, work)


@router.get("/stats/distribution", response_model=DistributionOut)
async def get_distribution(
    call: ReadsStatistics, asked: Annotated[DistributionQuery, Query()]
) -> Response:
    """Get how long something took: boxes, and a histogram."""

    def work(s: Session, by: Actor, question: Question) -> BaseModel:
        found = distributions.distribution(s, by, question, asked.duration, asked.by)
        return DistributionOut(
            **_about(question),
            duration=found.duration,
            hours=found.hours,
            all=_of(BoxOut, found.all) if found.all else None,
            by=[GroupBox(**_group(group), box=_of(BoxOut, box)) for group, box in found.boxes],
            bins=[_of(BinOut, span) for span in found.bins],
        )

    return await _answered(call, asked, work)


@router.get("/stats/heat", response_model=HeatOut)
async def get_heat(call: ReadsStatistics, asked: Annotated[QuestionQuery, Query()]) -> Response:
    """Get when tickets were created: weekday by hour."""

    def work(s: Session, by: Actor, question: Question) -> BaseModel:
        return HeatOut(**_about(question), created=arrivals.heat(s, by, question))

    return await _answered(call, asked, work)


@router.get("/stats/ages", response_model=AgesOut)
async def get_ages(call: ReadsStatistics, asked: Annotated[PartedQuery, Query()]) -> Response:
    """Get how old the backlog was at the end of the period."""

    def work(s: Session, by: Actor, question: Question) -> BaseModel:
        (whole,) = backlogs.ages(s, by, question, None)
        some = backlogs.ages(s, by, question, asked.by) if asked.by else []
        parts = [GroupAges(**_group(part.group), bands=part.bands) for part in some if part.group]
        return AgesOut(**_about(question), all=whole.bands, by=parts)

    return await _answered(call, asked, work)


@router.get("/stats/compliance", response_model=ComplianceOut)
async def get_compliance(call: ReadsStatistics, asked: Annotated[PartedQuery, Query()]) -> Response:
    """Get which promises were kept, by the steps of the period or by a dimension."""

    def work(s: Session, by: Actor, question: Question) -> BaseModel:
        parts = [
            PartSla(
                days=_days(part.part) if part.part else None,
                group=GroupOut(**_group(part.group)) if part.group else None,
                sla=promises(part.sla),
            )
            for part in compliance.compliance(s, by, question, asked.by or question.each)
        ]
        whole = headlines.headline(s, by, question).now.sla
        return ComplianceOut(**_about(question), all=promises(whole), parts=parts)

    return await _answered(call, asked, work)


@router.get("/stats/tickets", response_model=TicketsBehind)
async def get_tickets_behind(
    call: Annotated[Call, Security(opened, scopes=[Scope.STATS_READ, Scope.TICKETS_READ])],
    asked: Annotated[MarkQuery, Query()],
) -> Response:
    """Get the tickets behind a figure, a bar, a point or a cell."""

    def work(s: Session, by: Actor) -> TicketsBehind:
        given = pairs(asked)
        found = marks.behind(
            s,
            by,
            questions.from_query(s, given),
            marks.from_query(given),
            after=position(asked.cursor) if asked.cursor else None,
            limit=asked.limit,
        )
        whole = whole_tickets.of_seen(s, [line.number for line in found.lines])
        items = [shapes.ticket(ticket, by) for ticket in whole]
        return TicketsBehind(
            items=items, total=found.total, next=str(found.after) if found.after else None
        )

    return await linked(call, work)


async def _answered(
    call: Call, asked: QuestionQuery, work: Callable[[Session, Actor, Question], BaseModel]
) -> Response:
    """Answer a question that was read from the address."""
    return await call.show(
        lambda s, by: Answer(content=work(s, by, questions.from_query(s, pairs(asked))))
    )


def _about(question: Question) -> dict[str, Any]:
    return {"period": _days(question.period), "gone": list(question.gone)}


def _days(period: Period) -> Days:
    return Days(first=period.first, last=period.last)


def _group(group: Group) -> dict[str, str]:
    return {"key": group.key, "value": group.value}


def _values(of: Values) -> ValuesOut:
    hours = {f"{name}_hours": times(getattr(of, name)) for name in _DURATIONS}
    moved = _of(ReassignmentsOut, of.reassignments)
    return _of(ValuesOut, of, **hours, sla=promises(of.sla), reassignments=moved)


_DURATIONS = tuple(
    f"{name}{clock}"
    for name in ("acceptance", "first_response", "resolution")
    for clock in ("", "_business")
)


def _of(model: type[M], thing: object, **more: Any) -> M:
    """Return what is called the same in a result of the services."""
    same = {name: getattr(thing, name) for name in model.model_fields if name not in more}
    return model(**same, **more)
