"""Deliveries: leased by one, tried again, given up, sent anew (architecture.md 7)."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import Delivery, DeliveryState, Event
from services import deliveries, upkeep
from services.deliveries import BACKOFF, KEPT, LEASE, DeliveryPage, Outcome, Parcel
from services.errors import Invalid, NotAllowed, NotFound, WrongState
from tests.conftest import Clock, People

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


def take(s: Session, limit: int = 10) -> list[Parcel]:
    parcels = deliveries.claim(s, limit)
    s.commit()
    return parcels


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


def test_the_lease_of_a_process_that_died_runs_out(s: Session, time: Clock) -> None:
    planned(s)
    (lost,) = take(s)
    time.pass_by(seconds=LEASE.total_seconds() - 1)
    assert take(s) == []
    time.pass_by(seconds=2)

    (again,) = take(s)

    assert (again.key, again.attempt) == (lost.key, 2)
    assert again.request_id != lost.request_id


def test_who_comes_back_after_the_lease_changes_nothing(s: Session, time: Clock) -> None:
    (key,) = planned(s)
    (late,) = take(s)
    time.pass_by(seconds=LEASE.total_seconds() + 1)
    (current,) = take(s)

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
    assert deliveries.next_due(s, ["webhook"]) == now() + LEASE

    settle(s, parcel, FAILED)

    assert deliveries.next_due(s, ["webhook"]) == now() + BACKOFF[0]


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
        deliveries.page(s, by, "webhook")
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

    def found(channel: str = "webhook", recipient: str = "", **how: Any) -> list[int]:
        page = deliveries.page(s, people.diane, channel, recipient, **how)
        return [delivery.id for delivery in page.deliveries]

    assert found() == [two, one]
    assert found("webhook", "2") == [two]
    assert found(state=DeliveryState.DEAD) == [one]
    assert found("email") == []


def test_the_log_goes_on_where_a_page_ended(s: Session, people: People) -> None:
    ids = planned(s, 5)

    def page(after: str | None) -> DeliveryPage:
        return deliveries.page(s, people.diane, "webhook", "7", after=after, limit=2)

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
        deliveries.page(s, people.diane, "webhook", after=after)


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
    mine = set(planned(s, 3))
    hands: list[Parcel] = []
    for step in steps:
        if step == "take":
            taken = [p for p in take(s, 1) if p.id in mine]
            expired = {p.id for p in taken}
            hands = [p for p in hands if p.id not in expired] + taken
        elif step == "wait":
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
    for _ in range(100):
        time.pass_by(hours=7)
        for parcel in take(s):
            settle(s, parcel, Outcome(status=200))
    ended = select(Delivery.state).where(Delivery.id.in_(mine))
    assert set(s.scalars(ended)) <= {DeliveryState.DONE, DeliveryState.DEAD}
