"""When people are told: at once, hourly, daily, and not at night, right across clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.models import Pace
from services import paces
from services.paces import Rhythm

PARIS = ZoneInfo("Europe/Paris")
MINUTE = timedelta(minutes=1)
ZONES = (
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "Asia/Kolkata",  # no change, half an hour off
    "Africa/Cairo",  # changes at midnight
    "America/Santiago",
    "Pacific/Chatham",  # three quarters off
    "UTC",
)
NEAR_A_CHANGE = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Paris, forward
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # back
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, Chatham (14 h)
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 4, 23, 22, tzinfo=UTC),  # Cairo
    datetime(2026, 10, 29, 21, tzinfo=UTC),
    datetime(2026, 9, 6, 4, tzinfo=UTC),  # Santiago
    datetime(2026, 6, 10, 12, tzinfo=UTC),
]
MOMENTS = st.builds(
    lambda base, minutes: base + timedelta(minutes=minutes),
    st.sampled_from(NEAR_A_CHANGE),
    st.integers(-36 * 60, 36 * 60),
)


def at(text: str, zone: ZoneInfo = PARIS, *, fold: int = 0) -> datetime:
    """Return what a wall clock shows as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def minutes_from(moment: datetime) -> datetime:
    """Return the first full minute at or after an instant."""
    short = moment.replace(second=0, microsecond=0)
    return short if short == moment else short + MINUTE


@pytest.mark.parametrize(
    ("pace", "then", "due"),
    [
        (Pace.AT_ONCE, "2026-06-10T10:15:30", "2026-06-10T10:17:30"),
        (Pace.HOURLY, "2026-06-10T10:15:30", "2026-06-10T11:00"),
        (Pace.HOURLY, "2026-06-10T11:00", "2026-06-10T12:00"),
        (Pace.HOURLY, "2026-03-29T01:59", "2026-03-29T03:00"),  # there is no two o’clock
        (Pace.DAILY, "2026-06-10T07:59", "2026-06-10T08:00"),
        (Pace.DAILY, "2026-06-10T08:00", "2026-06-11T08:00"),
        (Pace.DAILY, "2026-03-28T12:00", "2026-03-29T08:00"),
        (Pace.DAILY, "2026-10-24T12:00", "2026-10-25T08:00"),
    ],
)
def test_each_pace_has_its_moment(pace: Pace, then: str, due: str) -> None:
    found = paces.due(pace, at(then), Rhythm(PARIS), timedelta(minutes=2))

    assert found == at(due)


@pytest.mark.parametrize(
    ("then", "due"),
    [
        ("2026-06-10T21:59", "2026-06-10T21:59"),
        ("2026-06-10T22:00", "2026-06-11T07:30"),
        ("2026-06-11T07:29", "2026-06-11T07:30"),
        ("2026-06-11T07:30", "2026-06-11T07:30"),
        ("2026-03-28T23:00", "2026-03-29T07:30"),
        ("2026-10-24T23:00", "2026-10-25T07:30"),
    ],
)
def test_at_night_things_wait_for_the_morning(then: str, due: str) -> None:
    rhythm = Rhythm(PARIS, quiet_from=22 * 60, quiet_until=7 * 60 + 30)

    assert paces.quiet_end(at(then), rhythm) == at(due)


def test_a_night_that_ends_in_the_hour_that_is_skipped_ends_when_it_is_over() -> None:
    rhythm = Rhythm(PARIS, quiet_from=22 * 60, quiet_until=2 * 60 + 30)

    assert paces.quiet_end(at("2026-03-28T23:00"), rhythm) == at("2026-03-29T03:00")


def test_a_night_that_ends_in_the_hour_that_comes_twice_ends_twice() -> None:
    rhythm = Rhythm(PARIS, quiet_from=22 * 60, quiet_until=2 * 60 + 30)

    assert paces.quiet_end(at("2026-10-24T23:00"), rhythm) == at("2026-10-25T02:30")
    second = at("2026-10-25T02:10", fold=1)
    assert paces.quiet_end(second, rhythm) == at("2026-10-25T02:30", fold=1)


def test_a_digest_waits_for_the_end_of_the_night_too() -> None:
    rhythm = Rhythm(PARIS, quiet_from=22 * 60, quiet_until=9 * 60)

    assert paces.due(Pace.DAILY, at("2026-06-10T12:00"), rhythm) == at("2026-06-11T09:00")


def test_a_digest_at_an_hour_that_comes_twice_goes_out_once() -> None:
    rhythm = Rhythm(PARIS, digest_hour=2)
    first = paces.next_digest(at("2026-10-24T12:00"), rhythm)

    assert first == at("2026-10-25T02:00")
    assert paces.next_digest(first, rhythm) == at("2026-10-26T02:00")


def test_a_digest_at_an_hour_that_is_skipped_goes_out_at_the_next() -> None:
    rhythm = Rhythm(PARIS, digest_hour=2)

    assert paces.next_digest(at("2026-03-28T12:00"), rhythm) == at("2026-03-29T03:00")


def test_quiet_hours_that_begin_when_they_end_are_none() -> None:
    rhythm = Rhythm(PARIS, quiet_from=480, quiet_until=480)

    assert paces.quiet_end(at("2026-06-10T08:00"), rhythm) == at("2026-06-10T08:00")


@settings(max_examples=150, deadline=None)
@given(
    moment=MOMENTS,
    zone=st.sampled_from(ZONES),
    quiet_from=st.integers(0, 1439),
    quiet_until=st.integers(0, 1439),
)
def test_the_night_ends_at_the_first_minute_that_is_not_quiet(
    moment: datetime, zone: str, quiet_from: int, quiet_until: int
) -> None:
    rhythm = Rhythm(ZoneInfo(zone), quiet_from, quiet_until)
    expected = moment
    while rhythm.is_quiet(expected):
        expected = minutes_from(expected + timedelta(microseconds=1))

    assert paces.quiet_end(moment, rhythm) == expected


@settings(max_examples=150, deadline=None)
@given(moment=MOMENTS, zone=st.sampled_from(ZONES), seconds=st.integers(0, 59))
def test_an_hour_begins_at_the_first_minute_that_is_full(
    moment: datetime, zone: str, seconds: int
) -> None:
    there = ZoneInfo(zone)
    moment += timedelta(seconds=seconds)
    expected = minutes_from(moment + timedelta(microseconds=1))
    while expected.astimezone(there).minute != 0:
        expected += MINUTE

    assert paces.next_hour(moment, there) == expected


@settings(max_examples=100, deadline=None)
@given(moment=MOMENTS, zone=st.sampled_from(ZONES), hour=st.integers(0, 23))
def test_there_is_one_digest_on_every_day(moment: datetime, zone: str, hour: int) -> None:
    there = ZoneInfo(zone)
    rhythm = Rhythm(there, digest_hour=hour)
    days = []
    for _ in range(5):
        moment = paces.next_digest(moment, rhythm)
        local = moment.astimezone(there)
        days.append(local.date())
        before = (moment - MINUTE).astimezone(there)
        assert (local.hour, local.minute) == (hour, 0) or (
            before.utcoffset() != local.utcoffset() and local.hour > hour
        )

    assert days == [days[0] + timedelta(days=n) for n in range(5)]
