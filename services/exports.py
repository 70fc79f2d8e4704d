"""Lists as files: all tickets of a list, a page at a time, typed, harmless to spreadsheets."""

import csv
import io
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services import labels, lists
from services.filters import Filter
from services.lists import TicketLine
from services.permissions import Actor
from services.words import N_, _, number

COLUMNS: tuple[str, ...] = (
    N_("Number"),
    N_("Title"),
    N_("Type"),
    N_("Status"),
    N_("Priority"),
    N_("Category"),
    N_("Requester"),
    N_("Team"),
    N_("Lead"),
    N_("Deadline"),
    N_("Created"),
    N_("Changed"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # OWASP, CSV Injection

Cell = int | float | str | datetime | None


def heads() -> list[str]:
    """Return the heads of the columns in the language being spoken."""
    return [_(name) for name in COLUMNS]


def rows(
    s: Session, by: Actor, wanted: Filter, *, sort: str, reverse: bool, cursor: str | None = None
) -> tuple[list[list[Cell]], str | None]:
    """Return the next rows of a list that `by` may see, and the cursor of what follows.

    Instants are in the zone of the person, without one: spreadsheets know none. What changes
    between two calls may come twice or not at all, as on pages.
    """
    page = lists.page(s, by, wanted, sort=sort, reverse=reverse, cursor=cursor, limit=lists.MOST)
    return cells(by, page.lines), page.after


def cells(by: Actor, lines: Sequence[TicketLine]) -> list[list[Cell]]:
    """Return lines of a list as rows of a file, in the zone and the language of the person."""
    zone = ZoneInfo(by.timezone)
    return [_cells(line, zone) for line in lines]


def _cells(line: TicketLine, zone: ZoneInfo) -> list[Cell]:
    def local(at: datetime | None) -> datetime | None:
        return at.astimezone(zone).replace(tzinfo=None, microsecond=0) if at else None

    return [
        line.number,
        line.title,
        _(labels.TYPE[line.type]),
        _(labels.STATUS[line.status]),
        _(labels.PRIORITY[line.priority]),
        line.category,
        line.requester,
        line.team,
        line.lead,
        local(line.resolve_due_at),
        local(line.created_at),
        local(line.updated_at),
    ]


def as_csv(row: list[Any]) -> str:
    """Return one line of CSV with semicolons, as French spreadsheets read it."""
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerow([_plain(cell) for cell in row])
    return out.getvalue()


class Workbook:
    """An XLSX file written row by row; a row that is written is no longer in memory."""

    def __init__(self, file: IO[bytes], title: str | None = None) -> None:
        import xlsxwriter  # noqa: PLC0415 - only for who exports

        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(file, options)
        self._instant = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self.begin(title)

    def begin(self, title: str | None) -> None:
        """Go on with a new sheet; its first row stays in sight."""
        self._sheet = self._book.add_worksheet(title)
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(1, 1, 50 if title is None else 18)
        self._sheet.set_column(2, len(COLUMNS), 18)
        if title is not None:
            self._sheet.set_column(0, 0, 40)
        self._written = 0

    def add(self, row: list[Any]) -> None:
        """Write a row: numbers as numbers, instants as instants, everything else as text."""
        for place, cell in enumerate(row):
            if isinstance(cell, datetime):
                self._sheet.write_datetime(self._written, place, cell, self._instant)
            elif isinstance(cell, int | float):
                self._sheet.write_number(self._written, place, cell)
            elif cell:
                self._sheet.write_string(self._written, place, harmless(cell))
        self._written += 1

    def close(self) -> None:
        """Finish the file."""
        self._book.close()


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet may take for a formula (R-17).

    One before an apostrophe too: taking the first one away always gives the text back.
    """
    bare = unicodedata.normalize("NFKC", text).lstrip(" ")
    is_formula = text.startswith(_FORMULA) or bare.startswith(_FORMULA)
    return f"'{text}" if is_formula or text.startswith("'") else text


def _plain(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, float):
        return number(cell, 4)
    return harmless(cell) if isinstance(cell, str) else "" if cell is None else str(cell)
