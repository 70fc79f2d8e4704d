"""What waits to be told outside, what was given up, and sending that again."""

import pytest
from sqlalchemy.orm import Session

from data import clock
from data.models import Delivery, DeliveryState, Event
from services import deliveries, queues, relay, schedule, webhooks
from services.deliveries import Outcome
from services.errors import NotAllowed
from services.tasks import TASKS
from tests.callers import Callers
from tests.conftest import Clock, People


def planned(s: Session, channel: str, recipient: str, count: int = 1) -> None:
    for _ in range(count):
        event = Event(kind="ticket.closed", ticket_number=7, relayed_at=clock.now())
        s.add(event)
        s.flush()
        deliveries.plan(s, event, channel, recipient)
    s.commit()


def give_up(s: Session, count: int) -> None:
    for parcel in deliveries.claim(s, count):
        deliveries.settle(s, parcel, Outcome("refused", 500, "no", is_final=True))
    s.commit()


def test_nothing_waits_in_an_empty_installation(s: Session, people: People) -> None:
    assert queues.figures(s, people.diane) == queues.Queues(0, None, [])


def test_what_waits_is_counted_by_channel_with_its_age(
    s: Session, people: People, time: Clock
) -> None:
    time.stop()
    start = clock.now()
    planned(s, "webhook", "1", 3)
    give_up(s, 1)
    time.pass_by(minutes=5)
    planned(s, "email", "2", 2)
    deliveries.claim(s, 1)
    s.add(Event(kind="ticket.closed", ticket_number=7))
    s.commit()

    found = queues.figures(s, people.diane)

    later = clock.now()
    assert found == queues.Queues(
        unrelayed=1,
        oldest_at=later,
        channels=[
            queues.Queue("email", waiting=2, being_sent=0, given_up=0, oldest_at=later),
            queues.Queue("webhook", waiting=1, being_sent=1, given_up=1, oldest_at=start),
        ],
    )


def test_what_a_channel_gave_up_is_sent_again_in_chunks(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "CHUNK", 2)
    planned(s, "webhook", "1", 3)
    planned(s, "email", "2", 1)
    give_up(s, 4)

    sent = [queues.resend_all(s, people.diane, "webhook") for _ in range(3)]
    s.commit()

    assert sent == [2, 1, 0]
    states = {(d.channel, d.state, d.attempts, d.error) for d in s.query(Delivery)}
    assert states == {
        ("webhook", DeliveryState.PENDING, 0, ""),
        ("email", DeliveryState.DEAD, 1, "refused"),
    }
    assert len(deliveries.claim(s, 9)) == 3
    resent = s.query(Event).filter_by(kind="delivery.resent").order_by(Event.id).all()
    assert [(e.subject, e.details["count"]) for e in resent] == [
        ("deliveries:webhook", 2),
        ("deliveries:webhook", 1),
    ]


def test_what_was_given_up_says_to_whom_it_was_to_go(s: Session, people: People) -> None:
    hook = {"name": "Supervision", "url": "https://exemple.fr/", "kinds": ["ticket.closed"]}
    key = str(webhooks.create(s, people.diane, **hook)[0].id)
    planned(s, "webhook", key)
    planned(s, "email", str(people.bruno.id))
    planned(s, "sms", "+33 1 23 45 67 89")
    give_up(s, 3)

    found = queues.given_up(s, people.diane)

    assert [d.channel for d in found] == ["sms", "email", "webhook"]
    assert queues.recipients(s, found) == {
        ("webhook", key): "Supervision",
        ("email", str(people.bruno.id)): "Bruno",
    }


@pytest.mark.parametrize("name", ["alice", "bruno", "chloe", "driss"])
def test_nobody_else_sees_queues_or_sends_again(s: Session, people: People, name: str) -> None:
    by = getattr(people, name)
    for gesture in (queues.figures, queues.given_up):
        with pytest.raises(NotAllowed):
            gesture(s, by)
    with pytest.raises(NotAllowed):
        queues.resend_all(s, by, "webhook")


async def test_monitoring_reads_schedule_and_queues(
    s: Session, people: People, callers: Callers
) -> None:

    schedule.sow(s, TASKS)
    planned(s, "webhook", "1", 2)
    relay.relay(s)
    s.commit()

    answer = await callers.diane.get("/jobs")

    told = answer.json()
    assert [task["name"] for task in told["schedule"]] == list(TASKS)
    assert told["schedule"][0]["failures"] == 0
    assert told["queues"][0]["waiting"] == 2
    assert told["events"] == {"waiting": 0, "oldest_at": None}
    assert (await callers.chloe.get("/jobs")).status_code == 403
