"""When tickets come: each weekday, each hour."""

from collections.abc import Sequence

from services.measures import Measure
from services.opening_hours import DAYS
from services.words import _
from ui.drawings import numbers
from ui.drawings.marked import mark
from ui.drawings.style import Cell, Drawing, Style, Table, config, linked, nothing_yet


def draw(style: Style, heat: Sequence[Sequence[int]]) -> Drawing:
    """Draw how many were created on each weekday, Monday first, in each hour."""
    days = [_(name) for name in DAYS.values()]
    heads = [_("Hour"), *days]
    if not any(any(row) for row in heat):
        return style.nothing(nothing_yet(), heads)
    cells = [[(day, hour, heat[day][hour]) for hour in range(24)] for day in range(7)]
    trace = {
        "type": "heatmap",
        "x": list(range(24)),
        "y": days,
        "z": [list(row) for row in heat],
        "colorscale": style.scale(),
        "showscale": not style.is_narrow,
        "colorbar": {
            "title": {"text": _("Tickets"), "side": "right", "font": {"size": 12}},
            "thickness": 12,
            "outlinewidth": 0,
            **style.whole(max(map(max, heat))),
        },
        "xgap": 2,
        "ygap": 2,
        "hoverinfo": "text",
        "customdata": [[_mark(day, hour) if n else "" for day, hour, n in row] for row in cells],
        "text": [[_said(days[day], hour, n) for day, hour, n in row] for row in cells],
    }
    layout = style.layout(
        xaxis={
            "title": _("Hour of the day"),
            "tickmode": "array",
            "tickangle": 0,
            "tickvals": list(range(0, 24, 6 if style.is_narrow else 3)),
            "ticktext": [numbers.at(hour) for hour in range(0, 24, 6 if style.is_narrow else 3)],
            "showgrid": False,
        },
        yaxis={"autorange": "reversed", "showgrid": False},
    )
    rows = [
        [
            Cell(numbers.at(hour)),
            *(linked(heat[day][hour], _mark(day, hour)) for day in range(7)),
        ]
        for hour in range(24)
    ]
    return Drawing([trace], layout, _told(days, heat), Table(heads, rows), config())


def _told(days: Sequence[str], heat: Sequence[Sequence[int]]) -> str:
    most, day, hour = max(
        (n, day, hour) for day, row in enumerate(heat) for hour, n in enumerate(row)
    )
    text = _("Most come on {day} between {begin} and {end}: {tickets}.")
    return text.format(
        day=days[day],
        begin=numbers.at(hour),
        end=numbers.at(hour + 1),
        tickets=numbers.tickets(most),
    )


def _mark(day: int, hour: int) -> str:
    return mark(measure=Measure.CREATED, weekday=day, hour=hour)


def _said(day: str, hour: int, number: int) -> str:
    return f"{day}, {numbers.at(hour)}–{numbers.at(hour + 1)}<br><b>{numbers.tickets(number)}</b>"
