"""The tickets behind a figure, a bar, a point or a cell: counted by the columns that drew it."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from services import arrivals, backlogs, distributions, lists, measures, periods
from services.checks import Problems, choice
from services.dimensions import Dimension
from services.errors import Invalid
from services.lists import TicketLine
from services.measures import Answering, Duration, Measure, Places
from services.opening_hours import DAYS
from services.periods import FIRST_DAY, LAST_DAY, Period, Step
from services.permissions import Actor
from services.query_fields import OFFERED, Fields, Pairs
from services.questions import Hours, Question
from services.statistics import AGE_BANDS
from services.words import N_

T = TypeVar("T")
PAGE = 50
TITLES: dict[Measure, str] = {
    Measure.CREATED: N_("Tickets created"),
    Measure.ACCEPTED: N_("Tickets taken charge of"),
    Measure.ANSWERED: N_("Tickets answered for the first time"),
    Measure.RESOLVED: N_("Tickets resolved"),
    Measure.CLOSED: N_("Tickets closed"),
    Measure.BACKLOG: N_("Backlog"),
    Measure.LATE: N_("Tickets late"),
    Measure.KEPT: N_("Tickets done in time"),
    Measure.MISSED: N_("Deadlines missed"),
    Measure.FIRST_CONTACT: N_("Resolved at first contact"),
    Measure.REOPENED: N_("Resolved after coming back"),
    Measure.REASSIGNED: N_("Resolved after a reassignment"),
}
_STAGES = tuple(name for name, _column in arrivals.STAGES)
_LONGEST = 500  # characters of a value: the path of a category, at most


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """Which part of an answer is meant; what is None does not narrow.

    `on` is a day, an ISO week or a month as `by=day` and so on name them; `value` is the `key` of a
    group of `dimension`; weekday 0 is Monday; `age` and `bin` count bands and bins from 0; `bin` is
    of `duration`, whose end is then the measure; `reached` is a stage of the funnel.
    """

    measure: Measure = Measure.CREATED
    on: str = ""
    dimension: Dimension | None = None
    value: str = ""
    weekday: int | None = None
    hour: int | None = None
    age: int | None = None
    duration: Duration | None = None
    bin: int | None = None
    reached: str = ""


@dataclass(frozen=True, slots=True)
class Behind:
    """How many tickets are behind a mark, some of them, and after which the next ones come."""

    total: int
    lines: list[TicketLine]
    after: int | None


def behind(
    s: Session,
    by: Actor,
    question: Question,
    mark: Mark,
    *,
    after: int | None = None,
    limit: int = PAGE,
) -> Behind:
    """Return the tickets behind a mark, the newest number first, from below the number `after`.

    `total` is what the mark shows.

    Raises:
        NotAllowed.
        Invalid: a mark outside the period.
    """
    narrowed = replace(question, period=period_of(question, mark))
    with measures.answering(s, by, narrowed) as asked:
        numbers = asked.sample["number"][_places(asked, mark)]
    end = len(numbers) if after is None else int(np.searchsorted(numbers, after))
    some = [int(number) for number in numbers[max(0, end - limit) : end][::-1]]
    return Behind(
        len(numbers), lists.lines(s, by, some), some[-1] if some and end > limit else None
    )


def from_query(pairs: Pairs) -> Mark:
    """Read a mark from the fields of an address; unknown fields say nothing.

    Raises:
        Invalid: names every field that is wrong.
    """
    fields, problems = Fields(pairs), Problems()
    found: dict[str, Any] = {"value": fields.one("value")[:_LONGEST]}
    with problems.collected():
        found["measure"] = choice("measure", fields.one("measure") or "created", Measure)
    with problems.collected():
        found["on"] = fields.one("on")
        _part(found["on"])
    with problems.collected():
        found["dimension"] = _maybe(fields, "by", Dimension)
    with problems.collected():
        found["duration"] = _maybe(fields, "duration", Duration)
    bins = len(distributions.EDGES[Hours.CALENDAR]) + 1
    for name, offered in {
        "weekday": tuple(DAYS),
        "hour": _numbers(arrivals.HOURS),
        "age": _numbers(len(AGE_BANDS) + 1),
        "bin": _numbers(bins),
    }.items():
        with problems.collected():
            found[name] = _place(fields, name, offered)
    with problems.collected():
        place = _place(fields, "reached", _STAGES)
        found["reached"] = "" if place is None else _STAGES[place]
    with problems.collected():
        if found.get("bin") is not None and not fields.one("duration"):
            raise Invalid({"duration": OFFERED})
    problems.raise_any()
    return Mark(**found)


def to_query(mark: Mark) -> list[tuple[str, str]]:
    """Write a mark as the fields of an address, to stand behind those of the question."""
    pairs = [
        ("measure", mark.measure.value),
        ("on", mark.on),
        ("by", mark.dimension.value if mark.dimension else ""),
        ("value", mark.value),
        ("weekday", "" if mark.weekday is None else tuple(DAYS)[mark.weekday]),
        ("hour", _text(mark.hour)),
        ("age", _text(mark.age)),
        ("duration", mark.duration.value if mark.duration else ""),
        ("bin", _text(mark.bin)),
        ("reached", mark.reached),
    ]
    return [(name, value) for name, value in pairs if value]


def on(first: date, step: Step) -> str:
    """Return how the day, week or month that begins, or is cut off, on a day is called."""
    if step is Step.DAY:
        return first.isoformat()
    if step is Step.MONTH:
        return f"{first:%Y-%m}"
    year, week, _weekday = first.isocalendar()
    return f"{year}-W{week:02}"


def period_of(question: Question, mark: Mark) -> Period:
    """Return the days a mark is of: of the question’s period, those it names.

    Raises:
        Invalid: none of them is in it.
    """
    period, part = question.period, _part(mark.on)
    if part is None:
        return period
    first, last = max(period.first, part.first), min(period.last, part.last)
    if last < first:
        raise Invalid({"on": N_("This is outside the period.")})
    return Period(first, last)


def _places(asked: Answering, mark: Mark) -> Places:
    places = asked.now.places(mark.measure)
    if mark.duration is not None:
        hours = distributions.clock_of(mark.duration, asked.question.hours)
        places, values = asked.now.lasted(mark.duration, hours)
        if mark.bin is not None:
            places = places[distributions.bin_of(values, hours) == mark.bin]
    sample = asked.sample
    if mark.weekday is not None:
        places = places[arrivals.weekday(sample["created_day"][places]) == mark.weekday]
    if mark.hour is not None:
        places = places[sample["hour"][places] == mark.hour]
    if mark.age is not None:
        places = places[backlogs.band_of(asked.now, places) == mark.age]
    if mark.reached:
        places = places[arrivals.reached(asked.now, places, mark.reached)]
    return places if mark.dimension is None else places[_is_in(asked, mark, places)]


def _is_in(asked: Answering, mark: Mark, places: Places) -> NDArray[np.bool_]:
    """Tell which tickets are in the group of a mark; what no longer exists holds none."""
    if mark.dimension is None:
        return np.ones(len(places), bool)
    grouping = asked.grouping(mark.dimension)
    keys = [group.key for group in grouping.groups]
    code = keys.index(mark.value) if mark.value in keys else -1
    found: NDArray[np.bool_] = grouping.codes[places].astype(np.int64) == code
    return found


def _part(text: str) -> Period | None:
    """Return the days of a day, an ISO week or a month."""
    if not text:
        return None
    try:
        if re.fullmatch("[0-9]{4}-W[0-9]{2}", text):
            first = date.fromisocalendar(int(text[:4]), int(text[6:]), 1)
            found = Period(first, first + timedelta(days=6))
        elif re.fullmatch("[0-9]{4}-[0-9]{2}", text):
            first = date.fromisoformat(f"{text}-01")
            found = periods.buckets(Period(first, first + timedelta(days=30)), Step.MONTH)[0]
        elif re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            found = Period(date.fromisoformat(text), date.fromisoformat(text))
        else:
            raise ValueError("no part of a period")
        if found.last < FIRST_DAY or found.first > LAST_DAY:
            raise ValueError("too far away")
    except (ValueError, OverflowError):
        raise Invalid({"on": N_("Give a day, a week (2026-W10) or a month.")}) from None
    return found


def _maybe(fields: Fields, name: str, kind: type[T]) -> T | None:
    text = fields.one(name)
    return choice(name, text, kind) if text else None  # type: ignore[type-var] # kinds of texts


def _numbers(size: int) -> tuple[str, ...]:
    return tuple(str(n) for n in range(size))


def _place(fields: Fields, name: str, offered: tuple[str, ...]) -> int | None:
    text = fields.one(name)
    if text and text not in offered:
        raise Invalid({name: OFFERED})
    return offered.index(text) if text else None


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
