"""A report as PDF: drawn from its words, page by page."""

from collections.abc import Sequence
from itertools import islice

from services.report_charts import legend, trend
from services.report_document import Card, Cell, Document, Table
from services.report_figures import Mood
from services.report_paper import (
    BOLD,
    BOTTOM,
    COLOURS,
    LEFT,
    RIGHT,
    TOP,
    About,
    Ink,
    Paper,
    cut,
    width,
    wrapped,
)

_WIDE = RIGHT - LEFT
_ROW = 12.0  # points from line to line in tables
_LINES = 2  # of one row, at most
_PAD = 4.0
_CARDS_IN_ROW = 4
_BRAND = Ink(10.0, COLOURS.blue, BOLD)
_TITLE = Ink(20.0, COLOURS.title, BOLD)
_HEADING = Ink(13.0, COLOURS.title, BOLD)
_PERIOD, _SUMMARY = Ink(12.0), Ink(11.0, COLOURS.title)
_VALUE = Ink(17.0, COLOURS.title, BOLD)
_FINE, _SMALL, _TINY = (Ink(size, COLOURS.muted) for size in (8.0, 7.5, 7.0))
_HEAD = Ink(7.5, COLOURS.muted, BOLD)
_CELL, _LINK, _EMPTY = Ink(8.5), Ink(8.5, COLOURS.blue), Ink(8.5, COLOURS.muted)
_CARD_HIGH, _GAP = 60.0, 8.0
_CHART_HIGH = 136.0
MOODS = {Mood.GOOD: COLOURS.green, Mood.BAD: COLOURS.red, Mood.NEUTRAL: COLOURS.muted}
ARROWS = {"up": "▲ ", "down": "▼ ", "same": "= ", "": ""}


def drawn(document: Document) -> bytes:
    """Return the file; drawn twice, since each page says how many there are."""
    pages = _Drawing(document, of=0)
    pages.draw()
    whole = _Drawing(document, of=pages.paper.page)
    whole.draw()
    return whole.paper.finish()


class _Drawing:
    """One pass over the document."""

    def __init__(self, document: Document, *, of: int) -> None:
        about = About(document.name, document.summary, document.language, document.made_at)
        self.paper = Paper(about)
        self._document = document
        self._of = of

    def draw(self) -> None:
        """Draw all of it."""
        self._head()
        self._cards()
        self._trend()
        for table in self._document.tables:
            self._table(table)
        self._note()
        self._foot()

    def _head(self) -> None:
        paper, document = self.paper, self._document
        paper.text(LEFT, paper.y, "AppTicket", _BRAND)
        paper.down(30)
        paper.heading(document.title, 0)
        for line in wrapped(document.title, _WIDE, _TITLE, most=3):
            paper.text(LEFT, paper.y, line, _TITLE)
            paper.down(25)
        paper.text(LEFT, paper.y + 4, document.days, _PERIOD)
        paper.down(13)
        self._said(document.about, _FINE, apart=11.5)
        paper.down(8)
        self._said(document.summary, _SUMMARY, apart=16)
        paper.down(4)

    def _said(self, text: str, ink: Ink, *, apart: float) -> None:
        for line in wrapped(text, _WIDE, ink):
            self._need(apart)
            self.paper.text(LEFT, self.paper.y, line, ink)
            self.paper.down(apart)

    def _cards(self) -> None:
        cards = iter(self._document.cards)
        wide = (_WIDE - _GAP * (_CARDS_IN_ROW - 1)) / _CARDS_IN_ROW
        while row := list(islice(cards, _CARDS_IN_ROW)):
            self._need(_CARD_HIGH + _GAP)
            for place, card in enumerate(row):
                self._card(card, LEFT + place * (wide + _GAP), wide)
            self.paper.down(_CARD_HIGH + _GAP)

    def _card(self, card: Card, x: float, wide: float) -> None:
        paper, top = self.paper, self.paper.y
        paper.box(x, top - _CARD_HIGH, wide, _CARD_HIGH, COLOURS.shade)
        inside = wide - 16
        paper.text(x + 8, top - 14, cut(card.title, inside, _SMALL), _SMALL)
        paper.text(x + 8, top - 35, cut(card.value, inside, _VALUE), _VALUE, link=card.link)
        if card.change:
            told, ink = f"{ARROWS[card.arrow]}{card.change}", Ink(7.0, MOODS[card.mood], BOLD)
            paper.text(x + 8, top - 51, told, ink)
            after = x + 8 + width(told, ink) + 4
            paper.text(after, top - 51, cut(card.before, x + wide - 4 - after, _TINY), _TINY)

    def _trend(self) -> None:
        found = self._document.trend
        if not found.labels:
            return
        self._title(found.title, keep=_CHART_HIGH + 20)
        legend(self.paper, found)
        trend(self.paper, found, height=_CHART_HIGH)

    def _title(self, text: str, *, keep: float) -> None:
        """Begin a part, together with so much of what follows."""
        self._need(34 + keep)
        self.paper.down(20)
        self.paper.heading(text, 1)
        self.paper.text(LEFT, self.paper.y, cut(text, _WIDE, _HEADING), _HEADING)
        self.paper.down(14)

    def _table(self, table: Table) -> None:
        self._title(table.title, keep=60)
        if not table.rows:
            self.paper.text(LEFT, self.paper.y - 2, table.empty, _EMPTY)
            self.paper.down(14)
            return
        _Table(self, table).draw()
        if table.more:
            self._need(_ROW)
            ink = _LINK if table.more_link else _EMPTY
            y = self.paper.y - 9
            self.paper.text(LEFT + _PAD, y, table.more, ink, link=table.more_link)
            self.paper.down(_ROW)

    def _note(self) -> None:
        self.paper.down(14)
        self._said(self._document.note, _SMALL, apart=11)

    def _need(self, height: float) -> None:
        """Turn the page when there is no room for so much."""
        if not self.paper.has_room(height) and self.paper.y < TOP:
            self.turn()

    def need(self, height: float) -> bool:
        """Turn the page when there is no room for so much; tell whether it was turned."""
        if self.paper.has_room(height):
            return False
        self.turn()
        return True

    def turn(self) -> None:
        """Finish this page and begin the next."""
        self._foot()
        self.paper.turn()

    def _foot(self) -> None:
        paper, document = self.paper, self._document
        y = BOTTOM - 26
        paper.line([(LEFT, y + 12), (RIGHT, y + 12)], COLOURS.line)
        number = document.page.format(n=paper.page, of=self._of or paper.page)
        paper.text(RIGHT, y, number, _SMALL, to_right=True)
        named = cut(document.name, _WIDE - 90, _SMALL)
        paper.text(LEFT, y, named, _SMALL, link=document.link)


class _Table:
    """A table on as many pages as it needs, its heads on each."""

    def __init__(self, drawing: _Drawing, table: Table) -> None:
        self._drawing = drawing
        self._paper = drawing.paper
        self._table = table
        whole = sum(column.share for column in table.columns)
        self._widths = [_WIDE * column.share / whole for column in table.columns]
        starts = [sum(self._widths[:place]) for place in range(len(self._widths))]
        self._starts = [LEFT + start for start in starts]
        values = [row[table.bar].value or 0 for row in table.rows] if table.bar is not None else []
        self._most = max(values, default=0)

    def draw(self) -> None:
        """Draw heads and rows."""
        self._heads()
        for number, row in enumerate(self._table.rows):
            lines = [self._lines(place, cell) for place, cell in enumerate(row)]
            high = max(map(len, lines)) * _ROW + 3
            if self._drawing.need(high):
                self._heads()
            if number % 2:
                self._paper.bar(LEFT, self._paper.y - high, _WIDE, high, "#f8fafc")
            for place, (cell, text) in enumerate(zip(row, lines, strict=True)):
                self._cell(place, cell, text)
            self._paper.down(high)

    def _heads(self) -> None:
        lines = [
            wrapped(column.title, self._widths[place] - 2 * _PAD, _HEAD, most=3)
            for place, column in enumerate(self._table.columns)
        ]
        high = max(map(len, lines)) * 10 + 5
        for place, column in enumerate(self._table.columns):
            for row, line in enumerate(lines[place]):
                y = self._paper.y - 9 - row * 10
                x, to_right = self._at(place, is_number=column.is_number)
                self._paper.text(x, y, line, _HEAD, to_right=to_right)
        self._paper.down(high)
        self._paper.line([(LEFT, self._paper.y), (RIGHT, self._paper.y)], COLOURS.line)

    def _lines(self, place: int, cell: Cell) -> list[str]:
        return wrapped(cell.text, self._widths[place] - 2 * _PAD, _CELL, most=_LINES)

    def _cell(self, place: int, cell: Cell, lines: Sequence[str]) -> None:
        if place == self._table.bar and self._most > 0 and cell.value:
            share = (self._widths[place] - 2 * _PAD) * cell.value / self._most
            x = self._starts[place] + self._widths[place] - _PAD - share
            self._paper.bar(x, self._paper.y - 13, share, 11, COLOURS.pale)
        x, to_right = self._at(place, is_number=self._table.columns[place].is_number)
        ink = _LINK if cell.link else _CELL
        for row, line in enumerate(lines):
            y = self._paper.y - 10 - row * _ROW
            self._paper.text(x, y, line, ink, to_right=to_right, link=cell.link)

    def _at(self, place: int, *, is_number: bool) -> tuple[float, bool]:
        if is_number:
            return self._starts[place] + self._widths[place] - _PAD, True
        return self._starts[place] + _PAD, False
