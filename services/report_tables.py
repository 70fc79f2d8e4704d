"""The tables of a report, in the language being spoken."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime

from data.models import Priority
from services import labels, postmarks, report_figures
from services.dimensions import NOTHING
from services.report_document import Cell, Column, Table
from services.report_figures import FIGURES
from services.report_model import Content, Figure, Group, Groups, Late, Problem
from services.words import N_, _, ngettext, spoken

NO_TEAM = N_("Without a team")
WITHOUT: dict[str, str] = {"teams": NO_TEAM, "categories": N_("Without a category")}
_ONE = {"teams": N_("Team"), "categories": N_("Category"), "priorities": N_("Priority")}
GONE = N_("(deleted)")  # in the place of the title of a ticket that is no more
_EXAMPLES = 3


def tables(content: Content, titles: Mapping[int, str]) -> Iterator[Table]:
    """Return all tables, in the order in which they are shown."""
    yield _figures(content)
    yield _late(content, titles)
    if not content.team:
        yield _volumes("teams", _("By team"), content.of_teams)
    yield _volumes("categories", _("By category"), content.of_categories)
    yield _volumes("priorities", _("By priority"), content.of_priorities)
    if not content.team:
        yield _times("team-times", _("Times and promises by team"), content.of_teams, "teams")
    name = _("Times and promises by priority")
    yield _times("priority-times", name, content.of_priorities, "priorities")
    if content.problems is not None:
        yield _problems(content.problems, titles)


def _figures(content: Content) -> Table:
    columns = (
        Column(_("Figure"), 2.6, is_number=False),
        Column(_("In the period"), 1.2),
        Column(_("Period before"), 1.2),
        Column(_("Difference")),
    )
    rows = tuple(_figure(figure) for figure in content.figures)
    return Table("figures", _("All figures"), columns, rows)


def _figure(figure: Figure) -> tuple[Cell, ...]:
    kind = FIGURES[figure.name]
    change = report_figures.difference(figure.now, figure.before, kind.unit)
    moved = None
    if figure.now is not None and figure.before is not None:
        moved = figure.now - figure.before
    return (
        Cell(_(kind.title), link=_whole(figure.link)),
        _number(figure.now, kind.unit),
        _number(figure.before, kind.unit),
        Cell(change or report_figures.NOTHING, moved, kind.unit),
    )


def _volumes(name: str, title: str, groups: Groups) -> Table:
    """Draw what came in and what lies there: the load of each group."""
    columns = (
        Column(_(_ONE[name]), 2.8, is_number=False),
        Column(_("Tickets created"), 1.2),
        Column(_("Period before"), 1.2),
        Column(_("Difference")),
        Column(_("Tickets resolved"), 1.2),
        Column(_("Open at the end")),
        Column(_("Late at the end")),
    )
    rows = tuple(_volume(name, group) for group in groups.shown)
    empty = _("Nothing was created or open in this period.")
    return Table(name, title, columns, rows, more=_others(groups.more), empty=empty, bar=1)


def _volume(name: str, group: Group) -> tuple[Cell, ...]:
    change = report_figures.difference(group.created, group.before, "count")
    return (
        Cell(_called(name, group.value), link=_whole(group.link)),
        _number(group.created, "count"),
        _number(group.before, "count"),
        Cell(change, group.created - group.before, "count"),
        _number(group.resolved, "count"),
        _number(group.backlog, "count"),
        _number(group.late, "count"),
    )


def _times(name: str, title: str, groups: Groups, dimension: str) -> Table:
    columns = (
        Column(_(_ONE[dimension]), 2.8, is_number=False),
        Column(_("Resolution (median)"), 1.3),
        Column(_("9 of 10 within"), 1.2),
        Column(_("Promises"), 1.0),
        Column(_("Kept"), 1.0),
    )
    known = [group for group in groups.shown if group.median is not None or group.sla_n]
    rows = tuple(
        (
            Cell(_called(dimension, group.value), link=_whole(group.link)),
            _number(group.median, "hours"),
            _number(group.p90, "hours"),
            _number(group.sla_n, "count"),
            _number(group.sla_made / group.sla_n if group.sla_n else None, "share"),
        )
        for group in known
    )
    empty = _("Nothing of this period was resolved or promised.")
    return Table(name, title, columns, rows, empty=empty)


def _late(content: Content, titles: Mapping[int, str]) -> Table:
    columns = (
        Column(_("Ticket"), 4.0, is_number=False),
        Column(_("Promised for"), 1.5, is_number=False),
        Column(_("Team"), 1.5, is_number=False),
        Column(_("Priority"), 1.0, is_number=False),
    )
    rows = tuple(_late_row(ticket, titles, content.zone) for ticket in content.late)
    return Table(
        "late",
        _("Late tickets"),
        columns,
        rows,
        more=_others(content.late_total - len(content.late)),
        more_link=_whole(content.late_link),
        empty=_("No ticket is late."),
    )


def _late_row(ticket: Late, titles: Mapping[int, str], zone: str) -> tuple[Cell, ...]:
    return (
        _ticket(ticket.number, titles),
        Cell(_moment(ticket.due_at, zone)),
        Cell(ticket.team or _(NO_TEAM)),
        Cell(_called("priorities", ticket.priority)),
    )


def _problems(problems: tuple[Problem, ...], titles: Mapping[int, str]) -> Table:
    columns = (
        Column(_("Recurring problem"), 2.6, is_number=False),
        Column(_("Tickets"), 0.8),
        Column(_("Period before"), 1.2),
        Column(_("Examples"), 3.7, is_number=False),
    )
    rows = tuple(
        (
            Cell(problem.label, link=_whole(problem.link)),
            _number(problem.size, "count"),
            _number(problem.before, "count"),
            Cell(" · ".join(_examples(problem, titles))),
        )
        for problem in problems
    )
    empty = _("No problem came back in this period.")
    return Table("problems", _("Recurring problems"), columns, rows, empty=empty)


def _examples(problem: Problem, titles: Mapping[int, str]) -> list[str]:
    known = [number for number in problem.examples if number in titles]
    return [f"#{number} {titles[number]}" for number in known[:_EXAMPLES]]


def _ticket(number: int, titles: Mapping[int, str]) -> Cell:
    if number not in titles:
        return Cell(f"#{number} {_(GONE)}")
    return Cell(f"#{number} {titles[number]}", link=postmarks.url(f"/tickets/{number}"))


def _number(value: float | None, unit: str) -> Cell:
    return Cell(report_figures.written(value, unit), value, unit)


def _called(name: str, value: str) -> str:
    if name == "priorities":
        return _(labels.PRIORITY[Priority(value)])
    return _(WITHOUT[name]) if value == NOTHING else value


def _others(count: int) -> str:
    if count <= 0:
        return ""
    told = ngettext("and {n} other", "and {n} others", count)
    return told.format(n=report_figures.count(count))


def _whole(link: str) -> str:
    return postmarks.url(link) if link else ""


def _moment(at: datetime, zone: str) -> str:
    try:
        local = at.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = at
    locale = "fr" if spoken() == "fr" else "en_GB"
    return str(format_datetime(local, "d MMM HH:mm", locale=locale))
