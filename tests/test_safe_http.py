"""Requests to addresses that people typed: short, small, and never led on (R-7)."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from data import clock
from integrations import safe_http
from services import destinations
from tests.servers import LOOPBACK
from tests.sinks import Sink, sink


@pytest.fixture
def receiver() -> Iterator[Sink]:
    destinations.configure([LOOPBACK])
    with sink() as started:
        yield started
    destinations.configure(())


def post(receiver: Sink) -> safe_http.Answer:
    return safe_http.post(receiver.url, b'{"a":1}', {}, allows_http=True)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(receiver: Sink, status: int) -> None:
    receiver.answers, receiver.headers = [status], {"Location": receiver.url}

    assert post(receiver).status == status
    assert receiver.connections == 1


def test_a_long_answer_is_cut(receiver: Sink) -> None:
    receiver.body = b"a" * 10 * safe_http.MAX_ANSWER_BYTES

    assert len(post(receiver).body) == safe_http.MAX_ANSWER_BYTES


def test_a_packed_answer_is_not_unpacked(receiver: Sink) -> None:
    receiver.headers = {"Content-Encoding": "gzip"}

    assert post(receiver).body == b"thanks"


def test_the_environment_names_no_proxy(receiver: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert post(receiver).status == 200


def test_no_cookie_is_kept(receiver: Sink) -> None:
    receiver.headers = {"Set-Cookie": "a=b"}
    post(receiver)
    post(receiver)

    assert "Cookie" not in receiver.received[1].headers


def test_an_answer_that_does_not_come_is_not_waited_for(
    receiver: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    receiver.before = answered.wait
    monkeypatch.setattr(safe_http, "TOTAL_SECONDS", 0.2)

    with pytest.raises(safe_http.TooSlow):
        post(receiver)
    answered.set()


def test_an_answer_in_small_bites_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    destinations.configure([LOOPBACK])
    monkeypatch.setattr(safe_http, "TOTAL_SECONDS", 0.3)
    with socket.create_server((LOOPBACK, 0)) as server:
        stopped = threading.Event()

        def dribble() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 200 OK\r\n")
                while not stopped.wait(0.02):
                    try:
                        peer.sendall(b"X-A: b\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=dribble)
        thread.start()
        url = f"http://{LOOPBACK}:{server.getsockname()[1]}/"
        with pytest.raises(safe_http.TooSlow):
            safe_http.post(url, b"", {}, allows_http=True)
        stopped.set()
        thread.join()


@pytest.mark.parametrize("nonsense", [b"SSH-2.0-OpenSSH_9.2\r\n", b"", b"\x00" * 2000])
def test_nonsense_is_no_answer(nonsense: bytes) -> None:
    destinations.configure([LOOPBACK])
    with socket.create_server((LOOPBACK, 0)) as server:

        def say() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(nonsense)

        thread = threading.Thread(target=say)
        thread.start()
        url = f"http://{LOOPBACK}:{server.getsockname()[1]}/"
        with pytest.raises(safe_http.Unreachable):
            safe_http.post(url, b"", {}, allows_http=True)
        thread.join()


def test_a_certificate_that_nobody_vouches_for_is_refused(receiver: Sink) -> None:
    with pytest.raises(safe_http.Unreachable):
        safe_http.post(receiver.url.replace("http:", "https:"), b"", {})


@pytest.mark.parametrize(("host", "is_told"), [("hooks.example", True), ("other.example", False)])
def test_the_certificate_must_be_of_the_name_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, is_told: bool
) -> None:
    """The connection goes to an address; the name decides all the same."""
    certificate = signed_by_itself("hooks.example", tmp_path)
    trusted = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(safe_http, "_certificates", lambda: trusted)
    rows = [(0, 0, 0, "", (LOOPBACK, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: rows)
    destinations.configure([host])
    names: list[object] = []
    with sink(certificate, names.append) as receiver:
        url = f"https://{host}:{receiver.port}/hook"
        if is_told:
            assert safe_http.post(url, b"{}", {}).status == 200
        else:
            with pytest.raises(safe_http.Unreachable):
                safe_http.post(url, b"{}", {})

        assert names == [host]
        assert len(receiver.received) == is_told


def signed_by_itself(name: str, folder: Path) -> Path:
    """A key and a certificate of a name, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, SHA256())
    )
    pem, plain = Encoding.PEM, NoEncryption()
    written = folder / "certificate.pem"
    written.write_bytes(key.private_bytes(pem, PrivateFormat.PKCS8, plain) + made.public_bytes(pem))
    return written


def test_the_connection_goes_to_the_next_address_when_one_is_dead(
    receiver: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(0, 0, 0, "", (address, 0)) for address in ("::1", LOOPBACK)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: rows)
    destinations.configure(["dual.example"])

    answer = safe_http.post(f"http://dual.example:{receiver.port}/", b"", {}, allows_http=True)

    assert answer.status == 200
    assert receiver.received[0].headers["Host"] == f"dual.example:{receiver.port}"
