"""Statistics: what each figure means is said here, once (F-012; domain.md 6).

Figures are of the tickets whose creation falls in the period, as they stand now, without those in
the trash: « of what came in March, how much was resolved ». Times are in hours, calendar and
business: business hours are those of the default calendar. Nobody’s figures count a ticket that
they may not see.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from data.clock import now
from services import columns, dimensions, figures, permissions, selections, trends
from services.dimensions import Dimension, Group, Grouping
from services.facts import NEVER, moment
from services.figures import Figures, Sample
from services.periods import Period, Step
from services.permissions import Actor
from services.selections import EVERYTHING, Found, Selection
from services.time_axes import DAY
from services.trends import Point

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
_BRIEFLY: dict[str, Any] = {"durations": ("resolution",), "counters": False}
AGE_BANDS: tuple[int, ...] = (2, 6, 16)  # days at which the next band begins (domain.md 6)


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of one value of a dimension."""

    group: Group
    figures: Figures


@dataclass(frozen=True, slots=True)
class Overview:
    """What a page of statistics shows at once."""

    all: Figures
    parts: dict[Dimension, list[Part]]
    heat: list[list[int]]  # created on each weekday, Monday first, in each hour
    ages: list[int]  # of the backlog of now, as `backlog_at` counts them


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

    Technicians see of other technicians only their teams.

    Raises:
        NotAllowed.
    """
    with selections.sample(s, by, wanted) as found:
        sample = found.sample
        grouping = dimensions.grouping_for(s, by, sample, dimension, found.departments)
        return _figures(sample, grouping, is_whole=True)


def overview(s: Session, by: Actor, wanted: Selection = EVERYTHING) -> Overview:
    """Return what a page of statistics shows at once: all figures, and the parts of most.

    Parts tell of times only `resolution`, and nothing of reassignments nor how often tickets were
    reopened; `parts` tells the rest of one dimension. Of very many tickets it may be some seconds
    behind.

    Raises:
        NotAllowed.
    """
    with selections.sample(s, by, wanted) as found:
        is_large = len(found.sample) > columns.MANY
        return columns.shared.remembered(
            (wanted, permissions.sight(by)), lambda: _overview(s, by, found), is_large=is_large
        )


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
        return trends.of(found.sample, Period(first, last), step) if first <= last else []


def heat(s: Session, by: Actor, wanted: Selection = EVERYTHING) -> list[list[int]]:
    """Return how many tickets were created on each weekday (Monday first) in each hour.

    Raises:
        NotAllowed.
    """
    with selections.sample(s, by, wanted) as found:
        return _heat(found.sample)


def _overview(s: Session, by: Actor, found: Found) -> Overview:
    sample = found.sample
    profiles = dimensions.profiles(sample)
    margins = [margin for margin, _groups in profiles.margins.values()]
    made = figures.of_margins(sample, profiles.codes, profiles.cells, margins, **_BRIEFLY)
    parts = {
        dimension: _parts(groups, some)
        for (dimension, (_margin, groups)), some in zip(profiles.margins.items(), made, strict=True)
    }
    for dimension in (d for d in OVERVIEW if d not in parts):
        grouping = dimensions.grouping_for(s, by, sample, dimension, found.departments)
        parts[dimension] = _figures(sample, grouping, is_whole=False)
    return Overview(
        all=figures.of_all(sample),
        parts={dimension: parts[dimension] for dimension in OVERVIEW},
        heat=_heat(sample),
        ages=_ages(sample, moment(now())),
    )


def _figures(sample: Sample, grouping: Grouping, *, is_whole: bool) -> list[Part]:
    wanted = {} if is_whole else _BRIEFLY
    made = figures.of_groups(sample, grouping.codes, len(grouping.groups), **wanted)
    return _parts(grouping.groups, made)


def _parts(groups: list[Group], made: list[Figures]) -> list[Part]:
    return [Part(group, some) for group, some in zip(groups, made, strict=True)]


def _ages(sample: Sample, instant: int) -> list[int]:
    created, ended = sample["created"], sample["ended"]
    is_open = (created <= instant) & ((ended == NEVER) | (ended > instant))
    ages = (instant - created[is_open]) // DAY
    bands = np.bincount(np.searchsorted(AGE_BANDS, ages, side="right"), minlength=4)
    return [int(number) for number in bands]


def _heat(sample: Sample) -> list[list[int]]:
    counted: list[list[int]] = (
        np.bincount(sample["week_hour"], minlength=7 * 24).reshape(7, 24).tolist()
    )
    return counted


def _without_period(wanted: Selection) -> Selection:
    return replace(wanted, created_from=None, created_before=None)
