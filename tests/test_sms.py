"""Short messages by Vonage’s client, against a service that checks as the real one does."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Delivery, DeliveryState, Preference, Setting, Ticket, User
from data.models.notifications import Pace
from integrations import channels as sending
from integrations import sms
from services import channels, comments, deliveries, gsm, relay
from services.channels import SMS
from tests.conftest import People
from tests.test_safe_http import signed_by_itself

KEY, SECRET = "abcd1234", "canary-secret"


@dataclass
class Service:
    """What was sent so far, and what to answer next: a status, or an HTTP status over 99."""

    port: int = 0
    sent: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    parts: int = 1

    def answer(self, given: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        expected = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        wanted = self.answers.pop(0) if self.answers else 0
        if authorization != expected:
            wanted = 4
        elif refused := _refused(given):
            wanted = refused
        if wanted > 99:
            return wanted, {}
        if wanted:
            return 200, _told(str(wanted), "No")
        self.sent.append(given)
        return 200, _told("0", "", parts=self.parts)


def _refused(given: dict[str, str]) -> int:
    """Return the status of a message that the service would not take."""
    to = given.get("to", "")
    if {"from", "to", "text"} - given.keys():
        return 2
    if not (to.isdecimal() and 7 <= len(to) <= 15 and to[0] != "0"):
        return 3
    if given["from"].isalpha() and len(given["from"]) > 11:
        return 15
    is_spelt_wrongly = given.get("type") != "unicode" and not gsm.is_gsm(given["text"])
    return 6 if is_spelt_wrongly else 0


def _told(status: str, text: str, *, parts: int = 1) -> dict[str, Any]:
    messages = [
        {"status": status, "error-text": text, "message-id": f"id-{n}", "to": "33612345678"}
        for n in range(parts)
    ]
    return {"message-count": str(parts), "messages": messages}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return signed_by_itself("localhost", tmp_path_factory.mktemp("sms"))


@pytest.fixture
def service(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The service, which the client reaches instead of rest.nexmo.com."""
    found = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            assert self.path == "/sms/json"
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = {name: values[0] for name, values in parse_qs(body).items()}
            status, told = found.answer(given, self.headers.get("Authorization", ""))
            raw = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Quiet(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setattr(sms, "HOST", f"localhost:{found.port}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        sms._line.client = None
        yield found
        if client := getattr(sms._line, "client", None):
            client.http_client._session.close()
            sms._line.client = None
        server.shutdown()
        thread.join()


def use(s: Session, people: People, **more: str) -> None:
    """Let short messages leave, and let Alice want them of messages."""
    values = {"mode": "on", "key": KEY, "secret": SECRET, "sender": "AppTicket", **more}
    channels.save(s, people.diane, SMS, **values)
    s.merge(Setting(name="gather_seconds", value=0))
    alice = s.get_one(User, people.alice.id)
    alice.phone, alice.wants_sms = "06 12 34 56 78", True
    s.merge(Preference(user_id=alice.id, kind="comment", channel=SMS, pace=Pace.AT_ONCE))
    s.commit()


def send(s: Session, people: People, ticket: Ticket) -> Delivery:
    """Let Bruno write, and send what follows."""
    comments.post(s, people.bruno, ticket.number, "Un secret de Bruno pour Alice")
    s.commit()
    while relay.relay(s):
        s.commit()
    s.commit()
    for parcel in deliveries.claim(s, 10, channel=SMS):
        s.commit()
        sending.send(parcel)
    s.commit()
    s.expire_all()
    return s.scalars(select(Delivery).where(Delivery.channel == SMS)).one()


def test_a_short_message_says_the_number_and_nothing_personal(
    s: Session, people: People, ticket: Ticket, service: Service
) -> None:
    use(s, people)

    sent = send(s, people, ticket)

    assert (sent.state, sent.answer) == (DeliveryState.DONE, "id-0")
    (given,) = service.sent
    assert given["to"] == "33612345678"
    assert given["from"] == "AppTicket"
    assert given["type"] == "text"
    assert given["client-ref"] in (sent.message_key, sent.key)
    assert f"#{ticket.number}" in given["text"]
    assert f"https://aide.exemple.fr/tickets/{ticket.number}" in given["text"]
    for word in ("Bruno", "Alice", "secret", ticket.title):
        assert word not in given["text"]
    assert gsm.length(given["text"]) <= 160


@pytest.mark.parametrize(
    ("answer", "error", "state"),
    [
        (1, "no_answer", DeliveryState.PENDING),
        (5, "no_answer", DeliveryState.PENDING),
        (6, "sms_number", DeliveryState.DEAD),
        (7, "sms_number", DeliveryState.DEAD),
        (9, "sms_credit", DeliveryState.PENDING),
        (15, "sms_sender", DeliveryState.PENDING),
        (99, "refused", DeliveryState.DEAD),
        (401, "sms_login", DeliveryState.PENDING),
        (429, "no_answer", DeliveryState.PENDING),
        (503, "no_answer", DeliveryState.PENDING),
    ],
)
def test_what_passes_is_told_from_what_does_not(
    s: Session,
    people: People,
    ticket: Ticket,
    service: Service,
    answer: int,
    error: str,
    state: DeliveryState,
) -> None:
    use(s, people)
    service.answers = [answer]

    sent = send(s, people, ticket)

    assert (sent.error, sent.state, sent.status) == (error, state, answer)
    assert service.sent == []


def test_a_wrong_secret_is_said_and_never_logged(
    s: Session, people: People, ticket: Ticket, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    use(s, people, secret="canary-wrong")

    sent = send(s, people, ticket)

    assert (sent.error, sent.state) == ("sms_login", DeliveryState.PENDING)
    assert "canary" not in caplog.text
    assert base64.b64encode(f"{KEY}:canary".encode()).decode()[:12] not in caplog.text


def test_a_service_that_is_away_is_tried_again(
    s: Session,
    people: People,
    ticket: Ticket,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(s, people)
    monkeypatch.setattr(sms, "HOST", "localhost:1")

    sent = send(s, people, ticket)

    assert (sent.error, sent.state) == ("unreachable", DeliveryState.PENDING)


def test_a_number_that_is_none_is_given_up(
    s: Session, people: People, ticket: Ticket, service: Service
) -> None:
    use(s, people)
    s.get_one(User, people.alice.id).phone = "4512"
    s.commit()

    sent = send(s, people, ticket)

    assert (sent.error, sent.state) == ("no_address", DeliveryState.DEAD)


def test_a_test_tells_its_end_at_once(s: Session, people: People, service: Service) -> None:
    use(s, people)
    s.get_one(User, people.diane.id).phone = "+33 6 87 65 43 21"
    service.answers = [9]
    ends = []
    for _ in range(2):
        event = channels.test(s, people.diane, SMS)
        s.commit()
        relay.relay(s)
        s.commit()
        for parcel in deliveries.claim(s, 1, channel=SMS):
            s.commit()
            sending.send(parcel)
        ended = channels.tried(s, people.diane, event.id)
        assert ended is not None
        ends.append((ended.state, ended.error))

    assert ends == [(DeliveryState.DEAD, "sms_credit"), (DeliveryState.DONE, "")]
    assert service.sent[0]["to"] == "33687654321"


def test_to_the_console_goes_what_would_be_sent(
    s: Session, people: People, ticket: Ticket, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    use(s, people, mode="console")

    assert send(s, people, ticket).state is DeliveryState.DONE
    assert "SMS to +33612345678: AppTicket : nouveau message" in caplog.text
    assert service.sent == []
