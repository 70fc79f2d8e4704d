"""Periods: their names, what they are compared with, and where their days begin and end."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import periods
from services.errors import Invalid
from services.periods import NAMES, Period, Step

DAY = timedelta(days=1)
WEDNESDAY = date(2026, 11, 25)
DAYS = st.dates(date(1975, 1, 1), date(2100, 1, 1))
ZONES = (
    "Europe/Paris",
    "America/Noronha",
    "America/Havana",  # clocks go back to midnight
    "America/Sao_Paulo",  # they went on from midnight
    "Asia/Beirut",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Apia",  # 30 December 2011 never was
    "UTC",
)


@pytest.mark.parametrize(
    ("name", "first", "last", "first_before", "last_before"),
    [
        ("today", "2026-11-25", "2026-11-25", "2026-11-24", "2026-11-24"),
        ("yesterday", "2026-11-24", "2026-11-24", "2026-11-23", "2026-11-23"),
        ("week", "2026-11-23", "2026-11-25", "2026-11-16", "2026-11-18"),
        ("last_week", "2026-11-16", "2026-11-22", "2026-11-09", "2026-11-15"),
        ("month", "2026-11-01", "2026-11-25", "2026-10-01", "2026-10-25"),
        ("last_month", "2026-10-01", "2026-10-31", "2026-09-01", "2026-09-30"),
        ("quarter", "2026-10-01", "2026-11-25", "2026-07-01", "2026-08-25"),
        ("last_quarter", "2026-07-01", "2026-09-30", "2026-04-01", "2026-06-30"),
        ("year", "2026-01-01", "2026-11-25", "2025-01-01", "2025-11-25"),
        ("last_year", "2025-01-01", "2025-12-31", "2024-01-01", "2024-12-31"),
        ("days_7", "2026-11-19", "2026-11-25", "2026-11-12", "2026-11-18"),
        ("days_30", "2026-10-27", "2026-11-25", "2026-09-27", "2026-10-26"),
        ("days_90", "2026-08-28", "2026-11-25", "2026-05-30", "2026-08-27"),
        ("days_365", "2025-11-26", "2026-11-25", "2024-11-26", "2025-11-25"),
    ],
)
def test_each_name_has_its_days_and_those_before(
    name: str, first: str, last: str, first_before: str, last_before: str
) -> None:
    period = periods.named(name, WEDNESDAY)
    before = periods.before(period)

    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert (before.first.isoformat(), before.last.isoformat()) == (first_before, last_before)


def test_every_name_is_tried_above() -> None:
    marks = test_each_name_has_its_days_and_those_before.pytestmark  # type: ignore[attr-defined] # pytest's

    assert {case[0] for case in marks[0].args[1]} == set(NAMES)


def test_the_part_of_a_longer_month_is_all_of_a_shorter_one() -> None:
    assert periods.before(periods.named("month", date(2026, 3, 30))) == Period(
        date(2026, 2, 1), date(2026, 2, 28)
    )
    assert periods.before(periods.named("year", date(2024, 2, 29))).last == date(2023, 2, 28)


def test_a_month_that_ends_today_is_whole() -> None:
    assert periods.before(periods.named("month", date(2026, 11, 30))).last == date(2026, 10, 31)


def test_unnamed_whole_months_quarters_and_years_are_known_by_their_days() -> None:
    def before(first: date, last: date) -> tuple[date, date]:
        found = periods.before(Period(first, last))
        return found.first, found.last

    assert before(date(2026, 3, 1), date(2026, 3, 31)) == (date(2026, 2, 1), date(2026, 2, 28))
    assert before(date(2026, 4, 1), date(2026, 6, 30)) == (date(2026, 1, 1), date(2026, 3, 31))
    assert before(date(2024, 1, 1), date(2024, 12, 31)) == (date(2023, 1, 1), date(2023, 12, 31))
    assert before(date(2026, 3, 1), date(2026, 3, 30)) == (date(2026, 1, 30), date(2026, 2, 28))
    assert before(date(2026, 2, 1), date(2026, 4, 30)) == (date(2025, 11, 4), date(2026, 1, 31))


@given(DAYS, st.integers(0, 800))
def test_what_is_before_ends_where_the_period_begins(first: date, length: int) -> None:
    period = Period(first, first + length * DAY)

    before = periods.before(period)

    assert before.last + DAY == period.first
    assert abs(before.days - period.days) <= 3


@given(DAYS, st.sampled_from(sorted(NAMES)))
def test_every_named_period_is_over_or_ends_today(today: date, name: str) -> None:
    period = periods.named(name, today)

    assert period.first <= period.last <= today
    assert periods.before(period).last < period.first
    assert (period.last == today) is not name.startswith(("last_", "yesterday"))


def test_reversed_days_and_unknown_names_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        Period(date(2026, 3, 2), date(2026, 3, 1))
    assert list(refused.value.problems) == ["to"]

    with pytest.raises(Invalid) as refused:
        periods.named("fortnight", WEDNESDAY)
    assert list(refused.value.problems) == ["period"]


@given(
    st.sampled_from(ZONES),
    st.sampled_from(
        [
            date(2026, 3, 29),
            date(2026, 10, 25),
            date(2018, 11, 4),
            date(2019, 2, 17),
            date(2011, 12, 30),
            date(2026, 11, 1),
        ]
    ),
    st.integers(-2, 2),
    st.integers(0, 3),
    st.integers(-60 * 60, 60 * 60),
)
def test_an_instant_lies_in_a_period_when_the_wall_shows_one_of_its_days(
    name: str, change: date, shift: int, length: int, minutes: int
) -> None:
    zone, first = ZoneInfo(name), change + shift * DAY
    period = Period(first, first + length * DAY)
    instant = datetime(change.year, change.month, change.day, tzinfo=UTC)
    instant += timedelta(minutes=minutes)

    begin, end = periods.bounds(period, zone)

    shown = instant.astimezone(zone).date()
    assert (begin <= instant < end) == (period.first <= shown <= period.last)


def test_days_of_a_change_of_clocks_have_23_or_25_hours() -> None:
    def hours(day: date) -> float:
        begin, end = periods.bounds(Period(day, day), ZoneInfo("Europe/Paris"))
        return (end - begin) / timedelta(hours=1)

    assert [hours(date(2026, 3, d)) for d in (28, 29, 30)] == [24, 23, 24]
    assert [hours(date(2026, 10, d)) for d in (24, 25, 26)] == [24, 25, 24]


@given(DAYS, st.integers(0, 500), st.sampled_from(Step))
def test_buckets_part_a_period_without_gaps(first: date, length: int, step: Step) -> None:
    period = Period(first, first + length * DAY)

    found = periods.buckets(period, step)

    assert (found[0].first, found[-1].last) == (period.first, period.last)
    assert all(a.last + DAY == b.first for a, b in pairwise(found))
    for bucket in found:
        days = [bucket.first + n * DAY for n in range(bucket.days)]
        keys: dict[Step, set[object]] = {
            Step.DAY: {day.isoformat() for day in days},
            Step.WEEK: {day.isocalendar()[:2] for day in days},
            Step.MONTH: {(day.year, day.month) for day in days},
        }
        assert len(keys[step]) == 1


@given(DAYS, st.integers(1, 5000))
def test_a_trend_has_some_dozens_of_points(first: date, days: int) -> None:
    period = Period(first, first + (days - 1) * DAY)

    points = periods.buckets(period, periods.usual_step(period))

    assert len(points) <= max(75, days / 28)
