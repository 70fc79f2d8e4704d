"""What happened in a period: which tickets each measure counts, defined once (domain.md 6).

Everything counts on the day it happened, in the organisation’s zone and as the ticket stands now:
so that figures of two periods can be compared, and those of a past one stay. `services.statistics`
asks otherwise: what became of the tickets created in a period.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from data.clock import now
from services import dimensions, figures, periods, quantiles, selections, sessions
from services.columns import State
from services.dimensions import Dimension, Grouping
from services.facts import NEVER, moment
from services.figures import Sample, Sla, Times
from services.periods import FIRST_DAY, Period
from services.permissions import Actor
from services.quantiles import Spread
from services.questions import Hours, Question
from services.selections import Found
from services.time_axes import NO_DAY

Places = NDArray[np.int64]  # of tickets in a sample, in order
Days = NDArray[np.int32]


class Measure(StrEnum):
    """What a figure counts; each ticket at most once in each period."""

    CREATED = "created"
    ACCEPTED = "accepted"  # somebody took charge for the first time
    ANSWERED = "answered"  # first public answer of staff
    RESOLVED = "resolved"  # for the last time; not while it is open again, not cancelled ones
    CLOSED = "closed"  # for good
    BACKLOG = "backlog"  # created by the end of the period, and done for the last time after it
    LATE = "late"  # of the backlog: past its resolution deadline by the end, or by now
    KEPT = "kept"  # done in time, when it was done
    MISSED = "missed"  # not done in time, when the deadline passed
    FIRST_CONTACT = "first_contact"  # resolved, with one answer, by one, not reopened in 7 days
    REOPENED = "reopened"  # resolved, having come back within 30 days before
    REASSIGNED = "reassigned"  # resolved, having gone to another team or lead


class Duration(StrEnum):
    """How long something took, since the creation; each belongs to what happened at its end."""

    ACCEPTANCE = "acceptance"
    FIRST_RESPONSE = "first_response"
    RESOLUTION = "resolution"
    CLOSING = "closing"


ENDS: dict[Duration, Measure] = {
    Duration.ACCEPTANCE: Measure.ACCEPTED,
    Duration.FIRST_RESPONSE: Measure.ANSWERED,
    Duration.RESOLUTION: Measure.RESOLVED,
    Duration.CLOSING: Measure.CLOSED,
}


_ON_DAY = {  # when it happened
    Measure.CREATED: "created",
    Measure.ACCEPTED: "accepted",
    Measure.ANSWERED: "responded",
    Measure.RESOLVED: "resolved",
    Measure.CLOSED: "closed",
    Measure.KEPT: "ended",
    Measure.FIRST_CONTACT: "resolved",
    Measure.REOPENED: "resolved",
    Measure.REASSIGNED: "resolved",
}
_OF_RESOLVED = {Measure.FIRST_CONTACT: State.FIRST_CONTACT, Measure.REOPENED: State.REOPENED_SOON}
SHARES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95)  # of quantiles, found at once


class Window:
    """The tickets of a question, and what happened to them in one period."""

    def __init__(self, sample: Sample, period: Period, zone: ZoneInfo, instant: int) -> None:
        self.sample = sample
        self.period = period
        self.zone = zone
        self.first = (period.first - FIRST_DAY).days
        self.last = (period.last - FIRST_DAY).days
        end = moment(periods.bounds(period, zone)[1])
        self.end = min(end - 1, instant)  # the last instant of the period that has been
        self._found: dict[Measure, Places] = {}
        self._columns: dict[tuple[Measure, str], NDArray[Any]] = {}
        self._spreads: dict[tuple[str, Dimension | None], Spread] = {}

    def places(self, measure: Measure) -> Places:
        """Return which tickets a measure counts in the period."""
        if measure not in self._found:
            self._found[measure] = self._counted(measure)
        return self._found[measure]

    def days(self, measure: Measure) -> Days:
        """Return the day on which it happened to each of them; of the backlog, the last day."""
        if measure in _OPEN:
            return np.full(self.count(measure), self.last, np.int32)
        days: Days = self._days_of(measure)[self.at(measure)]
        return days

    def count(self, measure: Measure) -> int:
        """Return how many tickets a measure counts."""
        return len(self.places(measure))

    def lasted(self, duration: Duration, hours: Hours) -> tuple[Places, NDArray[np.float64]]:
        """Return which tickets came to the end of something in the period, after how many hours.

        Left out is what ended before it began, and closing in business hours, which is not kept.
        """
        places = self.places(ENDS[duration])
        values = self.column(ENDS[duration], _kept_as(duration, hours))
        known = ~np.isnan(values)
        return places[known], values[known]

    def spread(
        self,
        duration: Duration,
        hours: Hours,
        dimension: Dimension | None = None,
        among: Grouping | None = None,
    ) -> Spread:
        """Return how the hours that `lasted` tells are spread, at SHARES; by group, or of all."""
        measure, name = ENDS[duration], _kept_as(duration, hours)
        if (name, dimension) not in self._spreads:
            values, bins = self.column(measure, name), self.column(measure, f"{name}_bin")
            codes = among.codes[self.at(measure)] if among else np.zeros(len(bins), np.uint8)
            groups = len(among.groups) if among else 1
            spread = quantiles.of_groups(values, bins, codes, groups, SHARES)
            self._spreads[name, dimension] = spread
        return self._spreads[name, dimension]

    def histogram(
        self, duration: Duration, hours: Hours, edges: Sequence[float]
    ) -> NDArray[np.int64]:
        """Count the hours that `lasted` tells: below the first edge, from it to the next, …."""
        measure, name = ENDS[duration], _kept_as(duration, hours)
        values, bins = self.column(measure, name), self.column(measure, f"{name}_bin")
        found: NDArray[np.int64] = quantiles.histogram(
            values, bins, np.zeros(len(bins), np.uint8), 1, edges
        )[0]
        return found

    def times(self, duration: Duration, hours: Hours) -> Times:
        """Return n, mean, median and 90th percentile of the hours that `lasted` tells."""
        return figures.times(self.spread(duration, hours), SHARES)[0]

    def column(self, measure: Measure, name: str) -> NDArray[Any]:
        """Return a column at the places of a measure."""
        key = (measure, name)
        if key not in self._columns:
            self._columns[key] = self.sample[name][self.at(measure)]
        return self._columns[key]

    def at(self, measure: Measure) -> Places | slice:
        """Return the places of a measure; as a stretch, where they are one: it copies nothing."""
        places = self.places(measure)
        first, after = (int(places[0]), int(places[-1]) + 1) if len(places) else (0, 0)
        return slice(first, after) if after - first == len(places) else places

    def sla(self) -> Sla:
        """Return how many promises were kept, of those that were kept or missed in the period."""
        kept = self.count(Measure.KEPT)
        return Sla(kept + self.count(Measure.MISSED), kept)

    def _counted(self, measure: Measure) -> Places:
        if measure in _OPEN:
            return self._open(is_late=measure is Measure.LATE)
        if measure is Measure.REASSIGNED:
            return self._resolved(self.column(Measure.RESOLVED, "reassignments") > 0)
        if measure in _OF_RESOLVED:
            states = self.column(Measure.RESOLVED, "state")
            return self._resolved(states & _OF_RESOLVED[measure] > 0)
        days = self._days_of(measure)
        is_in = (days >= self.first) & (days <= self.last)
        if measure is Measure.KEPT:
            is_in &= self.sample["state"] & State.MADE > 0
        return np.flatnonzero(is_in)

    def _days_of(self, measure: Measure) -> Days:
        if measure is Measure.MISSED:
            return self.sample.made("missed_day", _missed_days)
        return self.sample[f"{_ON_DAY[measure]}_day"]

    def _resolved(self, is_so: NDArray[np.bool_]) -> Places:
        places: Places = self.places(Measure.RESOLVED)[is_so]
        return places

    def _open(self, *, is_late: bool) -> Places:
        if is_late:
            places, due = self.places(Measure.BACKLOG), self.column(Measure.BACKLOG, "due")
            late: Places = places[(due != NEVER) & (due < self.end)]
            return late
        ended = self.sample["ended_day"]
        is_open = (ended > self.last) | (ended == NO_DAY)
        return np.flatnonzero(is_open & (self.sample["created_day"] <= self.last))


_OPEN = (Measure.BACKLOG, Measure.LATE)


def _missed_days(sample: Sample) -> Days:
    """Return when a deadline passed; without one, when another system’s « missed » was done.

    Without either, that counts when the ticket was created.
    """
    places = np.flatnonzero(sample.states() & State.MISSED)
    ended, due = sample["ended"][places], sample["due"][places]
    created_days, ended_days, due_days = (
        sample[f"{name}_day"][places] for name in ("created", "ended", "due")
    )
    is_due = (due != NEVER) & ((ended == NEVER) | (due < ended))
    done = np.where(ended == NEVER, created_days, ended_days)
    found = np.full(len(sample), NO_DAY, np.int32)
    found[places] = np.where(is_due, due_days, done)
    return found


class Answering:
    """A question while it is answered: its tickets, its period, the one before, its groups."""

    def __init__(self, s: Session, by: Actor, question: Question, found: Found) -> None:
        self.question = question
        self.by = by
        self.sample = found.sample
        zone, instant = ZoneInfo(sessions.home_zone()), moment(now())
        self.zone = zone
        self.now = Window(found.sample, question.period, zone, instant)
        earlier = periods.before(question.period)
        self.before = Window(found.sample, earlier, zone, instant)
        self._s, self._departments = s, found.departments
        self._groupings: dict[Dimension, Grouping] = {}

    def grouping(self, dimension: Dimension) -> Grouping:
        """Return the groups of all tickets of the question, as `by` may see them."""
        if dimension not in self._groupings:
            self._groupings[dimension] = dimensions.grouping_for(
                self._s, self.by, self.sample, dimension, self._departments
            )
        return self._groupings[dimension]

    def counts(self, window: Window, measure: Measure, dimension: Dimension) -> NDArray[np.int64]:
        """Return how many tickets a measure counts in each group of a dimension."""
        grouping = self.grouping(dimension)
        codes = grouping.codes[window.at(measure)]
        return np.bincount(codes, minlength=len(grouping.groups))


@contextmanager
def answering(s: Session, by: Actor, question: Question) -> Iterator[Answering]:
    """Hold the tickets of a question that `by` may see figures of.

    Raises:
        NotAllowed.
    """
    with selections.sample(s, by, question.wanted) as found:
        yield Answering(s, by, question, found)


def _kept_as(duration: Duration, hours: Hours) -> str:
    """Return the column of hours; closing is not kept in business hours."""
    is_business = hours is Hours.BUSINESS and duration is not Duration.CLOSING
    return f"{duration.value}_business" if is_business else duration.value
