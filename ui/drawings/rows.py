"""Charts of names and numbers: horizontal bars, one row of them for each name."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.words import _
from ui.drawings import numbers
from ui.drawings.style import (
    Cell,
    Drawing,
    Plot,
    Style,
    Table,
    config,
    linked,
    nothing_yet,
    safe,
)

MOST = 12  # names beside an axis; the table has all


@dataclass(frozen=True, slots=True)
class Row:
    """A name with its numbers, one for each series, and the marks they lead to."""

    name: str
    values: Sequence[int]
    marks: Sequence[str]
    note: str = ""  # what else is said of it on hover


@dataclass(frozen=True, slots=True)
class Series:
    """What one number of each row counts, and how it is drawn; without a colour only listed."""

    name: str
    colour: str = ""
    width: float | None = None  # of a bar that lies on another one


def draw(
    style: Style,
    rows: Sequence[Row],
    series: Sequence[Series],
    *,
    about: str,
    told: str,
    more: tuple[str, Sequence[str]] | None = None,
) -> Drawing:
    """Draw rows from the top; `about` says what the names are, `more` is one more column."""
    heads = [about, *(each.name for each in series), *([more[0]] if more else [])]
    if not any(any(row.values) for row in rows):
        return style.nothing(nothing_yet(), heads)
    shown = rows[:MOST]
    traces = [_bars(shown, each, place) for place, each in enumerate(series) if each.colour]
    most = max(max(row.values) for row in shown)
    layout = style.layout(
        xaxis={"title": _("Tickets"), "rangemode": "tozero", "nticks": 6, **style.whole(most)},
        yaxis=style.names([row.name for row in shown]),
        showlegend=len(traces) > 1,
        barmode="overlay" if any(each.width for each in series) else "group",
    )
    lines = [_line(row, more[1][place] if more else None) for place, row in enumerate(rows)]
    return Drawing(traces, layout, told, Table(heads, lines), config())


def _bars(rows: Sequence[Row], series: Series, place: int) -> Plot:
    return {
        "type": "bar",
        "orientation": "h",
        "name": series.name,
        "y": list(range(len(rows))),  # by place: two people may have the same name
        "x": [row.values[place] for row in rows],
        "marker": {"color": series.colour},
        **({"width": series.width} if series.width else {}),
        "hoverinfo": "text",
        "hovertext": [_said(row, series, place) for row in rows],
        "customdata": [row.marks[place] for row in rows],
    }


def _said(row: Row, series: Series, place: int) -> str:
    number = numbers.count(row.values[place])
    note = f"<br>{row.note}" if row.note else ""
    return f"{safe(row.name)}<br><b>{series.name}: {number}</b>{note}"


def _line(row: Row, more: str | None) -> list[Cell]:
    values = zip(row.values, row.marks, strict=True)
    cells = [linked(value, mark) for value, mark in values]
    return [Cell(row.name), *cells, *([Cell(more)] if more is not None else [])]
