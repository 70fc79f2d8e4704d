"""When scheduled work is due, compared with who looks at the clock each minute (F34)."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.rhythms import At, Every

PARIS = ZoneInfo("Europe/Paris")
ZONES = (
    "Europe/Paris",
    "UTC",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of summer time
    "America/Sao_Paulo",  # none any more
    "Asia/Kolkata",
    "Pacific/Apia",  # without 30 December 2011
    "Africa/Cairo",  # changes at midnight
)
MINUTE = timedelta(minutes=1)


def oracle(wall: str, weekday: int | None, instant: datetime, zone: ZoneInfo) -> datetime:
    """Look at the clock each minute until it shows the time, for the first time on that day.

    On a day whose clock never shows it, it comes when it would have come without the change.
    """
    minute = instant.replace(second=0, microsecond=0) - timedelta(days=2)
    shown: Counter[date] = Counter()
    while True:
        local = minute.astimezone(zone)
        for at in (local, local - _skipped(minute, zone)):
            is_wanted = weekday in (None, at.weekday()) and at.strftime("%H:%M") == wall
            if is_wanted and not shown[at.date()]:
                shown[at.date()] += 1
                if minute > instant:
                    return minute
        minute += MINUTE


def _skipped(minute: datetime, zone: ZoneInfo) -> timedelta:
    """How much the clock jumped over within the last hours, while this minute makes it up."""
    for back in (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=24)):
        gained = minute.astimezone(zone).utcoffset() - (minute - back).astimezone(zone).utcoffset()  # type: ignore[operator] # zones have offsets
        if gained == back:
            return back
    return timedelta()


near_a_change = st.sampled_from(
    [
        datetime(2026, 3, 29, tzinfo=UTC),
        datetime(2026, 10, 25, tzinfo=UTC),
        datetime(2026, 3, 8, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 4, 4, tzinfo=UTC),
        datetime(2026, 10, 3, tzinfo=UTC),
        datetime(2011, 12, 30, tzinfo=UTC),
        datetime(2026, 4, 23, 22, tzinfo=UTC),
        datetime(2026, 10, 29, 21, tzinfo=UTC),
    ]
)
instants = st.builds(
    lambda start, seconds: start + timedelta(seconds=seconds),
    near_a_change,
    st.integers(-3 * 86_400, 3 * 86_400),
)


@settings(max_examples=60, deadline=None)
@given(
    hour=st.sampled_from([0, 1, 2, 3, 10, 23]),
    minute=st.sampled_from([0, 1, 29, 30, 59]),
    weekday=st.sampled_from([None, None, 5, 6]),
    instant=instants,
    zone=st.sampled_from(ZONES),
)
def test_the_next_slot_is_when_the_clock_shows_it(
    hour: int, minute: int, weekday: int | None, instant: datetime, zone: str
) -> None:
    wall = f"{hour:02}:{minute:02}"

    found = At(wall, weekday).after(instant, ZoneInfo(zone))

    assert found == oracle(wall, weekday, instant, ZoneInfo(zone))


@settings(max_examples=100, deadline=None)
@given(start=instants, zone=st.sampled_from(ZONES), wall=st.sampled_from(["02:30", "00:00"]))
def test_each_day_has_one_slot(start: datetime, zone: str, wall: str) -> None:
    rhythm, place = At(wall), ZoneInfo(zone)
    slots = [rhythm.after(start, place)]
    for _ in range(7):
        slots.append(rhythm.after(slots[-1], place))

    steps = {later - earlier for earlier, later in pairwise(slots)}
    assert all(timedelta(hours=22) < step < timedelta(hours=26) for step in steps)


@pytest.mark.parametrize(
    ("day", "slots"),
    [
        ("2026-03-28", ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"]),  # 03:30
        ("2026-10-24", ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"]),  # the first
    ],
)
def test_half_past_two_comes_once_when_the_clock_changes(day: str, slots: list[str]) -> None:
    instant = datetime.fromisoformat(f"{day}T00:00+00:00")
    found = []
    for _ in slots:
        instant = At("02:30").after(instant, PARIS)
        found.append(instant.strftime("%Y-%m-%dT%H:%M"))

    assert found == slots


def test_a_slot_is_not_its_own_successor() -> None:
    slot = datetime(2026, 11, 25, 7, tzinfo=UTC)

    assert At("08:00").after(slot, PARIS) == slot + timedelta(days=1)
    assert At("08:00").after(slot - MINUTE, PARIS) == slot


@pytest.mark.parametrize(
    ("ahead", "is_due"), [(-1, True), (0, True), (1, False), (30, False), (31, True), (600, True)]
)
def test_what_comes_every_so_often_is_due_after_the_clock_went_back(
    ahead: int, is_due: bool
) -> None:
    now = datetime(2026, 11, 25, tzinfo=UTC)

    assert Every(30).is_due(now + timedelta(seconds=ahead), now) is is_due


def test_a_clock_that_goes_back_over_a_slot_does_not_repeat_it() -> None:
    slot = datetime(2026, 11, 25, 7, tzinfo=UTC)
    following = At("08:00").after(slot, PARIS)

    assert not At("08:00").is_due(following, slot - timedelta(minutes=10))
    assert not At("08:00").is_due(following, slot)
