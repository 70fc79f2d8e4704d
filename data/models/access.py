"""How other systems come in: their tokens, and the answers kept so that a retry does no harm."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.clock import now
from data.db import Base
from data.models.organisation import User
from data.models.tickets import LongText


class ApiToken(Base):
    """A key to the API with its owner’s rights at most; the token itself is shown once (R-2)."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256, hexadecimal
    prefix: Mapped[str] = mapped_column(String(8))  # what it is recognised by in lists and logs
    name: Mapped[str] = mapped_column(String(80))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    is_service: Mapped[bool] = mapped_column(default=False)  # its owner is no person
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="raise")


class Idempotency(Base):
    """The answer to a request that carried a key, for whoever sends it again."""

    __tablename__ = "idempotency"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # of caller and key
    request_hash: Mapped[str] = mapped_column(String(64))  # of method, path and body
    status: Mapped[int]
    headers: Mapped[dict[str, Any]] = mapped_column(JSON)
    body: Mapped[str] = mapped_column(LongText)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
