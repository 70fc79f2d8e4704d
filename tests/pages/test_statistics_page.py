"""The statistics: one question for all charts, asked, refused, followed, at a steady cost."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from nicegui import ui
from sqlalchemy.orm import Session

from data import clock, db
from data.models import Category, Status, Team
from services import assignment, creation, marks, questions, teams, transitions
from services.creation import NewTicket
from tests.conftest import People
from tests.pages.conftest import FRAME, Cost, Visit, Visitor

PAGE = "/stats"
TITLES = (
    "What came in, what was done, what is left",
    "How old the open tickets are",
    "Who has how much to do",
    "How long it takes",
    "Where it takes longer",
    "Which deadlines were kept",
    "What most tickets are about",
    "When tickets come in",
    "How tickets come, and how far they got",
)


@pytest.fixture
def network(s: Session, people: People) -> Team:
    made = teams.create(s, people.diane, name="Réseau <b>", member_ids=[people.bruno.id])
    s.commit()
    return made


def opened(people: People, count: int = 1, **more: object) -> list[int]:
    """Open tickets by a commit of their own, as everybody does."""
    new = NewTicket(title="Souris", **more)  # type: ignore[arg-type] # as the test says
    make = lambda s: [creation.create(s, people.diane, new).number for _n in range(count)]  # noqa: E731
    return db.write(make)


def figure(visitor: Visitor, key: str) -> str:
    """Return the value of a figure above the charts."""
    card = visitor.shown().partition(f'data-testid="figure-{key}"')[2]
    return card.partition('class="figure-value">')[2].partition("<")[0]


def plot(visitor: Visitor, place: int) -> dict[str, Any]:
    """Return what a chart draws, by its place on the page."""
    charts = [e for e in visitor._client.elements.values() if isinstance(e, ui.plotly)]
    figure: dict[str, Any] = charts[place].figure
    return figure


def choose(visitor: Visitor, name: str, value: str) -> None:
    visitor.fire(visitor.field(name), "change", "choose", value)


def zoom(visitor: Visitor, begin: str, end: str) -> None:
    charts = [e for e in visitor._client.elements.values() if isinstance(e, ui.plotly)]
    visitor.fire(charts[0], "plotly_relayout", begin, end)


async def until(visitor: Visitor, key: str, value: str) -> None:
    await visitor._until(lambda: figure(visitor, key) == value, f"{key} = {value}")


def field(visitor: Visitor, name: str) -> str:
    return str(visitor.field(name).value)


async def test_the_page_shows_figures_and_charts(visit: Visit, people: People) -> None:
    opened(people, 3)

    chloe = await visit("chloe", PAGE)

    assert figure(chloe, "created") == "3"
    assert figure(chloe, "backlog") == "3"
    assert all(title in chloe.shown() for title in TITLES)
    assert sum(plot(chloe, 0)["data"][0]["y"]) == 3


async def test_a_requester_finds_nothing_there(visit: Visit) -> None:
    alice = await visit("alice", PAGE)

    assert 'role="alert"' in alice.shown()
    assert "figure-created" not in alice.shown()
    assert f'href="{PAGE}"' not in alice.shown()


async def test_staff_find_it_in_the_menu_and_in_the_palette(visit: Visit) -> None:
    bruno = await visit("bruno", "/")

    assert bruno.shown().count(f'href="{PAGE}"') >= 2


async def test_without_tickets_every_chart_says_so(visit: Visit, people: People) -> None:
    chloe = await visit("chloe", PAGE)

    assert figure(chloe, "created") == "0"
    assert chloe.shown().count("No ticket fits this period and these filters.") >= 4
    for place in range(len(TITLES)):
        assert plot(chloe, place)["data"] == []
        assert plot(chloe, place)["layout"]["annotations"]


async def test_a_filter_narrows_all_of_it_and_a_chip_takes_it_off(
    visit: Visit, people: People, network: Team
) -> None:
    opened(people, 3)
    opened(people, 2, team_id=network.id)
    chloe = await visit("chloe", PAGE)

    choose(chloe, "team", str(network.id))

    await until(chloe, "created", "2")
    await chloe.sees("Team: Réseau &lt;b&gt;")
    chloe.press("chip-team", "unfilter", "team")
    await until(chloe, "created", "5")


async def test_what_people_wrote_is_no_markup_on_a_chart(
    visit: Visit, people: People, network: Team
) -> None:
    opened(people, 2, team_id=network.id)

    chloe = await visit("chloe", PAGE)

    layout = plot(chloe, 2)["layout"]
    assert layout["yaxis"]["ticktext"] == ["Réseau &lt;b&gt;"]


async def test_a_link_reproduces_the_view(visit: Visit, people: People, network: Team) -> None:
    opened(people, 2, team_id=network.id, channel="phone")
    opened(people, 4, team_id=network.id)

    chloe = await visit("chloe", f"{PAGE}?period=week&team={network.id}&channel=phone&step=week")

    assert figure(chloe, "created") == "2"
    assert field(chloe, "period") == "week"
    assert field(chloe, "step") == "week"
    assert field(chloe, "from") == (clock.now() - timedelta(days=clock.now().weekday())).strftime(
        "%Y-%m-%d"
    )
    await chloe.sees("Channel: Phone")


async def test_reversed_days_are_refused_beside_the_field_and_nothing_is_counted(
    visit: Visit, people: People
) -> None:
    opened(people, 3)
    chloe = await visit("chloe", f"{PAGE}?from=2026-03-31&to=2026-03-01")

    assert chloe.field("to").error == "The end must not come before the beginning."
    assert (field(chloe, "from"), field(chloe, "to")) == ("2026-03-31", "2026-03-01")
    assert figure(chloe, "created") == ""
    assert plot(chloe, 0)["data"] == []

    choose(chloe, "period", "days_30")
    await until(chloe, "created", "3")
    assert chloe.field("to").error is None


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("team=999", "This team no longer exists: nothing is counted."),
        ("category=999", "This category no longer exists: nothing is counted."),
        ("people=maybe", "Choose one of the values offered."),
        ("period=century", "Choose one of the values offered."),
        ("type=nonsense", "Choose one of the values offered."),
    ],
)
async def test_what_does_not_exist_is_said_and_nothing_is_counted(
    visit: Visit, people: People, query: str, sentence: str
) -> None:
    opened(people, 3)

    chloe = await visit("chloe", f"{PAGE}?{query}")

    await chloe.sees(sentence)
    assert figure(chloe, "created") == ""


async def test_what_is_switched_off_keeps_its_name_and_its_figures(
    visit: Visit, people: People, network: Team
) -> None:
    (number,) = opened(people)
    db.write(lambda s: assignment.assign(s, people.diane, number, team_id=network.id).number)
    db.write(lambda s: teams.deactivate(s, people.diane, network.id).id)

    chloe = await visit("chloe", f"{PAGE}?team={network.id}")

    assert figure(chloe, "created") == "1"
    assert "Team: Réseau &lt;b&gt; (switched off)" in chloe.shown()


async def test_typed_days_are_a_period_of_their_own(visit: Visit, people: People) -> None:
    opened(people, 3)
    chloe = await visit("chloe", PAGE)

    chloe.field("to").set_value((clock.now() - timedelta(days=2)).strftime("%Y-%m-%d"))

    await until(chloe, "created", "0")
    assert field(chloe, "period") == ""


async def test_a_frame_around_some_days_asks_for_them_and_leads_back(
    visit: Visit, people: People
) -> None:
    opened(people, 3)
    chloe = await visit("chloe", PAGE)
    day = clock.now() - timedelta(days=9)
    begin, end = day.strftime("%Y-%m-%d"), (day + timedelta(days=3)).strftime("%Y-%m-%d")

    zoom(chloe, f"{begin} 12:00", f"{end} 07:30:00.1")

    await until(chloe, "created", "0")
    assert (field(chloe, "from"), field(chloe, "to")) == (begin, end)
    assert len(plot(chloe, 0)["data"]) == 0
    chloe.press("unzoom", "unzoom")
    await until(chloe, "created", "3")
    assert field(chloe, "period") == questions.USUAL


async def test_a_frame_that_makes_no_sense_changes_nothing(visit: Visit, people: People) -> None:
    opened(people, 3)
    chloe = await visit("chloe", PAGE)

    zoom(chloe, "x", "undefined")
    choose(chloe, "hours", "business")

    await chloe.sees("Until resolved")
    assert figure(chloe, "created") == "3"


async def test_figures_follow_the_tickets(visit: Visit, people: People) -> None:
    chloe = await visit("chloe", PAGE)

    number = opened(people)[0]

    await until(chloe, "created", "1")
    db.write(lambda s: transitions.move(s, people.diane, number, Status.RESOLVED))
    await until(chloe, "resolved", "1")


async def test_nothing_moves_while_a_chart_is_held(visit: Visit, people: People) -> None:
    opened(people)
    chloe, diane = await visit("chloe", PAGE), await visit("diane", PAGE)
    chart = next(e for e in chloe._client.elements.values() if isinstance(e, ui.plotly))
    chloe.fire(chart, "pointerdown", True)

    opened(people)
    await until(diane, "created", "2")
    assert figure(chloe, "created") == "1"

    chloe.fire(chart, "pointerdown", False)
    await until(chloe, "created", "2")


async def test_names_are_for_who_leads(visit: Visit, people: People, network: Team) -> None:
    number = opened(people, team_id=network.id)[0]
    db.write(lambda s: assignment.take(s, people.bruno, number))
    chloe, bruno = await visit("chloe", PAGE), await visit("bruno", PAGE)

    choose(chloe, "people", "1")

    await chloe._until(
        lambda: plot(chloe, 2)["layout"]["yaxis"]["ticktext"] == ["Bruno"], "by name"
    )
    names = {getattr(e, "_name", "") for e in bruno._client.elements.values()}
    assert not names & {"people", "technician"}


async def test_a_table_stands_behind_each_chart(visit: Visit, people: People) -> None:
    opened(people, 3)
    chloe = await visit("chloe", PAGE)
    assert "<table>" not in chloe.shown()

    chloe.press("table-ages", "table")

    await chloe.sees('<th scope="row">0–1 day</th>')
    row = chloe.shown().partition('<th scope="row">0–1 day</th>')[2].partition("</tr>")[0]
    assert re.findall(">([^<]+)<", row) == ["3", "100%"]
    assert "measure=backlog&amp;age=0" in row
    chloe.press("table-ages", "table")
    await chloe.sees_no_more("<table>")


async def test_dark_charts_have_the_colours_of_the_dark(visit: Visit, people: People) -> None:
    opened(people)
    chloe = await visit("chloe", PAGE)
    assert plot(chloe, 0)["layout"]["paper_bgcolor"] == "#ffffff"
    box = next(
        element for element in chloe._client.elements.values() if chloe.hears(element, "looks")
    )

    chloe.fire(box, "looks", [True, False, False])

    await chloe._until(lambda: plot(chloe, 0)["layout"]["paper_bgcolor"] == "#191d25", "dark")


async def settled(cost: Cost) -> list[str]:
    """Build the page until the columns are in memory and no page asks for news."""
    return min([await cost("chloe", PAGE) for _again in range(3)], key=len)


async def test_the_page_takes_as_many_statements_whatever_is_in_it(
    cost: Cost, s: Session, people: People
) -> None:
    opened(people, 3)
    few = await settled(cost)

    for n in range(20):
        team = teams.create(s, people.diane, name=f"Team {n}")
        s.add(Category(name=f"C{n}", path=f"C{n}"))
        s.commit()
        opened(people, 2, team_id=team.id)
    many = await settled(cost)

    assert len(many) == len(few), many
    assert len(many) <= 5 + FRAME, many


async def test_a_page_of_all_charts_holds_few_elements(visit: Visit, people: People) -> None:
    opened(people, 3)

    chloe = await visit("chloe", PAGE)

    assert len(chloe._client.elements) <= 150


async def test_the_tickets_behind_a_mark_are_those_it_counts(
    visit: Visit, people: People, network: Team
) -> None:
    ours, others = opened(people, 2, team_id=network.id), opened(people, 3)

    where = f"measure=backlog&by=team&value={network.id}"
    chloe = await visit("chloe", f"{PAGE}/tickets?period=days_30&{where}")

    await chloe.sees("2 tickets")
    await chloe.sees("Team: Réseau &lt;b&gt;")
    assert all(f'data-key="{number}"' in chloe.shown() for number in ours)
    assert not any(f'data-key="{number}"' in chloe.shown() for number in others)
    opened(people, 1, team_id=network.id)
    await chloe.sees("3 tickets")


async def test_many_tickets_behind_a_mark_come_page_by_page(visit: Visit, people: People) -> None:
    numbers = opened(people, 60)
    chloe = await visit("chloe", f"{PAGE}/tickets?measure=created")
    await chloe.sees("60 tickets")
    assert f'data-key="{numbers[0]}"' not in chloe.shown()

    chloe.press('data-testid="more"', "more")

    await chloe.sees(f'data-key="{numbers[0]}"')
    assert 'data-testid="more"' not in chloe.shown()


@pytest.mark.parametrize(
    "query", ["measure=nonsense", "from=2026-03-31&to=2026-03-01", "on=2026-13", "age=9"]
)
async def test_a_mark_that_makes_no_sense_is_refused_with_a_sentence(
    visit: Visit, query: str
) -> None:
    chloe = await visit("chloe", f"{PAGE}/tickets?{query}")

    assert 'role="alert"' in chloe.shown()
    assert "data-key" not in chloe.shown()


async def test_a_requester_sees_no_ticket_behind_a_mark(visit: Visit, people: People) -> None:
    opened(people)

    alice = await visit("alice", f"{PAGE}/tickets?measure=created")

    assert 'role="alert"' in alice.shown()
    assert "data-key" not in alice.shown()


async def test_every_mark_of_the_page_leads_to_as_many_tickets_as_it_shows(
    visit: Visit, s: Session, people: People, network: Team
) -> None:
    numbers = opened(people, 4, team_id=network.id)
    db.write(lambda s: assignment.take(s, people.bruno, numbers[0]))
    db.write(lambda s: transitions.move(s, people.bruno, numbers[0], Status.RESOLVED))
    opened(people, 3, channel="phone")
    chloe = await visit("chloe", f"{PAGE}?period=days_7")

    counted = [pair for place in range(len(TITLES)) for pair in marked(plot(chloe, place))]

    assert len(counted) >= 12
    for target, value in counted:
        pairs = [("period", "days_7"), *parse_qsl(target)]
        pairs = pairs[1:] if "from=" in target else pairs
        question, mark = questions.from_query(s, pairs), marks.from_query(pairs)
        assert marks.behind(s, people.chloe, question, mark).total == value, target


def marked(figure: dict[str, Any]) -> list[tuple[str, int]]:
    """Return the marks of a chart with the numbers they show."""
    found = []
    for trace in figure["data"]:
        targets = trace.get("customdata", [])
        if trace["type"] == "heatmap":
            rows = zip(targets, trace["z"], strict=True)
            found += [pair for row in rows for pair in zip(*row, strict=True)]
        elif trace["type"] == "bar":
            along = "x" if trace.get("orientation") == "h" else "y"
            found += zip(targets, trace[along], strict=True)
        elif trace.get("yaxis") == "y2":
            found += zip(targets, trace["y"], strict=True)
    return [(target, n) for target, n in found if target and isinstance(n, int) and n]


async def test_figures_and_lists_are_had_as_files(visit: Visit, people: People) -> None:
    opened(people)

    chloe = await visit("chloe", f"{PAGE}?period=days_7&priority=normal&times=acceptance")
    behind = await visit("chloe", f"{PAGE}/tickets?period=days_7&measure=created")

    query = "period=days_7&amp;priority=normal&amp;duration=acceptance"
    for kind in ("csv", "xlsx"):
        assert f'href="/stats/export.{kind}?{query}"' in chloe.shown()
        query_of_list = "period=days_7&amp;measure=created"
        assert f'href="/stats/export.{kind}?{query_of_list}"' in behind.shown()
