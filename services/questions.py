"""What is asked of statistics: a period and a filter, read from an address and written to one.

The page, the API, exports and the links in reports all read and write questions here.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Category, Channel, Impact, Priority, Status, Team, TicketType, Urgency, User
from services import categories, periods, sessions
from services.checks import Problems, choice
from services.dimensions import NOTHING
from services.errors import Invalid
from services.periods import FIRST_DAY, REVERSED, Period, Step
from services.query_fields import OFFERED, Fields, Pairs, day, instant, key, switch
from services.selections import EVERYTHING, Selection
from services.words import N_

E = TypeVar("E", bound=StrEnum)

USUAL = "days_30"
MOST_POINTS = 1500  # of a trend
_AT_LEAST = {Step.DAY: 1, Step.WEEK: 7, Step.MONTH: 28}  # days
GONE: dict[str, str] = {  # what to say where nothing is counted any more
    "team": N_("This team no longer exists: nothing is counted."),
    "technician": N_("This person no longer exists: nothing is counted."),
    "category": N_("This category no longer exists: nothing is counted."),
}
_LONGEST = 120  # characters of a department
_LEVELS: dict[str, tuple[str, type[StrEnum]]] = {
    "type": ("types", TicketType),
    "channel": ("channels", Channel),
    "urgency": ("urgencies", Urgency),
    "impact": ("impacts", Impact),
    "priority": ("priorities", Priority),
    "status": ("statuses", Status),
}
_IDS: dict[str, tuple[str, type[Team | User]]] = {
    "team": ("team_ids", Team),
    "technician": ("lead_ids", User),
}


class Hours(StrEnum):
    """By which clock durations are measured."""

    CALENDAR = "calendar"
    BUSINESS = "business"  # the opening hours of the default calendar


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A period, which tickets are meant, and how the answer is shown.

    `wanted` has no dates of its own. Without a `step`, the period decides. `people` asks for names
    beside teams. `gone` names the fields that name what no longer exists: nothing fits them.
    """

    period: Period
    wanted: Selection = EVERYTHING
    category_id: int | None = None  # of whose subtree `wanted.category_ids` are
    step: Step | None = None
    hours: Hours = Hours.CALENDAR
    people: bool = False
    gone: tuple[str, ...] = ()

    @property
    def each(self) -> Step:
        """Return how long the points of a trend are."""
        return self.step or periods.usual_step(self.period)


def today() -> date:
    """Return the day it is in the organisation’s zone."""
    return now().astimezone(ZoneInfo(sessions.home_zone())).date()


def from_query(s: Session, pairs: Pairs, *, usual: str = USUAL) -> Question:
    """Read a question from the fields of an address; unknown fields say nothing.

    `from` and `to` are days, both whole; one alone goes until today, or as long as usual. Without
    them `period` counts, a name of `periods.NAMES`. Several values of a field stand with commas or
    one by one (departments only so); `none` is no team, technician or department.

    Raises:
        Invalid: names every field that is wrong.
    """
    fields, problems = Fields(pairs), Problems()
    period = Period(today(), today())
    found: dict[str, Any] = {}
    with problems.collected():
        period = _period(fields, usual)
    wanted = _wanted(s, fields, problems)
    with problems.collected():
        found["step"] = _step(fields, period)
    with problems.collected():
        if hours := fields.one("hours"):
            found["hours"] = choice("hours", hours, Hours)
    with problems.collected():
        if people := fields.one("people"):
            found["people"] = switch("people", people)
    problems.raise_any()
    category_id = int(fields.one("category")) if fields.one("category") else None
    gone = _gone(s, wanted, category_id)
    return Question(period=period, wanted=wanted, category_id=category_id, gone=gone, **found)


def to_query(question: Question) -> list[tuple[str, str]]:
    """Write a question as the fields of an address; `from_query` reads the same from it."""
    period, wanted = question.period, question.wanted
    pairs = [("period", period.name)] if period.name else []
    if not period.name:
        pairs = [("from", period.first.isoformat()), ("to", period.last.isoformat())]
    for field, (name, _table) in _IDS.items():
        ids = sorted(getattr(wanted, name))
        pairs.append((field, ",".join(str(n) if n else NOTHING for n in ids)))
    pairs.append(("category", str(question.category_id or "")))
    for field, (name, _kind) in _LEVELS.items():
        levels = getattr(wanted, name)
        pairs.append((field, ",".join(sorted(level.value for level in levels))))
    pairs += [("department", name) for name in sorted(wanted.departments)]
    pairs.append(("step", question.step.value if question.step else ""))
    pairs.append(("hours", "" if question.hours is Hours.CALENDAR else question.hours.value))
    pairs.append(("people", "1" if question.people else ""))
    return [(name, value) for name, value in pairs if value]


def address(path: str, question: Question, more: Pairs = ()) -> str:
    """Return the address at which a question is answered, as `/stats?period=month&team=3`."""
    return f"{path}?{urlencode([*to_query(question), *more])}"


def cohort(s: Session, pairs: Pairs) -> Selection:
    """Read which tickets `GET /stats` is of: by the creation, if anything, between two bounds.

    `from` and `to` are days, or instants (RFC 3339; without a zone, the organisation’s), of which
    the second is not included.

    Raises:
        Invalid: names every field that is wrong.
    """
    fields, problems = Fields(pairs), Problems()
    zone = ZoneInfo(sessions.home_zone())
    begin = end = None
    with problems.collected():
        begin = instant("from", text, zone) if (text := fields.one("from")) else None
    with problems.collected():
        end = instant("to", text, zone) if (text := fields.one("to")) else None
    with problems.collected():
        if begin and end and end < begin:
            raise Invalid({"to": REVERSED})
    wanted = _wanted(s, fields, problems)
    problems.raise_any()
    return replace(wanted, created_from=begin, created_before=end)


def _wanted(s: Session, fields: Fields, problems: Problems) -> Selection:
    found: dict[str, Any] = {}
    for field, (name, _table) in _IDS.items():
        with problems.collected():
            found[name] = frozenset(key(field, text) for text in fields.each(field))
    for field, (name, kind) in _LEVELS.items():
        with problems.collected():
            found[name] = frozenset(choice(field, text, kind) for text in fields.each(field))
    with problems.collected():
        found["departments"] = frozenset(_departments(fields))
    with problems.collected():
        if text := fields.one("category"):
            category_id = key("category", text)
            if not category_id:
                raise Invalid({"category": OFFERED})
            found["category_ids"] = categories.subtree_ids(s, category_id)
    return Selection(**found)


def _departments(fields: Fields) -> list[str]:
    names = fields.whole("department")
    if any(len(name) > _LONGEST for name in names):
        raise Invalid({"department": N_("At most {at_most} characters, please.")}, at_most=_LONGEST)
    return names


def _period(fields: Fields, usual: str) -> Period:
    first, last = fields.one("from"), fields.one("to")
    if (first or last) and fields.one("period"):
        raise Invalid({"period": N_("Give a period or its days, not both.")})
    if not first and not last:
        return periods.named(fields.one("period") or usual, today())
    problems = Problems()
    days: dict[str, date] = {}
    for name, text in (("from", first), ("to", last)):
        with problems.collected():
            if text:
                days[name] = day(name, text)
    problems.raise_any()
    if "from" not in days:
        length = periods.named(usual, today()).days
        return Period(max(days["to"] - timedelta(days=length - 1), FIRST_DAY), days["to"])
    return Period(days["from"], days.get("to", max(today(), days["from"])))


def _step(fields: Fields, period: Period) -> Step | None:
    if not (text := fields.one("step")):
        return None
    step = choice("step", text, Step)
    if period.days > MOST_POINTS * _AT_LEAST[step]:
        raise Invalid({"step": N_("These are too many points: choose a longer step.")})
    return step


def _gone(s: Session, wanted: Selection, category_id: int | None) -> tuple[str, ...]:
    """Return which fields name only what no longer exists."""
    asked: dict[str, tuple[type[Any], Collection[int]]] = {
        field: (table, getattr(wanted, name)) for field, (name, table) in _IDS.items()
    }
    asked["category"] = (Category, {category_id} if category_id else ())
    found = []
    for field, (table, ids) in asked.items():
        known = select(table.id).where(table.id.in_(ids)).limit(1)
        if ids and 0 not in ids and s.scalar(known) is None:
            found.append(field)
    return tuple(found)
