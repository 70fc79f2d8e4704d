"""How long the deadlines of many open tickets take to be computed again (issue: 10,000 ≤ 30 s).

`python -m tests.bench.deadlines [--size 10000]` measures on SQLite and MariaDB: every ticket has
waited twice, and each of its three deadlines moves.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from data import db, schema
from data.models import Alarm, Event, Role, SlaPolicy, Status, Ticket, TicketTally, User
from services import promises, renewals, sessions, sla
from tests import servers

LIMIT_SECONDS = 30.0
BEGIN = datetime(2026, 9, 1, 7, 0, tzinfo=UTC)


def fill(s: Session, size: int) -> None:
    """Put open tickets in an empty database, each of which waited twice."""
    user = User(name="Diane", email="diane@exemple.fr", role=Role.ADMIN)
    s.add(user)
    s.flush()
    by = sessions.actor_of(s, user.id)
    minutes = {"accept_minutes": 60, "first_response_minutes": 240, "resolve_minutes": 2400}
    sla.create(s, by, name="Standard", **minutes)
    rows = [_ticket(number, user.id) for number in range(1, size + 1)]
    s.execute(insert(Ticket), rows)
    s.execute(insert(Event), [event for row in rows for event in _events(row)])
    s.add(TicketTally(shelf=1, team_id=0, lead_id=0, is_answered=False, number_of_tickets=size))


def measure() -> float:
    """Move every deadline and return the seconds that took in the background."""
    db.write(_change)
    begun = time.perf_counter()
    while db.write(renewals.advance):
        pass
    return time.perf_counter() - begun


def _change(s: Session) -> None:
    s.scalars(select(SlaPolicy)).one().resolve_minutes += 60  # type: ignore[operator]
    promises.forget(s)
    renewals.ask(s)


def _ticket(number: int, user_id: int) -> dict[str, Any]:
    return {
        "number": number,
        "title": f"Panne {number}",
        "folded_title": f"panne {number}",
        "description": "Depuis ce matin. " * 20,
        "requester_id": user_id,
        "created_by_id": user_id,
        "status": Status.IN_PROGRESS,
        "created_at": BEGIN + timedelta(minutes=7 * number % 80_000),
    }


def _events(ticket: dict[str, Any]) -> Iterator[dict[str, Any]]:
    moves = ("new", "pending", "in_progress", "pending", "in_progress")
    for step, (before, after) in enumerate(pairwise(moves), 1):
        yield {
            "kind": "ticket.paused" if after == "pending" else "ticket.started",
            "ticket_number": ticket["number"],
            "details": {"changes": {"status": [before, after]}},
            "created_at": ticket["created_at"] + timedelta(hours=5 * step),
        }


def _measured(url: str, size: int) -> float:
    engine = db.configure(url)
    schema.upgrade()
    db.write(lambda s: fill(s, size))
    measure()  # sets the alarms
    seconds = measure()
    with db.reading() as s:
        alarms = s.scalar(select(func.count()).select_from(Alarm))
    engine.dispose()
    if alarms != 3 * size:
        raise SystemExit(f"{alarms} alarms for {size} tickets")
    return seconds


def main(arguments: list[str] | None = None) -> int:
    """Measure on both databases; 1 when the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10_000)
    size = parser.parse_args(arguments if arguments is not None else []).size
    slow = False
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(servers.mariadb())
        for name, url in (("sqlite", f"sqlite:///{folder}/bench.db"), ("mariadb", server.url)):
            seconds = _measured(url, size)
            slow = slow or seconds > LIMIT_SECONDS
            print(f"{name}: deadlines of {size} open tickets in {seconds:.1f} s")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
