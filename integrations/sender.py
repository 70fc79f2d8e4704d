"""Who relays and sends: a thread that is woken by commits and looks by itself now and then.

Without Redis it runs in the process that serves; with Redis in each worker, beside rq, which wakes
faster across processes and may lose everything: what it lost is due in the table.
"""

import asyncio
import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from data import db
from data.clock import now
from data.models import Event
from integrations import channels
from services import deliveries, relay

log = logging.getLogger(__name__)

SENDERS = 8  # deliveries at once
SWEEP_SECONDS = 15.0
_GATHER_SECONDS = 0.05  # what is committed together is relayed together


class Sender:
    """Relays what happened and sends what is due, until it is stopped."""

    def __init__(self) -> None:
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._busy: set[Future[None]] = set()
        # No daemons: the process ends when those who are sending have finished.
        self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="sending")
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
        self._pool.shutdown()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                self.turn()
                pause = self._pause()
            except SQLAlchemyError:
                log.exception("the deliveries could not be looked at")  # they stay due
                pause = SWEEP_SECONDS
            self._woken.wait(pause)
            self._stopping.wait(_GATHER_SECONDS)

    def turn(self) -> None:
        """Relay all that happened, and begin to send as much of what is due as there is room."""
        relay_all()
        self._busy = {sending for sending in self._busy if not sending.done()}
        free = SENDERS - len(self._busy)
        for parcel in db.write(lambda s: deliveries.claim(s, free)) if free else ():
            sending = self._pool.submit(channels.send, parcel)
            self._busy.add(sending)
            sending.add_done_callback(self._sent)

    def _sent(self, sending: Future[None]) -> None:
        """Look again: there is room now."""
        if error := sending.exception():
            log.error("a delivery could not be settled, its lease will run out", exc_info=error)
        self._woken.set()

    def _pause(self) -> float:
        """Return how long to sleep: until something is due, if that is sooner than a sweep."""
        due = None if len(self._busy) == SENDERS else db.read(deliveries.next_due)
        left = (due - now()).total_seconds() if due else SWEEP_SECONDS
        return min(max(left, 0.0), SWEEP_SECONDS)


def relay_all() -> None:
    """Plan the deliveries of everything that happened, batch by batch."""
    while db.write(relay.relay) == relay.BATCH:
        pass


async def run() -> None:
    """Relay and send as long as the site runs."""
    sender = Sender()
    leave = db.on_commit(sender.wake)
    sender.start()
    try:
        await asyncio.Event().wait()
    finally:
        leave()
        sender.stop()
