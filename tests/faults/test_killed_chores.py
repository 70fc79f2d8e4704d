"""Who does what the clock asks for is killed, frozen, poisoned, set back (F3–F7, F34)."""

import itertools
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data import clock, db, files, schema
from data.models import Event, PendingReason, Role, Schedule, Status, Ticket, User
from services import creation, schedule, sessions, transitions
from services.creation import NewTicket
from services.transitions import Wait
from tests import servers
from tests.faults.chore_process import KIND
from tests.servers import Server, wait_until
from tests.sites import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.mariadb]


class Worker(Server):
    """A process of `chore_process`."""

    def is_ready(self) -> bool:
        return "works" in self.said()

    def said(self) -> str:
        """What it printed so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def is_dead(self) -> bool:
        """Tell whether its own work ended it."""
        assert self.process is not None
        return self.process.poll() == -signal.SIGABRT

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid


class Crew:
    """Processes on one MariaDB, and what they wrote down."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self._count = itertools.count()
        self.all: list[Worker] = []

    def hire(self, *tasks: str, **variables: str) -> Worker:
        """Start a process with these tasks."""
        place = self.folder / str(next(self._count))
        place.mkdir()
        told = [f"{name}={value}" for name, value in {"PYTHONPATH": str(ROOT), **variables}.items()]
        module = [sys.executable, "-m", "tests.faults.chore_process"]
        command = ["env", *told, *module, self.url, str(self.folder), *tasks]
        found = Worker(command, place, 0)
        self.all.append(found)
        found.start()
        return found

    def runs(self, task: str = "grid") -> list[Event]:
        """What was written down, in order."""
        query = select(Event).where(Event.kind == KIND).order_by(Event.id)
        found = db.read(lambda s: s.scalars(query).all())
        return [event for event in found if event.details["task"] == task]

    def row(self, name: str) -> Schedule:
        return db.read(lambda s: s.get_one(Schedule, name, populate_existing=True))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.mariadb() as server:
        files.configure(tmp_path_factory.mktemp("files"))
        engine = db.configure(server.url)
        schema.upgrade()
        yield server.url
        engine.dispose()


@pytest.fixture
def crew(database: str, tmp_path: Path) -> Iterator[Crew]:
    """An empty schedule."""
    db.configure(database)
    with ExitStack() as running:
        found = Crew(database, tmp_path)
        yield found
        for worker in found.all:
            with suppress(AssertionError):
                worker.resume()
            running.callback(worker.kill)
    with db.transaction() as s:
        for kind in (Schedule, Event):
            s.query(kind).delete()
    db.engine().dispose()


def slots(runs: list[Event]) -> list[str]:
    return [run.details["next"] for run in runs]


def test_three_schedulers_run_each_slot_once(crew: Crew) -> None:
    for _ in range(3):
        crew.hire("grid")

    wait_until(lambda: len(crew.runs()) >= 25)
    for worker in crew.all:
        worker.stop()

    runs = crew.runs()
    assert len(slots(runs)) == len(set(slots(runs)))
    assert slots(runs) == sorted(slots(runs))
    assert len({run.details["pid"] for run in runs}) > 1
    assert "Traceback" not in "".join(worker.said() for worker in crew.all)


def test_a_scheduler_that_was_frozen_over_slots_runs_once_for_all_of_them(crew: Crew) -> None:
    worker = crew.hire("grid")
    wait_until(lambda: len(crew.runs()) >= 3)

    worker.pause()
    before = len(crew.runs())
    frozen_at = clock.now()
    wait_until(lambda: clock.now() > frozen_at + timedelta(seconds=1.5))
    resumed_at = clock.now()
    worker.resume()
    wait_until(lambda: len(crew.runs()) >= before + 4)

    late = [datetime.fromisoformat(slot) for slot in slots(crew.runs())[before + 1 :]]
    assert all(slot > resumed_at for slot in late)  # of the fifteen that passed, one ran
    assert len(slots(crew.runs())) == len(set(slots(crew.runs())))


def planned(count: int) -> list[int]:
    """Make tickets that are to be woken now."""

    def work(s: Session) -> list[int]:
        alice = s.scalar(select(User).where(User.email == "alice@exemple.fr"))
        if alice is None:
            alice = User(name="Alice", email="alice@exemple.fr", role=Role.ADMIN)
            s.add(alice)
            s.flush()
        by = sessions.actor_of(s, alice.id)
        made = [creation.create(s, by, NewTicket(title="Poste")).number for _ in range(count)]
        wait = Wait(reason=PendingReason.PLANNED, until=clock.now() + timedelta(hours=1))
        for number in made:
            transitions.move(s, by, number, Status.PENDING, wait=wait)
        now = update(Ticket).where(Ticket.number.in_(made)).values(wake_at=clock.now())
        s.execute(now.execution_options(synchronize_session=False))
        return made

    return db.write(work)


def woken(numbers: list[int]) -> Counter[int | None]:
    """How often each ticket was woken."""
    query = select(Event.ticket_number).where(Event.kind == "ticket.started")
    query = query.where(Event.ticket_number.in_(numbers))
    return db.read(lambda s: Counter(s.scalars(query)))


def test_what_a_killed_process_began_is_finished_by_another_and_nothing_twice(crew: Crew) -> None:
    numbers = planned(12)
    (crew.folder / "hold").touch()
    victim = crew.hire("wakes")
    wait_until((crew.folder / f"busy-{victim.pid}").exists)
    crew.hire("wakes")

    victim.kill()
    (crew.folder / "passed").touch()

    wait_until(lambda: len(woken(numbers)) == len(numbers))
    assert set(woken(numbers).values()) == {1}
    wait_until(lambda: not crew.row("wakes").failures)


def test_a_process_that_wakes_late_changes_nothing_any_more(crew: Crew) -> None:
    numbers = planned(9)
    (crew.folder / "hold").touch()
    late = crew.hire("wakes")
    wait_until((crew.folder / f"busy-{late.pid}").exists)

    late.pause()  # in the middle of a batch, whose three tickets it has changed and locked
    (crew.folder / "passed").touch()
    crew.hire("wakes")
    wait_until(lambda: len(woken(numbers)) == len(numbers) - 3)
    late.resume()
    wait_until(lambda: "came too late and was undone" in late.said())
    wait_until(lambda: "ended late" in late.said())

    wait_until(lambda: len(woken(numbers)) == len(numbers))
    assert set(woken(numbers).values()) == {1}
    wait_until(lambda: not crew.row("wakes").failures)


def test_work_that_ends_processes_or_eats_memory_keeps_no_other_waiting(crew: Crew) -> None:
    deaths = 0
    while True:  # as whoever supervises does
        worker = crew.hire("raises", "eats", "aborts", "grid")
        wait_until(lambda: crew.all[-1].is_dead() or _waits(crew, "aborts", 2))
        if not worker.is_dead():
            break
        deaths += 1

    assert deaths == 2  # for itself, and taken over; then it waits like any other failure
    before = len(crew.runs())
    wait_until(lambda: len(crew.runs()) >= before + 5)
    wait_until(lambda: _waits(crew, "raises", 1) and _waits(crew, "eats", 1))
    assert crew.row("raises").error.startswith("ZeroDivisionError")
    assert crew.row("eats").error.startswith("MemoryError")
    assert crew.row("aborts").error == schedule.LOST


def _waits(crew: Crew, name: str, failures: int) -> bool:
    row = crew.row(name)
    return row.failures >= failures and row.next_at > clock.now() and not row.owner


@pytest.mark.parametrize(
    ("start", "slot"),
    [
        ("2026-03-28T23:30:00+00:00", "2026-03-29T01:30:00+00:00"),  # 02:30 is skipped
        ("2026-10-24T23:30:00+00:00", "2026-10-25T00:30:00+00:00"),  # 02:30 comes twice
    ],
)
def test_half_past_two_runs_once_in_the_night_in_which_the_clock_changes(
    crew: Crew, start: str, slot: str
) -> None:
    (crew.folder / "dial").write_text(f"{start} 7200")
    for _ in range(2):  # the clock of the second is some minutes behind
        crew.hire("night", "often")
    morning = datetime.fromisoformat(start) + timedelta(hours=5)
    wait_until(lambda: crew.runs("often")[-1:] and crew.runs("often")[-1].created_at > morning)

    (run,) = crew.runs("night")
    assert run.created_at >= datetime.fromisoformat(slot)


@pytest.mark.parametrize("jump", [-600, 3600])
def test_a_clock_that_is_set_moves_no_lease_and_stops_no_work(crew: Crew, jump: int) -> None:
    holder = crew.hire("holds")
    wait_until(lambda: crew.runs("holds"))
    other = crew.hire("holds", "often")
    wait_until(lambda: crew.runs("often"))

    (crew.folder / "dial").write_text(str(jump))
    set_at = clock.now()
    wait_until(lambda: clock.now() > set_at + timedelta(seconds=2.5))  # more than two leases

    assert {run.details["pid"] for run in crew.runs("holds")} == {holder.pid}
    later = [run for run in crew.runs("often") if _is_moved(run, set_at)]
    assert later
    holder.kill()
    wait_until(lambda: crew.runs("holds")[-1].details["pid"] == other.pid, 20)


def _is_moved(run: Event, set_at: datetime) -> bool:
    return abs(run.created_at - set_at) > timedelta(minutes=5)
