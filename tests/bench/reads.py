"""How much a database reads for a page of a list: what the noise of a machine does not change.

`python -m tests.bench.reads --database URL [--pairs] [--share 0.1] [--json FILE]` asks for every
filter that a page or the API offers, alone and (`--pairs`) two at a time, in every order and its
reverse, as each kind of reader: the first page and the one after. It shows which read most.

On MariaDB a read is a row or an entry of an index (`Handler_read_*`, and those that a condition on
the index passed over); on SQLite it is `STEPS` steps of its virtual machine, about as much.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from data import db
from data.models import Priority, Status
from services import lists
from services.filters import VIEWS, Filter, Scope
from services.lists import SORTS
from services.permissions import Actor
from services.workflow import OPEN
from tests.bench.world import World

STEPS = 20  # of SQLite’s virtual machine for a row that is looked at in passing
_COUNTED = (
    "SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler_read%%' OR "
    "Variable_name LIKE 'Handler_icp%%'"
)
_MET = "Handler_icp_match"  # read as rows, too


@dataclass(frozen=True, slots=True)
class Read:
    """What one page cost."""

    name: str
    reads: int
    ms: float
    lines: int


def survey(
    world: World, *, pairs: bool, share: float = 1, sorts: Sequence[str] = ()
) -> Iterator[Read]:
    """Yield what each page reads, or a share of them drawn alike each time."""
    chance = random.Random(1)
    for looker, (scope, by) in world.lookers().items():
        for name, wanted in _filters(world, scope, by, pairs=pairs):
            for sort in sorts or [sort for sort in SORTS if sort != "deleted"]:
                for reverse in (False, True):
                    told = f"{looker}: {name} by {'-' if reverse else ''}{sort}"
                    if chance.random() < share:
                        yield from _pages(told, by, wanted, sort, reverse=reverse)


def _filters(world: World, scope: Scope, by: Actor, *, pairs: bool) -> Iterator[tuple[str, Filter]]:
    """Yield every narrowing that differs in how it is found, and some together."""
    alone: dict[str, dict[str, Any]] = {
        **{f"status {x}": {"statuses": frozenset({x})} for x in Status},
        "two statuses": {"statuses": frozenset({Status.RESOLVED, Status.PENDING})},
        **{f"priority {x}": {"priorities": frozenset({x})} for x in Priority},
        "two priorities": {"priorities": frozenset({Priority.LOW, Priority.URGENT})},
        "category": {"category_ids": frozenset({world.category_id})},
        "categories": {"category_ids": frozenset({world.category_id, world.category_id + 1})},
        "requester": {"requester_id": world.requester_id},
        "tag": {"tag": "vip"},
        "text": {"text": "imprimante"},
    }
    if by.is_staff and scope == "all":
        alone |= {
            "lead": {"lead": str(world.technician.id)},
            "nobody": {"lead": "none"},
            "team": {"team_id": world.team_id},
            "another team": {"team_id": world.team_id + 1},
            "open": {"statuses": OPEN},
            "late": {"statuses": OPEN, "is_late": True},
            "answered": {"is_answered": True},
            "open, answered": asdict(VIEWS["answered"]),
        }
    start = Filter(scope=scope)
    yield "anything", start
    for name, more in alone.items():
        yield name, replace(start, **{k: v for k, v in more.items() if k != "scope"})
    for (one, some), (other, more) in combinations(alone.items(), 2) if pairs else ():
        if not some.keys() & more.keys():
            yield f"{one}, {other}", replace(start, **some, **more)


def _pages(name: str, by: Actor, wanted: Filter, sort: str, *, reverse: bool) -> Iterator[Read]:
    cursor: str | None = None
    for place in ("first", "next"):
        with db.reading() as s:
            meter = _meter(s)
            begun = time.perf_counter()
            page = lists.page(s, by, wanted, sort=sort, reverse=reverse, cursor=cursor)
            taken = (time.perf_counter() - begun) * 1000
            yield Read(f"{name}, {place}", meter(), taken, len(page.lines))
        cursor = page.after
        if cursor is None:
            return


def _meter(s: Session) -> Callable[[], int]:
    """Return what tells how much a session has read since now."""
    if s.get_bind().dialect.name == "sqlite":
        return _stepped(s)
    before = _rows(s)
    return lambda: _rows(s) - before


def _rows(s: Session) -> int:
    found = {str(n): int(v) for n, v in s.connection().exec_driver_sql(_COUNTED)}
    return sum(found.values()) - 2 * found[_MET]


def _stepped(s: Session) -> Callable[[], int]:
    calls = [0]

    def passed() -> int:
        calls[0] += 1
        return 0

    driver: Any = s.connection().connection.driver_connection
    driver.set_progress_handler(passed, STEPS)

    def read() -> int:
        driver.set_progress_handler(None, 0)
        return calls[0]

    return read


def main(arguments: Sequence[str] | None = None) -> int:
    """Survey a filled database and show what reads most."""
    parser = argparse.ArgumentParser(description="Tell how much the pages of lists read.")
    parser.add_argument("--database", required=True, help="the address of a filled database")
    parser.add_argument("--pairs", action="store_true", help="two filters at a time as well")
    parser.add_argument("--share", type=float, default=1, help="of the pages, drawn at random")
    parser.add_argument("--sorts", nargs="*", default=[], choices=SORTS)
    parser.add_argument("--worst", type=int, default=30)
    parser.add_argument("--json", type=Path, help="write all of them here")
    options = parser.parse_args(arguments)
    db.configure(options.database)
    asked = {"pairs": options.pairs, "share": options.share, "sorts": options.sorts}
    found = list(survey(World(), **asked))
    db.engine().dispose()
    _show(found, options.worst)
    if options.json:
        options.json.write_text(json.dumps([asdict(read) for read in found], indent=0))
    return 0


def _show(found: list[Read], worst: int) -> None:
    say = sys.stdout.write
    ordered = sorted(found, key=lambda read: -read.reads)
    for share in (0.5, 0.9, 0.95, 0.99, 1):
        place = min(int(len(ordered) * (1 - share)), len(ordered) - 1)
        say(f"{share:>6.0%} of {len(ordered)} pages read at most {ordered[place].reads:,}\n")
    for read in ordered[:worst]:
        say(f"{read.reads:>9,} reads {read.ms:8.1f} ms {read.lines:>3} lines  {read.name}\n")


if __name__ == "__main__":
    sys.exit(main())
