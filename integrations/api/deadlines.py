"""Policies of deadlines, and why a ticket is due when it is."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from sqlalchemy.orm import Session

from data.models import Priority, SlaPolicy, Target, TicketType
from integrations.api.call import (
    Answer,
    ReadsOrganisation,
    ReadsTickets,
    WritesOrganisation,
    tagged,
)
from integrations.api.fields import MOST_AT_ONCE, Id, Key, Name, Number, Whole, Wish, unset
from services import explanations, sla
from services.explanations import Explanation, Kind
from services.permissions import Actor

router = APIRouter(tags=["deadlines"])

Minutes = Annotated[int, Field(ge=1, le=sla.LONGEST), Whole]
Remind = Annotated[
    int,
    Field(ge=0, le=sla.LONGEST, description="Open minutes before; 0: no reminder."),
    Whole,
]


class PolicyNew(Wish):
    """What is promised, in open minutes of a calendar, for the tickets that meet all conditions.

    Without a calendar it is the default one’s.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "Urgences", "priority": "urgent", "resolve_minutes": 240}]
        },
    )

    name: Name
    is_active: StrictBool = unset()
    calendar: Id = unset()
    team: Id | None = unset()
    category: Id | None = unset()
    priority: Priority | None = unset()
    type: TicketType | None = unset()
    accept_minutes: Minutes | None = unset()
    first_response_minutes: Minutes | None = unset()
    resolve_minutes: Minutes | None = unset()
    remind_minutes: Remind = unset()
    raises_priority: StrictBool = unset()
    escalation_team: Id | None = unset()
    returns_unaccepted: StrictBool = unset()


class PolicyChange(PolicyNew):
    """Fields of a policy to change; null: no condition, nothing promised."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"resolve_minutes": 480}]}
    )

    name: Name = unset()


class PolicyOrder(Wish):
    """The ids of policies in the order in which they are asked; others come after."""

    policies: list[Id] = Field(max_length=MOST_AT_ONCE)


class PolicyOut(BaseModel):
    """A policy; the first active one whose conditions hold is the ticket’s."""

    id: int
    name: str
    position: int
    is_active: bool
    calendar: int
    team: int | None
    category: int | None
    priority: Priority | None
    type: TicketType | None
    accept_minutes: int | None
    first_response_minutes: int | None
    resolve_minutes: int | None
    remind_minutes: int
    raises_priority: bool
    escalation_team: int | None
    returns_unaccepted: bool


class Policies(BaseModel):
    """The policies, in the order in which they are asked."""

    items: list[PolicyOut]


class SegmentOut(BaseModel):
    """A stretch of time of one kind."""

    start: datetime
    end: datetime
    kind: Kind


class DeadlineOut(BaseModel):
    """One deadline; the minutes are those until it is due, `used_minutes` those until now."""

    target: Target
    due_at: datetime | None
    start: datetime
    is_met: bool
    is_by_hand: bool
    paused_since: datetime | None
    policy: str | None
    calendar: str | None
    promised_minutes: int | None
    used_minutes: int
    counted_minutes: int
    paused_minutes: int
    done_minutes: int
    closed_minutes: int
    segments: list[SegmentOut]


class Deadlines(BaseModel):
    """Acceptance, first answer, resolution."""

    items: list[DeadlineOut]


@router.get("/tickets/{number:int}/deadlines", response_model=Deadlines)
async def explain_deadlines(call: ReadsTickets, number: Number) -> Response:
    """Say why a ticket is due when it is: which time counts, which was a pause or closed."""

    def work(s: Session, by: Actor) -> Answer:
        found = explanations.of_ticket(s, by, number)
        return Answer(content=Deadlines(items=[_deadline(each) for each in found]))

    return await call.show(work)


@router.get("/policies", response_model=Policies)
async def list_policies(call: ReadsOrganisation) -> Response:
    """List the policies; for administrators."""
    return await call.show(lambda s, by: _all(sla.all(s, by)))


@router.post("/policies", response_model=PolicyOut, status_code=201)
async def create_policy(call: WritesOrganisation, body: PolicyNew) -> Response:
    """Make a policy, asked after the others; for administrators."""

    def work(s: Session, by: Actor) -> Answer:
        return _policy(sla.create(s, by, **_inside(body)), status=201)

    return await call.act(work)


@router.post("/policies/order", response_model=Policies)
async def order_policies(call: WritesOrganisation, body: PolicyOrder) -> Response:
    """Ask the policies in another order; for administrators."""
    return await call.act(lambda s, by: _all(sla.reorder(s, by, body.policies)))


@router.get("/policies/{policy:int}", response_model=PolicyOut)
async def get_policy(call: ReadsOrganisation, policy: Key) -> Response:
    """Get a policy; for administrators."""
    return await call.show(lambda s, by: _policy(sla.get(s, by, policy)))


@router.patch("/policies/{policy:int}", response_model=PolicyOut)
async def change_policy(call: WritesOrganisation, policy: Key, body: PolicyChange) -> Response:
    """Change a policy; the deadlines of open tickets are computed anew."""

    def work(s: Session, by: Actor) -> Answer:
        call.check_match(_policy(sla.get(s, by, policy)).tag)
        return _policy(sla.edit(s, by, policy, **_inside(body)))

    return await call.act(work)


@router.delete("/policies/{policy:int}", status_code=204)
async def delete_policy(call: WritesOrganisation, policy: Key) -> Response:
    """Remove a policy; finished tickets keep the dates it promised."""

    def work(s: Session, by: Actor) -> None:
        call.check_match(_policy(sla.get(s, by, policy)).tag)
        sla.delete(s, by, policy)

    return await call.do(work)


_IDS = {
    "calendar": "calendar_id",
    "team": "team_id",
    "category": "category_id",
    "escalation_team": "escalation_team_id",
}


def _inside(body: Wish) -> dict[str, Any]:
    return {_IDS.get(name, name): value for name, value in body.given().items()}


def _all(found: list[SlaPolicy]) -> Answer:
    return Answer(content=Policies(items=[_shown(policy) for policy in found]))


def _policy(policy: SlaPolicy, *, status: int = 200) -> Answer:
    return tagged(_shown(policy), status=status)


def _shown(policy: SlaPolicy) -> PolicyOut:
    return PolicyOut(
        **{name: getattr(policy, _IDS.get(name, name)) for name in PolicyOut.model_fields}
    )


def _deadline(found: Explanation) -> DeadlineOut:
    return DeadlineOut(
        target=found.target,
        due_at=found.due,
        start=found.start,
        is_met=found.is_met,
        is_by_hand=found.is_by_hand,
        paused_since=found.paused_since,
        policy=found.policy or None,
        calendar=found.calendar or None,
        promised_minutes=found.promised_minutes,
        used_minutes=found.counted_minutes,
        counted_minutes=found.minutes(Kind.COUNTED),
        paused_minutes=found.minutes(Kind.PAUSED),
        done_minutes=found.minutes(Kind.DONE),
        closed_minutes=found.minutes(Kind.CLOSED),
        segments=[SegmentOut(start=x.start, end=x.end, kind=x.kind) for x in found.segments],
    )
