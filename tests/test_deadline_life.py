"""Whatever happens to a ticket, it is due when somebody who counts every minute says so."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy.orm import Session

from data.models import PendingReason, Priority, Stage, Status, Target, Ticket
from services import alarms, calendars, renewals, sla, tickets, transitions, undo
from services.creation import NewTicket, create
from services.errors import DomainError
from services.transitions import Wait
from tests.conftest import Clock, People, last_event
from tests.promises import PARIS, WEEKDAYS, alarm, paris

BEGIN = paris("2026-03-23", "07:00").astimezone(UTC)  # the clocks change on the 29th
MINUTE = timedelta(minutes=1)
DAYS = 150
HOURS = [["08:00", "12:00"], ["14:00", "18:00"]]
DONE = (Status.RESOLVED, Status.CANCELLED)
MONDAY = date(2026, 3, 30)
a_while = st.one_of(st.integers(0, 90), st.integers(0, 26 * 60))


@cache
def wall(minute: int) -> tuple[date, bool]:
    """Return the day of a minute, and whether the clock then shows opening hours."""
    local = (BEGIN + minute * MINUTE).astimezone(PARIS)
    is_open = local.weekday() < 5 and (8 <= local.hour < 12 or 14 <= local.hour < 18)
    return local.date(), is_open


class Promised(RuleBasedStateMachine):
    """One ticket, two policies, one calendar; time goes by in whole minutes."""

    s: ClassVar[Session]
    people: ClassVar[People]
    time: ClassVar[Clock]

    def __init__(self) -> None:
        super().__init__()
        s, diane = self.s, self.people.diane
        for each in sla.all(s, diane):
            sla.delete(s, diane, each.id)
        self.minute = 0
        self.promised = {"urgent": 120, "usual": 480}
        self.closed: int | None = None
        self.statuses: list[tuple[int, Status]] = [(0, Status.NEW)]
        self.priority = Priority.NORMAL
        self.tell()
        hours = dict.fromkeys(WEEKDAYS, HOURS)
        found = [c for c in calendars.all(s, diane) if c.name == "Bureau"]
        self.calendar = found[0].id if found else self.new_calendar(hours)
        for closure in calendars.get(s, diane, self.calendar).closures:
            calendars.remove_closure(s, diane, self.calendar, closure.id)
        self.policies = {
            "urgent": sla.create(
                s, diane, name="A", calendar_id=self.calendar, priority="urgent",
                resolve_minutes=120, first_response_minutes=120,
            ).id,
            "usual": sla.create(
                s, diane, name="B", calendar_id=self.calendar,
                resolve_minutes=480, first_response_minutes=480,
            ).id,
        }  # fmt: skip
        self.number = create(s, self.people.alice, NewTicket(title="Panne")).number
        s.commit()
        self.renew()

    def new_calendar(self, hours: dict[str, list[list[str]]]) -> int:
        values = {"name": "Bureau", "hours": hours, "holidays": "", "timezone": "Europe/Paris"}
        return calendars.create(self.s, self.people.diane, **values).id

    def tell(self) -> None:
        self.time.stopped = BEGIN + self.minute * MINUTE

    def renew(self) -> None:
        self.s.commit()
        while renewals.advance(self.s):
            self.s.commit()
        self.s.commit()

    def note(self) -> None:
        self.s.commit()
        ticket = self.ticket
        self.priority = ticket.priority
        if ticket.status is not self.statuses[-1][1]:
            self.statuses.append((self.minute, ticket.status))

    def move(self, to: Status) -> None:
        wait = Wait(reason=PendingReason.SUPPLIER)
        try:
            transitions.move(self.s, self.people.diane, self.number, to, wait=wait)
        except DomainError:
            self.s.rollback()
        self.note()

    def pass_by(self, minutes: int) -> None:
        self.minute += minutes
        self.tell()

    @rule(after=a_while, to=st.sampled_from([*DONE, Status.PENDING, Status.IN_PROGRESS]))
    def moves(self, after: int, to: Status) -> None:
        self.pass_by(after)
        self.move(to)

    @rule(after=a_while, lasts=a_while)
    def waits_a_while(self, after: int, lasts: int) -> None:
        for minutes, to in ((after, Status.PENDING), (lasts, Status.IN_PROGRESS)):
            self.pass_by(minutes)
            self.move(to)

    @rule(after=a_while, priority=st.sampled_from(["urgent", "low", None]))
    def priority_changes(self, after: int, priority: str | None) -> None:
        self.pass_by(after)
        tickets.edit(self.s, self.people.diane, self.number, {"priority": priority})
        self.note()

    @rule(which=st.sampled_from(["urgent", "usual"]), minutes=st.integers(1, 1500))
    def policy_changes(self, which: str, minutes: int) -> None:
        values = {"resolve_minutes": minutes, "first_response_minutes": minutes}
        sla.edit(self.s, self.people.diane, self.policies[which], **values)
        self.promised[which] = minutes
        self.renew()

    @rule()
    def monday_is_closed_or_open_again(self) -> None:
        diane = self.people.diane
        if self.closed is None:
            made = calendars.add_closure(
                self.s, diane, self.calendar, starts_on=MONDAY, ends_on=MONDAY
            )
            self.closed = made.id
        else:
            calendars.remove_closure(self.s, diane, self.calendar, self.closed)
            self.closed = None
        self.renew()

    @rule(after=st.sampled_from([0, 0, 1]))
    def last_action_is_undone(self, after: int) -> None:
        self.pass_by(after)
        try:
            undo.undo(self.s, self.people.diane, last_event(self.s, self.number).id)
        except DomainError:
            self.s.rollback()
        self.note()

    @rule(after=a_while)
    def alarms_ring(self, after: int) -> None:
        self.pass_by(after)
        alarms.ring(self.s)
        self.s.commit()

    @property
    def ticket(self) -> Ticket:
        return self.s.get_one(Ticket, self.number, populate_existing=True)

    @invariant()
    def it_is_due_when_the_minutes_are_counted(self) -> None:
        ticket = self.ticket
        if ticket.status in DONE:
            return  # what was promised then stays
        due = self.counted()
        assert ticket.resolve_due_at == due
        assert ticket.first_response_due_at == due

    @invariant()
    def an_alarm_is_set_while_the_clock_runs(self) -> None:
        found = alarm(self.s, self.ticket, Target.RESOLVE)
        is_running = self.ticket.status in (Status.NEW, Status.IN_PROGRESS)
        if is_running or (found and found[0] is Stage.TOLD):
            assert found is not None
            assert found[1] <= self.counted()
        else:
            assert found is None

    def counted(self) -> datetime:
        """Return the end of the last minute promised, counting each by itself."""
        which = "urgent" if self.priority is Priority.URGENT else "usual"
        left, standing_since = self.promised[which], self.standing_since()
        for minute in range(DAYS * 24 * 60):
            day, is_open = wall(minute)
            is_closed = self.closed is not None and day == MONDAY
            is_standing = minute < standing_since and self.status_at(minute) not in (
                Status.NEW,
                Status.IN_PROGRESS,
            )
            left -= is_open and not is_closed and not is_standing
            if not left:
                return BEGIN + (minute + 1) * MINUTE
        raise AssertionError("never")

    def standing_since(self) -> int:
        """Return the minute since which the ticket waits without a break; none: after the end."""
        if self.statuses[-1][1] is not Status.PENDING:
            return DAYS * 24 * 60
        minute = self.statuses[-1][0]
        while minute and self.status_at(minute - 1) not in (Status.NEW, Status.IN_PROGRESS):
            minute -= 1
        return minute

    def status_at(self, minute: int) -> Status:
        return [status for since, status in self.statuses if since <= minute][-1]


def test_it_is_due_when_the_minutes_say_so(s: Session, people: People, time: Clock) -> None:
    class ThisLife(Promised):
        pass

    ThisLife.s, ThisLife.people, ThisLife.time = s, people, time
    case = ThisLife.TestCase
    case.settings = settings(
        max_examples=15 if s.get_bind().dialect.name == "sqlite" else 5,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    case().runTest()
