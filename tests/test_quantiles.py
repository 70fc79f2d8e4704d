"""Durations counted in bins have the quantiles, means and histograms that sorting them finds."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from services import quantiles

SHARES = (0.0, 0.05, 0.25, 0.5, 0.9, 1.0)
ROUND = st.sampled_from([0.0, 0.5, 1.0, 4.0, 24.0, 168.0])  # many are the same
HOURS = st.one_of(
    ROUND,
    st.floats(0, 1e6, allow_nan=False),
    st.floats(0, 1e-3, allow_nan=False),
    st.just(float("nan")),
)
TICKETS = st.lists(st.tuples(HOURS, st.integers(0, 5)), max_size=80)


def columns(tickets: list[tuple[float, int]]) -> tuple[NDArray[np.float64], NDArray[Any]]:
    hours = np.array([ticket[0] for ticket in tickets], np.float64)
    return hours, np.array([ticket[1] for ticket in tickets], np.uint8)


def expected(hours: NDArray[np.float64]) -> list[float]:
    known = hours[~np.isnan(hours)]
    if not len(known):
        return [0, *[float("nan")] * (1 + len(SHARES))]
    return [len(known), known.mean(), *np.quantile(known, SHARES)]


def found(spread: quantiles.Spread) -> list[list[float]]:
    rows = zip(spread.known, spread.means, spread.at, strict=True)
    return [[float(known), float(mean), *map(float, at)] for known, mean, at in rows]


def close(rows: list[list[float]]) -> Any:
    return [pytest.approx(row, rel=1e-12, nan_ok=True) for row in rows]


@given(TICKETS)
def test_each_group_has_the_quantiles_of_its_durations(tickets: list[tuple[float, int]]) -> None:
    hours, codes = columns(tickets)

    spread = quantiles.of_groups(hours, quantiles.bins(hours), codes, 6, SHARES)

    assert found(spread) == close([expected(hours[codes == group]) for group in range(6)])


@given(TICKETS, st.permutations([0, 0, 1, 1, 2, 2]))
def test_partings_of_common_cells_say_the_same(
    tickets: list[tuple[float, int]], groups: list[int]
) -> None:
    hours, codes = columns(tickets)
    margins = [np.array(groups), np.zeros(6, np.int64), np.arange(6)]

    spreads = quantiles.of_margins(hours, quantiles.bins(hours), codes, 6, margins, SHARES)

    for spread, margin in zip(spreads, margins, strict=True):
        group_of = margin[codes]
        parts = [hours[group_of == group] for group in range(int(margin.max()) + 1)]
        assert found(spread) == close([expected(part) for part in parts])


@given(TICKETS, st.lists(st.one_of(ROUND, st.floats(0, 1e6)), max_size=5, unique=True))
def test_a_histogram_counts_what_lies_between_its_edges(
    tickets: list[tuple[float, int]], edges: list[float]
) -> None:
    hours, codes = columns(tickets)
    limits = [0.0, *sorted(edges), float("inf")]

    counted = quantiles.histogram(hours, quantiles.bins(hours), codes, 6, limits[1:-1])

    for group in range(6):
        part = hours[codes == group]
        between = [int(((part >= low) & (part < high)).sum()) for low, high in pairwise(limits)]
        assert counted[group].tolist() == between


@given(st.lists(st.floats(0, 1e9, allow_nan=False), min_size=2))
def test_a_longer_duration_has_no_lower_bin(hours: list[float]) -> None:
    ordered = np.sort(np.array(hours))

    assert (np.diff(quantiles.bins(ordered).astype(int)) >= 0).all()


@pytest.mark.parametrize("groups", [1, 300, 2000])
def test_many_tickets_in_many_groups_have_exact_quantiles(groups: int) -> None:
    dice = np.random.default_rng(7)
    hours = np.round(dice.lognormal(3, 1.5, 60_000), 2)
    hours[dice.random(len(hours)) < 0.1] = np.nan
    hours[dice.random(len(hours)) < 0.3] = 0
    codes = dice.integers(0, groups, len(hours))

    spread = quantiles.of_groups(hours, quantiles.bins(hours), codes, groups, SHARES)

    order = np.argsort(codes, kind="stable")
    parts = np.split(hours[order], np.cumsum(np.bincount(codes, minlength=groups))[:-1])
    assert found(spread) == close([expected(part) for part in parts])
