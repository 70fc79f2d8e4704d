"""Answers kept under the key of a request: the same request again does nothing twice (C12)."""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Idempotency
from services.errors import DomainError
from services.permissions import Actor
from services.words import N_

KEPT = timedelta(hours=24)
LONGEST_KEY = 255


class KeyReused(DomainError):
    """The key was used for another request."""

    code = "key_reused"
    sentence = N_("This Idempotency-Key was used for another request: use a new one.")


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


def find(s: Session, by: Actor, key: str, request: str) -> Kept | None:
    """Return the answer that this request of `by` got before, if there was one.

    `request` is the digest of all that makes the request what it is. Whoever is being answered at
    this moment is not seen: the later of two commits is refused and tries again.

    Raises:
        KeyReused.
    """
    row = s.get(Idempotency, _key(by, key))
    if row is not None and row.created_at < now() - KEPT:
        s.delete(row)
        s.flush()
        return None
    if row is None:
        return None
    if row.request_hash != request:
        raise KeyReused
    return Kept(row.status, row.body, row.headers)


def has(s: Session, by: Actor, key: str, request: str) -> bool:
    """Tell whether this request got an answer before, without touching one past its day."""
    row = s.get(Idempotency, _key(by, key))
    return row is not None and row.created_at >= now() - KEPT and row.request_hash == request


def keep(s: Session, by: Actor, key: str, request: str, answer: Kept) -> None:
    """Keep an answer, in the transaction of what it tells."""
    row = Idempotency(
        key_hash=_key(by, key),
        request_hash=request,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
    )
    s.add(row)
    s.flush()


def clean(s: Session) -> None:
    """Forget the answers past their day."""
    s.execute(delete(Idempotency).where(Idempotency.created_at < now() - KEPT))


def _key(by: Actor, key: str) -> str:
    return hashlib.sha256(f"{by.id}\x1f{key}".encode("utf-8", "replace")).hexdigest()
