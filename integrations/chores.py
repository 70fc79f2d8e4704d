"""What a process does by itself: wake and close tickets, clean up, give memory back."""

import asyncio
import ctypes
import ctypes.util
import gc
import logging
import time
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from data import db
from services import attachments, renaming, upkeep

log = logging.getLogger(__name__)

EVERY_SECONDS = 30.0
CLEAN_EVERY_SECONDS = 3600.0


async def run() -> None:
    """Do what is due now and then; every process may, for a ticket moves once."""
    cleaned = 0.0
    while True:
        try:
            await asyncio.to_thread(move_due)
            if time.monotonic() - cleaned > CLEAN_EVERY_SECONDS:
                cleaned = time.monotonic()
                await asyncio.to_thread(clean)
                await asyncio.to_thread(trim_memory)
        except SQLAlchemyError:
            log.exception("the upkeep could not be done")  # the next time it is still due
        await asyncio.sleep(EVERY_SECONDS)


def move_due() -> None:
    """Wake what was planned, close what is resolved, list anew who was renamed, batch by batch."""
    for work in (upkeep.wake, upkeep.close):
        while db.write(work) == upkeep.BATCH:
            pass
    while db.write(renaming.follow):
        pass


def clean() -> None:
    """Forget what is over; folders are walked through while no transaction is open."""
    db.write(upkeep.clean)
    for digests in attachments.aged():
        db.write(partial(attachments.sweep, digests=digests))


def trim_memory() -> None:
    """Give freed memory back to the system; glibc keeps a peak for ever otherwise."""
    gc.collect()
    if name := ctypes.util.find_library("c"):
        libc = ctypes.CDLL(name)
        if hasattr(libc, "malloc_trim"):
            libc.malloc_trim(0)
