"""Shapes of questions about a period, and of their answers; docs/statistics.md defines them."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from integrations.api.shapes import TicketPage
from integrations.api.stats import Narrowing, ReassignmentsOut, SlaOut, TimesOut
from services import lists
from services.dimensions import Dimension
from services.measures import Duration, Measure
from services.periods import NAMES, Step
from services.questions import USUAL, Hours

_GROUP = "The `key` of a group of `by`: an id, a level, `none`."


class QuestionQuery(Narrowing):
    """A period and which tickets are meant: the fields of the page’s address, too."""

    period: str = Field(
        "", max_length=20, description=f"One of `{', '.join(NAMES)}`; `{USUAL}` without a word."
    )
    from_: str = Field("", alias="from", max_length=10, description="A day, whole.")
    to: str = Field("", max_length=10, description="A day, whole.")
    step: Step | None = Field(None, description="Of a trend; without it, the period decides.")
    hours: Hours = Hours.CALENDAR
    people: bool = Field(default=False, description="Also by person.")


class PartedQuery(QuestionQuery):
    """A question whose answer is parted by a dimension."""

    by: Dimension | None = None


class DistributionQuery(PartedQuery):
    """A question about how long something took."""

    duration: Duration = Duration.RESOLUTION


class MarkQuery(PartedQuery):
    """Which part of an answer is meant: a bar, a point, a cell."""

    measure: Measure = Measure.CREATED
    on: str = Field("", max_length=10, description="A day, an ISO week or a month of the period.")
    value: str = Field("", max_length=500, description=_GROUP)
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] | None = None
    hour: int | None = Field(None, ge=0, le=23)
    age: int | None = Field(None, ge=0, le=3, description="A band of ages, counted from 0.")
    duration: Duration | None = None
    bin: int | None = Field(None, ge=0, le=8, description="Of `duration`, counted from 0.")
    reached: Literal["created", "accepted", "answered", "resolved", "closed"] | None = None
    cursor: str | None = Field(None, max_length=20)
    limit: int = Field(lists.PAGE, ge=1, le=lists.MOST)


class Days(BaseModel):
    """Some days, the first and the last both whole."""

    first: date
    last: date


class About(BaseModel):
    """What was asked; `gone` names the fields of what no longer exists: nothing fits them."""

    period: Days
    gone: list[str]


class ValuesOut(BaseModel):
    """What happened in a period; docs/statistics.md defines each figure."""

    created: int
    resolved: int
    closed: int
    net_flow: int
    backlog: int
    late: int
    acceptance_hours: TimesOut
    acceptance_business_hours: TimesOut
    first_response_hours: TimesOut
    first_response_business_hours: TimesOut
    resolution_hours: TimesOut
    resolution_business_hours: TimesOut
    sla: SlaOut
    first_contact: int
    first_contact_share: float | None
    reopened: int
    reopen_rate: float | None
    reassignments: ReassignmentsOut


class HeadlineOut(About):
    """The figures of a period and of the one before, and by how much the main ones grew."""

    period_before: Days
    now: ValuesOut
    before: ValuesOut
    change: dict[str, float | None]


class PointOut(BaseModel):
    """What came in and was done in a day, week or month, and what was open at its end."""

    first: date
    created: int
    resolved: int
    closed: int
    net_flow: int
    backlog: int


class TrendOut(About):
    """The points of a period, in order."""

    step: Step
    points: list[PointOut]


class GroupOut(BaseModel):
    """A value of a dimension, and what it is called in an address."""

    key: str
    value: str


class BoxOut(BaseModel):
    """Hours: 5th percentile, quartiles, 95th percentile and mean of `n` tickets."""

    n: int
    mean: float
    low: float
    q1: float
    median: float
    q3: float
    high: float


class GroupBox(GroupOut):
    """The box of one value."""

    box: BoxOut


class BinOut(BaseModel):
    """How many took so many hours: at least `begin`, less than `end`."""

    begin: int
    end: int | None
    count: int


class DistributionOut(About):
    """How long something took; `all` is null when it never came to that."""

    duration: Duration
    hours: Hours
    all: BoxOut | None
    by: list[GroupBox]
    bins: list[BinOut]


class HeatOut(About):
    """How many were created on each weekday (Monday first) in each hour."""

    created: list[list[int]]


class GroupAges(GroupOut):
    """The ages of one value."""

    bands: list[int]


class AgesOut(About):
    """The backlog at the end of the period: 0–1, 2–5, 6–15 and more days old."""

    all: list[int]
    by: list[GroupAges]


class PartSla(BaseModel):
    """The promises of a part of the period or of a value."""

    days: Days | None
    group: GroupOut | None
    sla: SlaOut


class ComplianceOut(About):
    """The promises kept and missed, by the steps of the period or by the values of `by`."""

    all: SlaOut
    parts: list[PartSla]


class TicketsBehind(TicketPage):
    """The tickets behind a mark, the newest number first; `total` is what the mark shows."""

    total: int
