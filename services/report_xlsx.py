"""A report as XLSX: a sheet for each table with its numbers as numbers, and native charts."""

import io
from datetime import UTC
from typing import Any

from services.exports import harmless
from services.report_document import Cell, Document, Table, Trend
from services.report_paper import COLOURS
from services.words import _

_FORMATS = {"count": "#,##0", "hours": '#,##0.00" h"', "share": "0.0%", "ratio": "0.00"}
_MOST_ON_CHART = 12  # groups
_MOST_LINK = 2000  # characters that spreadsheets open


def made(document: Document) -> bytes:
    """Return the file; the same report is always the same bytes."""
    return _Book(document).made()


class _Book:
    def __init__(self, document: Document) -> None:
        import xlsxwriter  # noqa: PLC0415 - only for who exports

        self._document = document
        self._out = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book: Any = xlsxwriter.Workbook(self._out, options)
        self._book.set_properties(
            {
                "title": document.name,
                "author": "AppTicket",
                "comments": document.summary,
                "created": document.made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0),
            }
        )
        add = self._book.add_format
        self._title = add({"bold": True, "font_size": 18, "font_color": COLOURS.title})
        self._wrapped = add({"text_wrap": True, "valign": "top"})
        self._head = add({"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom"})
        self._numbers = {unit: add({"num_format": found}) for unit, found in _FORMATS.items()}
        self._link = add({"font_color": COLOURS.blue, "underline": 1})

    def made(self) -> bytes:
        """Write all sheets."""
        figures, *others = self._document.tables
        self._front(figures)
        if self._document.trend.labels:
            self._trend(self._document.trend)
        for table in others:
            self._table(table)
        self._book.close()
        return self._out.getvalue()

    def _front(self, figures: Table) -> None:
        """Write what the report is, and its figures."""
        sheet = self._book.add_worksheet(_sheet_name(_("Overview")))
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 3, 16)
        sheet.write_string(0, 0, harmless(self._document.title), self._title)
        texts = (self._document.days, self._document.summary, self._document.about)
        for row, text in enumerate((*texts, self._document.note), 1):
            sheet.merge_range(row, 0, row, 3, "", self._wrapped)
            sheet.write_string(row, 0, harmless(text), self._wrapped)
            sheet.set_row(row, 16 * (1 + len(text) // 90))
        self._rows(sheet, figures, start=6)

    def _table(self, table: Table) -> None:
        sheet = self._book.add_worksheet(_sheet_name(table.title))
        for place, column in enumerate(table.columns):
            sheet.set_column(place, place, 14 if column.is_number else 10 + 12 * column.share)
        self._rows(sheet, table, start=0)
        sheet.freeze_panes(1, 0)
        if table.bar is not None and table.rows:
            self._bars(sheet, table)

    def _rows(self, sheet: Any, table: Table, *, start: int) -> None:
        for place, column in enumerate(table.columns):
            sheet.write_string(start, place, column.title, self._head)
        for row, cells in enumerate(table.rows, start + 1):
            for place, cell in enumerate(cells):
                self._cell(sheet, row, place, cell)
        last = start + len(table.rows) + 1
        told = table.more if table.rows else table.empty
        if told:
            sheet.write_string(last, 0, harmless(told))

    def _cell(self, sheet: Any, row: int, place: int, cell: Cell) -> None:
        """Write a number as a number, in hours and shares of one; what people wrote as text."""
        if cell.value is not None:
            sheet.write_number(row, place, cell.value, self._numbers[cell.unit])
        elif cell.unit:
            sheet.write_blank(row, place, None)
        elif cell.link.startswith("http") and len(cell.link) <= _MOST_LINK:
            sheet.write_url(row, place, cell.link, self._link, string=harmless(cell.text))
        else:
            sheet.write_string(row, place, harmless(cell.text))

    def _bars(self, sheet: Any, table: Table) -> None:
        """Draw what was created beside what was created before."""
        last = min(len(table.rows), _MOST_ON_CHART)
        chart = self._book.add_chart({"type": "bar"})
        for column, colour in ((1, COLOURS.blue), (2, COLOURS.pale)):
            chart.add_series(
                {
                    "name": [sheet.name, 0, column],
                    "categories": [sheet.name, 1, 0, last, 0],
                    "values": [sheet.name, 1, column, last, column],
                    "fill": {"color": colour},
                }
            )
        chart.set_title({"name": table.title})
        chart.set_y_axis({"reverse": True})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 620, "height": 140 + 34 * last})
        sheet.insert_chart(0, len(table.columns) + 1, chart)

    def _trend(self, trend: Trend) -> None:
        sheet = self._book.add_worksheet(_sheet_name(_("Trend")))
        sheet.set_column(0, 3, 16)
        sheet.freeze_panes(1, 0)
        for place, name in enumerate((_("From"), *trend.names)):
            sheet.write_string(0, place, name, self._head)
        columns = (trend.created, trend.resolved, trend.backlog)
        for row, label in enumerate(trend.labels, 1):
            sheet.write_string(row, 0, label)
            for place, values in enumerate(columns, 1):
                sheet.write_number(row, place, values[row - 1])
        self._lines(sheet, trend)

    def _lines(self, sheet: Any, trend: Trend) -> None:
        bars, line = (self._book.add_chart({"type": kind}) for kind in ("column", "line"))
        looks = ((bars, 1, COLOURS.blue), (bars, 2, COLOURS.green), (line, 3, COLOURS.amber))
        for chart, column, colour in looks:
            series = {
                "name": [sheet.name, 0, column],
                "categories": [sheet.name, 1, 0, len(trend.labels), 0],
                "values": [sheet.name, 1, column, len(trend.labels), column],
            }
            how = {"line": {"color": colour}, "y2_axis": True}
            chart.add_series(series | ({"fill": {"color": colour}} if chart is bars else how))
        bars.combine(line)
        bars.set_title({"name": trend.title})
        bars.set_legend({"position": "bottom"})
        bars.set_size({"width": 760, "height": 380})
        sheet.insert_chart(0, 5, bars)


def _sheet_name(title: str) -> str:
    """Return a title as spreadsheets take it for the name of a sheet."""
    return "".join(" " if c in "[]:*?/\\'" else c for c in title)[:31].strip()
