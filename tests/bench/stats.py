"""How fast statistics are, whatever the number of tickets.

`python -m tests.bench.stats [--size 100000] [--database sqlite|mariadb] [--rounds 5]`

The facts are made up, the rest is as it runs: loading the blocks, taking in what happened, the
figures. `BENCH_CLOCK=cpu` counts the time of the processor: on a busy machine, what noise touches
least.
"""

import argparse
import os
import statistics as arithmetic
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import insert
from sqlalchemy.orm import Session

from data import db
from data.models import (
    Category,
    FactBlock,
    FactMark,
    Priority,
    Role,
    Status,
    Team,
    TicketType,
    User,
)
from services import columns, fact_store, facts, marks, statistics, stats_page, words
from services.dimensions import Dimension
from services.facts import LAYOUT, NEVER, Rows
from services.marks import Mark
from services.measures import Measure
from services.periods import Period, Step
from services.permissions import Actor
from services.questions import Question
from services.selections import EVERYTHING, Selection
from services.time_axes import HOUR
from tests import servers

LIMITS = {100_000: 150, 1_000_000: 300}  # ms, 95th percentile of all that a page shows
BEGIN, END = datetime(2022, 1, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
TEAMS, LEADS, CATEGORIES, PEOPLE, DEPARTMENTS = 24, 240, 120, 8000, 40
BY = Actor(1, Role.ADMIN)
clock = time.process_time if os.environ.get("BENCH_CLOCK") == "cpu" else time.perf_counter


def made_up(size: int) -> Rows:
    """Return the facts of five years of a service desk."""
    dice = np.random.default_rng(1)
    rows = np.zeros(size, LAYOUT)
    begin, end = facts.moment(BEGIN), facts.moment(END)
    created = np.sort(dice.integers(begin, end, size))
    rows["number"], rows["created"] = np.arange(1, size + 1), created
    for name, hours in (("accepted", 3), ("responded", 6)):
        rows[name] = created + (dice.exponential(hours, size) * HOUR).astype(np.int64)
    resolved = created + (dice.lognormal(3, 1.5, size) * HOUR).astype(np.int64)
    is_done, is_closed = resolved < end, resolved + 168 * HOUR < end
    rows["resolved"] = rows["ended"] = np.where(is_done, resolved, NEVER)
    rows["closed"] = np.where(is_closed, resolved + 168 * HOUR, NEVER)
    rows["due"] = created + 72 * HOUR
    most = {"team": TEAMS, "lead": LEADS, "category": CATEGORIES, "requester": PEOPLE}
    for name, many in most.items():
        rows[name] = dice.integers(1, many + 1, size)
    rows["reassignments"] = dice.poisson(0.6, size)
    rows["reopenings"] = dice.random(size) < 0.03
    for name, levels in facts.LEVELS.items():
        rows[name] = dice.integers(0, len(levels), size)
    places = {status: place for place, status in enumerate(facts.LEVELS["status"])}
    done = np.where(is_closed, places[Status.CLOSED], places[Status.RESOLVED])
    rows["status"] = np.where(is_done, done, places[Status.IN_PROGRESS])
    return rows


def fill(size: int) -> None:
    """Write people, teams, categories and the blocks of `size` tickets."""
    people = [
        {
            "id": n,
            "email": f"{n}@exemple.fr",
            "name": f"Nom {n}",
            "role": Role.TECHNICIAN if n <= LEADS else Role.REQUESTER,
            "department": f"Service {n % DEPARTMENTS}",
        }
        for n in range(1, PEOPLE + 1)
    ]
    rows = made_up(size)
    cuts = np.flatnonzero(np.diff(rows["number"] // fact_store.SIZE)) + 1
    with Session(db.engine()) as s:
        s.execute(insert(User), people)
        s.execute(insert(Team), [{"id": n, "name": f"Équipe {n}"} for n in range(1, TEAMS + 1)])
        paths = [f"Catégorie {n}" for n in range(1, CATEGORIES + 1)]
        s.execute(insert(Category), [{"name": path, "path": path} for path in paths])
        for some in np.split(rows, cuts):
            number = int(some["number"][0])
            s.add(FactBlock(id=number // fact_store.SIZE, data=some.tobytes()))
            s.flush()
            s.expunge_all()
        mark = {"layout": facts.VERSION, "generation": "bench", "event_id": 0, "seen_id": 0}
        s.add(FactMark(id=fact_store.THE_ONE, **mark))
        s.commit()


def filters() -> dict[str, Selection]:
    """Return what people narrow to."""
    month, quarter, year = (Selection(created_from=END - timedelta(days=n)) for n in (30, 90, 365))
    return {
        "month": month,
        "quarter": quarter,
        "year": year,
        "everything": EVERYTHING,
        "priority": Selection(priorities=frozenset({Priority.NORMAL})),
        "type": Selection(types=frozenset({TicketType.INCIDENT})),
        "team": Selection(team_ids=frozenset({3})),
        "category": Selection(category_ids=frozenset(range(1, 20))),
        "department": Selection(departments=frozenset({"Service 7"})),
        "technician, year": Selection(created_from=year.created_from, lead_ids=frozenset({12})),
    }


def questions() -> dict[str, Question]:
    """Return what pages are asked for."""
    last = END.date()
    spans = {"month": 30, "quarter": 90, "year": 365, "two years": 730, "five years": 1826}
    periods = {name: Period(last - timedelta(days=n - 1), last) for name, n in spans.items()}
    found = {name: Question(period=period) for name, period in periods.items()}
    for name, wanted in filters().items():
        if wanted.created_from is None:
            for span in ("year", "five years"):
                found[f"{span}, {name}"] = Question(period=periods[span], wanted=wanted)
    found["five years, people"] = Question(period=periods["five years"], people=True)
    return found


def measured(work: Callable[[Session], Any], rounds: int) -> list[float]:
    """Return how many ms each of some rounds took."""
    times = []
    for _ in range(rounds):
        columns.shared._overviews.clear()
        begin = clock()
        db.read(work)
        times.append((clock() - begin) * 1000)
    return times


def report(name: str, times: list[float]) -> None:
    """Print one line."""
    print(f"{name:34}{arithmetic.median(times):9.1f}{float(np.quantile(times, 0.95)):9.1f}")


def measure(rounds: int) -> dict[str, list[float]]:
    """Print how long everything takes in ms; return the times of what is promised."""
    columns.shared.forget()
    report("first view", measured(lambda s: statistics.summary(s, BY), 1))
    promised: dict[str, list[float]] = {"pages": [], "overviews": []}
    for name, question in questions().items():
        times = measured(lambda s, q=question: stats_page.page(s, BY, q), rounds)  # type: ignore[misc] # its own
        report(f"page, {name}", times)
        promised["pages"] += times
    for name, wanted in filters().items():
        times = measured(lambda s, w=wanted: statistics.overview(s, BY, w), rounds)  # type: ignore[misc] # its own
        report(f"overview, {name}", times)
        promised["overviews"] += times
    measure_parts(rounds)
    return promised


def measure_parts(rounds: int) -> None:
    """Print how long what is asked for alone takes."""
    late = Mark(measure=Measure.LATE)
    year = questions()["year"]
    report("tickets behind a figure", measured(lambda s: marks.behind(s, BY, year, late), rounds))
    for dimension in Dimension:
        times = measured(lambda s, d=dimension: statistics.parts(s, BY, EVERYTHING, d), rounds)  # type: ignore[misc] # its own
        report(f"all figures by {dimension.value}", times)
    first, last = (END - timedelta(days=365)).date(), END.date()
    report(
        "trend of a year by day",
        measured(lambda s: statistics.trend(s, BY, EVERYTHING, Step.DAY, first, last), rounds),
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure; 1 when the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--database", choices=["sqlite", "mariadb"], default="sqlite")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    words.speak("en")
    with ExitStack() as stack:
        if options.database == "mariadb":
            url = stack.enter_context(servers.mariadb()).url
        else:
            url = f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory())}/bench.db"
        engine = db.configure(url)
        db.Base.metadata.create_all(engine)
        fill(options.size)
        print(f"{options.size} tickets on {options.database}: median and 95th percentile in ms")
        promised = measure(options.rounds)
        engine.dispose()
    print(f"memory of the columns: {columns.shared.bytes / 1e6:.0f} MB")
    limit = next((ms for size, ms in LIMITS.items() if options.size <= size), LIMITS[1_000_000])
    is_broken = False
    for what, times in promised.items():
        found = float(np.quantile(times, 0.95))
        is_broken |= found > limit
        told = "  BROKEN" if found > limit else ""
        print(f"{what}: {found:.0f} ms at the 95th percentile, promised are {limit}{told}")
    return int(is_broken)


if __name__ == "__main__":
    sys.exit(main())
