"""How long things take: a box for each group, and how many took how long."""

import math
from collections.abc import Sequence

from services.dimensions import Dimension, Group
from services.distributions import Bin, Box, Distribution
from services.questions import Hours
from services.stats_tables import OF_TICKETS, group_label
from services.words import _
from ui.drawings import numbers
from ui.drawings.marked import mark
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

MOST = 12  # boxes; the table has all
_SHORTEST = 1 / 60  # of an hour: a scale of powers has no nothing
_DAYS = (1, 2, 4, 7, 14, 30, 60, 120, 365, 730, 1460)
_TICKS: dict[Hours, tuple[float, ...]] = {
    Hours.CALENDAR: (1 / 60, 1 / 12, 0.5, 1, 2, 4, 8, *(24 * day for day in _DAYS)),
    Hours.BUSINESS: (
        *(1 / 60, 1 / 12, 0.5, 1, 2, 4, 8, 16),
        *(40, 80, 160, 320, 640, 1280, 2560, 5120),
    ),
}


def boxes(style: Style, found: Distribution, by: Dimension) -> Drawing:
    """Draw a box for each group, on a scale of powers: an hour and a month are both seen."""
    about = _(OF_TICKETS[by])
    lengths = (_("A quarter within"), _("Median"), _("Three quarters within"), _("Mean"))
    heads = [about, _("Tickets"), *lengths]
    known = sorted(found.boxes, key=lambda each: -each[1].n)
    if not known:
        return style.nothing(nothing_yet(), heads)
    shown = [(group_label(by, group), box) for group, box in known[:MOST]]
    layout = style.layout(
        xaxis=_hours(style, [box for _name, box in shown], found.hours),
        yaxis=style.names([name for name, _box in shown]),
    )
    drawn = [_box(style, box, place) for place, (_name, box) in enumerate(shown)]
    targets = [_mark_of(found, by, group) for group, _box in known]
    traces = [*drawn, _touched(shown, targets, found.hours)]
    rows = [
        _row(group_label(by, group), box, target, found.hours)
        for (group, box), target in zip(known, targets, strict=True)
    ]
    told = _told([(group_label(by, group), box) for group, box in known], found.hours)
    return Drawing(traces, layout, told, Table(heads, rows), config())


def bins(style: Style, found: Distribution) -> Drawing:
    """Draw how many took how long."""
    heads = [_("Took"), _("Tickets"), _("Share"), _("So far")]
    if found.all is None:
        return style.nothing(nothing_yet(), heads)
    layout = style.layout(
        xaxis={
            "title": _clock(found.hours),
            "type": "category",
            "showgrid": False,
            "tickmode": "array",
            "tickvals": list(range(len(found.bins))),
            "ticktext": [_beside(each, found.hours) for each in found.bins],
            "tickangle": 0,
            **({"tickfont": {"color": style.muted, "size": 9}} if style.is_narrow else {}),
        },
        yaxis={
            "title": _("Tickets"),
            "rangemode": "tozero",
            **style.whole(max(each.count for each in found.bins)),
        },
        bargap=0.08,
    )
    told = _("Half of {tickets} took between {q1} and {q3}, the mean is {mean}.").format(
        tickets=numbers.tickets(found.all.n),
        q1=_length(found.all.q1, found.hours),
        q3=_length(found.all.q3, found.hours),
        mean=_length(found.all.mean, found.hours),
    )
    table = Table(heads, _bin_rows(found, found.all.n))
    return Drawing([_bars(style, found, found.all.n)], layout, told, table, config())


def _bars(style: Style, found: Distribution, total: int) -> Plot:
    called = [(span(each, found.hours), each.count) for each in found.bins]
    return {
        "type": "bar",
        "x": [name for name, _n in called],
        "y": [n for _name, n in called],
        "marker": {"color": style.series(0)},
        "hoverinfo": "text",
        "hovertext": [
            f"{name}<br><b>{numbers.tickets(n)}</b> ({numbers.share(n / total)})"
            for name, n in called
        ],
        "customdata": [
            _mark_of_bin(found, place) if n else "" for place, (_name, n) in enumerate(called)
        ],
    }


def _bin_rows(found: Distribution, total: int) -> list[list[Cell]]:
    rows, so_far = [], 0
    for place, each in enumerate(found.bins):
        so_far += each.count
        shares = [Cell(numbers.share(n / total)) for n in (each.count, so_far)]
        count = linked(each.count, _mark_of_bin(found, place))
        rows.append([Cell(span(each, found.hours)), count, *shares])
    return rows


def _mark_of_bin(found: Distribution, place: int) -> str:
    return mark(duration=found.duration, bin=place)


def _box(style: Style, box: Box, place: int) -> Plot:
    colour = style.series(0)
    ends = {"lowerfence": box.low, "q1": box.q1, "median": box.median, "q3": box.q3}
    values = {**ends, "upperfence": box.high, "mean": box.mean}
    return {
        "type": "box",
        "orientation": "h",
        "y": [place],
        **{name: [_scaled(value)] for name, value in values.items()},
        "boxmean": True,
        "width": 0.5,
        "line": {"color": colour, "width": 1.5},
        "fillcolor": f"{colour}33",
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _touched(shown: Sequence[tuple[str, Box]], targets: Sequence[str], hours: Hours) -> Plot:
    """Return what answers the mouse: plotly’s own labels of a box have no words."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [_scaled(box.median) for _name, box in shown],
        "y": list(range(len(shown))),
        "marker": {"size": 26, "opacity": 0},
        "hoverinfo": "text",
        "hovertext": [_said(name, box, hours) for name, box in shown],
        "customdata": list(targets[: len(shown)]),
    }


def _said(name: str, box: Box, hours: Hours) -> str:
    median = _("Median: {length}").format(length=_length(box.median, hours))
    half = _("Half between {q1} and {q3}").format(
        q1=_length(box.q1, hours), q3=_length(box.q3, hours)
    )
    mean = _("Mean: {length}").format(length=_length(box.mean, hours))
    return f"{safe(name)}<br><b>{median}</b><br>{half}<br>{mean}<br>{numbers.tickets(box.n)}"


def _hours(style: Style, shown: Sequence[Box], hours: Hours) -> Plot:
    """Return a scale of powers whose marks are lengths that people know."""
    first = min(_scaled(box.low) for box in shown) / 1.6
    last = max(_scaled(max(box.high, box.mean)) for box in shown) * 1.6
    ticks = [tick for tick in _TICKS[hours] if first <= tick <= last]
    every = -(-len(ticks) // (4 if style.is_narrow else 7)) or 1
    clock = _clock(hours)
    return {
        "type": "log",
        "title": clock.replace(", ", ",<br>") if style.is_narrow else clock,
        "range": [math.log10(first), math.log10(last)],
        "tickmode": "array",
        "tickvals": ticks[::every],
        "ticktext": [_length(tick, hours) for tick in ticks[::every]],
    }


def _clock(hours: Hours) -> str:
    is_business = hours is Hours.BUSINESS
    return _("Time in opening hours") if is_business else _("Time around the clock")


def span(each: Bin, hours: Hours) -> str:
    """Return between which lengths of time a bin counts."""
    if not each.begin:
        return _("under {length}").format(length=_length(each.end, hours))
    if each.end is None:
        return _("{length} and more").format(length=_length(each.begin, hours))
    return f"{_length(each.begin, hours)}–{_length(each.end, hours)}"


def _beside(each: Bin, hours: Hours) -> str:
    """Return a bin as it fits below its bar."""
    begin, end = _length(each.begin, hours), _length(each.end, hours)
    if not each.begin:
        return safe(f"< {end}")
    return f"≥ {begin}" if each.end is None else f"{begin}<br>–{end}"


def _mark_of(found: Distribution, by: Dimension, group: Group) -> str:
    return mark(duration=found.duration, dimension=by, value=group.key)


def _row(name: str, box: Box, target: str, hours: Hours) -> list[Cell]:
    lengths = (box.q1, box.median, box.q3, box.mean)
    return [Cell(name), linked(box.n, target), *(Cell(_length(n, hours)) for n in lengths)]


def _told(known: Sequence[tuple[str, Box]], hours: Hours) -> str:
    name, box = max(known, key=lambda each: each[1].median)
    median = _length(box.median, hours)
    if len(known) == 1:
        return _("Half of them took at most {median}.").format(median=median)
    text = _("Longest for {name}: half of them took at most {median}.")
    return text.format(name=name, median=median)


def _length(hours: float | None, clock: Hours) -> str:
    return numbers.length(hours, is_business=clock is Hours.BUSINESS)


def _scaled(hours: float) -> float:
    return max(hours, _SHORTEST)
