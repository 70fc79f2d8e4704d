"""Charts on paper, as shapes: sharp at every size, and read by no other program."""

import math

from services.report_document import Trend
from services.report_figures import count
from services.report_paper import COLOURS, LEFT, RIGHT, Ink, Paper, cut, width

_SCALE = 30.0  # room for numbers, on both sides
_NAME, _LABEL, _OTHER = Ink(8.0, COLOURS.muted), Ink(7.0, COLOURS.muted), Ink(7.0, COLOURS.amber)
_MOST_LABELS = 12
_COLOURS = (COLOURS.blue, COLOURS.green, COLOURS.amber)


def legend(paper: Paper, trend: Trend) -> None:
    """Say what the colours and shapes of a trend stand for."""
    x = LEFT
    for place, (name, colour) in enumerate(zip(trend.names, _COLOURS, strict=True)):
        if place < 2:
            paper.bar(x, paper.y - 1, 8, 8, colour)
        else:
            paper.line([(x, paper.y + 3), (x + 10, paper.y + 3)], colour, thick=1.6)
        shown = cut(name, 140, _NAME)
        paper.text(x + 13, paper.y, shown, _NAME)
        x += 13 + width(shown, _NAME) + 18
    paper.down(10)


def trend(paper: Paper, found: Trend, *, height: float) -> None:
    """Draw what came in and was done as bars, and what was open as a line with a scale of its own.

    The scale of the line begins at 0 as that of the bars does.
    """
    _Trend(paper, found, height).draw()


class _Trend:
    def __init__(self, paper: Paper, found: Trend, height: float) -> None:
        self._paper, self._found, self._height = paper, found, height
        self._low = paper.y - height + 16
        self._high = paper.y - 6
        self._left, self._right = LEFT + _SCALE, RIGHT - _SCALE
        self._step = (self._right - self._left) / len(found.labels)

    def draw(self) -> None:
        """Draw scales, bars, line and labels."""
        bars = nice(max((*self._found.created, *self._found.resolved), default=0))
        line = nice(max(self._found.backlog, default=0))
        self._scales(bars, line)
        for place in range(len(self._found.labels)):
            self._bars(place, bars)
        self._line(line)
        self._labels()
        self._paper.down(self._height)

    def _scales(self, bars: int, line: int) -> None:
        for quarter in range(5):
            y = self._low + (self._high - self._low) * quarter / 4
            self._paper.line([(self._left, y), (self._right, y)], COLOURS.line)
            left, right = _scale(bars, quarter), _scale(line, quarter)
            self._paper.text(self._left - 5, y - 2.5, left, _LABEL, to_right=True)
            self._paper.text(self._right + 5, y - 2.5, right, _OTHER)

    def _bars(self, place: int, most: int) -> None:
        wide = min(self._step * 0.36, 14.0)
        middle = self._left + (place + 0.5) * self._step
        values = (self._found.created[place], self._found.resolved[place])
        for side, (value, colour) in enumerate(zip(values, _COLOURS, strict=False)):
            high = (self._high - self._low) * value / most
            if high:
                x = middle - wide - 0.4 if side == 0 else middle + 0.4
                self._paper.bar(x, self._low, wide, high, colour)

    def _line(self, most: int) -> None:
        points = [
            (
                self._left + (place + 0.5) * self._step,
                self._low + (self._high - self._low) * value / most,
            )
            for place, value in enumerate(self._found.backlog)
        ]
        if len(points) > 1:
            self._paper.line(points, COLOURS.amber, thick=1.6)
        if len(points) <= 40:
            for point in points:
                self._paper.dot(*point, COLOURS.amber)

    def _labels(self) -> None:
        every = math.ceil(len(self._found.labels) / _MOST_LABELS)
        for place, label in enumerate(self._found.labels):
            if place % every == 0:
                middle = self._left + (place + 0.5) * self._step
                x = middle - width(label, _LABEL) / 2
                self._paper.text(x, self._low - 11, label, _LABEL)


def nice(most: int) -> int:
    """Return a round number, divisible by 4, that is not below the highest value."""
    if most <= 4:
        return 4
    power = 4
    while power * 10 < most:
        power *= 10
    return next(power * factor for factor in (1, 2, 3, 4, 5, 6, 8, 10) if power * factor >= most)


def _scale(most: int, quarter: int) -> str:
    return count(most * quarter / 4)
