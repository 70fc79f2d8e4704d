"""What a message to a person says when it is sent: rights and wishes of that moment (R-4)."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from data.models import Comment, Delivery, Event, Pace, Ticket, User
from services import audiences, sessions
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
    user_id = int(parcel.recipient)
    around = joinedload(Delivery.event).joinedload(Event.actor)
    query = select(Delivery).where(Delivery.id.in_(parcel.ids)).options(around)
    planned = s.scalars(query.order_by(Delivery.event_id)).all()
    wishes = Wishes(s, [user_id], _numbers(planned))
    if parcel.channel not in wishes.channels_on:
        return None
    found = Audiences(s, [delivery.event for delivery in planned], among=[user_id])
    user = found.users.get(user_id)
    if user is None:
        return None
    wanted = _Wanted(user, parcel.channel, wishes)
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

    def __init__(self, user: User, channel: str, wishes: Wishes) -> None:
        self._user, self._channel, self._wishes = user, channel, wishes

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
    comments = _comments(s, {delivery.event.details.get("comment_id") for delivery in planned})
    for delivery in planned:
        event = delivery.event
        reason = found.of(event)[user.id]
        yield Item(
            delivery_id=delivery.id,
            event=event,
            kind=audiences.kind_for(event, reason),
            reason=reason.value,
            actor=event.actor.name if event.actor else "",
            ticket=tickets.get(event.ticket_number or 0),
            comment=comments.get(event.details.get("comment_id", 0)),
        )


def _comments(s: Session, ids: set[int | None]) -> dict[int, Comment]:
    """Return comments by id, without those that were taken back meanwhile."""
    if not ids - {None}:
        return {}
    query = select(Comment).where(Comment.id.in_(ids - {None}), Comment.deleted_at.is_(None))
    return {comment.id: comment for comment in s.scalars(query)}


def _numbers(planned: Iterable[Delivery]) -> set[int]:
    return {d.event.ticket_number for d in planned if d.event.ticket_number is not None}
