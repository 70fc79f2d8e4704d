"""Start, wait, resolve, close, reopen, cancel (F-004, F-008; 5.3.7, 5.3.8)."""

from datetime import timedelta, timezone
from typing import Any

import pytest
from sqlalchemy.orm import Session

from data import clock
from data.models import PendingReason, Status, Ticket
from services import assignment, tickets, transitions, workflow
from services.errors import Closed, Invalid, NotAllowed, NotFound, WrongState
from services.transitions import Wait
from tests.conftest import Clock, People, happened, last_event

SUPPLIER = Wait(reason=PendingReason.SUPPLIER)
PATHS: dict[Status, list[Status]] = {
    Status.NEW: [],
    Status.IN_PROGRESS: [Status.IN_PROGRESS],
    Status.PENDING: [Status.PENDING],
    Status.RESOLVED: [Status.RESOLVED],
    Status.CLOSED: [Status.RESOLVED, Status.CLOSED],
    Status.CANCELLED: [Status.CANCELLED],
}


def bring(s: Session, people: People, ticket: Ticket, status: Status) -> None:
    for step in PATHS[status]:
        send(s, people.bruno, ticket.number, step)
    s.commit()


def send(s: Session, by: Any, number: int, target: Status) -> Ticket:
    wait = SUPPLIER if target is Status.PENDING else None
    return transitions.move(s, by, number, target, wait=wait)


@pytest.mark.parametrize("source", Status)
@pytest.mark.parametrize("target", Status)
def test_a_technician_follows_the_arrows_and_no_other_way(
    s: Session, people: People, ticket: Ticket, source: Status, target: Status
) -> None:
    bring(s, people, ticket, source)
    version = ticket.version

    if source is Status.CLOSED:
        with pytest.raises(Closed):
            send(s, people.bruno, ticket.number, target)
    elif source is target:
        send(s, people.bruno, ticket.number, target)
        assert ticket.version == version
    elif (source, target) in workflow.ARROWS:
        send(s, people.bruno, ticket.number, target)
        assert ticket.status is target
    else:
        with pytest.raises(WrongState) as told:
            send(s, people.bruno, ticket.number, target)
        assert "“" in told.value.say()


@pytest.mark.parametrize(
    ("source", "target", "is_allowed"),
    [
        (Status.NEW, Status.CANCELLED, True),
        (Status.IN_PROGRESS, Status.CANCELLED, True),
        (Status.PENDING, Status.CANCELLED, True),
        (Status.RESOLVED, Status.CLOSED, True),
        (Status.RESOLVED, Status.IN_PROGRESS, True),
        (Status.CANCELLED, Status.IN_PROGRESS, True),
        (Status.NEW, Status.IN_PROGRESS, False),
        (Status.NEW, Status.PENDING, False),
        (Status.NEW, Status.RESOLVED, False),
        (Status.IN_PROGRESS, Status.RESOLVED, False),
        (Status.IN_PROGRESS, Status.PENDING, False),
        (Status.PENDING, Status.IN_PROGRESS, False),
        (Status.PENDING, Status.RESOLVED, False),
    ],
)
def test_the_requester_cancels_confirms_and_reopens_and_nothing_else(
    s: Session, people: People, ticket: Ticket, source: Status, target: Status, is_allowed: bool
) -> None:
    bring(s, people, ticket, source)
    assert (target in workflow.targets(people.alice, ticket)) is is_allowed

    if is_allowed:
        send(s, people.alice, ticket.number, target)
        assert ticket.status is target
    else:
        with pytest.raises(NotAllowed):
            send(s, people.alice, ticket.number, target)
    with pytest.raises(NotFound):
        send(s, people.driss, ticket.number, target)


@pytest.mark.parametrize("source", [Status.NEW, Status.IN_PROGRESS, Status.RESOLVED])
def test_a_manager_moves_nothing_but_their_own(
    s: Session, people: People, ticket: Ticket, source: Status
) -> None:
    bring(s, people, ticket, source)

    for target in Status:
        if (source, target) in workflow.ARROWS:
            with pytest.raises(NotAllowed):
                send(s, people.chloe, ticket.number, target)
    assert workflow.targets(people.chloe, ticket) == []

    tickets.edit(s, people.bruno, ticket.number, {"requester_id": people.chloe.id})
    assert workflow.targets(people.chloe, ticket) != []


def test_the_page_offers_exactly_what_works(s: Session, people: People, ticket: Ticket) -> None:
    assert workflow.targets(people.bruno, ticket) == [
        Status.IN_PROGRESS,
        Status.PENDING,
        Status.RESOLVED,
        Status.CANCELLED,
    ]
    assert workflow.targets(people.alice, ticket) == [Status.CANCELLED]


def test_each_move_is_told_from_what_to_what(s: Session, people: People, ticket: Ticket) -> None:
    for target in (Status.IN_PROGRESS, Status.PENDING, Status.IN_PROGRESS, Status.RESOLVED,
                   Status.IN_PROGRESS, Status.CANCELLED, Status.IN_PROGRESS, Status.RESOLVED,
                   Status.CLOSED):  # fmt: skip
        before = ticket.status
        send(s, people.bruno, ticket.number, target)
        changes = last_event(s, ticket.number).details["changes"]
        assert changes["status"] == [before.value, target.value]

    assert happened(s, ticket.number)[1:] == [
        "ticket.started",
        "ticket.paused",
        "ticket.started",
        "ticket.resolved",
        "ticket.reopened",
        "ticket.cancelled",
        "ticket.reopened",
        "ticket.resolved",
        "ticket.closed",
    ]


def test_resolving_dates_the_ticket_and_names_who_answers_for_it(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    send(s, people.bruno, ticket.number, Status.RESOLVED)
    first = ticket.resolved_at
    assert (ticket.lead_id, ticket.accepted_at is None) == (people.bruno.id, False)

    time.pass_by(hours=1)
    send(s, people.alice, ticket.number, Status.IN_PROGRESS)
    reopened = ticket.resolved_at
    send(s, people.diane, ticket.number, Status.RESOLVED)
    send(s, people.alice, ticket.number, Status.CLOSED)

    assert reopened is None
    assert first
    assert ticket.resolved_at
    assert ticket.closed_at
    assert first < ticket.resolved_at <= ticket.closed_at
    assert ticket.lead_id == people.bruno.id


def test_a_wait_needs_a_reason_and_a_planned_one_a_date_to_come(
    s: Session, people: People, ticket: Ticket
) -> None:
    soon = clock.now() + timedelta(days=1)
    planned = PendingReason.PLANNED

    def refused(wait: Wait | None) -> set[str]:
        with pytest.raises(Invalid) as told:
            transitions.move(s, people.bruno, ticket.number, Status.PENDING, wait=wait)
        return set(told.value.problems)

    assert refused(None) == {"pending_reason"}
    assert refused(Wait(reason=planned)) == {"wake_at"}
    assert refused(Wait(reason=planned, until=soon - timedelta(days=2))) == {"wake_at"}
    assert refused(Wait(reason=planned, until=soon.replace(tzinfo=None))) == {"wake_at"}
    assert ticket.status is Status.NEW

    until = soon.astimezone(timezone(timedelta(hours=3)))
    wait = Wait(reason=planned, until=until)
    transitions.move(s, people.bruno, ticket.number, Status.PENDING, wait=wait)
    s.commit()
    s.expire_all()
    assert (ticket.pending_reason, ticket.wake_at) == (planned, soon)


def test_the_reason_for_waiting_may_change_and_goes_with_the_wait(
    s: Session, people: People, ticket: Ticket
) -> None:
    later = Wait(reason=PendingReason.PLANNED, until=clock.now() + timedelta(days=1))
    transitions.move(s, people.bruno, ticket.number, Status.PENDING, wait=later)

    send(s, people.bruno, ticket.number, Status.PENDING)
    reasons = (ticket.pending_reason, ticket.wake_at)
    with pytest.raises(NotAllowed):
        transitions.move(s, people.alice, ticket.number, Status.PENDING, wait=later)
    send(s, people.bruno, ticket.number, Status.IN_PROGRESS)

    assert reasons == (PendingReason.SUPPLIER, None)
    assert (ticket.pending_reason, ticket.wake_at) == (None, None)


def test_a_date_without_a_planned_wait_is_not_kept(
    s: Session, people: People, ticket: Ticket
) -> None:
    wait = Wait(reason=PendingReason.REQUESTER, until=clock.now() + timedelta(days=1))

    transitions.move(s, people.bruno, ticket.number, Status.PENDING, wait=wait)

    assert ticket.wake_at is None


def test_what_is_resolved_or_cancelled_may_still_be_taken(
    s: Session, people: People, ticket: Ticket
) -> None:
    send(s, people.alice, ticket.number, Status.CANCELLED)

    assignment.take(s, people.bruno, ticket.number)

    assert (ticket.status, ticket.lead_id) == (Status.CANCELLED, people.bruno.id)
