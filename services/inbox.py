"""What one person was told in the application: listed, counted, read, forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, contains_eager

from data.clock import now
from data.models import Comment, Event, Notification, Ticket, User
from services import bursts, changes, checks, settings
from services.bursts import Sight
from services.errors import NotFound
from services.permissions import Action, Actor, allows, may_see
from services.tickets import LARGEST

PAGE = 30
MOST = 100  # in one page, and what is counted at most: beyond, « 99+ »
_EXCERPT = 200  # characters
_BATCH = 5000
_KEPT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Notice:
    """One line: what happened, to which ticket, and why one is told."""

    id: int
    kind: str  # of `notifications.KINDS`
    reason: str  # of `notifications.REASONS`
    at: datetime
    is_read: bool
    event: Event
    actor: str  # a name; empty: the clock
    number: int | None
    title: str
    excerpt: str  # the beginning of the message it is about, as it reads now
    burst: Sight | None = None  # what it is about, as far as one may see it now


@dataclass(frozen=True, slots=True)
class NotificationPage:
    """Some notices, newest first, and the cursor of what follows."""

    items: list[Notice]
    after: str | None


def page(
    s: Session,
    by: Actor,
    *,
    unread_only: bool = False,
    after: str | None = None,
    limit: int = PAGE,
) -> NotificationPage:
    """Return what one was told, newest first, as far as one may know it now.

    Raises:
        Invalid: `after` is no cursor of an earlier page.
    """
    query = (
        _mine(by).add_columns(User.name, Ticket.title).outerjoin(User, Event.actor_id == User.id)
    )
    query = query.options(contains_eager(Notification.event)).order_by(Notification.id.desc())
    if unread_only:
        query = query.where(Notification.read_at.is_(None))
    if after:
        query = query.where(Notification.id < checks.position(after))
    limit = max(1, min(limit, MOST))
    rows = s.execute(query.limit(limit + 1)).all()
    said = _said(s, [row[0].event for row in rows[:limit]])
    several = bursts.some(s, by, {bursts.id_of(row[0].event) for row in rows[:limit]})
    items = [
        replace(
            _notice(row[0], row[1], row[2], said), burst=several.get(bursts.id_of(row[0].event))
        )
        for row in rows[:limit]
    ]
    return NotificationPage(items, str(items[-1].id) if len(rows) > limit else None)


def unread(s: Session, by: Actor) -> int:
    """Return how many notices one has not read, MOST at most."""
    some = _mine(by).with_only_columns(Notification.id).where(Notification.read_at.is_(None))
    return s.scalar(select(func.count()).select_from(some.limit(MOST).subquery())) or 0


def read(s: Session, by: Actor, notification_id: int) -> Notification:
    """Mark one of one’s own notices as read; one that was read stays as it is.

    Raises:
        NotFound: also for one about what one may not see any more.
    """
    if not 0 < notification_id <= LARGEST:
        raise NotFound
    row = s.scalar(_mine(by).where(Notification.id == notification_id))
    if row is None:
        raise NotFound
    _mark(s, by, Notification.id == row.id)
    return row


def read_all(s: Session, by: Actor) -> None:
    """Mark all one’s notices as read."""
    _mark(s, by)


def read_ticket(s: Session, by: Actor, number: int) -> None:
    """Mark as read what one was told of a ticket: one has its page before one."""
    _mark(s, by, Notification.ticket_number == number)


def unread_of(by: Actor, number: int) -> Select[int]:
    """Select what one was told of a ticket and has not read."""
    mine = (Notification.user_id == by.id, Notification.read_at.is_(None))
    return select(Notification.id).where(*mine, Notification.ticket_number == number)


def forget(s: Session, event_id: int) -> None:
    """Take back in the application what people were told of an event that was undone."""
    query = select(Notification.user_id).where(Notification.event_id == event_id)
    if told := set(s.scalars(query)):
        s.execute(delete(Notification).where(Notification.event_id == event_id))
        changes.announce(s, told)


def clean(s: Session) -> None:
    """Forget what people were told `notifications_kept_days` ago (0: never), so much at a time."""
    days = settings.values(s)["notifications_kept_days"]
    if type(days) is not int or days < 0:
        days = _KEPT_DAYS
    if days == 0:
        return
    old = Notification.created_at < now() - timedelta(days=days)
    ids = s.scalars(select(Notification.id).where(old).limit(_BATCH)).all()
    s.execute(delete(Notification).where(Notification.id.in_(ids)))


def _mine(by: Actor) -> Select[Notification]:
    """Select one’s notices of what one may still see, with their events."""
    there = and_(Ticket.number.is_not(None), Ticket.deleted_at.is_(None), may_see(by))
    query = (
        select(Notification)
        .join(Event, Notification.event_id == Event.id)
        .outerjoin(Ticket, Notification.ticket_number == Ticket.number)
        .where(Notification.user_id == by.id)
        .where(or_(Notification.ticket_number.is_(None), there))
    )
    return query if allows(by, Action.TICKET_NOTE) else query.where(Event.is_internal.is_(False))


def _mark(s: Session, by: Actor, *which: Any) -> None:
    """Set what is not read yet as read; nothing is written, nor announced, when all was read."""
    mine = (Notification.user_id == by.id, Notification.read_at.is_(None), *which)
    ids = s.scalars(select(Notification.id).where(*mine).limit(_BATCH)).all()
    if ids:
        marked = update(Notification).where(Notification.id.in_(ids)).values(read_at=now())
        s.execute(marked.execution_options(synchronize_session="fetch"))
        changes.announce(s, {by.id})


def _said(s: Session, events: Sequence[Event]) -> dict[int, str]:
    """Return the beginnings of the messages that events are about, without the deleted."""
    ids = {event.details.get("comment_id") for event in events} - {None}
    if not ids:
        return {}
    query = select(Comment.id, func.substr(Comment.body, 1, _EXCERPT))
    rows = s.execute(query.where(Comment.id.in_(ids), Comment.deleted_at.is_(None)))
    return {key: " ".join(text.split()) for key, text in rows}


def _notice(
    row: Notification, actor: str | None, title: str | None, said: dict[int, str]
) -> Notice:
    return Notice(
        id=row.id,
        kind=row.kind,
        reason=row.reason,
        at=row.created_at,
        is_read=row.read_at is not None,
        event=row.event,
        actor=actor or "",
        number=row.ticket_number,
        title=title or "",
        excerpt=said.get(row.event.details.get("comment_id", 0), ""),
    )
