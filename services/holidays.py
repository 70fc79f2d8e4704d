"""Days on which France does not work: public holidays by zone, school holidays; all offline."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

from services.words import N_

FIRST_YEAR, LAST_YEAR = 1970, 2100  # the package `holidays` knows no later ones

METROPOLE, ALSACE_MOSELLE = "FR", "FR-alsace-moselle"

ZONES: dict[str, str] = {  # where one’s public holidays are those of
    METROPOLE: N_("Metropolitan France"),
    ALSACE_MOSELLE: N_("Alsace and Moselle"),
    "FR-guadeloupe": N_("Guadeloupe"),
    "FR-guyane": N_("French Guiana"),
    "FR-martinique": N_("Martinique"),
    "FR-mayotte": N_("Mayotte"),
    "FR-reunion": N_("Réunion"),
}
SCHOOL_ZONES = ("A", "B", "C")

_SUBDIVISIONS = {
    ALSACE_MOSELLE: "57",
    "FR-guadeloupe": "971",
    "FR-guyane": "973",
    "FR-martinique": "972",
    "FR-mayotte": "976",
    "FR-reunion": "974",
}
_ABOLITION = "Abolition of Slavery"
_WHIT_MONDAY = N_("Whit Monday")
_NAMES = {  # as the package calls them
    "New Year's Day": N_("New Year’s Day"),
    "Good Friday": N_("Good Friday"),
    "Easter Monday": N_("Easter Monday"),
    "Labor Day": N_("Labour Day"),
    "Victory Day": N_("Victory Day"),
    "Ascension Day": N_("Ascension Day"),
    "Pentecost Monday": _WHIT_MONDAY,
    "National Day": N_("National Day"),
    "Assumption Day": N_("Assumption Day"),
    "All Saints' Day": N_("All Saints’ Day"),
    "Armistice Day": N_("Armistice Day"),
    "Christmas Day": N_("Christmas Day"),
    "Saint Stephen's Day": N_("Saint Stephen’s Day"),
    _ABOLITION: N_("Abolition of slavery"),
}


def public(zone: str, year: int, *, works_whit_monday: bool = False) -> dict[date, str]:
    """Return the public holidays of a zone in a year, each with its name to translate.

    The legal ones (Code du travail, L3133-1, L3134-13 and L3422-2), not those that are merely
    usual: those are closures by hand. `works_whit_monday` leaves Whit Monday out, which often is
    the « journée de solidarité » (domain.md 3). No zone, or a year out of range: none.
    """
    if zone not in ZONES or not FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    days = _legal(zone, year)
    if works_whit_monday:
        return {day: name for day, name in days.items() if name != _WHIT_MONDAY}
    return days


def school(zone: str, day: date) -> str:
    """Return the name of the school holidays of zone A, B or C on a day; "" outside of them."""
    return _school(zone).get(day, "")


def school_known_until() -> date:
    """Return the last day of school holidays that has been decreed, as far as is known here."""
    return max(max(_school(zone)) for zone in SCHOOL_ZONES)


@cache
def _legal(zone: str, year: int) -> dict[date, str]:
    from holidays.countries.france import France  # noqa: PLC0415 - 20 MB, for those who need it

    days: Callable[..., dict[date, str]] = France  # which has no types
    everywhere = days(years=year, language="en_US")
    here = dict(days(years=year, language="en_US", subdiv=_SUBDIVISIONS.get(zone)))
    if zone != ALSACE_MOSELLE:
        here = {day: name for day, name in here.items() if day in everywhere or _ABOLITION in name}
    ascension = next(day for day, name in here.items() if "Ascension Day" in name)
    # It stayed a public holiday from 2005 to 2007, too, when everybody had to work on it.
    here.setdefault(ascension + timedelta(days=11), "Pentecost Monday")
    return {day: _named(here[day]) for day in sorted(here)}


def _named(theirs: str) -> str:
    """Return our name; two holidays on one day, as on 1 May 2008, are called by the first."""
    return _NAMES[theirs.partition("; ")[0]]


@cache
def _school(zone: str) -> dict[date, str]:
    from vacances_scolaires_france import SchoolHolidayDates  # noqa: PLC0415 - reads a big file

    if zone not in SCHOOL_ZONES:
        return {}
    known = SchoolHolidayDates()
    key = known.zone_key(zone)
    return {day: row["nom_vacances"] for day, row in known.data.items() if row[key]}
