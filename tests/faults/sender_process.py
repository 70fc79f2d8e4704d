"""A process that relays and sends, with a clock of its own that a test can set.

`python -m tests.faults.sender_process URL FOLDER LEASE` until SIGTERM. A file `dial` in the folder
sets its clock while it runs, as for `chore_process`; a lease lasts LEASE seconds.
"""

import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from data import clock, db
from integrations import sender
from services import bundles, deliveries, destinations, sealing
from tests import sites
from tests.faults.chore_process import Dial
from tests.servers import LOOPBACK


def main(url: str, folder: str, lease: str) -> None:
    """Send until told to stop."""
    vars(clock)["datetime"] = Dial(Path(folder) / "dial")
    vars(sender)["SWEEP_SECONDS"] = 0.1
    vars(bundles)["LEASE"] = timedelta(seconds=float(lease))
    vars(deliveries)["BACKOFF"] = (timedelta(seconds=1),) * len(deliveries.BACKOFF)
    db.configure(url)
    destinations.configure([LOOPBACK])
    sealing.configure(sites._SECRET)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    sends = sender.Sender()
    sends.start()
    print("waits for work", flush=True)
    stopped.wait()
    sends.stop()
    sends.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
