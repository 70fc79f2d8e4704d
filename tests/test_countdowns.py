"""Which promise of a ticket is counted down, and from when on it is soon."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from data.models import PendingReason, Status, Target, Ticket
from services import (
    acceptance,
    alarms,
    assignment,
    comments,
    countdowns,
    lists,
    tickets,
    transitions,
)
from services.countdowns import Countdown
from services.transitions import Wait
from tests.conftest import Clock, People
from tests.promises import it_is, opened, paris, policy

MONDAY = "2026-03-02"
PROMISED = {
    "accept_minutes": 60,
    "first_response_minutes": 120,
    "resolve_minutes": 600,
    "remind_minutes": 30,
}


def next_of(s: Session, ticket: Ticket) -> Countdown | None:
    """Return what a row of a list counts down; the ticket’s own page says the same of it."""
    s.commit()
    line = lists.line(s, ticket.number)
    assert line
    found = countdowns.next_of(line)
    every = countdowns.of(s, ticket)
    assert found == min(every.values(), key=lambda each: each.due_at, default=None)
    return found


def what(found: Countdown | None) -> tuple[Target, datetime, datetime] | None:
    return (found.target, found.due_at, found.soon_at) if found else None


def test_one_promise_after_the_other_is_counted_down(
    s: Session, people: People, time: Clock
) -> None:
    it_is(time, MONDAY, "09:00")
    policy(s, people.diane, **PROMISED)
    ticket = opened(s, people.alice)

    asked = what(next_of(s, ticket))
    assignment.take(s, people.bruno, ticket.number)
    taken = what(next_of(s, ticket))
    comments.post(s, people.bruno, ticket.number, "Je regarde.")
    answered = what(next_of(s, ticket))
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)

    assert asked == (Target.ACCEPT, paris(MONDAY, "10:00"), paris(MONDAY, "09:30"))
    assert taken == (Target.FIRST_RESPONSE, paris(MONDAY, "11:00"), paris(MONDAY, "10:30"))
    assert answered == (Target.RESOLVE, paris("2026-03-03", "09:00"), paris("2026-03-03", "08:30"))
    assert next_of(s, ticket) is None


def test_who_was_asked_and_has_not_accepted_is_counted_down_anew(
    s: Session, people: People, time: Clock
) -> None:
    it_is(time, MONDAY, "09:00")
    policy(s, people.diane, **PROMISED)
    ticket = opened(s, people.alice)
    assignment.take(s, people.bruno, ticket.number)

    it_is(time, MONDAY, "09:10")
    assignment.assign(s, people.chloe, ticket.number, lead_id=people.bruno.id)
    assignment.assign(s, people.chloe, ticket.number, lead_id=people.diane.id)
    given = what(next_of(s, ticket))
    acceptance.accept(s, people.diane, ticket.number)

    assert given == (Target.ACCEPT, paris(MONDAY, "10:10"), paris(MONDAY, "09:40"))
    found = next_of(s, ticket)
    assert found is not None
    assert found.target is Target.FIRST_RESPONSE


def test_it_stays_soon_once_one_was_reminded(s: Session, people: People, time: Clock) -> None:
    it_is(time, MONDAY, "09:00")
    policy(s, people.diane, **PROMISED)
    ticket = opened(s, people.alice)

    it_is(time, MONDAY, "09:40")
    assert alarms.ring(s) == 1

    found = next_of(s, ticket)
    assert found is not None
    assert found.soon_at < paris(MONDAY, "09:40") < found.due_at


@pytest.mark.parametrize(("minutes", "soon"), [(0, "10:00"), (90, "09:00")])
def test_without_reminder_nothing_is_soon_and_with_a_longer_one_all_is(
    s: Session, people: People, time: Clock, minutes: int, soon: str
) -> None:
    it_is(time, MONDAY, "09:00")
    policy(s, people.diane, accept_minutes=60, remind_minutes=minutes)

    found = next_of(s, opened(s, people.alice))

    assert what(found) == (Target.ACCEPT, paris(MONDAY, "10:00"), paris(MONDAY, soon))


def test_what_waits_is_paused_but_for_a_date_set_by_hand(
    s: Session, people: People, time: Clock
) -> None:
    it_is(time, MONDAY, "09:00")
    policy(s, people.diane, resolve_minutes=600)
    ticket = opened(s, people.alice)
    assignment.take(s, people.bruno, ticket.number)
    wait = Wait(reason=PendingReason.REQUESTER)
    transitions.move(s, people.bruno, ticket.number, Status.PENDING, wait=wait)

    paused = next_of(s, ticket)
    due = paris(MONDAY, "17:00")
    tickets.edit(s, people.bruno, ticket.number, {"resolve_due_at": due})
    by_hand = next_of(s, ticket)

    assert paused is not None
    assert paused.is_paused
    assert by_hand is not None
    assert (by_hand.due_at, by_hand.is_paused) == (due, False)


def test_what_nobody_promised_is_not_counted_down(s: Session, people: People) -> None:
    assert next_of(s, opened(s, people.alice)) is None
