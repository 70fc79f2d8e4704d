"""Reminders before and escalations after: each once, whoever rings (product.md C6)."""

import threading
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from data import clock, db
from data.models import (
    Alarm,
    Event,
    Priority,
    Stage,
    Status,
    Target,
    Team,
    Ticket,
)
from services import alarms, assignment, calendars, history, sla, tickets, transitions
from services.creation import NewTicket, create
from tests.conftest import Clock, People, happened, last_event
from tests.promises import (
    EIGHT_TO_SIX,
    alarm,
    calendar,
    it_is,
    opened,
    paris,
    pause,
    policy,
    renewed,
    resume,
)


def rung(s: Session) -> int:
    """Ring what is due now."""
    s.commit()
    number = alarms.ring(s)
    s.commit()
    return number


def test_a_deadline_is_told_when_it_is_near_and_when_it_is_missed(
    s: Session, people: People, time: Clock
) -> None:
    made = policy(s, people.diane, resolve_minutes=240)
    it_is(time, "2026-03-02", "17:00")
    ticket = opened(s, people.alice)
    told = []

    for day, hour in (
        ("2026-03-03", "09:59"),
        ("2026-03-03", "10:00"),
        ("2026-03-03", "10:30"),
        ("2026-03-03", "11:00"),
        ("2026-03-03", "12:00"),
    ):
        it_is(time, day, hour)
        told.append(rung(s))

    assert told == [0, 1, 0, 1, 0]
    assert happened(s, ticket.number)[1:] == ["deadline.near", "deadline.missed"]
    event = last_event(s, ticket.number)
    assert event.is_internal
    assert event.details == {
        "target": "resolve",
        "due_at": "2026-03-03T10:00:00+00:00",
        "policy_id": made.id,
    }
    assert [line.sentence for line in history.of(s, people.alice, ticket.number)] == [
        "created the ticket"
    ]
    assert alarm(s, ticket, Target.RESOLVE) == (Stage.TOLD, paris("2026-03-03", "11:00"))


def test_nothing_rings_of_what_is_met_waits_or_is_done(
    s: Session, people: People, time: Clock
) -> None:
    policy(s, people.diane, accept_minutes=60, first_response_minutes=60, resolve_minutes=120)
    it_is(time, "2026-03-02", "08:00")
    taken, waits, done = (opened(s, people.alice) for _ in range(3))
    assignment.take(s, people.bruno, taken.number)
    pause(s, people.bruno, waits)
    transitions.move(s, people.bruno, done.number, Status.RESOLVED)
    it_is(time, "2026-03-06", "08:00")

    rung(s)

    kinds = [kind for t in (taken, waits, done) for kind in happened(s, t.number)]
    targets = [e.details["target"] for e in s.scalars(select(Event)) if "target" in e.details]
    assert kinds.count("deadline.missed") == 2
    assert targets == ["first_response", "resolve"]


def test_a_reminder_is_told_again_only_when_the_deadline_moved_away_from_it(
    s: Session, people: People, time: Clock
) -> None:
    made = policy(s, people.diane, resolve_minutes=240)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-02", "11:00")
    rung(s)
    it_is(time, "2026-03-02", "11:10")
    pause(s, people.bruno, ticket)
    it_is(time, "2026-03-02", "14:00")
    resume(s, people.bruno, ticket)
    assert alarm(s, ticket, Target.RESOLVE) == (Stage.MISSED, paris("2026-03-02", "14:50"))

    sla.edit(s, people.diane, made.id, resolve_minutes=400)
    tickets.edit(s, people.bruno, ticket.number, {"type": "request"})

    assert alarm(s, ticket, Target.RESOLVE) == (Stage.NEAR, paris("2026-03-02", "16:30"))


def test_a_missed_deadline_raises_the_priority_and_gives_the_ticket_away(
    s: Session, people: People, time: Clock
) -> None:
    team = Team(name="Niveau 2")
    s.add(team)
    s.flush()
    wishes = {"raises_priority": True, "escalation_team_id": team.id}
    policy(s, people.diane, resolve_minutes=60, **wishes)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    assignment.take(s, people.bruno, ticket.number)
    it_is(time, "2026-03-02", "09:00")

    rung(s)
    rung(s)

    assert ticket.priority is Priority.HIGH
    assert ticket.is_priority_overridden
    assert (ticket.team_id, ticket.lead_id) == (team.id, None)
    assert happened(s, ticket.number)[2:] == ["deadline.missed", "ticket.escalated"]
    assert last_event(s, ticket.number).details["changes"] == {
        "priority": ["normal", "high"],
        "is_priority_overridden": [False, True],
        "team_id": [None, team.id],
        "lead_id": [people.bruno.id, None],
    }


def test_a_lead_of_the_team_that_gets_the_ticket_keeps_it(
    s: Session, people: People, time: Clock
) -> None:
    team_id = min(people.bruno.team_ids)
    policy(s, people.diane, resolve_minutes=60, escalation_team_id=team_id)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    assignment.take(s, people.bruno, ticket.number)
    it_is(time, "2026-03-02", "09:00")

    rung(s)

    assert (ticket.team_id, ticket.lead_id) == (team_id, people.bruno.id)


@pytest.mark.parametrize("returns", [True, False])
def test_what_was_not_accepted_in_time_goes_back_to_the_queue(
    s: Session, people: People, time: Clock, *, returns: bool
) -> None:
    policy(s, people.diane, accept_minutes=60, returns_unaccepted=returns)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    assignment.assign(s, people.diane, ticket.number, lead_id=people.bruno.id)
    it_is(time, "2026-03-02", "09:00")

    assert rung(s) == 1
    assert rung(s) == 0

    assert ticket.lead_id == (None if returns else people.bruno.id)
    returned = ["ticket.returned"] if returns else []
    assert happened(s, ticket.number)[2:] == ["deadline.missed", *returned]
    line = history.of(s, people.bruno, ticket.number)[-1]
    assert ("Bruno did not accept it in time" in line.sentence) is returns
    assignment.assign(s, people.diane, ticket.number, lead_id=people.diane.id)
    assert alarm(s, ticket, Target.ACCEPT) is None


def test_a_second_lead_who_does_not_accept_is_told_of_too(
    s: Session, people: People, time: Clock
) -> None:
    policy(s, people.diane, accept_minutes=60)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    for hour in ("09:00", "11:00"):
        assignment.assign(s, people.chloe, ticket.number, lead_id=people.bruno.id)
        it_is(time, "2026-03-02", hour)
        rung(s)

    assert happened(s, ticket.number).count("ticket.returned") == 2


def test_a_clock_that_is_put_back_rings_nothing_twice(
    s: Session, people: People, time: Clock
) -> None:
    policy(s, people.diane, resolve_minutes=120)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-02", "10:00")
    assert rung(s) == 1  # what is missed is no longer near

    it_is(time, "2026-03-02", "09:50")
    tickets.edit(s, people.bruno, ticket.number, {"type": "request"})
    rung(s)
    it_is(time, "2026-03-02", "10:05")
    rung(s)

    assert happened(s, ticket.number).count("deadline.missed") == 1


def test_what_a_changed_calendar_makes_late_rings_once(
    s: Session, people: People, time: Clock
) -> None:
    hours = calendar(s, people.diane)
    policy(s, people.diane, resolve_minutes=240, calendar_id=hours.id, raises_priority=True)
    it_is(time, "2026-03-02", "17:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-03", "08:30")

    calendars.edit(s, people.diane, hours.id, hours="always")
    renewed(s)
    told = [rung(s), rung(s)]
    calendars.edit(s, people.diane, hours.id, hours=EIGHT_TO_SIX | {"mon": [["08:00", "22:00"]]})
    renewed(s)

    assert told == [1, 0]
    assert ticket.resolve_due_at == paris("2026-03-02", "21:00")
    assert ticket.priority is Priority.HIGH
    assert rung(s) == 0  # late by other hours: it was told already
    assert happened(s, ticket.number).count("deadline.missed") == 1


def test_a_raised_priority_lets_no_other_deadline_ring_at_once(
    s: Session, people: People, time: Clock
) -> None:
    hours = calendar(s, people.diane)
    usual = {"accept_minutes": 60, "resolve_minutes": 600}
    for priority, name, promised in (
        ("high", "Vite", {"accept_minutes": 30, "resolve_minutes": 60}),
        (None, "Normal", usual),
    ):
        policy(
            s,
            people.diane,
            name=name,
            calendar_id=hours.id,
            priority=priority,
            raises_priority=True,
            **promised,
        )
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-02", "09:00")

    assert [rung(s), rung(s)] == [1, 0]

    assert ticket.priority is Priority.HIGH
    assert ticket.resolve_due_at == paris("2026-03-02", "09:00")
    assert alarm(s, ticket, Target.RESOLVE) == (Stage.TOLD, paris("2026-03-02", "09:00"))


def test_what_was_missed_by_itself_rings_whatever_another_alarm_moved(
    s: Session, people: People, time: Clock
) -> None:
    hours = calendar(s, people.diane)
    for priority, minutes in (("high", 20), (None, 50)):
        policy(
            s,
            people.diane,
            name=f"{minutes}",
            calendar_id=hours.id,
            priority=priority,
            accept_minutes=60,
            first_response_minutes=minutes,
            raises_priority=True,
        )
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-02", "09:00")

    assert rung(s) == 2

    assert happened(s, ticket.number).count("deadline.missed") == 2


def test_one_ring_tells_at_most_a_batch(
    s: Session, people: People, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "BATCH", 3)
    policy(s, people.diane, accept_minutes=60, first_response_minutes=60)
    it_is(time, "2026-03-02", "08:00")
    for _ in range(4):
        opened(s, people.alice)
    it_is(time, "2026-03-02", "12:00")

    assert [rung(s) for _ in range(4)] == [3, 3, 2, 0]


def test_two_who_ring_at_once_ring_each_alarm_once(
    s: Session, people: People, time: Clock, engine: Engine
) -> None:
    policy(s, people.diane, accept_minutes=60, first_response_minutes=60, resolve_minutes=90)
    it_is(time, "2026-03-02", "08:00")
    for number in range(30):
        create(s, people.alice, NewTicket(title=f"Panne {number}"))
    s.commit()
    it_is(time, "2026-03-02", "12:00")
    totals: list[int] = []
    together = threading.Barrier(3)

    def ring() -> None:
        together.wait()
        totals.extend(db.write(alarms.ring) for _ in range(40))

    threads = [threading.Thread(target=ring) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(totals) == 90
    s.rollback()
    missed = s.scalars(select(Event.id).where(Event.kind == "deadline.missed")).all()
    assert len(missed) == 90
    assert set(s.scalars(select(Alarm.stage))) == {Stage.TOLD}


def test_what_somebody_holds_rings_the_next_time(
    s: Session, people: People, time: Clock, engine: Engine
) -> None:
    if engine.dialect.name == "sqlite":
        return  # there is one writer: nobody holds anything meanwhile
    policy(s, people.diane, resolve_minutes=60)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    it_is(time, "2026-03-02", "12:00")

    with Session(engine) as other:
        other.get(Ticket, ticket.number, with_for_update=True)
        assert rung(s) == 0
    assert rung(s) == 1


def test_alarms_of_what_was_moved_past_the_services_do_not_ring(
    s: Session, people: People, time: Clock
) -> None:
    policy(s, people.diane, resolve_minutes=60)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    ticket.status = Status.CLOSED
    it_is(time, "2026-03-02", "12:00")

    assert rung(s) == 0

    assert alarm(s, ticket, Target.RESOLVE) is None
    assert happened(s, ticket.number) == ["ticket.created"]


PROMISED = {"low": 300, "normal": 200, "high": 120, "urgent": 40}  # minutes, day and night
REMIND = 15


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 130), st.sampled_from([None, None, *PROMISED])), max_size=8
    ),
    raises=st.booleans(),
)
def test_whoever_changes_the_priority_each_deadline_rings_when_it_is_and_once(
    s: Session, people: People, time: Clock, steps: list[tuple[int, str | None]], *, raises: bool
) -> None:
    _promise(s, people, raises=raises)
    it_is(time, "2026-03-02", "08:00")
    ticket = opened(s, people.alice)
    begun = clock.now()
    told = dict.fromkeys(("deadline.near", "deadline.missed"), begun - timedelta(days=1))
    for minutes, priority in (*steps, (400, None)):
        time.pass_by(minutes=minutes)
        if priority:
            tickets.edit(s, people.diane, ticket.number, {"priority": priority})
        due = begun + timedelta(minutes=PROMISED[ticket.priority])
        expected = _what_rings(due, told)
        before = _rings(s, ticket)

        rung(s)

        assert _rings(s, ticket)[len(before) :] == expected
        assert rung(s) == 0
        s.refresh(ticket)


def _promise(s: Session, people: People, *, raises: bool) -> None:
    """Promise less for each higher priority, on a calendar that never closes."""
    for old in sla.all(s, people.diane):
        sla.delete(s, people.diane, old.id)
    found = [each for each in calendars.all(s, people.diane) if each.name == "Bureau"]
    hours = found[0] if found else calendar(s, people.diane, hours="always")
    for name, minutes in PROMISED.items():
        policy(
            s, people.diane, name=name, calendar_id=hours.id, priority=name, raises_priority=raises,
            resolve_minutes=minutes, remind_minutes=REMIND,
        )  # fmt: skip


def _what_rings(due: datetime, told: dict[str, datetime]) -> list[str]:
    """Return what is told now: what is near and was not said since, what is late and was not."""
    near = due - timedelta(minutes=REMIND)
    kind, since = ("deadline.missed", due) if due <= clock.now() else ("deadline.near", near)
    if since > clock.now() or told[kind] >= since:
        return []
    told[kind] = clock.now()
    return [kind]


def _rings(s: Session, ticket: Ticket) -> list[str]:
    return [kind for kind in happened(s, ticket.number) if kind.startswith("deadline.")]
