"""One gesture on many tickets: each its own answer, one undo for all (C1, issue 3)."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Category, PendingReason, Priority, Status, Team, Ticket, tallies
from services import assignment, bulk, creation, tags, transitions, trash
from services.bulk import Action, Verb
from services.creation import NewTicket
from services.errors import Invalid
from services.permissions import Actor
from services.transitions import Wait
from tests.conftest import Clock, People, happened


@pytest.fixture
def numbers(s: Session, people: People) -> list[int]:
    """Six tickets of Alice’s; the last one is closed."""
    made = [creation.create(s, people.alice, NewTicket(title=f"N° {n}")).number for n in range(6)]
    for target in (Status.RESOLVED, Status.CLOSED):
        transitions.move(s, people.diane, made[-1], target)
    s.commit()
    return made


def states(s: Session, numbers: list[int]) -> list[tuple[object, ...]]:
    s.expire_all()
    query = select(
        Ticket.status, Ticket.lead_id, Ticket.team_id, Ticket.priority, Ticket.category_id
    )
    found = s.execute(query.where(Ticket.number.in_(numbers)).order_by(Ticket.number))
    return [tuple(row) for row in found]


def actions(s: Session, people: People) -> dict[str, Action]:
    category = Category(name="Réseau", path="Réseau")
    s.add(category)
    s.flush()
    team_id = s.scalars(select(Team.id)).one()
    return {
        "take": Action(Verb.TAKE),
        "assign": Action(Verb.ASSIGN, people.bruno.id),
        "team": Action(Verb.TEAM, team_id),
        "resolve": Action(Verb.STATUS, "resolved"),
        "wait": Action(Verb.STATUS, "pending", Wait(reason=PendingReason.SUPPLIER)),
        "priority": Action(Verb.PRIORITY, Priority.URGENT.value),
        "category": Action(Verb.CATEGORY, category.id),
        "tag": Action(Verb.TAG_ADD, "VIP"),
        "delete": Action(Verb.DELETE),
    }


@pytest.mark.parametrize(
    "name",
    ["take", "assign", "team", "resolve", "wait", "priority", "category", "tag", "delete"],
)
def test_each_ticket_is_changed_and_one_undo_takes_all_back(
    s: Session, people: People, numbers: list[int], name: str
) -> None:
    before = states(s, numbers)
    action = actions(s, people)[name]

    outcome = bulk.apply(s, people.bruno, numbers, action)
    s.commit()

    assert outcome.changed == numbers[:5]
    assert list(outcome.refused) == numbers[5:]
    assert name == "tag" or states(s, numbers[:5]) != before[:5] or name == "delete"
    assert tallies.differences(s) == {}
    assert bulk.take_back(s, people.bruno, outcome.event_ids) == 5
    s.commit()
    assert states(s, numbers) == before
    assert tallies.differences(s) == {}


def test_foreign_tickets_are_neither_changed_nor_named(
    s: Session, people: People, numbers: list[int]
) -> None:
    theirs = replace(people.bruno, sees_only_teams=True)
    mine = creation.create(s, people.bruno, NewTicket(title="À moi")).number
    s.commit()
    absent = 999

    outcome = bulk.apply(s, theirs, [*numbers, absent, mine], Action(Verb.PRIORITY, "high"))

    assert outcome.changed == [mine]
    assert (outcome.refused, outcome.unchanged) == ({}, [])
    assert all(happened(s, n)[-1] != "ticket.edited" for n in numbers)


def test_a_refused_ticket_keeps_nothing_of_the_gesture(
    s: Session, people: People, numbers: list[int]
) -> None:
    assignment.take(s, people.diane, numbers[0])
    s.commit()
    events_before = happened(s, numbers[0])
    s.info["recorded"].clear()

    outcome = bulk.apply(s, people.bruno, numbers[:2], Action(Verb.TAKE))
    s.commit()

    assert outcome.changed == [numbers[1]]
    assert "Diane" in outcome.refused[numbers[0]]
    assert happened(s, numbers[0]) == events_before
    assert [e.ticket_number for e in s.info["recorded"]] == [numbers[1]]


def test_what_is_so_already_is_no_change(s: Session, people: People, numbers: list[int]) -> None:
    tags.add(s, people.bruno, numbers[0], "vip")
    s.commit()

    outcome = bulk.apply(s, people.bruno, numbers[:2], Action(Verb.TAG_ADD, "vip"))

    assert (outcome.unchanged, outcome.changed) == ([numbers[0]], [numbers[1]])
    assert len(outcome.event_ids) == 1


def test_what_somebody_changed_since_stays(
    s: Session, people: People, numbers: list[int], time: Clock
) -> None:
    outcome = bulk.apply(s, people.bruno, numbers[:3], Action(Verb.DELETE))
    s.commit()
    trash.restore(s, people.diane, numbers[0])
    s.commit()

    assert bulk.take_back(s, people.bruno, outcome.event_ids) == 2
    assert bulk.take_back(s, people.alice, outcome.event_ids) == 0
    time.pass_by(seconds=30)
    assert bulk.take_back(s, people.bruno, outcome.event_ids[:1]) == 0


@pytest.mark.parametrize("who", ["alice", "driss"])
def test_a_requester_changes_nothing_this_way(
    s: Session, people: People, numbers: list[int], who: str
) -> None:
    by: Actor = getattr(people, who)

    outcome = bulk.apply(s, by, numbers, Action(Verb.PRIORITY, "urgent"))

    assert outcome.changed == []
    assert set(outcome.refused) == (set(numbers) if who == "alice" else set())


@pytest.mark.parametrize(
    "action",
    [Action(Verb.STATUS, "dancing"), Action(Verb.PRIORITY, "'; --"), Action(Verb.TEAM, 10**30),
     Action(Verb.TAG_ADD, ""), Action(Verb.CATEGORY, "x" * 10_000)],
)  # fmt: skip
def test_a_senseless_value_is_refused_ticket_by_ticket(
    s: Session, people: People, numbers: list[int], action: Action
) -> None:
    outcome = bulk.apply(s, people.bruno, numbers[:2], action)

    assert (outcome.changed, list(outcome.refused)) == ([], numbers[:2])


def test_a_selection_has_an_end(s: Session, people: People) -> None:
    with pytest.raises(Invalid):
        bulk.apply(s, people.diane, list(range(1, 1002)), Action(Verb.TAKE))
