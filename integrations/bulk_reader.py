"""Reading tickets.jsonl a thousand lines at a time; a large file in processes of their own.

Reading and checking take longer than writing: on two cores, a load is twice as fast with both at
once. A reader goes through the file itself and hands over what it made through a pipe, which holds
it up while the writer is behind; when the writer is killed, its pipe ends and so does the reader.
"""

import gc
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing.connection import Connection
from pathlib import Path
from zoneinfo import ZoneInfo

from integrations import bulk_line
from integrations.bulk_line import Wrong
from integrations.bulk_meta import Known
from integrations.bulk_parcel import Packer, Parcel
from services import words
from services.errors import Invalid

LARGE = 8 * 2**20  # bytes: what is smaller is read before a process has started
MOST_READERS = 3


@dataclass(frozen=True, slots=True)
class Source:
    """A file of tickets, and what it takes to understand and to write it."""

    path: Path
    known: Known
    zone: ZoneInfo
    dialect: str
    batch: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Some tickets of a file; `refusal` says why there are no more of them."""

    parcels: list[Parcel]
    refusal: str = ""


def batches(source: Source) -> Iterator[Batch]:
    """Yield the tickets of a file in its order, up to the first that is wrong."""
    try:
        size = source.path.stat().st_size
    except OSError as error:
        yield _unreadable(source.path, error)
        return
    readers = min(MOST_READERS, len(os.sched_getaffinity(0)) - 1) if size > LARGE else 0
    for batch in _beside(source, readers) if readers > 0 else read(source):
        yield batch
        if batch.refusal:
            return


def read(source: Source, nth: int = 0, readers: int = 1) -> Iterator[Batch]:
    """Yield the `nth` batch of each `readers` of a file, with one line in memory at a time."""
    packer = Packer(source.dialect)
    try:
        with source.path.open("rb") as file:
            lines = enumerate(file, 1)
            turn = 0
            while some := list(islice(lines, source.batch)):
                if turn % readers == nth:
                    yield _read(some, source, packer)
                turn += 1
    except OSError as error:
        yield _unreadable(source.path, error)


def _read(lines: list[tuple[int, bytes]], source: Source, packer: Packer) -> Batch:
    parcels: list[Parcel] = []
    for place, text in lines:
        if text.isspace():
            continue
        try:
            rows = bulk_line.read(text, source.known, source.zone)
        except (Wrong, Invalid) as refusal:
            reason = _reason(refusal).rstrip(".")
            return Batch(parcels, f"{source.path.name} line {place}: {reason}.")
        parcels.append(packer.pack(rows))
    return Batch(parcels)


def _reason(refusal: Wrong | Invalid) -> str:
    if isinstance(refusal, Wrong):
        return str(refusal)
    return "; ".join(f"{field}: {why}" for field, why in refusal.by_field().items())


def _unreadable(path: Path, error: OSError) -> Batch:
    return Batch([], f"{path} cannot be read: {error.strerror}.")


def _beside(source: Source, readers: int) -> Iterator[Batch]:
    """Yield the same, read by other processes, each of which takes its turn."""
    spawning = multiprocessing.get_context("spawn")  # a fork would share the database connections
    with ExitStack() as started:
        pipes = []
        for nth in range(readers):
            ours, theirs = spawning.Pipe(duplex=False)
            started.callback(ours.close)
            language = words.spoken()
            process = spawning.Process(
                target=_hand_over, args=(theirs, language, source, nth, readers), daemon=True
            )
            process.start()
            theirs.close()
            started.callback(process.join)
            started.callback(process.terminate)
            pipes.append(ours)
        # Taken from its pipe while the one before is written: the database lets Python go on.
        ahead = started.enter_context(ThreadPoolExecutor(1))
        turns = cycle(pipes)
        coming = ahead.submit(next(turns).recv)
        while batch := coming.result():
            coming = ahead.submit(next(turns).recv)
            yield batch


def _hand_over(pipe: Connection, language: str, source: Source, nth: int, readers: int) -> None:
    """Read a share of a file for another process, then tell it that this is the end."""
    words.speak(language)
    gc.disable()  # nothing made here refers to itself: a tenth of the time is saved
    try:
        for batch in read(source, nth, readers):
            pipe.send(batch)
        pipe.send(None)
    except BrokenPipeError:
        return  # nobody wants the rest
