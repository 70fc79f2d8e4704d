"""Files going up and down: our own guarded addresses, limits held on the server (R-13)."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from sqlalchemy.orm import Session

from data import db, files
from data.files import SHOWN_INLINE, Intake, Lying, NoRoom, Stored, TooLarge
from data.models import Attachment
from services import attachments, sessions
from services.errors import DomainError, Invalid, NotFound
from services.words import N_
from ui.document import not_found
from ui.threads import in_thread

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

router = APIRouter(include_in_schema=False)

_TOO_LARGE = N_("A file may be 25 MB large at most.")
_NO_ROOM = N_("The server has no room for files at the moment.")
_LYING = N_("The content of this file is not what its name says.")
_EMPTY = N_("Choose a file.")


@router.post("/uploads/{context}")
async def upload(request: Request, context: str) -> Response:
    """Take one file into a draft of the person: `new`, or `comment:42`."""
    session_id = request.state.login.session_id
    try:
        stored = await _receive(request)
        attachment_id = await in_thread(db.write, lambda s: _add(s, session_id, context, stored))
    except Invalid as refusal:
        return JSONResponse({"detail": " ".join(refusal.by_field().values())}, 422)
    except DomainError as refusal:
        status = 404 if isinstance(refusal, NotFound) else 409
        return JSONResponse({"detail": refusal.say()}, status)
    return JSONResponse({"id": attachment_id}, 201)


@router.get("/files/{attachment_id}")
async def download(request: Request, attachment_id: int) -> Response:
    """Give a file to who may read what it hangs on."""
    return await _give(request, attachment_id, is_preview=False)


@router.get("/files/{attachment_id}/preview")
async def preview(request: Request, attachment_id: int) -> Response:
    """Give a picture to be shown in the page."""
    return await _give(request, attachment_id, is_preview=True)


async def _give(request: Request, attachment_id: int, *, is_preview: bool) -> Response:
    session_id = request.state.login.session_id
    try:
        found = await in_thread(
            db.read, lambda s: attachments.get(s, sessions.actor(s, session_id), attachment_id)
        )
    except DomainError:
        return HTMLResponse(not_found(), 404)
    path = files.path_of(found.digest)
    if not path.is_file():
        return HTMLResponse(not_found(), 404)
    if is_preview and not found.content_type.startswith("image/"):
        return HTMLResponse(not_found(), 404)
    return FileResponse(path, media_type=found.content_type, headers=headers_of(found))


def headers_of(attachment: Attachment) -> dict[str, str]:
    """Return headers under which a file can do nothing in a browser but be shown or saved."""
    how = "inline" if attachment.content_type in SHOWN_INLINE else "attachment"
    plain = "".join(
        c if (c.isascii() and c.isalnum()) or c in "._- " else "_" for c in attachment.name
    )
    whole = quote(attachment.name, safe="")
    return {
        "Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{whole}",
        "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; "
        "style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=3600",
    }


def _add(s: Session, session_id: int, context: str, stored: Stored) -> int:
    return attachments.add(s, sessions.actor(s, session_id), context, stored).id


async def _receive(request: Request) -> Stored:
    """Stream the one file of a form to disk, and stop as soon as it is too large."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise Invalid({"file": _EMPTY})
    try:
        intake = Intake()
    except NoRoom:
        raise Invalid({"file": _NO_ROOM}) from None
    part = _OneFile(intake)
    parser = MultipartParser(options[b"boundary"], part.callbacks())
    try:
        async for chunk in request.stream():
            await in_thread(parser.write, chunk)
        if part.name is None:
            raise Invalid({"file": _EMPTY})
        return await in_thread(intake.finish, part.name)
    except TooLarge:
        raise Invalid({"file": _TOO_LARGE}) from None
    except Lying:
        raise Invalid({"file": _LYING}) from None
    except FormParserError:
        raise Invalid({"file": _EMPTY}) from None
    finally:
        intake.abort()  # nothing remains of what was not finished


class _OneFile:
    """Hands the bytes of the first file of a form on; other parts are passed over."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._header = b""
        self._value = b""
        self._is_ours = False
        self.name: str | None = None

    def callbacks(self) -> "MultipartCallbacks":
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_part_data": self._on_data,
        }

    def _begin(self) -> None:
        self._is_ours = False

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition" and self.name is None:
            _kind, options = parse_options_header(self._value)
            if b"filename" in options:
                self.name = options[b"filename"].decode("utf-8", "replace")
                self._is_ours = True
        self._header, self._value = b"", b""

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_ours:
            self._intake.write(data[start:end])
