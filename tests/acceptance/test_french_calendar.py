"""Every public holiday and school holiday that the French state published, 2006 to 2031."""

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from services import holidays

FOLDER = Path(__file__).parents[3] / "shared/data/calendar"
pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not FOLDER.exists(), reason="../shared/data/calendar is not there"),
]

ZONES = {
    "FR": "Métropole",
    "FR-alsace-moselle": "Alsace-Moselle",
    "FR-guadeloupe": "Guadeloupe",
    "FR-guyane": "Guyane",
    "FR-martinique": "Martinique",
    "FR-mayotte": "Mayotte",
    "FR-reunion": "La Réunion",
}


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("zone", holidays.ZONES)
def test_public_holidays_are_those_published(zone: str) -> None:
    published = defaultdict(set)
    for row in rows("jours_feries.csv"):
        if ZONES[zone] in row["zones"].split("|"):
            published[int(row["date"][:4])].add(date.fromisoformat(row["date"]))

    assert len(published) == 26
    for year, days in published.items():
        assert holidays.public(zone, year).keys() == days, year


@pytest.mark.parametrize("zone", holidays.SCHOOL_ZONES)
def test_school_holidays_are_those_published(zone: str) -> None:
    column = f"vacances_zone_{zone.lower()}"
    known = [row for row in rows("vacances_scolaires_2015_2026.csv") if row["date"] < "2026-08-31"]

    wrong = [
        row["date"]
        for row in known
        if bool(holidays.school(zone, date.fromisoformat(row["date"]))) != (row[column] == "True")
    ]

    assert len(known) > 4000
    assert wrong == []
