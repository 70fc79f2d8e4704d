"""What came in and was done, and what was left: two panes over the same days."""

from collections.abc import Sequence
from datetime import date, timedelta

from services import marks
from services.measures import Measure
from services.periods import Period, Step
from services.trends import Point
from services.words import N_, _
from ui.drawings import numbers
from ui.drawings.marked import mark
from ui.drawings.style import Cell, Drawing, Plot, Style, Table, config, linked, nothing_yet

BARS = 40  # points: of more, lines say more than bars
_DAY_MS = 86_400_000
_MEASURES: dict[Measure, str] = {
    Measure.CREATED: N_("Created tickets"),
    Measure.RESOLVED: N_("Resolved tickets"),
    Measure.CLOSED: N_("Closed tickets"),
    Measure.BACKLOG: N_("Open at the end"),
}


def draw(style: Style, points: Sequence[Point], buckets: Sequence[Period], step: Step) -> Drawing:
    """Draw created and resolved above, the backlog at each end below."""
    if not any(p.created or p.resolved or p.backlog for p in points):
        return style.nothing(nothing_yet(), _heads())
    dated = list(zip(points, buckets, strict=True))
    upper = [
        _series(style, dated, step, Measure.CREATED, 0),
        _series(style, dated, step, Measure.RESOLVED, 1),
    ]
    return Drawing(
        [*upper, _backlog(style, dated, step)],
        _layout(style, points, buckets),
        _told(points),
        Table(_heads(), [_row(point, days, step) for point, days in dated]),
        config(has_dates=True),
    )


Dated = Sequence[tuple[Point, Period]]


def _series(style: Style, dated: Dated, step: Step, measure: Measure, place: int) -> Plot:
    """Return bars that lie where their days are, or a line through many points."""
    drawn, colour = _marked(dated, step, measure), style.series(place)
    if len(dated) > BARS:
        line = {"color": colour, "width": 2}
        x = [_middle(days) for _point, days in dated]
        look = {"type": "scatter", "mode": "lines+markers", "line": line, "marker": {"size": 4}}
        return {**drawn, **look, "x": x}
    # The outer weeks or months may be cut off; bars of whole ones would stick out there.
    sizes = [days.days * _DAY_MS for _point, days in dated]
    sides = {
        "width": [size * 0.4 for size in sizes],
        "offset": [size * (0.08 + 0.42 * place) for size in sizes],
    }
    x = [days.first.isoformat() for _point, days in dated]
    return {**drawn, **sides, "x": x, "type": "bar", "marker": {"color": colour}}


def _backlog(style: Style, dated: Dated, step: Step) -> Plot:
    colour = style.series(2)
    return {
        **_marked(dated, step, Measure.BACKLOG),
        "type": "scatter",
        "mode": "lines+markers",
        "x": [f"{days.last.isoformat()} 23:59" for _point, days in dated],
        "yaxis": "y2",
        "line": {"color": colour, "width": 2},
        "marker": {"size": 5 if len(dated) <= BARS else 3},
        "fill": "tozeroy",
        "fillcolor": f"{colour}22",
    }


def _marked(dated: Dated, step: Step, measure: Measure) -> Plot:
    """Return the numbers of a measure, what is said of each, and where each leads."""
    called = _(_MEASURES[measure])
    numbered = [(days, getattr(point, measure.value)) for point, days in dated]
    return {
        "name": called,
        "y": [n for _days, n in numbered],
        "hoverinfo": "text",
        "hovertext": [
            f"{numbers.span(days.first, days.last)}<br><b>{called}: {numbers.count(n)}</b>"
            for days, n in numbered
        ],
        "customdata": [_mark(measure, days, step) if n else "" for days, n in numbered],
    }


def _mark(measure: Measure, days: Period, step: Step) -> str:
    return mark(measure=measure, on=marks.on(days.first, step))


def _layout(style: Style, points: Sequence[Point], buckets: Sequence[Period]) -> Plot:
    most = 5 if style.is_narrow else 12
    after = buckets[-1].last + timedelta(days=1)
    return style.layout(
        xaxis={
            "type": "date",
            "anchor": "y2",
            "range": [buckets[0].first.isoformat(), after.isoformat()],
            "fixedrange": style.is_touched,
            "tickformatstops": style.days(),
            "nticks": most,
            "showgrid": False,
            **({"dtick": _DAY_MS} if (after - buckets[0].first).days <= most else {}),
        },
        yaxis={
            "title": _("Tickets"),
            "domain": [0.48, 1],
            "rangemode": "tozero",
            **style.whole(max(max(p.created, p.resolved) for p in points)),
        },
        yaxis2={
            "title": _("Open tickets"),
            "domain": [0, 0.38],
            "rangemode": "tozero",
            **style.whole(max(p.backlog for p in points)),
        },
        showlegend=True,
        dragmode=False if style.is_touched else "zoom",
        barmode="overlay",
    )


def _row(point: Point, days: Period, step: Step) -> list[Cell]:
    cells = {m: linked(getattr(point, m.value), _mark(m, days, step)) for m in _MEASURES}
    backlog = cells.pop(Measure.BACKLOG)
    net = Cell(numbers.change(point.net_flow))
    return [Cell(numbers.span(days.first, days.last)), *cells.values(), net, backlog]


def _heads() -> list[str]:
    *happened, backlog = (_(text) for text in _MEASURES.values())
    return [_("Days"), *happened, _("Net flow"), backlog]


def _told(points: Sequence[Point]) -> str:
    created, resolved = sum(p.created for p in points), sum(p.resolved for p in points)
    text = _("{created} created, {resolved} resolved; {backlog} open at the end.")
    return text.format(
        created=numbers.count(created),
        resolved=numbers.count(resolved),
        backlog=numbers.count(points[-1].backlog),
    )


def _middle(days: Period) -> str:
    return date.fromordinal((days.first.toordinal() + days.last.toordinal()) // 2).isoformat()
