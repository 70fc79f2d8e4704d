"""What was promised and kept: over time, or for each team, priority or category."""

from collections.abc import Sequence

from services import marks
from services.compliance import Compliance
from services.dimensions import Dimension
from services.measures import Measure
from services.periods import Step
from services.stats_tables import OF_TICKETS, group_label
from services.words import _
from ui.drawings import numbers
from ui.drawings.marked import mark
from ui.drawings.style import Cell, Drawing, Plot, Style, Table, config, linked, safe

MOST = 12  # groups; the table has all


def draw(style: Style, found: Sequence[Compliance], part: Step | Dimension) -> Drawing:
    """Draw the part that kept its deadline; where none was due there is no bar."""
    is_time = isinstance(part, Step)
    about = _("Days") if is_time else _(OF_TICKETS[Dimension(part.value)])
    heads = [about, _("In time"), _("Missed"), _("Share in time")]
    made, total = sum(each.sla.made for each in found), sum(each.sla.n for each in found)
    if not total:
        return style.nothing(_("No deadline was due in this period."), heads)
    ordered = found if is_time else sorted(found, key=lambda each: -each.sla.n)
    shown = ordered if is_time else ordered[:MOST]
    told = _("{share} in time: {made} of {tickets} with a deadline.").format(
        share=numbers.share(made / total),
        made=numbers.count(made),
        tickets=numbers.tickets(total),
    )
    traces = [
        _bars(style, shown, part, Measure.KEPT),
        _bars(style, shown, part, Measure.MISSED),
    ]
    rows = [_row(each, part) for each in ordered]
    return Drawing(
        traces,
        _layout(style, shown, part),
        told,
        Table(heads, rows),
        config(has_dates=is_time),
    )


def _bars(style: Style, shown: Sequence[Compliance], part: Step | Dimension, of: Measure) -> Plot:
    parts = [_share(each, of) for each in shown]
    if isinstance(part, Step):
        along = {"x": [each.part.first.isoformat() for each in shown if each.part], "y": parts}
    else:
        along = {"orientation": "h", "x": parts, "y": list(range(len(shown)))}
    is_kept = of is Measure.KEPT
    colour = {"color": style.series(1 if is_kept else 5), "opacity": 1 if is_kept else 0.6}
    return {
        "type": "bar",
        "name": _("In time") if is_kept else _("Missed"),
        **along,
        "marker": colour,
        "hoverinfo": "text",
        "hovertext": [_said(each, part) for each in shown],
        "customdata": [_mark(each, part, of) for each in shown],
    }


def _share(each: Compliance, of: Measure) -> float | None:
    share = each.sla.share
    if share is None:
        return None
    return share if of is Measure.KEPT else 1 - share


def _layout(style: Style, shown: Sequence[Compliance], part: Step | Dimension) -> Plot:
    ticks = [0, 0.5, 1] if style.is_narrow else [0, 0.25, 0.5, 0.75, 1]
    shares = {
        "range": [0, 1.001],
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [numbers.share(tick) for tick in ticks],
    }
    if isinstance(part, Step):
        few = {"nticks": 4 if style.is_narrow else 7, "tickangle": 0}
        when = {"type": "date", "showgrid": False, **few}
        axes = {"xaxis": {**when, "tickformatstops": style.days()}, "yaxis": shares}
    else:
        axes = {"xaxis": shares, "yaxis": style.names([_called(each, part) for each in shown])}
    return style.layout(**axes, barmode="stack", showlegend=True)


def _called(each: Compliance, part: Step | Dimension) -> str:
    if each.part:
        return numbers.span(each.part.first, each.part.last)
    return group_label(Dimension(part.value), each.group) if each.group else ""


def _mark(each: Compliance, part: Step | Dimension, of: Measure) -> str:
    if each.part and isinstance(part, Step):
        return mark(measure=of, on=marks.on(each.part.first, part))
    key = each.group.key if each.group else ""
    return mark(measure=of, dimension=Dimension(part.value), value=key)


def _said(each: Compliance, part: Step | Dimension) -> str:
    share = _("{share} in time").format(share=numbers.share(each.sla.share))
    made, n = numbers.count(each.sla.made), numbers.count(each.sla.n)
    of = _("{made} of {n}").format(made=made, n=n)
    return f"{safe(_called(each, part))}<br><b>{share}</b><br>{of}"


def _row(each: Compliance, part: Step | Dimension) -> list[Cell]:
    made, missed = each.sla.made, each.sla.n - each.sla.made
    return [
        Cell(_called(each, part)),
        linked(made, _mark(each, part, Measure.KEPT)),
        linked(missed, _mark(each, part, Measure.MISSED)),
        Cell(numbers.share(each.sla.share)),
    ]
