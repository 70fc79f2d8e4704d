"""Statistics: what each figure means is said here, once (F-012; domain.md 6).

Figures are of the tickets whose creation falls in the period, as they stand now, without those in
the trash: « of what came in March, how much was resolved ». Times are in hours, calendar and
business: business hours are those of the default calendar. Nobody’s figures count a ticket that
they may not see.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from data.clock import now
from services import columns, dimensions, figures, permissions, selections
from services.columns import DURATIONS
from services.dimensions import Dimension, Group, Grouping
from services.facts import NEVER, moment
from services.figures import Figures, Sample
from services.permissions import Actor
from services.selections import EVERYTHING, Found, Selection
from services.time_axes import DAY, NO_DAY

OVERVIEW = (
    Dimension.TEAM,
    Dimension.TECHNICIAN,
    Dimension.CATEGORY,
    Dimension.PRIORITY,
    Dimension.IMPACT,
    Dimension.URGENCY,
    Dimension.TYPE,
    Dimension.CHANNEL,
    Dimension.DEPARTMENT,
)
FEW = 100_000  # tickets: less is not worth a second thread
AGE_BANDS: tuple[int, ...] = (2, 6, 16)  # days at which the next band begins (domain.md 6)


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of one value of a dimension."""

    group: Group
    figures: Figures


@dataclass(frozen=True, slots=True)
class Point:
    """What came in and was done in one day, week or month, and what was open at its end."""

    first_day: date
    created: int
    resolved: int
    closed: int
    backlog: int

    @property
    def net_flow(self) -> int:
        """Return created less resolved: above 0, the backlog grows."""
        return self.created - self.resolved


@dataclass(frozen=True, slots=True)
class Overview:
    """What a page of statistics shows at once."""

    all: Figures
    parts: dict[Dimension, list[Part]]
    heat: list[list[int]]  # created on each weekday, Monday first, in each hour
    ages: list[int]  # of the backlog of now, as `backlog_at` counts them


class Step(StrEnum):
    """How long a point of a trend is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def summary(s: Session, by: Actor, wanted: Selection = EVERYTHING) -> Figures:
    """Return all figures of the tickets of a selection.

    * created: how many tickets there are.
    * resolved: those that have the date on which they were resolved; of a ticket that was reopened,
      that of the last time, and none while it is open. A ticket closed without that date (from
      another system) is not among them, nor a cancelled one.
    * closed: those that are closed for good.
    * backlog: those that are new, in progress or pending now.
    * late: those that missed their resolution deadline: done after it, or open past it.
    * acceptance: from the creation until somebody first took charge (MTTA).
    * first_response: until the first public answer of staff; automatic answers do not count.
    * resolution: until resolved, the last time (MTTR); what was pending is not taken off.
    * closing: until closed.
      Each in hours with n, mean, median and 90th percentile (linear quantiles). Excluded is what
      has not come to that yet, and what ends before it begins: an error of another system.
    * sla: made is how many kept their resolution deadline, n is these and the late ones. Excluded
      are those without a deadline, cancelled, or open with time left. For a ticket from another
      system that told its own verdict, that counts.
    * first_contact: resolved with at most one public answer of staff, never reassigned, not
      reopened within 7 days (FCR). Its share is of the resolved ones.
    * reopened: tickets that ever came back from resolved, closed or cancelled, and how often.
      `soon` is those that did within 30 days; the reopen rate is its share of the resolved ones.
    * reassignments: changes to another team or lead than the one before, or what another system
      counted: the mean over all tickets, how many had any, the most.
    * satisfaction: from 1 to 5 stars. Nobody is asked yet: n is 0.

    Raises:
        NotAllowed.
    """
    with selections.sample(s, by, wanted) as found:
        return figures.of_all(found.sample)


def parts(s: Session, by: Actor, wanted: Selection, dimension: Dimension) -> list[Part]:
    """Return the figures of each value of a dimension that occurs, in its natural order.

    Raises:
        NotAllowed.
    """
    with selections.sample(s, by, wanted) as found:
        grouping = dimensions.grouping(s, found.sample, dimension, found.departments)
        return _figures(found.sample, grouping, is_whole=True)


def overview(s: Session, by: Actor, wanted: Selection = EVERYTHING) -> Overview:
    """Return what a page of statistics shows at once: all figures, and the parts of most.

    Parts tell of times only `resolution`, and nothing of reassignments nor how often tickets were
    reopened; `parts` tells the rest of one dimension. Of very many tickets it may be some seconds
    behind.

    Raises:
        NotAllowed.
    """
    with selections.sample(s, by, wanted) as found:
        key = (wanted, permissions.teams_counted(by))
        is_large = len(found.sample) > columns.MANY
        return columns.shared.remembered(key, lambda: _overview(s, found), is_large=is_large)


def backlog_at(s: Session, by: Actor, wanted: Selection, at: datetime) -> list[int]:
    """Return how many tickets were open at an instant, by age: 0–1, 2–5, 6–15, more days.

    A ticket is open from its creation until it was resolved, closed or cancelled for the last
    time: one that was reopened counts as open all the while. The period of the selection is that
    of the creation, as everywhere.

    Raises:
        NotAllowed.
    """
    with selections.sample(s, by, wanted) as found:
        return _ages(found.sample, moment(at))


def trend(
    s: Session, by: Actor, wanted: Selection, step: Step, first: date, last: date
) -> list[Point]:
    """Return what was created, resolved and closed in each day, week or month of some days.

    Here each counts when it happened, not by the creation: the period of the selection is left
    aside. Weeks begin on Monday. The backlog is what was open at the end of each, as `backlog_at`
    counts it.

    Raises:
        NotAllowed.
    """
    with selections.sample(s, by, _without_period(wanted)) as found:
        begin = (first - date(1970, 1, 1)).days
        size = max((last - first).days + 1, 0)
        counted = {
            name: _per_day(found.sample[f"{name}_day"], begin, size)
            for name in ("created", "resolved", "closed", "ended")
        }
    if not size:
        return []
    starts = _starts(first, size, step)
    backlog = np.cumsum(counted["created"] - counted["ended"])[1:]
    sums = {
        name: np.add.reduceat(counted[name][1:], starts)
        for name in ("created", "resolved", "closed")
    }
    ends = [*(start - 1 for start in starts[1:]), size - 1]
    return [
        Point(
            first + timedelta(days=start),
            int(sums["created"][place]),
            int(sums["resolved"][place]),
            int(sums["closed"][place]),
            int(backlog[end]),
        )
        for place, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def heat(s: Session, by: Actor, wanted: Selection = EVERYTHING) -> list[list[int]]:
    """Return how many tickets were created on each weekday (Monday first) in each hour.

    Raises:
        NotAllowed.
    """
    with selections.sample(s, by, wanted) as found:
        return _heat(found.sample)


def _overview(s: Session, found: Found) -> Overview:
    """Compute an overview; of many tickets two parts at a time, since numpy lets others go on."""
    sample = found.sample
    groupings = {d: dimensions.grouping(s, sample, d, found.departments) for d in OVERVIEW}
    sample.states()  # what all need, before they are two
    tasks: list[Callable[[], Any]] = [
        partial(figures.of_all, sample),
        *(partial(_figures, sample, grouping, is_whole=False) for grouping in groupings.values()),
    ]
    if len(sample) > FEW:
        with ThreadPoolExecutor(2, thread_name_prefix="figures") as pool:
            everything, *made = pool.map(lambda task: task(), tasks)
    else:
        everything, *made = (task() for task in tasks)
    return Overview(
        all=everything,
        parts=dict(zip(OVERVIEW, made, strict=True)),
        heat=_heat(sample),
        ages=_ages(sample, moment(now())),
    )


def _figures(sample: Sample, grouping: Grouping, *, is_whole: bool) -> list[Part]:
    made = figures.of_groups(
        sample,
        grouping.codes,
        len(grouping.groups),
        durations=tuple(DURATIONS) if is_whole else ("resolution",),
        counters=is_whole,
    )
    return [Part(group, some) for group, some in zip(grouping.groups, made, strict=True)]


def _ages(sample: Sample, instant: int) -> list[int]:
    created, ended = sample["created"], sample["ended"]
    is_open = (created <= instant) & ((ended == NEVER) | (ended > instant))
    ages = (instant - created[is_open]) // DAY
    bands = np.bincount(np.searchsorted(AGE_BANDS, ages, side="right"), minlength=4)
    return [int(number) for number in bands]


def _heat(sample: Sample) -> list[list[int]]:
    both = (sample["created_day"] + 3) % 7 * 24 + sample["hour"]
    counted = np.bincount(both, minlength=7 * 24).reshape(7, 24)
    return [[int(number) for number in row] for row in counted]


def _per_day(days: NDArray[np.int32], begin: int, size: int) -> NDArray[np.int64]:
    """Count days; the first number is that of all days before `begin`."""
    known = days[days != NO_DAY]
    before = np.clip(known - begin + 1, 0, size + 1)
    return np.bincount(before, minlength=size + 2)[: size + 1]


def _starts(first: date, size: int, step: Step) -> list[int]:
    """Return on which of the days a point begins."""
    begins: dict[Step, Callable[[date], bool]] = {
        Step.DAY: lambda _day: True,
        Step.WEEK: lambda day: day.weekday() == 0,
        Step.MONTH: lambda day: day.day == 1,
    }
    return [n for n in range(size) if n == 0 or begins[step](first + timedelta(days=n))]


def _without_period(wanted: Selection) -> Selection:
    return replace(wanted, created_from=None, created_before=None)
