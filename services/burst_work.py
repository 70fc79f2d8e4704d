"""Looking for bursts: several similar tickets within minutes, told to technicians at once.

The relay notes each ticket that is created, through whichever door, in `burst_ticket`, and lets the
task run; imports relay nothing, so nothing is noted of them. The task reads what came in the last
hour (a few kilobytes, by an index), compares it while no transaction is open, and writes what it
found. A creation waits for none of this. What is similar, and when that is a burst, is decided in
`services.burst_groups`.

Only one process has the task at a time, and what is written takes only tickets that are still free:
a ticket belongs to one burst, a burst begins once, whoever looks.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, insert, select
from sqlalchemy.orm import Session

from data.clock import now
from data.models import (
    Burst,
    BurstTicket,
    Event,
    Role,
    Shelf,
    Status,
    Team,
    Ticket,
    TicketType,
    User,
)
from services import audiences, burst_groups, events, likeness, schedule, sessions, stems
from services.burst_groups import LEAST, Said
from services.likeness import Background
from services.permissions import is_staff, repairs, sees
from services.schedule import Work

log = logging.getLogger(__name__)

TASK = "bursts"  # of `services.tasks`
BEGAN, GREW = "burst.began", "burst.grew"
LOOKBACK = timedelta(hours=1)  # after a pause, too, what came together is found
MOST = 300  # tickets that are compared: the newest
MOST_NAMED = 200  # tickets that an event names: the newest
_BEFORE = 500  # tickets of each shelf by which it is judged what everybody says …
_READ_EVERY = timedelta(hours=24)  # … read anew so often
_RESTS = 9  # times as long as a look took: of a flood in one process, a tenth is ours


def react(s: Session, happened: Sequence[Event]) -> None:
    """Note the tickets that were created, and let them be looked at; a reaction of the relay.

    What was created long ago, and was relayed late, is no news.
    """
    numbers = {event.ticket_number for event in happened if event.kind == "ticket.created"}
    if not numbers:
        return
    is_noted = exists().where(BurstTicket.ticket_number == Ticket.number)
    query = select(Ticket.number, Ticket.created_at).where(
        Ticket.number.in_(numbers), Ticket.created_at >= now() - LOOKBACK, ~is_noted
    )
    s.execute(insert(BurstTicket).from_select(["ticket_number", "created_at"], query))
    try:
        schedule.prompt(s, TASK, known.pause)
    except schedule.SwitchedOff:
        log.debug("nobody wants bursts to be looked for")


def parts() -> Iterator[Work]:
    """Yield the steps of a look, each a transaction of its own; a task of `services.tasks`."""
    if known.is_old():
        reading = _Reading()
        for shelf in (Shelf.OPEN, Shelf.DONE):
            yield reading.of(shelf)
            reading.take_in()
        known.keep(reading.background)
    look, begun = _Look(), time.monotonic()
    yield look.read
    has_found = look.compare(known.background)
    known.pause = timedelta(seconds=(time.monotonic() - begun) * _RESTS)
    if has_found:
        yield look.keep


class _Known:
    """What this process knows of the tickets before, so that it is not read for each look."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know nothing."""
        self.background = Background()
        self.pause = timedelta()  # from the next ticket that comes to the next look
        self._read_at: datetime | None = None

    def is_old(self) -> bool:
        """Tell whether it is to be read anew."""
        return self._read_at is None or not abs(now() - self._read_at) < _READ_EVERY

    def keep(self, background: Background) -> None:
        """Use what was just read."""
        self.background, self._read_at = background, now()


known = _Known()


class _Reading:
    """The words of the tickets before those that are looked at."""

    def __init__(self) -> None:
        self.background = Background()
        self._texts: list[tuple[str, str]] = []

    def of(self, shelf: Shelf) -> Work:
        """Return the step that reads the newest tickets of a shelf."""

        def read(s: Session) -> int:
            query = (
                select(Ticket.title, func.substr(Ticket.description, 1, stems.MAX_DESCRIPTION))
                .where(Ticket.shelf == shelf, Ticket.created_at < now() - LOOKBACK)
                .order_by(Ticket.created_at.desc(), Ticket.number.desc())
                .limit(_BEFORE)
            )
            self._texts = [(title, said) for title, said in s.execute(query)]
            return 0

        return read

    def take_in(self) -> None:
        """Take in what was read, after its transaction."""
        for title, said in self._texts:
            self.background.read(likeness.words(title, said))


class _Look:
    """One look at what came lately."""

    def __init__(self) -> None:
        self._came: list[Said] = []
        self._found: list[tuple[int | None, list[int]]] = []

    def read(self, s: Session) -> int:
        """Read what came, without what does not count."""
        self._came = [
            Said(
                number=row.ticket_number,
                at=row.created_at,
                requester_id=row.requester_id,
                words=likeness.words(row.title, row.said),
                is_request=row.type is TicketType.REQUEST,
                burst_id=row.burst_id,
            )
            for row in s.execute(came()).all()
        ]
        return 0

    def compare(self, background: Background) -> bool:
        """Find what belongs together; tell whether there is anything to be written."""
        if any(each.burst_id is None for each in self._came):
            self._found = burst_groups.gather(self._came, background)
        return bool(self._found)

    def keep(self, s: Session) -> int:
        """Write what was found; return how many tickets it concerns."""
        return sum(put(s, burst_id, numbers) for burst_id, numbers in self._found)


def came() -> Select[Any]:
    """Return the query of the tickets that came in the last LOOKBACK, the newest MOST."""
    said = func.substr(Ticket.description, 1, stems.MAX_DESCRIPTION).label("said")
    texts = (Ticket.requester_id, Ticket.type, Ticket.title, said)
    return (
        select(BurstTicket.ticket_number, BurstTicket.created_at, BurstTicket.burst_id, *texts)
        .join(Ticket, Ticket.number == BurstTicket.ticket_number)
        .where(BurstTicket.created_at >= now() - LOOKBACK)
        .where(Ticket.deleted_at.is_(None), Ticket.status != Status.CANCELLED)
        .order_by(BurstTicket.created_at.desc(), BurstTicket.ticket_number.desc())
        .limit(MOST)
    )


def put(s: Session, burst_id: int | None, numbers: Sequence[int]) -> int:
    """Let a burst begin with some tickets, or take them in; return how many.

    Somebody else may have done so since they were looked at: only those still free count, and too
    few of them begin nothing.
    """
    burst = (
        s.get(Burst, burst_id, with_for_update=True, populate_existing=True) if burst_id else None
    )
    free = (
        select(BurstTicket)
        .where(BurstTicket.ticket_number.in_(numbers), BurstTicket.burst_id.is_(None))
        .order_by(BurstTicket.ticket_number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = s.scalars(free).all()
    is_gone = burst_id is not None and burst is None
    if is_gone or not rows or (burst is None and len(rows) < LEAST):
        return 0
    times = [row.created_at for row in rows]
    if burst is None:
        burst = Burst(begun_at=min(times), last_at=max(times), told=[])
        s.add(burst)
        s.flush()
    burst.begun_at, burst.last_at = min(burst.begun_at, *times), max(burst.last_at, *times)
    for row in rows:
        row.burst_id = burst.id
    s.flush()
    _tell(s, burst, BEGAN if burst_id is None else GREW)
    return len(rows)


def _tell(s: Session, burst: Burst, kind: str) -> None:
    """Record that a burst began or grew, for those who were not told of it yet."""
    query = select(BurstTicket.ticket_number).where(BurstTicket.burst_id == burst.id)
    numbers = list(s.scalars(query.order_by(BurstTicket.ticket_number)))
    named = numbers[-MOST_NAMED:]
    recipients = sorted(handlers(s, named) - {*burst.told})
    burst.told = [*burst.told, *recipients]
    subject = f"burst:{burst.id}"
    facts = {"numbers": named, "tickets": len(numbers), "recipients": recipients}
    events.record(s, None, None, kind, internal=True, subject=subject, **facts)


def handlers(s: Session, numbers: Iterable[int]) -> set[int]:
    """Return who handles some tickets and sees at least LEAST of them, by id.

    That are the staff of their teams, all technicians where a ticket has no team, and the
    administrators.
    """
    around = audiences.around(s, {*numbers}).values()
    team_ids = {ticket.team_id for ticket in around}
    is_in = User.teams.any(Team.id.in_(team_ids - {None}) & Team.is_active)
    query = select(User).where(*audiences.is_person(), User.role != Role.REQUESTER)
    repairers = [role for role in Role if repairs(role)]
    wanted = is_in | (User.role == Role.ADMIN)
    if None in team_ids:
        wanted = wanted | User.role.in_(repairers)
    by = sessions.actors(s, s.scalars(query.where(wanted)).all())
    return {
        user_id
        for user_id, actor in by.items()
        if is_staff(actor.role) and sum(sees(actor, ticket) for ticket in around) >= LEAST
    }
