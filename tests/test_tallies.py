"""Counters are kept with every change, and are what counting again would give (issue 3)."""

import random
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, event, select, update
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from data import db
from data.models import PendingReason, Status, Team, Ticket, TicketTally, tallies
from integrations import bulk
from services import (
    assignment,
    comments,
    counters,
    creation,
    transitions,
    trash,
    undo,
)
from services.creation import NewTicket
from services.errors import DomainError
from services.permissions import Actor
from services.transitions import Wait
from tests import loads
from tests.conftest import People, last_event

NAMES = ("alice", "bruno", "chloe", "diane")
SUPPLIER = Wait(reason=PendingReason.SUPPLIER)


class Desk(RuleBasedStateMachine):
    """A helpdesk where anybody does anything, is refused, and changes their mind."""

    s: Session
    people: People
    team_id: int

    who = st.sampled_from(NAMES)
    which = st.integers(min_value=0, max_value=3)

    @rule(who=who, team=st.booleans())
    def create(self, who: str, team: bool) -> None:
        team_id = self.team_id if team and who != "alice" else None
        self._do(
            lambda: creation.create(self.s, self._by(who), NewTicket(title="x", team_id=team_id))
        )

    @rule(who=who, which=which)
    def take(self, who: str, which: int) -> None:
        self._do(lambda: assignment.take(self.s, self._by(who), self._number(which)))

    @rule(who=who, which=which, lead=st.sampled_from(["", *NAMES]), team=st.booleans())
    def assign(self, who: str, which: int, lead: str, team: bool) -> None:
        whom = self._by(lead).id if lead else assignment.NOBODY
        team_id = self.team_id if team else assignment.NOBODY
        self._do(
            lambda: assignment.assign(
                self.s, self._by(who), self._number(which), lead_id=whom, team_id=team_id
            )
        )

    @rule(who=who, which=which, to=st.sampled_from(Status))
    def move(self, who: str, which: int, to: Status) -> None:
        wait = SUPPLIER if to is Status.PENDING else None
        self._do(
            lambda: transitions.move(self.s, self._by(who), self._number(which), to, wait=wait)
        )

    @rule(who=who, which=which)
    def answer(self, who: str, which: int) -> None:
        self._do(lambda: comments.post(self.s, self._by(who), self._number(which), "Oui"))

    @rule(who=who, which=which)
    def delete(self, who: str, which: int) -> None:
        self._do(lambda: trash.delete(self.s, self._by(who), self._number(which)))

    @rule(which=which)
    def restore(self, which: int) -> None:
        self._do(lambda: trash.restore(self.s, self.people.diane, self._number(which)))

    @rule(which=which)
    def purge(self, which: int) -> None:
        number = self._number(which)
        self._do(lambda: trash.purge(self.s, self.people.diane, number, typed=str(number)))

    @rule(who=who, which=which)
    def undo_the_last(self, who: str, which: int) -> None:
        number = self._number(which)
        self._do(lambda: undo.undo(self.s, self._by(who), last_event(self.s, number).id))

    @rule(who=who, which=which)
    def begin_and_give_up(self, who: str, which: int) -> None:
        """Change something inside a savepoint, and take only that back."""
        creation.create(self.s, self.people.alice, NewTicket(title="y"))
        inner = self.s.begin_nested()
        try:
            assignment.take(self.s, self._by(who), self._number(which))
            self.s.flush()
        except DomainError:
            pass
        inner.rollback()
        self.s.commit()

    @invariant()
    def counts_are_those_of_counting_again(self) -> None:
        assert tallies.differences(self.s) == {}

    def teardown(self) -> None:
        self.s.rollback()
        self.s.expunge_all()
        for each in self.s.scalars(select(Ticket)).all():
            self.s.delete(each)
        self.s.commit()
        assert all(n == 0 for n in self.s.scalars(select(TicketTally.number_of_tickets)))

    def _by(self, who: str) -> Actor:
        by: Actor = getattr(self.people, who)
        return by

    def _number(self, which: int) -> int:
        numbers = self.s.scalars(select(Ticket.number).order_by(Ticket.number.desc()).limit(4))
        return dict(enumerate(numbers)).get(which, 0)

    def _do(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (DomainError, NoResultFound):
            self.s.rollback()
        else:
            self.s.commit()


def test_whatever_happens_the_tallies_are_what_counting_again_gives(
    s: Session, people: People
) -> None:
    team_id = s.scalars(select(Team.id)).first() or 0

    def desk() -> Desk:
        made = Desk()
        made.s, made.people, made.team_id = s, people, team_id
        return made

    quick = settings(
        max_examples=15,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(desk, settings=quick)  # type: ignore[arg-type] # a factory will do


def test_no_change_is_lost_when_many_change_at_once(s: Session, people: People) -> None:
    made = [creation.create(s, people.alice, NewTicket(title=f"{n}")).number for n in range(24)]
    s.commit()

    def work(numbers: list[int]) -> None:
        for number in numbers:
            db.write(partial(assignment.take, by=people.bruno, number=number))

    shares = [made[at::4] for at in range(4)]
    threads = [threading.Thread(target=work, args=[share]) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert db.read(tallies.differences) == {}
    counts = db.read(lambda s: counters.count(s, people.bruno))
    assert counts.of(people.bruno.id) == {
        "open": 24, "unassigned": 0, "answered": 0, "late": 0, "mine": 24
    }  # fmt: skip


def test_a_transaction_touches_the_tallies_once_at_its_end_in_their_order(
    s: Session, people: People
) -> None:
    numbers = [creation.create(s, people.alice, NewTicket(title=f"{n}")).number for n in range(3)]
    s.commit()
    said: list[tuple[str, Any]] = []
    listened = s.get_bind()
    event.listen(listened, "before_cursor_execute", lambda *args: said.append(args[2:4]))

    random.Random(1).shuffle(numbers)
    for number in numbers:
        assignment.take(s, people.bruno, number)
        s.flush()
    before = [line for line, _rows in said if "ticket_tally" in line]
    s.commit()

    assert before == []
    (written,) = [rows for line, rows in said if line.startswith("INSERT INTO ticket_tally")]
    rows = [tuple(row.values()) if isinstance(row, dict) else row for row in written]
    assert [row[:3] for row in rows] == [(1, 0, 0), (1, 0, people.bruno.id)]


def test_a_load_counts_what_it_brings(s: Session, tmp_path: Path) -> None:
    loads.write(tmp_path, *(loads.ticket(n) for n in range(1, 6)), loads.open_ticket(6))

    bulk.load(tmp_path)

    assert tallies.differences(s) == {}
    assert s.scalar(select(TicketTally.number_of_tickets).limit(1))


def test_a_recount_mends_what_somebody_broke_with_sql(
    s: Session, people: People, ticket: Ticket
) -> None:
    s.execute(update(TicketTally).values(number_of_tickets=7))
    s.commit()
    assert len(tallies.differences(s)) == 1

    assert tallies.recount(s) == 1

    s.commit()
    assert tallies.differences(s) == {}
    assert counters.count(s, people.bruno).views["open"] == 1


def test_a_recount_while_others_work_counts_them_once(
    s: Session, people: People, ticket: Ticket
) -> None:
    stop = threading.Event()

    def work() -> None:
        for n in range(10):
            db.write(partial(creation.create, by=people.alice, new=NewTicket(title=f"{n}")))
        stop.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not stop.is_set():
        db.write(tallies.recount)
    thread.join()

    assert db.read(tallies.differences) == {}


@pytest.mark.parametrize("what", ["row", "ticket"])
def test_what_differs_is_told_by_kind(
    s: Session, people: People, ticket: Ticket, what: str
) -> None:
    if what == "row":
        s.execute(delete(TicketTally))
    else:
        s.execute(update(Ticket).values(lead_id=people.bruno.id))
    s.commit()

    found = tallies.differences(s)

    assert tallies.Kind(1, 0, 0, is_answered=False) in found
    assert len(found) == (1 if what == "row" else 2)
