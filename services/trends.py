"""What came in and was done day by day, and what was open in the end."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from services.figures import Sample
from services.periods import FIRST_DAY, Period, Step, starts_of
from services.time_axes import NO_DAY


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


def of(sample: Sample, period: Period, step: Step) -> list[Point]:
    """Return the points of a period; each thing counts when it happened, in the last state of now.

    The backlog is what had been created and not yet done for the last time at the end of each.
    """
    begin, size = (period.first - FIRST_DAY).days, period.days
    days = {name: sample[f"{name}_day"] for name in ("created", "resolved", "closed")}
    ended = sample["ended_day"]
    # What ended before it began, an error of another system, was never open: not less than that.
    days["ended"] = np.where(ended == NO_DAY, NO_DAY, np.maximum(ended, days["created"]))
    counted = {name: _per_day(of_each, begin, size) for name, of_each in days.items()}
    starts = starts_of(period.first, size, step)
    backlog = np.cumsum(counted["created"] - counted["ended"])[1:]
    sums = {
        name: np.add.reduceat(counted[name][1:], starts)
        for name in ("created", "resolved", "closed")
    }
    ends = [*(start - 1 for start in starts[1:]), size - 1]
    return [
        Point(
            period.first + timedelta(days=start),
            int(sums["created"][place]),
            int(sums["resolved"][place]),
            int(sums["closed"][place]),
            int(backlog[end]),
        )
        for place, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def _per_day(days: NDArray[np.int32], begin: int, size: int) -> NDArray[np.int64]:
    """Count days; the first number is that of all days before `begin`."""
    near = np.clip(days, begin - 1, begin + size) - np.int32(begin - 1)
    counted = np.bincount(near, minlength=size + 2)
    counted[0] -= np.count_nonzero(days == NO_DAY)
    return counted[: size + 1]
