"""What a message to a person says when it is sent: rights and wishes of that moment (R-4)."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache, partial

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from data.models import Comment, Delivery, Event, Pace, Ticket, User
from services import audiences, bursts, reports, sessions
from services.audiences import Audiences
from services.bundles import Parcel
from services.bursts import Sight
from services.letters import Item, Letter
from services.permissions import Actor
from services.preferences import Wishes, accepts
from services.report_document import Document

_DIGESTS = frozenset({"hourly", "daily"})


def letter(s: Session, parcel: Parcel) -> Letter | None:
    """Return what a parcel tells its recipient now; None when nothing of it is to be told.

    What is not among the items is no longer wanted or allowed: inactive people, lost rights,
    muted tickets, switched off kinds, deleted comments and tickets. `Outcome.told` says so.
    """
    return letters(s, [parcel]).get(parcel.id)


def letters(s: Session, parcels: Sequence[Parcel]) -> dict[int, Letter]:
    """Return what some parcels tell, by their `id`, in so many queries however many they are."""
    ids = [delivery_id for parcel in parcels for delivery_id in parcel.ids]
    user_ids = {int(parcel.recipient) for parcel in parcels}
    around = joinedload(Delivery.event).joinedload(Event.actor)
    query = select(Delivery).where(Delivery.id.in_(ids)).options(around)
    planned = {delivery.id: delivery for delivery in s.scalars(query.order_by(Delivery.event_id))}
    wishes = Wishes(s, user_ids, _numbers(planned.values()))
    found = Audiences(s, [delivery.event for delivery in planned.values()], among=user_ids)
    known = _Known(s, planned.values())
    written = {}
    for parcel in parcels:
        theirs = [planned[i] for i in parcel.ids if i in planned]
        if told := _letter(parcel, theirs, found, wishes, known):
            written[parcel.id] = told
    return written


def _letter(
    parcel: Parcel, planned: list[Delivery], found: Audiences, wishes: Wishes, known: "_Known"
) -> Letter | None:
    user = found.users.get(int(parcel.recipient))
    if user is None or parcel.channel not in wishes.channels_on:
        return None
    planned.sort(key=lambda delivery: delivery.event_id)
    wanted = _Wanted(user, parcel.channel, wishes)
    told = [known.item(d, found, user) for d in planned if wanted.holds(found, d)]
    items = tuple(item for item in told if item is not None)
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


class _Known:
    """The tickets and comments that some deliveries are about."""

    def __init__(self, s: Session, planned: Collection[Delivery]) -> None:
        around = (Ticket.requester, Ticket.lead, Ticket.team, Ticket.category)
        query = select(Ticket).where(Ticket.number.in_(_numbers(planned)))
        query = query.options(*map(joinedload, around)).execution_options(populate_existing=True)
        self._tickets = {ticket.number: ticket for ticket in s.scalars(query)}
        self._comments = _comments(s, {d.event.details.get("comment_id") for d in planned})
        self._report = cache(partial(_report, s))
        self._burst = cache(partial(_burst, s))

    def item(self, delivery: Delivery, found: Audiences, user: User) -> Item | None:
        """Return what a delivery tells somebody who may be told; None: it is no more."""
        event = delivery.event
        report, burst = None, None
        if event.kind == reports.MADE:
            report = self._report(event.subject or "", sessions.language_of(user))
        elif bursts.id_of(event):
            burst = self._burst(found.actor(user.id), bursts.id_of(event))
        if event.ticket_number is None and not (report or burst or _is_of_account(event)):
            return None
        reason = found.of(event)[user.id]
        return Item(
            delivery_id=delivery.id,
            event=event,
            kind=audiences.kind_for(event, reason),
            reason=reason.value,
            actor=event.actor.name if event.actor else "",
            ticket=self._tickets.get(event.ticket_number or 0),
            comment=self._comments.get(event.details.get("comment_id", 0)),
            report=report,
            burst=burst,
        )


def _is_of_account(event: Event) -> bool:
    return (event.subject or "").startswith("user:")


def _burst(s: Session, by: Actor, burst_id: int) -> Sight | None:
    """Return what somebody may know of a burst; None when it is none to them any more."""
    return bursts.some(s, by, [burst_id]).get(burst_id)


def _comments(s: Session, ids: set[int | None]) -> dict[int, Comment]:
    """Return comments by id, without those that were taken back meanwhile."""
    if not ids - {None}:
        return {}
    query = select(Comment).where(Comment.id.in_(ids - {None}), Comment.deleted_at.is_(None))
    return {comment.id: comment for comment in s.scalars(query)}


def _report(s: Session, subject: str, language: str) -> Document | None:
    """Return what a report says; None when somebody forgot it meanwhile."""
    try:
        return reports.told(s, int(subject.partition(":")[2]), language)
    except (reports.NotReady, ValueError):
        return None


def _numbers(planned: Iterable[Delivery]) -> set[int]:
    return {d.event.ticket_number for d in planned if d.event.ticket_number is not None}
