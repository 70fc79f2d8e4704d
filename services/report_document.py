"""A report in words: what pages, mails, PDF and XLSX draw, each in its own way."""

from dataclasses import dataclass
from datetime import datetime

from services.report_figures import Mood


@dataclass(frozen=True, slots=True)
class Card:
    """One of the large figures on top."""

    title: str
    value: str
    change: str  # « +6 », empty when nothing is known of the period before
    before: str  # « contre 36 »
    arrow: str  # up, down, same, or nothing
    mood: Mood
    link: str  # a whole address, or nothing


@dataclass(frozen=True, slots=True)
class Trend:
    """What came in, was done, and was open, point by point."""

    title: str
    labels: tuple[str, ...]
    names: tuple[str, str, str]  # of the three that follow
    created: tuple[int, ...]
    resolved: tuple[int, ...]
    backlog: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """What stands over a column; `share` is how much of the width it wants, beside the others."""

    title: str
    share: float = 1.0
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a table; `value` is what a spreadsheet counts with, in its `unit`."""

    text: str
    value: float | None = None
    unit: str = ""  # count, hours, share, ratio
    link: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a heading; `bar` is the column that is drawn as bars as well."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    about: str = ""
    more: str = ""  # « et 37 autres »
    more_link: str = ""
    empty: str = ""  # what stands there without rows
    bar: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report in one language."""

    language: str
    title: str
    period: str
    made_at: datetime
    about: str  # whose tickets, in whose time, made when
    summary: str
    cards: tuple[Card, ...]
    trend: Trend
    tables: tuple[Table, ...]
    note: str  # what figures mean, and where that is said
    page: str  # « Page {n} sur {of} »
    link: str  # of the report itself
    file_name: str  # without an ending

    @property
    def days(self) -> str:
        """Return the period as a line of its own begins."""
        return self.period[:1].upper() + self.period[1:]

    @property
    def name(self) -> str:
        """Return title and days in one line."""
        return f"{self.title} – {self.period}"
