"""POST /calendars/simulate: the public contract, as other programs try it (product.md 5)."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.easter import easter

from tests.callers import Callers

PARIS = ZoneInfo("Europe/Paris")
OFFICE = {day: [["09:00", "12:30"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu")}
OFFICE["fri"] = OFFICE["mon"]
NIGHTS = {day: [["00:00", "04:00"], ["23:30", "24:00"]] for day in ("sat", "sun")}
FRIDAY = "2026-11-27T17:30:00+01:00"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def asked(**more: Any) -> dict[str, Any]:
    base = {"hours": OFFICE, "holidays": "FR", "timezone": "Europe/Paris", "start": FRIDAY}
    return {name: value for name, value in {**base, **more}.items() if value != "absent"}


@pytest.mark.parametrize(
    ("wish", "due"),
    [
        ({"business_minutes": 30}, "2026-11-27T17:00:00Z"),  # at closing, not on Monday
        ({"business_minutes": 31}, "2026-11-30T08:01:00Z"),
        ({"business_minutes": 450}, "2026-11-30T16:30:00Z"),
        ({"business_minutes": 1, "start": "2026-11-27T17:00:00Z"}, "2026-11-30T08:01:00Z"),
        ({"business_minutes": 1, "start": "2026-11-28T03:00:00-08:00"}, "2026-11-30T08:01:00Z"),
        ({"business_minutes": 1, "start": "2026-11-27T17:59:20+01:00"}, "2026-11-30T08:00:20Z"),
        ({"business_minutes": 1, "hours": "always"}, "2026-11-27T16:31:00Z"),
        ({"business_minutes": 1440, "hours": "always", "start": "2026-12-25T00:00:00Z"},
         "2026-12-26T00:00:00Z"),
        ({"business_minutes": 60, "start": "2026-05-22T17:30:00+02:00"}, "2026-05-26T07:30:00Z"),
        ({"business_minutes": 60, "start": "2026-05-22T17:30:00+02:00", "holidays": None},
         "2026-05-25T07:30:00Z"),
        ({"business_minutes": 60, "start": "2026-05-22T17:30:00+02:00", "works_whit_monday": True},
         "2026-05-25T07:30:00Z"),
        ({"business_minutes": 60, "start": "2026-04-02T17:30:00+02:00",
          "holidays": "FR-alsace-moselle"}, "2026-04-07T07:30:00Z"),
        ({"business_minutes": 60, "start": "2026-04-02T17:30:00+02:00"}, "2026-04-03T07:30:00Z"),
        # The night from Saturday to Sunday has an hour less in March, one more in October.
        ({"business_minutes": 210, "hours": NIGHTS, "start": "2026-03-29T00:00:00+01:00"},
         "2026-03-29T22:00:00Z"),
        ({"business_minutes": 240, "hours": NIGHTS, "start": "2026-10-25T00:00:00+02:00"},
         "2026-10-25T02:00:00Z"),
        ({"business_minutes": 30, "end": None}, "2026-11-27T17:00:00Z"),
        ({"business_minutes": 30, "timezone": "Indian/Reunion"}, "2026-11-30T05:30:00Z"),
        ({"business_minutes": 30, "holidays": "absent", "timezone": "absent"},
         "2026-11-27T17:00:00Z"),
        ({"business_minutes": 1, "start": "2026-11-27T16:30:00.250Z"},
         "2026-11-27T16:31:00.250000Z"),
    ],
)  # fmt: skip
async def test_a_deadline_is_the_end_of_the_nth_open_minute(
    callers: Callers, wish: dict[str, Any], due: str
) -> None:
    answer = await callers.alice.post("/calendars/simulate", json=asked(**wish))

    assert answer.status_code == 200, answer.text
    assert answer.json() == {"due_at": due}


@pytest.mark.parametrize(
    ("wish", "minutes"),
    [
        ({"end": "2026-11-30T10:00:00+01:00"}, 90),
        ({"end": FRIDAY}, 0),
        ({"end": "2026-11-27T18:00:00+01:00"}, 30),
        ({"end": "2026-11-28T18:00:00+01:00"}, 30),
        ({"end": "2026-11-27T17:30:59+01:00"}, 0),
        ({"start": "2026-11-27T17:30:40+01:00", "end": "2026-11-27T17:32:10+01:00"}, 1),
        ({"end": "2026-12-04T17:30:00+01:00"}, 5 * 450),
        ({"end": "2026-11-29T17:30:00+01:00", "hours": "always"}, 2880),
        ({"end": "2027-11-27T17:30:00+01:00", "hours": {}}, 0),
        ({"end": "2027-11-27T17:30:00+01:00", "hours": {"mon": [], "sun": []}}, 0),
        ({"end": "2026-11-30T17:30:00+01:00", "hours": {"mon": [["00:00", "24:00"]]}}, 1050),
        ({"end": "2026-11-30T17:30:00+01:00", "hours": {"mon": [["9:00", "12:00"]]}}, 180),
        ({"start": "2026-03-29T00:00:00+01:00", "end": "2026-03-30T00:00:00+02:00",
          "hours": {"sun": [["00:00", "24:00"]]}}, 23 * 60),
        ({"start": "2026-10-25T00:00:00+02:00", "end": "2026-10-26T00:00:00+01:00",
          "hours": {"sun": [["02:30", "02:45"]]}}, 30),
        ({"end": "2026-11-27T18:00:00+01:00", "business_minutes": None}, 30),
    ],
)  # fmt: skip
async def test_the_open_minutes_between_are_counted(
    callers: Callers, wish: dict[str, Any], minutes: int
) -> None:
    answer = await callers.alice.post("/calendars/simulate", json=asked(**wish))

    assert answer.status_code == 200, answer.text
    assert answer.json() == {"business_minutes": minutes}


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        ({}, ["business_minutes", "end"]),
        ({"business_minutes": 5, "end": FRIDAY}, ["business_minutes", "end"]),
        ({"end": "2026-11-27T17:29:59+01:00"}, ["end"]),
        ({"business_minutes": 0}, ["business_minutes"]),
        ({"business_minutes": -5}, ["business_minutes"]),
        ({"business_minutes": 10**12}, ["business_minutes"]),
        ({"business_minutes": 40_000_000}, ["business_minutes"]),  # not so many until 2100
        ({"business_minutes": "30"}, ["business_minutes"]),
        ({"business_minutes": 1.5}, ["business_minutes"]),
        ({"business_minutes": True}, ["business_minutes"]),
        ({"business_minutes": 5, "hours": {}}, ["hours"]),
        ({"business_minutes": 5, "hours": {"mon": []}}, ["hours"]),
        ({"business_minutes": 5, "hours": "absent"}, ["hours"]),
        ({"business_minutes": 5, "hours": None}, ["hours"]),
        ({"business_minutes": 5, "hours": "24/7"}, ["hours"]),
        ({"business_minutes": 5, "hours": {"mon": [["18:00", "09:00"]]}}, ["hours.mon"]),
        ({"business_minutes": 5, "hours": {"mon": [["09:00", "25:00"]], "lun": []}},
         ["hours.lun", "hours.mon"]),
        ({"business_minutes": 5, "hours": {"tue": [["09:00", "12:00"], ["10:00", "13:00"]]}},
         ["hours.tue"]),
        ({"business_minutes": 5, "timezone": "Europe/Pariss"}, ["timezone"]),
        ({"business_minutes": 5, "timezone": ""}, ["timezone"]),
        ({"business_minutes": 5, "timezone": "../../etc/passwd"}, ["timezone"]),
        ({"business_minutes": 5, "holidays": "DE"}, ["holidays"]),
        ({"business_minutes": 5, "holidays": ["FR"]}, ["holidays"]),
        ({"business_minutes": 5, "start": "absent"}, ["start"]),
        ({"business_minutes": 5, "start": "2026-11-27T17:30:00"}, ["start"]),  # in which zone
        ({"business_minutes": 5, "start": "2026-11-27"}, ["start"]),
        ({"business_minutes": 5, "start": 1795797000}, ["start"]),
        ({"business_minutes": 5, "start": "1969-12-31T23:00:00Z"}, ["start"]),
        ({"business_minutes": 5, "start": "2101-01-01T00:00:00Z"}, ["start"]),
        ({"end": "8999-01-01T00:00:00Z"}, ["end"]),
        ({"business_minutes": 5, "minutes": 5}, ["minutes"]),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_named(
    callers: Callers, wish: dict[str, Any], fields: list[str]
) -> None:
    answer = await callers.alice.post("/calendars/simulate", json=asked(**wish))

    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert sorted(error["field"] for error in answer.json()["errors"]) == fields
    assert all(error["message"] for error in answer.json()["errors"])


async def test_everybody_with_a_token_may_simulate(callers: Callers) -> None:
    for caller in (callers.alice, callers.bruno, callers.chloe, callers.diane):
        answer = await caller.post("/calendars/simulate", json=asked(business_minutes=30))
        assert answer.status_code == 200

    anonymous = await callers.anonymous.post("/calendars/simulate", json=asked(business_minutes=30))
    assert anonymous.status_code == 401


async def test_many_cases_agree_with_a_clock_on_the_wall(callers: Callers) -> None:
    chance = random.Random(4)

    for _ in range(60):
        hours = {day: _intervals(chance) for day in chance.sample(DAYS, chance.randint(1, 7))}
        zone = chance.choice([None, "FR", "FR-alsace-moselle"])
        day = chance.choice(["2026-03-27", "2026-10-23", "2026-04-02", "2026-12-23", "2027-05-14"])
        start = datetime.fromisoformat(day).replace(tzinfo=UTC)
        start += timedelta(minutes=chance.randrange(1440))
        end = start + timedelta(minutes=chance.randrange(4 * 1440))
        shut = {day for day in _days(start, end) if zone and _is_holiday(day, zone)}
        opened = [m for m in _minutes(start, end) if _is_open(m, hours, shut)]
        wish = asked(hours=hours, holidays=zone, start=start.isoformat(), end=end.isoformat())

        counted = await callers.alice.post("/calendars/simulate", json=wish)

        assert counted.json() == {"business_minutes": len(opened)}, wish
        if opened:
            wish = {**wish, "end": None, "business_minutes": len(opened)}
            due = await callers.alice.post("/calendars/simulate", json=wish)
            found = datetime.fromisoformat(due.json()["due_at"])
            assert found == opened[-1] + timedelta(minutes=1), wish


def _intervals(chance: random.Random) -> list[list[str]]:
    bounds = sorted(chance.sample([*range(0, 1441, 30), 61, 121, 179], chance.choice([2, 4, 6])))
    texts = [f"{at // 60:02}:{at % 60:02}" for at in bounds]
    return [list(pair) for pair in zip(texts[::2], texts[1::2], strict=True)]


def _minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += timedelta(minutes=1)


def _is_open(minute: datetime, hours: dict[str, list[list[str]]], shut: set[date]) -> bool:
    wall = minute.astimezone(PARIS)
    text = f"{wall:%H:%M}"
    intervals = [] if wall.date() in shut else hours.get(DAYS[wall.weekday()], [])
    return any(begin <= text < end for begin, end in intervals)


def _days(start: datetime, end: datetime) -> Iterator[date]:
    for number in range(-1, (end - start).days + 3):
        yield (start + timedelta(days=number)).date()


def _is_holiday(day: date, zone: str) -> bool:
    fixed = {"01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25"}
    moving = {1, 39, 50}  # days since Easter
    if zone == "FR-alsace-moselle":
        fixed, moving = fixed | {"12-26"}, moving | {-2}
    return f"{day:%m-%d}" in fixed or (day - easter(day.year)).days in moving
