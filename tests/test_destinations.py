"""Where the server lets itself be sent: to public servers unless otherwise allowed (T-7)."""

import socket
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import safe_http
from services import destinations
from services.destinations import Refused
from tests.sinks import Sink, sink

FORBIDDEN = [
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[::7f00:1]/",
    "http://[fe80::1%25eth0]/",
    "http://0/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://localhost/",
    "http://localhost./",
    "http://LOCALHOST/",
    "http://user@localhost/",
    "http://user:secret@127.0.0.1/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://192.0.0.8/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[fd00::1]/",
    "http://[ff02::1]/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "ftp://127.0.0.1/",
    "http:///hook",
    "http://",
    "//127.0.0.1/",
    "127.0.0.1",
    "",
    "http://exa mple.org/",
    "http://127.0.0.1\t/",
    "http://example.org\\@127.0.0.1/",
    "http://example.org\r\nHost: x/",
    "http://１２７.0.0.1/",
    "http://127.0.0.1:99999/",
    "http://-example.org/",
    "http://exa..mple.org/",
    f"http://{'a' * 300}.org/",
    f"http://example.org/{'a' * 2000}",
]


@pytest.fixture(autouse=True)
def _nothing_is_allowed() -> Iterator[None]:
    destinations.configure(())
    yield
    destinations.configure(())


@pytest.fixture
def receiver() -> Iterator[Sink]:
    with sink() as started:
        yield started


def with_port(url: str, port: int) -> str:
    """The same address on the port of the sink, where it has a host."""
    head, _sep, rest = url.partition("://")
    host, _slash, path = rest.partition("/")
    return f"{head}://{host}:{port}/{path}"


@pytest.mark.parametrize("url", FORBIDDEN)
def test_nothing_is_sent_to_this_machine_or_its_network(url: str, receiver: Sink) -> None:
    for address in (url, with_port(url, receiver.port), url.replace("http:", "https:", 1)):
        with pytest.raises(Refused):
            safe_http.post(address, b"{}", {}, allows_http=True)

    assert receiver.connections == 0


@pytest.mark.parametrize("port", [22, 25, 3306, 6379, 8080])
def test_only_the_ports_of_the_web_are_used(port: int) -> None:
    with pytest.raises(Refused):
        destinations.parse(f"https://example.org:{port}/")


@pytest.mark.parametrize("port", [80, 443, 8443])
def test_these_ports_are(port: int) -> None:
    assert destinations.parse(f"https://example.org:{port}/a?b=c").port == port


def test_http_needs_leave() -> None:
    with pytest.raises(Refused):
        destinations.parse("http://example.org/")

    destination = destinations.parse("http://example.org?a", allows_http=True)

    assert (destination.port, destination.target) == (80, "/?a")
    assert destination.authority == "example.org"


class Names:
    """A name server that a test writes; each question takes the next answer."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)

    def __call__(self, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        addresses = self.answers.pop(0)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]


def test_one_private_address_among_many_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch, receiver: Sink
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(("93.184.216.34", "127.0.0.1")))

    with pytest.raises(Refused):
        safe_http.post("http://two.example/", b"", {}, allows_http=True)

    assert receiver.connections == 0


def test_a_name_that_leads_elsewhere_the_second_time_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch, receiver: Sink
) -> None:
    """The host is asked for once, and the connection goes to the address that was checked."""
    names = Names(("::1",), ("127.0.0.1",), ("127.0.0.1",))
    monkeypatch.setattr(destinations, "is_public", lambda address: str(address) == "::1")
    monkeypatch.setattr(socket, "getaddrinfo", names)
    monkeypatch.setattr(destinations, "PORTS", {receiver.port})

    with pytest.raises(safe_http.Unreachable):
        safe_http.post(f"http://turning.example:{receiver.port}/", b"", {}, allows_http=True)

    assert len(names.answers) == 2
    assert receiver.connections == 0


def test_a_name_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(()))

    with pytest.raises(Refused):
        destinations.resolve(destinations.parse("https://nowhere.example/"))


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.0/8", "LocalHost"])
def test_the_administrator_allows_a_host_or_a_network_on_any_port(
    allowed: str, receiver: Sink
) -> None:
    destinations.configure([allowed])
    host = "localhost" if allowed == "LocalHost" else "127.0.0.1"

    answer = safe_http.post(
        f"http://{host}:{receiver.port}/hook?a=b", b"{}", {"X-A": "b"}, allows_http=True
    )

    assert (answer.status, answer.body) == (200, b"thanks")
    assert receiver.received[0].path == "/hook?a=b"
    assert receiver.received[0].headers["Host"] == f"{host}:{receiver.port}"
    assert receiver.received[0].headers["X-A"] == "b"


def test_what_is_allowed_says_nothing_of_the_rest() -> None:
    destinations.configure(["10.1.0.0/16", "intranet.example"])

    assert destinations.resolve(destinations.parse("https://10.1.2.3/")) == [ip_address("10.1.2.3")]
    for url in ("https://10.2.2.3/", "https://sub.intranet.example:9/", "https://[::ffff:a01:1]/"):
        with pytest.raises(Refused):
            destinations.parse(url)


@given(st.ip_addresses(v=6))
def test_no_disguise_of_a_private_address_is_public(address: object) -> None:
    public = destinations.is_public(address)  # type: ignore[arg-type] # hypothesis knows it better

    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    assert not (public and (mapped or not address.is_global))  # type: ignore[attr-defined]
