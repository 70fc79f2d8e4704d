"""Work that nobody waits for gives way to what somebody waits for, and is not stopped by it."""

import asyncio
import errno
import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from starlette.types import Message, Receive, Scope, Send

from data import courtesy, threads
from data.config import Settings
from data.courtesy import Courtesy
from integrations import sender
from integrations.channels import TOGETHER
from integrations.sender import FEW, SENDERS, SHORT
from services import deliveries, relay
from services.deliveries import Parcel
from tests.mail_sinks import ROOT
from ui.guard import SOCKETS, UPLOADS, Guard
from ui.logins import Login, Logins

PATIENCE = 10


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that work beside the test."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let work wait as long as anybody does."""
    monkeypatch.setattr(courtesy, "LONGEST_SECONDS", 3 * PATIENCE)


def is_waiting(found: Future[None]) -> bool:
    with pytest.raises(TimeoutError):
        found.result(0.05)
    return True


@pytest.mark.usefixtures("patient")
def test_work_begins_when_the_last_who_waits_is_served(pool: ThreadPoolExecutor) -> None:
    manners = Courtesy()
    with manners.awaited():
        with manners.awaited():
            work = pool.submit(manners.give_way)
            assert is_waiting(work)
        assert is_waiting(work)

    assert work.result(PATIENCE) is None


@pytest.mark.usefixtures("patient")
def test_who_fails_waits_no_more(pool: ThreadPoolExecutor) -> None:
    manners = Courtesy()
    with pytest.raises(RuntimeError), manners.awaited():
        raise RuntimeError

    assert pool.submit(manners.give_way).result(PATIENCE) is None


def test_people_who_come_all_the_time_do_not_stop_the_work(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courtesy, "LONGEST_SECONDS", 0.01)
    manners = Courtesy()
    with manners.awaited():
        assert pool.submit(manners.give_way).result(PATIENCE) is None


@pytest.mark.usefixtures("patient")
def test_pieces_of_work_are_done_one_at_a_time(pool: ThreadPoolExecutor) -> None:
    manners, nobody = Courtesy(), threading.Event()
    at_once: list[int] = []
    found: list[int] = []

    def work(number: int) -> None:
        with manners.turn():
            at_once.append(number)
            found.append(len(at_once))
            nobody.wait(0.005)  # in which another would begin
            at_once.remove(number)

    with manners.awaited():
        works = [pool.submit(work, number) for number in range(8)]
        assert all(is_waiting(each) for each in works)
    for each in works:
        each.result(PATIENCE)

    assert found == [1] * 8


SERVES = """
import sys
from pathlib import Path
from data.courtesy import Courtesy

manners = Courtesy()
manners.show(Path(sys.argv[1]))
for _line in sys.stdin:
    with manners.awaited(), manners.awaited():
        print("waits", flush=True)
        sys.stdin.readline()
    print("served", flush=True)
"""


@pytest.fixture
def works(tmp_path: Path) -> Courtesy:
    """A worker’s, which looks whether somebody waits elsewhere."""
    manners = Courtesy()
    manners.watch(tmp_path / "awaited")
    return manners


@contextmanager
def serving(path: Path) -> Iterator[Callable[[], str]]:
    """Run a process that serves; each call lets somebody come, and then lets them be served."""
    command = [sys.executable, "-c", SERVES, str(path)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)
    to, back = process.stdin, process.stdout
    assert to is not None
    assert back is not None

    def on() -> str:
        to.write("\n")
        to.flush()
        return back.readline().strip()

    try:
        yield on
    finally:
        process.kill()
        process.communicate()


@pytest.mark.usefixtures("patient")
def test_a_worker_gives_way_to_who_waits_in_another_process(
    pool: ThreadPoolExecutor, tmp_path: Path, works: Courtesy
) -> None:
    with serving(tmp_path / "awaited") as on, serving(tmp_path / "awaited") as on_too:
        works.give_way()

        assert (on(), on_too()) == ("waits", "waits")
        work = pool.submit(works.give_way)
        assert is_waiting(work)
        assert on() == "served"
        assert is_waiting(work)
        assert on_too() == "served"

        assert work.result(PATIENCE) is None
        assert on() == "waits"


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(("kind", "is_shown"), [("ext4", True), ("nfs4", False)])
def test_on_the_disk_of_another_machine_nothing_is_shown(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pool: ThreadPoolExecutor,
    kind: str,
    is_shown: bool,
    works: Courtesy,
) -> None:
    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mountinfo"
    lines = [
        "22 27 0:21 / /proc rw,relatime - nfs4 elsewhere rw",
        f"30 27 {os.major(device)}:{os.minor(device)} / /data rw shared:1 - {kind} source rw",
    ]
    mounts.write_text("\n".join(lines))
    monkeypatch.setattr(courtesy, "_MOUNTS", mounts)
    serves = Courtesy()
    serves.show(tmp_path / "awaited")

    with serves.awaited():
        work = pool.submit(works.give_way)
        assert is_waiting(work) if is_shown else work.result(PATIENCE) is None
    assert work.result(PATIENCE) is None


@pytest.mark.usefixtures("patient")
def test_nobody_waits_in_a_process_that_was_killed(
    pool: ThreadPoolExecutor, tmp_path: Path, works: Courtesy
) -> None:
    with serving(tmp_path / "awaited") as on:
        assert on() == "waits"
        work = pool.submit(works.give_way)
        assert is_waiting(work)

    assert work.result(PATIENCE) is None


def test_people_elsewhere_who_come_all_the_time_do_not_stop_the_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, works: Courtesy
) -> None:
    monkeypatch.setattr(courtesy, "LONGEST_SECONDS", 0.01)
    with serving(tmp_path / "awaited") as on:
        assert on() == "waits"

        works.give_way()

        assert on() == "served"


def test_work_remembers_for_a_while_that_it_met_somebody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, works: Courtesy
) -> None:
    monkeypatch.setattr(courtesy, "LONGEST_SECONDS", 0.01)
    alone, both = Courtesy(), Courtesy()
    for manners in (alone, both, works):
        manners.give_way()
    met_nobody = (alone.is_met(), both.is_met(), works.is_met())

    with both.awaited(), serving(tmp_path / "awaited") as on:
        assert on() == "waits"
        both.give_way()
        works.give_way()
        assert on() == "served"
    met = (alone.is_met(), both.is_met(), works.is_met())
    monkeypatch.setattr(courtesy, "_LATELY_SECONDS", 0.0)

    assert met_nobody == (False, False, False)
    assert met == (False, True, True)
    assert (both.is_met(), works.is_met()) == (False, False)


@pytest.mark.usefixtures("patient")
def test_what_is_only_read_gives_way_before_each_statement_and_what_is_written_is_not_held_up(
    pool: ThreadPoolExecutor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: Engine,
    works: Courtesy,
) -> None:
    monkeypatch.setattr(courtesy, "_BETWEEN_SECONDS", 3 * PATIENCE)
    reads = engine.execution_options(beside="people")  # listeners of its own
    works.between_statements(reads)
    writes = reads.execution_options(writes=True)

    def look(bound: Engine) -> None:
        with bound.connect() as connection:
            connection.execute(text("SELECT 1"))

    look(reads)
    with serving(tmp_path / "awaited") as on:
        assert on() == "waits"
        reading = pool.submit(look, reads)
        assert is_waiting(reading)
        pool.submit(look, writes).result(PATIENCE)
        assert not reading.done()
        assert on() == "served"

        assert reading.result(PATIENCE) is None


@pytest.mark.parametrize(("is_met", "each"), [(True, SHORT), (False, TOGETHER["email"])])
@pytest.mark.usefixtures("s")
def test_who_met_people_lately_does_little_at_once(
    monkeypatch: pytest.MonkeyPatch, is_met: bool, each: int
) -> None:
    relayed: list[int] = []
    claimed: dict[str, int] = {}

    def none_left(_s: Session, most: int) -> int:
        relayed.append(most)
        return 0

    def claim(_s: Session, limit: int, *, channel: str, **_lost: object) -> list[Parcel]:
        claimed[channel] = limit
        return []

    monkeypatch.setattr(sender, "is_met", lambda: is_met)
    monkeypatch.setattr(relay, "relay", none_left)
    monkeypatch.setattr(deliveries, "claim", claim)

    sender.Sender().turn()

    assert relayed == [FEW if is_met else relay.BATCH]
    assert claimed["email"] == SENDERS * each


def test_where_locks_are_refused_all_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    serves, works = Courtesy(), Courtesy()
    serves.show(tmp_path / "awaited")
    works.watch(tmp_path / "awaited")

    with serves.awaited():
        works.give_way()

    works.watch(tmp_path)  # a folder, which nobody opens to write
    works.give_way()


@pytest.mark.usefixtures("patient")
async def test_what_a_page_reads_is_waited_for(pool: ThreadPoolExecutor) -> None:
    has_begun, may_end = threading.Event(), threading.Event()

    def read() -> None:
        has_begun.set()
        assert may_end.wait(PATIENCE)

    reading = asyncio.create_task(threads.in_thread(read))
    await asyncio.to_thread(has_begun.wait, PATIENCE)
    work = pool.submit(courtesy.give_way)
    assert is_waiting(work)

    may_end.set()
    await reading

    await asyncio.wrap_future(work)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("path", ["/", "/api/v1/me", "/_nicegui_ws/socket.io/", "/uploads/x"])
async def test_a_page_is_waited_for_and_what_may_stay_open_is_not(
    path: str, pool: ThreadPoolExecutor
) -> None:
    works: list[Future[None]] = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        works.append(pool.submit(courtesy.give_way))
        if path.startswith((SOCKETS, UPLOADS)):
            await asyncio.wait_for(asyncio.wrap_future(works[0]), PATIENCE)
        else:
            assert is_waiting(works[0])

    await Guard(app, *known())(scope_of(path), receives, sends)

    await asyncio.wrap_future(works[0])


@pytest.mark.usefixtures("patient")
async def test_an_answer_that_has_begun_may_take_its_time(pool: ThreadPoolExecutor) -> None:
    has_given_way: list[bool] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        work = pool.submit(courtesy.give_way)
        await asyncio.wait_for(asyncio.wrap_future(work), PATIENCE)
        has_given_way.append(True)

    await Guard(app, *known())(scope_of("/queue"), receives, sends)

    assert has_given_way


def known() -> tuple[Settings, Logins]:
    settings = Settings(secret_key="s" * 40)
    logins = Logins(settings)
    logins._known["t" * 43] = Login(1, 1, "t" * 43, "", "", ""), float("inf")
    return settings, logins


def scope_of(path: str) -> Scope:
    scope = {"type": "http", "method": "GET", "path": path, "scheme": "http", "query_string": b""}
    headers = [(b"cookie", b"appticket=" + b"t" * 43), (b"sec-fetch-site", b"same-origin")]
    return scope | {"headers": headers}


async def receives() -> Message:
    return {"type": "http.request"}


async def sends(_message: Message) -> None:
    """Hear nothing."""
