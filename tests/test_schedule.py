"""What the clock asks for: claimed once, held by a lease, coalesced, retried (F4, F5, F7, F34)."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from data import clock, db
from data.models import Event, Schedule
from services import schedule, sessions
from services.errors import NotAllowed, NotFound
from services.leases import Watch
from services.rhythms import At, Every
from services.schedule import BACKOFF, Ending, Run, Seen, SwitchedOff, Task
from services.tasks import TASKS
from tests.conftest import Clock, People

TASK = {"task": Task("Task", Every(30), lambda _s: 0)}
MORNING = {"task": Task("Task", At("08:00"), lambda _s: 0)}


@pytest.fixture
def row(s: Session, time: Clock) -> Schedule:
    """A task that is due, at an instant that stands still."""
    time.stop()
    schedule.sow(s, TASK)
    s.commit()
    time.pass_by(seconds=30)
    return s.get_one(Schedule, "task")


def seen(s: Session, tasks: schedule.Tasks = TASK, watch: Watch | None = None) -> list[Seen]:
    s.rollback()
    return schedule.claimable(s, tasks, watch or Watch(20))


def claimed(s: Session, tasks: schedule.Tasks = TASK, watch: Watch | None = None) -> Run:
    (found,) = seen(s, tasks, watch)
    run = schedule.claim(s, tasks, found)
    assert run is not None
    s.commit()
    return run


def test_a_task_is_due_after_its_first_interval(s: Session, time: Clock) -> None:
    time.stop()
    schedule.sow(s, TASK)
    schedule.sow(s, TASK)
    s.commit()

    assert seen(s) == []
    time.pass_by(seconds=30)
    assert [found.name for found in seen(s)] == ["task"]


def test_what_is_claimed_is_nobody_elses(s: Session, row: Schedule) -> None:
    (same,) = seen(s)

    run = claimed(s)

    assert seen(s) == []
    assert schedule.claim(s, TASK, same) is None
    s.refresh(row)
    assert (row.owner, row.next_at) == (run.owner, clock.now() + timedelta(seconds=30))


def test_two_who_saw_the_same_slot_run_it_once(s: Session, row: Schedule) -> None:
    (same,) = seen(s)
    s.rollback()
    runs: list[Run | None] = []
    ready = threading.Barrier(3)

    def take() -> None:
        ready.wait(10)
        runs.append(db.write(lambda r: schedule.claim(r, TASK, same)))

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(run is not None for run in runs) == 1


def test_a_slot_that_ran_and_ended_meanwhile_is_not_run_again(s: Session, row: Schedule) -> None:
    (same,) = seen(s)
    run = claimed(s)
    schedule.settle(s, run, Ending(done=3, milliseconds=12))
    s.commit()

    assert schedule.claim(s, TASK, same) is None
    s.refresh(row)
    assert (row.done, row.milliseconds, row.failures, row.owner) == (3, 12, 0, "")


def test_slots_that_were_missed_run_once(s: Session, time: Clock, row: Schedule) -> None:
    time.pass_by(hours=3)

    run = claimed(s)
    schedule.settle(s, run, Ending())
    s.commit()

    assert seen(s) == []
    s.refresh(row)
    assert row.next_at == clock.now() + timedelta(seconds=30)


def test_missed_mornings_run_once_and_the_next_is_tomorrow(s: Session, time: Clock) -> None:
    time.stopped = datetime(2026, 10, 20, 5, tzinfo=UTC)
    schedule.sow(s, MORNING)
    s.commit()
    assert s.get_one(Schedule, "task").next_at == datetime(2026, 10, 20, 6, tzinfo=UTC)

    time.stopped = datetime(2026, 10, 24, 12, tzinfo=UTC)
    schedule.settle(s, claimed(s, MORNING), Ending())
    s.commit()

    assert seen(s, MORNING) == []
    after_the_change = datetime(2026, 10, 25, 7, tzinfo=UTC)
    assert s.get_one(Schedule, "task").next_at == after_the_change


def test_slots_are_in_the_zone_of_the_organisation(s: Session, time: Clock) -> None:
    time.stopped = datetime(2026, 10, 20, 0, tzinfo=UTC)
    sessions.configure(timezone="America/Martinique")
    try:
        schedule.sow(s, MORNING)
    finally:
        sessions.configure(timezone="Europe/Paris")
    s.flush()

    assert s.get_one(Schedule, "task").next_at == datetime(2026, 10, 20, 12, tzinfo=UTC)


class Lease:
    """A watch whose stopwatch the test moves."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.watch = Watch(20, lambda: self.moment)


def test_what_a_process_left_is_taken_over_and_its_late_words_are_refused(
    s: Session, time: Clock, row: Schedule
) -> None:
    lease = Lease()
    late = claimed(s)
    assert seen(s, watch=lease.watch) == []

    lease.moment = 20.0
    time.pass_by(seconds=20)
    run = claimed(s, watch=lease.watch)

    assert run.owner != late.owner
    with pytest.raises(schedule.Lost):
        schedule.hold(s, late)
    assert schedule.settle(s, late, Ending(error="late")) is False
    schedule.hold(s, run)
    assert schedule.settle(s, run, Ending()) is True
    s.commit()
    s.refresh(row)
    assert (row.error, row.failures) == ("", 0)


def test_a_lease_that_is_renewed_stays(s: Session, time: Clock, row: Schedule) -> None:
    lease = Lease()
    run = claimed(s)
    for _ in range(10):
        assert seen(s, watch=lease.watch) == []
        lease.moment += 15
        time.pass_by(seconds=15)
        schedule.hold(s, run)
        s.commit()

    assert schedule.settle(s, run, Ending()) is True


@pytest.mark.parametrize("minutes", [-10, 10, 60])
def test_a_clock_that_jumps_neither_ends_a_lease_nor_keeps_it(
    s: Session, time: Clock, row: Schedule, minutes: int
) -> None:
    lease = Lease()
    run = claimed(s)
    seen(s, watch=lease.watch)

    time.pass_by(minutes=minutes)
    assert seen(s, watch=lease.watch) == []
    schedule.hold(s, run)
    s.commit()
    assert seen(s, watch=lease.watch) == []
    lease.moment += 20

    assert [found.name for found in seen(s, watch=lease.watch)] == ["task"]


def test_a_clock_that_goes_back_does_not_stop_what_comes_every_so_often(
    s: Session, time: Clock, row: Schedule
) -> None:
    schedule.settle(s, claimed(s), Ending())
    s.commit()

    time.pass_by(minutes=-10)
    schedule.settle(s, claimed(s), Ending())
    s.commit()

    assert seen(s) == []
    assert s.get_one(Schedule, "task").next_at == clock.now() + timedelta(seconds=30)


def test_what_fails_is_tried_again_later_and_later(s: Session, time: Clock, row: Schedule) -> None:
    for count, pause in enumerate((*BACKOFF, BACKOFF[-1]), start=1):
        schedule.settle(s, claimed(s), Ending(error="ValueError: no"))
        s.commit()
        s.refresh(row)
        assert (row.failures, row.next_at, row.error) == (
            count,
            clock.now() + pause,
            "ValueError: no",
        )
        time.pass_by(seconds=pause.total_seconds() - 1)
        assert seen(s) == []
        time.pass_by(seconds=1)

    schedule.settle(s, claimed(s), Ending())
    s.commit()

    s.refresh(row)
    assert (row.failures, row.error) == (0, "")


def test_what_ends_every_process_that_tries_it_waits(
    s: Session, time: Clock, row: Schedule
) -> None:
    lease = Lease()
    claimed(s)
    seen(s, watch=lease.watch)
    lease.moment += 20
    claimed(s, watch=lease.watch)  # the first time at once
    seen(s, watch=lease.watch)
    lease.moment += 20

    (found,) = seen(s, watch=lease.watch)
    assert schedule.claim(s, TASK, found) is None
    s.commit()

    s.refresh(row)
    assert (row.owner, row.error, row.failures) == ("", schedule.LOST, 2)
    assert row.next_at == clock.now() + BACKOFF[1]


def test_what_was_cut_goes_on_at_once(s: Session, time: Clock, row: Schedule) -> None:
    schedule.settle(s, claimed(s), Ending(done=5, is_cut=True))
    s.commit()

    assert [found.name for found in seen(s)] == ["task"]


def test_an_administrator_lets_a_task_run_now(s: Session, people: People, row: Schedule) -> None:
    schedule.settle(s, claimed(s), Ending())
    schedule.ask(s, people.diane, "task")
    s.commit()

    claimed(s)
    schedule.ask(s, people.diane, "task")  # while it runs
    s.commit()
    s.refresh(row)
    run = Run("task", row.owner)
    schedule.settle(s, run, Ending())
    s.commit()

    assert [found.name for found in seen(s)] == ["task"]
    event = s.query(Event).order_by(Event.id.desc()).first()
    assert event is not None
    assert (event.kind, event.subject, event.actor_id) == (
        "schedule.asked",
        "schedule:task",
        people.diane.id,
    )


def test_a_task_that_is_switched_off_does_not_run(
    s: Session, people: People, row: Schedule
) -> None:
    schedule.switch(s, people.diane, "task", is_active=False)
    s.commit()

    assert seen(s) == []
    with pytest.raises(SwitchedOff):
        schedule.ask(s, people.diane, "task")
    schedule.switch(s, people.diane, "task", is_active=True)
    s.commit()
    assert [found.name for found in seen(s)] == ["task"]
    assert [e.kind for e in s.query(Event).order_by(Event.id)] == ["schedule.edited"] * 2


def test_what_is_switched_off_and_was_left_is_let_go(
    s: Session, people: People, row: Schedule
) -> None:
    lease = Lease()
    claimed(s)
    schedule.switch(s, people.diane, "task", is_active=False)
    s.commit()
    seen(s, watch=lease.watch)
    lease.moment += 20

    (found,) = seen(s, watch=lease.watch)
    assert schedule.claim(s, TASK, found) is None
    s.commit()

    s.refresh(row)
    assert (row.owner, row.lease_until) == ("", None)


def test_a_row_of_another_version_is_left_alone(s: Session, time: Clock) -> None:
    s.add(Schedule(name="of another version", next_at=clock.now() - timedelta(days=1)))
    s.commit()

    assert seen(s) == []


@pytest.mark.parametrize("name", ["alice", "bruno", "chloe", "driss"])
def test_only_an_administrator_sees_and_changes_the_schedule(
    s: Session, people: People, row: Schedule, name: str
) -> None:
    by = getattr(people, name)
    for gesture in (
        lambda: schedule.lines(s, by, TASK),
        lambda: schedule.ask(s, by, "task"),
        lambda: schedule.switch(s, by, "task", is_active=False),
    ):
        with pytest.raises(NotAllowed):
            gesture()


def test_a_task_there_is_not_is_not_found(s: Session, people: People) -> None:
    with pytest.raises(NotFound):
        schedule.ask(s, people.diane, "nothing")


def test_every_task_of_the_application_runs_on_an_empty_database(s: Session) -> None:
    schedule.sow(s, TASKS)

    for task in TASKS.values():
        works = [task.work] if task.work else task.parts()
        assert not any(work(s) for work in works)
    assert all(len(name) <= 40 for name in TASKS)
