"""Who relays and sends: a thread that is woken by commits and looks by itself now and then.

Without Redis it runs in the process that serves; with Redis in each worker, beside rq, which wakes
faster across processes and may lose everything: what it lost is due in the table. Where no worker
is seen, the process that serves does it after all.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from data import db
from data.courtesy import is_met, turn
from data.models import Event
from integrations import channels
from services import deliveries, relay
from services.deliveries import Leases, Parcel

log = logging.getLogger(__name__)

SENDERS = 8  # deliveries at once of one channel: a slow one holds back no other
SHARE = 0.2  # of a processor, where pages are served as well: they come first
FEW = 20  # events that are relayed at once there, and where a worker met people lately
SHORT = 8  # deliveries that are read at once there
SWEEP_SECONDS = 15.0
_EXPECTED_SECONDS = 0.05  # before the first one told
_GATHER_SECONDS = 0.05  # what is committed together is relayed together


def always() -> bool:
    """Tell that one is wanted."""
    return True


class Pace:
    """Lets many who compute together take no longer than a `share` of the time, one after another.

    All at once, they would leave a page a ninth of the processor for most of a second.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._lock = threading.Lock()
        self._free_at = 0.0
        self._took = _EXPECTED_SECONDS  # the last one; as long is kept for the next

    def turn(self) -> float:
        """Take the next turn; return in how many seconds it begins."""
        with self._lock:
            begins = max(time.monotonic(), self._free_at)
            self._free_at = begins + self._took / self._share
        return begins - time.monotonic()

    def took(self, seconds: float) -> None:
        """Note how long a turn took, of the time of the processor."""
        with self._lock:
            self._free_at += (seconds - self._took) / self._share
            self._took = seconds


class Sender:
    """Relays what happened and sends what is due, while it is wanted, until it is stopped.

    All senders together compute no longer than a `share` of the time; what they wait for a server
    costs nobody anything.
    """

    def __init__(self, is_wanted: Callable[[], bool] = always, share: float = 1.0) -> None:
        self._is_wanted = is_wanted
        self._pace = Pace(share) if share < 1 else None
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._leases = Leases()
        self._busy: dict[str, set[Future[None]]] = {name: set() for name in channels.CHANNELS}
        # No daemons: the process ends when those who are sending have finished.
        self._pools = {
            name: ThreadPoolExecutor(SENDERS, thread_name_prefix=f"sending {name}")
            for name in channels.CHANNELS
        }
        self._thread = threading.Thread(target=self._run, name="sender")

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def wake(self, _recorded: list[Event] | None = None) -> None:
        """Look soon; a listener of `db.on_commit`."""
        self._woken.set()

    def stop(self) -> None:
        """Claim nothing more; what is being sent is finished, which nobody waits for here."""
        self._stopping.set()
        self._woken.set()

    def join(self) -> None:
        """Wait until all is finished after a stop."""
        self._thread.join()
        for pool in self._pools.values():
            pool.shutdown()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            pause = SWEEP_SECONDS
            try:
                if self._is_wanted():
                    self.turn()
                    pause = self._pause()
            except SQLAlchemyError:
                log.exception("the deliveries could not be looked at")  # they stay due
            self._woken.wait(pause)
            self._stopping.wait(_GATHER_SECONDS)

    def turn(self) -> None:
        """Relay all that happened, and begin to send as much of what is due as there is room."""
        relay_all(FEW if self._is_short() else relay.BATCH)
        rooms = {name: self._room(name) for name in channels.CHANNELS}
        with turn():
            lost = db.read(self._leases.over)
        for name, room in rooms.items():
            for some in _shared(self._claimed(name, room, lost), room):
                sending = self._pools[name].submit(self._send, some)
                self._busy[name].add(sending)
                sending.add_done_callback(self._sent)

    def _claimed(self, channel: str, room: int, lost: Collection[str]) -> list[Parcel]:
        """Lease what is due of one channel, as much as there is room for."""
        if not room:
            return []
        limit = room * self._together(channel)
        with turn():
            return db.write(lambda s: deliveries.claim(s, limit, channel=channel, lost=lost))

    def _together(self, channel: str) -> int:
        """Return how many deliveries of a channel one sender takes."""
        most = channels.TOGETHER.get(channel, 1)
        return min(most, SHORT) if self._is_short() else most

    def _is_short(self) -> bool:
        """Tell whether the pieces of work are to be short: pages are served beside them."""
        return self._pace is not None or is_met()

    def _send(self, parcels: list[Parcel]) -> None:
        """Send some, when others have had the processor for long enough."""
        if self._pace is None:
            channels.send(*parcels)
            return
        self._stopping.wait(self._pace.turn())
        computed = time.thread_time()
        channels.send(*parcels)
        self._pace.took(time.thread_time() - computed)

    def _room(self, channel: str) -> int:
        """Return how many more deliveries of a channel can be sent now."""
        busy = {sending for sending in self._busy[channel] if not sending.done()}
        self._busy[channel] = busy
        return SENDERS - len(busy)

    def _sent(self, sending: Future[None]) -> None:
        """Look again: there is room now."""
        if error := sending.exception():
            log.error("a delivery could not be settled, its lease will run out", exc_info=error)
        self._woken.set()

    def _pause(self) -> float:
        """Return how long to sleep: until something is due, if that is sooner than a sweep."""
        free = [name for name in channels.CHANNELS if self._room(name)]
        due = db.read(lambda s: deliveries.next_due(s, free)) if free else None
        left = due.total_seconds() if due is not None else SWEEP_SECONDS
        over = self._leases.left()
        return min(max(left, 0.0), SWEEP_SECONDS if over is None else over, SWEEP_SECONDS)


def _shared(parcels: list[Parcel], among: int) -> list[list[Parcel]]:
    """Share parcels out among senders evenly; those of one recipient stay in their order."""
    shares: list[list[Parcel]] = [[] for _ in range(among)]
    whose: dict[str, list[Parcel]] = {}
    for parcel in parcels:
        share = whose.setdefault(parcel.recipient, min(shares, key=len))
        share.append(parcel)
    return [share for share in shares if share]


def relay_all(most: int = relay.BATCH) -> None:
    """Plan the deliveries of everything that happened, so many at once."""
    count = most
    while count == most:
        with turn():
            count = db.write(lambda s: relay.relay(s, most))


async def run(is_wanted: Callable[[], bool] = always) -> None:
    """Relay and send as long as the site runs, while one is wanted."""
    sender = Sender(is_wanted, SHARE)
    leave = db.on_commit(sender.wake)
    sender.start()
    try:
        await asyncio.Event().wait()
    finally:
        leave()
        sender.stop()
