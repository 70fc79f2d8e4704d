"""Lists as CSV and XLSX: streamed, to who may see them, a few at a time."""

import tempfile
import time
from collections.abc import AsyncIterator
from typing import IO, Any, Literal, Protocol

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from sqlalchemy.orm import Session

from data import db
from data.threads import in_thread
from services import categories, exports, sessions, words
from services.errors import DomainError
from services.exports import Cell
from services.filters import Scope
from services.permissions import Action, Actor, require
from services.words import N_, _
from ui.document import not_found
from ui.pages.wishes import Wishes

router = APIRouter(include_in_schema=False)

A_MINUTE = 6  # exports of one person: each reads all that fits
CHUNK = 2**16
_SCOPES: dict[str, Scope] = {"queue": "all", "tickets": "mine", "trash": "trash"}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TOO_MANY = N_("Too many exports. Try again in a minute.")
_lately: dict[int, list[float]] = {}  # of this process: when each person exported


@router.get("/exports/{name}.{kind}")
async def export(request: Request, name: str, kind: Literal["csv", "xlsx"]) -> Response:
    """Give a list, narrowed and ordered as its page is."""
    login = request.state.login
    if not is_welcome(login.user_id):
        return too_many()
    reading = _Reading(login.session_id, _SCOPES[name], Wishes.read(request.query_params))
    try:
        first = await reading.next()
    except DomainError:
        return HTMLResponse(not_found(), 404)
    return streamed(reading, first, kind)


class Reading(Protocol):
    """A list read on and on, each time with the rights of that moment."""

    has_more: bool

    async def next(self) -> list[list[Cell]]:
        """Return the next rows."""
        ...


def streamed(reading: Reading, first: list[list[Cell]], kind: str) -> Response:
    """Give a list of tickets as it is read, its first rows at once."""
    body = _csv(reading, first) if kind == "csv" else _xlsx(reading, first)
    return StreamingResponse(body, media_type=TYPES[kind], headers=saved_as(f"tickets.{kind}"))


def saved_as(name: str) -> dict[str, str]:
    """Return the headers of a file that is saved and kept nowhere else."""
    return {"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"}


def too_many() -> Response:
    """Return the answer to who exports too much."""
    return PlainTextResponse(_(_TOO_MANY), 429, headers={"Retry-After": "60"})


class _Reading:
    """A list, narrowed as its page is."""

    def __init__(self, session_id: int, scope: Scope, wishes: Wishes) -> None:
        self._session_id = session_id
        self._scope = scope
        self._wishes = wishes
        self._language = words.spoken()
        self.has_more = True

    async def next(self) -> list[list[Cell]]:
        """Return the next rows."""
        found, cursor = await in_thread(db.read, self._read)
        self._wishes.cursor = cursor or ""
        self.has_more = cursor is not None
        return found

    def _read(self, s: Session) -> tuple[list[list[Cell]], str | None]:
        words.speak(self._language)
        by: Actor = sessions.actor(s, self._session_id)
        if self._scope != "mine":
            require(by, Action.TRASH_SEE if self._scope == "trash" else Action.QUEUE_SEE)
        asked = self._wishes
        below = categories.subtree_ids(s, int(asked.category)) if asked.category else frozenset()
        return exports.rows(
            s,
            by,
            asked.filter(self._scope, below),
            sort=asked.sort or ("deleted" if self._scope == "trash" else "updated"),
            reverse=bool(asked.reverse),
            cursor=asked.cursor or None,
        )


async def _csv(reading: Reading, rows: list[list[Cell]]) -> AsyncIterator[bytes]:
    yield ("\ufeff" + exports.as_csv(exports.heads())).encode()  # the mark tells Excel it is UTF-8
    while True:
        yield "".join(exports.as_csv(row) for row in rows).encode()
        if not reading.has_more:
            return
        rows = await reading.next()


async def _xlsx(reading: Reading, rows: list[list[Cell]]) -> AsyncIterator[bytes]:
    """Write the book beside, then send it: its directory comes last."""
    with tempfile.TemporaryFile() as file:
        book = exports.Workbook(file)
        book.add(exports.heads())
        while True:
            await in_thread(_write, book, rows)
            if not reading.has_more:
                break
            rows = await reading.next()
        await in_thread(book.close)
        file.seek(0)
        while chunk := await in_thread(_some, file):
            yield chunk


def _write(book: exports.Workbook, rows: list[list[Any]]) -> None:
    for row in rows:
        book.add(row)


def _some(file: IO[bytes]) -> bytes:
    return file.read(CHUNK)


def is_welcome(user_id: int) -> bool:
    """Tell whether somebody may export once more, and count it."""
    now = time.monotonic()
    lately = [at for at in _lately.get(user_id, []) if now - at < 60]
    _lately[user_id] = lately
    if len(lately) >= A_MINUTE:
        return False
    lately.append(now)
    return True
