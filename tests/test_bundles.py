"""Bundles: what goes out as one message is leased, repeated and settled together."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.models import Delivery, DeliveryState, Event
from services import deliveries
from services.bundles import LEASES, Leases, Parcel
from services.deliveries import Outcome, Plan
from tests.conftest import Clock, People

FAILED = Outcome("unreachable")
ARRIVED = Outcome()


def planned(
    s: Session, count: int, bundle: str = "ticket:42", recipient: str = "7", after: float = 0
) -> list[int]:
    """Deliveries of as many events, due `after` seconds, and their ids."""
    events = [Event(kind="comment.posted", details={}) for _ in range(count)]
    s.add_all(events)
    s.flush()
    due = now() + timedelta(seconds=after)
    deliveries.plan_all(
        s, [Plan(event.id, "email", recipient, bundle, next_at=due) for event in events]
    )
    s.commit()
    return list(s.scalars(select(Delivery.id).order_by(Delivery.id)))[-count:]


def take(s: Session, limit: int = 10, leases: Leases | None = None) -> list[Parcel]:
    parcels = deliveries.claim(s, limit, lost=leases.over(s) if leases else ())
    s.commit()
    return parcels


def settle(s: Session, parcel: Parcel, outcome: Outcome) -> None:
    deliveries.settle(s, parcel, outcome)
    s.commit()


def states(s: Session, ids: list[int]) -> list[DeliveryState]:
    s.expire_all()
    return [s.get_one(Delivery, key).state for key in ids]


def test_what_waits_in_a_bundle_goes_with_the_first_that_is_due(s: Session) -> None:
    due = planned(s, 2)
    later = planned(s, 2, after=100)
    planned(s, 1, "ticket:43", after=100)
    planned(s, 1, recipient="8", after=100)

    (parcel,) = take(s)

    assert list(parcel.ids) == due + later
    assert len(parcel.event_ids) == 4
    assert take(s) == []


def test_nothing_goes_before_anything_of_it_is_due(s: Session, time: Clock) -> None:
    planned(s, 3, after=100)
    assert take(s) == []
    time.pass_by(seconds=101)

    (parcel,) = take(s)

    assert len(parcel.ids) == 3


def test_each_recipient_and_bundle_is_a_message_and_what_has_none_is_alone(s: Session) -> None:
    planned(s, 2, "daily", "1")
    planned(s, 2, "hourly", "1")
    planned(s, 2, "daily", "2")
    planned(s, 2, "", "1")

    parcels = take(s)

    assert sorted(len(parcel.ids) for parcel in parcels) == [1, 1, 2, 2, 2]
    assert len({parcel.key for parcel in parcels}) == 5


def test_no_more_messages_are_taken_than_asked_for(s: Session) -> None:
    for number in range(5):
        planned(s, 2, f"ticket:{number}")

    assert [len(p.ids) for p in take(s, 3)] == [2, 2, 2]
    assert len(take(s, 3)) == 2


def test_one_of_a_bundle_brings_the_others(s: Session) -> None:
    _one, two, _three = ids = planned(s, 3)

    (parcel,) = deliveries.claim(s, 5, delivery_id=two)

    assert list(parcel.ids) == ids


def test_of_a_bundle_one_is_handed_out(s: Session) -> None:
    ids = planned(s, 3) + planned(s, 1, "")

    assert deliveries.due(s, 10) == [(ids[0], 0), (ids[3], 0)]


def test_a_repeat_is_the_same_message_whatever_came_meanwhile(s: Session, time: Clock) -> None:
    ids = planned(s, 2)
    (first,) = take(s)
    settle(s, first, FAILED)
    planned(s, 2)
    time.pass_by(minutes=2)

    repeat, fresh = sorted(take(s), key=lambda parcel: parcel.ids)

    assert (repeat.key, list(repeat.ids), repeat.attempt) == (first.key, ids, 2)
    assert fresh.key != first.key
    assert (len(fresh.ids), fresh.attempt) == (2, 1)


class Other:
    """Another process, with a stopwatch that the test moves."""

    def __init__(self, s: Session) -> None:
        self.moment = 0.0
        self.leases = Leases(lambda: self.moment)
        self.leases.over(s)

    def wait(self) -> None:
        self.moment += LEASES["email"].total_seconds()


def test_the_bundle_of_a_sender_that_was_killed_is_taken_again_whole(s: Session) -> None:
    ids = planned(s, 3)
    (lost,) = take(s)
    planned(s, 1)  # goes out on its own: the lost one may have arrived
    (other,) = take(s)
    watching = Other(s)
    watching.wait()
    settle(s, other, ARRIVED)

    (again,) = take(s, leases=watching.leases)

    assert (again.key, list(again.ids)) == (lost.key, ids)
    assert again.request_id != lost.request_id


def test_who_comes_back_after_the_lease_changes_nothing_of_a_bundle(s: Session) -> None:
    ids = planned(s, 3)
    (late,) = take(s)
    other = Other(s)
    other.wait()
    (current,) = take(s, leases=other.leases)

    settle(s, late, FAILED)
    assert set(states(s, ids)) == {DeliveryState.LEASED}
    settle(s, current, ARRIVED)
    settle(s, late, FAILED)

    assert set(states(s, ids)) == {DeliveryState.DONE}


def test_what_a_message_left_out_is_skipped_and_the_rest_is_tried_again(
    s: Session, time: Clock
) -> None:
    ids = planned(s, 3)
    (parcel,) = take(s)
    settle(s, parcel, Outcome("unreachable", told=(ids[0], ids[2])))

    assert states(s, ids) == [DeliveryState.PENDING, DeliveryState.SKIPPED, DeliveryState.PENDING]
    time.pass_by(minutes=1)
    (again,) = take(s)
    assert (again.key, list(again.ids)) == (parcel.key, [ids[0], ids[2]])


def test_a_message_that_says_nothing_is_skipped(s: Session) -> None:
    ids = planned(s, 2)

    settle(s, take(s)[0], Outcome(skipped=True))

    assert set(states(s, ids)) == {DeliveryState.SKIPPED}
    assert take(s) == []


def test_diane_sends_a_whole_message_again(s: Session, people: People) -> None:
    ids = planned(s, 3)
    (parcel,) = take(s)
    settle(s, parcel, Outcome("bounced", is_final=True))

    deliveries.resend(s, people.diane, ids[1])
    s.commit()

    (again,) = take(s)
    assert (again.key, list(again.ids), again.attempt) == (parcel.key, ids, 1)


def test_senders_who_claim_together_never_share_a_bundle(s: Session) -> None:
    for number in range(40):
        planned(s, 3, f"ticket:{number}", str(number % 7))
    found: list[Parcel] = []
    begin = threading.Barrier(4)

    def claim() -> None:
        begin.wait()
        idle = 0
        while idle < 3:
            parcels = db.write(lambda w: deliveries.claim(w, 4))
            found.extend(parcels)
            idle = 0 if parcels else idle + 1

    senders = [threading.Thread(target=claim) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    found += db.write(lambda w: deliveries.claim(w, 50))  # what two stepped back from
    assert [len(parcel.ids) for parcel in found] == [3] * 40
    assert len({key for parcel in found for key in parcel.ids}) == 120


@pytest.mark.mariadb
def test_a_bundle_whose_first_is_in_other_hands_is_left_alone(s: Session) -> None:
    ids = planned(s, 3)
    s.execute(select(Delivery).where(Delivery.id == ids[0]).with_for_update())

    assert db.write(lambda w: deliveries.claim(w, 5)) == []
    s.rollback()
    s.execute(select(Delivery).where(Delivery.id == ids[2]).with_for_update())
    assert db.write(lambda w: deliveries.claim(w, 5)) == []
    s.rollback()

    (parcel,) = db.write(lambda w: deliveries.claim(w, 5))
    assert list(parcel.ids) == ids


class Senders:
    """Some senders at one table, to which more comes all the time."""

    def __init__(self, s: Session, time: Clock) -> None:
        self.s, self.time = s, time
        self.watching = Other(s)
        self.contents: dict[str, tuple[int, ...]] = {}  # of each message, by its key
        self.hands: list[Parcel] = []
        self.mine: set[int] = set()

    def plan(self) -> None:
        self.mine |= {*planned(self.s, 2)}

    def take(self) -> None:
        for parcel in take(self.s, 1, self.watching.leases):
            assert self.contents.setdefault(parcel.key, parcel.ids) == parcel.ids
            self.hands = [held for held in self.hands if not {*held.ids} & {*parcel.ids}]
            self.hands.append(parcel)

    def end(self, outcome: Outcome | None) -> None:
        parcel = self.hands.pop() if self.hands else None
        if parcel and outcome:
            settle(self.s, parcel, outcome)

    def wait(self, **time: float) -> None:
        self.watching.leases.over(self.s)
        self.watching.wait()
        self.time.pass_by(**time)


STEPS: dict[str, Callable[[Senders], None]] = {
    "plan": Senders.plan,
    "take": Senders.take,
    "arrive": lambda senders: senders.end(ARRIVED),
    "fail": lambda senders: senders.end(FAILED),
    "die": lambda senders: senders.end(None),
    "wait": lambda senders: senders.wait(seconds=30),
}


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=25))
def test_whatever_happens_a_delivery_is_in_one_message_only(
    s: Session, time: Clock, steps: list[str]
) -> None:
    senders = Senders(s, time)
    for step in ("plan", *steps):
        STEPS[step](senders)
    for _ in range(len(steps) + 1):  # as many messages as there can be
        senders.wait(hours=7)
        senders.take()
        senders.end(ARRIVED)

    told = [key for ids in senders.contents.values() for key in ids]
    assert len(told) == len({*told})
    assert {*states(s, sorted(senders.mine))} <= {DeliveryState.DONE, DeliveryState.DEAD}
