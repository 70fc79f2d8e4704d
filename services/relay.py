"""From what happened to who is told: each event once, in the transaction that plans its messages.

Reactions only write rows. Sending them is another's work, and may be repeated; this is not.
"""

import logging
from collections.abc import Callable, Sequence

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Event
from services import burst_work, channels, notifications, webhooks

log = logging.getLogger(__name__)

BATCH = 50
Reaction = Callable[[Session, Sequence[Event]], None]
REACTIONS: tuple[Reaction, ...] = (
    webhooks.react,
    notifications.react,
    channels.react,
    burst_work.react,
)


def relay(s: Session, most: int = BATCH) -> int:
    """Plan what the oldest events not relayed yet bring about; return how many, `most` at once.

    Two may run: what one holds the other skips. An event has no place in a sequence: one that
    was committed late is found like any other.
    """
    query = (
        select(Event)
        .where(Event.relayed_at.is_(None))
        .order_by(Event.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    events = s.scalars(query).all()
    if not events:
        return 0
    these = Event.id.in_([event.id for event in events])
    s.execute(update(Event).where(these).values(relayed_at=now()))
    for reaction in REACTIONS:
        _react(s, reaction, events)
    return len(events)


def _react(s: Session, reaction: Reaction, events: Sequence[Event]) -> None:
    """Run one reaction, on each event alone if it fails on all of them.

    A mistake in it is reported and undone alone: no other event and no other reaction misses out.
    """
    try:
        with s.begin_nested():
            reaction(s, events)
    except SQLAlchemyError:
        raise  # the whole batch is done again
    except Exception:
        if len(events) == 1:
            log.exception("%s failed on event %s", reaction.__qualname__, events[0].id)
            return
        for event in events:
            _react(s, reaction, [event])
