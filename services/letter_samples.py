"""A ticket that nobody asked for: what the preview of a message tells."""

from datetime import timedelta

from data.clock import now
from data.models import (
    Category,
    Comment,
    Event,
    Priority,
    Role,
    Status,
    Target,
    Team,
    Ticket,
    User,
)
from services import report_samples
from services.bursts import Sight
from services.letters import Item, Letter
from services.template_words import DIGEST, PASSWORD, TEST
from services.words import _, speaking

_REASONS = {
    PASSWORD: "oneself",
    TEST: "oneself",
    "report": "recipient",
    "burst": "handler",
    "mention": "mention",
    "created": "team",
}


def letter(kind: str, language: str, zone: str = "Europe/Paris") -> Letter:
    """Return a letter of one kind as somebody might get it; nothing of it is stored."""
    with speaking(language):
        reader = User(id=0, name=_("Alice Martin"), email="alice@example.org", role=Role.REQUESTER)
        kinds = ["comment", "resolved"] if kind == DIGEST else [kind]
        items = [_item(one, place, reader) for place, one in enumerate(kinds)]
    return Letter(reader, language, zone, tuple(items), is_digest=kind == DIGEST)


def _item(kind: str, place: int, reader: User) -> Item:
    without_ticket = kind in (PASSWORD, TEST, "report", "burst")
    event = Event(
        kind=kind,
        subject="user:0" if without_ticket else None,
        created_at=now(),
        details={"target": Target.RESOLVE.value, "reason": _("I am away this week.")},
    )
    return Item(
        delivery_id=0,
        event=event,
        kind=kind,
        reason=_REASONS.get(kind, "requester"),
        actor=_("Bruno Petit"),
        ticket=None if without_ticket else _ticket(place, reader),
        comment=None if without_ticket else _comment(),
        report=report_samples.document() if kind == "report" else None,
        burst=_burst() if kind == "burst" else None,
    )


def _burst() -> Sight:
    titles = (_("No internet"), _("The network is down"), _("No network on the second floor"))
    return Sight(0, titles[0], len(titles), 4, [(1042 + n, t) for n, t in enumerate(titles)])


def _ticket(place: int, reader: User) -> Ticket:
    titles = (_("The printer on the second floor is silent"), _("Access to the shared folder"))
    return Ticket(
        number=1042 + place,
        title=titles[place % 2],
        description=_("Since this morning it prints nothing. **Two colleagues** see the same."),
        status=Status.IN_PROGRESS,
        priority=Priority.HIGH,
        requester=reader,
        lead=User(id=0, name=_("Bruno Petit"), email="bruno@example.org", role=Role.TECHNICIAN),
        team=Team(name=_("Workplaces")),
        category=Category(name=_("Printers"), path=_("Printers")),
        created_at=now() - timedelta(hours=3),
        resolve_due_at=now() + timedelta(hours=4),
    )


def _comment() -> Comment:
    body = _("The cartridge is on its way. Could you tell me:\n\n- the *model*,\n- the room?")
    return Comment(body=body, is_internal=False)
