"""What people say and send: comments, their versions, attachments, drafts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.clock import now
from data.db import Base
from data.models.organisation import User
from data.models.tickets import Channel, LongText


class Comment(Base):
    """One message of a ticket’s conversation; `internal` ones are notes requesters never see."""

    __tablename__ = "comment"
    __table_args__ = (Index(None, "ticket_number", "created_at"), Base.__table_args__)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_number: Mapped[int] = mapped_column(ForeignKey("ticket.number", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    body: Mapped[str] = mapped_column(LongText)
    is_internal: Mapped[bool] = mapped_column(default=False)
    channel: Mapped[Channel] = mapped_column(default=Channel.WEB)
    created_at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    creation_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    author: Mapped[User] = relationship(lazy="raise")


class CommentVersion(Base):
    """What a comment said before it was edited or deleted."""

    __tablename__ = "comment_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), index=True
    )
    body: Mapped[str] = mapped_column(LongText)
    replaced_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    replaced_at: Mapped[datetime] = mapped_column(default=now)


class Attachment(Base):
    """A file; until it is sent it belongs to a draft (`draft_context`) of its uploader.

    The bytes lie under their digest (`data.files`); the name is only ever shown, never a path.
    """

    __tablename__ = "attachment"
    __table_args__ = (Index(None, "uploader_id", "draft_context"), Base.__table_args__)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_number: Mapped[int | None] = mapped_column(
        ForeignKey("ticket.number", ondelete="CASCADE"), index=True
    )
    comment_id: Mapped[int | None] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), index=True
    )
    draft_context: Mapped[str | None] = mapped_column(String(40))
    uploader_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Draft(Base):
    """What somebody has typed and not sent: `new` for a ticket, `comment:42` for an answer."""

    __tablename__ = "draft"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    context: Mapped[str] = mapped_column(String(40), primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
