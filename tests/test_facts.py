"""What statistics are computed from is what a recount finds, whatever tickets go through."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from data import clock, db
from data.models import Event, FactBlock, FactMark, PendingReason, Role, Status, Ticket
from services import (
    columns,
    comments,
    creation,
    fact_store,
    facts,
    observers,
    sla,
    statistics,
    transitions,
    trash,
    upkeep,
    users,
)
from services.columns import Columns
from services.creation import NewTicket
from services.selections import clocks
from tests import promises
from tests.conftest import Clock, People

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
WAIT = transitions.Wait(reason=PendingReason.REQUESTER)


def kept(time: Clock) -> None:
    """Let two minutes go by and the background do its work."""
    for _ in range(2):
        time.pass_by(seconds=70)
        while db.write(upkeep.keep_facts):
            pass


def test_a_change_counts_at_once(s: Session, people: People, ticket: Ticket) -> None:
    assert db.read(lambda s: statistics.summary(s, people.diane)).backlog == 1

    db.write(lambda s: transitions.move(s, people.diane, ticket.number, Status.RESOLVED).number)

    figures = db.read(lambda s: statistics.summary(s, people.diane))
    assert (figures.backlog, figures.resolved) == (0, 1)


def test_deadlines_that_a_policy_moves_count_at_once(
    s: Session, people: People, time: Clock
) -> None:
    promises.it_is(time, "2026-03-02", "09:00")
    policy = promises.policy(s, people.diane, resolve_minutes=480)
    promises.opened(s, people.alice)
    kept(time)
    promises.it_is(time, "2026-03-02", "12:00")
    assert db.read(lambda s: statistics.summary(s, people.diane)).late == 0

    sla.edit(s, people.diane, policy.id, resolve_minutes=60)
    promises.renewed(s)

    assert db.read(lambda s: statistics.summary(s, people.diane)).late == 1
    kept(time)
    s.rollback()
    (row,) = fact_store.load(s)
    assert int(row["due"]) == facts.moment(promises.paris("2026-03-02", "10:00"))


@pytest.mark.parametrize("is_kept", [False, True])
def test_what_somebody_said_is_an_answer_when_they_become_staff(
    s: Session, people: People, ticket: Ticket, time: Clock, is_kept: bool
) -> None:
    time.stop()
    observers.add(s, people.diane, ticket.number, people.driss.id)
    for by in (people.driss, people.driss, people.diane):
        comments.say(s, by, ticket.number, "Voilà.")
    transitions.move(s, people.diane, ticket.number, Status.RESOLVED)
    s.commit()
    kept(time)
    assert db.read(lambda s: statistics.summary(s, people.diane)).first_contact == 1

    users.edit(s, people.diane, people.driss.id, role=Role.TECHNICIAN)
    s.commit()
    if is_kept:
        kept(time)
        columns.shared.forget()

    assert db.read(lambda s: statistics.summary(s, people.diane)).first_contact == 0


def test_an_event_committed_late_with_an_old_id_counts(
    s: Session, people: People, ticket: Ticket
) -> None:
    number = ticket.number
    db.read(lambda s: statistics.summary(s, people.diane))
    newest = s.scalar(select(func.max(Event.id))) or 0
    db.write(lambda s: creation.create(s, people.alice, NewTicket(title="Souris")).number)
    late = newest + 1  # given out before, committed after
    s.rollback()
    s.execute(update(Event).where(Event.id == late).values(id=newest + 50))
    s.commit()
    assert db.read(lambda s: statistics.summary(s, people.diane)).created == 2

    s.execute(update(Ticket).where(Ticket.number == number).values(status=Status.CANCELLED))
    s.add(Event(id=late, kind="ticket.cancelled", ticket_number=number, details={}))
    s.commit()

    assert db.read(lambda s: statistics.summary(s, people.diane)).backlog == 1


def test_what_is_kept_is_not_ahead_of_what_may_still_be_committed(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    time.stop()
    kept(time)
    before = s.scalars(select(FactMark.event_id)).one()

    db.write(lambda s: creation.create(s, people.alice, NewTicket(title="Souris")).number)
    for _ in range(3):
        while db.write(upkeep.keep_facts):
            pass

    s.rollback()
    assert s.scalars(select(FactMark.event_id)).one() == before
    kept(time)
    s.rollback()
    assert s.scalars(select(FactMark.event_id)).one() > before


def test_a_kept_fact_that_is_wrong_is_found_and_made_again(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    time.stop()
    kept(time)
    block = s.scalars(select(FactBlock)).one()
    rows = facts.build(s, [ticket.number])
    rows["reassignments"] = 7
    block.data = rows.tobytes()
    s.commit()

    assert db.read(upkeep.mended) is None
    assert db.write(upkeep.check_facts) == 1

    kept(time)
    assert db.write(upkeep.check_facts) == 0
    found = db.read(upkeep.mended)
    assert found is not None
    assert found.number == 1
    time.pass_by(days=8)
    assert db.read(upkeep.mended) is None
    s.rollback()
    assert fact_store.differences(s, [ticket.number]) == []


def test_blocks_of_another_layout_are_made_again(
    s: Session, people: People, ticket: Ticket, time: Clock
) -> None:
    time.stop()
    kept(time)
    s.execute(update(FactMark).values(layout=facts.VERSION + 1))
    s.execute(delete(FactBlock))
    s.commit()
    assert db.read(lambda s: statistics.summary(s, people.diane)).created == 1

    kept(time)

    s.rollback()
    assert s.scalars(select(FactMark.layout)).one() == facts.VERSION
    assert len(fact_store.load(s)) == 1


def test_tickets_of_many_numbers_lie_in_order_whatever_comes_back(
    s: Session, people: People
) -> None:
    numbers = [creation.create(s, people.alice, NewTicket(title=f"{n}")).number for n in range(5)]
    trash.delete(s, people.diane, numbers[1])
    trash.delete(s, people.diane, numbers[3])
    s.commit()
    own = Columns()
    with own.fresh(s, clocks(s)) as known:
        assert list(known["number"]) == [numbers[0], numbers[2], numbers[4]]

    trash.restore(s, people.diane, numbers[3])
    creation.create(s, people.alice, NewTicket(title="neuf"))
    s.commit()

    with own.fresh(s, clocks(s)) as known:
        assert list(known["number"]) == [numbers[0], *numbers[2:], numbers[4] + 1]


DAY = timedelta(days=1)


def lived(*steps: tuple[float, dict[str, list[Any]]]) -> facts.Life:
    return facts.life((MONDAY + at * DAY, changes) for at, changes in steps)


def test_a_change_of_hands_is_one_to_another_team_or_lead() -> None:
    moved = lived(
        (0, {"team_id": [None, 1]}),
        (1, {"lead_id": [None, 7]}),
        (2, {"lead_id": [7, 8], "team_id": [1, 2]}),  # one gesture, one time
        (3, {"lead_id": [8, None]}),
        (4, {"lead_id": [None, 8]}),  # the same as before
        (5, {"lead_id": [8, None]}),
        (6, {"lead_id": [None, 7]}),
    )

    assert moved.reassignments == 2


def test_waiting_and_coming_back_add_up() -> None:
    back = lived(
        (0, {"status": ["new", "in_progress"]}),
        (1, {"status": ["in_progress", "pending"]}),
        (1.5, {"pending_reason": ["requester", "supplier"]}),
        (3, {"status": ["pending", "resolved"]}),
        (13, {"status": ["resolved", "in_progress"]}),
        (14, {"status": ["in_progress", "resolved"]}),
        (15, {"status": ["resolved", "closed"]}),
    )

    assert back.paused == 2 * DAY // timedelta(microseconds=1)
    assert (back.reopenings, back.soonest_reopening) == (1, 10 * DAY)
    assert back.ended_at == MONDAY + 14 * DAY


def test_facts_are_made_at_the_time_they_are_told(s: Session, people: People) -> None:
    with clock.at(MONDAY):
        number = creation.create(s, people.alice, NewTicket(title="Souris")).number
    with clock.at(MONDAY + DAY):
        transitions.move(s, people.diane, number, Status.RESOLVED)
        s.flush()
    with clock.at(MONDAY + 5 * DAY):
        transitions.move(s, people.alice, number, Status.IN_PROGRESS)
        s.flush()
    with clock.at(MONDAY + 9 * DAY):
        transitions.move(s, people.diane, number, Status.CANCELLED)
        s.commit()

    row = facts.build(s, [number])[0]

    assert int(row["ended"]) == facts.moment(MONDAY + 9 * DAY)
    assert int(row["resolved"]) == facts.NEVER
    assert int(row["reopenings"]) == 1
