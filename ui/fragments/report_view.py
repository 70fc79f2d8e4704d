"""A report as a page shows it: figures, what came and went, tables."""

import math

from htpy import (
    Element,
    a,
    div,
    h2,
    p,
    polyline,
    rect,
    section,
    span,
    svg,
    table,
    tbody,
    td,
    text,
    th,
    thead,
    tr,
)
from htpy import title as title_of

from services import report_files
from services.report_document import Card, Cell, Document, Table, Trend
from services.report_figures import Mood, count
from services.words import N_, _
from ui.theme import icon

_WIDE, _HIGH, _SIDE = 720, 220, 36  # of the chart: its box, and room for numbers beside
_TOP, _FLOOR = 14.0, 196.0  # between which values are drawn
_MOST_LABELS = 8
_SHORT = 60  # characters that a narrow column takes in a few lines
_ARROWS = {"up": "▲", "down": "▼", "same": "=", "": ""}
_MOODS: dict[Mood, str] = {  # for who sees no colour
    Mood.GOOD: N_("better"),
    Mood.BAD: N_("worse"),
    Mood.NEUTRAL: "",
}


def whole(document: Document, address: str) -> str:
    """Draw a report with the links to its files."""
    return str(
        div(".report")[
            div(".report-files")[[_file(address, ending) for ending in report_files.TYPES]],
            p(".report-summary")[document.summary],
            div(".report-cards")[[_card(card) for card in document.cards]],
            document.trend.labels and _trend(document.trend),
            [_table(found) for found in document.tables],
            p(".muted.report-note")[document.about, " ", document.note],
        ]
    )


def _file(address: str, ending: str) -> Element:
    return a(".button", href=f"{address}.{ending}", download="", data_testid=f"report-{ending}")[
        icon("down"), ending.upper()
    ]


def _card(card: Card) -> Element:
    value = span(".figure")[card.value]
    if card.link:
        value = a(".figure", href=_inside(card.link))[card.value]
    moved = (
        card.change
        and span(class_=f"moved {card.mood}")[
            span(aria_hidden="true")[_ARROWS[card.arrow]],
            " ",
            card.change,
            span(".sr-only")[" ", _(_MOODS[card.mood])],
        ]
    )
    return div(".report-card")[
        span(".muted")[card.title], value, span(".muted")[moved, " ", card.before]
    ]


def _trend(found: Trend) -> Element:
    names = zip(("created", "resolved", "backlog"), found.names, strict=True)
    return section(".report-part")[
        h2[found.title],
        p(".report-legend.muted")[[span(class_=f"of-{kind}")[name] for kind, name in names]],
        div(".report-scroll", tabindex="0", role="region", aria_label=found.title)[_chart(found)],
    ]


def _chart(found: Trend) -> Element:
    """Draw bars, and what was open as a line with a scale of its own, both from 0."""
    size = len(found.labels)
    most, most_open = max((*found.created, *found.resolved, 1)), max((*found.backlog, 1))
    step = (_WIDE - 2 * _SIDE) / size
    middles = [_SIDE + (place + 0.5) * step for place in range(size)]
    heights = [_at(value, most_open) for value in found.backlog]
    points = [f"{x:.1f},{y:.1f}" for x, y in zip(middles, heights, strict=True)]
    labels = list(zip(middles, found.labels, strict=True))[:: math.ceil(size / _MOST_LABELS)]
    return svg(
        ".report-chart", viewBox=f"0 0 {_WIDE} {_HIGH}", role="img", aria_label=_told(found)
    )[
        [_bars(found, place, x, step, most) for place, x in enumerate(middles)],
        polyline(".of-backlog", points=" ".join(points)),
        [text(x=f"{x:.1f}", y=str(_HIGH - 6), text_anchor="middle")[name] for x, name in labels],
        text(x="2", y=str(_TOP + 4))[count(most)],
        text(".of-backlog", x=str(_WIDE - 2), y=str(_TOP + 4), text_anchor="end")[count(most_open)],
    ]


def _bars(found: Trend, place: int, middle: float, step: float, most: int) -> list[Element]:
    wide = min(step * 0.36, 22)
    values = (("created", found.created[place]), ("resolved", found.resolved[place]))
    return [
        rect(
            class_=f"of-{kind}",
            x=f"{middle - wide + side * wide:.1f}",
            y=f"{_at(value, most):.1f}",
            width=f"{wide - 0.8:.1f}",
            height=f"{_FLOOR - _at(value, most):.1f}",
        )[title_of[f"{found.labels[place]}: {value}"]]
        for side, (kind, value) in enumerate(values)
    ]


def _at(value: int, most: int) -> float:
    """Return how far down a value is drawn."""
    return _FLOOR - (_FLOOR - _TOP) * value / most


def _told(found: Trend) -> str:
    """Return the chart for who does not see it."""
    sums = (sum(found.created), sum(found.resolved), found.backlog[-1])
    pairs = zip(found.names, sums, strict=True)
    return f"{found.title}. " + ", ".join(f"{name}: {value}" for name, value in pairs)


def _table(found: Table) -> Element:
    key = f"report-{found.name}"
    if not found.rows:
        return section(".report-part")[h2(id=key)[found.title], p(".muted")[found.empty]]
    heads = [
        th(scope="col", class_="number" if column.is_number else None)[column.title]
        for column in found.columns
    ]
    rows = [tr[[_cell(found, place, cell) for place, cell in enumerate(row)]] for row in found.rows]
    more = a(href=_inside(found.more_link))[found.more] if found.more_link else found.more
    return section(".report-part")[
        h2(id=key)[found.title],
        div(".report-scroll", tabindex="0", role="region", aria_labelledby=key)[
            table(".report-table", aria_labelledby=key)[thead[tr[heads]], tbody[rows]]
        ],
        found.more and p(".muted")[more],
    ]


def _cell(found: Table, place: int, cell: Cell) -> Element:
    shown = a(href=_inside(cell.link))[cell.text] if cell.link else cell.text
    if place == 0:
        return th(scope="row")[shown]
    kinds = {"number": found.columns[place].is_number, "long": len(cell.text) > _SHORT}
    return td(class_=[name for name, is_so in kinds.items() if is_so] or None)[shown]


def _inside(link: str) -> str:
    """Return an address of ours without its host, as links inside the application are."""
    _scheme, _sep, rest = link.partition("://")
    return f"/{rest.partition('/')[2]}" if rest else link
