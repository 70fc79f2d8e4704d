"""What is open: how old it is, and with whom."""

from collections.abc import Sequence

from services.measures import Measure
from services.words import N_, _
from ui.drawings import numbers
from ui.drawings.marked import mark
from ui.drawings.style import Cell, Drawing, Style, Table, config, linked

BANDS: tuple[str, ...] = (  # days, as `statistics.AGE_BANDS` parts them
    N_("0–1 day"),
    N_("2–5 days"),
    N_("6–15 days"),
    N_("16 days and more"),
)


def ages(style: Style, bands: Sequence[int]) -> Drawing:
    """Draw how many tickets are open for how long."""
    heads = [_("Open for"), _("Tickets"), _("Share")]
    total = sum(bands)
    if not total:
        return style.nothing(_("Nothing is open."), heads)
    called = [_(name) for name in BANDS]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": list(bands),
        "y": called,
        "marker": {"color": [style.colour(f"heat-{place + 1}") for place in range(4)]},
        "text": [numbers.count(n) if n else "" for n in bands],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": [mark(measure=Measure.BACKLOG, age=place) for place in range(len(bands))],
        "hoverinfo": "text",
        "hovertext": [
            f"{name}<br><b>{numbers.tickets(n)}</b> ({numbers.share(n / total)})"
            for name, n in zip(called, bands, strict=True)
        ],
    }
    rows = [
        [
            Cell(called[place]),
            linked(n, mark(measure=Measure.BACKLOG, age=place)),
            Cell(numbers.share(n / total)),
        ]
        for place, n in enumerate(bands)
    ]
    layout = style.layout(
        xaxis={
            "title": _("Tickets"),
            "rangemode": "tozero",
            "nticks": 6,
            **style.whole(max(bands)),
        },
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category"},
        margin={"l": 8, "r": 48, "t": 10, "b": 8},
    )
    told = _("{tickets} open, {old} of them for 16 days and more.").format(
        tickets=numbers.tickets(total), old=numbers.count(bands[-1])
    )
    return Drawing([trace], layout, told, Table(heads, rows), config())
