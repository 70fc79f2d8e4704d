"""Webhooks: administrators decide which other systems are told of what."""

# ruff: noqa: ARG005, PLW0108 - every act of a table takes the same arguments

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Delivery, Event, Status, Ticket, Webhook
from services import comments, deliveries, relay, sealing, transitions, webhooks
from services.errors import Invalid, NotAllowed, NotFound
from tests.conftest import People

GOOD: dict[str, Any] = {
    "name": "Supervision",
    "url": "https://example.org/hook",
    "kinds": ["ticket.created"],
}


def made(s: Session, people: People, **values: Any) -> Webhook:
    webhook, _secret = webhooks.create(s, people.diane, **{**GOOD, **values})
    s.commit()
    return webhook


def relayed(s: Session) -> list[tuple[str, str]]:
    """Relay all; return the kinds of events that will be told, and to whom."""
    while relay.relay(s):
        pass
    s.commit()
    query = select(Event.kind, Delivery.recipient).join(Delivery).order_by(Delivery.id)
    return [(row.kind, row.recipient) for row in s.execute(query)]


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe", "driss"])
@pytest.mark.parametrize(
    "act",
    [
        lambda s, by, key: webhooks.all(s, by),
        lambda s, by, key: webhooks.get(s, by, key),
        lambda s, by, key: webhooks.create(s, by, **{**GOOD, "name": "Autre"}),
        lambda s, by, key: webhooks.edit(s, by, key, with_internal=True),
        lambda s, by, key: webhooks.rotate_secret(s, by, key),
        lambda s, by, key: webhooks.test(s, by, key),
        lambda s, by, key: webhooks.delete(s, by, key),
        lambda s, by, key: webhooks.check_address(s, by, "https://127.0.0.1/"),
    ],
)
def test_only_administrators_decide(
    s: Session, people: People, who: str, act: Callable[..., object]
) -> None:
    webhook = made(s, people)
    before = s.scalars(select(Event.id)).all()

    with pytest.raises(NotAllowed):
        act(s, getattr(people, who), webhook.id)

    assert s.scalars(select(Event.id)).all() == before


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a" * 121}, "name"),
        ({"url": "http://example.org/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://10.0.0.1/", "allows_http": True}, "url"),
        ({"url": "https://example.org:22/"}, "url"),
        ({"url": "https://u:p@example.org/"}, "url"),
        ({"url": ""}, "url"),
        ({"url": None}, "url"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["user.created"]}, "kinds"),
        ({"kinds": "ticket.created"}, "kinds"),
        ({"sealed_secret": "x"}, "sealed_secret"),
        ({"created_by_id": 1}, "created_by_id"),
        ({"disabled_reason": ""}, "disabled_reason"),
    ],
)
def test_what_makes_no_sense_is_refused(
    s: Session, people: People, values: dict[str, Any], field: str
) -> None:
    webhook = made(s, people, name="Autre")

    with pytest.raises(Invalid) as refusal:
        webhooks.create(s, people.diane, **{**GOOD, **values})
    assert field in refusal.value.problems
    s.rollback()
    with pytest.raises(Invalid):
        webhooks.edit(s, people.diane, webhook.id, **values)
    s.rollback()

    assert s.get_one(Webhook, webhook.id).url == GOOD["url"]


def test_two_have_no_name_in_common(s: Session, people: People) -> None:
    made(s, people)

    with pytest.raises(Invalid):
        webhooks.create(s, people.diane, **{**GOOD, "name": "SUPERVISION"})


def test_leave_for_http_cannot_be_taken_from_an_address_that_needs_it(
    s: Session, people: People
) -> None:
    webhook = made(s, people, url="http://example.org/", allows_http=True)

    with pytest.raises(Invalid):
        webhooks.edit(s, people.diane, webhook.id, allows_http=False)


def test_an_unknown_one_is_not_found(s: Session, people: People) -> None:
    for act in (webhooks.get, webhooks.edit, webhooks.rotate_secret, webhooks.delete):
        with pytest.raises(NotFound):
            act(s, people.diane, 999)


def test_the_secret_is_told_once_and_kept_sealed(s: Session, people: People) -> None:
    webhook, secret = webhooks.create(s, people.diane, **GOOD)
    s.commit()

    assert secret not in webhook.sealed_secret
    assert webhooks.secret_of(webhook) == secret
    details = [event.details for event in s.scalars(select(Event))]
    assert not any(secret in str(kept) for kept in details)


def test_a_new_secret_replaces_the_old_one(s: Session, people: People) -> None:
    webhook, first = webhooks.create(s, people.diane, **GOOD)
    second = webhooks.rotate_secret(s, people.diane, webhook.id)
    s.commit()

    assert first != second == webhooks.secret_of(webhook)


def test_a_secret_opens_for_its_webhook_and_its_installation_only(
    s: Session, people: People
) -> None:
    one, two = made(s, people), made(s, people, name="Autre")
    one.sealed_secret, kept = two.sealed_secret, one.sealed_secret
    with pytest.raises(sealing.Unreadable):
        webhooks.secret_of(one)

    one.sealed_secret = kept
    sealing.configure("another key of another installation, 32")
    with pytest.raises(sealing.Unreadable):
        webhooks.secret_of(one)
    for damaged in ("", "é", "AAAA", kept[:-4]):
        one.sealed_secret = damaged
        with pytest.raises(sealing.Unreadable):
            webhooks.secret_of(one)
    s.rollback()


def test_what_happens_is_told_to_whoever_asked_for_it(
    s: Session, people: People, ticket: Ticket
) -> None:
    relayed(s)
    talk = made(s, people, kinds=["comment.posted", "ticket.taken"])
    made(s, people, name="Autre", kinds=["ticket.closed"])
    off = made(s, people, name="Éteint", kinds=["comment.posted"])
    webhooks.edit(s, people.diane, off.id, is_active=False)

    comments.post(s, people.alice, ticket.number, "Bonjour")
    s.commit()

    assert relayed(s) == [("comment.posted", str(talk.id))]
    assert relayed(s) == [("comment.posted", str(talk.id))]


def test_a_note_exists_only_where_notes_may_go(s: Session, people: People, ticket: Ticket) -> None:
    kinds = ["comment.noted", "comment.edited", "comment.deleted"]
    made(s, people, kinds=kinds)
    trusted = made(s, people, name="Interne", kinds=kinds, with_internal=True)

    note = comments.post(s, people.bruno, ticket.number, "Entre nous", internal=True)
    comments.edit(s, people.bruno, note.id, "Entre nous deux")
    comments.delete(s, people.bruno, note.id)
    s.commit()

    assert relayed(s) == [(kind, str(trusted.id)) for kind in kinds]


def test_what_happened_before_is_told_to_nobody(s: Session, people: People, ticket: Ticket) -> None:
    relayed(s)
    made(s, people)

    assert relayed(s) == []


def test_a_test_goes_to_one_only_even_while_it_is_off(s: Session, people: People) -> None:
    webhook = made(s, people)
    made(s, people, name="Autre")
    webhooks.edit(s, people.diane, webhook.id, is_active=False)

    webhooks.test(s, people.diane, webhook.id)
    s.commit()

    assert relayed(s) == [("webhook.tested", str(webhook.id))]


def test_a_deleted_one_takes_its_deliveries_along(
    s: Session, people: People, ticket: Ticket
) -> None:
    webhook = made(s, people, kinds=["ticket.resolved"])
    transitions.move(s, people.bruno, ticket.number, Status.RESOLVED)
    assert len(relayed(s)) == 1

    webhooks.delete(s, people.diane, webhook.id)
    s.commit()

    assert webhooks.all(s, people.diane) == []
    assert deliveries.page(s, people.diane, deliveries.Wanted("webhook")).deliveries == []


def test_one_switched_off_by_its_receiver_says_why_until_it_is_on_again(
    s: Session, people: People
) -> None:
    webhook = made(s, people)
    webhooks.disable(s, webhook.id, "gone")
    webhooks.disable(s, webhook.id, "gone")
    s.commit()
    assert (webhook.is_active, webhook.disabled_reason) == (False, "gone")
    kinds = s.scalars(select(Event.kind).where(Event.subject == f"webhook:{webhook.id}")).all()
    assert list(kinds).count("webhook.disabled") == 1

    webhooks.edit(s, people.diane, webhook.id, is_active=True)

    assert (webhook.is_active, webhook.disabled_reason) == (True, "")


def test_each_decision_is_on_record(s: Session, people: People) -> None:
    webhook = made(s, people)
    webhooks.edit(s, people.diane, webhook.id, with_internal=True, url="https://example.org/b")
    webhooks.rotate_secret(s, people.diane, webhook.id)
    webhooks.delete(s, people.diane, webhook.id)
    s.commit()

    found = s.execute(select(Event.kind, Event.actor_id, Event.details).order_by(Event.id)).all()

    assert [row.kind for row in found] == [
        "webhook.created",
        "webhook.edited",
        "webhook.secret_rotated",
        "webhook.deleted",
    ]
    assert {row.actor_id for row in found} == {people.diane.id}
    assert found[1].details == {"changes": {"with_internal": [False, True]}, "fields": ["url"]}


def test_a_reaction_that_fails_spoils_nothing_else(
    s: Session,
    people: People,
    ticket: Ticket,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    webhook = made(s, people, kinds=["comment.posted"])

    def broken(session: Session, events: Sequence[Event]) -> None:
        deliveries.plan(session, events[0], "broken", "1")
        session.flush()
        raise RuntimeError("a mistake")

    monkeypatch.setattr(relay, "REACTIONS", (broken, *relay.REACTIONS))
    comments.post(s, people.alice, ticket.number, "Bonjour")
    s.commit()

    assert relayed(s) == [("comment.posted", str(webhook.id))]
    assert "a mistake" in caplog.text
