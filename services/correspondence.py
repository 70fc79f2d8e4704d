"""What a message to a person says when it is sent: rights and wishes of that moment (R-4)."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from data.models import Comment, Delivery, Pace, Ticket, User
from services import audiences, preferences, sessions, users
from services.audiences import Audiences
from services.bundles import Parcel
from services.letters import Item, Letter
from services.preferences import Wishes, accepts

_DIGESTS = frozenset({"hourly", "daily"})


def letter(s: Session, parcel: Parcel) -> Letter | None:
    """Return what a parcel tells its recipient now; None when nothing of it is to be told.

    What is not among the items is no longer wanted or allowed: inactive people, lost rights,
    muted tickets, switched off kinds, deleted comments and tickets. `Outcome.told` says so.
    """
    if parcel.channel not in preferences.channels_on(s):
        return None
    query = select(Delivery).where(Delivery.id.in_(parcel.ids)).options(joinedload(Delivery.event))
    planned = s.scalars(query.order_by(Delivery.event_id)).all()
    found = Audiences(s, [delivery.event for delivery in planned])
    user = found.users.get(int(parcel.recipient))
    if user is None:
        return None
    wanted = _Wanted(s, user, parcel.channel, planned)
    items = tuple(_items(s, [d for d in planned if wanted.holds(found, d)], found, user))
    if not items:
        return None
    return Letter(
        user=user,
        language=sessions.language_of(user),
        timezone=sessions.zone_of(user),
        items=items,
        is_digest=any(delivery.bundle in _DIGESTS for delivery in planned),
    )


class _Wanted:
    """What one person wants to be told by one channel."""

    def __init__(self, s: Session, user: User, channel: str, planned: Iterable[Delivery]) -> None:
        self._user, self._channel = user, channel
        self._wishes = Wishes(s, [user.id], _numbers(planned))

    def holds(self, found: Audiences, delivery: Delivery) -> bool:
        """Tell whether they may be told of it, and want to."""
        reason = found.of(delivery.event).get(self._user.id)
        if reason is None:
            return False
        kind = audiences.kind_for(delivery.event, reason)
        return (
            self._wishes.hears(self._user.id, kind, delivery.event.ticket_number)
            and self._wishes.pace(self._user.id, kind, self._channel) is not Pace.OFF
            and accepts(self._user, kind, self._channel)
        )


def _items(s: Session, planned: list[Delivery], found: Audiences, user: User) -> Iterable[Item]:
    """Yield what is told, oldest first, in so many queries however much it is."""
    around = (Ticket.requester, Ticket.lead, Ticket.team, Ticket.category)
    query = select(Ticket).where(Ticket.number.in_(_numbers(planned)))
    query = query.options(*map(joinedload, around)).execution_options(populate_existing=True)
    tickets = {ticket.number: ticket for ticket in s.scalars(query)}
    ids = {delivery.event.details.get("comment_id") for delivery in planned} - {None}
    comments = {c.id: c for c in s.scalars(select(Comment).where(Comment.id.in_(ids)))}
    names = users.names(s, [d.event.actor_id for d in planned if d.event.actor_id])
    for delivery in planned:
        event = delivery.event
        reason = found.of(event)[user.id]
        yield Item(
            delivery_id=delivery.id,
            event=event,
            kind=audiences.kind_for(event, reason),
            reason=reason.value,
            actor=names.get(event.actor_id or 0, ""),
            ticket=tickets.get(event.ticket_number or 0),
            comment=_open(comments.get(event.details.get("comment_id", 0))),
        )


def _open(comment: Comment | None) -> Comment | None:
    """Return a comment that was not taken back meanwhile."""
    return comment if comment and comment.deleted_at is None else None


def _numbers(planned: Iterable[Delivery]) -> set[int]:
    return {d.event.ticket_number for d in planned if d.event.ticket_number is not None}
