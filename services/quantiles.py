"""Exact quantiles of durations in many groups at once, without sorting all of them.

Each duration lies in a bin, of which there are so many for each doubling of hours. Bins are counted
by group in one pass; only what shares its bin with a quantile that is wanted is put in order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Hours = NDArray[np.float64]  # NaN: not known
Bins = NDArray[np.uint16]
Codes = NDArray[Any]  # the group of each: 0, 1, 2 …
Margin = NDArray[np.int64]  # the group of each cell; all groups have one

_FINEST = 7  # 128 bins for each doubling
_COARSEST = 4  # … or so many times fewer, as a power of two
_LEAST, _DOUBLINGS = -10, 27  # below 3.5 seconds and above 15 years all share one bin
_KNOWN = _DOUBLINGS << _FINEST
UNKNOWN = 0  # the bin of what is not known
ZERO = 1 << _COARSEST  # of what took no time at all; both stay apart when bins become coarser
_SHORTEST = 2 << _COARSEST
_ROOM = 1 << 18  # counters: what a processor keeps near
_MANTISSA, _BIAS = 52, 1023  # of 64-bit numbers (IEEE 754)


@dataclass(frozen=True, slots=True)
class Spread:
    """How durations spread in each group: how many are known, their mean, their quantiles.

    NaN where nothing is known. `at[group, place]` is the quantile of the share at that place.
    """

    known: NDArray[np.int64]
    means: NDArray[np.float64]
    at: NDArray[np.float64]


def bins(hours: Hours) -> Bins:
    """Return the bin of each duration, of which none is below 0: never lower for a longer one."""
    bits = np.ascontiguousarray(hours).view(np.int64) >> (_MANTISSA - _FINEST)
    found = np.clip(bits - ((_BIAS + _LEAST) << _FINEST), 0, _KNOWN - 1) + _SHORTEST
    found[hours == 0] = ZERO
    found[np.isnan(hours)] = UNKNOWN
    return np.asarray(found, np.uint16)


def of_groups(
    hours: Hours, among: Bins, codes: Codes, groups: int, shares: Sequence[float]
) -> Spread:
    """Return how durations, with their `bins`, spread in each of some groups.

    Quantiles are linear, as numpy computes them (Hyndman and Fan’s 7th).
    """
    return of_margins(hours, among, codes, groups, [np.arange(groups)], shares)[0]


def of_margins(
    hours: Hours,
    among: Bins,
    codes: Codes,
    cells: int,
    margins: Sequence[Margin],
    shares: Sequence[float],
) -> list[Spread]:
    """Return the spread in the groups of several partings, counted once by their common cells."""
    shift = next((n for n in range(_COARSEST) if cells * _width(n) <= _ROOM), _COARSEST)
    width = _width(shift)
    places = _places(among >> np.uint16(shift), codes, cells, width)
    counted = np.bincount(places, minlength=cells * width).reshape(cells, width)
    is_known = not counted[:, UNKNOWN].any()
    sums = _sums(hours if is_known else np.fmax(hours, 0), codes, cells)  # NaN adds nothing
    tables = [_Table(added(counted, margin), ZERO >> shift, shares) for margin in margins]
    wanted = np.zeros((cells, width), bool)
    for table, margin in zip(tables, margins, strict=True):
        wanted |= table.wanted[margin]
    near = np.flatnonzero(wanted.ravel().take(places))
    cell_of, bin_of = np.divmod(places[near].astype(np.int64), width)
    order = np.argsort(near_hours := hours[near])
    near_hours, cell_of, bin_of = near_hours[order], cell_of[order], bin_of[order]
    return [
        table.spread(added(sums, margin), near_hours, margin[cell_of], bin_of)
        for table, margin in zip(tables, margins, strict=True)
    ]


def histogram(
    hours: Hours, among: Bins, codes: Codes, groups: int, edges: Sequence[float]
) -> NDArray[np.int64]:
    """Count by group (row) what lies below the first edge, from it to below the next, … (column).

    What is not known counts nowhere.
    """
    limits = np.asarray(edges, np.float64)
    cut = bins(limits)
    column = np.searchsorted(cut, np.arange(_width(0)), side="right")
    counted = np.bincount(_places(among, codes, groups, _width(0)), minlength=groups * _width(0))
    rows = counted.reshape(groups, _width(0))[:, UNKNOWN + 1 :]
    found = np.zeros((len(limits) + 1, groups), np.int64)
    np.add.at(found, column[UNKNOWN + 1 :], rows.T)
    for place, edge in enumerate(limits):  # what shares its bin with an edge, but lies below it
        below = np.flatnonzero(among == cut[place])
        below = below[hours[below] < edge]
        moved = np.bincount(codes[below], minlength=groups)
        found[place] += moved
        found[place + 1] -= moved
    return found.T


def added(rows: NDArray[Any], margin: Margin) -> NDArray[Any]:
    """Add up the rows of the cells of each group."""
    if np.array_equal(margin, np.arange(len(rows))):
        return rows
    order = np.argsort(margin, kind="stable")
    return np.add.reduceat(rows[order], np.flatnonzero(np.diff(margin[order], prepend=-1)))


def _width(shift: int) -> int:
    return ((_SHORTEST + _KNOWN - 1) >> shift) + 1


def _places(coarse: Bins, codes: Codes, cells: int, width: int) -> NDArray[Any]:
    """Return where each is counted: by cell, and by bin in it."""
    if cells == 1:
        return coarse.astype(np.intp)  # once, not each time they are used
    places = codes.astype(np.int64)
    places *= width
    places += coarse
    return places


def _sums(hours: Hours, codes: Codes, cells: int) -> NDArray[np.float64]:
    sums = hours.sum(keepdims=True) if cells == 1 else np.bincount(codes, hours, minlength=cells)
    return np.asarray(sums, np.float64)


class _Table:
    """How many of each group lie in each bin, and in which bins the quantiles are."""

    def __init__(self, counted: NDArray[np.int64], zero: int, shares: Sequence[float]) -> None:
        self._counted, self._zero = counted, zero
        known = counted.copy()
        known[:, UNKNOWN] = 0
        self.known = known.sum(axis=1)
        self._through = np.cumsum(known)  # how many lie up to each bin, with all groups before it
        at = np.maximum(self.known - 1, 0)[:, None] * np.asarray(shares, np.float64)
        low = at.astype(np.int64)
        high = np.minimum(low + 1, np.maximum(self.known - 1, 0)[:, None])
        self._part = at - low
        before = np.cumsum(self.known) - self.known
        self._ranks = np.stack((low, high)) + before[:, None]
        self._spots = np.searchsorted(self._through, self._ranks, side="right")
        self._spots[:, self.known == 0] = 0
        self.wanted = np.zeros(counted.shape, bool)
        self.wanted.ravel()[self._spots[:, self.known > 0]] = True
        self.wanted[:, zero] = False  # nothing to put in order there

    def spread(
        self,
        sums: NDArray[np.float64],
        hours: Hours,
        group_of: NDArray[np.int64],
        bin_of: NDArray[np.int64],
    ) -> Spread:
        """Read the quantiles from what lies near them, given in the order of the hours."""
        spots = group_of * self._counted.shape[1] + bin_of
        mine = np.flatnonzero(self.wanted.ravel()[spots])
        hours = hours[mine[np.argsort(self._numbered()[spots[mine]], kind="stable")]]
        taken = np.where(self.wanted, self._counted, 0).ravel()
        skipped = self._through - self._counted.ravel()  # how many lie before each bin …
        begins = np.cumsum(taken) - taken  # … and how many of those are at hand
        is_there = self.known > 0
        at = np.full(self._part.shape, np.nan)
        if is_there.any():
            spots = self._spots[:, is_there]
            places = begins[spots] + self._ranks[:, is_there] - skipped[spots]
            places[spots % self._counted.shape[1] == self._zero] = -1
            low, high = np.append(hours, 0.0)[places]
            at[is_there] = low + (high - low) * self._part[is_there]
        means = np.where(is_there, sums / np.maximum(self.known, 1), np.nan)
        return Spread(self.known, means, at)

    def _numbered(self) -> NDArray[Any]:
        """Return the place of each bin among those that are wanted: small numbers sort fast."""
        numbered = np.cumsum(self.wanted.ravel())
        return numbered.astype(np.uint16) if np.count_nonzero(self.wanted) < 1 << 16 else numbered
