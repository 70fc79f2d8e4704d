"""Rows written past the ORM and the driver’s care for each value: for loads of a million tickets.

The types of the columns decide how a value is written, as they do for the ORM; only the work that
is done once more for every row is left out. For MySQL, rows are written out here as SQL: PyMySQL
takes as long to do so as the server to store them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from pymysql.converters import escape_string
from sqlalchemy import Boolean, Column, ColumnDefault, Dialect, Enum, make_url
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from data.db import Base, Ranked

Values = tuple[Any, ...] | str  # of one row: as SQLite takes them, or as SQL

_ROOM_KIB = 65_536
_LONGEST = 1_000_000  # characters of a statement; MySQL takes 16 MiB at once by default
_SPECIAL = re.compile("[\0\n\r\x1a\"'\\\\]")  # what `escape_string` changes


class Shape:
    """Which columns of a table are written, and how.

    Each row is led by the `number` of its ticket, which is known only when the row is written.
    `dialect` is named as in an address, `mysql+pymysql`: no connection is needed.
    """

    def __init__(self, table: str, number: str, names: Sequence[str], dialect: str) -> None:
        of = make_url(f"{dialect}://").get_dialect()()
        columns = Base.metadata.tables[table].c
        preset = {c.name: _default(c) for c in columns if c.name not in (number, *names)}
        self._preset = {name: value for name, value in preset.items() if value is not None}
        every = [*names, *self._preset]
        self._is_sql = of.name != "sqlite"
        passing = _spelling if self._is_sql else _passing
        passed = [passing(columns[name].type, of) for name in every]
        self._passed = [(place, each) for place, each in enumerate(passed) if each]
        self._given = itemgetter(*every)
        self._names, self._width = set(every), len(every)
        quoted = ", ".join(map(of.identifier_preparer.quote, (number, *every)))
        places = "" if self._is_sql else f"({', '.join('?' * (len(every) + 1))})"
        self._statement = f"INSERT INTO {table} ({quoted}) VALUES {places}"  # noqa: S608 - names

    def values(self, row: Mapping[str, Any]) -> Values:
        """Return a row without its number as it is written."""
        whole = {**self._preset, **row}
        if len(whole) != self._width:
            raise KeyError(row.keys() - self._names)  # it would be lost
        found = list(self._given(whole))
        for place, passed in self._passed:
            found[place] = passed(found[place])
        return ", ".join(found) if self._is_sql else tuple(found)

    def put(self, s: Session, rows: Sequence[tuple[int, Values]]) -> None:
        """Insert rows, each with its number."""
        connection = s.connection()
        if not self._is_sql:
            if rows:
                told = [(number, *values) for number, values in rows]
                connection.exec_driver_sql(self._statement, told)
            return
        for statement in _statements(self._statement, rows):
            plainly = {"no_parameters": True}  # a percent sign is one
            connection.exec_driver_sql(statement, execution_options=plainly)


def make_room(s: Session) -> None:
    """Let SQLite keep at hand the pages of indexes that each of many tickets changes again.

    For as long as the connection lives: for a process that does little else.
    """
    if s.get_bind().dialect.name == "sqlite":
        s.connection().exec_driver_sql(f"PRAGMA cache_size = -{_ROOM_KIB}")


def _statements(head: str, rows: Sequence[tuple[int, Values]]) -> list[str]:
    """Return as few statements as take all rows, none much longer than _LONGEST."""
    found: list[list[str]] = []
    left = 0
    for number, values in rows:
        if left <= 0:
            found.append([])
            left = _LONGEST
        found[-1].append(told := f"({number}, {values})")
        left -= len(told)
    return [head + ", ".join(some) for some in found]


def _default(column: Column[Any]) -> Any:
    """Return the value where none is given; one that has to be computed must be."""
    default = column.default
    return default.arg if isinstance(default, ColumnDefault) and default.is_scalar else None


def _passing(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what turns a value into what the driver takes; of the few members of a kind, once."""
    passed = kind.dialect_impl(dialect).bind_processor(dialect)
    return cache(passed) if passed and isinstance(kind, Enum | Ranked | Boolean) else passed


def _spelling(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], str]:
    """Return what turns a value into SQL; of the few members of a kind, once."""
    passed = kind.dialect_impl(dialect).bind_processor(dialect)

    def spelt(value: Any) -> str:
        if value is None:
            return "NULL"
        plain = passed(value) if passed else value
        if isinstance(plain, str):
            return f"'{escape_string(plain)}'" if _SPECIAL.search(plain) else f"'{plain}'"
        if isinstance(plain, int):
            return str(int(plain))
        raise TypeError(plain)

    return cache(spelt) if isinstance(kind, Enum | Ranked | Boolean) else spelt
