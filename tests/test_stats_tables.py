"""The page of statistics as tables: complete, translated, and never more than somebody may see."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from data import clock
from data.models import Membership, Team
from services import sessions, stats_page, stats_tables, words
from services.dimensions import NOTHING, OTHERS, Dimension, Group
from services.periods import Period
from services.permissions import Actor
from services.questions import Question
from services.stats_tables import Table
from tests import recounts
from tests.conftest import People
from tests.recounts import Fact

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def fact(number: int, hours: float, *, lead: int = 0, team: int = 0) -> Fact:
    created = datetime(2026, 3, 2, 9, tzinfo=UTC)
    done = created + timedelta(hours=hours)
    made = Fact(number=number, created=created, resolved=done, ended=done, status="resolved")
    return replace(made, lead=lead, team=team)


def tables(s: Session, by: Actor, *, people: bool = False) -> dict[str, Table]:
    with clock.at(NOON):
        page = stats_page.page(s, by, Question(period=MARCH, people=people))
    return {table.name: table for table in stats_tables.of(page)}


def test_all_tables_hold_what_the_page_shows(s: Session, people: People) -> None:
    recounts.keep(s, [fact(1, 1.5), fact(2, 4.5)])

    found = tables(s, people.chloe)

    lines = {str(row[0]): row[1:] for row in found["headline"].rows}
    assert lines["Tickets created"] == ["tickets", 2, 0, 2]
    assert lines["Time to resolve, mean"] == ["hours", 3.0, None, None]
    assert [found["trend"].rows[1][n] for n in (0, 1, 4)] == ["2026-03-02", 2, 0]
    assert found["histogram"].rows[1:3] == [["1 to 4 h", 1], ["4 to 8 h", 1]]
    assert found["heat"].rows[0][:1] == ["Monday"]
    assert found["movers"].rows == [["No category", 2, 0, 2]]
    assert "people" not in found
    assert all(len(row) == len(table.heads) for table in found.values() for row in table.rows)


def test_numbers_are_written_as_spreadsheets_of_the_language_read_them(
    s: Session, people: People
) -> None:
    recounts.keep(s, [fact(1, 1.5)])

    def mean() -> str:
        found = tables(s, people.chloe)["headline"]
        text = "".join(stats_tables.as_csv([found]))
        read = list(csv.reader(io.StringIO(text), delimiter=";"))
        return next(row[2] for row in read if row[0] in _MEANS)

    assert mean() == "1.5"
    words.speak("fr")
    assert mean() == "1,5"


_MEANS = ("Time to resolve, mean", "Délai de résolution, moyenne")


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_titles_fit_the_tabs_of_sheets(s: Session, people: People, language: str) -> None:
    words.speak(language)

    found = tables(s, people.chloe, people=True).values()

    titles = [table.title for table in found]
    assert len(set(titles)) == len(titles) == len(found)
    assert all(len(title) <= 31 and not set(title) & set("[]:*?/\\") for title in titles)
    file = io.BytesIO()
    stats_tables.as_xlsx(list(found), file)
    assert file.getvalue().startswith(b"PK")


def test_people_are_named_to_who_may_see_names(s: Session, people: People) -> None:
    team = min(people.bruno.team_ids)
    recounts.keep(
        s, [fact(1, 1, lead=people.bruno.id), fact(2, 1, lead=people.diane.id, team=team)]
    )

    def names(by: Actor) -> list[object]:
        return [row[0] for row in tables(s, by, people=True)["people"].rows]

    assert names(people.chloe) == ["Bruno", "Diane"]
    assert names(people.bruno) == ["Bruno", "Others of Réseau"]


def test_who_is_limited_to_teams_gets_only_their_figures(s: Session, people: People) -> None:
    team = s.get_one(Team, min(people.bruno.team_ids))
    team.sees_only_own = True
    s.add(Membership(user_id=people.chloe.id, team_id=team.id))
    s.commit()
    recounts.keep(s, [fact(1, 1, team=team.id), fact(2, 1, team=team.id + 1), fact(3, 1)])

    for by in (people.bruno, people.chloe):
        found = tables(s, sessions.actor_of(s, by.id))
        assert found["headline"].rows[0][2] == 1
        assert [row[0] for row in found["workload"].rows] == ["Réseau"]
    assert tables(s, people.diane)["headline"].rows[0][2] == 3


def test_groups_are_called_as_people_call_them() -> None:
    def called(dimension: Dimension, value: str, key: int | None = None) -> str:
        return stats_tables.group_label(dimension, Group(value, key))

    with words.speaking("fr"):
        assert called(Dimension.PRIORITY, "high") == "Haute"
        assert called(Dimension.TEAM, NOTHING) == "Aucune équipe"
        assert called(Dimension.TECHNICIAN, OTHERS) == "Autres"
        assert called(Dimension.TECHNICIAN, "Réseau", -3) == "Autres de Réseau"
        assert called(Dimension.TEAM, "high", 3) == "high"
