"""Tables in files as other systems write them: CSV in any of its dialects, also gzipped."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from data.text import fold

MOST_IN_A_CELL = 10_000_000  # characters
_DELIMITERS = ",;\t|"
_GZIP = b"\x1f\x8b"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Unreadable(Exception):
    """A file that nothing can be taken from; the text says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: its place in the file and its cells, in the order of `columns`."""

    place: int
    columns: Mapping[str, int]
    cells: tuple[str, ...] = ()
    trouble: str = ""

    def get(self, name: str) -> str:
        """Return a cell, “” where there is no such column."""
        at = self.columns.get(name)
        return "" if at is None else self.cells[at]


def read(path: Path, known_as: Mapping[str, str]) -> Iterator[Line]:
    """Yield the rows of a file; the columns that `known_as` names, by what it calls them.

    Names of columns are compared without case, accents and punctuation. A row with more or fewer
    cells than there are columns is in trouble. Cells without blanks around them.

    Raises:
        Unreadable: no file, no text, no columns.
    """
    text = _text(path)
    csv.field_size_limit(MOST_IN_A_CELL)
    rows = csv.reader(_lines(text), delimiter=_delimiter(text))
    try:
        heads = next(rows)
    except (StopIteration, csv.Error):
        raise Unreadable(f"{path.name} is empty.") from None
    places = _places(heads, known_as)
    columns = {name: at for at, name in enumerate(places)}
    same: dict[str, str] = {}  # cells repeat: each text once in memory
    for row in _rows(rows):
        place = rows.line_num
        if isinstance(row, csv.Error):
            yield Line(place, columns, trouble=f"is not CSV: {row}")
        elif len(row) != len(heads):
            trouble = f"has {len(row)} cells for {len(heads)} columns"
            yield Line(place, columns, trouble=trouble)
        else:
            cells = (row[at].strip() for at in places.values())
            yield Line(place, columns, tuple(same.setdefault(cell, cell) for cell in cells))


def _lines(text: str) -> Iterator[str]:
    """Yield lines that end in a newline; other ends of lines that Unicode knows are no ends."""
    newline = "\n" if "\n" in text else "\r"
    start = 0
    while (end := text.find(newline, start) + 1) > 0:
        yield text[start : end - 1] + "\n"
        start = end
    yield text[start:]


def _rows(rows: Iterator[list[str]]) -> Iterator[list[str] | csv.Error]:
    """Yield rows that hold anything, and what is wrong with others."""
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield error
        else:
            if any(cell.strip() for cell in row):
                yield row


def name_of(head: str) -> str:
    """Return what a column is compared by: “Opened at” and “opened_at” are one."""
    return "_".join("".join(c if c.isalnum() or c == "." else " " for c in fold(head)).split())


def _places(heads: list[str], known_as: Mapping[str, str]) -> dict[str, int]:
    """Return where the wanted columns are; of several for the same the first."""
    found: dict[str, int] = {}
    for at, head in enumerate(heads):
        name = known_as.get(name_of(head))
        if name is not None:
            found.setdefault(name, at)
    return found


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        if raw.startswith(_GZIP):
            raw = gzip.decompress(raw)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Unreadable(f"{path.name} is a broken gzip file.") from None
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}.") from None
    if raw.startswith(_UTF_16):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _delimiter(text: str) -> str:
    """Return what parts the cells: what the first line has most of, outside of quotes."""
    line, is_quoted = "", False
    for character in text[:100_000]:
        if character == '"':
            is_quoted = not is_quoted
        elif not is_quoted:
            if character in "\r\n" and line:
                break
            line += character
    return max(_DELIMITERS, key=line.count)
