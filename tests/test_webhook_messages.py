"""What webhooks say, how a receiver knows who wrote it, and what its answer brings about."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import clock, db
from data.models import Delivery, DeliveryState, Event, LinkKind, Status, Ticket, Webhook
from integrations import channels, safe_http, sender
from integrations.api.shapes import TicketOut
from services import (
    assignment,
    comments,
    deliveries,
    destinations,
    links,
    observers,
    sealing,
    tags,
    tickets,
    transitions,
    trash,
    webhooks,
)
from tests.conftest import Clock, People
from tests.servers import LOOPBACK
from tests.sinks import Sink, sink

GUIDE = Path(__file__).parent.parent / "docs" / "webhooks.md"


@pytest.fixture
def receiver(s: Session) -> Iterator[Sink]:
    """A receiver on this machine, which the administrator allowed."""
    destinations.configure([LOOPBACK])
    with sink() as started:
        yield started
    destinations.configure(())


@pytest.fixture
def webhook(s: Session, people: People, ticket: Ticket, receiver: Sink) -> Webhook:
    """A webhook that wants everything that may leave, once the ticket is there."""
    sender.relay_all()
    made, _secret = webhooks.create(
        s,
        people.diane,
        name="Essai",
        url=receiver.url,
        kinds=list(webhooks.KINDS),
        allows_http=True,
    )
    s.commit()
    return made


@pytest.fixture
def said(s: Session, people: People, ticket: Ticket, webhook: Webhook) -> Callable[[], None]:
    """Alice says something, and it is sent."""

    def say() -> None:
        comments.post(s, people.alice, ticket.number, "Bonjour")
        send_due(s)

    return say


def send_due(s: Session) -> None:
    """Relay and send what is due now, as the sender does, one after the other."""
    s.commit()
    sender.relay_all()
    for parcel in db.write(lambda w: deliveries.claim(w, 50)):
        channels.send(parcel)
    s.expire_all()


def only(s: Session) -> Delivery:
    return s.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()


def is_genuine() -> Callable[..., bool]:
    """The example that the guide gives to those who receive."""
    code = re.findall(r"```python\n(.+?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    namespace: dict[str, Any] = {}
    exec(code[0], namespace)  # noqa: S102 - it is our own document
    found: Callable[..., bool] = namespace["is_genuine"]
    return found


def test_a_message_tells_what_happened_to_the_ticket(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    assignment.take(s, people.bruno, ticket.number)
    s.commit()
    sender.relay_all()
    tags.add(s, people.bruno, ticket.number, "urgent")
    observers.add(s, people.bruno, ticket.number, people.chloe.id)
    tickets.edit(s, people.bruno, ticket.number, {"title": "Imprimante bavarde"})
    send_due(s)

    first = receiver.received[0].message

    assert first["kind"] == "ticket.taken"
    assert first["actor"] == {"id": people.bruno.id, "name": "Bruno"}
    assert first["subject"] == f"ticket:{ticket.number}"
    assert first["changes"]["status"] == ["new", "in_progress"]
    told = first["ticket"]
    assert told["title"] == "Imprimante bavarde"  # as things are now, not as they were
    assert (told["number"], told["status"], told["lead"]["name"]) == (1, "in_progress", "Bruno")
    assert told["requester"]["name"] == "Alice"
    assert [one["id"] for one in told["observers"]] == [people.chloe.id]
    assert (told["tags"], told["closed_at"], told["team"]) == (["urgent"], None, None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", told["created_at"])


def test_a_message_has_every_field_of_the_api_and_no_other(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    comments.post(s, people.alice, ticket.number, "Bonjour")
    send_due(s)

    told = receiver.received[0].message["ticket"]
    assert set(told) == set(TicketOut.model_fields)
    assert "@" not in str(told)  # no addresses of people leave


def test_a_comment_is_told_with_its_words(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    comment = comments.post(s, people.alice, ticket.number, "Toujours « rien » 🖨")
    send_due(s)

    assert receiver.received[0].message["comment"] == {
        "id": comment.id,
        "author": {"id": people.alice.id, "name": "Alice"},
        "internal": False,
        "body": "Toujours « rien » 🖨",
    }


def test_a_note_never_leaves_without_leave(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    note = comments.post(s, people.bruno, ticket.number, "SECRET", internal=True)
    comments.edit(s, people.bruno, note.id, "SECRET 2")
    send_due(s)
    webhooks.edit(s, people.diane, webhook.id, with_internal=True)
    comments.delete(s, people.bruno, note.id)
    comments.restore(s, people.bruno, note.id)
    s.commit()
    sender.relay_all()
    webhooks.edit(s, people.diane, webhook.id, with_internal=False)
    comments.post(s, people.bruno, ticket.number, "Public")
    send_due(s)

    assert [r.message["kind"] for r in receiver.received] == ["comment.posted"]
    assert not any(b"SECRET" in r.body for r in receiver.received)


def test_a_note_leaves_where_the_administrator_lets_it(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    webhooks.edit(s, people.diane, webhook.id, with_internal=True)
    comments.post(s, people.bruno, ticket.number, "Entre nous", internal=True)
    send_due(s)

    told = receiver.received[0].message
    assert (told["kind"], told["comment"]["body"]) == ("comment.noted", "Entre nous")
    assert told["comment"]["internal"] is True


def test_a_purged_ticket_is_told_by_its_number(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    trash.delete(s, people.diane, ticket.number)
    trash.purge(s, people.diane, ticket.number, typed=str(ticket.number))
    send_due(s)

    kinds = {r.message["kind"]: r.message for r in receiver.received}
    assert kinds["ticket.purged"]["ticket"] is None
    assert kinds["ticket.purged"]["subject"] == f"ticket:{ticket.number}"


def test_nobody_did_what_the_clock_did(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    transitions.apply(s, None, tickets.get(s, people.diane, ticket.number), Status.RESOLVED)
    send_due(s)

    assert receiver.received[0].message["actor"] is None


def test_the_rest_of_an_event_is_among_its_details(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    links.add_external(s, people.bruno, ticket.number, "https://example.org/", "Notice")
    tags.add(s, people.bruno, ticket.number, "réseau")
    send_due(s)

    details = [r.message["details"] for r in receiver.received]
    assert details[1] == {"tag": "réseau"}
    assert LinkKind.BLOCKS not in details[0].values()


def test_the_receiver_of_the_guide_believes_what_is_genuine_and_nothing_else(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink, time: Clock
) -> None:
    comments.post(s, people.alice, ticket.number, "Bonjour")
    send_due(s)
    secret = webhooks.secret_of(s.get_one(Webhook, webhook.id))
    genuine, got = is_genuine(), receiver.received[0]
    header = got.headers["X-AppTicket-Signature"]

    assert genuine(secret, header, got.body)
    assert not genuine("another", header, got.body)
    assert not genuine(secret, header, got.body + b" ")
    assert not genuine(secret, header.replace("t=", "t=1"), got.body)
    assert not genuine(secret, header, got.body, tolerated_seconds=-1)
    for nonsense in ("", "t=1", "v1=a", "t=1,v1=é".encode("ascii", "ignore").decode(), ",,=="):
        assert not genuine(secret, nonsense, got.body)


def test_the_headers_name_event_message_and_attempt(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    receiver.answers = [500]
    comments.post(s, people.alice, ticket.number, "Bonjour")
    send_due(s)
    deliveries_of = deliveries.page(s, people.diane, deliveries.Wanted("webhook")).deliveries
    deliveries_of[0].next_at = clock.now()
    send_due(s)

    first, second = (r.headers for r in receiver.received)
    assert first["X-AppTicket-Event"] == "comment.posted"
    assert first["X-AppTicket-Delivery"] == second["X-AppTicket-Delivery"] == only(s).key
    assert first["X-Request-ID"] != second["X-Request-ID"] == only(s).request_id
    assert first["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_these_answers_are_good(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink, status: int
) -> None:
    receiver.answers, receiver.body = [status], b"" if status == 204 else b"merci"
    comments.post(s, people.alice, ticket.number, "Bonjour")
    send_due(s)

    assert (only(s).state, only(s).status) == (DeliveryState.DONE, status)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 409, 429, 500, 503])
def test_these_answers_bring_the_message_again(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink, status: int
) -> None:
    receiver.answers, receiver.headers = [status], {"Location": receiver.url}
    comments.post(s, people.alice, ticket.number, "Bonjour")
    send_due(s)

    found = only(s)
    assert (found.state, found.status) == (DeliveryState.PENDING, status)
    assert (found.error, found.answer) == ("refused", "thanks")
    assert receiver.connections == 1


@pytest.mark.parametrize(
    ("answer", "waits"),
    [((429, "120"), 120), ((503, "3600"), 3600), ((500, "120"), 10), ((429, "Tue, 24 Nov"), 10)],
)
def test_a_receiver_that_asks_for_patience_gets_it(
    s: Session,
    said: Callable[[], None],
    receiver: Sink,
    time: Clock,
    answer: tuple[int, str],
    waits: int,
) -> None:
    time.stop()
    receiver.answers, receiver.headers = [answer[0]], {"Retry-After": answer[1]}
    said()

    assert (only(s).next_at - clock.now()).total_seconds() == waits


def test_a_receiver_that_is_gone_is_left_alone(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    receiver.answers = [410]
    comments.post(s, people.alice, ticket.number, "Un")
    send_due(s)
    comments.post(s, people.alice, ticket.number, "Deux")
    send_due(s)

    found = s.get_one(Webhook, webhook.id)
    assert (found.is_active, found.disabled_reason) == (False, "gone")
    assert only(s).state is DeliveryState.DEAD
    assert len(receiver.received) == 1


def test_what_waits_for_one_that_was_switched_off_is_given_up(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    comments.post(s, people.alice, ticket.number, "Un")
    s.commit()
    sender.relay_all()
    webhooks.edit(s, people.diane, webhook.id, is_active=False)
    send_due(s)

    assert (only(s).state, only(s).error) == (DeliveryState.DEAD, "switched_off")
    assert receiver.connections == 0


def test_the_address_is_checked_again_when_it_is_used(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    destinations.configure(())
    comments.post(s, people.alice, ticket.number, "Bonjour")
    send_due(s)

    assert (only(s).state, only(s).error) == (DeliveryState.PENDING, "address")
    assert receiver.connections == 0


def test_a_secret_of_another_installation_signs_nothing(
    s: Session, people: People, ticket: Ticket, webhook: Webhook, receiver: Sink
) -> None:
    sealing.configure("the key of another installation, 32 chars")
    comments.post(s, people.alice, ticket.number, "Bonjour")
    send_due(s)

    assert (only(s).state, only(s).error) == (DeliveryState.DEAD, "secret")
    assert receiver.connections == 0


def test_nobody_there_and_nobody_answering_are_told_apart(
    s: Session,
    people: People,
    ticket: Ticket,
    webhook: Webhook,
    receiver: Sink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def late(*_a: object, **_k: object) -> None:
        raise safe_http.TooSlow

    webhooks.edit(s, people.diane, webhook.id, url=f"http://{LOOPBACK}:1/")
    webhooks.test(s, people.diane, webhook.id)
    send_due(s)
    assert only(s).error == "unreachable"
    monkeypatch.setattr(safe_http, "post", late)
    webhooks.test(s, people.diane, webhook.id)
    send_due(s)
    assert only(s).error == "no_answer"


def test_a_mistake_in_a_channel_is_a_failure_and_reported(
    s: Session,
    people: People,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_parcels: object) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setitem(channels.CHANNELS, "webhook", broken)
    webhooks.test(s, people.diane, webhook.id)
    send_due(s)

    assert (only(s).state, only(s).error) == (DeliveryState.PENDING, "failed")
    assert "a mistake" in caplog.text


def test_a_test_says_that_it_is_one(
    s: Session, people: People, webhook: Webhook, receiver: Sink
) -> None:
    event: Event = webhooks.test(s, people.diane, webhook.id)
    send_due(s)

    told = receiver.received[0].message
    assert (told["kind"], told["id"]) == ("webhook.tested", event.id)
    assert (told["ticket"], told["subject"]) == (None, f"webhook:{webhook.id}")
