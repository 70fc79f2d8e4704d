"""What a process does by itself."""

import json
import threading
import time as stopwatch
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
import redis
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data import clock, db, memory
from data.models import PendingReason, Schedule, Status, Team, Ticket
from integrations import chores, jobs
from integrations.bus import CHANNEL
from integrations.chores import Chores
from services import creation, schedule, transitions, upkeep
from services.changes import Change
from services.creation import NewTicket
from services.rhythms import Every
from services.schedule import Task
from services.tasks import TASKS
from services.transitions import Wait
from tests import servers
from tests.conftest import Clock, People
from tests.servers import wait_until
from ui.gate import setup_code


@contextmanager
def working(tasks: schedule.Tasks) -> Iterator[Chores]:
    """Somebody who does these tasks, which are due at once."""
    with db.transaction() as s:
        schedule.sow(s, tasks)
        s.flush()
        for row in s.query(Schedule):
            row.next_at = clock.now()
    found = Chores(tasks, tick_seconds=0.02)
    found.start()
    try:
        yield found
    finally:
        found.stop()
        found.join()


def row(name: str) -> Schedule:
    return db.read(lambda s: s.get_one(Schedule, name))


def task(work: Callable[[Session], int], seconds: int = 3600) -> Task:
    return Task("Task", Every(seconds), work)


def test_all_that_is_due_moves_however_much_it_is(s: Session, people: People, time: Clock) -> None:
    wait = Wait(reason=PendingReason.PLANNED, until=clock.now() + timedelta(hours=1))
    planned = [
        creation.create(s, people.alice, NewTicket(title=f"Poste {n}")).number
        for n in range(upkeep.BATCH + 1)
    ]
    for number in planned:
        transitions.move(s, people.bruno, number, Status.PENDING, wait=wait)
    resolved = creation.create(s, people.alice, NewTicket(title="Réglé")).number
    transitions.move(s, people.bruno, resolved, Status.RESOLVED)
    s.commit()
    time.pass_by(days=8)

    with working({name: TASKS[name] for name in ("wake", "close")}):
        wait_until(lambda: row("wake").finished_at and row("close").finished_at)

    statuses = db.read(lambda r: {t.number: t.status for t in r.query(Ticket)})
    assert {statuses[number] for number in planned} == {Status.IN_PROGRESS}
    assert statuses[resolved] is Status.CLOSED
    assert (row("wake").done, row("close").done) == (len(planned), 1)


def test_a_task_that_hangs_or_fails_keeps_no_other_waiting(
    s: Session, caplog: pytest.LogCaptureFixture
) -> None:
    released, ran = threading.Event(), threading.Event()

    def fails(_s: Session) -> int:
        raise ValueError("no such thing\nsecond line")

    def hangs(_s: Session) -> int:
        released.wait(30)
        return 0

    def runs(_s: Session) -> int:
        ran.set()
        return 0

    tasks = {"fails": task(fails), "runs": task(runs)}
    if db.engine().dialect.name != "sqlite":  # which has one writer
        tasks = {"hangs": task(hangs), **tasks}
    with working(tasks):
        assert ran.wait(10)
        wait_until(lambda: row("fails").finished_at)
        released.set()

    assert (row("fails").error, row("fails").failures) == ("ValueError: no such thing", 1)
    assert row("runs").error == ""
    assert "fails failed" in caplog.text
    assert all(not found.owner for found in db.read(lambda r: r.query(Schedule).all()))


def test_what_the_database_refuses_is_told_without_its_values(s: Session, people: People) -> None:
    def doubles(s: Session) -> int:
        s.add(Team(name="Réseau"))
        s.flush()
        return 0

    with working({"doubles": task(doubles)}):
        wait_until(lambda: row("doubles").finished_at)

    assert row("doubles").error.startswith(IntegrityError.__name__)
    assert "\n" not in row("doubles").error
    assert "INSERT" not in row("doubles").error


def test_a_batch_whose_lease_was_lost_is_undone(
    s: Session, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    def robbed(s: Session) -> int:
        s.add(Team(name="Perdue"))
        s.flush()
        s.query(Schedule).update({"owner": "somebody else"})
        return 1

    with working({"robbed": task(robbed)}):
        wait_until(lambda: "was undone" in caplog.text)

    assert db.read(lambda r: r.query(Team).filter_by(name="Perdue").count()) == 0


def test_what_never_ends_is_cut_and_goes_on_later(
    s: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "RUN_SECONDS", 0.05)
    turns: list[int] = []

    def endless(_s: Session) -> int:
        turns.append(1)
        stopwatch.sleep(0.01)
        return 1

    with working({"endless": task(endless)}):
        wait_until(lambda: row("endless").finished_at)
        first = row("endless").finished_at
        wait_until(lambda: row("endless").finished_at != first)

    assert row("endless").failures == 0


def test_each_part_of_a_task_is_done_in_a_transaction_of_its_own(s: Session) -> None:
    sessions: list[Session] = []

    def part(s: Session) -> int:
        sessions.append(s)
        return len(sessions)

    def parts() -> Iterator[schedule.Work]:
        for _ in range(3):
            assert not any(session.in_transaction() for session in sessions)
            yield part

    tasks = {"parts": Task("Task", Every(3600), parts=parts)}
    with working(tasks):
        wait_until(lambda: row("parts").finished_at)

    assert (row("parts").done, row("parts").error) == (1 + 2 + 3, "")


def test_who_asks_does_not_wait_for_the_next_look(s: Session, people: People) -> None:
    ran = threading.Event()

    def runs(_s: Session) -> int:
        ran.set()
        return 0

    tasks = {"task": task(runs)}
    schedule.sow(s, tasks)
    s.commit()
    found = Chores(tasks, tick_seconds=60)
    leave = db.on_commit(found.hear)
    found.start()
    try:
        wait_until(lambda: found._is_sown)
        db.write(lambda s: schedule.ask(s, people.diane, "task").name)
        assert ran.wait(10)
    finally:
        leave()
        found.stop()
        found.join()


def test_a_worker_does_not_wait_when_somebody_asks_another_process(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = threading.Event()

    def runs(_s: Session) -> int:
        ran.set()
        return 0

    tasks = {"task": task(runs)}
    monkeypatch.setattr(jobs, "Chores", partial(Chores, tasks, tick_seconds=60))
    with servers.redis() as server, redis.Redis.from_url(server.url) as client:
        monkeypatch.setattr(jobs, "_url", server.url)
        with jobs._sweeping():
            wait_until(lambda: db.read(lambda s: s.get(Schedule, "task")))
            wait_until(lambda: client.pubsub_numsub(CHANNEL)[0][1])
            schedule.ask(s, people.diane, "task")
            s.commit()  # no listener of this process hears of it
            asked = Change(1, "schedule.asked", None, "schedule:task").plain()
            client.publish(CHANNEL, json.dumps({**asked, "from": "another"}))
            assert ran.wait(10)


@pytest.mark.parametrize("is_wanted", [False, True])
def test_where_others_do_it_nothing_is_claimed(s: Session, is_wanted: bool) -> None:
    tasks = {"task": task(lambda _s: 0)}
    schedule.sow(s, tasks)
    s.get_one(Schedule, "task").next_at = clock.now()
    s.commit()
    found = Chores(tasks, is_wanted=lambda: is_wanted)

    found.turn()
    found._pool.shutdown()

    assert (row("task").finished_at is not None) == is_wanted


@pytest.mark.parametrize(("seconds", "is_due"), [(0.0, False), (3600.0, True)])
def test_memory_is_given_back_by_the_hour_and_when_much_was_made(
    s: Session, monkeypatch: pytest.MonkeyPatch, seconds: float, is_due: bool
) -> None:
    tidied = threading.Event()
    monkeypatch.setattr(memory, "tidy", tidied.set)
    monkeypatch.setattr(memory, "is_due", lambda: is_due)
    monkeypatch.setattr(chores, "TRIM_EVERY_SECONDS", seconds)

    with working({"task": task(lambda _s: 0)}):
        assert tidied.wait(10)


def test_every_process_of_an_installation_asks_for_the_same_setup_code() -> None:
    assert setup_code("k" * 32) == setup_code("k" * 32)
    assert setup_code("k" * 32) != setup_code("l" * 32)
    assert len(setup_code("k" * 32).replace("-", "")) == 16
