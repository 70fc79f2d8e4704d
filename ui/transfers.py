"""Files going up and down: our own guarded addresses, limits held on the server (R-13)."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from sqlalchemy.orm import Session

from data import db, files
from data.files import SHOWN_INLINE, Stored
from data.models import Attachment
from data.threads import in_thread
from services import attachments, sessions
from services.errors import DomainError, Invalid, NotFound
from services.uploads import Upload
from ui.document import not_found

router = APIRouter(include_in_schema=False)


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
    incoming = Upload(request.headers.get("content-type"))
    try:
        async for chunk in request.stream():
            await in_thread(incoming.take, chunk)
        return await in_thread(incoming.finish)
    finally:
        incoming.abort()  # nothing remains of what was not finished
