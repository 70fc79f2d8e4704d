"""Who is told of an event, as things stand now: the same question when it is planned and sent.

Never the author, nor somebody who may not see the ticket; nothing internal for requesters; no
account that is inactive or a service’s (product.md 2, R-4).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from data.models import (
    ApiToken,
    Comment,
    Event,
    Membership,
    Part,
    Role,
    Team,
    Ticket,
    TicketPerson,
    User,
)
from services import sessions
from services.burst_groups import LEAST
from services.occasions import OCCASIONS, Circle, Reason, kind_of
from services.permissions import Actor, Audience, is_staff, reads_reports_of, sees


def audience(s: Session, event: Event) -> dict[int, Reason]:
    """Return who is told of an event, by id, and why."""
    return Audiences(s, [event]).of(event)


_NAMING = {Circle.RECIPIENTS: Reason.RECIPIENT, Circle.HANDLERS: Reason.HANDLER}


class Audiences:
    """Who is told of each of some events, found out in so many queries however many they are."""

    def __init__(
        self, s: Session, events: Iterable[Event], *, among: Collection[int] | None = None
    ) -> None:
        """Look up what decides; `among` are those who matter, None for everybody."""
        self._s = s
        events = [event for event in events if event.kind in OCCASIONS]
        numbers = {event.ticket_number for event in events if event.ticket_number is not None}
        self._tickets = around(s, numbers.union(*map(burst_of, events)))
        self._comments = _comments(s, events)
        self._members = _members(s, {team for event in events if (team := self._team(event))})
        self._candidates = {event.id: self._around(event) for event in events}
        named = {user_id for found in self._candidates.values() for user_id in found}
        wanted = named if among is None else named & {*among}
        query = select(User).where(User.id.in_(wanted), *is_person())
        self.users = {user.id: user for user in s.scalars(query)}
        self._actors = sessions.actors(s, self.users.values())

    def of(self, event: Event) -> dict[int, Reason]:
        """Return who is told of one of the events, by id, and why."""
        return {
            user_id: reason
            for user_id, reason in self._candidates.get(event.id, {}).items()
            if self._may_be_told(user_id, reason, event)
        }

    def actor(self, user_id: int) -> Actor:
        """Return as whom one of the `users` looks."""
        return self._actors[user_id]

    def _around(self, event: Event) -> dict[int, Reason]:
        """Return whom the table names, each with the first reason, whether they may know or not."""
        found: dict[int, Reason] = {}
        if event.details.get("undone") or self._is_gone(event):
            return found
        for circle in OCCASIONS[event.kind].circles:
            for user_id, reason in self._in(circle, event):
                found.setdefault(user_id, reason)
        return found

    def _team(self, event: Event) -> int | None:
        """Return the team whose members an event may be told to."""
        ticket = self._tickets.get(event.ticket_number or 0)
        circles = OCCASIONS[event.kind].circles
        is_led = ticket is None or ticket.lead_id is not None
        concerns = Circle.TEAM in circles or (Circle.QUEUE in circles and not is_led)
        return ticket.team_id if ticket and concerns else None

    def _is_gone(self, event: Event) -> bool:
        """Tell whether what it is about is no more: the ticket, or the comment."""
        if event.ticket_number is not None:
            ticket = self._tickets.get(event.ticket_number)
            if ticket is None or ticket.is_deleted:
                return True
        if not event.kind.startswith("comment."):
            return False
        return self._comments.get(event.details.get("comment_id", 0)) is None

    def _may_be_told(self, user_id: int, reason: Reason, event: Event) -> bool:
        by = self._actors.get(user_id)
        if by is None or (user_id == event.actor_id and reason is not Reason.ONESELF):
            return False
        if not is_staff(by.role) and self._is_internal(event):
            return False
        if reason is Reason.RECIPIENT and not reads_reports_of(by, event.details.get("reach")):
            return False
        if reason is Reason.HANDLER and not self._sees_several(by, event):
            return False
        return event.ticket_number is None or sees(by, self._tickets[event.ticket_number])

    def _sees_several(self, by: Actor, event: Event) -> bool:
        """Tell whether somebody sees so many of the tickets of a burst that it is one to them."""
        there = [self._tickets[number] for number in burst_of(event) if number in self._tickets]
        return sum(sees(by, ticket) for ticket in there) >= LEAST

    def _is_internal(self, event: Event) -> bool:
        return event.is_internal or bool(self._comments.get(event.details.get("comment_id", 0)))

    def _in(self, circle: Circle, event: Event) -> Iterator[tuple[int, Reason]]:
        if circle is Circle.ONESELF:
            yield from _each(_account(event), Reason.ONESELF)
        elif circle is Circle.MENTIONED:
            yield from _each(_ids(event.details.get("mentions")), Reason.MENTION)
        elif circle is Circle.NAMED:
            yield from _each(_ids([event.details.get("user_id")]), Reason.HELPER)
        elif circle in _NAMING:
            yield from _each(_ids(event.details.get("recipients")), _NAMING[circle])
        elif circle is Circle.FORMER_LEAD:
            yield from _each(_former_lead(event), Reason.LEAD)
        elif circle is Circle.ADMINS:
            yield from _each(self._admins, Reason.ADMIN)
        elif event.ticket_number is not None:
            yield from self._around_ticket(circle, self._tickets[event.ticket_number])

    def _around_ticket(self, circle: Circle, ticket: Audience) -> Iterator[tuple[int, Reason]]:
        if circle is Circle.REQUESTER:
            yield ticket.requester_id, Reason.REQUESTER
        elif circle is Circle.LEAD:
            yield from _each(_ids([ticket.lead_id]), Reason.LEAD)
        elif circle is Circle.HELPERS:
            yield from _each(ticket.helper_ids, Reason.HELPER)
        elif circle is Circle.OBSERVERS:
            yield from _each(ticket.observer_ids, Reason.OBSERVER)
        elif circle is Circle.TEAM or ticket.lead_id is None:  # as in `_team`
            team = self._members.get(ticket.team_id or 0, ())
            yield from _each(team, Reason.TEAM)
            if circle is Circle.QUEUE and not team:
                yield from _each(self._admins, Reason.ADMIN)

    @cached_property
    def _admins(self) -> list[int]:
        return list(self._s.scalars(select(User.id).where(User.role == Role.ADMIN, User.is_active)))


def is_person() -> list[ColumnElement[bool]]:
    """Return the SQL conditions on users whom one can tell something."""
    serves = exists().where(ApiToken.user_id == User.id, ApiToken.is_service)
    return [User.is_active.is_(True), ~serves]


def around(s: Session, numbers: Collection[int]) -> dict[int, Audience]:
    """Return what decides who sees some tickets, by number, in two queries."""
    parts: dict[tuple[int, Part], set[int]] = {}
    people = select(TicketPerson.ticket_number, TicketPerson.part, TicketPerson.user_id)
    for number, part, user_id in s.execute(people.where(TicketPerson.ticket_number.in_(numbers))):
        parts.setdefault((number, part), set()).add(user_id)
    query = select(
        Ticket.number, Ticket.requester_id, Ticket.lead_id, Ticket.team_id, Ticket.deleted_at
    ).where(Ticket.number.in_(numbers))
    return {
        row.number: Audience(
            requester_id=row.requester_id,
            lead_id=row.lead_id,
            team_id=row.team_id,
            helper_ids=frozenset(parts.get((row.number, Part.HELPER), ())),
            observer_ids=frozenset(parts.get((row.number, Part.OBSERVER), ())),
            is_deleted=row.deleted_at is not None,
        )
        for row in s.execute(query)
    }


def burst_of(event: Event) -> list[int]:
    """Return the numbers of the tickets of the burst that an event is about, if it is about one."""
    return _ids(event.details.get("numbers"))


def kind_for(event: Event, reason: Reason) -> str:
    """Return what kind of message an event is for somebody told for this reason."""
    return kind_of(event.kind, event.details, reason)


def _comments(s: Session, events: Sequence[Event]) -> dict[int, bool]:
    """Return which of the comments that events are about are internal, without the deleted."""
    ids = set(_ids(event.details.get("comment_id") for event in events))
    if not ids:
        return {}
    query = select(Comment.id, Comment.is_internal)
    rows = s.execute(query.where(Comment.id.in_(ids), Comment.deleted_at.is_(None)))
    return {row.id: row.is_internal for row in rows}


def _members(s: Session, team_ids: Collection[int]) -> dict[int, list[int]]:
    if not team_ids:
        return {}
    query = select(Membership.team_id, Membership.user_id).join(Team, Membership.team_id == Team.id)
    found: dict[int, list[int]] = {}
    for team_id, user_id in s.execute(query.where(Team.id.in_(team_ids), Team.is_active)):
        found.setdefault(team_id, []).append(user_id)
    return found


def _account(event: Event) -> list[int]:
    what, _colon, key = (event.subject or "").partition(":")
    return [int(key)] if what == "user" and key.isdecimal() else []


def _former_lead(event: Event) -> list[int]:
    before, after = event.details.get("changes", {}).get("lead_id", (None, None))
    return _ids([before]) if before != after else []


def _each(ids: Iterable[int], reason: Reason) -> Iterator[tuple[int, Reason]]:
    return ((user_id, reason) for user_id in ids)


def _ids(values: object) -> list[int]:
    """Return the ids among what an event’s details hold."""
    found = values if isinstance(values, Iterable) else ()
    return [value for value in found if type(value) is int]
