"""Deliveries: leased by one, tried again, given up, sent anew (architecture.md 7)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text
from sqlalchemy.event import listen as listening
from sqlalchemy.event import remove as unlisten
from sqlalchemy.orm import Session

from data import clock
from data.clock import now
from data.models import Delivery, DeliveryState, Event, Ticket
from services import deliveries, upkeep
from services.deliveries import BACKOFF, KEPT, LEASE, DeliveryPage, Leases, Outcome, Parcel, Wanted
from services.errors import Invalid, NotAllowed, NotFound, WrongState
from tests.conftest import Clock, People, last_event

FAILED = Outcome("refused", 500, "no")


def planned(s: Session, count: int = 1, recipient: str = "7") -> list[int]:
    """Deliveries of as many events, and their ids."""
    for _ in range(count):
        event = Event(kind="ticket.created", details={})
        s.add(event)
        s.flush()
        deliveries.plan(s, event, "webhook", recipient)
    s.commit()
    return list(s.scalars(select(Delivery.id).order_by(Delivery.id)))[-count:]


def state(s: Session, delivery_id: int) -> Delivery:
    s.expire_all()
    return s.get_one(Delivery, delivery_id)


def take(s: Session, limit: int = 10, leases: Leases | None = None) -> list[Parcel]:
    parcels = deliveries.claim(s, limit, lost=leases.over(s) if leases else ())
    s.commit()
    return parcels


class Other:
    """Another process, with a stopwatch that the test moves."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.leases = Leases(lambda: self.moment)

    def wait(self, s: Session) -> None:
        """Let all leases be over that somebody holds now."""
        self.leases.over(s)
        self.moment += LEASE.total_seconds()

    def after_the_lease(self, s: Session) -> list[Parcel]:
        self.wait(s)
        return take(s, leases=self.leases)


def settle(s: Session, parcel: Parcel, outcome: Outcome) -> None:
    deliveries.settle(s, parcel, outcome)
    s.commit()


def test_what_is_claimed_by_one_is_claimed_by_nobody_else(s: Session) -> None:
    planned(s, 3)

    first, second, third = take(s, 2), take(s, 2), take(s, 2)

    assert [len(first), len(second), third] == [2, 1, []]
    assert len({parcel.id for parcel in first + second}) == 3


def test_one_delivery_is_claimed_by_its_id(s: Session) -> None:
    _one, two, _three = planned(s, 3)

    assert [p.id for p in deliveries.claim(s, 5, delivery_id=two)] == [two]
    s.commit()
    assert deliveries.claim(s, 5, delivery_id=two) == []


def test_what_arrived_is_done(s: Session) -> None:
    (key,) = planned(s)
    (parcel,) = take(s)

    settle(s, parcel, Outcome(status=204, answer="merci\x00\nbien"))

    found = state(s, key)
    assert (found.state, found.attempts, found.status) == (DeliveryState.DONE, 1, 204)
    assert found.answer == "merci bien"
    assert take(s) == []


def test_a_failure_is_tried_again_ever_later_and_then_given_up(s: Session, time: Clock) -> None:
    (key,) = planned(s)
    keys, pauses = set(), []
    time.stop()

    while parcels := take(s):
        keys |= {parcel.key for parcel in parcels}
        settle(s, parcels[0], FAILED)
        found = state(s, key)
        if found.state is DeliveryState.PENDING:
            pauses.append(found.next_at - now())
            time.pass_by(seconds=(found.next_at - now()).total_seconds() - 0.001)
            assert take(s) == []
            time.pass_by(seconds=0.001)

    assert pauses == list(BACKOFF)
    assert state(s, key).state is DeliveryState.DEAD
    assert state(s, key).attempts == len(BACKOFF) + 1
    assert len(keys) == 1


def test_a_final_answer_is_the_end(s: Session) -> None:
    (key,) = planned(s)

    settle(s, take(s)[0], Outcome("gone", 410, is_final=True))

    assert state(s, key).state is DeliveryState.DEAD


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (timedelta(seconds=3), BACKOFF[0]),
        (timedelta(minutes=5), timedelta(minutes=5)),
        (timedelta(days=9), BACKOFF[-1]),
    ],
)
def test_a_receiver_may_ask_for_patience_within_reason(
    s: Session, time: Clock, asked: timedelta, waits: timedelta
) -> None:
    (key,) = planned(s)
    time.stop()

    settle(s, take(s)[0], Outcome("refused", 429, wait=asked))

    assert state(s, key).next_at == now() + waits


def test_the_lease_of_a_process_that_died_runs_out(s: Session) -> None:
    planned(s)
    (lost,) = take(s)
    other = Other()
    assert take(s, leases=other.leases) == []
    other.moment += LEASE.total_seconds() - 1
    assert take(s, leases=other.leases) == []
    other.moment += 1
    assert other.leases.left() == 0

    (again,) = take(s, leases=other.leases)

    assert (again.key, again.attempt) == (lost.key, 2)
    assert again.request_id != lost.request_id


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_that_jumps_neither_ends_a_lease_nor_keeps_it(
    s: Session, time: Clock, hours: int
) -> None:
    planned(s)
    take(s)
    other = Other()
    take(s, leases=other.leases)

    time.pass_by(hours=hours)

    assert take(s, leases=other.leases) == []
    other.moment += LEASE.total_seconds()
    assert len(take(s, leases=other.leases)) == 1


def test_a_clock_that_is_set_back_holds_back_no_pause_but_appointments(
    s: Session, time: Clock
) -> None:
    paused, appointed = planned(s, 2)
    promised = state(s, appointed)
    promised.paused_at, promised.next_at = None, now() + timedelta(minutes=5)
    s.commit()
    (parcel,) = take(s)
    settle(s, parcel, FAILED)

    time.pass_by(hours=-3)

    assert [parcel.id for parcel in take(s)] == [paused]
    time.pass_by(hours=3, minutes=5)
    assert [parcel.id for parcel in take(s)] == [appointed]


def test_a_machine_whose_clock_is_ahead_plans_nothing_for_later(s: Session, time: Clock) -> None:
    with clock.at(now() + timedelta(hours=3)):
        event = Event(kind="ticket.created", details={})
    s.add(event)
    s.flush()

    deliveries.plan(s, event, "webhook", "7")

    assert len(take(s)) == 1


def test_who_was_frozen_before_sending_leaves_it_to_whoever_has_it_now(s: Session) -> None:
    planned(s)
    (frozen,) = take(s)
    other = Other()
    assert deliveries.held(s, [frozen]) == [frozen]
    (current,) = other.after_the_lease(s)

    assert deliveries.held(s, [frozen, current]) == [current]


def test_what_is_given_back_is_due_at_once_with_all_its_attempts(s: Session) -> None:
    (key,) = planned(s)
    (late,) = take(s)
    (parcel,) = Other().after_the_lease(s)
    deliveries.give_back(s, late)
    assert state(s, key).state is DeliveryState.LEASED

    deliveries.give_back(s, parcel)
    s.commit()

    assert (state(s, key).state, state(s, key).attempts) == (DeliveryState.PENDING, 1)
    assert len(take(s)) == 1


def test_who_comes_back_after_the_lease_changes_nothing(s: Session) -> None:
    (key,) = planned(s)
    (late,) = take(s)
    (current,) = Other().after_the_lease(s)

    settle(s, late, FAILED)
    assert state(s, key).state is DeliveryState.LEASED
    settle(s, current, Outcome(status=200))
    settle(s, late, FAILED)

    assert state(s, key).state is DeliveryState.DONE


def test_those_behind_a_failure_wait_with_it_and_others_do_not(s: Session, time: Clock) -> None:
    planned(s, 5, "down")
    planned(s, 1, "up")
    time.stop()
    (parcel,) = take(s, 1)

    settle(s, parcel, FAILED)

    assert [p.recipient for p in take(s)] == ["up"]
    time.pass_by(seconds=10)
    assert len(take(s)) == 5


def test_nobody_waits_for_hours_behind_one_that_fails_since_long(s: Session, time: Clock) -> None:
    (old, *_young) = planned(s, 3, "down")
    time.stop()
    state(s, old).attempts = 4
    s.commit()
    parcels = [p for p in take(s, 1) if p.id == old]

    settle(s, parcels[0], FAILED)
    time.pass_by(seconds=deliveries.WAIT_BEHIND.total_seconds())

    assert len(take(s)) == 2


def test_the_next_thing_due_is_known(s: Session, time: Clock) -> None:
    assert deliveries.next_due(s, ["webhook"]) is None
    planned(s)
    time.stop()
    (parcel,) = take(s)
    assert deliveries.next_due(s, ["webhook"]) is None

    settle(s, parcel, FAILED)

    assert deliveries.next_due(s, ["webhook"]) == BACKOFF[0]


def test_diane_sends_what_ended_again_under_the_same_key(s: Session, people: People) -> None:
    for outcome in (Outcome(status=200), Outcome("gone", 410, is_final=True)):
        (key,) = planned(s)
        (parcel,) = take(s)
        with pytest.raises(WrongState):
            deliveries.resend(s, people.diane, key)
        settle(s, parcel, outcome)

        deliveries.resend(s, people.diane, key)
        s.commit()

        (again,) = take(s)
        assert (again.key, again.attempt) == (parcel.key, 1)
        settle(s, again, Outcome(status=200))


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe", "driss"])
def test_nobody_else_looks_or_sends_again(s: Session, people: People, who: str) -> None:
    (key,) = planned(s)
    by = getattr(people, who)

    with pytest.raises(NotAllowed):
        deliveries.page(s, by, Wanted("webhook"))
    with pytest.raises(NotAllowed):
        deliveries.get(s, by, key)
    with pytest.raises(NotAllowed):
        deliveries.resend(s, by, key)


def test_what_does_not_exist_is_not_sent_again(s: Session, people: People) -> None:
    with pytest.raises(NotFound):
        deliveries.resend(s, people.diane, 999)


def test_the_log_is_newest_first_and_can_be_narrowed(s: Session, people: People) -> None:
    one, two = planned(s, 1, "1") + planned(s, 1, "2")
    settle(s, take(s, 1)[0], Outcome("gone", is_final=True))

    def found(channel: str = "webhook", **how: Any) -> list[int]:
        page = deliveries.page(s, people.diane, Wanted(channel, **how))
        return [delivery.id for delivery in page.deliveries]

    assert found() == [two, one]
    assert found(recipients={"2"}) == [two]
    assert found(recipients=()) == []
    assert found(state=DeliveryState.DEAD) == [one]
    assert found(number=42) == []
    assert found("email") == []


def test_the_log_of_one_ticket_holds_what_was_told_of_it(
    s: Session, people: People, ticket: Ticket
) -> None:
    planned(s, 2)
    event = last_event(s, ticket.number)
    deliveries.plan(s, event, "webhook", "7")

    page = deliveries.page(s, people.diane, Wanted("webhook", number=ticket.number))

    assert [delivery.event_id for delivery in page.deliveries] == [event.id]


INDEX = {  # of what is asked for, the first of those that do
    "": ("channel_id",),
    "recipients": ("channel_recipient_id",),
    "state": ("channel_state_id",),
    "number": ("event_id_channel_recipient", "1"),  # as SQLite calls it
}


@pytest.mark.parametrize("by", INDEX)
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_the_log_is_read_by_an_index_however_much_there_is(
    s: Session, people: People, ticket: Ticket, by: str, channel: str
) -> None:
    many(s, ticket.number)
    how: dict[str, Any] = {
        "recipients": {"7"},
        "state": DeliveryState.DEAD,
        "number": ticket.number,
    }
    wanted = Wanted(channel, **({by: how[by]} if by else {}))

    plan = explained(s, lambda: deliveries.page(s, people.diane, wanted, after="2500"))

    assert any(f"delivery_{index}" in plan for index in INDEX[by]), plan
    assert by in ("number", "") or "TEMP B-TREE" not in plan


def many(s: Session, number: int) -> None:
    """Write far more e-mails than short messages, and tell the database of it."""
    events = [
        Event(kind="comment.posted", details={}, ticket_number=number if n % 500 == 0 else None)
        for n in range(3000)
    ]
    s.add_all(events)
    s.flush()
    rows = [
        {
            "key": str(event.id),
            "event_id": event.id,
            "channel": "sms" if n % 100 == 0 else "email",
            "recipient": str(n % 400),
            "state": DeliveryState.DEAD if n % 50 == 0 else DeliveryState.DONE,
        }
        for n, event in enumerate(events)
    ]
    s.execute(insert(Delivery), rows)
    s.execute(text("ANALYZE" if is_sqlite(s) else "ANALYZE TABLE delivery"))
    s.commit()


def is_sqlite(s: Session) -> bool:
    return s.get_bind().dialect.name == "sqlite"


def explained(s: Session, work: Callable[[], object]) -> str:
    """Return how the database looks for the deliveries."""
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cur: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    engine = s.get_bind()
    listening(engine, "before_cursor_execute", note)
    work()
    unlisten(engine, "before_cursor_execute", note)
    statement, values = next(pair for pair in asked if "FROM delivery" in pair[0])
    how = "EXPLAIN QUERY PLAN" if is_sqlite(s) else "EXPLAIN"
    rows = s.connection().exec_driver_sql(f"{how} {statement}", values).all()
    return "\n".join(str(tuple(row)) for row in rows)


def test_the_log_goes_on_where_a_page_ended(s: Session, people: People) -> None:
    ids = planned(s, 5)

    def page(after: str | None) -> DeliveryPage:
        return deliveries.page(s, people.diane, Wanted("webhook", {"7"}), after=after, limit=2)

    first = page(None)
    planned(s)
    second = page(first.after)
    third = page(second.after)

    pages = [[d.id for d in found.deliveries] for found in (first, second, third)]
    assert pages == [ids[:2:-1], ids[2:0:-1], ids[:1]]
    assert third.after is None


@pytest.mark.parametrize("after", ["x", "-1", "²", "9" * 19, "9" * 100, "1|a"])
def test_a_damaged_cursor_is_refused(s: Session, people: People, after: str) -> None:
    with pytest.raises(Invalid):
        deliveries.page(s, people.diane, Wanted("webhook"), after=after)


def test_what_ended_is_forgotten_after_a_month_and_what_waits_never(
    s: Session, time: Clock
) -> None:
    done, dead, waiting = planned(s, 3)
    parcels = take(s, 2)
    settle(s, parcels[0], Outcome(status=200))
    settle(s, parcels[1], Outcome("gone", is_final=True))
    time.pass_by(days=KEPT.days - 1)
    upkeep.clean(s)
    assert s.scalar(select(func.count()).select_from(Delivery)) == 3
    time.pass_by(days=2)

    upkeep.clean(s)
    s.commit()

    assert s.scalars(select(Delivery.id)).all() == [waiting]
    assert {done, dead} & {waiting} == set()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(["take", "arrive", "fail", "die", "wait"]), max_size=25))
def test_whatever_happens_nothing_is_lost_and_no_two_hold_the_same(
    s: Session, time: Clock, steps: list[str]
) -> None:
    """A machine of senders: each delivery waits, is in one hand, or ended."""
    mine, other = set(planned(s, 3)), Other()
    hands: list[Parcel] = []
    for step in steps:
        if step == "take":
            taken = [p for p in take(s, 1, other.leases) if p.id in mine]
            expired = {p.id for p in taken}
            hands = [p for p in hands if p.id not in expired] + taken
        elif step == "wait":
            other.wait(s)
            time.pass_by(seconds=30)
        elif hands:
            parcel = hands.pop()
            if step != "die":
                settle(s, parcel, Outcome(status=200) if step == "arrive" else FAILED)
        found = {d.id: d for d in s.scalars(select(Delivery).where(Delivery.id.in_(mine)))}
        s.expire_all()
        assert found.keys() == mine
        held = [p.id for p in hands]
        assert len(held) == len(set(held))
        assert all(found[p.id].request_id == p.request_id for p in hands)
    for _ in range(3):  # lost, behind a failure, and once more
        other.wait(s)
        time.pass_by(hours=7)
        for parcel in take(s, leases=other.leases):
            settle(s, parcel, Outcome(status=200))
    ended = select(Delivery.state).where(Delivery.id.in_(mine))
    assert set(s.scalars(ended)) <= {DeliveryState.DONE, DeliveryState.DEAD}
