"""Public and school holidays of France, computed offline (domain.md 3)."""

from datetime import date

import pytest

from services import holidays

YEAR = ["01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11"]
IN_2026 = {date.fromisoformat(f"2026-{day}") for day in [*YEAR, "12-25"]}
OF_ZONE = {  # beside those of the whole country
    "FR": [],
    "FR-alsace-moselle": ["2026-04-03", "2026-12-26"],
    "FR-guadeloupe": ["2026-05-27"],
    "FR-guyane": ["2026-06-10"],
    "FR-martinique": ["2026-05-22"],
    "FR-mayotte": ["2026-04-27"],
    "FR-reunion": ["2026-12-20"],
}
WHIT_MONDAYS = ["2005-05-16", "2006-06-05", "2007-05-28", "2008-05-12", "2027-05-17", "2038-06-14"]


@pytest.mark.parametrize("zone", holidays.ZONES)
def test_each_zone_has_its_legal_holidays(zone: str) -> None:
    expected = IN_2026 | {date.fromisoformat(day) for day in OF_ZONE[zone]}

    assert holidays.public(zone, 2026).keys() == expected


@pytest.mark.parametrize("day", [date.fromisoformat(day) for day in WHIT_MONDAYS])
def test_whit_monday_is_worked_where_it_is_the_day_of_solidarity(day: date) -> None:
    free = holidays.public("FR", day.year)

    worked = holidays.public("FR", day.year, works_whit_monday=True)

    assert free[day] == "Whit Monday"
    assert free.keys() - worked.keys() == {day}


def test_whit_monday_stays_free_when_another_holiday_falls_on_it() -> None:
    assert holidays.public("FR-guyane", 2019)[date(2019, 6, 10)] == "Abolition of slavery"

    worked = holidays.public("FR-guyane", 2019, works_whit_monday=True)

    assert date(2019, 6, 10) in worked


def test_every_holiday_of_every_year_has_a_name() -> None:
    for zone in holidays.ZONES:
        for year in range(holidays.FIRST_YEAR, holidays.LAST_YEAR + 1):
            assert all(holidays.public(zone, year).values())


def test_no_zone_and_years_out_of_range_have_none() -> None:
    assert holidays.public("", 2026) == {}
    assert holidays.public("DE", 2026) == {}
    assert holidays.public("FR", 2101) == {}
    assert holidays.public("FR", 1802) == {}


def test_school_holidays_are_those_of_the_zone() -> None:
    assert holidays.school("A", date(2026, 12, 25)) == "Vacances de Noël"
    assert holidays.school("A", date(2026, 11, 25)) == ""
    # Winter of 2026: A from 7 February, B from 14 February, C from 21 February.
    day = date(2026, 2, 10)
    assert [bool(holidays.school(zone, day)) for zone in "ABC"] == [True, False, False]
    assert holidays.school("", day) == ""
    assert holidays.school_known_until() > date(2027, 1, 1)
