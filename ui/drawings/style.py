"""What all charts share: colours of the theme, axes, labels, and what a drawing is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import Any

from babel import Locale

from services.categories import SEPARATOR
from services.words import _, spoken
from ui import theme
from ui.drawings import numbers
from ui.drawings.numbers import locale, separators

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif'
NAMED = 26  # characters of a name beside an axis; the table has the rest
SERIES = 7
_FEW = 5  # tickets: beside more than so many, plotly writes whole numbers by itself
_DAY_MS = 86_400_000

Plot = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table; `mark` leads to the tickets it counts."""

    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What a chart shows, in words and numbers; the first cell of a row names it."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart: what plotly draws, the sentence that tells it, and the table behind it."""

    traces: Sequence[Plot]
    layout: Plot
    told: str
    table: Table
    config: Plot = field(default_factory=dict)

    @property
    def plot(self) -> Plot:
        """Return the figure as plotly takes it."""
        return {"data": list(self.traces), "layout": self.layout, "config": self.config}


@dataclass(frozen=True, slots=True)
class Style:
    """How a page shows charts: by light or dark, on how much room."""

    is_dark: bool = False
    is_narrow: bool = False
    is_touched: bool = False  # by fingers, which scroll where a mouse zooms

    def colour(self, name: str) -> str:
        """Return a colour of the theme."""
        return theme.colours(is_dark=self.is_dark)[name]

    def series(self, place: int) -> str:
        """Return the colour of a series; beyond the last they begin again."""
        return self.colour(f"series-{place % SERIES + 1}")

    def scale(self) -> list[list[Any]]:
        """Return the colours from little to much."""
        return [[place / 4, self.colour(f"heat-{place}")] for place in range(5)]

    def layout(self, **more: Any) -> Plot:
        """Return a layout; axes are plain and fixed unless `more` says otherwise."""
        axes = {name: self.axis(**value) for name, value in more.items() if name[1:5] == "axis"}
        rest = {name: value for name, value in more.items() if name not in axes}
        surface = self.colour("surface")
        return {
            "paper_bgcolor": surface,
            "plot_bgcolor": surface,
            "font": {"family": FONT, "size": 12 if self.is_narrow else 13, "color": self.muted},
            "margin": {"l": 8, "r": 12, "t": 10, "b": 8},
            "separators": separators(),
            "showlegend": False,
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "traceorder": "normal",
                "itemclick": False,
                "itemdoubleclick": False,
            },
            "hovermode": "closest",
            "hoverlabel": {
                "bgcolor": self.colour("raised"),
                "bordercolor": self.colour("line-strong"),
                "font": {"family": FONT, "size": 13, "color": self.colour("text")},
                "align": "left",
                "namelength": -1,
            },
            "dragmode": False,
            "bargap": 0.25,
            **axes,
            **rest,
        }

    def axis(self, **more: Any) -> Plot:
        """Return an axis with a unit, when it has a `title`."""
        title = {"text": more.pop("title", ""), "standoff": 10, "font": {"size": 12}}
        return {
            "automargin": True,
            "fixedrange": True,
            "gridcolor": self.colour("line"),
            "linecolor": self.colour("line"),
            "zeroline": False,
            "tickfont": {"color": self.muted},
            "title": {**title, "font": {"size": 12, "color": self.muted}},
            **more,
        }

    @staticmethod
    def whole(most: float) -> Plot:
        """Return how numbers of tickets up to `most` stand beside an axis: each whole one once."""
        step = {"dtick": 1} if most <= _FEW else {}
        return {"tickformat": ",d", **step}

    def names(self, called: Sequence[str]) -> Plot:
        """Return an upright axis of names from the top; places and not names tell them apart."""
        return {
            "range": [len(called) - 0.4, -0.6],
            "showgrid": False,
            "tickmode": "array",
            "tickvals": list(range(len(called))),
            "ticktext": shorts(called),
        }

    @staticmethod
    def days() -> list[Plot]:
        """Return how days are written beside an axis, whatever is zoomed to."""
        return [
            {"dtickrange": [None, 28 * _DAY_MS], "value": "%-d %b"},
            {"dtickrange": ["M1", None], "value": "%b %Y"},
        ]

    @property
    def muted(self) -> str:
        """Return the colour of what accompanies."""
        return self.colour("muted")

    def nothing(self, sentence: str, heads: Sequence[str] = ()) -> Drawing:
        """Draw an empty chart with a sentence."""
        hidden = {"visible": False}
        said = {
            "text": safe(sentence),
            "showarrow": False,
            "xref": "paper",
            "yref": "paper",
            "x": 0.5,
            "y": 0.5,
            "font": {"size": 14, "color": self.muted},
        }
        layout = self.layout(xaxis=hidden, yaxis=hidden, annotations=[said])
        return Drawing([], layout, sentence, Table(heads, []), config())


def linked(number: int, mark: str) -> Cell:
    """Return a number that leads to what it counts, if that is anything."""
    return Cell(numbers.count(number), mark if number else "")


def nothing_yet() -> str:
    """Say why a chart is empty."""
    return _("No ticket fits this period and these filters.")


def safe(text: str) -> str:
    """Return what a person wrote as plotly’s labels take it: they read some tags."""
    return escape(text, quote=False)


def shorts(called: Sequence[str]) -> list[str]:
    """Return names as they fit beside an axis: of a path its end, which tells most.

    Those that would look alike lose their middle instead.
    """
    ends = [_end(name) for name in called]
    cut = [end if len(end) <= NAMED else f"{end[: NAMED - 1]}…" for end in ends]
    alike = {each for each, many in Counter(cut).items() if many > 1}
    half = NAMED // 2
    return [
        safe(f"{end[:half]}…{end[1 - half :]}" if each in alike and len(end) > NAMED else each)
        for end, each in zip(ends, cut, strict=True)
    ]


def _end(name: str) -> str:
    if len(name) <= NAMED or SEPARATOR not in name:
        return name
    return f"… {name.rpartition(SEPARATOR)[2]}"


def config(*, has_dates: bool = False) -> Plot:
    """Return how a chart behaves; only axes of dates need the words of a language."""
    plain = {"displayModeBar": False, "showTips": False, "doubleClick": False}
    if not has_dates:
        return plain
    language = spoken()
    return {**plain, "locale": language, "locales": {language: _words_of_dates(locale())}}


@lru_cache(maxsize=2)
def _words_of_dates(known: Locale) -> Mapping[str, Any]:
    """Return the names of months and days as plotly wants them, from the CLDR."""
    days, months = known.days["stand-alone"], known.months["stand-alone"]
    week = (6, 0, 1, 2, 3, 4, 5)  # it begins on Sunday
    return {
        "dictionary": {},
        "format": {
            "days": [days["wide"][day] for day in week],
            "shortDays": [days["abbreviated"][day] for day in week],
            "months": [months["wide"][month] for month in range(1, 13)],
            "shortMonths": [months["abbreviated"][month] for month in range(1, 13)],
            "periods": ["AM", "PM"],
            "dateTime": "%A %e %B %Y %H:%M",
            "date": "%d/%m/%Y",
            "time": "%H:%M",
            "decimal": separators()[0],
            "thousands": separators()[1],
            "grouping": [3],
            "currency": ["", " €"],
            "year": "%Y",
            "month": "%b %Y",
            "dayMonth": "%-d %b",
            "dayMonthYear": "%-d %b %Y",
        },
    }
