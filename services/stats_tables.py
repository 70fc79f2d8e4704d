"""What the page of statistics draws, as tables: for spreadsheets, and to be read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from babel.dates import get_day_names

from services import arrivals, exports
from services.arrivals import Funnel
from services.backlogs import Load
from services.dimensions import NOTHING, OTHERS, Dimension, Group
from services.distributions import Bin
from services.exports import Cell
from services.headlines import Line, Unit
from services.labels import label
from services.periods import Period
from services.stats_page import Page
from services.words import N_, _, spoken

UNITS: dict[Unit, str] = {
    Unit.TICKETS: N_("tickets"),
    Unit.HOURS: N_("hours"),
    Unit.SHARE: N_("share, from 0 to 1"),
    Unit.TIMES: N_("per ticket"),
}
OF_TICKETS: dict[Dimension, str] = {
    Dimension.TEAM: N_("Team"),
    Dimension.TECHNICIAN: N_("Technician"),
    Dimension.CATEGORY: N_("Category"),
    Dimension.PRIORITY: N_("Priority"),
    Dimension.IMPACT: N_("Impact"),
    Dimension.URGENCY: N_("Urgency"),
    Dimension.TYPE: N_("Type"),
    Dimension.CHANNEL: N_("Channel"),
    Dimension.DEPARTMENT: N_("Department"),
}
DIMENSIONS: dict[Dimension, str] = OF_TICKETS | {
    Dimension.MONTH: N_("Month"),
    Dimension.WEEK: N_("Week"),
    Dimension.WEEKDAY: N_("Weekday"),
    Dimension.HOUR: N_("Hour"),
    Dimension.DAY: N_("Day"),
}
AGES = (N_("0–1 day"), N_("2–5 days"), N_("6–15 days"), N_("More than 15 days"))
WITHOUT: dict[Dimension, str] = {
    Dimension.TEAM: N_("No team"),
    Dimension.TECHNICIAN: N_("Nobody yet"),
    Dimension.CATEGORY: N_("No category"),
    Dimension.DEPARTMENT: N_("No department"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """One table in the language being spoken; `title` fits the tab of a sheet."""

    name: str
    title: str
    heads: list[str]
    rows: list[list[Cell]]

    @property
    def lines(self) -> list[list[Cell]]:
        """Return the heads and the rows."""
        return [[*self.heads], *self.rows]


def of(page: Page) -> list[Table]:
    """Return all tables of a page; those of people only when they were asked for."""
    return [*_figures(page), *_times(page), *_parts(page)]


def as_csv(tables: Sequence[Table]) -> Iterator[str]:
    """Return one table as it is, or several one below the other, each under its title."""
    for place, table in enumerate(tables):
        if len(tables) > 1:
            yield ("\r\n" if place else "") + exports.as_csv([table.title])
        yield from (exports.as_csv(row) for row in table.lines)


def as_xlsx(tables: Sequence[Table], file: IO[bytes]) -> None:
    """Write a book with a sheet for each table."""
    book = exports.Workbook(file, tables[0].title)
    for place, table in enumerate(tables):
        if place:
            book.begin(table.title)
        for row in table.lines:
            book.add(row)
    book.close()


def group_label(dimension: Dimension, group: Group) -> str:
    """Return what a group is called, in the language being spoken."""
    if group.value == NOTHING and group.id is None:
        return _(WITHOUT[dimension]) if dimension in WITHOUT else group.value
    if group.value == OTHERS and group.id is None and dimension is Dimension.TECHNICIAN:
        return _("Others")
    if dimension is Dimension.TECHNICIAN and (group.id or 0) < 0:
        return _("Others of {team}").format(team=group.value)
    return label(dimension.value, group.value) if group.id is None else group.value


def weekdays() -> list[str]:
    """Return the names of the days of the week, Monday first, in the language being spoken."""
    names = get_day_names("wide", "stand-alone", locale=spoken())
    return [names[day] for day in range(7)]


def bin_label(span: Bin) -> str:
    """Return which hours a bin holds, in the language being spoken."""
    if span.end is None:
        return _("{begin} h and more").format(begin=span.begin)
    return _("{begin} to {end} h").format(begin=span.begin, end=span.end)


def _figures(page: Page) -> Iterator[Table]:
    found = page.headline
    yield Table(
        "headline",
        _("Figures"),
        [_("Figure"), _("Unit"), _days(found.period), _days(found.period_before), _("Change")],
        [_line(line) for line in found.lines],
    )
    yield Table(
        "trend",
        _("Trend"),
        [_("First day"), *(_(name) for name in _POINT)],
        [
            [p.first_day.isoformat(), p.created, p.resolved, p.closed, p.net_flow, p.backlog]
            for p in page.trend
        ],
    )
    parts = [(part.part, part.sla) for part in page.compliance if part.part]
    yield Table(
        "compliance",
        _("Deadlines kept"),
        [_("First day"), _("Kept"), _("Missed"), _("Share kept")],
        [[part.first.isoformat(), sla.made, sla.n - sla.made, sla.share] for part, sla in parts],
    )


def _times(page: Page) -> Iterator[Table]:
    heads = [_("n"), _("Mean"), _("5 %"), _("25 %"), _("Median"), _("75 %"), _("95 %")]
    for dimension, spread in page.distributions.items():
        yield Table(
            f"distribution-{dimension.value}",
            _(_DURATIONS[dimension]),
            [_(DIMENSIONS[dimension]), *heads],
            [
                [group_label(dimension, g), b.n, b.mean, b.low, b.q1, b.median, b.q3, b.high]
                for g, b in spread.boxes
            ],
        )
    bins = next(iter(page.distributions.values())).bins
    yield Table(
        "histogram",
        _("Durations"),
        [_("Hours"), _("Tickets")],
        [[bin_label(span), span.count] for span in bins],
    )


def _parts(page: Page) -> Iterator[Table]:
    team = Dimension.TEAM
    ages: list[list[Cell]] = [[_("All teams"), *page.ages.bands]]
    ages += [[group_label(team, a.group), *a.bands] for a in page.ages_by_team if a.group]
    heads = [_("Team"), *(_(age) for age in AGES)]
    yield Table("ages", _("Ages of the backlog"), heads, ages)
    yield Table(
        "heat",
        _("Created by weekday and hour"),
        [_("Weekday"), *(str(hour) for hour in range(arrivals.HOURS))],
        [[day, *row] for day, row in zip(weekdays(), page.heat, strict=True)],
    )
    yield Table(
        "movers",
        _("Categories"),
        [_("Category"), _("Tickets created"), _("Period before"), _("Change")],
        [
            [group_label(Dimension.CATEGORY, m.group), m.now, m.before, m.change]
            for m in page.movers
        ],
    )
    yield _load("workload", _("Load of teams"), team, page.workload.teams)
    if page.workload.people:
        yield _load("people", _("Load of people"), Dimension.TECHNICIAN, page.workload.people)
    yield Table(
        "funnel",
        _("Channels"),
        [_("Channel"), *(_(stage) for stage in _STAGES)],
        [[group_label(Dimension.CHANNEL, f.group), *_stages(f)] for f in page.funnel],
    )


def _load(name: str, title: str, dimension: Dimension, some: list[Load]) -> Table:
    heads = [_(DIMENSIONS[dimension]), _("Backlog"), _("Tickets late")]
    heads += [_("Tickets taken charge of"), _("Tickets resolved")]
    rows: list[list[Cell]] = [
        [group_label(dimension, load.group), load.open, load.late, load.taken, load.resolved]
        for load in some
    ]
    return Table(name, title, heads, rows)


def _stages(of: Funnel) -> list[Cell]:
    return [of.created, of.accepted, of.answered, of.resolved, of.closed]


def _line(line: Line) -> list[Cell]:
    return [_(line.title), _(UNITS[line.unit]), line.now, line.before, line.change]


def _days(period: Period) -> str:
    return f"{period.first.isoformat()} – {period.last.isoformat()}"


_POINT = (
    N_("Tickets created"),
    N_("Tickets resolved"),
    N_("Tickets closed"),
    N_("Net flow"),
    N_("Backlog"),
)
_STAGES = (
    N_("Tickets created"),
    N_("Tickets taken charge of"),
    N_("Tickets answered"),
    N_("Tickets resolved"),
    N_("Tickets closed"),
)
_DURATIONS = {
    Dimension.TEAM: N_("Durations by team"),
    Dimension.PRIORITY: N_("Durations by priority"),
}
