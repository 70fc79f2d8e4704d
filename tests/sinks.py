"""A receiver of webhooks on this machine, which keeps what it got and answers as it was told.

with sinks.sink() as sink:
    sink.answers = [500, 200]
    …
    assert sink.received[0].headers["X-AppTicket-Event"] == "ticket.created"
"""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.servers import LOOPBACK


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: Message
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        """What it says."""
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def key(self) -> str:
        """By what it knows a repeat."""
        return str(self.headers["X-AppTicket-Delivery"])


@dataclass
class Sink:
    """What was received so far, and what to answer next; 200 when nothing is said."""

    port: int
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"
    before: Callable[[], object] = lambda: None  # called with a request at hand, unanswered
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.port}/hook"


@contextmanager
def sink(
    certificate: Path | None = None, asked: Callable[[object], object] = lambda _name: None
) -> Iterator[Sink]:
    """Run a receiver on a free port, by TLS with a certificate; `asked` gets the name of SNI."""
    found = Sink(0)

    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            with found.lock:
                found.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if len(body) < int(self.headers["Content-Length"]):
                return  # who wrote it died over it
            found.before()
            with found.lock:
                found.received.append(Received(self.path, self.headers, body))
                status = found.answers.pop(0) if found.answers else 200
            self.send_response(status)
            for name, value in {"Content-Length": str(len(found.body)), **found.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing of those who hang up."""

    with Quiet((LOOPBACK, 0), Handler) as server:
        found.port = server.server_address[1]
        if certificate:
            server.socket = _secured(server.socket, certificate, asked)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


def _secured(
    plain: socket.socket, certificate: Path, asked: Callable[[object], object]
) -> ssl.SSLSocket:
    def note(_socket: object, name: str, _context: object) -> None:
        asked(name)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = note
    return context.wrap_socket(plain, server_side=True)
