"""Who waits comes first: work that nobody waits for gives way to those whom the site serves.

One thread computes at a time under the interpreter’s lock. A page that comes while others compute
takes turns with all of them; with this it meets one piece of work, which ends in milliseconds.

Processes on one machine share its processors, too. The one that serves shows by a lock on a file
of the data folder that somebody waits; a worker beside it looks there before each piece of work.
The system lets go of the lock of a process that dies, so nobody waits for one that is gone. Where
the folder lies on another machine nothing is shown: a lock there is a trip for each request.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, event

LONGEST_SECONDS = 0.2  # for which a piece of work waits: it goes on under a stream of people
_BETWEEN_SECONDS = 0.05  # for which it waits before a statement: it has its turn already
_LOOK_SECONDS = 0.001  # how often a worker looks whether somebody still waits
_LATELY_SECONDS = 10.0  # who opened a page will soon open another
_MOUNTS = Path("/proc/self/mountinfo")
_FAR = frozenset(
    {
        *("9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "gfs2", "glusterfs"),
        *("lustre", "nfs", "nfs4", "ocfs2", "smb3"),
    }
)


class Courtesy:
    """Counts who waits, and lets work begin piece by piece while nobody does."""

    def __init__(self) -> None:
        self._turn = threading.RLock()
        self._change = threading.Condition()
        self._waiting = 0
        self._shown: int | None = None  # the file that shows others who waits here
        self._seen: int | None = None  # the file that shows who waits elsewhere
        self._met_at = -_LATELY_SECONDS  # when work last found somebody waiting

    def show(self, path: Path) -> None:
        """Show those who look at this file, from now on, whether somebody waits here."""
        self._shown = _opened(path) if _is_near(path.parent) else None

    def watch(self, path: Path) -> None:
        """Give way, from now on, to whoever waits in processes that show it by this file."""
        self._seen = _opened(path)

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Mark that somebody waits until the end of the block."""
        with self._change:
            self._waiting += 1
            if self._waiting == 1:
                self._mark(fcntl.LOCK_SH)
        try:
            yield
        finally:
            with self._change:
                self._waiting -= 1
                if not self._waiting:
                    self._mark(fcntl.LOCK_UN)
                    self._change.notify_all()

    def between_statements(self, engine: Engine) -> None:
        """Give way, from now on, before each statement of a session that only reads.

        What a worker reads for some messages takes as long as a page; nothing is locked meanwhile.
        """

        def before(connection: Connection, *_told: object) -> None:
            if not connection.get_execution_options().get("writes"):
                self.give_way(_BETWEEN_SECONDS)

        event.listen(engine, "before_cursor_execute", before)

    def give_way(self, longest: float | None = None) -> None:
        """Wait until nobody waits, so many seconds at most (LONGEST_SECONDS)."""
        longest = LONGEST_SECONDS if longest is None else longest
        if self._seen is not None:
            until = time.monotonic() + longest
            while _is_marked(self._seen) and time.monotonic() < until:
                self._met_at = time.monotonic()
                time.sleep(_LOOK_SECONDS)
            return
        with self._change:
            if self._waiting:
                self._met_at = time.monotonic()
                self._change.wait_for(lambda: not self._waiting, longest)

    def is_met(self) -> bool:
        """Tell whether work met somebody lately: its pieces are to be short then."""
        return time.monotonic() - self._met_at < _LATELY_SECONDS

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Do one piece of work, of some milliseconds: one such piece at a time."""
        with self._turn:
            self.give_way()
            yield

    def _mark(self, how: int) -> None:
        if self._shown is not None:
            with suppress(BlockingIOError):  # somebody is looking in this very moment
                fcntl.flock(self._shown, how | fcntl.LOCK_NB)


def _opened(path: Path) -> int | None:
    """Open the file, None where that or locks are refused: without it all goes on, less kindly."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _is_marked(file)
    except OSError:
        return None
    return file


def _is_near(folder: Path) -> bool:
    """Tell whether a folder is on a disk of this machine, as far as the system says (proc(5))."""
    device = folder.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    mounts = _MOUNTS.read_text().splitlines() if _MOUNTS.exists() else []
    # id, parent, device, root, place, options…, then after the dash: type, source, options.
    kinds = {line.partition(" - ")[2].split()[0] for line in mounts if line.split()[2] == number}
    return not kinds & _FAR


def _is_marked(file: int) -> bool:
    """Tell whether a process holds the mark; holding it oneself for a moment is how one sees."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False


courtesy = Courtesy()
awaited, give_way, turn = courtesy.awaited, courtesy.give_way, courtesy.turn
show, watch, is_met = courtesy.show, courtesy.watch, courtesy.is_met
between_statements = courtesy.between_statements
