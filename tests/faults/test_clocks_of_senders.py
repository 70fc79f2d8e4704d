"""Senders whose clocks are hours apart, or are set, send each once and hold none back (F34)."""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from data import db, files, schema
from data.models import Delivery, Event, Webhook
from integrations import sender
from tests import servers, sinks
from tests.faults.test_killed_senders import subscribe, unfinished
from tests.servers import wait_until
from tests.sinks import Sink
from tests.sites import ROOT, Site
from tests.test_worker import Worker

pytestmark = [pytest.mark.faults, pytest.mark.mariadb]

LONG, SHORT = 600, 1  # seconds of a lease: nobody waits for its end, or everybody can


class Office:
    """Processes that send, and what they send to."""

    def __init__(self, site: Site, sink: Sink, folder: Path, url: str) -> None:
        self.site, self.sink = site, sink
        self._folder, self._url = folder, url
        self.all: list[Worker] = []
        self.number = site.ticket("Imprimante")

    def hire(self, hours: float, lease: int) -> Worker:
        """Start one whose clock is some hours ahead."""
        place = self._folder / str(len(self.all))
        place.mkdir()
        self.set(len(self.all), hours)
        module = [sys.executable, "-m", "tests.faults.sender_process"]
        command = ["env", f"PYTHONPATH={ROOT}", *module, self._url, str(place), str(lease)]
        found = Worker(command, place, 0)
        self.all.append(found)
        found.start()
        return found

    def set(self, place: int, hours: float) -> None:
        """Set the clock of one."""
        written = self._folder / "set"
        written.write_text(str(hours * 3600))
        written.rename(self._folder / str(place) / "dial")

    def say(self, text: str) -> None:
        self.site.comment(self.number, text, "alice")

    def heard(self) -> Counter[str]:
        """How often each message came."""
        return Counter(received.message["comment"]["body"] for received in self.sink.received)

    def is_done(self) -> bool:
        return unfinished(self.site) == 0


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A site on MariaDB at which nobody works, and the address of its database."""
    with servers.mariadb() as server:
        files.configure(tmp_path_factory.mktemp("files"))
        engine = db.configure(server.url)
        schema.upgrade()
        site = Site("", engine, [])
        site.fill()
        yield site, server.url
        engine.dispose()


@pytest.fixture
def office(shared: tuple[Site, str], tmp_path: Path) -> Iterator[Office]:
    """The site with a receiver of what is said, and nothing said yet."""
    site, url = shared
    db.configure(url)
    with sinks.sink() as sink:
        subscribe(site, sink)
        found = Office(site, sink, tmp_path, url)
        yield found
        for worker in found.all:
            worker.kill()
    with db.transaction() as s:
        for kind in (Delivery, Event, Webhook):
            s.execute(delete(kind))
    db.engine().dispose()


def test_senders_whose_clocks_are_hours_apart_send_each_once_and_try_again(office: Office) -> None:
    office.sink.answers = [200, 500, 200, 500, 500]
    for hours in (5, -3):
        office.hire(hours, LONG)
    said = [f"Message {n}" for n in range(20)]

    for text in said:
        office.say(text)
    wait_until(office.is_done, 60)

    heard = office.heard()
    assert set(heard) == set(said)
    assert sum(heard.values()) == len(said) + 3  # each that was refused came once more


@pytest.mark.parametrize("jump", [-3, 5])
def test_a_clock_that_is_set_takes_no_message_out_of_anybodys_hands(
    office: Office, jump: int
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def stall() -> None:
        if not begun.is_set():
            begun.set()
            go_on.wait(60)

    office.sink.before = stall
    for _ in range(2):
        office.hire(0, LONG)
    office.say("In hand")
    assert begun.wait(60)

    for place in range(2):
        office.set(place, jump)
    later = [f"Later {n}" for n in range(2 * sender.SENDERS)]
    for text in later:
        office.say(text)
    wait_until(lambda: set(office.heard()) >= set(later), 60)
    go_on.set()
    wait_until(office.is_done, 60)

    assert set(office.heard().values()) == {1}


def test_what_a_dead_sender_had_in_hand_is_taken_over_whatever_its_clock_said(
    office: Office,
) -> None:
    begun, dead = threading.Event(), threading.Event()

    def stall() -> None:
        if not begun.is_set():
            begun.set()
            dead.wait(60)

    office.sink.before = stall
    victim = office.hire(5, SHORT)
    office.say("Twice at most")
    assert begun.wait(60)
    victim.kill()
    dead.set()
    office.hire(0, SHORT)

    wait_until(office.is_done, 60)
    assert 1 <= office.heard()["Twice at most"] <= 2
