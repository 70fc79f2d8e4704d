"""How fast lists, counters, tickets, search and creation are, whatever the number of tickets.

`python -m tests.bench.lists [--size 100000] [--database sqlite|mariadb|URL] [--corpus DIR]
[--data DIR] [--rounds 5] [--json FILE]` measures; `--compare A.json B.json` sets two runs side by
side.

Server time: what a page does between the click and the HTML of its rows, in this process, warm.
Every order is combined with every filter; three orders also on the next page, the last, and back.
`--data` keeps the filled SQLite database, or finds it, between two runs.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import db, schema
from data.models import Ticket
from integrations import bulk
from services import categories, counters, lists, search, ticket_view
from services.permissions import Actor
from tests import servers
from tests.bench import corpus, creating, promises
from tests.bench.world import World
from ui.feed import feed
from ui.fragments.rows import Look
from ui.pages import ticket_list
from ui.pages.wishes import SORTS, Wishes

PAGED = ("updated", "due", "title")  # orders in which later pages are asked for too
SEARCHES: dict[str, tuple[Callable[..., object], tuple[str, ...]]] = {
    "search, one in a hundred": (search.everything, (corpus.COMMON,)),
    "search, one ticket": (search.everything, (corpus.RARE,)),
    "search, while typing": (search.typing, ("dupl", "quetza", "imprimante de", "ré", "#734")),
}
ROOM = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=96M")  # the log: its default
Times = list[float]
_COUNT_CPU = os.environ.get("BENCH_CLOCK") == "cpu"  # on a busy machine: what noise touches least


def measure(world: World, rounds: int) -> dict[str, Any]:
    """Return the times of every operation in ms, and what fails its promise."""
    found: dict[str, Times] = {}
    combined: dict[str, float] = {}
    for name, load in _lists(world):
        times = _timed(load, rounds)
        found.setdefault(name.split(":")[0], []).extend(times)
        combined[name] = statistics.median(times)
    with db.reading() as s:
        query = select(Ticket.number).where(Ticket.comment_count > 2).limit(200)
        numbers = list(s.scalars(query))[: 20 * rounds]
    for number in numbers:
        found.setdefault("ticket", []).extend(
            _timed(partial(ticket_view.load, by=world.technician, number=number), 1)
        )
    for by in (world.technician, world.of_a_team):
        found.setdefault("counters", []).extend(_timed(partial(counters.count, by=by), 20 * rounds))
    for name, (ask, texts) in SEARCHES.items():
        for text in texts:
            for by in (world.technician, world.requester):
                times = _timed(partial(ask, by=by, text=text), 5 * rounds)
                found.setdefault(name, []).extend(times)
    slowest = sorted(combined.items(), key=lambda pair: -pair[1])[:12]
    return {
        "operations": {name: _summed(times) for name, times in found.items()},
        "rates": {"queue pages, ten at once": _ten_at_once(world)},
        "slowest": dict(slowest),
    }


def _lists(world: World) -> Iterator[tuple[str, Callable[[Session], object]]]:
    """Yield every list: who looks, narrowed how, in which order, which page."""
    for looker, (scope, by) in world.lookers().items():
        for name, asked in world.filters().items():
            if scope == "mine" and ("view" in asked or "lead" in asked or "team" in asked):
                continue
            for sort in SORTS:
                yield from _pages(f"{looker}: {name} by {sort}", scope, by, {**asked, "sort": sort})


def _pages(
    name: str, scope: Any, by: Actor, asked: dict[str, str]
) -> Iterator[tuple[str, Callable[[Session], object]]]:
    def load(s: Session, cursor: str = "") -> lists.Page:
        loaded = ticket_list.load(s, by, scope, Wishes.read({**asked, "cursor": cursor}))
        look = Look("fr", "Europe/Paris", is_staff=by.is_staff, may_take=True, may_select=True)
        for line in loaded.page.lines:
            feed.draw(line, look)
        return loaded.page

    if asked["sort"] not in PAGED:
        yield f"{name}, first", load
        return
    with db.reading() as s:
        second = load(s).after
        below = categories.subtree_ids(s, int(asked.get("category", 0)))
        wanted = Wishes.read(asked).filter(scope, below)
        # A cursor is a place, in either direction: this one is 100 tickets before the last one.
        end = lists.page(s, by, wanted, sort=asked["sort"], reverse=True, limit=100).after
        back = load(s, end).before if end else None
    places = {"first": "", "next": second, "last": end, "back from the last": back}
    for place, cursor in places.items():
        if cursor is not None:
            yield f"{name}, {place}", partial(load, cursor=cursor)


def _timed(work: Callable[[Session], object], rounds: int) -> Times:
    times = []
    clock = time.process_time if _COUNT_CPU else time.perf_counter
    for _round in range(rounds + 1):
        begun = clock()
        db.read(work)
        times.append((clock() - begun) * 1000)
    return times[1:]


def _ten_at_once(world: World) -> float:
    """Return how many first pages of the queue ten technicians get in a second."""
    load = next(work for name, work in _lists(world) if "view open by updated, first" in name)
    count = 200
    with ThreadPoolExecutor(10) as pool:
        begun = time.perf_counter()
        list(pool.map(lambda _n: db.read(load), range(count)))
        return count / (time.perf_counter() - begun)


def _summed(times: Times) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "median": statistics.median(ordered),
        "p95": ordered[int(len(ordered) * 0.95)],
        "worst": ordered[-1],
        "measured": len(ordered),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and show, or compare; fail when a promise is broken."""
    options = _options(arguments)
    if options.compare:
        return promises.compare(*(json.loads(path.read_text()) for path in options.compare))
    with ExitStack() as opened:
        folder = options.data or Path(opened.enter_context(tempfile.TemporaryDirectory()))
        loaded = _filled(opened, folder, options)
        report = measure(World(), options.rounds)
        alone, created = creating.measure(folder / "site")
        db.engine().dispose()
    report["operations"]["create, one client"] = _summed(alone)
    report["rates"]["tickets created, ten at once"] = created
    report["rates"] |= {"tickets loaded": loaded} if loaded else {}
    report |= {"size": options.size, "database": options.database.split(":")[0]}
    report["load"] = os.getloadavg()
    if options.json:
        options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return promises.show(report)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure lists, counters and tickets.")
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--database", default="sqlite", help="sqlite, mariadb or an address")
    parser.add_argument("--corpus", type=Path, help="a folder with meta.json and tickets.jsonl")
    parser.add_argument("--data", type=Path, help="keep the filled SQLite database here")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--compare", type=Path, nargs=2, metavar=("A", "B"))
    return parser.parse_args(arguments)


def _filled(opened: ExitStack, folder: Path, options: argparse.Namespace) -> float:
    """Open the database with its tickets; return how many were loaded in a second, 0 for none."""
    folder.mkdir(parents=True, exist_ok=True)
    url = options.database
    if url == "sqlite":
        url = f"sqlite:///{folder}/appticket.db"
    elif url == "mariadb":
        url = opened.enter_context(servers.mariadb(durable=True, options=ROOM)).url
    db.configure(url)
    schema.upgrade()
    if db.read(lambda s: s.scalar(select(func.max(Ticket.number)))) or 0:
        return 0
    source = options.corpus or corpus.write(folder / "corpus", options.size)
    begun = time.perf_counter()
    loaded = bulk.load(source)
    speed = loaded.created / (time.perf_counter() - begun)
    schema.analyse()  # as `load` does
    return speed


if __name__ == "__main__":
    sys.exit(main())
