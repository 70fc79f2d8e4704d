"""Which of the tickets of the last hour tell of the same: a burst begins, or goes on.

A function of what came and when, and of nothing else: in whatever order tickets are looked at, who
looks at the same ones finds the same.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from services import likeness
from services.likeness import Background, Vector

LEAST = 3  # tickets of a burst
LEAST_PEOPLE = 2  # who ask: what one person, or a monitoring system, says again is no burst
WITHIN = timedelta(minutes=15)
NEAR = 0.4  # the cosine from which two tickets tell of the same: docs/statistics.md
_UNUSUAL = 0.001  # what comes by chance more often than that is no burst


@dataclass(frozen=True, slots=True)
class Said:
    """A ticket that came lately; `burst_id`: the burst it belongs to already."""

    number: int
    at: datetime
    requester_id: int
    words: Sequence[str]
    is_request: bool = False  # something is wanted; otherwise something broke
    burst_id: int | None = None


@dataclass(slots=True)
class Group:
    """The tickets of a burst; without an id, of one that begins."""

    burst_id: int | None
    known: list[int] = field(default_factory=list)  # places that belonged to it before
    new: list[int] = field(default_factory=list)

    @property
    def all(self) -> list[int]:
        """Return all its places."""
        return self.known + self.new


def gather(came: Iterable[Said], background: Background) -> list[tuple[int | None, list[int]]]:
    """Return what belongs together anew: the id of a burst, None for a new one, and the numbers.

    First the bursts that are known take what is like them, the oldest first; then new ones begin,
    the largest first.
    """
    crowd = _Crowd(sorted(came, key=lambda said: (said.at, said.number)), background)
    groups = [crowd.known(key) for key in crowd.burst_ids]
    for group in groups:
        crowd.grow(group)
    while begun := crowd.begun():
        crowd.grow(begun)
        groups.append(begun)
    said = crowd.said
    return [
        (group.burst_id, sorted(said[place].number for place in group.new))
        for group in groups
        if group.new
    ]


class _Crowd:
    """The tickets of the last hour, in the order in which they came, and who is free."""

    def __init__(self, said: Sequence[Said], background: Background) -> None:
        self.said = said
        self._background = background
        self._vectors: list[Vector] = [likeness.vector(each.words, background) for each in said]
        self._free = {place for place, each in enumerate(said) if each.burst_id is None}
        self._usual: set[int] = set()  # around these it is no burst
        self._stars: dict[int, tuple[int, list[int]]] = {}  # as found among so many free ones

    @property
    def burst_ids(self) -> list[int]:
        return sorted({each.burst_id for each in self.said if each.burst_id is not None})

    def known(self, burst_id: int) -> Group:
        """Return a burst as it is known."""
        return Group(burst_id, [p for p, each in enumerate(self.said) if each.burst_id == burst_id])

    def grow(self, group: Group) -> None:
        """Let a burst take what is like it and came soon before or after, until nothing more is."""
        while joining := self._joining(group):
            group.new += sorted(joining)
            self._free -= joining

    def _joining(self, group: Group) -> set[int]:
        centre = likeness.centre(self._vectors[place] for place in group.all)
        times = [self.said[place].at for place in group.all]
        first, last = min(times) - WITHIN, max(times) + WITHIN
        return {
            place
            for place in self._free
            if first <= self.said[place].at <= last
            and likeness.cosine(centre, self._vectors[place]) >= NEAR
        }

    def begun(self) -> Group | None:
        """Return the largest burst that begins among those who are free, and take them."""
        found = ((place, self._newest_star(place)) for place in self._free - self._usual)
        stars = [(place, star) for place, star in found if star]
        stars.sort(key=lambda found: (-len(found[1]), found))
        for place, star in stars:
            if not self._is_usual(place, star):
                self._free -= {*star}
                return Group(None, [], star)
            self._usual.add(place)
        return None

    def _newest_star(self, centre: int) -> list[int]:
        """Return the `_star` of a ticket, found anew when fewer of those around it are free."""
        free = sum(place in self._free for place in self._neighbours[centre])
        if centre not in self._stars or self._stars[centre][0] != free:
            self._stars[centre] = free, self._star(centre)
        return self._stars[centre][1]

    def _star(self, centre: int) -> list[int]:
        """Return most of those around a ticket that came within WITHIN, if they make a burst."""
        around = [place for place in self._neighbours[centre] if place in self._free]
        times = [self.said[place].at for place in around]
        spans = [
            (bisect_right(times, times[first] + WITHIN) - first, first)
            for first in range(len(around))
            if times[first] <= self.said[centre].at <= times[first] + WITHIN
        ]
        for many, first in sorted(spans, reverse=True):
            some = around[first : first + many]
            if many < LEAST:
                return []
            if self._is_burst(some):
                return some
        return []

    def _is_burst(self, places: Sequence[int]) -> bool:
        people = {self.said[place].requester_id for place in places}
        requests = sum(self.said[place].is_request for place in places)
        is_broken = 2 * requests <= len(places)
        return len(places) >= LEAST and len(people) >= LEAST_PEOPLE and is_broken

    def _is_usual(self, centre: int, places: Sequence[int]) -> bool:
        """Tell whether so many of what comes every day may well come together by chance."""
        first = self.said[places[0]].at
        meanwhile = sum(first <= each.at <= first + WITHIN for each in self.said)
        share = self._background.share(self._vectors[centre], NEAR)
        return _chance(len(places), share * meanwhile) > _UNUSUAL

    @cached_property
    def _neighbours(self) -> list[list[int]]:
        """Return which tickets are near each, with itself, in the order in which they came."""
        near = likeness.cosines(self._vectors) >= NEAR
        return [[int(place) for place in np.flatnonzero(row)] for row in near]


def _chance(many: int, expected: float) -> float:
    """Return how probable it is that at least so many come where so many are expected (Poisson)."""
    term, fewer = math.exp(-expected), 0.0
    for n in range(many):
        fewer += term
        term *= expected / (n + 1)
    return 1 - fewer
