"""How messages leave is decided by administrators or the environment; secrets only go in (R-20)."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from data.config import Settings
from data.models import Delivery, DeliveryState, Event, Setting, User
from integrations import channels as channels_out
from integrations import sender
from services import (
    channel_fields,
    channels,
    deliveries,
    parcels,
    relay,
    sealing,
    settings,
    users,
)
from services.channel_fields import Tls
from services.channels import EMAIL, SMS
from services.deliveries import Outcome
from services.errors import Invalid, NotAllowed, NotFound
from tests.conftest import People

CANARY = "canary-7f3a-secret"
MAIL = {
    "mode": "on", "host": "smtp.exemple.fr", "port": "", "tls": "starttls", "user": "appticket",
    "password": CANARY, "sender": "support@exemple.fr", "sender_name": "Support", "reply_to": "",
}  # fmt: skip
SHORT = {"mode": "on", "key": "abcd1234", "secret": CANARY, "sender": "AppTicket"}


def test_nothing_is_sent_until_somebody_says_how(s: Session, people: People) -> None:
    for channel in channels.CHANNELS:
        view = channels.view(s, people.diane, channel)
        assert (view.is_on, view.values["mode"], view.has_secret) == (False, "off", False)
    assert channels.email(s).mode == channels.sms(s).mode == "off"
    assert channels.on(settings.values(s)) == frozenset()


def test_what_is_saved_is_used_and_the_secret_never_comes_back(s: Session, people: People) -> None:
    view = channels.save(s, people.diane, EMAIL, **MAIL)
    short = channels.save(s, people.diane, SMS, **SHORT)
    s.commit()

    assert view.is_on
    assert short.is_on
    assert view.has_secret
    assert CANARY not in repr(view) + repr(short) + repr(channels.email(s)) + repr(channels.sms(s))
    found = channels.email(s)
    assert (found.host, found.port, found.tls) == ("smtp.exemple.fr", 587, Tls.STARTTLS)
    assert (found.password, found.sender_name) == (CANARY, "Support")
    assert channels.sms(s).secret == CANARY
    kept = s.scalars(select(Setting.value)).all()
    told = s.scalars(select(Event.details).where(Event.kind == "channel.edited")).all()
    assert CANARY not in str(kept) + str(told)
    assert "password" in told[0]["fields"]
    dump = s.execute(text("SELECT value FROM setting")).scalars().all()
    assert CANARY not in str(dump)


def test_a_secret_stays_until_another_is_given_or_it_is_removed(s: Session, people: People) -> None:
    channels.save(s, people.diane, EMAIL, **MAIL)

    channels.save(s, people.diane, EMAIL, **{**MAIL, "password": "", "sender_name": "Aide"})
    assert (channels.email(s).password, channels.email(s).sender_name) == (CANARY, "Aide")
    channels.save(s, people.diane, EMAIL, **{**MAIL, "password": "other"})
    assert channels.email(s).password == "other"
    channels.forget_secret(s, people.diane, EMAIL)

    assert channels.email(s).password == ""
    assert not channels.view(s, people.diane, EMAIL).has_secret


def test_a_kept_password_is_not_shown_to_another_server(s: Session, people: People) -> None:
    channels.save(s, people.diane, EMAIL, **MAIL)
    elsewhere = {**MAIL, "host": "smtp.ailleurs.example", "password": ""}

    with pytest.raises(Invalid) as refusal:
        channels.save(s, people.diane, EMAIL, **elsewhere)

    assert list(refusal.value.problems) == ["password"]
    channels.save(s, people.diane, EMAIL, **{**elsewhere, "password": "new"})
    assert channels.email(s).host == "smtp.ailleurs.example"


@pytest.mark.parametrize(
    ("channel", "field", "value"),
    [
        (EMAIL, "host", "http://smtp"),
        (EMAIL, "host", "a b"),
        (EMAIL, "host", "smtp\r\nRCPT TO:<x@y.z>"),
        (EMAIL, "host", ""),
        (EMAIL, "port", "0"),
        (EMAIL, "port", "70000"),
        (EMAIL, "port", "smtp"),
        (EMAIL, "tls", "ssl3"),
        (EMAIL, "mode", "maybe"),
        (EMAIL, "password", "é"),
        (EMAIL, "password", "a\nb"),
        (EMAIL, "sender", "support"),
        (EMAIL, "sender", "a@b.fr\r\nBcc: victime@exemple.fr"),
        (EMAIL, "sender", ""),
        (EMAIL, "sender_name", "x" * 200),
        (EMAIL, "reply_to", "a@b@c"),
        (EMAIL, "unknown", "x"),
        (SMS, "key", "a b"),
        (SMS, "key", ""),
        (SMS, "secret", ""),
        (SMS, "sender", "Un nom trop long"),
        (SMS, "sender", "Élan"),
        (SMS, "sender", "12"),
    ],
)
def test_what_could_not_work_is_refused_beside_its_field(
    s: Session, people: People, channel: str, field: str, value: str
) -> None:
    values = {**(MAIL if channel == EMAIL else SHORT), field: value}

    with pytest.raises(Invalid) as refusal:
        channels.save(s, people.diane, channel, **values)

    assert list(refusal.value.problems) == [field]


def test_a_channel_that_is_off_may_be_half_filled_in(s: Session, people: People) -> None:
    view = channels.save(s, people.diane, EMAIL, **{**MAIL, "mode": "off", "sender": ""})

    assert not view.is_on
    assert view.values["host"] == "smtp.exemple.fr"


def test_the_environment_wins_and_its_secret_is_not_shown(s: Session, people: People) -> None:
    channels.save(s, people.diane, EMAIL, **MAIL)
    outside = Settings(smtp_host="relay.exemple.fr", smtp_password="from-outside", smtp_port="2525")
    channels.configure(channel_fields.given(outside))

    view = channels.view(s, people.diane, EMAIL)
    channels.save(s, people.diane, EMAIL, **{**MAIL, "host": "x y", "sender_name": "Aide"})

    assert view.given == {"host", "password", "port"}
    assert view.values["host"] == "relay.exemple.fr"
    assert "from-outside" not in repr(view) + repr(outside)
    found = channels.email(s)
    assert (found.host, found.port, found.password) == ("relay.exemple.fr", 2525, "from-outside")
    assert found.sender_name == "Aide"
    channels.configure({})
    assert channels.email(s).host == "smtp.exemple.fr"


def test_the_environment_alone_switches_a_channel_on(s: Session) -> None:
    given = Settings(smtp_host="relay.exemple.fr", smtp_from="a@exemple.fr")
    channels.configure(channel_fields.given(given))
    assert channels.on(settings.values(s)) == {EMAIL}

    given = replace(given, vonage_key="k1", vonage_secret="s", vonage_from="+33612345678")
    channels.configure(channel_fields.given(given))

    assert channels.on(settings.values(s)) == {EMAIL, SMS}
    assert channels.sms(s).sender == "33612345678"


def test_a_password_of_another_key_is_not_read(s: Session, people: People) -> None:
    channels.save(s, people.diane, EMAIL, **MAIL)
    sealing.configure("another key, as after a restored backup")

    with pytest.raises(sealing.Unreadable):
        channels.email(s)
    assert channels.view(s, people.diane, EMAIL).has_secret


@pytest.mark.parametrize("name", ["alice", "bruno", "chloe"])
def test_only_administrators_choose(s: Session, people: People, name: str) -> None:
    by = getattr(people, name)
    works: list[Any] = [
        lambda: channels.view(s, by, EMAIL),
        lambda: channels.save(s, by, EMAIL, **MAIL),
        lambda: channels.forget_secret(s, by, EMAIL),
        lambda: channels.test(s, by, EMAIL),
        lambda: channels.tried(s, by, 1),
    ]
    for work in works:
        with pytest.raises(NotAllowed):
            work()


def test_a_test_becomes_one_message_to_oneself_and_its_end_is_told(
    s: Session, people: People
) -> None:
    event = channels.test(s, people.diane, EMAIL)
    s.flush()
    while relay.relay(s):
        pass

    assert channels.tried(s, people.diane, event.id) is None
    planned = s.scalars(select(Delivery).where(Delivery.event_id == event.id)).one()
    assert (planned.channel, planned.recipient) == (EMAIL, str(people.diane.id))
    (parcel,) = deliveries.claim(s, 5, channel=EMAIL)
    told = parcels.letters(s, [parcel]).get(parcel.id)
    assert told is not None
    assert told.user.id == people.diane.id
    deliveries.settle(s, parcel, Outcome("smtp_login", 535, "no", is_final=True))
    s.expire_all()  # who settles reads nothing before

    ended = channels.tried(s, people.diane, event.id)

    assert ended is not None
    assert (ended.state, ended.error, ended.status) == (DeliveryState.DEAD, "smtp_login", 535)
    with pytest.raises(NotFound):
        channels.tried(s, people.diane, event.id + 100)


def test_a_mailbox_that_refuses_is_marked_once_and_a_new_address_is_not(
    s: Session, people: People
) -> None:
    channels.mark_refused(s, people.alice.id, "other@exemple.fr")
    assert s.get_one(User, people.alice.id).email_refused_at is None
    for _ in range(2):
        channels.mark_refused(s, people.alice.id, "alice@exemple.fr")
    assert s.get_one(User, people.alice.id).email_refused_at is not None
    kinds = s.scalars(select(Event.kind).where(Event.subject == f"user:{people.alice.id}"))
    assert list(kinds) == ["user.email_refused"]

    users.edit(s, people.diane, people.alice.id, email="alice.martin@exemple.fr")

    assert s.get_one(User, people.alice.id).email_refused_at is None


def test_one_channel_is_claimed_apart_from_the_others(s: Session, people: People) -> None:
    for channel in (EMAIL, SMS):
        channels.test(s, people.diane, channel)
    s.flush()
    relay.relay(s)

    assert [p.channel for p in deliveries.claim(s, 5, channel=SMS)] == [SMS]
    assert deliveries.next_due(s, [EMAIL]) is not None
    assert [p.channel for p in deliveries.claim(s, 5)] == [EMAIL]


def test_where_pages_are_served_senders_take_turns_and_leave_most_of_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    computed = iter([0.0, 0.01, 0.0, 0.04, 0.0, 0.01])
    monkeypatch.setattr(channels_out, "send", lambda *_parcels: None)
    monkeypatch.setattr("integrations.sender.time.thread_time", computed.__next__)
    monkeypatch.setattr("integrations.sender.time.monotonic", lambda: 1000.0)
    beside = sender.Sender(share=0.2)
    monkeypatch.setattr(beside._stopping, "wait", waited.append)

    for _ in range(3):
        beside._send([])

    assert waited == pytest.approx([0, 0.01 / 0.2, (0.01 + 0.04) / 0.2])


def test_those_who_begin_together_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.sender.time.monotonic", lambda: 1000.0)
    pace = sender.Pace(0.5)
    pace.turn()
    pace.took(0.02)

    assert [pace.turn() for _ in range(3)] == pytest.approx([0.04, 0.08, 0.12])


def test_a_worker_alone_sends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(channels_out, "send", lambda *_parcels: None)
    beside = sender.Sender()
    monkeypatch.setattr(beside._stopping, "wait", waited.append)

    beside._send([])

    assert waited == []
