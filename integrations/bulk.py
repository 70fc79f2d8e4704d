"""Bulk load of `meta.json` and `tickets.jsonl` (docs/load.md): streamed, and safe to repeat."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import db, raw
from data.models import Ticket
from integrations import bulk_meta, bulk_reader
from integrations.bulk_meta import Rejected
from integrations.bulk_parcel import Packer, Parcel
from integrations.bulk_reader import Source
from services import creation

__all__ = ["Loaded", "Rejected", "load"]

FILE = "tickets.jsonl"
BATCH = 1000  # tickets per transaction: others create theirs between two of them
LARGEST_KEPT = 999_999_999  # a number people can still read aloud
PARIS = ZoneInfo("Europe/Paris")


@dataclass(slots=True)
class Loaded:
    """How many tickets a load created, and how many were there from an earlier one."""

    created: int = 0
    already: int = 0

    def sentence(self) -> str:
        """Return the result as one sentence."""
        already = f"; {self.already} were there already" if self.already else ""
        return f"Loaded {self.created} tickets{already}."


def load(folder: Path, *, zone: ZoneInfo = PARIS) -> Loaded:
    """Load a folder; dates without a zone are of `zone`.

    Each batch is one transaction, and a ticket is recognised by its key: a load that was
    interrupted, or refused at a line, is simply run again.

    Raises:
        Rejected: the first line that is wrong; every ticket before it is loaded, none after.
    """
    meta = bulk_meta.read(folder)
    known = db.write(lambda s: bulk_meta.settle(s, meta))
    spoken = db.engine().dialect
    dialect = f"{spoken.name}+{spoken.driver}"
    packer = Packer(dialect)
    loaded = Loaded()
    source = Source(folder / FILE, known, zone, dialect, BATCH)
    for batch in bulk_reader.batches(source):
        _keep(packer, batch.parcels, loaded)
        if batch.refusal:
            hint = "Mend it and load again: nothing is loaded twice."
            raise Rejected(f"{batch.refusal} Before it: {loaded.sentence()} {hint}")
    return loaded


def _keep(packer: Packer, batch: list[Parcel], loaded: Loaded) -> None:
    """Write the tickets of a batch that are not there, in one transaction."""
    if not batch:
        return
    created = db.write(lambda s: _insert(s, packer, batch))
    loaded.created += created
    loaded.already += len(batch) - created


def _insert(s: Session, packer: Packer, batch: list[Parcel]) -> int:
    raw.make_room(s)
    keys = [parcel.key for parcel in batch]
    there = set(s.scalars(select(Ticket.creation_key).where(Ticket.creation_key.in_(keys))))
    new = []
    for parcel in batch:
        if parcel.key not in there:
            there.add(parcel.key)
            new.append(parcel)
    packer.put(s, zip(_numbers(s, new), new, strict=True))
    return len(new)


def _numbers(s: Session, new: list[Parcel]) -> list[int]:
    """Return numbers: as in the file, where that is above every number ever handed out.

    Others get the next free number. Asking for no number at all holds the sequence until commit.
    """
    last = before = creation.next_number(s, 0) - 1
    found = []
    for parcel in new:
        is_free = isinstance(parcel.id, int) and last < parcel.id <= LARGEST_KEPT
        last = parcel.id if is_free and isinstance(parcel.id, int) else last + 1
        found.append(last)
    creation.next_number(s, last - before)
    return found
