"""Recurring problems: found in the background, counted as far as one may see."""

import multiprocessing
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from data import clock, db
from data.models import Category, RecurringGroup, RecurringRun, Role, Team, Ticket, User
from services import creation, recurring, recurring_work, sessions, stems, trash
from services.creation import NewTicket
from services.errors import NotAllowed, NotFound
from services.permissions import Actor
from services.recurring import Problem
from services.schedule import Work
from services.selections import Selection
from tests.conftest import Clock, People, Queries

PRINTERS = ["Imprimante en panne", "L’imprimante est en panne", "Imprimantes en panne à l’accueil"]


def written(s: Session, by: Actor, titles: list[str], *, days_ago: float = 1) -> list[int]:
    """Open tickets some days ago."""
    numbers = [creation.create(s, by, NewTicket(title=title)).number for title in titles]
    at = clock.now() - timedelta(days=days_ago)
    s.execute(update(Ticket).where(Ticket.number.in_(numbers)).values(created_at=at))
    s.commit()
    return numbers


def grouped(s: Session, *groups: list[int], titles: list[str] = PRINTERS) -> None:
    """Let a search have found these groups."""
    at = clock.now()
    run = RecurringRun(ended_at=at, first_at=at - timedelta(days=180), tickets=99)
    s.add(run)
    s.flush()
    telling = " ".join({stem for title in titles for _word, stem in stems.told(title)})
    for numbers in groups:
        members = np.array(numbers, np.int64).tobytes()
        s.add(RecurringGroup(run_id=run.id, telling=telling, members=members))
    s.commit()


def search() -> None:
    """Search as the task does, each step in its transaction."""
    for work in recurring_work.parts():
        db.write(work)


def limited(s: Session, people: People, name: str = "Accueil") -> tuple[Actor, Team]:
    """A technician who sees the tickets of one team alone."""
    technician = User(name="Émile", email="emile@exemple.fr", role=Role.TECHNICIAN)
    team = Team(name=name, members=[technician], sees_only_own=True)
    s.add(team)
    s.commit()
    return sessions.actor_of(s, technician.id), team


def only(found: list[Problem]) -> Problem:
    assert len(found) == 1
    return found[0]


def test_a_search_finds_what_several_tickets_tell_of(s: Session, people: People) -> None:
    numbers = written(s, people.alice, PRINTERS)
    written(s, people.alice, ["Badge perdu", "Chauffage froid"])

    search()

    found = recurring.recurrence(s, people.chloe)
    problem = only(found.problems)
    assert sorted(problem.numbers) == numbers
    assert problem.label.removesuffix("panne") in ("Imprimante en ", "Imprimantes en ")
    assert (found.tickets, found.recurring, found.share) == (5, 3, 3 / 5)
    assert found.found_at is not None


def test_searching_twice_leaves_what_was_found_last(s: Session, people: People) -> None:
    written(s, people.alice, PRINTERS)
    search()
    recurring.problems(s, people.chloe)
    more = written(s, people.alice, ["Imprimante encore en panne"])

    search()

    s.expire_all()
    assert s.scalar(select(func.count()).select_from(RecurringRun)) == 1
    assert s.scalar(select(func.count()).select_from(RecurringGroup)) == 1
    assert {*more} < {*only(recurring.problems(s, people.chloe)).numbers}


def test_a_search_that_is_cut_leaves_no_process_and_what_was_found_before(
    s: Session, people: People
) -> None:
    grouped(s, written(s, people.alice, PRINTERS))
    steps: Iterator[Work] = recurring_work.parts()
    db.write(next(steps))
    db.write(next(steps))
    assert len(multiprocessing.active_children()) == 1

    steps.close()  # type: ignore[attr-defined] # it is a generator

    assert multiprocessing.active_children() == []
    assert only(recurring.problems(s, people.chloe)).size == 3


def test_the_newest_tickets_are_looked_at_when_there_are_too_many(
    s: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recurring_work, "PORTION", 2)
    monkeypatch.setattr(recurring_work, "MOST", 5)
    written(s, people.alice, PRINTERS, days_ago=20)
    new = [*written(s, people.alice, PRINTERS, days_ago=2), *written(s, people.alice, PRINTERS[:2])]

    search()

    assert sorted(only(recurring.problems(s, people.chloe)).numbers) == new
    assert only(recurring.problems(s, people.chloe)).before is None  # nobody looked that far back


def test_what_is_older_than_the_period_counts_before_it(s: Session, people: People) -> None:
    new = written(s, people.alice, [*PRINTERS, PRINTERS[0]], days_ago=3)
    old = written(s, people.alice, PRINTERS[:2], days_ago=40)
    grouped(s, [*new, *old])

    problem = only(recurring.problems(s, people.chloe))

    assert (problem.size, problem.before) == (4, 2)
    assert sum(problem.weeks) == 6
    assert problem.weeks[-1] + problem.weeks[-2] == 4


def test_less_than_three_in_the_period_are_no_problem(s: Session, people: People) -> None:
    two = written(s, people.alice, PRINTERS[:2])
    grouped(s, [*two, *written(s, people.alice, PRINTERS, days_ago=40)])

    found = recurring.recurrence(s, people.chloe)

    assert (found.problems, found.tickets, found.recurring, found.share) == ([], 2, 0, 0.0)


def test_a_period_of_ones_own_counts_what_was_created_in_it(s: Session, people: People) -> None:
    grouped(s, written(s, people.alice, PRINTERS, days_ago=40))
    day = clock.now() - timedelta(days=40)
    wanted = Selection(created_from=day - timedelta(days=1), created_before=day + timedelta(days=1))

    assert only(recurring.problems(s, people.chloe, wanted)).size == 3
    assert recurring.problems(s, people.chloe) == []


def test_deleted_and_purged_tickets_count_no_more(s: Session, people: People) -> None:
    numbers = written(s, people.alice, [*PRINTERS, "Imprimante en panne, rue Paul-Bert"])
    grouped(s, [numbers[-1], *numbers[:-1]])
    trash.delete(s, people.diane, numbers[-1])
    trash.purge(s, people.diane, numbers[-1], typed=str(numbers[-1]))
    s.commit()

    problem = only(recurring.problems(s, people.chloe))

    assert problem.numbers == numbers[:-1]
    assert "Bert" not in f"{problem.label} {problem.examples}"
    trash.delete(s, people.diane, numbers[0])
    s.commit()
    assert recurring.problems(s, people.chloe) == []


def test_who_sees_some_teams_finds_what_is_made_of_their_tickets_alone(
    s: Session, people: People
) -> None:
    emile, team = limited(s, people)
    theirs = written(s, people.alice, PRINTERS)
    s.execute(update(Ticket).values(team_id=team.id))
    others = written(s, people.alice, ["Imprimante en panne chez le maire", *PRINTERS])
    grouped(s, [*others, *theirs], others)

    found = recurring.recurrence(s, emile)

    problem = only(found.problems)
    assert (problem.size, found.tickets) == (3, 3)
    assert problem.numbers == theirs
    assert "maire" not in f"{problem.label} {problem.examples}"
    with pytest.raises(NotFound):
        recurring.of_ticket(s, emile, others[0])


def test_no_problem_is_made_of_what_one_sees_too_little_of(s: Session, people: People) -> None:
    emile, team = limited(s, people)
    numbers = written(s, people.alice, PRINTERS)
    s.execute(update(Ticket).where(Ticket.number.in_(numbers[:2])).values(team_id=team.id))
    s.commit()
    grouped(s, numbers)

    assert recurring.problems(s, emile) == []
    with pytest.raises(NotFound):
        recurring.of_ticket(s, emile, numbers[0])


def test_requesters_see_none(s: Session, people: People) -> None:
    for ask in (recurring.recurrence, recurring.progress):
        with pytest.raises(NotAllowed):
            ask(s, people.alice)
    with pytest.raises(NotAllowed):
        recurring.of_ticket(s, people.driss, 1)


def test_categories_and_examples_are_told_with_a_problem(s: Session, people: People) -> None:
    numbers = written(s, people.alice, PRINTERS)
    category = Category(name="Impression", path="Matériel › Impression")
    s.add(category)
    s.flush()
    s.execute(update(Ticket).where(Ticket.number.in_(numbers[:2])).values(category_id=category.id))
    s.commit()
    grouped(s, numbers[::-1])

    problem = only(recurring.problems(s, people.chloe))

    assert problem.categories == [("Matériel › Impression", 2), ("", 1)]
    assert problem.examples == list(zip(numbers, PRINTERS, strict=True))[::-1]


def test_a_problem_is_found_again_by_a_ticket_of_it(s: Session, people: People) -> None:
    numbers = written(s, people.alice, PRINTERS)
    grouped(s, numbers)
    first = recurring.of_ticket(s, people.chloe, numbers[2])
    grouped(s, numbers)  # another search

    again = recurring.of_ticket(s, people.chloe, numbers[2])

    assert again.id != first.id
    assert (again.numbers, again.label) == (first.numbers, first.label)
    for number in (0, numbers[-1] + 1, 2**62):
        with pytest.raises(NotFound):
            recurring.of_ticket(s, people.chloe, number)


def test_of_many_problems_the_largest_come_first_in_as_many_queries_as_of_one(
    s: Session, people: People, queries: Queries
) -> None:
    few, many = written(s, people.alice, PRINTERS), written(s, people.alice, [*PRINTERS, *PRINTERS])
    grouped(s, few)
    recurring.problems(s, people.chloe)
    queries.statements.clear()
    recurring.problems(s, people.chloe)
    cost = len(queries.statements)
    grouped(s, few, many)
    recurring.problems(s, people.chloe)
    queries.statements.clear()

    found = recurring.recurrence(s, people.chloe, most=1)

    assert len(queries.statements) == cost
    assert (only(found.problems).size, found.recurring) == (6, 9)


@pytest.mark.parametrize(
    "title", ["x" * 300, "le la les", "😀 😀", "<script>alert(1)</script>", "a\u202eb\u0000c"]
)
def test_hostile_titles_are_named_by_what_they_say(s: Session, people: People, title: str) -> None:
    numbers = written(s, people.alice, [title] * 3)
    grouped(s, numbers, titles=[title])

    name = only(recurring.problems(s, people.chloe)).label

    assert 0 < len(name) <= stems.MAX_LABEL
    assert not set("\u202e\u0000") & set(name)


def test_a_name_is_taken_where_nothing_is_left_out(s: Session, people: People) -> None:
    titles = ["Néon qui clignote au service urbanisme", "Néon qui clignote", "Néon urbanisme"]
    numbers = written(s, people.alice, titles)
    grouped(s, numbers, titles=["néon clignote urbanisme"])

    assert only(recurring.problems(s, people.chloe)).label == "Néon qui clignote"


def test_how_far_a_search_is_can_be_seen(s: Session, people: People, time: Clock) -> None:
    assert recurring.progress(s, people.chloe) == recurring.Progress(False, 0, None)
    written(s, people.alice, PRINTERS)
    steps = recurring_work.parts()
    db.write(next(steps))
    for _shelf in range(2):
        db.write(next(steps))

    found = recurring.progress(s, people.chloe)

    assert found.tickets == 3
    assert found.found_at is None
    steps.close()  # type: ignore[attr-defined] # it is a generator


def test_days_are_whole_as_those_of_all_statistics(time: Clock) -> None:
    time.stopped = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)  # past midnight in Paris

    assert recurring.since(1) == datetime(2026, 11, 25, 23, tzinfo=UTC)
    assert recurring.since(30) == datetime(2026, 10, 27, 23, tzinfo=UTC)
    assert recurring.since(33) == datetime(2026, 10, 24, 22, tzinfo=UTC)  # before clocks went back
