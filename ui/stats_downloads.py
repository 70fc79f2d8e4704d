"""The page of statistics as CSV and XLSX, and the list behind one of its marks."""

import tempfile
from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from sqlalchemy.orm import Session

from data import db
from data.threads import in_thread
from services import exports, lists, marks, questions, sessions, stats_page, stats_tables, words
from services.errors import DomainError, Invalid
from services.exports import Cell
from services.marks import Mark
from services.measures import Duration
from services.permissions import Action, require
from services.query_fields import OFFERED
from services.stats_tables import Table
from ui.document import not_found
from ui.downloads import TYPES, is_welcome, saved_as, streamed, too_many

router = APIRouter(include_in_schema=False)

Asked = list[tuple[str, str]]  # the fields of the address
_BYTE_ORDER_MARK = "\ufeff"  # tells Excel that it is UTF-8


@router.get("/stats/export.{kind}")
async def export(request: Request, kind: Literal["csv", "xlsx"]) -> Response:
    """Give the tables of what is asked, or `table` alone; with `measure`, the tickets behind it."""
    login = request.state.login
    if not is_welcome(login.user_id):
        return too_many()
    asked = request.query_params.multi_items()
    try:
        if "measure" in request.query_params:
            reading = _Behind(login.session_id, asked)
            return streamed(reading, await reading.next(), kind)
        tables = await in_thread(db.read, lambda s: _tables(s, login.session_id, asked))
    except Invalid as refusal:
        return PlainTextResponse(" ".join(refusal.by_field().values()), 422)
    except DomainError:
        return HTMLResponse(not_found(), 404)
    body = await in_thread(_csv if kind == "csv" else _xlsx, tables)
    return Response(body, media_type=TYPES[kind], headers=saved_as(f"statistics.{kind}"))


class _Behind:
    """The tickets behind a mark, read on and on with the rights of each moment."""

    def __init__(self, session_id: int, asked: Asked) -> None:
        self._session_id = session_id
        self._asked = asked
        self._language = words.spoken()
        self._after: int | None = None
        self._mark: Mark = marks.from_query(asked)
        self.has_more = True

    async def next(self) -> list[list[Cell]]:
        """Return the next rows."""
        return await in_thread(db.read, self._read)

    def _read(self, s: Session) -> list[list[Cell]]:
        words.speak(self._language)
        by = sessions.actor(s, self._session_id)
        require(by, Action.STATS_SEE)
        question = questions.from_query(s, self._asked)
        found = marks.behind(s, by, question, self._mark, after=self._after, limit=lists.MOST)
        self._after = found.after
        self.has_more = found.after is not None
        return exports.cells(by, found.lines)


def _tables(s: Session, session_id: int, asked: Asked) -> list[Table]:
    by, fields = sessions.actor(s, session_id), dict(asked)
    require(by, Action.STATS_SEE)
    duration = fields.get("duration") or Duration.RESOLUTION
    if duration not in set(Duration):
        raise Invalid({"duration": OFFERED})
    question = questions.from_query(s, asked)
    found = stats_tables.of(stats_page.page(s, by, question, Duration(duration)))
    if name := fields.get("table"):
        found = [table for table in found if table.name == name]
    if not found:
        raise Invalid({"table": OFFERED})
    return found


def _csv(tables: Sequence[Table]) -> bytes:
    return (_BYTE_ORDER_MARK + "".join(stats_tables.as_csv(tables))).encode()


def _xlsx(tables: Sequence[Table]) -> bytes:
    with tempfile.TemporaryFile() as file:
        stats_tables.as_xlsx(tables, file)
        file.seek(0)
        return file.read()
