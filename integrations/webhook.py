"""The channel of webhooks: what is told, how it is signed, and what an answer means."""

import hashlib
import hmac
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session, joinedload

from data import db
from data.clock import now
from data.models import Comment, Event, Role, User, Webhook
from integrations import safe_http
from integrations.api import shapes
from integrations.safe_http import Answer
from services import destinations, sealing, webhooks, whole_tickets
from services.deliveries import Outcome, Parcel
from services.permissions import Actor

log = logging.getLogger(__name__)

_READER = Actor(0, Role.REQUESTER)  # another system: it is told no addresses of people
_TO_DISABLE = 410  # RFC 9110 §15.5.11: gone, and likely for good
_IN_TURN = frozenset({429, 503})  # these may say when to come again


def send(parcel: Parcel) -> Outcome:
    """Tell a webhook of an event as things are now: rights and texts may be others than then."""
    try:
        letter = db.read(lambda s: _letter(s, parcel))
    except sealing.Unreadable:
        return Outcome("secret", is_final=True)
    if letter is None:
        return Outcome("switched_off", is_final=True)
    url, allows_http, secret, message = letter
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "X-AppTicket-Delivery": parcel.key,
        "X-AppTicket-Event": message["kind"],
        "X-AppTicket-Signature": signature(secret, int(now().timestamp()), body),
        "X-Request-ID": parcel.request_id,
    }
    try:
        answer = safe_http.post(url, body, headers, allows_http=allows_http)
    except destinations.Refused:
        return Outcome("address")
    except safe_http.TooSlow:
        return Outcome("no_answer")
    except safe_http.Unreachable as error:
        log.info("delivery %s: %s", parcel.id, error.__cause__)
        return Outcome("unreachable")
    return _understood(parcel, answer)


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return the header by which a receiver knows who wrote a body, and when."""
    signed = hmac.new(secret.encode(), b"%d.%b" % (timestamp, body), hashlib.sha256)
    return f"t={timestamp},v1={signed.hexdigest()}"


def _letter(s: Session, parcel: Parcel) -> tuple[str, bool, str, dict[str, Any]] | None:
    """Return address, leave for http, secret and message; None when nothing is to be sent."""
    webhook = s.get(Webhook, int(parcel.recipient))
    event = s.get(Event, parcel.event_id, options=[joinedload(Event.actor)])
    if webhook is None or event is None:
        return None
    if not webhook.is_active and event.kind != webhooks.TESTED:
        return None
    if event.is_internal and not webhook.with_internal:
        return None  # the right was taken away after the event
    secret = webhooks.secret_of(webhook)
    return webhook.url, webhook.allows_http, secret, _message(s, event, webhook)


def _message(s: Session, event: Event, webhook: Webhook) -> dict[str, Any]:
    details = dict(event.details)
    details.pop("recipients", None)  # whom else it is told
    number = event.ticket_number
    return {
        "id": event.id,
        "kind": event.kind,
        "at": _instant(event.created_at),
        "actor": _person(event.actor) if event.actor else None,
        "ticket": _ticket(s, number) if number is not None else None,
        "subject": event.subject or f"ticket:{number}",
        "changes": details.pop("changes", {}),
        "comment": _comment(s, details.pop("comment_id", None), webhook),
        "details": details,
    }


def _ticket(s: Session, number: int) -> dict[str, Any] | None:
    """Return a ticket, also a deleted one, as the API shows it; None when it was purged."""
    found = whole_tickets.of_seen(s, [number])
    return shapes.ticket(found[0], _READER).model_dump(mode="json") if found else None


def _person(user: User) -> dict[str, Any]:
    return {"id": user.id, "name": user.name}


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _comment(s: Session, comment_id: int | None, webhook: Webhook) -> dict[str, Any] | None:
    """Return a comment as it reads now; a note only where notes may go."""
    query_by = (joinedload(Comment.author),)
    comment = s.get(Comment, comment_id, options=query_by) if comment_id else None
    if comment is None or (comment.is_internal and not webhook.with_internal):
        return None
    return {
        "id": comment.id,
        "author": _person(comment.author),
        "internal": comment.is_internal,
        "body": comment.body,
    }


def _understood(parcel: Parcel, answer: Answer) -> Outcome:
    text = answer.body.decode("utf-8", "replace")
    if 200 <= answer.status < 300:
        return Outcome(status=answer.status, answer=text)
    if answer.status == _TO_DISABLE:
        db.write(lambda s: webhooks.disable(s, int(parcel.recipient), webhooks.GONE))
        return Outcome("gone", answer.status, text, is_final=True)
    wait = _asked(answer) if answer.status in _IN_TURN else None
    return Outcome("refused", answer.status, text, wait=wait)


def _asked(answer: Answer) -> timedelta | None:
    """Return how long a receiver wants to be left alone, if it says so in seconds."""
    told = answer.headers.get("retry-after", "")
    return timedelta(seconds=int(told)) if told.isdecimal() and len(told) < 7 else None
