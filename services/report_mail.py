"""A report in a mail: cards and tables that phones and Outlook show, bars made of cells.

No picture comes from outside, and what people wrote is escaped.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from htpy import Element, Node, a, br, p, span, table, td, tr

from services.mail_styles import REPORT, STYLES
from services.report_document import Card, Cell, Document, Table, Trend
from services.report_figures import Mood
from services.words import ngettext, spoken

MOST_ROWS = 10  # of a table in a mail; the files hold all
MOST_POINTS = 16  # of its trend
_LONGEST = 100  # characters of one field
SHOWN = ("late", "teams", "categories", "priorities", "problems")
_CARDS_IN_ROW = 2
_COLUMNS = {"late": (0, 1), "problems": (0, 1, 2)}  # of a mail; others: name, created, difference…
_USUAL = (0, 1, 3, 5, 6)
_NAMES_WIDTH = "36%"  # or numbers press names until they break inside words
_FEW_COLUMNS = 3
_BAR_PIXELS = 120
_BARS = {"created": "#1d4ed8", "resolved": "#15803d"}
_COLOURS = {Mood.GOOD: "#15803d", Mood.BAD: "#b91c1c", Mood.NEUTRAL: "#64748b"}
Point = tuple[str, int, int, int]  # its label, created, resolved, open
_ARROWS = {"up": "▲\u00a0", "down": "▼\u00a0", "same": "=\u00a0", "": ""}


def rows(document: Document) -> Iterator[Node]:
    """Return a report as rows of the one column of a mail."""
    yield _line(_cards(document.cards))
    if document.trend.labels:
        yield _line(_heading(document.trend.title), _trend(document.trend))
    for found in document.tables:
        if found.name in SHOWN and (found.rows or found.name == "late"):
            yield _line(_heading(found.title), _table(found))
    yield _line(p(".muted", style=REPORT["note"])[document.about, br, document.note])


def as_text(document: Document) -> str:
    """Return a report for those who read plain text."""
    parts = [document.days]
    parts.append("\n".join(_card_text(card) for card in document.cards))
    shown = (found for found in document.tables if found.name in SHOWN and found.rows)
    parts.extend(_table_text(found) for found in shown)
    parts += [document.about, document.note]
    return "\n\n".join(parts)


def _line(*content: Node) -> Element:
    return tr[td(style=REPORT["line"])[content]]


def _heading(text: str) -> Element:
    return p(".text", style=REPORT["heading"])[text]


def _cards(cards: Sequence[Card]) -> Element:
    left = iter(cards)
    lines = []
    while pair := list(islice(left, _CARDS_IN_ROW)):
        cells: list[Node] = [_card(card) for card in pair]
        lines.append(tr[cells])
    return _plain_table(*lines)


def _card(card: Card) -> Element:
    value = a(".text", href=card.link, style=REPORT["value"])[card.value]
    if not card.link:
        value = span(".text", style=REPORT["value"])[card.value]
    change: list[Node] = [
        span(f".{card.mood}", style=f"color:{_COLOURS[card.mood]};font-weight:700;")[
            f"{_ARROWS[card.arrow]}{card.change}"
        ],
        f"\u00a0 {card.before}",
    ]
    return td(".facts", width="50%", style=REPORT["card"])[
        p(".muted", style=REPORT["small"])[card.title],
        p(style=REPORT["number"])[value],
        p(".muted", style=REPORT["small"])[change if card.change else "\u00a0"],
    ]


def _trend(found: Trend) -> Element:
    """Draw a bar for what was created and one for what was resolved, point by point."""
    each = zip(found.labels, found.created, found.resolved, found.backlog, strict=True)
    points = _gathered(list(each))
    most = max(1, *(max(created, resolved) for _label, created, resolved, _open in points))
    lines = [
        tr[
            td(class_="muted", width="70", style=REPORT["cell"])[label],
            td(style=REPORT["bars"])[
                _bar(created, most, "created", found.names[0]),
                _bar(resolved, most, "resolved", found.names[1]),
            ],
            td(class_="text", align="right", style=REPORT["cell"])[str(backlog)],
        ]
        for label, created, resolved, backlog in points
    ]
    head = tr[
        td(style=REPORT["cell"]),
        td(class_="muted", style=REPORT["cell"])[
            _legend("created", found.names[0]), " ", _legend("resolved", found.names[1]),
        ],
        td(class_="muted", align="right", style=REPORT["cell"])[found.names[2]],
    ]  # fmt: skip
    return _plain_table(head, *lines)


def _gathered(points: list[Point]) -> list[Point]:
    """Return at most MOST_POINTS: of more, several are one, named after the first of them."""
    size = -(-len(points) // MOST_POINTS)
    parts = [points[start : start + size] for start in range(0, len(points), size)]
    return [
        (part[0][0], sum(p[1] for p in part), sum(p[2] for p in part), part[-1][3])
        for part in parts
    ]


def _legend(kind: str, name: str) -> Element:
    square = span(f".{kind}", style=f"color:{_BARS[kind]};")["■"]
    return span(style="white-space:nowrap;")[square, f"\u00a0{name}\u00a0"]


def _bar(value: int, most: int, kind: str, name: str) -> Element:
    pixels = max(round(value * _BAR_PIXELS / most), 1) if value else 0
    drawn = (
        pixels
        and td(
            f".{kind}",
            width=str(pixels),
            height="9",
            title=name,
            style=f"background-color:{_BARS[kind]};{_THIN}",
        )["\u00a0"]
    )
    number = td(class_="muted", style=REPORT["count"])[str(value)]
    return table(role="presentation", cellpadding="0", cellspacing="0", border="0")[
        tr[drawn or None, number]
    ]


_THIN = "font-size:1px;line-height:9px;border-radius:2px;"


def _table(found: Table) -> Element | list[Element]:
    if not found.rows:
        return p(".muted", style=REPORT["small"])[found.empty]
    places = _COLUMNS.get(found.name, _USUAL)
    heads = [
        td(class_="muted line", align=_side(found, place), style=REPORT["head"])[
            found.columns[place].title
        ]
        for place in places
    ]
    width = _NAMES_WIDTH if len(places) > _FEW_COLUMNS else None
    lines = [
        tr[[_cell(found, place, row[place], None if place else width) for place in places]]
        for row in found.rows[:MOST_ROWS]
    ]
    drawn = [_plain_table(tr[heads], *lines)]
    if more := _more(found):
        link = a(".link", href=found.more_link, style=REPORT["link"])[more]
        drawn.append(p(".muted", style=REPORT["small"])[link if found.more_link else more])
    return drawn


def _cell(found: Table, place: int, cell: Cell, width: str | None) -> Element:
    shown = cell.text if len(cell.text) <= _LONGEST else f"{cell.text[: _LONGEST - 2]} …"
    text: Node = shown
    if cell.link:
        text = a(".link", href=cell.link, style=REPORT["link"])[shown]
    narrow = "white-space:nowrap;" if place else ""
    style = REPORT["cell"] + narrow
    return td(class_="text", width=width, align=_side(found, place), style=style)[text]


def _side(found: Table, place: int) -> str:
    return "right" if found.columns[place].is_number else "left"


def _more(found: Table) -> str:
    """Return how many rows are not in the mail; those that are in no file are counted as well."""
    hidden = len(found.rows) - MOST_ROWS
    if hidden <= 0:
        return found.more
    told = ngettext("{n} more row in the files.", "{n} more rows in the files.", hidden)
    told = told.format(n=hidden)
    return f"{told.removesuffix('.')}, {found.more}." if found.more else told


def _card_text(card: Card) -> str:
    change = f" ({card.change}, {card.before})" if card.change else ""
    return f"{card.title}{_colon()} {card.value}{change}"


def _table_text(found: Table) -> str:
    places = _COLUMNS.get(found.name, _USUAL)
    lines = [found.title]
    for row in found.rows[:MOST_ROWS]:
        told = [row[place].text for place in places]
        numbers = zip(places[1:], told[1:], strict=True)
        rest = ", ".join(f"{found.columns[place].title} {text}" for place, text in numbers)
        lines.append(f"- {told[0]}{_colon()} {rest}")
    return "\n".join(line for line in (*lines, _more(found)) if line)


def _plain_table(*lines: Element) -> Element:
    return table(
        role="presentation", width="100%", cellpadding="0", cellspacing="0", border="0",
        style=STYLES["plain"],
    )[lines]  # fmt: skip


def _colon() -> str:
    return "\u00a0:" if spoken() == "fr" else ":"
