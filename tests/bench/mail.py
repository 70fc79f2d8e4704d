"""How many notifications a second one worker relays and delivers to a mail server.

`python -m tests.bench.mail [--many 10000] [--mariadb]`

The promise: 100 a second. A process of its own relays what happened and sends it by SMTP to a
server in another one; each notification is a mail of its own.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from data import db
from data.models import Comment, Delivery, DeliveryState, Event, Role, Setting, Ticket, User
from services import creation
from services.creation import NewTicket
from services.permissions import Actor
from tests import mail_sinks, servers

LEAST = 100  # a second
PEOPLE = 500  # each has some tickets: nothing is gathered into one mail


def populate(s: Session, many: int, port: int) -> None:
    """Write tickets of many people, all with one technician, and how mail leaves."""
    values = {"mode": "on", "host": "localhost", "port": str(port), "tls": "none"}
    s.add(Setting(name="channel_email", value=values | {"sender": "support@exemple.fr"}))
    s.add(Setting(name="gather_seconds", value=0))
    bruno = User(name="Bruno", email="bruno@exemple.fr", role=Role.TECHNICIAN)
    askers = [User(name=f"Alice {n}", email=f"alice{n}@exemple.fr") for n in range(PEOPLE)]
    diane = User(name="Diane", email="diane@exemple.fr", role=Role.ADMIN)
    s.add_all([bruno, diane, *askers])
    s.flush()
    actors = [Actor(user.id, Role.REQUESTER, user.name) for user in askers]
    for n in range(many):
        new = NewTicket(title=f"Imprimante {n}", description="Rien ne sort.")
        creation.create(s, actors[n % PEOPLE], new)
    s.execute(Ticket.__table__.update().values(lead_id=bruno.id))  # type: ignore[attr-defined] # a table
    s.execute(Event.__table__.update().values(relayed_at=func.now()))  # type: ignore[attr-defined] # a table


def tell(s: Session) -> None:
    """Write what happened: an answer on each ticket."""
    numbers = s.scalars(select(Ticket.number)).all()
    bruno_id = s.scalars(select(User.id).where(User.email == "bruno@exemple.fr")).one()
    rows = [{"ticket_number": n, "author_id": bruno_id, "body": "Voilà."} for n in numbers]
    s.execute(insert(Comment), rows)
    ids = dict(s.execute(select(Comment.ticket_number, Comment.id)).all())
    told = [
        {
            "kind": "comment.posted",
            "ticket_number": number,
            "actor_id": bruno_id,
            "is_internal": False,
            "details": {"comment_id": ids[number]},
        }
        for number in numbers
    ]
    s.execute(insert(Event), told)


def work(url: str) -> None:
    """Relay and send until nothing is left: what a worker does."""
    from data import config, courtesy  # noqa: PLC0415
    from integrations.sender import Sender  # noqa: PLC0415 - in the other process
    from main import prepare  # noqa: PLC0415

    prepare(config.read({"APPTICKET_DATABASE_URL": url, "APPTICKET_DATA_DIR": "."}))
    courtesy.watch(Path("awaited"))
    sender = Sender()
    sender.start()
    while db.read(_left):
        time.sleep(0.2)
    sender.stop()
    sender.join()


def _left(s: Session) -> int:
    unrelayed = s.scalar(select(func.count()).where(Event.relayed_at.is_(None))) or 0
    waiting = (DeliveryState.PENDING, DeliveryState.LEASED)
    return unrelayed + (s.scalar(select(func.count()).where(Delivery.state.in_(waiting))) or 0)


def main() -> int:
    """Measure, say what was measured, and fail below the promise."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--mariadb", action="store_true")
    parser.add_argument("--work", default="")
    options, _more = parser.parse_known_args()
    if options.work:
        work(options.work)
        return 0
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        sink = running.enter_context(mail_sinks.mail_sink(folder / "sink"))
        url = f"sqlite:///{folder}/bench.db"
        if options.mariadb:
            url = running.enter_context(servers.mariadb(durable=True)).url
        engine = db.configure(url)
        db.Base.metadata.create_all(engine)
        db.write(lambda s: populate(s, options.many, sink.port))
        db.write(tell)
        start = time.monotonic()
        command = [sys.executable, "-m", "tests.bench.mail", "--work", url]
        subprocess.run(
            ["env", f"PYTHONPATH={Path.cwd()}", *command], cwd=folder, check=True, timeout=1800
        )
        seconds = time.monotonic() - start
        arrived = len({mail.id for mail in sink.received})
        engine.dispose()
    rate = arrived / seconds
    verdict = "kept" if rate >= LEAST and arrived == options.many else "BROKEN"
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_ms = (used.ru_utime + used.ru_stime) * 1000 / max(arrived, 1)
    print(f"{cpu_ms:.1f} ms of processor time of the worker for each")
    print(f"{arrived} of {options.many} notifications by mail in {seconds:.1f} s")
    print(f"{rate:.0f} a second, promised: {LEAST}: {verdict}")
    return 0 if verdict == "kept" else 1


if __name__ == "__main__":
    sys.exit(main())
