"""Business time, against a wall clock looked at minute by minute (domain.md 3, security.md F34)."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.business_time import (
    Hours,
    NeverOpen,
    Week,
    add_business_time,
    business_minutes_between,
    business_time_between,
    segments,
    subtract_business_time,
)
from tests.calls import counted

PARIS = ZoneInfo("Europe/Paris")
MINUTE = timedelta(minutes=1)
OFFICE: Week = (((540, 750), (840, 1080)),) * 5 + ((), ())  # 09:00–12:30, 14:00–18:00
DAYS: Week = (((480, 1080),),) * 5 + ((), ())  # 08:00–18:00
EVERY_DAY: Week = (((0, 1440),),) * 7

CHANGES = {  # zones, and instants around which their clocks do something unusual, or nothing
    "Europe/Paris": ["2026-03-29T01:00", "2026-10-25T01:00", "2025-12-31T23:00"],
    "America/Martinique": ["2026-03-29T01:00", "2026-01-01T04:00"],  # never change
    "Pacific/Noumea": ["2026-10-25T01:00"],
    "Indian/Reunion": ["2026-03-29T01:00"],
    "Australia/Sydney": ["2026-04-04T16:00", "2026-10-03T16:00"],  # the south
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30"],  # by half an hour
    "America/Sao_Paulo": ["2018-02-18T02:00", "2018-11-04T03:00"],  # at midnight
    "Pacific/Apia": ["2011-12-30T10:00", "2011-09-24T11:00"],  # 30 December was left out
    "Africa/Casablanca": ["2026-02-15T02:00", "2026-03-22T02:00"],  # back during Ramadan
}


def paris(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def is_open(hours: Hours, minute: datetime) -> bool:
    """What somebody sees who looks at the clock on the wall."""
    wall = minute.astimezone(hours.zone)
    at = wall.hour * 60 + wall.minute
    inside = any(begin <= at < end for begin, end in hours.week[wall.weekday()])
    return hours.always or (inside and not hours.is_closed(wall.date()))


def minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += MINUTE


@st.composite
def intervals(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """Up to three a day; often some around the hours at which clocks change."""
    marks = st.sampled_from([0, 30, 60, 90, 120, 150, 180, 210, 540, 750, 840, 1080, 1410, 1440])
    bounds = draw(st.sets(marks | st.integers(0, 1440), max_size=6))
    ordered = sorted(bounds)[: len(bounds) // 2 * 2]
    return tuple(zip(ordered[::2], ordered[1::2], strict=True))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Hours, datetime]:
    """Hours, and an instant within two days of something unusual."""
    name = draw(st.sampled_from(sorted(CHANGES)))
    around = utc(draw(st.sampled_from(CHANGES[name])))
    week = tuple(draw(st.tuples(*[intervals()] * 7)))
    shut = {around.date() + timedelta(days=n) for n in draw(st.sets(st.integers(-3, 5)))}
    zone, always = ZoneInfo(name), draw(st.integers(0, 9)) == 0
    minute = draw(st.integers(-2 * 1440, 2 * 1440) | st.integers(-240, 240))
    return Hours(zone, week, shut.__contains__, always), around + minute * MINUTE


@given(cases(), st.integers(0, 4 * 1440))
def test_what_counts_is_what_a_clock_on_the_wall_shows(
    case: tuple[Hours, datetime], length: int
) -> None:
    hours, start = case
    end = start + length * MINUTE

    expected = sum(is_open(hours, minute) for minute in minutes(start, end))

    assert business_minutes_between(hours, start, end) == expected
    assert business_time_between(hours, start, end) == expected * MINUTE


@given(cases(), st.integers(1, 1440))
def test_the_end_of_the_nth_open_minute_is_the_one_of_the_clock_on_the_wall(
    case: tuple[Hours, datetime], amount: int
) -> None:
    hours, start = case
    horizon = start + timedelta(days=5)
    opened = [minute for minute in minutes(start, horizon) if is_open(hours, minute)]
    if len(opened) < amount:
        return

    assert add_business_time(hours, start, amount * MINUTE) == opened[amount - 1] + MINUTE
    back = subtract_business_time(hours, horizon, amount * MINUTE)
    assert back == opened[-amount]


@given(cases(), st.timedeltas(timedelta(0), timedelta(days=60)))
def test_adding_and_measuring_undo_each_other(
    case: tuple[Hours, datetime], amount: timedelta
) -> None:
    hours, start = case
    if hours.is_never_open:
        return

    due = add_business_time(hours, start, amount)
    began = subtract_business_time(hours, due, amount)

    assert business_time_between(hours, start, due) == amount
    assert business_time_between(hours, began, due) == amount
    assert began >= start
    assert not amount or business_time_between(hours, start, due - MINUTE / 60) < amount


@given(cases(), st.timedeltas(timedelta(0), timedelta(days=9)), st.floats(0, 1))
def test_time_adds_up_and_segments_draw_all_of_it(
    case: tuple[Hours, datetime], length: timedelta, share: float
) -> None:
    hours, start = case
    end = start + length
    middle = start + length * share

    drawn = list(segments(hours, start, end))

    whole = business_time_between(hours, start, end)
    assert whole == business_time_between(hours, start, middle) + business_time_between(
        hours, middle, end
    )
    assert sum((part.end - part.start for part in drawn), timedelta(0)) == length
    assert sum((p.end - p.start for p in drawn if p.is_open), timedelta(0)) == whole
    for one, two in pairwise(drawn):
        assert one.end == two.start
        assert one.is_open != two.is_open


@pytest.mark.parametrize(
    ("start", "amount", "due"),
    [
        ("2026-11-27T17:30", 30, "2026-11-27T18:00"),  # to the closing, not to Monday
        ("2026-11-27T17:30", 31, "2026-11-30T09:01"),
        ("2026-11-27T18:00", 1, "2026-11-30T09:01"),
        ("2026-11-28T11:00", 60, "2026-11-30T10:00"),
        ("2026-11-27T12:00", 60, "2026-11-27T14:30"),
        ("2026-11-27T09:00", 450, "2026-11-27T18:00"),
        ("2026-11-27T09:00", 450 * 5, "2026-12-03T18:00"),
        ("2026-11-27T17:30:20", 30, "2026-11-30T09:00:20"),  # seconds are not rounded
    ],
)
def test_a_deadline_is_the_end_of_the_last_open_minute(start: str, amount: int, due: str) -> None:
    found = add_business_time(Hours(PARIS, OFFICE), paris(start), amount * MINUTE)

    assert found == paris(due)
    assert found.tzinfo is UTC


def test_a_reminder_lies_in_business_time_before_the_deadline() -> None:
    hours = Hours(PARIS, DAYS)

    due = add_business_time(hours, paris("2026-11-23T17:00"), timedelta(hours=4))

    assert due == paris("2026-11-24T11:00")
    assert subtract_business_time(hours, due, timedelta(hours=1)) == paris("2026-11-24T10:00")
    assert subtract_business_time(hours, due, timedelta(hours=3.5)) == paris("2026-11-23T17:30")


def test_a_skipped_hour_does_not_count_and_a_repeated_one_counts_twice() -> None:
    night: Week = (((60, 240),),) * 7  # 01:00–04:00
    hours = Hours(PARIS, night)

    spring = business_minutes_between(hours, paris("2026-03-29T00:00"), paris("2026-03-30T00:00"))
    autumn = business_minutes_between(hours, paris("2026-10-25T00:00"), paris("2026-10-26T00:00"))

    assert (spring, autumn) == (120, 240)
    half = Hours(PARIS, (((150, 180),),) * 7)  # 02:30–03:00, seen twice with an hour between
    parts = list(segments(half, paris("2026-10-25T00:00"), paris("2026-10-25T05:00")))
    assert [p.start for p in parts if p.is_open] == [
        utc("2026-10-25T00:30"),
        utc("2026-10-25T01:30"),
    ]


def test_always_heeds_no_closed_day() -> None:
    hours = Hours(PARIS, is_closed=lambda _day: True, always=True)

    assert business_minutes_between(hours, utc("2026-12-25T00:00"), utc("2026-12-26T00:00")) == 1440
    assert add_business_time(hours, utc("2026-12-25T00:00"), MINUTE) == utc("2026-12-25T00:01")
    assert subtract_business_time(hours, utc("2026-12-25T00:01"), MINUTE) == utc("2026-12-25T00:00")
    assert len(list(segments(hours, utc("2026-12-25T00:00"), utc("2026-12-26T00:00")))) == 1


def test_nothing_lies_between_an_end_and_a_later_start() -> None:
    hours = Hours(PARIS, OFFICE)
    later, earlier = paris("2026-11-27T17:00"), paris("2026-11-27T16:00")

    assert business_time_between(hours, later, earlier) == timedelta(0)
    assert list(segments(hours, later, earlier)) == []
    assert add_business_time(hours, later, timedelta(0)) == later
    assert subtract_business_time(hours, later, timedelta(0)) == later


@pytest.mark.parametrize(
    ("week", "is_closed"),
    [
        (((),) * 7, lambda _day: False),
        (OFFICE, lambda _day: True),
        (((),) * 6 + (((540, 600),),), lambda day: day.weekday() == 6),
    ],
)
def test_hours_that_never_open_are_refused_after_ten_years(
    week: Week, is_closed: Callable[[date], bool]
) -> None:
    asked = counted(is_closed)
    hours = Hours(PARIS, week, asked)

    with pytest.raises(NeverOpen):
        add_business_time(hours, paris("2026-11-27T17:00"), MINUTE)
    with pytest.raises(NeverOpen):
        subtract_business_time(hours, paris("2026-11-27T17:00"), MINUTE)

    assert asked.calls <= 2 * 11 * 367
    assert business_minutes_between(hours, paris("2026-01-01"), paris("2027-01-01")) == 0


@pytest.mark.parametrize("always", [True, False])
def test_no_deadline_comes_after_the_last_year_known(always: bool) -> None:
    hours = Hours(PARIS, OFFICE, always=always)

    with pytest.raises(NeverOpen):
        add_business_time(hours, utc("2099-12-31T12:00"), timedelta(days=800))
    with pytest.raises(NeverOpen):
        add_business_time(hours, utc("2026-12-31T12:00"), timedelta.max)


def test_a_year_is_looked_at_once_whatever_is_asked() -> None:
    asked = counted(lambda day: day.month == 8)
    hours = Hours(PARIS, OFFICE, asked)
    start = utc("2026-01-01T00:00")

    for hour in range(10_000):
        business_minutes_between(
            hours, start + timedelta(hours=hour / 2), start + timedelta(hours=hour / 2, days=30)
        )

    assert asked.calls <= 367
