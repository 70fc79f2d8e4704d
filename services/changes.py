"""What happened lately, as ids: what live pages are told by."""

from collections.abc import Collection, Container, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Event, Notification

WINDOW = timedelta(seconds=30)
TOLD = "told"
_AT_ONCE = 300  # people in one message, events in one query: some bytes each


@dataclass(frozen=True, slots=True)
class Change:
    """One event as ids only; its content is read again through the rights of who looks."""

    event_id: int
    kind: str
    ticket_number: int | None
    subject: str | None

    @classmethod
    def of(cls, event: Event) -> "Change":
        """Return an event as a change."""
        return cls(event.id, event.kind, event.ticket_number, event.subject)

    @classmethod
    def read(cls, message: dict[str, Any]) -> "Change | None":
        """Return what another process announced, or None when it is not a change."""
        if message.keys() != _TYPES.keys():
            return None
        if any(type(message[name]) not in kinds for name, kinds in _TYPES.items()):
            return None
        return cls(**message)

    def plain(self) -> dict[str, Any]:
        """Return the change as JSON carries it between processes."""
        return asdict(self)

    @property
    def concerns(self) -> int | None:
        """Return the number of the ticket it is about; a purged one is only named as subject."""
        what, _colon, number = (self.subject or "").partition(":")
        if self.ticket_number is None and what == "ticket" and number.isdecimal():
            return int(number)
        return self.ticket_number

    @property
    def is_of_organisation(self) -> bool:
        """Tell whether people, teams, settings, webhooks… changed; signing in is none."""
        return self.kind.partition(".")[0] in _OF_ORGANISATION

    @property
    def is_of_burst(self) -> bool:
        """Tell whether several similar tickets came."""
        return self.kind.startswith("burst.")


# `type` and not `isinstance`: True is no number here.
_TYPES: dict[str, tuple[type, ...]] = {
    "event_id": (int,),
    "kind": (str,),
    "ticket_number": (int, type(None)),
    "subject": (str, type(None)),
}
_OF_ORGANISATION = frozenset(
    {
        *("calendar", "category", "delivery", "policy", "report", "report_plan", "schedule"),
        *("setting", "settings", "team", "user", "webhook"),
    }
)


def recent(
    s: Session, since: datetime | None = None, known: Container[int] = frozenset()
) -> list[Change]:
    """Return the changes of the last WINDOW, or of the WINDOW before `since`, oldest first.

    A window and not `id > last`: with two writers, row 41 may be committed after row 42. Those
    that are `known` by their event are left out; of a flood only ids are read again and again.
    """
    in_window = select(Event.id).where(Event.created_at > (since or now()) - WINDOW)
    fresh = [found for found in s.scalars(in_window.order_by(Event.id)) if found not in known]
    columns = select(Event.id, Event.kind, Event.ticket_number, Event.subject).order_by(Event.id)
    return [
        Change(*row)
        for start in range(0, len(fresh), _AT_ONCE)
        for row in s.execute(columns.where(Event.id.in_(fresh[start : start + _AT_ONCE])))
    ]


def announce(s: Session, user_ids: Collection[int]) -> None:
    """Let the pages of these people know, after the commit (`db.on_told`), that there is news."""
    s.info.setdefault("told", set()).update(user_ids)


def told(user_ids: Collection[int]) -> Iterator[dict[str, Any]]:
    """Yield as JSON between processes that there is something new for these people."""
    ids = sorted(user_ids)
    for start in range(0, len(ids), _AT_ONCE):
        yield {TOLD: ids[start : start + _AT_ONCE]}


def read_told(message: dict[str, Any]) -> set[int]:
    """Return for whom another process announced something new; nonsense is for nobody."""
    ids = message[TOLD]
    if message.keys() != {TOLD} or type(ids) is not list:
        return set()
    return {user_id for user_id in ids if type(user_id) is int}


def newest_told(s: Session, user_ids: Collection[int]) -> dict[int, int]:
    """Return the last notice of each of some people."""
    if not user_ids:
        return {}
    query = select(Notification.user_id, func.max(Notification.id).label("newest"))
    query = query.where(Notification.user_id.in_(user_ids)).group_by(Notification.user_id)
    return {row.user_id: row.newest for row in s.execute(query)}
