"""Reports as PDF and XLSX, to who may read them."""

from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from data import db
from data.threads import in_thread
from services import report_files, reports, sessions, words
from services.errors import DomainError
from services.report_document import Document
from ui.document import not_found

router = APIRouter(include_in_schema=False)


@router.get("/reports/{report_id}.{ending}")
async def download(
    request: Request, report_id: int, ending: Literal["pdf", "xlsx"], language: str = ""
) -> Response:
    """Give a report as a file, in the language it was asked for in, or that of the person."""
    session_id, spoken = request.state.login.session_id, words.spoken()
    wanted = language if language in words.LANGUAGES else spoken

    def read(s: Session) -> Document:
        return reports.read(s, sessions.actor(s, session_id), report_id, wanted)[0]

    try:
        document = await in_thread(db.read, read)
    except DomainError:
        return HTMLResponse(not_found(), 404)
    file = await in_thread(report_files.file, document, ending)
    named = f"attachment; filename*=UTF-8''{quote(file.name)}"
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return Response(file.content, media_type=file.type, headers=headers)
