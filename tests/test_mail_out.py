"""Mail through a real server: what it carries, and what each answer means (R-4, R-16, F20–F22)."""

import smtplib
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.utils import parseaddr
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Delivery, DeliveryState, Setting, Ticket, User
from integrations import channels as sending
from integrations import mail_out, smtp
from services import channels, comments, creation, deliveries, postmarks, relay, templates
from services.channel_fields import Tls
from services.channels import EMAIL, Email
from services.creation import NewTicket
from services.deliveries import BACKOFF
from tests import mail_sinks
from tests.conftest import Clock, People
from tests.letters import item, letter, person, ticket
from tests.mail_sinks import MailSink
from tests.test_safe_http import signed_by_itself

SETTINGS = Email(
    "on", "localhost", 0, Tls.NONE, "", "", "support@exemple.fr", "Support", "aide@exemple.fr"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailSink]:
    with mail_sinks.mail_sink(tmp_path_factory.mktemp("mail")) as sink:
        yield sink


@pytest.fixture
def sink(server: MailSink) -> Iterator[MailSink]:
    """The server with an empty mailbox."""
    server.behave()
    for path in [*server.folder.glob("*.eml"), *server.folder.glob("seen.log")]:
        path.unlink()
    yield server
    smtp.hang_up()


def use(s: Session, sink: MailSink, **more: str) -> None:
    """Let mail leave through the sink, at once."""
    values = {
        "mode": "on", "host": "localhost", "port": str(sink.port), "tls": "none",
        "sender": "support@exemple.fr", **more,
    }  # fmt: skip
    s.merge(Setting(name="channel_email", value=values))
    s.merge(Setting(name="gather_seconds", value=0))
    s.commit()


def say(s: Session, people: People, ticket: Ticket, body: str = "Bonjour") -> None:
    """Let Bruno write on a ticket, and plan what follows."""
    comments.post(s, people.bruno, ticket.number, body)
    s.commit()
    while relay.relay(s):
        s.commit()
    s.commit()


def send(s: Session) -> list[Delivery]:
    """Send what is due and return all deliveries by mail as they are now."""
    while parcels := deliveries.claim(s, 10, channel=EMAIL):
        s.commit()
        for parcel in parcels:
            sending.send(parcel)
    s.commit()
    s.expire_all()
    return list(s.scalars(select(Delivery).where(Delivery.channel == EMAIL).order_by(Delivery.id)))


def test_a_message_about_a_ticket_has_all_that_mail_programs_look_for() -> None:
    told = letter(item("comment", "Été"), user=person("Zoé", email="zoe@exemple.fr", id=9))

    message = mail_out.compose(told, templates.put(told, EMAIL, {}), SETTINGS, "key-1")

    headers = {name: str(value) for name, value in message.items()}
    assert headers["Message-ID"] == postmarks.message_id("key-1", "exemple.fr")
    assert headers["References"] == headers["In-Reply-To"] == postmarks.thread_id(42, "exemple.fr")
    assert parseaddr(headers["From"]) == ("Support", "support@exemple.fr")
    assert parseaddr(headers["To"]) == ("Zoé", "zoe@exemple.fr")
    assert postmarks.answered(headers["Reply-To"]) == 42
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert headers["List-Unsubscribe"] == f"<{postmarks.mute_url(9, 42)}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.get_content_type() == "multipart/alternative"
    parts = [part.get_content_type() for part in message.iter_parts()]
    assert parts == ["text/plain", "text/html"]
    raw = message.as_bytes()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.isascii()
    unsubscribe = f"List-Unsubscribe: <{postmarks.mute_url(9, 42)}>\r\n"
    assert unsubscribe.encode() in raw  # whole, however long


def test_a_digest_and_a_mail_about_an_account_belong_to_no_thread() -> None:
    digest = letter(item(), item(ticket=ticket("Autre", 43)), is_digest=True)

    message = mail_out.compose(digest, templates.put(digest, EMAIL, {}), SETTINGS, "k")

    for name in ("References", "Reply-To", "List-Unsubscribe"):
        assert name not in message


@pytest.mark.parametrize(
    "email",
    [
        "a@b.fr\r\nBcc: x@y.z", "a@b.fr\nX: y", "a b@c.fr", "", "a", "@", "a@", "é@exemple.fr",
        "a@b.fr, c@d.fr", "a@b.fr>", "a@b..fr", "a\x00@b.fr", "a@" + "x" * 70 + ".fr",
    ],
)  # fmt: skip
def test_an_address_that_is_none_goes_to_no_server(email: str) -> None:
    told = letter(user=person(email=email))

    with pytest.raises(mail_out.NoAddress):
        mail_out.compose(told, templates.put(told, EMAIL, {}), SETTINGS, "k").as_bytes()


@pytest.mark.parametrize("name", ["Zoé\r\nBcc: x@y.z", 'A "b" <c@d.fr>', "a, b", "\u202eevil", ""])
def test_a_name_changes_no_header(name: str) -> None:
    told = letter(item(ticket=ticket(name or "x")), user=person(name, email="zoe@exemple.fr"))

    raw = mail_out.compose(told, templates.put(told, EMAIL, {}), SETTINGS, "k").as_bytes()

    head = raw.partition(b"\r\n\r\n")[0].decode().replace("\r\n ", " ").split("\r\n")
    assert [line for line in head if line.lower().startswith("bcc")] == []
    assert sum(line.startswith("To: ") for line in head) == 1


def test_headers_that_are_remembered_read_as_if_each_were_written_anew() -> None:
    people = [("Zoé", "zoe@exemple.fr"), ("Zoé", "autre@exemple.fr"), ("Zoe", "zoe@exemple.fr")]
    for place, (name, email) in enumerate(people * 2):
        told = letter(item("comment", "Été"), user=person(name, email=email))
        words = templates.put(told, EMAIL, {})
        message = mail_out.compose(told, words, SETTINGS, f"key-{place}")

        raw = message.as_bytes()

        assert raw == message.as_bytes(policy=policy.SMTP)
        read = message_from_bytes(raw, policy=policy.default)
        assert parseaddr(read["To"]) == (name, email)
        assert read["Message-ID"] == postmarks.message_id(f"key-{place}", "exemple.fr")


def test_each_gets_a_mail_of_their_own_over_one_line(
    s: Session, people: People, ticket: Ticket, sink: MailSink
) -> None:
    use(s, sink)
    say(s, people, ticket, "**Voilà**")
    say(s, people, ticket, "Encore")

    sent = send(s)

    assert {d.state for d in sent} == {DeliveryState.DONE}
    assert all(len(mail.recipients) == 1 for mail in sink.received)
    to_alice = [m for m in sink.received if m.recipients == ["alice@exemple.fr"]]
    assert len(to_alice) == 1  # both messages in one
    assert "> **Voilà**" in to_alice[0].part("plain")
    assert "Encore" in to_alice[0].part("html")
    assert "<strong>Voilà</strong>" in to_alice[0].part("html")
    assert len({mail.connection for mail in sink.received}) == 1
    assert {d.status for d in sent} == {250}


def test_what_a_slow_server_leaves_no_time_for_is_given_back_untried(
    s: Session, people: People, ticket: Ticket, sink: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(s, sink)
    for asker in (people.alice, people.driss, people.diane):
        new = creation.create(s, asker, NewTicket(title="Lent", description="Très."))
        comments.post(s, people.bruno, new.number, "Bonjour")
    while relay.relay(s):
        s.commit()
    monkeypatch.setattr(mail_out, "PATIENCE_SECONDS", 0.0)

    rounds = 0
    while claimed := deliveries.claim(s, 10, channel=EMAIL):
        s.commit()
        sending.send(*claimed)
        rounds += 1
        assert len(sink.received) == rounds

    s.commit()
    s.expire_all()
    found = s.scalars(select(Delivery).where(Delivery.channel == EMAIL)).all()
    assert rounds >= 3
    assert {(d.state, d.attempts) for d in found} == {(DeliveryState.DONE, 1)}


def test_an_internal_note_reaches_no_requester(
    s: Session, people: People, ticket: Ticket, sink: MailSink
) -> None:
    use(s, sink)
    comments.post(s, people.bruno, ticket.number, "MARQUEUR-INTERNE", internal=True)
    s.commit()
    while relay.relay(s):
        s.commit()

    send(s)

    assert all(mail.recipients != ["alice@exemple.fr"] for mail in sink.received)
    for mail in sink.received:
        assert mail.recipients != ["alice@exemple.fr"]


def test_a_mailbox_that_refuses_is_marked_and_the_others_get_theirs(
    s: Session, people: People, ticket: Ticket, sink: MailSink
) -> None:
    use(s, sink)
    sink.behave(rcpt={"alice@exemple.fr": "550 5.1.1 No such mailbox"})
    say(s, people, ticket)

    sent = {d.recipient: d for d in send(s)}

    alice = sent.pop(str(people.alice.id))
    assert (alice.state, alice.error, alice.status) == (DeliveryState.DEAD, "bounced", 550)
    assert all(d.state is DeliveryState.DONE for d in sent.values())
    assert s.get_one(User, people.alice.id).email_refused_at is not None
    assert sink.seen.count("alice@exemple.fr") == 1
    say(s, people, ticket, "Encore")  # to no mailbox that refuses: no loop
    send(s)
    assert sink.seen.count("alice@exemple.fr") == 1


@pytest.mark.parametrize(
    ("answer", "error", "is_marked"),
    [
        ("550 5.7.1 Relaying denied", "refused", False),
        ("554 5.7.1 Blocked by a list", "refused", False),
        ("552 5.2.2 Mailbox full", "refused", False),
        ("550 No such user", "bounced", True),
        ("553 5.1.3 Bad address", "bounced", True),
    ],
)
def test_only_a_mailbox_that_is_not_there_is_marked(
    s: Session,
    people: People,
    ticket: Ticket,
    sink: MailSink,
    answer: str,
    error: str,
    is_marked: bool,
) -> None:
    use(s, sink)
    sink.behave(rcpt={"alice@exemple.fr": answer})
    say(s, people, ticket)

    sent = {d.recipient: d for d in send(s)}[str(people.alice.id)]

    assert (sent.state, sent.error) == (DeliveryState.DEAD, error)
    assert answer.split(" ", 1)[1] in sent.answer
    assert (s.get_one(User, people.alice.id).email_refused_at is not None) is is_marked


@pytest.mark.parametrize(
    "how",
    [
        {"rcpt": {"alice@exemple.fr": ["450 4.2.0 Greylisted", "450 4.2.0 Greylisted"]}},
        {"data": ["451 4.3.0 Later", "452 4.3.1 Full"]},
    ],
    ids=["greylisted", "busy"],
)
def test_what_the_server_puts_off_is_tried_again_as_the_same_message(
    s: Session, people: People, ticket: Ticket, sink: MailSink, time: Clock, how: dict[str, object]
) -> None:
    use(s, sink)
    sink.behave(**how)
    say(s, people, ticket)

    for pause in BACKOFF[:3]:
        found = {d.recipient: d for d in send(s)}[str(people.alice.id)]
        if found.state is DeliveryState.DONE:
            break
        assert (found.state, found.error) == (DeliveryState.PENDING, "smtp_busy")
        time.pass_by(seconds=pause.total_seconds() + 61)

    assert found.state is DeliveryState.DONE
    mine = [m for m in sink.received if m.recipients == ["alice@exemple.fr"]]
    assert len(mine) == 1
    assert mine[0].id == postmarks.message_id(found.message_key or found.key, "exemple.fr")


def test_a_server_that_dies_over_a_message_gets_it_once_more_and_it_is_marked(
    s: Session, people: People, ticket: Ticket, sink: MailSink, time: Clock
) -> None:
    use(s, sink)
    sink.behave(data=["die"])
    say(s, people, ticket)

    doubtful = [d for d in send(s) if d.error]
    assert {(d.state, d.error) for d in doubtful} == {(DeliveryState.PENDING, "doubt")}
    assert len({d.recipient for d in doubtful}) == 1
    time.pass_by(minutes=2)
    sent = send(s)

    assert {d.state for d in sent} == {DeliveryState.DONE}
    again = next(d for d in sent if d.id == doubtful[0].id)
    assert again.error == "repeated"
    address = s.get_one(User, int(again.recipient)).email
    ids = [m.id for m in sink.received if m.recipients == [address]]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_second_doubt_is_the_last(
    s: Session, people: People, ticket: Ticket, sink: MailSink, time: Clock
) -> None:
    use(s, sink)
    sink.behave(data=["die"] * 20)
    say(s, people, ticket)

    send(s)
    time.pass_by(minutes=2)
    sent = send(s)

    assert {(d.state, d.error) for d in sent} == {(DeliveryState.DEAD, "doubt")}


def test_a_line_that_the_server_dropped_is_opened_again(
    s: Session, people: People, ticket: Ticket, sink: MailSink
) -> None:
    use(s, sink)
    say(s, people, ticket)
    send(s)
    assert smtp._line.client is not None
    smtp._line.client.smtp.sock.shutdown(2)

    say(s, people, ticket, "Après")
    sent = send(s)

    assert {d.state for d in sent} == {DeliveryState.DONE}
    assert {d.attempts for d in sent} == {1}


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"port": "1"}, "smtp_host"),
        ({"host": "nowhere.invalid"}, "smtp_host"),
        ({"tls": "starttls"}, "smtp_tls"),
        ({"tls": "tls"}, "smtp_tls"),
        ({"user": "somebody"}, "smtp_login"),
    ],
)
def test_a_wrong_setting_is_named_and_what_waits_is_kept(
    s: Session, people: People, ticket: Ticket, sink: MailSink, values: dict[str, str], error: str
) -> None:
    use(s, sink, **values)
    say(s, people, ticket)

    sent = send(s)

    assert {(d.state, d.error) for d in sent} == {(DeliveryState.PENDING, error)}
    assert sink.received == []


def test_a_refused_sender_is_named(
    s: Session, people: People, ticket: Ticket, sink: MailSink
) -> None:
    use(s, sink)
    sink.behave(mail="553 5.1.8 Not yours")
    say(s, people, ticket)

    assert {(d.state, d.error) for d in send(s)} == {(DeliveryState.PENDING, "smtp_sender")}


def test_a_wrong_password_is_told_at_once_to_who_tries_and_never_logged(
    s: Session, people: People, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with mail_sinks.mail_sink(tmp_path, "--user", "appticket", "--password", "right") as guarded:
        values = {
            "mode": "on", "host": "localhost", "port": str(guarded.port), "tls": "none",
            "user": "appticket", "sender": "support@exemple.fr",
        }  # fmt: skip
        for password, expected in (("canary-wrong", "smtp_login"), ("right", "")):
            channels.save(s, people.diane, EMAIL, **values, password=password)
            event = channels.test(s, people.diane, EMAIL)
            s.commit()
            relay.relay(s)
            s.commit()
            send(s)
            ended = channels.tried(s, people.diane, event.id)
            assert ended is not None
            assert ended.error == expected
        (mail,) = guarded.received
        smtp.hang_up()

    assert mail.recipients == ["diane@exemple.fr"]
    assert mail.user == "appticket"
    assert "canary" not in caplog.text


@pytest.mark.parametrize("options", [(), ("--tls",)], ids=["starttls", "tls"])
def test_an_encrypted_line_is_trusted_only_with_a_certificate_of_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    certificate = signed_by_itself("localhost", tmp_path)
    tls = Tls.TLS if options else Tls.STARTTLS
    with mail_sinks.mail_sink(
        tmp_path / "sink", "--certificate", str(certificate), *options
    ) as secured:
        settings = Email("on", "localhost", secured.port, tls, "", "", "a@exemple.fr", "A", "")
        smtp._context.cache_clear()
        with pytest.raises(smtp.Failed) as refused:
            smtp.probe(settings)
        assert refused.value.error == "smtp_tls"

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        smtp._context.cache_clear()
        answer = smtp.deliver(settings, "zoe@exemple.fr", b"Subject: x\r\n\r\n.\r\n.a\r\n")

        assert answer.status == 250
        assert secured.received[0].raw.endswith(b"\r\n.\r\n.a\r\n")
        other = Email("on", "127.0.0.1", secured.port, tls, "", "", "a@exemple.fr", "A", "")
        with pytest.raises(smtp.Failed) as wrong_name:
            smtp.probe(other)
        assert wrong_name.value.error == "smtp_tls"
        smtp.hang_up()
    smtp._context.cache_clear()


def test_to_the_console_goes_the_same_message_and_no_further(
    s: Session, people: People, ticket: Ticket, sink: MailSink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    use(s, sink, mode="console")
    say(s, people, ticket)

    assert {d.state for d in send(s)} == {DeliveryState.DONE}
    assert "e-mail to alice@exemple.fr" in caplog.text
    assert "Auto-Submitted: auto-generated" in caplog.text
    assert sink.received == []


def test_what_nobody_may_know_any_more_is_skipped(
    s: Session, people: People, ticket: Ticket, sink: MailSink
) -> None:
    use(s, sink)
    say(s, people, ticket)
    s.get_one(User, people.alice.id).is_active = False
    s.commit()

    sent = {d.recipient: d for d in send(s)}

    assert sent[str(people.alice.id)].state is DeliveryState.SKIPPED
    assert "alice@exemple.fr" not in sink.seen


def test_a_sealed_password_of_another_key_is_said(
    s: Session, people: People, ticket: Ticket, sink: MailSink
) -> None:
    use(s, sink, sealed_password="bm9uc2Vuc2U=")
    say(s, people, ticket)

    assert {(d.state, d.error) for d in send(s)} == {(DeliveryState.PENDING, "secret")}


def test_yagmail_keeps_the_promises_we_build_on() -> None:
    """Private paths of yagmail: a login, no name of gmail, no message of its own."""
    client = smtp._client(SETTINGS)

    assert (client.user, client.host, client.port) == ("", "localhost", "0")
    assert client.smtp is None
    assert client.smtp_skip_login
    assert client.kwargs["local_hostname"] == "exemple.fr"
    assert client.connection is smtplib.SMTP
    client.is_closed = True
