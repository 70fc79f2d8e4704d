"""The table behind a chart: the same numbers, each with a way to its tickets."""

from collections.abc import Callable, Sequence

from htpy import Element, a, caption, div, p, table, tbody, td, th, thead, tr

from services.words import _
from ui.drawings.style import Cell, Table


def behind(title: str, shown: Table, address: Callable[[str], str]) -> str:
    """Draw a table that scrolls by itself; `address` turns a mark into that of its tickets."""
    if not shown.rows:
        return str(p(".chart-nothing.muted")[_("There is nothing to list.")])
    return str(
        div(".chart-table", tabindex="0", role="region", aria_label=title)[
            table[
                caption(".sr-only")[title],
                thead[tr[[th(scope="col")[head] for head in shown.heads]]],
                tbody[[_row(row, address) for row in shown.rows]],
            ]
        ]
    )


def _row(cells: Sequence[Cell], address: Callable[[str], str]) -> Element:
    return tr[
        th(scope="row")[_shown(cells[0], address)],
        [td[_shown(cell, address)] for cell in cells[1:]],
    ]


def _shown(cell: Cell, address: Callable[[str], str]) -> Element | str:
    return a(href=address(cell.mark))[cell.text] if cell.mark else cell.text
