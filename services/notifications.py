"""From what happened to what people are told: in the application, and as messages to be sent.

A reaction of the relay plans; what a message says, and whether its reader may still know it, is
found out again when it is sent (`services.correspondence`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from data.clock import shared
from data.models import Event, Notification, Pace
from services import audiences, changes, deliveries, paces
from services.audiences import Audiences, audience
from services.correspondence import letter
from services.deliveries import Plan
from services.inbox import (
    NotificationPage,
    clean,
    forget,
    page,
    read,
    read_all,
    read_ticket,
    unread,
)
from services.occasions import APP, KINDS, OCCASIONS, REASONS, Reason
from services.preferences import Wishes, accepts

__all__ = [
    "KINDS",
    "REASONS",
    "NotificationPage",
    "Reason",
    "audience",
    "clean",
    "forget",
    "letter",
    "page",
    "react",
    "read",
    "read_all",
    "read_ticket",
    "unread",
]

HOURLY, DAILY = "hourly", "daily"
_NONE = timedelta()


@dataclass(frozen=True, slots=True)
class Told:
    """One event for one person."""

    event: Event
    user_id: int
    reason: Reason
    kind: str


def react(s: Session, events: Sequence[Event]) -> None:
    """Plan who is told of some events, and when; a reaction of `services.relay`.

    In so many queries however many events and people there are.
    """
    events = [event for event in events if event.kind in OCCASIONS]
    if not events:
        return
    found = Audiences(s, events)
    numbers = {event.ticket_number for event in events if event.ticket_number is not None}
    wishes = Wishes(s, found.users.keys(), numbers)
    told = [each for each in _told(found, events) if _hears(wishes, each)]
    _show(s, [each for each in told if wishes.pace(each.user_id, each.kind, APP) is not Pace.OFF])
    deliveries.plan_all(s, list(_plans(found, wishes, told, shared(s))))


def _told(found: Audiences, events: Iterable[Event]) -> Iterator[Told]:
    for event in events:
        for user_id, reason in found.of(event).items():
            yield Told(event, user_id, reason, audiences.kind_for(event, reason))


def _hears(wishes: Wishes, each: Told) -> bool:
    return wishes.hears(each.user_id, each.kind, each.event.ticket_number)


def _show(s: Session, told: Sequence[Told]) -> None:
    """Write what the application shows, and note whose pages have something new."""
    rows = [
        {
            "user_id": each.user_id,
            "event_id": each.event.id,
            "kind": each.kind,
            "reason": each.reason.value,
            "ticket_number": each.event.ticket_number,
        }
        for each in told
    ]
    if rows:
        s.execute(insert(Notification), rows)
        changes.announce(s, {each.user_id for each in told})


def _plans(
    found: Audiences, wishes: Wishes, told: Sequence[Told], moment: datetime
) -> Iterator[Plan]:
    channels = sorted(wishes.channels_on)
    for each in told:
        user = found.users[each.user_id]
        for channel in channels:
            pace = wishes.pace(user.id, each.kind, channel)
            if pace is not Pace.OFF and accepts(user, each.kind, channel):
                bundle, next_at, pause = _when(wishes, each, found, pace, moment)
                reason = each.reason.value
                yield Plan(each.event.id, channel, str(user.id), bundle, reason, next_at, pause)


def _when(
    wishes: Wishes, each: Told, found: Audiences, pace: Pace, moment: datetime
) -> tuple[str, datetime | None, timedelta]:
    """Return with what something goes, and when: by an appointment, or after a pause from `moment`.

    What is about an account goes alone, now. What is told to have happened later than now comes
    from a machine whose clock is ahead.
    """
    number = each.event.ticket_number
    if KINDS[each.kind].is_security:
        return "", None, _NONE
    happened = min(each.event.created_at, moment)
    gather = timedelta(seconds=wishes.gather_seconds) if number is not None else _NONE
    due = paces.due(pace, happened, wishes.rhythm(found.users[each.user_id]), gather)
    if pace is not Pace.AT_ONCE:
        return (HOURLY if pace is Pace.HOURLY else DAILY), due, _NONE
    bundle = f"ticket:{number}" if number is not None else ""
    is_pause = due == happened + gather
    return bundle, None if is_pause else due, due - moment if is_pause else _NONE
