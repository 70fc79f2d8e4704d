"""Webhooks: which other systems are told of what happens to tickets, decided by administrators."""

import secrets
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Event, Webhook
from services import checks, deliveries, destinations, events, sealing
from services.accounts import checked
from services.deliveries import Plan
from services.errors import Invalid, NotFound
from services.permissions import Action, Actor, require
from services.words import N_

CHANNEL = "webhook"
TESTED = "webhook.tested"
GONE = "gone"

KINDS: dict[str, str] = {  # what can be subscribed to, and what it is called
    "ticket.created": N_("Ticket created"),
    "ticket.edited": N_("Fields edited"),
    "ticket.taken": N_("Ticket taken"),
    "ticket.assigned": N_("Ticket assigned"),
    "ticket.accepted": N_("Assignment accepted"),
    "ticket.refused": N_("Assignment refused"),
    "ticket.returned": N_("Assignment not accepted in time"),
    "deadline.near": N_("Deadline near"),
    "deadline.missed": N_("Deadline missed"),
    "ticket.escalated": N_("Ticket escalated"),
    "ticket.started": N_("Work started"),
    "ticket.paused": N_("Ticket put on hold"),
    "ticket.resolved": N_("Ticket resolved"),
    "ticket.reopened": N_("Ticket reopened"),
    "ticket.closed": N_("Ticket closed"),
    "ticket.cancelled": N_("Ticket cancelled"),
    "comment.posted": N_("Message posted"),
    "comment.noted": N_("Internal note written"),
    "comment.edited": N_("Message edited"),
    "comment.deleted": N_("Message deleted"),
    "comment.restored": N_("Message restored"),
    "ticket.helper_added": N_("Helper added"),
    "ticket.helper_removed": N_("Helper removed"),
    "ticket.helper_accepted": N_("Help accepted"),
    "ticket.helper_refused": N_("Help refused"),
    "ticket.observer_added": N_("Observer added"),
    "ticket.observer_removed": N_("Observer removed"),
    "ticket.tag_added": N_("Tag added"),
    "ticket.tag_removed": N_("Tag removed"),
    "link.added": N_("Link added"),
    "link.removed": N_("Link removed"),
    "external_link.added": N_("External link added"),
    "external_link.removed": N_("External link removed"),
    "burst.began": N_("Several similar tickets"),
    "burst.grew": N_("More similar tickets"),
    "ticket.undone": N_("Action undone"),
    "ticket.deleted": N_("Moved to the trash"),
    "ticket.restored": N_("Restored from the trash"),
    "ticket.purged": N_("Removed for good"),
}
USUAL_KINDS = frozenset(
    {
        *("ticket.created", "ticket.taken", "ticket.assigned", "ticket.paused"),
        *("ticket.resolved", "ticket.reopened", "ticket.closed", "comment.posted"),
    }
)


def all(s: Session, by: Actor) -> list[Webhook]:  # noqa: A001
    """Return the webhooks by name."""
    require(by, Action.WEBHOOK_MANAGE)
    return list(s.scalars(select(Webhook).order_by(Webhook.name)))


def get(s: Session, by: Actor, webhook_id: int) -> Webhook:
    """Return one webhook.

    Raises:
        NotFound.
    """
    require(by, Action.WEBHOOK_MANAGE)
    webhook = s.get(Webhook, webhook_id)
    if webhook is None:
        raise NotFound
    return webhook


def check_address(_s: Session, by: Actor, url: str, *, allows_http: bool = False) -> None:
    """Ask where an address leads, before it is kept; `create` and `edit` cannot wait so long.

    Raises:
        Invalid: nothing may be sent there.
    """
    require(by, Action.WEBHOOK_MANAGE)
    destinations.check(url, allows_http=allows_http)


def create(s: Session, by: Actor, /, **values: Any) -> tuple[Webhook, str]:
    """Make a webhook; `values` are those of `edit`. Return it with its secret, told only now."""
    require(by, Action.WEBHOOK_MANAGE)
    webhook = Webhook(name="", url="", kinds=[], created_by_id=by.id, is_active=True)
    webhook.allows_http = webhook.with_internal = False
    _change(s, webhook, {"name": "", "url": "", "kinds": (), **values})
    s.add(webhook)
    s.flush()
    secret = _give_secret(webhook)
    changes = {"kinds": [[], webhook.kinds], "with_internal": [False, webhook.with_internal]}
    events.record(s, by, None, "webhook.created", subject=_subject(webhook), changes=changes)
    return webhook, secret


def edit(s: Session, by: Actor, /, webhook_id: int, **values: Any) -> Webhook:
    """Change a webhook: name, url, kinds, is_active, allows_http, with_internal.

    Raises:
        Invalid: for each field that is wrong.
        NotFound.
    """
    webhook = get(s, by, webhook_id)
    before = _state(webhook)
    _change(s, webhook, values)
    if webhook.is_active:
        webhook.disabled_reason = ""
    events.record_edit(s, by, _subject(webhook), before, _state(webhook))
    return webhook


def rotate_secret(s: Session, by: Actor, webhook_id: int) -> str:
    """Give a webhook a new secret and return it: told only now, used from now on."""
    webhook = get(s, by, webhook_id)
    secret = _give_secret(webhook)
    events.record(s, by, None, "webhook.secret_rotated", subject=_subject(webhook))
    return secret


def delete(s: Session, by: Actor, webhook_id: int) -> None:
    """Remove a webhook and what was to be sent to it."""
    webhook = get(s, by, webhook_id)
    deliveries.forget(s, CHANNEL, str(webhook.id))
    s.delete(webhook)
    events.record(s, by, None, "webhook.deleted", subject=_subject(webhook), name=webhook.name)


def test(s: Session, by: Actor, webhook_id: int) -> Event:
    """Send a webhook a message that says nothing happened, as it would send any other."""
    webhook = get(s, by, webhook_id)
    return events.record(s, by, None, TESTED, subject=_subject(webhook))


def disable(s: Session, webhook_id: int, reason: str) -> None:
    """Switch a webhook off because its receiver said so; an administrator may switch it on."""
    webhook = s.get(Webhook, webhook_id, with_for_update=True, populate_existing=True)
    if webhook is not None and webhook.is_active:
        webhook.is_active, webhook.disabled_reason = False, reason
        events.record(s, None, None, "webhook.disabled", subject=_subject(webhook), reason=reason)


def react(s: Session, events: Sequence[Event]) -> None:
    """Plan the deliveries of some events; a reaction of `services.relay`."""
    planned = [Plan(event.id, CHANNEL, _tested(event)) for event in events if event.kind == TESTED]
    told = [event for event in events if event.kind in KINDS]
    active = s.scalars(select(Webhook).where(Webhook.is_active)).all() if told else ()
    planned += [
        Plan(event.id, CHANNEL, str(webhook.id))
        for event in told
        for webhook in active
        if event.kind in webhook.kinds and (webhook.with_internal or not event.is_internal)
    ]
    deliveries.plan_all(s, planned)


def secret_of(webhook: Webhook) -> str:
    """Return the secret to sign with; no page or API shows it.

    Raises:
        sealing.Unreadable.
    """
    return sealing.unseal(webhook.sealed_secret, _subject(webhook))


def _give_secret(webhook: Webhook) -> str:
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    webhook.sealed_secret = sealing.seal(secret, _subject(webhook))
    return secret


def _tested(event: Event) -> str:
    return str(event.subject).partition(":")[2]


def _subject(webhook: Webhook) -> str:
    return f"webhook:{webhook.id}"


def _change(s: Session, webhook: Webhook, values: dict[str, Any]) -> None:
    cleaned = checked(values, _FIELDS)
    if "name" in cleaned:
        _check_free(s, webhook, cleaned["name"])
    if cleaned.keys() & {"url", "allows_http"}:
        url = cleaned.get("url", webhook.url)
        _check_url(url, allows_http=cleaned.get("allows_http", webhook.allows_http))
    for field, value in cleaned.items():
        setattr(webhook, field, value)


def _check_free(s: Session, webhook: Webhook, name: str) -> None:
    with s.no_autoflush:
        rows = s.execute(select(Webhook.id, Webhook.name)).all()
    if any(row.name.casefold() == name.casefold() and row.id != webhook.id for row in rows):
        raise Invalid({"name": N_("There is already one with this name.")})


def _check_url(url: str, *, allows_http: bool) -> None:
    try:
        destinations.parse(url, allows_http=allows_http)
    except destinations.Refused:
        raise Invalid({"url": destinations.REFUSED}) from None


def _kinds(value: Any) -> list[str]:
    wanted: Collection[Any] = value if isinstance(value, list | tuple | set | frozenset) else ()
    if not wanted or not set(wanted) <= KINDS.keys():
        raise Invalid({"kinds": N_("Choose at least one of the events offered.")})
    return [kind for kind in KINDS if kind in wanted]


def _state(webhook: Webhook) -> dict[str, Any]:
    return {field: getattr(webhook, field) for field in _FIELDS}


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "name": lambda v: checks.line("name", v, at_most=120, required=True),
    "url": lambda v: checks.line("url", v, at_most=destinations.MAX_URL, required=True),
    "kinds": _kinds,
    "is_active": bool,
    "allows_http": bool,
    "with_internal": bool,
}
