"""Many instants at once are on the clocks where each of them is alone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import time_axes
from services.business_time import Hours, business_time_between
from services.facts import NEVER, moment
from services.time_axes import NO_DAY, OpenTime

PARIS = ZoneInfo("Europe/Paris")
OFFICE = ((540, 750), (840, 1080))
WEEK = (OFFICE, OFFICE, ((0, 1440),), OFFICE, OFFICE, (), ((120, 180),))  # 2 to 3 on Sundays

instants = st.integers(0, 22 * 365 * 24 * 60).map(
    lambda minutes: datetime(2009, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
near_changes = st.builds(
    lambda year, month, minutes: (
        datetime(year, month, 31 if month == 3 else 30, tzinfo=UTC)
        + timedelta(minutes=minutes - 7 * 24 * 60)
    ),
    st.integers(2010, 2030),
    st.sampled_from([3, 10]),
    st.integers(0, 9 * 24 * 60),
)
some = st.lists(st.one_of(instants, near_changes), min_size=1, max_size=30)


def column(found: list[datetime]) -> np.ndarray:
    return np.array([moment(at) for at in found], np.int64)


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Cayenne", "Australia/Lord_Howe", "UTC"])
@given(found=some)
def test_the_wall_shows_what_each_instant_is_there(zone: str, found: list[datetime]) -> None:
    there = [at.astimezone(ZoneInfo(zone)) for at in found]

    walls = time_axes.wall(ZoneInfo(zone), column(found))

    assert list(walls) == [moment(at.replace(tzinfo=UTC)) for at in there]
    epoch = date(1970, 1, 1)
    assert list(time_axes.days(walls)) == [(at.date() - epoch).days for at in there]


@given(starts=some, ends=some, always=st.booleans())
def test_open_hours_are_those_of_each_pair(
    starts: list[datetime], ends: list[datetime], always: bool
) -> None:
    pairs = list(zip(starts, ends, strict=False))
    hours = Hours(PARIS, WEEK, lambda day: day.day == 1, always=always)

    found = OpenTime(hours).between(column(starts)[: len(pairs)], column(ends)[: len(pairs)])

    for (start, end), ours in zip(pairs, found, strict=True):
        if end < start:
            assert np.isnan(ours)
        else:
            theirs = business_time_between(hours, start, end) / timedelta(hours=1)
            assert ours == pytest.approx(theirs, abs=1e-9)


def test_what_has_not_come_is_on_no_clock() -> None:
    never = np.array([NEVER], np.int64)

    assert list(time_axes.wall(PARIS, never)) == [NEVER]
    assert list(time_axes.days(time_axes.wall(PARIS, never))) == [NO_DAY]
    assert np.isnan(OpenTime(Hours(PARIS, WEEK)).between(never, never)).all()


def test_hours_that_never_come_add_up_to_nothing() -> None:
    start, end = column([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)])

    found = OpenTime(Hours(PARIS)).between(np.array([start]), np.array([end]))

    assert list(found) == [0.0]
