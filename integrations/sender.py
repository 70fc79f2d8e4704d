"""Who relays and sends: a thread that is woken by commits and looks by itself now and then.

Without Redis it runs in the process that serves; with Redis in each worker, beside rq, which wakes
faster across processes and may lose everything: what it lost is due in the table. Where no worker
is seen, the process that serves does it after all.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data import db
from data.clock import now
from data.models import Event
from integrations import channels
from services import deliveries, relay
from services.deliveries import Parcel

log = logging.getLogger(__name__)

SENDERS = 8  # deliveries at once of one channel: a slow one holds back no other
SWEEP_SECONDS = 15.0
_GATHER_SECONDS = 0.05  # what is committed together is relayed together


def always() -> bool:
    """Tell that one is wanted."""
    return True


class Sender:
    """Relays what happened and sends what is due, while it is wanted, until it is stopped."""

    def __init__(self, is_wanted: Callable[[], bool] = always) -> None:
        self._is_wanted = is_wanted
        self._woken = threading.Event()
        self._stopping = threading.Event()
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
        relay_all()
        rooms = {name: self._room(name) for name in channels.CHANNELS}
        claimed = db.write(lambda s: _claimed(s, rooms)) if any(rooms.values()) else {}
        for name, parcels in claimed.items():
            for some in _shared(parcels, rooms[name]):
                sending = self._pools[name].submit(channels.send, *some)
                self._busy[name].add(sending)
                sending.add_done_callback(self._sent)

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
        left = (due - now()).total_seconds() if due else SWEEP_SECONDS
        return min(max(left, 0.0), SWEEP_SECONDS)


def _claimed(s: Session, rooms: Mapping[str, int]) -> dict[str, list[Parcel]]:
    """Lease what is due, of each channel as much as there is room for."""
    return {
        name: deliveries.claim(s, room * channels.TOGETHER.get(name, 1), channel=name)
        for name, room in rooms.items()
        if room
    }


def _shared(parcels: list[Parcel], among: int) -> list[list[Parcel]]:
    """Share parcels out among senders evenly; those of one recipient stay in their order."""
    shares: list[list[Parcel]] = [[] for _ in range(among)]
    whose: dict[str, list[Parcel]] = {}
    for parcel in parcels:
        share = whose.setdefault(parcel.recipient, min(shares, key=len))
        share.append(parcel)
    return [share for share in shares if share]


def relay_all() -> None:
    """Plan the deliveries of everything that happened, batch by batch."""
    while db.write(relay.relay) == relay.BATCH:
        pass


async def run(is_wanted: Callable[[], bool] = always) -> None:
    """Relay and send as long as the site runs, while one is wanted."""
    sender = Sender(is_wanted)
    leave = db.on_commit(sender.wake)
    sender.start()
    try:
        await asyncio.Event().wait()
    finally:
        leave()
        sender.stop()
