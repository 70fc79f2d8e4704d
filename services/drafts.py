"""Drafts: what somebody has typed and not sent survives reload, lost connection and sign-in."""

import json
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from data.models import Draft
from services.errors import Invalid
from services.permissions import Actor
from services.words import N_

MAX_CHARACTERS = 256_000


def save(s: Session, by: Actor, context: str, body: dict[str, Any]) -> None:
    """Keep what `by` has typed in `context`; nothing typed ends the draft."""
    if len(json.dumps(body, ensure_ascii=False)) > MAX_CHARACTERS or len(context) > 40:
        raise Invalid({"body": N_("This text is too long to be kept.")})
    draft = s.get(Draft, (by.id, context))
    if not any(body.values()):
        if draft:
            s.delete(draft)
    elif draft:
        draft.body = body
    else:
        s.add(Draft(user_id=by.id, context=context, body=body))


def get(s: Session, by: Actor, context: str) -> dict[str, Any]:
    """Return what `by` had typed in `context`, or nothing."""
    draft = s.get(Draft, (by.id, context))
    return draft.body if draft else {}


def there(by: Actor, context: str) -> Select[int]:
    """Select something where `by` has a draft in `context`."""
    return select(Draft.user_id).where(Draft.user_id == by.id, Draft.context == context)


def drop(s: Session, by: Actor, context: str) -> None:
    """Forget a draft."""
    if draft := s.get(Draft, (by.id, context)):
        s.delete(draft)
