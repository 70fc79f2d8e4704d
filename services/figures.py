"""Figures of groups of tickets, from columns: each column is looked through once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services import quantiles
from services.columns import DURATIONS, Columns, State
from services.quantiles import Bins, Codes, Hours, Margin, Spread

Places = NDArray[np.int64] | slice  # of columns
SHARES = (0.5, 0.9)  # of the quantiles that figures tell
_STATES = 256
_USUAL = 63  # a counter is hardly ever higher


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took, in hours; None where it never came to that."""

    n: int = 0
    mean: float | None = None
    median: float | None = None
    p90: float | None = None


@dataclass(frozen=True, slots=True)
class Sla:
    """How many tickets had a promise that was kept or broken, and how many of them kept it."""

    n: int = 0
    made: int = 0

    @property
    def share(self) -> float | None:
        """Return the part that kept it, from 0 to 1."""
        return self.made / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Reassignments:
    """How often tickets went from hand to hand: per ticket, how many did at all, the most."""

    mean: float | None = None
    tickets: int = 0
    max: int | None = None


@dataclass(frozen=True, slots=True)
class Reopened:
    """How many tickets came back, how often altogether, how many of them within 30 days."""

    tickets: int = 0
    times: int = 0
    soon: int = 0


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """What requesters answered, from 1 to 5 stars."""

    n: int = 0
    mean: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """All figures of a group of tickets; `services.statistics` defines each."""

    created: int = 0
    resolved: int = 0
    closed: int = 0
    backlog: int = 0
    late: int = 0
    acceptance: Times = Times()
    first_response: Times = Times()
    resolution: Times = Times()
    closing: Times = Times()
    acceptance_business: Times = Times()
    first_response_business: Times = Times()
    resolution_business: Times = Times()
    sla: Sla = Sla()
    first_contact: int = 0
    reopened: Reopened = Reopened()
    reassignments: Reassignments = Reassignments()
    satisfaction: Satisfaction = Satisfaction()

    @property
    def net_flow(self) -> int:
        """Return created less resolved."""
        return self.created - self.resolved

    @property
    def first_contact_share(self) -> float | None:
        """Return the part of the resolved ones that the first contact resolved, from 0 to 1."""
        return self.first_contact / self.resolved if self.resolved else None

    @property
    def reopen_rate(self) -> float | None:
        """Return the part of the resolved ones that came back within 30 days, from 0 to 1."""
        return self.reopened.soon / self.resolved if self.resolved else None


class Sample:
    """Some of the tickets: the columns, at the places that a filter left."""

    def __init__(self, columns: Columns, places: Places | None, now: int) -> None:
        self._columns = columns
        self._places: Places = slice(None) if places is None else places
        self._now = now
        self._taken: dict[str, NDArray[Any]] = {}

    def __len__(self) -> int:
        if isinstance(self._places, slice):
            return len(range(*self._places.indices(len(self._columns))))
        return len(self._places)

    def __getitem__(self, name: str) -> NDArray[Any]:
        column = self._taken.get(name)
        if column is None:
            column = self._taken[name] = self._columns[name][self._places]
        return column

    def made(self, name: str, make: Callable[["Sample"], NDArray[Any]]) -> NDArray[Any]:
        """Return a column made of others, once."""
        if name not in self._taken:
            self._taken[name] = make(self)
        return self._taken[name]

    def states(self) -> NDArray[np.uint8]:
        """Return the states, with what is late by now."""
        return self.made("now", lambda _sample: self._states())

    def _states(self) -> NDArray[np.uint8]:
        states = self["state"]
        is_open = np.flatnonzero(states & State.OPEN)
        due = self["due"][is_open]
        is_late = is_open[(due < self._now) & (due > 0)]
        if len(is_late):
            states = states.copy()
            states[is_late] |= np.uint8(State.MISSED)
        return states


def of_all(sample: Sample) -> Figures:
    """Return the figures of all tickets of a sample."""
    return of_groups(sample, np.zeros(len(sample), np.uint8), 1)[0]


def of_groups(
    sample: Sample,
    codes: Codes,
    groups: int,
    *,
    durations: Sequence[str] = tuple(DURATIONS),
    counters: bool = True,
) -> list[Figures]:
    """Return the figures of each of some groups; those `durations` only, the others are empty.

    Without `counters`, reassignments are empty, and nobody counts how often tickets were reopened.
    """
    alone = [np.arange(groups)]
    return of_margins(sample, codes, groups, alone, durations=durations, counters=counters)[0]


def of_margins(
    sample: Sample,
    codes: Codes,
    cells: int,
    margins: Sequence[Margin],
    *,
    durations: Sequence[str] = tuple(DURATIONS),
    counters: bool = True,
) -> list[list[Figures]]:
    """Return `of_groups` of several partings, counted once by their common cells."""
    states = _counted(sample.states(), codes, cells)
    spreads = {
        name: quantiles.of_margins(*_binned(sample, name), codes, cells, margins, SHARES)
        for name in durations
    }
    moved = _summed(sample["reassignments"], codes, cells) if counters else None
    back = _summed(sample["reopenings"], codes, cells) if counters else None
    return [
        _figures(
            quantiles.added(states, margin),
            {name: found[place] for name, found in spreads.items()},
            _by_margin(moved, margin),
            _by_margin(back, margin),
        )
        for place, margin in enumerate(margins)
    ]


def spread(
    sample: Sample, duration: str, codes: Codes, groups: int, shares: Sequence[float]
) -> Spread:
    """Return how one of DURATIONS spreads in each group: how many, the mean, any quantiles."""
    return quantiles.of_groups(*_binned(sample, duration), codes, groups, shares)


def histogram(
    sample: Sample, duration: str, codes: Codes, groups: int, edges: Sequence[float]
) -> NDArray[np.int64]:
    """Return how many of each group (row) took less than the first edge, from it to the next, ….

    Edges are hours in order; what took just so long counts above it.
    """
    return quantiles.histogram(*_binned(sample, duration), codes, groups, edges)


def _binned(sample: Sample, duration: str) -> tuple[Hours, Bins]:
    return sample[duration], sample[f"{duration}_bin"]


def _figures(
    counts: NDArray[np.int64],
    spreads: Mapping[str, Spread],
    moved: NDArray[np.int64] | None,
    back: NDArray[np.int64] | None,
) -> list[Figures]:
    numbers = dict(zip(State, (counts @ _BITS).T.tolist(), strict=True))
    created = counts.sum(axis=1).tolist()
    judged = zip(numbers[State.MADE], numbers[State.MISSED], strict=True)
    lasted = {name: times(found) for name, found in spreads.items()}
    return [
        Figures(
            created=created[group],
            resolved=numbers[State.RESOLVED][group],
            closed=numbers[State.CLOSED][group],
            backlog=numbers[State.OPEN][group],
            late=numbers[State.MISSED][group],
            sla=Sla(made + missed, made),
            first_contact=numbers[State.FIRST_CONTACT][group],
            reopened=Reopened(
                numbers[State.REOPENED][group],
                0 if back is None else int(back[1, group]),
                numbers[State.REOPENED_SOON][group],
            ),
            reassignments=_reassignments(created[group], moved, group),
            **{name: found[group] for name, found in lasted.items()},  # type: ignore[arg-type] # times
        )
        for group, (made, missed) in enumerate(judged)
    ]


_BITS = np.array([[bool(code & state) for state in State] for code in range(_STATES)], np.int64)


def _counted(states: NDArray[np.uint8], codes: Codes, cells: int) -> NDArray[np.int64]:
    """Return how many tickets of each cell (row) are in each combination of states (column)."""
    counted = np.bincount(_pairs(codes, cells, _STATES, states), minlength=cells * _STATES)
    return counted.reshape(cells, _STATES)


def _pairs(codes: Codes, cells: int, width: int, others: NDArray[Any]) -> NDArray[Any]:
    """Return one number for both; the second is below `width`."""
    if cells == 1:
        return others
    both = codes.astype(np.int64)
    both *= width
    both += others
    return both


def _reassignments(created: int, moved: NDArray[np.int64] | None, group: int) -> Reassignments:
    if moved is None or not created:
        return Reassignments()
    tickets, times, most = (int(number) for number in moved[:, group])
    return Reassignments(times / created, tickets, most)


def _summed(counters: NDArray[Any], codes: Codes, cells: int) -> NDArray[np.int64]:
    """Return for each cell (column) how many counters are not 0, their sum, the highest."""
    width = min(int(counters.max(initial=0)), _USUAL) + 1
    usual, values = np.minimum(counters, width - 1), np.arange(width)
    counted = np.bincount(_pairs(codes, cells, width, usual), minlength=cells * width)
    counted = counted.reshape(cells, width)
    sums, most = counted @ values, np.where(counted > 0, values, 0).max(axis=1)
    unusual = np.flatnonzero(counters > _USUAL)
    np.add.at(sums, codes[unusual], counters[unusual].astype(np.int64) - _USUAL)
    np.maximum.at(most, codes[unusual], counters[unusual])
    return np.stack((counted[:, 1:].sum(axis=1), sums, most))


def _by_margin(summed: NDArray[np.int64] | None, margin: Margin) -> NDArray[np.int64] | None:
    if summed is None:
        return None
    most = np.zeros(int(margin.max(initial=-1)) + 1, np.int64)
    np.maximum.at(most, margin, summed[2])
    return np.stack((*quantiles.added(summed[:2].T, margin).T, most))


def times(found: Spread, shares: Sequence[float] = SHARES) -> list[Times]:
    """Return the times of each group of a spread at `shares`, among which are SHARES."""
    at = found.at[:, [shares.index(share) for share in SHARES]]
    rows = zip(found.known.tolist(), found.means.tolist(), at.tolist(), strict=True)
    return [Times(known, mean, *places) if known else Times() for known, mean, places in rows]
