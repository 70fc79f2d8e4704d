"""A mail server in a process of its own, which keeps what it got and behaves as it was told.

    with mail_sinks.mail_sink(folder) as sink:
        sink.behave(rcpt={"zoe@exemple.fr": "550 5.1.1 No such mailbox"}, data=["451 Later"])
        …
        assert sink.received[0].message["Subject"] == "…"

`data` is worked off one message at a time: an answer, `die` (the message is kept, and the line cut
before a word), `stall` (nothing is ever said). It lives on when whoever sends to it is killed.
"""

import argparse
import asyncio
import email
import json
import ssl
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from functools import cached_property
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests import servers
from tests.servers import LOOPBACK

ROOT = Path(__file__).parent.parent
# A mail server is on another machine; here it takes what the processors have left.
_AFAR = ("nice", "-n", "19")


@dataclass(frozen=True)
class Received:
    """One message with its envelope."""

    sender: str
    recipients: list[str]
    raw: bytes
    user: str
    connection: str

    @cached_property
    def message(self) -> EmailMessage:
        """What it is to a mail program."""
        found = email.message_from_bytes(self.raw, policy=default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def id(self) -> str:
        """By what it is known again."""
        return str(self.message["Message-ID"])

    def part(self, kind: str) -> str:
        """Return its `plain` or its `html` text."""
        found = self.message.get_body((kind,))
        assert found is not None
        return str(found.get_content())


class MailSink(servers.Server):
    """The process, and a look at what it has."""

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = servers.free_port()
        command = [sys.executable, "-m", "tests.mail_sinks", str(port), str(folder), *options]
        super().__init__([*_AFAR, "env", f"PYTHONPATH={ROOT}", *command], folder, port)
        self.behave()

    @property
    def settings(self) -> dict[str, str]:
        """Return the environment of a process that sends to it."""
        return {
            "SMTP_HOST": "localhost",
            "SMTP_PORT": str(self.port),
            "SMTP_TLS": "none",
            "SMTP_FROM": "support@exemple.fr",
        }

    def behave(self, **how: Any) -> None:
        """Say how to behave from now on: `mail`, `rcpt`, `data`; nothing: as one should."""
        written = self.folder / "behaviour.new"
        written.write_text(json.dumps(how))
        written.replace(self.folder / "behaviour.json")

    @property
    def received(self) -> list[Received]:
        """Return the messages in the order in which they came."""
        found = []
        for path in sorted(self.folder.glob("*.eml")):
            head, _line, raw = path.read_bytes().partition(b"\n")
            found.append(Received(**json.loads(head), raw=raw))
        return found

    def count(self) -> int:
        """Return how many messages came, without reading them."""
        return sum(1 for _path in self.folder.glob("*.eml"))

    @property
    def seen(self) -> list[str]:
        """Return the addresses that were asked for, refused ones included."""
        path = self.folder / "seen.log"
        return path.read_text().split() if path.exists() else []


@contextmanager
def mail_sink(folder: Path, *options: str) -> Iterator[MailSink]:
    """Run a mail server; `--user NAME --password WORD`, `--certificate FILE`, `--tls`."""
    sink = MailSink(folder, *options)
    sink.start()
    try:
        yield sink
    finally:
        sink.stop()


class Handler:
    """What aiosmtpd asks at each command."""

    def __init__(self, folder: Path, password: str, user: str) -> None:
        self._folder = folder
        self._login = (user, password)

    def authenticate(
        self, _server: Any, session: Session, _envelope: Any, _kind: str, data: Any
    ) -> AuthResult:
        """Let one account in."""
        told = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode())
        return AuthResult(success=told == self._login, handled=False, auth_data=told and told[0])

    async def handle_MAIL(  # noqa: N802 - aiosmtpd’s name
        self, _s: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self._how().get("mail")
        if not refusal:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return str(refusal or "250 OK")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd’s name
        self, _s: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        with (self._folder / "seen.log").open("a") as log:
            log.write(f"{address}\n")
        how = self._how().get("rcpt", {})
        refusal = how.get(address) or how.get("*")
        if isinstance(refusal, list):  # so often, then it is taken
            refusal = self._next("rcpt", address)
        if not refusal:
            envelope.rcpt_tos.append(address)
        return str(refusal or "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        how = self._next("data")
        if how == "stall":
            await asyncio.sleep(3600)
        if not how or how == "die":
            self._keep(session, envelope)
        if how == "die":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.sleep(3600)
        return str(how or "250 2.0.0 Taken")

    def _keep(self, session: Session, envelope: Envelope) -> None:
        raw = envelope.content
        assert isinstance(raw, bytes)
        head = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "user": getattr(session, "auth_data", None) or "",
            "connection": str(session.peer),
        }
        path = self._folder / f"{time.monotonic_ns():020}-{uuid.uuid4().hex}"
        path.with_suffix(".new").write_bytes(json.dumps(head).encode() + b"\n" + raw)
        path.with_suffix(".new").replace(path.with_suffix(".eml"))

    def _how(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self._folder / "behaviour.json").read_text())
        return found

    def _next(self, *way: str) -> str:
        """Take the first of a list of answers; nothing when it is used up."""
        whole = self._how()
        place: Any = whole
        for step in way[:-1]:
            place = place.get(step, {})
        left = place.get(way[-1]) or []
        if not left:
            return ""
        place[way[-1]] = left[1:]
        (self._folder / "behaviour.json").write_text(json.dumps(whole))
        return str(left[0])


async def serve(options: argparse.Namespace) -> None:
    """Listen until ended."""
    handler = Handler(options.folder, options.password, options.user)
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)
    is_starttls = context is not None and not options.tls

    def made() -> SMTP:
        return SMTP(
            handler,
            hostname="sink",
            tls_context=context if is_starttls else None,
            require_starttls=is_starttls,
            authenticator=handler.authenticate if options.user else None,
            auth_required=bool(options.user),
            auth_require_tls=False,
        )

    loop = asyncio.get_running_loop()
    implicit = context if options.tls else None
    server = await loop.create_server(made, LOOPBACK, options.port, ssl=implicit)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--tls", action="store_true", help="from the first byte")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
