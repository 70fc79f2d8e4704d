"""What a process does by itself."""

from datetime import timedelta

from sqlalchemy.orm import Session

from data import clock, db
from data.models import PendingReason, Status, Ticket
from integrations import chores
from services import creation, transitions, upkeep
from services.creation import NewTicket
from services.transitions import Wait
from tests.conftest import Clock, People
from ui.gate import setup_code


def test_all_that_is_due_moves_however_much_it_is(s: Session, people: People, time: Clock) -> None:
    wait = Wait(reason=PendingReason.PLANNED, until=clock.now() + timedelta(hours=1))
    planned = [
        creation.create(s, people.alice, NewTicket(title=f"Poste {n}")).number
        for n in range(upkeep.BATCH + 1)
    ]
    for number in planned:
        transitions.move(s, people.bruno, number, Status.PENDING, wait=wait)
    resolved = creation.create(s, people.alice, NewTicket(title="Réglé")).number
    transitions.move(s, people.bruno, resolved, Status.RESOLVED)
    s.commit()
    time.pass_by(days=8)

    chores.move_due()

    statuses = db.read(lambda r: {t.number: t.status for t in r.query(Ticket)})
    assert {statuses[number] for number in planned} == {Status.IN_PROGRESS}
    assert statuses[resolved] is Status.CLOSED


def test_every_process_of_an_installation_asks_for_the_same_setup_code() -> None:
    assert setup_code("k" * 32) == setup_code("k" * 32)
    assert setup_code("k" * 32) != setup_code("l" * 32)
    assert len(setup_code("k" * 32).replace("-", "")) == 16
