"""Bulk load of `meta.json` and `tickets.jsonl` (docs/load.md): streamed, and safe to repeat."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from data import db, text_search
from data.models import Ticket, tallies
from integrations import bulk_line, bulk_meta
from integrations.bulk_history import Row
from integrations.bulk_line import Rows, Wrong
from integrations.bulk_meta import Rejected
from services import creation, indexing
from services.errors import Invalid

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
    loaded = Loaded()
    batch: list[Rows] = []
    try:
        for rows in _lines(folder / FILE, known, zone):
            batch.append(rows)
            if len(batch) == BATCH:
                _keep(batch, loaded)
                batch = []
    except Rejected as refusal:
        _keep(batch, loaded)
        hint = "Mend it and load again: nothing is loaded twice."
        raise Rejected(f"{refusal} Before it: {loaded.sentence()} {hint}") from None
    _keep(batch, loaded)
    return loaded


def _lines(path: Path, known: bulk_meta.Known, zone: ZoneInfo) -> Iterator[Rows]:
    """Yield the tickets of a file, one line in memory at a time."""
    try:
        with path.open("rb") as file:
            for place, text in enumerate(file, 1):
                if not text.isspace():
                    yield _read(text, place, known, zone)
    except OSError as error:
        raise Rejected(f"{path} cannot be read: {error.strerror}.") from None


def _read(text: bytes, place: int, known: bulk_meta.Known, zone: ZoneInfo) -> Rows:
    try:
        return bulk_line.read(text, known, zone)
    except Wrong as wrong:
        reason = str(wrong)
    except Invalid as refusal:
        reason = "; ".join(f"{k}: {v}" for k, v in refusal.by_field().items())
    raise Rejected(f"{FILE} line {place}: {reason.rstrip('.')}.")


def _keep(batch: list[Rows], loaded: Loaded) -> None:
    """Write the tickets of a batch that are not there, in one transaction."""
    if not batch:
        return
    created = db.write(lambda s: _insert(s, batch))
    loaded.created += created
    loaded.already += len(batch) - created


def _insert(s: Session, batch: list[Rows]) -> int:
    keys = [rows.ticket["creation_key"] for rows in batch]
    there = set(s.scalars(select(Ticket.creation_key).where(Ticket.creation_key.in_(keys))))
    new = []
    for rows, key in zip(batch, keys, strict=True):
        if key not in there:
            there.add(key)
            new.append(rows)
    _number(s, new)
    _insert_all(s, "ticket", [rows.ticket for rows in new])
    _insert_all(s, "comment", [row for rows in new for row in rows.comments])
    _insert_all(s, "event", [row for rows in new for row in rows.events])
    tallies.add(s, (rows.ticket for rows in new))
    text_search.put(s, [_words(rows) for rows in new])
    return len(new)


def _number(s: Session, new: list[Rows]) -> None:
    """Number the tickets as the file does where that is above every number ever handed out.

    Others get the next free number. Asking for no number at all holds the sequence until commit.
    """
    last = before = creation.next_number(s, 0) - 1
    for rows in new:
        is_free = isinstance(rows.id, int) and last < rows.id <= LARGEST_KEPT
        last = rows.id if is_free and isinstance(rows.id, int) else last + 1
        rows.ticket["number"] = last
        for row in (*rows.comments, *rows.events):
            row["ticket_number"] = last
    creation.next_number(s, last - before)


def _words(rows: Rows) -> Row:
    """Return what the search finds the ticket by."""
    public = [row["body"] for row in rows.comments if not row["is_internal"]]
    notes = [row["body"] for row in rows.comments if row["is_internal"]]
    texts = (rows.ticket["title"], rows.ticket["description"])
    return indexing.words_of(rows.ticket["number"], texts, public, notes)


def _insert_all(s: Session, table: str, rows: list[Row]) -> None:
    """Insert rows past the ORM, many at a time."""
    if rows:
        s.execute(insert(db.Base.metadata.tables[table]), rows)
