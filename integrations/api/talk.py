"""The conversation of a ticket, its files, its links and its history."""

from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import FileResponse

from data import files
from data.models import Comment
from data.threads import in_thread
from integrations.api import shapes, wishes
from integrations.api.call import Answer, ReadsTickets, WritesTickets, tag_of
from integrations.api.fields import MAX_ID, Key, Number
from integrations.api.shapes import AttachmentOut, Person
from services import attachments, comments, ticket_view, tickets
from services.errors import NotFound
from services.permissions import Actor
from services.ticket_view import Message
from services.uploads import Upload

router = APIRouter()


class CommentOut(BaseModel):
    """One message; a deleted one has neither words nor files."""

    id: int
    author: Person
    body: str
    is_internal: bool
    channel: str
    attachments: list[AttachmentOut]
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    version: int


class Comments(BaseModel):
    """The conversation, oldest first."""

    items: list[CommentOut]


class VersionOut(BaseModel):
    """What a comment said before."""

    body: str
    replaced_at: datetime


class Versions(BaseModel):
    """What a comment said before, oldest first."""

    items: list[VersionOut]


class Attachments(BaseModel):
    """The files of a ticket and of its comments, oldest first."""

    items: list[AttachmentOut]


@router.get("/tickets/{number:int}/comments", response_model=Comments, tags=["comments"])
async def list_comments(call: ReadsTickets, number: Number) -> Response:
    """List what was said on a ticket; notes are for staff."""

    def work(s: Session, by: Actor) -> Answer:
        said = ticket_view.messages(s, by, number)
        return Answer(content=Comments(items=[_message(message) for message in said]))

    return await call.show(work)


@router.post(
    "/tickets/{number:int}/comments", response_model=CommentOut, status_code=201, tags=["comments"]
)
async def post_comment(call: WritesTickets, number: Number, body: wishes.CommentNew) -> Response:
    """Say something on a ticket, or note it for staff."""

    def work(s: Session, by: Actor) -> Answer:
        wish = {"internal": body.internal, "resolve": body.resolve}
        comment = comments.say(s, by, number, body.body, **wish)
        return _told(s, by, comment, status=201)

    return await call.act(work)


@router.patch(
    "/tickets/{number:int}/comments/{comment}", response_model=CommentOut, tags=["comments"]
)
async def change_comment(
    call: WritesTickets, number: Number, comment: Key, body: wishes.CommentChange
) -> Response:
    """Change one’s own comment; what it said is kept."""

    def work(s: Session, by: Actor) -> Answer:
        call.check_match(tag_of(_of_ticket(s, by, number, comment).version))
        return _told(s, by, comments.edit(s, by, comment, body.body))

    return await call.act(work)


@router.delete("/tickets/{number:int}/comments/{comment}", status_code=204, tags=["comments"])
async def delete_comment(call: WritesTickets, number: Number, comment: Key) -> Response:
    """Take one’s own comment back."""

    def work(s: Session, by: Actor) -> None:
        call.check_match(tag_of(_of_ticket(s, by, number, comment).version))
        comments.delete(s, by, comment)

    return await call.do(work)


@router.get(
    "/tickets/{number:int}/comments/{comment}/versions", response_model=Versions, tags=["comments"]
)
async def list_versions(call: ReadsTickets, number: Number, comment: Key) -> Response:
    """List what a comment said before."""

    def work(s: Session, by: Actor) -> Answer:
        _of_ticket(s, by, number, comment, lock=False)
        found = comments.versions(s, by, comment)
        items = [VersionOut(body=v.body, replaced_at=v.replaced_at) for v in found]
        return Answer(content=Versions(items=items))

    return await call.show(work)


@router.get("/tickets/{number:int}/attachments", response_model=Attachments, tags=["attachments"])
async def list_attachments(call: ReadsTickets, number: Number) -> Response:
    """List the files of a ticket and of its comments."""

    def work(s: Session, by: Actor) -> Answer:
        found = attachments.of(s, by, number)
        return Answer(content=Attachments(items=[shapes.attachment(row) for row in found]))

    return await call.show(work)


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


@router.post(
    "/tickets/{number:int}/attachments",
    response_model=AttachmentOut,
    status_code=201,
    tags=["attachments"],
    openapi_extra=_FORM,
)
async def attach(
    call: WritesTickets,
    request: Request,
    number: Number,
    comment: Annotated[int | None, Query(ge=1, le=MAX_ID, description="One’s own comment.")] = None,
) -> Response:
    """Attach a file of 25 MB at most to a ticket, or to one’s own comment; it is streamed."""
    await call.look(lambda s, by: attachments.check_target(s, by, number))
    incoming = Upload(request.headers.get("content-type"))
    try:
        async for chunk in request.stream():
            await in_thread(incoming.take, chunk)
        stored = await in_thread(incoming.finish)
    finally:
        incoming.abort()  # nothing remains of what was not finished

    def work(s: Session, by: Actor) -> Answer:
        row = attachments.attach(s, by, number, stored, comment_id=comment)
        return Answer(content=shapes.attachment(row), status=201)

    return await call.act(work, body=f"{stored.digest} {stored.name}")


@router.get(
    "/tickets/{number:int}/attachments/{attachment}",
    tags=["attachments"],
    response_class=Response,
    responses={200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def download(call: ReadsTickets, number: Number, attachment: Key) -> Response:
    """Get the bytes of a file."""
    found = await call.look(lambda s, by: attachments.get(s, by, attachment))
    path = files.path_of(found.digest)
    if found.ticket_number != number or not path.is_file():
        raise NotFound
    name = quote(found.name, safe="")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(path, media_type=found.content_type, headers=headers)


def _of_ticket(
    s: Session, by: Actor, number: int, comment_id: int, *, lock: bool = True
) -> Comment:
    tickets.get(s, by, number, lock=lock)
    comment = comments.get(s, by, comment_id)
    if comment.ticket_number != number:
        raise NotFound
    return comment


def _told(s: Session, by: Actor, comment: Comment, *, status: int = 200) -> Answer:
    message = ticket_view.message(s, by, comment.id)
    headers = {"ETag": tag_of(comment.version)}
    return Answer(content=_message(message), status=status, headers=headers)


def _message(message: Message) -> CommentOut:
    row = message.comment
    names = ("id", "body", "is_internal", "channel", "created_at", "edited_at", "deleted_at")
    return CommentOut(
        **{name: getattr(row, name) for name in names},
        version=row.version,
        author=Person(id=row.author_id, name=message.author),
        attachments=[shapes.attachment(file) for file in message.files],
    )
