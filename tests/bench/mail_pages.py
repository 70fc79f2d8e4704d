"""How fast pages are while many notifications are sent, against the same pages with none to send.

`python -m tests.bench.mail_pages [--many 10000] [--mariadb]`

The promise: the 95th percentile of pages grows by 20 % at most. Alone, the process that serves
sends as well; with `--mariadb` one worker sends, beside MariaDB and Redis. Before, meanwhile and
after are measured in one run: what else the machine does falls on all three.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from data import db, files
from data.models import Role, Ticket, User
from services import sessions
from tests import mail_sinks, servers
from tests.bench import live, mail
from tests.sites import Node

MOST = 1.20
ROUNDS = 300  # pages before and after
WARM = 900  # a process is slower by a sixth when it has served for a minute: pages left are kept
PAUSE_SECONDS = 0.05  # one who reads what they opened


class Reader:
    """A technician who opens one page after the other, and leaves the one before."""

    def __init__(self, url: str, token: str, numbers: list[int]) -> None:
        cookies = {"appticket": token}
        self._web = httpx.Client(base_url=url, cookies=cookies, timeout=60, trust_env=False)
        self._socket: ClientConnection | None = None
        self._paths = ["/queue", *(f"/tickets/{number}" for number in numbers)]
        self._opened = 0

    def open(self) -> float:
        """Open the next page and return how many milliseconds that took."""
        path = self._paths[self._opened % len(self._paths)]
        self._opened += 1
        begun = time.perf_counter()
        answer = self._web.get(path).raise_for_status()
        taken = (time.perf_counter() - begun) * 1000
        self._connect(answer.text)
        time.sleep(PAUSE_SECONDS)
        return taken

    def _connect(self, page: str) -> None:
        """Connect as the script of a page would; a page without its socket stays for a minute."""
        if self._socket:
            self._socket.close()
        base = str(self._web.base_url).rstrip("/")
        address = f"{base.replace('http', 'ws', 1)}{live.SOCKET}?{urlencode(live.handshake(page))}"
        headers = {"Cookie": f"appticket={self._web.cookies['appticket']}"}
        self._socket = connect(
            address, additional_headers=headers, origin=Origin(base), legacy=True
        )
        self._socket.recv()
        self._socket.send("40")
        self._socket.recv()

    def read(self, goes_on: Callable[[int], bool]) -> list[float]:
        """Open pages as long as it goes on; `goes_on` is told how many there were."""
        found: list[float] = []
        while goes_on(len(found)):
            found.append(self.open())
        return found


@contextmanager
def installed(running: ExitStack, folder: Path, *, mariadb: bool) -> Iterator[tuple[Node, str]]:
    """Set up an installation that does not run yet; yield what serves and its database."""
    settings = {"DATA_DIR": str(folder / "var")}
    url = f"sqlite:///{folder}/var/appticket.db"
    if mariadb:
        url = running.enter_context(servers.mariadb(durable=True)).url
        redis = running.enter_context(servers.redis())
        settings |= {"DATABASE_URL": url, "REDIS_URL": redis.url}
    node = Node(folder / "node", servers.free_port(), settings)
    servers.finish(node.run("migrate"))
    files.configure(folder / "files")
    engine = db.configure(url)
    yield node, url
    engine.dispose()


def measure(many: int, *, mariadb: bool) -> dict[str, list[float]]:
    """Return the milliseconds of pages before, meanwhile and after."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        sink = running.enter_context(mail_sinks.mail_sink(folder / "sink"))
        node, _url = running.enter_context(installed(running, folder, mariadb=mariadb))
        db.write(lambda s: mail.populate(s, many, sink.port))
        token, numbers = db.write(_reader)
        _start(running, node, folder, mariadb=mariadb)
        reader = Reader(node.url, token, numbers)
        reader.read(lambda opened: opened < WARM)
        before = reader.read(lambda opened: opened < ROUNDS)
        db.write(mail.tell)
        meanwhile = _while_sent(reader, sink, many)
        after = reader.read(lambda opened: opened < ROUNDS)
    return {"before": before, "meanwhile": meanwhile, "after": after}


def _start(running: ExitStack, node: Node, folder: Path, *, mariadb: bool) -> None:
    node.start()
    running.callback(node.stop)
    if mariadb:
        from tests.test_worker import Worker  # noqa: PLC0415 - it brings pytest

        (folder / "worker").mkdir()
        worker = Worker(node.run("worker"), folder / "worker", 0)
        worker.start()
        running.callback(worker.stop)


def _while_sent(reader: Reader, sink: mail_sinks.MailSink, many: int) -> list[float]:
    """Read pages from the first message to the last."""
    servers.wait_until(lambda: sink.count() > 0, 120)
    begun, seen = time.monotonic(), [sink.count()]

    def goes_on(opened: int) -> bool:
        if opened % 10 == 0:
            seen.append(sink.count())
        return seen[-1] < many and time.monotonic() - begun < 1800

    found = reader.read(goes_on)
    seconds = time.monotonic() - begun
    sys.stdout.write(f"{seen[-1] - seen[0]} of {many} messages in {seconds:.0f} s meanwhile\n")
    return found


def _reader(s: Session) -> tuple[str, list[int]]:
    query = select(User.id).where(User.role == Role.TECHNICIAN)
    numbers = s.scalars(select(Ticket.number).order_by(Ticket.number.desc()).limit(5))
    return sessions.open(s, s.scalars(query.limit(1)).one()), list(numbers)


def p95(found: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(found, n=20)[-1]


def main(arguments: list[str] | None = None) -> int:
    """Measure, say what was measured; 1 when the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--mariadb", action="store_true")
    options = parser.parse_args(arguments if arguments is not None else [])
    found = measure(options.many, mariadb=options.mariadb)
    how = "MariaDB, Redis and one worker" if options.mariadb else "one process on SQLite"
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    sys.stdout.write(f"pages while {options.many} notifications are sent, {how}; load {load}\n")
    for name, times in found.items():
        median = statistics.median(times)
        told = f"{median:6.1f} / {p95(times):6.1f} ms, {len(times)} pages"
        sys.stdout.write(f"{name:>12}  {told}\n")
    quiet = found["before"] + found["after"]
    ratio = p95(found["meanwhile"]) / p95(quiet)
    verdict = "kept" if ratio <= MOST else "BROKEN"
    sys.stdout.write(f"95th percentile × {ratio:.2f}, promised: {MOST}: {verdict}\n")
    return 0 if verdict == "kept" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
