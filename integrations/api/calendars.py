"""Calendars and their closures; and what opening hours would make of a time, for everybody."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, WithJsonSchema
from sqlalchemy.orm import Session

from data.models import Calendar, Closure
from integrations.api import description
from integrations.api.call import (
    Answer,
    Anyone,
    ReadsOrganisation,
    WritesOrganisation,
    tagged,
)
from integrations.api.fields import Key, Line, Name, When, Whole, Wish, unset
from services import calendars, holidays, opening_hours, simulations
from services.holidays import SCHOOL_ZONES
from services.opening_hours import DAYS, MOST_A_DAY
from services.permissions import Actor
from services.simulations import MOST_MINUTES

router = APIRouter(tags=["calendars"])

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = {"type": "string", "pattern": f"^({opening_hours.TIME}|[0-9]:[0-5][0-9])$"}
_DAY = {
    "type": "array",
    "maxItems": MOST_A_DAY,
    "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": _TIME},
}
_HOURS = {
    "anyOf": [
        {"const": opening_hours.ALWAYS},
        {"type": "object", "properties": dict.fromkeys(DAYS, _DAY), "additionalProperties": False},
    ],
    "description": "For each day its intervals of wall time, the end excluded; a day that is not "
    "there is closed. `always`: day and night, whatever the holidays.",
}

_OFFICE: Any = opening_hours.OFFICE


def _as_written(value: object) -> object:
    """Refuse what is no day to read: pydantic takes numbers and instants as well."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("not a day")
    return value


Day = Annotated[date, BeforeValidator(_as_written)]
Hours = Annotated[Any, WithJsonSchema(_HOURS)]  # checked by the services, day by day
Holidays = Annotated[
    Line | None,
    Field(description=f"Whose public holidays: {', '.join(holidays.ZONES)}; null: none."),
]
SchoolZone = Annotated[
    Line | None,
    Field(description=f"Closed in the school holidays of {', '.join(SCHOOL_ZONES)}, too."),
]
WhitMonday = Annotated[StrictBool, Field(description="Whether Whit Monday is worked.")]


class CalendarNew(Wish):
    """Opening hours in a time zone, and when they do not count."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Support", "hours": _OFFICE, "holidays": "FR"}]},
    )

    name: Name
    hours: Hours
    timezone: Line = unset()
    holidays: Holidays = unset()
    works_whit_monday: WhitMonday = unset()
    school_zone: SchoolZone = unset()


class CalendarChange(Wish):
    """Fields of a calendar to change; `is_default: true` makes it the default."""

    name: Name = unset()
    hours: Hours = unset()
    timezone: Line = unset()
    holidays: Holidays = unset()
    works_whit_monday: WhitMonday = unset()
    school_zone: SchoolZone = unset()
    is_default: StrictBool = unset()


class ClosureNew(Wish):
    """Days to close, both included."""

    starts_on: Day
    ends_on: Day
    name: Annotated[Line, Field(max_length=120)] = ""


class Simulation(Wish):
    """A time to count by: from `start`, either until `end` or for `business_minutes`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "hours": _OFFICE,
                    "holidays": "FR",
                    "timezone": "Europe/Paris",
                    "start": "2026-11-27T17:30:00+01:00",
                    "business_minutes": 60,
                }
            ]
        },
    )

    hours: Hours
    timezone: Line = simulations.DEFAULTS["timezone"]
    holidays: Holidays = None
    works_whit_monday: WhitMonday = False
    school_zone: SchoolZone = None
    start: When
    end: When | None = None
    business_minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES), Whole] | None = None


class ClosureOut(BaseModel):
    """Days on which a calendar is closed, both included."""

    id: int
    starts_on: date
    ends_on: date
    name: str


class CalendarOut(BaseModel):
    """A calendar; new policies use the default one."""

    id: int
    name: str
    timezone: str
    hours: Hours
    holidays: str | None
    works_whit_monday: bool
    school_zone: str | None
    is_default: bool
    closures: list[ClosureOut]


class Calendars(BaseModel):
    """The calendars, the default first, then by name."""

    items: list[CalendarOut]


class BusinessMinutes(BaseModel):
    """The full open minutes from start to end."""

    business_minutes: int


class DueAt(BaseModel):
    """The end of the last open minute."""

    due_at: datetime


@router.post(
    "/calendars/simulate",
    response_model=BusinessMinutes | DueAt,
    openapi_extra={description.CHANGES_NOTHING: True},
)
async def simulate_a_calendar(call: Anyone, body: Simulation) -> Response:
    """Count open minutes, or find when so many are over, by opening hours that are kept nowhere.

    `business_minutes` from Friday 17:30 are over at closing when they fill Friday up to it, not
    when Monday opens. Seconds are kept: of two instants the whole minutes between are counted.
    """

    def work(s: Session, by: Actor) -> Answer:
        found = simulations.simulate(s, by, **body.model_dump())
        if body.end is not None:
            return Answer(content=BusinessMinutes(business_minutes=found.minutes))
        return Answer(content=DueAt(due_at=found.due_at))

    return await call.show(work)


@router.get("/calendars", response_model=Calendars)
async def list_calendars(call: ReadsOrganisation) -> Response:
    """List the calendars with their closures; for administrators."""

    def work(s: Session, by: Actor) -> Answer:
        return Answer(content=Calendars(items=[_shown(row) for row in calendars.all(s, by)]))

    return await call.show(work)


@router.post("/calendars", response_model=CalendarOut, status_code=201)
async def create_calendar(call: WritesOrganisation, body: CalendarNew) -> Response:
    """Make a calendar; for administrators."""

    def work(s: Session, by: Actor) -> Answer:
        return _calendar(s, by, calendars.create(s, by, **body.given()).id, status=201)

    return await call.act(work)


@router.get("/calendars/{calendar:int}", response_model=CalendarOut)
async def get_calendar(call: ReadsOrganisation, calendar: Key) -> Response:
    """Get a calendar with its closures; for administrators."""
    return await call.show(lambda s, by: _calendar(s, by, calendar))


@router.patch("/calendars/{calendar:int}", response_model=CalendarOut)
async def change_calendar(
    call: WritesOrganisation, calendar: Key, body: CalendarChange
) -> Response:
    """Change a calendar; the deadlines that follow from it are computed anew."""

    def work(s: Session, by: Actor) -> Answer:
        call.check_match(_calendar(s, by, calendar).tag)
        calendars.edit(s, by, calendar, **body.given())
        return _calendar(s, by, calendar)

    return await call.act(work)


@router.delete("/calendars/{calendar:int}", status_code=204)
async def delete_calendar(call: WritesOrganisation, calendar: Key) -> Response:
    """Remove a calendar that is not the default and that no policy uses."""

    def work(s: Session, by: Actor) -> None:
        call.check_match(_calendar(s, by, calendar).tag)
        calendars.delete(s, by, calendar)

    return await call.do(work)


@router.post("/calendars/{calendar}/closures", response_model=ClosureOut, status_code=201)
async def add_a_closure(call: WritesOrganisation, calendar: Key, body: ClosureNew) -> Response:
    """Close some days."""

    def work(s: Session, by: Actor) -> Answer:
        call.check_match(_calendar(s, by, calendar).tag)
        made = calendars.add_closure(s, by, calendar, **body.model_dump())
        return Answer(content=_closure(made), status=201)

    return await call.act(work)


@router.delete("/calendars/{calendar}/closures/{closure}", status_code=204)
async def remove_a_closure(call: WritesOrganisation, calendar: Key, closure: Key) -> Response:
    """Work on these days again."""

    def work(s: Session, by: Actor) -> None:
        call.check_match(_calendar(s, by, calendar).tag)
        calendars.remove_closure(s, by, calendar, closure)

    return await call.do(work)


def _calendar(s: Session, by: Actor, calendar_id: int, *, status: int = 200) -> Answer:
    return tagged(_shown(calendars.get(s, by, calendar_id)), status=status)


def _shown(row: Calendar) -> CalendarOut:
    values = calendars.state(row)
    values |= {name: values[name] or None for name in ("holidays", "school_zone")}
    return CalendarOut(**values, id=row.id, closures=[_closure(c) for c in row.closures])


def _closure(row: Closure) -> ClosureOut:
    return ClosureOut(**{name: getattr(row, name) for name in ClosureOut.model_fields})
